/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of src/node share. Nobody else includes it. */
#ifndef NODE_INTERNAL_H
#define NODE_INTERNAL_H

#include "lib/bucket.h"
#include "lib/fair.h"
#include "node/choice.h"
#include "node/cores.h"
#include "node/node.h"
#include "node/view.h"

#define NODE_HOP_PENALTY 30 /* as the kernel's */
#define NODE_STATIONS 1100  /* with a fifth of 2048 known from frames only: a table on the wire */
#define NODE_ROUTES 1024
#define NODE_CLOUD_PEERS 80 /* as many as are chosen, and strangers */
#define NODE_LINK_PEERS (NODE_CLOUD_PEERS + 32)
#define NODE_PEERS (NODE_LINK_PEERS + CUT_PARTS)
#define NODE_ADDRESSES 4096 /* of other nodes of the cloud, two each */
#define NODE_STRAYS 8
#define NODE_TWINS 128
#define NODE_PROBES 32
#define NODE_IMPORTS 2048
#define NODE_ROUTED NODE_PORTS /* in the place of a port: by whatever way layer 3 has */
#define NODE_STATICS (CONF_HOST_MAX + CONF_RANGE_MAX) /* of the configuration */
#define NODE_STATIC_LIFE_S (400 * 86400)

/* Types of replicated records. Numbers are the wire format of the state service: never reused. */
enum record_type {
	RECORD_NODE = 1,     /* owned, cloud: id = node id; who it is */
	RECORD_BLOCK = 2,    /* owned, cloud: id = block index; a claim of addresses */
	RECORD_CLIENT = 3,   /* shared, cloud: id = MAC; client with its lease */
	RECORD_GATEWAY = 4,  /* owned, network: id = node id; resolvers and uplinks */
	RECORD_STATIC = 5,   /* shared, cloud: id = lease_key; what is fixed for a client */
	RECORD_SETTING = 6,  /* shared, network, by the admin: records_setting.c */
	RECORD_ADMIN = 7,    /* shared, network: no id; the admin's keys (core/admin) */
	RECORD_LINK = 8,     /* owned, cloud: id = node id; whom it hears */
	RECORD_PRESENCE = 9, /* owned, network: id = node id; a leader's word of its part */
	RECORD_SERVICE = NODE_SERVICE_TYPE, /* owned, network: id = name; announced.h */
	RECORD_NOTE = NODE_NOTE_TYPE,	    /* shared, network: id = MAC or node id */
	RECORD_FIXED = 12, /* shared, cloud, by the admin: as RECORD_STATIC, by its command */
};

struct node_port {
	bool used;
	struct event_port info;
	struct port_decision decision;
	bool batman; /* a port of the cloud engine */
	struct mac batman_mac;
	char mesh_dev[NODE_IFNAME]; /* VLAN device of the cloud, or the port itself */
	char babel_dev[NODE_IFNAME];
	bool uplink4, uplink6; /* the two halves of uplink are valid */
	struct event_uplink uplink;
	struct bucket newcomers; /* stations that are not known to the cloud */
	struct bucket astray;	 /* stations that the bridge believes to be in the cloud */
};

/* A station that is at one of our client ports, whether it has a record or not. */
struct station {
	struct mac mac; /* key */
	uint16_t vid;	/* key */
	uint16_t port;
	bool associated;
	usec_t since;
	usec_t reminded_at; /* the kernel's engine, which forgets who is silent */
};

/* The way to a neighbour for replicated state; its index is the handle in the state core. */
struct node_peer {
	bool used;
	bool wanted; /* chosen by us; others only because they wrote to us */
	bool asks;   /* of the cloud: it has chosen us */
	enum state_scope scope;
	struct mac cloud_mac; /* STATE_CLOUD */
	uint16_t port;	      /* STATE_NETWORK; NODE_ROUTED: of the cloud, in another part */
	struct ip6 address;
	uint64_t token;	  /* NODE_ROUTED */
	usec_t heard_at;  /* its last datagram that the state core took, 0: none yet */
	usec_t needed_at; /* one of both had chosen the other */
	bool told_keys;	  /* people were told that it cannot be read */
};

/* A route of Babel's; key is {v6, to, from}. */
struct node_route {
	uint8_t key[40];
	struct event_route route;
};

