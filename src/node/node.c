/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/state/snapshot.h"
#include "core/state/state_crypto.h"
#include "node/internal.h"

#define SLOW_INTERVAL USEC_S
#define LATE (500 * USEC_MS)		/* what is due every second: we got no time */
#define NOTICE_INTERVAL (100 * USEC_MS) /* of one kind */
#define NOTICE_BURST 1000
#define SETTINGS_AGAIN (600 * USEC_S) /* what could not be written */
/* Between snapshots for the sake of what was done on purpose: a neighbour may do so all the time,
 * and a snapshot may be a megabyte of flash. */
#define SOON_INTERVAL (300 * USEC_S)
#define SOON_BURST 8
#define STORE_RECORD_MAX (STATE_VALUE_MAX + 168) /* a record with its key, version and proof */

#define LINKS_FIRST (120 * USEC_S) /* neighbours have come by then */

#define ADMIN_LIFETIME_S (10u * 365 * 86400) /* they do not end, but it is signed */

/* Types of records. Lifetimes: what a silent author leaves behind goes after this. A block is taken
 * over before, when addresses are short: its record says for how long the owner has been quiet.
 * That a block was given back is forgotten much sooner, or each node would leave a record at every
 * place where it ever had one: a claim that comes back from somebody who was away for longer is
 * taken up by its owner, and given back once more. All of a town show life at a third of these
 * times, which is most of what it costs at rest: so a node that burns down is listed for a day (its
 * originator goes within minutes), and a gateway for 90 minutes (its routes go within seconds, and
 * they say which one is used; one whose uplink fails takes its record back). */
static const struct state_type record_types[] = {
	{ .type = RECORD_NODE, .scope = STATE_CLOUD, .kind = STATE_OWNED, .lifetime_max_s = 86400 },
	{ .type = RECORD_BLOCK,
	  .scope = STATE_CLOUD,
	  .kind = STATE_OWNED,
	  .durable = true,
	  .lifetime_max_s = 400 * 86400,
	  .tombstone_s = 8 * 86400 },
	{ .type = RECORD_CLIENT,
	  .scope = STATE_CLOUD,
	  .kind = STATE_SHARED,
	  .durable = true,
	  .lifetime_max_s = 3 * 86400 },
	{ .type = RECORD_GATEWAY,
	  .scope = STATE_NETWORK,
	  .kind = STATE_OWNED,
	  .lifetime_max_s = 5400 },
	{ .type = RECORD_LINK,
	  .scope = STATE_CLOUD,
	  .kind = STATE_OWNED,
	  .lifetime_max_s = 86400,
	  .records_max = 2048 },
	{ .type = RECORD_PRESENCE,
	  .scope = STATE_NETWORK,
	  .kind = STATE_OWNED,
	  .lifetime_max_s = 3600 },
	{ .type = RECORD_STATIC,
	  .scope = STATE_CLOUD,
	  .kind = STATE_SHARED,
	  .durable = true,
	  .lifetime_max_s = NODE_STATIC_LIFE_S,
	  .records_max = 2048 },
	{ .type = RECORD_SERVICE,
	  .scope = STATE_NETWORK,
	  .kind = STATE_OWNED,
	  .durable = true,
	  .lifetime_max_s = 86400,
	  .records_max = 1024 },
	{ .type = RECORD_NOTE,
	  .scope = STATE_NETWORK,
	  .kind = STATE_SHARED,
	  .durable = true,
	  .lifetime_max_s = NODE_STATIC_LIFE_S,
	  .records_max = 1024 },
	{ .type = RECORD_FIXED,
	  .scope = STATE_CLOUD,
	  .kind = STATE_SHARED,
	  .durable = true,
	  .lifetime_max_s = ADMIN_LIFETIME_S,
	  .records_max = 2048,
	  .admin = STATE_ADMIN_ACT },
	{ .type = RECORD_SETTING,
	  .scope = STATE_NETWORK,
	  .kind = STATE_SHARED,
	  .durable = true,
	  .lifetime_max_s = ADMIN_LIFETIME_S,
	  .records_max = NODE_SETTINGS_MAX,
	  .admin = STATE_ADMIN_ACT },
	{ .type = RECORD_ADMIN,
	  .scope = STATE_NETWORK,
	  .kind = STATE_SHARED,
	  .durable = true,
	  .lifetime_max_s = ADMIN_LIFETIME_S,
	  .records_max = 1,
	  .admin = STATE_ADMIN_KEY },
};

