/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cloud.*: the tables of the cloud's engine row by row, as batctl knows them. Where batctl prints
 * JSON the fields of a row are its fields, no more and no less, unless names are asked for.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rpc/method.h"
#include "rpc/value.h"
#include "rpc/who.h"

static bool wants_names(json_t *params)
{
	return json_is_true(json_object_get(params, "names"));
}

/* Takes the name; null is left out. */
static void set_name(json_t *row, const char *key, json_t *name)
{
	if (json_is_null(name))
		json_decref(name);
	else
		json_object_set_new(row, key, name);
}

/* ---- devices ---- */

static void set_device(const struct rpc_context *c, json_t *o, const char *what, const char *name)
{
	char key[32];
	struct mac mac;
	int index;
	bool here = c->platform && c->platform->device &&
		    c->platform->device(c->ctx, name, &index, &mac);

	snprintf(key, sizeof(key), "%s_ifname", what);
	json_object_set_new(o, key, value_text(name));
	snprintf(key, sizeof(key), "%s_ifindex", what);
	json_object_set_new(o, key, here ? json_integer(index) : json_null());
	if (strcmp(what, "mesh") == 0)
		json_object_set_new(o, "mesh_address", here ? value_mac(&mac) : json_null());
}

json_t *method_cloud_mesh(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	json_t *o =
		json_pack("{ss ss sI}", "version", "trama " TRAMA_VERSION, "algo_name", "BATMAN_IV",
			  "tt_ttvn", (json_int_t)batman_ttvn(node_batman(c->node)));
	struct mac self;

	(void)params;
	(void)err;
	set_device(c, o, "mesh", node_wish(c->node)->filter.cloud);
	if (!batman_self(node_batman(c->node), &self))
		return o;
	set_device(c, o, "hard", node_mesh_dev(c->node, &self));
	json_object_set_new(o, "hard_address", value_mac(&self));
	return o;
}

/* ---- ways ---- */

static void set_way(const struct rpc_context *c, json_t *row, const struct batman_path *p,
		    json_t *params)
{
	json_object_set_new(row, "neigh_address", value_mac(&p->neighbour));
	set_device(c, row, "hard", node_port_mesh_dev(c->node, p->port));
	if (wants_names(params))
		set_name(row, "neigh_name", who_originator_name(c, &p->neighbour));
}

json_t *method_cloud_originators(const struct rpc_context *c, json_t *params,
				 struct method_error *err)
{
	json_t *list = json_array(), *row;
	struct batman_path p;

	(void)err;
	for (uint32_t i = 0; batman_path_next(node_batman(c->node), &i, &p);) {
		if (!p.orig_reachable)
			continue;
		row = json_pack("{so sI so}", "orig_address", value_mac(&p.orig), "tq",
				(json_int_t)p.tq, "last_seen_msecs",
				value_ago_ms(p.orig_seen, c->now));
		set_way(c, row, &p, params);
		if (p.best)
			json_object_set_new(row, "best", json_true());
		if (wants_names(params))
			set_name(row, "orig_name", who_originator_name(c, &p.orig));
		json_array_append_new(list, row);
	}
	return list;
}

json_t *method_cloud_neighbours(const struct rpc_context *c, json_t *params,
				struct method_error *err)
{
	json_t *list = json_array(), *row;
	struct batman_path p;

	(void)err;
	for (uint32_t i = 0; batman_neighbour_next(node_batman(c->node), &i, &p);) {
		row = json_pack("{so}", "last_seen_msecs", value_ago_ms(p.last_seen, c->now));
		set_way(c, row, &p, params);
		json_array_append_new(list, row);
	}
	return list;
}

/* ---- translation ---- */

