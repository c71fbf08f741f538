/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Router advertisements, DHCPv6 information and overheard addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/ra/ra.h"
#include "packet/arp.h"
#include "packet/dhcp6.h"
#include "packet/eth.h"
#include "packet/icmp6.h"
#include "packet/udp.h"

static struct ra ra;
static struct ra_conf conf;
static _Alignas(8) uint8_t out_buf[16384];
static usec_t now;

static const struct mac CLIENT = { { 2, 0, 0, 0, 0, 7 } };

/* what came out last */
static struct icmp6_ra got;
static struct eth got_eth;
static struct ip6_head got_ip;
static uint8_t got_frame[1514];
static size_t got_len;
static struct ra_seen seen;
static unsigned sent, told, tried;

static struct ip6 ip6(const char *text)
{
	struct ip6 a;

	assert_int_equal(ip6_parse(text, &a), 0);
	return a;
}

static struct ip4 ip4(const char *text)
{
	struct ip4 a;

	assert_int_equal(ip4_parse(text, &a), 0);
	return a;
}

static int setup(void **state)
{
	struct ra_setup s = {
		.rng = rng_init(1), .seen_max = 64, .out_buf = out_buf, .out_cap = sizeof(out_buf)
	};

	(void)state;
	now = 100 * USEC_S;
	sent = told = tried = 0;
	conf = (struct ra_conf) { .anycast_mac = { { 0xaa, 0xaa, 0xaa, 0x0d, 0xfe, 0xaa } },
				  .network4 = { ip4("10.13.0.0"), 16 },
				  .anycast4 = ip4("10.13.0.1"),
				  .anycast6 = ip6("fd0d:fe46:8ce8::1"),
				  .prefix_count = 1,
				  .lifetime_s = 1800,
				  .mtu = 1350,
				  .search = { "thisnode.info", "bad..name", "lan" } };
	conf.prefixes[0] = (struct ra_prefix) { { ip6("fd0d:fe46:8ce8::"), 64 }, 86400, 14400 };
	return ra_init(&ra, &conf, &s, now);
}

static int teardown(void **state)
{
	(void)state;
	ra_done(&ra);
	return 0;
}

static void take_sent(const struct out *o)
{
	struct rd r = rd_init(o->data, o->len), payload, body;
	struct icmp6_head h;

	sent++;
	assert_true(o->len <= sizeof(got_frame));
	memcpy(got_frame, o->data, o->len);
	got_len = o->len;
	assert_int_equal(eth_decode(&r, &got_eth), 0);
	assert_int_equal(ip6_decode(&r, &got_ip, &payload), 0);
	if (got_ip.next != IP_PROTO_ICMP6)
		return;
	assert_int_equal(icmp6_decode(&payload, &got_ip, &h, &body), 0);
	assert_int_equal(icmp6_ra_decode(&body, &got_ip, &h, &got), 0);
}

static void drain(void)
{
	struct out o;

	while (outq_pop(&ra.out, &o)) {
		if (o.kind == RA_SEND)
			take_sent(&o);
		tried += o.kind == RA_TRIED;
		if (o.kind == RA_SEEN) {
			told++;
			memcpy(&seen, o.data, sizeof(seen));
		}
	}
}

static void run(usec_t duration)
{
	usec_t end = now + duration;

	while (ra_deadline(&ra) <= end) {
		now = ra_deadline(&ra) > now ? ra_deadline(&ra) : now;
		ra_tick(&ra, now);
		assert_true(ra_deadline(&ra) > now);
		drain();
	}
	now = end;
}

static void feed(const struct wr *w)
{
	assert_true(wr_len(w) > 0);
	ra_input(&ra, w->start, wr_len(w), 3, now);
	drain();
}

static void feed_nd(const char *src, const char *dst, const struct icmp6_nd *nd)
{
	struct icmp6_path p = {
		.eth_src = CLIENT, .src = ip6(src), .dst = ip6(dst), .hop_limit = 255
	};
	uint8_t buf[128];
	struct wr w = wr_init(buf, sizeof(buf));

	icmp6_nd_build(&w, &p, nd);
	feed(&w);
}

