/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each port of the node is for: mesh, clients, or the way out.
 *
 * An `auto` Ethernet port with carrier asks for DHCP itself (after 0, 2 and 5 s). An offer makes it
 * an uplink, unless it comes from the LAN of another node. After 8 s without one the port joins the
 * client bridge (it "serves the wire"), but only while nobody else may serve that wire; it leaves
 * at once when somebody appears and returns after 30 s of silence. Port hellos (ethertype 0x88b5,
 * every 500 ms) are how trama ports find each other on a wire.
 *
 * Usage: port_init, port_set for each port and after each change of it, port_input for frames, then
 * pop `out`.
 */
#ifndef CORE_PORT_PORT_H
#define CORE_PORT_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/clock.h"
#include "lib/outq.h"
#include "lib/rng.h"

#define PORT_MAX 16	   /* ports of one node; an index is below it */
#define PORT_HEARD_MAX 48  /* hellos kept per port */
#define PORT_FOREIGN_MAX 8 /* mesh nodes without a hello kept per port */
#define PORT_NAME_MAX 16
#define PORT_ETHERTYPE_HELLO 0x88b5

#define PORT_HELLO_INTERVAL (500 * USEC_MS)
#define PORT_HOLD_OFFER (700 * USEC_MS) /* from carrier: one hello of everybody is heard */
#define PORT_JOIN_AFTER (8 * USEC_S)	/* from carrier, without an offer */
#define PORT_SILENCE (30 * USEC_S)	/* after which somebody heard on a wire is gone */

enum port_role { PORT_ROLE_AUTO, PORT_ROLE_MESH, PORT_ROLE_CLIENT, PORT_ROLE_UPLINK };

enum port_medium {
	PORT_MEDIUM_ETHERNET,
	PORT_MEDIUM_AP,	    /* Wi-Fi access point: clients */
	PORT_MEDIUM_RADIO,  /* 802.11s mesh point or ad-hoc */
	PORT_MEDIUM_TUNNEL, /* no Ethernet: layer 3 only */
};

/* What the platform and the configuration say of a port. */
struct port_info {
	char name[PORT_NAME_MAX];
	struct mac mac;	       /* source of the hellos, of the self-test, and of Babel */
	struct mac batman_mac; /* source of this port's batman-adv frames; zero if it does not speak
				  it */
	enum port_medium medium;
	enum port_role role;
	bool carrier;
	bool served;	      /* an earlier life of this node had it in the client bridge */
	bool proto_static;    /* `proto static` is configured: an uplink without DHCP */
	bool foreign_address; /* carries an address that is not ours */
	bool foreign_default; /* a default route that is not ours leaves by it */
};

/* What the port is to be; the platform makes it so. */
struct port_decision {
	bool mesh;	     /* both mesh VLANs run on it */
	bool mesh_l3;	     /* Babel runs on it directly, no cloud (tunnels) */
	bool client;	     /* member of the client bridge */
	bool uplink_dhcp;    /* uplink: run a DHCP client */
	bool uplink_static;  /* uplink: configure the addresses of the configuration */
	bool uplink_foreign; /* uplink: use it as it is, configure nothing */
};

enum port_reason {
	PORT_NO_CARRIER,
	PORT_TESTING,	      /* asks for DHCP, did not decide yet */
	PORT_SERVES,	      /* nobody else may: in the client bridge */
	PORT_WAITS_FOREIGN,   /* a batman-adv or Babel node without a hello is on the wire */
	PORT_WAITS_LOWER,     /* a node with a lower MAC is on the wire */
	PORT_WAITS_OWN,	      /* another port of this node serves the wire */
	PORT_WAITS_HANDOVER,  /* a node with a higher MAC still serves, it is about to leave */
	PORT_UPLINK_OFFER,    /* a DHCP server that is not a node's answered */
	PORT_UPLINK_ROLE,     /* configured */
	PORT_UPLINK_STATIC,   /* configured with addresses */
	PORT_UPLINK_ADDRESS,  /* carries a foreign address */
	PORT_UPLINK_DEFAULT,  /* carries a foreign default route */
	PORT_CLIENT_ROLE,     /* configured */
	PORT_CLIENT_AP,	      /* an access point */
	PORT_MESH_ROLE,	      /* configured */
	PORT_MESH_RADIO_KIND, /* a mesh point */
	PORT_TUNNEL_KIND,     /* no Ethernet */
};

enum port_out_kind {
	PORT_SEND = 1, /* port: index; data: an Ethernet frame, untagged */
	PORT_DECIDED,  /* port: index; arg: enum port_reason; data: struct port_decision */
	PORT_EVENT,    /* port: index; arg: enum port_event; data: struct port_event_data */
};

enum port_event {
	PORT_EVENT_JOINED,	   /* the port joined the client bridge */
	PORT_EVENT_LEFT,	   /* ... left it; reason and mac say for whom */
	PORT_EVENT_UPLINK,	   /* an offer was heard; mac, addr: the server, router */
	PORT_EVENT_UPLINK_LOST,	   /* the DHCP client gave up */
	PORT_EVENT_ROGUE_DHCP,	   /* an offer on a port for clients; once a minute and server */
	PORT_EVENT_NODE_LAN,	   /* an offer that is a node's own, no uplink */
	PORT_EVENT_FOREIGN_MESH,   /* a batman-adv or Babel node without a hello appeared; mac */
	PORT_EVENT_NODE_HEARD,	   /* a trama node appeared on the wire; mac: its node MAC */
	PORT_EVENT_DUPLICATE_NODE, /* a hello with our node MAC that is no port of ours; mac: its
				      port */
};

