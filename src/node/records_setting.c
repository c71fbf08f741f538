/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings of the network and of its clouds, as records that its admin signs.
 *
 *   key    realm u32 (0: the whole network, else of a cloud), part u8, page u8
 *   part   0: which set is in force, and which was before: twice {set u32, check u32, slot u8},
 *          slot 0: none
 *          1 to 3: a slot with a set: {set u32, check u32, pages u8, text} per page
 *
 * A set is a whole text of settings (core/conf). Sets are numbered; of three slots one has the set
 * that is in force, one the set before, and the third the set that is being made. So a realm has no
 * more records than that, however often it is changed, and nothing is ever deleted. A set counts
 * when all of its pages are here: its check (CRC-32C of the text) tells pages apart that two nodes
 * have numbered alike, which did not know of each other.
 */
#include <assert.h>
#include <string.h>

#include "lib/hash.h"
#include "node/internal.h"

#define SLOTS 3
#define PAGES 8
#define PAGE_TEXT (STATE_VALUE_MAX - 9)

static_assert(PAGES * PAGE_TEXT >= CONF_SETTINGS_MAX, "every text has room");

struct set_ref {
	uint32_t set, check;
	uint8_t slot;
};

struct chosen {
	struct set_ref now, before;
};

struct page {
	uint32_t set, check;
	uint8_t pages;
	const uint8_t *text;
	size_t len;
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

static struct set_ref ref_get(struct rd *r)
{
	struct set_ref c;

	c.set = rd_u32(r);
	c.check = rd_u32(r);
	c.slot = rd_u8(r);
	return c;
}

/* false: nothing was ever chosen. */
static bool chosen_read(const struct node *n, uint32_t realm, struct chosen *ret)
{
	struct state_key key = part_key(realm, 0, 0);
	struct state_view v;
	struct rd r;

	memset(ret, 0, sizeof(*ret));
	if (state_get(n->state, &key, NULL, n->now, &v))
		return false;
	r = rd_init(v.value, v.len);
	ret->now = ref_get(&r);
	ret->before = ref_get(&r);
	if (rd_done(&r) && ret->now.slot <= SLOTS && ret->before.slot <= SLOTS)
		return true;
	memset(ret, 0, sizeof(*ret));
	return false;
}

/* ret->text is good until the store changes. */
static bool page_read(const struct node *n, uint32_t realm, unsigned int slot, unsigned int page,
		      struct page *ret)
{
	struct state_key key = part_key(realm, slot, page);
	struct state_view v;
	struct rd r;

	if (state_get(n->state, &key, NULL, n->now, &v))
		return false;
	r = rd_init(v.value, v.len);
	ret->set = rd_u32(&r);
	ret->check = rd_u32(&r);
	ret->pages = rd_u8(&r);
	ret->len = rd_left(&r);
	ret->text = rd_take(&r, ret->len);
	return rd_ok(&r);
}

static uint32_t check_of(const struct node_settings *s)
{
	return crc32c(UINT32_MAX, s->text, s->len);
}

/* Whichever set is in that slot; false: none is, or it is not whole. */
static bool slot_read(const struct node *n, uint32_t realm, unsigned int slot,
		      struct node_settings *ret)
{
	struct page first, p;

	memset(ret, 0, sizeof(*ret));
	if (!page_read(n, realm, slot, 0, &first) || !first.pages || first.pages > PAGES)
		return false;
	for (unsigned int i = 0; i < first.pages; i++) {
		if (!page_read(n, realm, slot, i, &p) || p.set != first.set ||
		    p.check != first.check || p.pages != first.pages ||
		    p.len > sizeof(ret->text) - ret->len)
			return false;
		if (p.len)
			memcpy(ret->text + ret->len, p.text, p.len);
		ret->len += p.len;
	}
	ret->set = first.set;
	ret->check = first.check;
	return check_of(ret) == ret->check;
}

/* The slot that is neither in force nor was before. */
static unsigned int free_slot(const struct chosen *c)
{
	unsigned int slot = 1;

	while (slot == c->now.slot || slot == c->before.slot)
		slot++;
	return slot;
}

static uint32_t last_set(const struct chosen *c)
{
	return c->now.set > c->before.set ? c->now.set : c->before.set;
}

bool node_settings(const struct node *n, uint32_t realm, enum node_settings_which which,
		   struct node_settings *ret)
{
	struct chosen c;
	bool any = chosen_read(n, realm, &c);
	const struct set_ref *wanted = which == NODE_SETTINGS_BEFORE ? &c.before : &c.now;

