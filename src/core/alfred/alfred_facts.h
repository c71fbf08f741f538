/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known: one value per source and type, for the files of this core. Values are kept in
 * chunks of one size, so the room that something takes is a number of chunks, and the memory is
 * there from the start.
 *
 * Bounds: ALFRED_OWN_BYTES for values of this node, ALFRED_OTHERS_BYTES for all others together,
 * ALFRED_SOURCE_BYTES for each source. Who told a value pays for it, of several the last who had it
 * from no further away. Where others' room is full, the oldest of the sender who has the most goes,
 * if that is more than the newcomer's sender has; else, and where a source's room is full, the
 * oldest of the same sender, if it has not been told again for ALFRED_STALE_S. (A secondary has all
 * from one sender, its primary, and only what it asked for.)
 */
#ifndef CORE_ALFRED_FACTS_H
#define CORE_ALFRED_FACTS_H

#include "core/alfred/alfred_msg.h"
#include "lib/clock.h"
#include "lib/table.h"

#define ALFRED_CHUNK 256
#define ALFRED_OWN_BYTES (128 * 1024)
#define ALFRED_OTHERS_BYTES (256 * 1024)
#define ALFRED_SOURCE_BYTES (64 * 1024)
#define ALFRED_CHUNKS ((ALFRED_OWN_BYTES + ALFRED_OTHERS_BYTES) / ALFRED_CHUNK)
#define ALFRED_SENDERS 64 /* counted apart, by hash */
#define ALFRED_STALE_S 30 /* three syncs */

/* How far from its source a value is; what is pushed to other primaries ends at FIRST_HAND. */
enum alfred_level {
	ALFRED_LOCAL,
	ALFRED_FIRST_HAND, /* sent to us by its source */
	ALFRED_SYNCED,
};

struct alfred_fact {
	struct mac source; /* key, with type */
	uint8_t type;
	uint8_t version;
	uint8_t level;
	bool filled;	/* made by the node itself, nobody's who asked for it */
	uint8_t sender; /* below ALFRED_SENDERS */
	uint16_t len;
	uint16_t first; /* chunk */
	usec_t seen_at;
};

struct alfred_facts {
	struct table facts;
	struct table sources; /* what each has */
	uint8_t *bytes;	      /* ALFRED_CHUNKS * ALFRED_CHUNK */
	uint16_t *next;	      /* chunk that follows */
	uint16_t free;	      /* first free chunk, ALFRED_CHUNKS = none */
	uint32_t own, others; /* chunks in use */
	uint32_t sent[ALFRED_SENDERS];
	usec_t fresh_until[ALFRED_SENDERS]; /* nothing of it is stale before */
	uint64_t refused, evicted;
};

int alfred_facts_init(struct alfred_facts *s, struct hash_key key);
void alfred_facts_done(struct alfred_facts *s);
struct alfred_fact *alfred_fact_find(const struct alfred_facts *s, const struct mac *source,
				     uint8_t type);
/* Makes or changes it; *ret_changed: it is not as it was. `how` has level, filled, sender and
 * seen_at. 0, -ENOSPC, or -EMSGSIZE: longer than a packet can carry. */
int alfred_fact_put(struct alfred_facts *s, const struct alfred_block *b,
		    const struct alfred_fact *how, bool *ret_changed);
void alfred_fact_remove(struct alfred_facts *s, struct alfred_fact *f);
struct alfred_fact *alfred_fact_next(const struct alfred_facts *s, uint32_t *cursor);
/* Its block into a PUSH_DATA packet. */
void alfred_fact_encode(const struct alfred_facts *s, const struct alfred_fact *f, struct wr *w);

#endif