const struct state_type *node_state_types(size_t *ret_count)
{
	*ret_count = sizeof(record_types) / sizeof(record_types[0]);
	return record_types;
}

/* Memory of the queues between the cores and the node. */
enum queue_size {
	QUEUE_BATMAN = 256 * 1024, /* a frame of 16 fragments, several times */
	QUEUE_STATE = 192 * 1024,
	QUEUE_LEASE = 64 * 1024,
	QUEUE_RA = 16 * 1024,
	QUEUE_PORT = 32 * 1024,
	QUEUE_GATEWAY = 48 * 1024,
	QUEUE_CUT = 4 * 1024,
	QUEUE_EFFECTS = 80 * 1024,
	QUEUE_ALL = QUEUE_BATMAN + QUEUE_STATE + QUEUE_LEASE + QUEUE_RA + QUEUE_PORT +
		    QUEUE_GATEWAY + QUEUE_CUT + QUEUE_EFFECTS,
};

void node_effect_push(struct node *n, const struct effect *e)
{
	(void)outq_push(&n->effects, 0, 0, 0, e, sizeof(*e));
}

void node_notice(struct node *n, const struct effect_notice *notice)
{
	struct effect e;

	/* some of them anybody can cause, by a frame each */
	if (!bucket_take(&n->notice_rate[notice->notice], NOTICE_INTERVAL, NOTICE_BURST, n->now)) {
		n->counters[NODE_C_NOTICE_RATE]++;
		return;
	}
	memset(&e, 0, sizeof(e));
	e.kind = EFFECT_NOTICE;
	e.notice = *notice;
	node_effect_push(n, &e);
}

/* ---- life ---- */

static int derive(struct node *n)
{
	const struct conf *c = n->conf;
	struct cloud_conf cc = cloud_conf_init(c->wifi.ap_ssid, strlen(c->wifi.ap_ssid));

	cc.batadv_vlan = c->l2.vlan_id;
	cc.babel_vlan = c->l3.vlan_id;
	cc.ipv4 = c->network.main_ipv4_address;
	cc.ipv6 = c->network.main_ipv6_address;
	cc.anygw_mac = c->network.anygw_mac;
	cc.hostname = c->system.hostname;
	if (n->setup.crypto)
		n->id = state_node_of_key(n->setup.crypto->public_key);
	else
		memcpy(n->id.b + 2, n->setup.primary_mac.b, sizeof(n->setup.primary_mac.b));
	/* not the MAC of a port: that one is heard on wires, where bridges of others would learn it
	 */
	n->cloud_mac = cloud_hardif_mac(NODE_BRIDGE, &n->setup.primary_mac);
	return cloud_derive(&cc, &n->setup.primary_mac, &n->cloud);
}

static uint8_t *carve(uint8_t **at, size_t size)
{
	uint8_t *p = *at;

	*at += size;
	return p;
}

static int start_engine(struct node *n, usec_t now)
{
	struct batman_conf c = {
		.orig_interval_ms = (uint32_t)n->conf->network.batadv_orig_interval_ms,
		.hop_penalty = NODE_HOP_PENALTY,
		.fragmentation = true,
		.aggregation = n->conf->l2.aggregated_ogms,
		.cloud_mac = n->cloud_mac,
		.ssid_len = (uint8_t)strlen(n->conf->wifi.ap_ssid),
		.start = n->setup.boot_epoch,
		.mirror = n->conf->l2.engine == CONF_ENGINE_KERNEL,
	};
	struct batman_limits limits = {
		.originators = (uint32_t)n->conf->limits.originators,
		.neighbours = (uint32_t)n->conf->limits.originators / 8 + 8,
		.paths = 16 * (uint32_t)n->conf->limits.originators,
		.clients_global = (uint32_t)n->conf->limits.clients,
	};

	memcpy(c.network_id, n->cloud.network_id, sizeof(c.network_id));
	memcpy(c.ssid, n->conf->wifi.ap_ssid, c.ssid_len);
	n->batman = batman_new(&c, &limits, &n->batman_out, rng_init(n->setup.seed ^ 0x6261), now);
	if (!n->batman)
		return -ENOMEM;
	return batman_client_fix(n->batman, &n->cloud_mac, 0, now);
}

