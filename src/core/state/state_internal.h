/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of the state core, as its own files see them.
 *
 *   state.c         init, configuration, the API of records
 *   state_store.c   the records themselves: table, values, authors, hash tree
 *   state_age.c     how old what was loaded is
 *   state_event.c   what the node is told; expiry and our signs of life
 *   state_merge.c   a record from elsewhere: who wins
 *   state_proof.c   signatures of records
 *   state_peer.c    neighbours: what each lacks, sending, acknowledgements, pace
 *   state_input.c   datagrams in, and the answers to digests
 *   state_seal.c    datagrams that only members can read and write
 *   state_talk.c    words to single neighbours
 *   state_save.c    the durable part
 *
 * Invariants: a record that waits for peers, absent ones too, has its bit in `lacks` of exactly
 * `waiting` peers; a bit in `push` or `bulk` has its bit in `lacks`; the tree's sums are those of
 * the records in the table.
 */
#ifndef CORE_STATE_INTERNAL_H
#define CORE_STATE_INTERNAL_H

#include "core/state/state_msg.h"
#include "core/state/state_pool.h"
#include "lib/bucket.h"
#include "lib/fair.h"
#include "lib/table.h"
#include "lib/window.h"

#define STATE_REPEAT_MIN (100 * USEC_MS)
#define STATE_REPEAT_MAX (10 * USEC_S)
#define STATE_TRIES_ALONE 3 /* so often in vain: one datagram at a time */
#define STATE_REPAIR_MIN (1 * USEC_S)
#define STATE_REPAIR_MAX (60 * USEC_S)
#define STATE_PATIENCE (5 * USEC_S) /* who has not acknowledged a record of ours then is absent */
#define STATE_FILL_ASKED (200 * USEC_MS) /* so long we wait for what one peer was asked for */
#define STATE_FILL_MAX (30 * USEC_S)
#define STATE_FILL_QUIET (500 * USEC_MS) /* no bulk for so long: that transfer is over */
#define STATE_READY_GRACE (3 * USEC_S)
#define STATE_FOUND_GRACE                                                                          \
	(30 * USEC_S)			 /* own records of an earlier life are deleted after that  \
					  */
#define STATE_TOMBSTONE_MORE 120	 /* s beyond the bound of the type */
#define STATE_STALE_MARGIN 5		 /* s of remaining lifetime that are not worth storing */
#define STATE_LIFETIME_MIN 10		 /* s */
#define STATE_EPOCH_MAX (UINT32_MAX - 2) /* of a version; beyond it nobody could write again */
#define STATE_SHARED_MAX 0x80000000u	 /* epochs of shared records, the same for all nodes */
#define STATE_TELL_JUMP 65536		 /* epochs above our own that a mere TELL is believed */
#define STATE_TELL_SUM (1u << 20)	 /* and by all of them together, in one life */
#define STATE_FLIGHTS 32		 /* datagrams with records on the way to one peer */
#define STATE_FLIGHTS_BULK 24		 /* of these for repair: a push always finds room */
#define STATE_FLIGHT_RECORDS 48		 /* records in one datagram */
#define STATE_GATHER (10 * USEC_MS) /* so long a change waits for others, behind one that went */
#define STATE_GATHER_FULL 12	    /* so many clients fill a datagram, and wait for no more */
#define STATE_GREET (60 * USEC_S)   /* so long a new peer is greeted often */
#define STATE_DIGEST_RATE 65536	    /* bytes per second of digest answers to one peer */
#define STATE_DIGEST_BURST 131072   /* of them at once: some more than where all leaves differ */
#define STATE_LOOKS_SPAN 4	    /* s in which a peer may have us look at all records */
#define STATE_CHANGES_RATE 200	    /* changes per second that one peer may push */
#define STATE_CHANGES_BURST 2000
#define STATE_PROOFS_RATE 200 /* signatures per second verified of what one peer sends */
#define STATE_PROOFS_BURST 2000
#define STATE_PROOF_FORGED 50		  /* so many more does one take that is not its author's */
#define STATE_NEWS_INTERVAL (60 * USEC_S) /* between news of the age that go out at once */
#define STATE_NEWS_BURST 4
#define STATE_TALK_INTERVAL (10 * USEC_MS) /* between words of one peer, in the long run */
#define STATE_TALK_BURST 200
#define STATE_LIST_SMALL 16 /* at most so many records are listed, not descended into */

