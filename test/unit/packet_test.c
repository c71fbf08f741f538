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
	e.tpid = 0; /* the usual one */
	w = wr_init(buf, sizeof(buf));
	eth_encode(&w, &e);
	r = rd_init(buf, wr_len(&w));
	assert_int_equal(eth_decode(&r, &got), 0);
	assert_int_equal(got.tpid, ETH_TYPE_8021Q);
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

/* A sum of 0 is sent as 0xffff, for 0 means that there is none. */
static void udp4_sum_zero(void **state)
{
	struct udp4_path p = { .eth_src = A, .eth_dst = B, .ttl = 9, .src_port = 67 };
	uint8_t buf[64], *sum = buf + ETH_HEADER + IP4_HEADER + 6, data[2] = { 0, 0 };
	struct wr w = wr_init(buf, sizeof(buf));
	struct rd got;

	(void)state;
	udp4_build(&w, &p, data, sizeof(data));
	memcpy(data, sum, sizeof(data)); /* what is missing to the sum of ones */
	w = wr_init(buf, sizeof(buf));
	udp4_build(&w, &p, data, sizeof(data));
	assert_true(sum[0] == 0xff && sum[1] == 0xff);
	assert_int_equal(buf[ETH_HEADER + 8], 9);
	assert_int_equal(open_udp4(buf, wr_len(&w), &got), 0);
}

static void udp_short(void **state)
{
	struct ip4_head ip = { .ttl = 1 };
	struct rd r = rd_init("\0\104\0\103\0\7\0\0\0\0", 10), data;
	struct udp_head udp;

	(void)state;
	assert_int_equal(udp4_decode(&r, &ip, &udp, &data), -EBADMSG);
	for (size_t cut = 0; cut < UDP_HEADER; cut++) {
		r = rd_init("\0\104\0\103\0\10\0\0", cut);
		assert_int_equal(udp4_decode(&r, &ip, &udp, &data), -EBADMSG);
	}
}

/* An IPv4 header of that first byte and total length, with a right checksum over its first 20
 * bytes. */
static int ip4_try(uint8_t first, uint8_t len, size_t there)
{
	uint8_t raw[24] = { first, 0, 0, len, 0, 0, 0, 0, 64, IP_PROTO_UDP };
	uint16_t sum = sum_finish(sum_add(0, raw, 20));
	struct rd r, payload;
	struct ip4_head ip;

	raw[10] = (uint8_t)(sum >> 8);
	raw[11] = (uint8_t)sum;
	r = rd_init(raw, there);
	return ip4_decode(&r, &ip, &payload);
}

