/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lease.list, lease.add, lease.reserve, lease.remove: what is fixed for clients at all nodes. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "packet/dhcp_options.h"
#include "rpc/method.h"
#include "rpc/signed.h"
#include "rpc/value.h"
#include "rpc/who.h"

#define KEY_TEXT (2 * LEASE_KEY_ID_MAX + 8)

/* A MAC, id: and hex digits, or the addresses: lease.remove takes it back. */
static const char *key_text(const struct lease_key *k, char buf[static KEY_TEXT])
{
	struct text t = text_init(buf, KEY_TEXT);
	struct lease_range r;
	struct mac mac;
	char m[MAC_TEXT];

	switch (lease_key_kind(k)) {
	case LEASE_KEY_MAC:
		mac = lease_key_to_mac(k);
		text_add(&t, "%s", mac_text(&mac, m));
		break;
	case LEASE_KEY_ID:
		text_add(&t, "id:");
		for (uint8_t i = 1; i < k->len; i++)
			text_add(&t, "%02x", k->b[i]);
		break;
	case LEASE_KEY_RANGE:
		r = lease_key_to_range(k);
		conf_range_print(&(struct conf_range) { r.first, r.last }, &t);
		break;
	case LEASE_KEY_BAD:
		break;
	}
	return buf;
}

/* ---- list ---- */

/* Name and value of each. */
static json_t *options_json(const struct lease_static *s)
{
	struct rd r = rd_init(s->options, s->options_len), value;
	json_t *o = json_object();
	char text[DHCP_OPTIONS_TEXT_MAX], *comma;
	uint8_t code;

	while (rd_tlv8(&r, &code, &value)) {
		struct text t = text_init(text, sizeof(text));

		dhcp_options_print(code, value, &t);
		comma = strchr(text, ',');
		if (comma)
			*comma = '\0';
		json_object_set_new(o, text, json_string(comma ? comma + 1 : ""));
	}
	return o;
}

static const struct {
	const char *name, *text;
} states[] = {
	[LEASE_STATIC_ANY] = { "any", "no address is fixed" },
	[LEASE_STATIC_FREE] = { "free", "its client has not asked for it" },
	[LEASE_STATIC_LEASED] = { "leased", "its client has it" },
	[LEASE_STATIC_HELD] = { "held", "another client has it until its next message" },
	[LEASE_STATIC_FOREIGN] = { "foreign", "somebody who is no client uses it" },
	[LEASE_STATIC_CLASH] = { "clash", "it is fixed for another client, too, which has it" },
	[LEASE_STATIC_UNUSABLE] = { "unusable", "a node has it, or it is not of this network" },
	[LEASE_STATIC_RESERVED] = { "reserved", "no client gets these" },
};

static json_t *static_json(const struct rpc_context *c, const struct lease_static_view *v)
{
	const struct lease_static *s = &v->fixed;
	bool range = lease_key_kind(&s->key) == LEASE_KEY_RANGE;
	char key[KEY_TEXT];

	return json_pack("{ss so so so so so ss ss so so}", "what", key_text(&s->key, key), "mac",
			 range ? json_null() : value_mac(&v->mac), "ipv4", value_ip4(&s->ip4),
			 "name", value_text(s->name), "leasetime_s",
			 s->lease_s ? json_integer((json_int_t)s->lease_s) : json_null(), "options",
			 options_json(s), "state", states[v->state].name, "meaning",
			 states[v->state].text, "with", value_mac(&v->with), "configured_at",
			 who_node(c, s->origin.b));
}

json_t *method_lease_list(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	json_t *list = json_array();
	struct lease_static_view v;

	(void)params;
	(void)err;
	for (uint32_t i = 0; lease_static_next(node_lease(c->node), &i, c->now, &v);)
		json_array_append_new(list, static_json(c, &v));
	return list;
}

/* ---- what is wrong ---- */

