/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses that somebody uses who is no client of ours: a static host, a client of other software.
 *
 * They are found by ARP, and no offer waits for that. The next AHEAD free addresses of our blocks
 * are asked for before anybody needs them, ASK_TIMES each and again after ASK_AGAIN: one question
 * in 0.5 to 1 s at most, and as long as nobody comes AHEAD * ASK_TIMES in ASK_AGAIN. An address
 * that is offered is asked for once more. Beside that whatever is heard by ARP counts.
 *
 * What is kept: addresses of our blocks, and those that are fixed for a client; of one MAC few, for
 * who claims many is a machine that answers for others, or somebody who wants the pool. For the
 * pool they are held, but for who uses them they are free, as they may be his by a lease that we
 * have forgotten. Those that nobody is heard of for LIFE are forgotten; after half of it they are
 * asked for.
 */
#include <string.h>

#include "core/lease/serve.h"

enum {
	AHEAD = 4,
	ASK_TIMES = 2,
	OF_ONE = 16, /* addresses of one MAC */
	PROBE_BURST = 512,
};

/* Each question goes to everybody, on Wi-Fi as slowly as that goes. A morning's clients at once. */
#define PROBE_INTERVAL (20 * USEC_MS)
#define ASK_FIRST (5 * USEC_S)
#define ASK_INTERVAL (500 * USEC_MS)
#define ASK_SECOND (1 * USEC_S) /* after the first time */
#define ASK_AGAIN (1800 * USEC_S)
#define LOOK_INTERVAL (5 * USEC_S) /* when there is nothing to be asked */
#define LIFE (3600 * USEC_S)
#define TOLD_LIFE (5 * USEC_S) /* until who is there has answered */
#define FRESH (10 * USEC_S)    /* a lease this young yields to a stranger who has the address */

static struct lease_foreign *foreign_at(const struct lease *l, const struct ip4 *ip)
{
	return table_find(&l->foreign, ip);
}

bool lease_foreign_has(const struct lease *l, const struct ip4 *ip)
{
	return foreign_at(l, ip);
}

bool lease_foreign_bars(const struct lease *l, const struct ip4 *ip, const struct mac *mac)
{
	const struct lease_foreign *f = foreign_at(l, ip);

	return f && !mac_eq(&f->mac, mac);
}

bool lease_foreign_is(const struct lease *l, const struct ip4 *ip, const struct mac *mac)
{
	const struct lease_foreign *f = foreign_at(l, ip);

	return f && mac_eq(&f->mac, mac);
}

static void foreign_end(struct lease *l, struct lease_foreign *f, usec_t now)
{
	struct ip4 ip = f->ip;

	table_remove(&l->foreign, f);
	lease_address_changed(l, &ip, now);
}

void lease_foreign_yield(struct lease *l, const struct ip4 *ip, const struct mac *mac, usec_t now)
{
	struct lease_foreign *f = foreign_at(l, ip);

	if (f && mac_eq(&f->mac, mac))
		foreign_end(l, f, now);
}

void lease_foreign_met(struct lease *l, const struct book_client *c, usec_t now)
{
	if (book_has_lease(&l->book, c))
		lease_foreign_yield(l, &c->rec.ip4, &c->mac, now);
}

static unsigned count_of(const struct lease *l, const struct mac *mac)
{
	const struct lease_foreign *f;
	unsigned count = 0;

	for (uint32_t i = 0; (f = table_next(&l->foreign, &i));)
		count += mac_eq(&f->mac, mac);
	return count;
}

/* NULL: there is no place for it. */
static struct lease_foreign *foreign_get(struct lease *l, const struct ip4 *ip,
					 const struct mac *mac, usec_t now)
{
	struct lease_foreign *f = foreign_at(l, ip);

	if (f)
		return f;
	if (count_of(l, mac) < OF_ONE)
		f = table_add(&l->foreign, ip);
	if (!f) {
		l->counters[LEASE_COUNT_FOREIGN_FULL]++;
		return NULL;
	}
	f->mac = *mac;
	f->told_only = true;
	f->since = f->heard_at = f->asked_at = now;
	lease_address_changed(l, ip, now);
	return f;
}

