/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RFC 2131 section 4.3. All nodes of a cloud answer as one server, whose identifier is the anycast
 * address, so a client that asks another node than before does not notice.
 */
#include "core/lease/serve.h"

#include <string.h>

#include "core/lease/answer.h"
#include "lib/hash.h"
#include "lib/text.h"

enum {
	ID_HASHED = 0xff,
};

#define OFFER_LIFE (60 * USEC_S)
/* until a node that renews a lease has heard that we have ended it; clients ask again after 4 s */
#define REUSE_WAIT (3 * USEC_S)
#define REFRESH_LATE (LEASE_REFRESH + 300 * USEC_S) /* its node should have done it */

enum verdict {
	VERDICT_ACK,
	VERDICT_NAK,
	VERDICT_SILENT,
};

static const struct ip4 none;

static void count(struct serve *s, enum lease_counter c)
{
	s->l->counters[c]++;
}

/* Anybody can name another's MAC in a message. With a frame of its own the sender at least has to
 * be taken for it by every bridge, so only then it may end a lease or say where a client is and
 * what it is called. */
static bool is_itself(const struct serve *s)
{
	return mac_eq(&s->from, &s->msg.chaddr);
}

/* ip is zero in a refusal and in the answer to DHCP_INFORM. */
static void reply(struct serve *s, uint8_t type, const struct ip4 *ip)
{
	const struct book_client *c = book_find(&s->l->book, &s->msg.chaddr);
	const char *fixed_name = lease_static_name(s->l, s->fixed);
	struct answer a = { .asked = &s->msg,
			    .from = s->from,
			    .type = type,
			    .ip = *ip,
			    .lease_s = lease_static_time_s(s->l, s->fixed),
			    .fixed = s->fixed,
			    .name = c && !fixed_name[0] ? c->rec.name : fixed_name };
	uint8_t *to = outq_reserve(&s->l->out, ANSWER_FRAME_MAX);
	size_t len = to ? answer_build(to, ANSWER_FRAME_MAX, &s->l->conf, &a) : 0;

	if (len == 0)
		return;
	outq_commit(&s->l->out, LEASE_SEND, s->port, 0, len);
	count(s, type == DHCP_OFFER ? LEASE_COUNT_OFFER
		 : type == DHCP_ACK ? LEASE_COUNT_ACK
				    : LEASE_COUNT_NAK);
}

static uint8_t short_id(const struct dhcp_msg *m, uint8_t ret[static LEASE_ID_MAX])
{
	if (m->id_len <= LEASE_ID_MAX) {
		memcpy(ret, m->id, m->id_len);
		return m->id_len;
	}
	ret[0] = ID_HASHED;
	md5(m->id, m->id_len, ret + 1);
	return 17;
}

/* Lower-case letters, digits and inner hyphens of the first label; cut to 63. */
static void clean_name(const char *from, char ret[static LEASE_NAME_MAX])
{
	size_t n = 0;

	for (; *from && *from != '.' && n < LEASE_NAME_MAX - 1; from++) {
		char c = text_lower(*from);

		if (c == ' ' || c == '_')
			c = '-';
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && n > 0))
			ret[n++] = c;
	}
	while (n > 0 && ret[n - 1] == '-')
		n--;
	ret[n] = '\0';
}

bool lease_runs(const struct book_client *c, usec_t now)
{
	return c->expires_at > now || now - c->refreshed_at < LEASE_SILENT_DAY;
}

/*
 * The record of the client. One that comes with a new MAC and a known identifier takes its lease
 * along, but only when nobody can still be using it: clones of a machine share an identifier too.
 */
static struct book_client *client_find(struct serve *s)
{
	struct lease *l = s->l;
	struct book_client *c = book_find(&l->book, &s->msg.chaddr), *old;
	uint8_t id[LEASE_ID_MAX];
	struct ip4 ip;
	usec_t allocated_at;

