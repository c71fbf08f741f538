/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two clients with one address, for which nobody is to blame: that it is noticed, and who keeps it.
 */
#include <string.h>

#include "sim/judge_internal.h"

#define NOTICED (1 * USEC_S) /* after the first datagram */
#define SETTLED                                                                                    \
	(13 * USEC_S) /* nobody of the two is answered for 12 s, then it is known who has it */
#define CLOSE (60 * USEC_S) /* leases closer in age are told apart by client identifier */
#define AGE_ERROR (5 * USEC_S)

static bool knows(const struct judge *j, unsigned int node, unsigned int client,
		  const struct ip4 *ip)
{
	return j->world.is_alive(j->world.ctx, node) &&
	       j->world.knows(j->world.ctx, node, client, ip);
}

void judge_clash_add(struct judge *j, unsigned int a, unsigned int b, enum judge_cause cause)
{
	struct judge_clash *c = j->clashes;

	while (c < j->clashes + JUDGE_CLASHES && c->used)
		c++;
	if (c == j->clashes + JUDGE_CLASHES) {
		judge_found(j, "more than %d clashes at a time", JUDGE_CLASHES);
		return;
	}
	*c = (struct judge_clash) {
		.used = true, .a = a, .b = b, .ip = j->holds[a].ip, .cause = cause
	};
	j->open++;
}

static void clash_end(struct judge *j, struct judge_clash *c)
{
	c->used = false;
	j->open--;
}

struct judge_clash *judge_clash_of(struct judge *j, unsigned int client)
{
	for (struct judge_clash *c = j->clashes; j->open && c < j->clashes + JUDGE_CLASHES; c++)
		if (c->used && (c->a == client || c->b == client))
			return c;
	return NULL;
}

void judge_clash_over(struct judge *j, unsigned int client)
{
	struct judge_clash *c;

	while ((c = judge_clash_of(j, client)))
		clash_end(j, c);
}

static bool id_lower(const struct judge_hold *a, const struct judge_hold *b)
{
	int order = memcmp(a->id, b->id, a->id_len < b->id_len ? a->id_len : b->id_len);

	return order ? order < 0 : a->id_len < b->id_len;
}

/* Who has to give the address up; JUDGE_NOBODY: that may be seen in different ways. */
static unsigned int loser_of(const struct judge *j, const struct judge_clash *c)
{
	const struct judge_hold *a = &j->holds[c->a], *b = &j->holds[c->b];
	usec_t apart = a->allocated_at - b->allocated_at;
	usec_t error =
		AGE_ERROR + j->lost[a->cloud] - usec_min(a->allocated_lost, b->allocated_lost);

	if (c->cause == JUDGE_FORGOTTEN)
		return JUDGE_NOBODY; /* how old its lease is, too */
	if (apart <= -(CLOSE + error))
		return c->b;
	if (apart >= CLOSE + error)
		return c->a;
	if (error < CLOSE && apart > -(CLOSE - error) && apart < CLOSE - error)
		return id_lower(a, b) ? c->b : c->a;
	return JUDGE_NOBODY;
}

void judge_clash_renewed(struct judge *j, struct judge_clash *c, const struct judge_grant *g,
			 usec_t now)
{
	unsigned int winner = c->a == g->client ? c->b : c->a;
	char ip[IP4_TEXT];

	if (!c->healed_at || loser_of(j, c) != g->client ||
	    !judge_lease_has_reached(j, winner, c->healed_at + SETTLED, g->node, now))
		return;
	judge_found(j, "%s keeps %s, which %s has had for longer, %lld s after they met",
		    judge_client_name(j, g->client), ip4_text(&g->ip, ip),
		    judge_client_name(j, winner), (long long)((now - c->healed_at) / USEC_S));
}

void judge_clash_decided(struct judge *j, struct judge_clash *c, unsigned int loser)
{
	unsigned int keeper = c->a == loser ? c->b : c->a, expected = loser_of(j, c);
	char ip[IP4_TEXT];

	if (expected != JUDGE_NOBODY && expected != loser)
		judge_found(j, "%s, whose lease goes before, lost %s to %s",
			    judge_client_name(j, loser), ip4_text(&c->ip, ip),
			    judge_client_name(j, keeper));
}

void judge_clash_lost(struct judge *j, struct judge_clash *c, unsigned int loser, usec_t now)
{
	(void)now;
	if (c->healed_at)
		j->count.settled++;
	else if (c->cause == JUDGE_FORGOTTEN)
		j->count.lost_forgotten++;
	else
		j->count.lost_apart++;
	if (c->healed_at && !j->holds[loser].condemned)
		judge_clash_decided(j, c, loser);
	clash_end(j, c);
}

void judge_heard(struct judge *j, unsigned int to, unsigned int from, usec_t now)
{
	for (struct judge_clash *c = j->clashes; j->open && c < j->clashes + JUDGE_CLASHES; c++) {
		if (!c->used || c->healed_at || j->cloud[to] != j->holds[c->a].cloud)
			continue;
		if (!(knows(j, to, c->a, &c->ip) && knows(j, from, c->b, &c->ip)) &&
		    !(knows(j, to, c->b, &c->ip) && knows(j, from, c->a, &c->ip)))
			continue;
		c->healed_at = now;
		c->from = from;
		c->to = to;
	}
}

static void too_late(struct judge *j, struct judge_clash *c, usec_t now)
{
	char ip[IP4_TEXT];

	c->noticed = true;
	judge_found(j, "that %s and %s both have %s is not noticed %lld ms after %s heard of %s",
		    judge_client_name(j, c->a), judge_client_name(j, c->b), ip4_text(&c->ip, ip),
		    (long long)((now - c->healed_at) / USEC_MS), judge_node_name(j, c->to),
		    judge_node_name(j, c->from));
}

void judge_noticed(struct judge *j, unsigned int node, usec_t now)
{
	for (struct judge_clash *c = j->clashes; j->open && c < j->clashes + JUDGE_CLASHES; c++) {
		if (!c->used || c->noticed || j->cloud[node] != j->holds[c->a].cloud ||
		    !(knows(j, node, c->a, &c->ip) || knows(j, node, c->b, &c->ip)))
			continue;
		if (!c->healed_at) {
			c->healed_at = now; /* it was a datagram that it has noticed it by */
			c->from = c->to = node;
		}
		if (now - c->healed_at > NOTICED) {
			too_late(j, c, now);
			continue;
		}
		c->noticed = true;
		j->count.noticed++;
		j->count.notice_max = usec_max(j->count.notice_max, now - c->healed_at);
	}
}

/* It cannot be noticed by a node that hears nothing more. */
static bool goes_on(const struct judge *j, const struct judge_clash *c)
{
	return j->world.is_alive(j->world.ctx, c->from) && j->world.is_alive(j->world.ctx, c->to) &&
	       j->world.joined(j->world.ctx, c->from, c->to) != USEC_NEVER;
}

void judge_clash_tick(struct judge *j, usec_t now)
{
	for (struct judge_clash *c = j->clashes; j->open && c < j->clashes + JUDGE_CLASHES; c++) {
		if (!c->used || !c->healed_at || c->noticed || now - c->healed_at <= NOTICED)
			continue;
		if (goes_on(j, c))
			too_late(j, c, now);
		else
			c->healed_at = 0;
	}
}
