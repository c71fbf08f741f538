/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * B.A.T.M.A.N. IV, compat version 15, as the Linux kernel's batman-adv speaks it: one instance is
 * one node of one cloud. A pure core: frames, clients and time go in, records go out through the
 * struct outq given at the start.
 *
 * MTU: frames handed to batman_mesh_input and found in BATMAN_SEND are whole Ethernet frames of
 * type 0x4305 without VLAN tag and FCS. The platform adds and strips the cloud's tag. vid: 0
 * untagged, else BATMAN_VID_TAGGED | VLAN id, as in the translation table on the wire.
 */
#ifndef CORE_BATMAN_BATMAN_H
#define CORE_BATMAN_BATMAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/clock.h"
#include "lib/outq.h"
#include "lib/rng.h"
#include "lib/wire.h"

#define BATMAN_ETHERTYPE 0x4305
#define BATMAN_VID_TAGGED 0x8000
#define BATMAN_SSID_MAX 32
#define BATMAN_RR_MAX 16
#define BATMAN_TQ_MAX 255
#define BATMAN_PORTS_MAX 32

struct batman;

/* Table sizes; a 0 takes the default given here. Memory is only touched as it is used. */
struct batman_limits {
	uint32_t ports;		 /* 16, at most BATMAN_PORTS_MAX */
	uint32_t originators;	 /* 512: also counts ports of other nodes that are not their primary
				    port */
	uint32_t neighbours;	 /* 128: links to ports of other nodes */
	uint32_t paths;		 /* 8192: (originator, neighbour, port) */
	uint32_t clients_global; /* 8192: (MAC, VLAN) */
	uint32_t clients_local;	 /* 2048 */
	uint32_t reassemblies;	 /* 32 at a time, the oldest goes */
	uint32_t rebroadcasts;	 /* 64 further copies waiting for wireless ports */
};

struct batman_conf {
	uint32_t orig_interval_ms; /* 40 and up; the default of the system is 1000 */
	uint8_t hop_penalty;	   /* 0 to 255; the kernel's default is 30 */
	bool fragmentation;
	bool aggregation;
	uint8_t network_id[16]; /* other ids are refused */
	uint8_t ssid[BATMAN_SSID_MAX];
	uint8_t ssid_len;
	struct mac cloud_mac; /* MAC of the node's br0: where state datagrams for this node go */
	uint16_t flags;	      /* announced to trama peers as it is */
	uint32_t start; /* higher at each start of the node, by 1, or a little more after a loss of
			   power: sequence numbers go on from it */
	bool mirror;	/* the kernel's batman-adv is the engine, see batman_mirror_row */
};

struct batman_port_conf {
	struct mac mac;
	uint32_t mtu;  /* what fits behind the Ethernet header and tag, usually 1500 */
	bool wireless; /* half duplex: hop penalty when in == out, broadcasts sent 3 times */
};

enum batman_out_kind {
	BATMAN_SEND = 1, /* port; data: Ethernet frame */
	BATMAN_DELIVER,	 /* data: Ethernet frame that leaves bat0 towards the node's bridge; arg:
			    who put it into the cloud, for batman_announced */
	BATMAN_CLIENT_MOVED, /* struct batman_client: was local, is now announced by orig */
	BATMAN_PEER_UP, /* struct batman_peer: a trama node of our cloud appeared, or its cloud MAC
			   or flags changed */
	BATMAN_PEER_DOWN, /* struct batman_peer: without a route, or it does not say so any more */
	BATMAN_CLASH,	  /* struct batman_clash: this originator is of another network; once */
	BATMAN_ICMP,	  /* struct batman_icmp: answer to one of our probes */
	BATMAN_TO_KERNEL, /* data: Ethernet frame of the node itself, into the kernel's bat0 */
};

struct batman_client {
	struct mac mac;
	uint16_t vid;
	uint8_t flags;	  /* enum batman_client_flag */
	uint8_t ttvn;	  /* version of the table that brought it */
	struct mac orig;  /* who serves it; zero for our own */
	usec_t last_seen; /* own clients: last frame; 0 for those that never age */
};