	if (c && !ip4_is_zero(&c->rec.ip4))
		return c;
	old = book_find_id(&l->book, id, short_id(&s->msg, id));
	if (!old || old == c || !book_has_lease(&l->book, old) || lease_runs(old, s->now))
		return c;
	if (!c)
		c = book_add(&l->book, &s->msg.chaddr, s->now);
	if (!c)
		return NULL;
	ip = old->rec.ip4;
	allocated_at = old->allocated_at;
	lease_take_away(l, old, s->now);
	c->refreshed_at = c->granted_at = s->now;
	book_set_lease(&l->book, c, &ip, allocated_at, s->now);
	c->rec.node = l->self;
	lease_save(l, c, s->now);
	return c;
}

/* The client's lease, if it can keep it: one that nobody has refreshed for too long only where it
 * could be given to others now. */
static bool lease_stands(const struct serve *s, const struct book_client *c)
{
	return c && book_has_lease(&s->l->book, c) && lease_is_client_address(s->l, &c->rec.ip4) &&
	       !lease_static_bars(s->l, &c->rec.ip4, s->fixed) &&
	       (book_is_held(c, s->now) || pool_is_ours(&s->l->pool, &c->rec.ip4));
}

void serve_offer_set(struct lease *l, struct lease_offer *o, const struct ip4 *ip)
{
	struct lease_offered *at = table_find(&l->offered, ip);

	o->ip = *ip;
	if (!at)
		at = table_add(&l->offered, ip); /* it has a place for each offer */
	if (at)
		at->count++;
}

bool serve_is_offered(const struct lease *l, const struct ip4 *ip)
{
	return table_find(&l->offered, ip);
}

void serve_offer_drop(struct lease *l, struct lease_offer *o, usec_t now)
{
	struct lease_offered *at = table_find(&l->offered, &o->ip);

	if (at && --at->count == 0)
		table_remove(&l->offered, at);
	lease_borrow_end(l, o);
	pool_offer(&l->pool, &o->ip, false, now);
	table_remove(&l->offers, o);
}

static bool offer_goes_on(struct lease *l, struct lease_offer *o, usec_t now)
{
	return o->recall || lease_borrow_goes_on(l, o, now);
}

void serve_offers_expire(struct lease *l, usec_t now)
{
	struct lease_offer *o;
	usec_t due = USEC_NEVER;

	if (now < l->offers_due)
		return;
	for (uint32_t i = 0; (o = table_next(&l->offers, &i));) {
		if (o->expires_at <= now)
			serve_offer_drop(l, o, now);
		else if (offer_goes_on(l, o, now))
			due = usec_min(due, o->asking || lease_recall_waits(l, o, now)
						    ? o->due
						    : o->expires_at);
	}
	l->offers_due = due;
}

static void drop_offer_of(struct serve *s)
{
	struct lease_offer *o = table_find(&s->l->offers, &s->msg.chaddr);

	if (o)
		serve_offer_drop(s->l, o, s->now);
}

/* The promise still holds: the block is ours, no stranger took the address, and nobody fixed it. */
static bool offer_stands(const struct serve *s, const struct lease_offer *o)
{
	struct lease *l = s->l;
	const struct book_addr *holder = book_holder4(&l->book, &o->ip);

	return (lease_borrow_stands(l, o) || pool_is_ours(&l->pool, &o->ip)) &&
	       (!holder || mac_eq(&holder->holder, &o->mac)) &&
	       !lease_foreign_bars(l, &o->ip, &o->mac) && !lease_static_bars(l, &o->ip, s->fixed);
}

/* Every address is somebody's: one that may have been forgotten, but not at once. */
static bool address_reuse(struct serve *s, struct ip4 *ret, usec_t *ret_ready)
{
	struct pool_count n = pool_count(&s->l->pool);

	count(s, n.waiting ? LEASE_COUNT_NOT_READY : LEASE_COUNT_EXHAUSTED);
	*ret_ready = s->now + REUSE_WAIT;
	return !n.waiting && n.free == 0 &&
	       lease_port_may(s->l, s->port, LEASE_PORT_LEASE, s->now) &&
	       lease_reuse(s->l, s->now, ret);
}