/* Leaves no room for a frame or a report. */
static void fill(void)
{
	static const uint8_t nothing[8];

	while (outq_push(&ra.out, UINT16_MAX, 0, 0, nothing, sizeof(nothing)) == 0)
		;
}

static void solicit(const char *src, bool with_mac)
{
	struct icmp6_nd rs = { .type = ICMP6_RS, .has_mac = with_mac, .mac = CLIENT };

	feed_nd(src, "ff02::2", &rs);
}

static void periodic(void **state)
{
	struct ip6 router = ip6_link_local(&conf.anycast_mac), all = ip6("ff02::1");
	usec_t last;

	(void)state;
	run(20 * USEC_S);
	assert_int_equal(sent, 3);
	assert_true(ip6_eq(&got_ip.src, &router) && ip6_eq(&got_ip.dst, &all));
	assert_true(mac_eq(&got_eth.src, &conf.anycast_mac));
	assert_memory_equal(got_eth.dst.b, "\x33\x33\0\0\0\1", 6);
	assert_int_equal(got_ip.hop_limit, 255);
	assert_false(got.managed || got.other);
	assert_int_equal(got.lifetime_s, 1800);
	assert_int_equal(got.pref, ICMP6_PREF_LOW);
	assert_int_equal(got.mtu, 1350);
	assert_true(got.has_mac && mac_eq(&got.mac, &conf.anycast_mac));
	assert_int_equal(got.prefix_count, 1);
	assert_true(got.prefixes[0].on_link && got.prefixes[0].autonomous);
	assert_int_equal(got.prefixes[0].preferred_s, 14400);
	assert_int_equal(got.rdnss_count, 1);
	assert_int_equal(got.rdnss_lifetime_s, 360);
	assert_int_equal(got.dnssl_count, 2); /* the bad one is left out */
	assert_string_equal(got.dnssl[1], "lan");
	sent = 0;
	last = now;
	run(3600 * USEC_S);
	assert_in_range(sent, 3600 / 120 - 1, 3600 / 90 + 1);
	assert_true(now - last == 3600 * USEC_S);
}

static void solicited(void **state)
{
	(void)state;
	solicit("fe80::7", true);
	assert_int_equal(sent, 1);
	assert_true(mac_eq(&got_eth.dst, &CLIENT));
	assert_true(ip6_eq(&got_ip.dst, &(struct ip6) { { 0xfe, 0x80, [15] = 7 } }));
	assert_int_equal(told, 1);
	assert_true(mac_eq(&seen.mac, &CLIENT));
	solicit("::", false); /* has no address yet: by the MAC of the frame, to all nodes */
	assert_int_equal(sent, 2);
	assert_true(mac_eq(&got_eth.dst, &CLIENT));
	assert_true(ip6_is_multicast(&got_ip.dst));
	assert_int_equal(told, 1);
	ra_client_here(&ra, &CLIENT, 2, now);
	drain();
	assert_int_equal(sent, 3);
}

/* A flood of solicitations costs a bounded number of answers and at most one multicast in 3 s. */
static void flooded(void **state)
{
	(void)state;
	run(30 * USEC_S);
	sent = 0;
	for (int i = 0; i < 1000; i++)
		solicit("fe80::7", true);
	assert_int_equal(sent, 100);
	assert_true(ra.counters[RA_COUNT_RATE] == 900);
	sent = 0;
	run(2 * USEC_S);
	assert_int_equal(sent, 1);
	for (int i = 0; i < 1000; i++)
		solicit("fe80::7", true);
	sent = 0;
	run(100 * USEC_MS);
	assert_int_equal(sent, 0);
	run(3 * USEC_S);
	assert_int_equal(sent, 1);
}

