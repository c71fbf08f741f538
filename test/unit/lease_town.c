/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lease_town.h"
#include "packet/eth.h"
#include "packet/udp.h"

const struct lease_conf TOWN_CONF = {
	.network = { { { 10, 13, 0, 0 } }, 16 },
	.anycast = { { 10, 13, 0, 1 } },
	.anycast_mac = { { 0xaa, 0xaa, 0xaa, 0x0d, 0xfe, 0xaa } },
	.mtu = 1350,
	.domain = "thisnode.info",
	.search = { "thisnode.info", "lan" },
};

struct known {
	struct mac mac;
	struct town_version version;
};

static struct lease_node node_id(int node)
{
	return (struct lease_node) { { 1, 2, 3, 4, 5, 6, 7, (uint8_t)(10 + node) } };
}

/* As node tells it from the records: the claims of nodes that are gone stay. */
static uint32_t quiet_s(void *ctx, const struct lease_block *b)
{
	const struct town *t = ctx;
	const struct town_node *n = &t->node[b->owner.b[7] - 10];

	return n->up ? 0 : (uint32_t)((t->now - n->silent_since) / USEC_S);
}

static void near_set(struct town *t, int node)
{
	struct lease_node near[TOWN_NODES_MAX];
	unsigned n = 0;

	for (int i = 0; i < t->nodes; i++)
		if (i != node)
			near[n++] = node_id(i);
	lease_near(&t->node[node].lease, near, n);
}

static void node_start(struct town *t, int node, const struct lease_conf *conf)
{
	struct town_node *n = &t->node[node];
	struct lease_setup setup = { .self = node_id(node),
				     .rng = rng_init(rng_u64(&t->rng)),
				     .limits = { .clients = TOWN_CLIENTS_MAX + 64, .blocks = 8192 },
				     .out_buf = n->out,
				     .out_cap = sizeof(n->out),
				     .quiet_s = quiet_s,
				     .quiet_ctx = t };
	struct hash_key key = { 1, 2 };

	assert_int_equal(lease_init(&n->lease, conf, &setup, t->now), 0);
	assert_int_equal(table_init(&n->versions, sizeof(struct known), sizeof(struct mac),
				    TOWN_CLIENTS_MAX + 64, key),
			 0);
	n->up = true;
	near_set(t, node);
}

void town_start(struct town *t, int nodes, const struct lease_conf *conf, uint64_t seed)
{
	memset(t, 0, sizeof(*t));
	t->rng = rng_init(seed);
	t->nodes = nodes;
	t->now = 1000 * USEC_S;
	for (int i = 0; i < nodes; i++) {
		node_start(t, i, conf);
		lease_peers(&t->node[i].lease, (unsigned)nodes - 1, nodes > 1, t->now);
		lease_loaded(&t->node[i].lease, true, t->now);
	}
}

void town_stop(struct town *t)
{
	for (int i = 0; i < t->nodes; i++) {
		lease_done(&t->node[i].lease);
		table_done(&t->node[i].versions);
	}
}

struct town town;
struct host hosts[TOWN_CLIENTS_MAX];

static int town_setup(void **state, int nodes)
{
	*state = &town;
	town_start(&town, nodes, &TOWN_CONF, 1);
	town_run(&town, 5 * USEC_S);
	return 0;
}

int town_setup_alone(void **state)
{
	return town_setup(state, 1);
}

int town_setup_two(void **state)
{
	return town_setup(state, 2);
}

int town_teardown(void **state)
{
	town_stop(*state);
	return 0;
}

uint64_t town_counter(const struct town *t, enum lease_counter c)
{
	return t->node[0].lease.counters[c];
}

static void mail_client(struct town *t, const struct mail *m)
{
	struct town_node *n = &t->node[m->to];
	struct known *k = table_find(&n->versions, &m->mac);

	if (!k)
		k = table_add(&n->versions, &m->mac);
	assert_non_null(k);
	if (k->version.epoch > m->version.epoch ||
	    (k->version.epoch == m->version.epoch && k->version.author >= m->version.author))
		return;
	k->version = m->version;
	if (m->kind == MAIL_CLIENT)
		lease_client_learnt(&n->lease, &m->client, t->now);
	else
		lease_client_gone(&n->lease, &m->mac, t->now);
}

