/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What node tells and asks about clients: the lease core's side of their replicated records. */
#include <string.h>

#include "core/lease/serve.h"

/* how old a record may be when it comes, with its age cut to seconds */
#define ON_THE_WAY (5 * USEC_S)
#define AGE_ERROR (2 * USEC_S) /* it is rounded up, once for each hop */
#define AGE_CERTAIN (8 * USEC_S)
#define RESTORE_PAUSE (10 * USEC_S)
/* of one client, to this node */
#define MOVE_INTERVAL (2 * USEC_S)
#define MOVE_BURST 10

static struct book_client *client_get(struct lease *l, const struct mac *mac, bool *ret_new,
				      usec_t now)
{
	struct book_client *c = book_find(&l->book, mac);

	*ret_new = !c;
	if (!c)
		c = book_add(&l->book, mac, now);
	if (!c)
		l->counters[LEASE_COUNT_TABLE_FULL]++;
	return c;
}

/* Of another lease of the client than the one that it has here. */
static bool later_goes_before(const struct lease *l, const struct book_client *c,
			      const struct lease_client *rec, usec_t now)
{
	usec_t later = c->granted_at - (now - rec->granted_s * USEC_S);
	bool is_said = c->restored_at && c->granted_at <= c->restored_at &&
		       now - c->restored_at < RESTORE_PAUSE;

	return !lease_static_moves(l, c, &c->rec.ip4, &rec->ip4) &&
	       later > (is_said ? AGE_CERTAIN : AGE_ERROR);
}

/*
 * The record was written by a node that did not know of the lease which we granted meanwhile. A
 * lease that was ended on purpose is marked, with its age counted from then. Of two that were
 * granted the client uses the one that was acknowledged last. Nodes see that differently by a
 * second or two, so none says it again and again; and the other one is kept (lease_replace).
 */
static bool grant_goes_before(const struct lease *l, const struct book_client *c,
			      const struct lease_client *rec, usec_t now)
{
	usec_t since = now - rec->age_s * USEC_S;
	struct ip4 other = rec->ip4; /* that the record is about, or has seen the end of */

	if (ip4_is_zero(&other) && (rec->flags & LEASE_RELEASED))
		other = ip4_is_zero(&rec->ended) ? c->rec.ip4 : rec->ended;
	if (c->expires_at <= now || !book_has_lease(&l->book, c))
		return false;
	if (ip4_is_zero(&other))
		return true; /* whoever wrote it knew of none */
	if (!ip4_eq(&other, &c->rec.ip4))
		return later_goes_before(l, c, rec, now);
	/* in doubt the lease goes on: an address that is held for nothing hurts nobody, but one
	 * that two have does */
	return ip4_is_zero(&rec->ip4) && !c->clashed_at && c->acked_at > since - ON_THE_WAY;
}

static bool same_lease(const struct book_client *c, const struct lease_client *rec, usec_t now)
{
	usec_t apart = now - rec->age_s * USEC_S - c->allocated_at;

	/* the age comes in seconds, some of them on the way */
	return ip4_eq(&c->rec.ip4, &rec->ip4) && apart > -10 * USEC_S && apart < 10 * USEC_S;
}

static struct book_client *lease_replace(struct lease *l, struct book_client *c,
					 const struct lease_client *rec, usec_t now)
{
	struct ip4 old = c->rec.ip4;
	bool moved = !ip4_eq(&old, &rec->ip4);
	usec_t allocated_at = c->allocated_at, expires_at = c->expires_at;
	bool in_use = moved && !ip4_is_zero(&rec->ip4) && expires_at > now;
	struct book_client *loser;

	if (moved)
		c->expires_at = 0;
	loser = book_set_lease(&l->book, c, &rec->ip4, now - rec->age_s * USEC_S, now);
	/* two nodes gave it one each: it may be using either until it renews */
	if (in_use && !book_holder4(&l->book, &old) && !lease_static_moves(l, c, &old, &rec->ip4))
		lease_keep_for(l, c, &old, allocated_at, expires_at, now);
	if (moved && c->clashed_at)
		lease_clash_ended(l, c, &old, now);
	return loser;
}

