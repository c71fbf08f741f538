/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/helpers/babel_table.h"

#include <string.h>

#include "lib/text.h"

/* Without padding: a table's key is compared as bytes. */
struct route_key {
	uint8_t own, v6, to_len, from_len;
	uint8_t to[16], from[16];
	char twin[BABEL_HANDLE]; /* all of them count, each by its handle; else empty */
};

struct route {
	struct route_key key;
	char handle[BABEL_HANDLE]; /* the one that is installed, or the twin */
	bool present, told, seen, dirty;
	bool flushed;		 /* since it was lost */
	struct event_route now;	 /* as babeld has it */
	struct event_route last; /* as the node was told */
};

struct neighbour_key {
	char handle[BABEL_HANDLE];
};

struct neighbour {
	struct neighbour_key key;
	bool present, told, seen, dirty;
	struct event_neighbour now, last;
};

int babel_table_init(struct babel_table *t, struct sink sink, const uint64_t hash_key[static 2],
		     uint32_t routes, uint32_t neighbours)
{
	struct hash_key key = { hash_key[0], hash_key[1] };
	int r;

	memset(t, 0, sizeof(*t));
	t->sink = sink;
	r = table_init(&t->routes, sizeof(struct route), sizeof(struct route_key), routes, key);
	if (r)
		return r;
	r = table_init(&t->neighbours, sizeof(struct neighbour), sizeof(struct neighbour_key),
		       neighbours, key);
	if (r)
		table_done(&t->routes);
	return r;
}

void babel_table_done(struct babel_table *t)
{
	table_done(&t->routes);
	table_done(&t->neighbours);
}

void babel_table_mark(struct babel_table *t)
{
	struct neighbour *n;
	struct route *r;

	for (uint32_t i = 0; (r = table_next(&t->routes, &i)) != NULL;)
		r->seen = false;
	for (uint32_t i = 0; (n = table_next(&t->neighbours, &i)) != NULL;)
		n->seen = false;
}

void babel_table_sweep(struct babel_table *t)
{
	struct neighbour *n;
	struct route *r;

	for (uint32_t i = 0; (r = table_next(&t->routes, &i)) != NULL;) {
		if (!r->seen) {
			r->present = false;
			r->dirty = true;
		}
	}
	for (uint32_t i = 0; (n = table_next(&t->neighbours, &i)) != NULL;) {
		if (!n->seen) {
			n->present = false;
			n->dirty = true;
		}
	}
}

static struct route_key route_key(const struct babel_line *l)
{
	struct route_key k = { .own = l->kind == BABEL_LINE_OWN, .v6 = l->v6 };

	if (l->v6) {
		k.to_len = l->to6.len;
		k.from_len = l->from6.len;
		memcpy(k.to, l->to6.addr.b, sizeof(k.to));
		memcpy(k.from, l->from6.addr.b, sizeof(k.from));
	} else {
		k.to_len = l->to4.len;
		memcpy(k.to, l->to4.addr.b, sizeof(l->to4.addr.b));
	}
	return k;
}

/* Filled by memset and members, so that equal routes are equal bytes. */
static void route_event(struct event_route *e, const struct babel_line *l, uint16_t port)
{
	memset(e, 0, sizeof(*e));
	e->v6 = l->v6;
	e->own = l->kind == BABEL_LINE_OWN;
	e->port = port;
	e->metric = l->metric;
	memcpy(e->router_id, l->id, sizeof(e->router_id));
	if (l->v6) {
		e->to6 = l->to6;
		e->from6 = l->from6;
	} else {
		e->to4 = l->to4;
	}
	e->via4 = l->via4;
	e->via6 = l->via6;
}

/* The line is no longer what this key stands for. */
static void route_lose(struct babel_table *t, const struct route_key *k, const struct babel_line *l)
{
	struct route *r = table_find(&t->routes, k);

	if (r && strcmp(r->handle, l->handle) == 0) {
		r->present = false;
		r->dirty = true;
	}
}

