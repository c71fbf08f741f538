/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node_town.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "packet/arp.h"

static void drain(struct town *t, int i);

void town_feed(struct town *t, int i, const struct event *e)
{
	node_input(t->node[i], e, t->now);
	drain(t, i);
}

void town_frame(struct town *t, int i, enum link link, const uint8_t *frame, size_t len)
{
	struct event e = { .kind = EVENT_FRAME };

	e.frame = (struct event_frame) { link, 0, frame, len };
	town_feed(t, i, &e);
}

void town_ogm(struct town *t, int i, const struct town_ogm *o)
{
	struct event e = { .kind = EVENT_FRAME };
	uint8_t frame[200], tvlv[100];
	struct wr w = wr_init(frame, sizeof(frame)), v = wr_init(tvlv, sizeof(tvlv));
	size_t mark = bat_tvlv_begin(&v, BAT_TVLV_TRAMA, 1);
	struct bat_ogm ogm = o->ogm;

	wr_bytes(&v, node_cloud(t->node[i])->network_id, 16);
	wr_mac(&v, &o->cloud_mac);
	wr_u16(&v, o->flags);
	wr_u8(&v, 1);
	wr_bytes(&v, "x", 1);
	bat_tvlv_end(&v, mark);
	ogm.tvlv = rd_init(tvlv, wr_len(&v));
	bat_eth_encode(&w, &MAC_BROADCAST, &o->src);
	bat_ogm_encode(&w, &ogm);
	e.frame = (struct event_frame) { LINK_MESH, o->port, frame, wr_len(&w) };
	town_feed(t, i, &e);
}

static void port_out(struct town *t, int i, const struct effect_frame *f)
{
	if (f->data[0] & 1)
		return; /* a hello */
	assert_true(f->len <= sizeof(t->called));
	memcpy(t->called, f->data, f->len);
	t->called_len = f->len;
	t->calls[i]++;
}

/* An answer, a question for the node itself, or whether somebody has an address that it gives away.
 */
static void arp_out(struct town *t, int i, const struct effect_frame *f)
{
	bool probe = f->data[21] == ARP_OP_REQUEST &&
		     !memcmp(f->data + 6, node_cloud(t->node[i])->anygw_mac.b, 6);

	assert_true(f->len <= sizeof(t->asked));
	if (probe) {
		memcpy(t->probed[i].b, f->data + 38, sizeof(t->probed[i].b));
		t->probes[i]++;
		return;
	}
	memcpy(t->asked, f->data, f->len);
	t->asked_len = f->len;
}

static void frame_out(struct town *t, int i, const struct effect_frame *f)
{
	int to = f->port == 1 ? i + 1 : i - 1;
	struct event e = { .kind = EVENT_FRAME };
	uint8_t copy[2048];

	if (f->link == LINK_CLIENT && f->data[12] == 8 && f->data[13] == 6) {
		arp_out(t, i, f);
		return;
	}
	if (f->link == LINK_CLIENT) {
		memcpy(t->dhcp, f->data, f->len);
		t->dhcp_len = f->len;
		return;
	}
	if (f->link == LINK_PORT && f->port == TOWN_AP)
		port_out(t, i, f);
	if (f->link == LINK_CLOUD && t->cloud)
		t->cloud(t, i, f->data, f->len);
	if (f->link == LINK_CLOUD || f->port > 1 || to < 0 || to >= t->count)
		return;
	assert_true(f->len <= sizeof(copy));
	memcpy(copy, f->data, f->len);
	if (t->wire && !t->wire(t, i, to, copy, f->len))
		return;
	e.frame = (struct event_frame) { f->link, f->port == 1 ? 0 : 1, copy, f->len };
	town_feed(t, to, &e);
}

static void probed(struct town *t, int i, uint32_t id)
{
	struct event e = { .kind = EVENT_PROBE, .probe = { .id = id, .result = t->internet } };

	town_feed(t, i, &e);
}

static void store_out(struct town *t, int i, const struct effect_store *s)
{
	if (s->file != STORE_CLAIMS)
		return;
	assert_true(s->len <= sizeof(t->claims[i]));
	memcpy(t->claims[i], s->data, s->len);
	t->claims_len[i] = s->len;
}

