/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is fixed for clients, by the configuration of a node or by command, and addresses that are
 * reserved. All of it becomes records of the cloud, so it holds at every node.
 *
 * A record says in whose configuration it is. That node takes it back when its configuration has
 * it no more, which is when it starts; and puts it again when somebody else has taken it back or
 * written over it. What nodes have alike in their configurations is one record, of whoever wrote it
 * last. Where two nodes say different things about one client, that with the lower id has its way,
 * and the other says so. A configuration goes before a command, and a command cannot change it.
 *
 * Timers: the records are looked at when one has changed, once a second as long as more change than
 * are taken at once, and once an hour, because they live for 400 days: who finds one of which
 * nothing was written for half of that writes it again, each node at another hour.
 */
#include <errno.h>
#include <string.h>

#include "node/internal.h"

#define LOOK_INTERVAL (3600 * USEC_S)
#define RETRY (1 * USEC_S)
#define SPREAD_S 3600u /* between nodes that write a record again */
/* What a record makes the lease core do goes through all static leases several times. All that a
 * cloud can have may come at once, to a node that is new. */
#define PACE (20 * USEC_MS)
#define PACE_BURST 2048

static struct lease_node self_of(const struct node *n)
{
	struct lease_node self;

	memcpy(self.b, n->id.b, sizeof(self.b));
	return self;
}

/* ---- the configuration ---- */

static void name_lower(const char *name, char ret[static LEASE_NAME_MAX])
{
	text_copy(ret, LEASE_NAME_MAX, name);
	for (char *c = ret; *c; c++)
		*c = text_lower(*c);
}

static struct lease_key host_key(const struct conf_host *h)
{
	uint8_t id[CONF_ID_MAX];
	size_t len;

	if (!h->clientid[0] || !text_unhex(h->clientid, id, sizeof(id), &len))
		return lease_key_mac(&h->mac);
	return lease_key_id(id, len);
}

static void host_read(const struct conf_host *h, struct lease_static *ret)
{
	struct wr w = wr_init(ret->options, sizeof(ret->options));

	ret->key = host_key(h);
	ret->ip4 = h->ip;
	ret->lease_s = (uint32_t)h->leasetime_s;
	name_lower(h->name, ret->name);
	for (uint32_t i = 0; i < h->dhcp_option_count; i++)
		wr_bytes(&w, h->dhcp_option[i].tlv, h->dhcp_option[i].len);
	ret->options_len = (uint8_t)wr_len(&w);
}

/* The i-th of what the configuration says; false at the end. */
static bool configured(const struct node *n, uint32_t i, struct lease_static *ret)
{
	const struct conf *c = n->conf;
	struct lease_range r;

	memset(ret, 0, sizeof(*ret));
	ret->origin = self_of(n);
	if (i < c->host_count) {
		host_read(&c->host[i], ret);
		return true;
	}
	i -= c->host_count;
	if (i >= c->dhcp.reserve_count)
		return false;
	r = (struct lease_range) { c->dhcp.reserve[i].first, c->dhcp.reserve[i].last };
	ret->key = lease_key_range(&r);
	return true;
}

static bool is_configured(const struct node *n, const struct lease_key *key)
{
	struct lease_static s;

	for (uint32_t i = 0; configured(n, i, &s); i++)
		if (lease_key_cmp(&s.key, key) == 0)
			return true;
	return false;
}

void statics_begin(struct node *n)
{
	struct lease_static s;

	for (uint32_t i = 0; configured(n, i, &s); i++)
		(void)lease_static_learnt(&n->lease, &s, n->now);
}

/* ---- records ---- */

static bool record_find(const struct node *n, const struct lease_key *key, struct lease_static *ret)
{
	struct state_key k = state_key_init(RECORD_STATIC, key->b, key->len);
	struct state_view v;

	return !state_get(n->state, &k, NULL, n->now, &v) && record_static_decode(&v, ret);
}

/* The node in whose configuration it is; false: it is in none's, or that node is not there. */
static bool origin_find(const struct node *n, const struct lease_static *s, struct node_member *ret)
{
	struct state_node id;

	memcpy(id.b, s->origin.b, sizeof(id.b));
	return node_member_find(n, &id, ret);
}

/* Another node's configuration goes before ours. */
static bool gives_way(const struct node *n, const struct lease_static *record)
{
	struct node_member m;

	return origin_find(n, record, &m) && memcmp(record->origin.b, n->id.b, sizeof(n->id.b)) < 0;
}

static void tell_other(struct node *n, const struct lease_static *s)
{
	char why[NOTICE_TEXT];
	struct text t = text_init(why, sizeof(why));
	struct node_member m;

	text_add(&t,
		 "the configuration of node %s says something else about this client than ours: "
		 "take one of both out",
		 origin_find(n, s, &m) ? m.name : "?");
	record_static_clash(n, s, why);
}

static void configured_put(struct node *n, uint32_t i, const struct lease_static *s)
{
	struct lease_static record;

	if (record_find(n, &s->key, &record)) {
		if (lease_static_eq(&record, s)) {
			n->statics_told[i] = false;
			return;
		}
		if (gives_way(n, &record)) {
			if (!n->statics_told[i])
				tell_other(n, &record);
			n->statics_told[i] = true;
			return;
		}
	}
	(void)records_put_static(n, s);
}

bool statics_may(struct node *n)
{
	return bucket_take(&n->statics_rate, PACE, PACE_BURST, n->now);
}