struct port_event_data {
	enum port_reason reason;
	struct mac mac;
	struct ip4 addr;
	struct ip4 router;
	bool ours; /* NODE_HEARD: of our cloud */
};

/* A hello as decoded; network_id and ssid name the sender's cloud. */
struct port_hello {
	struct mac node_mac;
	struct mac port_mac;
	struct mac batman_mac;
	uint16_t port_id;
	bool serves;
	uint8_t network_id[16];
	struct net4 network4; /* the cloud's IPv4 network; len 0: not told */
	uint8_t ssid_len;     /* 1 to 32 */
	uint8_t ssid[32];
};

struct port_heard {
	struct port_hello hello;
	usec_t at;	     /* last heard; gone PORT_SILENCE later */
	usec_t served_until; /* it said it serves less than PORT_SILENCE ago; 0: it did not */
};

struct port_foreign {
	struct mac mac;
	bool offers; /* known by its DHCP offers: asked again every 10 s */
	usec_t at;
};

/* Who we are; all of it goes into hellos but anycast_mac. */
struct port_conf {
	struct mac node_mac;
	struct mac anycast_mac; /* offers from it, and from aa:aa:aa:*, are those of nodes */
	uint8_t network_id[16];
	struct net4 network4;
	uint8_t ssid_len;
	uint8_t ssid[32];
	bool untagged; /* the network runs on the ports themselves: none can be in a bridge too */
};

struct port_counters {
	uint64_t hello_sent, hello_received, hello_bad, hello_reflected, heard_full, foreign_full;
	uint64_t discover_sent, offer_received, offer_bad, frame_unknown;
};

struct port_entry {
	bool used;
	struct port_info info;
	enum port_reason reason;
	struct port_decision decision;
	struct port_decision announced; /* what PORT_DECIDED last said */
	enum port_reason announced_reason;
	bool announced_any;
	bool offer_held;   /* an offer came, but hellos may still tell that it is a node's */
	bool offered;	   /* an offer made it an uplink */
	bool tested;	   /* the self-test ended */
	uint8_t discovers; /* sent in this self-test */
	uint32_t xid;
	usec_t carrier_at;	      /* start of the self-test */
	usec_t discovered_at;	      /* the last DISCOVER */
	usec_t discover_at;	      /* next DISCOVER, USEC_NEVER if none */
	usec_t hello_at;	      /* next hello */
	usec_t since;		      /* of the reason */
	struct mac because;	      /* who makes it wait */
	struct port_event_data offer; /* of offer_held and offered: server and router */
	bool node_lan;		      /* an offer of a node was reported in this self-test */
	struct mac rogue;	      /* last reported rogue server */
	usec_t rogue_at;
	uint32_t heard_count, foreign_count;
	struct port_heard heard[PORT_HEARD_MAX];
	struct port_foreign foreign[PORT_FOREIGN_MAX];
};

struct port {
	struct port_conf conf;
	struct rng rng;
	struct outq *out;
	struct port_counters counters;
	struct port_entry entry[PORT_MAX];
};

/* out is borrowed. */
void port_init(struct port *p, const struct port_conf *conf, struct rng rng, struct outq *out);
/* The port appeared or something of it changed. Losing carrier, or a change of role, medium or MAC,
 * starts it afresh. 0 or -EINVAL (index). */
int port_set(struct port *p, uint16_t index, const struct port_info *info, usec_t now);
void port_gone(struct port *p, uint16_t index, usec_t now);
/* A frame received on the port itself (never one that we sent): ethertype 0x88b5 untagged, or IPv4
 * UDP to port 68. Others are counted. 0, -EINVAL (index), -EBADMSG, -EPROTONOSUPPORT (nothing for
 * us). */
int port_input(struct port *p, uint16_t index, const void *frame, size_t len, usec_t now);
/* A batman-adv or Babel frame came from `mac` on the port, on any VLAN. To be called for each of
 * them (cheap): this core knows which of these MACs sent hellos. A MAC whose hello comes later is
 * forgiven at once. */
void port_mesh_heard(struct port *p, uint16_t index, const struct mac *mac, usec_t now);
/* The DHCP client on an uplink port found no server any more: people are told, and the port stays
 * an uplink until it loses carrier. A home router that restarts must not find its network bridged
 * to the cloud. */
void port_dhcp_lost(struct port *p, uint16_t index, usec_t now);
void port_tick(struct port *p, usec_t now);
usec_t port_deadline(const struct port *p);

/* NULL when there is no such port. */
const struct port_entry *port_get(const struct port *p, uint16_t index);
bool port_serves(const struct port *p, uint16_t index);
/* One line in words, for people. */
const char *port_reason_text(enum port_reason reason);
/* The word of the configuration and of JSON: "serves", "waits-lower", ... */
const char *port_reason_name(enum port_reason reason);
const char *port_event_name(enum port_event event);

#endif