/* Of an address that it uses already nobody else is afraid. */
static bool is_free_for(struct serve *s, const struct ip4 *ip)
{
	lease_foreign_yield(s->l, ip, &s->msg.chaddr, s->now);
	return pool_is_free(&s->l->pool, ip);
}

/* An address that nobody has: what it had before, what it asks for, else any of ours; then one that
 * another node lends, which comes later; and where nobody has one, one that may have been
 * forgotten. *ret_ready: from when on it can be told. */
static bool address_pick(struct serve *s, struct ip4 *ret, usec_t *ret_ready)
{
	struct lease *l = s->l;
	const struct book_client *c = book_find(&l->book, &s->msg.chaddr);

	*ret_ready = s->now;

	if (c && is_free_for(s, &c->last) && !pool_is_resting(&l->pool, &c->last)) {
		*ret = c->last;
		return true;
	}
	if (c && c->lapsed && is_free_for(s, &c->rec.ip4) &&
	    !pool_is_resting(&l->pool, &c->rec.ip4)) {
		*ret = c->rec.ip4;
		return true;
	}
	if (is_free_for(s, &s->msg.requested) &&
	    pool_is_rested(&l->pool, &s->msg.requested, s->now)) {
		*ret = s->msg.requested;
		return true;
	}
	if (pool_pick(&l->pool, s->now, ret))
		return true;
	/* only then are its clients a reason to claim more */
	if (lease_port_may(s->l, s->port, LEASE_PORT_LEASE, s->now))
		pool_note_unmet(&l->pool, s->now);
	lease_claim_ahead(l, s->now);
	if (!lease_borrow_in_vain(l, s->now))
		count(s, LEASE_COUNT_NOT_READY);
	else if (address_reuse(s, ret, ret_ready))
		return true;
	lease_borrow(l, &s->msg, s->port, s->now);
	return false;
}

static bool offer_make(struct serve *s, struct ip4 *ret)
{
	struct lease *l = s->l;
	struct lease_offer *o = table_find(&l->offers, &s->msg.chaddr);
	usec_t ready_at;

	if (o && offer_stands(s, o)) {
		*ret = o->ip;
		return o->ready_at <= s->now;
	}
	if (!o || !o->asking)
		drop_offer_of(s);
	if (!address_pick(s, ret, &ready_at) ||
	    !lease_port_take(s->l, s->port, LEASE_PORT_LEASE, s->now))
		return false;
	drop_offer_of(s);
	o = table_add(&l->offers, &s->msg.chaddr);
	if (!o) {
		count(s, LEASE_COUNT_TABLE_FULL);
		return false;
	}
	serve_offer_set(l, o, ret);
	o->ready_at = ready_at;
	o->expires_at = s->now + OFFER_LIFE;
	l->offers_due = usec_min(l->offers_due, o->expires_at);
	pool_offer(&l->pool, ret, true, s->now);
	lease_probe(l, ret, s->port, s->now);
	lease_claim_ahead(l, s->now);
	return ready_at <= s->now;
}

static void serve_discover(struct serve *s)
{
	const struct book_client *c = client_find(s);
	enum lease_right right;
	struct ip4 ip;

	count(s, LEASE_COUNT_DISCOVER);
	if (lease_in_clash(c, s->now)) {
		count(s, LEASE_COUNT_NOT_READY);
		return;
	}
	right = lease_static_right(s->l, &s->msg.chaddr, s->fixed, s->now);
	if (right == LEASE_RIGHT_NOW) {
		ip = s->fixed->ip4;
		if (!c || !ip4_eq(&c->rec.ip4, &ip))
			lease_probe(s->l, &ip, s->port, s->now);
	} else if (lease_stands(s, c)) {
		ip = c->rec.ip4;
	} else if (right == LEASE_RIGHT_WAIT || !lease_is_judge(s->l, s->now)) {
		count(s, LEASE_COUNT_NOT_READY);
		return;
	} else if (is_itself(s) && lease_recall(s, &s->msg.requested)) {
		count(s, LEASE_COUNT_NOT_READY);
		return;
	} else if (!offer_make(s, &ip)) {
		return;
	}
	reply(s, DHCP_OFFER, &ip);
}

