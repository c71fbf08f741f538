/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses: who has them, who gets them, who loses them. */
#include <stdlib.h>
#include <string.h>

#include "sim/judge_internal.h"

#define REACH (2 * USEC_S) /* of what is told, over any hops */
#define JOIN (5 * USEC_S)  /* of what was known before, to who joins */
#define TENTH (100 * USEC_MS)
#define HELD (48 * 3600 * USEC_S)
#define HELD_EARLY (60 * USEC_S) /* clocks that differ by so much in that time */
#define SILENT (26 * 3600 * USEC_S)
#define HURRY (2 * USEC_S) /* from a claim to the first address */
#define HURRY_EARLY (10 * USEC_MS)
#define OFFER_LIFE (60 * USEC_S) /* the same one is offered again within it */
#define IDLE_CLOSE (10 * USEC_S)
#define QUARANTINE (3600 * USEC_S)
#define QUARANTINE_EARLY (10 * USEC_S)
#define DECLINES_MAX 32	      /* of one node: after so many it may not remember all */
#define BOOT (10 * USEC_S)    /* a node that has been up for so long has its bearings */
#define CONTACT (30 * USEC_S) /* by then everybody at a node has been answered */

struct judge *judge_new(const struct judge_setup *setup)
{
	struct judge *j = calloc(1, sizeof(*j));
	struct hash_key key = { 0x6a75646765, 0 };

	if (!j)
		return NULL;
	j->world = setup->world;
	j->nodes = setup->nodes;
	j->clients = setup->clients;
	for (unsigned int i = 0; i < setup->nodes; i++)
		j->cloud[i] = setup->clouds[i];
	if (table_init(&j->addresses, sizeof(struct judge_address), sizeof(struct judge_place),
		       JUDGE_ADDRESSES, key) < 0 ||
	    table_init(&j->claims, sizeof(struct judge_claim), sizeof(struct judge_claim_key),
		       JUDGE_CLAIMS, key) < 0) {
		judge_free(j);
		return NULL;
	}
	return j;
}

void judge_free(struct judge *j)
{
	if (!j)
		return;
	table_done(&j->addresses);
	table_done(&j->claims);
	free(j);
}

const struct judge_count *judge_count(const struct judge *j)
{
	return &j->count;
}

void judge_client(struct judge *j, unsigned int client, const uint8_t *id, size_t len)
{
	struct judge_hold *h = &j->holds[client];

	h->id_len = len < JUDGE_ID_MAX ? len : JUDGE_ID_MAX;
	memcpy(h->id, id, h->id_len);
}

void judge_found(struct judge *j, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	j->world.violation(j->world.ctx, fmt, ap);
	va_end(ap);
}

const char *judge_node_name(const struct judge *j, unsigned int node)
{
	return node < j->nodes ? j->world.node_name(j->world.ctx, node) : "nobody";
}

const char *judge_client_name(const struct judge *j, unsigned int client)
{
	return j->world.client_name(j->world.ctx, client);
}

bool judge_has_reached(const struct judge *j, unsigned int from, usec_t since, unsigned int to,
		       usec_t now)
{
	usec_t joined;

	if (!j->world.is_alive(j->world.ctx, from))
		return false;
	if (from == to)
		return true;
	joined = j->world.joined(j->world.ctx, from, to);
	return joined != USEC_NEVER && usec_max(joined + JOIN, since + REACH) <= now;
}

uint32_t judge_tenths(usec_t now)
{
	return (uint32_t)(now / TENTH) + 1;
}

bool judge_lease_has_reached(const struct judge *j, unsigned int client, usec_t since,
			     unsigned int to, usec_t now)
{
	const struct judge_hold *h = &j->holds[client];

	for (unsigned int i = 0; i < j->nodes; i++)
		if (h->known_at[i] &&
		    judge_has_reached(j, i, usec_max(since, h->known_at[i] * TENTH), to, now))
			return true;
	return false;
}

static bool is_known(const struct judge *j, unsigned int client)
{
	const struct judge_hold *h = &j->holds[client];

	for (unsigned int i = 0; i < j->nodes; i++)
		if (h->known_at[i])
			return true;
	return false;
}

static bool knows(const struct judge *j, unsigned int node, unsigned int client,
		  const struct ip4 *ip)
{
	return j->world.is_alive(j->world.ctx, node) &&
	       j->world.knows(j->world.ctx, node, client, ip);
}

/* ---- who has what ---- */

