/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/alfred/alfred.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/alfred/alfred_push.h"
#include "lib/bucket.h"

#define EVENTS_CAP (24 * ALFRED_CHUNKS) /* all that there is may change */
#define ASK_PACKETS 1024
#define ASK_AGAIN (1 * USEC_S)
#define FIRST_SYNC (1 * USEC_S)
#define LONELY_SYNCS 2 /* without any primary, before one is elected */

/* In kB: what a primary with all its room in use tells each 10 s, and some more at once. */
#define INPUT_INTERVAL (USEC_S / 64)
#define INPUT_BURST 640
#define OUTPUT_INTERVAL (USEC_S / 512)
#define OUTPUT_BURST 1024
/* Requests of one sender. */
#define REQUEST_INTERVAL (USEC_S / 5)
#define REQUEST_BURST 30

struct ask {
	bool used;
	bool unsent;
	uint8_t type;
	enum alfred_ask_state state;
	struct mac to;
	uint16_t id;
	bool ended;
	bool lost;	  /* there was no room for a value */
	uint16_t packets; /* that there are, once ended */
	uint16_t got;
	usec_t until, again_at;
	uint8_t seen[ASK_PACKETS / 8];
};

/* Whoever has the same hash shares it. */
struct sender {
	struct bucket input, requests;
};

struct alfred {
	struct mac self;
	bool elects, primary;
	bool announce; /* is due */
	unsigned int lonely;
	struct hash_key key;
	struct rng rng;
	struct alfred_facts facts;
	struct alfred_primary primaries[ALFRED_PRIMARIES];
	unsigned int primary_count;
	struct alfred_pushes pushes;
	struct ask asks[ALFRED_ASKS];
	struct sender senders[ALFRED_SENDERS];
	struct bucket output;
	usec_t sync_at;
	struct outq events;
	_Alignas(8) uint8_t events_buf[EVENTS_CAP];
	struct alfred_counters counters;
};

struct alfred *alfred_new(const struct alfred_setup *setup, usec_t now)
{
	struct alfred *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->self = setup->self;
	a->elects = setup->elects;
	a->rng = setup->rng;
	a->key.k0 = rng_u64(&a->rng);
	a->key.k1 = rng_u64(&a->rng);
	a->sync_at = now + FIRST_SYNC + (usec_t)rng_below(&a->rng, FIRST_SYNC);
	outq_init(&a->events, a->events_buf, sizeof(a->events_buf));
	if (alfred_facts_init(&a->facts, a->key)) {
		free(a);
		return NULL;
	}
	return a;
}

void alfred_free(struct alfred *a)
{
	if (!a)
		return;
	alfred_facts_done(&a->facts);
	free(a);
}

void alfred_move(struct alfred *a, const struct mac *self)
{
	a->self = *self;
}

static uint16_t id_new(struct alfred *a)
{
	return (uint16_t)rng_u32(&a->rng);
}

static uint8_t sender_of(const struct alfred *a, const struct mac *from)
{
	return (uint8_t)(hash_bytes(&a->key, from->b, sizeof(from->b)) % ALFRED_SENDERS);
}

/* ---- primaries ---- */

static struct alfred_primary *primary_find(struct alfred *a, const struct mac *mac)
{
	for (unsigned int i = 0; i < a->primary_count; i++)
		if (mac_eq(&a->primaries[i].mac, mac))
			return &a->primaries[i];
	return NULL;
}

static const struct alfred_primary *primary_best(const struct alfred *a)
{
	const struct alfred_primary *best = NULL;

	for (unsigned int i = 0; i < a->primary_count; i++)
		if (!best || a->primaries[i].tq > best->tq)
			best = &a->primaries[i];
	return best;
}

/* A place for a newcomer: whom nobody can reach need not be there, so inventions take each other's
 * places. At random: they do not know which ones. */
static struct alfred_primary *primary_place(struct alfred *a)
{
	struct alfred_primary *place = NULL;
	uint32_t unreached = 0;

