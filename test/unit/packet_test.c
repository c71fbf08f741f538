/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Codecs of standard formats: round trips, the checks that RFCs ask for, every truncation. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "packet/arp.h"
#include "packet/dhcp6.h"
#include "packet/eth.h"
#include "packet/icmp6.h"
#include "packet/udp.h"

static const struct mac A = { { 2, 0, 0, 0, 0, 0xa } }, B = { { 2, 0, 0, 0, 0, 0xb } };

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

static void eth_round_trip(void **state)
{
	struct eth e = { .dst = A, .src = B, .type = ETH_TYPE_IP6 }, got;
	uint8_t buf[64];
	struct wr w = wr_init(buf, sizeof(buf));
	struct rd r;

	(void)state;
	eth_encode(&w, &e);
	assert_int_equal(wr_len(&w), ETH_HEADER);
	r = rd_init(buf, wr_len(&w));
	assert_int_equal(eth_decode(&r, &got), 0);
	assert_false(got.tagged);
	assert_int_equal(got.type, ETH_TYPE_IP6);
	e.tagged = true;
	e.tpid = ETH_TYPE_8021AD;
	e.vid = 29;
	e.pcp = 5;
	w = wr_init(buf, sizeof(buf));
	eth_encode(&w, &e);
	for (size_t len = 0; len < wr_len(&w); len++) {
		r = rd_init(buf, len);
		assert_int_equal(eth_decode(&r, &got), -EBADMSG);
	}
	r = rd_init(buf, wr_len(&w));
	assert_int_equal(eth_decode(&r, &got), 0);
	assert_true(got.tagged && got.tpid == ETH_TYPE_8021AD && got.vid == 29 && got.pcp == 5);
	assert_int_equal(got.type, ETH_TYPE_IP6);
	assert_true(mac_eq(&got.src, &B) && mac_eq(&got.dst, &A));
}

static void arp_round_trip(void **state)
{
	struct arp a = { .op = ARP_OP_REQUEST,
			 .sender_mac = A,
			 .sender = ip4("10.13.0.1"),
			 .target = ip4("10.13.0.9") },
		   got;
	uint8_t buf[64];
	struct wr w = wr_init(buf, sizeof(buf));
	struct rd r;
	struct eth e;

	(void)state;
	arp_build(&w, &MAC_BROADCAST, &a);
	assert_int_equal(wr_len(&w), ETH_HEADER + ARP_LEN);
	for (size_t len = ETH_HEADER; len < wr_len(&w); len++) {
		r = rd_init(buf, len);
		assert_int_equal(eth_decode(&r, &e), 0);
		assert_int_equal(arp_decode(&r, &got), -EBADMSG);
	}
	r = rd_init(buf, wr_len(&w));
	assert_int_equal(eth_decode(&r, &e), 0);
	assert_int_equal(e.type, ETH_TYPE_ARP);
	assert_int_equal(arp_decode(&r, &got), 0);
	assert_true(ip4_eq(&got.sender, &a.sender) && ip4_eq(&got.target, &a.target));
	buf[ETH_HEADER + 5] = 8; /* length of a protocol address */
	r = rd_init(buf + ETH_HEADER, ARP_LEN);
	assert_int_equal(arp_decode(&r, &got), -EBADMSG);
}

/* RFC 1071 section 3. */
static void sum_known(void **state)
{
	static const uint8_t data[] = { 0, 1, 0xf2, 3, 0xf4, 0xf5, 0xf6, 0xf7 };

	(void)state;
	assert_int_equal(sum_finish(sum_add(0, data, sizeof(data))), 0x220d);
	assert_int_equal(sum_finish(sum_add(sum_add(0, data, 4), data + 4, 4)), 0x220d);
}

static int open_udp4(const uint8_t *buf, size_t len, struct rd *ret_data)
{
	struct rd r = rd_init(buf, len), payload;
	struct eth e;
	struct ip4_head ip;
	struct udp_head udp;

	if (eth_decode(&r, &e) < 0 || ip4_decode(&r, &ip, &payload) < 0)
		return -EBADMSG;
	return udp4_decode(&payload, &ip, &udp, ret_data);
}