bool lease_may_give(struct lease *l, const struct mac *mac, const struct ip4 *ip, usec_t now)
{
	const struct book_addr *holder = book_holder4(&l->book, ip);
	const struct book_client *c = book_find(&l->book, mac);
	bool its_own = (holder && mac_eq(&holder->holder, mac)) || lease_is_lent_for(l, ip, mac) ||
		       lease_foreign_is(l, ip, mac);

	return pool_is_ours(&l->pool, ip) && (pool_is_free(&l->pool, ip) || its_own) &&
	       (pool_is_rested(&l->pool, ip, now) || (c && ip4_eq(&c->last, ip)));
}

/* What to say about an address which is no lease of the client as far as we know. */
static enum verdict judge_unknown(struct serve *s, const struct ip4 *ip)
{
	struct lease *l = s->l;
	const struct lease_offer *o = table_find(&l->offers, &s->msg.chaddr);

	if (o && ip4_eq(&o->ip, ip) && o->ready_at <= s->now && offer_stands(s, o))
		return VERDICT_ACK;
	if (!lease_is_judge(l, s->now)) {
		count(s, LEASE_COUNT_NOT_READY);
		return VERDICT_SILENT;
	}
	if (!lease_is_pool_address(l, ip))
		return VERDICT_NAK;
	if (pool_own_find(&l->pool, ip)) {
		if (!pool_is_ours(&l->pool, ip)) {
			count(s, LEASE_COUNT_NOT_READY);
			return VERDICT_SILENT;
		}
		if (!lease_may_give(l, &s->msg.chaddr, ip, s->now))
			return VERDICT_NAK; /* promised to another, or had by one just now */
		return lease_port_take(s->l, s->port, LEASE_PORT_LEASE, s->now) ? VERDICT_ACK
										: VERDICT_SILENT;
	}
	/* after a loss of all state the client's word is all there is: it gets what it had once the
	 * block is ours, or its owner gives it */
	if (lease_claim_for(l, ip, s->now) || (o && o->asking && ip4_eq(&o->wanted, ip)) ||
	    (is_itself(s) && lease_recall(s, ip))) {
		count(s, LEASE_COUNT_NOT_READY);
		return VERDICT_SILENT;
	}
	return VERDICT_NAK;
}

static enum verdict silent(struct serve *s)
{
	count(s, LEASE_COUNT_NOT_READY);
	return VERDICT_SILENT;
}

/* An address that is fixed for another client, or for nobody: who has it has it no more. */
static enum verdict refuse_fixed(struct serve *s, struct book_client *c, const struct ip4 *ip)
{
	if (!lease_is_judge(s->l, s->now))
		return silent(s);
	if (c && !c->lapsed && ip4_eq(&c->rec.ip4, ip) && is_itself(s))
		lease_take_away(s->l, c, s->now);
	return VERDICT_NAK;
}

static enum verdict judge(struct serve *s, struct book_client *c, const struct ip4 *ip)
{
	struct lease *l = s->l;
	enum lease_right right = lease_static_right(l, &s->msg.chaddr, s->fixed, s->now);
	const struct book_addr *holder;