static json_t *flags_json(uint8_t flags)
{
	/* number: of BATADV_TT_CLIENT_* of linux/batman_adv.h */
	static const struct {
		const char *name;
		uint8_t flag;
		unsigned int number;
	} all[] = {
		{ "del", 0, 0x01 },
		{ "roam", BATMAN_CLIENT_ROAM, 0x02 },
		{ "wifi", BATMAN_CLIENT_WIFI, 0x10 },
		{ "isolated", BATMAN_CLIENT_ISOLATED, 0x20 },
		{ "nopurge", BATMAN_CLIENT_FIXED, 0x100 },
		{ "new", BATMAN_CLIENT_NEW, 0x200 },
		{ "pending", BATMAN_CLIENT_PENDING, 0x400 },
		{ "temp", BATMAN_CLIENT_TEMP, 0x800 },
	};
	json_t *o = json_object();
	unsigned int raw = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		json_object_set_new(o, all[i].name, json_boolean(flags & all[i].flag));
		raw |= flags & all[i].flag ? all[i].number : 0;
	}
	json_object_set_new(o, "raw", json_integer(raw));
	return o;
}

static json_t *client_name(const struct rpc_context *c, const struct mac *mac)
{
	struct lease_view v;

	return lease_find(node_lease(c->node), mac, c->now, &v) ? value_text(v.client.name)
								: json_null();
}

static json_t *client_json(const struct rpc_context *c, const struct batman_client *t, uint32_t crc,
			   json_t *params)
{
	bool tagged = t->vid & BATMAN_VID_TAGGED;
	json_t *row = json_pack("{so sI so sI}", "tt_address", value_mac(&t->mac), "tt_vid",
				(json_int_t)(tagged ? t->vid & ~BATMAN_VID_TAGGED : -1), "tt_flags",
				flags_json(t->flags), "tt_crc32", (json_int_t)crc);

	if (wants_names(params))
		set_name(row, "tt_name", client_name(c, &t->mac));
	return row;
}

json_t *method_cloud_local(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	const struct batman *b = node_batman(c->node);
	json_t *list = json_array(), *row;
	struct batman_client t;

	(void)err;
	for (uint32_t i = 0; batman_local_next(b, &i, &t);) {
		uint32_t crc = 0;

		(void)batman_crc(b, NULL, t.vid, &crc);
		row = client_json(c, &t, crc, params);
		if (t.last_seen)
			json_object_set_new(row, "last_seen_msecs",
					    value_ago_ms(t.last_seen, c->now));
		json_array_append_new(list, row);
	}
	return list;
}

json_t *method_cloud_global(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	json_t *list = json_array(), *row;
	struct batman_claim t;

	(void)err;
	for (uint32_t i = 0; batman_claim_next(node_batman(c->node), &i, &t);) {
		row = client_json(c, &t.client, t.crc, params);
		json_object_set_new(row, "orig_address", value_mac(&t.client.orig));
		json_object_set_new(row, "tt_ttvn", json_integer(t.client.ttvn));
		json_object_set_new(row, "tt_last_ttvn", json_integer(t.last_ttvn));
		if (t.best)
			json_object_set_new(row, "best", json_true());
		if (wants_names(params))
			set_name(row, "orig_name", who_originator_name(c, &t.client.orig));
		json_array_append_new(list, row);
	}
	return list;
}

/* ---- statistics ---- */

static void set_statistic(void *arg, const char *name, uint64_t value)
{
	json_object_set_new(arg, name, json_integer((json_int_t)(value & INT64_MAX)));
}

static json_t *kernel_statistics(const struct rpc_context *c, struct method_error *err)
{
	json_t *o = json_object();
	bool can_tell = c->platform && c->platform->statistics;
	int r = can_tell ? c->platform->statistics(c->ctx, set_statistic, o) : -ENOTSUP;

	if (r == 0)
		return o;
	json_decref(o);
	return method_fail(err, RPC_INTERNAL, "statistics of the kernel: %s", strerror(-r));
}

