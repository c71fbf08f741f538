/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clients at this node's own ports. A station is known from the bridge's forwarding database or
 * from its Wi-Fi association; the moment it is, it is announced in the cloud, its record moves
 * here, and one frame with its address makes every switch on the way learn where it went.
 *
 * Whoever is at a port can invent stations. Those with a lease or an association keep their places;
 * of the others the oldest go where places are short, of the port that has most (lib/fair.h). And
 * of stations that the cloud does not know a port may bring a limited number per second, or the
 * whole cloud would be busy with its inventions. Who is refused is forgotten by the bridge too, so
 * that its next frame tells of it again.
 */
#include <string.h>

#include "node/internal.h"
#include "packet/eth.h"
#include "packet/icmp6.h"

#define REMIND_INTERVAL (60 * USEC_S)
#define PRESENT_INTERVAL (60 * USEC_S)
#define AGE_ERROR (8 * USEC_S) /* ages of records are whole seconds, rounded up at each hop */
#define NEWCOMER_INTERVAL (20 * USEC_MS)
#define NEWCOMER_BURST 512
#define ASTRAY_INTERVAL (10 * USEC_MS)
#define ASTRAY_BURST 100

struct station_key {
	struct mac mac;
	uint16_t vid;
};

static struct station *station_find(const struct node *n, const struct mac *mac, uint16_t vid)
{
	struct station_key key = { .mac = *mac, .vid = vid };

	return table_find(&n->stations, &key);
}

static uint16_t batman_vid(uint16_t vid)
{
	return vid ? (uint16_t)(BATMAN_VID_TAGGED | vid) : 0;
}

/* IEEE 802.2 XID, broadcast, source the client: what an access point sends for a station that
 * associated (802.11F). */
static void send_update(struct node *n, const struct mac *mac)
{
	uint8_t frame[60];
	struct wr w = wr_init(frame, sizeof(frame));

	wr_mac(&w, &MAC_BROADCAST);
	wr_mac(&w, mac);
	wr_u16(&w, 6);	    /* 802.3 length */
	wr_u16(&w, 0x0001); /* null DSAP, null SSAP with the response bit */
	wr_u8(&w, 0xaf);    /* XID, poll/final */
	wr_u8(&w, 0x81);
	wr_u16(&w, 0x0100);
	wr_zero(&w, wr_left(&w));
	cloudside_send(n, frame, wr_len(&w));
}

static void notice(struct node *n, enum notice what, const struct station *s)
{
	struct effect_notice e = { .notice = what, .port = s->port, .mac = s->mac };
	struct lease_view v;

	if (lease_find(&n->lease, &s->mac, n->now, &v)) {
		e.ip4 = v.client.ip4;
		text_copy(e.text, sizeof(e.text), v.client.name);
	}
	node_notice(n, &e);
}

/* A port of a trama node on this wire: it asks for DHCP there once, but is nobody's client. Hellos
 * of other wires say nothing: they could be made to shut out a client that is here. */
static bool is_node_port(const struct node *n, const struct mac *mac, uint16_t port)
{
	const struct port_entry *e = port_get(&n->port, port);

	for (uint32_t k = 0; e && k < e->heard_count; k++)
		if (mac_eq(&e->heard[k].hello.port_mac, mac))
			return true;
	return false;
}

static void leave(struct node *n, struct station *s, enum notice why)
{
	notice(n, why, s);
	(void)batman_client_gone(n->batman, &s->mac, batman_vid(s->vid), n->now);
	fair_leave(&n->station_places, table_index(&n->stations, s));
	table_remove(&n->stations, s);
}

static void bridge_forget(struct node *n, const struct mac *mac, uint16_t vid, uint16_t port)
{
	struct effect e = { .kind = EFFECT_FORGET, .forget = { *mac, vid, port } };

	node_effect_push(n, &e);
}

/* Our bridge must forget where it was, or what comes back through this node is lost for 300 s. */
static void leave_bridge(struct node *n, struct station *s, enum notice why)
{
	struct station gone = *s;

	leave(n, s, why);
	bridge_forget(n, &gone.mac, gone.vid, gone.port);
}

static void refuse(struct node *n, const struct event_client *e, enum node_counter why)
{
	n->counters[why]++;
	bridge_forget(n, &e->mac, e->vid, e->port);
}

static bool is_leased(const struct node *n, const struct mac *mac)
{
	struct lease_view v;

	return lease_find(&n->lease, mac, n->now, &v) && !ip4_is_zero(&v.client.ip4);
}

static void keep(struct node *n, const struct station *s)
{
	fair_keep(&n->station_places, table_index(&n->stations, s));
}

static bool port_admits(struct node *n, uint16_t port)
{
	return bucket_take(&n->ports[port].newcomers, NEWCOMER_INTERVAL, NEWCOMER_BURST, n->now);
}