/* The address of another node of the cloud, IPv4 as lease_mapped, for neighbour entries. */
struct member_address {
	struct ip6 addr; /* key */
	struct mac mac;
	struct state_node id;
};

/* An address of a client of ours, or of ourselves, that others are told a route to. */
struct node_host {
	struct ip6 addr; /* key; IPv4 as lease_mapped */
	uint32_t round;
	usec_t ends_at; /* 0: it is here */
};

/* What is known of a leader of a part of our cloud. */
struct presence {
	struct cut_word word;
	uint64_t token;
	struct ip4 ip4;
	struct ip6 ip6;
};

/* A VLAN in which clients speak. */
struct node_vlan {
	uint16_t vid; /* 0: free */
	usec_t heard_at;
};

/* A question for a MAC, ARP or neighbour solicitation. */
struct solicit_frame {
	uint8_t data[96];
};

#define RECALLS 256
#define RECALL_QUESTIONS 32

/* A client of ours that another node announced. */
struct recall {
	struct mac mac;
	uint16_t port;
	bool associated;
	bool asked;
	usec_t at; /* when it is to be asked, or was */
	usec_t wait;
};

/* A probe into the cloud and its answer, kept until the place is needed for another. */
struct node_probe {
	bool used, answered;
	uint8_t id;
	uint16_t seq;
	usec_t sent_at;
	struct node_ping answer;
};

/* What a node tells its cloud about itself. */
struct node_record {
	struct state_node id;
	char name[CLOUD_HOSTNAME_MAX + 1];
	struct ip4 ip4;
	struct ip6 ip6;
	struct mac cloud_mac;
	uint32_t link_mtu; /* the smallest of its ports to other nodes; 0: does not say */
};

/* What a node of the cloud was called, and its address, for when its record has gone. */
struct node_called {
	struct state_node id; /* key */
	struct mac cloud_mac;
	struct ip4 ip4; /* no client's */
	char name[CLOUD_HOSTNAME_MAX + 1];
};

/* A host in our cloud that has an address of another cloud, at a node that is not of trama. */
struct clash_stray {
	struct mac mac; /* zero: free */
	struct net6 net;
	usec_t seen_at;
};

/* A Babel neighbour has a route to the network of our own cloud. */
struct clash_twin {
	bool used;
	struct event_route route;
	usec_t alone_since; /* IPv4: that nothing of IPv6 goes with it, USEC_NEVER while it does */
};

/* To be written to the disk: all that is known, then the settings. */
enum settings_step { SETTINGS_WRITTEN, SETTINGS_NEXT, SETTINGS_SNAPSHOT_NEXT };

enum clash_part {
	CLASH_REFUSED, /* trama nodes of another SSID on our VLAN */
	CLASH_MERGED,  /* other nodes of another SSID on our VLAN, that cannot be refused */
	CLASH_NETWORK, /* another cloud, beyond Babel, with our IPv4 network */
	CLASH_PARTS,
};

struct node {
	const struct conf *conf;
	struct node_setup setup;
	struct cloud cloud;
	struct state_node id;
	struct mac cloud_mac; /* of br0 */
	usec_t now;	      /* of the input that is being handled */
	usec_t second_at;     /* next look at what changes slowly */
	usec_t present_at;    /* next look who is still here */

	struct batman *batman;
	struct state *state;
	struct lease lease;
	struct ra ra;
	struct port port;
	struct gateway gateway;
	struct cut cut;
	struct outq batman_out, state_out, port_out, gateway_out, cut_out, effects;
	void *queues; /* memory of all of them */

	struct node_port ports[NODE_PORTS];
	struct table stations;
	struct fair station_places; /* of ports; leased and associated ones keep theirs */
	struct table routes;
	struct table members; /* as of the last solicitation, unless members_dirty */
	struct table imports; /* struct node_import */
	struct table called;
	struct table hosts; /* here, while the cloud is cut */
	uint32_t hosts_round;
	bool hosts_short;  /* there was no place for all of them */
	bool parts_routed; /* what Babel knows of hosts goes before what is connected */
	uint64_t part_token;
	struct node_peer peers[NODE_PEERS];
	struct choices choices; /* of neighbours in the cloud */
	bool peers_short;	/* there was no place for all of them */
	usec_t peers_at;	/* they are to be chosen anew; USEC_NEVER: not */
	usec_t peers_next;	/* not before */
	usec_t met_at;		/* when others began to come; 0: nobody did yet */
	usec_t foreign_since;	/* nodes of other software are in the cloud, 0: none */
	uint32_t client_mtu;	/* what clients are told unless it is configured */
	uint8_t own_router_id[8];

