/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One node's uplinks in front of a pretended internet that answers probes after its latency, or
 * does not. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/gateway/gateway.h"

#define PENDING_MAX 64
#define UPLINK 3 /* its port */

struct pending {
	bool used;
	uint32_t id;
	usec_t at;
	enum gateway_result result;
};

static struct world {
	usec_t now;
	struct gateway g;
	struct outq out;
	uint64_t buf[4096];
	/* what answers; otherwise silence */
	bool next_hop, dns, ping, http, portal;
	bool has_ip6_http;
	unsigned loss; /* of so many answers one is lost, 0: none */
	usec_t latency;
	unsigned asked[4]; /* per kind */
	unsigned answers;
	unsigned ups[GATEWAY_FAMILIES], downs[GATEWAY_FAMILIES], changes;
	usec_t up_at, down_at;
	enum gateway_reason reason;
	struct pending pending[PENDING_MAX];
} w;

static const struct gateway_uplink home = {
	.kind = GATEWAY_UPLINK_DHCP,
	.has4 = true,
	.ip4 = { { { 192, 168, 1, 77 } }, 24 },
	.router4 = { { 192, 168, 1, 1 } },
	.resolver_count = 2,
	.resolver = { { .ip4 = { { 192, 168, 1, 1 } } }, { .ip4 = { { 9, 9, 9, 9 } } } },
};

static struct gateway_conf default_conf(void)
{
	struct gateway_conf c = { .dns_name = "example.org", .http_count = 2, .host_count = 2 };

	c.http[0] = (struct gateway_http) { .host = "a.example", .port = 80, .status = 204 };
	c.http[1] = (struct gateway_http) { .host = "b.example", .port = 80, .status = 204 };
	c.host[0] = (struct gateway_addr) { .ip4 = { { 1, 1, 1, 1 } } };
	c.host[1] = (struct gateway_addr) { .family = GATEWAY_IP6, .ip6 = { { 0x26 } } };
	return c;
}

static void internet(bool works)
{
	w.dns = w.ping = w.http = works;
}

static void world_init(const struct gateway_conf *conf)
{
	memset(&w, 0, sizeof(w));
	w.now = 100 * USEC_S;
	w.latency = 20 * USEC_MS;
	w.next_hop = true;
	w.has_ip6_http = true;
	internet(true);
	outq_init(&w.out, w.buf, sizeof(w.buf));
	gateway_init(&w.g, conf, rng_init(1), &w.out);
}

static bool answers(const struct gateway_probe *p, enum gateway_result *ret)
{
	*ret = GATEWAY_RESULT_OK;
	switch (p->kind) {
	case GATEWAY_PROBE_NEXT_HOP:
		return w.next_hop;
	case GATEWAY_PROBE_DNS:
		/* the home router answers from its cache */
		return w.dns || (w.next_hop && ip4_eq(&p->addr.ip4, &home.router4));
	case GATEWAY_PROBE_PING:
		return w.ping;
	case GATEWAY_PROBE_HTTP:
		if (w.portal)
			*ret = GATEWAY_RESULT_PORTAL;
		if (p->family == GATEWAY_IP6 && !w.has_ip6_http)
			*ret = GATEWAY_RESULT_UNUSABLE;
		return w.portal || w.http || *ret == GATEWAY_RESULT_UNUSABLE;
	}
	return false;
}

static void on_probe(const struct gateway_probe *p)
{
	enum gateway_result result;

	w.asked[p->kind]++;
	if (!answers(p, &result) || (w.loss && ++w.answers % w.loss == 0))
		return;
	for (unsigned i = 0; i < PENDING_MAX; i++) {
		if (w.pending[i].used)
			continue;
		w.pending[i] = (struct pending) { true, p->id, w.now + w.latency, result };
		return;
	}
	fail();
}

static void drain(void)
{
	struct gateway_probe probe;
	struct out o;

	while (outq_pop(&w.out, &o)) {
		switch ((enum gateway_out_kind)o.kind) {
		case GATEWAY_PROBE:
			assert_int_equal(o.len, sizeof(probe));
			memcpy(&probe, o.data, sizeof(probe));
			assert_int_equal(o.arg, probe.id);
			on_probe(&probe);
			break;
		case GATEWAY_UP:
			w.ups[o.arg]++;
			w.up_at = w.now;
			break;
		case GATEWAY_DOWN:
			w.downs[o.arg]++;
			w.down_at = w.now;
			memcpy(&w.reason, o.data, sizeof(w.reason));
			break;
		case GATEWAY_CHANGED:
			w.changes++;
			break;
		}
	}
}

