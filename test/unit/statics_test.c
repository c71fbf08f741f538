/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is fixed for clients, by the configurations of nodes and by commands, holds at all nodes of
 * a cloud; and what happens where two of them want different things.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dhcp_client.h"
#include "node_bench.h"
#include "node_town.h"

#define STATIC_TYPE 5
#define DAY (86400 * USEC_S)

static const struct mac client = { { 2, 0xcc, 0, 0, 0, 1 } }, second = { { 2, 0xcc, 0, 0, 0, 2 } };
static const struct ip4 ip = { { 10, 13, 77, 7 } }, another = { { 10, 13, 77, 8 } };

/* ---- what is fixed ---- */

static struct lease_static fix(const struct mac *mac, struct ip4 address)
{
	return (struct lease_static) { .key = lease_key_mac(mac), .ip4 = address };
}

static struct conf_host *configure(struct town *t, int at, const struct mac *mac,
				   struct ip4 address)
{
	struct conf *c = &t->conf[at];
	struct conf_host *h = &c->host[c->host_count++];

	*h = (struct conf_host) { .mac = *mac, .ip = address };
	return h;
}

static int command(struct town *t, int at, enum control_act act, const struct lease_static *s)
{
	struct event e = { .kind = EVENT_CONTROL, .control = { .act = act, .fixed = *s } };

	town_feed(t, at, &e);
	return node_static_error(t->node[at]);
}

static int add(struct town *t, int at, const struct lease_static *s)
{
	return command(t, at, CONTROL_FIX_LEASE, s);
}

static int take_back(struct town *t, int at, const struct mac *mac)
{
	struct lease_static s = fix(mac, ip);

	return command(t, at, CONTROL_UNFIX_LEASE, &s);
}

static bool find(const struct town *t, int at, const struct lease_key *key,
		 struct lease_static_view *ret)
{
	return lease_static_find(node_lease(t->node[at]), key, t->now, ret);
}

/* The address that is fixed for it at that node; zero: none. */
static struct ip4 fixed(const struct town *t, int at, const struct mac *mac)
{
	struct lease_key key = lease_key_mac(mac);
	struct lease_static_view v;

	return find(t, at, &key, &v) ? v.fixed.ip4 : (struct ip4) { { 0 } };
}

static bool is_everywhere(const struct town *t, const struct mac *mac, const struct ip4 *address)
{
	for (int i = 0; i < t->count; i++) {
		struct ip4 is = fixed(t, i, mac);

		if (!ip4_eq(&is, address))
			return false;
	}
	return true;
}

static bool is_nowhere(const struct town *t, const struct mac *mac)
{
	return is_everywhere(t, mac, &(struct ip4) { { 0 } });
}

static void wait_s(struct town *t, int seconds)
{
	town_run(t, t->now + seconds * USEC_S);
}

static void begin(struct town *t)
{
	town_begin(t);
	wait_s(t, 40);
}

static void start(struct town *t, int count)
{
	town_plan(t, count);
	begin(t);
}

/* ---- clients ---- */

static struct dhcp_msg ask(struct town *t, int at, const struct mac *mac, enum dhcp_type type,
			   struct ip4 requested)
{
	struct dhcp_msg m = { .op = DHCP_OP_REQUEST,
			      .xid = 77,
			      .chaddr = *mac,
			      .type = (uint8_t)type,
			      .requested = requested };
	uint8_t frame[DHCP_CLIENT_FRAME];

	town_station(t, at, mac, CLIENT_ASSOCIATED);
	t->dhcp_len = 0;
	town_frame(t, at, LINK_CLIENT, frame, dhcp_client_send(&m, frame));
	return dhcp_client_receive(t->dhcp, t->dhcp_len);
}

static struct ip4 offered(struct town *t, int at, const struct mac *mac)
{
	return ask(t, at, mac, DHCP_DISCOVER, (struct ip4) { { 0 } }).yiaddr;
}

/* ---- one configuration ---- */