	if (!lease_is_client_address(l, ip))
		return VERDICT_NAK;
	if (lease_in_clash(c, s->now))
		return silent(s);
	if (right == LEASE_RIGHT_NOW && ip4_eq(&s->fixed->ip4, ip))
		return VERDICT_ACK;
	if (right == LEASE_RIGHT_NOW) /* what it has is not what it is to have */
		return lease_is_judge(l, s->now) ? VERDICT_NAK : silent(s);
	if (lease_stands(s, c) && ip4_eq(&c->rec.ip4, ip))
		return VERDICT_ACK;
	if (right == LEASE_RIGHT_WAIT)
		return silent(s);
	holder = book_holder4(&l->book, ip);
	if (lease_is_kept_for(l, ip, &s->msg.chaddr) && !lease_static_bars(l, ip, s->fixed))
		return is_itself(s) ? VERDICT_ACK : silent(s);
	if (holder && !mac_eq(&holder->holder, &s->msg.chaddr))
		return VERDICT_NAK;
	if (lease_stands(s, c))
		return VERDICT_NAK; /* it has another one: that is what its next DISCOVER gets */
	if (lease_static_bars(l, ip, s->fixed))
		return refuse_fixed(s, c, ip);
	return judge_unknown(s, ip);
}

/* In what an acknowledgement can change; not by memcmp, for there is padding. */
static bool same_record(const struct book_rec *a, const struct book_rec *b)
{
	return ip4_eq(&a->ip4, &b->ip4) && ip4_eq(&a->wanted, &b->wanted) &&
	       lease_node_eq(&a->node, &b->node) && a->flags == b->flags &&
	       a->id_len == b->id_len && memcmp(a->id, b->id, a->id_len) == 0 &&
	       strcmp(a->name, b->name) == 0;
}

/* What it says of itself. */
static void introduce(struct serve *s, struct book_client *c)
{
	uint8_t id[LEASE_ID_MAX];
	uint8_t id_len = short_id(&s->msg, id);
	char name[LEASE_NAME_MAX];

	clean_name(s->msg.hostname, name);
	lease_static_mark(s->l, c, s->fixed, name[0] ? name : NULL);
	if (id_len != c->rec.id_len || memcmp(id, c->rec.id, id_len) != 0)
		book_set_id(&s->l->book, c, id, id_len);
	c->rec.node = s->l->self;
}

/* The record after an acknowledgement; false when there is no room for it. */
static bool commit(struct serve *s, struct book_client *c, const struct ip4 *ip)
{
	struct lease *l = s->l;
	struct book_rec before;
	bool is_here = !c || is_itself(s), is_due;

	if (!c)
		c = book_add(&l->book, &s->msg.chaddr, s->now);
	if (!c) {
		count(s, LEASE_COUNT_TABLE_FULL);
		return false;
	}
	before = c->rec;
	lease_static_mark(l, c, s->fixed, NULL);
	if (ip4_eq(&c->fixed_ip, ip))
		lease_static_clear(l, ip, &c->mac, s->now);
	is_due = s->now - c->refreshed_at >= REFRESH_LATE;
	if (is_due || !ip4_eq(&c->rec.ip4, ip))
		c->refreshed_at = s->now;
	if (!ip4_eq(&c->rec.ip4, ip) || c->lapsed)
		book_set_lease(&l->book, c, ip, lease_kept_end(l, ip, &c->mac, s->now), s->now);
	drop_offer_of(s);
	lease_lent_met(l, c, s->now);
	lease_foreign_met(l, c, s->now);
	if (is_here)
		introduce(s, c);
	c->rec.flags &= (uint8_t)~LEASE_RELEASED;
	c->rec.ended = c->rec.wanted = none;
	c->alive_at = s->now;
	c->granted_at = c->acked_at = s->now;
	c->expires_at = s->now + (usec_t)lease_static_time_s(l, s->fixed) * USEC_S;
	lease_block_lasts(l, ip, lease_static_time_s(l, s->fixed), s->now);
	if (is_due || !same_record(&before, &c->rec))
		lease_save(l, c, s->now);
	return true;
}