static void run(usec_t time)
{
	usec_t end = w.now + time;

	for (; w.now < end; w.now += 5 * USEC_MS) {
		for (unsigned i = 0; i < PENDING_MAX; i++) {
			if (!w.pending[i].used || w.pending[i].at > w.now)
				continue;
			w.pending[i].used = false;
			gateway_probe_result(&w.g, w.pending[i].id, w.pending[i].result, 20000,
					     w.now);
			drain();
		}
		if (gateway_deadline(&w.g) > w.now)
			continue;
		gateway_tick(&w.g, w.now);
		assert_true(gateway_deadline(&w.g) > w.now);
		drain();
	}
}

static const struct gateway_path *path(enum gateway_family f)
{
	return &gateway_get(&w.g, UPLINK)->path[f];
}

static void start(void)
{
	struct gateway_conf conf = default_conf();

	world_init(&conf);
	assert_int_equal(gateway_uplink_set(&w.g, UPLINK, &home, w.now), 0);
	drain();
}

static void test_comes_up_at_once(void **state)
{
	(void)state;
	start();
	assert_int_equal(path(GATEWAY_IP4)->state, GATEWAY_NEW);
	assert_int_equal(path(GATEWAY_IP6)->state, GATEWAY_ABSENT);
	assert_false(gateway_working(&w.g, GATEWAY_IP4));
	run(100 * USEC_MS); /* its address may not be in place yet */
	assert_int_equal(w.asked[GATEWAY_PROBE_NEXT_HOP], 0);
	run(200 * USEC_MS);
	assert_int_equal(w.ups[GATEWAY_IP4], 1);
	assert_true(gateway_working(&w.g, GATEWAY_IP4));
	assert_false(gateway_working(&w.g, GATEWAY_IP6));
	assert_int_equal(path(GATEWAY_IP4)->reason, GATEWAY_REASON_ANSWERS);
}

/* While all is well it is quiet: one probe a second, HTTP every tenth, the local ones never. */
static void test_rate_while_working(void **state)
{
	(void)state;
	start();
	run(USEC_S);
	memset(w.asked, 0, sizeof(w.asked));
	run(100 * USEC_S);
	assert_in_range(w.asked[GATEWAY_PROBE_HTTP], 9, 11);
	assert_int_equal(w.asked[GATEWAY_PROBE_NEXT_HOP], 0);
	assert_in_range(w.asked[GATEWAY_PROBE_DNS] + w.asked[GATEWAY_PROBE_PING], 89, 91);
	assert_true(w.asked[GATEWAY_PROBE_DNS] > 30 && w.asked[GATEWAY_PROBE_PING] > 30);
	assert_int_equal(w.downs[GATEWAY_IP4], 0);
}

/* Whenever it dies. The home router goes on answering, from its cache even names. */
static void test_death_within_5s(void **state)
{
	(void)state;
	for (unsigned offset = 0; offset < 12; offset++) {
		usec_t died;

		start();
		run(10 * USEC_S + offset * 90 * USEC_MS);
		internet(false);
		died = w.now;
		run(5 * USEC_S);
		assert_int_equal(w.downs[GATEWAY_IP4], 1);
		assert_true(w.down_at - died <= 4100 * USEC_MS);
		assert_int_equal(w.reason, GATEWAY_REASON_NO_INTERNET);
		run(60 * USEC_S);
		assert_int_equal(w.downs[GATEWAY_IP4], 1);
	}
}

static void test_death_of_the_next_hop(void **state)
{
	(void)state;
	start();
	run(10 * USEC_S);
	internet(false);
	w.next_hop = false;
	run(5 * USEC_S);
	assert_int_equal(w.downs[GATEWAY_IP4], 1);
	assert_int_equal(w.reason, GATEWAY_REASON_NO_NEXT_HOP);
}

static void test_return_within_10s(void **state)
{
	(void)state;
	for (unsigned offset = 0; offset < 12; offset++) {
		usec_t back;

		start();
		run(10 * USEC_S);
		internet(false);
		run(20 * USEC_S + offset * 260 * USEC_MS);
		internet(true);
		back = w.now;
		run(10 * USEC_S);
		assert_int_equal(w.ups[GATEWAY_IP4], 2);
		assert_true(w.up_at - back >= USEC_S);
		assert_true(w.up_at - back <= 8 * USEC_S);
	}
}

