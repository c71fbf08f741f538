/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace.know, trace.probe, trace.answer: the way of a client's packets. What this node knows comes
 * first; the hops inside the cloud are asked for one by one by whoever drives the trace.
 */
#include <string.h>

#include "rpc/clients.h"
#include "rpc/ways.h"
#include "rpc/value.h"
#include "rpc/who.h"

/* ---- where somebody is on layer 2 ---- */

static json_t *place(const struct rpc_context *c, const struct mac *mac)
{
	const struct batman *b = node_batman(c->node);
	struct batman_orig o;
	struct mac orig, self;
	json_t *v;

	if (batman_lookup(b, mac, 0, &orig))
		return json_null();
	v = json_pack("{so so so sb}", "mac", value_mac(mac), "orig_address", value_mac(&orig),
		      "node", who_originator_name(c, &orig), "self", 0);
	if (batman_self(b, &self) && mac_eq(&self, &orig)) {
		json_object_set_new(v, "self", json_true());
		return v;
	}
	if (!batman_orig_find(b, &orig, &o) || !o.reachable)
		return v;
	json_object_set_new(v, "via", value_mac(&o.next_hop));
	json_object_set_new(v, "via_node", who_originator_name(c, &o.next_hop));
	json_object_set_new(v, "port", value_text(node_port_name(c->node, o.port)));
	json_object_set_new(v, "tq", json_integer(o.tq));
	return v;
}

static json_t *who_json(const struct rpc_context *c, const struct who *w)
{
	const struct node_member *m = &w->member;
	json_t *o;

	if (w->is_client) {
		o = clients_record(c, &w->lease);
		json_object_set_new(o, "kind", json_string("client"));
		json_object_set_new(o, "place", place(c, &w->lease.client.mac));
		return o;
	}
	return json_pack("{ss so so so so so}", "kind", "node", "name", value_text(m->name), "mac",
			 value_mac(&m->cloud_mac), "ipv4", value_ip4(&m->ip4), "ipv6",
			 value_ip6(&m->ip6), "place", place(c, &m->cloud_mac));
}

/* ---- layer 3 ---- */

struct target {
	bool v6;
	struct ip4 ip4;
	struct ip6 ip6;
};

static bool covers(const struct event_route *r, const struct target *t)
{
	if (r->v6 != t->v6 || r->from6.len)
		return false;
	return t->v6 ? net6_has(&r->to6, &t->ip6) : net4_has(&r->to4, &t->ip4);
}

static bool best_route(const struct node *n, const struct target *t, struct event_route *ret)
{
	struct event_route r;
	bool found = false;

	for (uint32_t i = 0; node_route_next(n, &i, &r);) {
		if (!covers(&r, t))
			continue;
		if (found && (t->v6 ? r.to6.len <= ret->to6.len : r.to4.len <= ret->to4.len))
			continue;
		*ret = r;
		found = true;
	}
	return found;
}

static bool inside(const struct node *n, const struct target *t)
{
	const struct cloud *c = node_cloud(n);

	return t->v6 ? net6_has(&c->network6, &t->ip6) : net4_has(&c->network4, &t->ip4);
}

/* An address that nobody in the cloud has. */
static json_t *outside_json(const struct rpc_context *c, const struct target *t)
{
	json_t *o =
		json_pack("{so so}", t->v6 ? "ipv6" : "ipv4",
			  t->v6 ? value_ip6(&t->ip6) : value_ip4(&t->ip4), "route", json_null());
	struct event_route r;
	bool routed = best_route(c->node, t, &r);
	bool internet = !routed || (t->v6 ? r.to6.len : r.to4.len) == 0;

	if (inside(c->node, t)) {
		json_object_set_new(o, "kind", json_string("unknown"));
		return o;
	}
	if (routed)
		json_object_set_new(o, "route", ways_route(c->node, &r));
	json_object_set_new(o, "kind", json_string(internet ? "internet" : "network"));
	return o;
}

static bool parse_target(const char *word, struct target *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->v6 = strchr(word, ':') != NULL;
	return (ret->v6 ? ip6_parse(word, &ret->ip6) : ip4_parse(word, &ret->ip4)) == 0;
}

json_t *method_trace_know(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	const char *word = json_string_value(json_object_get(params, "destination"));
	struct method_error ignored;
	struct who from, to;
	struct target t;
	json_t *dest;

	if (!who_find(c, json_string_value(json_object_get(params, "client")), &from, err))
		return NULL;
	if (who_find(c, word, &to, &ignored))
		dest = who_json(c, &to);
	else if (parse_target(word, &t))
		dest = outside_json(c, &t);
	else
		return method_fail(err, RPC_NOT_FOUND,
				   "'%.64s' is no address, and nobody here has that name", word);
	return json_pack("{so so so so}", "here", value_text(node_cloud(c->node)->hostname),
			 "client", who_json(c, &from), "destination", dest, "gateway",
			 ways_used(c));
}

/* ---- hops inside the cloud ---- */

json_t *method_trace_probe(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	struct event e = { .kind = EVENT_CONTROL };
	struct mac mac, orig;
	const char *to = json_string_value(json_object_get(params, "to"));

	if (mac_parse(to, &mac) < 0)
		return method_fail(err, RPC_PARAMS, "parameter 'to' must be a MAC");
	if (batman_lookup(node_batman(c->node), &mac, 0, &orig))
		return method_fail(err, RPC_NOT_FOUND, "nobody in the cloud has the MAC %.64s", to);
	e.control = (struct event_control) {
		.act = CONTROL_PING_MESH,
		.mac = orig,
		.ttl = (uint8_t)json_integer_value(json_object_get(params, "ttl")),
		.id = (uint16_t)json_integer_value(json_object_get(params, "id")),
		.seq = (uint16_t)json_integer_value(json_object_get(params, "seq")),
		.record = json_is_true(json_object_get(params, "record")),
	};
	c->act(c->ctx, &e);
	return json_pack("{so}", "to", value_mac(&orig));
}

static const char *answer_name(uint8_t type)
{
	switch (type) {
	case BATMAN_ICMP_REPLY:
		return "reply";
	case BATMAN_ICMP_UNREACHABLE:
		return "unreachable";
	case BATMAN_ICMP_TTL_EXCEEDED:
		return "ttl-exceeded";
	default:
		return "other";
	}
}

/* The ports passed there and back. */
static json_t *recorded(const struct rpc_context *c, const struct batman_icmp *reply)
{
	json_t *list = json_array();

	for (int i = 0; i < reply->rr_count && i < BATMAN_RR_MAX; i++)
		json_array_append_new(list,
				      json_pack("{so so}", "port", value_mac(&reply->rr[i]), "node",
						who_originator_name(c, &reply->rr[i])));
	return list;
}

json_t *method_trace_answer(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	uint16_t id = (uint16_t)json_integer_value(json_object_get(params, "id"));
	uint16_t seq = (uint16_t)json_integer_value(json_object_get(params, "seq"));
	const struct batman_icmp *reply;
	struct node_ping p;
	json_t *answer;

	(void)err;
	if (!node_ping_answer(c->node, id, seq, &p))
		return json_null();
	reply = &p.icmp;
	answer = json_pack("{ss so so sI sI}", "answer", answer_name(reply->type), "from",
			   value_mac(&reply->from), "node", who_originator_name(c, &reply->from),
			   "ttl", (json_int_t)reply->ttl, "rtt_us", (json_int_t)p.rtt);
	if (reply->rr_count)
		json_object_set_new(answer, "route", recorded(c, reply));
	return answer;
}
