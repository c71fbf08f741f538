/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/cut/cut.h"

#include <string.h>

#define LOST_INTERVALS 6
#define NEAR_INTERVALS 3
#define START_INTERVALS 20
#define START_MAX (20 * USEC_S) /* the network keeps our word of an earlier run for 30 s */
#define SAY_GAP (2 * USEC_S)
#define ANSWER_GAP (3 * USEC_S) /* more than SAY_GAP: two never answer each other for ever */
#define SAY_AGAIN (60 * USEC_S)
#define SILENCE (150 * USEC_S)
#define RETRACT_AFTER (30 * USEC_S)
#define ROUTES_LAST (20 * USEC_S)
#define FRESH_S 30 /* ages are rounded up at each hop */
#define FORGET (400 * USEC_S)
#define SPEAKS (40 * USEC_S) /* until whoever leads has given word, since its start, too */
#define LOOK_MIN (100 * USEC_MS)
#define LOOK_MAX USEC_S

struct cut_node {
	struct mac mac; /* key */
	bool lost;
	bool mute; /* it should have led and gave no word */
	usec_t heard_at;
};

static usec_t intervals(const struct cut *c, unsigned int count)
{
	return count * c->conf.interval_ms * USEC_MS;
}

int cut_init(struct cut *c, const struct cut_conf *conf, struct hash_key key, struct outq *out,
	     usec_t now)
{
	memset(c, 0, sizeof(*c));
	c->conf = *conf;
	c->out = out;
	c->started_at = c->look_at = now;
	c->lowest = conf->self;
	return table_init(&c->nodes, sizeof(struct cut_node), sizeof(struct mac), conf->nodes_max,
			  key);
}

void cut_done(struct cut *c)
{
	table_done(&c->nodes);
}

/* ---- who is heard ---- */

void cut_heard(struct cut *c, const struct mac *node, usec_t at, usec_t now)
{
	struct cut_node *n = table_find(&c->nodes, node);

	if (mac_eq(node, &c->conf.self) || now - at > FORGET)
		return;
	if (!n) {
		bool lost = now - at > intervals(c, LOST_INTERVALS);

		/* those who are not heard any more leave the others room */
		if (!lost || c->nodes.count < c->nodes.limit / 2)
			n = table_add(&c->nodes, node);
		if (!n) {
			c->full++;
			c->crowded |= !lost;
			return;
		}
		n->lost = lost;
	}
	n->heard_at = usec_max(n->heard_at, at);
}

static usec_t heard_at(const struct cut *c, const struct mac *node)
{
	const struct cut_node *n = table_find(&c->nodes, node);

	return n ? n->heard_at : 0;
}

bool cut_hears(const struct cut *c, const struct mac *node, usec_t now)
{
	usec_t at = heard_at(c, node);

	return mac_eq(node, &c->conf.self) || (at && now - at <= intervals(c, LOST_INTERVALS));
}

static bool has_spoken(const struct cut *c, const struct mac *node)
{
	const struct cut_part *p = cut_part_of(c, node);

	return mac_eq(node, &c->conf.self) || (p && !p->taken_back);
}

/* Anybody next to us can invent a node, with whatever MAC, and it speaks for nobody. */
static bool may_lead(const struct cut *c, const struct cut_node *n)
{
	return has_spoken(c, &n->mac) || (!c->has_word && !n->mute);
}

static void lowest_look(struct cut *c, const struct mac *before, usec_t now)
{
	struct cut_node *n;

	if (!mac_eq(&c->lowest, before) || has_spoken(c, &c->lowest))
		c->lowest_at = now;
	if (now - c->lowest_at < SPEAKS)
		return;
	n = table_find(&c->nodes, &c->lowest);
	if (n)
		n->mute = true;
}

