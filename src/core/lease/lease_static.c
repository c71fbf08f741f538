/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Static leases. Every node has the same ones, so whichever the client asks gives it the address,
 * and no node gives it to anybody else, lends it or picks it for an offer: for the pool it is
 * excluded.
 *
 * Another client may have the address when it is fixed. That one is refused with its next message;
 * where it never comes again its node ends the lease when that is over, and any node that of a node
 * that is gone, a day after its last refresh. Until then the client for whom it is fixed is served
 * like all others, and moves when it renews. The same goes for an address that somebody uses who is
 * no client, and for one that its client declined.
 *
 * Nodes hear of a static lease at different moments, so one may have given the address away just
 * now: nobody gets it for SETTLE after it was heard of.
 */
#include <errno.h>
#include <string.h>

#include "core/lease/serve.h"

#define SETTLE (2 * USEC_S)

static const struct ip4 none;

static bool key_eq(const struct lease_key *a, const struct lease_key *b)
{
	return lease_key_cmp(a, b) == 0;
}

static const struct lease_fixed *fixed_at(const struct lease *l, const struct ip4 *ip)
{
	return table_find(&l->fixed, ip);
}

/* Of those that have the address the one that counts; NULL: nobody has. */
static const struct lease_static *first_of_address(const struct lease *l, const struct ip4 *ip)
{
	const struct lease_static *first = NULL, *s;

	for (uint32_t i = 0; (s = table_next(&l->statics, &i));)
		if (ip4_eq(&s->ip4, ip) && (!first || lease_key_cmp(&s->key, &first->key) < 0))
			first = s;
	return first;
}

static const struct lease_static *first_of_name(const struct lease *l, const char *name)
{
	const struct lease_static *first = NULL, *s;

	for (uint32_t i = 0; (s = table_next(&l->statics, &i));)
		if (strcmp(s->name, name) == 0 &&
		    (!first || lease_key_cmp(&s->key, &first->key) < 0))
			first = s;
	return first;
}

bool lease_static_allows(const struct lease *l, const struct ip4 *ip)
{
	return lease_is_client_address(l, ip);
}

/* The address that it says is its client's. */
static bool rules(const struct lease *l, const struct lease_static *s)
{
	const struct lease_fixed *f = s ? fixed_at(l, &s->ip4) : NULL;

	return f && key_eq(&f->key, &s->key) && lease_is_client_address(l, &s->ip4);
}

static bool is_reserved(const struct lease *l, const struct ip4 *ip)
{
	for (unsigned i = 0; i < l->range_count; i++)
		if (lease_range_has(&l->ranges[i], ip))
			return true;
	return false;
}

bool lease_static_has(const struct lease *l, const struct ip4 *ip)
{
	return fixed_at(l, ip) || is_reserved(l, ip);
}

bool lease_static_bars(const struct lease *l, const struct ip4 *ip, const struct lease_static *s)
{
	const struct lease_fixed *f = fixed_at(l, ip);

	if (f)
		return !s || !key_eq(&f->key, &s->key);
	return is_reserved(l, ip);
}

const struct lease_static *lease_static_of(const struct lease *l, const struct mac *mac,
					   const uint8_t *id, size_t id_len)
{
	struct lease_key key = lease_key_id(id, id_len);
	const struct lease_static *s = key.len ? table_find(&l->statics, &key) : NULL;

	if (s || l->statics.count == 0)
		return s;
	key = lease_key_mac(mac);
	return table_find(&l->statics, &key);
}

static const struct lease_static *static_of_client(const struct lease *l,
						   const struct book_client *c)
{
	return lease_static_of(l, &c->mac, c->rec.id, c->rec.id_len);
}

/* Whose lease of it may be in use; NULL: nobody's but mac's. */
static struct book_client *holder_other(const struct lease *l, const struct ip4 *ip,
					const struct mac *mac)
{
	const struct book_addr *a = book_holder4(&l->book, ip);

	return a && a->leased && !mac_eq(&a->holder, mac) ? book_find(&l->book, &a->holder) : NULL;
}

static bool is_taken(const struct lease *l, const struct ip4 *ip, const struct mac *mac, usec_t now)
{
	const struct book_client *h = holder_other(l, ip, mac);

	if (h && ((h->rec.flags & LEASE_DECLINED) || lease_runs(h, now)))
		return true;
	return lease_foreign_bars(l, ip, mac);
}

