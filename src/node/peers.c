/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Neighbours of the replicated state.
 *
 * In the cloud: trama nodes next to us, and those behind nodes of other software, as choice.h
 * chooses them. Datagrams are IPv6 UDP between the link-local addresses of the nodes' bridges, put
 * into the cloud and taken out of it by the node itself; no kernel in between. In the network: the
 * neighbours that babeld sees, by UDP on the Babel VLAN. In a cloud that is cut: the leaders of its
 * parts, by UDP that is routed between the nodes' addresses. Each datagram of those begins with 8
 * bytes that its receiver has given in its word of presence: who is only somewhere in the network
 * has not read that.
 *
 * Both ends need not choose the same. Who is written to by somebody it has not chosen answers, from
 * the next UDP port, which says that it does so only for the other's sake. Without that two nodes
 * that have left each other out would go on for ever, each for the other's sake.
 */
#include <assert.h>
#include <string.h>

#include "node/internal.h"
#include "packet/eth.h"
#include "packet/udp.h"

#define ANSWER_UDP_PORT (NODE_STATE_UDP_PORT + 1)
/* Two of a peer's summaries at the longest, one of them lost: then it does not speak, and what it
 * has asked for does not count any more. */
#define PEER_SILENCE (40 * USEC_S)
#define PEER_LINGER (30 * USEC_S) /* that a peer is kept which neither end has chosen */

/* How long who meets others waits for what they have claimed; for all that come, and how often that
 * begins: somebody who invents nodes must not keep it from giving addresses. */
#define WAIT_HELLO (3 * USEC_S)	 /* and two originator intervals */
#define WAIT_SILENT (4 * USEC_S) /* it says it once more after 3 s (announce.c) */
#define WAIT_ORIGINATOR (2 * USEC_S)
#define MEETING_MAX (10 * USEC_S)
#define MEETING_PAUSE (60 * USEC_S)

/* Of each scope's places those who only wrote to us have a part: whoever invents addresses must not
 * keep the neighbours out. */
#define STRANGERS 12
/* Each refresh looks at all originators and paths: on a crowded wire it takes its time. */
#define REFRESH_GAP (100 * USEC_MS)
#define REFRESH_GAP_EACH_US 250

static_assert(CHOICE_DIRECT + CHOICE_OWN + STRANGERS <= NODE_CLOUD_PEERS, "places in the cloud");

static struct node_peer *peer_cloud(struct node *n, const struct mac *cloud_mac)
{
	for (unsigned int i = 0; i < NODE_CLOUD_PEERS; i++)
		if (n->peers[i].used && mac_eq(&n->peers[i].cloud_mac, cloud_mac))
			return &n->peers[i];
	return NULL;
}

/* By an address: of a Babel neighbour at a port, or NODE_ROUTED. */
static struct node_peer *peer_at(struct node *n, uint16_t port, const struct ip6 *address)
{
	for (unsigned int i = NODE_CLOUD_PEERS; i < NODE_PEERS; i++)
		if (n->peers[i].used && n->peers[i].port == port &&
		    ip6_eq(&n->peers[i].address, address))
			return &n->peers[i];
	return NULL;
}

static uint16_t handle(const struct node *n, const struct node_peer *p)
{
	return (uint16_t)(p - n->peers);
}

static void peer_drop(struct node *n, struct node_peer *p)
{
	state_peer_remove(n->state, handle(n, p), n->now);
	p->used = false;
}

enum place {
	PLACE_FREE,
	PLACE_LEAVING,	/* neither has chosen the other any more, or it has only said junk */
	PLACE_STRANGER, /* only it has chosen us */
	PLACE_KEPT,
};

static enum place place_is(const struct node *n, const struct node_peer *p)
{
	if (!p->used)
		return PLACE_FREE;
	if (p->wanted)
		return PLACE_KEPT;
	if (p->asks && p->heard_at && n->now - p->heard_at <= PEER_SILENCE)
		return PLACE_STRANGER;
	return PLACE_LEAVING;
}

/* The places of a scope, but for those of leaders. */
struct places {
	struct node_peer *first, *end;
};