static bool is_late(struct town *t, const struct mail *m)
{
	uint32_t *seen = &t->node[m->to].block_seen[m->from][m->block.index];

	if ((m->kind != MAIL_BLOCK && m->kind != MAIL_BLOCK_GONE) || m->to == m->from)
		return false;
	if (m->seq < *seen)
		return true;
	*seen = m->seq;
	return false;
}

static void mail_deliver(struct town *t, const struct mail *m)
{
	struct lease *l = &t->node[m->to].lease;

	if (!t->node[m->to].up || is_late(t, m))
		return;
	switch (m->kind) {
	case MAIL_CLIENT:
	case MAIL_DROP:
		mail_client(t, m);
		break;
	case MAIL_TALK:
		if (t->heard)
			t->heard(m->from, m->to, &m->talk);
		lease_talk(l, &t->node[m->from].lease.self, m->talk.data, m->talk.len, t->now);
		break;
	case MAIL_BLOCK:
		if (m->to == m->from && !t->unacked[m->to])
			lease_block_acked(l, &m->block, t->now);
		else if (m->to != m->from)
			lease_block_learnt(l, &m->block, t->now);
		break;
	case MAIL_BLOCK_GONE:
		lease_block_gone(l, &m->block, t->now);
		break;
	}
	town_drain(t, m->to);
}

static void mail_post(struct town *t, struct mail *m)
{
	if (t->delay_max)
		m->due = t->now + (usec_t)rng_below(&t->rng, (uint32_t)t->delay_max);
	else
		m->due = t->now;
	if (m->kind == MAIL_TALK)
		m->due += t->talk_delay;
	assert_true(t->mail_count < TOWN_MAIL_MAX);
	t->mail[t->mail_count++] = *m;
}

static void mail_all(struct town *t, int from, struct mail *m)
{
	m->from = from;
	for (int to = 0; to < t->nodes; to++) {
		m->to = to;
		if (to != from)
			mail_post(t, m);
	}
}

/* Our own claim is acknowledged when all have it, which is the longest delay. */
static void post_block(struct town *t, int from, const struct out *o)
{
	struct mail m = { .kind = o->kind == LEASE_BLOCK_PUT ? MAIL_BLOCK : MAIL_BLOCK_GONE };

	memcpy(&m.block, o->data, sizeof(m.block));
	m.seq = ++t->seq;
	mail_all(t, from, &m);
	if (m.kind == MAIL_BLOCK) {
		m.to = from;
		mail_post(t, &m);
		t->mail[t->mail_count - 1].due = t->now + t->delay_max;
	} else {
		lease_block_gone(&t->node[from].lease, &m.block, t->now);
	}
}

static void post_record(struct town *t, int from, const struct out *o)
{
	struct mail m = { .kind = o->kind == LEASE_PUT ? MAIL_CLIENT : MAIL_DROP };
	struct known *k;

	if (o->kind == LEASE_PUT) {
		memcpy(&m.client, o->data, sizeof(m.client));
		m.mac = m.client.mac;
	} else {
		memcpy(&m.mac, o->data, sizeof(m.mac));
	}
	k = table_find(&t->node[from].versions, &m.mac);
	if (!k)
		k = table_add(&t->node[from].versions, &m.mac);
	assert_non_null(k);
	k->version.epoch++;
	k->version.author = from;
	m.version = k->version;
	mail_all(t, from, &m);
}

static void post_talk(struct town *t, int from, const struct out *o)
{
	struct mail m = { .kind = MAIL_TALK, .from = from };

	memcpy(&m.talk, o->data, sizeof(m.talk));
	while (!lease_node_eq(&t->node[m.to].lease.self, &m.talk.to))
		m.to++;
	if (t->said)
		t->said(from, m.to, &m.talk);
	if (rng_below(&t->rng, 100) >= t->talk_loss)
		mail_post(t, &m);
	if (t->talk_loss && rng_below(&t->rng, 10) == 0)
		mail_post(t, &m); /* twice, at another time */
}