	usec_t links_at;   /* next look at who is heard */
	usec_t statics_at; /* what is fixed is looked at again */
	bool statics_late; /* there are records that were not looked at */
	struct bucket statics_rate;
	bool statics_told[NODE_STATICS]; /* of ours, that another node has it otherwise */
	int static_error;
	struct {
		char text[NOTICE_TEXT]; /* why it is another one than follows from the MAC, or "" */
		usec_t ask_at;
		usec_t answered_at; /* by somebody who has our address and is not of trama */
		unsigned int answers;
		struct mac by;
		bool is_met; /* a node may have come that has our address */
		struct bucket moves, meetings;
	} address;
	struct bucket import_rate; /* of leases of others that are asked for */
	struct solicit_frame stranger_question;
	struct bucket solicit_ask[2], solicit_refuse; /* for IPv4 and IPv6 */
	struct solicit_frame question;		      /* that is on its way to everybody */
	struct solicit_frame proxied;		      /* an answer on its way to a client */
	struct bucket proxy_rate;
	struct solicit_frame recall_questions[RECALL_QUESTIONS];
	struct recall recalls[RECALLS];
	uint32_t recall_count;
	uint32_t recall_asked; /* in this second */
	usec_t recall_at;      /* the next question */

	bool wish_dirty, names_dirty, node_names_dirty, members_dirty, store_wanted, claims_wanted;
	bool store_soon; /* somebody did something on purpose: it must survive a power cut */
	struct bucket soon_rate;
	bool loaded, lease_loaded;
	bool load_failed; /* of one of the files */
	unsigned int loads;
	int load_error, put_error;
	usec_t store_at, claims_at; /* the one is due, the other was written */
	uint8_t *store_buf;
	size_t store_cap;
	struct wish wish;
	struct {
		char part[CLASH_PARTS][NOTICE_TEXT];  /* empty if there is none */
		char text[CLASH_PARTS * NOTICE_TEXT]; /* all, as `trama status` shows it */
		struct clash_stray strays[NODE_STRAYS];
		struct net6 merged; /* of the strays that people were told of */
		struct clash_twin twins[NODE_TWINS];
		bool twins_lost; /* more than fit: what is there proves nothing */
	} clash;
	struct bucket notice_rate[NOTICE_COUNT];
	struct bucket outsider_notices;
	bool has_admin_key; /* configured */
	uint8_t admin_key[ADMIN_KEY_SIZE], admin_salt[ADMIN_SALT_SIZE];
	usec_t settings_at; /* they are to be looked at; USEC_NEVER: not */
	enum settings_step settings_step;
	struct settings settings;	  /* of this start, or written since; in the next two */
	struct node_settings in_force[2]; /* of the network, of the cloud */
	bool settings_fresh;		  /* others than those of this start */
	usec_t settings_written_at;	  /* the last time */
	uint64_t counters[NODE_COUNTERS];
	uint8_t scratch[2048]; /* a frame in the making */
	usec_t announce_at;
	uint32_t announced_to; /* originators */
	struct node_probe probes[NODE_PROBES];
	unsigned int next_probe;
	struct node_vlan vlans[WISH_VLANS]; /* of the kernel's engine */
	bool vlans_told;		    /* its tables have been read */
};

/* cloudside.c: frames of the cloud */
bool cloudside_out(struct node *n, const struct out *o, struct effect *ret);
void cloudside_frame(struct node *n, const struct event_frame *f);
/* A frame of the node itself into the cloud. */
void cloudside_send(struct node *n, const uint8_t *frame, size_t len);

/* probes.c: batman-adv's ICMP, for people who ask */
void probes_send(struct node *n, const struct event_control *e);
void probes_answer(struct node *n, const struct batman_icmp *reply);

