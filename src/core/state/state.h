/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replicated records: what every node of a scope shall know (clients with their leases, blocks,
 * gateways, names).
 *
 * A record has a key {type, id}, a value, an author and a relative lifetime. Two kinds:
 *   owned   only its author writes it; two authors with the same key have two records. Version
 * (boot epoch, counter). It lives while its author shows signs of life: every newer record of an
 * author counts as one for all that it owns. An author that is quiet repeats its smallest record at
 * a third of its shortest lifetime. shared  any member writes it; the highest (epoch, author) wins,
 * epoch = highest seen for the key + 1. It lives for its lifetime after it was written, whatever
 * happens to its author. Wall time decides nothing. Ages are counted by each holder's monotonic
 * clock, travel with the record rounded up, and are never taken back for a version that is known
 * already. A deletion is a record too (tombstone); it lives as long as its type may live at most,
 * and then some, so that no older copy is left anywhere when it is forgotten; less where its type
 * says so.
 *
 * Neighbours are peers, which the node adds and removes. A change is pushed to all peers of its
 * scope in the next state_tick, or 10 ms later where others went just before, acknowledged by each
 * (repeated after 100 ms, with back-off) and passed on. A peer that lets a change of ours wait for
 * 5 s, or is not heard for so long after it was added, is absent: nobody waits for it any more
 * until it is heard again, or, if that was in vain, until it acknowledges something. What was
 * missed is found by digests (a summary every 5 s; a hash tree is descended where it differs) and
 * sent paced, never before a push.
 *
 * What may live where: a peer is told and may tell records of its scopes only. Whatever authors it
 * invents, by way of one peer come at most 7/8 of the records; a full table makes room for what
 * another one tells. It may push 2000 changes at once and 200 a second; what is more is passed on
 * as repair, which is paced.
 *
 * With conf.crypto a node's id is the beginning of its public key, and it signs the records that it
 * owns: nobody else can write them, and whoever sees another key with the same beginning keeps the
 * one that was there first. News of owned records are verified, 200 a second by way of one peer;
 * what is more it has to send again, and what is not its author's own costs 50 times that. With the
 * key of the community datagrams are sealed: who does not have it reads nothing and is not heard
 * (state_seal.c). Members believe each other's shared records, and everything else that is not
 * owned.
 */
#ifndef CORE_STATE_STATE_H
#define CORE_STATE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/clock.h"
#include "lib/outq.h"
#include "lib/rng.h"
#include "lib/wire.h"

#define STATE_ID_MAX 32		/* bytes of a key's id */
#define STATE_VALUE_MAX 480	/* bytes of a value */
#define STATE_DATAGRAM_MAX 1200 /* bytes of a datagram */
#define STATE_TALK_MAX 64	/* bytes of a word to one neighbour */

enum state_scope { STATE_CLOUD, STATE_NETWORK };
enum state_kind { STATE_OWNED, STATE_SHARED };

/* Scopes of a peer, or'ed. */
#define STATE_SCOPE_BIT(scope) (uint8_t)(1u << (scope))
#define STATE_SCOPES 2

struct state_node {
	uint8_t b[8];
};

struct state_crypto; /* state_crypto.h */

/* Bytes of id behind len are zero (state_key_init does that). */
struct state_key {
	uint8_t type;
	uint8_t len;
	uint8_t id[STATE_ID_MAX];
};

/* Shared records that not any member may write: they carry a signature, and conf.admin_ok says
 * whether it is the right one. They do not end. Those with the key are loaded before those that it
 * signs. */
enum state_admin { STATE_ADMIN_NONE, STATE_ADMIN_KEY, STATE_ADMIN_ACT };

