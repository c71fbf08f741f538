/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A node with three ports, driven by a script: {what u8, port u8, length u8, bytes}. What is sent
 * is decoded again, and hellos of one port come back on another one, as if they were on one wire.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/port/port.h"
#include "core/port/port_msg.h"
#include "packet/eth.h"

#define PORTS 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct port p;
static struct outq out;
static uint64_t buf[2048];
static usec_t now;

static void check(int ok)
{
	if (!ok)
		abort();
}

static void drain(void)
{
	struct out o;

	while (outq_pop(&out, &o)) {
		struct rd r = rd_init(o.data, o.len);
		struct port_hello h;
		struct eth eth;

		check(o.port < PORTS);
		if (o.kind != PORT_SEND)
			continue;
		check(eth_decode(&r, &eth) == 0);
		if (eth.type == PORT_ETHERTYPE_HELLO)
			check(port_hello_decode(&r, &h) == 0);
	}
}

static void set_port(uint16_t index, struct rd *r)
{
	struct port_info info = { .carrier = true };
	uint8_t flags = rd_u8(r), kind = rd_u8(r);

	info.mac = (struct mac) { { 2, 0, 0, 0, 1, (uint8_t)index } };
	info.batman_mac = (struct mac) { { 2, 0, 0, 0, 2, (uint8_t)index } };
	info.carrier = !(flags & 1);
	info.proto_static = flags & 2;
	info.foreign_address = flags & 4;
	info.foreign_default = flags & 8;
	info.role = (enum port_role)(kind & 3);
	info.medium = (enum port_medium)(kind >> 2 & 3);
	check(port_set(&p, index, &info, now) == 0);
}

static void tick(struct rd *r)
{
	now += (usec_t)rd_u8(r) * 100 * USEC_MS;
	port_tick(&p, now);
	check(port_deadline(&p) > now);
}

static void step(uint8_t what, uint16_t index, struct rd *r)
{
	struct mac mac;

	switch (what % 6) {
	case 0:
		port_input(&p, index, r->p, rd_left(r), now);
		break;
	case 1:
		tick(r);
		break;
	case 2:
		mac = rd_mac(r);
		port_mesh_heard(&p, index, &mac, now);
		break;
	case 3:
		set_port(index, r);
		break;
	case 4:
		port_dhcp_lost(&p, index, now);
		break;
	case 5:
		port_gone(&p, index, now);
		break;
	}
}

static void check_rules(void)
{
	for (uint16_t i = 0; i < PORTS; i++) {
		const struct port_entry *e = port_get(&p, i);

		if (!e)
			continue;
		check(!e->decision.client ||
		      (!e->info.foreign_address && !e->info.foreign_default &&
		       !e->decision.uplink_dhcp && !e->decision.uplink_static));
		check(e->info.role != PORT_ROLE_MESH || !e->decision.client);
		check(port_reason_text(e->reason) != NULL);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct port_conf conf = { .node_mac = { { 2, 0, 0, 0, 0, 5 } }, .ssid_len = 1 };
	struct rd r = rd_init(data, len);

	now = USEC_S;
	outq_init(&out, buf, sizeof(buf));
	port_init(&p, &conf, rng_init(1), &out);
	while (rd_left(&r) >= 3) {
		uint8_t what = rd_u8(&r);
		uint16_t index = rd_u8(&r) % PORTS;
		size_t n = rd_u8(&r);
		/* lengths beyond 255 are needed for DHCP */
		struct rd part = rd_sub(&r, what & 0x80 ? n * 4 : n);

		step(what & 0x7f, index, &part);
		drain();
		check_rules();
	}
	return 0;
}