static void reconfigured(void **state)
{
	(void)state;
	run(30 * USEC_S);
	sent = 0;
	ra_configure(&ra, &conf, now);
	run(10 * USEC_S);
	assert_int_equal(sent, 0);
	conf.lifetime_s = 0;
	conf.pref = RA_PREF_HIGH;
	ra_configure(&ra, &conf, now);
	run(USEC_MS);
	assert_int_equal(sent, 1);
	assert_int_equal(got.lifetime_s, 0);
	assert_int_equal(got.pref, ICMP6_PREF_HIGH);
}

static void feed_arp(uint16_t op, const struct mac *src, const struct mac *sender, const char *ip)
{
	struct arp a = {
		.op = op, .sender_mac = *sender, .sender = ip4(ip), .target = conf.anycast4
	};
	struct eth e = { .dst = MAC_BROADCAST, .src = *src, .type = ETH_TYPE_ARP };
	uint8_t buf[64];
	struct wr w = wr_init(buf, sizeof(buf));

	eth_encode(&w, &e);
	arp_encode(&w, &a);
	feed(&w);
}

static void overheard_arp(void **state)
{
	struct mac other = { { 2, 0, 0, 0, 0, 9 } };
	struct ip6 want = ip6("::ffff:10.13.4.5");

	(void)state;
	feed_arp(ARP_OP_REQUEST, &CLIENT, &CLIENT, "10.13.4.5");
	assert_int_equal(told, 1);
	assert_true(ip6_eq(&seen.addr, &want));
	feed_arp(ARP_OP_REPLY, &CLIENT, &CLIENT, "10.13.4.5");
	assert_int_equal(told, 1); /* known for a minute */
	now += 61 * USEC_S;
	feed_arp(ARP_OP_REPLY, &CLIENT, &CLIENT, "10.13.4.5");
	assert_int_equal(told, 2);
	feed_arp(ARP_OP_REQUEST, &CLIENT, &CLIENT, "0.0.0.0");	   /* a probe */
	feed_arp(ARP_OP_REQUEST, &CLIENT, &CLIENT, "10.13.0.1");   /* ours */
	feed_arp(ARP_OP_REQUEST, &CLIENT, &other, "10.13.4.6");	   /* not the sender's */
	feed_arp(ARP_OP_REQUEST, &CLIENT, &CLIENT, "192.168.1.5"); /* elsewhere */
	feed_arp(ARP_OP_REQUEST, &CLIENT, &CLIENT, "10.13.255.255");
	feed_arp(ARP_OP_REQUEST, &CLIENT, &CLIENT, "10.13.0.0");
	feed_arp(ARP_OP_REQUEST, &conf.anycast_mac, &conf.anycast_mac, "10.13.4.7");
	assert_int_equal(told, 2);
	assert_int_equal(ra.counters[RA_COUNT_FORGED], 3);
	assert_int_equal(ra.counters[RA_COUNT_FOREIGN], 3);
	conf.network4 = (struct net4) { ip4("10.13.4.5"), 32 }; /* has no hosts */
	ra_configure(&ra, &conf, now);
	feed_arp(ARP_OP_REQUEST, &CLIENT, &CLIENT, "10.13.4.5");
	assert_int_equal(ra.counters[RA_COUNT_FOREIGN], 4);
}

