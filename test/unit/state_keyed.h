/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes of state_net.h that have keys, by the simulator's stand-in. */
#ifndef TEST_STATE_KEYED_H
#define TEST_STATE_KEYED_H

#include "core/state/state_msg.h"
#include "sim/stand_in.h"
#include "state_net.h"

#define BOTH 3
#define OTHER 7 /* handle of a peer that the test plays, and number of its node */

/* n nodes, not joined yet. community_key "": nothing is sealed. */
struct net *keyed_new(uint32_t n, uint64_t seed, const char *community_key);
void keyed_free(struct net *net);
struct stand_in *keyed_stand_in(struct net *net, uint32_t i);
/* Node i starts again: with another key of its own when seed is not 0. */
void keyed_restart(struct net *net, uint32_t i, uint32_t epoch, uint64_t seed);
/* From its next start on it has that key of the community. */
void keyed_community(struct net *net, uint32_t i, const char *community_key);

/* An owned record as node i would write it, not signed yet; epoch 5. */
struct state_msg_record keyed_record(const struct net *net, uint32_t i, uint8_t type, uint32_t id,
				     const char *value);
/* Signs it with the key of node i. proof lives as long as m. */
void keyed_sign(const struct net *net, uint32_t i, struct state_msg_record *m,
		uint8_t proof[static STATE_MSG_PROOF_MAX]);
/* OTHER, which must be a peer of node 0, sends n records, unsealed: what state_input says. */
int keyed_give(struct net *net, enum state_item type, const struct state_msg_record *m, size_t n);

#endif
