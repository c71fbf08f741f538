/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Datagrams from peers. A datagram is checked whole before anything of it counts. What is answered
 * at once (acknowledgements, digests, versions) goes out in one datagram or a few; records go out
 * in the next tick.
 *
 * A digest that differs is acted upon when nothing is on the way that would explain it, and when no
 * other peer is filling us: two at once would send the same. Before that the peer must have told us
 * of the cloud's age: what lay on our disk may be over.
 */
#include "core/state/state_internal.h"

#include <errno.h>
#include <string.h>

struct answer {
	struct state *s;
	struct state_peer *p;
	struct wr w;
	bool open;
	bool told; /* once is enough */
	uint8_t buf[STATE_DATAGRAM_MAX];
};

static void answer_send(struct answer *a)
{
	size_t len;

	if (!a->open)
		return;
	a->open = false;
	len = state_peer_finish(a->s, a->p, &a->w);
	/* if it is lost here, the peer repeats, as if it were lost on the way */
	if (outq_push(a->s->out, STATE_SEND, a->p->handle, 0, a->buf, len) < 0)
		state_count_up(a->s, STATE_C_OUT_FULL);
}

/* A writer with room for an item of len bytes. */
static struct wr *answer_room(struct answer *a, size_t len)
{
	if (a->open && wr_left(&a->w) < len + 3)
		answer_send(a);
	if (!a->open) {
		a->w = state_peer_begin(a->s, a->p, a->buf);
		a->open = true;
	}
	return &a->w;
}

/* Room for a digest answer within the pace; NULL: the next summary begins again. */
static struct wr *digest_room(struct answer *a, size_t len, usec_t now)
{
	if (state_peer_take(&a->p->digest_pace, (uint32_t)len, now))
		return answer_room(a, len);
	state_count_up(a->s, STATE_C_REPAIR_DEFERRED);
	return NULL;
}

static void answer_nodes(struct answer *a, uint8_t scope, uint8_t depth, uint16_t index, usec_t now)
{
	struct state_msg_place place = { .scope = scope, .depth = depth, .index = index };
	struct wr *w = digest_room(a, 4 + STATE_MSG_FANOUT * 8, now);
	const struct state_tree *t = &a->s->trees[scope];
	size_t mark;

	if (!w)
		return;
	mark = state_msg_item_begin(w, STATE_ITEM_NODES);
	state_msg_write_place(w, STATE_ITEM_NODES, &place);
	for (uint32_t i = 0; i < STATE_MSG_FANOUT; i++)
		wr_u64(w, t->sum[state_store_node(depth + 1u, index * STATE_MSG_FANOUT + i)]);
	state_msg_item_end(w, mark);
}

/* The records below a node of the tree, one after the other. */
struct below {
	const struct state *s;
	const struct state_tree *tree;
	uint32_t leaf, end;
	uint32_t next; /* slot + 1 */
};

static struct below below_init(const struct state *s, uint8_t scope, unsigned int depth,
			       uint32_t index)
{
	unsigned int shift = 4 * (STATE_MSG_DEPTH - depth);
	const struct state_tree *t = &s->trees[scope];
	uint32_t end = t->count[state_store_node(depth, index)] ? index + 1 : index;

	return (struct below) { .s = s, .tree = t, .leaf = index << shift, .end = end << shift };
}

/* May all records below that node be compared with so many hashes, within the pace of what the peer
 * has us look at? If not, the next summary begins again. */
static bool may_look(struct answer *a, const struct state_msg_place *place, size_t hashes,
		     usec_t now)
{
	uint32_t leaves = 1u << 4 * (STATE_MSG_DEPTH - place->depth);
	uint32_t at = state_store_node(place->depth, place->index);
	uint32_t looks = a->s->trees[place->scope].count[at] + leaves / 16 + 1;

	if (state_peer_take(&a->p->look_pace, looks * ((uint32_t)hashes / 16 + 1), now))
		return true;
	state_count_up(a->s, STATE_C_REPAIR_DEFERRED);
	return false;
}

static struct state_record *below_next(struct below *b)
{
	struct state_record *rec;

	while (!b->next) {
		if (b->leaf == b->end)
			return NULL;
		b->next = b->tree->head[b->leaf++];
	}
	rec = state_store_at(b->s, b->next - 1);
	b->next = rec->leaf_next;
	return rec;
}