static void overheard_nd(void **state)
{
	struct icmp6_nd ns = { .type = ICMP6_NS, .target = ip6("fd0d:fe46:8ce8::1") };
	struct icmp6_nd na = { .type = ICMP6_NA, .target = ip6("fd0d:fe46:8ce8::77") };
	struct ip6 router = ip6_link_local(&conf.anycast_mac);

	(void)state;
	feed_nd("::", "ff02::1:ff00:1", &ns); /* ours */
	assert_int_equal(ra.counters[RA_COUNT_FORGED], 1);
	ns.target = ip6("fd0d:fe46:8ce8::70");
	feed_nd("::", "ff02::1:ff00:70", &ns); /* only tries it */
	assert_int_equal(tried, 1);
	assert_int_equal(told, 0);
	feed_nd("fd0d:fe46:8ce8::76", "ff02::1:ff00:1", &ns);
	assert_int_equal(told, 1);
	feed_nd("fd0d:fe46:8ce8::77", "ff02::1", &na);
	assert_int_equal(told, 2);
	assert_true(ip6_eq(&seen.addr, &na.target));
	na.target = ip6("fd0d:fe46:8ce8::1"); /* ours */
	feed_nd("fe80::7", "ff02::1", &na);
	na.target = router;
	feed_nd("fe80::7", "ff02::1", &na);
	na.target = ip6("2001:db8::1");
	feed_nd("fe80::7", "ff02::1", &na);
	na.target = ip6("fe80::8");
	na.has_mac = true;
	na.mac = conf.anycast_mac;
	feed_nd("fe80::7", "ff02::1", &na);
	assert_int_equal(told, 2);
	assert_int_equal(ra.counters[RA_COUNT_FORGED], 4);
	assert_int_equal(ra.counters[RA_COUNT_FOREIGN], 1);
}

/* More addresses than the table holds are reported later or not, never at anybody's cost. */
static void seen_bounded(void **state)
{
	(void)state;
	for (int i = 0; i < 500; i++) {
		char text[IP4_TEXT];
		struct ip4 a = ip4_from_u32(0x0a0d1000u + (uint32_t)i);

		feed_arp(ARP_OP_REQUEST, &CLIENT, &CLIENT, ip4_text(&a, text));
	}
	assert_true(told < 70);
	assert_int_equal(ra.seen.count, 64);
	now += 61 * USEC_S;
	feed_arp(ARP_OP_REQUEST, &CLIENT, &CLIENT, "10.13.99.99");
	assert_int_equal(told, 65);
}

static void feed_dhcp6(const char *src, const struct dhcp6_msg *m)
{
	struct udp6_path p = { .eth_src = CLIENT,
			       .src = ip6(src),
			       .dst = ip6("ff02::1:2"),
			       .src_port = 546,
			       .dst_port = 547 };
	uint8_t msg[256], buf[400];
	struct wr mw = wr_init(msg, sizeof(msg)), w = wr_init(buf, sizeof(buf));

	dhcp6_encode(&mw, m);
	udp6_build(&w, &p, msg, wr_len(&mw));
	feed(&w);
}

static void information(void **state)
{
	struct dhcp6_msg m = { .type = DHCP6_INFORMATION_REQUEST,
			       .xid = 0xabcdef,
			       .wants_dns = true,
			       .wants_search = true,
			       .client_id_len = 4,
			       .client_id = { 0, 3, 0, 1 } },
			 reply;
	struct rd r, payload, data;
	struct udp_head udp;
	struct ip6_head ip;
	struct eth e;

	(void)state;
	feed_dhcp6("fe80::7", &m);
	assert_int_equal(sent, 1);
	r = rd_init(got_frame, got_len);
	assert_int_equal(eth_decode(&r, &e), 0);
	assert_int_equal(ip6_decode(&r, &ip, &payload), 0);
	assert_int_equal(udp6_decode(&payload, &ip, &udp, &data), 0);
	assert_int_equal(dhcp6_decode(&data, &reply), 0);
	assert_int_equal(udp.dst_port, 546);
	assert_int_equal(reply.type, DHCP6_REPLY);
	assert_int_equal(reply.xid, 0xabcdef);
	assert_true(ip6_eq(&reply.dns, &conf.anycast6));
	assert_string_equal(reply.search, "thisnode.info");
	assert_int_equal(reply.client_id_len, 4);
	assert_int_equal(reply.server_id_len, DHCP6_DUID_LL);
	m.type = 1; /* SOLICIT: no addresses here */
	feed_dhcp6("fe80::7", &m);
	m.type = DHCP6_INFORMATION_REQUEST;
	feed_dhcp6("fd0d:fe46:8ce8::7", &m); /* must come from the link */
	m.server_id_len = 3;
	feed_dhcp6("fe80::7", &m);
	m.server_id_len = DHCP6_DUID_LL; /* another server's */
	feed_dhcp6("fe80::7", &m);
	assert_int_equal(sent, 1);
	dhcp6_duid_ll(&conf.anycast_mac, m.server_id);
	feed_dhcp6("fe80::7", &m);
	assert_int_equal(sent, 2);
	for (int i = 0; i < 200; i++)
		feed_dhcp6("fe80::7", &m);
	assert_int_equal(sent, 100);
	assert_int_equal(ra.counters[RA_COUNT_RATE], 102);
}