static int announce(struct node *n, const struct event_client *e)
{
	enum port_kind kind = n->ports[e->port].info.kind;
	uint16_t vid = batman_vid(e->vid);
	int err = batman_client_seen(n->batman, &e->mac, vid, n->now);

	if (!err)
		(void)batman_client_wireless(
			n->batman, &e->mac, vid,
			kind == PORT_KIND_WIFI_AP || kind == PORT_KIND_WIFI_MESH, n->now);
	return err;
}

/* NULL when it may not be one. */
static struct station *newcomer(struct node *n, const struct event_client *e)
{
	struct station_key key = { .mac = e->mac, .vid = e->vid };
	bool known = e->change == CLIENT_ASSOCIATED || is_leased(n, &e->mac);
	struct station *s = NULL;
	uint32_t victim;

	if (!known && !port_admits(n, e->port)) {
		refuse(n, e, NODE_C_STATION_RATE);
		return NULL;
	}
	/* would get what other nodes tell that one */
	if (batman_is_node(n->batman, &e->mac)) {
		refuse(n, e, NODE_C_FORGED_NODE);
		return NULL;
	}
	if (fair_place(&n->station_places, e->port, &victim)) {
		if (victim != FAIR_NONE) {
			n->counters[NODE_C_STATION_REPLACED]++;
			leave_bridge(n, table_at(&n->stations, victim), NOTICE_CLIENT_LEFT);
		}
		if (announce(n, e) == 0)
			s = table_add(&n->stations, &key);
	}
	if (!s) {
		refuse(n, e, NODE_C_STATION_FULL);
		return NULL;
	}
	fair_join(&n->station_places, table_index(&n->stations, s), e->port);
	if (known)
		keep(n, s);
	s->since = n->now;
	return s;
}

/* Whom the default route of this node leads to, and so the traffic of its clients. */
static struct lease_node way_out(const struct node *n)
{
	struct gateway_used u = gateway_used(&n->gateway, GATEWAY_IP4);
	struct lease_node gw = { 0 };

	if (u.choice == GATEWAY_CHOICE_NONE)
		u = gateway_used(&n->gateway, GATEWAY_IP6);
	if (u.choice == GATEWAY_CHOICE_OWN)
		memcpy(gw.b, n->id.b, sizeof(gw.b));
	else if (u.record)
		memcpy(gw.b, u.record->owner, sizeof(gw.b));
	return gw;
}

void clients_way_out(struct node *n)
{
	struct lease_node gw = way_out(n);
	struct station *s;

	for (uint32_t i = 0; (s = table_next(&n->stations, &i));)
		if (s->vid == 0)
			lease_client_gateway(&n->lease, &s->mac, &gw, n->now);
}

static void arrive(struct node *n, const struct event_client *e)
{
	struct station *s = station_find(n, &e->mac, e->vid);
	struct lease_node gw;
	bool came = !s, moved = came || s->port != e->port;
	bool associated = e->change == CLIENT_ASSOCIATED, anew;

	if (e->port >= NODE_PORTS || !mac_is_station(&e->mac) || mac_eq(&e->mac, &n->cloud_mac) ||
	    mac_eq(&e->mac, &n->cloud.anygw_mac) || is_node_port(n, &e->mac, e->port))
		return;
	if (s)
		(void)announce(n, e);
	else
		s = newcomer(n, e);
	if (!s)
		return;
	s->port = e->port;
	fair_move(&n->station_places, table_index(&n->stations, s), e->port);
	anew = associated && !s->associated;
	if (associated || (came && !e->vid && recall_was_associated(n, &e->mac, e->port))) {
		s->associated = true;
		keep(n, s);
	}
	if (anew || (came && !e->vid))
		recall_came(n, &e->mac, anew);
	if (!moved || e->vid)
		return;
	if (!came && !port_admits(n, e->port)) {
		n->counters[NODE_C_STATION_RATE]++;
		return;
	}
	lease_client_here(&n->lease, &e->mac, e->port, n->now);
	gw = way_out(n);
	lease_client_gateway(&n->lease, &e->mac, &gw, n->now);
	ra_client_here(&n->ra, &e->mac, e->port, n->now);
	send_update(n, &e->mac);
	notice(n, NOTICE_CLIENT_CAME, s);
}

static bool cloud_has(const struct node *n, const struct station *s)
{
	struct mac orig;

	return !batman_lookup(n->batman, &s->mac, batman_vid(s->vid), &orig);
}

void clients_remind(struct node *n)
{
	struct station *s;

	for (uint32_t i = 0; (s = table_next(&n->stations, &i));) {
		if (s->vid || n->now - s->reminded_at < REMIND_INTERVAL || cloud_has(n, s))
			continue;
		s->reminded_at = n->now;
		send_update(n, &s->mac);
	}
}