	if (a->primary_count < ALFRED_PRIMARIES)
		return &a->primaries[a->primary_count++];
	a->counters.primaries_full++;
	for (unsigned int i = 0; i < a->primary_count; i++)
		if (!a->primaries[i].tq && rng_below(&a->rng, ++unreached) == 0)
			place = &a->primaries[i];
	return place;
}

static void announced(struct alfred *a, const struct mac *from, usec_t now)
{
	struct alfred_primary *p = primary_find(a, from);

	if (!p) {
		p = primary_place(a);
		if (!p)
			return;
		*p = (struct alfred_primary) { .mac = *from };
	}
	p->seen_at = now;
}

static void primaries_purge(struct alfred *a, usec_t now)
{
	for (unsigned int i = 0; i < a->primary_count;) {
		if (now - a->primaries[i].seen_at < ALFRED_PRIMARY_S * USEC_S)
			i++;
		else
			a->primaries[i] = a->primaries[--a->primary_count];
	}
}

/* Who cannot be reached serves nobody; `than` NULL: whatever its MAC. */
static bool any_primary_below(const struct alfred *a, const struct mac *than)
{
	for (unsigned int i = 0; i < a->primary_count; i++)
		if (a->primaries[i].tq && (!than || mac_cmp(&a->primaries[i].mac, than) < 0))
			return true;
	return false;
}

/* Two that were elected at the same time hear each other, and one of them steps back. */
static void elect(struct alfred *a)
{
	a->lonely = any_primary_below(a, NULL) ? 0 : a->lonely + 1;
	if (!a->primary)
		a->primary = a->lonely > LONELY_SYNCS;
	else if (any_primary_below(a, &a->self))
		a->primary = false;
}

bool alfred_primary_next(const struct alfred *a, uint32_t *cursor, struct alfred_primary *ret)
{
	if (*cursor >= a->primary_count)
		return false;
	*ret = a->primaries[(*cursor)++];
	return true;
}

void alfred_set_tq(struct alfred *a, const struct mac *primary, uint8_t tq)
{
	struct alfred_primary *p = primary_find(a, primary);

	if (p)
		p->tq = tq;
}

bool alfred_is_primary(const struct alfred *a)
{
	return a->primary;
}

void alfred_set_primary(struct alfred *a, bool primary)
{
	a->elects = false;
	a->primary = primary;
}

/* ---- values ---- */

static void fact_changed(struct alfred *a, const struct alfred_block *b)
{
	if (outq_push(&a->events, ALFRED_CHANGED, 0, b->type, &b->source, sizeof(b->source)))
		a->counters.events_lost++;
}

bool alfred_event(struct alfred *a, struct out *ret)
{
	return outq_pop(&a->events, ret);
}

static int own_put(struct alfred *a, const struct alfred_block *b, bool filled, usec_t now)
{
	struct alfred_fact how = { .level = ALFRED_LOCAL, .filled = filled, .seen_at = now };
	bool changed;
	int r = alfred_fact_put(&a->facts, b, &how, &changed);

	if (!r && changed)
		fact_changed(a, b);
	return r;
}

int alfred_set(struct alfred *a, const struct alfred_block *b, usec_t now)
{
	struct alfred_block own = *b;

	if (!mac_is_station(&own.source))
		own.source = a->self;
	if (!mac_eq(&own.source, &a->self) && !a->primary)
		return -EPERM;
	return own_put(a, &own, false, now);
}

int alfred_fill(struct alfred *a, const struct alfred_block *b, usec_t now)
{
	struct alfred_block own = *b;
	const struct alfred_fact *f = alfred_fact_find(&a->facts, &a->self, b->type);

	if (f && f->level == ALFRED_LOCAL && !f->filled)
		return 0;
	own.source = a->self;
	return own_put(a, &own, true, now);
}