enum state_record_flag {
	STATE_R_DELETED = 1,
	STATE_R_LOCAL = 2,	 /* this version was written here */
	STATE_R_ASKED = 4,	 /* report when all have it */
	STATE_R_TELL = 8,	 /* STATE_CHANGED is due */
	STATE_R_TELL_ACKED = 16, /* STATE_ACKED is due */
	STATE_R_FOUND = 32,	 /* ours from an earlier life; deleted unless it is written again */
	STATE_R_FORCED = 64,	 /* this version outdid one that had our name */
	STATE_R_AGAIN = 128,	 /* must do so once more, in the next sweep */
	STATE_R_LOADED = 256,	 /* this version is from our disk */
	STATE_R_SIGNED = 512,	 /* its proof stands behind its value */
};

struct state_record {
	struct state_full_key key; /* first: key of the table */
	uint32_t author;	   /* index in authors */
	uint64_t hash;
	usec_t seen_at;	   /* since when its lifetime counts; see state_age_loaded */
	usec_t written_at; /* as far as known; the same */
	uint32_t epoch;
	uint32_t counter;
	uint32_t lifetime_s;
	uint32_t gen;	/* differs for each version that was ever here */
	uint32_t value; /* in the pool */
	uint16_t len;
	uint16_t leaf;
	uint32_t leaf_next; /* index + 1 */
	uint16_t waiting;
	uint16_t acks;
	uint16_t refusals;
	uint16_t flags;
};

struct state_author {
	struct state_node id; /* first: key of the table */
	uint32_t epoch;	      /* highest version of an owned record seen */
	uint32_t counter;
	uint32_t records;
	usec_t seen_at; /* last sign of life */
	bool is_loaded; /* so says our disk */
	bool has_key;
	uint8_t key_rest[STATE_MSG_KEY_REST]; /* behind the id */
	bool has_boot;
	uint32_t boot; /* of what it sealed last: the epoch, and the numbers seen of it */
	struct window window;
};

/* One scope's hash tree: root, 16, 256, 4096 nodes in one array; records of a leaf in a list. */
#define STATE_TREE_NODES (1 + 16 + 256 + 4096)

struct state_tree {
	uint64_t sum[STATE_TREE_NODES];
	uint32_t count[STATE_TREE_NODES];
	uint32_t head[STATE_MSG_LEAVES]; /* record index + 1 */
};

struct state_bucket {
	uint32_t rate;	/* bytes per second */
	uint32_t burst; /* bytes */
	uint32_t level;
	usec_t at;
};

struct state_flight {
	uint32_t seq;
	uint8_t n; /* 0: free */
	bool bulk;
	usec_t sent_at;
	struct {
		uint32_t slot;
		uint32_t gen;
	} record[STATE_FLIGHT_RECORDS];
};