static bool record_sound(const struct lease_client *rec)
{
	struct mac declined = lease_decline_mac(&rec->ip4);

	if (rec->id_len > LEASE_ID_MAX || rec->addr_count > LEASE_ADDRS_MAX ||
	    !memchr(rec->name, '\0', sizeof(rec->name)))
		return false;
	return rec->flags & LEASE_DECLINED ? mac_eq(&rec->mac, &declined)
					   : mac_is_station(&rec->mac);
}

/* A lease that runs here is in use, even if its record proves to be older than it seemed. */
static void refreshed_note(struct book_client *c, const struct lease_client *rec, usec_t now)
{
	usec_t written_at = now - rec->quiet_s * USEC_S;

	if (written_at > c->refreshed_at || c->expires_at <= now || !ip4_eq(&c->rec.ip4, &rec->ip4))
		c->refreshed_at = written_at;
}

static void granted_note(struct book_client *c, const struct lease_client *rec, usec_t now)
{
	usec_t granted_at = now - rec->granted_s * USEC_S;

	if (granted_at > c->granted_at || !ip4_eq(&c->rec.ip4, &rec->ip4))
		c->granted_at = granted_at;
}

/* All but the lease. */
static void record_copy(struct lease *l, struct book_client *c, const struct lease_client *rec,
			usec_t now)
{
	book_set_id(&l->book, c, rec->id, rec->id_len);
	book_set_addrs(&l->book, c, rec, now);
	lease_static_apply(l, c, rec->name);
	c->rec.node = rec->node;
	c->rec.gateway = rec->gateway;
	c->rec.ended = rec->ended;
	c->rec.wanted = rec->wanted;
	c->rec.whose = rec->whose;
	c->rec.flags = rec->flags;
	c->unsaved = false;
	if (lease_node_eq(&rec->node, &l->self) && c->alive_at < c->refreshed_at)
		c->alive_at = c->refreshed_at;
}

void lease_client_learnt(struct lease *l, const struct lease_client *rec, usec_t now)
{
	struct book_client *c, *loser = NULL;
	struct lease_offer *o;
	bool is_new, restore;

	if (!record_sound(rec))
		return;
	c = client_get(l, &rec->mac, &is_new, now);
	if (!c)
		return;
	refreshed_note(c, rec, now);
	restore = grant_goes_before(l, c, rec, now);
	record_copy(l, c, rec, now);
	if (restore) {
		if (!ip4_is_zero(&rec->ip4) || !ip4_is_zero(&rec->ended))
			c->restored_at = now;
		c->rec.flags &= (uint8_t)~LEASE_RELEASED;
		lease_save(l, c, now);
	} else {
		granted_note(c, rec, now);
	}
	if (!restore &&
	    (c->lapsed || now - c->refreshed_at >= BOOK_LAPSE || !same_lease(c, rec, now)))
		loser = lease_replace(l, c, rec, now);
	if (loser)
		lease_clash_met(l, loser, now);
	o = table_find(&l->offers, &rec->mac);
	if (o && book_has_lease(&l->book, c))
		serve_offer_drop(l, o, now);
	lease_lent_met(l, c, now);
	lease_foreign_met(l, c, now);
	lease_recall_heard(l, c, now);
	lease_static_lasts(l, c, now);
}

void lease_client_gone(struct lease *l, const struct mac *mac, usec_t now)
{
	struct book_client *c = book_find(&l->book, mac);

	if (!c)
		return;
	if (c->expires_at > now && book_has_lease(&l->book, c) && !(c->rec.flags & LEASE_DECLINED))
		lease_save(l, c, now); /* whoever dropped it does not know that it is in use here */
	else
		book_remove(&l->book, c, now);
}

void lease_names_begin(struct lease *l)
{
	book_taken_begin(&l->book);
}

void lease_name_taken(struct lease *l, const char *name)
{
	book_taken(&l->book, name);
}

void lease_names_end(struct lease *l)
{
	book_taken_end(&l->book);
}

void lease_release(struct lease *l, const struct mac *mac, usec_t now)
{
	struct book_client *c = book_find(&l->book, mac);

	if (c && !ip4_is_zero(&c->rec.ip4))
		lease_take_away(l, c, now);
}