enum batman_client_flag {
	BATMAN_CLIENT_ROAM = 0x02,
	BATMAN_CLIENT_FIXED = 0x04, /* ours for good (NOPURGE) */
	BATMAN_CLIENT_NEW = 0x08,   /* not yet in an OGM */
	BATMAN_CLIENT_WIFI = 0x10,
	BATMAN_CLIENT_ISOLATED = 0x20,
	BATMAN_CLIENT_PENDING = 0x40, /* leaves with one of the next OGMs */
	BATMAN_CLIENT_TEMP = 0x80,    /* known from a frame only */
};

struct batman_peer {
	struct mac orig;
	struct mac cloud_mac;
	uint16_t flags;
	uint8_t tq;
};

struct batman_clash {
	struct mac orig;
	uint8_t network_id[16];
	uint8_t ssid[BATMAN_SSID_MAX];
	uint8_t ssid_len;
	bool refused; /* else both clouds are one */
};

struct batman_icmp {
	struct mac from; /* who answered */
	uint8_t type;	 /* enum batman_icmp_type */
	uint8_t ttl;	 /* of the answer as received */
	uint8_t uid;
	uint16_t seq;
	uint8_t rr_count; /* ports passed there and back, when recorded */
	struct mac rr[BATMAN_RR_MAX];
};

enum batman_icmp_type {
	BATMAN_ICMP_REPLY = 0,
	BATMAN_ICMP_UNREACHABLE = 3,
	BATMAN_ICMP_REQUEST = 8,
	BATMAN_ICMP_TTL_EXCEEDED = 11,
	BATMAN_ICMP_PARAMETER = 12,
	BATMAN_ICMP_THROUGHPUT = 15,
};

/* What batman-adv calls an originator: a port of a node, usually its primary one. */
struct batman_orig {
	struct mac mac;
	usec_t last_seen;
	bool reachable; /* the next four are valid */
	struct mac next_hop;
	uint16_t port;
	uint8_t tq;
	bool direct; /* the next hop is a port of the originator itself */
	uint8_t ttvn;
	uint32_t clients;
	bool trama; /* announced trama's TVLV with our network id: cloud_mac and flags are valid */
	struct mac cloud_mac;
	uint16_t flags;
};

struct batman_path {
	struct mac orig;
	struct mac neighbour;
	uint16_t port;
	uint8_t tq;
	bool best;
	bool direct; /* the neighbour says that it is next to the originator itself, and has said so
			lately */
	usec_t last_seen;
	usec_t orig_seen;    /* the originator, by whatever path */
	bool orig_reachable; /* there is a best path to it */
};

/* One originator says that it serves a client; client.ttvn is the version that brought it. */
struct batman_claim {
	struct batman_client client;
	bool best; /* frames go there; of none of a client's while they go where it was heard */
	uint8_t last_ttvn; /* of the originator's table */
	uint32_t crc;	   /* of that table's VLAN, 0 while it is not known */
};

