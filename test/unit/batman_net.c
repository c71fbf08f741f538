/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "batman_net.h"

#include <stdlib.h>
#include <string.h>

#include "core/batman/msg.h"

#define FLIGHTS 4096

struct net *net_new(void)
{
	struct net *n = calloc(1, sizeof(*n));

	n->flight = calloc(FLIGHTS, sizeof(*n->flight));
	n->now = 1000 * USEC_S;
	for (int i = 0; i < NET_NODES; i++) {
		for (int p = 0; p < NET_PORTS; p++)
			n->node[i].wire[p] = -1;
	}
	return n;
}

struct net *net_chain(int count)
{
	struct net *n = net_new();

	for (int i = 0; i < count; i++)
		net_boot(n, i, NULL);
	/* port 0 first: it is the primary one */
	for (int i = 0; i + 1 < count; i++) {
		net_port(n, i, i ? 1 : 0, i, false);
		net_port(n, i + 1, 0, i, false);
	}
	return n;
}

void net_free(struct net *n)
{
	for (int i = 0; i < NET_NODES; i++)
		batman_free(n->node[i].b);
	free(n->flight);
	free(n);
}

struct mac net_mac(int node, int port)
{
	return (struct mac) { { 2, 0, 0, 0, (uint8_t)node, (uint8_t)port } };
}

struct mac net_cloud_mac(int node)
{
	return (struct mac) { { 2, 0, 0, 0, (uint8_t)node, 0xb0 } };
}

struct mac net_client(int c)
{
	return (struct mac) { { 6, 0, 0, 0, 0, (uint8_t)c } };
}

struct batman_conf net_conf(int node)
{
	return (struct batman_conf) { .orig_interval_ms = 1000,
				      .hop_penalty = 30,
				      .fragmentation = true,
				      .aggregation = true,
				      .network_id = { 1, 2, 3 },
				      .ssid = "plaza",
				      .ssid_len = 5,
				      .cloud_mac = net_cloud_mac(node) };
}

static void boot(struct net *n, int node, const struct batman_conf *conf,
		 const struct batman_limits *limits)
{
	struct net_node *x = &n->node[node];
	struct batman_conf c = *conf;

	c.start = ++x->starts;
	batman_free(x->b);
	outq_init(&x->q, x->buf, sizeof(x->buf));
	x->b = batman_new(&c, limits, &x->q, rng_init((uint64_t)node + 1), n->now);
	for (int p = 0; p < NET_PORTS; p++)
		x->wire[p] = -1;
}

void net_boot(struct net *n, int node, const struct batman_conf *conf)
{
	struct batman_conf standard = net_conf(node);

	boot(n, node, conf ? conf : &standard, NULL);
}

void net_boot_small(struct net *n, int node, uint32_t clients)
{
	struct batman_limits limits = { .clients_global = clients };
	struct batman_conf conf = net_conf(node);

	boot(n, node, &conf, &limits);
}

void net_port(struct net *n, int node, int port, int wire, bool wireless)
{
	struct batman_port_conf c = { .mac = net_mac(node, port),
				      .mtu = 1500,
				      .wireless = wireless };

	batman_port_add(n->node[node].b, (uint16_t)port, &c, n->now);
	n->node[node].wire[port] = wire;
}

void net_link(struct net *n, int wire, int a, int port_a, int b, int port_b)
{
	net_port(n, a, port_a, wire, false);
	net_port(n, b, port_b, wire, false);
}

static void got(struct net *n, struct net_node *x, const struct out *o)
{
	struct net_got *g = &x->got[x->got_count++ % NET_KEPT];
	struct rd r = rd_init(o->data, o->len);
	uint8_t i = 0;

	*g = (struct net_got) { .len = o->len, .at = n->now, .from = o->arg, .intact = true };
	g->dst = rd_mac(&r);
	g->src = rd_mac(&r);
	if (rd_u16(&r) == 0x8100)
		rd_skip(&r, 4);
	g->tag = rd_u32(&r);
	while (rd_left(&r))
		g->intact &= rd_u8(&r) == i++;
}

