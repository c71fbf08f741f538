/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings of the network and of its clouds, as records that its admin signs.
 *
 *   key    realm u32 (0: the whole network, else of a cloud), part u8, page u8
 *   part   0: which set is in force: {set u32, slot u8, set before u32, its slot u8}, slot 0: none
 *          1 to 3: a slot with a set: {set u32, pages u8, text} per page
 *
 * A set is a whole text of settings (core/conf). Sets are numbered; of three slots one has the set
 * that is in force, one the set before, and the third the set that is being made. So a realm has no
 * more records than that, however often it is changed, and nothing is ever deleted. A set counts
 * when all of its pages are here.
 */
#include <assert.h>
#include <string.h>

#include "node/internal.h"

#define SLOTS 3
#define PAGES 8
#define PAGE_TEXT (STATE_VALUE_MAX - 5)

static_assert(PAGES * PAGE_TEXT >= CONF_SETTINGS_MAX, "every text has room");

struct chosen {
	uint32_t set, before;
	uint8_t slot, before_slot;
};

static struct state_key part_key(uint32_t realm, unsigned int part, unsigned int page)
{
	uint8_t id[6];
	struct wr w = wr_init(id, sizeof(id));

	wr_u32(&w, realm);
	wr_u8(&w, (uint8_t)part);
	wr_u8(&w, (uint8_t)page);
	return state_key_init(RECORD_SETTING, id, sizeof(id));
}

/* false: nothing was ever chosen. */
static bool choice_read(const struct node *n, uint32_t realm, struct chosen *ret)
{
	struct state_key key = part_key(realm, 0, 0);
	struct state_view v;
	struct rd r;

	memset(ret, 0, sizeof(*ret));
	if (state_get(n->state, &key, NULL, n->now, &v))
		return false;
	r = rd_init(v.value, v.len);
	ret->set = rd_u32(&r);
	ret->slot = rd_u8(&r);
	ret->before = rd_u32(&r);
	ret->before_slot = rd_u8(&r);
	if (rd_done(&r) && ret->slot <= SLOTS && ret->before_slot <= SLOTS)
		return true;
	memset(ret, 0, sizeof(*ret));
	return false;
}

/* One page; false: it is not here, or of another set than ret has (0: any). */
static bool page_read(const struct node *n, uint32_t realm, unsigned int slot, unsigned int page,
		      uint8_t *ret_pages, struct node_settings *ret)
{
	struct state_key key = part_key(realm, slot, page);
	struct state_view v;
	uint32_t set;
	size_t len;
	struct rd r;

	if (state_get(n->state, &key, NULL, n->now, &v))
		return false;
	r = rd_init(v.value, v.len);
	set = rd_u32(&r);
	*ret_pages = rd_u8(&r);
	len = rd_left(&r);
	if (!rd_ok(&r) || (ret->set && set != ret->set) || len > sizeof(ret->text) - ret->len)
		return false;
	ret->set = set;
	rd_copy(&r, ret->text + ret->len, len);
	ret->len += len;
	return true;
}

/* Set 0: whichever is in that slot. false: it is not whole. */
static bool slot_read(const struct node *n, uint32_t realm, unsigned int slot, uint32_t set,
		      struct node_settings *ret)
{
	uint8_t pages = 0, again;

	memset(ret, 0, sizeof(*ret));
	ret->set = set;
	if (!page_read(n, realm, slot, 0, &pages, ret) || !pages || pages > PAGES)
		return false;
	for (unsigned int i = 1; i < pages; i++)
		if (!page_read(n, realm, slot, i, &again, ret) || again != pages)
			return false;
	return true;
}

/* The slot that is neither in force nor was before. */
static unsigned int free_slot(const struct chosen *c)
{
	unsigned int slot = 1;

	while (slot == c->slot || slot == c->before_slot)
		slot++;
	return slot;
}

static uint32_t last_set(const struct chosen *c)
{
	return c->set > c->before ? c->set : c->before;
}

