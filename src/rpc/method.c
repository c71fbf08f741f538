/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rpc/method.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "rpc/signed.h"

/* A method without parameters. */
#define PLAIN(called, what, does, text)                                                            \
	{                                                                                          \
		.name = (called), .flags = (what), .fn = (does), .help = (text)                    \
	}

#define CLOUD_NAMES                                                                                \
	{                                                                                          \
		"names", PARAM_BOOL, false, 0, 0,                                                  \
			"also orig_name, neigh_name and tt_name, where they are known"             \
	}

#define TYPE_HELP "name of a type of records, or its number as a text"
#define TYPE_FILTER                                                                                \
	{                                                                                          \
		"type", PARAM_TEXT, false, 0, 0, TYPE_HELP                                         \
	}
#define AUTHOR_FILTER                                                                              \
	{                                                                                          \
		"author", PARAM_TEXT, false, 0, 0,                                                 \
			"only of this node: its name, MAC, address, or id in hex digits"           \
	}
#define PROOFS                                                                                     \
	{                                                                                          \
		"proofs", PARAM_TEXT, false, 0, SIGNED_PROOFS_MAX,                                 \
			"signatures of the texts to be signed, in their order, 128 hex digits "    \
			"each"                                                                     \
	}
#define AFTER_PAGE                                                                                 \
	{                                                                                          \
		"after", PARAM_NUMBER, false, 0, UINT32_MAX,                                       \
			"what the last answer had as \"after\", for the records behind it"         \
	}