static void event(struct net *n, struct net_node *x, const struct out *o)
{
	struct net_event *e = &x->events[x->event_count++ % NET_KEPT];

	*e = (struct net_event) { .kind = o->kind, .at = n->now };
	if (o->kind == BATMAN_CLIENT_MOVED)
		memcpy(&e->client, o->data, sizeof(e->client));
	else if (o->kind == BATMAN_PEER_UP || o->kind == BATMAN_PEER_DOWN)
		memcpy(&e->peer, o->data, sizeof(e->peer));
	else if (o->kind == BATMAN_CLASH)
		memcpy(&e->clash, o->data, sizeof(e->clash));
	else if (o->kind == BATMAN_ICMP)
		memcpy(&e->icmp, o->data, sizeof(e->icmp));
}

void net_pump(struct net *n, int node)
{
	struct net_node *x = &n->node[node];
	struct out o;

	while (outq_pop(&x->q, &o)) {
		struct net_flight *f = &n->flight[n->tail % FLIGHTS];

		if (o.kind == BATMAN_DELIVER) {
			got(n, x, &o);
			continue;
		}
		if (o.kind != BATMAN_SEND) {
			event(n, x, &o);
			continue;
		}
		x->sent++;
		if (x->wire[o.port] < 0 || o.len > sizeof(f->data) || n->tail - n->head >= FLIGHTS)
			continue;
		f->at = n->now + NET_LATENCY_US;
		f->wire = x->wire[o.port];
		f->node = node;
		f->len = o.len;
		memcpy(f->data, o.data, o.len);
		n->tail++;
	}
}

void net_inject(struct net *n, int node, int port, const uint8_t *frame, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);

	/* of exactly its size, so that a sanitizer sees the first byte beyond */
	memcpy(exact, frame, len);
	batman_mesh_input(n->node[node].b, (uint16_t)port, exact, len, n->now);
	free(exact);
	net_pump(n, node);
}

void net_ask_all(struct net *n, const struct mac *from)
{
	struct mac to = net_mac(0, 0), by = net_mac(1, 0);
	uint8_t frame[100];
	struct wr w = wr_init(frame, sizeof(frame));
	size_t mark;

	bat_eth_encode(&w, &to, &by);
	bat_tvlv_packet_encode(&w, &to, from, BAT_TVLV_HEADER + BAT_TT_HEADER);
	mark = bat_tvlv_begin(&w, BAT_TVLV_TT, 1);
	bat_tt_encode(&w, BAT_TT_REQUEST | BAT_TT_FULL, batman_ttvn(n->node[0].b), 0);
	bat_tvlv_end(&w, mark);
	net_inject(n, 0, 0, frame, wr_len(&w));
}

static void land(struct net *n, const struct net_flight *f)
{
	struct mac dst, mac;

	memcpy(dst.b, f->data, 6);
	for (int i = 0; i < NET_NODES; i++) {
		for (int p = 0; p < NET_PORTS; p++) {
			mac = net_mac(i, p);
			if (i == f->node || !n->node[i].b || n->node[i].wire[p] != f->wire)
				continue;
			if (!mac_is_multicast(&dst) && !mac_eq(&dst, &mac))
				continue;
			if (n->drop && n->drop(n, f->node, i, f->data, f->len, n->arg))
				continue;
			net_inject(n, i, p, f->data, f->len);
		}
	}
}

void net_run(struct net *n, usec_t duration)
{
	usec_t end = n->now + duration;

	for (;;) {
		usec_t at = n->head != n->tail ? n->flight[n->head % FLIGHTS].at : USEC_NEVER;
		int who = -1;

		for (int i = 0; i < NET_NODES; i++) {
			usec_t d = n->node[i].b ? batman_deadline(n->node[i].b) : USEC_NEVER;

			if (d < at) {
				at = d;
				who = i;
			}
		}
		if (at > end)
			break;
		n->now = at > n->now ? at : n->now;
		if (who >= 0) {
			batman_tick(n->node[who].b, n->now);
			net_pump(n, who);
			if (batman_deadline(n->node[who].b) <= n->now)
				abort(); /* a timer that never advances */
		} else {
			struct net_flight f = n->flight[n->head++ % FLIGHTS];

			land(n, &f);
		}
	}
	n->now = end;
}

size_t net_frame(uint8_t *buf, const struct mac *dst, const struct mac *src, uint16_t vid,
		 uint32_t tag, size_t len)
{
	struct wr w = wr_init(buf, len);
	uint8_t i = 0;

	wr_mac(&w, dst);
	wr_mac(&w, src);
	if (vid) {
		wr_u16(&w, 0x8100);
		wr_u16(&w, vid & 0xfff);
	}
	wr_u16(&w, 0x88b6);
	wr_u32(&w, tag);
	while (wr_left(&w))
		wr_u8(&w, i++);
	return wr_len(&w);
}

