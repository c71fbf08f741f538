/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/heap.h"

#include <stdlib.h>
#include <string.h>

static bool before(const struct item *a, const struct item *b)
{
	return a->at < b->at || (a->at == b->at && a->seq < b->seq);
}

void heap_push(struct heap *h, struct item item)
{
	size_t i = h->count++;

	if (h->count > h->cap) {
		h->cap = h->cap ? 2 * h->cap : 1024;
		h->items = realloc(h->items, h->cap * sizeof(*h->items));
		if (!h->items)
			abort();
	}
	item.seq = h->seq++;
	while (i && before(&item, &h->items[(i - 1) / 2])) {
		h->items[i] = h->items[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	h->items[i] = item;
}

void heap_push_bytes(struct heap *h, struct item item, const void *bytes, size_t len)
{
	item.frame = malloc(len);
	item.len = len;
	if (!item.frame)
		abort();
	memcpy(item.frame, bytes, len);
	heap_push(h, item);
}

bool heap_peek(const struct heap *h, usec_t *ret_at)
{
	if (!h->count)
		return false;
	*ret_at = h->items[0].at;
	return true;
}

struct item heap_pop(struct heap *h)
{
	struct item top = h->items[0], last = h->items[--h->count];
	size_t i = 0;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= h->count)
			break;
		if (child + 1 < h->count && before(&h->items[child + 1], &h->items[child]))
			child++;
		if (!before(&h->items[child], &last))
			break;
		h->items[i] = h->items[child];
		i = child;
	}
	h->items[i] = last;
	return top;
}

void heap_done(struct heap *h)
{
	for (size_t i = 0; i < h->count; i++)
		free(h->items[i].frame);
	free(h->items);
	*h = (struct heap) { 0 };
}