static const struct method methods[] = {
	PLAIN("status", METHOD_READ, method_status,
	      "this node: cloud, ports, uplinks, gateway, clash"),
	PLAIN("nodes", METHOD_READ, method_nodes, "the trama nodes of the cloud"),
	PLAIN("neighbours", METHOD_READ, method_neighbours,
	      "nodes heard directly, on layer 2 and by Babel"),
	PLAIN("links", METHOD_READ, method_links,
	      "whom each trama node of the cloud hears, as it has said in the last minutes"),
	PLAIN("originators", METHOD_READ, method_originators,
	      "nodes of the cloud and the best way to each"),
	PLAIN("translation", METHOD_READ, method_translation,
	      "which client MAC is behind which node"),
	PLAIN("cloud.mesh", METHOD_READ, method_cloud_mesh,
	      "the engine of the cloud on layer 2, with batctl's field names"),
	{ "cloud.originators",
	  METHOD_READ,
	  "every way to every node of the cloud, with batctl's field names",
	  method_cloud_originators,
	  { CLOUD_NAMES } },
	{ "cloud.neighbours",
	  METHOD_READ,
	  "nodes heard directly in the cloud, with batctl's field names",
	  method_cloud_neighbours,
	  { CLOUD_NAMES } },
	{ "cloud.local",
	  METHOD_READ,
	  "the translation table of this node, with batctl's field names",
	  method_cloud_local,
	  { CLOUD_NAMES } },
	{ "cloud.global",
	  METHOD_READ,
	  "the translation tables of the other nodes, with batctl's field names",
	  method_cloud_global,
	  { CLOUD_NAMES } },
	PLAIN("cloud.statistics", METHOD_READ, method_cloud_statistics,
	      "counters of the engine, with batctl's names"),
	{ "cloud.find",
	  METHOD_READ,
	  "which node of the cloud somebody is at, or is",
	  method_cloud_find,
	  { { "host", PARAM_TEXT, true, 0, 0, "MAC, name or address of a node or client" } } },
	PLAIN("clients", METHOD_READ, method_clients, "all clients of the cloud"),
	PLAIN("leases", METHOD_READ, method_leases,
	      "leases of the cloud, and the address blocks of its nodes"),
	{ "lease.release",
	  METHOD_ACT,
	  "end the lease of a client and forget it",
	  method_release,
	  { { "client", PARAM_TEXT, true, 0, 0, "MAC, name or address of a client" } } },
	PLAIN("lease.list", METHOD_READ, method_lease_list,
	      "what is fixed for clients of the cloud, and reserved addresses"),
	{ "lease.add",
	  METHOD_ACT,
	  "fix an address, a name, a lease time or options of DHCP for a client, at all nodes",
	  method_lease_add,
	  { { "client", PARAM_TEXT, true, 0, 0,
	      "MAC, or id: and the hex digits of a client identifier; or name or address of a "
	      "client that is known" },
	    { "address", PARAM_TEXT, false, 0, 0,
	      "nobody else gets it; without anything else to fix, what it has at present" },
	    { "name", PARAM_TEXT, false, 0, LEASE_NAME_MAX - 1, "letters, digits and inner '-'" },
	    { "leasetime", PARAM_TEXT, false, 0, 0,
	      "seconds from 120 to 604800, or as 90m, 12h, 7d" },
	    { "options", PARAM_OBJECT, false, 0, 0,
	      "of DHCP: each with its value as a text, \"\" to tell the client nothing of it" },
	    PROOFS } },
	{ "lease.reserve",
	  METHOD_ACT,
	  "give these addresses to no client, but by a static lease, at all nodes",
	  method_lease_reserve,
	  { { "addresses", PARAM_TEXT, true, 0, 0, "an address, FIRST-LAST, or NETWORK/LENGTH" },
	    PROOFS } },
	{ "lease.remove",
	  METHOD_ACT,
	  "end what lease.add or lease.reserve has fixed",
	  method_lease_remove,
	  { { "what", PARAM_TEXT, true, 0, 0,
	      "client, name, address or addresses, as lease.list shows it" },
	    PROOFS } },
	PLAIN("gateways", METHOD_READ, method_gateways,
	      "ways out of the network, which one is used and why"),
	PLAIN("routes", METHOD_READ, method_routes, "routes that Babel has learnt"),
	PLAIN("service.list", METHOD_READ, method_service_list,
	      "services that nodes of the network announce"),
	{ "service.add",
	  METHOD_ACT,
	  "announce a service of this node, or of a host at it, or change what is announced",
	  method_service_add,
	  { { "name", PARAM_TEXT, true, 0, 0,
	      "letters, digits, and between them '-', '_' and '.'" },
	    { "port", PARAM_NUMBER, true, 1, UINT16_MAX, "where it is asked" },
	    { "protocol", PARAM_TEXT, false, 0, 0, "tcp, which is the default, or udp" },
	    { "address", PARAM_TEXT, false, 0, 0, "this node's, unless it is given" },
	    { "text", PARAM_TEXT, false, 0, 0, "what people should know of it" } } },
	{ "service.remove",
	  METHOD_ACT,
	  "announce a service of this node no more",
	  method_service_remove,
	  { { "name", PARAM_TEXT, true, 0, 0, "as service.list shows it" } } },
	PLAIN("note.list", METHOD_READ, method_note_list,
	      "what people have noted about nodes and clients"),
	{ "note.set",
	  METHOD_ACT,
	  "note something about a node or a client, for everybody to read",
	  method_note_set,
	  { { "of", PARAM_TEXT, true, 0, 0, "name, address, MAC, or id of a node" },
	    { "text", PARAM_TEXT, false, 0, 0, "without it the note goes" } } },
	{ "state.list",
	  METHOD_READ,
	  "replicated records without their values, at most 512 in one answer",
	  method_state_list,
	  { TYPE_FILTER,
	    AUTHOR_FILTER,
	    { "all", PARAM_BOOL, false, 0, 0, "also those that are deleted" },
	    AFTER_PAGE } },
	{ "state.get",
	  METHOD_READ,
	  "a replicated record with its value; one of each author, where they are owned, at most "
	  "64 in one answer",
	  method_state_get,
	  { { "type", PARAM_TEXT, true, 0, 0, TYPE_HELP },
	    { "id", PARAM_TEXT, true, 0, 0, "as state.list shows it, or 0x and hex digits" },
	    AUTHOR_FILTER,
	    AFTER_PAGE } },
	{ "state.put",
	  METHOD_ACT,
	  "write a replicated record of a type that is free for everybody's own use",
	  method_state_put,
	  { { "type", PARAM_NUMBER, true, NODE_FREE_TYPE, UINT8_MAX, "of the record" },
	    { "id", PARAM_TEXT, true, 0, 0, "at most 32 bytes: text, or 0x and hex digits" },
	    { "value", PARAM_TEXT, false, 0, 2 + 2 * STATE_VALUE_MAX,
	      "at most 480 bytes: text, or 0x and hex digits; without it the record is deleted" },
	    { "owned", PARAM_BOOL, false, 0, 0,
	      "only this node writes this record, beside those of others with that id; else "
	      "everybody, and the last one counts" },
	    { "network", PARAM_BOOL, false, 0, 0, "for all clouds; else for this one" },
	    { "lifetime_s", PARAM_NUMBER, false, 60, 86400,
	      "it goes so long after it was written, an owned one after this node was last heard "
	      "(then 3600 at least: the node shows life at a third of it); else a day" } } },
	{ "state.watch",
	  METHOD_READ | METHOD_RECORDS,
	  "replicated records that change from now on, as notifications",
	  method_state_watch,
	  { TYPE_FILTER, AUTHOR_FILTER } },
	PLAIN("admin.show", METHOD_READ, method_admin_show,
	      "the public key of the network's admin, and the salt that its password goes with"),
	{ "admin.put",
	  METHOD_ACT,
	  "make a key that of the network's admin; without proofs: what it must sign",
	  method_admin_put,
	  { { "key", PARAM_TEXT, true, 0, 0, "the new public key, 64 hex digits" },
	    { "link", PARAM_TEXT, true, 0, 0,
	      "signature that it follows the key before, by that one, 128 hex digits" },
	    { "salt", PARAM_TEXT, false, 0, 0,
	      "of the password, 32 hex digits; needed for the first one, kept for all others" },
	    PROOFS } },
	PLAIN("settings.show", METHOD_READ, method_settings_show,
	      "settings of the network and of the cloud: in force, before, and staged; pending: "
	      "this "
	      "node is about to start with others"),
	{ "settings.write",
	  METHOD_ACT,
	  "change settings of the network; without proofs: what its admin must sign",
	  method_settings_write,
	  { { "act", PARAM_TEXT, true, 0, 0, "set, stage, apply, drop or rollback" },
	    { "option", PARAM_TEXT, false, 0, 0, "as dhcp.lease_time_s, to set or stage" },
	    { "value", PARAM_TEXT, false, 0, 4096,
	      "its value, those of a list by line (a newline alone: none); else the option is not "
	      "set any more" },
	    { "cloud", PARAM_BOOL, false, 0, 0, "for this cloud; else for the whole network" },
	    PROOFS } },
	{ "shared-state.list",
	  METHOD_READ,
	  "what nodes of LibreMesh share with this one, at most 256 entries in one answer",
	  method_shared_state_list,
	  { { "type", PARAM_TEXT, false, 0, 0, "of their types, as node_info; else all" },
	    AFTER_PAGE } },
	{ "shared-state.sync",
	  METHOD_ACT,
	  "merge what a LibreMesh node posts by HTTP, and answer with the whole store then",
	  method_shared_state_sync,
	  { { "type", PARAM_TEXT, true, 0, 0, "dnsmasq-leases or dnsmasq-hosts" },
	    { "store", PARAM_OBJECT, true, 0, 0,
	      "each key with its bleachTTL, author and data; or an empty list" },
	    { "more", PARAM_BOOL, false, 0, 0,
	      "another part of the posted store follows: nothing is answered yet" } } },
	PLAIN("counters", METHOD_READ, method_counters, "counters of all parts, by name"),
	PLAIN("events", METHOD_READ | METHOD_EVENTS, method_events,
	      "what happens from now on, as notifications"),
	{ "trace.know",
	  METHOD_READ,
	  "what this node knows about the way from a client to a destination",
	  method_trace_know,
	  { { "client", PARAM_TEXT, true, 0, 0, "MAC, name or address of a client or node" },
	    { "destination", PARAM_TEXT, true, 0, 0, "name or address" } } },
	{ "trace.probe",
	  METHOD_ACT,
	  "send one probe into the cloud; its answer is asked for with trace.answer",
	  method_trace_probe,
	  { { "to", PARAM_TEXT, true, 0, 0, "MAC of a node, or of a client behind it" },
	    { "ttl", PARAM_NUMBER, true, 1, 255, "hops it may go" },
	    { "id", PARAM_NUMBER, true, 1, 255, "of the caller's choice" },
	    { "seq", PARAM_NUMBER, false, 0, 65535, "number of the probe; else 0" },
	    { "record", PARAM_BOOL, false, 0, 0, "the answer tells the ports passed" } } },
	{ "trace.answer",
	  METHOD_READ,
	  "the answer to a probe, null when there is none yet",
	  method_trace_answer,
	  { { "id", PARAM_NUMBER, true, 1, 255, "as in trace.probe" },
	    { "seq", PARAM_NUMBER, false, 0, 65535, "as in trace.probe" } } },
	{ "config.show",
	  METHOD_READ,
	  "the configuration in use, as text that parses again; secrets are left out",
	  method_config_show,
	  { { "all", PARAM_BOOL, false, 0, 0, "also what has its default value" } } },
	PLAIN("config.options", METHOD_READ, method_config_options,
	      "every option: type, default, meaning"),
	PLAIN("version", METHOD_READ, method_version, "version of the daemon"),
	PLAIN("rpc.methods", METHOD_READ, method_methods, "this list"),
};

