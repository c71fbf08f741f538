/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking into a node: read-only, for the control socket, the simulator and tests. */
#ifndef NODE_VIEW_H
#define NODE_VIEW_H

#include "core/admin/admin.h"
#include "core/cut/cut.h"
#include "node/announced.h"
#include "node/cores.h"
#include "node/node.h"

#define NODE_COUNTER_LIST(X)                                                                       \
	X(STATION_FULL, "stations_full")                                                           \
	X(STATION_RATE, "stations_over_rate")                                                      \
	X(STATION_REPLACED, "stations_replaced")                                                   \
	X(RECALL_FULL, "recalls_full")                                                             \
	X(ROUTE_FULL, "routes_full")                                                               \
	X(PEER_FULL, "peers_full")                                                                 \
	X(BAD_RECORD, "records_malformed")                                                         \
	X(BAD_DATAGRAM, "datagrams_refused")                                                       \
	X(FORGED_STATE, "datagrams_of_clients")                                                    \
	X(FORGED_NODE, "clients_with_the_mac_of_a_node")                                           \
	X(NOTICE_RATE, "notices_left_out")                                                         \
	X(BAD_PORT, "ports_refused")                                                               \
	X(SOLICIT, "solicitations")                                                                \
	X(SOLICIT_ANSWERED, "solicitations_answered")                                              \
	X(SOLICIT_ASKED, "solicitations_asked_by_broadcast")                                       \
	X(SOLICIT_RATE, "solicitations_over_rate")                                                 \
	X(STRAY, "addresses_of_other_clouds")                                                      \
	X(TWIN_FULL, "twin_routes_full")                                                           \
	X(VLAN_FULL, "vlans_full")                                                                 \
	X(IMPORT_FULL, "imports_full")                                                             \
	X(IMPORT_CLASH, "imports_of_leased_addresses")                                             \
	X(HOST_FULL, "host_routes_full")                                                           \
	X(SOLICIT_PART, "solicitations_for_other_parts")                                           \
	X(CLAIM_PART, "claims_of_other_parts_addresses")                                           \
	X(PROXY, "answers_for_other_parts")                                                        \
	X(IMPORT_ASKED, "imports_asked_for")                                                       \
	X(IMPORT_FOUND, "imports_found_in_use")                                                    \
	X(NODE_FULL, "nodes_full") /* a node's address is not kept from clients */                 \
	X(STATIC_CLASH, "static_leases_that_clash")                                                \
	X(STATIC_LATE, "static_leases_paced")                                                      \
	X(ADDRESS_MOVED, "own_address_moved")

enum node_counter {
#define X(name, text) NODE_C_##name,
	NODE_COUNTER_LIST(X)
#undef X
		NODE_COUNTERS
};

const char *node_counter_name(enum node_counter c);
uint64_t node_counter(const struct node *n, enum node_counter c);

const struct conf *node_conf(const struct node *n);
const struct cloud *node_cloud(const struct node *n);
const struct batman *node_batman(const struct node *n);
const struct state *node_state(const struct node *n);
const struct lease *node_lease(const struct node *n);
const struct ra *node_ra(const struct node *n);
const struct port *node_ports(const struct node *n);
const struct gateway *node_gateway(const struct node *n);
/* Time of the last input. */
usec_t node_now(const struct node *n);
/* The clash of two clouds that is going on, "" if none. */
const char *node_clash(const struct node *n);
/* Why this node has another address than follows from its MAC, "" if it has that one. */
const char *node_address_moved(const struct node *n);

struct node_station {
	struct mac mac;
	uint16_t vid;
	uint16_t port;
	bool associated;
	usec_t since;
};

/* Stations at this node's own client ports. */
bool node_station_next(const struct node *n, uint32_t *cursor, struct node_station *ret);
/* Babel's routes as learnt. */
bool node_route_next(const struct node *n, uint32_t *cursor, struct event_route *ret);

