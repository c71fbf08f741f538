/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/state/state_msg.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "lib/hash.h"

enum record_flag {
	FLAG_SHARED = 1,
	FLAG_NETWORK = 2,
	FLAG_DELETED = 4,
	FLAG_SIGNED = 8,
	FLAG_ALL = 15
};

/* Beside the version. */
enum header_flag { HEADER_VERSION = 0x3f, HEADER_ADDRESSED = 0x40, HEADER_SEALED = 0x80 };

/* Known to everybody, so that hashes are comparable. */
static const struct hash_key digest_key = { 0x7472616d61207374, 0x6174652064696765 };

static_assert(sizeof(struct state_full_key) == 44, "a key has no padding");

static uint32_t read_varint(struct rd *r)
{
	uint64_t v = 0;
	uint8_t b = 0;

	for (unsigned int shift = 0; shift < 35; shift += 7) {
		b = rd_u8(r);
		v |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80)) {
			r->bad |= v > UINT32_MAX || (b == 0 && shift);
			return r->bad ? 0 : (uint32_t)v;
		}
	}
	r->bad = true;
	return 0;
}

static void write_varint(struct wr *w, uint32_t v)
{
	while (v >= 0x80) {
		wr_u8(w, (uint8_t)(v | 0x80));
		v >>= 7;
	}
	wr_u8(w, (uint8_t)v);
}

int state_msg_read_header(struct rd *r, struct state_msg_header *ret)
{
	uint8_t magic = rd_u8(r), version = rd_u8(r);
	struct state_msg_header h = { .sealed = version & HEADER_SEALED,
				      .addressed = version & HEADER_ADDRESSED };

	rd_copy(r, h.sender.b, sizeof(h.sender.b));
	h.epoch = rd_u32(r);
	h.seq = (uint64_t)rd_u16(r) << 32;
	h.seq |= rd_u32(r);
	if (magic != STATE_MSG_MAGIC)
		return -EPROTO;
	if ((version & HEADER_VERSION) != STATE_MSG_VERSION)
		return -EPROTONOSUPPORT;
	if (!rd_ok(r) || (h.addressed && !h.sealed))
		return -EBADMSG;
	*ret = h;
	return 0;
}

void state_msg_write_header(struct wr *w, const struct state_msg_header *h)
{
	wr_u8(w, STATE_MSG_MAGIC);
	wr_u8(w, (uint8_t)(STATE_MSG_VERSION | (h->sealed ? HEADER_SEALED : 0) |
			   (h->addressed ? HEADER_ADDRESSED : 0)));
	wr_bytes(w, h->sender.b, sizeof(h->sender.b));
	wr_u32(w, h->epoch);
	wr_u16(w, (uint16_t)(h->seq >> 32));
	wr_u32(w, (uint32_t)h->seq);
}

bool state_msg_item(struct rd *r, uint8_t *ret_type, struct rd *ret_body)
{
	if (rd_left(r) == 0)
		return false;
	*ret_type = rd_u8(r);
	*ret_body = rd_sub(r, rd_u16(r));
	return rd_ok(r);
}

size_t state_msg_item_begin(struct wr *w, enum state_item type)
{
	wr_u8(w, (uint8_t)type);
	wr_u16(w, 0);
	return wr_mark(w);
}

void state_msg_item_end(struct wr *w, size_t mark)
{
	wr_patch_u16(w, mark - 2, (uint16_t)(wr_mark(w) - mark));
}

size_t state_msg_proof_size(uint8_t kind)
{
	return kind == STATE_OWNED ? STATE_MSG_PROOF_MAX : STATE_SIGNATURE_SIZE;
}

bool state_msg_read_record(struct rd *r, struct state_msg_record *ret)
{
	struct state_msg_record m = { 0 };
	uint32_t len;
	uint8_t flags;

	m.quiet_s = read_varint(r);
	m.age_s = read_varint(r);
	m.age_s = m.age_s > UINT32_MAX - m.quiet_s ? UINT32_MAX : m.quiet_s + m.age_s;
	flags = rd_u8(r);
	m.key.kind = flags & FLAG_SHARED ? STATE_SHARED : STATE_OWNED;
	m.key.scope = flags & FLAG_NETWORK ? STATE_NETWORK : STATE_CLOUD;
	m.deleted = flags & FLAG_DELETED;
	m.key.key.type = rd_u8(r);
	m.key.key.len = rd_u8(r);
	if (m.key.key.len > STATE_ID_MAX)
		r->bad = true;
	else
		rd_copy(r, m.key.key.id, m.key.key.len);
	rd_copy(r, m.author.b, sizeof(m.author.b));
	m.epoch = read_varint(r);
	if (m.key.kind == STATE_OWNED) {
		m.counter = read_varint(r);
		m.key.author = m.author;
	}
	m.lifetime_s = read_varint(r);
	len = read_varint(r);
	r->bad |= flags & ~FLAG_ALL || len > STATE_VALUE_MAX || (m.deleted && len);
	m.len = (uint16_t)len;
	m.value = rd_take(r, len);
	if (flags & FLAG_SIGNED)
		m.proof = rd_take(r, state_msg_proof_size(m.key.kind));
	*ret = m;
	return rd_ok(r);
}