/* clients.c: who is at our ports */
void clients_event(struct node *n, const struct event_client *e);
void clients_moved(struct node *n, const struct mac *mac, uint16_t vid);
/* Where a station of ours is; NODE_PORTS if it is none. */
uint16_t clients_port(const struct node *n, const struct mac *mac);
/* Its lease or record has changed. */
void clients_leased(struct node *n, const struct lease_client *c);
/* Has this station come to us after a record of that age was written? */
bool clients_came_after(const struct node *n, const struct mac *mac, uint32_t age_s);
/* Ports of other nodes are no clients, even if their hello came after their first frame. */
void clients_drop_nodes(struct node *n);
/* The kernel's engine knows clients by their frames only: tells it of those that are here and
 * silent. */
void clients_remind(struct node *n);
/* Tells the lease core once a minute who is still here. */
void clients_present(struct node *n);
/* ... and what nodes are called, when that has changed. */
void clients_names(struct node *n);
/* Which gateway is used has changed: the records of the clients here say which one. */
void clients_way_out(struct node *n);
void clients_frame(struct node *n, const uint8_t *frame, size_t len);
/* A frame of a client into the cloud: it may answer somebody who asked for its address. */
void clients_spoke(struct node *n, const uint8_t *frame, size_t len);
bool clients_lease_out(struct node *n, const struct out *o, struct effect *ret);
bool clients_ra_out(struct node *n, const struct out *o, struct effect *ret);

/* strangers.c: addresses that somebody uses who is no client */
/* Asks by ARP who has it: the cloud, and our own clients. */
void strangers_ask(struct node *n, const struct ip4 *ip);
void strangers_ask_cloud(struct node *n, const struct ip4 *ip);
/* A frame that reaches our clients' gateway, and one from the cloud to this node itself. */
void strangers_beside(struct node *n, const uint8_t *frame, size_t len);
void strangers_overhear(struct node *n, const uint8_t *frame, size_t len);
void strangers_found(struct node *n, const struct lease_foreign_news *f);

/* address.c: two nodes with one address */
/* Another node's record has changed. */
void address_met(struct node *n);
/* By ARP somebody else has our IPv4 address. */
void address_claimed(struct node *n, const struct mac *mac);
/* This node, or another one, had that address: clients may get it, unless a node still has it. */
void address_let_go(struct node *n, const struct ip4 *ip);
/* Every second. */
void address_refresh(struct node *n);

/* statics.c: what is fixed for clients by configuration or by command */
/* At the start: what the configuration says holds before anything else is known. */
void statics_begin(struct node *n);
/* Every second. */
void statics_refresh(struct node *n);
/* One more of the many that somebody may write; else its record is looked at later. */
bool statics_may(struct node *n);
/* As node_static_error says. */
int statics_fix(struct node *n, const struct lease_static *s);
int statics_unfix(struct node *n, const struct lease_key *key);
/* The admin has spoken of this: it holds at once, and goes before what a node that is gone had
 * configured. */
void statics_signed(struct node *n, const struct lease_key *key);

/* records_static.c */
int records_put_static(struct node *n, const struct lease_static *s);
bool record_static_decode(const struct state_view *v, struct lease_static *ret);
/* What holds: what a node has configured, else what the admin has signed, else, in a network that
 * has no admin, what was said by command. */
bool record_static_find(const struct node *n, const struct lease_key *key,
			struct lease_static *ret);
/* What the admin has signed for this cloud. */
bool records_fixed_next(const struct node *n, uint32_t *cursor, struct lease_static *ret);
/* What the admin is to sign. */
void record_fixed(const struct node *n, const struct lease_static *s, bool remove,
		  struct node_signed *ret);
/* Counts, and tells people, that it cannot be so. */
void record_static_clash(struct node *n, const struct lease_static *s, const char *why);
void record_static_changed(struct node *n, const struct state_event *e);
/* The network may have got an admin: what was said by command without one holds no more. */
void records_static_admin(struct node *n);
/* A node has come with this address: tells of those whom it is fixed for. */
void records_static_node_has(struct node *n, const struct ip4 *ip);

/* solicit.c: where a packet enters the cloud */
void solicit_event(struct node *n, const struct event_solicit *s);
/* Asks whom, or everybody, for the MAC of an address, IPv4 as lease_mapped: the length of the
 * frame. */
