/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One type of LibreMesh's shared state: what we say ourselves and what others said, by their rules.
 *
 * An entry lives for a number of seconds that only its author sets (the type's bleach time, its
 * interval and one) and that everybody who holds it counts down; more than that is cut. Of two for
 * one key the one that lives longer stays, of equals the one that came later. What is said in our
 * own name is believed only while we hold nothing for the key, or less than we do ourselves.
 *
 * What we say ourselves, for this node and the others of its cloud, nobody else changes: it is ours
 * as long as it is put again at each ss_store_own_begin. Others have SS_FOREIGN_MAX places and
 * SS_FOREIGN_BYTES at most, so a whole state always fits into a message.
 */
#ifndef PLAT_SHARED_STATE_STORE_H
#define PLAT_SHARED_STATE_STORE_H

#include "lib/clock.h"
#include "lib/table.h"
#include "plat/linux/bridges/shared_state_msg.h"

#define SS_ITEMS_MAX 4096
#define SS_FOREIGN_MAX 2048
#define SS_FOREIGN_BYTES (256 * 1024) /* of data */

struct ss_type {
	const char *name;
	uint32_t bleach_s, interval_s;
};

struct ss_item {
	char key[SS_KEY_MAX + 1]; /* zero behind its end */
	char author[SS_AUTHOR_MAX + 1];
	bool own, renewed; /* ours; put again since ss_store_own_begin */
	uint32_t len;
	char *data; /* JSON, owned */
	usec_t expires_at;
};

enum ss_verdict {
	SS_TAKEN,
	SS_OLDER,    /* ours lives longer */
	SS_OURS,     /* we say that ourselves */
	SS_OWN_NAME, /* in our name, and more than we hold */
	SS_DEAD,     /* no time to live */
	SS_FULL,     /* no place, or no memory */
};

struct ss_store {
	const struct ss_type *type;
	struct table items;
	uint32_t foreign;
	size_t foreign_bytes;
};

/* 0 or -ENOMEM. */
int ss_store_init(struct ss_store *s, const struct ss_type *type, struct hash_key key);
void ss_store_done(struct ss_store *s);
/* Seconds that a new entry lives. */
uint32_t ss_store_ttl(const struct ss_store *s);

/* What we say, anew: begin, put all of it, end, which drops the rest. */
void ss_store_own_begin(struct ss_store *s);
/* Steals data. False: it was left out. */
bool ss_store_own_put(struct ss_store *s, const char *key, const char *author, json_t *data,
		      usec_t now);
void ss_store_own_end(struct ss_store *s);

/* What somebody else said; own_name: in the name of this node or one that it speaks for. */
enum ss_verdict ss_store_merge(struct ss_store *s, const struct ss_entry *e, bool own_name,
			       usec_t now);
/* Drops what has no time left. */
void ss_store_bleach(struct ss_store *s, usec_t now);
/* The whole state, ours first. 0 or -ENOMEM; then, too, ss_slice_done. */
int ss_store_encode(const struct ss_store *s, usec_t now, struct ss_slice *ret);

#endif
