/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two clients with one address: a cut of the cloud has healed, behind which both were given it. The
 * older lease keeps it, under 60 s of difference that of the lower client identifier.
 *
 * Nodes see ages that differ by seconds, so that two of them could decide otherwise and both
 * clients lose, or neither. So one node decides: the one that serves the client with the lower
 * identifier. It writes the record of who loses. The node of the other client does so only if
 * neither record has changed for 10 s. Until then none of the two is answered. Where both nodes
 * have gone nothing is to be decided before one of the clients turns up somewhere, and with it a
 * node that serves it.
 */
#include "core/lease/serve.h"

#define OTHER_WAIT (10 * USEC_S)
#define RANK_PAUSE (100 * USEC_MS) /* between looks through all clients, whatever others say */
#define SILENCE (12 * USEC_S)
#define DISASSOCIATE_INTERVAL (1 * USEC_S)
#define DISASSOCIATE_BURST 16

bool lease_in_clash(const struct book_client *c, usec_t now)
{
	return c && c->clashed_at && now - c->clashed_at < SILENCE;
}

static struct book_client *holder_of(const struct lease *l, const struct ip4 *ip)
{
	const struct book_addr *a = book_holder4(&l->book, ip);

	return a && a->leased ? book_find(&l->book, &a->holder) : NULL;
}

static struct book_client *clash_over(const struct lease *l, struct book_client *gone,
				      const struct ip4 *ip)
{
	struct book_client *keeper = holder_of(l, ip);

	gone->clashed_at = 0;
	if (keeper)
		keeper->clashed_at = 0;
	return keeper;
}

static void told(struct lease *l, const struct book_client *keeper, const struct book_client *loser,
		 const struct ip4 *ip, usec_t now)
{
	struct lease_clash clash = { .keeper = keeper->mac, .loser = loser->mac, .ip = *ip };

	outq_push(&l->out, LEASE_CLASH, 0, 0, &clash, sizeof(clash));
	if (lease_is_here(l, loser) &&
	    bucket_take(&l->disassociate_rate, DISASSOCIATE_INTERVAL, DISASSOCIATE_BURST, now))
		outq_push(&l->out, LEASE_DISASSOCIATE, 0, 0, &loser->mac, sizeof(loser->mac));
}

void lease_clash_ended(struct lease *l, struct book_client *c, const struct ip4 *ip, usec_t now)
{
	const struct book_client *keeper = clash_over(l, c, ip);

	if (keeper && ip4_is_zero(&c->rec.ip4) && lease_is_here(l, c))
		told(l, keeper, c, ip, now);
}

/* False: it is not ours to say, or not yet, as what was on our disk may turn out to be over;
 * *ret_due is when it will be. */
static bool settle(struct lease *l, struct book_client *a, struct book_client *b, usec_t now,
		   usec_t *ret_due)
{
	struct book_client *low = book_id_lower(a, b) ? a : b, *high = low == a ? b : a;
	struct book_client *keeper = book_older(a, b) ? a : b, *loser = keeper == a ? b : a;
	usec_t since = a->refreshed_at > b->refreshed_at ? a->refreshed_at : b->refreshed_at;
	struct ip4 ip = a->rec.ip4;

	*ret_due = lease_save_from(l);
	if (!l->was_synced && now < *ret_due)
		return false;
	if (since < a->clashed_at)
		since = a->clashed_at;
	if (!lease_is_here(l, low) && (!lease_is_here(l, high) || now < since + OTHER_WAIT)) {
		*ret_due = lease_is_here(l, high) ? since + OTHER_WAIT : USEC_NEVER;
		return false;
	}
	lease_take_away(l, loser, now);
	clash_over(l, loser, &ip);
	told(l, keeper, loser, &ip, now);
	return true;
}

void lease_clash_met(struct lease *l, struct book_client *c, usec_t now)
{
	struct book_client *holder = holder_of(l, &c->rec.ip4);
	usec_t due;

	if (c->rec.flags & LEASE_DECLINED)
		return; /* no client */
	if (holder && (holder->rec.flags & LEASE_DECLINED)) {
		/* it has declined its address: any node may not have known of it when it wrote the
		 * client's record */
		if (lease_is_here(l, c) || lease_is_here(l, holder))
			lease_take_away(l, c, now);
		return;
	}
	l->counters[LEASE_COUNT_ADDRESS_CLASH]++;
	if (!holder || holder == c)
		return;
	c->clashed_at = holder->clashed_at = now;
	if (!settle(l, c, holder, now, &due))
		l->clash_due = usec_min(l->clash_due, due);
}

void lease_clash_rank(struct lease *l, usec_t now)
{
	if (l->book.losers)
		l->clash_due = usec_min(l->clash_due, usec_max(now, l->clash_at + RANK_PAUSE));
}

void lease_clash_tick(struct lease *l, usec_t now)
{
	struct book_client *c, *holder;
	unsigned losers = 0;
	usec_t due;

	if (now < l->clash_due)
		return;
	l->clash_due = USEC_NEVER;
	l->clash_at = now;
	for (uint32_t i = 0; (c = table_next(&l->book.clients, &i));) {
		if (ip4_is_zero(&c->rec.ip4) || c->lapsed || book_has_lease(&l->book, c))
			continue;
		losers++;
		holder = holder_of(l, &c->rec.ip4);
		if (holder && book_older(c, holder))
			book_prefer(&l->book, c);
		if (holder && !((c->rec.flags | holder->rec.flags) & LEASE_DECLINED) &&
		    !settle(l, c, holder, now, &due))
			l->clash_due = usec_min(l->clash_due, due);
	}
	l->book.losers = losers; /* or fewer by now */
}
