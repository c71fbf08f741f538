/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A cloud that is cut on layer 2 and still joined on layer 3. Its parts announce the same prefixes,
 * so what comes back to a client may enter any of them: a node has to know that its cloud is cut.
 *
 * A part is the nodes that hear each other's OGMs, its leader the one with the lowest MAC. Leaders
 * alone give word of their part, to the whole network: some of those that they hear, and the
 * leaders of the parts that they are cut from. All nodes of the cloud read that, and each decides
 * for itself.
 *
 * A leader is in another part when
 * - no OGM of it came for six intervals, nor for three one of somebody whom it hears: else there is
 *   a way that only loses too much; and
 * - it has given word since its last OGM, so it is alive: who has lost its power says nothing. Or
 *   our own leader says that it is in another part, which is all that a node has that just started.
 * Whose OGMs never came is waited for from its first word on, and asked once for another.
 *
 * That part is joined again with its first OGM, and 30 s after that all that was done for the cut
 * ends. A leader whose word is 150 s old is not there any more, or not joined on layer 3 either.
 *
 * A leader gives word when it becomes one (not within 20 intervals, or 20 s, of its start, while
 * links come up), when it loses a node, when the parts that it is cut from change, when one that it
 * does not hear gives word, and every minute as long as there are others: at most every 2 s. Who
 * has not been the leader for 30 s takes its word back. A node whose word is not known does not
 * lead, however low its MAC is, for an OGM is easily invented: those who lead go on, and the others
 * wait for it for 40 s.
 *
 * Of parts that have no place each, those keep theirs whose leaders have been heard on layer 2, and
 * of these, those that are cut. One leader has one author: whose word comes first,
 * as long as it gives any (150 s).
 *
 * Timers: everything is looked at twice per interval, at least once a second.
 */
#ifndef CORE_CUT_CUT_H
#define CORE_CUT_CUT_H

#include "lib/addr.h"
#include "lib/clock.h"
#include "lib/outq.h"
#include "lib/table.h"

#define CUT_PARTS 8
#define CUT_MEMBERS 40
#define CUT_HEALED (30 * USEC_S) /* what was done for a cut goes on for so long */

struct cut_conf {
	struct mac self; /* what this node is called in its OGMs: of its bridge */
	uint32_t interval_ms;
	uint32_t nodes_max; /* nodes that are remembered */
};

/* Whom the network has a word from. */
struct cut_author {
	uint8_t b[8];
};

/* What a leader says of its part. */
struct cut_word {
	struct mac leader;
	struct cut_author author;
	uint32_t number; /* another one each time */
	uint32_t count;	 /* nodes of the part, the leader too */
	uint8_t member_count, other_count;
	struct mac members[CUT_MEMBERS]; /* some of those heard in the last three intervals */
	struct mac others[CUT_PARTS];	 /* leaders of parts that it is cut from */
};

enum cut_out_kind {
	CUT_TELL,    /* data: struct cut_word, to be known to the whole network */
	CUT_RETRACT, /* our last word is to be known no more */
	CUT_LOST,    /* data: struct mac, the leader of a part that we are cut from now */
	CUT_JOINED,  /* data: the same; its nodes are heard again */
	CUT_GONE,    /* data: the same; nothing is heard of it on layer 3 either */
};

struct cut_part {
	bool used;
	bool fresh; /* the word had just been given when it came */
	bool taken_back;
	bool asked;
	bool cut;
	struct cut_word word;
	usec_t known_at;   /* its first word came */
	usec_t told_at;	   /* the last one did */
	usec_t written_at; /* and was given, as far as known */
	usec_t heard_at;   /* the leader's last OGM, 0: none yet */
	usec_t near_at;	   /* the same of any of the members */
	usec_t alive_at;   /* the last word that can only come from somebody alive, 0: none */
	usec_t since;	   /* cut */
	usec_t joined_at;  /* cut, and heard again since then; 0: not heard */
};

struct cut {
	struct cut_conf conf;
	struct outq *out;
	struct table nodes; /* whose OGMs were heard */
	struct cut_part parts[CUT_PARTS];
	struct cut_word word;	/* the last one of ours */
	struct cut_word former; /* of an earlier run */
	struct mac lowest;	/* of those that are heard and may lead, and our own */
	usec_t lowest_at;	/* it was another one, or gave word */
	uint32_t here;		/* how many those are */
	bool has_word;		/* the network knows it */
	bool news;		/* worth another word */
	bool crowded;		/* somebody who is heard found no place among the nodes */
	usec_t started_at, look_at, led_at, said_at;
	uint64_t full; /* nodes and words that found no place */
};

/* out is borrowed. 0 or -ENOMEM. */
int cut_init(struct cut *c, const struct cut_conf *conf, struct hash_key key, struct outq *out,
	     usec_t now);
void cut_done(struct cut *c);

/* The last OGM of a node of this software came at that time: to be told of all of them before each
 * cut_tick. */
void cut_heard(struct cut *c, const struct mac *node, usec_t at, usec_t now);
/* Word of a leader in our cloud, also one of our own that others still know. age_s: since it was
 * given, as far as known. It is looked at in the next cut_tick, which is due at once. */
void cut_told(struct cut *c, const struct cut_word *word, uint32_t age_s, usec_t now);
/* It was taken back, or is over. */
void cut_untold(struct cut *c, const struct cut_author *author, usec_t now);

/* We got no time, for so long: who was heard before is not lost for that. */
void cut_starved(struct cut *c, usec_t lost, usec_t now);

void cut_tick(struct cut *c, usec_t now);
usec_t cut_deadline(const struct cut *c);

/* Is there another part, or was there one a moment ago? */
bool cut_is_cut(const struct cut *c);
/* ... and are the ways to it on layer 3 still the better ones? For a shorter time than others are
 * told of ours: so nobody takes one that is just about to end. */
bool cut_routes(const struct cut *c, usec_t now);
/* This node speaks for its part. */
bool cut_leads(const struct cut *c);
/* Was that node's OGM heard lately? Our own is. */
bool cut_hears(const struct cut *c, const struct mac *node, usec_t now);
/* The parts that we are cut from: from *cursor = 0, NULL at the end. */
const struct cut_part *cut_part_next(const struct cut *c, uint32_t *cursor);
/* What is known of that leader's part, cut or not; NULL: nothing. */
const struct cut_part *cut_part_of(const struct cut *c, const struct mac *leader);

#endif
