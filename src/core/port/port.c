/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of a port. Timers, per port with carrier:
 *   hello     every 500 ms on auto and mesh ports; also drives the expiry of what was heard
 *   discover  DHCP self-test of auto Ethernet ports, 0, 2 and 5 s after carrier; every 10 s while a
 *             node without hellos is known only by its offers
 *   test end  8 s after carrier; later where the machine was too busy to ask in time
 * Whatever happens, the decision is computed anew from the whole state (port_decide.c) and told
 * when it differs.
 */
#include "core/port/port.h"

#include <errno.h>
#include <string.h>

#include "core/port/port_decide.h"
#include "core/port/port_msg.h"
#include "packet/eth.h"

#define ROGUE_INTERVAL (60 * USEC_S)
#define OFFERS_INTERVAL (10 * USEC_S)
#define HELLO_JITTER_MS 100 /* around PORT_HELLO_INTERVAL */

static const usec_t discover_after[] = { 0, 2 * USEC_S, 5 * USEC_S };
#define DISCOVERS (sizeof(discover_after) / sizeof(discover_after[0]))
#define ANSWER_WITHIN (2500 * USEC_MS) /* after the last of them */

static struct port_entry *entry_of(struct port *p, uint16_t index)
{
	return index < PORT_MAX && p->entry[index].used ? &p->entry[index] : NULL;
}

static uint16_t index_of(const struct port *p, const struct port_entry *e)
{
	return (uint16_t)(e - p->entry);
}

static void tell(struct port *p, const struct port_entry *e, enum port_event event,
		 const struct port_event_data *data)
{
	outq_push(p->out, PORT_EVENT, index_of(p, e), event, data, sizeof(*data));
}

static void send_hello(struct port *p, struct port_entry *e, usec_t now)
{
	struct port_hello h = {
		.node_mac = p->conf.node_mac,
		.port_mac = e->info.mac,
		.batman_mac = e->info.batman_mac,
		.port_id = index_of(p, e),
		.serves = port_is_serving(e),
		.network4 = p->conf.network4,
		.ssid_len = p->conf.ssid_len,
	};
	uint8_t frame[PORT_FRAME_MAX];
	struct wr w = wr_init(frame, sizeof(frame));

	memcpy(h.network_id, p->conf.network_id, sizeof(h.network_id));
	memcpy(h.ssid, p->conf.ssid, sizeof(h.ssid));
	port_hello_encode(&w, &h);
	outq_push(p->out, PORT_SEND, index_of(p, e), 0, frame, wr_len(&w));
	p->counters.hello_sent++;
	e->hello_at = now + PORT_HELLO_INTERVAL +
		      ((usec_t)rng_below(&p->rng, HELLO_JITTER_MS) - HELLO_JITTER_MS / 2) * USEC_MS;
}

static void send_discover(struct port *p, struct port_entry *e, usec_t now)
{
	uint8_t frame[PORT_FRAME_MAX];
	struct wr w = wr_init(frame, sizeof(frame));

	port_discover_encode(&w, &e->info.mac, e->xid, (uint16_t)((now - e->carrier_at) / USEC_S));
	outq_push(p->out, PORT_SEND, index_of(p, e), 0, frame, wr_len(&w));
	p->counters.discover_sent++;
	e->discovered_at = now;
}

static void start_test(struct port *p, struct port_entry *e, usec_t now)
{
	e->offer_held = false;
	e->offered = false;
	e->tested = false;
	e->node_lan = false;
	e->discovers = 0;
	e->xid = rng_u32(&p->rng);
	e->carrier_at = now;
	e->discover_at = now;
}

static void forget_wire(struct port_entry *e)
{
	e->heard_count = 0;
	e->foreign_count = 0;
	e->offer_held = false;
	e->offered = false;
	e->tested = false;
	e->discover_at = USEC_NEVER;
}

/* The bridge membership changed: people and the wire should know. */
static void tell_membership(struct port *p, struct port_entry *e, usec_t now)
{
	struct port_event_data data = { .reason = e->reason, .mac = e->because };

	tell(p, e, e->decision.client ? PORT_EVENT_JOINED : PORT_EVENT_LEFT, &data);
	if (port_sends_hello(&e->info))
		send_hello(p, e, now);
}

