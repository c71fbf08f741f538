/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words for reasons and events. */
#include "core/port/port.h"

static const struct {
	const char *name, *text;
} reasons[] = {
	[PORT_NO_CARRIER] = { "no-carrier", "nothing is plugged in" },
	[PORT_TESTING] = { "testing", "asks for DHCP to see whether this is a way out" },
	[PORT_SERVES] = { "serves", "serves the clients on this wire" },
	[PORT_WAITS_FOREIGN] = { "waits-foreign", "a mesh node of other software is on this wire" },
	[PORT_WAITS_LOWER] = { "waits-lower", "a node with a lower MAC serves this wire" },
	[PORT_WAITS_OWN] = { "waits-own", "another port of this node serves this wire" },
	[PORT_WAITS_HANDOVER] = { "waits-handover", "another node is about to stop serving" },
	[PORT_UPLINK_OFFER] = { "uplink-offer", "way out: a DHCP server answered" },
	[PORT_UPLINK_ROLE] = { "uplink-role", "way out: configured" },
	[PORT_UPLINK_STATIC] = { "uplink-static", "way out: addresses are configured" },
	[PORT_UPLINK_ADDRESS] = { "uplink-address", "way out: has an address that is not ours" },
	[PORT_UPLINK_DEFAULT] = { "uplink-default",
				  "way out: has a default route that is not ours" },
	[PORT_CLIENT_ROLE] = { "client-role", "serves clients: configured" },
	[PORT_CLIENT_AP] = { "client-ap", "serves clients: an access point" },
	[PORT_MESH_ROLE] = { "mesh-role", "mesh only: configured" },
	[PORT_MESH_RADIO_KIND] = { "mesh-radio", "mesh only: a mesh radio" },
	[PORT_TUNNEL_KIND] = { "tunnel", "layer 3 only: carries no Ethernet" },
};

static const char *const events[] = {
	[PORT_EVENT_JOINED] = "port-joined",
	[PORT_EVENT_LEFT] = "port-left",
	[PORT_EVENT_UPLINK] = "port-uplink",
	[PORT_EVENT_UPLINK_LOST] = "port-uplink-lost",
	[PORT_EVENT_ROGUE_DHCP] = "rogue-dhcp",
	[PORT_EVENT_NODE_LAN] = "node-lan",
	[PORT_EVENT_FOREIGN_MESH] = "foreign-mesh",
	[PORT_EVENT_NODE_HEARD] = "node-heard",
	[PORT_EVENT_DUPLICATE_NODE] = "duplicate-node",
};

const char *port_reason_text(enum port_reason reason)
{
	return reasons[reason].text;
}

const char *port_reason_name(enum port_reason reason)
{
	return reasons[reason].name;
}

const char *port_event_name(enum port_event event)
{
	return events[event];
}