static bool list_has(struct rd list, uint64_t hash)
{
	while (rd_left(&list))
		if (rd_u64(&list) == hash)
			return true;
	return false;
}

/* only: NULL, or the other's list, of which we name what we have too. */
static void answer_list(struct answer *a, struct state_msg_place place, const struct rd *only,
			usec_t now)
{
	struct below b = below_init(a->s, place.scope, place.depth, place.index);
	uint32_t at = state_store_node(place.depth, place.index), n = 0;
	size_t max = only ? rd_left(only) / 8 : a->s->trees[place.scope].count[at];
	const struct state_record *rec;
	struct wr *w;
	size_t mark;

	if (max > STATE_MSG_LIST_MAX)
		max = STATE_MSG_LIST_MAX;
	w = digest_room(a, 5 + max * 8, now);
	if (!w)
		return;
	place.flags = only ? STATE_MSG_REPLY : 0;
	mark = state_msg_item_begin(w, STATE_ITEM_LIST);
	state_msg_write_place(w, STATE_ITEM_LIST, &place);
	while (n < max && (rec = below_next(&b))) {
		if (only && !list_has(*only, rec->hash))
			continue;
		wr_u64(w, rec->hash);
		n++;
	}
	state_msg_item_end(w, mark);
}

/* Everything below a node that is not in the list goes to the peer, paced. */
static void send_below(struct answer *a, const struct state_msg_place *place, struct rd list)
{
	struct below b = below_init(a->s, place->scope, place->depth, place->index);
	struct state_record *rec;

	while ((rec = below_next(&b)))
		if (!list_has(list, rec->hash))
			state_peer_want(a->s, a->p, rec, true);
}

/* Nobody can hold that place for ever by promising much. */
static bool is_filling(const struct state *s, usec_t now)
{
	return now < s->fill_until && now - s->fill_since < STATE_FILL_MAX;
}

static bool filled_by_other(const struct state *s, const struct state_peer *p, usec_t now)
{
	return is_filling(s, now) && s->fill_peer != p->handle;
}

/* What is missing here will come from this peer; others, who have the same, are not asked. */
static void expect_fill(struct state *s, const struct state_peer *p, usec_t now, usec_t span)
{
	if (s->fill_peer != p->handle || now >= s->fill_until) {
		s->fill_since = now;
		s->fill_until = now;
	}
	s->fill_peer = p->handle;
	if (now + span > s->fill_until)
		s->fill_until = now + span;
}

static bool has_scope(struct state *s, const struct state_peer *p, uint8_t scope)
{
	if (p->scopes & STATE_SCOPE_BIT(scope))
		return true;
	state_count_up(s, STATE_C_DROP_SCOPE);
	return false;
}

static void handle_nodes(struct answer *a, struct rd body, usec_t now)
{
	struct state_msg_place place = state_msg_read_place(&body, STATE_ITEM_NODES), child;
	struct state *s = a->s;

	if (!a->p->told || !has_scope(s, a->p, place.scope) || filled_by_other(s, a->p, now))
		return;
	expect_fill(s, a->p, now, STATE_FILL_ASKED);
	child = place;
	child.depth++;
	for (uint16_t i = 0; i < STATE_MSG_FANOUT; i++) {
		uint64_t theirs = rd_u64(&body);
		uint32_t at;

		child.index = (uint16_t)(place.index * STATE_MSG_FANOUT + i);
		at = state_store_node(child.depth, child.index);
		if (s->trees[place.scope].sum[at] == theirs)
			continue;
		if (theirs == 0 && may_look(a, &child, 0, now))
			send_below(a, &child, rd_init(NULL, 0));
		else if (theirs == 0)
			return;
		else if (child.depth == STATE_MSG_DEPTH ||
			 s->trees[place.scope].count[at] <= STATE_LIST_SMALL)
			answer_list(a, child, NULL, now);
		else
			answer_nodes(a, child.scope, child.depth, child.index, now);
	}
}

/* Does the peer have what is not here? */
static bool list_has_news(const struct state *s, const struct state_msg_place *place,
			  struct rd list)
{
	while (rd_left(&list)) {
		struct below b = below_init(s, place->scope, place->depth, place->index);
		uint64_t hash = rd_u64(&list);
		const struct state_record *rec;

		while ((rec = below_next(&b)) && rec->hash != hash)
			;
		if (!rec)
			return true;
	}
	return false;
}

