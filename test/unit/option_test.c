/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every option of the table has an effect: a node with another value is seen to do something else.
 * What only the platform uses is named with the test that shows it there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dhcp_client.h"
#include "node_bench.h"
#include "packet/eth.h"
#include "packet/icmp6.h"
#include "packet/udp.h"

#define AP 2
#define MANY 300

/* A node with a cable (port 0), an uplink with an address of its own (1) and an access point. */
static void start(struct bench *b, const char *text)
{
	bench_start(b, text);
	bench_port(b, 0, "eth0", PORT_KIND_ETHERNET);
	bench_port(b, 1, "eth1", PORT_KIND_ETHERNET);
	bench_port(b, AP, "wlan0-ap", PORT_KIND_WIFI_AP);
	bench_run(b, 15 * USEC_S);
}

static struct mac numbered(int i)
{
	return (struct mac) { { 2, 0xcc, 0, 0, (uint8_t)(i >> 8), (uint8_t)i } };
}

static struct dhcp_msg question(int client)
{
	struct dhcp_msg m = { .op = DHCP_OP_REQUEST,
			      .xid = 77,
			      .chaddr = numbered(client),
			      .type = DHCP_DISCOVER,
			      .has_wanted = true };

	for (int o = 1; o < 122; o++)
		m.wanted[o / 32] |= 1u << o % 32;
	return m;
}

static void discover(struct bench *b, int client)
{
	struct dhcp_msg m = question(client);

	bench_dhcp(b, &m);
}

static struct dhcp_msg offer(struct bench *b)
{
	discover(b, 1);
	return dhcp_client_receive(b->dhcp, b->dhcp_len);
}

/* ---- what can be seen, as a short text ---- */

typedef void see_fn(struct bench *b, struct text *t);

static void see_name(struct bench *b, struct text *t)
{
	struct node_name n;

	for (uint32_t i = 0; node_name_next(b->node, &i, &n);)
		text_add(t, "%s ", n.name);
}

static void see_dns(struct bench *b, struct text *t)
{
	const struct wish_dns *d = &node_wish(b->node)->dns;
	char ip4[IP4_TEXT], ip6[IP6_TEXT];

	text_add(t, "%s", d->domain);
	for (int i = 0; i < d->upstream_count; i++)
		text_add(t, " %s", ip4_text(&d->upstreams[i], ip4));
	for (int i = 0; i < d->upstream6_count; i++)
		text_add(t, " %s", ip6_text(&d->upstreams6[i], ip6));
}

static void see_addresses(struct bench *b, struct text *t)
{
	const struct wish *w = node_wish(b->node);
	char net[NET_TEXT];

	for (int i = 0; i < w->addr_count; i++) {
		const struct wish_addr *a = &w->addrs[i];

		text_add(t, "%s %s ", a->dev,
			 a->v6 ? net6_text(&a->ip6, net) : net4_text(&a->ip4, net));
	}
}

static void see_routes(struct bench *b, struct text *t)
{
	const struct wish *w = node_wish(b->node);
	char ip4[IP4_TEXT], ip6[IP6_TEXT];

	for (int i = 0; i < w->route_count; i++)
		text_add(t, "%s %s ", ip4_text(&w->routes[i].via4, ip4),
			 ip6_text(&w->routes[i].via6, ip6));
}

static void see_links(struct bench *b, struct text *t)
{
	const struct wish *w = node_wish(b->node);
	char mac[MAC_TEXT];

	for (int i = 0; i < w->link_count; i++) {
		const struct wish_link *l = &w->links[i];

		text_add(t, "%s/%s %s %x.%u; ", l->name, l->master, mac_text(&l->mac, mac),
			 (unsigned int)l->vlan_proto, (unsigned int)l->vid);
	}
}

static void see_filter(struct bench *b, struct text *t)
{
	const struct wish *w = node_wish(b->node);
	const struct wish_filter *f = &w->filter;

	text_add(t, "%x %x key %d kernel %d", (unsigned int)f->batman_proto,
		 (unsigned int)f->babel_proto, w->babel_key, w->batadv.used);
	for (int i = 0; i < f->uplink_count; i++)
		text_add(t, " %s %d %d", f->uplinks[i].dev, f->uplinks[i].masquerade6,
			 f->uplinks[i].allow_private);
}

static void see_children(struct bench *b, struct text *t)
{
	const struct wish *w = node_wish(b->node);

	for (int i = 0; i < w->child_count; i++)
		text_add(t, "%d %s; ", (int)w->children[i].kind, w->children[i].dev);
}