static void update(struct port *p, struct port_entry *e, usec_t now)
{
	bool was_client = e->decision.client;
	enum port_reason was = e->reason;

	e->reason = port_decide(p, e, now, &e->decision, &e->because);
	if (e->reason != was)
		e->since = now;
	if (e->decision.client != was_client)
		tell_membership(p, e, now);
	if (e->announced_any && e->announced_reason == e->reason &&
	    port_decision_eq(&e->announced, &e->decision))
		return;
	/* a full queue is tried again at the next tick */
	if (outq_push(p->out, PORT_DECIDED, index_of(p, e), e->reason, &e->decision,
		      sizeof(e->decision)) < 0)
		return;
	e->announced = e->decision;
	e->announced_reason = e->reason;
	e->announced_any = true;
}

/* One port's change may free or bind another port of ours. Who leaves goes first, so that two ports
 * of ours on one wire never serve it both, not even between two records. */
static void update_all(struct port *p, usec_t now)
{
	for (unsigned leaving = 2; leaving-- > 0;)
		for (uint16_t i = 0; i < PORT_MAX; i++)
			if (p->entry[i].used && p->entry[i].decision.client == (bool)leaving)
				update(p, &p->entry[i], now);
}

void port_init(struct port *p, const struct port_conf *conf, struct rng rng, struct outq *out)
{
	memset(p, 0, sizeof(*p));
	p->conf = *conf;
	p->rng = rng;
	p->out = out;
}

/* What was heard of a port that is no longer: other ports of ours need not wait for it. */
static void forget_own(struct port *p, const struct mac *mac)
{
	for (uint16_t i = 0; i < PORT_MAX; i++) {
		struct port_entry *e = &p->entry[i];

		for (uint32_t k = e->heard_count; k-- > 0;)
			if (mac_eq(&e->heard[k].hello.port_mac, mac))
				e->heard[k] = e->heard[--e->heard_count];
	}
}

int port_set(struct port *p, uint16_t index, const struct port_info *info, usec_t now)
{
	struct port_entry *e;
	bool first, fresh, wanted_test;

	if (index >= PORT_MAX)
		return -EINVAL;
	e = &p->entry[index];
	first = !e->used;
	fresh = first || e->info.role != info->role || e->info.medium != info->medium ||
		e->info.proto_static != info->proto_static || !mac_eq(&e->info.mac, &info->mac);
	wanted_test = e->used && port_wants_test(&e->info);
	if (e->used && !mac_eq(&e->info.mac, &info->mac))
		forget_own(p, &e->info.mac);
	if (!e->used)
		*e = (struct port_entry) { .used = true, .since = now, .hello_at = now };
	if (fresh || (e->info.carrier && !info->carrier))
		forget_wire(e);
	if (!e->info.carrier && info->carrier)
		e->hello_at = now;
	e->info = *info;
	if (port_wants_test(info) && (fresh || !wanted_test))
		start_test(p, e, now);
	if (first && info->served && port_wants_test(info)) {
		/* the daemon was restarted: clients on the wire must not wait for a new test */
		e->tested = true;
		e->discover_at = USEC_NEVER;
	}
	update_all(p, now);
	return 0;
}

void port_gone(struct port *p, uint16_t index, usec_t now)
{
	struct port_entry *e = entry_of(p, index);

	if (!e)
		return;
	forget_own(p, &e->info.mac);
	memset(e, 0, sizeof(*e));
	update_all(p, now);
}

static bool is_own_mac(const struct port *p, const struct mac *mac)
{
	for (uint16_t i = 0; i < PORT_MAX; i++) {
		const struct port_entry *e = &p->entry[i];

		if (e->used && (mac_eq(&e->info.mac, mac) || mac_eq(&e->info.batman_mac, mac)))
			return true;
	}
	return false;
}

static bool sent_hello(const struct port_hello *h, const struct mac *mac)
{
	return mac_eq(&h->port_mac, mac) || mac_eq(&h->batman_mac, mac) ||
	       mac_eq(&h->node_mac, mac);
}

