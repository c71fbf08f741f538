/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Single addresses of a neighbour's block, for a node that has no free one.
 *
 *   ASK  = 1, id u32, MAC of the client, the address it wants or 0
 *   LEND = 2, id u32, address or 0: none
 *   BACK = 3, id u32, address           it was not needed
 *
 * The borrower asks three of its nearest nodes in turn, each two times, 100 ms apart; those that
 * did not answer lately after the others. Who is slow may answer after that, too: until 4 s after
 * the last word, when the client, which is not answered meanwhile, asks again and finds the address
 * as its offer. Only then, or when all have said so, none of them has one. The lender holds what it
 * has lent until the client's record shows that or another address, until it is given back, or for
 * 48 h: so long others count any lease that nobody refreshes as in use.
 *
 * Messages may be lost, late by a few seconds or come twice: ids of one borrower grow, what is lent
 * for a client is lent to it again, and a BACK with another id than the last is none.
 *
 * Each of the two may crash in between.
 * - A borrower that starts again has forgotten the offer, so its client does not get it by word of
 *   that; it asks again for the same client, and is lent the same. Its ids begin anew: that they
 *   are lower is no reason to ignore them once nothing from before can be on the way. A client that
 *   had its acknowledgement, but whose record never left the borrower, finds it at the lender.
 * - A lender that starts again has forgotten what it lent, but that block rests (lease_blocks.c):
 * it gives none of its addresses to anybody who does not name it, for longer than the borrower's
 *   offer lives. Before that, as at each start, it hears what the others know, the records of the
 *   clients that took theirs among it. A BACK that comes later is for nothing. Who names what is
 *   lent to another gets it; the borrower, which hears of that, does not give it away any more.
 * - When the lender loses the block, or gives it up, what is promised from it falls with the claim.
 */
#include "core/lease/serve.h"

#include "lib/wire.h"

enum {
	WORD_ASK = 1,
	WORD_LEND = 2,
	WORD_BACK = 3,
	ASKING_MAX = 64,   /* clients at a time */
	LENT_TO_ONE = 128, /* addresses */
	ASK_BURST = ASKING_MAX,
	BACK_TIMES = 2, /* nobody repeats it later */
};

#define ASK_WAIT (100 * USEC_MS)
#define ASK_INTERVAL (20 * USEC_MS) /* between clients: a node listens to 100 words a second */
#define LISTEN (4 * USEC_S)
#define ASKING_LIFE (60 * USEC_S)
#define WORD_LATE (10 * USEC_S) /* so long one may be on the way */
#define VAIN_LIFE (10 * USEC_S) /* a client without an answer asks again by then */
#define LENT_LIFE (48 * 3600 * USEC_S)

struct word {
	uint8_t kind;
	uint32_t id;
	struct mac mac; /* ASK only */
	struct ip4 ip;
};

static void say(struct lease *l, const struct lease_node *to, const struct word *word)
{
	struct lease_talk t = { .to = *to };
	struct wr w = wr_init(t.data, sizeof(t.data));

	wr_u8(&w, word->kind);
	wr_u32(&w, word->id);
	if (word->kind == WORD_ASK)
		wr_mac(&w, &word->mac);
	wr_ip4(&w, &word->ip);
	t.len = (uint8_t)wr_len(&w);
	outq_push(&l->out, LEASE_TALK, 0, 0, &t, sizeof(t));
}

static bool word_decode(const void *data, size_t len, struct word *ret)
{
	struct rd r = rd_init(data, len);

	*ret = (struct word) { .kind = rd_u8(&r) };
	ret->id = rd_u32(&r);
	if (ret->kind == WORD_ASK)
		ret->mac = rd_mac(&r);
	ret->ip = rd_ip4(&r);
	return rd_done(&r);
}

/* How often that node was asked in vain; NULL: it is not near. */
static uint8_t *mute_of(struct lease *l, const struct lease_node *node)
{
	for (unsigned i = 0; i < l->near_count; i++)
		if (lease_node_eq(&l->near[i], node))
			return &l->near_mute[i];
	return NULL;
}