static void handle_list(struct answer *a, struct rd body, usec_t now)
{
	struct state_msg_place place = state_msg_read_place(&body, STATE_ITEM_LIST);

	if (!a->p->told || !has_scope(a->s, a->p, place.scope) ||
	    !may_look(a, &place, rd_left(&body) / 8, now))
		return;
	send_below(a, &place, body);
	if (place.flags & STATE_MSG_REPLY || filled_by_other(a->s, a->p, now))
		return;
	if (list_has_news(a->s, &place, body))
		answer_list(a, place, &body, now);
}

/* Something is on its way that may make us equal: wait for it, but not for ever. */
static bool too_early(const struct state *s, struct state_peer *p, uint32_t missing, usec_t now)
{
	if (is_filling(s, now) || p->n_bulk)
		return true;
	if (missing > p->n_lacks + STATE_LIST_SMALL)
		return false;
	return (p->n_lacks || now - p->records_at < 2 * STATE_REPEAT_MIN) && ++p->mismatches < 3;
}

/* scopes: where the peer differs; missing: by so many records at least. true: a repair begins. */
static bool handle_mismatch(struct answer *a, uint8_t scopes, uint32_t missing, usec_t now)
{
	struct state *s = a->s;
	struct state_peer *p = a->p;

	p->summary_at = usec_min(p->summary_at, now + USEC_S);
	if (!p->told || now < p->repair_at || too_early(s, p, missing, now))
		return false;
	/* a repair that brought nothing (a full table somewhere) is tried ever more rarely */
	p->repair_wait =
		p->gain ? STATE_REPAIR_MIN : usec_min(2 * p->repair_wait, STATE_REPAIR_MAX);
	p->gain = false;
	p->repair_at = now + p->repair_wait / 2;
	p->mismatches = 0;
	state_count_up(s, STATE_C_REPAIRS);
	for (uint8_t scope = 0; scope < STATE_SCOPES; scope++)
		if (scopes & STATE_SCOPE_BIT(scope))
			answer_nodes(a, scope, 0, 0, now);
	return true;
}

/* The peer knows by a summary of ours that we are equal. */
static bool knows_us(const struct state *s, const struct state_peer *p)
{
	for (uint8_t scope = 0; scope < STATE_SCOPES; scope++)
		if (p->scopes & STATE_SCOPE_BIT(scope) && p->said[scope] != s->trees[scope].sum[0])
			return false;
	return true;
}

static void handle_summary(struct answer *a, struct rd body, usec_t now)
{
	usec_t interval = a->s->conf.summary_ms * USEC_MS;
	struct state_peer *p = a->p;
	uint8_t differ = 0;
	uint32_t missing = 0, here = 0;

	while (rd_left(&body)) {
		uint8_t scope = rd_u8(&body), bit = STATE_SCOPE_BIT(scope);
		uint32_t theirs = rd_u32(&body), ours = a->s->trees[scope].count[0];
		uint64_t sum = rd_u64(&body);

		if (!has_scope(a->s, p, scope))
			continue;
		if (theirs == ours && sum == a->s->trees[scope].sum[0]) {
			p->synced |= bit;
			continue;
		}
		/* while we tell it of one record after the other it is always some behind */
		if (!p->n_lacks || theirs >= ours)
			p->synced &= (uint8_t)~bit;
		differ |= bit;
		missing += theirs > ours ? theirs - ours : ours - theirs;
		here += theirs > ours ? theirs - ours : 0;
	}
	if (differ && handle_mismatch(a, differ, missing, now) && here > STATE_LIST_SMALL)
		expect_fill(a->s, p, now, STATE_FILL_ASKED);
	if (p->synced != p->scopes || !p->told)
		return;
	p->mismatches = 0;
	p->gain = true;
	if (!knows_us(a->s, p)) {
		p->summary_at = usec_min(p->summary_at, now + 100 * USEC_MS);
		return;
	}
	/* both know now: one voice per interval is enough, and it is our turn */
	p->summary_at = now + interval * 3 / 4 + rng_below(&a->s->rng, (uint32_t)(interval / 2));
}

/* What became of the records of a datagram. */
struct fate {
	bool any;
	bool refused;  /* some could not be stored */
	bool deferred; /* some must come again, all of the datagram does */
};