static void nodes_look(struct cut *c, usec_t now)
{
	bool crowded = c->crowded;
	struct mac before = c->lowest;
	struct cut_node *n;

	c->lowest = c->conf.self;
	c->here = 1;
	c->crowded = false;
	for (uint32_t i = 0; (n = table_next(&c->nodes, &i));) {
		usec_t silent = now - n->heard_at;

		if (silent > intervals(c, LOST_INTERVALS)) {
			c->news |= !n->lost;
			n->lost = true;
			if (silent > FORGET || crowded)
				table_remove(&c->nodes, n);
			continue;
		}
		n->lost = false;
		c->here++;
		if (mac_cmp(&n->mac, &c->lowest) < 0 && may_lead(c, n))
			c->lowest = n->mac;
	}
	lowest_look(c, &before, now);
}

/* ---- other parts ---- */

static void tell_of(struct cut *c, enum cut_out_kind kind, const struct cut_part *p)
{
	(void)outq_push(c->out, (uint16_t)kind, 0, 0, &p->word.leader, sizeof(p->word.leader));
}

static bool lists(const struct mac *list, uint8_t count, const struct mac *mac)
{
	for (uint8_t i = 0; i < count; i++)
		if (mac_eq(&list[i], mac))
			return true;
	return false;
}

static void part_hear(const struct cut *c, struct cut_part *p)
{
	p->heard_at = usec_max(p->heard_at, heard_at(c, &p->word.leader));
	p->near_at = 0;
	for (uint8_t i = 0; i < p->word.member_count; i++)
		p->near_at = usec_max(p->near_at, heard_at(c, &p->word.members[i]));
}

static bool is_joined(const struct cut *c, const struct cut_part *p, usec_t now)
{
	return (p->heard_at && now - p->heard_at <= intervals(c, LOST_INTERVALS)) ||
	       (p->near_at && now - p->near_at <= intervals(c, NEAR_INTERVALS));
}

static usec_t silent_since(const struct cut_part *p)
{
	return p->heard_at ? p->heard_at : p->known_at;
}

/* Our leader says that this one is in another part, or we did so before we started again. Those who
 * led before do not count: they may have lost their power. */
static bool is_said(const struct cut *c, const struct cut_part *p, usec_t now)
{
	for (const struct cut_part *q = c->parts; q < c->parts + CUT_PARTS; q++)
		if (q != p && q->used && !q->taken_back && cut_hears(c, &q->word.leader, now) &&
		    lists(q->word.others, q->word.other_count, &p->word.leader))
			return true;
	return !c->has_word && now - p->written_at <= SILENCE &&
	       lists(c->former.others, c->former.other_count, &p->word.leader);
}

static bool is_alive(const struct cut_part *p, usec_t now)
{
	return p->alive_at > silent_since(p) && now - p->alive_at <= SILENCE;
}

static void part_whole_look(struct cut *c, struct cut_part *p, bool joined, usec_t now)
{
	if (joined || now - silent_since(p) < intervals(c, LOST_INTERVALS))
		return;
	if (is_alive(p, now)) {
		p->cut = true;
		p->since = now;
		p->joined_at = 0;
		tell_of(c, CUT_LOST, p);
	} else if (!p->asked) {
		p->asked = true;
		c->news = true;
	}
}

static void part_cut_look(struct cut *c, struct cut_part *p, bool joined, usec_t now)
{
	if (joined) {
		if (!p->joined_at)
			tell_of(c, CUT_JOINED, p);
		p->joined_at = p->joined_at ? p->joined_at : now;
		p->cut = now - p->joined_at < CUT_HEALED;
		return;
	}
	if (p->taken_back || now - usec_max(p->alive_at, p->heard_at) > SILENCE) {
		p->cut = false;
		tell_of(c, CUT_GONE, p);
		return;
	}
	if (p->joined_at) {
		p->since = now;
		tell_of(c, CUT_LOST, p);
	}
	p->joined_at = 0;
}

static void part_look(struct cut *c, struct cut_part *p, usec_t now)
{
	bool joined;

	part_hear(c, p);
	joined = is_joined(c, p, now);
	if (p->fresh && p->told_at - silent_since(p) >= intervals(c, NEAR_INTERVALS))
		p->alive_at = usec_max(p->alive_at, p->told_at);
	if (is_said(c, p, now))
		p->alive_at = now;
	if (p->cut)
		part_cut_look(c, p, joined, now);
	else
		part_whole_look(c, p, joined, now);
	p->asked = p->asked && !joined;
	p->used = p->cut || !p->taken_back;
}

