/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the judge of leases is told: read from DHCP between nodes and clients, from changes of
 * records, from what the state core counts, and, where the judge asks, from the nodes' books.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/table.h"
#include "packet/dhcp.h"
#include "packet/eth.h"
#include "packet/udp.h"
#include "sim/contact.h"
#include "sim/judge.h"
#include "sim/world.h"

#define GLANCE 0x676c616e6365

/* A client by its MAC. */
struct witness_mac {
	struct mac mac; /* key */
	uint16_t host;
};

/* -1: it is nobody's here. */
static int host_find(const struct world *w, const struct mac *mac)
{
	const struct witness_mac *m = table_find(w->macs, mac);

	return m ? m->host : -1;
}

struct witness_id {
	struct state_node id; /* key */
	uint16_t node;
};

static unsigned int node_find(const struct world *w, const uint8_t id[static 8])
{
	const struct witness_id *m = table_find(w->ids, id);

	return m ? m->node : JUDGE_NOBODY;
}

/* ---- what the judge asks ---- */

static bool is_alive(void *ctx, unsigned int node)
{
	const struct world *w = ctx;

	return w->nodes[node].alive;
}

static bool knows(void *ctx, unsigned int node, unsigned int client, const struct ip4 *ip)
{
	const struct world *w = ctx;
	const struct sim_node *k = &w->nodes[node];
	struct lease_view v;

	return lease_find(node_lease(k->node), &w->hosts[client].mac, life_clock(k), &v) &&
	       ip4_eq(&v.client.ip4, ip);
}

static usec_t joined(void *ctx, unsigned int from, unsigned int to)
{
	const struct world *w = ctx;

	return contact_since(w->contacts, from, to, w->now);
}

static bool met(void *ctx, unsigned int node, unsigned int other)
{
	const struct world *w = ctx;

	return contact_met(w->contacts, node, other);
}

static const char *node_name(void *ctx, unsigned int node)
{
	const struct world *w = ctx;

	return w->plan->nodes[node].name;
}

static const char *client_name(void *ctx, unsigned int client)
{
	const struct world *w = ctx;

	return w->plan->hosts[client].name;
}

static void __attribute__((format(printf, 2, 0))) violation(void *ctx, const char *fmt, va_list ap)
{
	world_vviolation(ctx, fmt, ap);
}

/* ---- DHCP ---- */

static bool dhcp_open(const uint8_t *frame, size_t len, uint16_t port, struct dhcp_msg *ret,
		      struct mac *ret_from)
{
	struct rd r = rd_init(frame, len), payload, data;
	struct ip4_head ip;
	struct udp_head udp;
	struct eth e;

	if (eth_decode(&r, &e) || e.type != ETH_TYPE_IP4 || ip4_decode(&r, &ip, &payload) ||
	    ip.proto != IP_PROTO_UDP || udp4_decode(&payload, &ip, &udp, &data))
		return false;
	*ret_from = e.src;
	return udp.dst_port == port && !dhcp_decode(&data, ret);
}

static uint32_t block_of(const struct lease *l, const struct ip4 *ip)
{
	return (ip4_u32(ip) - ip4_u32(&l->pool.net.addr)) / POOL_BLOCK;
}

static void granted(struct sim_node *k, unsigned int host, const struct ip4 *ip)
{
	const struct world *w = k->world;
	const struct lease *l = node_lease(k->node);
	struct judge_grant g = { .node = k->index,
				 .client = host,
				 .ip = *ip,
				 .block = block_of(l, ip),
				 .owner = JUDGE_NOBODY,
				 .free = pool_count(&l->pool).free };
	const struct pool_claim *claim = table_find(&l->pool.claims, &g.block);
	struct lease_view v;

	if (claim)
		g.owner = node_find(w, claim->block.owner.b);
	if (lease_find(l, &w->hosts[host].mac, life_clock(k), &v))
		g.age_s = v.client.age_s;
	judge_granted(w->judge, &g, w->now);
}

/* A free address of the node by chance; false: at a glance there was none. */
static bool glance(struct sim_node *k, usec_t *ret_idle)
{
	const struct lease *l = node_lease(k->node);
	struct rng *rng = &k->world->glances;
	uint32_t cursor = l->pool.own.high ? rng_below(rng, l->pool.own.high) : 0;
	const struct pool_own *o = table_next(&l->pool.own, &cursor);
	uint32_t i = rng_below(rng, POOL_BLOCK);

	if (!o || o->state != POOL_READY ||
	    (o->held | o->excluded | o->offered | o->resting) >> i & 1)
		return false;
	*ret_idle = o->freed[i] ? life_clock(k) - o->freed[i] : USEC_NEVER;
	return true;
}