static void udp4_round_trip(void **state)
{
	struct udp4_path p = { .eth_src = A,
			       .eth_dst = B,
			       .src = ip4("10.13.0.1"),
			       .dst = ip4("10.13.0.9"),
			       .src_port = 67,
			       .dst_port = 68 };
	uint8_t buf[128] = { 0 };
	struct wr w = wr_init(buf, 64);
	struct rd data;
	size_t len;

	(void)state;
	udp4_build(&w, &p, "hello", 5);
	len = wr_len(&w);
	assert_int_equal(len, ETH_HEADER + IP4_HEADER + UDP_HEADER + 5);
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(open_udp4(buf, cut, &data), -EBADMSG);
	assert_int_equal(open_udp4(buf, len + 20, &data), 0); /* padding is not data */
	assert_int_equal(rd_left(&data), 5);
	assert_memory_equal(data.p, "hello", 5);
	for (size_t i = ETH_HEADER; i < len; i++) {
		buf[i] ^= 1;
		/* but for the length fields, where every change is seen, a changed bit is a wrong
		 * checksum */
		assert_int_equal(open_udp4(buf, len, &data), -EBADMSG);
		buf[i] ^= 1;
	}
}

static void udp4_special_sums(void **state)
{
	struct ip4_head ip = { .src = ip4("10.13.0.1"), .dst = ip4("10.13.0.9") };
	uint8_t raw[12] = { 0, 68, 0, 67, 0, 12, 0, 0, 'a', 'b', 'c', 'd' };
	uint16_t pseudo = (uint16_t)~sum_finish(sum_pseudo4(&ip.src, &ip.dst, IP_PROTO_UDP, 12));
	struct rd r = rd_init(raw, sizeof(raw)), data;
	struct udp_head udp;

	(void)state;
	assert_int_equal(udp4_decode(&r, &ip, &udp, &data), 0);
	raw[6] = (uint8_t)(pseudo >> 8);
	raw[7] = (uint8_t)pseudo;
	r = rd_init(raw, sizeof(raw));
	assert_int_equal(udp4_decode(&r, &ip, &udp, &data), 0);
	raw[7] ^= 1;
	r = rd_init(raw, sizeof(raw));
	assert_int_equal(udp4_decode(&r, &ip, &udp, &data), -EBADMSG);
	ip.fragment = true;
	raw[6] = raw[7] = 0;
	r = rd_init(raw, sizeof(raw));
	assert_int_equal(udp4_decode(&r, &ip, &udp, &data), -EBADMSG);
}

static void udp6_round_trip(void **state)
{
	struct udp6_path p = { .eth_src = A,
			       .eth_dst = B,
			       .src = ip6("fe80::1"),
			       .dst = ip6("ff02::1:2"),
			       .src_port = 546,
			       .dst_port = 547 };
	struct dhcp6_msg m = { .type = DHCP6_INFORMATION_REQUEST,
			       .xid = 0x123456,
			       .wants_dns = true,
			       .client_id_len = DHCP6_DUID_LL },
			 got;
	uint8_t msg[128], buf[256];
	struct wr mw = wr_init(msg, sizeof(msg)), w = wr_init(buf, sizeof(buf));
	struct rd r, payload, data;
	struct eth e;
	struct ip6_head ip;
	struct udp_head udp;

	(void)state;
	dhcp6_duid_ll(&A, m.client_id);
	dhcp6_encode(&mw, &m);
	udp6_build(&w, &p, msg, wr_len(&mw));
	r = rd_init(buf, wr_len(&w));
	assert_int_equal(eth_decode(&r, &e), 0);
	assert_int_equal(ip6_decode(&r, &ip, &payload), 0);
	assert_int_equal(udp6_decode(&payload, &ip, &udp, &data), 0);
	assert_int_equal(udp.dst_port, 547);
	assert_int_equal(dhcp6_decode(&data, &got), 0);
	assert_true(got.wants_dns && !got.wants_search && got.xid == 0x123456);
	assert_int_equal(got.client_id_len, DHCP6_DUID_LL);
	assert_memory_equal(got.client_id, m.client_id, DHCP6_DUID_LL);
}

static void dhcp6_truncated(void **state)
{
	struct dhcp6_msg m = { .type = DHCP6_REPLY,
			       .xid = 7,
			       .dns = ip6("fd00::1"),
			       .refresh_s = 86400,
			       .client_id_len = 3,
			       .server_id_len = 4,
			       .client_id = { 1, 2, 3 },
			       .server_id = { 9, 8, 7, 6 },
			       .search = "lan.thisnode.info" },
			 got;
	uint8_t buf[256];
	struct wr w = wr_init(buf, sizeof(buf));
	size_t good = 0;
	struct rd r;

	(void)state;
	dhcp6_encode(&w, &m);
	for (size_t len = 0; len < wr_len(&w); len++) {
		r = rd_init(buf, len);
		good += dhcp6_decode(&r, &got) == 0;
	}
	assert_int_equal(good, 5); /* between two options */
	r = rd_init(buf, wr_len(&w));
	assert_int_equal(dhcp6_decode(&r, &got), 0);
	assert_string_equal(got.search, "lan.thisnode.info");
	assert_true(ip6_eq(&got.dns, &m.dns));
	assert_int_equal(got.refresh_s, 86400);
}