static struct places places_of(struct node *n, enum state_scope scope)
{
	if (scope == STATE_CLOUD)
		return (struct places) { n->peers, n->peers + NODE_CLOUD_PEERS };
	return (struct places) { n->peers + NODE_CLOUD_PEERS, n->peers + NODE_LINK_PEERS };
}

/* Of the places of that kind the one of him who was silent for longest. */
static struct node_peer *place_oldest(const struct node *n, struct places all, enum place kind)
{
	struct node_peer *oldest = NULL;

	for (struct node_peer *p = all.first; p < all.end; p++)
		if (place_is(n, p) == kind && (!oldest || p->heard_at < oldest->heard_at))
			oldest = p;
	return oldest;
}

/* A place of the scope; only one that we chose gets that of a stranger. */
static struct node_peer *place_find(struct node *n, enum state_scope scope, bool wanted)
{
	struct places all = places_of(n, scope);
	struct node_peer *place = NULL;
	unsigned int strangers = 0;

	for (struct node_peer *p = all.first; p < all.end; p++)
		strangers += p->used && !p->wanted;
	if (wanted || strangers < STRANGERS)
		place = place_oldest(n, all, PLACE_FREE);
	if (!place)
		place = place_oldest(n, all, PLACE_LEAVING);
	if (!place && wanted)
		place = place_oldest(n, all, PLACE_STRANGER);
	if (place && place->used)
		peer_drop(n, place);
	return place;
}

static struct node_peer *peer_new(struct node *n, enum state_scope scope, bool wanted)
{
	struct node_peer *p = place_find(n, scope, wanted);

	if (!p || state_peer_add(n->state, handle(n, p), NULL, STATE_SCOPE_BIT(scope), n->now)) {
		n->counters[NODE_C_PEER_FULL]++;
		return NULL;
	}
	*p = (struct node_peer) {
		.used = true, .wanted = wanted, .scope = scope, .needed_at = n->now
	};
	return p;
}

/* Who of the candidates is a neighbour that answers. */
static void choices_judge(struct node *n)
{
	for (struct node_peer *p = n->peers; p < n->peers + NODE_CLOUD_PEERS; p++) {
		struct choice *c = p->used ? choices_get(&n->choices, &p->cloud_mac) : NULL;

		if (c)
			c->speaks = p->heard_at && n->now - p->heard_at <= PEER_SILENCE;
	}
}

static void choices_count(struct node *n, bool all)
{
	if (!all && !n->peers_short)
		n->counters[NODE_C_PEER_FULL]++;
	n->peers_short = !all;
}

static void peer_want(struct node *n, struct node_peer *p, bool wanted)
{
	if (p->wanted == wanted)
		return;
	p->wanted = wanted;
	/* the next datagram says so; it would wait for us until then */
	(void)state_peer_add(n->state, handle(n, p), NULL, STATE_SCOPE_BIT(p->scope), n->now);
}

static void refresh_cloud(struct node *n)
{
	struct choices *cs = &n->choices;

	choices_find(cs, n->batman, &n->cloud_mac);
	choices_judge(n);
	choices_count(n, choices_make(cs, n->batman, &n->cloud_mac));
	/* first who is there already, so that a new one takes the place of none of them */
	for (struct node_peer *p = n->peers; p < n->peers + NODE_CLOUD_PEERS; p++) {
		struct choice *c = p->used ? choices_get(cs, &p->cloud_mac) : NULL;

		if (p->used)
			peer_want(n, p, c && c->chosen);
		if (c)
			c->chosen = false;
	}
	for (struct choice *c = cs->at; c < cs->at + cs->count; c++) {
		struct node_peer *p = c->chosen ? peer_new(n, STATE_CLOUD, true) : NULL;

		if (p)
			p->cloud_mac = c->cloud_mac;
	}
}

/* All neighbours that are present hold what we hold, so they know our claims, whoever told them. */
static void all_acked(struct node *n)
{
	struct lease_block b;
	uint32_t cursor = 0;

	while (lease_block_next(&n->lease, &cursor, &b))
		if (!memcmp(b.owner.b, n->id.b, sizeof(n->id.b)))
			lease_block_acked(&n->lease, &b, n->now);
}