/* NULL: nobody ever had it. */
static struct judge_address *address_find(const struct judge *j, unsigned int cloud,
					  const struct ip4 *ip)
{
	struct judge_place place = { .cloud = (uint16_t)cloud, .ip = *ip };

	return table_find(&j->addresses, &place);
}

/* NULL: there are too many. */
static struct judge_address *address_get(struct judge *j, unsigned int cloud, const struct ip4 *ip)
{
	struct judge_place place = { .cloud = (uint16_t)cloud, .ip = *ip };
	struct judge_address *a = table_find(&j->addresses, &place);

	if (!a)
		a = table_add(&j->addresses, &place);
	if (!a)
		judge_found(j, "more than %d addresses are in use", JUDGE_ADDRESSES);
	return a;
}

static bool has(const struct judge_hold *h, const struct ip4 *ip)
{
	return !ip4_is_zero(&h->ip) && ip4_eq(&h->ip, ip);
}

static void address_leave(struct judge *j, struct judge_address *a, unsigned int client, usec_t now)
{
	const struct judge_hold *h = &j->holds[client];
	unsigned int *link = &a->first;

	while (*link && *link != client + 1)
		link = &j->holds[*link - 1].next;
	if (*link)
		*link = h->next;
	a->freed_at = now;
	a->freed_lost = j->lost[h->cloud];
	memset(a->used_by, 0, sizeof(a->used_by));
	for (unsigned int i = 0; i < j->nodes; i++)
		if (h->known_at[i])
			a->used_by[i / 64] |= (uint64_t)1 << i % 64;
}

static void hold_end(struct judge *j, unsigned int client, usec_t now)
{
	struct judge_hold *h = &j->holds[client];
	struct judge_address *a = address_find(j, h->cloud, &h->ip);

	judge_clash_over(j, client);
	if (a)
		address_leave(j, a, client, now);
	h->next = 0;
	h->ip = (struct ip4) { { 0 } };
	h->forgotten = h->dark = h->condemned = false;
	memset(h->known_at, 0, sizeof(h->known_at));
}

static bool is_of_node(const struct judge *j, const struct judge_hold *h)
{
	const struct judge_address *a = address_find(j, h->cloud, &h->ip);

	return a && a->is_nodes;
}

/* So long ago by any clock of the cloud, at most. */
static usec_t silence(const struct judge *j, const struct judge_hold *h, usec_t now)
{
	return now - h->refreshed_at + j->lost[h->cloud] - h->refreshed_lost;
}

static bool is_lapsed(const struct judge *j, const struct judge_hold *h, usec_t now)
{
	return silence(j, h, now) >= HELD - HELD_EARLY;
}

/* ---- an address is given ---- */

/* Another client has it; who gives it now cannot know that. */
static bool is_excused(const struct judge *j, const struct judge_grant *g, unsigned int other,
		       usec_t now, enum judge_cause *ret)
{
	const struct judge_hold *o = &j->holds[other];

	*ret = JUDGE_FORGOTTEN;
	if (knows(j, g->node, other, &g->ip) || judge_lease_has_reached(j, other, 0, g->node, now))
		return false;
	if (!is_known(j, other))
		return o->forgotten;
	if (o->owner == g->owner)
		return o->owner != JUDGE_NOBODY && j->boots[o->owner] != o->owner_boots;
	*ret = judge_claim_cause(j, o->owner, g->owner, g->block);
	return true;
}

static void given_twice(struct judge *j, const struct judge_grant *g, unsigned int other,
			usec_t now)
{
	const struct judge_hold *o = &j->holds[other];
	enum judge_cause cause;
	char ip[IP4_TEXT];

	if (is_lapsed(j, o, now)) {
		j->count.lapsed++;
		hold_end(j, other, now);
	} else if (o->condemned) {
		hold_end(j, other, now); /* it will hear of it */
	} else if (silence(j, o, now) >= SILENT && g->free == 0) {
		j->count.reused++;
		hold_end(j, other, now);
	} else if (is_excused(j, g, other, now, &cause)) {
		j->count.clashes[cause]++;
		judge_clash_add(j, other, g->client, cause);
	} else {
		judge_found(j, "%s and %s both have %s, of %s and %s", judge_client_name(j, other),
			    judge_client_name(j, g->client), ip4_text(&g->ip, ip),
			    judge_node_name(j, o->node), judge_node_name(j, g->node));
	}
}