static void name_limits(void **state)
{
	char label[65], text[NAME_MAX_TEXT];
	uint8_t buf[512];
	struct wr w;
	struct rd r;

	(void)state;
	memset(label, 'a', 64);
	label[64] = '\0';
	w = wr_init(buf, sizeof(buf));
	name_encode(&w, label);
	assert_int_equal(wr_len(&w), 0);
	w = wr_init(buf, sizeof(buf));
	name_encode(&w, label + 1);
	assert_int_equal(wr_len(&w), 65);
	r = rd_init(buf, wr_len(&w));
	assert_int_equal(name_decode(&r, text), 0);
	assert_string_equal(text, label + 1);
	w = wr_init(buf, sizeof(buf));
	name_encode(&w, "a..b");
	assert_int_equal(wr_len(&w), 0);
	w = wr_init(buf, sizeof(buf));
	name_encode(&w, "");
	assert_int_equal(wr_len(&w), 0);
	r = rd_init("\xc0\x0c", 2); /* a pointer */
	assert_int_equal(name_decode(&r, text), -EBADMSG);
	for (size_t i = 0; i < sizeof(buf); i++) /* endless */
		buf[i] = i & 1 ? 'a' : 1;
	r = rd_init(buf, sizeof(buf));
	assert_int_equal(name_decode(&r, text), -EBADMSG);
}

static struct icmp6_path nd_path(const char *src, const char *dst)
{
	return (struct icmp6_path) {
		.eth_src = A, .eth_dst = B, .src = ip6(src), .dst = ip6(dst), .hop_limit = 255
	};
}

static int nd_open(const uint8_t *buf, size_t len, struct icmp6_nd *ret)
{
	struct rd r = rd_init(buf, len), payload, body;
	struct icmp6_head h;
	struct ip6_head ip;
	struct eth e;

	if (eth_decode(&r, &e) < 0 || ip6_decode(&r, &ip, &payload) < 0 ||
	    icmp6_decode(&payload, &ip, &h, &body) < 0)
		return -EBADMSG;
	return icmp6_nd_decode(&body, &ip, &h, ret);
}

static int nd_try(const struct icmp6_path *p, const struct icmp6_nd *nd)
{
	uint8_t buf[128];
	struct wr w = wr_init(buf, sizeof(buf));
	struct icmp6_nd got;

	icmp6_nd_build(&w, p, nd);
	for (size_t len = 0; len < wr_len(&w); len++)
		assert_int_equal(nd_open(buf, len, &got), -EBADMSG);
	return nd_open(buf, wr_len(&w), &got);
}

static void nd_checks(void **state)
{
	struct icmp6_nd ns = {
		.type = ICMP6_NS, .target = ip6("fe80::9"), .has_mac = true, .mac = A
	};
	struct icmp6_nd na = { .type = ICMP6_NA, .target = ip6("fe80::9"), .solicited = true };
	struct icmp6_path p = nd_path("fe80::a", "ff02::1:ff00:9");

	(void)state;
	assert_int_equal(nd_try(&p, &ns), 0);
	p.hop_limit = 254;
	assert_int_equal(nd_try(&p, &ns), -EBADMSG);
	p = nd_path("::", "ff02::1:ff00:9");
	assert_int_equal(nd_try(&p, &ns), -EBADMSG); /* source MAC without source */
	ns.has_mac = false;
	assert_int_equal(nd_try(&p, &ns), 0);
	p = nd_path("::", "fe80::9");
	assert_int_equal(nd_try(&p, &ns), -EBADMSG); /* not the group of the target */
	ns.target = ip6("ff02::1");
	p = nd_path("fe80::a", "fe80::9");
	assert_int_equal(nd_try(&p, &ns), -EBADMSG);
	assert_int_equal(nd_try(&p, &na), 0);
	p = nd_path("fe80::a", "ff02::1");
	assert_int_equal(nd_try(&p, &na), -EBADMSG); /* solicited and to a group */
	na.solicited = false;
	assert_int_equal(nd_try(&p, &na), 0);
}