struct node_member {
	uint8_t id[8];
	char name[CLOUD_HOSTNAME_MAX + 1];
	struct ip4 ip4;
	struct ip6 ip6;
	struct mac cloud_mac;
	bool self;
};

/* A lease that other software gave, until it ends or is not heard of any more. */
struct node_import {
	struct ip4 ip4; /* key */
	uint8_t source; /* key: enum import_source */
	bool clash;	/* a client of ours has this address too */
	bool is_found;	/* its client has answered by ARP */
	uint8_t asked;
	usec_t ask_at; /* not before */
	struct mac mac;
	usec_t expires_at;
	char name[64];
};

bool node_import_next(const struct node *n, uint32_t *cursor, struct node_import *ret);

/* The trama nodes of the cloud, from their records. */
bool node_member_next(const struct node *n, uint32_t *cursor, struct node_member *ret);
/* By its id in records. */
bool node_member_find(const struct node *n, const struct state_node *id, struct node_member *ret);

/* A part of the cloud that is reached on layer 3 only, until a while after it was joined again. */
struct node_part {
	const struct cut_part *part; /* until the next input */
	struct ip4 ip4;		     /* of its leader; zero when its word is over */
	struct ip6 ip6;
};

bool node_part_next(const struct node *n, uint32_t *cursor, struct node_part *ret);

/* How people write the ids of a type of replicated records. */
enum node_id_form {
	NODE_ID_BYTES, /* hex digits */
	NODE_ID_NODE,  /* a node's id, the beginning of its key: 16 hex digits */
	NODE_ID_MAC,
	NODE_ID_NUMBER, /* u32 */
	NODE_ID_TEXT,	/* if it is printable, else as NODE_ID_BYTES */
};

struct node_record_type {
	uint8_t type;
	const char *name;
	enum node_id_form form;
};

/* The types that this node knows; NULL at the end. */
const struct node_record_type *node_record_type_at(size_t i);
/* ... as the state core knows them. */
const struct state_type *node_state_types(size_t *ret_count);
/* PORT_KIND_ETHERNET if there is none. */
enum port_kind node_port_kind(const struct node *n, uint16_t port);
/* The port's interface name, "" if there is none. */
const char *node_port_name(const struct node *n, uint16_t port);
/* A Babel neighbour with that link-local address shares the state of trama: it is of trama. */
bool node_peer_speaks(const struct node *n, uint16_t port, const struct ip6 *address);
/* Gateway records of the network, this node's own too. */
bool node_gateway_next(const struct node *n, uint32_t *cursor, struct gateway_record *ret);
/* Services and notes of the network; *ret_record: until the next input. */
bool node_service_next(const struct node *n, uint32_t *cursor, struct state_view *ret_record,
		       struct service *ret);
bool node_note_next(const struct node *n, uint32_t *cursor, struct state_view *ret_record,
		    struct note *ret);
/* What a node hears of another one next to it in the cloud. */
struct node_link {
	struct mac own, neighbour; /* of the devices at both ends */
	uint8_t tq;		   /* 255 is best */
};

#define NODE_LINKS_MAX 32 /* those that are heard best */

struct node_links {
	uint32_t count;
	struct node_link list[NODE_LINKS_MAX];
};

/* Of each trama node of the cloud, as it has said: changes of a quarter come within 10 minutes. */
bool node_links_next(const struct node *n, uint32_t *cursor, struct state_view *ret_record,
		     struct node_links *ret);
/* The value of such a record. */
bool node_links_decode(const uint8_t *value, size_t len, struct node_links *ret);
size_t node_links_encode(const struct node_links *links, uint8_t ret[static STATE_VALUE_MAX]);
/* The VLAN device that the port has in the cloud, "" if there is none. */
const char *node_port_mesh_dev(const struct node *n, uint16_t port);
/* The device that Babel speaks on there, "" if there is none. */
const char *node_port_babel_dev(const struct node *n, uint16_t port);
/* The VLAN device in the cloud by the MAC that it has there. */
const char *node_mesh_dev(const struct node *n, const struct mac *mac);