static bool has_bytes(const struct bench *b, const void *bytes, size_t len)
{
	for (size_t i = 0; i + len <= b->dhcp_len; i++)
		if (!memcmp(b->dhcp + i, bytes, len))
			return true;
	return false;
}

static void see_offer(struct bench *b, struct text *t)
{
	static const uint8_t route[] = { 16, 10, 99, 10, 13, 7, 7 };
	struct dhcp_msg m = offer(b);

	text_add(t, "lease %u mtu %u portal %d route %d", (unsigned int)m.lease_s,
		 (unsigned int)m.mtu, has_bytes(b, "http://portal.example/api", 25),
		 has_bytes(b, route, sizeof(route)));
}

/* Where in a /16 is the first address that a client gets? */
static void see_pool(struct bench *b, struct text *t)
{
	struct ip4 ip = offer(b).yiaddr;
	uint32_t host = ip4_u32(&ip) & 0xffff;

	text_add(t, "%s", host < 1000 ? "low" : host >= 65000 ? "high" : "middle");
}

/* 60 messages per second: what the port may do at once is soon used up. */
static void see_dhcp_rate(struct bench *b, struct text *t)
{
	for (int i = 0; i < 600; i++) {
		discover(b, i);
		bench_run(b, USEC_S / 60);
	}
	text_add(t, "%s", node_lease(b->node)->counters[LEASE_COUNT_RATE_PORT] ? "too many" : "");
}

/* More at once than a port may send. */
static void see_dhcp_limits(struct bench *b, struct text *t)
{
	for (int i = 0; i < 400; i++)
		discover(b, i);
	text_add(t, "%s", node_lease(b->node)->counters[LEASE_COUNT_RATE_PORT] ? "" : "all heard");
}

/* What numbered(1) is given and called. */
static void see_client(struct bench *b, struct text *t)
{
	static const uint8_t ntp[] = { DHCP_OPT_NTP, 4, 10, 13, 0, 9 };
	struct dhcp_msg m = offer(b);
	char ip[IP4_TEXT];

	text_add(t, "%s lease %u ntp %d names ", ip4_text(&m.yiaddr, ip), (unsigned int)m.lease_s,
		 has_bytes(b, ntp, sizeof(ntp)));
	see_name(b, t);
}

/* ... and somebody who has an identifier. */
static void see_identified(struct bench *b, struct text *t)
{
	struct dhcp_msg m = question(2);
	char ip[IP4_TEXT];

	m.id_len = 3;
	memcpy(m.id, "\377id", m.id_len);
	bench_dhcp(b, &m);
	m = dhcp_client_receive(b->dhcp, b->dhcp_len);
	text_add(t, "%s", ip4_text(&m.yiaddr, ip));
}

static void see_ra(struct bench *b, struct text *t)
{
	struct rd r, payload, body;
	struct ip6_head ip;
	struct icmp6_head h;
	struct icmp6_ra ra;
	struct eth e;

	bench_run(b, 100 * USEC_S);
	r = rd_init(b->ra, b->ra_len);
	assert_int_equal(eth_decode(&r, &e), 0);
	assert_int_equal(ip6_decode(&r, &ip, &payload), 0);
	assert_int_equal(icmp6_decode(&payload, &ip, &h, &body), 0);
	assert_int_equal(icmp6_ra_decode(&body, &ip, &h, &ra), 0);
	text_add(t, "mtu %u lifetime %u %s", (unsigned int)ra.mtu,
		 (unsigned int)ra.prefixes[0].valid_s, b->ras > 15 ? "often" : "seldom");
}

static void see_ogms(struct bench *b, struct text *t)
{
	b->ogms = 0;
	bench_run(b, 10 * USEC_S);
	text_add(t, "%s", b->ogms > 50 ? "often" : "seldom");
}

static void see_probes(struct bench *b, struct text *t)
{
	bench_run(b, 60 * USEC_S);
	text_add(t, "%s %s %s %s", strstr(b->probes, "check.example/page") ? "page" : "",
		 strstr(b->probes, "name.example") ? "name" : "",
		 strstr(b->probes, " 192.0.2.77") ? "host" : "",
		 strstr(b->probes, " 192.168.9.7") ? "resolver" : "");
}

/* The node's clients change, and some time later that is saved. */
static void see_store(struct bench *b, struct text *t)
{
	bench_run(b, 120 * USEC_S);
	text_add(t, "%s", b->stored_at ? "saved" : "not yet");
}

static void see_solicit(struct bench *b, struct text *t)
{
	struct event e = { .kind = EVENT_SOLICIT };

	for (int i = 0; i < 50; i++) {
		e.solicit.ip4 = (struct ip4) { { 10, 97, 77, (uint8_t)i } };
		bench_feed(b, &e);
	}
	text_add(t, "%u", (unsigned int)node_counter(b->node, NODE_C_SOLICIT_ASKED));
}

