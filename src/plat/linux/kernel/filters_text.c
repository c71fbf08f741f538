/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of the filters. In order of cost: what every frame meets comes first and is short. */
#include <string.h>

#include "node/effect.h"
#include "plat/linux/kernel/filters.h"

#define DROP(name, match) "\t\t" match " counter name " name " drop\n"

/* The type behind an outer tag, which the kernel keeps beside the frame; `ether type`, which nft
 * would add by itself before some matches, is the tag's. */
#define ARP "meta protocol arp "
#define IP4 "meta protocol ip "
#define IP6 "meta protocol ip6 "

/* Counters of the bridge family: kept by name over changes of the rules. */
static const char *const bridge_counters[] = {
	"claim_mac",	 "claim_ip4",	       "claim_ip6",	   "claim_arp",
	"claim_na",	 "rogue_dhcp4",	       "rogue_dhcp6",	   "rogue_ra",
	"icmp_redirect", "cloud_anycast_from", "cloud_anycast_to", "cloud_dhcp4",
	"cloud_dhcp6",	 "cloud_rs",	       "cloud_arp",	   "cloud_ns",
	"cloud_batman",	 "cloud_mesh_vlan",    "port_hello",	   "cloud_state",
	"nested_tags",	 "hidden_type",
};

static const char *const inet_counters[] = { "private4", "private6", "uplink_dns", "uplink_dhcp" };

static void add_counters(struct text *t, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		text_add(t, "\tcounter %s { }\n", names[i]);
}

/* As nft wants it in a comparison of 128 raw bits. */
static void add_raw6(struct text *t, const struct ip6 *a)
{
	text_add(t, "0x");
	for (int i = 0; i < 16; i++)
		text_add(t, "%02x", a->b[i]);
}

static bool is_bridge_port(const struct wish_filter *f, const struct wish_link *l)
{
	return l->master[0] && !strcmp(l->master, f->bridge);
}

/* Client ports of the bridge: every wished port but the cloud's and the anycast end. */
static unsigned int add_client_ports(const struct wish *w, struct text *t)
{
	const struct wish_filter *f = &w->filter;
	unsigned int count = 0;

	for (uint16_t i = 0; i < w->link_count; i++) {
		const struct wish_link *l = &w->links[i];

		if (!is_bridge_port(f, l) || !strcmp(l->name, f->cloud) ||
		    !strcmp(l->name, f->anycast_port))
			continue;
		text_add(t, "%s\"%s\"", count++ ? ", " : "", l->name);
	}
	return count;
}

/* The end of a chain. A priority tag (VLAN 0, of either type) names no VLAN: hosts take what is
 * behind it as if it had none, and so it is judged. Client VLANs are not. */
static void add_kinds(struct text *t, const char *chain)
{
	text_add(t, "\t\tether type 8021q vlan id != 0 return\n"
		    "\t\tether type 8021ad vlan id != 0 return\n");
	text_add(t,
		 "\t\tmeta protocol vmap { arp : jump %s_arp, ip : jump %s_ip4, ip6 : jump %s_ip6 "
		 "}\n\t}\n\n",
		 chain, chain, chain);
}

static void add_claims(const struct wish_filter *f, struct text *t)
{
	char mac[MAC_TEXT], ip4[IP4_TEXT], ip6[IP6_TEXT], local[IP6_TEXT];

	mac_text(&f->anycast_mac, mac);
	ip4_text(&f->anycast4, ip4);
	ip6_text(&f->anycast6, ip6);
	ip6_text(&f->anycast_link_local, local);
	text_add(t, "\tchain claims_arp {\n");
	text_add(t, DROP("claim_arp", ARP "arp saddr ip %s"), ip4);
	text_add(t, DROP("claim_arp", ARP "arp saddr ether %s"), mac);
	text_add(t, "\t}\n\n\tchain claims_ip4 {\n");
	text_add(t, DROP("claim_ip4", IP4 "ip saddr %s"), ip4);
	/* but for relays, which ask a server from the port of one */
	text_add(t, DROP("rogue_dhcp4", "udp sport 67 udp dport != 67"));
	text_add(t, DROP("icmp_redirect", IP4 "icmp type redirect"));
	text_add(t, "\t}\n\n\tchain claims_ip6 {\n");
	text_add(t, DROP("claim_ip6", IP6 "ip6 saddr { %s, %s }"), ip6, local);
	text_add(t, DROP("rogue_dhcp6", "udp sport 547"));
	text_add(t, DROP("rogue_ra", IP6 "icmpv6 type nd-router-advert"));
	text_add(t, DROP("icmp_redirect", IP6 "icmpv6 type nd-redirect"));
	text_add(t, "\t\t" IP6 "icmpv6 type nd-neighbor-advert @th,64,128 { ");
	add_raw6(t, &f->anycast6);
	text_add(t, ", ");
	add_raw6(t, &f->anycast_link_local);
	text_add(t, " } counter name claim_na drop\n\t}\n\n");
	text_add(t, "\tchain claims {\n" DROP("claim_mac", "ether saddr %s"), mac);
	add_kinds(t, "claims");
}