/* Is what we have nearer to the source? */
static bool stands(const struct alfred_fact *f, const struct alfred_fact *how)
{
	return f && (f->level == ALFRED_LOCAL ||
		     (f->level == ALFRED_FIRST_HAND && how->level == ALFRED_SYNCED &&
		      how->seen_at - f->seen_at < ALFRED_FIRST_HAND_S * USEC_S));
}

/* 0, also when it is not for us to take; or it found no room. */
static int block_take(struct alfred *a, const struct mac *from, const struct alfred_block *b,
		      usec_t now)
{
	struct alfred_fact how = { .level = ALFRED_SYNCED,
				   .sender = sender_of(a, from),
				   .seen_at = now };
	bool changed;
	int r;

	if (!mac_is_station(&b->source) || mac_eq(&b->source, &a->self))
		return 0;
	if (mac_eq(&b->source, from))
		how.level = ALFRED_FIRST_HAND;
	if (stands(alfred_fact_find(&a->facts, &b->source, b->type), &how))
		return 0;
	r = alfred_fact_put(&a->facts, b, &how, &changed);
	if (!r && changed)
		fact_changed(a, b);
	return r;
}

static void facts_purge(struct alfred *a, usec_t now)
{
	struct alfred_fact *f;

	for (uint32_t i = 0; (f = alfred_fact_next(&a->facts, &i));)
		if (now - f->seen_at >= ALFRED_DATA_S * USEC_S)
			alfred_fact_remove(&a->facts, f);
}

/* ---- questions ---- */

/* A part of the values must not pass for all of them. */
static void ask_look(struct alfred *a, struct ask *k)
{
	if (k->state != ALFRED_ASK_WAITS || !k->ended || k->got < k->packets)
		return;
	k->state = k->lost ? ALFRED_ASK_FAILED : ALFRED_ASK_DONE;
	a->counters.asks_failed += k->lost;
}

static struct ask *ask_find(struct alfred *a, const struct mac *from, uint16_t id)
{
	for (int i = 0; i < ALFRED_ASKS; i++) {
		struct ask *k = &a->asks[i];

		if (k->used && k->id == id && mac_eq(&k->to, from))
			return k;
	}
	return NULL;
}

/* While the answer comes the question is not repeated: others answer each one in full. */
static void ask_got(struct alfred *a, struct ask *k, uint16_t seqno, usec_t now)
{
	uint8_t bit = (uint8_t)(1u << seqno % 8);

	k->again_at = now + ASK_AGAIN;
	if (seqno >= ASK_PACKETS || (k->seen[seqno / 8] & bit))
		return;
	k->seen[seqno / 8] |= bit;
	k->got++;
	ask_look(a, k);
}

int alfred_ask(struct alfred *a, uint8_t type, usec_t now)
{
	const struct alfred_primary *best = primary_best(a);

	if (a->primary || !best)
		return -ENOENT;
	for (int i = 0; i < ALFRED_ASKS; i++) {
		struct ask *k = &a->asks[i];

		if (k->used)
			continue;
		*k = (struct ask) { .used = true,
				    .unsent = true,
				    .type = type,
				    .to = best->mac,
				    .id = id_new(a),
				    .until = now + ALFRED_REQUEST_S * USEC_S,
				    .again_at = now + ASK_AGAIN };
		return i;
	}
	return -ENOSPC;
}

enum alfred_ask_state alfred_ask_state(struct alfred *a, int handle)
{
	struct ask *k;

	assert(handle >= 0 && handle < ALFRED_ASKS && a->asks[handle].used);
	k = &a->asks[handle];
	if (k->state != ALFRED_ASK_WAITS)
		k->used = false;
	return k->state;
}

void alfred_ask_drop(struct alfred *a, int handle)
{
	assert(handle >= 0 && handle < ALFRED_ASKS);
	a->asks[handle].used = false;
}