/* As from a port of its own each, on the wire of port 0. */
static void announce(struct bench *b, int from)
{
	struct event e = { .kind = EVENT_FRAME };
	uint8_t frame[60];
	struct wr w = wr_init(frame, sizeof(frame));
	struct mac mac = numbered(from);

	wr_mac(&w, &MAC_BROADCAST);
	wr_mac(&w, &mac);
	wr_u16(&w, BATMAN_ETHERTYPE);
	wr_u16(&w, 15); /* OGM, version */
	wr_u8(&w, 50);
	wr_u8(&w, 0);
	wr_u32(&w, 1);
	wr_mac(&w, &mac);
	wr_mac(&w, &mac);
	wr_u8(&w, 0);
	wr_u8(&w, 255);
	wr_zero(&w, wr_left(&w));
	e.frame = (struct event_frame) { LINK_MESH, 0, frame, wr_len(&w) };
	bench_feed(b, &e);
}

/* Originators that speak within a second; each is passed on. */
static void see_passed(struct bench *b, struct text *t)
{
	b->ogms = 0;
	for (int i = 0; i < 40; i++) {
		announce(b, i);
		bench_run(b, 25 * USEC_MS);
	}
	text_add(t, "%s", b->ogms >= 40 ? "each alone" : "together");
}

static void see_originators(struct bench *b, struct text *t)
{
	unsigned int originators = 0;
	struct batman_orig o;

	for (int i = 0; i < MANY; i++)
		announce(b, i);
	for (uint32_t i = 0; batman_orig_next(node_batman(b->node), &i, &o);)
		originators++;
	text_add(t, "%s", originators <= 16 ? "few" : "many");
}

static void see_clients(struct bench *b, struct text *t)
{
	struct event e = { .kind = EVENT_CLIENT };
	struct lease_view v;
	unsigned int clients = 0;

	for (int i = 0; i < 100; i++) {
		e.client = (struct event_client) { .port = AP, .mac = numbered(i) };
		bench_feed(b, &e);
	}
	for (uint32_t i = 0; lease_next(node_lease(b->node), &i, b->now, &v);)
		clients++;
	text_add(t, "clients %u records %s", clients,
		 state_count(node_state(b->node)) <= 64 ? "few" : "all");
}

/* ---- the options ---- */

#define UPLINK                                                                                     \
	"config port 'eth1'\n option proto 'static'\n option ipaddr '192.168.9.2/24'\n"            \
	" option gateway '192.168.9.1'\n option ip6addr '2001:db8:9::2/64'\n"                      \
	" option ip6gw 'fe80::1'\n list dns '192.168.9.53'\n"