static void ip4_headers(void **state)
{
	(void)state;
	assert_int_equal(ip4_try(0x45, 20, 20), 0);
	assert_int_equal(ip4_try(0x46, 24, 24), 0);
	assert_int_equal(ip4_try(0x46, 24, 20), -EBADMSG); /* options that are not there */
	assert_int_equal(ip4_try(0x65, 20, 20), -EBADMSG);
	assert_int_equal(ip4_try(0x44, 20, 20), -EBADMSG);
	assert_int_equal(ip4_try(0x45, 19, 20), -EBADMSG);
	assert_int_equal(ip4_try(0x45, 21, 20), -EBADMSG);
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
	w = wr_init(buf, sizeof(buf));
	name_encode(&w, "lan."); /* as a root server would write it */
	r = rd_init(buf, wr_len(&w));
	assert_int_equal(name_decode(&r, text), 0);
	assert_string_equal(text, "lan");
	memset(text, 'a', sizeof(text));
	for (size_t i = 60; i < sizeof(text); i += 60)
		text[i] = '.';
	text[sizeof(text) - 1] = '\0';
	w = wr_init(buf, sizeof(buf));
	name_encode(&w, text);
	assert_true(wr_len(&w) > 0);
	memcpy(buf, text, sizeof(text) - 1);
	strcpy((char *)buf + sizeof(text) - 1, "a"); /* one byte more */
	w = wr_init(buf + 256, sizeof(buf) - 256);
	name_encode(&w, (char *)buf);
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
	p = nd_path("::", "ff02::1");
	assert_int_equal(nd_try(&p, &na), -EBADMSG); /* nobody's address */
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
	struct rd r = rd_init(buf, len), payload, body, again;
	struct icmp6_head h, other;
	struct ip6_head ip;
	struct eth e;

	if (eth_decode(&r, &e) < 0 || ip6_decode(&r, &ip, &payload) < 0 ||
	    icmp6_decode(&payload, &ip, &h, &body) < 0)
		return -EBADMSG;
	/* of another type, code or from another link it never is one */
	other = (struct icmp6_head) { .type = ICMP6_RS };
	again = body;
	assert_int_equal(icmp6_ra_decode(&again, &ip, &other, ret), -EBADMSG);
	other = (struct icmp6_head) { .type = ICMP6_RA, .code = 1 };
	again = body;
	assert_int_equal(icmp6_ra_decode(&again, &ip, &other, ret), -EBADMSG);
	ip.hop_limit--;
	again = body;
	assert_int_equal(icmp6_ra_decode(&again, &ip, &h, ret), -EBADMSG);
	ip.hop_limit++;
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

static void prefix_option(struct wr *w, uint8_t units, uint8_t len)
{
	wr_u8(w, 3);
	wr_u8(w, units);
	wr_u8(w, len);
	wr_zero(w, (size_t)units * 8 - 3);
}

/* What is too much is left out, what is wrong is skipped. */
static void ra_too_much(void **state)
{
	struct icmp6_path p = nd_path("fe80::a", "ff02::1");
	uint8_t buf[1024];
	struct wr w = wr_init(buf, sizeof(buf));
	size_t mark = icmp6_begin(&w, &p, ICMP6_RA, 0);
	struct icmp6_ra got;

	(void)state;
	wr_zero(&w, 12);
	prefix_option(&w, 4, 129);
	prefix_option(&w, 1, 64);
	for (unsigned i = 0; i <= ICMP6_PREFIXES_MAX; i++)
		prefix_option(&w, 4, 64);
	wr_u8(&w, 25);
	wr_u8(&w, 1 + 2 * (ICMP6_RDNSS_MAX + 1));
	wr_zero(&w, 6 + 16 * (ICMP6_RDNSS_MAX + 1));
	wr_u8(&w, 31);
	wr_u8(&w, 3);
	wr_zero(&w, 6);
	for (unsigned i = 0; i < 5; i++)
		wr_bytes(&w, "\1a", 3);
	wr_zero(&w, 1);
	icmp6_end(&w, mark);
	assert_int_equal(ra_open(buf, wr_len(&w), &got), 0);
	assert_int_equal(got.prefix_count, ICMP6_PREFIXES_MAX);
	assert_int_equal(got.rdnss_count, ICMP6_RDNSS_MAX);
	assert_int_equal(got.dnssl_count, ICMP6_DNSSL_MAX);
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
	struct udp6_path p = { .src_port = 1 };
	size_t mark;
	struct icmp6_path p6 = nd_path("fe80::a", "ff02::1");
	struct icmp6_ra m;

	(void)state;
	udp4_build(&w, &p4, "hello", 5);
	assert_int_equal(wr_len(&w), 0);
	w = wr_init(big, sizeof(big));
	udp4_build(&w, &p4, big, 65530);
	assert_int_equal(wr_len(&w), 0);
	w = wr_init(big, sizeof(big));
	udp6_build(&w, &p, big, 65530);
	assert_int_equal(wr_len(&w), 0);
	w = wr_init(big, sizeof(big));
	mark = icmp6_begin(&w, &p6, ICMP6_RS, 0);
	wr_zero(&w, 65536);
	icmp6_end(&w, mark);
	assert_int_equal(wr_len(&w), 0);
	ra_fill(&m);
	strcpy(m.dnssl[0], "a..b");
	w = wr_init(big, sizeof(big));
	icmp6_ra_build(&w, &p6, &m);
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
		cmocka_unit_test(udp4_sum_zero),     cmocka_unit_test(udp_short),
		cmocka_unit_test(ip4_headers),	     cmocka_unit_test(ra_too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
