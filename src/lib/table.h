/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bounded hash table of fixed-size entries. All memory comes from one calloc at table_init (pages
 * that are never used are never resident), nothing is allocated later. Entries do not move while
 * they are in the table, so pointers to them hold until they are removed. The key is the first
 * key_size bytes of an entry.
 *
 *   struct client { struct mac mac; uint16_t vid; ...; };
 *   struct client *c = table_find(&t, &key);
 *
 *   c = table_add(&t, &key);
 *   for (uint32_t i = 0; (c = table_next(&t, &i));)
 *
 * Here the key is {mac, vid}; zero any padding inside it. A new entry is zero but for the key, NULL
 * when the table is full: count that. The walk is in slot order, and may remove the entry it is at.
 */
#ifndef LIB_TABLE_H
#define LIB_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/hash.h"

struct table {
	uint8_t *entries;  /* limit * entry_size */
	uint32_t *next;	   /* per entry: next in its bucket or free list, as index + 1 */
	uint32_t *buckets; /* index + 1, 0 = empty */
	uint8_t *used;
	uint32_t bucket_mask;
	uint32_t free_head; /* index + 1 */
	uint32_t high;	    /* entries below this have been used once */
	uint32_t count;
	uint32_t limit;
	size_t entry_size;
	size_t key_size;
	struct hash_key key;
};

/* 0 or -ENOMEM. */
int table_init(struct table *t, size_t entry_size, size_t key_size, uint32_t limit,
	       struct hash_key key);
void table_done(struct table *t);
void *table_find(const struct table *t, const void *key);
/* The key must not be in the table yet. NULL when it is full. */
void *table_add(struct table *t, const void *key);
void table_remove(struct table *t, void *entry);
void *table_next(const struct table *t, uint32_t *cursor);
uint32_t table_index(const struct table *t, const void *entry);
/* The entry with that index, which must be there. */
void *table_at(const struct table *t, uint32_t index);

#endif