/* Behind a tag. The kernel goes through any number of priority tags to what is behind them, a VLAN
 * of the mesh too; the other filters look behind one, and nobody has a use for more. A mesh without
 * tag has no VLAN to protect. */
static void add_tag(const struct wish_filter *f, struct text *t, uint16_t proto)
{
	const char *type = proto == 0x8100 ? "8021q" : "8021ad";

	text_add(t, "\tchain cloud_%s {\n", type);
	text_add(t, DROP("nested_tags", "ether type %s vlan id 0 vlan type { 8021q, 8021ad }"),
		 type);
	text_add(t, DROP("cloud_batman", "ether type %s vlan type 0x4305"), type);
	if (f->babel_vid && f->babel_proto == proto)
		text_add(t, DROP("cloud_mesh_vlan", "ether type %s vlan id %u"), type,
			 f->babel_vid);
	if (f->batman_vid && f->batman_proto == proto)
		text_add(t, DROP("cloud_mesh_vlan", "ether type %s vlan id %u"), type,
			 f->batman_vid);
	text_add(t, "\t}\n\n");
}

/* What never crosses between this node's bridge and the cloud, in either direction. */
static void add_cloud(const struct wish_filter *f, struct text *t)
{
	char mac[MAC_TEXT], ip4[IP4_TEXT];

	mac_text(&f->anycast_mac, mac);
	ip4_text(&f->anycast4, ip4);
	text_add(t, "\tchain cloud_arp {\n" DROP("cloud_arp", ARP "arp daddr ip %s") "\t}\n\n",
		 ip4);
	text_add(t, "\tchain cloud_ip4 {\n" DROP("cloud_dhcp4", "udp dport 67") "\t}\n\n");
	text_add(t, "\tchain cloud_ip6 {\n" DROP("cloud_dhcp6", "udp dport 547"));
	text_add(t, DROP("cloud_rs", IP6 "icmpv6 type nd-router-solicit"));
	/* Nodes tell each other beside the bridge: this would be a client that speaks as one. */
	text_add(t, DROP("cloud_state", IP6 "ip6 daddr { fe80::/10, ff02::/16 } udp dport %u"),
		 NODE_STATE_UDP_PORT);
	text_add(t, "\t\t" IP6 "icmpv6 type nd-neighbor-solicit @th,64,128 { ");
	add_raw6(t, &f->anycast6);
	text_add(t, ", ");
	add_raw6(t, &f->anycast_link_local);
	text_add(t, " } counter name cloud_ns drop\n\t}\n\n");
	/* Batman in batman: bare, behind one tag of either type, or anything on the mesh's own
	 * VLANs. */
	add_tag(f, t, 0x8100);
	add_tag(f, t, 0x88a8);
	text_add(t, "\tchain mesh {\n");
	text_add(t, DROP("cloud_batman", "ether type 0x4305"));
	/* A type behind an 802.2 header (SNAP): no rule sees it, and Wi-Fi cards take the header
	 * off where the organisation is 00:00:00 or 00:00:f8. Those between go too, because a set
	 * of both nft could not list. */
	text_add(t, DROP("hidden_type", "meta protocol 0x0004 @nh,0,40 0xaaaa030000"));
	/* Between ports of one wire: elsewhere it would speak of a wire that is not there. */
	text_add(t, DROP("port_hello", "ether type 0x88b5"));
	text_add(t, "\t\tether type vmap { 8021q : jump cloud_8021q, 8021ad : jump cloud_8021ad "
		    "}\n\t}\n\n\tchain cloud {\n");
	/* LibreMesh's pattern of all anycast MACs, and ours where it is another. */
	text_add(t, DROP("cloud_anycast_from",
			 "ether saddr & ff:ff:ff:00:00:00 == aa:aa:aa:00:00:00"));
	text_add(t,
		 DROP("cloud_anycast_to", "ether daddr & ff:ff:ff:00:00:00 == aa:aa:aa:00:00:00"));
	text_add(t, DROP("cloud_anycast_from", "ether saddr %s"), mac);
	text_add(t, DROP("cloud_anycast_to", "ether daddr %s"), mac);
	text_add(t, "\t\tjump mesh\n");
	add_kinds(t, "cloud");
}