/* It was declined at a node that still has to remember. */
static void check_declined(struct judge *j, const struct judge_grant *g,
			   const struct judge_address *a, usec_t now)
{
	unsigned int by = a->declined_by;
	usec_t ago = now - a->declined_at + j->lost[j->cloud[g->node]] - a->declined_lost;
	char ip[IP4_TEXT];

	if (!a->declined_at || ago >= QUARANTINE - QUARANTINE_EARLY ||
	    j->boots[by] != a->declined_boots || j->declines[by] > DECLINES_MAX ||
	    !judge_has_reached(j, by, a->declined_at, g->node, now))
		return;
	judge_found(j, "%s gives %s, which was declined at %s %lld s ago",
		    judge_node_name(j, g->node), ip4_text(&g->ip, ip), judge_node_name(j, by),
		    (long long)(ago / USEC_S));
}

static void check_hurry(struct judge *j, const struct judge_grant *g, usec_t now)
{
	const struct judge_claim *c = judge_claim_find(j, g->node, g->block);
	char ip[IP4_TEXT];

	if (g->owner == g->node && c && now - c->claimed_at < HURRY - HURRY_EARLY)
		judge_found(j, "%s gives %s out of a block that it claimed %lld ms ago",
			    judge_node_name(j, g->node), ip4_text(&g->ip, ip),
			    (long long)((now - c->claimed_at) / USEC_MS));
}

static void allocated(struct judge *j, const struct judge_grant *g, usec_t now)
{
	struct judge_hold *h = &j->holds[g->client];
	unsigned int cloud = j->cloud[g->node];
	struct judge_address *a = address_get(j, cloud, &g->ip);

	j->count.allocations++;
	if (!a)
		return;
	check_declined(j, g, a, now);
	check_hurry(j, g, now);
	for (unsigned int c = a->first; c;) {
		unsigned int other = c - 1;

		c = j->holds[other].next;
		given_twice(j, g, other, now);
	}
	h->ip = g->ip;
	h->cloud = cloud;
	h->next = a->first;
	h->owner = g->owner;
	h->owner_boots = g->owner < j->nodes ? j->boots[g->owner] : 0;
	h->allocated_lost = h->refreshed_lost = j->lost[cloud];
	h->refreshed_at = now;
	/* what had been given back may stand in the records all the same */
	for (unsigned int i = 0; i < j->nodes; i++)
		if (j->cloud[i] == cloud && knows(j, i, g->client, &g->ip))
			h->known_at[i] = judge_tenths(now);
	a->first = g->client + 1;
	a->had[g->client / 64] |= (uint64_t)1 << g->client % 64;
}

/* It has been declined: who gave it since had not heard of that. */
static bool is_declined(const struct judge *j, const struct judge_hold *h, usec_t now)
{
	const struct judge_address *a = address_find(j, h->cloud, &h->ip);

	return a && a->declined_at && now - a->declined_at < QUARANTINE;
}

/* A client does not have its address any more, by that node. True: and it should. */
static bool is_wrong_loss(struct judge *j, unsigned int node, unsigned int client, usec_t now)
{
	const struct judge_hold *h = &j->holds[client];
	struct judge_clash *clash = judge_clash_of(j, client);

	if (clash)
		judge_clash_lost(j, clash, client, now);
	else if (is_lapsed(j, h, now))
		j->count.lapsed++;
	else if (is_of_node(j, h))
		j->count.lost_to_nodes++;
	else if (h->condemned || is_declined(j, h, now))
		j->count.lost_apart++; /* to one that was there before they met */
	else if (h->forgotten)
		j->count.lost_forgotten++;
	else if (is_known(j, client) && !judge_lease_has_reached(j, client, 0, node, now))
		j->count.lost_apart++;
	else
		return true;
	return false;
}

/* A client has another address now than before, which was its own. */
static void replaced(struct judge *j, const struct judge_grant *g, usec_t now)
{
	const struct judge_hold *h = &j->holds[g->client];
	char was[IP4_TEXT], ip[IP4_TEXT];

	if (is_wrong_loss(j, g->node, g->client, now))
		judge_found(j, "%s lost its address %s of %s and has %s of %s",
			    judge_client_name(j, g->client), ip4_text(&h->ip, was),
			    judge_node_name(j, h->node), ip4_text(&g->ip, ip),
			    judge_node_name(j, g->node));
	hold_end(j, g->client, now);
}

static void renewed(struct judge *j, const struct judge_grant *g, usec_t now)
{
	struct judge_clash *clash = judge_clash_of(j, g->client);

	j->count.renewals++;
	if (clash)
		judge_clash_renewed(j, clash, g, now);
}

