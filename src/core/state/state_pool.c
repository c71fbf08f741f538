/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/state/state_pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_SIZE 4096u
#define PAGE_SLOTS 256u /* of the smallest size: a ref is page * PAGE_SLOTS + slot + 1 */

static const uint16_t slot_size[STATE_POOL_CLASSES] = { 16,  32,  48,  64,  96, 128,
							192, 256, 384, 512, 576 };

struct state_page {
	uint32_t next, prev; /* in the list of its class or of empty pages, + 1 */
	uint16_t used;
	uint16_t fresh; /* slots from here on were never used */
	uint16_t free;	/* first slot given back, + 1; the next one is in its first two bytes */
	uint8_t class;
};

int state_pool_init(struct state_pool *p, size_t bytes)
{
	size_t n = (bytes + PAGE_SIZE - 1) / PAGE_SIZE;

	*p = (struct state_pool) { 0 };
	if (n > UINT32_MAX / PAGE_SLOTS - 1)
		return -ENOMEM;
	p->mem = calloc(n, PAGE_SIZE);
	p->pages = calloc(n, sizeof(*p->pages));
	p->n_pages = (uint32_t)n;
	if (p->mem && p->pages)
		return 0;
	state_pool_done(p);
	return -ENOMEM;
}

void state_pool_done(struct state_pool *p)
{
	free(p->mem);
	free(p->pages);
	*p = (struct state_pool) { 0 };
}

static void list_add(struct state_pool *p, uint32_t *head, uint32_t page)
{
	p->pages[page].next = *head;
	p->pages[page].prev = 0;
	if (*head)
		p->pages[*head - 1].prev = page + 1;
	*head = page + 1;
}

static void list_remove(struct state_pool *p, uint32_t *head, uint32_t page)
{
	const struct state_page *g = &p->pages[page];

	if (g->prev)
		p->pages[g->prev - 1].next = g->next;
	else
		*head = g->next;
	if (g->next)
		p->pages[g->next - 1].prev = g->prev;
}

static uint8_t *slot_at(const struct state_pool *p, uint32_t page, uint32_t slot)
{
	return p->mem + (size_t)page * PAGE_SIZE + (size_t)slot * slot_size[p->pages[page].class];
}

static uint16_t page_slots(const struct state_page *g)
{
	return (uint16_t)(PAGE_SIZE / slot_size[g->class]);
}

/* A page for a class, in its list; UINT32_MAX when all are in use. */
static uint32_t page_new(struct state_pool *p, uint8_t class)
{
	uint32_t page;

	if (p->empty) {
		page = p->empty - 1;
		list_remove(p, &p->empty, page);
	} else if (p->high < p->n_pages) {
		page = p->high++;
	} else {
		return UINT32_MAX;
	}
	p->pages[page] = (struct state_page) { .class = class };
	list_add(p, &p->partial[class], page);
	return page;
}

uint32_t state_pool_alloc(struct state_pool *p, size_t size)
{
	uint32_t page, slot;
	struct state_page *g;
	uint8_t class = 0;

	while (class < STATE_POOL_CLASSES && slot_size[class] < size)
		class ++;
	if (class == STATE_POOL_CLASSES)
		return 0;
	page = p->partial[class] ? p->partial[class] - 1 : page_new(p, class);
	if (page == UINT32_MAX)
		return 0;
	g = &p->pages[page];
	if (g->free) {
		slot = g->free - 1u;
		memcpy(&g->free, slot_at(p, page, slot), sizeof(g->free));
	} else {
		slot = g->fresh++;
	}
	if (++g->used == page_slots(g))
		list_remove(p, &p->partial[class], page);
	return page * PAGE_SLOTS + slot + 1;
}

void state_pool_release(struct state_pool *p, uint32_t ref)
{
	uint32_t page = (ref - 1) / PAGE_SLOTS, slot = (ref - 1) % PAGE_SLOTS;
	struct state_page *g;

	if (!ref)
		return;
	g = &p->pages[page];
	memcpy(slot_at(p, page, slot), &g->free, sizeof(g->free));
	g->free = (uint16_t)(slot + 1);
	if (g->used-- == page_slots(g))
		list_add(p, &p->partial[g->class], page);
	if (!g->used) {
		list_remove(p, &p->partial[g->class], page);
		list_add(p, &p->empty, page);
	}
}

uint8_t *state_pool_at(const struct state_pool *p, uint32_t ref)
{
	return slot_at(p, (ref - 1) / PAGE_SLOTS, (ref - 1) % PAGE_SLOTS);
}