static void handle_records(struct state *s, struct state_peer *p, struct rd body, bool bulk,
			   struct fate *fate, usec_t now)
{
	fate->any = true;
	p->records_at = now;
	if (bulk && !filled_by_other(s, p, now))
		expect_fill(s, p, now, STATE_FILL_QUIET);
	while (rd_left(&body)) {
		struct state_msg_record m;
		enum state_verdict verdict;

		state_msg_read_record(&body, &m);
		s->counters[STATE_C_RECEIVED_RECORDS]++;
		verdict = state_merge(s, p, &m, bulk, now);
		fate->refused |= verdict == STATE_REFUSED;
		fate->deferred |= verdict == STATE_DEFERRED;
		p->gain |= bulk && verdict == STATE_NEWS;
	}
}

static void handle_acks(struct state *s, struct state_peer *p, struct rd body, bool refused,
			usec_t now)
{
	while (rd_left(&body))
		state_peer_acked(s, p, rd_u32(&body), refused, now);
}

/* At once as long as that is rare, else with the next summaries: each peer may find that it is news
 * and do the same. */
static void tell_all(struct state *s, usec_t now)
{
	bool at_once = bucket_take(&s->news_pace, STATE_NEWS_INTERVAL, STATE_NEWS_BURST, now);

	for (uint32_t i = 0; i < s->n_peers; i++) {
		s->peers[i].tell_due = true;
		if (at_once)
			s->peers[i].summary_at = now;
	}
}

/* Nobody proves what he tells of our versions; a record in our name shows the rest of the way. */
static void handle_told_version(struct state *s, uint32_t epoch, uint32_t counter)
{
	uint32_t before = s->epoch;

	if (s->told_epochs >= STATE_TELL_SUM)
		return;
	if (epoch > s->epoch && epoch - s->epoch > STATE_TELL_JUMP) {
		epoch = s->epoch + STATE_TELL_JUMP;
		counter = 0;
	}
	if (!state_merge_surpass(s, epoch, counter))
		state_count_up(s, STATE_C_DROP_EPOCH);
	s->told_epochs += s->epoch - before;
}

static void handle_tell(struct state *s, struct state_peer *p, struct rd body, usec_t now)
{
	uint32_t epoch = rd_u32(&body), counter = rd_u32(&body);
	uint32_t cloud_s = rd_u32(&body), fresh_s = rd_u32(&body);

	if (p->scopes & STATE_SCOPE_BIT(STATE_CLOUD) && state_age_told(s, cloud_s, fresh_s, now))
		tell_all(s, now);
	if (p->told)
		return; /* asked once, believed once */
	p->told = true;
	p->summary_at = now; /* what differs had to wait for this */
	handle_told_version(s, epoch, counter);
}

static void handle_ask(struct answer *a, usec_t now)
{
	if (!a->told)
		state_peer_write_tell(a->s, a->p, answer_room(a, 16), now);
	a->told = true;
}

static void handle_items(struct answer *a, struct rd r, uint32_t seq, usec_t now)
{
	struct fate fate = { .any = false };
	struct rd body;
	uint8_t type;

	while (state_msg_item(&r, &type, &body)) {
		switch (type) {
		case STATE_ITEM_PUSH:
		case STATE_ITEM_BULK:
			handle_records(a->s, a->p, body, type == STATE_ITEM_BULK, &fate, now);
			break;
		case STATE_ITEM_ACK:
		case STATE_ITEM_REFUSED:
			handle_acks(a->s, a->p, body, type == STATE_ITEM_REFUSED, now);
			break;
		case STATE_ITEM_SUMMARY:
			handle_summary(a, body, now);
			break;
		case STATE_ITEM_NODES:
			handle_nodes(a, body, now);
			break;
		case STATE_ITEM_LIST:
			handle_list(a, body, now);
			break;
		case STATE_ITEM_ASK:
			handle_ask(a, now);
			break;
		case STATE_ITEM_TELL:
			handle_tell(a->s, a->p, body, now);
			break;
		case STATE_ITEM_TALK:
			if (has_scope(a->s, a->p, STATE_CLOUD))
				state_talk_heard(a->s, a->p, body, now);
			break;
		}
	}
	if (fate.any && !fate.deferred) {
		struct wr *w = answer_room(a, 4);
		size_t mark =
			state_msg_item_begin(w, fate.refused ? STATE_ITEM_REFUSED : STATE_ITEM_ACK);

		wr_u32(w, seq);
		state_msg_item_end(w, mark);
	}
	answer_send(a);
}