enum lease_right lease_static_right(struct lease *l, const struct mac *mac,
				    const struct lease_static *s, usec_t now)
{
	const struct book_client *c = book_find(&l->book, mac);

	if (!rules(l, s))
		return LEASE_RIGHT_NONE;
	if (c && book_has_lease(&l->book, c) && ip4_eq(&c->rec.ip4, &s->ip4))
		return LEASE_RIGHT_NOW;
	if (!lease_is_judge(l, now))
		return LEASE_RIGHT_WAIT;
	if (is_taken(l, &s->ip4, mac, now)) {
		l->counters[LEASE_COUNT_STATIC_TAKEN]++;
		return LEASE_RIGHT_NONE;
	}
	return now - fixed_at(l, &s->ip4)->since < SETTLE ? LEASE_RIGHT_WAIT : LEASE_RIGHT_NOW;
}

void lease_static_clear(struct lease *l, const struct ip4 *ip, const struct mac *mac, usec_t now)
{
	struct book_client *h = holder_other(l, ip, mac);

	if (h && !(h->rec.flags & LEASE_DECLINED))
		lease_take_away(l, h, now);
}

/* One that was granted before our start may run as long as any may. */
static bool is_over(const struct lease *l, const struct book_client *c, usec_t now)
{
	return c->expires_at ? c->expires_at <= now
			     : now - c->alive_at >= (usec_t)l->longest_s * USEC_S;
}

bool lease_static_ends(const struct lease *l, const struct book_client *c, usec_t now)
{
	return l->statics.count > 0 && lease_is_here(l, c) && is_over(l, c, now) &&
	       !ip4_is_zero(&c->rec.ip4) && !c->lapsed && !(c->rec.flags & LEASE_DECLINED) &&
	       lease_static_bars(l, &c->rec.ip4, static_of_client(l, c));
}

/* ---- what follows for clients ---- */

const char *lease_static_name(const struct lease *l, const struct lease_static *s)
{
	return s && s->name[0] && first_of_name(l, s->name) == s ? s->name : "";
}

uint32_t lease_static_time_s(const struct lease *l, const struct lease_static *s)
{
	return s && s->lease_s ? s->lease_s : l->conf.lease_s;
}

void lease_static_lasts(struct lease *l, const struct book_client *c, usec_t now)
{
	if (l->statics.count > 0 && book_has_lease(&l->book, c))
		lease_block_lasts(l, &c->rec.ip4, lease_static_time_s(l, static_of_client(l, c)),
				  now);
}

void lease_static_mark(struct lease *l, struct book_client *c, const struct lease_static *s,
		       const char *called)
{
	const char *name = lease_static_name(l, s);
	bool was_fixed = c->fixed_name;

	c->fixed_ip = rules(l, s) ? s->ip4 : none;
	c->fixed_name = name[0] != '\0';
	if (name[0] || called)
		book_set_name(&l->book, c, name[0] ? name : called);
	if (c->fixed_name != was_fixed)
		book_name_moved(&l->book, c);
}

void lease_static_apply(struct lease *l, struct book_client *c, const char *called)
{
	lease_static_mark(l, c, static_of_client(l, c), called);
}

bool lease_static_moves(const struct lease *l, const struct book_client *c, const struct ip4 *from,
			const struct ip4 *to)
{
	const struct lease_static *s = static_of_client(l, c);

	return lease_static_bars(l, from, s) || (rules(l, s) && ip4_eq(&s->ip4, to));
}

void lease_static_renew(struct lease *l, struct book_client *c, usec_t now)
{
	struct ip4 was = c->fixed_ip;

	lease_static_mark(l, c, static_of_client(l, c), NULL);
	if (!ip4_eq(&was, &c->fixed_ip))
		lease_clash_rank(l, now);
}

/* What is fixed for it, or whether that counts, has changed. Several may have one identifier. */
static void clients_mark(struct lease *l, const struct lease_key *key, usec_t now)
{
	struct book_client *c;
	struct mac mac;

	switch (lease_key_kind(key)) {
	case LEASE_KEY_MAC:
		mac = lease_key_to_mac(key);
		c = book_find(&l->book, &mac);
		if (c)
			lease_static_renew(l, c, now);
		break;
	case LEASE_KEY_ID:
		lease_walk(l, LEASE_WALK_CLIENTS, now);
		break;
	case LEASE_KEY_RANGE:
	case LEASE_KEY_BAD:
		break;
	}
}

/* ---- who has what ---- */

