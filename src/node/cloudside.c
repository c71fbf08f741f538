/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames between the cloud, the client bridge and the node itself. */
#include <string.h>

#include "node/internal.h"
#include "packet/eth.h"
#include "packet/udp.h"

/* Only announcements tell who is next to us on a wire; everything else may have come from afar. */
static bool is_announcement(const uint8_t *frame, size_t len, struct mac *ret_from)
{
	struct rd r = rd_init(frame, len);

	rd_skip(&r, 6);
	*ret_from = rd_mac(&r);
	return rd_u16(&r) == BATMAN_ETHERTYPE && rd_u8(&r) == 0 && rd_ok(&r);
}

static void mesh_frame(struct node *n, const struct event_frame *f)
{
	struct mac from;

	if (f->port >= NODE_PORTS || !n->ports[f->port].batman)
		return;
	if (is_announcement(f->data, f->len, &from))
		port_mesh_heard(&n->port, f->port, &from, n->now);
	(void)batman_mesh_input(n->batman, f->port, f->data, f->len, n->now);
}

/* Nodes put these into the cloud themselves, never by way of the bridge: this is a client that
 * speaks as a node. All frames that node_takes would take are not let in here. */
static bool is_forged_state(const uint8_t *frame, size_t len)
{
	struct rd r = rd_init(frame, len), payload;
	struct ip6_head ip;
	struct eth e;

	if (eth_decode(&r, &e) || e.vid || e.type != ETH_TYPE_IP6 ||
	    ip6_decode(&r, &ip, &payload) || ip.next != IP_PROTO_UDP ||
	    !(ip6_is_link_local(&ip.dst) || ip6_is_multicast(&ip.dst)))
		return false;
	rd_skip(&payload, 2);
	return rd_u16(&payload) == NODE_STATE_UDP_PORT; /* 0 where there is none */
}

/* What nodes tell each other: never seen by clients. */
static bool node_takes(struct node *n, uint32_t from, const uint8_t *frame, size_t len)
{
	return peers_frame(n, frame, len) || announce_frame(n, from, frame, len);
}

static void bridge_frame(struct node *n, const struct event_frame *f)
{
	struct rd r = rd_init(f->data, f->len);
	struct mac dst = rd_mac(&r);

	if (is_forged_state(f->data, f->len)) {
		n->counters[NODE_C_FORGED_STATE]++;
		return;
	}
	(void)batman_cloud_input(n->batman, f->data, f->len, n->now);
	clients_spoke(n, f->data, f->len);
	if (!mac_is_multicast(&dst)) /* else it came by LINK_CLIENT, too */
		proxy_frame(n, f->data, f->len);
}

void cloudside_frame(struct node *n, const struct event_frame *f)
{
	switch (f->link) {
	case LINK_MESH:
		mesh_frame(n, f);
		break;
	case LINK_CLOUD:
		bridge_frame(n, f);
		break;
	case LINK_PORT:
		(void)port_input(&n->port, f->port, f->data, f->len, n->now);
		break;
	case LINK_CLIENT:
		clients_frame(n, f->data, f->len);
		break;
	case LINK_KERNEL:
		if (node_takes(n, 0, f->data, f->len))
			break;
		strangers_overhear(n, f->data, f->len);
		clash_overhear(n, f->data, f->len);
		break;
	case LINK_TAGGED:
		vlans_frame(n, f->data, f->len);
		break;
	}
}

void cloudside_send(struct node *n, const uint8_t *frame, size_t len)
{
	(void)batman_cloud_input(n->batman, frame, len, n->now);
}

bool cloudside_out(struct node *n, const struct out *o, struct effect *ret)
{
	struct batman_client c;
	struct batman_clash clash;
	struct batman_icmp icmp;

	switch ((enum batman_out_kind)o->kind) {
	case BATMAN_SEND:
		ret->kind = EFFECT_FRAME;
		ret->frame = (struct effect_frame) {
			.link = LINK_MESH, .port = o->port, .data = o->data, .len = o->len
		};
		return true;
	case BATMAN_DELIVER:
		if (node_takes(n, o->arg, o->data, o->len))
			return false;
		strangers_overhear(n, o->data, o->len);
		clash_overhear(n, o->data, o->len);
		ret->kind = EFFECT_FRAME;
		ret->frame = (struct effect_frame) { .link = LINK_CLOUD,
						     .data = o->data,
						     .len = o->len };
		return true;
	case BATMAN_CLIENT_MOVED:
		memcpy(&c, o->data, sizeof(c));
		clients_moved(n, &c.mac, c.vid);
		return false;
	case BATMAN_PEER_UP:
	case BATMAN_PEER_DOWN:
		peers_changed(n);
		return false;
	case BATMAN_CLASH:
		memcpy(&clash, o->data, sizeof(clash));
		clash_refused(n, &clash);
		return false;
	case BATMAN_TO_KERNEL:
		ret->kind = EFFECT_FRAME;
		ret->frame = (struct effect_frame) { .link = LINK_KERNEL,
						     .data = o->data,
						     .len = o->len };
		return true;
	case BATMAN_ICMP:
		memcpy(&icmp, o->data, sizeof(icmp));
		probes_answer(n, &icmp);
		return false;
	}
	return false;
}