static struct cut_part *part_find(struct cut *c, const struct mac *leader)
{
	const struct cut_part *p = cut_part_of(c, leader);

	return p ? &c->parts[p - c->parts] : NULL;
}

/* Anybody in the network can invent leaders, but only who is next to us can have us hear them. */
enum rank {
	RANK_UNHEARD,
	RANK_UNHEARD_CUT,
	RANK_HEARD,
	RANK_HEARD_CUT,
	RANK_OURS, /* it leads our own part */
};

static enum rank rank(const struct cut *c, const struct cut_part *p)
{
	if (mac_eq(&p->word.leader, &c->lowest))
		return RANK_OURS;
	if (p->heard_at)
		return p->cut ? RANK_HEARD_CUT : RANK_HEARD;
	return p->cut ? RANK_UNHEARD_CUT : RANK_UNHEARD;
}

/* Of those that matter as little as the newcomer the oldest one goes, unless it is part of ours. */
static bool gives_way(const struct cut *c, const struct cut_part *p, enum rank to, usec_t now)
{
	enum rank own = rank(c, p);

	return own < to || (own == to && !p->cut && (own == RANK_UNHEARD || !is_joined(c, p, now)));
}

static struct cut_part *part_place(struct cut *c, const struct cut_part *newcomer, usec_t now)
{
	struct cut_part *least = NULL;

	for (struct cut_part *p = c->parts; p < c->parts + CUT_PARTS; p++) {
		if (!p->used)
			return p;
		if (gives_way(c, p, rank(c, newcomer), now) &&
		    (!least || rank(c, p) < rank(c, least) ||
		     (rank(c, p) == rank(c, least) && p->told_at < least->told_at)))
			least = p;
	}
	c->full++;
	if (least && least->cut)
		tell_of(c, CUT_GONE, least);
	return least;
}

static bool same_author(const struct cut_part *p, const struct cut_author *author)
{
	return memcmp(p->word.author.b, author->b, sizeof(author->b)) == 0;
}

/* NULL: there is no place for it, or somebody else speaks for it. */
static struct cut_part *part_get(struct cut *c, const struct cut_word *word, usec_t now)
{
	struct cut_part *p = part_find(c, &word->leader);
	struct cut_part newcomer = { .used = true, .known_at = now, .word = *word };

	if (p && !p->taken_back && now - p->told_at <= SILENCE && !same_author(p, &word->author)) {
		c->full++;
		return NULL;
	}
	if (p)
		return p;
	part_hear(c, &newcomer);
	p = part_place(c, &newcomer, now);
	if (p)
		*p = newcomer;
	return p;
}

void cut_told(struct cut *c, const struct cut_word *word, uint32_t age_s, usec_t now)
{
	struct cut_part *p;

	if (mac_eq(&word->leader, &c->conf.self)) {
		if (!c->has_word) {
			c->former = *word;
			c->word.number = word->number;
		}
		return;
	}
	p = part_get(c, word, now);
	if (!p)
		return;
	p->word = *word;
	p->told_at = now;
	p->written_at = now - age_s * USEC_S;
	p->fresh = age_s <= FRESH_S;
	p->taken_back = false;
	part_hear(c, p);
	if (p->fresh && !is_joined(c, p, now) && now - c->said_at >= ANSWER_GAP)
		c->news = true;
	c->look_at = now;
}

void cut_untold(struct cut *c, const struct cut_author *author, usec_t now)
{
	for (struct cut_part *p = c->parts; p < c->parts + CUT_PARTS; p++) {
		if (!p->used || !same_author(p, author))
			continue;
		p->taken_back = true;
		c->look_at = now;
	}
}

/* ---- our own word ---- */

static void word_make(const struct cut *c, struct cut_word *w, usec_t now)
{
	const struct cut_node *n;

	memset(w, 0, sizeof(*w));
	w->leader = c->conf.self;
	w->number = c->word.number + 1;
	w->count = c->here;
	for (uint32_t i = 0; w->member_count < CUT_MEMBERS && (n = table_next(&c->nodes, &i));)
		if (now - n->heard_at <= intervals(c, NEAR_INTERVALS))
			w->members[w->member_count++] = n->mac;
	for (const struct cut_part *p = c->parts; p < c->parts + CUT_PARTS; p++)
		if (p->used && p->cut && !p->joined_at)
			w->others[w->other_count++] = p->word.leader;
}