static void add_bridge(const struct wish *w, struct text *t)
{
	const struct wish_filter *f = &w->filter;
	struct text ports;
	char buf[WISH_LINKS * (NODE_IFNAME + 4)];

	text_add(t, "table bridge trama {\n");
	add_counters(t, bridge_counters, sizeof(bridge_counters) / sizeof(bridge_counters[0]));
	text_add(t, "\n");
	add_claims(f, t);
	add_cloud(f, t);
	/* Before anything is learnt from a frame. */
	text_add(t, "\tchain from_cloud {\n\t\tjump claims\n\t\tjump cloud\n\t}\n\n");
	text_add(t, "\tchain from_client {\n\t\tjump claims\n\t\tjump mesh\n\t}\n\n");
	text_add(t, "\tchain prerouting {\n\t\ttype filter hook prerouting priority -300; policy "
		    "accept;\n");
	text_add(t, "\t\tiifname \"%s\" jump from_cloud\n", f->cloud);
	ports = text_init(buf, sizeof(buf));
	if (add_client_ports(w, &ports))
		text_add(t, "\t\tiifname { %s } jump from_client\n", buf);
	text_add(t, "\t}\n\n");
	/* Forwarded and sent by the node itself. */
	text_add(t, "\tchain postrouting {\n\t\ttype filter hook postrouting priority 0; policy "
		    "accept;\n");
	text_add(t, "\t\toifname \"%s\" jump cloud\n\t}\n}\n", f->cloud);
}

const struct net4 filters_mesh4 = { { { 10 } }, 8 };
const struct net6 filters_mesh6 = { { { 0xfc } }, 7 };
const struct net4 filters_masked4[FILTERS_MASKED4] = { { { { 10 } }, 8 },
						       { { { 100, 64 } }, 10 },
						       { { { 172, 16 } }, 12 },
						       { { { 192, 168 } }, 16 } };

/* A set of these networks and the cloud's own. */
static void add_set4(const struct wish_filter *f, const struct net4 *nets, size_t count,
		     struct text *t)
{
	struct net4 cloud = net4_base(&f->cloud4);
	char net[NET_TEXT];

	for (size_t i = 0; i < count; i++)
		text_add(t, "%s%s", i ? ", " : "{ ", net4_text(&nets[i], net));
	text_add(t, "%s%s }", cloud.len ? ", " : "", cloud.len ? net4_text(&cloud, net) : "");
}

/* What sources and destinations in the mesh look like. */
static void add_mesh4(const struct wish_filter *f, struct text *t)
{
	add_set4(f, &filters_mesh4, 1, t);
}

static void add_mesh6(const struct wish_filter *f, struct text *t)
{
	struct net6 cloud = net6_base(&f->cloud6);
	char net[NET_TEXT];

	text_add(t, "{ %s", net6_text(&filters_mesh6, net));
	text_add(t, "%s%s }", cloud.len ? ", " : "", cloud.len ? net6_text(&cloud, net) : "");
}

/* From mesh to mesh nothing is tracked: packets take one way and their answers another. */
static void add_notrack(const struct wish_filter *f, struct text *t, const char *hook)
{
	text_add(t, "\tchain raw_%s {\n\t\ttype filter hook %s priority -300; policy accept;\n",
		 hook, hook);
	for (uint8_t i = 0; i < f->uplink_count; i++) {
		struct net4 n = net4_base(&f->uplinks[i].network4);
		char net[NET_TEXT];

		if (n.len)
			text_add(t, "\t\tip saddr %s accept\n\t\tip daddr %s accept\n",
				 net4_text(&n, net), net);
	}
	text_add(t, "\t\tip saddr ");
	add_mesh4(f, t);
	text_add(t, " ip daddr ");
	add_mesh4(f, t);
	text_add(t, " notrack\n\t\tip6 saddr ");
	add_mesh6(f, t);
	text_add(t, " ip6 daddr ");
	add_mesh6(f, t);
	text_add(t, " notrack\n\t}\n\n");
}

/* Interfaces that mesh traffic comes in by: others that this machine forwards for are not our
 * business. */
static void add_mesh_interfaces(const struct wish *w, struct text *t)
{
	text_add(t, "{ \"%s\"", w->filter.bridge);
	if (w->filter.anycast[0])
		text_add(t, ", \"%s\"", w->filter.anycast);
	for (uint16_t i = 0; i < w->babel_count; i++)
		text_add(t, ", \"%s\"", w->babel[i].dev);
	text_add(t, " }");
}