static void ra_fill(struct icmp6_ra *m)
{
	*m = (struct icmp6_ra) { .hop_limit = 64,
				 .pref = ICMP6_PREF_LOW,
				 .lifetime_s = 1800,
				 .has_mac = true,
				 .mac = A,
				 .mtu = 1350,
				 .prefix_count = 1,
				 .rdnss_count = 1,
				 .rdnss_lifetime_s = 360,
				 .dnssl_count = 2,
				 .dnssl_lifetime_s = 360 };
	m->prefixes[0] = (struct icmp6_prefix) { .net = { ip6("fd0d:fe46:8ce8::"), 64 },
						 .on_link = true,
						 .autonomous = true,
						 .valid_s = 86400,
						 .preferred_s = 14400 };
	m->rdnss[0] = ip6("fd0d:fe46:8ce8::1");
	strcpy(m->dnssl[0], "thisnode.info");
	strcpy(m->dnssl[1], "lan");
}

static int ra_open(const uint8_t *buf, size_t len, struct icmp6_ra *ret)
{
	struct rd r = rd_init(buf, len), payload, body;
	struct icmp6_head h;
	struct ip6_head ip;
	struct eth e;

	if (eth_decode(&r, &e) < 0 || ip6_decode(&r, &ip, &payload) < 0 ||
	    icmp6_decode(&payload, &ip, &h, &body) < 0)
		return -EBADMSG;
	return icmp6_ra_decode(&body, &ip, &h, ret);
}

static void ra_round_trip(void **state)
{
	struct icmp6_path p = nd_path("fe80::a", "ff02::1");
	struct icmp6_ra m, got;
	uint8_t buf[512];
	struct wr w = wr_init(buf, sizeof(buf));

	(void)state;
	ra_fill(&m);
	icmp6_ra_build(&w, &p, &m);
	for (size_t len = 0; len < wr_len(&w); len++)
		assert_int_equal(ra_open(buf, len, &got), -EBADMSG);
	assert_int_equal(ra_open(buf, wr_len(&w), &got), 0);
	assert_int_equal((wr_len(&w) - ETH_HEADER - IP6_HEADER) % 8, 0);
	assert_int_equal(got.pref, ICMP6_PREF_LOW);
	assert_int_equal(got.mtu, 1350);
	assert_int_equal(got.lifetime_s, 1800);
	assert_int_equal(got.prefix_count, 1);
	assert_int_equal(got.prefixes[0].valid_s, 86400);
	assert_true(ip6_eq(&got.prefixes[0].net.addr, &m.prefixes[0].net.addr));
	assert_int_equal(got.rdnss_count, 1);
	assert_int_equal(got.dnssl_count, 2);
	assert_string_equal(got.dnssl[1], "lan");
	p.src = ip6("fd00::1"); /* routers speak from link-local addresses */
	w = wr_init(buf, sizeof(buf));
	icmp6_ra_build(&w, &p, &m);
	assert_int_equal(ra_open(buf, wr_len(&w), &got), -EBADMSG);
}

/* An option of length 0 would never end. */
static void nd_option_zero(void **state)
{
	struct icmp6_path p = nd_path("fe80::a", "ff02::2");
	uint8_t buf[128];
	struct wr w = wr_init(buf, sizeof(buf));
	struct icmp6_nd got;
	size_t mark = icmp6_begin(&w, &p, ICMP6_RS, 0);

	(void)state;
	wr_u32(&w, 0);
	wr_zero(&w, 8);
	icmp6_end(&w, mark);
	assert_int_equal(nd_open(buf, wr_len(&w), &got), -EBADMSG);
}

static void builders_refuse(void **state)
{
	uint8_t buf[40], big[70000] = { 0 };
	struct wr w = wr_init(buf, sizeof(buf));
	struct udp4_path p4 = { .src_port = 1 };
	struct icmp6_path p6 = nd_path("fe80::a", "ff02::1");
	struct icmp6_ra m;

	(void)state;
	udp4_build(&w, &p4, "hello", 5);
	assert_int_equal(wr_len(&w), 0);
	w = wr_init(big, sizeof(big));
	udp4_build(&w, &p4, big, 65530);
	assert_int_equal(wr_len(&w), 0);
	ra_fill(&m);
	for (size_t cap = 0; cap < 120; cap++) {
		w = wr_init(big, cap);
		icmp6_ra_build(&w, &p6, &m);
		assert_int_equal(wr_len(&w), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(eth_round_trip),    cmocka_unit_test(arp_round_trip),
		cmocka_unit_test(sum_known),	     cmocka_unit_test(udp4_round_trip),
		cmocka_unit_test(udp4_special_sums), cmocka_unit_test(udp6_round_trip),
		cmocka_unit_test(dhcp6_truncated),   cmocka_unit_test(name_limits),
		cmocka_unit_test(nd_checks),	     cmocka_unit_test(ra_round_trip),
		cmocka_unit_test(nd_option_zero),    cmocka_unit_test(builders_refuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
