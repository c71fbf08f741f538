/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything that reaches a node from outside, as plain data. The platform and the simulator make
 * these; recording them and playing them back gives the same effects. Bytes and texts are borrowed
 * for the call of node_input.
 */
#ifndef NODE_EVENT_H
#define NODE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/batman/batman.h"
#include "core/lease/static.h"
#include "core/state/state.h"
#include "core/state/state_crypto.h"
#include "lib/addr.h"
#include "lib/clock.h"

#define NODE_PORTS 16 /* ports of a node: physical interfaces, Wi-Fi interfaces, tunnels */
#define NODE_IFNAME 16
#define NODE_RESOLVERS 4

/* The places where whole Ethernet frames come in and go out. */
enum link {
	LINK_PORT,   /* the port itself, untagged: port hellos (0x88b5), DHCP replies to the node's
			own probes, questions whether a client is still there */
	LINK_MESH,   /* the port's VLAN device of the cloud: batman-adv frames (0x4305), tag removed
		      */
	LINK_CLOUD,  /* bat0p: what the client bridge sends into the cloud, and what the cloud
			delivers to it */
	LINK_CLIENT, /* anygw: DHCP, ARP, router solicitation and neighbour discovery of this node's
			own clients */
	LINK_KERNEL, /* bat0 of the kernel's engine: the node's own frames into the cloud, and what
			comes from there for the node itself */
	LINK_TAGGED, /* the same, the first frames of clients with a tag of a VLAN that it does not
			have: the header */
};

enum event_kind {
	EVENT_TIMER, /* nothing but the time: node_deadline() has passed */
	EVENT_FRAME,
	EVENT_DATAGRAM,	 /* state datagram from a Babel neighbour; port NODE_PORTS: routed, from
			    another part of the cloud */
	EVENT_PORT,	 /* a port appeared, changed or went */
	EVENT_CLIENT,	 /* the bridge learnt or forgot a station; a station (dis)associated */
	EVENT_SOLICIT,	 /* the kernel looks for the neighbour of an address on the client bridge */
	EVENT_ROUTE,	 /* babeld learnt, changed or lost a route */
	EVENT_NEIGHBOUR, /* babeld sees, changes or loses a neighbour */
	EVENT_UPLINK,	 /* the DHCP client of a port, or what a foreign uplink is found to have */
	EVENT_PROBE,	 /* the answer to an EFFECT_PROBE */
	EVENT_CHILD,	 /* a child started or died */
	EVENT_LOAD,	 /* at start: the saved snapshot, len 0 if there is none; then the claims */
	EVENT_CONTROL,	 /* something an administrator asked for */
	EVENT_MESH,	 /* a row of a table of the kernel's engine, or the end of a telling */
	EVENT_IMPORT,	 /* a lease of other software, or its end */
};

enum port_kind {
	PORT_KIND_ETHERNET,
	PORT_KIND_WIFI_AP,
	PORT_KIND_WIFI_MESH, /* 802.11s or ad-hoc */
	PORT_KIND_TUNNEL,    /* no Ethernet: layer 3 only */
};

struct event_frame {
	enum link link;
	uint16_t port; /* LINK_PORT, LINK_MESH */
	const uint8_t *data;
	size_t len;
};

struct event_datagram {
	uint16_t port;
	struct ip6 from; /* link-local, unless it was routed */
	const uint8_t *data;
	size_t len;
};

struct event_port {
	uint16_t port; /* given by the platform, stable while the interface exists */
	bool gone;
	bool carrier;
	bool served; /* when first seen it was in our client bridge: an earlier daemon put it there
		      */
	bool foreign_address; /* carries an address that is not ours */
	bool foreign_default; /* a default route that is not ours leaves by it */
	enum port_kind kind;
	struct mac mac;
	uint32_t mtu;
	char name[NODE_IFNAME];
};

enum client_change {
	CLIENT_LEARNT,	   /* bridge forwarding entry on a client port: new, or moved to it */
	CLIENT_FORGOTTEN,  /* that entry has gone */
	CLIENT_ASSOCIATED, /* Wi-Fi association */
	CLIENT_DISASSOCIATED,
	CLIENT_ASTRAY, /* that entry leads into the cloud */
};

struct event_client {
	enum client_change change;
	uint16_t port;
	uint16_t vid; /* 0 = untagged */
	struct mac mac;
};

struct event_solicit {
	bool v6;
	struct ip4 ip4;
	struct ip6 ip6;
};

/* A route of Babel's table as babeld's monitor shows it, the installed one per destination; and the
 * twins of our own. */
