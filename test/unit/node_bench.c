/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "dhcp_client.h"
#include "packet/eth.h"
#include "packet/icmp6.h"

static void frame_out(struct bench *b, const struct effect_frame *f)
{
	struct rd r = rd_init(f->data, f->len);
	struct eth e;

	b->ogms += f->link == LINK_MESH && f->data[14] == 0;
	if (f->link != LINK_CLIENT || eth_decode(&r, &e) || f->len > sizeof(b->ra))
		return;
	if (e.type == ETH_TYPE_IP4) {
		memcpy(b->dhcp, f->data, f->len);
		b->dhcp_len = f->len;
	} else if (e.type == ETH_TYPE_IP6 && f->data[54] == ICMP6_RA) {
		memcpy(b->ra, f->data, f->len);
		b->ra_len = f->len;
		b->ras++;
	}
}

static void probe_out(struct bench *b, const struct effect_probe *p)
{
	size_t used = strlen(b->probes);
	char ip4[IP4_TEXT];

	snprintf(b->probes + used, sizeof(b->probes) - used, "%s%s %s;", p->name, p->path,
		 ip4_text(&p->target4, ip4));
}

static void store_out(struct bench *b, const struct effect_store *s)
{
	if (s->file == STORE_SNAPSHOT) {
		if (!b->stored_at)
			b->stored_at = b->now;
		return;
	}
	assert_true(s->len <= sizeof(b->claims));
	memcpy(b->claims, s->data, s->len);
	b->claims_len = s->len;
}

static void drain(struct bench *b)
{
	struct effect e;

	while (node_effect(b->node, &e)) {
		if (e.kind == EFFECT_FRAME)
			frame_out(b, &e.frame);
		b->forgotten += e.kind == EFFECT_FORGET;
		if (e.kind == EFFECT_PROBE)
			probe_out(b, &e.probe);
		if (e.kind == EFFECT_STORE)
			store_out(b, &e.store);
		if (e.kind == EFFECT_DISASSOCIATE)
			b->away = e.disassociate;
		if (e.kind == EFFECT_NOTICE && e.notice.notice == NOTICE_LEASE_CLASH)
			b->clash = e.notice;
	}
}

void bench_feed(struct bench *b, const struct event *e)
{
	node_input(b->node, e, b->now);
	drain(b);
}

void bench_run(struct bench *b, usec_t duration)
{
	struct event timer = { .kind = EVENT_TIMER };
	usec_t until = b->now + duration;

	for (usec_t next; (next = node_deadline(b->node)) <= until;) {
		if (next > b->now)
			b->now = next;
		bench_feed(b, &timer);
	}
	b->now = until;
}

void bench_port(struct bench *b, uint16_t port, const char *name, enum port_kind kind)
{
	struct event e = { .kind = EVENT_PORT };

	e.port = (struct event_port) { .port = port, .carrier = true, .kind = kind, .mtu = 1500 };
	e.port.mac = (struct mac) { { 2, 0, 0, 0, 0, (uint8_t)(port + 1) } };
	strcpy(e.port.name, name);
	bench_feed(b, &e);
}

void bench_boot(struct bench *b, const char *conf_text)
{
	struct node_setup s = { .conf = &b->conf,
				.boot_epoch = 1,
				.seed = 7,
				.primary_mac = { { 2, 0, 0, 0x12, 0x34, 1 } } };
	struct conf_error error;
	int err;

	memset(b, 0, sizeof(*b));
	b->now = 1000 * USEC_S;
	if (conf_parse(conf_text, strlen(conf_text), &b->conf, &error))
		fail_msg("%s: %s", conf_text, error.message);
	b->node = node_new(&s, b->now, &err);
	assert_non_null(b->node);
}

void bench_start(struct bench *b, const char *conf_text)
{
	struct event load = { .kind = EVENT_LOAD };

	bench_boot(b, conf_text);
	bench_feed(b, &load);
}

void bench_stop(struct bench *b)
{
	node_free(b->node);
}

void bench_dhcp(struct bench *b, const struct dhcp_msg *m)
{
	struct event e = { .kind = EVENT_FRAME };
	uint8_t frame[DHCP_CLIENT_FRAME];

	b->dhcp_len = 0;
	e.frame = (struct event_frame) { LINK_CLIENT, 0, frame, dhcp_client_send(m, frame) };
	bench_feed(b, &e);
}