static json_t *not_available(const struct rpc_context *c, const struct ip4 *ip,
			     struct method_error *err)
{
	const struct cloud *cloud = node_cloud(c->node);
	char text[IP4_TEXT], low[IP4_TEXT], high[IP4_TEXT];
	uint32_t net = ip4_u32(&cloud->network4.addr);
	struct ip4 first = ip4_from_u32(net + 2);
	struct ip4 last = ip4_from_u32((net | UINT32_MAX >> cloud->network4.len) - 1);
	struct node_member m;

	ip4_text(ip, text);
	if (who_member(c, text, &m))
		return method_fail(err, RPC_PARAMS, "%s is node %s's: give another address", text,
				   m.name);
	return method_fail(err, RPC_PARAMS,
			   "%s is none that a client of this cloud may have: give one from %s to "
			   "%s that is no node's",
			   text, ip4_text(&first, low), ip4_text(&last, high));
}

static json_t *in_use(const struct rpc_context *c, const struct lease_static *s,
		      struct method_error *err)
{
	struct lease_static rival = { .ip4 = { { 0 } } };
	char what[KEY_TEXT], ip[IP4_TEXT];
	bool address;

	(void)lease_static_rival(node_lease(c->node), s, &rival);
	address = !ip4_is_zero(&s->ip4) && ip4_eq(&rival.ip4, &s->ip4);
	key_text(&rival.key, what);
	return method_fail(err, RPC_PARAMS,
			   "%s %s is fixed for %s: give another one, or remove that",
			   address ? "the address" : "the name",
			   address ? ip4_text(&s->ip4, ip) : s->name, what);
}

static json_t *configured(const struct rpc_context *c, const struct lease_key *key,
			  struct method_error *err)
{
	struct lease_static_view v;
	struct node_member m;
	struct state_node id;

	if (lease_static_find(node_lease(c->node), key, c->now, &v)) {
		memcpy(id.b, v.fixed.origin.b, sizeof(id.b));
		if (node_member_find(c->node, &id, &m))
			return method_fail(err, RPC_FORBIDDEN,
					   "that is in the configuration of node %s (config host, "
					   "or list reserve): change it there",
					   m.name);
	}
	return method_fail(err, RPC_FORBIDDEN,
			   "that is in the configuration of this node: change it there");
}

static json_t *refused(const struct rpc_context *c, const struct lease_static *s, int why,
		       struct method_error *err)
{
	switch (-why) {
	case EADDRNOTAVAIL:
		return not_available(c, &s->ip4, err);
	case EADDRINUSE:
		return in_use(c, s, err);
	case EPERM:
		return configured(c, &s->key, err);
	case EAGAIN:
		return method_fail(err, RPC_NOT_YET,
				   "this node has just started and does not know yet what is "
				   "fixed: try again in 3 seconds");
	case ENOENT:
		return method_fail(err, RPC_NOT_FOUND, "nothing is fixed there");
	case ENOSPC:
		return method_fail(err, RPC_FULL, "there is no room for more static leases");
	default:
		return method_fail(err, RPC_INTERNAL, "%s", strerror(-why));
	}
}

static json_t *what_holds(const struct rpc_context *c, const struct lease_static *s)
{
	struct lease_static_view v;
	char key[KEY_TEXT];

	if (lease_static_find(node_lease(c->node), &s->key, c->now, &v))
		return static_json(c, &v);
	return json_pack("{ss}", "what", key_text(&s->key, key));
}

/* By the network's admin, once it has one: then what is to be signed, if it is not yet. */
static json_t *act(const struct rpc_context *c, enum control_act what, const struct lease_static *s,
		   json_t *params, struct method_error *err)
{
	struct event e = { .kind = EVENT_CONTROL, .control = { .act = what, .fixed = *s } };
	const char *proofs = json_string_value(json_object_get(params, "proofs"));
	struct node_signed record;
	json_t *r;
	int why = node_fixed_record(c->node, s, what == CONTROL_UNFIX_LEASE, &record);

	if (why == -ENOKEY) {
		c->act(c->ctx, &e);
		why = node_static_error(c->node);
	} else if (!why) {
		r = signed_write(c, &record, 1, proofs, err);
		if (!r || !proofs)
			return r;
		json_decref(r);
	}
	return why ? refused(c, s, why, err) : what_holds(c, s);
}