static void test_captive_portal(void **state)
{
	struct gateway_conf conf = default_conf();

	(void)state;
	start();
	run(10 * USEC_S);
	w.portal = true;
	run(15 * USEC_S);
	assert_int_equal(w.downs[GATEWAY_IP4], 1);
	assert_int_equal(w.reason, GATEWAY_REASON_PORTAL);
	w.portal = false;
	run(10 * USEC_S);
	assert_int_equal(w.ups[GATEWAY_IP4], 2);
	/* and one that is there from the start */
	world_init(&conf);
	w.portal = true;
	gateway_uplink_set(&w.g, UPLINK, &home, w.now);
	run(5 * USEC_S);
	assert_int_equal(w.ups[GATEWAY_IP4], 0);
	assert_int_equal(path(GATEWAY_IP4)->reason, GATEWAY_REASON_PORTAL);
}

/* Single losses make rounds, not failures. */
static void test_loss_is_no_death(void **state)
{
	(void)state;
	start();
	w.loss = 4;
	run(600 * USEC_S);
	assert_int_equal(w.downs[GATEWAY_IP4], 0);
	assert_true(w.g.counters.failures > 20);
}

static void test_slow_link_is_no_death(void **state)
{
	(void)state;
	start();
	w.latency = 1500 * USEC_MS;
	run(120 * USEC_S);
	assert_int_equal(w.downs[GATEWAY_IP4], 0);
	assert_int_equal(w.ups[GATEWAY_IP4], 1);
}

/* One server of the list is down: not the internet. */
static void test_one_target_dead(void **state)
{
	(void)state;
	start();
	run(10 * USEC_S);
	w.ping = false;
	run(120 * USEC_S);
	w.ping = true;
	w.dns = false;
	run(120 * USEC_S);
	assert_int_equal(w.downs[GATEWAY_IP4], 0);
}

static void test_only_local_targets(void **state)
{
	struct gateway_conf conf = { .dns_name = "example.org" };
	struct gateway_uplink u = home;

	(void)state;
	u.resolver_count = 1;
	world_init(&conf);
	gateway_uplink_set(&w.g, UPLINK, &u, w.now);
	internet(false);
	run(20 * USEC_S);
	assert_true(gateway_working(&w.g, GATEWAY_IP4));
	w.next_hop = false;
	run(5 * USEC_S);
	assert_false(gateway_working(&w.g, GATEWAY_IP4));
}

static void test_nothing_to_ask(void **state)
{
	struct gateway_conf conf = { .dns_name = "example.org" };
	struct gateway_uplink u = { .has4 = true, .ip4 = { { { 10, 0, 0, 2 } }, 32 } };

	(void)state;
	world_init(&conf);
	gateway_uplink_set(&w.g, UPLINK, &u, w.now);
	run(20 * USEC_S);
	assert_true(gateway_working(&w.g, GATEWAY_IP4));
	assert_int_equal(w.ups[GATEWAY_IP4], 1);
}

static void test_gone_and_changed(void **state)
{
	struct gateway_uplink u = home;

	(void)state;
	start();
	run(5 * USEC_S);
	/* only the lease was renewed */
	gateway_uplink_set(&w.g, UPLINK, &u, w.now);
	drain();
	assert_int_equal(w.downs[GATEWAY_IP4], 0);
	/* other resolvers: asked at once, still up */
	u.resolver[1].ip4.b[0] = 8;
	w.changes = 0;
	gateway_uplink_set(&w.g, UPLINK, &u, w.now);
	drain();
	assert_true(w.changes > 0);
	run(5 * USEC_S);
	assert_int_equal(w.downs[GATEWAY_IP4], 0);
	/* another address is another uplink */
	u.ip4.addr.b[3] = 78;
	gateway_uplink_set(&w.g, UPLINK, &u, w.now);
	drain();
	assert_int_equal(w.downs[GATEWAY_IP4], 1);
	run(USEC_S);
	assert_int_equal(w.ups[GATEWAY_IP4], 2);
	gateway_uplink_gone(&w.g, UPLINK, w.now);
	drain();
	assert_int_equal(w.downs[GATEWAY_IP4], 2);
	assert_int_equal(w.reason, GATEWAY_REASON_NO_ADDRESS);
	assert_null(gateway_get(&w.g, UPLINK));
	assert_true(gateway_deadline(&w.g) == USEC_NEVER);
	gateway_uplink_gone(&w.g, UPLINK, w.now);
}

