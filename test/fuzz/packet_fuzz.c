/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A frame through every decoder of src/packet; what decodes must survive its own encoder. */
#include <stdlib.h>
#include <string.h>

#include "packet/arp.h"
#include "packet/dhcp.h"
#include "packet/dhcp6.h"
#include "packet/eth.h"
#include "packet/icmp6.h"
#include "packet/udp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void try_dhcp6(struct rd r)
{
	struct dhcp6_msg m, again;
	uint8_t buf[1024];
	struct wr w = wr_init(buf, sizeof(buf));

	if (dhcp6_decode(&r, &m) < 0)
		return;
	dhcp6_encode(&w, &m);
	r = rd_init(buf, wr_len(&w));
	require(dhcp6_decode(&r, &again) == 0 && again.client_id_len == m.client_id_len &&
		strcmp(again.search, m.search) == 0);
}

static void try_ra(struct rd body, const struct ip6_head *ip, const struct icmp6_head *h)
{
	struct icmp6_path p = { .src = ip->src, .dst = ip->dst, .hop_limit = 255 };
	struct icmp6_ra m, again;
	struct icmp6_head h2;
	struct ip6_head ip2;
	uint8_t buf[2048];
	struct wr w = wr_init(buf, sizeof(buf));
	struct rd r, payload, body2;

	if (icmp6_ra_decode(&body, ip, h, &m) < 0)
		return;
	icmp6_ra_build(&w, &p, &m);
	r = rd_init(buf, wr_len(&w));
	rd_skip(&r, ETH_HEADER);
	require(ip6_decode(&r, &ip2, &payload) == 0 &&
		icmp6_decode(&payload, &ip2, &h2, &body2) == 0 &&
		icmp6_ra_decode(&body2, &ip2, &h2, &again) == 0 &&
		again.prefix_count == m.prefix_count && again.dnssl_count == m.dnssl_count);
}

static void try_ip6(struct rd r)
{
	struct ip6_head ip;
	struct icmp6_head h;
	struct icmp6_nd nd;
	struct udp_head udp;
	struct rd payload, body, copy;

	if (ip6_decode(&r, &ip, &payload) < 0)
		return;
	copy = payload;
	if (udp6_decode(&copy, &ip, &udp, &body) == 0)
		try_dhcp6(body);
	copy = payload;
	if (icmp6_decode(&copy, &ip, &h, &body) == 0) {
		try_ra(body, &ip, &h);
		(void)icmp6_nd_decode(&body, &ip, &h, &nd);
	}
	/* most of what a fuzzer makes has a wrong checksum: the bodies without it */
	rd_copy(&payload, &h, 2);
	rd_skip(&payload, 2);
	try_ra(payload, &ip, &h);
	(void)icmp6_nd_decode(&payload, &ip, &h, &nd);
}

static void try_ip4(struct rd r)
{
	struct ip4_head ip;
	struct udp_head udp;
	struct dhcp_msg m;
	struct rd payload, data;

	if (ip4_decode(&r, &ip, &payload) == 0 && udp4_decode(&payload, &ip, &udp, &data) == 0)
		(void)dhcp_decode(&data, &m);
}

static void try_arp(struct rd r)
{
	struct arp a, again;
	uint8_t buf[ARP_LEN];
	struct wr w = wr_init(buf, sizeof(buf));

	if (arp_decode(&r, &a) < 0)
		return;
	arp_encode(&w, &a);
	r = rd_init(buf, wr_len(&w));
	require(arp_decode(&r, &again) == 0 && ip4_eq(&a.sender, &again.sender));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd r = rd_init(data, len), all = r;
	char name[NAME_MAX_TEXT];
	struct eth e;

	if (eth_decode(&r, &e) == 0) {
		struct rd rest = r;

		if (e.type == ETH_TYPE_ARP)
			try_arp(rest);
		else if (e.type == ETH_TYPE_IP4)
			try_ip4(rest);
		else if (e.type == ETH_TYPE_IP6)
			try_ip6(rest);
	}
	try_dhcp6(all);
	if (name_decode(&all, name) == 0) {
		uint8_t buf[NAME_MAX_TEXT + 2];
		struct wr w = wr_init(buf, sizeof(buf));

		name_encode(&w, name);
		require(wr_len(&w) > 0);
	}
	return 0;
}
