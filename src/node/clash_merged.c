/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another cloud on our VLAN whose nodes do not say so, as those of LibreMesh: batman-adv makes one
 * Ethernet of both. It shows by the addresses of its hosts. LibreMesh gives a cloud the prefix fd
 * and five bytes of its network id, of which the first one alone decides about the VLAN.
 *
 * Only neighbour discovery counts: it never crosses a router, where other packets with such a
 * source may have come by way of layer 3. Only hosts at nodes that do not say that they are of our
 * SSID count: the clients of those that do are ours, even where they bring an address along. It is
 * a warning, and nothing else follows from it.
 *
 * Timers: a stray counts for STRAY_AGE after it showed such an address, as long as its node is
 * heard.
 */
#include <string.h>

#include "node/internal.h"
#include "packet/eth.h"
#include "packet/icmp6.h"

#define STRAY_AGE (1800 * USEC_S)  /* quiet hosts seldom speak by IPv6 */
#define NODE_SILENCE (30 * USEC_S) /* of a node: it is gone, though its routes live on */

/* The address that a host shows to be its own. */
static bool address_shown(const uint8_t *frame, size_t len, struct mac *ret_host, struct ip6 *ret)
{
	struct rd r = rd_init(frame, len), payload, body;
	struct icmp6_head head;
	struct icmp6_nd nd;
	struct ip6_head ip;
	struct eth e;

	if (eth_decode(&r, &e) || e.tagged || e.type != ETH_TYPE_IP6 ||
	    ip6_decode(&r, &ip, &payload) || ip.next != IP_PROTO_ICMP6 || ip.hop_limit != 255 ||
	    icmp6_decode(&payload, &ip, &head, &body))
		return false;
	if ((head.type != ICMP6_NS && head.type != ICMP6_NA) ||
	    icmp6_nd_decode(&body, &ip, &head, &nd) || (nd.has_mac && !mac_eq(&nd.mac, &e.src)))
		return false;
	*ret_host = e.src;
	/* who asks whether an address is free is about to take it */
	*ret = head.type == ICMP6_NA || ip6_is_zero(&ip.src) ? nd.target : ip.src;
	return true;
}

static bool is_of_other_cloud(const struct node *n, const struct ip6 *a)
{
	const uint8_t *id = n->cloud.network_id;
	uint8_t first = id[0];

	(void)cloud_vlan_id_byte(n->cloud.batadv_vlan, &first);
	return a->b[0] == 0xfd && a->b[1] == first && memcmp(a->b + 1, id, 5) != 0;
}

/* The node that serves the host, if it is in the cloud and not of trama. */
static bool stranger_of(const struct node *n, const struct mac *host, struct batman_orig *ret)
{
	struct mac orig;

	return !batman_lookup(n->batman, host, 0, &orig) &&
	       batman_orig_find(n->batman, &orig, ret) && !ret->trama &&
	       n->now - ret->last_seen < NODE_SILENCE;
}

static void joined_us(struct node *n, const struct mac *host)
{
	for (int i = 0; i < NODE_STRAYS; i++)
		if (mac_eq(&n->clash.strays[i].mac, host))
			n->clash.strays[i] = (struct clash_stray) { .seen_at = 0 };
}

static struct clash_stray *stray_place(struct node *n, const struct mac *host,
				       const struct net6 *net)
{
	struct clash_stray *place = NULL;

	for (int i = NODE_STRAYS; i-- > 0;) {
		struct clash_stray *s = &n->clash.strays[i];

		if (mac_eq(&s->mac, host) && ip6_eq(&s->net.addr, &net->addr))
			return s;
		if (mac_is_zero(&s->mac))
			place = s;
	}
	return place;
}

void clash_overhear(struct node *n, const uint8_t *frame, size_t len)
{
	struct net6 net = { .len = 64 };
	struct clash_stray *s;
	struct batman_orig at;
	struct mac host;

	if (!address_shown(frame, len, &host, &net.addr))
		return;
	if (net6_has(&n->cloud.network6, &net.addr)) {
		joined_us(n, &host);
		return;
	}
	if (!is_of_other_cloud(n, &net.addr) || !stranger_of(n, &host, &at))
		return;
	n->counters[NODE_C_STRAY]++;
	net = net6_base(&net);
	s = stray_place(n, &host, &net);
	if (s) /* else there are enough that we know of */
		*s = (struct clash_stray) { .mac = host, .net = net, .seen_at = n->now };
}

static void describe(const struct node *n, const struct clash_stray *s, const struct mac *node,
		     char ret[static NOTICE_TEXT])
{
	struct text t = text_init(ret, NOTICE_TEXT);
	char net[NET_TEXT], host[MAC_TEXT], at[MAC_TEXT];

	text_add(&t, "cloud %s is merged with ours, SSID '%s', by VLAN %u, seen at node %s",
		 net6_text(&s->net, net), n->conf->wifi.ap_ssid, (unsigned int)n->cloud.batadv_vlan,
		 mac_text(node, at));
	text_add(&t, " (host %s): set option vlan_id in 'trama l2'", mac_text(&s->mac, host));
}

void clash_merged_refresh(struct node *n)
{
	const struct clash_stray *shown = NULL;
	char text[NOTICE_TEXT] = "";
	struct batman_orig at, node = { .ttvn = 0 };
	struct net6 net = { .len = 0 };

	for (int i = 0; i < NODE_STRAYS; i++) {
		struct clash_stray *s = &n->clash.strays[i];

		if (mac_is_zero(&s->mac))
			continue;
		if (n->now - s->seen_at > STRAY_AGE || !stranger_of(n, &s->mac, &at)) {
			s->mac = (struct mac) { { 0 } };
			continue;
		}
		/* what people know of, as long as there is something of it */
		if (!shown || (!ip6_eq(&shown->net.addr, &n->clash.merged.addr) &&
			       ip6_eq(&s->net.addr, &n->clash.merged.addr))) {
			shown = s;
			node = at;
		}
	}
	if (shown) {
		net = shown->net;
		describe(n, shown, &node.mac, text);
	}
	if (strcmp(text, n->clash.part[CLASH_MERGED]) != 0)
		clash_set(n, CLASH_MERGED, text, &node.mac,
			  !ip6_eq(&net.addr, &n->clash.merged.addr));
	n->clash.merged = net;
}