static void test_two_families(void **state)
{
	struct gateway_uplink u = home;

	(void)state;
	start();
	u.has6 = true;
	u.ip6 = (struct net6) { { { 0x20, 0x01, 0x0d, 0xb8 } }, 64 };
	u.router6 = (struct ip6) { { 0xfe, 0x80 } };
	run(5 * USEC_S);
	w.has_ip6_http = false;
	gateway_uplink_set(&w.g, UPLINK, &u, w.now);
	drain();
	run(5 * USEC_S);
	assert_int_equal(w.downs[GATEWAY_IP4], 0);
	assert_int_equal(w.ups[GATEWAY_IP6], 1);
	/* only IPv6 dies */
	u.has6 = false;
	gateway_uplink_set(&w.g, UPLINK, &u, w.now);
	drain();
	assert_int_equal(w.downs[GATEWAY_IP6], 1);
	assert_true(gateway_working(&w.g, GATEWAY_IP4));
}

static void test_new_conf(void **state)
{
	struct gateway_conf conf = default_conf();

	(void)state;
	start();
	run(5 * USEC_S);
	conf.http_count = 1;
	gateway_conf_set(&w.g, &conf, w.now);
	drain();
	run(20 * USEC_S);
	assert_int_equal(w.downs[GATEWAY_IP4], 0);
	assert_int_equal(path(GATEWAY_IP4)->target_count, 5);
}

/* GATEWAY_UP found no room: it is told later, and probes that could not leave prove nothing. */
static void test_full_queue(void **state)
{
	uint64_t tiny[2];

	(void)state;
	start();
	run(10 * USEC_S);
	outq_init(&w.out, tiny, sizeof(tiny));
	run(60 * USEC_S);
	assert_int_equal(w.downs[GATEWAY_IP4], 0);
	gateway_uplink_gone(&w.g, UPLINK, w.now);
	drain();
	run(USEC_S);
	assert_int_equal(w.downs[GATEWAY_IP4], 0);
	assert_non_null(gateway_get(&w.g, UPLINK));
	outq_init(&w.out, w.buf, sizeof(w.buf));
	run(USEC_S);
	assert_int_equal(w.downs[GATEWAY_IP4], 1);
	assert_null(gateway_get(&w.g, UPLINK));
}

static void test_limits(void **state)
{
	struct gateway_record r = { 0 };
	struct gateway_uplink u = home;
	uint16_t i;

	(void)state;
	start();
	for (i = 10; i < 10 + GATEWAY_UPLINK_MAX - 1; i++)
		assert_int_equal(gateway_uplink_set(&w.g, i, &u, w.now), 0);
	assert_int_equal(gateway_uplink_set(&w.g, i, &u, w.now), -ENOSPC);
	u.resolver_count = GATEWAY_RESOLVER_MAX + 1;
	assert_int_equal(gateway_uplink_set(&w.g, UPLINK, &u, w.now), -EINVAL);
	for (i = 0; i < GATEWAY_KNOWN_MAX; i++) {
		r.owner[7] = (uint8_t)i;
		assert_int_equal(gateway_record_set(&w.g, &r), 0);
	}
	assert_int_equal(gateway_record_set(&w.g, &r), 0);
	r.owner[0] = 1;
	assert_int_equal(gateway_record_set(&w.g, &r), -ENOSPC);
	assert_int_equal(w.g.counters.known_full, 1);
	gateway_probe_result(&w.g, 12345, GATEWAY_RESULT_OK, 1, w.now);
	assert_int_equal(w.g.counters.unknown_results, 1);
}

/* What has changed must be told, or the old resolvers and routes stay in use. */
static unsigned told(void)
{
	unsigned changes = w.changes;

	drain();
	return w.changes - changes;
}