bool node_settings(const struct node *n, uint32_t realm, enum node_settings_which which,
		   struct node_settings *ret)
{
	struct chosen c;
	bool any = choice_read(n, realm, &c);

	memset(ret, 0, sizeof(*ret));
	if (which == NODE_SETTINGS_STAGED)
		return slot_read(n, realm, free_slot(&c), 0, ret) && ret->set > last_set(&c);
	if (which == NODE_SETTINGS_BEFORE) {
		c.slot = c.before_slot;
		c.set = c.before;
	}
	if (!c.slot || slot_read(n, realm, c.slot, c.set, ret))
		return any;
	memset(ret, 0, sizeof(*ret));
	ret->set = c.set;
	return false;
}

/* ---- acts ---- */

static void choose(uint32_t realm, const struct chosen *c, struct node_signed *ret)
{
	struct wr w = wr_init(ret->value, sizeof(ret->value));

	ret->key = part_key(realm, 0, 0);
	wr_u32(&w, c->set);
	wr_u8(&w, c->slot);
	wr_u32(&w, c->before);
	wr_u8(&w, c->before_slot);
	ret->len = wr_len(&w);
}

static void page_write(uint32_t realm, unsigned int slot, const struct node_settings *set,
		       unsigned int page, unsigned int pages, struct node_signed *ret)
{
	struct wr w = wr_init(ret->value, sizeof(ret->value));
	size_t at = (size_t)page * PAGE_TEXT, left = set->len - at;

	ret->key = part_key(realm, slot, page);
	wr_u32(&w, set->set);
	wr_u8(&w, (uint8_t)pages);
	wr_bytes(&w, set->text + at, left < PAGE_TEXT ? left : PAGE_TEXT);
	ret->len = wr_len(&w);
}

/* The next set, in the free slot: how many records it is. */
static unsigned int stage(const struct node *n, uint32_t realm, const struct conf_text *text,
			  const struct chosen *c, struct node_signed *ret, uint32_t *ret_set)
{
	struct node_settings set = { .set = last_set(c) }, staged;
	unsigned int pages = (unsigned int)((text->len + PAGE_TEXT - 1) / PAGE_TEXT);

	if (slot_read(n, realm, free_slot(c), 0, &staged) && staged.set > set.set)
		set.set = staged.set;
	set.set++;
	set.len = text->len;
	if (text->len)
		memcpy(set.text, text->text, text->len);
	pages = pages ? pages : 1;
	for (unsigned int i = 0; i < pages; i++)
		page_write(realm, free_slot(c), &set, i, pages, &ret[i]);
	*ret_set = set.set;
	return pages;
}

static struct chosen choice_after(const struct chosen *was, uint32_t set, unsigned int slot)
{
	return (struct chosen) {
		.set = set, .slot = (uint8_t)slot, .before = was->set, .before_slot = was->slot
	};
}

unsigned int node_settings_act(const struct node *n, uint32_t realm, enum node_settings_act act,
			       const struct conf_text *text,
			       struct node_signed ret[static NODE_SETTINGS_SIGNED])
{
	struct node_settings staged;
	struct chosen was, next;
	unsigned int count = 0;
	uint32_t set;
	bool any = choice_read(n, realm, &was);

	switch (act) {
	case NODE_SETTINGS_STAGE:
		return stage(n, realm, text, &was, ret, &set);
	case NODE_SETTINGS_SET:
		count = stage(n, realm, text, &was, ret, &set);
		next = choice_after(&was, set, free_slot(&was));
		break;
	case NODE_SETTINGS_DROP:
		page_write(realm, free_slot(&was), &(struct node_settings) { .set = 0 }, 0, 0, ret);
		return 1;
	case NODE_SETTINGS_APPLY:
		if (!node_settings(n, realm, NODE_SETTINGS_STAGED, &staged))
			return 0;
		next = choice_after(&was, staged.set, free_slot(&was));
		break;
	case NODE_SETTINGS_ROLLBACK:
		if (!any)
			return 0;
		next = choice_after(&was, was.before, was.before_slot);
		break;
	}
	choose(realm, &next, &ret[count]);
	return count + 1;
}