static bool is_host(const struct route_key *k)
{
	return k->to_len == (k->v6 ? 128 : 32);
}

/* Where its event goes, NULL when the table is full. Routes to single hosts, those of clouds that
 * are cut, leave the others room. */
static struct event_route *route_have(struct babel_table *t, const struct route_key *k,
				      const struct babel_line *l)
{
	struct route *r = table_find(&t->routes, k);

	if (!r && (!is_host(k) || t->routes.count < t->routes.limit / 2))
		r = table_add(&t->routes, k);
	if (!r) {
		t->full++;
		return NULL;
	}
	/* what is lost another time is in the kernel another time */
	r->flushed = r->flushed && l->metric == UINT16_MAX && strcmp(r->handle, l->handle) == 0;
	text_copy(r->handle, sizeof(r->handle), l->handle);
	r->present = r->seen = r->dirty = true;
	return &r->now;
}

static bool is_twin(const struct babel_table *t, const struct babel_line *l)
{
	if (l->kind != BABEL_LINE_ROUTE || !t->own4.len) /* not told yet */
		return false;
	if (l->v6)
		return l->from6.len == 0 && l->to6.len == t->own6.len &&
		       ip6_eq(&l->to6.addr, &t->own6.addr);
	return l->to4.len == t->own4.len && ip4_eq(&l->to4.addr, &t->own4.addr);
}

/* What the line makes of the route of that key; NULL when it is lost or has no place. */
static struct event_route *route_take(struct babel_table *t, const struct route_key *k,
				      const struct babel_line *l, uint16_t port, bool lost)
{
	struct event_route *e;

	if (lost) {
		route_lose(t, k, l);
		return NULL;
	}
	e = route_have(t, k, l);
	if (e)
		route_event(e, l, port);
	return e;
}

static void twin_line(struct babel_table *t, const struct babel_line *l, uint16_t port)
{
	struct route_key k = route_key(l);
	struct event_route *e;

	memcpy(k.twin, l->handle, strlen(l->handle));
	e = route_take(t, &k, l, port, l->flush || l->metric == UINT16_MAX);
	if (!e)
		return;
	e->twin = true;
	e->direct = l->refmetric == 0;
	e->metric = 0; /* how good it is does not matter */
}

static void route_line(struct babel_table *t, const struct babel_line *l, uint16_t port)
{
	struct route_key k = route_key(l);
	struct event_route *e;

	if (is_twin(t, l))
		twin_line(t, l, port);
	e = route_take(t, &k, l, port, l->flush || !(l->installed || l->kind == BABEL_LINE_OWN));
	if (e && e->own)
		memcpy(e->router_id, t->my_id, sizeof(t->my_id));
}

static void neighbour_line(struct babel_table *t, const struct babel_line *l, uint16_t port)
{
	struct neighbour_key k = { { 0 } };
	struct neighbour *n;

	memcpy(k.handle, l->handle, strlen(l->handle));
	n = table_find(&t->neighbours, &k);
	if (l->flush) {
		if (n) {
			n->present = false;
			n->dirty = true;
		}
		return;
	}
	if (!n)
		n = table_add(&t->neighbours, &k);
	if (!n) {
		t->full++;
		return;
	}
	memset(&n->now, 0, sizeof(n->now));
	n->now.port = port;
	n->now.cost = l->cost;
	n->now.rtt_ms = l->rtt_ms;
	n->now.address = l->address;
	n->present = n->seen = n->dirty = true;
}

void babel_table_line(struct babel_table *t, const struct babel_line *l, uint16_t port)
{
	if (l->kind == BABEL_LINE_ROUTE || l->kind == BABEL_LINE_OWN)
		route_line(t, l, port);
	else if (l->kind == BABEL_LINE_NEIGHBOUR)
		neighbour_line(t, l, port);
	else if (l->kind == BABEL_LINE_ID)
		memcpy(t->my_id, l->id, sizeof(t->my_id));
}