/* ---- add and reserve ---- */

static const char *text_of(json_t *params, const char *name)
{
	return json_string_value(json_object_get(params, name));
}

/* Whom it is about; *ret_has: the address that it has, zero where it is not known here. False with
 * the error set. */
static bool client_read(const struct rpc_context *c, const char *word, struct lease_key *ret,
			struct ip4 *ret_has, struct method_error *err)
{
	uint8_t id[LEASE_KEY_ID_MAX];
	struct lease_view v;
	struct mac mac;
	struct who who;
	size_t len;

	*ret_has = (struct ip4) { { 0 } };
	if (!strncmp(word, "id:", 3)) {
		if (text_unhex(word + 3, id, sizeof(id), &len) && len > 0) {
			*ret = lease_key_id(id, len);
			return true;
		}
		method_fail(err, RPC_PARAMS,
			    "'%.72s': behind id: stand 2 to %d hex digits of a client identifier",
			    word, 2 * LEASE_KEY_ID_MAX);
		return false;
	}
	if (mac_parse(word, &mac) < 0) {
		if (!who_find(c, word, &who, err))
			return false;
		if (!who.is_client) {
			method_fail(err, RPC_PARAMS, "'%.64s' is a node: give a client", word);
			return false;
		}
		mac = who.lease.client.mac;
	}
	if (!mac_is_station(&mac)) {
		method_fail(err, RPC_PARAMS, "'%.64s' is no station's MAC", word);
		return false;
	}
	*ret = lease_key_mac(&mac);
	if (lease_find(node_lease(c->node), &mac, c->now, &v))
		*ret_has = v.client.ip4;
	return true;
}

/* In lower case, as DNS takes it; false with the error set. */
static bool name_read(const char *name, char ret[static LEASE_NAME_MAX], struct method_error *err)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++) {
		char c = text_lower(name[i]);

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		      (c == '-' && i > 0 && i < len - 1))) {
			method_fail(err, RPC_PARAMS,
				    "'%.64s' is no name: letters, digits and inner '-' are "
				    "allowed",
				    name);
			return false;
		}
		ret[i] = c;
	}
	ret[len] = '\0';
	return true;
}

static bool options_read(json_t *options, struct lease_static *s, struct method_error *err)
{
	struct wr w = wr_init(s->options, sizeof(s->options));
	char names[192], one[DHCP_OPTIONS_TEXT_MAX];
	struct text all = text_init(names, sizeof(names)), t;
	const char *name;
	json_t *v;

	json_object_foreach(options, name, v)
	{
		const char *value = json_string_value(v);

		t = text_init(one, sizeof(one));
		text_add(&t, "%s%s%s", name, value && *value ? "," : "", value ? value : "");
		if (value && !t.cut && dhcp_options_parse(one, &w) == 0)
			continue;
		dhcp_options_names(&all);
		method_fail(err, RPC_PARAMS, "'%.32s' with that value is no option; known are %s",
			    name, names);
		return false;
	}
	s->options_len = (uint8_t)wr_len(&w);
	if (!w.bad && dhcp_options_sound(s->options, s->options_len))
		return true;
	method_fail(err, RPC_PARAMS, "options may be %d bytes together, and each once",
		    LEASE_OPTIONS_MAX);
	return false;
}