static void test_configured(void **state)
{
	static const struct conf_dhcp_option mtu = { 4,
						     { DHCP_OPT_MTU, 2, 1300 >> 8, 1300 & 255 } };
	struct lease_static_view v;
	struct lease_key key;
	struct conf_host *h;
	struct dhcp_msg m;
	struct ip4 got;
	struct town t;

	(void)state;
	town_plan(&t, 3);
	h = configure(&t, 1, &client, ip);
	h->leasetime_s = 7200;
	h->dhcp_option[h->dhcp_option_count++] = mtu;
	strcpy(h->name, "Printer");
	begin(&t);
	key = lease_key_mac(&client);
	for (int i = 0; i < 3; i++) {
		assert_true(find(&t, i, &key, &v));
		assert_true(ip4_eq(&v.fixed.ip4, &ip));
		assert_string_equal(v.fixed.name, "printer");
		assert_int_equal(v.fixed.origin.b[5], 1);
	}
	got = offered(&t, 0, &client);
	assert_true(ip4_eq(&got, &ip));
	for (int i = 2; i >= 0; i--) {
		m = ask(&t, i, &client, DHCP_REQUEST, ip);
		assert_int_equal(m.type, DHCP_ACK);
		assert_int_equal(m.lease_s, 7200);
		assert_int_equal(m.mtu, 1300);
		wait_s(&t, 1);
		assert_int_equal(ask(&t, i, &second, DHCP_REQUEST, ip).type, DHCP_NAK);
		wait_s(&t, 1);
	}
	assert_int_equal(t.notices[NOTICE_STATIC_CLASH], 0);
	town_stop(&t);
}

/* Before anything is known of others. */
static void test_holds_from_the_start(void **state)
{
	struct ip4 is;
	struct town t;

	(void)state;
	town_plan(&t, 1);
	configure(&t, 0, &client, ip);
	town_begin(&t);
	is = fixed(&t, 0, &client);
	assert_true(ip4_eq(&is, &ip));
	town_stop(&t);
}

/* What its node has no more in its configuration nobody has. */
static void test_taken_out(void **state)
{
	struct town t;

	(void)state;
	town_plan(&t, 2);
	configure(&t, 0, &client, ip);
	configure(&t, 0, &second, another);
	begin(&t);
	assert_true(is_everywhere(&t, &client, &ip));
	t.conf[0].host_count = 1;
	town_reboot(&t, 0);
	wait_s(&t, 40);
	assert_true(is_everywhere(&t, &client, &ip));
	assert_true(is_nowhere(&t, &second));
	t.conf[0].host_count = 0;
	town_reboot(&t, 0);
	wait_s(&t, 40);
	assert_true(is_nowhere(&t, &client));
	town_stop(&t);
}

/* ---- several of them ---- */

static void test_two_that_differ(void **state)
{
	struct town t;

	(void)state;
	town_plan(&t, 2);
	configure(&t, 0, &client, ip);
	configure(&t, 1, &client, another);
	begin(&t);
	assert_true(is_everywhere(&t, &client, &ip));
	/* who does not have its way says so, once */
	assert_int_equal(t.notices[NOTICE_STATIC_CLASH], 1);
	assert_int_equal(town_counter(&t, 0, NODE_C_STATIC_CLASH), 0);
	assert_int_equal(town_counter(&t, 1, NODE_C_STATIC_CLASH), 1);
	wait_s(&t, 4000);
	assert_int_equal(t.notices[NOTICE_STATIC_CLASH], 1);
	t.conf[0].host_count = 0;
	town_reboot(&t, 0);
	wait_s(&t, 40);
	assert_true(is_everywhere(&t, &client, &another));
	town_stop(&t);
}

static void test_two_alike(void **state)
{
	struct town t;

	(void)state;
	town_plan(&t, 2);
	configure(&t, 0, &client, ip);
	configure(&t, 1, &client, ip);
	begin(&t);
	assert_true(is_everywhere(&t, &client, &ip));
	assert_int_equal(t.notices[NOTICE_STATIC_CLASH], 0);
	/* each of them may go */
	for (int i = 0; i < 2; i++) {
		t.conf[i].host_count = 0;
		town_reboot(&t, i);
		wait_s(&t, 40);
		assert_true(is_everywhere(&t, &client, &ip));
		t.conf[i].host_count = 1;
		town_reboot(&t, i);
		wait_s(&t, 40);
	}
	town_stop(&t);
}

/* ---- commands ---- */

static void test_command(void **state)
{
	struct lease_static s = fix(&client, ip);
	struct ip4 got;
	struct town t;

	(void)state;
	start(&t, 3);
	assert_int_equal(add(&t, 0, &s), 0);
	wait_s(&t, 1);
	assert_true(is_everywhere(&t, &client, &ip));
	wait_s(&t, 2);
	got = offered(&t, 2, &client);
	assert_true(ip4_eq(&got, &ip));
	/* anybody may change it */
	s.ip4 = another;
	assert_int_equal(add(&t, 1, &s), 0);
	wait_s(&t, 1);
	assert_true(is_everywhere(&t, &client, &another));
	/* it outlives every node but one */
	town_reboot(&t, 0);
	town_reboot(&t, 1);
	wait_s(&t, 40);
	assert_true(is_everywhere(&t, &client, &another));
	assert_int_equal(take_back(&t, 0, &client), 0);
	wait_s(&t, 1);
	assert_true(is_nowhere(&t, &client));
	assert_int_equal(take_back(&t, 1, &client), -ENOENT);
	town_stop(&t);
}