void judge_granted(struct judge *j, const struct judge_grant *g, usec_t now)
{
	struct judge_hold *h = &j->holds[g->client];
	bool is_renewal = has(h, &g->ip);

	if (!ip4_is_zero(&h->ip) && !is_renewal)
		replaced(j, g, now);
	if (is_renewal)
		renewed(j, g, now);
	else
		allocated(j, g, now);
	if (!h->known_at[g->node])
		h->known_at[g->node] = judge_tenths(now);
	h->node = g->node;
	h->forgotten = h->dark = h->condemned = false;
	h->allocated_at = now - g->age_s * USEC_S;
}

void judge_offered(struct judge *j, const struct judge_offer *o, usec_t now)
{
	struct judge_hold *h = &j->holds[o->client];
	unsigned int cloud = j->cloud[o->node];
	const struct judge_address *a = address_find(j, cloud, &o->ip);
	const struct judge_claim *claim = judge_claim_find(j, o->node, o->block);
	bool is_repeated = ip4_eq(&h->offered, &o->ip) && now - h->offered_at < OFFER_LIFE;
	usec_t known_from = claim ? usec_max(j->booted_at[o->node], claim->claimed_at) : now;
	char ip[IP4_TEXT];
	usec_t idle;

	h->offered = o->ip;
	h->offered_at = now;
	/* its own, or one that the node does not know to have been used */
	if (is_repeated || !a || a->freed_at <= known_from ||
	    !(a->used_by[o->node / 64] >> o->node % 64 & 1) ||
	    a->had[o->client / 64] >> o->client % 64 & 1)
		return;
	idle = now - a->freed_at + j->lost[cloud] - a->freed_lost;
	if (o->other_idle == USEC_NEVER)
		judge_found(j, "%s gives %s, which was used, while it has one that never was",
			    judge_node_name(j, o->node), ip4_text(&o->ip, ip));
	else if (o->other_idle > idle + IDLE_CLOSE)
		judge_found(j, "%s gives %s, which was free for %lld s, while another was for %lld",
			    judge_node_name(j, o->node), ip4_text(&o->ip, ip),
			    (long long)(idle / USEC_S), (long long)(o->other_idle / USEC_S));
}

/* ---- an address is taken away, or given back ---- */

static bool is_alone(const struct judge *j, unsigned int client)
{
	const struct judge_hold *h = &j->holds[client];
	const struct judge_address *a = address_find(j, h->cloud, &h->ip);

	return a && a->first == client + 1 && !h->next;
}

/* Nobody could know of its lease any more. After a power cut of all the client is believed. */
static bool is_believed(const struct judge *j, unsigned int node, unsigned int client, usec_t now)
{
	const struct judge_hold *h = &j->holds[client];
	unsigned int owner = h->owner < j->nodes ? h->owner : node;
	usec_t up = usec_max(j->booted_at[owner], j->booted_at[node]) + BOOT;

	return h->dark && is_alone(j, client) && !is_of_node(j, h) &&
	       j->disk_lost_at[h->cloud] < h->allocated_at && up < now &&
	       judge_has_reached(j, owner, up, node, now);
}

void judge_refused(struct judge *j, unsigned int node, unsigned int client, const struct ip4 *ip,
		   usec_t now)
{
	const struct judge_hold *h = &j->holds[client];
	char text[IP4_TEXT];

	if (!has(h, ip))
		return;
	if (is_wrong_loss(j, node, client, now))
		judge_found(j, "%s lost its address %s of %s to a NAK of %s",
			    judge_client_name(j, client), ip4_text(ip, text),
			    judge_node_name(j, h->node), judge_node_name(j, node));
	else if (is_believed(j, node, client, now))
		judge_found(j, "after the power cut %s refuses %s its old free address %s",
			    judge_node_name(j, node), judge_client_name(j, client),
			    ip4_text(ip, text));
	hold_end(j, client, now);
}

void judge_released(struct judge *j, unsigned int node, unsigned int client, const struct ip4 *ip,
		    usec_t now)
{
	(void)node;
	if (!has(&j->holds[client], ip))
		return;
	j->count.releases++;
	hold_end(j, client, now);
}

void judge_declined(struct judge *j, unsigned int node, unsigned int client, const struct ip4 *ip,
		    usec_t now)
{
	unsigned int cloud = j->cloud[node];
	struct judge_address *a = address_find(j, cloud, ip);

	if (!a || !has(&j->holds[client], ip))
		return;
	j->count.declines++;
	j->declines[node]++;
	hold_end(j, client, now);
	a->declined_at = now;
	a->declined_lost = j->lost[cloud];
	a->declined_by = node;
	a->declined_boots = j->boots[node];
}