/* Is there somebody who should know from time to time that we are there? */
static bool has_audience(const struct cut *c, usec_t now)
{
	for (const struct cut_part *p = c->parts; p < c->parts + CUT_PARTS; p++)
		if (p->used && p->alive_at && !p->taken_back && !is_joined(c, p, now))
			return true;
	return false;
}

static void say(struct cut *c, const struct cut_word *w, usec_t now)
{
	c->word = *w;
	c->said_at = now;
	c->has_word = true;
	c->news = false;
	(void)outq_push(c->out, CUT_TELL, 0, 0, w, sizeof(*w));
}

static bool is_leader(const struct cut *c, usec_t now)
{
	usec_t start = usec_min(intervals(c, START_INTERVALS), START_MAX);

	return cut_leads(c) && now - c->started_at >= start;
}

static void lead(struct cut *c, usec_t now)
{
	struct cut_word w;

	if (!is_leader(c, now)) {
		c->news = false;
		if (!c->has_word || now - c->led_at < RETRACT_AFTER)
			return;
		c->has_word = false;
		c->former.other_count = 0;
		(void)outq_push(c->out, CUT_RETRACT, 0, 0, NULL, 0);
		return;
	}
	c->led_at = now;
	word_make(c, &w, now);
	if (w.other_count != c->word.other_count ||
	    memcmp(w.others, c->word.others, sizeof(w.others)) != 0)
		c->news = true;
	if (!c->has_word || (c->news && now - c->said_at >= SAY_GAP) ||
	    (now - c->said_at >= SAY_AGAIN && has_audience(c, now)))
		say(c, &w, now);
}

/* ---- time ---- */

void cut_starved(struct cut *c, usec_t lost, usec_t now)
{
	struct cut_node *n;

	for (uint32_t i = 0; (n = table_next(&c->nodes, &i));)
		if (!n->lost)
			n->heard_at = usec_min(n->heard_at + lost, now);
	for (struct cut_part *p = c->parts; p < c->parts + CUT_PARTS; p++) {
		if (p->cut)
			continue;
		p->known_at = usec_min(p->known_at + lost, now);
		p->heard_at = p->heard_at ? usec_min(p->heard_at + lost, now) : 0;
	}
}

void cut_tick(struct cut *c, usec_t now)
{
	usec_t pace = intervals(c, 1) / 2;

	c->look_at = now + usec_min(usec_max(pace, LOOK_MIN), LOOK_MAX);
	nodes_look(c, now);
	for (struct cut_part *p = c->parts; p < c->parts + CUT_PARTS; p++)
		if (p->used)
			part_look(c, p, now);
	lead(c, now);
}

usec_t cut_deadline(const struct cut *c)
{
	return c->look_at;
}

bool cut_is_cut(const struct cut *c)
{
	uint32_t i = 0;

	return cut_part_next(c, &i) != NULL;
}

bool cut_routes(const struct cut *c, usec_t now)
{
	const struct cut_part *p;

	for (uint32_t i = 0; (p = cut_part_next(c, &i));)
		if (!p->joined_at || now - p->joined_at < ROUTES_LAST)
			return true;
	return false;
}

bool cut_leads(const struct cut *c)
{
	return mac_eq(&c->lowest, &c->conf.self);
}

const struct cut_part *cut_part_of(const struct cut *c, const struct mac *leader)
{
	for (const struct cut_part *p = c->parts; p < c->parts + CUT_PARTS; p++)
		if (p->used && mac_eq(&p->word.leader, leader))
			return p;
	return NULL;
}

const struct cut_part *cut_part_next(const struct cut *c, uint32_t *cursor)
{
	while (*cursor < CUT_PARTS) {
		const struct cut_part *p = &c->parts[(*cursor)++];

		if (p->used)
			return p;
	}
	return NULL;
}