void clients_present(struct node *n)
{
	const struct station *s;

	if (n->now < n->present_at)
		return;
	n->present_at = n->now + PRESENT_INTERVAL;
	for (uint32_t i = 0; (s = table_next(&n->stations, &i));)
		if (s->vid == 0)
			lease_client_present(&n->lease, &s->mac, n->now);
}

void clients_names(struct node *n)
{
	struct node_member m;

	if (!n->node_names_dirty)
		return;
	n->node_names_dirty = false;
	lease_names_begin(&n->lease);
	for (uint32_t i = 0; node_member_next(n, &i, &m);)
		lease_name_taken(&n->lease, m.name);
	lease_names_end(&n->lease);
	n->names_dirty = true;
}

void clients_leased(struct node *n, const struct lease_client *c)
{
	const struct station *s = ip4_is_zero(&c->ip4) ? NULL : station_find(n, &c->mac, 0);

	if (s)
		keep(n, s);
}

void clients_drop_nodes(struct node *n)
{
	struct station *s;

	for (uint32_t i = 0; (s = table_next(&n->stations, &i));)
		if (is_node_port(n, &s->mac, s->port))
			leave(n, s, NOTICE_CLIENT_LEFT);
}

/*
 * It has gone where nobody has announced it yet. Or a frame of it came back to our bridge: from
 * where it was a moment ago, or because the one that it is for has just come here. Then what is for
 * it would be lost until it speaks.
 */
static void astray(struct node *n, struct station *s)
{
	if (s->associated &&
	    bucket_take(&n->ports[s->port].astray, ASTRAY_INTERVAL, ASTRAY_BURST, n->now)) {
		bridge_forget(n, &s->mac, s->vid, NODE_PORTS);
	} else if (!s->associated) {
		if (s->vid == 0)
			recall_client(n, &s->mac, s->port, false);
		leave(n, s, NOTICE_CLIENT_LEFT);
	}
}

void clients_event(struct node *n, const struct event_client *e)
{
	struct station *s = station_find(n, &e->mac, e->vid);

	switch (e->change) {
	case CLIENT_LEARNT:
	case CLIENT_ASSOCIATED:
		arrive(n, e);
		break;
	case CLIENT_FORGOTTEN:
		/* a phone that sleeps is silent, but still associated */
		if (s && s->port == e->port && !s->associated)
			leave(n, s, NOTICE_CLIENT_LEFT);
		break;
	case CLIENT_ASTRAY:
		if (s && s->port == e->port)
			astray(n, s);
		break;
	case CLIENT_DISASSOCIATED:
		recall_disassociated(n, &e->mac);
		if (s && s->port == e->port)
			leave_bridge(n, s, NOTICE_CLIENT_LEFT);
		break;
	}
}

bool clients_came_after(const struct node *n, const struct mac *mac, uint32_t age_s)
{
	const struct station *s = station_find(n, mac, 0);

	return s && age_s * USEC_S > n->now - s->since + AGE_ERROR;
}

void clients_moved(struct node *n, const struct mac *mac, uint16_t vid)
{
	struct station *s = station_find(n, mac, vid & 0xfff);

	if (!s)
		return;
	if (s->vid == 0)
		recall_client(n, mac, s->port, s->associated);
	leave_bridge(n, s, NOTICE_CLIENT_ROAMED_AWAY);
}

uint16_t clients_port(const struct node *n, const struct mac *mac)
{
	const struct station *s = station_find(n, mac, 0);

	return s ? s->port : NODE_PORTS;
}

void clients_frame(struct node *n, const uint8_t *frame, size_t len)
{
	struct rd r = rd_init(frame, len);
	struct mac src;
	uint16_t port;

	rd_skip(&r, 6);
	src = rd_mac(&r);
	port = clients_port(n, &src);

	lease_input(&n->lease, frame, len, port, n->now);
	ra_input(&n->ra, frame, len, port, n->now);
	proxy_frame(n, frame, len);
	strangers_beside(n, frame, len);
}

static void client_frame_effect(const struct out *o, struct effect *ret)
{
	ret->kind = EFFECT_FRAME;
	ret->frame = (struct effect_frame) {
		.link = LINK_CLIENT, .port = o->port, .data = o->data, .len = o->len
	};
}