const struct method *method_at(size_t i)
{
	return i < sizeof(methods) / sizeof(methods[0]) ? &methods[i] : NULL;
}

const struct method *method_find(const char *name)
{
	const struct method *m;

	for (size_t i = 0; (m = method_at(i)); i++)
		if (!strcmp(m->name, name))
			return m;
	return NULL;
}

const char *param_type_name(enum param_type type)
{
	static const char *const names[] = {
		[PARAM_TEXT] = "string",
		[PARAM_NUMBER] = "integer",
		[PARAM_BOOL] = "boolean",
		[PARAM_OBJECT] = "object",
	};

	return names[type];
}

json_t *method_fail(struct method_error *err, enum rpc_error_code code, const char *fmt, ...)
{
	va_list ap;

	err->code = code;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return NULL;
}

/* ---- parameters ---- */

static const struct method_param *param_find(const struct method *m, const char *name)
{
	for (size_t i = 0; i < METHOD_PARAMS && m->params[i].name; i++)
		if (!strcmp(m->params[i].name, name))
			return &m->params[i];
	return NULL;
}

static size_t text_max(const struct method_param *p)
{
	return p->max ? (size_t)p->max : METHOD_TEXT_MAX;
}

static bool text_fits(const struct method_param *p, json_t *v)
{
	size_t len = json_string_length(v); /* 0 of what is no text */

	return len > 0 && len <= text_max(p);
}