static void take_frame(struct town *t, const struct out *o)
{
	struct rd r, payload, data;
	struct ip4_head ip;
	struct udp_head udp;
	struct eth e;

	assert_true(o->len <= sizeof(t->frame));
	memcpy(t->frame, o->data, o->len);
	t->frame_len = o->len;
	r = rd_init(t->frame, t->frame_len);
	assert_int_equal(eth_decode(&r, &e), 0);
	assert_int_equal(ip4_decode(&r, &ip, &payload), 0);
	assert_int_equal(udp4_decode(&payload, &ip, &udp, &data), 0);
	assert_int_equal(dhcp_decode(&data, &t->reply), 0);
	assert_int_equal(udp.dst_port,
			 ip4_is_zero(&t->reply.giaddr) ? DHCP_CLIENT_PORT : DHCP_SERVER_PORT);
	assert_true(ip4_eq(&ip.src, &TOWN_CONF.anycast));
	t->replied = true;
}

void town_drain(struct town *t, int node)
{
	struct out o;

	while (outq_pop(&t->node[node].lease.out, &o)) {
		switch ((enum lease_out_kind)o.kind) {
		case LEASE_SEND:
			take_frame(t, &o);
			break;
		case LEASE_PUT:
		case LEASE_DROP:
			post_record(t, node, &o);
			break;
		case LEASE_BLOCK_PUT:
		case LEASE_BLOCK_RELEASE:
			post_block(t, node, &o);
			break;
		case LEASE_TALK:
			post_talk(t, node, &o);
			break;
		case LEASE_PROBE:
			t->probes++;
			t->port_probes += o.port != 0;
			memcpy(&t->probed, o.data, sizeof(t->probed));
			break;
		case LEASE_CLASH:
			t->clashes[node]++;
			break;
		case LEASE_DISASSOCIATE:
			t->disassociated[node]++;
			break;
		case LEASE_FOREIGN:
			t->foreigns++;
			memcpy(&t->foreign, o.data, sizeof(t->foreign));
			break;
		}
	}
	assert_int_equal(t->node[node].lease.out.dropped, 0);
}

void town_static(struct town *t, const struct lease_static *s)
{
	for (int i = 0; i < t->nodes; i++) {
		assert_int_equal(lease_static_learnt(&t->node[i].lease, s, t->now), 0);
		town_drain(t, i);
	}
}

void town_static_gone(struct town *t, const struct lease_key *key)
{
	for (int i = 0; i < t->nodes; i++) {
		lease_static_gone(&t->node[i].lease, key, t->now);
		town_drain(t, i);
	}
}

static void town_step(struct town *t)
{
	for (int i = 0; i < t->mail_count && !t->cut;) {
		struct mail m;

		bool apart = t->away[t->mail[i].from] != t->away[t->mail[i].to];

		if (t->mail[i].due > t->now || (apart && t->mail[i].kind != MAIL_TALK)) {
			i++;
			continue;
		}
		m = t->mail[i];
		t->mail[i] = t->mail[--t->mail_count];
		if (!apart)
			mail_deliver(t, &m);
	}
	for (int i = 0; i < t->nodes; i++) {
		struct lease *l = &t->node[i].lease;

		if (!t->node[i].up || lease_deadline(l) > t->now)
			continue;
		lease_tick(l, t->now);
		town_drain(t, i);
		assert_true(lease_deadline(l) > t->now);
	}
}

void town_run(struct town *t, usec_t duration)
{
	usec_t end = t->now + duration;

	for (;;) {
		usec_t next = end;

		town_step(t);
		for (int i = 0; i < t->mail_count && !t->cut; i++)
			if (t->away[t->mail[i].from] == t->away[t->mail[i].to])
				next = usec_min(next, t->mail[i].due);
		for (int i = 0; i < t->nodes; i++)
			if (t->node[i].up)
				next = usec_min(next, lease_deadline(&t->node[i].lease));
		if (t->now >= end)
			return;
		t->now = next > t->now ? next : t->now;
	}
}

void town_gone(struct town *t, int node, usec_t ago)
{
	t->node[node].up = false;
	t->node[node].silent_since = t->now - ago;
}

