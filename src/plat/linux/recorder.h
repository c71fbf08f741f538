/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `tramad --record FILE`: every event of the node with its time, appended; the effects count into a
 * hash that is written when the recording ends in order, and which a replay must come to as well.
 * Secrets of the configuration are left out: what was done with them is recorded. */
#ifndef PLAT_RECORDER_H
#define PLAT_RECORDER_H

#include "node/node.h"

struct recorder;

/* fd stays the caller's. conf_text is what the node's configuration prints as. NULL and *ret_err =
 * -errno. */
struct recorder *recorder_new(int fd, const struct node_setup *setup, usec_t start, int *ret_err);
/* What the node gets in the place of its cryptography, which the setup had. */
const struct state_crypto *recorder_crypto(struct recorder *r);
/* Writes the end; NULL accepted. */
void recorder_free(struct recorder *r, usec_t now);

void recorder_event(struct recorder *r, const struct event *e, usec_t now);
void recorder_effect(struct recorder *r, const struct effect *e, usec_t now);

#endif