static void foreign_note(struct lease *l, const struct ip4 *ip, const struct mac *mac,
			 const struct mac *client, usec_t now)
{
	struct lease_foreign *f = foreign_get(l, ip, mac, now);
	struct lease_foreign_news news = { .ip = *ip, .mac = *mac, .client = *client };
	bool is_news;

	if (!f)
		return;
	is_news = f->told_only;
	f->mac = *mac;
	f->heard_at = now;
	f->told_only = false;
	if (!is_news)
		return;
	f->since = now;
	l->counters[LEASE_COUNT_FOREIGN]++;
	outq_push(&l->out, LEASE_FOREIGN, 0, 0, &news, sizeof(news));
}

static bool is_offered(const struct lease *l, const struct ip4 *ip)
{
	const struct lease_offer *o;

	for (uint32_t i = 0; l->offers.count && (o = table_next(&l->offers, &i));)
		if (ip4_eq(&o->ip, ip))
			return true;
	return false;
}

/* It has a lease of it, or did not hear yet that another one keeps it; it is about to, or should.
 */
static bool is_its_own(const struct lease *l, const struct ip4 *ip, const struct mac *mac)
{
	const struct book_addr *holder = book_holder4(&l->book, ip);
	const struct lease_offer *o = table_find(&l->offers, mac);
	const struct book_client *c = book_find(&l->book, mac);
	const struct lease_static *s = lease_static_of(l, mac, NULL, 0);

	return (s && ip4_eq(&s->ip4, ip)) || (holder && mac_eq(&holder->holder, mac)) ||
	       (o && ip4_eq(&o->ip, ip)) || (c && ip4_eq(&c->rec.ip4, ip)) ||
	       lease_is_lent_for(l, ip, mac);
}

static struct book_client *leaseholder(const struct lease *l, const struct ip4 *ip)
{
	const struct book_addr *a = book_holder4(&l->book, ip);

	return a && a->leased ? book_find(&l->book, &a->holder) : NULL;
}

void lease_address_taken(struct lease *l, const struct ip4 *ip, const struct mac *mac, usec_t now)
{
	struct mac client = { { 0 } };
	struct book_client *c = leaseholder(l, ip);
	bool ours = pool_own_find(&l->pool, ip) || lease_static_has(l, ip);

	if (!lease_is_client_address(l, ip) || !mac_is_station(mac) ||
	    mac_eq(mac, &l->conf.anycast_mac) || is_its_own(l, ip, mac))
		return;
	if (!ours && !c && !is_offered(l, ip))
		return; /* its node will hear of it */
	l->counters[LEASE_COUNT_STRANGER]++;
	if (c && (c->rec.flags & LEASE_DECLINED))
		return;
	if (c && !lease_is_here(l, c))
		return; /* so will that of the client */
	/* an ARP is easily forged: nobody loses a lease that has been in use to one */
	if (c && now - c->allocated_at > FRESH) {
		client = c->mac;
	} else if (c) {
		lease_take_away(l, c, now);
		c = NULL;
	}
	if (ours || c)
		foreign_note(l, ip, mac, &client, now);
	else
		lease_quarantine(l, ip, NULL, now); /* it is another node's to lend */
}

bool lease_address_concerns(const struct lease *l, const struct ip4 *ip, const struct mac *mac)
{
	const struct book_client *c = leaseholder(l, ip);

	return mac_is_station(mac) && lease_is_client_address(l, ip) && !is_its_own(l, ip, mac) &&
	       (pool_own_find(&l->pool, ip) || lease_static_has(l, ip) ||
		(c && lease_is_here(l, c)));
}

void lease_address_told(struct lease *l, const struct ip4 *ip, const struct mac *mac, usec_t now)
{
	struct lease_foreign *f;

	if (!lease_address_concerns(l, ip, mac))
		return;
	f = leaseholder(l, ip) ? NULL : foreign_get(l, ip, mac, now);
	if (f && f->told_only)
		f->heard_at = now;
	lease_probe(l, ip, 0, now);
}

bool lease_is_unused(const struct lease *l, const struct ip4 *ip)
{
	return lease_is_client_address(l, ip) && !lease_static_has(l, ip) &&
	       !book_holder4(&l->book, ip) && !lease_is_lent(l, ip) && !lease_foreign_has(l, ip) &&
	       !is_offered(l, ip);
}

/* ---- questions ---- */