struct event_route {
	bool gone;
	bool v6;
	bool own;    /* redistributed by this node itself */
	bool twin;   /* a neighbour has it too, for what we redistribute: one event per neighbour
			(via), metric 0, never used */
	bool direct; /* a twin that the neighbour redistributes itself */
	uint16_t port;
	uint16_t metric;
	uint8_t router_id[8];
	struct net4 to4;
	struct net6 to6;
	struct net6 from6; /* source prefix, length 0 = any */
	struct ip4 via4;   /* zero when the next hop is IPv6 */
	struct ip6 via6;
};

struct event_neighbour {
	bool gone;
	uint16_t port;
	uint16_t cost; /* 0xffff = unreachable */
	uint16_t rtt_ms;
	struct ip6 address; /* link-local on the port's Babel VLAN */
};

struct event_uplink {
	uint16_t port;
	bool gone;
	bool foreign;	 /* not configured by us: used as it is */
	struct net4 ip4; /* address and prefix length, zero = none */
	struct ip4 router4;
	struct net6 ip6;
	struct ip6 router6;
	uint32_t mtu;
	uint8_t resolver_count;
	struct ip4 resolvers[NODE_RESOLVERS];
};

enum probe_result {
	PROBE_OK,
	PROBE_FAILED,	/* timeout, refused, unreachable, SERVFAIL */
	PROBE_PORTAL,	/* HTTP: somebody else answered (status, body or redirect wrong) */
	PROBE_UNUSABLE, /* the target does not exist in this family */
};

struct event_probe {
	uint32_t id;
	enum probe_result result;
	uint32_t rtt_us;
};

enum child_kind {
	CHILD_BABELD,
	CHILD_DNSMASQ,
	CHILD_DHCP, /* udhcpc on one port */
};

struct event_child {
	enum child_kind kind;
	uint16_t port; /* CHILD_DHCP */
	bool running;
	int status; /* wait status when it died */
};

struct event_load {
	const uint8_t *data;
	size_t len;
};

enum control_act {
	CONTROL_RELEASE_LEASE, /* mac */
	CONTROL_PING_MESH,     /* mac: originator, ttl (50 = plain echo), id, seq, record */
	CONTROL_PUT_STATE,     /* put */
	CONTROL_FIX_LEASE,     /* fixed: but its origin */
	CONTROL_UNFIX_LEASE,   /* fixed: its key */
	CONTROL_PUT_ADMIN,     /* sign */
};

#define NODE_FREE_TYPE 128 /* of replicated records: from here on they are for people's own use */

#define NODE_SERVICE_TYPE 10
#define NODE_NOTE_TYPE 11

/* A replicated record of a type that is free, to be written or deleted; or of the two above, whose
 * kind and scope are given. */
struct control_put {
	uint8_t type;
	uint8_t id_len;
	uint8_t id[STATE_ID_MAX];
	bool owned;   /* else shared */
	bool network; /* else for this cloud only */
	bool deleted;
	uint32_t lifetime_s; /* 0: as long as it may be */
	const uint8_t *value;
	size_t len;
};

/* A replicated record that the network's admin has signed. */
struct control_sign {
	uint8_t type;
	uint8_t id_len;
	uint8_t id[STATE_ID_MAX];
	uint8_t signature[STATE_SIGNATURE_SIZE];
	const uint8_t *value;
	size_t len;
};

struct event_control {
	enum control_act act;
	struct mac mac;
	uint8_t ttl;
	uint16_t id;
	uint16_t seq;
	bool record; /* the way that it goes */
	struct control_put put;
	struct lease_static fixed;
	struct control_sign sign;
};

enum import_source {
	IMPORT_SHARED_STATE, /* LibreMesh's shared-state-async */
	IMPORT_SHARED_STATE_HTTP,
	IMPORT_ALFRED,
};

#define IMPORT_TTL_MAX 86400 /* seconds; longer ones are cut */

/* What a bridge learnt. The same address again replaces what that source said of it before. */
struct event_import {
	enum import_source source;
	struct ip4 ip4;
	struct mac mac;
	uint32_t ttl_s; /* from now on; 0: it is no more, whoever's it was */
	char name[64];	/* "" = none */
};

struct event {
	enum event_kind kind;
	union {
		struct event_frame frame;
		struct event_datagram datagram;
		struct event_port port;
		struct event_client client;
		struct event_solicit solicit;
		struct event_route route;
		struct event_neighbour neighbour;
		struct event_uplink uplink;
		struct event_probe probe;
		struct event_child child;
		struct event_load load;
		struct event_control control;
		struct batman_row mesh;
		struct event_import import;
	};
};

#endif
