/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel should look like, computed whole. The platform compares it with what is there and
 * applies the difference, so start, restart, upgrade and repair are one piece of code. What the
 * platform may remove: links of the names and kinds that a wish ever names, everything on those
 * links, routes and rules with these protocols, the nft tables named trama, addresses it has
 * put on ports itself. Nothing else is ever touched.
 */
#ifndef NODE_WISH_H
#define NODE_WISH_H

#include "node/event.h"

/* Devices of ours that others see. */
#define NODE_BRIDGE "br0" /* of clients and the cloud */
#define NODE_CLOUD "bat0"

#define WISH_PROTO 171 /* rtm_protocol and FRA_PROTOCOL of everything that is ours */
#define WISH_PROTO_LEAVES                                                                          \
	172 /* rtm_protocol of hosts that have left: babeld tells a bad metric                     \
	     */

/* Routing tables, below 256: babeld 1.12 knows no others. */
#define WISH_TABLE_ANYCAST 170 /* replies of the anycast addresses, as LibreMesh */
#define WISH_TABLE_IMPORT 1701 /* what babeld announces */
#define WISH_TABLE_EXPORT 172  /* what babeld learns; 1.12.1 can write to tables below 256 only */
#define WISH_TABLE_EXIT 1703   /* the default routes in use */

#define WISH_LINKS 64
#define WISH_ADDRS 64
#define WISH_ROUTES 64
#define WISH_RULES 16
#define WISH_FDB 8
#define WISH_SYSCTLS 192
#define WISH_CHILDREN (2 + NODE_PORTS)
#define WISH_HOSTS 1024
#define WISH_UPLINKS NODE_PORTS /* each has its filters */
#define WISH_VLANS 32		/* of clients, as our own engine's: they are in each OGM */

enum wish_link_kind {
	WISH_BRIDGE,
	WISH_VETH,     /* one end of a pair: the other, `peer`, is an entry of its own */
	WISH_VLAN,     /* 8021q device, or a veth pair with tc-BPF where the kernel has none */
	WISH_EXISTING, /* a port: what is asked of it is put back when it is no longer asked */
	WISH_BATADV,   /* the kernel's batman-adv, set up as wish.batadv says */
};

struct wish_link {
	enum wish_link_kind kind;
	char name[NODE_IFNAME];
	char peer[NODE_IFNAME];	  /* WISH_VETH */
	char parent[NODE_IFNAME]; /* WISH_VLAN */
	char master[NODE_IFNAME]; /* bridge it belongs to, "" = none */
	uint16_t vid;		  /* WISH_VLAN, 1..4094 */
	uint16_t vlan_proto;	  /* 0x88a8 or 0x8100 */
	uint32_t mtu;		  /* 0 = leave */
	struct mac mac;		  /* zero = leave */
	bool up;
	bool no_learning; /* bridge port flags */
	bool no_unicast_flood;
	bool no_offload;	    /* tx, tso and gso off */
	bool no_ipv6;		    /* disable_ipv6 = 1 */
	bool has_neigh_app_solicit; /* neighbours are asked of us (RTM_GETNEIGH), not by broadcast
				     */
};

/* Settings of the kernel's engine; all others stay as the kernel has them, but for what would
 * answer or hold back frames of clients: bridge loop avoidance (ports make no loops, and it mutes
 * a fresh node for 30 s), the distributed ARP table and gateway modes (they do not know of anycast
 * addresses). */
struct wish_batadv {
	bool used;
	uint32_t orig_interval_ms;
	uint8_t hop_penalty;
	bool aggregated_ogms;
	bool vlans_told; /* vlans are all that there are; else others that bat0 has stay */
	uint8_t vlan_count;
	uint16_t vlans[WISH_VLANS]; /* that it carries, beside untagged frames */
};

struct wish_addr {
	char dev[NODE_IFNAME];
	bool v6;
	bool noprefixroute;
	bool nodad;
	struct net4 ip4;
	struct net6 ip6;
};

enum wish_route_type {
	WISH_ROUTE_UNICAST,
	WISH_ROUTE_UNREACHABLE,
};