void lease_near(struct lease *l, const struct lease_node *nodes, unsigned count)
{
	uint8_t mute[LEASE_NEAR_MAX] = { 0 };

	if (count > LEASE_NEAR_MAX)
		count = LEASE_NEAR_MAX;
	for (unsigned i = 0; i < count; i++) {
		const uint8_t *was = mute_of(l, &nodes[i]);

		mute[i] = was ? *was : 0;
	}
	l->near_count = count;
	for (unsigned i = 0; i < count; i++) {
		l->near[i] = nodes[i];
		l->near_mute[i] = mute[i];
	}
}

/* ---- the borrower ---- */

static void ask(struct lease *l, struct lease_offer *o, usec_t now)
{
	struct word w = { .kind = WORD_ASK, .id = o->id, .mac = o->mac, .ip = o->wanted };

	say(l, &o->node[o->asked - 1], &w);
	o->due = now + ASK_WAIT;
	l->offers_due = usec_min(l->offers_due, o->due);
}

static bool was_asked(const struct lease_offer *o, const struct lease_node *node)
{
	for (unsigned i = 0; i < o->asked; i++)
		if (lease_node_eq(&o->node[i], node))
			return true;
	return false;
}

/* The nearest of those that were silent least often; NULL: there is none. */
static const struct lease_node *near_next(const struct lease *l, const struct lease_offer *o)
{
	unsigned best = LEASE_NEAR_MAX;

	if (o->asked == LEASE_ASKED_MAX)
		return NULL;
	for (unsigned i = 0; i < l->near_count; i++)
		if (!was_asked(o, &l->near[i]) &&
		    (best == LEASE_NEAR_MAX || l->near_mute[i] < l->near_mute[best]))
			best = i;
	return best < LEASE_NEAR_MAX ? &l->near[best] : NULL;
}

/* The next one, or, where none is left, those that are slow. */
static void ask_next(struct lease *l, struct lease_offer *o, usec_t now)
{
	const struct lease_node *next = near_next(l, o);

	if (!next) {
		o->listening = true;
		o->due = now + LISTEN;
		l->offers_due = usec_min(l->offers_due, o->due);
		return;
	}
	o->node[o->asked++] = *next;
	o->again = false;
	ask(l, o, now);
}

/* No answer came. */
static void ask_on(struct lease *l, struct lease_offer *o, usec_t now)
{
	uint8_t *mute = mute_of(l, &o->node[o->asked - 1]);

	if (!o->again) {
		o->again = true;
		ask(l, o, now);
		return;
	}
	if (mute && *mute < UINT8_MAX)
		++*mute;
	ask_next(l, o, now);
}

/* Each port has half of the places that the others leave. */
static bool port_may_ask(const struct lease *l, uint16_t port)
{
	const struct lease_offer *o;
	unsigned own = 0;

	for (uint32_t i = 0; (o = table_next(&l->offers, &i));)
		own += o->asking && o->port == port;
	return own < (ASKING_MAX - (l->asking - own)) / 2;
}

void lease_borrow(struct lease *l, const struct dhcp_msg *m, uint16_t port, usec_t now)
{
	struct lease_offer *o;

	/* who is over the rate costs no look through the offers */
	if (l->near_count == 0 || !bucket_has(&l->ask_rate, ASK_INTERVAL, ASK_BURST, now) ||
	    table_find(&l->offers, &m->chaddr) || !port_may_ask(l, port) ||
	    !lease_port_may(l, port, LEASE_PORT_LEASE, now) ||
	    !bucket_take(&l->ask_rate, ASK_INTERVAL, ASK_BURST, now))
		return;
	o = table_add(&l->offers, &m->chaddr);
	if (!o)
		return;
	o->asking = true;
	l->asking++;
	o->id = ++l->talk_id;
	o->port = port;
	o->wanted = m->requested;
	o->expires_at = now + ASKING_LIFE;
	ask_next(l, o, now);
}

/* Nobody has one. */
static void ask_end(struct lease *l, struct lease_offer *o, usec_t now)
{
	l->vain_until = now + VAIN_LIFE;
	serve_offer_drop(l, o, now);
}

bool lease_borrow_in_vain(const struct lease *l, usec_t now)
{
	return l->near_count == 0 || now < l->vain_until;
}

bool lease_borrow_goes_on(struct lease *l, struct lease_offer *o, usec_t now)
{
	if (!o->asking || now < o->due)
		return true;
	if (o->listening) {
		ask_end(l, o, now);
		return false;
	}
	ask_on(l, o, now);
	return true;
}

