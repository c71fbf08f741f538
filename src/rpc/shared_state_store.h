/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One type of LibreMesh's shared state: what we say ourselves and what others said, by their rules.
 * shared-state-async (plat/linux/bridges) and shared-state over HTTP (rpc/shared_state.h) have one
 * for each type that they share.
 *
 * An entry lives for a number of seconds that only its author sets and that everybody who holds it
 * counts down; more than the type allows is cut. Of two for one key the one that lives longer
 * stays; of equals the one that came later. Where lives are told in steps, everybody counts down at
 * moments of his own and tells what he holds for up to a step too long: only one that lives a whole
 * step longer takes the place of the one that was here. What is said in our own name is believed
 * only while we hold nothing for the key, or no less than we do ourselves.
 *
 * What we say ourselves, for this node and the others of its cloud, nobody else changes: it is ours
 * as long as it is put again at each ss_store_own_begin. Others have SS_FOREIGN_MAX places and
 * SS_FOREIGN_BYTES at most, so a whole state always fits into a message.
 */
#ifndef RPC_SHARED_STATE_STORE_H
#define RPC_SHARED_STATE_STORE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/clock.h"
#include "lib/table.h"

#define SS_KEY_MAX 127
#define SS_AUTHOR_MAX 63
#define SS_ITEMS_MAX 4096
#define SS_FOREIGN_MAX 2048
#define SS_FOREIGN_BYTES (256 * 1024) /* of data */

struct ss_type {
	const char *name;
	uint32_t life_s; /* of a new entry */
	uint32_t step_s; /* lives are told in steps of so many seconds; 0: in seconds */
	bool leases;	 /* IPv4 -> {mac, hostname} */
};

/* What somebody says; all is borrowed for the call. */
struct ss_entry {
	const char *key, *author;
	int64_t ttl_s;
	json_t *data; /* NULL: it is deleted, which is kept as long as an entry */
};

struct ss_item {
	char key[SS_KEY_MAX + 1]; /* zero behind its end */
	char author[SS_AUTHOR_MAX + 1];
	bool own, renewed; /* ours; put again since ss_store_own_begin */
	uint32_t len;	   /* 0: it is deleted */
	char *data;	   /* JSON, owned */
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
/* Whole seconds that it still has. */
int64_t ss_item_ttl(const struct ss_item *i, usec_t now);
/* Fits into a JSON text as it is: not empty, no longer than max, printable ASCII that needs no
 * escape. */
bool ss_is_word(const char *text, size_t max);

#endif