static void offered(struct sim_node *k, unsigned int host, const struct ip4 *ip)
{
	const struct lease *l = node_lease(k->node);
	struct judge_offer o = {
		.node = k->index, .client = host, .ip = *ip, .block = block_of(l, ip)
	};

	if (table_find(&l->pool.own, &o.block) && glance(k, &o.other_idle))
		judge_offered(k->world->judge, &o, k->world->now);
}

void witness_answer(struct sim_node *k, const uint8_t *frame, size_t len)
{
	struct world *w = k->world;
	struct dhcp_msg m;
	struct mac from;
	int host;

	if (!dhcp_open(frame, len, DHCP_CLIENT_PORT, &m, &from))
		return;
	host = host_find(w, &m.chaddr);
	if (host < 0)
		return;
	if (m.type == DHCP_OFFER)
		offered(k, (unsigned int)host, &m.yiaddr);
	else if (m.type == DHCP_ACK && !ip4_is_zero(&m.yiaddr))
		granted(k, (unsigned int)host, &m.yiaddr);
	else if (m.type == DHCP_NAK)
		judge_refused(w->judge, k->index, (unsigned int)host, &w->hosts[host].asked,
			      w->now);
}

/* The address cannot be given for a while, by that node's book. */
static bool is_declined(const struct sim_node *k, const struct ip4 *ip)
{
	struct mac mac = lease_decline_mac(ip);
	struct lease_view v;

	return lease_find(node_lease(k->node), &mac, life_clock(k), &v);
}

/* A node may not listen to a message: the judge is told of what has come of it. */
static void given_back(struct sim_node *k, unsigned int host, const struct dhcp_msg *m)
{
	struct world *w = k->world;
	const struct ip4 *ip = m->type == DHCP_RELEASE ? &m->ciaddr : &m->requested;

	if (knows(w, k->index, host, ip))
		return;
	if (m->type == DHCP_DECLINE && is_declined(k, ip))
		judge_declined(w->judge, k->index, host, ip, w->now);
	else
		judge_released(w->judge, k->index, host, ip, w->now);
}

void witness_request(struct sim_node *k, const struct event *e)
{
	struct world *w = k->world;
	struct dhcp_msg m = { .type = 0 };
	bool was_known = false;
	struct mac from;
	int host = -1;

	if (dhcp_open(e->frame.data, e->frame.len, DHCP_SERVER_PORT, &m, &from) &&
	    mac_eq(&from, &m.chaddr))
		host = host_find(w, &m.chaddr);
	if (host >= 0 && m.type == DHCP_REQUEST)
		w->hosts[host].asked = ip4_is_zero(&m.requested) ? m.ciaddr : m.requested;
	if (host >= 0 && m.type == DHCP_RELEASE)
		was_known = knows(w, k->index, (unsigned int)host, &m.ciaddr);
	if (host >= 0 && m.type == DHCP_DECLINE)
		was_known = knows(w, k->index, (unsigned int)host, &m.requested);
	kernel_event(k, e);
	if (was_known)
		given_back(k, (unsigned int)host, &m);
}

void witness_notice(struct sim_node *k, const struct effect_notice *n)
{
	struct world *w = k->world;
	int host = n->notice == NOTICE_LEASE_CLASH ? host_find(w, &n->mac) : -1;

	if (host >= 0)
		judge_condemned(w->judge, (unsigned int)host, &n->ip4, w->now);
}

void witness_expired(const struct sim_host *h)
{
	const struct world *w = h->world;
	const struct sim_node *k = &w->nodes[h->at];

	if (life_runs(k))
		judge_expired(w->judge, k->index, h->index,
			      w->now - usec_max(h->moved_at, k->runs_since), w->now);
}

void witness_roamed(const struct sim_host *h)
{
	judge_roamed(h->world->judge);
}

/* ---- records ---- */

static void claim_record(struct sim_node *k, const struct state_event *e)
{
	struct world *w = k->world;
	struct rd id = rd_init(e->key.id, e->key.len);
	uint32_t block = rd_u32(&id);
	unsigned int owner = node_find(w, e->author.b);

	if (owner == JUDGE_NOBODY)
		return;
	if (e->change == STATE_IS_SET)
		judge_claim_known(w->judge, k->index, owner, block, e->local, w->now);
	else
		judge_claim_gone(w->judge, k->index, owner, block, w->now);
}

static void client_record(struct sim_node *k, const struct state_event *e)
{
	struct rd id = rd_init(e->key.id, e->key.len);
	struct mac mac = rd_mac(&id);
	int host = host_find(k->world, &mac);

	if (host < 0)
		return;
	judge_record_changed(k->world->judge, k->index, (unsigned int)host, k->world->now);
	if (e->local && e->change == STATE_IS_SET)
		judge_refreshed(k->world->judge, (unsigned int)host, k->world->now);
}

