/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * After a power cut: an address that a client says it had, in a block of another node, of a lease
 * that nobody knows. Only the owner of the block may give it.
 *
 * The node that the client asks writes into the client's record which address that wants, and so
 * the owner hears of it, however far it is. If it can give that address it puts the lease into the
 * record; if not, it says nothing. The client is not answered meanwhile: it asks again, and has its
 * address, or is refused after WAIT, when the wish has left the record.
 *
 * A client is believed for one lease time after a start, and the records that this costs are those
 * of a new lease, which its port may have a limited number of. An owner takes no wish for new that
 * was written before it heard of it by more than WAIT.
 */
#include "core/lease/serve.h"

enum {
	RECALL_BURST = 256,
};

#define RECALL_INTERVAL (10 * USEC_MS)
#define WAIT (10 * USEC_S)	 /* for owners that start a little later, too */
#define REMEMBERED (10 * USEC_S) /* that it was in vain: a client asks more than once */

static const struct ip4 none;

/* Of another node's block, and nobody else's as far as we know. */
static bool may_be_had(const struct serve *s, const struct ip4 *ip)
{
	const struct lease *l = s->l;
	const struct book_addr *holder = book_holder4(&l->book, ip);

	return s->now < l->recall_until && lease_is_pool_address(l, ip) &&
	       pool_is_claimed(&l->pool, ip) && !pool_own_find(&l->pool, ip) &&
	       (!holder || mac_eq(&holder->holder, &s->msg.chaddr));
}

static struct lease_offer *offer_add(struct serve *s, const struct ip4 *ip)
{
	struct lease *l = s->l;
	struct lease_offer *o = table_add(&l->offers, &s->msg.chaddr);

	if (!o)
		return NULL;
	o->recall = true;
	o->wanted = *ip;
	o->due = s->now + WAIT;
	o->expires_at = o->due + REMEMBERED;
	l->offers_due = usec_min(l->offers_due, o->due);
	return o;
}

static void wish(struct serve *s, const struct ip4 *ip)
{
	struct lease *l = s->l;
	struct book_client *c = book_find(&l->book, &s->msg.chaddr);

	if (!c)
		c = book_add(&l->book, &s->msg.chaddr, s->now);
	if (!c || !offer_add(s, ip)) {
		l->counters[LEASE_COUNT_TABLE_FULL]++;
		return;
	}
	c->rec.node = l->self;
	c->rec.wanted = *ip;
	c->alive_at = s->now;
	lease_save(l, c, s->now);
}

bool lease_recall(struct serve *s, const struct ip4 *ip)
{
	struct lease *l = s->l;
	const struct lease_offer *o = table_find(&l->offers, &s->msg.chaddr);

	if (o)
		return o->recall && ip4_eq(&o->wanted, ip) && s->now < o->due;
	if (!may_be_had(s, ip))
		return false;
	/* whoever is over a limit asks again later */
	if (bucket_has(&l->recall_rate, RECALL_INTERVAL, RECALL_BURST, s->now) &&
	    lease_port_take(l, s->port, LEASE_PORT_LEASE, s->now) &&
	    bucket_take(&l->recall_rate, RECALL_INTERVAL, RECALL_BURST, s->now))
		wish(s, ip);
	return true;
}

bool lease_recall_waits(struct lease *l, const struct lease_offer *o, usec_t now)
{
	struct book_client *c;

	if (!o->recall || now < o->due)
		return o->recall;
	c = book_find(&l->book, &o->mac);
	if (c && !ip4_is_zero(&c->rec.wanted)) {
		c->rec.wanted = none;
		lease_save(l, c, now);
	}
	return false;
}

/* ---- the owner ---- */

static void give(struct lease *l, struct book_client *c, usec_t now)
{
	struct ip4 ip = c->rec.wanted;

	c->refreshed_at = c->granted_at = now;
	book_set_lease(&l->book, c, &ip, now, now);
	c->rec.ended = c->rec.wanted = none;
	c->rec.flags &= (uint8_t)~LEASE_RELEASED;
	lease_lent_met(l, c, now);
	lease_foreign_met(l, c, now);
	lease_save(l, c, now);
	pool_note_taken(&l->pool, now);
	lease_claim_ahead(l, now);
}

void lease_recall_heard(struct lease *l, struct book_client *c, usec_t now)
{
	if (!ip4_is_zero(&c->rec.wanted) && now - c->refreshed_at < WAIT + REMEMBERED &&
	    !book_has_lease(&l->book, c) && lease_is_judge(l, now) &&
	    lease_may_give(l, &c->mac, &c->rec.wanted, now) &&
	    bucket_take(&l->recall_rate, RECALL_INTERVAL, RECALL_BURST, now))
		give(l, c, now);
}

void lease_recalls_look(struct lease *l, usec_t now)
{
	struct book_client *c;

	for (uint32_t i = 0; now < l->recall_until && (c = table_next(&l->book.clients, &i));)
		lease_recall_heard(l, c, now);
}
