/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The datagrams of the state service, version 2, big-endian. A varint is a number below 2^32 in
 * groups of seven bits, lowest first, bit 7 set on all but the last, as short as it can be.
 *
 *   datagram  magic u8, version u8 (6 bits) with the flags SEALED and ADDRESSED, sender 8 bytes,
 *             boot epoch u32, sequence u48, items; sealed ones are ciphertext (state_seal.c)
 *   item      type u8, length u16, body; unknown types are skipped
 *
 *   PUSH, BULK  records. A datagram with such an item is answered by ACK or REFUSED.
 *     record    quiet varint s (of the lifetime), age varint s (more than that, since it was
 *               written), flags u8, type u8, id length u8, id, author 8 bytes, epoch varint,
 *               counter varint (owned only), lifetime varint s, value length varint, value; with
 *               the flag SIGNED its proof: of an owned record the rest of its author's key, 24
 *               bytes (the author is the beginning of it), then a signature, 64 bytes
 *   ACK         sequences u32: all of their records are here
 *   REFUSED     sequences u32: they arrived, but some record could not be stored (limits)
 *   SUMMARY     {scope u8, records u32, hash u64} per scope: sum of the hashes of all its records
 *   NODES       scope u8, depth u8, index u16, 16 x sum u64: the children of a node of the
 *               hash tree that differs
 *   LIST        scope u8, depth u8, flags u8, index u16, hashes u64: all records the sender has
 *               below that node; with the flag REPLY only those of the other's list. What is not
 *               in it is sent back in BULK.
 *   ASK         empty: which of my versions is the highest that you have seen?
 *   TELL        epoch u32, counter u32 (0 0: none), cloud seconds u32, since when the sender's
 *               records count u32 (state_age.c). The answer to ASK; once more when the last two
 *               have changed.
 *   TALK        topic u8, length u8, at most 64 bytes: a word to this node alone. Nobody
 *               acknowledges, repeats or passes it on; what it means depends on the topic.
 *
 * What is signed is the text of STATE_MSG_PURPOSE and the record from its flags to its value: all
 * that never changes on its way. The hash of a record is SipHash-1-3 with a key known to all of the
 * same bytes. Its place in the tree (16-way, 3 levels) is the hash of its key. These hashes find
 * differences, they prove nothing.
 */
#ifndef CORE_STATE_MSG_H
#define CORE_STATE_MSG_H

#include "core/state/state.h"
#include "core/state/state_crypto.h"

#define STATE_MSG_MAGIC 0x74
#define STATE_MSG_VERSION 2
#define STATE_MSG_FANOUT 16
#define STATE_MSG_DEPTH 3
#define STATE_MSG_LEAVES 4096
#define STATE_MSG_LIST_MAX 128 /* hashes in a list */
#define STATE_MSG_HEADER 20
#define STATE_MSG_KEY_REST (STATE_KEY_SIZE - (int)sizeof(struct state_node))
#define STATE_MSG_PROOF_MAX (STATE_MSG_KEY_REST + STATE_SIGNATURE_SIZE)
/* Longest record: 5-byte varints but for the length, an id, a value and a proof of full size. */
#define STATE_MSG_RECORD_MAX                                                                       \
	(5 * 5 + 3 + STATE_ID_MAX + 8 + 2 + STATE_VALUE_MAX + STATE_MSG_PROOF_MAX)
#define STATE_MSG_PURPOSE "trama record"
#define STATE_MSG_SIGNED_MAX (STATE_MSG_RECORD_MAX + sizeof(STATE_MSG_PURPOSE))

enum state_item {
	STATE_ITEM_PUSH = 1,
	STATE_ITEM_BULK,
	STATE_ITEM_ACK,
	STATE_ITEM_REFUSED,
	STATE_ITEM_SUMMARY,
	STATE_ITEM_NODES,
	STATE_ITEM_LIST,
	STATE_ITEM_ASK,
	STATE_ITEM_TELL,
	STATE_ITEM_TALK = 12, /* 10 and 11 are taken */
};

/* What names a record inside a node: bytes only, no padding. */
struct state_full_key {
	uint8_t kind;
	uint8_t scope;
	struct state_key key;
	struct state_node author; /* owned records; else zero */
};

struct state_msg_header {
	struct state_node sender;
	uint32_t epoch;
	uint64_t seq;	/* 48 bits; of all datagrams of the sender in this epoch, to whomever */
	bool sealed;	/* with the key of the community */
	bool addressed; /* sealed for the one who gets it, as its sender knows it */
};

struct state_msg_record {
	struct state_full_key key;
	struct state_node author;
	uint32_t epoch;
	uint32_t counter; /* owned only */
	uint32_t lifetime_s;
	uint32_t quiet_s; /* of the lifetime */
	uint32_t age_s;	  /* since it was written, at least quiet_s */
	bool deleted;
	const uint8_t *value; /* borrowed, as the proof */
	const uint8_t *proof; /* NULL: not signed; else state_msg_proof_size() */
	uint16_t len;
};

/* A node of the tree, as NODES and LIST name it. */
struct state_msg_place {
	uint8_t scope;
	uint8_t depth;
	uint8_t flags; /* of a list */
	uint16_t index;
};

#define STATE_MSG_REPLY 1

/* 0, -EBADMSG (short, or flags that do not go together), -EPROTO (magic), -EPROTONOSUPPORT
 * (version). */
int state_msg_read_header(struct rd *r, struct state_msg_header *ret);
void state_msg_write_header(struct wr *w, const struct state_msg_header *h);
/* Every item is well-formed: afterwards the readers below cannot fail. */
bool state_msg_check(struct rd r);
/* Next item; false at the end. */
bool state_msg_item(struct rd *r, uint8_t *ret_type, struct rd *ret_body);
size_t state_msg_item_begin(struct wr *w, enum state_item type);
void state_msg_item_end(struct wr *w, size_t mark);
bool state_msg_read_record(struct rd *r, struct state_msg_record *ret);
void state_msg_write_record(struct wr *w, const struct state_msg_record *m);
struct state_msg_place state_msg_read_place(struct rd *r, enum state_item type);
void state_msg_write_place(struct wr *w, enum state_item type, const struct state_msg_place *p);

/* Bytes of the proof of a record of that kind (enum state_kind). */
size_t state_msg_proof_size(uint8_t kind);
/* What the signature of a record that has one, or is to have one, stands for. */
void state_msg_write_signed(struct wr *w, const struct state_msg_record *m);

uint64_t state_msg_hash(const struct state_msg_record *m);
/* Which leaf of the tree, below STATE_MSG_LEAVES. */
uint16_t state_msg_leaf(const struct state_full_key *key);
/* < 0, 0, > 0: a is older than, the same as, newer than b; same key, hashes as state_msg_hash gives
 * them. */
int state_msg_compare(const struct state_msg_record *a, uint64_t hash_a,
		      const struct state_msg_record *b, uint64_t hash_b);

#endif