/* It came when there were too many, for which there may be room now, or too many at once. */
static void catch_up(struct node *n, const struct lease_static *s)
{
	struct lease_static_view v;

	if (!lease_static_fits(&n->lease, &s->key) ||
	    (lease_static_find(&n->lease, &s->key, n->now, &v) && lease_static_eq(&v.fixed, s) &&
	     lease_node_eq(&v.fixed.origin, &s->origin)))
		return;
	if (statics_may(n))
		(void)lease_static_learnt(&n->lease, s, n->now);
	else
		n->statics_late = true;
}

/* The same for those that are no more. */
static void forget_late(struct node *n)
{
	struct lease_static record;
	struct lease_static_view v;

	for (uint32_t i = 0; lease_static_next(&n->lease, &i, n->now, &v);) {
		if (record_static_find(n, &v.fixed.key, &record) || is_configured(n, &v.fixed.key))
			continue;
		if (statics_may(n))
			lease_static_gone(&n->lease, &v.fixed.key, n->now);
		else
			n->statics_late = true;
	}
}

/* Ours that are in our configuration no more are deleted, and old ones written again. */
static void record_look(struct node *n, const struct state_view *v)
{
	uint32_t late_s = NODE_STATIC_LIFE_S / 2u + n->id.b[sizeof(n->id.b) - 1] * SPREAD_S;
	struct lease_node self = self_of(n);
	struct lease_static s, holds;

	if (!record_static_decode(v, &s))
		return;
	if (lease_node_eq(&s.origin, &self) && !is_configured(n, &s.key)) {
		struct state_key key = v->key;

		(void)state_delete(n->state, &key, n->now);
		return;
	}
	if (record_static_find(n, &s.key, &holds))
		catch_up(n, &holds);
	if (v->quiet_s > late_s)
		(void)records_put_static(n, &s);
}

void statics_refresh(struct node *n)
{
	bool late = n->statics_late;
	struct lease_static s, holds;
	struct state_view v;

	if (n->now < n->statics_at)
		return;
	n->statics_at = n->now + RETRY;
	if (!n->lease_loaded || !state_is_ready(n->state, n->now))
		return;
	n->statics_late = false;
	for (uint32_t i = 0; i < NODE_STATICS && configured(n, i, &s); i++)
		configured_put(n, i, &s);
	for (uint32_t i = 0; state_next(n->state, RECORD_STATIC, &i, n->now, &v);)
		record_look(n, &v);
	for (uint32_t i = 0; records_fixed_next(n, &i, &s);)
		if (record_static_find(n, &s.key, &holds))
			catch_up(n, &holds);
	if (late)
		forget_late(n);
	n->statics_at = n->now + (n->statics_late ? RETRY : LOOK_INTERVAL);
}

/* ---- commands ---- */

/* Why the command may not be about this client; 0: it may. */
static int fixed_by_others(const struct node *n, const struct lease_key *key, bool *ret_is_there)
{
	struct lease_static record;
	struct node_member m;

	*ret_is_there = record_static_find(n, key, &record);
	if (is_configured(n, key) || (*ret_is_there && origin_find(n, &record, &m)))
		return -EPERM;
	return state_is_ready(n->state, n->now) ? 0 : -EAGAIN;
}

static int fix_error(const struct node *n, const struct lease_static *s)
{
	struct lease_static rival;
	bool is_there;

	if (!lease_static_sound(s))
		return -EINVAL;
	if (!ip4_is_zero(&s->ip4) && !lease_static_allows(&n->lease, &s->ip4))
		return -EADDRNOTAVAIL;
	if (lease_static_rival(&n->lease, s, &rival))
		return -EADDRINUSE;
	if (!lease_static_fits(&n->lease, &s->key))
		return -ENOSPC;
	return fixed_by_others(n, &s->key, &is_there);
}

static int unfix_error(const struct node *n, const struct lease_key *key)
{
	bool is_there;
	int err = fixed_by_others(n, key, &is_there);

	return err || is_there ? err : -ENOENT;
}

static bool has_admin(const struct node *n)
{
	struct admin_chain keep;

	return node_admin_key(n, &keep);
}

int node_fixed_record(const struct node *n, const struct lease_static *s, bool remove,
		      struct node_signed *ret)
{
	struct lease_static fixed = *s;
	int err;

	if (!has_admin(n))
		return -ENOKEY;
	memset(&fixed.origin, 0, sizeof(fixed.origin));
	err = remove ? unfix_error(n, &fixed.key) : fix_error(n, &fixed);
	if (!err)
		record_fixed(n, &fixed, remove, ret);
	return err;
}

void statics_signed(struct node *n, const struct lease_key *key)
{
	struct state_key k = state_key_init(RECORD_STATIC, key->b, key->len);
	struct lease_static s;
	struct node_member m;

	if (record_find(n, key, &s) && !origin_find(n, &s, &m))
		(void)state_delete(n->state, &k, n->now);
	if (record_static_find(n, key, &s))
		(void)lease_static_learnt(&n->lease, &s, n->now);
	else
		lease_static_gone(&n->lease, key, n->now);
}

int statics_fix(struct node *n, const struct lease_static *s)
{
	struct lease_static fixed = *s;
	int err;

	if (has_admin(n))
		return -EKEYREJECTED;
	memset(&fixed.origin, 0, sizeof(fixed.origin));
	err = fix_error(n, &fixed);
	if (!err)
		err = records_put_static(n, &fixed);
	/* who asked is told what holds now, before the record's event is out */
	return err ? err : lease_static_learnt(&n->lease, &fixed, n->now);
}

int statics_unfix(struct node *n, const struct lease_key *key)
{
	struct state_key k = state_key_init(RECORD_STATIC, key->b, key->len);
	int err = has_admin(n) ? -EKEYREJECTED : unfix_error(n, key);

	if (!err)
		err = state_delete(n->state, &k, n->now);
	if (!err)
		lease_static_gone(&n->lease, key, n->now);
	return err;
}