static int start_state(struct node *n, usec_t now)
{
	struct state_conf c = {
		.id = n->id,
		.epoch = n->setup.boot_epoch,
		.crypto = n->setup.crypto,
		.admin_ok = admin_ok,
		.admin_ctx = n,
		.types = record_types,
		.n_types = sizeof(record_types) / sizeof(record_types[0]),
		.records_max = (uint32_t)n->conf->limits.records,
		.peers_max = NODE_PEERS,
	};

	n->state = state_new(&c, rng_init(n->setup.seed ^ 0x7374), &n->state_out, now);
	return n->state ? 0 : -ENOMEM;
}

static int start_lease(struct node *n, void *buf, usec_t now)
{
	struct lease_setup s = { .rng = rng_init(n->setup.seed ^ 0x6c65),
				 .out_buf = buf,
				 .out_cap = QUEUE_LEASE,
				 .quiet_s = record_block_quiet_s,
				 .quiet_ctx = n,
				 .limits.clients = (uint32_t)n->conf->limits.clients };
	struct lease_conf c;
	int err;

	memcpy(s.self.b, n->id.b, sizeof(s.self.b));
	served_lease(n, &c);
	err = lease_init(&n->lease, &c, &s, now);
	if (err)
		return err;
	(void)lease_reserve_address(&n->lease, &n->cloud.node4, n->now);
	statics_begin(n);
	return 0;
}

static int start_ra(struct node *n, void *buf, usec_t now)
{
	struct ra_setup s = { .rng = rng_init(n->setup.seed ^ 0x7261),
			      .out_buf = buf,
			      .out_cap = QUEUE_RA };
	struct ra_conf c;

	served_ra(n, &c);
	return ra_init(&n->ra, &c, &s, now);
}

static int start(struct node *n, usec_t now)
{
	struct hash_key key = { n->setup.hash_key[0], n->setup.hash_key[1] };
	struct port_conf pc;
	uint8_t *at = n->queues;
	int err = derive(n);

	if (err)
		return err;
	n->client_mtu = SERVED_MTU_FIRST;
	outq_init(&n->batman_out, carve(&at, QUEUE_BATMAN), QUEUE_BATMAN);
	outq_init(&n->state_out, carve(&at, QUEUE_STATE), QUEUE_STATE);
	outq_init(&n->port_out, carve(&at, QUEUE_PORT), QUEUE_PORT);
	outq_init(&n->gateway_out, carve(&at, QUEUE_GATEWAY), QUEUE_GATEWAY);
	outq_init(&n->cut_out, carve(&at, QUEUE_CUT), QUEUE_CUT);
	outq_init(&n->effects, carve(&at, QUEUE_EFFECTS), QUEUE_EFFECTS);
	err = table_init(&n->stations, sizeof(struct station),
			 sizeof(struct mac) + sizeof(uint16_t), NODE_STATIONS, key);
	if (!err)
		err = fair_init(&n->station_places, NODE_STATIONS, NODE_STATIONS, NODE_PORTS, 1);
	if (!err)
		err = table_init(&n->routes, sizeof(struct node_route), 40, NODE_ROUTES, key);
	if (!err)
		err = table_init(&n->members, sizeof(struct member_address), sizeof(struct ip6),
				 NODE_ADDRESSES, key);
	if (!err)
		err = table_init(&n->imports, sizeof(struct node_import), sizeof(struct ip4) + 1,
				 NODE_IMPORTS, key);
	if (!err)
		err = table_init(&n->called, sizeof(struct node_called), sizeof(struct state_node),
				 (uint32_t)n->conf->limits.originators, key);
	if (!err)
		err = choices_init(&n->choices, (uint32_t)n->conf->limits.originators, key);
	if (!err)
		err = parts_init(n, key);
	if (!err)
		err = start_engine(n, now);
	if (!err)
		err = start_state(n, now);
	if (!err)
		err = start_lease(n, carve(&at, QUEUE_LEASE), now);
	if (!err)
		err = start_ra(n, carve(&at, QUEUE_RA), now);
	if (err)
		return err;
	settings_init(n);
	pc = ports_conf(n);
	port_init(&n->port, &pc, rng_init(n->setup.seed ^ 0x706f), &n->port_out);
	exits_init(n);
	return 0;
}

