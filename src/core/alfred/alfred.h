/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A peer of A.L.F.R.E.D., the fact store of open-mesh.org: a node tells values of numbered types,
 * everybody gets the values of all. Values travel among primaries, each of which has the values of
 * secondaries as well; a secondary tells only its best primary and asks only that.
 *
 *   every 10 s   a primary announces itself to all, and tells every other primary what it knows at
 *                first hand; a secondary tells its best primary its own values
 *   60 s         a primary that is not heard of is gone
 *   600 s        a value that is not told again is forgotten
 *   10 s         a question to a primary has failed; it is repeated meanwhile, whenever nothing of
 *                its answer has come for a second, so that the loss of one datagram does not matter
 *
 * A packet has whole values, so each is taken at once, whatever becomes of the transaction that it
 * belongs to; only questions wait for the number of packets that STATUS_TXEND names. What we push
 * comes in datagrams that need no fragments, unless one value is longer.
 *
 * No part of it is authenticated. Bounded are what is kept (alfred_facts.h), what is taken from
 * each sender per second, and what is sent per second (alfred_push.h). A value that its source
 * itself told us is not overwritten by others for ALFRED_FIRST_HAND_S.
 */
#ifndef CORE_ALFRED_H
#define CORE_ALFRED_H

#include "core/alfred/alfred_facts.h"
#include "core/alfred/alfred_msg.h"
#include "lib/outq.h"
#include "lib/rng.h"

#define ALFRED_SYNC_S 10
#define ALFRED_PRIMARY_S 60
#define ALFRED_DATA_S 600
#define ALFRED_REQUEST_S 10
#define ALFRED_FIRST_HAND_S 30
#define ALFRED_PRIMARIES 16
#define ALFRED_ASKS 16

struct alfred;

enum alfred_event {
	ALFRED_CHANGED, /* arg: type; data: struct mac of the source */
};

enum alfred_ask_state {
	ALFRED_ASK_WAITS,
	ALFRED_ASK_DONE,
	ALFRED_ASK_FAILED, /* not answered in time, or not all found room */
};

struct alfred_counters {
	uint64_t received, sent;
	uint64_t malformed; /* or of another version */
	uint64_t over_rate; /* of one sender */
	uint64_t to_all;    /* what only one should be told */
	uint64_t primaries_full, pushes_full;
	uint64_t asks_failed;
	uint64_t events_lost;
};

struct alfred_setup {
	struct mac self; /* of the interface: what its link-local address is made from */
	/* Becomes primary where none is reached, and steps back for one with a lower MAC. */
	bool elects;
	struct rng rng;
};

/* A primary that announces itself. Who is not reached makes room for others, and is nobody to step
 * back for. */
struct alfred_primary {
	struct mac mac;
	uint8_t tq; /* of the way to it; 0: it is not reached, or alfred_set_tq has not said yet */
	usec_t seen_at;
};

/* NULL: no memory. A secondary at first. */
struct alfred *alfred_new(const struct alfred_setup *setup, usec_t now);
void alfred_free(struct alfred *a);
/* The interface is another one, or has another MAC; all that is known stays. */
void alfred_move(struct alfred *a, const struct mac *self);

/* A datagram from the link-local address of that MAC, whatever port; what is answered goes to
 * ALFRED_UDP_PORT there. to_all: it came by way of the group, where only announcements belong. 0,
 * or -EBADMSG, -EPROTONOSUPPORT, -EPERM (to_all), -EBUSY (over its rate, or too many answers are
 * under way): counted. */
int alfred_input(struct alfred *a, const struct mac *from, bool to_all, const void *data,
		 size_t len, usec_t now);
void alfred_tick(struct alfred *a, usec_t now);
usec_t alfred_deadline(const struct alfred *a);
/* The next datagram, cap >= ALFRED_PACKET_MAX; MAC_BROADCAST: to all nodes of the link. 0: none
 * now. */
size_t alfred_output(struct alfred *a, void *buf, size_t cap, struct mac *ret_to, usec_t now);
/* Changes of values, to be taken after each call; what finds no room is left out. */
bool alfred_event(struct alfred *a, struct out *ret);

/* ---- this node's values ---- */

/* By somebody at this node, as if told again every time. A zero source is this node, another one
 * only a primary takes (-EPERM). 0, -ENOSPC, or -EMSGSIZE: longer than ALFRED_VALUE_MAX. */
int alfred_set(struct alfred *a, const struct alfred_block *b, usec_t now);
/* The node's own value of a type; what somebody set stands before it. The same. */
int alfred_fill(struct alfred *a, const struct alfred_block *b, usec_t now);

/* ---- questions of programs at this node ---- */

/* A handle >= 0 to be asked for until it is done or failed, then it is free. -ENOENT: there is
 * nobody to ask, what is here is all. -ENOSPC. */
int alfred_ask(struct alfred *a, uint8_t type, usec_t now);
enum alfred_ask_state alfred_ask_state(struct alfred *a, int handle);
void alfred_ask_drop(struct alfred *a, int handle);
/* The next value of a type as a PUSH_DATA packet of its own; false at the end. */
bool alfred_value_next(const struct alfred *a, uint8_t type, uint32_t *cursor, uint16_t id,
		       uint16_t seqno, struct wr *w);

/* ---- modes ---- */

bool alfred_is_primary(const struct alfred *a);
/* By an administrator: it stays so. */
void alfred_set_primary(struct alfred *a, bool primary);
bool alfred_primary_next(const struct alfred *a, uint32_t *cursor, struct alfred_primary *ret);
void alfred_set_tq(struct alfred *a, const struct mac *primary, uint8_t tq);

const struct alfred_counters *alfred_counters(const struct alfred *a);
const struct alfred_facts *alfred_facts(const struct alfred *a);

#endif