	if (which == NODE_SETTINGS_STAGED)
		return slot_read(n, realm, free_slot(&c), ret) && ret->set > last_set(&c);
	if (wanted->slot && slot_read(n, realm, wanted->slot, ret) && ret->set == wanted->set &&
	    ret->check == wanted->check)
		return true;
	memset(ret, 0, sizeof(*ret));
	ret->set = wanted->set;
	return any && !wanted->slot;
}

/* ---- acts ---- */

static void ref_put(struct wr *w, const struct set_ref *c)
{
	wr_u32(w, c->set);
	wr_u32(w, c->check);
	wr_u8(w, c->slot);
}

static void choose(uint32_t realm, const struct set_ref *now, const struct set_ref *before,
		   struct node_signed *ret)
{
	struct wr w = wr_init(ret->value, sizeof(ret->value));

	ret->key = part_key(realm, 0, 0);
	ref_put(&w, now);
	ref_put(&w, before);
	ret->len = wr_len(&w);
}

static void page_write(uint32_t realm, unsigned int slot, const struct node_settings *set,
		       unsigned int page, unsigned int pages, struct node_signed *ret)
{
	struct wr w = wr_init(ret->value, sizeof(ret->value));
	size_t at = (size_t)page * PAGE_TEXT, left = set->len - at;

	ret->key = part_key(realm, slot, page);
	wr_u32(&w, set->set);
	wr_u32(&w, set->check);
	wr_u8(&w, (uint8_t)pages);
	wr_bytes(&w, set->text + at, left < PAGE_TEXT ? left : PAGE_TEXT);
	ret->len = wr_len(&w);
}

/* The next set, in the free slot: how many records it is. */
static unsigned int stage(const struct node *n, uint32_t realm, const struct conf_text *text,
			  const struct chosen *was, struct node_signed *ret,
			  struct set_ref *ret_set)
{
	struct node_settings set = { .set = last_set(was) }, staged;
	unsigned int slot = free_slot(was);
	unsigned int pages = (unsigned int)((text->len + PAGE_TEXT - 1) / PAGE_TEXT);

	if (slot_read(n, realm, slot, &staged) && staged.set > set.set)
		set.set = staged.set;
	set.set++;
	set.len = text->len;
	if (text->len)
		memcpy(set.text, text->text, text->len);
	set.check = check_of(&set);
	pages = pages ? pages : 1;
	for (unsigned int i = 0; i < pages; i++)
		page_write(realm, slot, &set, i, pages, &ret[i]);
	*ret_set = (struct set_ref) { set.set, set.check, (uint8_t)slot };
	return pages;
}

unsigned int node_settings_act(const struct node *n, uint32_t realm, enum node_settings_act act,
			       const struct conf_text *text,
			       struct node_signed ret[static NODE_SETTINGS_SIGNED])
{
	struct node_settings set = { .set = 0 };
	struct set_ref next = { .set = 0 };
	struct chosen was;
	unsigned int count = 0;
	bool any = chosen_read(n, realm, &was);

	switch (act) {
	case NODE_SETTINGS_STAGE:
		return stage(n, realm, text, &was, ret, &next);
	case NODE_SETTINGS_SET:
		count = stage(n, realm, text, &was, ret, &next);
		break;
	case NODE_SETTINGS_DROP:
		page_write(realm, free_slot(&was), &set, 0, 0, ret);
		return 1;
	case NODE_SETTINGS_APPLY:
		if (!node_settings(n, realm, NODE_SETTINGS_STAGED, &set))
			return 0;
		next = (struct set_ref) { set.set, set.check, (uint8_t)free_slot(&was) };
		break;
	case NODE_SETTINGS_ROLLBACK:
		if (!any ||
		    (was.before.slot && !node_settings(n, realm, NODE_SETTINGS_BEFORE, &set)))
			return 0;
		next = was.before;
		break;
	}
	choose(realm, &next, &was.now, &ret[count]);
	return count + 1;
}

unsigned int node_settings_records(const struct node *n,
				   struct node_signed ret[static NODE_SETTINGS_MAX])
{
	unsigned int count = 0;
	struct state_view v;

	for (uint32_t i = 0;
	     count < NODE_SETTINGS_MAX && state_next(n->state, RECORD_SETTING, &i, n->now, &v);) {
		struct node_signed *s = &ret[count++];

		s->key = v.key;
		s->len = v.len;
		memcpy(s->value, v.value, v.len);
	}
	return count;
}