static struct port_heard *heard_find(struct port_entry *e, const struct port_hello *h)
{
	for (uint32_t i = 0; i < e->heard_count; i++)
		if (mac_eq(&e->heard[i].hello.port_mac, &h->port_mac) &&
		    mac_eq(&e->heard[i].hello.node_mac, &h->node_mac))
			return &e->heard[i];
	return NULL;
}

/* When full, nodes with lower MACs displace higher ones: only the lower ones decide anything. */
static struct port_heard *heard_add(struct port *p, struct port_entry *e,
				    const struct port_hello *h)
{
	struct port_heard *last = &e->heard[0];

	if (e->heard_count < PORT_HEARD_MAX)
		return &e->heard[e->heard_count++];
	p->counters.heard_full++;
	for (uint32_t i = 1; i < e->heard_count; i++)
		if (mac_cmp(&e->heard[i].hello.node_mac, &last->hello.node_mac) > 0)
			last = &e->heard[i];
	return mac_cmp(&h->node_mac, &last->hello.node_mac) < 0 ? last : NULL;
}

static void tell_heard(struct port *p, const struct port_entry *e, const struct port_hello *h)
{
	struct port_event_data data = { .reason = e->reason, .mac = h->node_mac };

	if (mac_eq(&h->node_mac, &p->conf.node_mac) && !is_own_mac(p, &h->port_mac)) {
		data.mac = h->port_mac;
		tell(p, e, PORT_EVENT_DUPLICATE_NODE, &data);
	} else if (!mac_eq(&h->node_mac, &p->conf.node_mac)) {
		data.ours = memcmp(h->network_id, p->conf.network_id, sizeof(h->network_id)) == 0;
		tell(p, e, PORT_EVENT_NODE_HEARD, &data);
	}
}

static bool router_in_cloud(const struct port_entry *e, const struct ip4 *router)
{
	for (uint32_t i = 0; i < e->heard_count; i++) {
		const struct net4 *n = &e->heard[i].hello.network4;

		if (n->len && net4_has(n, router))
			return true;
	}
	return false;
}

/* The answer at carrier may come before the first hello of a node that is there too. And a hello
 * heard later takes back what an offer made. */
static void settle_offer(struct port *p, struct port_entry *e, usec_t now)
{
	if (!e->offer_held && !e->offered)
		return;
	if (router_in_cloud(e, &e->offer.router)) {
		e->offer_held = false;
		e->offered = false;
		tell(p, e, PORT_EVENT_NODE_LAN, &e->offer);
	} else if (e->offer_held && now >= e->carrier_at + PORT_HOLD_OFFER) {
		e->offer_held = false;
		e->offered = true;
		e->discover_at = USEC_NEVER;
		tell(p, e, PORT_EVENT_UPLINK, &e->offer);
	}
}

static int input_hello(struct port *p, struct port_entry *e, struct rd *r, usec_t now)
{
	struct port_heard *heard;
	struct port_hello h;
	int err = port_hello_decode(r, &h);

	if (err < 0) {
		p->counters.hello_bad++;
		return err;
	}
	p->counters.hello_received++;
	if (mac_eq(&h.port_mac, &e->info.mac)) {
		p->counters.hello_reflected++;
		return 0;
	}
	for (uint32_t i = e->foreign_count; i-- > 0;)
		if (sent_hello(&h, &e->foreign[i].mac))
			e->foreign[i] = e->foreign[--e->foreign_count];
	heard = heard_find(e, &h);
	if (!heard) {
		heard = heard_add(p, e, &h);
		if (!heard)
			return 0;
		heard->served_until = 0;
		tell_heard(p, e, &h);
	}
	heard->hello = h;
	heard->at = now;
	if (h.serves)
		heard->served_until = now + PORT_SILENCE;
	settle_offer(p, e, now);
	update_all(p, now);
	return 0;
}