static bool fixed_read(const struct rpc_context *c, json_t *params, struct lease_static *ret,
		       struct method_error *err)
{
	const char *address = text_of(params, "address"), *name = text_of(params, "name");
	const char *leasetime = text_of(params, "leasetime");
	json_t *options = json_object_get(params, "options");
	int32_t seconds = 0;
	struct ip4 has;

	memset(ret, 0, sizeof(*ret));
	if (!client_read(c, text_of(params, "client"), &ret->key, &has, err) ||
	    (name && !name_read(name, ret->name, err)) ||
	    (json_is_object(options) && !options_read(options, ret, err)))
		return false;
	if (address && ip4_parse(address, &ret->ip4) < 0) {
		method_fail(err, RPC_PARAMS, "'%.64s' is no IPv4 address", address);
		return false;
	}
	if (leasetime &&
	    conf_time_parse(leasetime, LEASE_TIME_MIN_S, LEASE_TIME_MAX_S, &seconds) < 0) {
		method_fail(err, RPC_PARAMS,
			    "'%.32s' is no lease time: give %d to %d seconds, or as 90m, 12h, 7d",
			    leasetime, LEASE_TIME_MIN_S, LEASE_TIME_MAX_S);
		return false;
	}
	ret->lease_s = (uint32_t)seconds;
	if (!address && !name && !leasetime && !ret->options_len)
		ret->ip4 = has;
	if (address || name || leasetime || ret->options_len || !ip4_is_zero(&has))
		return true;
	method_fail(err, RPC_PARAMS,
		    "that client has no lease now: give the address, or what else to fix");
	return false;
}

json_t *method_lease_add(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	struct lease_static s;

	return fixed_read(c, params, &s, err) ? act(c, CONTROL_FIX_LEASE, &s, params, err) : NULL;
}

json_t *method_lease_reserve(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	const char *word = text_of(params, "addresses");
	const struct net4 *net = &node_cloud(c->node)->network4;
	struct lease_static s = { .lease_s = 0 };
	struct conf_range r;
	char text[NET_TEXT];

	if (conf_range_parse(word, &r) < 0)
		return method_fail(
			err, RPC_PARAMS,
			"'%.64s' is no range: give an address, FIRST-LAST or NETWORK/LENGTH", word);
	if (!net4_has(net, &r.first) || !net4_has(net, &r.last))
		return method_fail(err, RPC_PARAMS, "'%.64s' is not in this cloud's network %s",
				   word, net4_text(net, text));
	s.key = lease_key_range(&(struct lease_range) { r.first, r.last });
	return act(c, CONTROL_FIX_LEASE, &s, params, err);
}

/* ---- remove ---- */

/* As lease.list shows it, or with the name of the client. */
static bool is_called(const struct lease_static *s, const char *word)
{
	struct conf_range r;
	struct lease_key key;
	char text[KEY_TEXT];
	struct mac mac;
	struct ip4 ip;

	if (mac_parse(word, &mac) == 0) {
		key = lease_key_mac(&mac);
		return lease_key_cmp(&s->key, &key) == 0;
	}
	if (ip4_parse(word, &ip) == 0 && !ip4_is_zero(&ip) && ip4_eq(&ip, &s->ip4))
		return true;
	if (conf_range_parse(word, &r) == 0) {
		key = lease_key_range(&(struct lease_range) { r.first, r.last });
		return lease_key_cmp(&s->key, &key) == 0;
	}
	return strcasecmp(key_text(&s->key, text), word) == 0 ||
	       (s->name[0] && strcasecmp(s->name, word) == 0);
}

json_t *method_lease_remove(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	const char *word = text_of(params, "what");
	struct lease_static_view v;

	for (uint32_t i = 0; lease_static_next(node_lease(c->node), &i, c->now, &v);)
		if (is_called(&v.fixed, word))
			return act(c, CONTROL_UNFIX_LEASE, &v.fixed, params, err);
	return method_fail(err, RPC_NOT_FOUND,
			   "nothing is fixed for '%.64s': lease.list shows what is", word);
}
