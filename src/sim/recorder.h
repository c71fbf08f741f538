/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recordings of nodes: made of a simulated one, and played back, whoever made them. */
#ifndef SIM_RECORDER_H
#define SIM_RECORDER_H

#include "node/record_head.h"

struct recorder;

/* NULL: the file cannot be written, errno says why. */
struct recorder *recorder_open(const char *path);
/* What the node that is about to start gets in the place of its cryptography. */
const struct state_crypto *recorder_crypto(struct recorder *r, const struct state_crypto *real);
/* The node starts. */
void recorder_start(struct recorder *r, const struct node_setup *setup, usec_t now);
void recorder_event(struct recorder *r, const struct event *e, usec_t now);
void recorder_effect(struct recorder *r, const struct effect *e, usec_t now);
/* The node ends, and the recording with it; what comes after is not recorded. */
void recorder_end(struct recorder *r, usec_t now);
/* 0 or -EIO: it is not whole. */
int recorder_close(struct recorder *r);

struct replay {
	uint64_t events, effects;
	usec_t duration;
	char hash[17];
	bool has_end; /* the recording ended in order, the next two are valid */
	uint64_t recorded_effects;
	char recorded_hash[17];
};

/* Makes the node of the recording and feeds it. 0, or -errno and a sentence. */
int replay_run(const uint8_t *file, size_t len, struct replay *ret, char *err, size_t cap);

#endif