static void add_foreign(struct port *p, struct port_entry *e, const struct mac *mac, bool offers,
			usec_t now)
{
	struct port_event_data data = { .reason = e->reason, .mac = *mac };
	struct port_foreign *f = &e->foreign[0];

	for (uint32_t i = 0; i < e->foreign_count; i++) {
		if (mac_eq(&e->foreign[i].mac, mac)) {
			e->foreign[i].at = now;
			return;
		}
		if (e->foreign[i].at < f->at)
			f = &e->foreign[i];
	}
	if (e->foreign_count < PORT_FOREIGN_MAX) {
		f = &e->foreign[e->foreign_count++];
		tell(p, e, PORT_EVENT_FOREIGN_MESH, &data);
	} else {
		p->counters.foreign_full++; /* the oldest gives way, one is enough to wait */
	}
	*f = (struct port_foreign) { .mac = *mac, .offers = offers, .at = now };
	if (offers && e->tested && e->discover_at == USEC_NEVER)
		e->discover_at = now + OFFERS_INTERVAL;
	update_all(p, now);
}

void port_mesh_heard(struct port *p, uint16_t index, const struct mac *mac, usec_t now)
{
	struct port_entry *e = entry_of(p, index);

	if (!e || !port_sends_hello(&e->info) || is_own_mac(p, mac))
		return;
	for (uint32_t i = 0; i < e->heard_count; i++)
		if (sent_hello(&e->heard[i].hello, mac))
			return;
	add_foreign(p, e, mac, false, now);
}

/* The anycast MAC of any cloud, whatever its network id (LibreMesh filters by the same three
 * bytes). */
static bool is_anycast(const struct port *p, const struct mac *mac)
{
	return (mac->b[0] == 0xaa && mac->b[1] == 0xaa && mac->b[2] == 0xaa) ||
	       mac_eq(mac, &p->conf.anycast_mac);
}

/* An offer from the LAN of a node is no way to the internet. */
static bool is_node_offer(const struct port *p, const struct port_entry *e,
			  const struct port_offer *o)
{
	return o->trama || is_anycast(p, &o->from) || router_in_cloud(e, &o->router);
}

static void offer_from_node(struct port *p, struct port_entry *e, const struct port_offer *o,
			    usec_t now)
{
	struct port_event_data data = {
		.reason = e->reason, .mac = o->from, .addr = o->server, .router = o->router
	};

	if (port_wants_test(&e->info) && !e->tested && !e->node_lan) {
		e->node_lan = true;
		tell(p, e, PORT_EVENT_NODE_LAN, &data);
	}
	/* no mark: a LibreMesh node serves this wire, even if it runs no mesh on it */
	if (!o->trama && is_anycast(p, &o->from) && port_sends_hello(&e->info))
		add_foreign(p, e, &o->from, true, now);
}

static void offer_rogue(struct port *p, struct port_entry *e, const struct port_offer *o,
			usec_t now)
{
	struct port_event_data data = {
		.reason = e->reason, .mac = o->from, .addr = o->server, .router = o->router
	};

	if (mac_eq(&e->rogue, &o->from) && now < e->rogue_at + ROGUE_INTERVAL)
		return;
	e->rogue = o->from;
	e->rogue_at = now;
	tell(p, e, PORT_EVENT_ROGUE_DHCP, &data);
}

static int input_ip4(struct port *p, struct port_entry *e, struct rd *r, const struct mac *from,
		     usec_t now)
{
	struct port_offer o;
	int err = port_offer_decode(r, from, &o);

	if (err < 0) {
		p->counters.offer_bad += err == -EBADMSG;
		p->counters.frame_unknown += err != -EBADMSG;
		return err;
	}
	p->counters.offer_received++;
	if (is_node_offer(p, e, &o)) {
		offer_from_node(p, e, &o, now);
	} else if (e->decision.client) {
		offer_rogue(p, e, &o, now);
	} else if (port_wants_test(&e->info) && !e->tested && !e->offered && !e->offer_held &&
		   o.xid == e->xid && mac_eq(&o.chaddr, &e->info.mac)) {
		e->offer = (struct port_event_data) { .reason = PORT_UPLINK_OFFER,
						      .mac = o.from,
						      .addr = o.server,
						      .router = o.router };
		e->offer_held = true;
		settle_offer(p, e, now);
		update_all(p, now);
	}
	return 0;
}