size_t solicit_build(const struct node *n, const struct mac *whom, const struct ip6 *addr,
		     struct solicit_frame *ret);

/* Does a record say that who has this address (IPv4 as lease_mapped) is in another part? */
bool solicit_is_elsewhere(struct node *n, const struct ip6 *addr);
/* ... that another node has it? */
bool solicit_is_nodes(struct node *n, const struct ip6 *addr);

/* imports.c: leases of other software */
void imports_event(struct node *n, const struct event_import *e);
/* Whose it is is in our part of the cloud, if that is cut, at another node. */
bool imports_is_here(struct node *n, const struct node_import *i);
/* Every second. */
void imports_refresh(struct node *n);

/* recall.c: clients that others announce while they are here */
void recall_client(struct node *n, const struct mac *mac, uint16_t port, bool associated);
/* It is here (again), by a new association or by what it said. */
void recall_came(struct node *n, const struct mac *mac, bool associated);
/* That it is back, by the answer, does not say whether it is still associated; it was just before.
 */
bool recall_was_associated(struct node *n, const struct mac *mac, uint16_t port);
void recall_disassociated(struct node *n, const struct mac *mac);
/* Every second. */
void recall_refresh(struct node *n);
/* Whenever recall_at has come. */
void recall_tick(struct node *n);

/* records.c: news of the state core */
bool records_out(struct node *n, const struct out *o, struct effect *ret);

/* records_types.c: a record of a type for people's own use. As node_put_error says. */
int records_put_free(struct node *n, const struct control_put *p);

/* records_link.c */
/* Every second. */
void records_put_links(struct node *n);
void record_link_changed(struct node *n, const struct state_event *e);

/* records_announced.c: as node_put_error says */
int records_put_announced(struct node *n, const struct control_put *p);
void record_announced_changed(struct node *n, const struct state_event *e);

/* records_node.c, records_block.c, records_client.c, records_gateway.c: to put one of ours, and
 * what follows when one changes */
void records_put_node(struct node *n);
void record_node_changed(struct node *n, const struct state_event *e);
bool record_node_decode(const struct state_view *v, struct node_record *ret);
void records_put_block(struct node *n, const struct lease_block *b, bool release);
void record_block_changed(struct node *n, const struct state_event *e);
void record_block_acked(struct node *n, const struct state_event *e);
/* For lease: ctx is the node. */
uint32_t record_block_quiet_s(void *ctx, const struct lease_block *b);
void records_put_client(struct node *n, const struct lease_client *c);
void records_drop_client(struct node *n, const struct mac *mac);
void record_client_changed(struct node *n, const struct state_event *e);
void records_put_gateway(struct node *n);
void record_gateway_changed(struct node *n, const struct state_event *e);
bool record_gateway_decode(const struct state_view *v, struct gateway_record *ret);

/* records_setting.c, admin.c: what the network's admin says */
void record_setting_changed(struct node *n);
/* Each time it is due; true: what has changed must be written. */
bool settings_refresh(struct node *n);
void settings_init(struct node *n);
/* For the state core; ctx is the node. */
bool admin_ok(void *ctx, const struct state_claim *c);
int admin_put(struct node *n, const struct control_sign *s);

/* peers.c: neighbours of the state service */
/* What tells that somebody has come. */
enum meeting {
	MEETING_HELLO,	    /* its OGMs have not come yet */
	MEETING_SILENT,	    /* an originator that has not said yet whether it is one of ours */
	MEETING_ORIGINATOR, /* one of ours, of whose records some have not come yet */
};
void peers_meet(struct node *n, enum meeting how);
/* We got no time, for so long. */
void peers_starved(struct node *n, usec_t lost);
/* Every second, and at peers_at. */
void peers_refresh(struct node *n);
/* A trama node of the cloud appeared, changed or went. Anybody can make them by a frame each. */
void peers_changed(struct node *n);
void peers_babel(struct node *n, const struct event_neighbour *e);
void peers_datagram(struct node *n, const struct event_datagram *d);
/* True when the frame was a state datagram for this node. */
bool peers_frame(struct node *n, const uint8_t *frame, size_t len);
bool peers_send(struct node *n, const struct out *o, struct effect *ret);
/* The leaders of the parts of a cloud are neighbours of each other. */
void peers_parts(struct node *n);

