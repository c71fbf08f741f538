/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which trama nodes of the cloud are chosen as neighbours of the replicated state: so that all are
 * joined, whoever is in between, and none has many, however many nodes are on one wire.
 *
 * Candidates are the trama nodes next to us, and those behind nodes of other software (the next hop
 * towards them is no trama node): whoever is farther is reached through the trama node that is next
 * on the way. CHOICE_ALL of them are simply taken.
 *
 * Of more, links are left out. All nodes have the same order of links, a hash of both ends. A link
 * from us to b is left out when it is the last one of a triangle us, k, b of direct links, and k
 * speaks: it has answered us lately, and says in its OGMs that it hears b. Whether both ends leave
 * a link out, one of them or none, all nodes that work stay joined. If they did not, there would be
 * direct links between two parts of them. Take the first one in the order, from a to b. They are no
 * neighbours, so one of them, say a, has left the link out because of some k. That k works, for it
 * speaks; a to k and k to b come before a to b, so neither is between two parts, and a, k and b are
 * in the same one.
 *
 * Only neighbours speak, so only they are ways to others. Of N nodes on a wire each keeps about
 * 1.2 * sqrt(N) links, by its own choice or the other end's.
 *
 * The order is known to all: a machine with the right MACs comes first in it for some node, and is
 * its way to everybody. So each node keeps CHOICE_OWN more links to nodes next to it, the first
 * ones in an order that nobody else knows.
 *
 * Who still has more than CHOICE_MAX takes what it can. Up to CHOICE_DIRECT are next to it: so many
 * others that do not hear each other may have it as their only neighbour; there is no place for
 * more, and those are parted. While nothing is known (nobody has spoken yet, or they do not hear
 * each other) a ring comes first: of all candidates and itself in the order of their MACs those 1,
 * 2, 4, ... places before and behind itself. Where all see the same that joins them, too, and the
 * choice is mutual.
 */
#ifndef NODE_CHOICE_H
#define NODE_CHOICE_H

#include "core/batman/batman.h"
#include "lib/hash.h"

#define CHOICE_ALL 12
#define CHOICE_MAX 24
#define CHOICE_DIRECT 64
#define CHOICE_OWN 3
/* Of more than CHOICE_MAX, who has not spoken lately: invented names leave room for the others. */
#define CHOICE_SILENT 16

/* A link's place in the order of all links. */
struct choice_link {
	uint64_t hash;
	struct mac low, high;
};

struct choice {
	struct mac cloud_mac;
	struct choice_link link; /* from us to it */
	uint64_t secret;	 /* its place in our own order */
	bool direct;		 /* next to us */
	bool speaks;		 /* told by the caller: it has spoken to us lately */
	bool left_out;		 /* last of a triangle */
	bool own;		 /* chosen all the same */
	bool chosen;
};

struct choices {
	struct choice *at; /* in the order of their MACs */
	uint32_t count, limit;
	struct hash_key secret;
	uint32_t looked_at; /* entries of the engine's tables, for this choice */
};

/* limit: of candidates; secret: for our own order. 0 or -ENOMEM. */
int choices_init(struct choices *c, uint32_t limit, struct hash_key secret);
void choices_done(struct choices *c);
/* The candidates that the engine knows now, other than the node `self` itself. */
void choices_find(struct choices *c, const struct batman *b, const struct mac *self);
/* NULL if it is no candidate. */
struct choice *choices_get(const struct choices *c, const struct mac *cloud_mac);
/* Chooses among them, CHOICE_DIRECT + CHOICE_OWN at most; false when there was no place for some
 * that are not left out. */
bool choices_make(struct choices *c, const struct batman *b, const struct mac *self);

#endif