static void test_refused(void **state)
{
	static const struct ip4 none_of_clients[] = {
		{ { 10, 14, 0, 9 } },	/* of another network */
		{ { 10, 13, 0, 0 } },	/* the network itself */
		{ { 10, 13, 0, 1 } },	/* of all nodes */
		{ { 10, 13, 200, 1 } }, /* of this node */
		{ { 10, 13, 200, 2 } }, /* of the other one */
		{ { 10, 13, 255, 255 } },
	};
	struct lease_static s = fix(&client, ip), other;
	struct town t;

	(void)state;
	start(&t, 2);
	for (size_t i = 0; i < sizeof(none_of_clients) / sizeof(none_of_clients[0]); i++) {
		s.ip4 = none_of_clients[i];
		assert_int_equal(add(&t, 0, &s), -EADDRNOTAVAIL);
	}
	s = fix(&client, ip);
	strcpy(s.name, "printer");
	assert_int_equal(add(&t, 0, &s), 0);
	wait_s(&t, 1);
	other = fix(&second, ip);
	assert_int_equal(add(&t, 1, &other), -EADDRINUSE);
	other = fix(&second, another);
	strcpy(other.name, "printer");
	assert_int_equal(add(&t, 1, &other), -EADDRINUSE);
	other.lease_s = 1;
	assert_int_equal(add(&t, 1, &other), -EINVAL);
	assert_int_equal(add(&t, 1, &(struct lease_static) { .ip4 = another }), -EINVAL);
	assert_true(is_nowhere(&t, &second));
	town_stop(&t);
}

/* What is on the disks of others may be different: for some seconds nobody can tell. */
static void test_too_early(void **state)
{
	struct lease_static s = fix(&client, ip);
	struct town t;

	(void)state;
	town_start(&t, 1);
	assert_int_equal(add(&t, 0, &s), -EAGAIN);
	assert_int_equal(take_back(&t, 0, &client), -EAGAIN);
	wait_s(&t, 10);
	assert_int_equal(add(&t, 0, &s), 0);
	town_stop(&t);
}

static bool is_cut;

static bool wire(struct town *t, int from, int to, uint8_t *frame, size_t len)
{
	(void)t;
	(void)from;
	(void)to;
	(void)frame;
	(void)len;
	return !is_cut;
}

/* No command changes what a node has in its configuration, as long as that node is there. */
static void test_configured_elsewhere(void **state)
{
	struct lease_static s = fix(&client, another);
	struct town t;

	(void)state;
	is_cut = false;
	town_plan(&t, 2);
	t.wire = wire;
	configure(&t, 0, &client, ip);
	begin(&t);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(add(&t, i, &s), -EPERM);
		assert_int_equal(take_back(&t, i, &client), -EPERM);
	}
	wait_s(&t, 1);
	assert_true(is_everywhere(&t, &client, &ip));
	is_cut = true;
	wait_s(&t, 3700);
	assert_int_equal(take_back(&t, 0, &client), -EPERM);
	assert_int_equal(take_back(&t, 1, &client), 0);
	/* it has come back, and has its way again */
	is_cut = false;
	wait_s(&t, 60);
	assert_true(is_everywhere(&t, &client, &ip));
	town_stop(&t);
}

static void test_configuration_goes_before_command(void **state)
{
	struct lease_static s = fix(&client, another);
	struct town t;

	(void)state;
	start(&t, 2);
	assert_int_equal(add(&t, 0, &s), 0);
	wait_s(&t, 1);
	configure(&t, 1, &client, ip);
	town_reboot(&t, 1);
	wait_s(&t, 40);
	assert_true(is_everywhere(&t, &client, &ip));
	town_stop(&t);
}