void lease_probe(struct lease *l, const struct ip4 *ip, uint16_t port, usec_t now)
{
	/* who comes after that sees by its own ARP whether somebody has its address (RFC 5227) */
	if (!bucket_take(&l->probe_rate, PROBE_INTERVAL, PROBE_BURST, now))
		return;
	l->counters[LEASE_COUNT_PROBED]++;
	outq_push(&l->out, LEASE_PROBE, port, 0, ip, sizeof(*ip));
}

static void foreign_sweep(struct lease *l, usec_t now)
{
	struct lease_foreign *f;

	for (uint32_t i = 0; l->foreign.count && (f = table_next(&l->foreign, &i));)
		if (now - f->heard_at >= (f->told_only ? TOLD_LIFE : LIFE))
			foreign_end(l, f, now);
}

/* The place where it stands that this one was asked for, or the one that is to be written over. */
static struct lease_asked *asked_place(struct lease *l, const struct ip4 *ip)
{
	struct lease_asked *oldest = &l->asked[0];

	for (unsigned i = 0; i < LEASE_ASKED_PLACES; i++) {
		struct lease_asked *a = &l->asked[i];

		if (a->times && ip4_eq(&a->ip, ip))
			return a;
		if (a->times ? oldest->times && a->at < oldest->at : oldest->times > 0)
			oldest = a;
	}
	return oldest;
}

/* False: that was done lately. */
static bool ask_ahead(struct lease *l, const struct ip4 *ip, usec_t now)
{
	struct lease_asked *a = asked_place(l, ip);

	if (!a->times || !ip4_eq(&a->ip, ip) || now - a->at >= ASK_AGAIN)
		*a = (struct lease_asked) { .ip = *ip };
	else if (a->times == ASK_TIMES || now - a->at < ASK_SECOND)
		return false;
	a->times++;
	a->at = now;
	lease_probe(l, ip, 0, now);
	return true;
}

static bool ask_foreign(struct lease *l, usec_t now)
{
	struct lease_foreign *f;

	for (uint32_t i = 0; l->foreign.count && (f = table_next(&l->foreign, &i));) {
		if (now - f->heard_at < LIFE / 2 || now - f->asked_at < LIFE / 8)
			continue;
		f->asked_at = now;
		lease_probe(l, &f->ip, 0, now);
		return true;
	}
	return false;
}

/* The second question about one must not wait until it is looked for again. */
static bool ask_one(struct lease *l, usec_t now)
{
	struct ip4 ahead[AHEAD];
	unsigned count = pool_ahead(&l->pool, ahead, AHEAD);

	for (unsigned i = 0; i < count; i++)
		if (ask_ahead(l, &ahead[i], now))
			return true;
	return ask_foreign(l, now);
}

static usec_t jittered(struct lease *l, usec_t interval)
{
	return interval + (usec_t)rng_below(&l->rng, (uint32_t)(interval / USEC_MS)) * USEC_MS;
}

usec_t lease_probe_first(struct lease *l, usec_t now)
{
	return now + jittered(l, ASK_FIRST);
}

void lease_probe_tick(struct lease *l, usec_t now)
{
	if (now < l->probe_due)
		return;
	foreign_sweep(l, now);
	l->probe_due = now + jittered(l, ask_one(l, now) ? ASK_INTERVAL : LOOK_INTERVAL);
}

/* ---- queries ---- */

static void view_fill(const struct lease_foreign *f, usec_t now, struct lease_foreign_view *ret)
{
	*ret = (struct lease_foreign_view) { .ip = f->ip,
					     .mac = f->mac,
					     .since_s = (now - f->since) / USEC_S,
					     .heard_s = (now - f->heard_at) / USEC_S,
					     .told_only = f->told_only };
}

bool lease_foreign_next(const struct lease *l, uint32_t *cursor, usec_t now,
			struct lease_foreign_view *ret)
{
	const struct lease_foreign *f = table_next(&l->foreign, cursor);

	if (f)
		view_fill(f, now, ret);
	return f;
}

bool lease_foreign_find(const struct lease *l, const struct ip4 *ip, usec_t now,
			struct lease_foreign_view *ret)
{
	const struct lease_foreign *f = foreign_at(l, ip);

	if (f)
		view_fill(f, now, ret);
	return f;
}