static void serve_request(struct serve *s)
{
	const struct dhcp_msg *m = &s->msg;
	bool bound = !ip4_is_zero(&m->ciaddr) && ip4_is_zero(&m->server_id);
	/* some name the server when they renew, which they should not */
	struct ip4 ip = bound || ip4_is_zero(&m->requested) ? m->ciaddr : m->requested;
	struct book_client *c;

	count(s, LEASE_COUNT_REQUEST);
	if (ip4_is_zero(&ip)) {
		count(s, LEASE_COUNT_MALFORMED);
		return;
	}
	c = client_find(s);
	switch (judge(s, c, &ip)) {
	case VERDICT_ACK:
		if (commit(s, c, &ip))
			reply(s, DHCP_ACK, &ip);
		break;
	case VERDICT_NAK:
		reply(s, DHCP_NAK, &none);
		break;
	case VERDICT_SILENT:
		break;
	}
}

static void serve_release(struct serve *s)
{
	struct book_client *c = book_find(&s->l->book, &s->msg.chaddr);

	count(s, LEASE_COUNT_RELEASE);
	if (!is_itself(s)) {
		count(s, LEASE_COUNT_BAD_CLIENT);
		return;
	}
	if (c && !ip4_is_zero(&c->rec.ip4) &&
	    (ip4_eq(&c->rec.ip4, &s->msg.ciaddr) ||
	     lease_is_kept_for(s->l, &s->msg.ciaddr, &c->mac))) {
		lease_kept_end(s->l, &s->msg.ciaddr, &c->mac, s->now);
		c->last = s->msg.ciaddr;
		lease_take_away(s->l, c, s->now);
	}
}

static void serve_decline(struct serve *s)
{
	struct lease *l = s->l;
	struct book_client *c = book_find(&l->book, &s->msg.chaddr);
	struct lease_offer *o = table_find(&l->offers, &s->msg.chaddr);
	struct ip4 ip = s->msg.requested;

	count(s, LEASE_COUNT_DECLINE);
	if (ip4_is_zero(&ip))
		return;
	if (!is_itself(s)) {
		count(s, LEASE_COUNT_BAD_CLIENT);
		return;
	}
	if (c && !c->lapsed && ip4_eq(&c->rec.ip4, &ip))
		lease_take_away(l, c, s->now);
	else if (o && ip4_eq(&o->ip, &ip))
		serve_offer_drop(l, o, s->now);
	else if (!lease_is_kept_for(l, &ip, &s->msg.chaddr))
		return; /* not its address: who could say so could close the pool */
	lease_quarantine(l, &ip, &s->msg.chaddr, s->now);
}

static void serve_inform(struct serve *s)
{
	count(s, LEASE_COUNT_INFORM);
	if (ip4_is_zero(&s->msg.ciaddr) || !net4_has(&s->l->conf.network, &s->msg.ciaddr)) {
		count(s, LEASE_COUNT_MALFORMED);
		return;
	}
	reply(s, DHCP_ACK, &none);
}

void serve_message(struct serve *s)
{
	bool other_server =
		!ip4_is_zero(&s->msg.server_id) && !ip4_eq(&s->msg.server_id, &s->l->conf.anycast);

	s->fixed = lease_static_of(s->l, &s->msg.chaddr, s->msg.id, s->msg.id_len);
	if (other_server) {
		if (s->msg.type == DHCP_REQUEST)
			drop_offer_of(s); /* the client took somebody else's offer */
		count(s, LEASE_COUNT_NOT_FOR_US);
		return;
	}
	switch (s->msg.type) {
	case DHCP_DISCOVER:
		serve_discover(s);
		break;
	case DHCP_REQUEST:
		serve_request(s);
		break;
	case DHCP_RELEASE:
		serve_release(s);
		break;
	case DHCP_DECLINE:
		serve_decline(s);
		break;
	case DHCP_INFORM:
		serve_inform(s);
		break;
	default:
		count(s, LEASE_COUNT_NOT_FOR_US);
		break;
	}
}