struct wish_route {
	enum wish_route_type type;
	bool v6;
	bool onlink;
	uint32_t table;
	uint32_t metric;
	struct net4 to4;
	struct net6 to6;
	struct net6 from6;
	struct ip4 via4; /* zero = none; with via6 set: IPv4 by an IPv6 next hop (RTA_VIA) */
	struct ip6 via6;
	char dev[NODE_IFNAME];
};

/* A route to an address on the bridge, in table IMPORT. */
struct wish_host {
	bool v6;
	bool leaves; /* others are to take any other one, but this one rather than none */
	struct ip4 ip4;
	struct ip6 ip6;
};

struct wish_rule {
	bool v6;
	uint32_t priority;
	uint32_t table;
	struct net4 from4; /* length 0 = any */
	struct net6 from6;
	int suppress_prefixlength; /* -1 = none */
	char iif[NODE_IFNAME];
};

struct wish_fdb {
	char dev[NODE_IFNAME]; /* bridge port, static entry */
	struct mac mac;
};

/* /proc/sys/net/<path> = value; path such as "ipv4/conf/anygw/arp_ignore". */
struct wish_sysctl {
	char path[56];
	int value;
	bool unless_zero; /* somebody else does in user space what 0 keeps the kernel from */
};

/* Bridge, forward and nat filters; the platform writes them as nftables text in tables of our own
 * names. */
struct wish_filter {
	struct mac anycast_mac;
	struct ip4 anycast4;
	struct ip6 anycast6;
	struct ip6 anycast_link_local;
	struct net4 cloud4;
	struct net6 cloud6;
	/* frames of clients with these outer tags and types would be mesh in mesh */
	uint16_t batman_vid, batman_proto;
	uint16_t babel_vid, babel_proto;
	char bridge[NODE_IFNAME];
	char cloud[NODE_IFNAME];   /* bat0 */
	char anycast[NODE_IFNAME]; /* anygw, and the bridge port at its other end */
	char anycast_port[NODE_IFNAME];
	uint8_t uplink_count;
	struct wish_uplink {
		char dev[NODE_IFNAME];
		struct net4 network4; /* what is connected behind it, closed to the mesh unless
					 allowed */
		struct net6 network6;
		bool masquerade4;
		bool masquerade6;
		bool allow_private;
	} uplinks[WISH_UPLINKS];
};

struct wish_child {
	enum child_kind kind;
	uint16_t port; /* CHILD_DHCP */
	char dev[NODE_IFNAME];
};

/* babeld's interfaces can be added and flushed while it runs; the rest of its configuration is
 * fixed at its start. */
struct wish_babel_port {
	char dev[NODE_IFNAME];
	bool wired;
};

struct wish_dns {
	char domain[64];
	uint8_t upstream_count;
	struct ip4 upstreams[NODE_RESOLVERS];
	uint8_t upstream6_count;
	struct ip6 upstreams6[NODE_RESOLVERS];
	struct ip4 listen4; /* for clients: the anycast addresses */
	struct ip6 listen6;
	struct ip4 own4; /* for other nodes, whose questions come by way of the mesh */
	struct ip6 own6;
};

struct wish {
	uint16_t link_count, addr_count, route_count, rule_count;
	uint16_t fdb_count, sysctl_count, child_count, babel_count;
	struct wish_link links[WISH_LINKS];
	struct wish_addr addrs[WISH_ADDRS];
	struct wish_route routes[WISH_ROUTES];
	struct wish_rule rules[WISH_RULES];
	struct wish_fdb fdb[WISH_FDB];
	struct wish_sysctl sysctls[WISH_SYSCTLS];
	struct wish_filter filter;
	struct wish_batadv batadv;
	struct wish_child children[WISH_CHILDREN];
	struct wish_babel_port babel[NODE_PORTS];
	struct wish_dns dns;
	bool babel_key; /* community_key is set: the platform derives Babel's MAC key from it */
	bool has_parts; /* routed state datagrams come to dns.own6 */
	uint16_t host_count;
	struct wish_host hosts[WISH_HOSTS];
};

#endif