/* outsiders.c: neighbours with another community key; every second */
void outsiders_refresh(struct node *n);

/* talk.c: words to single nodes, and from them */
void talk_lease(struct node *n, const struct lease_talk *t);
void talk_heard(struct node *n, const struct state_talk *t);

/* announce.c: who we are, where OGMs cannot say it */
/* Every second. */
void announce_refresh(struct node *n);
/* True when the frame was such an announcement; from: of BATMAN_DELIVER. */
bool announce_frame(struct node *n, uint32_t from, const uint8_t *frame, size_t len);

/* ports.c: roles of ports */
void ports_event(struct node *n, const struct event_port *e);
bool ports_out(struct node *n, const struct out *o, struct effect *ret);
struct port_conf ports_conf(const struct node *n);

/* exits.c: uplinks, gateways, routes */
void exits_init(struct node *n);
void exits_uplink(struct node *n, const struct event_uplink *e);
void exits_port_changed(struct node *n, uint16_t port);
void exits_route(struct node *n, const struct event_route *r);
void exits_probe(struct node *n, const struct event_probe *p);
bool exits_out(struct node *n, const struct out *o, struct effect *ret);

/* served.c: what clients are told */
#define SERVED_MTU_FIRST 1460 /* until links and other nodes are known */
void served_lease(const struct node *n, struct lease_conf *c);
void served_ra(const struct node *n, struct ra_conf *c);
/* The smallest MTU of our ports to other nodes. */
uint32_t served_link_mtu(const struct node *n);
/* Every second: what follows for the clients from the links and nodes of the cloud. */
void served_refresh(struct node *n);

/* vlans.c: tags of clients, for the kernel's engine */
/* The header of a frame that a client sends into the cloud. */
void vlans_frame(struct node *n, const uint8_t *frame, size_t len);
/* After the tables of the kernel's engine have been told. */
void vlans_refresh(struct node *n);
void vlans_wish(const struct node *n, struct wish_batadv *w);

/* records_presence.c */
void records_put_presence(struct node *n, const struct cut_word *w);
void records_drop_presence(struct node *n);
void record_presence_changed(struct node *n, const struct state_event *e);
/* The word of a leader in our cloud. */
bool record_presence_find(const struct node *n, const struct cut_part *part, struct presence *ret);

/* parts.c: a cloud that is cut */
int parts_init(struct node *n, struct hash_key key);
/* At cut_deadline. */
void parts_refresh(struct node *n);
void parts_out(struct node *n, const struct out *o);
/* Is that node in another part, so that no frame goes there? Of which no record tells is not. */
bool parts_elsewhere(const struct node *n, const struct state_node *id);

/* proxy.c: clients that look for somebody in another part */
/* A frame of a client, to everybody or into the cloud. */
void proxy_frame(struct node *n, const uint8_t *frame, size_t len);

/* hosts.c: host routes while the cloud is cut */
void hosts_refresh(struct node *n, bool cut);
void hosts_wish(const struct node *n, struct wish *w);

/* clash.c: two clouds with one VLAN or one IPv4 network, as people are told of them */
/* The engine refuses a node of another SSID. */
void clash_refused(struct node *n, const struct batman_clash *c);
/* Every second. */
void clash_refresh(struct node *n);
/* `text` is how things are now, "" if there is no clash of that kind (any more). People are told
 * when is_news. */
void clash_set(struct node *n, enum clash_part part, const char *text, const struct mac *mac,
	       bool is_news);

/* clash_merged.c: strays */
/* A frame that came out of the cloud. */
void clash_overhear(struct node *n, const uint8_t *frame, size_t len);
void clash_merged_refresh(struct node *n);

/* clash_network.c: routes of others to our network */
void clash_twin(struct node *n, const struct event_route *r);
void clash_network_refresh(struct node *n);

/* wish.c */
void wish_compute(const struct node *n, struct wish *w);

/* node.c */
void node_notice(struct node *n, const struct effect_notice *notice);
void node_effect_push(struct node *n, const struct effect *e);

#endif