struct node *node_new(const struct node_setup *setup, usec_t now, int *ret_err)
{
	struct node *n = calloc(1, sizeof(*n));
	int err = -ENOMEM;

	if (n) {
		n->setup = *setup;
		n->conf = setup->conf;
		n->now = now;
		n->second_at = now;
		n->links_at = now + LINKS_FIRST;
		n->store_at = n->peers_at = n->settings_at = n->recall_at = USEC_NEVER;
		n->wish_dirty = n->names_dirty = true;
		n->queues = calloc(1, QUEUE_ALL);
		/* as large as it can get; pages that no snapshot needs are never resident */
		n->store_cap = SNAPSHOT_HEADER + (size_t)n->conf->limits.records * STORE_RECORD_MAX;
		n->store_buf = calloc(1, n->store_cap);
		err = n->queues && n->store_buf ? start(n, now) : -ENOMEM;
	}
	if (err) {
		node_free(n);
		*ret_err = err;
		return NULL;
	}
	node_notice(n, &(struct effect_notice) { .notice = NOTICE_STARTED });
	return n;
}

void node_free(struct node *n)
{
	if (!n)
		return;
	batman_free(n->batman);
	state_free(n->state);
	lease_done(&n->lease);
	ra_done(&n->ra);
	table_done(&n->stations);
	fair_done(&n->station_places);
	table_done(&n->routes);
	table_done(&n->members);
	table_done(&n->imports);
	table_done(&n->called);
	table_done(&n->hosts);
	cut_done(&n->cut);
	choices_done(&n->choices);
	free(n->store_buf);
	free(n->queues);
	free(n);
}

/* ---- events ---- */

static void load(struct node *n, const struct event_load *e)
{
	struct rd r;

	if (e->len) {
		n->load_error = snapshot_open(e->data, e->len, &r);
		if (!n->load_error)
			n->load_error = state_load(n->state, &r, n->now);
		n->load_failed |= n->load_error != 0;
	}
	n->loads++;
	n->loaded = true;
	records_put_node(n);
}

/* All files have come, and the lease core has heard of all that is in them: the state core tells of
 * the first thousands of records at once, of the others later. */
static bool all_loaded(const struct node *n)
{
	return n->loaded && !n->lease_loaded && state_is_told(n->state);
}

static void lease_begin(struct node *n)
{
	n->lease_loaded = true;
	/* where no file with claims is left, those in the snapshot may be old */
	lease_loaded(&n->lease, n->loads > 1 && !n->load_failed, n->now);
}

static void control(struct node *n, const struct event_control *e)
{
	switch (e->act) {
	case CONTROL_RELEASE_LEASE:
		lease_release(&n->lease, &e->mac, n->now);
		break;
	case CONTROL_PING_MESH:
		probes_send(n, e);
		break;
	case CONTROL_PUT_STATE:
		n->put_error = records_put_free(n, &e->put);
		break;
	case CONTROL_FIX_LEASE:
		n->static_error = statics_fix(n, &e->fixed);
		break;
	case CONTROL_UNFIX_LEASE:
		n->static_error = statics_unfix(n, &e->fixed.key);
		break;
	case CONTROL_PUT_ADMIN:
		n->put_error = admin_put(n, &e->sign);
		break;
	}
}

static void child(struct node *n, const struct event_child *e)
{
	static const char *const names[] = {
		[CHILD_BABELD] = "babeld",
		[CHILD_DNSMASQ] = "dnsmasq",
		[CHILD_DHCP] = "udhcpc",
	};
	struct effect_notice notice = { .notice = NOTICE_CHILD_DIED, .port = e->port };

	if (e->running)
		return;
	text_copy(notice.text, sizeof(notice.text), names[e->kind]);
	node_notice(n, &notice);
}