/* What this node knows about a type. Records of other types are carried within conf.unknown_max. */
struct state_type {
	uint8_t type;
	enum state_scope scope;
	enum state_kind kind;
	bool durable; /* in state_save; own records of an earlier life are taken up, not deleted */
	uint32_t lifetime_max_s; /* longer lifetimes are cut to this */
	uint32_t records_max;	 /* of this type; 0: only the limit of the table */
	enum state_admin admin;	 /* shared ones only */
	/* How long a deletion is known; 0: so long that no older copy is left anywhere. Shorter
	 * only where one that comes back does no harm. */
	uint32_t tombstone_s;
};

/* What a record of a type with `admin` says and who has signed that: message is what the signature
 * must be of. */
struct state_claim {
	struct state_key key;
	const uint8_t *value;
	size_t len;
	const uint8_t *message;
	size_t message_len;
	const uint8_t *signature; /* STATE_SIGNATURE_SIZE */
};

/* 0 means the default in brackets. Borrowed for the life of the core: types, crypto. */
struct state_conf {
	struct state_node id; /* who we are, not zero; with crypto state_node_of_key() */
	uint32_t epoch; /* boot epoch: higher at each start as far as the disk can tell, at least
			   1. With the key of a community never the same with the same key of the
			   node: see state_seal.c */
	const struct state_crypto *crypto; /* NULL: nothing is signed or sealed */
	const struct state_type *types;
	size_t n_types;
	/* Asked for each news of a record of a type with `admin`, also from the disk; NULL: none is
	 * right. The records may be looked at. */
	bool (*admin_ok)(void *ctx, const struct state_claim *c);
	void *admin_ctx;
	uint32_t records_max; /* [10000] all records, tombstones included; 1/16 is kept for our own
			       */
	uint32_t author_records_max; /* [2048] of one author other than us; 3/4 of the places that
					the others leave, if that is more */
	uint32_t authors_max;	     /* [2048] */
	uint32_t unknown_max;	     /* [records_max / 8] records of types not in the table */
	uint32_t unknown_lifetime_s; /* [86400] their upper bound */
	uint32_t peers_max;	     /* [64] */
	uint32_t value_bytes; /* [records_max * 256] all values; only what is used is resident */
	uint32_t
		bulk_rate; /* [400000] bytes per second of repair to one peer, half of it at once */
	uint32_t input_rate; /* [1000000] bytes per second taken from one peer */
	uint32_t summary_ms; /* [5000, sealed 6500] between summaries of a quiet peer */
};