struct state_peer {
	bool used;
	bool told;     /* answered our ASK */
	bool tell_due; /* our cloud seconds have changed */
	bool id_fixed; /* given by the node, not learnt */
	bool absent;   /* see state.h */
	bool deaf;     /* to be heard is not enough to be present */
	bool known;    /* id and epoch are as it said: what is sealed can be addressed to it */
	uint8_t scopes;
	uint8_t synced;
	uint64_t
		said[STATE_SCOPES]; /* sums of our last summary: has the peer heard how we stand? */
	uint8_t mismatches;	    /* summaries that differed and were not acted upon */
	uint16_t handle;
	struct state_node id;
	uint32_t epoch;	      /* its boot epoch */
	struct window window; /* of its numbers, where nothing is sealed */
	enum state_keys keys;
	usec_t unread_since;
	usec_t added_at;
	usec_t heard_at;   /* 0: never */
	usec_t records_at; /* last datagram with records from it */
	usec_t round_trip; /* of the last acknowledgement */
	usec_t backoff_at;
	uint8_t tries; /* doublings since then */
	bool gain;     /* the last repair brought something */
	usec_t summary_at;
	usec_t said_at; /* our last summary */
	usec_t repair_at, repair_wait;
	struct state_bucket bulk_pace, digest_pace, input_pace, change_pace, proof_pace;
	struct state_bucket look_pace; /* of records looked at for its digests */
	struct bucket talk_pace;
	uint64_t *lacks, *push, *bulk; /* bit per record slot */
	uint32_t n_lacks, n_push, n_bulk;
	uint32_t push_cursor, bulk_cursor;
	usec_t push_at; /* a datagram that is not full does not go before */
	uint32_t n_flights;
	struct state_flight *flights;
	uint64_t sent_bytes, received_bytes;
};

struct state {
	struct state_conf conf;
	struct rng rng;
	struct outq *out;
	struct table records;
	struct table authors;
	struct fair places; /* of records; owners: peers, ourselves, nobody who is here */
	struct state_pool values;
	struct state_tree *trees; /* STATE_SCOPES */
	struct state_peer *peers; /* conf.peers_max */
	uint64_t *peer_bits;
	struct state_flight *flights;
	uint32_t n_peers;  /* slots below this have been used */
	uint32_t n_absent; /* of them */
	const struct state_type *types[256];
	uint32_t type_count[256];
	uint32_t unknown;
	uint32_t words; /* of a bitmap */
	uint64_t *untold;
	uint32_t n_untold;
	bool store_due;
	bool stalled;	/* the out queue was full */
	uint32_t epoch; /* highest version issued or to be surpassed */
	uint32_t counter;
	uint32_t told_epochs; /* of which so many were told by mere TELLs */
	uint64_t seq;	      /* of the last datagram */
	uint32_t gen;
	usec_t started_at;
	uint32_t cloud_s;    /* cloud seconds at started_at; state_age.c */
	uint32_t saved_s;    /* of the snapshot that was loaded */
	uint32_t fresh_s;    /* when what is held counted as fresh */
	uint32_t aged_s;     /* what was loaded is older by that */
	uint32_t told_again; /* so often all of it */
	usec_t loaded_at;    /* when it was */
	usec_t fresh_at;     /* since when it counts, INT64_MIN: as it was saved */
	bool is_cloud_known; /* loaded, or told by somebody */
	bool is_loaded;
	struct bucket news_pace; /* of what all peers hear at once of our seconds */
	usec_t not_before;	 /* of the deadline */
	usec_t sweep_at, swept_at;
	usec_t found_at;		 /* when found records are deleted */
	usec_t patience_at;		 /* when peers are looked at who let us wait */
	usec_t alive_at[STATE_SCOPES];	 /* when we must repeat a record */
	usec_t alive_life[STATE_SCOPES]; /* shortest lifetime of our owned records */
	uint16_t fill_peer;		 /* who fills us at present */
	usec_t fill_since, fill_until;
	uint64_t counters[STATE_C_COUNT];
	uint8_t opened[STATE_DATAGRAM_MAX]; /* what the datagram that is handled says */
};

static inline bool state_bit(const uint64_t *map, uint32_t i)
{
	return map[i / 64] >> i % 64 & 1;
}

/* Both tell whether that changed anything. */
static inline bool state_bit_set(uint64_t *map, uint32_t i)
{
	bool was = state_bit(map, i);

	map[i / 64] |= (uint64_t)1 << i % 64;
	return !was;
}

static inline bool state_bit_clear(uint64_t *map, uint32_t i)
{
	bool was = state_bit(map, i);

	map[i / 64] &= ~((uint64_t)1 << i % 64);
	return was;
}