int net_send(struct net *n, int node, const struct mac *dst, const struct mac *src, uint32_t tag,
	     size_t len)
{
	uint8_t buf[2048];
	int r = batman_cloud_input(n->node[node].b, buf, net_frame(buf, dst, src, 0, tag, len),
				   n->now);

	net_pump(n, node);
	return r;
}

unsigned int net_count(const struct net *n, int node, uint32_t tag)
{
	const struct net_node *x = &n->node[node];
	unsigned int found = 0;

	for (unsigned int i = 0; i < x->got_count && i < NET_KEPT; i++)
		found += x->got[i].tag == tag && x->got[i].intact;
	return found;
}

const struct net_flight *net_sent(const struct net *n, unsigned int since, int node, uint8_t type,
				  unsigned int k)
{
	for (unsigned int i = since; i != n->tail; i++) {
		const struct net_flight *f = &n->flight[i % FLIGHTS];

		if (f->node == node && f->len > 14 && f->data[14] == type && k-- == 0)
			return f;
	}
	return NULL;
}

unsigned int net_sent_count(const struct net *n, unsigned int since, int node, uint8_t type)
{
	unsigned int count = 0;

	while (net_sent(n, since, node, type, count))
		count++;
	return count;
}

const struct net_event *net_event(const struct net *n, int node, uint16_t kind)
{
	const struct net_node *x = &n->node[node];

	for (unsigned int i = 0; i < x->event_count && i < NET_KEPT; i++) {
		if (x->events[i].kind == kind)
			return &x->events[i];
	}
	return NULL;
}

uint8_t net_tq(const struct net *n, int node, int other)
{
	struct mac m = net_mac(other, 0);
	struct batman_orig o;

	return batman_orig_find(n->node[node].b, &m, &o) ? o.tq : 0;
}

bool net_knows(const struct net *n, int node, const struct mac *client, int where)
{
	struct mac at, want = net_mac(where, 0);

	return batman_lookup(n->node[node].b, client, 0, &at) == 0 && mac_eq(&at, &want);
}

void net_seen(struct net *n, int node, const struct mac *client, uint16_t vid)
{
	if (batman_client_seen(n->node[node].b, client, vid, n->now) < 0)
		abort();
	net_pump(n, node);
}

uint64_t net_counter(const struct net *n, int node, enum batman_counter id)
{
	return batman_counter(n->node[node].b, id);
}

uint64_t net_requests(const struct net *n, int count)
{
	uint64_t sum = 0;

	for (int i = 0; i < count; i++)
		sum += net_counter(n, i, BATMAN_COUNT_TT_REQUEST_TX);
	return sum;
}

/* Does `node` know the table of `of`? */
static bool table_is_known(const struct net *n, int node, int of)
{
	struct mac m = net_mac(of, 0);
	uint32_t own, known;
	struct batman_orig o;

	return batman_crc(n->node[of].b, NULL, 0, &own) &&
	       batman_orig_find(n->node[node].b, &m, &o) && o.ttvn == batman_ttvn(n->node[of].b) &&
	       batman_crc(n->node[node].b, &m, 0, &known) && known == own;
}

bool net_tables_agree(const struct net *n, int count)
{
	for (int i = 0; i < count; i++) {
		for (int j = 0; j < count; j++) {
			if (i != j && !table_is_known(n, i, j))
				return false;
		}
	}
	return true;
}

bool net_lose_from(struct net *n, int from, int to, const uint8_t *frame, size_t len, void *arg)
{
	(void)n, (void)to, (void)frame, (void)len;
	return from == *(const int *)arg;
}

bool net_lose_to(struct net *n, int from, int to, const uint8_t *frame, size_t len, void *arg)
{
	(void)n, (void)from, (void)frame, (void)len;
	return to == *(const int *)arg;
}

bool net_lose_ogms(struct net *n, int from, int to, const uint8_t *frame, size_t len, void *arg)
{
	(void)n, (void)to, (void)len;
	return from == *(const int *)arg && frame[14] == BAT_TYPE_OGM;
}

bool net_is_roam(const uint8_t *frame, size_t len)
{
	return len > 35 && frame[14] == BAT_TYPE_TVLV && frame[34] == BAT_TVLV_ROAM;
}