void clients_spoke(struct node *n, const uint8_t *frame, size_t len)
{
	struct rd r = rd_init(frame, len);
	struct eth e;
	uint8_t next, type;

	if (eth_decode(&r, &e) || e.vid || mac_is_multicast(&e.dst))
		return;
	rd_skip(&r, 6);
	next = rd_u8(&r);
	rd_skip(&r, 33);
	type = rd_u8(&r);
	if (e.type == ETH_TYPE_ARP ||
	    (e.type == ETH_TYPE_IP6 && rd_ok(&r) && next == IP_PROTO_ICMP6 &&
	     (type == ICMP6_NS || type == ICMP6_NA)))
		ra_input(&n->ra, frame, len, clients_port(n, &e.src), n->now);
}

/* Only where one of the two is: the other nodes could say nothing that helps. */
static void address_clash(struct node *n, const struct lease_clash *c)
{
	struct effect_notice e = { .notice = NOTICE_LEASE_CLASH,
				   .port = clients_port(n, &c->loser),
				   .mac = c->loser,
				   .ip4 = c->ip };
	struct text t = text_init(e.text, sizeof(e.text));
	char mac[MAC_TEXT];

	text_add(&t, "%s had the same address and keeps it", mac_text(&c->keeper, mac));
	node_notice(n, &e);
}

static void send_away(struct node *n, const struct mac *mac)
{
	struct effect e = { .kind = EFFECT_DISASSOCIATE };
	const struct station *s = station_find(n, mac, 0);

	if (!s || !s->associated)
		return; /* on a wire it must be waited for */
	e.disassociate = (struct effect_disassociate) { .mac = *mac, .port = s->port };
	node_effect_push(n, &e);
}

bool clients_lease_out(struct node *n, const struct out *o, struct effect *ret)
{
	struct lease_client c;
	struct lease_clash clash;
	struct lease_block b;
	struct lease_talk talk;
	struct lease_foreign_news foreign;
	struct mac mac;
	struct ip4 ip;

	switch ((enum lease_out_kind)o->kind) {
	case LEASE_SEND:
		client_frame_effect(o, ret);
		return true;
	case LEASE_PUT:
		memcpy(&c, o->data, sizeof(c));
		records_put_client(n, &c);
		clients_leased(n, &c);
		break;
	case LEASE_DROP:
		memcpy(&mac, o->data, sizeof(mac));
		records_drop_client(n, &mac);
		break;
	case LEASE_BLOCK_PUT:
	case LEASE_BLOCK_RELEASE:
		memcpy(&b, o->data, sizeof(b));
		records_put_block(n, &b, o->kind == LEASE_BLOCK_RELEASE);
		break;
	case LEASE_TALK:
		memcpy(&talk, o->data, sizeof(talk));
		talk_lease(n, &talk);
		break;
	case LEASE_PROBE:
		memcpy(&ip, o->data, sizeof(ip));
		strangers_ask(n, &ip);
		break;
	case LEASE_CLASH:
		memcpy(&clash, o->data, sizeof(clash));
		address_clash(n, &clash);
		break;
	case LEASE_DISASSOCIATE:
		memcpy(&mac, o->data, sizeof(mac));
		send_away(n, &mac);
		break;
	case LEASE_FOREIGN:
		memcpy(&foreign, o->data, sizeof(foreign));
		strangers_found(n, &foreign);
		break;
	}
	return false;
}

/* A client in another part has this address, and hears nothing of it: whoever claims it here would
 * have its packets, by the route that we tell. */
static bool is_anothers(struct node *n, const struct mac *mac, const struct ip6 *addr)
{
	struct state_node at;
	struct lease_view v;

	if (!n->parts_routed || !lease_find_address(&n->lease, addr, n->now, &v) ||
	    mac_eq(&v.client.mac, mac))
		return false;
	memcpy(at.b, v.client.node.b, sizeof(at.b));
	return parts_elsewhere(n, &at);
}

bool clients_ra_out(struct node *n, const struct out *o, struct effect *ret)
{
	const struct station *s;
	struct lease_view v;
	struct ra_seen seen;

	switch ((enum ra_out_kind)o->kind) {
	case RA_SEND:
		client_frame_effect(o, ret);
		return true;
	case RA_SEEN:
		memcpy(&seen, o->data, sizeof(seen));
		/* what is said in the cloud reaches us too; the client's own node writes that down
		 */
		s = station_find(n, &seen.mac, 0);
		if (s && is_anothers(n, &seen.mac, &seen.addr))
			n->counters[NODE_C_CLAIM_PART]++;
		else if (s)
			lease_client_seen(&n->lease, &seen.mac, &seen.addr, s->port, n->now);
		break;
	case RA_TRIED:
		memcpy(&seen, o->data, sizeof(seen));
		s = station_find(n, &seen.mac, 0);
		/* who has it says so, and keeps it */
		if (s && !lease_find_address(&n->lease, &seen.addr, n->now, &v))
			lease_client_seen(&n->lease, &seen.mac, &seen.addr, s->port, n->now);
		break;
	}
	return false;
}
