/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A few lease servers in memory, joined by a stand-in for the state service that delivers records
 * after a random delay in the order of (epoch, author), and a DHCP client that is what RFC 2131
 * says.
 */
#ifndef TEST_LEASE_TOWN_H
#define TEST_LEASE_TOWN_H

#include "core/lease/lease.h"
#include "packet/dhcp.h"

#define TOWN_NODES_MAX 6
#define TOWN_CLIENTS_MAX 2000
#define TOWN_MAIL_MAX 8192
#define TOWN_BLOCKS 4096
#define TOWN_DISK 512 /* records */

struct town_version {
	uint32_t epoch;
	int author;
};

enum mail_kind {
	MAIL_CLIENT,
	MAIL_DROP,
	MAIL_BLOCK,
	MAIL_BLOCK_GONE,
	MAIL_TALK,
};

struct mail {
	enum mail_kind kind;
	int from, to;
	uint32_t seq; /* of a block's record: one that comes late is no news */
	usec_t due;
	struct town_version version;
	struct lease_client client;
	struct mac mac;
	struct lease_block block;
	struct lease_talk talk;
};

/* What a power cut leaves: client records and claims as of the last save. */
struct town_disk {
	struct lease_client client[TOWN_DISK];
	struct town_version version[TOWN_DISK];
	struct lease_block block[TOWN_DISK];
	unsigned clients, blocks;
};

struct town_node {
	struct lease lease;
	struct town_disk disk;
	_Alignas(8) uint8_t out[65536];
	struct table versions; /* of client records, by MAC */
	uint32_t block_seen[TOWN_NODES_MAX][TOWN_BLOCKS];
	bool up; /* else gone: it sends and hears nothing */
	usec_t silent_since;
};

struct town {
	struct town_node node[TOWN_NODES_MAX];
	int nodes;
	usec_t now;
	usec_t delay_max;	      /* of the state service; 0: at once */
	bool cut;		      /* nothing is delivered */
	unsigned talk_loss;	      /* of 100 words */
	usec_t talk_delay;	      /* of words, besides */
	bool unacked[TOWN_NODES_MAX]; /* nobody acknowledges this node's claims */
	bool away[TOWN_NODES_MAX];    /* cut off from the others: records wait, words are lost */
	usec_t load_time;	      /* of what is on a disk */
	bool torn;		      /* the disks, when they are loaded */
	/* sees each word when it is said, and when it is heard */
	void (*said)(int from, int to, const struct lease_talk *talk);
	void (*heard)(int from, int to, const struct lease_talk *talk);
	struct rng rng;
	struct mail mail[TOWN_MAIL_MAX];
	int mail_count;
	uint32_t seq;
	unsigned probes;
	unsigned port_probes; /* of these at a port, for a client */
	struct ip4 probed;    /* the last one */
	unsigned foreigns;    /* that were told of */
	struct lease_foreign_news foreign;
	unsigned clashes[TOWN_NODES_MAX];	/* that were told of */
	unsigned disassociated[TOWN_NODES_MAX]; /* clients */
	/* the last frame that a server sent */
	bool replied;
	uint8_t frame[1514];
	size_t frame_len;
	struct dhcp_msg reply;
};

struct host {
	struct mac mac;
	struct mac from; /* of its frames, zero: mac */
	struct ip4 ip;	 /* zero: none */
	uint32_t xid;
	uint8_t id_len;
	uint8_t id[64];
	const char *name;
	bool broadcast;
	bool has_wanted;
	uint32_t wanted[8];
	uint16_t max_size;
	bool trama;
	uint16_t port;
};

extern const struct lease_conf TOWN_CONF;
extern struct town town; /* of the test that runs */
extern struct host hosts[TOWN_CLIENTS_MAX];

/* For cmocka: one or two servers that have been up for 5 s, in `town` and in *state. */
int town_setup_alone(void **state);
int town_setup_two(void **state);
int town_teardown(void **state);
uint64_t town_counter(const struct town *t, enum lease_counter c); /* of the first server */

void town_start(struct town *t, int nodes, const struct lease_conf *conf, uint64_t seed);
void town_stop(struct town *t);
/* A new lease core in the place of the old, which knows nothing, and nobody. */
void town_reboot(struct town *t, int node);
/* It meets the others, and the state service brings it what they hold. */
void town_sync(struct town *t, int node);
/* Both at once. */
void town_restart(struct town *t, int node);
/* To the node's disk. */
void town_save(struct town *t, int node);
/* All nodes are off, and what was on its way is lost. */
void town_power_cut(struct town *t);
/* Starts again with what is on its disk, and its own claims, which were saved when they were made.
 * It meets nobody yet: town_sync, or town_meet. */
void town_boot(struct town *t, int node);
/* All nodes hear what each of them holds. */
void town_meet(struct town *t);
/* The node vanishes, as if it had gone for so long already. */
void town_gone(struct town *t, int node, usec_t ago);
/* Lets time pass: deliveries and timers. */
void town_run(struct town *t, usec_t duration);
void town_drain(struct town *t, int node);
/* All nodes learn of it, or that it is no more. */
void town_static(struct town *t, const struct lease_static *s);
void town_static_gone(struct town *t, const struct lease_key *key);

struct host town_host(unsigned number);
/* In hosts, at eight ports in turn. */
void hosts_make(int clients);
/* No two of hosts hold one address: compared with every other, the slow way. */
void assert_no_clash(int clients);
/* Sends a message and returns the type of the reply, 0 for none. */
uint8_t host_send(struct town *t, struct host *h, int node, const struct dhcp_msg *m);
uint8_t host_discover(struct town *t, struct host *h, int node);
/* Takes the offer in t->reply. */
uint8_t host_select(struct town *t, struct host *h, int node);
uint8_t host_renew(struct town *t, struct host *h, int node);
uint8_t host_reboot(struct town *t, struct host *h, int node, struct ip4 ip);
void host_release(struct town *t, struct host *h, int node);
/* Discover and select; h->ip is zero when it failed. */
bool host_join(struct town *t, struct host *h, int node);

#endif
