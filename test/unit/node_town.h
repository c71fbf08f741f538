/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole nodes on wires in memory, for tests, without hosts or kernels: a chain, where port 1 of
 * node i is wired to port 0 of node i + 1, and port 2 is an access point. Frames take no time.
 */
#ifndef TEST_NODE_TOWN_H
#define TEST_NODE_TOWN_H

#include "core/batman/msg.h"
#include "node/node.h"
#include "node/view.h"

#define TOWN_NODES 4
#define TOWN_AP 2

struct town {
	struct conf conf[TOWN_NODES];
	struct node *node[TOWN_NODES];
	int count;
	usec_t now;
	uint64_t notices[NOTICE_COUNT];
	struct effect_notice notice; /* the last one */
	enum probe_result internet;  /* what every probe of an uplink finds */
	uint8_t dhcp[1600];	     /* last frame to a client */
	size_t dhcp_len;
	uint8_t asked[60]; /* last question by ARP */
	size_t asked_len;
	struct ip4 probed[TOWN_NODES]; /* who has this? the last time that clients were asked */
	unsigned int probes[TOWN_NODES];
	uint8_t called[96]; /* last frame to a client by its port alone */
	size_t called_len;
	unsigned int calls[TOWN_NODES];
	int nobody; /* answers that there is nobody */
	struct mac forgotten;
	uint16_t forgotten_port;
	uint8_t claims[TOWN_NODES][2048]; /* that file on the disk of each */
	size_t claims_len[TOWN_NODES];
	uint32_t boots[TOWN_NODES];
	const struct state_crypto *crypto[TOWN_NODES]; /* of the next start; NULL: none */
	/* May change a frame on its way from node to node; false: it is lost. */
	bool (*wire)(struct town *t, int from, int to, uint8_t *frame, size_t len);
	/* A frame leaves the cloud at a node. */
	void (*cloud)(struct town *t, int at, const uint8_t *frame, size_t len);
	/* A replicated record has changed at a node. */
	void (*record)(struct town *t, int at, const struct state_event *e);
	/* A state datagram to a Babel neighbour, or routed. */
	void (*datagram)(struct town *t, int from, const struct effect_datagram *d);
	void *arg;
};

void town_start(struct town *t, int count);
/* The same in two steps: between them t->conf can be changed. */
void town_plan(struct town *t, int count);
void town_begin(struct town *t);
void town_stop(struct town *t);
/* The node starts again, with no more than its claims. */
void town_reboot(struct town *t, int i);
void town_feed(struct town *t, int i, const struct event *e);
/* What a frame on a link of node i is to it. */
void town_frame(struct town *t, int i, enum link link, const uint8_t *frame, size_t len);
/* An OGM that src sends, with trama's container of node i's own network. */
struct town_ogm {
	uint16_t port;
	struct mac src;
	struct bat_ogm ogm; /* its tvlv is not read */
	struct mac cloud_mac;
	uint16_t flags;
};
void town_ogm(struct town *t, int i, const struct town_ogm *o);
void town_port(struct town *t, int i, uint16_t port, const char *name, enum port_kind kind);
void town_station(struct town *t, int i, const struct mac *mac, enum client_change change);
void town_run(struct town *t, usec_t until);
/* It has a block of addresses that is ready. */
bool town_gives(const struct town *t, int i);
uint64_t town_counter(const struct town *t, int i, enum node_counter c);

#endif