/* A neighbour whose replicated records cannot be read, for some time now. */
struct node_outsider {
	enum state_scope scope;
	struct mac cloud_mac; /* STATE_CLOUD */
	uint16_t port;	      /* STATE_NETWORK, as the next */
	struct ip6 address;
	enum state_keys keys;
	usec_t since;
};

bool node_outsider_next(const struct node *n, uint32_t *cursor, struct node_outsider *ret);
/* What it has, as the end of a sentence. */
const char *node_keys_text(enum state_keys keys);

/* A set of settings (node/settings.h) of a realm. */
struct node_settings {
	uint32_t set;	/* its number, 0: none, all is as without */
	uint32_t check; /* of its text */
	size_t len;
	char text[CONF_SETTINGS_MAX]; /* not terminated */
};

enum node_settings_which { NODE_SETTINGS_IN_FORCE, NODE_SETTINGS_BEFORE, NODE_SETTINGS_STAGED };

/* false: nobody has chosen one (or staged, then only), or, where set is not 0, it is not here as a
 * whole. */
bool node_settings(const struct node *n, uint32_t realm, enum node_settings_which which,
		   struct node_settings *ret);
/* The node is about to look at them, or to be started with others. */
bool node_settings_pending(const struct node *n);
/* The realm of this node's cloud. */
uint32_t node_realm(const struct node *n);

/* A record that the network's admin is to sign, and CONTROL_PUT_ADMIN then writes. */
struct node_signed {
	struct state_key key;
	size_t len;
	uint8_t value[STATE_VALUE_MAX];
};

enum node_settings_act {
	NODE_SETTINGS_STAGE,	/* text becomes the set that is being made */
	NODE_SETTINGS_APPLY,	/* that one comes into force */
	NODE_SETTINGS_ROLLBACK, /* the set before does */
	NODE_SETTINGS_SET,	/* text is staged and comes into force */
	NODE_SETTINGS_DROP,	/* what is being made is nothing any more */
};
#define NODE_SETTINGS_SIGNED 9 /* records of one act, at most */
#define NODE_SETTINGS_MAX 256  /* records of settings that a network can have */

/* How many records, to be written in that order; 0: there is no set that could come into force,
 * or it is not here as a whole. */
unsigned int node_settings_act(const struct node *n, uint32_t realm, enum node_settings_act act,
			       const struct conf_text *text,
			       struct node_signed ret[static NODE_SETTINGS_SIGNED]);

/* What the admin is to sign to fix s for a client, or to end that: 0, as node_static_error, or
 * -ENOKEY where the network has no admin and CONTROL_FIX_LEASE does it. */
int node_fixed_record(const struct node *n, const struct lease_static *s, bool remove,
		      struct node_signed *ret);

/* All settings of the network that are here, as they are: another key of the admin must sign them.
 * How many records. */
unsigned int node_settings_records(const struct node *n,
				   struct node_signed ret[static NODE_SETTINGS_MAX]);

/* The keys of the network's admin, as its record has them; false: there is none, the salt is that
 * of the configured key. */
bool node_admin(const struct node *n, struct admin_chain *ret);
/* The key whose signature counts here, ADMIN_KEY_SIZE bytes; NULL: none is known. */
const uint8_t *node_admin_key(const struct node *n, struct admin_chain *keep);
/* The record with these. */
void node_admin_record(const struct admin_chain *c, struct node_signed *ret);

struct node_ping {
	struct batman_icmp icmp; /* BATMAN_ICMP_UNREACHABLE from nobody: it was not sent */
	usec_t rtt;
};

/* The answer to CONTROL_PING_MESH with this id and number; false when there is none (yet). */
bool node_ping_answer(const struct node *n, uint16_t id, uint16_t seq, struct node_ping *ret);

#endif