/* Peers of the cloud, by handle. */
struct ways {
	uint8_t tq[NODE_CLOUD_PEERS]; /* the best to any of its ports; 0: no route */
};

static void way_note(struct node *n, struct ways *w, const struct batman_orig *o)
{
	const struct node_peer *p = peer_cloud(n, &o->cloud_mac);

	if (p && o->tq > w->tq[handle(n, p)])
		w->tq[handle(n, p)] = o->tq;
}

/* Whoever has no free address asks those who answer, beginning with the best way. */
static void tell_near(struct node *n, const struct ways *w)
{
	struct lease_node near[LEASE_NEAR_MAX + 1];
	uint8_t tq[LEASE_NEAR_MAX + 1];
	struct state_peer_view v;
	unsigned int count = 0;

	for (uint32_t i = 0; state_peer_next(n->state, &i, &v);) {
		unsigned int at = count;

		if (v.handle >= NODE_CLOUD_PEERS || v.absent || !v.heard_at)
			continue;
		for (; at > 0 && tq[at - 1] < w->tq[v.handle]; at--) {
			near[at] = near[at - 1];
			tq[at] = tq[at - 1];
		}
		memcpy(near[at].b, v.id.b, sizeof(near[at].b));
		tq[at] = w->tq[v.handle];
		count += count < LEASE_NEAR_MAX;
	}
	lease_near(&n->lease, near, count);
}

/* Other trama nodes of the cloud that are there, and whether what they know has reached us. */
static void tell_lease(struct node *n)
{
	struct ways ways = { .tq = { 0 } };
	struct state_peer_view v;
	struct batman_orig o;
	uint32_t cursor = 0;
	unsigned int others = 0, peers = 0, present = 0, synced = 0, equal = 0;

	while (batman_orig_next(n->batman, &cursor, &o))
		if (o.trama && o.reachable) {
			others++;
			way_note(n, &ways, &o);
		}
	cursor = 0;
	while (state_peer_next(n->state, &cursor, &v)) {
		if (!(v.scopes & STATE_SCOPE_BIT(STATE_CLOUD)))
			continue;
		peers++;
		if (v.absent)
			continue;
		present++;
		/* who speaks with another part is not alone, even if nobody is left here */
		others += v.handle >= NODE_LINK_PEERS && v.heard_at;
		if (!(v.synced & STATE_SCOPE_BIT(STATE_CLOUD)))
			continue;
		synced++;
		/* what was written since then it may not have */
		equal += v.lacking == 0;
	}
	/* what they said while we got no time is only coming in: none of them has gone */
	if (lease_is_behind(&n->lease, n->now))
		return;
	if (others > n->lease.peers)
		peers_meet(n, MEETING_ORIGINATOR);
	lease_peers(&n->lease, others, present == 0 || synced > 0, n->now);
	tell_near(n, &ways);
	if (peers && equal == present)
		all_acked(n);
}

static usec_t meeting_wait(const struct node *n, enum meeting how)
{
	switch (how) {
	case MEETING_HELLO:
		return WAIT_HELLO + 2 * n->conf->network.batadv_orig_interval_ms * USEC_MS;
	case MEETING_SILENT:
		return WAIT_SILENT;
	case MEETING_ORIGINATOR:
		break;
	}
	return WAIT_ORIGINATOR;
}

/*
 * Who was alone and meets others waits until they are all there and have told what they claim, or
 * two that have started together both give addresses of one block. Who is among others already
 * knows their claims.
 */
void peers_meet(struct node *n, enum meeting how)
{
	bool alone = !n->lease.peers && !n->announced_to && n->now - n->met_at >= MEETING_PAUSE;
	usec_t until = n->now + meeting_wait(n, how);

	if (!n->met_at || alone)
		n->met_at = n->now;
	if (n->now - n->met_at < MEETING_MAX)
		lease_meeting(&n->lease, usec_min(until, n->met_at + MEETING_MAX));
}

/* Who was there meanwhile is heard next. */
void peers_starved(struct node *n, usec_t lost)
{
	if (n->met_at)
		n->met_at += lost;
	peers_meet(n, MEETING_ORIGINATOR);
}