static void dispatch(struct node *n, const struct event *e)
{
	switch (e->kind) {
	case EVENT_TIMER:
		break;
	case EVENT_FRAME:
		cloudside_frame(n, &e->frame);
		break;
	case EVENT_DATAGRAM:
		peers_datagram(n, &e->datagram);
		break;
	case EVENT_PORT:
		ports_event(n, &e->port);
		break;
	case EVENT_CLIENT:
		clients_event(n, &e->client);
		break;
	case EVENT_SOLICIT:
		solicit_event(n, &e->solicit);
		break;
	case EVENT_ROUTE:
		exits_route(n, &e->route);
		break;
	case EVENT_NEIGHBOUR:
		peers_babel(n, &e->neighbour);
		break;
	case EVENT_UPLINK:
		exits_uplink(n, &e->uplink);
		break;
	case EVENT_PROBE:
		exits_probe(n, &e->probe);
		break;
	case EVENT_CHILD:
		child(n, &e->child);
		break;
	case EVENT_LOAD:
		load(n, &e->load);
		break;
	case EVENT_CONTROL:
		control(n, &e->control);
		break;
	case EVENT_MESH:
		(void)batman_mirror_row(n->batman, &e->mesh, n->now);
		if (e->mesh.kind == BATMAN_ROW_END) {
			clients_remind(n);
			vlans_refresh(n);
		}
		break;
	case EVENT_IMPORT:
		imports_event(n, &e->import);
		break;
	}
}

/* ---- time ---- */

/* false: nothing could be saved. */
static bool save(struct node *n, enum store_file file)
{
	struct effect e = { .kind = EFFECT_STORE, .store.file = file };
	size_t mark;
	struct wr w;

	w = wr_init(n->store_buf, n->store_cap);
	mark = snapshot_begin(&w);
	if (file == STORE_CLAIMS)
		state_save_own(n->state, RECORD_BLOCK, &w, n->now);
	else
		state_save(n->state, &w, n->now);
	e.store.len = snapshot_end(&w, mark);
	e.store.data = n->store_buf;
	if (e.store.len)
		node_effect_push(n, &e);
	return e.store.len;
}

/* Once a second at most: others can cause it. */
static bool claims_save(struct node *n)
{
	if (!n->claims_wanted || n->now - n->claims_at < SLOW_INTERVAL)
		return false;
	n->claims_wanted = false;
	n->claims_at = n->now;
	return save(n, STORE_CLAIMS);
}

static bool snapshot_save(struct node *n)
{
	n->store_at = USEC_NEVER;
	n->store_wanted = n->store_soon = false;
	if (!save(n, STORE_SNAPSHOT))
		return false;
	lease_saved(&n->lease, n->now);
	return true;
}

/* After a snapshot: with the settings on the disk the node starts anew. */
static bool settings_save(struct node *n)
{
	struct effect e = { .kind = EFFECT_STORE, .store.file = STORE_SETTINGS };

	if (n->settings_step == SETTINGS_WRITTEN)
		return false;
	if (n->settings_step == SETTINGS_SNAPSHOT_NEXT) {
		n->settings_step = SETTINGS_NEXT;
		return snapshot_save(n);
	}
	n->settings_step = SETTINGS_WRITTEN;
	n->settings_written_at = n->now;
	e.store.len = settings_encode(&n->settings, n->store_buf, n->store_cap);
	e.store.data = n->store_buf;
	if (e.store.len)
		node_effect_push(n, &e);
	return e.store.len;
}

/* Whoever is not started anew with what it has written could not write it: its disk may be full. */
static void settings_again(struct node *n)
{
	if (n->settings_fresh && n->settings_step == SETTINGS_WRITTEN &&
	    n->now - n->settings_written_at >= SETTINGS_AGAIN)
		n->settings_step = SETTINGS_NEXT;
}

/* What clients do waits for the interval; what people did does not. */
static void store_schedule(struct node *n)
{
	if (n->store_wanted && n->store_at == USEC_NEVER)
		n->store_at = n->now + n->conf->node.save_interval_s * USEC_S;
	if (n->store_soon && n->store_at > n->now &&
	    bucket_take(&n->soon_rate, SOON_INTERVAL, SOON_BURST, n->now))
		n->store_at = n->now;
}

static void slow(struct node *n)
{
	n->second_at = n->now + SLOW_INTERVAL;
	peers_refresh(n);
	announce_refresh(n);
	clients_drop_nodes(n);
	clients_present(n);
	clients_names(n);
	recall_refresh(n);
	imports_refresh(n);
	address_refresh(n);
	statics_refresh(n);
	if (n->loaded) {
		records_put_node(n);
		records_put_links(n);
	}
	if (gateway_working(&n->gateway, GATEWAY_IP4) || gateway_working(&n->gateway, GATEWAY_IP6))
		records_put_gateway(n);
	clash_refresh(n);
	outsiders_refresh(n);
	served_refresh(n);
	store_schedule(n);
	settings_again(n);
	/* one at a time, they share the buffer */
	if (!claims_save(n) && n->store_at <= n->now)
		(void)snapshot_save(n);
}