/* Two administrators, who cannot see what the other one does. */
static void test_two_commands_meet(void **state)
{
	struct lease_static a = fix(&client, ip), b = fix(&second, ip);
	struct lease_static_view v;
	struct ip4 got;
	struct town t;

	(void)state;
	is_cut = true;
	town_plan(&t, 2);
	t.wire = wire;
	begin(&t);
	assert_int_equal(add(&t, 0, &b), 0);
	assert_int_equal(add(&t, 1, &a), 0);
	wait_s(&t, 10);
	is_cut = false;
	wait_s(&t, 60);
	for (int i = 0; i < 2; i++) {
		assert_true(find(&t, i, &a.key, &v));
		assert_int_equal(v.state, LEASE_STATIC_FREE);
		assert_true(find(&t, i, &b.key, &v));
		assert_int_equal(v.state, LEASE_STATIC_CLASH);
		assert_true(town_counter(&t, i, NODE_C_STATIC_CLASH) > 0);
	}
	assert_int_equal(t.notices[NOTICE_STATIC_CLASH], 2);
	got = offered(&t, 0, &second);
	assert_false(ip4_eq(&got, &ip));
	got = offered(&t, 0, &client);
	assert_true(ip4_eq(&got, &ip));
	town_stop(&t);
}

static unsigned int known(const struct town *t, int at)
{
	struct lease_static_view v;
	unsigned int count = 0;

	for (uint32_t i = 0; lease_static_next(node_lease(t->node[at]), &i, t->now, &v);)
		count++;
	return count;
}

/* Two parts have more between them than a cloud can have: what is too much holds once there is
 * room. */
static void test_too_many(void **state)
{
	struct town t;

	(void)state;
	is_cut = true;
	town_plan(&t, 2);
	t.wire = wire;
	begin(&t);
	for (unsigned int k = 0; k < 1200; k++) {
		struct lease_static s =
			fix(&(struct mac) { { 2, 0xdd, 0, 0, (uint8_t)(k >> 8), (uint8_t)k } },
			    ip4_from_u32(0x0a0d6000 + k));

		assert_int_equal(add(&t, (int)k % 2, &s), 0);
	}
	wait_s(&t, 10);
	is_cut = false;
	wait_s(&t, 60);
	for (int i = 0; i < 2; i++)
		assert_int_equal(known(&t, i), 1024);
	for (unsigned int k = 0; k < 200; k++)
		assert_int_equal(take_back(&t, (int)k % 2,
					   &(struct mac) { { 2, 0xdd, 0, 0, 0, (uint8_t)k } }),
				 0);
	wait_s(&t, 10);
	for (int i = 0; i < 2; i++)
		assert_int_equal(known(&t, i), 1000);
	town_stop(&t);
}

/* That of a node, which no configuration can tell: people hear of it, and the node keeps it. */
static void test_address_of_a_node(void **state)
{
	static const struct ip4 nodes = { { 10, 13, 200, 2 } };
	struct lease_static_view v;
	struct lease_key key = lease_key_mac(&client);
	struct ip4 got;
	struct town t;

	(void)state;
	town_plan(&t, 2);
	configure(&t, 0, &client, nodes);
	begin(&t);
	for (int i = 0; i < 2; i++) {
		assert_true(find(&t, i, &key, &v));
		assert_int_equal(v.state, LEASE_STATIC_UNUSABLE);
		assert_in_range(town_counter(&t, i, NODE_C_STATIC_CLASH), 1, 2);
	}
	assert_in_range(t.notices[NOTICE_STATIC_CLASH], 2, 4);
	assert_true(ip4_eq(&node_cloud(t.node[1])->node4, &nodes));
	got = offered(&t, 0, &client);
	assert_false(ip4_is_zero(&got) || ip4_eq(&got, &nodes));
	town_stop(&t);
}

/* ---- reserved addresses ---- */

static void test_reserved(void **state)
{
	struct lease_range r;
	struct lease_static s = { .lease_s = 0 };
	struct lease_static_view v;
	struct ip4 got;
	struct town t;

	(void)state;
	start(&t, 2);
	r.first = offered(&t, 1, &client);
	r.last = ip4_from_u32(ip4_u32(&r.first) + 3);
	s.key = lease_key_range(&r);
	assert_int_equal(add(&t, 0, &s), 0);
	wait_s(&t, 3);
	assert_int_equal(ask(&t, 1, &client, DHCP_REQUEST, r.first).type, DHCP_NAK);
	for (uint8_t i = 10; i < 20; i++) {
		got = offered(&t, 1, &(struct mac) { { 2, 0xcc, 0, 0, 0, i } });
		assert_false(lease_range_has(&r, &got));
	}
	for (int i = 0; i < 2; i++) {
		assert_true(find(&t, i, &s.key, &v));
		assert_int_equal(v.state, LEASE_STATIC_RESERVED);
	}
	/* but to whom it is fixed */
	s = fix(&second, r.last);
	assert_int_equal(add(&t, 1, &s), 0);
	wait_s(&t, 3);
	got = offered(&t, 0, &second);
	assert_true(ip4_eq(&got, &r.last));
	town_stop(&t);
}

