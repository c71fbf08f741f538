/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values on their way to others, some datagrams at a time, for the files of this core: syncs to
 * primaries, and answers to whoever asked.
 *
 * Whoever asks much must not keep the syncs from going out. So each kind has places of its own,
 * and where both have something to send, each has half of the bytes. Within a kind all take turns;
 * one node has ALFRED_ANSWERS_EACH answers at a time, and ALFRED_ANSWER_BURST kB at once and 128 a
 * second of them, which is charged to all nodes with the same hash. What is under way is finished
 * before the same is begun again.
 */
#ifndef CORE_ALFRED_PUSH_H
#define CORE_ALFRED_PUSH_H

#include "core/alfred/alfred.h"
#include "lib/bucket.h"

#define ALFRED_ANSWERS 32
#define ALFRED_ANSWERS_EACH 4
#define ALFRED_ANSWER_INTERVAL (USEC_S / 128) /* for a kB */
#define ALFRED_ANSWER_BURST 512

enum alfred_push_kind {
	ALFRED_PUSH_SYNC,
	ALFRED_PUSH_ANSWER,
	ALFRED_PUSH_KINDS,
};

struct alfred_push {
	bool used;
	enum alfred_push_kind kind;
	struct mac to;
	uint8_t asker; /* of an answer: below ALFRED_SENDERS */
	uint8_t type;  /* of an answer */
	uint8_t level; /* of a sync: no values beyond it */
	uint16_t id, seqno;
	uint32_t cursor;
};

struct alfred_pushes {
	struct alfred_push list[ALFRED_PRIMARIES + ALFRED_ANSWERS];
	unsigned int turn[ALFRED_PUSH_KINDS]; /* whose place is looked at first */
	int32_t ahead; /* kB that syncs have sent more than answers while there were both */
	struct bucket askers[ALFRED_SENDERS];
};

/* All values up to that level to a primary. 0, also when one is under way; -ENOSPC. */
int alfred_push_sync(struct alfred_pushes *p, const struct mac *to, enum alfred_level level,
		     uint16_t id);
/* All values of a type to a node that asked. 0, also when it asks again; -ENOSPC: too many at a
 * time, of its own or of all. */
int alfred_push_answer(struct alfred_pushes *p, const struct mac *to, uint8_t asker, uint8_t type,
		       uint16_t id);
/* The next datagram; 0: none now. cap >= ALFRED_PACKET_MAX. */
size_t alfred_push_output(struct alfred_pushes *p, const struct alfred_facts *facts, void *buf,
			  size_t cap, struct mac *ret_to, usec_t now);
/* When there will be one, 0 = at once; USEC_NEVER: nothing is under way. */
usec_t alfred_push_deadline(const struct alfred_pushes *p);

#endif
