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
 * from us to b is left out when it is the last one of a triangle us, k, b of direct links: k is
 * next to us, and k says in its OGMs that it hears b. The last link of a triangle is in no minimum
 * spanning tree of that order. So the tree stays, the nodes stay joined, and that both ends leave
 * out a link, one of them or none changes nothing in it. Of N nodes on a wire each keeps about
 * 0.9 * sqrt(N) links.
 *
 * Who still has too many (its engine is the kernel's, which does not say what k hears, or they do
 * not hear each other) takes a ring first: of all candidates and itself in the order of their MACs
 * those 1, 2, 4, ... places before and behind itself. Where all see the same that joins them, too,
 * and the choice is mutual.
 */
#ifndef NODE_CHOICE_H
#define NODE_CHOICE_H

#include "core/batman/batman.h"

#define CHOICE_ALL 12
#define CHOICE_MAX 24
/* Of these, who has not spoken lately: names that somebody has invented leave room for the others.
 */
#define CHOICE_SILENT 16

/* A link's place in the order of all links. */
struct choice_link {
	uint64_t hash;
	struct mac low, high;
};

struct choice {
	struct mac cloud_mac;
	struct choice_link link; /* from us to it */
	bool direct;		 /* next to us */
	bool speaks;		 /* told by the caller: it has spoken to us lately */
	bool mute;		 /* the same: it is a neighbour, and does not answer */
	bool left_out;		 /* last of a triangle */
	bool chosen;
};

struct choices {
	struct choice *at; /* in the order of their MACs */
	uint32_t count, limit;
	uint32_t looked_at; /* entries of the engine's tables, for this choice */
};

/* limit: of candidates. 0 or -ENOMEM. */
int choices_init(struct choices *c, uint32_t limit);
void choices_done(struct choices *c);
/* The candidates that the engine knows now, other than the node `self` itself. */
void choices_find(struct choices *c, const struct batman *b, const struct mac *self);
/* NULL if it is no candidate. */
struct choice *choices_get(const struct choices *c, const struct mac *cloud_mac);
/* Chooses among them; false when there was no place for some. */
bool choices_make(struct choices *c, const struct batman *b, const struct mac *self);

#endif
