/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one client and one port may ask for. */
#include "core/lease/serve.h"

enum {
	PORT_BURST = 200,
	PORT_RECORD_BURST = 256,
	CLIENT_BURST = 10,
};

#define CLIENT_INTERVAL (1 * USEC_S)
#define PORT_RECORD_INTERVAL (10 * USEC_S)
#define TALKERS_SWEEP (1 * USEC_S)

/* Idle talkers are like new ones and make room. */
static void talkers_sweep(struct lease *l, usec_t now)
{
	struct lease_talker *t;

	if (now - l->talkers_swept < TALKERS_SWEEP)
		return;
	l->talkers_swept = now;
	for (uint32_t i = 0; (t = table_next(&l->talkers, &i));)
		if (t->messages.full_at <= now)
			table_remove(&l->talkers, t);
}

static usec_t port_interval(const struct lease *l, enum lease_port_right right)
{
	return right == LEASE_PORT_MESSAGE ? USEC_S / l->conf.rate : PORT_RECORD_INTERVAL;
}

static const uint32_t port_burst[LEASE_PORT_RIGHTS] = {
	[LEASE_PORT_MESSAGE] = PORT_BURST,
	[LEASE_PORT_LEASE] = PORT_RECORD_BURST,
	[LEASE_PORT_CLIENT] = PORT_RECORD_BURST,
};

/* NULL when there are too many ports. */
static struct lease_port *port_get(struct lease *l, uint16_t port)
{
	struct lease_port *p = table_find(&l->ports, &port);

	return p ? p : table_add(&l->ports, &port);
}

bool lease_port_may(struct lease *l, uint16_t port, enum lease_port_right right, usec_t now)
{
	const struct lease_port *p = port_get(l, port);

	return l->conf.port_unlimited ||
	       (p && bucket_has(&p->used[right], port_interval(l, right), port_burst[right], now));
}

bool lease_port_take(struct lease *l, uint16_t port, enum lease_port_right right, usec_t now)
{
	static const enum lease_counter refused[LEASE_PORT_RIGHTS] = {
		[LEASE_PORT_MESSAGE] = LEASE_COUNT_RATE_PORT,
		[LEASE_PORT_LEASE] = LEASE_COUNT_PORT_LEASES,
		[LEASE_PORT_CLIENT] = LEASE_COUNT_PORT_CLIENTS,
	};
	struct lease_port *p = port_get(l, port);

	if (l->conf.port_unlimited ||
	    (p && bucket_take(&p->used[right], port_interval(l, right), port_burst[right], now)))
		return true;
	l->counters[refused[right]]++;
	return false;
}

bool lease_client_admits(struct lease *l, const struct mac *mac, uint16_t port, usec_t now)
{
	struct lease_talker_key key = { .mac = *mac, .port = port };
	struct lease_talker *t;

	if (l->conf.port_unlimited)
		return true;
	t = table_find(&l->talkers, &key);
	if (!t) {
		if (l->talkers.count == l->talkers.limit)
			talkers_sweep(l, now);
		t = table_add(&l->talkers, &key);
	}
	if (t && bucket_take(&t->messages, CLIENT_INTERVAL, CLIENT_BURST, now))
		return true;
	l->counters[LEASE_COUNT_RATE_CLIENT]++;
	return false;
}