/* X-macro: counter and its printed name. */
#define STATE_COUNTERS(X)                                                                          \
	X(SENT, "sent") /* datagrams */                                                            \
	X(SENT_BYTES, "sent-bytes")                                                                \
	X(SENT_RECORDS, "sent-records")                                                            \
	X(REPEATED, "repeated") /* datagrams not acknowledged in time */                           \
	X(RECEIVED, "received")                                                                    \
	X(RECEIVED_BYTES, "received-bytes")                                                        \
	X(RECEIVED_RECORDS, "received-records")                                                    \
	X(ACCEPTED, "accepted") /* records that were news */                                       \
	X(KNOWN, "known")	/* the same version was here */                                    \
	X(OLDER, "older")	/* a newer version was here */                                     \
	X(STALE, "stale")	/* at the end of its lifetime on arrival */                        \
	X(EXPIRED, "expired")                                                                      \
	X(PACED, "paced")		      /* changes of a peer that pushes too many */         \
	X(REPAIRS, "repairs")		      /* descents begun because summaries differed */      \
	X(REPAIR_DEFERRED, "repair-deferred") /* digest answers over the pace */                   \
	X(JUMPED, "jumped")		      /* our own version was found higher elsewhere */     \
	X(OUT_FULL, "out-full")		      /* the out queue had no room; retried */             \
	X(DROP_PEER, "drop-unknown-peer")                                                          \
	X(DROP_RATE, "drop-rate") /* peer sends more than input_rate */                            \
	X(DROP_SIZE, "drop-size") /* longer than a datagram may be */                              \
	X(DROP_MAGIC, "drop-magic")                                                                \
	X(DROP_VERSION, "drop-version")                                                            \
	X(DROP_SEAL, "drop-seal")	  /* sealed with another key than ours, or changed */      \
	X(DROP_UNSEALED, "drop-unsealed") /* not sealed, and we have a key */                      \
	X(DROP_SEALED, "drop-sealed")	  /* sealed, and we have no key */                         \
	X(DROP_ECHO, "drop-own-echo")                                                              \
	X(DROP_SENDER, "drop-sender")	    /* not the node this peer is */                        \
	X(DROP_DUPLICATE, "drop-duplicate") /* sequence number seen before */                      \
	X(DROP_MALFORMED, "drop-malformed")                                                        \
	X(DROP_SCOPE, "drop-scope")   /* record or digest of a scope the peer has not */           \
	X(DROP_KIND, "drop-kind")     /* a known type with the wrong kind or scope */              \
	X(DROP_FORGED, "drop-forged") /* an owned record that its author has not signed */         \
	X(DROP_ADMIN, "drop-admin") /* not signed by the network's admin, or none is known here */ \
	X(DEFERRED, "signatures-deferred") /* too many to be verified now; it comes again */       \
	X(DROP_TABLE_FULL, "drop-table-full")                                                      \
	X(DROP_TELLER_FULL, "drop-teller-full") /* that peer told of too many first */             \
	X(EVICTED, "evicted")			/* for a record that another peer told of first */ \
	X(DROP_TALK, "drop-talk")		/* peer says too many words */                     \
	X(DROP_TYPE_FULL, "drop-type-full")                                                        \
	X(DROP_AUTHOR_FULL, "drop-author-full") /* that author has too many */                     \
	X(DROP_AUTHORS_FULL, "drop-authors-full")                                                  \
	X(DROP_VALUES_FULL, "drop-values-full")                                                    \
	X(DROP_EPOCH, "drop-epoch") /* a version that cannot be surpassed */

enum state_counter {
#define X(name, text) STATE_C_##name,
	STATE_COUNTERS(X)
#undef X
		STATE_C_COUNT
};

/* What a call of the API changes is reported by the next state_tick, which is due at once. */
enum state_out_kind {
	STATE_SEND,    /* port: peer handle; data: the datagram */
	STATE_CHANGED, /* data: struct state_event; the value: state_get. Once more of what was
			  loaded when it turns out to be older than that. */
	STATE_ACKED,   /* data: struct state_event of a record that state_put_*, state_delete or
			  state_repeat wrote: every peer that is present has got it */
	STATE_STORE,   /* something durable changed: state_save soon, the node decides when */
	STATE_TALK,    /* port: peer handle; data: struct state_talk, what a neighbour says to us */
};

enum state_change { STATE_IS_SET, STATE_IS_DELETED, STATE_HAS_EXPIRED };

struct state_event {
	struct state_key key;
	struct state_node author;
	enum state_scope scope;
	enum state_kind kind;
	enum state_change change; /* STATE_CHANGED: what became of it */
	bool own;		  /* author is this node */
	bool local;		  /* written through this API, not learnt */
	uint32_t epoch;
	uint32_t counter;
	uint16_t acks;	   /* STATE_ACKED: peers that store it; 0 when there was no peer */
	uint16_t refusals; /* STATE_ACKED: peers that got it and could not store it */
	uint16_t absent;   /* STATE_ACKED: peers that were not waited for */
};

/* A word from one node to another that is next to it in the replicated state. */
struct state_talk {
	struct state_node from;
	uint8_t topic;
	uint8_t len;
	uint8_t data[STATE_TALK_MAX];
};

/* A record as it is now; value is borrowed until the next call that is not const. */
struct state_view {
	struct state_key key;
	struct state_node author; /* of a shared record: who wrote it last */
	enum state_scope scope;
	enum state_kind kind;
	bool own;
	bool deleted; /* tombstone, seen through state_next_any only */
	uint32_t epoch;
	uint32_t counter;
	uint32_t lifetime_s;
	uint32_t age_s;	  /* since it was written, as far as known; goes on across state_load */
	uint32_t quiet_s; /* of its lifetime: since its author last showed life, or state_load */
	uint32_t saved_quiet_s; /* of a shared record from state_load: what had been over before */
	const uint8_t *value;
	size_t len;
};