static const struct row {
	const char *section, *option, *value;
	see_fn *see;
	const char *has; /* part of what is seen then, and not else */
	const char *elsewhere;
} rows[] = {
	{ "lime system", "hostname", "torre", see_name, "torre ", NULL },
	{ "lime system", "domain", "barrio.example", see_dns, "barrio.example", NULL },
	{ "lime network", "primary_interface", NULL, NULL, NULL, "lab/options_test" },
	{ "lime network", "main_ipv4_address", "10.5.0.0/20", see_addresses, "anygw 10.5.0.1/20",
	  NULL },
	{ "lime network", "main_ipv6_address", "fd05::/64", see_addresses, "anygw fd05::1/64",
	  NULL },
	{ "lime network", "anygw_mac", "aa:aa:aa:01:02:03", see_links, "anygw/ aa:aa:aa:01:02:03",
	  NULL },
	{ "lime network", "anygw_dhcp_start", "65100", see_pool, "high", NULL },
	{ "lime network", "anygw_dhcp_limit", "500", see_pool, "low", NULL },
	{ "lime network", "resolvers", "192.0.2.53", see_dns, "192.0.2.53", NULL },
	{ "lime network", "resolvers", "2001:db8::53", see_dns, "2001:db8::53", NULL },
	{ "lime network", "batadv_orig_interval", "100", see_ogms, "often", NULL },
	{ "lime wifi", "ap_ssid", "plaza", see_addresses, "anygw 10.97.0.1/16", NULL },
	{ "trama l2", "engine", "kernel", see_filter, "kernel 1", NULL },
	{ "trama l2", "vlan_protocol", "8021q", see_links, " 8100.29; ", NULL },
	{ "trama l2", "vlan_protocol", "8021q", see_filter, "8100 88a8", NULL },
	{ "trama l2", "vlan_id", "55", see_links, " 88a8.55; ", NULL },
	{ "trama l2", "aggregated_ogms", "0", see_passed, "each alone", NULL },
	{ "trama l3", "vlan_protocol", "8021q", see_links, " 8100.17; ", NULL },
	{ "trama l3", "vlan_protocol", "8021q", see_filter, "88a8 8100", NULL },
	{ "trama l3", "vlan_id", "18", see_links, " 88a8.18; ", NULL },
	{ "trama security", "community_key", "a key of 16 bytes", see_filter, "key 1", NULL },
	{ "trama security", "admin_key", NULL, NULL, NULL, "settings_test" },
	{ "trama dhcp", "lease_time_s", "300", see_offer, "lease 300", NULL },
	{ "trama dhcp", "mtu", "1400", see_offer, "mtu 1400", NULL },
	{ "trama dhcp", "exclude", "10.13.3.232-10.13.255.255", see_pool, "low", NULL },
	{ "trama dhcp", "reserve", "10.13.3.232-10.13.255.255", see_pool, "low", NULL },
	{ "trama dhcp", "route", "10.99.0.0/16 10.13.7.7", see_offer, "route 1", NULL },
	{ "trama dhcp", "captive_portal", "http://portal.example/api", see_offer, "portal 1",
	  NULL },
	{ "trama dhcp", "rate", "10", see_dhcp_rate, "too many", NULL },
	{ "trama dhcp", "port_limits", "0", see_dhcp_limits, "all heard", NULL },
	{ "trama ra", "mtu", "1300", see_ra, "mtu 1300", NULL },
	{ "trama ra", "interval_s", "4", see_ra, "often", NULL },
	{ "trama ra", "lifetime_s", "3600", see_ra, "lifetime 3600", NULL },
	{ "trama uplink", "nat66", "1", see_filter, "eth1 1 0", NULL },
	{ "trama uplink", "allow_private", "1", see_filter, "eth1 0 1", NULL },
	{ "trama uplink", "check_url", "http://check.example/page", see_probes, "page", NULL },
	{ "trama uplink", "check_dns", "name.example", see_probes, "name", NULL },
	{ "trama uplink", "check_host", "192.0.2.77", see_probes, "host", NULL },
	{ "trama node", "state_dir", NULL, NULL, NULL, "lab/options_test" },
	{ "trama node", "save_interval_s", "60", see_store, "saved", NULL },
	{ "trama bridge", "shared_state", NULL, NULL, NULL, "lab/shared_state_test" },
	{ "trama bridge", "shared_state_http", NULL, NULL, NULL, "shared_state_http_test" },
	{ "trama bridge", "alfred", NULL, NULL, NULL, "lab/alfred_test" },
	{ "trama limits", "originators", "16", see_originators, "few", NULL },
	{ "trama limits", "clients", "64", see_clients, "clients 64", NULL },
	{ "trama limits", "records", "64", see_clients, "records few", NULL },
	{ "trama limits", "solicit_rate", "3", see_solicit, "3", NULL },
	{ "port", "device", "eth7", NULL, NULL, "test_device" },
	{ "port", "role", "mesh", see_links, "eth0/ ", NULL },
	{ "port", "proto", NULL, NULL, NULL, "test_uplink" },
	{ "port", "ipaddr", NULL, NULL, NULL, "test_uplink" },
	{ "port", "gateway", NULL, NULL, NULL, "test_uplink" },
	{ "port", "ip6addr", NULL, NULL, NULL, "test_uplink" },
	{ "port", "ip6gw", NULL, NULL, NULL, "test_uplink" },
	{ "port", "dns", NULL, NULL, NULL, "test_uplink" },
	{ "host", "mac", NULL, NULL, NULL, "test_host" },
	{ "host", "clientid", NULL, NULL, NULL, "test_host" },
	{ "host", "ip", NULL, NULL, NULL, "test_host" },
	{ "host", "name", NULL, NULL, NULL, "test_host" },
	{ "host", "leasetime", NULL, NULL, NULL, "test_host" },
	{ "host", "dhcp_option", NULL, NULL, NULL, "test_host" },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void look(const char *text, see_fn *see, char *ret, size_t cap)
{
	struct text t = text_init(ret, cap);
	struct bench *b = malloc(sizeof(*b));

	assert_non_null(b);
	start(b, text);
	see(b, &t);
	bench_stop(b);
	free(b);
}

/* One line of configuration, before an uplink that is there in any case. */
static void configure(const struct row *r, char *ret, size_t cap)
{
	char type[32], name[32] = "eth0";
	struct conf_doc_entry o;
	bool list = false;

	for (uint32_t i = 0; conf_doc_next(&i, &o);)
		if (!strcmp(o.section, r->section) && !strcmp(o.option, r->option))
			list = o.list;
	if (sscanf(r->section, "%31s %31s", type, name) < 1)
		fail();
	snprintf(ret, cap, "config %s '%s'\n %s %s '%s'\n" UPLINK, type, name,
		 list ? "list" : "option", r->option, r->value);
}

static void test_every_option_has_an_effect(void **state)
{
	char text[1024], before[4096], after[4096];

	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		const struct row *r = &rows[i];

		if (!r->see)
			continue;
		configure(r, text, sizeof(text));
		look(UPLINK, r->see, before, sizeof(before));
		look(text, r->see, after, sizeof(after));
		if (strstr(before, r->has) || !strstr(after, r->has))
			fail_msg("%s.%s: before: %s; after: %s", r->section, r->option, before,
				 after);
	}
}