static void tick(struct node *n)
{
	usec_t now = n->now;

	if (n->second_at <= now)
		slow(n);
	if (n->peers_at <= now)
		peers_refresh(n);
	if (n->recall_at <= now)
		recall_tick(n);
	if (n->settings_at <= now && settings_refresh(n))
		n->settings_step = SETTINGS_SNAPSHOT_NEXT;
	if (port_deadline(&n->port) <= now)
		port_tick(&n->port, now);
	if (batman_deadline(n->batman) <= now)
		batman_tick(n->batman, now);
	if (lease_deadline(&n->lease) <= now)
		lease_tick(&n->lease, now);
	if (ra_deadline(&n->ra) <= now)
		ra_tick(&n->ra, now);
	if (gateway_deadline(&n->gateway) <= now)
		gateway_tick(&n->gateway, now);
	if (cut_deadline(&n->cut) <= now)
		parts_refresh(n);
	if (state_deadline(n->state) <= now)
		state_tick(n->state, now);
}

void node_input(struct node *n, const struct event *e, usec_t now)
{
	usec_t late = now - n->second_at;

	n->now = now;
	if (late > LATE) {
		batman_starved(n->batman, late, now);
		lease_starved(&n->lease, late, now);
		peers_starved(n, late);
		cut_starved(&n->cut, late, now);
	}
	if (e->kind != EVENT_LOAD && all_loaded(n))
		lease_begin(n);
	dispatch(n, e);
	tick(n);
}

usec_t node_deadline(const struct node *n)
{
	usec_t t = usec_min(n->second_at, batman_deadline(n->batman));

	if (all_loaded(n))
		return n->now;
	t = usec_min(t, usec_min(n->peers_at, n->settings_at));
	t = usec_min(t, n->recall_at);
	t = usec_min(t, port_deadline(&n->port));
	t = usec_min(t, lease_deadline(&n->lease));
	t = usec_min(t, ra_deadline(&n->ra));
	t = usec_min(t, gateway_deadline(&n->gateway));
	t = usec_min(t, cut_deadline(&n->cut));
	return usec_min(t, state_deadline(n->state));
}

/* ---- effects ---- */

/* One record of one core: true when it makes an effect, false when it was dealt with inside. */
static bool from_cores(struct node *n, struct effect *ret, bool *ret_any)
{
	struct out o;

	*ret_any = true;
	if (outq_pop(&n->batman_out, &o))
		return cloudside_out(n, &o, ret);
	if (outq_pop(&n->lease.out, &o))
		return clients_lease_out(n, &o, ret);
	if (outq_pop(&n->ra.out, &o))
		return clients_ra_out(n, &o, ret);
	if (outq_pop(&n->port_out, &o))
		return ports_out(n, &o, ret);
	if (outq_pop(&n->gateway_out, &o))
		return exits_out(n, &o, ret);
	if (outq_pop(&n->cut_out, &o)) {
		parts_out(n, &o);
		return false;
	}
	if (outq_pop(&n->state_out, &o)) {
		if (o.kind == STATE_SEND)
			return peers_send(n, &o, ret);
		return records_out(n, &o, ret);
	}
	*ret_any = false;
	return false;
}

bool node_effect(struct node *n, struct effect *ret)
{
	struct out o;
	bool any;

	do {
		if (outq_pop(&n->effects, &o)) {
			memcpy(ret, o.data, sizeof(*ret));
			return true;
		}
		if (from_cores(n, ret, &any))
			return true;
		/* what is given from a block must be on the disk soon; nobody uses the buffer now
		 */
		any = any || claims_save(n) || settings_save(n);
	} while (any || n->effects.head != n->effects.tail);

	if (n->wish_dirty) {
		n->wish_dirty = false;
		wish_compute(n, &n->wish);
		ret->kind = EFFECT_WISH;
		return true;
	}
	if (n->names_dirty) {
		n->names_dirty = false;
		ret->kind = EFFECT_NAMES;
		return true;
	}
	return false;
}