/* Whether what a peer says can be read. */
enum state_keys {
	STATE_KEYS_FIT,	   /* as far as is known */
	STATE_KEYS_DIFFER, /* it has another key than we, or somebody changes what it sends */
	STATE_KEYS_OURS,   /* only we have one */
	STATE_KEYS_THEIRS, /* only it has one */
};

struct state_peer_view {
	uint16_t handle;
	struct state_node id; /* zero: not known yet */
	uint8_t scopes;
	uint8_t synced; /* scopes whose summaries were equal last time, or nearly */
	bool absent;	/* silent: not waited for until it answers */
	enum state_keys keys;
	usec_t unread_since; /* so long nothing but what cannot be read has come; 0: not so */
	usec_t heard_at;     /* last datagram accepted, 0 never */
	uint32_t lacking;    /* records it has not acknowledged yet */
	uint64_t sent_bytes; /* UDP payload */
	uint64_t received_bytes;
};

/* A record of a type that is not in conf.types: who writes it says of what kind and scope it is. */
struct state_unknown {
	struct state_key key;
	enum state_kind kind;
	enum state_scope scope;
	const void *value;
	size_t len;
	uint32_t lifetime_s; /* 0: conf.unknown_lifetime_s, which longer ones are cut to. The
				shortest owned one says how often the node shows life */
};

struct state; /* state_internal.h */

/* NULL when memory is short; everything is allocated here. out is borrowed for the life of the
 * core. */
struct state *state_new(const struct state_conf *conf, struct rng rng, struct outq *out,
			usec_t now);
void state_free(struct state *s);

/* The id of the node that has this public key of STATE_KEY_SIZE bytes. */
struct state_node state_node_of_key(const uint8_t *key);

/* len bytes of id, at most STATE_ID_MAX (cut there). */
struct state_key state_key_init(uint8_t type, const void *id, size_t len);

/*
 * Write a record of a type in conf.types of that kind; lifetime_s 0 means the type's bound. Writing
 * what is there already changes nothing unless half of its lifetime is over, so callers may repeat
 * themselves. 0, -EINVAL (type, kind, sizes), -ENOSPC (table or values full), -EOVERFLOW (versions
 * used up).
 */
int state_put_owned(struct state *s, const struct state_key *key, const void *value, size_t len,
		    uint32_t lifetime_s, usec_t now);
int state_put_shared(struct state *s, const struct state_key *key, const void *value, size_t len,
		     uint32_t lifetime_s, usec_t now);
/*
 * Our own live owned record goes to all peers of its scope once more, as it is: to those that lack
 * it or refused it, too. STATE_ACKED follows. 0, -ENOENT, -EINVAL (type, kind).
 */
int state_repeat(struct state *s, const struct state_key *key, usec_t now);
/*
 * A shared record of a type with `admin` is written in two steps: what must be signed for it to be
 * the next version, by this node, then the same with the signature of that. 0, -EINVAL (type,
 * sizes, no room in w), -EOVERFLOW; and -EKEYREJECTED (not what admin_ok wants, or another version
 * has come meanwhile), -ENOSPC.
 */
int state_admin_message(const struct state *s, const struct state_key *key, const void *value,
			size_t len, struct wr *w);
int state_put_admin(struct state *s, const struct state_key *key, const void *value, size_t len,
		    const uint8_t *signature, usec_t now);
/* Deletes a shared record or our own owned one. 0, -ENOENT, -EINVAL (type), -EOVERFLOW. */
int state_delete(struct state *s, const struct state_key *key, usec_t now);

/* The same for a type that is not in conf.types, within conf.unknown_max. To delete, value, len and
 * lifetime are not read. */
