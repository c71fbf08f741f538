/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the lab asks of rtnetlink: one socket per network namespace (a socket stays in the namespace
 * where it was opened, so one process configures them all). Every call waits for the kernel's
 * answer: 0 or -errno.
 */
#ifndef LAB_RTNL_H
#define LAB_RTNL_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"

struct mnl_socket;

struct rtnl {
	struct mnl_socket *nl;
	uint32_t seq;
};

/* One end of a veth pair as it is to be made. */
struct rtnl_end {
	const char *name;
	int netns;	       /* open namespace */
	const struct mac *mac; /* NULL: the kernel's choice */
	uint16_t mtu;
};

enum rtnl_side { RTNL_INGRESS, RTNL_EGRESS };

/* In the network namespace `netns` (an open /proc/PID/ns/net), or in the caller's when it is -1. */
int rtnl_open(struct rtnl *r, int netns);
void rtnl_close(struct rtnl *r);

/* Made where they belong: nothing ever appears in a third namespace. */
int rtnl_veth(struct rtnl *r, const struct rtnl_end *a, const struct rtnl_end *b);
/* A bridge without timers, querier or snooping: a plain switch. */
int rtnl_bridge(struct rtnl *r, const char *name);
int rtnl_delete(struct rtnl *r, const char *name);
int rtnl_up(struct rtnl *r, const char *name, bool up);
/* Makes `name` a port of `bridge`, or of none when that is NULL. */
int rtnl_master(struct rtnl *r, const char *name, const char *bridge);
int rtnl_port_learning(struct rtnl *r, const char *name, bool on);
int rtnl_address4(struct rtnl *r, const char *name, const struct net4 *addr);
int rtnl_address6(struct rtnl *r, const char *name, const struct net6 *addr);
int rtnl_route4(struct rtnl *r, const struct net4 *to, const struct ip4 *via);
int rtnl_route6(struct rtnl *r, const struct net6 *to, const struct ip6 *via);
/* Transmit checksums and segmentation by the sender's CPU, as on a radio: frames on the link fit
 * its MTU. */
int rtnl_offloads_off(struct rtnl *r, const char *name);
/* ifindex or -errno. */
int rtnl_index(struct rtnl *r, const char *name);
/* Puts the classifier on one side of a device, in place of the one that is there. */
int rtnl_attach_bpf(struct rtnl *r, const char *name, enum rtnl_side side, int prog_fd);
int rtnl_detach_bpf(struct rtnl *r, const char *name, enum rtnl_side side);

/* Global addresses of the device with that index or of all when it is 0; tentative ones are left
 * out. Count. */
struct rtnl_address {
	bool is6;
	uint8_t len;
	struct ip4 v4;
	struct ip6 v6;
};
int rtnl_addresses(struct rtnl *r, int index, struct rtnl_address *ret, int cap);

#endif