json_t *method_cloud_statistics(const struct rpc_context *c, json_t *params,
				struct method_error *err)
{
	static const struct {
		const char *name;
		enum batman_counter counter;
	} all[] = {
		{ "tx", BATMAN_COUNT_CLOUD_IN },
		{ "tx_bytes", BATMAN_COUNT_CLOUD_IN_BYTES },
		{ "tx_dropped", BATMAN_COUNT_CLOUD_IN_DROPPED },
		{ "rx", BATMAN_COUNT_DELIVERED },
		{ "rx_bytes", BATMAN_COUNT_DELIVERED_BYTES },
		{ "forward", BATMAN_COUNT_FORWARDED },
		{ "forward_bytes", BATMAN_COUNT_FORWARDED_BYTES },
		{ "mgmt_tx", BATMAN_COUNT_MGMT_TX_FRAMES },
		{ "mgmt_tx_bytes", BATMAN_COUNT_MGMT_TX_BYTES },
		{ "mgmt_rx", BATMAN_COUNT_MGMT_RX_FRAMES },
		{ "mgmt_rx_bytes", BATMAN_COUNT_MGMT_RX_BYTES },
		{ "frag_tx", BATMAN_COUNT_FRAG_TX },
		{ "frag_tx_bytes", BATMAN_COUNT_FRAG_TX_BYTES },
		{ "frag_rx", BATMAN_COUNT_FRAG_RX },
		{ "frag_rx_bytes", BATMAN_COUNT_FRAG_RX_BYTES },
		{ "frag_fwd", BATMAN_COUNT_FRAG_FORWARDED },
		{ "frag_fwd_bytes", BATMAN_COUNT_FRAG_FORWARDED_BYTES },
		{ "tt_request_tx", BATMAN_COUNT_TT_REQUEST_TX },
		{ "tt_request_rx", BATMAN_COUNT_TT_REQUEST_RX },
		{ "tt_response_tx", BATMAN_COUNT_TT_RESPONSE_TX },
		{ "tt_response_rx", BATMAN_COUNT_TT_RESPONSE_RX },
		{ "tt_roam_adv_tx", BATMAN_COUNT_TT_ROAM_TX },
		{ "tt_roam_adv_rx", BATMAN_COUNT_TT_ROAM_RX },
	};
	json_t *o;

	(void)params;
	if (node_conf(c->node)->l2.engine == CONF_ENGINE_KERNEL)
		return kernel_statistics(c, err);
	o = json_object();
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		set_statistic(o, all[i].name, batman_counter(node_batman(c->node), all[i].counter));
	return o;
}

/* ---- somebody ---- */

/* Clients of VLANs too. */
static bool find_mac(const struct rpc_context *c, const struct mac *mac, struct mac *ret_orig)
{
	const struct batman *b = node_batman(c->node);
	struct batman_client t;

	if (batman_lookup(b, mac, 0, ret_orig) == 0)
		return true;
	for (uint32_t i = 0; batman_global_next(b, &i, &t);)
		if (mac_eq(&t.mac, mac) && batman_lookup(b, mac, t.vid, ret_orig) == 0)
			return true;
	for (uint32_t i = 0; batman_local_next(b, &i, &t);)
		if (mac_eq(&t.mac, mac) && batman_lookup(b, mac, t.vid, ret_orig) == 0)
			return true;
	return false;
}

static bool host_mac(const struct rpc_context *c, const char *host, struct mac *ret,
		     struct method_error *err)
{
	struct who who;

	if (mac_parse(host, ret) == 0)
		return true;
	if (who_find(c, host, &who, err)) {
		*ret = who.is_client ? who.lease.client.mac : who.member.cloud_mac;
		return true;
	}
	/* at nodes of other software nobody has records, but the kernel may know their neighbours
	 */
	return c->platform && c->platform->resolve && c->platform->resolve(c->ctx, host, ret);
}

json_t *method_cloud_find(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	const char *host = json_string_value(json_object_get(params, "host"));
	struct mac mac, orig, self;

	if (!host_mac(c, host, &mac, err))
		return NULL;
	if (!find_mac(c, &mac, &orig))
		return method_fail(err, RPC_NOT_FOUND, "no node of the cloud says it has %.64s",
				   host);
	return json_pack("{so so so sb}", "address", value_mac(&mac), "orig_address",
			 value_mac(&orig), "node", who_originator_name(c, &orig), "self",
			 batman_self(node_batman(c->node), &self) && mac_eq(&self, &orig));
}