void witness_record(struct sim_node *k, const struct state_event *e)
{
	const struct node_record_type *t;
	size_t i = 0;

	while ((t = node_record_type_at(i)) && t->type != e->key.type)
		i++;
	if (k->world->spread)
		spread_seen(k, e);
	if (t && !strcmp(t->name, "block"))
		claim_record(k, e);
	else if (t && !strcmp(t->name, "client"))
		client_record(k, e);
}

/* ---- nodes ---- */

static void contacts_look(struct sim_node *k)
{
	const struct state *s = node_state(k->node);
	struct world *w = k->world;
	struct state_peer_view v;

	for (uint32_t i = 0; state_peer_next(s, &i, &v);) {
		unsigned int other = node_find(w, v.id.b);

		if (other == JUDGE_NOBODY || !(v.scopes & STATE_SCOPE_BIT(STATE_CLOUD)))
			continue;
		contact_sent(w->contacts, k->index, other, v.sent_bytes, w->now);
		if (contact_received(w->contacts, other, k->index, v.received_bytes, w->now))
			judge_heard(w->judge, k->index, other, w->now);
	}
}

void witness_look(struct sim_node *k)
{
	const struct state *s = node_state(k->node);
	uint64_t sent = state_counter(s, STATE_C_SENT);
	uint64_t received = state_counter(s, STATE_C_RECEIVED);
	uint64_t clashes = node_lease(k->node)->counters[LEASE_COUNT_ADDRESS_CLASH];

	if (sent != k->seen.sent || received != k->seen.received)
		contacts_look(k);
	if (clashes != k->seen.clashes)
		judge_noticed(k->world->judge, k->index, k->world->now);
	k->seen = (struct node_seen) { sent, received, clashes };
}

void witness_boot(struct sim_node *k, bool was_empty)
{
	struct world *w = k->world;

	k->seen = (struct node_seen) { 0 };
	contact_down(w->contacts, k->index); /* of what was on its way when it went */
	if (was_empty)
		contact_forget(w->contacts, k->index);
	judge_booted(w->judge, k->index, k->disk_failed, w->now);
	judge_node_has(w->judge, k->index, &node_cloud(k->node)->node4);
	k->disk_failed = false;
}

void witness_crash(struct sim_node *k)
{
	judge_crashed(k->world->judge, k->index, k->world->now);
	contact_down(k->world->contacts, k->index);
}

void witness_stood(struct sim_node *k, usec_t lost)
{
	judge_lost_time(k->world->judge, k->index, lost);
}

/* ---- life ---- */

static void clients_name(struct world *w)
{
	for (unsigned int i = 0; i < w->plan->host_count; i++) {
		uint8_t id[HOST_ID_MAX];
		struct witness_mac *m = table_add(w->macs, &w->hosts[i].mac);

		if (!m)
			abort();
		m->host = (uint16_t)i;
		judge_client(w->judge, i, id, host_identifier(&w->hosts[i], id));
	}
}

/* The beginning of its key. */
static void nodes_name(struct world *w)
{
	for (unsigned int i = 0; i < w->plan->node_count; i++) {
		struct witness_id *m = table_add(w->ids, w->nodes[i].keys.crypto.public_key);

		if (!m)
			abort();
		m->node = (uint16_t)i;
	}
}

void witness_init(struct world *w)
{
	struct hash_key key = { 0x7769746e657373, 0 };
	unsigned int clouds[PLAN_NODES];
	struct judge_setup s = { .nodes = w->plan->node_count,
				 .clients = w->plan->host_count,
				 .clouds = clouds };

	s.world = (struct judge_world) { .ctx = w,
					 .is_alive = is_alive,
					 .knows = knows,
					 .joined = joined,
					 .met = met,
					 .node_name = node_name,
					 .client_name = client_name,
					 .violation = violation };
	for (unsigned int i = 0; i < w->plan->node_count; i++)
		clouds[i] = w->nodes[i].cloud;
	w->glances = rng_init(w->setup.seed ^ GLANCE);
	w->judge = judge_new(&s);
	w->contacts = calloc(1, sizeof(*w->contacts));
	w->macs = calloc(1, sizeof(*w->macs));
	w->ids = calloc(1, sizeof(*w->ids));
	if (!w->judge || !w->contacts || !w->macs || !w->ids ||
	    table_init(w->macs, sizeof(struct witness_mac), sizeof(struct mac),
		       w->plan->host_count + 1, key) < 0 ||
	    table_init(w->ids, sizeof(struct witness_id), sizeof(struct state_node),
		       w->plan->node_count + 1, key) < 0)
		abort();
	w->contacts->nodes = w->plan->node_count;
	clients_name(w);
	nodes_name(w);
}

void witness_done(struct world *w)
{
	judge_free(w->judge);
	free(w->contacts);
	table_done(w->macs);
	table_done(w->ids);
	free(w->macs);
	free(w->ids);
}