/* An id that was learnt may change when another node came to that place. Nobody else can say so in
 * what is sealed for us; but a greeting is good for anybody who passes it on, and what is not
 * sealed anybody writes, so for these the peer must have been silent. */
static bool sender_ok(const struct state_peer *p, const struct state_msg_header *h, usec_t now)
{
	static const struct state_node zero;

	return memcmp(&p->id, &h->sender, sizeof(h->sender)) == 0 ||
	       (!p->id_fixed && (h->addressed || memcmp(&p->id, &zero, sizeof(zero)) == 0 ||
				 now - p->heard_at > 10 * USEC_S));
}

/* A greeting of another one than is known to be there. */
static bool is_other_greeting(const struct state_peer *p, const struct state_msg_header *h)
{
	return h->sealed && !h->addressed && !p->id_fixed;
}

static int drop(struct state *s, enum state_counter why, int error)
{
	state_count_up(s, why);
	return error;
}

/* It is there, and hears us. */
static void note_heard(struct state *s, struct state_peer *p, size_t len, usec_t now)
{
	if (now - p->heard_at > 5 * USEC_S)
		p->tries = 0; /* it is back: what waits for it goes out now */
	p->heard_at = now;
	state_peer_heard(s, p);
	p->received_bytes += len;
}

static int header_error(struct state *s, int r)
{
	if (r == -EPROTO)
		return drop(s, STATE_C_DROP_MAGIC, r);
	return drop(s, r == -EPROTONOSUPPORT ? STATE_C_DROP_VERSION : STATE_C_DROP_MALFORMED, r);
}

/* It is asked, and nothing else of it counts: if it is there, and not only what it has once said,
 * it answers with what is sealed for us. */
static int ask_other(struct answer *a, const struct state_msg_header *h)
{
	struct state_peer *p = a->p;
	struct state_node id = p->id;
	uint32_t epoch = p->epoch;
	struct wr *w;

	if (!state_seal_seen(a->s, h))
		return drop(a->s, STATE_C_DROP_AUTHORS_FULL, -ENOSPC);
	p->id = h->sender;
	p->epoch = h->epoch;
	w = answer_room(a, 0);
	state_msg_item_end(w, state_msg_item_begin(w, STATE_ITEM_ASK));
	answer_send(a);
	p->id = id;
	p->epoch = epoch;
	return 0;
}

int state_input(struct state *s, uint16_t handle, const uint8_t *datagram, size_t len, usec_t now)
{
	struct state_peer *p = state_peer_find(s, handle);
	struct rd r = rd_init(datagram, len);
	struct state_msg_header h;
	struct answer a;
	bool is_known;
	int error;

	s->counters[STATE_C_RECEIVED]++;
	s->counters[STATE_C_RECEIVED_BYTES] += len;
	if (!p)
		return drop(s, STATE_C_DROP_PEER, -ENOENT);
	if (len > STATE_DATAGRAM_MAX)
		return drop(s, STATE_C_DROP_SIZE, -EMSGSIZE);
	if (!state_peer_take(&p->input_pace, (uint32_t)len, now))
		return drop(s, STATE_C_DROP_RATE, -EBUSY);
	error = state_msg_read_header(&r, &h);
	if (error)
		return header_error(s, error);
	if (memcmp(&h.sender, &s->conf.id, sizeof(h.sender)) == 0)
		return drop(s, STATE_C_DROP_ECHO, -ELOOP);
	a.s = s;
	a.p = p;
	a.open = a.told = false;
	is_known = sender_ok(p, &h, now);
	if (!is_known && !is_other_greeting(p, &h))
		return drop(s, STATE_C_DROP_SENDER, -EPERM);
	error = state_open(s, p, &h, datagram, &r, now);
	if (error)
		return error;
	if (!state_msg_check(r))
		return drop(s, STATE_C_DROP_MALFORMED, -EBADMSG);
	if (!is_known)
		return ask_other(&a, &h);
	error = state_seal_note(s, p, &h);
	if (error)
		return error;
	if (!h.sealed || h.addressed)
		note_heard(s, p, len, now);
	handle_items(&a, r, (uint32_t)h.seq, now);
	state_event_emit(s);
	return 0;
}