void lease_borrow_end(struct lease *l, const struct lease_offer *o)
{
	const struct book_addr *holder = book_holder4(&l->book, &o->ip);
	struct word back = { .kind = WORD_BACK, .id = o->id, .ip = o->ip };

	l->asking -= o->asking;
	/* the lender will see that the client has it */
	if (!o->borrowed || (holder && holder->leased && mac_eq(&holder->holder, &o->mac)))
		return;
	for (int i = 0; i < BACK_TIMES; i++)
		say(l, &o->lender, &back);
}

bool lease_borrow_stands(const struct lease *l, const struct lease_offer *o)
{
	return o->borrowed && pool_is_claimed_by(&l->pool, &o->ip, &o->lender);
}

/* A client has it, or was promised it. */
static bool is_needed(const struct lease *l, const struct ip4 *ip)
{
	return book_holder4(&l->book, ip) || serve_is_offered(l, ip);
}

static bool is_usable(const struct lease *l, const struct lease_node *from, const struct ip4 *ip)
{
	return lease_is_pool_address(l, ip) && pool_is_claimed_by(&l->pool, ip, from) &&
	       !is_needed(l, ip);
}

static struct lease_offer *offer_of(const struct lease *l, uint32_t id)
{
	struct lease_offer *o;

	for (uint32_t i = 0; (o = table_next(&l->offers, &i));)
		if ((o->asking || o->borrowed) && o->id == id)
			return o;
	return NULL;
}

/* A node that was asked has none. False: nor has any other. */
static bool ask_elsewhere(struct lease *l, struct lease_offer *o, const struct lease_node *from,
			  usec_t now)
{
	for (unsigned i = 0; i < o->asked; i++)
		if (lease_node_eq(&o->node[i], from))
			o->none |= (uint8_t)(1u << i);
	if (!o->listening && o->none >> (o->asked - 1) & 1)
		ask_next(l, o, now);
	return !o->listening || o->none != (1u << o->asked) - 1;
}

static void borrow(struct lease *l, struct lease_offer *o, const struct lease_node *from,
		   const struct ip4 *ip, usec_t now)
{
	o->asking = false;
	l->asking--;
	o->borrowed = true;
	o->lender = *from;
	serve_offer_set(l, o, ip);
	l->counters[LEASE_COUNT_BORROWED]++;
	lease_probe(l, &o->ip, o->port, now);
}

static void lent_to_us(struct lease *l, const struct lease_node *from, const struct word *word,
		       usec_t now)
{
	struct lease_offer *o = offer_of(l, word->id);
	struct word back = { .kind = WORD_BACK, .id = word->id, .ip = word->ip };
	uint8_t *mute = mute_of(l, from);

	if (mute)
		*mute = 0;
	if (ip4_is_zero(&word->ip)) {
		if (o && o->asking && !ask_elsewhere(l, o, from, now))
			ask_end(l, o, now);
		return;
	}
	if (o && o->asking && is_usable(l, from, &word->ip)) {
		if (lease_port_take(l, o->port, LEASE_PORT_LEASE, now)) {
			borrow(l, o, from, &word->ip, now);
			return;
		}
		serve_offer_drop(l, o, now); /* the next one would lend in vain, too */
	}
	/* this may have come twice */
	if (!is_needed(l, &word->ip))
		say(l, from, &back);
}

/* ---- the lender ---- */

/* What was lent for this client; *ret_count: how much to this node in all. */
static struct lease_lent *lent_find(const struct lease *l, const struct lease_node *to,
				    const struct mac *mac, unsigned *ret_count)
{
	struct lease_lent *lent, *found = NULL;

	*ret_count = 0;
	for (uint32_t i = 0; (lent = table_next(&l->lent, &i));) {
		if (!lease_node_eq(&lent->to, to))
			continue;
		++*ret_count;
		if (mac_eq(&lent->mac, mac))
			found = lent;
	}
	return found;
}

static void lent_note(struct lease_lent *lent, uint32_t id, usec_t now)
{
	lent->id = id;
	lent->asked_at = now;
	lent->until = now + LENT_LIFE;
}

/* The borrower has asked again since; or it has started again, and its ids with it. */
static bool is_late(const struct lease_lent *lent, uint32_t id, usec_t now)
{
	return (int32_t)(id - lent->id) < 0 && now - lent->asked_at < WORD_LATE;
}