static void drop_leaving(struct node *n)
{
	for (struct node_peer *p = n->peers; p < n->peers + NODE_PEERS; p++) {
		enum place is = place_is(n, p);

		if (is == PLACE_KEPT || is == PLACE_STRANGER)
			p->needed_at = n->now;
		else if (is == PLACE_LEAVING && n->now - p->needed_at > PEER_LINGER)
			peer_drop(n, p);
	}
}

static usec_t refresh_gap(const struct node *n)
{
	usec_t gap = n->choices.looked_at * REFRESH_GAP_EACH_US;

	return gap > REFRESH_GAP ? gap : REFRESH_GAP;
}

void peers_refresh(struct node *n)
{
	if (n->now >= n->peers_next) {
		refresh_cloud(n);
		drop_leaving(n);
		n->peers_at = USEC_NEVER;
		n->peers_next = n->now + refresh_gap(n);
	}
	tell_lease(n);
}

void peers_changed(struct node *n)
{
	if (n->now >= n->peers_next)
		peers_refresh(n);
	else
		n->peers_at = n->peers_next;
}

bool node_peer_speaks(const struct node *n, uint16_t port, const struct ip6 *address)
{
	struct state_peer_view v;

	for (uint32_t i = 0; state_peer_next(n->state, &i, &v);) {
		const struct node_peer *p = &n->peers[v.handle];

		if (p->scope == STATE_NETWORK && p->port == port && ip6_eq(&p->address, address))
			return v.heard_at != 0;
	}
	return false;
}

void peers_babel(struct node *n, const struct event_neighbour *e)
{
	struct node_peer *p = peer_at(n, e->port, &e->address);
	bool there = !e->gone && e->cost != 0xffff;

	if (e->port >= NODE_PORTS)
		return;
	if (!there) {
		if (p && e->gone)
			peer_drop(n, p);
		return;
	}
	if (!p)
		p = peer_new(n, STATE_NETWORK, true);
	if (!p)
		return;
	p->port = e->port;
	p->address = e->address;
	p->wanted = true;
}

/* asks: that is what its header says, if the datagram is its own. */
static void heard(struct node *n, struct node_peer *p, bool asks, const uint8_t *data, size_t len)
{
	if (state_input(n->state, handle(n, p), data, len, n->now))
		return;
	p->heard_at = n->now;
	p->asks = asks;
}

static void routed_datagram(struct node *n, const struct event_datagram *d)
{
	struct node_peer *p = peer_at(n, NODE_ROUTED, &d->from);
	struct rd r = rd_init(d->data, d->len);
	uint64_t token = rd_u64(&r);
	size_t len = rd_left(&r);

	if (!p || !rd_ok(&r) || token != n->part_token)
		n->counters[NODE_C_BAD_DATAGRAM]++;
	else
		heard(n, p, true, rd_take(&r, len), len);
}

void peers_datagram(struct node *n, const struct event_datagram *d)
{
	struct node_peer *p;

	if (d->port == NODE_ROUTED) {
		routed_datagram(n, d);
		return;
	}
	p = peer_at(n, d->port, &d->from);
	if (!p && d->port < NODE_PORTS && ip6_is_link_local(&d->from)) {
		p = peer_new(n, STATE_NETWORK, false);
		if (p) {
			p->port = d->port;
			p->address = d->from;
		}
	}
	if (!p) {
		n->counters[NODE_C_BAD_DATAGRAM]++;
		return;
	}
	heard(n, p, true, d->data, d->len);
}

static void cloud_datagram(struct node *n, const struct mac *from, bool asks, const uint8_t *data,
			   size_t len)
{
	struct node_peer *p = peer_cloud(n, from);

	if (!p && !asks)
		return; /* the last ones of somebody whom we have left, and who leaves us */
	/* a new neighbour may know its route to us before we know ours to it */
	if (!p && batman_may_be_node(n->batman, from)) {
		p = peer_new(n, STATE_CLOUD, false);
		if (p)
			p->cloud_mac = *from;
	}
	if (!p) {
		n->counters[NODE_C_BAD_DATAGRAM]++;
		return;
	}
	heard(n, p, asks, data, len);
}

