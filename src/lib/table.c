/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One block holds everything, the part with the strictest alignment first. */
int table_init(struct table *t, size_t entry_size, size_t key_size, uint32_t limit,
	       struct hash_key key)
{
	uint32_t buckets = 1;
	size_t entries_size, size;
	uint8_t *block;

	while (buckets < limit && buckets < UINT32_MAX / 2 + 1)
		buckets *= 2;
	if (__builtin_mul_overflow(entry_size, (size_t)limit, &entries_size) ||
	    entries_size > SIZE_MAX / 4)
		return -ENOMEM;
	entries_size = (entries_size + 15) & ~(size_t)15;
	size = entries_size + ((size_t)limit + buckets) * sizeof(uint32_t) + limit;
	block = calloc(1, size);
	if (!block)
		return -ENOMEM;
	*t = (struct table) { .entries = block,
			      .next = (void *)(block + entries_size),
			      .bucket_mask = buckets - 1,
			      .limit = limit,
			      .entry_size = entry_size,
			      .key_size = key_size,
			      .key = key };
	t->buckets = t->next + limit;
	t->used = (uint8_t *)(t->buckets + buckets);
	return 0;
}

void table_done(struct table *t)
{
	free(t->entries);
	*t = (struct table) { 0 };
}

static uint8_t *entry_at(const struct table *t, uint32_t index)
{
	return t->entries + t->entry_size * index;
}

void *table_at(const struct table *t, uint32_t index)
{
	return entry_at(t, index);
}

static uint32_t *bucket_of(const struct table *t, const void *key)
{
	return &t->buckets[hash_bytes(&t->key, key, t->key_size) & t->bucket_mask];
}

void *table_find(const struct table *t, const void *key)
{
	for (uint32_t at = t->count ? *bucket_of(t, key) : 0; at; at = t->next[at - 1]) {
		uint8_t *entry = entry_at(t, at - 1);

		if (memcmp(entry, key, t->key_size) == 0)
			return entry;
	}
	return NULL;
}

void *table_add(struct table *t, const void *key)
{
	uint32_t at = t->free_head, *bucket;
	uint8_t *entry;

	if (t->count == t->limit)
		return NULL;
	if (at)
		t->free_head = t->next[at - 1];
	else
		at = ++t->high;
	entry = entry_at(t, at - 1);
	memset(entry, 0, t->entry_size);
	memcpy(entry, key, t->key_size);
	bucket = bucket_of(t, key);
	t->next[at - 1] = *bucket;
	*bucket = at;
	t->used[at - 1] = 1;
	t->count++;
	return entry;
}

void table_remove(struct table *t, void *entry)
{
	uint32_t at = table_index(t, entry) + 1;
	uint32_t *link = bucket_of(t, entry);

	while (*link != at)
		link = &t->next[*link - 1];
	*link = t->next[at - 1];
	t->next[at - 1] = t->free_head;
	t->free_head = at;
	t->used[at - 1] = 0;
	t->count--;
}

void *table_next(const struct table *t, uint32_t *cursor)
{
	while (*cursor < t->high) {
		uint32_t at = (*cursor)++;

		if (t->used[at])
			return entry_at(t, at);
	}
	return NULL;
}

uint32_t table_index(const struct table *t, const void *entry)
{
	const uint8_t *p = entry;

	return (uint32_t)((size_t)(p - t->entries) / t->entry_size);
}