static void drain(struct town *t, int i)
{
	struct effect e;

	while (node_effect(t->node[i], &e)) {
		if (e.kind == EFFECT_FRAME)
			frame_out(t, i, &e.frame);
		if (e.kind == EFFECT_NOTICE) {
			t->notices[e.notice.notice]++;
			t->notice = e.notice;
		}
		if (e.kind == EFFECT_PROBE)
			probed(t, i, e.probe.id);
		t->nobody += e.kind == EFFECT_ANSWER && mac_is_zero(&e.answer.mac);
		if (e.kind == EFFECT_DATAGRAM && t->datagram)
			t->datagram(t, i, &e.datagram);
		if (e.kind == EFFECT_RECORD && t->record)
			t->record(t, i, &e.record);
		if (e.kind == EFFECT_FORGET) {
			t->forgotten = e.forget.mac;
			t->forgotten_port = e.forget.port;
		}
		if (e.kind == EFFECT_STORE)
			store_out(t, i, &e.store);
	}
}

void town_run(struct town *t, usec_t until)
{
	struct event timer = { .kind = EVENT_TIMER };

	while (t->now < until) {
		usec_t next = until;
		int who = -1;

		for (int i = 0; i < t->count; i++) {
			usec_t d = node_deadline(t->node[i]);

			if (d < next) {
				next = d;
				who = i;
			}
		}
		if (next > t->now)
			t->now = next;
		if (who >= 0)
			town_feed(t, who, &timer);
	}
}

void town_port(struct town *t, int i, uint16_t port, const char *name, enum port_kind kind)
{
	struct event e = { .kind = EVENT_PORT };

	e.port = (struct event_port) { .port = port, .carrier = true, .kind = kind, .mtu = 1500 };
	e.port.mac = (struct mac) { { 2, 0, 0, (uint8_t)i, 0, (uint8_t)(port + 1) } };
	strcpy(e.port.name, name);
	town_feed(t, i, &e);
}

void town_station(struct town *t, int i, const struct mac *mac, enum client_change change)
{
	struct event e = { .kind = EVENT_CLIENT };

	e.client = (struct event_client) { .change = change, .port = 2, .mac = *mac };
	town_feed(t, i, &e);
}

static void node_start(struct town *t, int i)
{
	struct node_setup s = { .conf = &t->conf[i], .seed = 100 * t->boots[i] + (uint64_t)i + 1 };
	struct event load = { .kind = EVENT_LOAD };
	int err;

	s.boot_epoch = 1 + t->boots[i]++;
	s.crypto = t->crypto[i];
	s.primary_mac = (struct mac) { { 2, 0, 0, (uint8_t)i, 0, 1 } };
	t->node[i] = node_new(&s, t->now, &err);
	assert_non_null(t->node[i]);
	town_feed(t, i, &load);
	load.load = (struct event_load) { t->claims[i], t->claims_len[i] };
	if (t->claims_len[i])
		town_feed(t, i, &load);
}

static void ports_plug(struct town *t, int i)
{
	if (i > 0)
		town_port(t, i, 0, "eth0", PORT_KIND_ETHERNET);
	if (i < t->count - 1)
		town_port(t, i, 1, "eth1", PORT_KIND_ETHERNET);
	town_port(t, i, 2, "wlan0-ap", PORT_KIND_WIFI_AP);
}

void town_reboot(struct town *t, int i)
{
	node_free(t->node[i]);
	node_start(t, i);
	ports_plug(t, i);
}

void town_plan(struct town *t, int count)
{
	memset(t, 0, sizeof(*t));
	t->now = 1000 * USEC_S;
	t->count = count;
	for (int i = 0; i < count; i++) {
		struct conf_network *net = &t->conf[i].network;
		struct text address;

		conf_init(&t->conf[i]);
		/* their MACs would make the same one of all */
		address = text_init(net->main_ipv4_address, sizeof(net->main_ipv4_address));
		text_add(&address, "10.%%N1.200.%d/16", i + 1);
	}
}

void town_begin(struct town *t)
{
	for (int i = 0; i < t->count; i++)
		node_start(t, i);
	for (int i = 0; i < t->count; i++)
		ports_plug(t, i);
}

void town_start(struct town *t, int count)
{
	town_plan(t, count);
	town_begin(t);
}

void town_stop(struct town *t)
{
	for (int i = 0; i < t->count; i++)
		node_free(t->node[i]);
}

bool town_gives(const struct town *t, int i)
{
	const struct pool_own *o;

	for (uint32_t k = 0; (o = pool_own_next(&node_lease(t->node[i])->pool, &k));)
		if (o->state == POOL_READY)
			return true;
	return false;
}

uint64_t town_counter(const struct town *t, int i, enum node_counter c)
{
	return node_counter(t->node[i], c);
}