static void test_choice_and_resolvers(void **state)
{
	struct gateway_record far = { .owner = { 9 },
				      .node = { { 2, 0, 0, 0, 0, 9 } },
				      .router_id = { 1, 2, 3, 4, 5, 6, 7, 8 },
				      .name = "far",
				      .working = { true, false },
				      .resolver_count = 1,
				      .resolver = { { .ip4 = { { 8, 8, 8, 8 } } } } };
	struct gateway_route route = { .router_id = { 1, 2, 3, 4, 5, 6, 7, 8 }, .metric = 300 };
	struct gateway_addr list[GATEWAY_RESOLVER_MAX];
	struct gateway_conf conf = default_conf();
	struct gateway_record own = { 0 };

	(void)state;
	start();
	internet(false);
	run(10 * USEC_S);
	assert_int_equal(gateway_used(&w.g, GATEWAY_IP4).choice, GATEWAY_CHOICE_NONE);
	assert_int_equal(gateway_resolvers(&w.g, list, GATEWAY_RESOLVER_MAX), 0);
	gateway_default_route(&w.g, GATEWAY_IP4, &route);
	assert_int_equal(told(), 1);
	assert_int_equal(gateway_used(&w.g, GATEWAY_IP4).choice, GATEWAY_CHOICE_ANONYMOUS);
	assert_int_equal(gateway_record_set(&w.g, &far), 0);
	assert_int_equal(told(), 1);
	assert_int_equal(gateway_used(&w.g, GATEWAY_IP4).choice, GATEWAY_CHOICE_CLOSEST);
	assert_string_equal(gateway_used(&w.g, GATEWAY_IP4).record->name, "far");
	assert_int_equal(gateway_resolvers(&w.g, list, GATEWAY_RESOLVER_MAX), 1);
	assert_int_equal(list[0].ip4.b[0], 8);
	internet(true);
	run(10 * USEC_S);
	assert_int_equal(gateway_used(&w.g, GATEWAY_IP4).choice, GATEWAY_CHOICE_OWN);
	assert_int_equal(gateway_used(&w.g, GATEWAY_IP4).port, UPLINK);
	assert_int_equal(gateway_resolvers(&w.g, list, GATEWAY_RESOLVER_MAX), 2);
	gateway_own(&w.g, &own);
	assert_true(own.working[GATEWAY_IP4] && !own.working[GATEWAY_IP6]);
	assert_int_equal(own.resolver_count, 2);
	gateway_uplink_gone(&w.g, UPLINK, w.now);
	gateway_default_route(&w.g, GATEWAY_IP4, NULL);
	/* no route at the moment, but somebody has a way out */
	assert_int_equal(gateway_resolvers(&w.g, list, GATEWAY_RESOLVER_MAX), 1);
	drain();
	gateway_record_gone(&w.g, far.owner);
	assert_int_equal(told(), 1);
	assert_int_equal(gateway_resolvers(&w.g, list, GATEWAY_RESOLVER_MAX), 0);
	conf.resolver_count = 1;
	gateway_conf_set(&w.g, &conf, w.now);
	assert_int_equal(told(), 1);
	assert_int_equal(gateway_resolvers(&w.g, list, GATEWAY_RESOLVER_MAX), 1);
}

static void test_words(void **state)
{
	(void)state;
	for (unsigned i = 0; i <= GATEWAY_DEAD; i++)
		assert_non_null(gateway_state_name((enum gateway_state)i));
	for (unsigned i = 0; i <= GATEWAY_REASON_RETURNING; i++) {
		assert_non_null(gateway_reason_name((enum gateway_reason)i));
		assert_non_null(gateway_reason_text((enum gateway_reason)i));
	}
	for (unsigned i = 0; i <= GATEWAY_CHOICE_ANONYMOUS; i++)
		assert_non_null(gateway_choice_text((enum gateway_choice)i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_comes_up_at_once),
		cmocka_unit_test(test_rate_while_working),
		cmocka_unit_test(test_death_within_5s),
		cmocka_unit_test(test_death_of_the_next_hop),
		cmocka_unit_test(test_return_within_10s),
		cmocka_unit_test(test_captive_portal),
		cmocka_unit_test(test_loss_is_no_death),
		cmocka_unit_test(test_slow_link_is_no_death),
		cmocka_unit_test(test_one_target_dead),
		cmocka_unit_test(test_only_local_targets),
		cmocka_unit_test(test_nothing_to_ask),
		cmocka_unit_test(test_gone_and_changed),
		cmocka_unit_test(test_two_families),
		cmocka_unit_test(test_new_conf),
		cmocka_unit_test(test_full_queue),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_choice_and_resolvers),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