static void add_private(const struct wish *w, uint8_t index, struct text *t)
{
	const struct wish_uplink *u = &w->filter.uplinks[index];
	struct net4 n = net4_base(&u->network4);
	struct net6 n6 = net6_base(&u->network6);
	char net[NET_TEXT], ip[IP6_TEXT];

	text_add(t, "\tchain private_%u {\n", index);
	for (uint8_t i = 0; i < w->dns.upstream_count; i++)
		text_add(t, "\t\tip daddr %s meta l4proto { tcp, udp } th dport 53 accept\n",
			 ip4_text(&w->dns.upstreams[i], ip));
	for (uint8_t i = 0; i < w->dns.upstream6_count; i++)
		text_add(t, "\t\tip6 daddr %s meta l4proto { tcp, udp } th dport 53 accept\n",
			 ip6_text(&w->dns.upstreams6[i], ip));
	text_add(t,
		 "\t\tip daddr { 10.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16%s%s }"
		 " counter name private4 reject with icmpx type admin-prohibited\n",
		 n.len ? ", " : "", n.len ? net4_text(&n, net) : "");
	text_add(t,
		 "\t\tip6 daddr { fc00::/7, fe80::/10%s%s } counter name private6"
		 " reject with icmpx type admin-prohibited\n\t}\n\n",
		 n6.len ? ", " : "", n6.len ? net6_text(&n6, net) : "");
}

static void add_forward(const struct wish *w, struct text *t)
{
	const struct wish_filter *f = &w->filter;

	for (uint8_t i = 0; i < f->uplink_count; i++) {
		if (!f->uplinks[i].allow_private)
			add_private(w, i, t);
	}
	text_add(t,
		 "\tchain forward {\n\t\ttype filter hook forward priority -1; policy accept;\n");
	for (uint8_t i = 0; i < f->uplink_count; i++) {
		const struct wish_uplink *u = &f->uplinks[i];

		/* Many systems ignore the MTU that they are told. */
		text_add(t,
			 "\t\tiifname \"%s\" tcp flags & (syn | rst) == syn tcp option maxseg size "
			 "set rt mtu\n",
			 u->dev);
		text_add(t,
			 "\t\toifname \"%s\" tcp flags & (syn | rst) == syn tcp option maxseg size "
			 "set rt mtu\n",
			 u->dev);
		if (u->allow_private)
			continue;
		text_add(t, "\t\tiifname ");
		add_mesh_interfaces(w, t);
		text_add(t, " oifname \"%s\" jump private_%u\n", u->dev, i);
	}
	text_add(t, "\t}\n\n");
}

static void add_served(struct text *t)
{
	text_add(t,
		 "\tchain served {\n" DROP("uplink_dns", "meta l4proto { tcp, udp } th dport 53"));
	text_add(t, DROP("uplink_dhcp", "udp dport { 67, 547 }") "\t}\n\n");
}

/* What we serve has an address of the cloud; what the machine itself serves to its own network
 * stays open. */
static void add_input(const struct wish *w, struct text *t)
{
	const struct wish_filter *f = &w->filter;
	struct net4 cloud4 = net4_base(&f->cloud4);
	struct net6 cloud6 = net6_base(&f->cloud6);
	char net[NET_TEXT];

	text_add(t, "\tchain input {\n\t\ttype filter hook input priority -1; policy accept;\n");
	for (uint8_t i = 0; i < f->uplink_count; i++) {
		const char *dev = f->uplinks[i].dev;

		text_add(t, "\t\tiifname \"%s\" ip daddr %s jump served\n", dev,
			 net4_text(&cloud4, net));
		text_add(t, "\t\tiifname \"%s\" ip6 daddr %s jump served\n", dev,
			 net6_text(&cloud6, net));
	}
	text_add(t, "\t}\n\n");
}

static void add_nat(const struct wish_filter *f, struct text *t)
{
	text_add(t, "\tchain postrouting {\n\t\ttype nat hook postrouting priority 100; policy "
		    "accept;\n");
	for (uint8_t i = 0; i < f->uplink_count; i++) {
		const struct wish_uplink *u = &f->uplinks[i];

		if (u->masquerade4) {
			text_add(t, "\t\toifname \"%s\" ip saddr ", u->dev);
			add_set4(f, filters_masked4, FILTERS_MASKED4, t);
			text_add(t, " masquerade\n");
		}
		if (u->masquerade6) {
			text_add(t, "\t\toifname \"%s\" ip6 saddr ", u->dev);
			add_mesh6(f, t);
			text_add(t, " masquerade\n");
		}
	}
	text_add(t, "\t}\n");
}

static void add_inet(const struct wish *w, struct text *t)
{
	const struct wish_filter *f = &w->filter;

	text_add(t, "table inet trama {\n");
	add_counters(t, inet_counters, sizeof(inet_counters) / sizeof(inet_counters[0]));
	text_add(t, "\n");
	add_notrack(f, t, "prerouting");
	add_notrack(f, t, "output");
	if (f->uplink_count) {
		add_forward(w, t);
		add_served(t);
		add_input(w, t);
		add_nat(f, t);
	}
	text_add(t, "}\n");
}

void filters_text(const struct wish *w, enum filter_family family, struct text *t)
{
	if (!w->filter.bridge[0])
		return;
	if (family == FILTER_BRIDGE)
		add_bridge(w, t);
	else
		add_inet(w, t);
}