#define BATMAN_COUNTERS(X)                                                                         \
	X(TX_FRAMES, "tx_frames")                                                                  \
	X(TX_BYTES, "tx_bytes")                                                                    \
	X(RX_FRAMES, "rx_frames")                                                                  \
	X(RX_BYTES, "rx_bytes")                                                                    \
	X(MGMT_TX_FRAMES, "mgmt_tx_frames")                                                        \
	X(MGMT_TX_BYTES, "mgmt_tx_bytes")                                                          \
	X(MGMT_RX_FRAMES, "mgmt_rx_frames")                                                        \
	X(MGMT_RX_BYTES, "mgmt_rx_bytes")                                                          \
	X(FORWARDED, "forwarded")                                                                  \
	X(FORWARDED_BYTES, "forwarded_bytes")                                                      \
	X(ICMP_FORWARDED, "icmp_forwarded")                                                        \
	X(CLOUD_IN, "cloud_in")                                                                    \
	X(CLOUD_IN_BYTES, "cloud_in_bytes")                                                        \
	X(CLOUD_IN_DROPPED, "cloud_in_dropped")                                                    \
	X(DELIVERED, "delivered")                                                                  \
	X(DELIVERED_BYTES, "delivered_bytes")                                                      \
	X(BCAST_IN, "bcast_in")                                                                    \
	X(BCAST_DUPLICATE, "bcast_duplicate")                                                      \
	X(BCAST_LATE, "bcast_late") /* had waited while we got no time */                          \
	X(FRAG_TX, "frag_tx")                                                                      \
	X(FRAG_TX_BYTES, "frag_tx_bytes")                                                          \
	X(FRAG_RX, "frag_rx")                                                                      \
	X(FRAG_RX_BYTES, "frag_rx_bytes")                                                          \
	X(FRAG_FORWARDED, "frag_forwarded")                                                        \
	X(FRAG_FORWARDED_BYTES, "frag_forwarded_bytes")                                            \
	X(FRAG_MERGED, "frag_merged")                                                              \
	X(FRAG_EXPIRED, "frag_expired")                                                            \
	X(TT_REQUEST_TX, "tt_request_tx")                                                          \
	X(TT_REQUEST_RX, "tt_request_rx")                                                          \
	X(TT_RESPONSE_TX, "tt_response_tx")                                                        \
	X(TT_RESPONSE_RX, "tt_response_rx")                                                        \
	X(TT_RESPONSE_RATE, "tt_response_over_rate")                                               \
	X(TT_ROAM_TX, "tt_roam_tx")                                                                \
	X(TT_ROAM_RX, "tt_roam_rx")                                                                \
	X(TT_REROUTED, "tt_rerouted")                                                              \
	X(DROP_MALFORMED, "drop_malformed")                                                        \
	X(DROP_VERSION, "drop_version")                                                            \
	X(DROP_ADDRESS, "drop_address")                                                            \
	X(DROP_OWN, "drop_own")                                                                    \
	X(DROP_TTL, "drop_ttl")                                                                    \
	X(DROP_UNKNOWN_TYPE, "drop_unknown_type")                                                  \
	X(DROP_UNKNOWN_ORIGINATOR, "drop_unknown_originator")                                      \
	X(DROP_NO_ROUTE, "drop_no_route")                                                          \
	X(DROP_NO_CLIENT, "drop_no_client")                                                        \
	X(DROP_SEQNO, "drop_seqno")                                                                \
	X(DROP_TOO_BIG, "drop_too_big")                                                            \
	X(DROP_REFLECTED, "drop_reflected")                                                        \
	X(DROP_FILTERED, "drop_filtered")                                                          \
	X(DROP_LOCAL, "drop_local")                                                                \
	X(DROP_CLASH, "drop_clash")                                                                \
	X(CLASHES, "clashes")                                                                      \
	X(FULL_ORIGINATORS, "full_originators")                                                    \
	X(FULL_NEIGHBOURS, "full_neighbours")                                                      \
	X(FULL_PATHS, "full_paths")                                                                \
	X(DROP_FORGED, "drop_forged")                                                              \
	X(FULL_CLIENTS_GLOBAL, "full_clients_global")                                              \
	X(FULL_CLIENTS_LOCAL, "full_clients_local")                                                \
	X(FULL_REBROADCASTS, "full_rebroadcasts")                                                  \
	X(FULL_OTHER, "full_other")                                                                \
	X(REPLACED_ORIGINATORS, "replaced_originators")                                            \
	X(REPLACED_NEIGHBOURS, "replaced_neighbours")                                              \
	X(REPLACED_CLIENTS_GLOBAL, "replaced_clients_global")                                      \
	X(REPLACED_CLIENTS_LOCAL, "replaced_clients_local")                                        \
	X(REPLACED_REASSEMBLIES, "replaced_reassemblies")

#define X(id, name) BATMAN_COUNT_##id,
enum batman_counter { BATMAN_COUNTERS(X) BATMAN_COUNTER_COUNT };
#undef X

const char *batman_counter_name(enum batman_counter id);
uint64_t batman_counter(const struct batman *b, enum batman_counter id);

/* ---- life ---- */

/* limits may be NULL. out is borrowed for the life; 64 KiB hold whatever one input can cause. NULL
 * when memory is short. */