void lease_client_here(struct lease *l, const struct mac *mac, uint16_t port, usec_t now)
{
	struct book_client *c;
	bool is_new;

	if (!mac_is_station(mac) || mac_eq(mac, &l->conf.anycast_mac) ||
	    (!book_find(&l->book, mac) && !lease_port_take(l, port, LEASE_PORT_CLIENT, now)))
		return;
	c = client_get(l, mac, &is_new, now);
	if (!c)
		return;
	c->alive_at = now;
	if (c->clashed_at)
		l->clash_due = now;
	if (!is_new && lease_is_here(l, c))
		return;
	if (!bucket_take(&c->move_rate, MOVE_INTERVAL, MOVE_BURST, now)) {
		l->counters[LEASE_COUNT_RATE_MOVES]++;
		return;
	}
	c->rec.node = l->self;
	lease_save_later(l, c, now);
}

void lease_client_present(struct lease *l, const struct mac *mac, usec_t now)
{
	struct book_client *c = book_find(&l->book, mac);

	if (c && lease_is_here(l, c))
		c->alive_at = now;
}

void lease_client_seen(struct lease *l, const struct mac *mac, const struct ip6 *addr,
		       uint16_t port, usec_t now)
{
	const struct book_addr *holder = book_holder(&l->book, addr);
	struct book_client *c;
	struct ip4 ip;

	lease_client_here(l, mac, port, now);
	c = book_find(&l->book, mac);
	if (!c)
		return;
	if (lease_unmapped(addr, &ip) && !lease_is_client_address(l, &ip)) {
		if (net4_has(&l->conf.network, &ip))
			l->counters[LEASE_COUNT_STRANGER]++;
		return;
	}
	if (holder && holder->leased && !mac_eq(&holder->holder, mac) &&
	    !(lease_unmapped(addr, &ip) && lease_is_kept_for(l, &ip, mac))) {
		l->counters[LEASE_COUNT_STRANGER]++;
		return;
	}
	if (book_note_addr(&l->book, c, addr, now))
		lease_save_later(l, c, now);
}

void lease_client_gateway(struct lease *l, const struct mac *mac, const struct lease_node *gw,
			  usec_t now)
{
	struct book_client *c = book_find(&l->book, mac);

	if (!c || lease_node_eq(&c->rec.gateway, gw))
		return;
	c->rec.gateway = *gw;
	lease_save_later(l, c, now);
}

static void view_fill(const struct lease *l, const struct book_client *c, usec_t now,
		      struct lease_view *ret)
{
	book_record(&l->book, c, now, &ret->client);
	book_name_shown(c, ret->client.name);
	ret->client.quiet_s = (uint32_t)((now - c->refreshed_at) / USEC_S);
	ret->expires_s = c->expires_at ? (c->expires_at - now) / USEC_S : 0;
	ret->refreshed_s = (now - c->refreshed_at) / USEC_S;
	ret->held_s = (c->refreshed_at + BOOK_HELD - now) / USEC_S;
	ret->is_static = !ip4_is_zero(&c->fixed_ip) && ip4_eq(&c->fixed_ip, &c->rec.ip4);
	/* what others may have by now is nobody's */
	if (c->lapsed)
		ret->client.ip4 = (struct ip4) { { 0 } };
}

bool lease_find(const struct lease *l, const struct mac *mac, usec_t now, struct lease_view *ret)
{
	const struct book_client *c = book_find(&l->book, mac);

	if (c)
		view_fill(l, c, now, ret);
	return c;
}

bool lease_is_named(const struct lease *l, const struct mac *mac)
{
	const struct book_client *c = book_find(&l->book, mac);

	return c && c->rec.name[0];
}

bool lease_find_address(const struct lease *l, const struct ip6 *addr, usec_t now,
			struct lease_view *ret)
{
	const struct book_addr *a = book_holder(&l->book, addr);
	const struct book_client *c = a ? book_find(&l->book, &a->holder) : NULL;

	if (!c || ((c->rec.flags & LEASE_DECLINED) && !book_is_kept(c)))
		return false;
	return lease_find(l, book_is_kept(c) ? &c->rec.whose : &c->mac, now, ret);
}

bool lease_next(const struct lease *l, uint32_t *cursor, usec_t now, struct lease_view *ret)
{
	const struct book_client *c = table_next(&l->book.clients, cursor);

	if (c)
		view_fill(l, c, now, ret);
	return c;
}