/* Learnt, of use, and not only from a certain source. */
static bool has_network(const struct babel_table *t, const struct route_key *k)
{
	const struct route *r = table_find(&t->routes, k);

	return r && r->present && r->now.metric != UINT16_MAX;
}

static bool is_covered4(const struct babel_table *t, const struct ip4 *host)
{
	struct route_key k = { .v6 = 0 };
	struct net4 net = { *host, 31 };

	for (; net.len; net.len--) {
		net = net4_base(&net);
		k.to_len = net.len;
		memcpy(k.to, net.addr.b, sizeof(net.addr.b));
		if (has_network(t, &k))
			return true;
	}
	return false;
}

static bool is_covered6(const struct babel_table *t, const struct ip6 *host)
{
	struct route_key k = { .v6 = 1 };
	struct net6 net = { *host, 127 };

	for (; net.len; net.len--) {
		net = net6_base(&net);
		k.to_len = net.len;
		memcpy(k.to, net.addr.b, sizeof(k.to));
		if (has_network(t, &k))
			return true;
	}
	return false;
}

/* Asked for by each length, as there may be as many routes as hosts. */
static bool is_covered(const struct babel_table *t, const struct event_route *host)
{
	if (host->v6)
		return (t->own6.len && net6_has(&t->own6, &host->to6.addr)) ||
		       is_covered6(t, &host->to6.addr);
	return (t->own4.len && net4_has(&t->own4, &host->to4.addr)) ||
	       is_covered4(t, &host->to4.addr);
}

bool babel_table_lost_next(struct babel_table *t, uint32_t *cursor, struct event_route *ret)
{
	struct route *r;

	while ((r = table_next(&t->routes, cursor)) != NULL) {
		if (!r->present || r->flushed || r->now.own || r->now.metric != UINT16_MAX ||
		    !is_host(&r->key) || r->now.from6.len || !is_covered(t, &r->now))
			continue;
		r->flushed = true;
		*ret = r->now;
		return true;
	}
	return false;
}

/* True when the node has to be told, with what. */
static bool route_change(struct route *r, struct event *e)
{
	e->kind = EVENT_ROUTE;
	if (r->present) {
		if (r->told && memcmp(&r->now, &r->last, sizeof(r->now)) == 0)
			return false;
		memcpy(&r->last, &r->now, sizeof(r->last));
		e->route = r->now;
		return r->told = true;
	}
	e->route = r->last;
	e->route.gone = true;
	return r->told;
}

static bool neighbour_change(struct neighbour *n, struct event *e)
{
	e->kind = EVENT_NEIGHBOUR;
	if (n->present) {
		if (n->told && memcmp(&n->now, &n->last, sizeof(n->now)) == 0)
			return false;
		memcpy(&n->last, &n->now, sizeof(n->last));
		e->neighbour = n->now;
		return n->told = true;
	}
	e->neighbour = n->last;
	e->neighbour.gone = true;
	return n->told;
}

void babel_table_report(struct babel_table *t)
{
	struct event e = { 0 };
	struct neighbour *n;
	struct route *r;

	for (uint32_t i = 0; (n = table_next(&t->neighbours, &i)) != NULL;) {
		if (n->dirty && neighbour_change(n, &e))
			sink_event(&t->sink, &e);
		n->dirty = false;
		if (!n->present)
			table_remove(&t->neighbours, n);
	}
	for (uint32_t i = 0; (r = table_next(&t->routes, &i)) != NULL;) {
		if (r->dirty && route_change(r, &e))
			sink_event(&t->sink, &e);
		r->dirty = false;
		if (!r->present)
			table_remove(&t->routes, r);
	}
}

bool babel_table_neighbour_next(const struct babel_table *t, uint32_t *cursor,
				struct event_neighbour *ret)
{
	const struct neighbour *n;

	while ((n = table_next(&t->neighbours, cursor)) != NULL) {
		if (!n->present)
			continue;
		*ret = n->now;
		return true;
	}
	return false;
}