static void asks_tick(struct alfred *a, usec_t now)
{
	for (int i = 0; i < ALFRED_ASKS; i++) {
		struct ask *k = &a->asks[i];

		if (!k->used || k->state != ALFRED_ASK_WAITS)
			continue;
		if (now >= k->until) {
			k->state = ALFRED_ASK_FAILED;
			a->counters.asks_failed++;
		} else if (now >= k->again_at) {
			k->unsent = true;
			k->again_at = now + ASK_AGAIN;
		}
	}
}

bool alfred_value_next(const struct alfred *a, uint8_t type, uint32_t *cursor, uint16_t id,
		       uint16_t seqno, struct wr *w)
{
	const struct alfred_fact *f;

	while ((f = alfred_fact_next(&a->facts, cursor))) {
		size_t mark;

		if (f->type != type)
			continue;
		mark = alfred_push_begin(w, id, seqno);
		alfred_fact_encode(&a->facts, f, w);
		alfred_push_end(w, mark);
		return true;
	}
	return false;
}

/* ---- what goes out ---- */

static size_t ask_next(struct alfred *a, void *buf, size_t cap, struct mac *ret_to)
{
	for (int i = 0; i < ALFRED_ASKS; i++) {
		struct ask *k = &a->asks[i];
		struct wr w = wr_init(buf, cap);

		if (!k->used || !k->unsent)
			continue;
		k->unsent = false;
		*ret_to = k->to;
		alfred_request_encode(&w, k->type, k->id);
		return wr_len(&w);
	}
	return 0;
}

static size_t datagram_next(struct alfred *a, void *buf, size_t cap, struct mac *ret_to, usec_t now)
{
	size_t len;

	if (a->announce) {
		struct wr w = wr_init(buf, cap);

		a->announce = false;
		*ret_to = MAC_BROADCAST;
		alfred_announce_encode(&w);
		return wr_len(&w);
	}
	len = ask_next(a, buf, cap, ret_to);
	return len ? len : alfred_push_output(&a->pushes, &a->facts, buf, cap, ret_to, now);
}

/* When the largest datagram finds its tokens, whatever the next one will be. */
static usec_t output_at(const struct alfred *a)
{
	return bucket_at(&a->output, 1 + ALFRED_PACKET_MAX / 1024, OUTPUT_INTERVAL, OUTPUT_BURST);
}

/* When the next datagram can go; USEC_NEVER: there is none. */
static usec_t output_deadline(const struct alfred *a)
{
	usec_t next = a->announce ? 0 : alfred_push_deadline(&a->pushes);

	for (int i = 0; i < ALFRED_ASKS; i++)
		if (a->asks[i].used && a->asks[i].unsent)
			next = 0;
	return next > output_at(a) ? next : output_at(a);
}

size_t alfred_output(struct alfred *a, void *buf, size_t cap, struct mac *ret_to, usec_t now)
{
	size_t len;

	assert(cap >= ALFRED_PACKET_MAX);
	if (output_at(a) > now)
		return 0;
	len = datagram_next(a, buf, cap, ret_to, now);
	if (!len)
		return 0;
	(void)bucket_take_many(&a->output, (uint32_t)(1 + len / 1024), OUTPUT_INTERVAL,
			       OUTPUT_BURST, now);
	a->counters.sent++;
	return len;
}

/* ---- what comes in ---- */

static void pushed(struct alfred *a, const struct mac *from, struct alfred_msg *m, usec_t now)
{
	struct ask *k = ask_find(a, from, m->id);
	struct alfred_block b;
	bool lost = false;

	/* To a secondary only what it has asked for. */
	if (!a->primary && !k)
		return;
	while (alfred_block_next(&m->blocks, &b))
		lost = block_take(a, from, &b, now) || lost;
	if (!k)
		return;
	k->lost = k->lost || lost;
	ask_got(a, k, m->seqno, now);
}

static void ended(struct alfred *a, const struct mac *from, const struct alfred_msg *m)
{
	struct ask *k = ask_find(a, from, m->id);

	if (!k)
		return;
	k->ended = true;
	k->packets = m->seqno;
	ask_look(a, k);
}