struct batman *batman_new(const struct batman_conf *conf, const struct batman_limits *limits,
			  struct outq *out, struct rng rng, usec_t now);
void batman_free(struct batman *b);

/* Port numbers are the caller's. The first port is the primary one: its MAC names the node in the
 * cloud. 0, -EEXIST (number or MAC), -EINVAL (no station MAC), -ENOSPC. */
int batman_port_add(struct batman *b, uint16_t port, const struct batman_port_conf *conf,
		    usec_t now);
/* The next oldest port becomes primary when the primary goes. 0 or -ENOENT. */
int batman_port_remove(struct batman *b, uint16_t port, usec_t now);
int batman_port_set_mtu(struct batman *b, uint16_t port, uint32_t mtu);
/* Its links are gone, but it is as old as it was. 0, -ENOENT, or as for batman_port_add, and then
 * nothing has changed. */
int batman_port_set_mac(struct batman *b, uint16_t port, const struct mac *mac, usec_t now);

/* ---- frames; what they cause is in the outq; 0 or a -errno that only tests need (counted in any
 * case) ---- */

/* An Ethernet frame of type 0x4305 as received on that port. */
int batman_mesh_input(struct batman *b, uint16_t port, const uint8_t *frame, size_t len,
		      usec_t now);
/* An Ethernet frame, maybe 802.1Q tagged, that entered bat0 from the bridge or was made by the node
 * itself. Its source becomes a local client. */
int batman_cloud_input(struct batman *b, const uint8_t *frame, size_t len, usec_t now);

/* ---- timers ---- */

/* We got no time, for so long. */
void batman_starved(struct batman *b, usec_t lost, usec_t now);
void batman_tick(struct batman *b, usec_t now);
/* USEC_NEVER when nothing is due; after batman_tick(now) always > now. */
usec_t batman_deadline(const struct batman *b);

/* ---- clients known without a frame ---- */

/* A client is here (bridge forwarding entry, association) until batman_client_gone, however silent,
 * or until another node has it: announced with the next OGM, and by a roaming advertisement if
 * another node has it now. 0, -EINVAL (no station MAC), -ENOSPC, -EPERM (the cloud MAC of another
 * trama node: nobody's client may take its frames). */
int batman_client_seen(struct batman *b, const struct mac *mac, uint16_t vid, usec_t now);
/* Whether a client of ours came by a wireless port, told to all when it changes: other nodes may
 * keep such clients apart (AP isolation). 0 or -ENOENT (not ours, or not our engine's). */
int batman_client_wireless(struct batman *b, const struct mac *mac, uint16_t vid, bool wireless,
			   usec_t now);
/* It left, with VLAN 0 also in all VLANs in which only its frames told of it. 0 or -ENOENT: it was
 * not ours in that VLAN, or is not our engine's. */
int batman_client_gone(struct batman *b, const struct mac *mac, uint16_t vid, usec_t now);
/* One of our clients is at the trama node with that cloud MAC, as its record says: this does what a
 * roaming advertisement of that node does. 0, -ENOENT (not ours, or not our engine's), -ENETUNREACH
 * (no such node). */
int batman_client_elsewhere(struct batman *b, const struct mac *mac, uint16_t vid,
			    const struct mac *cloud_mac, usec_t now);
/* An address of the node itself: never ages. */
int batman_client_fix(struct batman *b, const struct mac *mac, uint16_t vid, usec_t now);

/* ---- the kernel as engine (conf.mirror) ----
 *
 * Then this core forwards nothing and announces nothing: its tables are those of the kernel, told
 * row by row, so that whoever asks sees no difference. batman_mesh_input still wants the OGMs and
 * ICMP frames of the ports (trama's container, answers to probes), batman_cloud_input only passes
 * on the node's own frames. */

enum batman_row_kind {
	BATMAN_ROW_SELF,   /* mac: of the primary port; ttvn */
	BATMAN_ROW_PATH,   /* mac: originator, via: neighbour, port, tq, best, last_seen_ms */
	BATMAN_ROW_LOCAL,  /* mac, vid, flags, crc, last_seen_ms */
	BATMAN_ROW_GLOBAL, /* mac, vid, via: originator, flags, crc, ttvn that brought it, last_ttvn
			    */
	BATMAN_ROW_END,	   /* what was not told since the last end is gone */
};