static void node_restart(struct town *t, int node)
{
	struct lease_conf conf = t->node[node].lease.conf;

	lease_done(&t->node[node].lease);
	table_done(&t->node[node].versions);
	node_start(t, node, &conf);
	lease_peers(&t->node[node].lease, 0, false, t->now);
}

void town_reboot(struct town *t, int node)
{
	node_restart(t, node);
	lease_loaded(&t->node[node].lease, false, t->now);
}

static struct town_version version_of(const struct town_node *n, const struct mac *mac)
{
	const struct known *k = table_find(&n->versions, mac);

	return k ? k->version : (struct town_version) { 0, 0 };
}

static void record_comes(struct town *t, int node, const struct lease_client *c,
			 struct town_version version)
{
	struct mail m = {
		.kind = MAIL_CLIENT, .to = node, .mac = c->mac, .client = *c, .version = version
	};

	mail_client(t, &m);
}

/* All that another holds comes at once, with the versions. */
static void sync_from(struct town *t, int node, const struct town_node *other)
{
	struct lease_block block;
	struct lease_view view;

	for (uint32_t i = 0; lease_next(&other->lease, &i, t->now, &view);)
		record_comes(t, node, &view.client, version_of(other, &view.client.mac));
	for (uint32_t i = 0; lease_block_next(&other->lease, &i, &block);)
		lease_block_learnt(&t->node[node].lease, &block, t->now);
}

static void has_met(struct town *t, int node)
{
	lease_peers(&t->node[node].lease, (unsigned)t->nodes - 1, t->nodes > 1, t->now);
	town_drain(t, node);
}

void town_sync(struct town *t, int node)
{
	sync_from(t, node, &t->node[(node + 1) % t->nodes]);
	has_met(t, node);
}

void town_meet(struct town *t)
{
	for (int i = 0; i < t->nodes; i++)
		for (int j = 0; j < t->nodes; j++)
			if (i != j)
				sync_from(t, i, &t->node[j]);
	for (int i = 0; i < t->nodes; i++)
		has_met(t, i);
}

void town_save(struct town *t, int node)
{
	const struct town_node *n = &t->node[node];
	struct town_disk *d = &t->node[node].disk;
	struct lease_view view;

	d->clients = d->blocks = 0;
	for (uint32_t i = 0; lease_next(&n->lease, &i, t->now, &view); d->clients++) {
		assert_true(d->clients < TOWN_DISK);
		d->client[d->clients] = view.client;
		d->version[d->clients] = version_of(n, &view.client.mac);
	}
	for (uint32_t i = 0; lease_block_next(&n->lease, &i, &d->block[d->blocks]);)
		assert_true(++d->blocks < TOWN_DISK);
	lease_saved(&t->node[node].lease, t->now);
}

void town_power_cut(struct town *t)
{
	t->mail_count = 0;
	for (int i = 0; i < t->nodes; i++)
		town_gone(t, i, 0);
}

void town_boot(struct town *t, int node)
{
	const struct town_disk *d = &t->node[node].disk;
	struct lease *l = &t->node[node].lease;
	struct lease_block claim[TOWN_DISK];
	unsigned claims = 0;

	for (uint32_t i = 0; lease_block_next(l, &i, &claim[claims]);) {
		claims += lease_node_eq(&claim[claims].owner, &l->self);
		assert_true(claims < TOWN_DISK);
	}
	node_restart(t, node);
	if (t->load_time) {
		town_run(t, t->load_time);
		assert_int_equal(l->pool.own.count, 0); /* nothing is claimed before */
	}
	for (unsigned i = 0; i < d->clients; i++)
		record_comes(t, node, &d->client[i], d->version[i]);
	for (unsigned i = 0; i < d->blocks; i++)
		if (!lease_node_eq(&d->block[i].owner, &l->self))
			lease_block_learnt(l, &d->block[i], t->now);
	for (unsigned i = 0; i < claims; i++)
		lease_block_learnt(l, &claim[i], t->now);
	lease_loaded(l, !t->torn, t->now);
	town_drain(t, node);
}

void town_restart(struct town *t, int node)
{
	town_reboot(t, node);
	town_sync(t, node);
}

