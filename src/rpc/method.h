/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The method table: dispatch, rpc.methods, and what the manual says of the control socket are made
 * from it. */
#ifndef RPC_METHOD_H
#define RPC_METHOD_H

#include <jansson.h>

#include "rpc/call.h"

enum method_flag {
	METHOD_READ = 1, /* changes nothing */
	METHOD_ACT = 2,	 /* makes the node do something */
	/* notifications follow on this connection */
	METHOD_EVENTS = RPC_EVENTS,
	METHOD_RECORDS = RPC_RECORDS,
	METHOD_STREAM = METHOD_EVENTS | METHOD_RECORDS,
};

enum param_type { PARAM_TEXT, PARAM_NUMBER, PARAM_BOOL, PARAM_OBJECT };

struct method_param {
	const char *name;
	enum param_type type;
	bool required;
	long long min, max; /* of a PARAM_NUMBER; max bytes of a PARAM_TEXT, 0: METHOD_TEXT_MAX */
	const char *help;
};

#define METHOD_PARAMS 6
#define METHOD_TEXT_MAX 255 /* none of the bytes is a NUL: the parser refuses it */

/* What went wrong in a method, for the error object. */
struct method_error {
	enum rpc_error_code code;
	char text[256];
};

/* params: an object that fits the table; NULL with the error set when it fails (or, memory short,
 * unset). */
typedef json_t *method_fn(const struct rpc_context *c, json_t *params, struct method_error *err);

struct method {
	const char *name;
	unsigned flags;
	const char *help;
	method_fn *fn;
	struct method_param params[METHOD_PARAMS];
};

const struct method *method_find(const char *name);
/* In order of the table, NULL at the end. */
const struct method *method_at(size_t i);
const char *param_type_name(enum param_type type);
/* 0, or -EINVAL with the error set: unknown, missing, of a wrong type, out of range. */
int method_check(const struct method *m, json_t *params, struct method_error *err);
/* Sets the error, gives NULL. */
json_t *method_fail(struct method_error *err, enum rpc_error_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* status.c */
json_t *method_status(const struct rpc_context *c, json_t *params, struct method_error *err);
json_t *method_version(const struct rpc_context *c, json_t *params, struct method_error *err);
/* mesh.c */
json_t *method_neighbours(const struct rpc_context *c, json_t *params, struct method_error *err);
json_t *method_links(const struct rpc_context *c, json_t *params, struct method_error *err);
json_t *method_originators(const struct rpc_context *c, json_t *params, struct method_error *err);
json_t *method_translation(const struct rpc_context *c, json_t *params, struct method_error *err);
json_t *method_nodes(const struct rpc_context *c, json_t *params, struct method_error *err);
/* cloud.c */
json_t *method_cloud_mesh(const struct rpc_context *c, json_t *params, struct method_error *err);
json_t *method_cloud_originators(const struct rpc_context *c, json_t *params,
				 struct method_error *err);
json_t *method_cloud_neighbours(const struct rpc_context *c, json_t *params,
				struct method_error *err);
json_t *method_cloud_local(const struct rpc_context *c, json_t *params, struct method_error *err);
json_t *method_cloud_global(const struct rpc_context *c, json_t *params, struct method_error *err);
json_t *method_cloud_statistics(const struct rpc_context *c, json_t *params,
				struct method_error *err);
json_t *method_cloud_find(const struct rpc_context *c, json_t *params, struct method_error *err);
/* clients.c */
json_t *method_clients(const struct rpc_context *c, json_t *params, struct method_error *err);
json_t *method_leases(const struct rpc_context *c, json_t *params, struct method_error *err);
json_t *method_release(const struct rpc_context *c, json_t *params, struct method_error *err);
/* statics.c */
json_t *method_lease_list(const struct rpc_context *c, json_t *params, struct method_error *err);
json_t *method_lease_add(const struct rpc_context *c, json_t *params, struct method_error *err);
json_t *method_lease_reserve(const struct rpc_context *c, json_t *params, struct method_error *err);
json_t *method_lease_remove(const struct rpc_context *c, json_t *params, struct method_error *err);
/* shared_state_list.c */
json_t *method_shared_state_list(const struct rpc_context *c, json_t *params,
				 struct method_error *err);
/* announced.c */
json_t *method_service_list(const struct rpc_context *c, json_t *params, struct method_error *err);
json_t *method_service_add(const struct rpc_context *c, json_t *params, struct method_error *err);
json_t *method_service_remove(const struct rpc_context *c, json_t *params,
			      struct method_error *err);
json_t *method_note_list(const struct rpc_context *c, json_t *params, struct method_error *err);
json_t *method_note_set(const struct rpc_context *c, json_t *params, struct method_error *err);
/* ways.c */
json_t *method_gateways(const struct rpc_context *c, json_t *params, struct method_error *err);
json_t *method_routes(const struct rpc_context *c, json_t *params, struct method_error *err);
/* counters.c */
json_t *method_counters(const struct rpc_context *c, json_t *params, struct method_error *err);
/* config.c */
json_t *method_config_show(const struct rpc_context *c, json_t *params, struct method_error *err);
json_t *method_config_options(const struct rpc_context *c, json_t *params,
			      struct method_error *err);
/* trace.c */
json_t *method_trace_know(const struct rpc_context *c, json_t *params, struct method_error *err);
json_t *method_trace_probe(const struct rpc_context *c, json_t *params, struct method_error *err);
json_t *method_trace_answer(const struct rpc_context *c, json_t *params, struct method_error *err);
/* state.c */
json_t *method_state_list(const struct rpc_context *c, json_t *params, struct method_error *err);
json_t *method_state_get(const struct rpc_context *c, json_t *params, struct method_error *err);
json_t *method_state_put(const struct rpc_context *c, json_t *params, struct method_error *err);
json_t *method_state_watch(const struct rpc_context *c, json_t *params, struct method_error *err);
/* admin.c */
json_t *method_admin_show(const struct rpc_context *c, json_t *params, struct method_error *err);
json_t *method_admin_put(const struct rpc_context *c, json_t *params, struct method_error *err);
/* settings.c */
json_t *method_settings_show(const struct rpc_context *c, json_t *params, struct method_error *err);
json_t *method_settings_write(const struct rpc_context *c, json_t *params,
			      struct method_error *err);
/* shared_state.c */
json_t *method_shared_state_sync(const struct rpc_context *c, json_t *params,
				 struct method_error *err);
/* events.c */
json_t *method_events(const struct rpc_context *c, json_t *params, struct method_error *err);
/* method.c */
json_t *method_methods(const struct rpc_context *c, json_t *params, struct method_error *err);

#endif
