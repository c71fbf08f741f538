/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A whole node under arbitrary events: {length u16, event as recorded}*. Frames, datagrams, routes,
 * snapshots and what follows from them across the cores, the values of replicated records among it.
 */
#include <stdlib.h>
#include <string.h>

#include "node/node.h"
#include "node/record.h"
#include "node/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void drain(struct node *n)
{
	struct record_hash h = { 0 };
	struct effect e;
	int effects = 0;

	while (node_effect(n, &e)) {
		record_hash_effect(&h, &e, 0);
		if (++effects > 100000)
			abort(); /* it feeds itself */
	}
}

static void prepare(struct node *n, usec_t now)
{
	struct event load = { .kind = EVENT_LOAD }, port = { .kind = EVENT_PORT };

	node_input(n, &load, now);
	drain(n);
	for (uint16_t i = 0; i < 3; i++) {
		port.port = (struct event_port) { .port = i, .carrier = true, .mtu = 1500 };
		port.port.kind = i == 2 ? PORT_KIND_WIFI_AP : PORT_KIND_ETHERNET;
		port.port.mac = (struct mac) { { 2, 0, 0, 0, 0, (uint8_t)(i + 1) } };
		strcpy(port.port.name, i == 2 ? "wlan0-ap" : i ? "eth1" : "eth0");
		node_input(n, &port, now);
		drain(n);
	}
}

/* Time goes on, and the node gets it. */
static void wait_until(struct node *n, usec_t *now, usec_t until)
{
	struct event timer = { .kind = EVENT_TIMER };

	while ((*now = usec_min(*now + USEC_S, until)) < until) {
		node_input(n, &timer, *now);
		drain(n);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct conf conf;
	struct node_setup setup = {
		.conf = &conf, .boot_epoch = 1, .seed = 1, .hash_key = { 1, 2 }
	};
	struct rd r = rd_init(data, size);
	usec_t now = 1000 * USEC_S, at;
	struct node_name name;
	uint32_t cursor = 0;
	struct event e;
	struct node *n;
	int err;

	if (conf.limits.records == 0) {
		conf_init(&conf);
		/* what is made anew for every input, and is full soon */
		conf.limits = (struct conf_limits) {
			.originators = 16, .clients = 64, .records = 64, .solicit_rate = 10
		};
	}
	setup.primary_mac = (struct mac) { { 2, 0, 0, 0, 0, 1 } };
	n = node_new(&setup, now, &err);
	if (!n)
		abort();
	prepare(n, now);
	while (rd_left(&r) > 2) {
		struct rd entry = rd_sub(&r, rd_u16(&r));

		if (!rd_ok(&r) || record_event_decode(&entry, &e, &at))
			continue;
		wait_until(n, &now, now + (at & 0x7fffff)); /* up to 8 s */
		node_input(n, &e, now);
		drain(n);
	}
	while (node_name_next(n, &cursor, &name))
		;
	node_free(n);
	return 0;
}