/* First bit that is set at or after i; words * 64 when there is none. */
static inline uint32_t state_bit_next(const uint64_t *map, uint32_t words, uint32_t i)
{
	for (uint32_t w = i / 64; w < words; w++) {
		uint64_t v = w == i / 64 ? map[w] & ~(uint64_t)0 << i % 64 : map[w];

		if (v)
			return w * 64 + (uint32_t)__builtin_ctzll(v);
	}
	return words * 64;
}

static inline void state_count_up(struct state *s, enum state_counter c)
{
	s->counters[c]++;
}

/* state_store.c */
int state_store_init(struct state *s, struct hash_key key);
void state_store_done(struct state *s);
struct state_record *state_store_at(const struct state *s, uint32_t slot);
uint32_t state_store_slot(const struct state *s, const struct state_record *rec);
struct state_record *state_store_find(const struct state *s, const struct state_full_key *key);
struct state_author *state_store_author(const struct state *s, const struct state_record *rec);
/* NULL: there is no room for another one. */
struct state_author *state_store_author_get(struct state *s, const struct state_node *id);
bool state_store_is_own(const struct state *s, const struct state_record *rec);	 /* owned, by us */
bool state_store_by_self(const struct state *s, const struct state_record *rec); /* we wrote it */
/* The record as a message; the value is borrowed. */
struct state_msg_record state_store_msg(const struct state *s, const struct state_record *rec,
					usec_t now);
usec_t state_store_expiry(const struct state *s, const struct state_record *rec);
/* The highest epoch that a version of such a record may have. */
uint32_t state_store_epoch_max(const struct state_full_key *key);
uint32_t state_store_lifetime(const struct state *s, const struct state_msg_record *m);
/*
 * Writes m, as a new record or over the older version; flags as in the record, from: who told it,
 * NULL for ourselves and the disk. NULL when a limit forbids it: then *ret_why counts and nothing
 * changed.
 */
struct state_record *state_store_set(struct state *s, const struct state_peer *from,
				     const struct state_msg_record *m, uint16_t flags, usec_t now,
				     enum state_counter *ret_why);
/* What this peer told of first is nobody's from now on. */
void state_store_teller_gone(struct state *s, const struct state_peer *p);
void state_store_remove(struct state *s, struct state_record *rec);
/* Writes the record again as it is, with our next version. false: versions are used up. */
bool state_store_rewrite(struct state *s, struct state_record *rec, usec_t now);
bool state_store_next_version(struct state *s);
/* Puts a tombstone over the record, with our version. false: versions are used up. */
bool state_store_delete(struct state *s, struct state_record *rec, uint16_t flags, usec_t now);
/* Where a node of the tree is in its arrays. */
uint32_t state_store_node(unsigned int depth, uint32_t index);

/* state_age.c */
uint32_t state_age_cloud_s(const struct state *s, usec_t now);
/* A snapshot of that cloud second is about to be loaded. */
void state_age_load(struct state *s, uint32_t saved_s, usec_t now);
/* Since when the lifetime of a record counts that was alive at `since`. */
usec_t state_age_since(const struct state *s, const struct state_record *rec, usec_t since);
/* When that was, of which our disk says `at`. */
usec_t state_age_loaded(const struct state *s, usec_t at);
/* A neighbour's cloud seconds, and since when its records count. true: the others should hear ours
 * again. */
bool state_age_told(struct state *s, uint32_t cloud_s, uint32_t fresh_s, usec_t now);

/* state_event.c */
void state_event_tell(struct state *s, struct state_record *rec, enum state_record_flag flag);
/* Emits the events that are due. */
void state_event_emit(struct state *s);
/* false: the node could not be told, the record stays a little longer. */
bool state_event_expire(struct state *s, struct state_record *rec);
/* Expires records, deletes what was found and not claimed, repeats a record when we were quiet for
 * long. */
void state_event_sweep(struct state *s, usec_t now);
usec_t state_event_deadline(const struct state *s);

/* state_merge.c */
enum state_verdict {
	STATE_NEWS,
	STATE_SAME,
	STATE_OLD,
	STATE_IGNORED,
	STATE_REFUSED,
	STATE_DEFERRED, /* not looked at: it must come again */
};
/* from: NULL for a record from the disk. */
enum state_verdict state_merge(struct state *s, struct state_peer *from,
			       const struct state_msg_record *m, bool bulk, usec_t now);