/* What does not fit into the queue is not counted as sent or told, and comes the next time. */
static void queue_full(void **state)
{
	struct dhcp6_msg m = { .type = DHCP6_INFORMATION_REQUEST, .xid = 7 };

	(void)state;
	fill();
	solicit("fe80::7", true);
	fill();
	feed_dhcp6("fe80::7", &m);
	fill();
	run(USEC_S + USEC_MS);
	assert_int_equal(sent + told, 0);
	assert_int_equal(ra.counters[RA_COUNT_RA_UNICAST] + ra.counters[RA_COUNT_RA_MULTICAST] +
				 ra.counters[RA_COUNT_DHCP6_REPLY] + ra.counters[RA_COUNT_SEEN],
			 0);
	solicit("fe80::7", true);
	feed_dhcp6("fe80::7", &m);
	assert_int_equal(sent, 2);
	assert_int_equal(told, 1);
}

/* Values out of range are the next ones within. */
static void bounded_conf(void **state)
{
	(void)state;
	conf.interval = USEC_S;
	conf.pref = RA_PREF_MEDIUM;
	conf.anycast6 = (struct ip6) { 0 };
	for (unsigned i = 1; i < RA_PREFIX_MAX; i++)
		conf.prefixes[i] = conf.prefixes[0];
	conf.prefix_count = RA_PREFIX_MAX + 1;
	ra_configure(&ra, &conf, now);
	run(30 * USEC_S);
	assert_int_equal(got.prefix_count, RA_PREFIX_MAX);
	assert_int_equal(got.pref, ICMP6_PREF_MEDIUM);
	assert_int_equal(got.rdnss_count, 0);
	sent = 0;
	run(60 * USEC_S);
	assert_in_range(sent, 60 / 4 - 1, 60 / 3 + 1);
	sent = 0;
	ra_tick(&ra, now); /* too early */
	drain();
	assert_int_equal(sent, 0);
}

/* Only stations are greeted. */
static void no_station(void **state)
{
	(void)state;
	ra_client_here(&ra, &MAC_BROADCAST, 2, now);
	ra_client_here(&ra, &conf.anycast_mac, 2, now);
	drain();
	assert_int_equal(sent, 0);
}

static void broken(void **state)
{
	struct icmp6_path p = {
		.eth_src = CLIENT, .src = ip6("fe80::7"), .dst = ip6("ff02::2"), .hop_limit = 255
	};
	struct icmp6_nd rs = { .type = ICMP6_RS };
	uint8_t buf[128];
	struct wr w = wr_init(buf, sizeof(buf));

	(void)state;
	icmp6_nd_build(&w, &p, &rs);
	for (size_t len = 0; len < wr_len(&w); len++)
		ra_input(&ra, buf, len, 0, now);
	buf[60] ^= 1;
	ra_input(&ra, buf, wr_len(&w), 0, now);
	drain();
	assert_int_equal(sent, 0);
	assert_int_equal(told, 0);
	assert_true(ra.counters[RA_COUNT_MALFORMED] > 40);
	for (int i = 0; i < RA_COUNTERS; i++)
		assert_non_null(ra_counter_name((enum ra_counter)i));
	assert_string_equal(ra_counter_name(RA_COUNTERS), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define EACH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		EACH(periodic),	     EACH(solicited),	 EACH(flooded),	     EACH(reconfigured),
		EACH(overheard_arp), EACH(overheard_nd), EACH(seen_bounded), EACH(information),
		EACH(broken),	     EACH(queue_full),	 EACH(bounded_conf), EACH(no_station),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