static bool value_fits(const struct method_param *p, json_t *v)
{
	switch (p->type) {
	case PARAM_TEXT:
		return text_fits(p, v);
	case PARAM_NUMBER:
		return json_is_integer(v) && json_integer_value(v) >= p->min &&
		       json_integer_value(v) <= p->max;
	case PARAM_BOOL:
		return json_is_boolean(v);
	case PARAM_OBJECT: /* Lua writes an empty one as a list */
		return json_is_object(v) || (json_is_array(v) && !json_array_size(v));
	}
	return false;
}

static int refuse(const struct method_param *p, struct method_error *err)
{
	if (p->type == PARAM_NUMBER)
		method_fail(err, RPC_PARAMS, "parameter '%s' must be a number from %lld to %lld",
			    p->name, p->min, p->max);
	else if (p->type == PARAM_TEXT)
		method_fail(err, RPC_PARAMS, "parameter '%s' must be a text of 1 to %zu bytes",
			    p->name, text_max(p));
	else if (p->type == PARAM_OBJECT)
		method_fail(err, RPC_PARAMS, "parameter '%s' must be an object", p->name);
	else
		method_fail(err, RPC_PARAMS, "parameter '%s' must be true or false", p->name);
	return -EINVAL;
}

int method_check(const struct method *m, json_t *params, struct method_error *err)
{
	const struct method_param *p;
	const char *name;
	json_t *v;

	json_object_foreach(params, name, v)
	{
		p = param_find(m, name);
		if (!p) {
			method_fail(err, RPC_PARAMS, "%s has no parameter '%.64s'", m->name, name);
			return -EINVAL;
		}
		if (!value_fits(p, v))
			return refuse(p, err);
	}
	for (size_t i = 0; i < METHOD_PARAMS && m->params[i].name; i++) {
		p = &m->params[i];
		if (p->required && !json_object_get(params, p->name)) {
			method_fail(err, RPC_PARAMS, "%s needs the parameter '%s': %s", m->name,
				    p->name, p->help);
			return -EINVAL;
		}
	}
	return 0;
}

/* ---- the table as data ---- */

static json_t *param_schema(const struct method_param *p)
{
	json_t *o = json_pack("{ss ss sb ss}", "name", p->name, "type", param_type_name(p->type),
			      "required", p->required, "help", p->help);

	if (o && p->type == PARAM_NUMBER) {
		json_object_set_new(o, "minimum", json_integer(p->min));
		json_object_set_new(o, "maximum", json_integer(p->max));
	}
	return o;
}

json_t *method_methods(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	json_t *list = json_array(), *ps;
	const struct method *m;

	(void)c;
	(void)params;
	(void)err;
	for (size_t i = 0; (m = method_at(i)); i++) {
		ps = json_array();
		for (size_t k = 0; k < METHOD_PARAMS && m->params[k].name; k++)
			json_array_append_new(ps, param_schema(&m->params[k]));
		json_array_append_new(list, json_pack("{ss ss sb sb so}", "name", m->name, "help",
						      m->help, "acts", (m->flags & METHOD_ACT) != 0,
						      "streams", (m->flags & METHOD_STREAM) != 0,
						      "params", ps));
	}
	return list;
}