void judge_refreshed(struct judge *j, unsigned int client, usec_t now)
{
	struct judge_hold *h = &j->holds[client];

	h->refreshed_at = now;
	h->refreshed_lost = j->lost[h->cloud];
}

void judge_expired(struct judge *j, unsigned int node, unsigned int client, usec_t contact,
		   usec_t now)
{
	(void)now;
	if (contact >= CONTACT)
		judge_found(j, "%s was at %s for %lld s and not answered, and its lease is over",
			    judge_client_name(j, client), judge_node_name(j, node),
			    (long long)(contact / USEC_S));
}

void judge_roamed(struct judge *j)
{
	j->count.roams++;
}

/* ---- nodes ---- */

void judge_record_changed(struct judge *j, unsigned int node, unsigned int client, usec_t now)
{
	struct judge_hold *h = &j->holds[client];

	if (ip4_is_zero(&h->ip) || h->cloud != j->cloud[node])
		return;
	if (!knows(j, node, client, &h->ip)) {
		h->known_at[node] = 0;
		return;
	}
	if (!h->known_at[node])
		h->known_at[node] = judge_tenths(now);
	h->forgotten = h->dark = false; /* it was on a disk */
}

void judge_condemned(struct judge *j, unsigned int client, const struct ip4 *ip, usec_t now)
{
	struct judge_hold *h = &j->holds[client];
	struct judge_clash *clash = judge_clash_of(j, client);

	(void)now;
	if (!has(h, ip) || h->condemned)
		return;
	if (clash)
		judge_clash_decided(j, clash, client);
	h->condemned = true;
}

/* Of a node that is about to lose its power: could any other one know what only it knows? */
static void check_alone(struct judge *j, unsigned int node, unsigned int client, usec_t since,
			usec_t now)
{
	const struct judge_hold *h = &j->holds[client];
	char ip[IP4_TEXT];

	if (!knows(j, node, client, &h->ip) || judge_clash_of(j, client))
		return;
	for (unsigned int i = 0; i < j->nodes; i++) {
		if (i == node || j->cloud[i] != h->cloud || !j->world.is_alive(j->world.ctx, i) ||
		    !judge_has_reached(j, node, since, i, now))
			continue;
		judge_found(j, "only %s, which loses its power, and not %s knows that %s has %s",
			    judge_node_name(j, node), judge_node_name(j, i),
			    judge_client_name(j, client), ip4_text(&h->ip, ip));
		return;
	}
}

/* What this node knew of the client's lease goes with it. */
static void forget(struct judge *j, unsigned int node, unsigned int client, usec_t now)
{
	struct judge_hold *h = &j->holds[client];
	usec_t since = h->known_at[node] * TENTH;

	if (!h->known_at[node])
		return;
	h->known_at[node] = 0;
	if (is_known(j, client))
		return;
	h->forgotten = true;
	check_alone(j, node, client, since, now);
}

static bool is_last(const struct judge *j, unsigned int node)
{
	for (unsigned int i = 0; i < j->nodes; i++)
		if (i != node && j->cloud[i] == j->cloud[node] &&
		    j->world.is_alive(j->world.ctx, i))
			return false;
	return true;
}

void judge_crashed(struct judge *j, unsigned int node, usec_t now)
{
	bool dark = is_last(j, node);

	for (unsigned int c = 0; c < j->clients; c++) {
		struct judge_hold *h = &j->holds[c];

		if (ip4_is_zero(&h->ip) || h->cloud != j->cloud[node])
			continue;
		forget(j, node, c, now);
		h->dark = h->dark || (dark && h->forgotten);
	}
	j->gone_at[node] = now;
}

void judge_booted(struct judge *j, unsigned int node, bool empty, usec_t now)
{
	unsigned int cloud = j->cloud[node];

	if (empty && j->boots[node])
		j->disk_lost_at[cloud] = now;
	if (j->boots[node])
		judge_lost_time(j, node, now - j->gone_at[node]);
	j->boots[node]++;
	j->booted_at[node] = now;
	judge_claim_boot(j, node);
}

void judge_node_has(struct judge *j, unsigned int node, const struct ip4 *ip)
{
	struct judge_address *a = address_get(j, j->cloud[node], ip);

	if (a)
		a->is_nodes = true;
}

void judge_lost_time(struct judge *j, unsigned int node, usec_t lost)
{
	j->lost[j->cloud[node]] += lost;
}

void judge_tick(struct judge *j, usec_t now)
{
	judge_clash_tick(j, now);
	judge_claim_tick(j, now);
}
