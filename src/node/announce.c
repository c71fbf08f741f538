/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who a node is, where its OGMs cannot say it: the kernel's engine makes OGMs without trama's
 * container. So such a node says the same by a broadcast into the cloud, IPv6 UDP to all nodes of
 * the link, at NODE_STATE_UDP_PORT. Every trama node listens; only those with the kernel's engine
 * speak.
 *
 * Timers: every 10 s, and once a second while the number of originators changes; once more 3 s
 * after that, because who has just come may not have our translation table yet. So who has just met
 * others does not know for some seconds whether these are trama nodes: until they had time to say
 * it twice.
 */
#include "node/internal.h"
#include "packet/eth.h"
#include "packet/udp.h"

#define ANNOUNCE_INTERVAL (10 * USEC_S)
#define ANNOUNCE_AGAIN (3 * USEC_S)

static const struct ip6 all_nodes = { { 0xff, 0x02, [15] = 1 } };

static uint32_t originators(const struct node *n)
{
	struct batman_orig o;
	uint32_t count = 0;

	for (uint32_t i = 0; batman_orig_next(n->batman, &i, &o);)
		count += o.reachable;
	return count;
}

void announce_refresh(struct node *n)
{
	struct udp6_path path = {
		.eth_src = n->cloud_mac,
		.eth_dst = MAC_BROADCAST,
		.src = ip6_link_local(&n->cloud_mac),
		.dst = all_nodes,
		.src_port = NODE_STATE_UDP_PORT,
		.dst_port = NODE_STATE_UDP_PORT,
	};
	uint8_t value[128];
	struct wr v = wr_init(value, sizeof(value)), w = wr_init(n->scratch, sizeof(n->scratch));
	uint32_t count;
	bool changed;

	if (n->conf->l2.engine != CONF_ENGINE_KERNEL)
		return;
	count = originators(n);
	changed = count != n->announced_to;
	if (count > n->announced_to)
		peers_meet(n, MEETING_SILENT);
	n->announced_to = count;
	if (!count || (!changed && n->now < n->announce_at))
		return;
	n->announce_at = n->now + (changed ? ANNOUNCE_AGAIN : ANNOUNCE_INTERVAL);
	batman_announce(n->batman, &v);
	udp6_build(&w, &path, value, wr_len(&v));
	cloudside_send(n, n->scratch, wr_len(&w));
}

bool announce_frame(struct node *n, uint32_t from, const uint8_t *frame, size_t len)
{
	struct rd r = rd_init(frame, len), payload, data;
	struct udp_head udp;
	struct ip6_head ip;
	struct eth e;

	if (eth_decode(&r, &e) || e.tagged || e.type != ETH_TYPE_IP6 ||
	    !mac_eq(&e.dst, &MAC_BROADCAST))
		return false;
	if (ip6_decode(&r, &ip, &payload) || ip.next != IP_PROTO_UDP ||
	    !ip6_eq(&ip.dst, &all_nodes))
		return false;
	if (udp6_decode(&payload, &ip, &udp, &data) || udp.dst_port != NODE_STATE_UDP_PORT)
		return false;
	if (!mac_eq(&e.src, &n->cloud_mac))
		(void)batman_announced(n->batman, from, &e.src, data, n->now);
	return true;
}
