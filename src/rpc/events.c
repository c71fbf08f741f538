/* SPDX-License-Identifier: GPL-2.0-or-later */
/* events: notices of the node, as JSON-RPC notifications. */
#include <assert.h>
#include <string.h>

#include "node/view.h"
#include "rpc/method.h"
#include "rpc/value.h"

static const struct {
	const char *name, *text;
} notices[] = {
	[NOTICE_STARTED] = { "started", "the node has started" },
	[NOTICE_CLIENT_CAME] = { "client-came", "a client is here" },
	[NOTICE_CLIENT_ROAMED_AWAY] = { "client-roamed", "a client went to another node" },
	[NOTICE_CLIENT_LEFT] = { "client-left", "a client has left" },
	[NOTICE_PORT_ROLE] = { "port-role", "a port has another role" },
	[NOTICE_ROGUE_DHCP] = { "rogue-dhcp", "a foreign DHCP server on a port for clients" },
	[NOTICE_NODE_CAME] = { "node-came", "a node is in the cloud" },
	[NOTICE_NODE_LEFT] = { "node-left", "a node has left the cloud" },
	[NOTICE_UPLINK_UP] = { "uplink-up", "an uplink works" },
	[NOTICE_UPLINK_DOWN] = { "uplink-down", "an uplink does not work any more" },
	[NOTICE_GATEWAY_CHANGED] = { "gateway-changed", "another gateway is used" },
	[NOTICE_CLASH_CLOUD] = { "clash-cloud", "two clouds share one VLAN" },
	[NOTICE_CLASH_NETWORK] = { "clash-network", "two clouds share one IPv4 network" },
	[NOTICE_CLASH_RESOLVED] = { "clash-resolved", "a clash has ended" },
	[NOTICE_CHILD_DIED] = { "child-died", "a helper program died" },
	[NOTICE_LEASE] = { "lease", "a lease was granted" },
	[NOTICE_TABLE_FULL] = { "table-full", "a table is full" },
	[NOTICE_STATE_REJECTED] = { "state-rejected", "the state on disk could not be used" },
	[NOTICE_SETTINGS] = { "settings", "the network has other settings" },
	[NOTICE_SETTING_REFUSED] = { "setting-refused",
				     "a setting of the network cannot be used here" },
	[NOTICE_OTHER_KEY] = { "other-key", "a neighbour cannot be read" },
	[NOTICE_LEASE_CLASH] = { "lease-clash", "a client lost its address to another one" },
	[NOTICE_CLOUD_CUT] = { "cloud-cut", "a part of the cloud is reached on layer 3 only" },
	[NOTICE_CLOUD_HEALED] = { "cloud-healed", "the cloud is joined with that part again" },
	[NOTICE_CLOUD_PART_GONE] = { "part-gone",
				     "a part of the cloud is not heard of on layer 3 either" },
	[NOTICE_STATIC_CLASH] = { "static-clash", "what is fixed for a client cannot be so" },
	[NOTICE_ADDRESS_FOREIGN] = { "address-foreign",
				     "somebody who is no client uses an address" },
	[NOTICE_ADDRESS_MOVED] = { "address-moved",
				   "this node has another address, as somebody has the same" },
};

static_assert(sizeof(notices) / sizeof(notices[0]) == NOTICE_COUNT, "a notice has no name");

json_t *method_events(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	json_t *list = json_array();

	(void)c;
	(void)params;
	(void)err;
	for (size_t i = 0; i < NOTICE_COUNT; i++)
		json_array_append_new(list, json_string(notices[i].name));
	return json_pack("{so}", "events", list);
}

/* The name of a client from its record. */
static json_t *client_name(const struct rpc_context *c, const struct mac *mac)
{
	struct lease_view v;

	if (mac_is_zero(mac) || !lease_find(node_lease(c->node), mac, c->now, &v))
		return json_null();
	return value_text(v.client.name);
}

static bool has_port(enum notice n)
{
	return n == NOTICE_CLIENT_CAME || n == NOTICE_CLIENT_LEFT ||
	       n == NOTICE_CLIENT_ROAMED_AWAY || n == NOTICE_PORT_ROLE || n == NOTICE_ROGUE_DHCP ||
	       n == NOTICE_UPLINK_UP || n == NOTICE_UPLINK_DOWN;
}

const char *rpc_notice_text(enum notice n)
{
	return n < NOTICE_COUNT ? notices[n].text : "?";
}

void rpc_notice(const struct rpc_context *c, const struct effect_notice *notice, int64_t seconds,
		struct rpc_reply *ret)
{
	enum notice n = notice->notice;
	json_t *o;

	*ret = (struct rpc_reply) { 0 };
	if (n >= NOTICE_COUNT)
		return;
	o = json_pack("{ss ss s{so ss ss so so so so so}}", "jsonrpc", "2.0", "method", "event",
		      "params", "time", seconds ? json_integer(seconds) : json_null(), "event",
		      notices[n].name, "meaning", notices[n].text, "port",
		      has_port(n) ? value_text(node_port_name(c->node, notice->port)) : json_null(),
		      "mac", value_mac(&notice->mac), "name", client_name(c, &notice->mac), "ipv4",
		      value_ip4(&notice->ip4), "text", value_text(notice->text));
	ret->text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	ret->len = ret->text ? strlen(ret->text) : 0;
	json_decref(o);
}
