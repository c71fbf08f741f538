/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything a node does to the world, as plain data; bytes are borrowed until the next call of
 * node_effect. */
#ifndef NODE_EFFECT_H
#define NODE_EFFECT_H

#include "node/event.h"

enum effect_kind {
	EFFECT_FRAME, /* send an Ethernet frame; LINK_CLOUD: deliver it to the client bridge through
			 bat0p */
	EFFECT_DATAGRAM, /* state datagram (UDP, NODE_STATE_UDP_PORT) to a Babel neighbour; port
			    NODE_PORTS: routed, from own6 of the wish to a node of another part of
			    the cloud (NODE_PART_UDP_PORT) */
	EFFECT_WISH, /* what the system should look like has changed: read node_wish() and apply the
			difference */
	EFFECT_NAMES,  /* the names clients may ask for have changed: read node_name_next()
			*/
	EFFECT_FORGET, /* remove the bridge's forwarding entry of a station on client ports */
	EFFECT_ANSWER, /* neighbour entry for an address on the client bridge (answers
			  EVENT_SOLICIT); MAC zero: there is nobody */
	EFFECT_PROBE,  /* ask a target through an uplink, answer with EVENT_PROBE, at the latest
			  after timeout_ms */
	EFFECT_STORE,  /* save these bytes: temp, fsync, rename */
	EFFECT_NOTICE, /* something people may want to know: `trama events` and the log */
	EFFECT_DISASSOCIATE, /* send a station away from its access point: it comes back, and asks
				for an address anew */
	EFFECT_RECORD,	     /* a replicated record has changed: `trama state watch` */
};

#define NODE_STATE_UDP_PORT 5510
#define NODE_PART_UDP_PORT 5512 /* between parts of a cloud; 5511 says who has not chosen whom */

struct effect_frame {
	enum link link;
	uint16_t port;
	const uint8_t *data;
	size_t len;
};

struct effect_datagram {
	uint16_t port;
	struct ip6 to;
	const uint8_t *data;
	size_t len;
};

struct effect_forget {
	struct mac mac;
	uint16_t vid;
	uint16_t port; /* NODE_PORTS: where it leads into the cloud */
};

struct effect_disassociate {
	struct mac mac;
	uint16_t port;
};

struct effect_answer {
	bool v6;
	struct ip4 ip4;
	struct ip6 ip6;
	struct mac mac;
};

enum probe_kind {
	PROBE_NEXT_HOP, /* does the target answer ARP or ND on the uplink */
	PROBE_PING,	/* ICMP echo to the target */
	PROBE_DNS,  /* ask the target, a resolver, for the A record of `name`; anything but SERVFAIL
		       and REFUSED is ok */
	PROBE_HTTP, /* GET http://name:http_port/path, name resolved at the target (zero: any
		       resolver) */
};

/* Out of that uplink only, with its address as source. Answered by EVENT_PROBE with the same id, or
 * not at all. */
struct effect_probe {
	uint32_t id;
	enum probe_kind kind;
	uint16_t port;
	uint32_t timeout_ms;
	bool v6; /* family of the target */
	struct ip4 target4;
	struct ip6 target6;
	struct ip4 resolver4; /* of that uplink, for names where the target is none; zero: none */
	char name[64];
	uint16_t http_port;
	uint16_t http_status; /* the right answer: this status ... */
	char http_text[32];   /* ... and a body that starts with this; "" for any */
	char path[192];
};

/* A power cut may cost the snapshot's last minutes, but no claim of addresses that was used. */
enum store_file {
	STORE_SNAPSHOT,		       /* all that must survive, now and then */
	STORE_CLAIMS,		       /* our own claims of addresses, at once */
	STORE_LOADED,		       /* those before this come back by EVENT_LOAD */
	STORE_SETTINGS = STORE_LOADED, /* settings.h: on the disk, the node starts anew with it */
	STORE_FILES
};

struct effect_store {
	const uint8_t *data;
	size_t len;
	enum store_file file;
};

#define NOTICE_TEXT 256

enum notice {
	NOTICE_STARTED,
	NOTICE_CLIENT_CAME,
	NOTICE_CLIENT_ROAMED_AWAY,
	NOTICE_CLIENT_LEFT,
	NOTICE_PORT_ROLE,
	NOTICE_ROGUE_DHCP,
	NOTICE_NODE_CAME,
	NOTICE_NODE_LEFT,
	NOTICE_UPLINK_UP,
	NOTICE_UPLINK_DOWN,
	NOTICE_GATEWAY_CHANGED,
	NOTICE_CLASH_CLOUD,
	NOTICE_CLASH_NETWORK,
	NOTICE_CLASH_RESOLVED,
	NOTICE_CHILD_DIED,
	NOTICE_LEASE,
	NOTICE_TABLE_FULL,
	NOTICE_STATE_REJECTED,	/* by the platform: the file and why */
	NOTICE_LEASE_CLASH,	/* mac lost ip4; the text says to whom */
	NOTICE_CLOUD_CUT,	/* mac leads a part that is reached on layer 3 only */
	NOTICE_CLOUD_HEALED,	/* ... and is heard again */
	NOTICE_CLOUD_PART_GONE, /* ... and is not heard of on layer 3 either */
	NOTICE_STATIC_CLASH,	/* what is fixed for a client cannot be: ip4, if it is about that */
	NOTICE_ADDRESS_FOREIGN, /* mac uses ip4, and is no client; the text says whose it is */
	NOTICE_ADDRESS_MOVED,	/* this node has ip4 now; mac: who has what it had */
	NOTICE_OTHER_KEY,	/* a neighbour cannot be read; mac: in the cloud, else the text */
	NOTICE_SETTINGS,	/* other settings of the network come into force */
	NOTICE_SETTING_REFUSED, /* by the platform: which, and why */
	NOTICE_COUNT,
};

struct effect_notice {
	enum notice notice;
	uint16_t port;
	struct mac mac;
	struct ip4 ip4;
	char text[NOTICE_TEXT]; /* names and numbers that belong to it, may be empty */
};

struct effect {
	enum effect_kind kind;
	union {
		struct effect_frame frame;
		struct effect_datagram datagram;
		struct effect_forget forget;
		struct effect_answer answer;
		struct effect_probe probe;
		struct effect_store store;
		struct effect_notice notice;
		struct effect_disassociate disassociate;
		struct state_event record;
	};
};

#endif