static bool lend_new(struct lease *l, const struct lease_node *to, const struct word *ask,
		     struct ip4 *ret, usec_t now)
{
	struct lease_lent *lent;

	*ret = ask->ip;
	if ((!pool_is_free(&l->pool, ret) || !pool_is_rested(&l->pool, ret, now)) &&
	    !pool_pick(&l->pool, now, ret))
		return false;
	lent = table_add(&l->lent, ret);
	if (!lent)
		return false;
	lent->to = *to;
	lent->mac = ask->mac;
	lent_note(lent, ask->id, now);
	l->counters[LEASE_COUNT_LENT]++;
	pool_note_taken(&l->pool, now);
	lease_address_changed(l, ret, now);
	return true;
}

static void asked(struct lease *l, const struct lease_node *from, const struct word *ask,
		  usec_t now)
{
	const struct book_client *c = book_find(&l->book, &ask->mac);
	struct word lend = { .kind = WORD_LEND, .id = ask->id };
	unsigned count;
	struct lease_lent *lent = lent_find(l, from, &ask->mac, &count);

	if (lent) {
		if (is_late(lent, ask->id, now))
			return;
		lent_note(lent, ask->id, now);
		lend.ip = lent->ip;
	} else if (mac_is_station(&ask->mac) && !(c && book_has_lease(&l->book, c)) &&
		   count < LENT_TO_ONE && lease_is_judge(l, now)) {
		struct ip4 ip;

		if (lend_new(l, from, ask, &ip, now))
			lend.ip = ip;
	}
	say(l, from, &lend);
	lease_claim_ahead(l, now);
}

/* What is lent is on no disk, and as long as it is, what was taken of its block does not count as
 * saved. */
static void lent_stays(struct lease *l, const struct lease_lent *lent, usec_t now)
{
	struct pool_own *o = pool_own_find(&l->pool, &lent->ip);

	if (!o)
		return;
	pool_given(o, now);
	lease_block_given(l, o, now);
}

static void lent_end(struct lease *l, struct lease_lent *lent, usec_t now)
{
	struct ip4 ip = lent->ip;

	lent_stays(l, lent, now);
	table_remove(&l->lent, lent);
	lease_address_changed(l, &ip, now);
}

static void given_back(struct lease *l, const struct lease_node *from, const struct word *word,
		       usec_t now)
{
	struct lease_lent *lent = table_find(&l->lent, &word->ip);

	if (lent && lent->id == word->id && lease_node_eq(&lent->to, from))
		lent_end(l, lent, now);
}

bool lease_is_lent(const struct lease *l, const struct ip4 *ip)
{
	return table_find(&l->lent, ip);
}

void lease_lent_met(struct lease *l, const struct book_client *c, usec_t now)
{
	struct lease_lent *lent;

	if (l->lent.count == 0 || !book_has_lease(&l->book, c))
		return;
	for (uint32_t i = 0; (lent = table_next(&l->lent, &i));)
		if (mac_eq(&lent->mac, &c->mac) &&
		    (ip4_eq(&lent->ip, &c->rec.ip4) || c->allocated_at > lent->asked_at))
			lent_end(l, lent, now);
}

bool lease_is_lent_for(const struct lease *l, const struct ip4 *ip, const struct mac *mac)
{
	const struct lease_lent *lent = table_find(&l->lent, ip);

	return lent && mac_eq(&lent->mac, mac);
}

void lease_lent_sweep(struct lease *l, usec_t now)
{
	struct lease_lent *lent;

	for (uint32_t i = 0; (lent = table_next(&l->lent, &i));) {
		if (now >= lent->until)
			lent_end(l, lent, now);
		else
			lent_stays(l, lent, now);
	}
}

void lease_talk(struct lease *l, const struct lease_node *from, const void *data, size_t len,
		usec_t now)
{
	struct word word;

	if (!word_decode(data, len, &word)) {
		l->counters[LEASE_COUNT_MALFORMED]++;
		return;
	}
	if (word.kind == WORD_ASK)
		asked(l, from, &word, now);
	else if (word.kind == WORD_LEND)
		lent_to_us(l, from, &word, now);
	else if (word.kind == WORD_BACK)
		given_back(l, from, &word, now);
}