int port_input(struct port *p, uint16_t index, const void *frame, size_t len, usec_t now)
{
	struct port_entry *e = entry_of(p, index);
	struct rd r = rd_init(frame, len);
	struct eth eth;

	if (!e)
		return -EINVAL;
	if (eth_decode(&r, &eth) < 0 || !mac_is_station(&eth.src)) {
		p->counters.frame_unknown++;
		return -EBADMSG;
	}
	if (!eth.tagged && eth.type == PORT_ETHERTYPE_HELLO && port_sends_hello(&e->info))
		return input_hello(p, e, &r, now);
	if (!eth.tagged && eth.type == ETH_TYPE_IP4)
		return input_ip4(p, e, &r, &eth.src, now);
	p->counters.frame_unknown++;
	return -EPROTONOSUPPORT;
}

void port_dhcp_lost(struct port *p, uint16_t index, usec_t now)
{
	struct port_entry *e = entry_of(p, index);

	(void)now;
	if (!e || !e->offered)
		return;
	tell(p, e, PORT_EVENT_UPLINK_LOST, &e->offer);
}

static void expire(struct port_entry *e, usec_t now)
{
	for (uint32_t i = e->heard_count; i-- > 0;)
		if (now >= e->heard[i].at + PORT_SILENCE)
			e->heard[i] = e->heard[--e->heard_count];
	for (uint32_t i = e->foreign_count; i-- > 0;)
		if (now >= e->foreign[i].at + PORT_SILENCE)
			e->foreign[i] = e->foreign[--e->foreign_count];
}

static bool knows_by_offers(const struct port_entry *e)
{
	for (uint32_t i = 0; i < e->foreign_count; i++)
		if (e->foreign[i].offers)
			return true;
	return false;
}

/* Of the self-test; a late tick shifts what it missed instead of sending it all at once. */
static usec_t next_discover(const struct port_entry *e, usec_t now)
{
	usec_t at;

	if (e->discovers >= DISCOVERS)
		return USEC_NEVER;
	at = e->carrier_at + discover_after[e->discovers];
	return at > now ? at : now + USEC_S;
}

/* A busy start must not take the port's chance to find out: a wrong answer stays. */
static usec_t test_end(const struct port_entry *e)
{
	usec_t end = e->carrier_at + PORT_JOIN_AFTER;

	if (e->discovers < DISCOVERS)
		return USEC_NEVER;
	return end > e->discovered_at + ANSWER_WITHIN ? end : e->discovered_at + ANSWER_WITHIN;
}

static void tick_discover(struct port *p, struct port_entry *e, usec_t now)
{
	if (!e->tested && now >= test_end(e)) {
		e->tested = true;
		e->discover_at = knows_by_offers(e) ? now + OFFERS_INTERVAL : USEC_NEVER;
	}
	if (now < e->discover_at)
		return;
	send_discover(p, e, now);
	if (e->discovers < DISCOVERS)
		e->discovers++;
	if (e->tested)
		e->discover_at = knows_by_offers(e) ? now + OFFERS_INTERVAL : USEC_NEVER;
	else
		e->discover_at = next_discover(e, now);
}

void port_tick(struct port *p, usec_t now)
{
	for (uint16_t i = 0; i < PORT_MAX; i++) {
		struct port_entry *e = &p->entry[i];

		if (!e->used)
			continue;
		expire(e, now);
		settle_offer(p, e, now);
		if (port_wants_test(&e->info) && !e->offered)
			tick_discover(p, e, now);
		if (port_sends_hello(&e->info) && now >= e->hello_at)
			send_hello(p, e, now);
	}
	update_all(p, now);
}

usec_t port_deadline(const struct port *p)
{
	usec_t at = USEC_NEVER;

	for (uint16_t i = 0; i < PORT_MAX; i++) {
		const struct port_entry *e = &p->entry[i];

		if (!e->used)
			continue;
		if (port_sends_hello(&e->info))
			at = usec_min(at, e->hello_at);
		if (!port_wants_test(&e->info) || e->offered)
			continue;
		at = usec_min(at, e->discover_at);
		if (e->offer_held)
			at = usec_min(at, e->carrier_at + PORT_HOLD_OFFER);
		if (!e->tested)
			at = usec_min(at, test_end(e));
	}
	return at;
}

const struct port_entry *port_get(const struct port *p, uint16_t index)
{
	return index < PORT_MAX && p->entry[index].used ? &p->entry[index] : NULL;
}

bool port_serves(const struct port *p, uint16_t index)
{
	const struct port_entry *e = port_get(p, index);

	return e && e->decision.client;
}