static int requested(struct alfred *a, const struct mac *from, const struct alfred_msg *m,
		     usec_t now)
{
	uint8_t sender = sender_of(a, from);

	if (!bucket_take(&a->senders[sender].requests, REQUEST_INTERVAL, REQUEST_BURST, now)) {
		a->counters.over_rate++;
		return -EBUSY;
	}
	if (alfred_push_answer(&a->pushes, from, sender, m->type, m->id)) {
		a->counters.pushes_full++;
		return -EBUSY;
	}
	return 0;
}

static int msg_handle(struct alfred *a, const struct mac *from, struct alfred_msg *m, usec_t now)
{
	switch (m->packet) {
	case ALFRED_PUSH_DATA:
		pushed(a, from, m, now);
		return 0;
	case ALFRED_ANNOUNCE_PRIMARY:
		announced(a, from, now);
		return 0;
	case ALFRED_REQUEST:
		return requested(a, from, m, now);
	case ALFRED_STATUS_TXEND:
		ended(a, from, m);
		return 0;
	case ALFRED_STATUS_ERROR:
	case ALFRED_MODESWITCH:
	case ALFRED_CHANGE_INTERFACE:
	case ALFRED_CHANGE_BAT_IFACE:
	case ALFRED_SERVER_STATUS:
	case ALFRED_EVENT_REGISTER:
	case ALFRED_EVENT_NOTIFY:
		break;
	}
	/* those are of the Unix socket */
	a->counters.malformed++;
	return -EPROTONOSUPPORT;
}

int alfred_input(struct alfred *a, const struct mac *from, bool to_all, const void *data,
		 size_t len, usec_t now)
{
	struct sender *s = &a->senders[sender_of(a, from)];
	struct alfred_msg m;
	int r;

	a->counters.received++;
	if (!bucket_take_many(&s->input, (uint32_t)(1 + len / 1024), INPUT_INTERVAL, INPUT_BURST,
			      now)) {
		a->counters.over_rate++;
		return -EBUSY;
	}
	r = alfred_decode(rd_init(data, len), &m);
	if (r) {
		a->counters.malformed++;
		return r;
	}
	/* or all nodes of a cloud would answer one question */
	if (to_all && m.packet != ALFRED_ANNOUNCE_PRIMARY) {
		a->counters.to_all++;
		return -EPERM;
	}
	return msg_handle(a, from, &m, now);
}

/* ---- time ---- */

static void sync_start(struct alfred *a, const struct mac *to, enum alfred_level level)
{
	if (alfred_push_sync(&a->pushes, to, level, id_new(a)))
		a->counters.pushes_full++;
}

static void sync(struct alfred *a)
{
	const struct alfred_primary *best = primary_best(a);

	a->announce = a->primary;
	if (!a->primary && best)
		sync_start(a, &best->mac, ALFRED_LOCAL);
	for (unsigned int i = 0; a->primary && i < a->primary_count; i++)
		sync_start(a, &a->primaries[i].mac, ALFRED_FIRST_HAND);
}

void alfred_tick(struct alfred *a, usec_t now)
{
	asks_tick(a, now);
	if (now < a->sync_at)
		return;
	a->sync_at = now + ALFRED_SYNC_S * USEC_S;
	facts_purge(a, now);
	primaries_purge(a, now);
	if (a->elects)
		elect(a);
	sync(a);
}

usec_t alfred_deadline(const struct alfred *a)
{
	usec_t next = usec_min(a->sync_at, output_deadline(a));

	for (int i = 0; i < ALFRED_ASKS; i++) {
		const struct ask *k = &a->asks[i];

		if (k->used && k->state == ALFRED_ASK_WAITS)
			next = usec_min(next, usec_min(k->until, k->again_at));
	}
	return next;
}

const struct alfred_counters *alfred_counters(const struct alfred *a)
{
	return &a->counters;
}

const struct alfred_facts *alfred_facts(const struct alfred *a)
{
	return &a->facts;
}