int state_put_unknown(struct state *s, const struct state_unknown *u, usec_t now);
int state_delete_unknown(struct state *s, const struct state_unknown *u, usec_t now);

/* author: whose owned record; NULL: ours, or the shared record. 0 or -ENOENT (unknown, deleted,
 * expired).
 */
int state_get(const struct state *s, const struct state_key *key, const struct state_node *author,
	      usec_t now, struct state_view *ret);
/* The record that an event is about, of any type, deleted or not. 0 or -ENOENT: it is no more. */
int state_get_told(const struct state *s, const struct state_event *e, usec_t now,
		   struct state_view *ret);
/* for (uint32_t i = 0; state_next(s, type, &i, now, &view); )   live records of a type; writing
 * meanwhile is allowed */
bool state_next(const struct state *s, uint8_t type, uint32_t *cursor, usec_t now,
		struct state_view *ret);
/* All records of all types, tombstones too. */
bool state_next_any(const struct state *s, uint32_t *cursor, usec_t now, struct state_view *ret);
/* STATE_CHANGED and STATE_ACKED of all records are out. */
bool state_is_told(const struct state *s);
uint32_t state_count(const struct state *s);
/* Same on two nodes that hold the same records of a scope. */
uint64_t state_digest(const struct state *s, enum state_scope scope);

/*
 * handle: the node's name for the way to this neighbour. id: NULL when not known yet (learnt from
 * its datagrams). scopes: STATE_SCOPE_BIT of each. An existing handle gets new scopes; a summary is
 * due at once. 0, -EINVAL (no scope), -ENOSPC.
 */
int state_peer_add(struct state *s, uint16_t handle, const struct state_node *id, uint8_t scopes,
		   usec_t now);
/* What it had not acknowledged no longer counts for STATE_ACKED. */
void state_peer_remove(struct state *s, uint16_t handle, usec_t now);
bool state_peer_next(const struct state *s, uint32_t *cursor, struct state_peer_view *ret);

/*
 * Says something to one peer of the cloud scope, at once: len bytes, at most STATE_TALK_MAX. Nobody
 * acknowledges or repeats it, and over 100 words a second, 200 at once, it does not listen. It
 * comes at most once, but perhaps late. 0, -EINVAL (too long), -ENOENT (no such peer), -ENOBUFS
 * (the out queue is full).
 */
int state_talk(struct state *s, const struct state_node *to, uint8_t topic, const void *data,
	       size_t len);

/* A datagram from a peer; borrowed for the call. 0 or -errno, which a counter names: nothing
 * changed then. */
int state_input(struct state *s, uint16_t handle, const uint8_t *datagram, size_t len, usec_t now);
/* Sends what is due. After it state_deadline is later than now. */
void state_tick(struct state *s, usec_t now);
usec_t state_deadline(const struct state *s);

/*
 * A starting author must not write below its own earlier versions. It asks each new peer; what it
 * wrote too low is written again, higher, by itself. True when a peer has answered, or nobody did
 * for 3 s since the start.
 */
bool state_is_ready(const struct state *s, usec_t now);

/* The durable records, for a file: see snapshot.h. state_save needs at most state_save_size bytes.
 */
size_t state_save_size(const struct state *s);
void state_save(const struct state *s, struct wr *w, usec_t now);
/* Only those of one type that we own, in the same format: to be loaded after the others. */
void state_save_own(const struct state *s, uint8_t type, struct wr *w, usec_t now);
/*
 * Before the first peer is added. Records count as fresh, unless a neighbour then tells that the
 * cloud lived on meanwhile; our boot epoch becomes higher than the saved one. 0 or -EBADMSG:
 * nothing changed.
 */
int state_load(struct state *s, struct rd *r, usec_t now);
uint32_t state_epoch(const struct state *s);

uint64_t state_counter(const struct state *s, enum state_counter c);
const char *state_counter_name(enum state_counter c);

#endif