/* One row of a table of the kernel, as generic netlink has it (linux/batman_adv.h). */
struct batman_row {
	enum batman_row_kind kind;
	uint16_t port;
	uint16_t vid; /* BATMAN_VID_TAGGED as on the wire */
	struct mac mac, via;
	uint8_t tq, ttvn, last_ttvn;
	bool best;
	uint32_t flags; /* BATADV_TT_CLIENT_* */
	uint32_t crc, last_seen_ms;
};

/* 0, -ENOSPC (table full), -EINVAL (not a mirror, a port or an originator that nobody told). */
int batman_mirror_row(struct batman *b, const struct batman_row *row, usec_t now);

/* What a node says of itself where it cannot have a container in its OGM; value as in that
 * container. */
void batman_announce(const struct batman *b, struct wr *w);
/* The source of a frame has said so; from: of BATMAN_DELIVER, nothing in a mirror. Believed is who
 * is announced as a client by the node that the frame came from (a mirror does not know that one:
 * by the node that serves that client). 0, -EBADMSG, -ENOENT (it is not), -EPERM (that node's OGMs
 * have a container). */
int batman_announced(struct batman *b, uint32_t from, const struct mac *cloud_mac, struct rd value,
		     usec_t now);

/* ---- questions; cursors start at 0, false at the end ---- */

bool batman_self(const struct batman *b,
		 struct mac *ret); /* MAC of the primary port; false without ports */
uint8_t batman_ttvn(const struct batman *b);
bool batman_orig_next(const struct batman *b, uint32_t *cursor, struct batman_orig *ret);
/* A port of a node that is not its primary one finds the node, once that has been heard directly.
 */
bool batman_orig_find(const struct batman *b, const struct mac *mac, struct batman_orig *ret);
bool batman_path_next(const struct batman *b, uint32_t *cursor, struct batman_path *ret);
/* Single hop only: orig and neighbour are equal, tq is that of the link. */
bool batman_neighbour_next(const struct batman *b, uint32_t *cursor, struct batman_path *ret);
bool batman_local_next(const struct batman *b, uint32_t *cursor, struct batman_client *ret);
/* One record per client: the originator that frames to it go to. */
bool batman_global_next(const struct batman *b, uint32_t *cursor, struct batman_client *ret);
/* All that is announced, a record for each originator of a client. */
bool batman_claim_next(const struct batman *b, uint32_t *cursor, struct batman_claim *ret);
/* CRC of the local table of that VLAN as announced, and of what an originator announced last (orig
 * not NULL). */
bool batman_crc(const struct batman *b, const struct mac *orig, uint16_t vid, uint32_t *ret);
/* Who serves this client: 0 and the originator (our own primary MAC for a local one), -ENOENT. A
 * node is found by the MAC of one of its ports, by its cloud MAC, or as a client. */
int batman_lookup(const struct batman *b, const struct mac *mac, uint16_t vid,
		  struct mac *ret_orig);

/* Does a trama node of the cloud, other than us, announce this cloud MAC, and is there a route to
 * it? Only such a MAC is kept from clients: who has no link to us could name that of any client. */
bool batman_is_node(const struct batman *b, const struct mac *mac);
/* The same of one whose link may not be known to work yet. */
bool batman_may_be_node(const struct batman *b, const struct mac *mac);

/* Is there a node of another network on our VLAN, refused or not, at present or less than 30 s ago?
 */
bool batman_refuses(const struct batman *b);

struct batman_probe {
	struct mac dst; /* originator */
	uint8_t uid;
	uint16_t seq;
	uint8_t ttl; /* 50 for a ping, 1 and up for a traceroute */
	bool record; /* record the route */
};

/* The answer comes as BATMAN_ICMP, if any. 0, -ENETUNREACH. */
int batman_icmp_send(struct batman *b, const struct batman_probe *probe, usec_t now);

#endif
