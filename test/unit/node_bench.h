/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One node under test, without kernel or neighbours; what comes out of it is remembered. */
#ifndef TEST_NODE_BENCH_H
#define TEST_NODE_BENCH_H

#include "node/node.h"
#include "node/view.h"
#include "packet/dhcp.h"

struct bench {
	struct conf conf;
	struct node *node;
	usec_t now;
	uint8_t dhcp[1600]; /* last IPv4 packet to a client: an answer of DHCP */
	size_t dhcp_len;
	uint8_t ra[1600]; /* last router advertisement */
	size_t ra_len;
	unsigned int ogms, ras;
	unsigned int forgotten; /* stations taken out of the bridge */
	usec_t stored_at;	/* the first time */
	uint8_t claims[4096];	/* that file */
	size_t claims_len;
	struct effect_disassociate away;
	struct effect_notice clash; /* of two leases */
	char probes[4096];	    /* what was asked of uplinks */
};

/* With that configuration, and no port yet; nothing has been loaded from its disk. */
void bench_boot(struct bench *b, const char *conf_text);
/* ... and there was nothing. */
void bench_start(struct bench *b, const char *conf_text);
void bench_stop(struct bench *b);
void bench_feed(struct bench *b, const struct event *e);
void bench_port(struct bench *b, uint16_t port, const char *name, enum port_kind kind);
void bench_run(struct bench *b, usec_t duration);
/* A client's DHCP message; the answer, if one came, is in b->dhcp, else b->dhcp_len is 0. */
void bench_dhcp(struct bench *b, const struct dhcp_msg *m);

#endif
