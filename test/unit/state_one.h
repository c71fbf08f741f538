/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One state core, and a peer of it that the test plays. */
#ifndef TEST_STATE_ONE_H
#define TEST_STATE_ONE_H

#include "core/state/state_msg.h"
#include "state_net.h"

#define BOTH 3
#define OTHER 7 /* handle of the peer, and number of its node */

struct net *one(void);
/* A record of the other node. */
struct state_msg_record record(uint8_t type, uint32_t id, uint32_t epoch, const char *value);
/* What the other node sends next: its header, and an item of n records. */
struct state_msg_header one_header(void);
size_t datagram(uint8_t *buf, enum state_item type, const struct state_msg_record *m, size_t n);
/* It pushes a record: what state_input says. */
int give(struct net *net, struct state_msg_record m);
/* The same by another peer, of that handle and node number. */
int give_by(struct net *net, uint16_t handle, struct state_msg_record m);

#endif