/* A new option comes with a row here. */
static void test_every_option_is_here(void **state)
{
	struct conf_doc_entry o;

	(void)state;
	for (uint32_t i = 0; conf_doc_next(&i, &o);) {
		bool found = false;

		for (size_t k = 0; k < ROWS; k++)
			found = found || (!strcmp(rows[k].section, o.section) &&
					  !strcmp(rows[k].option, o.option) &&
					  (rows[k].see || rows[k].elsewhere));
		if (!found)
			fail_msg("%s.%s", o.section, o.option);
	}
}

static void test_uplink(void **state)
{
	char text[1024];

	(void)state;
	look(UPLINK, see_addresses, text, sizeof(text));
	assert_non_null(strstr(text, "eth1 192.168.9.2/24"));
	assert_non_null(strstr(text, "eth1 2001:db8:9::2/64"));
	look(UPLINK, see_routes, text, sizeof(text));
	assert_non_null(strstr(text, "192.168.9.1 ::"));
	assert_non_null(strstr(text, "0.0.0.0 fe80::1"));
	look(UPLINK " list dns '192.168.9.7'\n", see_probes, text, sizeof(text));
	assert_non_null(strstr(text, "resolver"));
	/* proto dhcp is what asks by itself */
	look(UPLINK, see_children, text, sizeof(text));
	assert_null(strstr(text, "2 eth1"));
	look("config port 'eth1'\n option role 'uplink'\n", see_children, text, sizeof(text));
	assert_non_null(strstr(text, "2 eth1"));
}

/* Without a word about it eth0 serves clients in the end. */
static void test_device(void **state)
{
	char text[4096];

	(void)state;
	look("config port 'lan'\n option role 'mesh'\n option device 'eth0'\n", see_links, text,
	     sizeof(text));
	assert_non_null(strstr(text, "eth0/ "));
	look("config port 'lan'\n option role 'mesh'\n option device 'eth7'\n", see_links, text,
	     sizeof(text));
	assert_non_null(strstr(text, "eth0/br0 "));
}

#define HOST "config host 'printer'\n option mac '02:cc:00:00:00:01'\n"

static void test_host(void **state)
{
	char text[1024];

	(void)state;
	look("", see_client, text, sizeof(text));
	assert_null(strstr(text, "10.13.77.7 "));
	assert_non_null(strstr(text, "lease 1200 ntp 0"));
	assert_null(strstr(text, "drucker"));
	look(HOST " option ip '10.13.77.7'\n", see_client, text, sizeof(text));
	assert_non_null(strstr(text, "10.13.77.7 lease 1200 ntp 0"));
	look(HOST " option ip '10.13.77.7'\n option name 'drucker'\n", see_client, text,
	     sizeof(text));
	assert_non_null(strstr(text, "drucker"));
	look(HOST " option leasetime '2h'\n", see_client, text, sizeof(text));
	assert_non_null(strstr(text, "lease 7200 ntp 0"));
	look(HOST " list dhcp_option 'ntp-server,10.13.0.9'\n", see_client, text, sizeof(text));
	assert_non_null(strstr(text, "lease 1200 ntp 1"));
	look(HOST " option ip '10.13.77.7'\n", see_identified, text, sizeof(text));
	assert_string_not_equal(text, "10.13.77.7");
	look("config host 'by_id'\n option clientid 'ff6964'\n option ip '10.13.77.7'\n",
	     see_identified, text, sizeof(text));
	assert_string_equal(text, "10.13.77.7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_option_has_an_effect),
		cmocka_unit_test(test_every_option_is_here),
		cmocka_unit_test(test_uplink),
		cmocka_unit_test(test_device),
		cmocka_unit_test(test_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