/* A version of ours was seen; jumps over it when it is above all we wrote. false: it cannot be
 * surpassed. */
bool state_merge_surpass(struct state *s, uint32_t epoch, uint32_t counter);

/* state_proof.c */
/* Signs a record of our own; proof lives as long as m. */
void state_proof_make(const struct state *s, struct state_msg_record *m,
		      uint8_t proof[static STATE_MSG_PROOF_MAX]);
/* May this news be stored? STATE_NEWS, or why not. from: NULL for a record from the disk. */
enum state_verdict state_proof_check(struct state *s, struct state_peer *from,
				     const struct state_msg_record *m, usec_t now);
/* Is it signed as conf.admin_ok wants? */
bool state_proof_admin(const struct state *s, const struct state_msg_record *m);

/* state_peer.c */
int state_peer_init(struct state *s);
void state_peer_done(struct state *s);
struct state_peer *state_peer_find(const struct state *s, uint16_t handle);
/* The peer may lack this record: send it. */
void state_peer_want(struct state *s, struct state_peer *p, struct state_record *rec, bool bulk);
/* The peer is known to have this version, or not to need it. acked: it stores it. */
void state_peer_has(struct state *s, struct state_peer *p, struct state_record *rec, bool acked);
/* A new version: to all peers of its scope but those who have it. */
void state_peer_spread(struct state *s, struct state_record *rec, const struct state_peer *from,
		       bool bulk);
void state_peer_forget(struct state *s, struct state_record *rec);
/* A datagram of this peer was accepted. */
void state_peer_heard(struct state *s, struct state_peer *p);
/* Peers that let records of ours wait for too long are absent from now on. */
void state_peer_judge(struct state *s, usec_t now);
void state_peer_acked(struct state *s, struct state_peer *p, uint32_t seq, bool refused,
		      usec_t now);
void state_peer_tick(struct state *s, struct state_peer *p, usec_t now);
usec_t state_peer_deadline(const struct state *s, const struct state_peer *p);
bool state_peer_take(struct state_bucket *b, uint32_t bytes, usec_t now);
void state_peer_write_tell(const struct state *s, const struct state_peer *p, struct wr *w,
			   usec_t now);
/* Begins a datagram with its header; finish and emit. cap STATE_DATAGRAM_MAX. */
struct wr state_peer_begin(struct state *s, struct state_peer *p, uint8_t *buf);
/* Returns its sealed length; the caller emits. */
size_t state_peer_finish(struct state *s, struct state_peer *p, struct wr *w);

/* state_talk.c: a TALK item of a peer of the cloud scope, which is well-formed */
void state_talk_heard(struct state *s, struct state_peer *p, struct rd body, usec_t now);

/* state_seal.c */
bool state_seal_used(const struct state *s);
/* May the peer be sent more than a greeting (ASK)? Where nothing is sealed it always may. */
bool state_seal_is_met(const struct state *s, const struct state_peer *p);
/* The header of the next datagram to this peer. */
struct state_msg_header state_seal_header(struct state *s, const struct state_peer *p);
/* Seals what stands behind the header; the writer has left STATE_TAG_SIZE bytes. */
void state_seal(const struct state *s, const struct state_peer *p, struct wr *w);
/* Opens what r has left of the datagram that starts at head. 0 with *r on the items as they were,
 * or -errno, counted. */
int state_open(struct state *s, struct state_peer *p, const struct state_msg_header *h,
	       const uint8_t *head, struct rd *r, usec_t now);
/* A sealed datagram that is well-formed is from now on one that has been seen. false: there is no
 * room to know it by. */
bool state_seal_seen(struct state *s, const struct state_msg_header *h);
/* The same of any datagram; the peer is who it says. 0,
 * or -errno, counted. */
int state_seal_note(struct state *s, struct state_peer *p, const struct state_msg_header *h);

#endif