static void write_body(struct wr *w, const struct state_msg_record *m)
{
	wr_u8(w, (uint8_t)((m->key.kind == STATE_SHARED ? FLAG_SHARED : 0) |
			   (m->key.scope == STATE_NETWORK ? FLAG_NETWORK : 0) |
			   (m->deleted ? FLAG_DELETED : 0) | (m->proof ? FLAG_SIGNED : 0)));
	wr_u8(w, m->key.key.type);
	wr_u8(w, m->key.key.len);
	wr_bytes(w, m->key.key.id, m->key.key.len);
	wr_bytes(w, m->author.b, sizeof(m->author.b));
	write_varint(w, m->epoch);
	if (m->key.kind == STATE_OWNED)
		write_varint(w, m->counter);
	write_varint(w, m->lifetime_s);
	write_varint(w, m->len);
	wr_bytes(w, m->value, m->len);
}

void state_msg_write_record(struct wr *w, const struct state_msg_record *m)
{
	write_varint(w, m->quiet_s);
	write_varint(w, m->age_s - m->quiet_s);
	write_body(w, m);
	if (m->proof)
		wr_bytes(w, m->proof, state_msg_proof_size(m->key.kind));
}

void state_msg_write_signed(struct wr *w, const struct state_msg_record *m)
{
	static const uint8_t none[STATE_MSG_PROOF_MAX];
	struct state_msg_record copy = *m;

	copy.proof = none; /* the flag is signed, too */
	wr_bytes(w, STATE_MSG_PURPOSE, sizeof(STATE_MSG_PURPOSE));
	write_body(w, &copy);
}

struct state_msg_place state_msg_read_place(struct rd *r, enum state_item type)
{
	struct state_msg_place p = { .scope = rd_u8(r) };
	unsigned int depth_min = 0, depth_max = STATE_MSG_DEPTH - 1;

	p.depth = rd_u8(r);
	if (type == STATE_ITEM_LIST) {
		p.flags = rd_u8(r);
		depth_min = 1; /* to compare a list with all records would be a lot of work */
		depth_max = STATE_MSG_DEPTH;
	}
	p.index = rd_u16(r);
	if (p.scope >= STATE_SCOPES || p.depth > depth_max || p.depth < depth_min ||
	    p.index >> 4 * p.depth)
		r->bad = true;
	return p;
}

void state_msg_write_place(struct wr *w, enum state_item type, const struct state_msg_place *p)
{
	wr_u8(w, p->scope);
	wr_u8(w, p->depth);
	if (type == STATE_ITEM_LIST)
		wr_u8(w, p->flags);
	wr_u16(w, p->index);
}

static bool records_ok(struct rd r)
{
	struct state_msg_record m;

	if (!rd_left(&r))
		return false;
	while (rd_left(&r))
		if (!state_msg_read_record(&r, &m))
			return false;
	return rd_done(&r);
}

static bool summary_ok(struct rd r)
{
	if (!rd_left(&r))
		return false;
	while (rd_left(&r)) {
		if (rd_u8(&r) >= STATE_SCOPES)
			return false;
		rd_skip(&r, 12);
	}
	return rd_done(&r);
}

static bool talk_ok(struct rd r)
{
	uint8_t len;

	rd_skip(&r, 1);
	len = rd_u8(&r);
	return rd_ok(&r) && len <= STATE_TALK_MAX && rd_left(&r) == len;
}

static bool item_ok(uint8_t type, struct rd body)
{
	size_t left = rd_left(&body);

	switch (type) {
	case STATE_ITEM_PUSH:
	case STATE_ITEM_BULK:
		return records_ok(body);
	case STATE_ITEM_ACK:
	case STATE_ITEM_REFUSED:
		return left && left % 4 == 0;
	case STATE_ITEM_SUMMARY:
		return summary_ok(body);
	case STATE_ITEM_NODES:
		state_msg_read_place(&body, STATE_ITEM_NODES);
		return rd_ok(&body) && rd_left(&body) == STATE_MSG_FANOUT * 8;
	case STATE_ITEM_LIST:
		state_msg_read_place(&body, STATE_ITEM_LIST);
		left = rd_left(&body);
		return rd_ok(&body) && left % 8 == 0 && left <= STATE_MSG_LIST_MAX * 8;
	case STATE_ITEM_ASK:
		return left == 0;
	case STATE_ITEM_TELL:
		return left == 16;
	case STATE_ITEM_TALK:
		return talk_ok(body);
	}
	return true;
}

bool state_msg_check(struct rd r)
{
	struct rd body;
	uint8_t type;

	while (state_msg_item(&r, &type, &body))
		if (!item_ok(type, body))
			return false;
	return rd_done(&r);
}

uint64_t state_msg_hash(const struct state_msg_record *m)
{
	uint8_t buf[STATE_MSG_RECORD_MAX];
	struct wr w = wr_init(buf, sizeof(buf));

	write_body(&w, m);
	return hash_bytes(&digest_key, buf, wr_len(&w));
}

uint16_t state_msg_leaf(const struct state_full_key *key)
{
	return (uint16_t)(hash_bytes(&digest_key, key, sizeof(*key)) % STATE_MSG_LEAVES);
}

int state_msg_compare(const struct state_msg_record *a, uint64_t hash_a,
		      const struct state_msg_record *b, uint64_t hash_b)
{
	int c;

	if (a->epoch != b->epoch)
		return a->epoch < b->epoch ? -1 : 1;
	if (a->counter != b->counter)
		return a->counter < b->counter ? -1 : 1;
	c = memcmp(&a->author, &b->author, sizeof(a->author));
	if (c)
		return c;
	/* one version, two contents: an author that forgot itself. Everybody must still agree. */
	if (a->deleted != b->deleted)
		return a->deleted ? 1 : -1;
	return hash_a < hash_b ? -1 : hash_a > hash_b;
}