static void address_rank(struct lease *l, const struct ip4 *ip, usec_t now)
{
	const struct lease_static *first = ip4_is_zero(ip) ? NULL : first_of_address(l, ip);
	struct lease_fixed *f = table_find(&l->fixed, ip);
	struct lease_key before = { .len = 0 };

	if (f)
		before = f->key;
	if (!first && f)
		table_remove(&l->fixed, f);
	if (first && !f)
		f = table_add(&l->fixed, ip); /* it has a place for each of the others' */
	if (first && f && !key_eq(&before, &first->key)) {
		f->key = first->key;
		f->since = now;
	}
	clients_mark(l, &before, now);
	if (first)
		clients_mark(l, &first->key, now);
	lease_address_changed(l, ip, now);
}

/* Whose name it is; of length 0: nobody's. */
static struct lease_key name_owner(const struct lease *l, const char *name)
{
	const struct lease_static *first = name[0] ? first_of_name(l, name) : NULL;

	return first ? first->key : (struct lease_key) { .len = 0 };
}

/* before: whose it was. */
static void name_rank(struct lease *l, const char *name, const struct lease_key *before, usec_t now)
{
	struct lease_key owner = name_owner(l, name);

	if (key_eq(&owner, before))
		return;
	clients_mark(l, before, now);
	clients_mark(l, &owner, now);
}

/* The lowest ones count, where there are too many. */
static void range_insert(struct lease *l, const struct lease_range *r)
{
	unsigned at = 0;

	while (at < l->range_count && (ip4_u32(&l->ranges[at].first) < ip4_u32(&r->first) ||
				       (ip4_eq(&l->ranges[at].first, &r->first) &&
					ip4_u32(&l->ranges[at].last) < ip4_u32(&r->last))))
		at++;
	if (at == LEASE_RANGES_MAX)
		return;
	if (l->range_count < LEASE_RANGES_MAX)
		l->range_count++;
	memmove(&l->ranges[at + 1], &l->ranges[at],
		(l->range_count - 1 - at) * sizeof(l->ranges[0]));
	l->ranges[at] = *r;
}

static void ranges_renew(struct lease *l, usec_t now)
{
	const struct lease_static *s;
	struct lease_range r;

	l->range_count = 0;
	for (uint32_t i = 0; (s = table_next(&l->statics, &i));) {
		if (lease_key_kind(&s->key) != LEASE_KEY_RANGE)
			continue;
		r = lease_key_to_range(&s->key);
		range_insert(l, &r);
	}
	lease_walk(l, LEASE_WALK_BLOCKS, now);
}

void lease_static_times(struct lease *l)
{
	const struct lease_static *s;

	l->longest_s = l->conf.lease_s;
	for (uint32_t i = 0; (s = table_next(&l->statics, &i));)
		if (s->lease_s > l->longest_s)
			l->longest_s = s->lease_s;
}

/* One is not what it was; owner: whose names they were. Either may be nothing, with a key of
 * length 0. */
static void changed(struct lease *l, const struct lease_static *was, const struct lease_static *is,
		    const struct lease_key owner[static 2], usec_t now)
{
	const struct lease_key *key = is->key.len ? &is->key : &was->key;

	if (was->name[0])
		book_fix_name(&l->book, was->name, false);
	if (is->name[0])
		book_fix_name(&l->book, is->name, true);
	if (was->lease_s != is->lease_s)
		lease_static_times(l);
	if (lease_key_kind(key) == LEASE_KEY_RANGE) {
		ranges_renew(l, now);
		return;
	}
	if (!ip4_eq(&was->ip4, &is->ip4)) {
		address_rank(l, &was->ip4, now);
		address_rank(l, &is->ip4, now);
	}
	clients_mark(l, key, now);
	name_rank(l, was->name, &owner[0], now);
	name_rank(l, is->name, &owner[1], now);
}

int lease_static_learnt(struct lease *l, const struct lease_static *s, usec_t now)
{
	struct lease_static was = { .key = { .len = 0 } }, *own;
	struct lease_key owner[2];

	if (!lease_static_sound(s))
		return -EINVAL;
	own = table_find(&l->statics, &s->key);
	if (own)
		was = *own;
	else
		own = table_add(&l->statics, &s->key);
	if (!own) {
		l->counters[LEASE_COUNT_TABLE_FULL]++;
		return -ENOSPC;
	}
	owner[0] = name_owner(l, was.name);
	owner[1] = name_owner(l, s->name);
	*own = *s;
	if (!lease_static_eq(&was, own))
		changed(l, &was, own, owner, now);
	return 0;
}