struct host town_host(unsigned number)
{
	return (struct host) { .mac = { { 2, 0, 0, 1, (uint8_t)(number >> 8), (uint8_t)number } },
			       .xid = number << 8 };
}

void assert_no_clash(int clients)
{
	for (int i = 0; i < clients; i++)
		for (int j = i + 1; j < clients; j++)
			if (!ip4_is_zero(&hosts[i].ip) && ip4_eq(&hosts[i].ip, &hosts[j].ip))
				fail_msg("clients %d and %d have one address", i, j);
}

void hosts_make(int clients)
{
	for (int i = 0; i < clients; i++) {
		hosts[i] = town_host((unsigned)i);
		hosts[i].port = (uint16_t)(i % 8);
	}
}

uint8_t host_send(struct town *t, struct host *h, int node, const struct dhcp_msg *m)
{
	struct dhcp_msg full = *m;
	struct udp4_path path = { .eth_src = mac_is_zero(&h->from) ? h->mac : h->from,
				  .eth_dst = MAC_BROADCAST,
				  .src = m->ciaddr,
				  .dst = ip4_from_u32(UINT32_MAX),
				  .src_port = DHCP_CLIENT_PORT,
				  .dst_port = DHCP_SERVER_PORT };
	uint8_t msg[600], frame[700];
	struct wr mw = wr_init(msg, sizeof(msg)), w = wr_init(frame, sizeof(frame));

	full.op = DHCP_OP_REQUEST;
	full.xid = h->xid;
	full.chaddr = h->mac;
	full.broadcast = h->broadcast;
	full.id_len = h->id_len;
	memcpy(full.id, h->id, sizeof(full.id));
	if (h->name)
		strncpy(full.hostname, h->name, sizeof(full.hostname) - 1);
	full.has_wanted = h->has_wanted;
	memcpy(full.wanted, h->wanted, sizeof(full.wanted));
	full.max_size = h->max_size;
	full.trama = h->trama;
	dhcp_encode(&mw, &full);
	udp4_build(&w, &path, msg, wr_len(&mw));
	assert_true(wr_len(&w) > 0);
	t->replied = false;
	lease_input(&t->node[node].lease, frame, wr_len(&w), h->port, t->now);
	town_drain(t, node);
	if (!t->replied)
		return 0;
	assert_int_equal(t->reply.xid, h->xid);
	assert_true(mac_eq(&t->reply.chaddr, &h->mac));
	return t->reply.type;
}

uint8_t host_discover(struct town *t, struct host *h, int node)
{
	h->xid++;
	return host_send(t, h, node, &(struct dhcp_msg) { .type = DHCP_DISCOVER });
}

static uint8_t host_bound(struct town *t, struct host *h, uint8_t type)
{
	if (type == DHCP_ACK)
		h->ip = t->reply.yiaddr;
	if (type == DHCP_NAK)
		h->ip = (struct ip4) { { 0 } };
	return type;
}

uint8_t host_select(struct town *t, struct host *h, int node)
{
	struct dhcp_msg m = { .type = DHCP_REQUEST,
			      .requested = t->reply.yiaddr,
			      .server_id = t->reply.server_id };

	return host_bound(t, h, host_send(t, h, node, &m));
}

uint8_t host_renew(struct town *t, struct host *h, int node)
{
	struct dhcp_msg m = { .type = DHCP_REQUEST, .ciaddr = h->ip };

	h->xid++;
	return host_bound(t, h, host_send(t, h, node, &m));
}

uint8_t host_reboot(struct town *t, struct host *h, int node, struct ip4 ip)
{
	struct dhcp_msg m = { .type = DHCP_REQUEST, .requested = ip };

	h->xid++;
	return host_bound(t, h, host_send(t, h, node, &m));
}

void host_release(struct town *t, struct host *h, int node)
{
	struct dhcp_msg m = { .type = DHCP_RELEASE,
			      .ciaddr = h->ip,
			      .server_id = TOWN_CONF.anycast };

	assert_int_equal(host_send(t, h, node, &m), 0);
	h->ip = (struct ip4) { { 0 } };
}

bool host_join(struct town *t, struct host *h, int node)
{
	return host_discover(t, h, node) == DHCP_OFFER && host_select(t, h, node) == DHCP_ACK;
}