bool peers_frame(struct node *n, const uint8_t *frame, size_t len)
{
	struct rd r = rd_init(frame, len), payload, data;
	struct udp_head udp;
	struct ip6_head ip;
	struct ip6 us = ip6_link_local(&n->cloud_mac);
	struct eth e;
	const uint8_t *bytes;
	size_t size;

	if (eth_decode(&r, &e) || e.tagged || e.type != ETH_TYPE_IP6 ||
	    !mac_eq(&e.dst, &n->cloud_mac))
		return false;
	if (ip6_decode(&r, &ip, &payload) || ip.next != IP_PROTO_UDP || !ip6_eq(&ip.dst, &us))
		return false;
	if (udp6_decode(&payload, &ip, &udp, &data) || udp.dst_port != NODE_STATE_UDP_PORT)
		return false;
	size = rd_left(&data);
	bytes = rd_take(&data, size);
	cloud_datagram(n, &e.src, udp.src_port != ANSWER_UDP_PORT, bytes, size);
	return true;
}

static void send_cloud(struct node *n, const struct node_peer *p, const struct out *o)
{
	struct wr w = wr_init(n->scratch, sizeof(n->scratch));
	struct udp6_path path = {
		.eth_src = n->cloud_mac,
		.eth_dst = p->cloud_mac,
		.src = ip6_link_local(&n->cloud_mac),
		.dst = ip6_link_local(&p->cloud_mac),
		.src_port = p->wanted ? NODE_STATE_UDP_PORT : ANSWER_UDP_PORT,
		.dst_port = NODE_STATE_UDP_PORT,
	};

	udp6_build(&w, &path, o->data, o->len);
	if (wr_len(&w))
		cloudside_send(n, n->scratch, wr_len(&w));
}

static void send_routed(struct node *n, const struct node_peer *p, const struct out *o,
			struct effect *ret)
{
	struct wr w = wr_init(n->scratch, sizeof(n->scratch));

	wr_u64(&w, p->token);
	wr_bytes(&w, o->data, o->len);
	ret->datagram.data = n->scratch;
	ret->datagram.len = wr_len(&w);
}

bool peers_send(struct node *n, const struct out *o, struct effect *ret)
{
	const struct node_peer *p;

	if (o->port >= NODE_PEERS || !n->peers[o->port].used)
		return false;
	p = &n->peers[o->port];
	if (o->port < NODE_CLOUD_PEERS) {
		send_cloud(n, p, o);
		return false;
	}
	ret->kind = EFFECT_DATAGRAM;
	ret->datagram = (struct effect_datagram) {
		.port = p->port, .to = p->address, .data = o->data, .len = o->len
	};
	if (p->port == NODE_ROUTED)
		send_routed(n, p, o, ret);
	return true;
}

/* There is a place for each part. */
static struct node_peer *routed_new(struct node *n, const struct ip6 *address)
{
	for (struct node_peer *p = n->peers + NODE_LINK_PEERS; p < n->peers + NODE_PEERS; p++) {
		if (p->used)
			continue;
		*p = (struct node_peer) { .port = NODE_ROUTED,
					  .scope = STATE_CLOUD,
					  .address = *address };
		p->used = !state_peer_add(n->state, handle(n, p), NULL,
					  STATE_SCOPE_BIT(STATE_CLOUD), n->now);
		return p->used ? p : NULL;
	}
	return NULL;
}

void peers_parts(struct node *n)
{
	const struct cut_part *part;
	struct presence known;
	struct node_peer *p;

	for (p = n->peers + NODE_LINK_PEERS; p < n->peers + NODE_PEERS; p++)
		p->wanted = false;
	for (uint32_t i = 0; cut_leads(&n->cut) && (part = cut_part_next(&n->cut, &i));) {
		if (part->joined_at || !record_presence_find(n, part, &known))
			continue;
		p = peer_at(n, NODE_ROUTED, &known.ip6);
		if (!p)
			p = routed_new(n, &known.ip6);
		if (!p)
			continue;
		p->wanted = true;
		p->token = known.token;
	}
	for (p = n->peers + NODE_LINK_PEERS; p < n->peers + NODE_PEERS; p++)
		if (p->used && !p->wanted)
			peer_drop(n, p);
}
