/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside of rtnl: a message being built, for the files that share the work. */
#ifndef LAB_RTNL_MSG_H
#define LAB_RTNL_MSG_H

#include <linux/netlink.h>
#include <stdint.h>

#include "lab/rtnl.h"

struct rtnl_msg {
	char buf[2048] __attribute__((aligned(8)));
};

/* A request that wants an acknowledgement. */
struct nlmsghdr *rtnl_begin(struct rtnl_msg *m, uint16_t type, uint16_t flags);
/* Sends it and waits for the answer: 0 or -errno. */
int rtnl_talk(struct rtnl *r, struct nlmsghdr *h);

#endif