static void test_reserved_by_configuration(void **state)
{
	static const struct conf_range range = { { { 10, 13, 90, 0 } }, { { 10, 13, 90, 9 } } };
	struct lease_range r = { range.first, range.last };
	struct lease_key key = lease_key_range(&r);
	struct lease_static_view v;
	struct town t;

	(void)state;
	town_plan(&t, 2);
	t.conf[1].dhcp.reserve[0] = range;
	t.conf[1].dhcp.reserve_count = 1;
	begin(&t);
	assert_true(find(&t, 0, &key, &v));
	assert_int_equal(v.state, LEASE_STATIC_RESERVED);
	assert_int_equal(ask(&t, 0, &client, DHCP_REQUEST, range.last).type, DHCP_NAK);
	t.conf[1].dhcp.reserve_count = 0;
	town_reboot(&t, 1);
	wait_s(&t, 40);
	assert_false(find(&t, 0, &key, &v));
	town_stop(&t);
}

/* ---- names ---- */

static bool has_name(const struct town *t, int at, const char *name, const struct ip4 *address)
{
	struct node_name n;

	for (uint32_t i = 0; node_name_next(t->node[at], &i, &n);)
		if (!strcmp(n.name, name))
			return ip4_eq(&n.ip4, address);
	return false;
}

/* It has its name while nobody is there, and no other client gets it. */
static void test_name(void **state)
{
	struct lease_static s = fix(&client, ip);
	struct dhcp_msg m = {
		.op = DHCP_OP_REQUEST, .xid = 77, .chaddr = second, .type = DHCP_DISCOVER
	};
	uint8_t frame[DHCP_CLIENT_FRAME];
	struct ip4 got;
	struct town t;

	(void)state;
	start(&t, 2);
	strcpy(s.name, "printer");
	assert_int_equal(add(&t, 1, &s), 0);
	wait_s(&t, 3);
	assert_true(has_name(&t, 0, "printer", &ip) && has_name(&t, 1, "printer", &ip));
	got = offered(&t, 0, &second);
	m.type = DHCP_REQUEST;
	m.requested = got;
	strcpy(m.hostname, "printer");
	town_frame(&t, 0, LINK_CLIENT, frame, dhcp_client_send(&m, frame));
	wait_s(&t, 3);
	for (int i = 0; i < 2; i++) {
		assert_true(has_name(&t, i, "printer", &ip));
		assert_true(has_name(&t, i, "printer-2", &got));
	}
	assert_int_equal(ask(&t, 1, &client, DHCP_REQUEST, ip).type, DHCP_ACK);
	wait_s(&t, 3);
	assert_true(has_name(&t, 0, "printer", &ip) && has_name(&t, 0, "printer-2", &got));
	town_stop(&t);
}

/* ---- for years ---- */

/* Its record is written again long before it ends. */
static void test_lives_on(void **state)
{
	struct lease_static s = fix(&client, ip);
	struct state_key key = state_key_init(STATIC_TYPE, s.key.b, s.key.len);
	struct event fix_it = { .kind = EVENT_CONTROL,
				.control = { .act = CONTROL_FIX_LEASE, .fixed = s } };
	struct event timer = { .kind = EVENT_TIMER };
	struct state_view v;
	struct bench b;

	(void)state;
	bench_start(&b, "");
	bench_run(&b, 10 * USEC_S);
	bench_feed(&b, &fix_it);
	assert_int_equal(node_static_error(b.node), 0);
	for (int days = 0; days < 1000; days += 250) {
		b.now += 250 * DAY;
		bench_feed(&b, &timer);
		bench_run(&b, 60 * USEC_S);
		assert_int_equal(state_get(node_state(b.node), &key, NULL, b.now, &v), 0);
		assert_in_range(v.quiet_s, 0, 61);
	}
	bench_stop(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_configured),
		cmocka_unit_test(test_holds_from_the_start),
		cmocka_unit_test(test_taken_out),
		cmocka_unit_test(test_two_that_differ),
		cmocka_unit_test(test_two_alike),
		cmocka_unit_test(test_command),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_early),
		cmocka_unit_test(test_configured_elsewhere),
		cmocka_unit_test(test_configuration_goes_before_command),
		cmocka_unit_test(test_two_commands_meet),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_address_of_a_node),
		cmocka_unit_test(test_reserved),
		cmocka_unit_test(test_reserved_by_configuration),
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_lives_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