void lease_static_gone(struct lease *l, const struct lease_key *key, usec_t now)
{
	static const struct lease_static nothing;
	struct lease_static was, *own = table_find(&l->statics, key);
	struct lease_key owner[2] = { { .len = 0 } };

	if (!own)
		return;
	was = *own;
	owner[0] = name_owner(l, was.name);
	table_remove(&l->statics, own);
	changed(l, &was, &nothing, owner, now);
}

/* ---- queries ---- */

static struct mac client_of(const struct lease *l, const struct lease_key *key)
{
	const struct book_client *c;

	if (lease_key_kind(key) == LEASE_KEY_MAC)
		return lease_key_to_mac(key);
	c = book_find_id(&l->book, key->b + 1, (uint8_t)(key->len - 1));
	return c ? c->mac : (struct mac) { { 0 } };
}

static enum lease_static_state address_state(const struct lease *l, const struct lease_static *s,
					     usec_t now, struct lease_static_view *ret)
{
	const struct book_client *c = book_find(&l->book, &ret->mac), *h;
	struct lease_foreign_view foreign;

	if (!lease_is_client_address(l, &s->ip4))
		return LEASE_STATIC_UNUSABLE;
	if (!rules(l, s))
		return LEASE_STATIC_CLASH;
	if (c && book_has_lease(&l->book, c) && ip4_eq(&c->rec.ip4, &s->ip4))
		return LEASE_STATIC_LEASED;
	h = holder_other(l, &s->ip4, &ret->mac);
	if (h && !(h->rec.flags & LEASE_DECLINED)) {
		ret->with = h->mac;
		return LEASE_STATIC_HELD;
	}
	if (h || lease_foreign_bars(l, &s->ip4, &ret->mac)) {
		if (lease_foreign_find(l, &s->ip4, now, &foreign))
			ret->with = foreign.mac;
		return LEASE_STATIC_FOREIGN;
	}
	return LEASE_STATIC_FREE;
}

static bool range_counts(const struct lease *l, const struct lease_key *key)
{
	struct lease_range r = lease_key_to_range(key);

	for (unsigned i = 0; i < l->range_count; i++)
		if (ip4_eq(&l->ranges[i].first, &r.first) && ip4_eq(&l->ranges[i].last, &r.last))
			return true;
	return false;
}

static void view_fill(const struct lease *l, const struct lease_static *s, usec_t now,
		      struct lease_static_view *ret)
{
	*ret = (struct lease_static_view) { .fixed = *s };
	if (lease_key_kind(&s->key) == LEASE_KEY_RANGE) {
		ret->state =
			range_counts(l, &s->key) ? LEASE_STATIC_RESERVED : LEASE_STATIC_UNUSABLE;
		return;
	}
	ret->mac = client_of(l, &s->key);
	ret->state = ip4_is_zero(&s->ip4) ? LEASE_STATIC_ANY : address_state(l, s, now, ret);
}

bool lease_static_next(const struct lease *l, uint32_t *cursor, usec_t now,
		       struct lease_static_view *ret)
{
	const struct lease_static *s = table_next(&l->statics, cursor);

	if (s)
		view_fill(l, s, now, ret);
	return s;
}

bool lease_static_find(const struct lease *l, const struct lease_key *key, usec_t now,
		       struct lease_static_view *ret)
{
	const struct lease_static *s = table_find(&l->statics, key);

	if (s)
		view_fill(l, s, now, ret);
	return s;
}

bool lease_static_is_named(const struct lease *l, const struct lease_key *key)
{
	const struct lease_static *s = table_find(&l->statics, key);

	return s && lease_static_name(l, s)[0] && !book_is_taken(&l->book, s->name);
}

bool lease_static_fits(const struct lease *l, const struct lease_key *key)
{
	return l->statics.count < l->statics.limit || table_find(&l->statics, key);
}

bool lease_static_rival(const struct lease *l, const struct lease_static *s,
			struct lease_static *ret)
{
	const struct lease_static *o;

	for (uint32_t i = 0; (o = table_next(&l->statics, &i));) {
		if (key_eq(&o->key, &s->key))
			continue;
		if ((!ip4_is_zero(&s->ip4) && ip4_eq(&o->ip4, &s->ip4)) ||
		    (s->name[0] && strcmp(o->name, s->name) == 0)) {
			*ret = *o;
			return true;
		}
	}
	return false;
}
