/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/lease/lease.h"

#include <errno.h>
#include <string.h>

#include "core/lease/serve.h"
#include "packet/eth.h"
#include "packet/udp.h"

enum {
	LEASE_DEFAULT_S = 1200,
	CLIENTS_DEFAULT = 16384,
	BLOCKS_DEFAULT = 8192,
	OWN_BLOCKS_DEFAULT = 4096,
	OFFERS_DEFAULT = 4096, /* a crowd after a power cut: all ask before any of them takes one */
	RESERVED_DEFAULT = 4096,
	TALKERS_MAX = 4096,
	LENT_MAX = 512,
	STATICS_DEFAULT = 1024,
	FOREIGN_MAX = 512,
	PORTS_MAX = 256,
	OWNER_GONE_S = 7 * 86400,
	PORT_RATE_DEFAULT = 100, /* messages per second */
};

#define SWEEP (60 * USEC_S)
#define STARVED (2 * USEC_S)
#define BEHIND (2 * USEC_S)	   /* until what waited is read, and what others repeat has come */
#define BEHIND_PAUSE (30 * USEC_S) /* who is late again and again answers all the same */
#define LOAD_WAIT (60 * USEC_S)	   /* for lease_loaded, which comes for certain */

static enum pool_use address_use(void *ctx, const struct ip4 *ip)
{
	struct lease *l = ctx;

	if (!lease_is_pool_address(l, ip))
		return POOL_USE_EXCLUDED;
	return lease_is_lent(l, ip) || book_holder4(&l->book, ip) || lease_foreign_has(l, ip)
		       ? POOL_USE_HELD
		       : POOL_USE_FREE;
}

static bool owner_is_gone(void *ctx, const struct lease_block *block)
{
	const struct lease *l = ctx;

	return l->quiet_s && l->quiet_s(l->quiet_ctx, block) >= OWNER_GONE_S;
}

static void address_changed(void *ctx, const struct ip4 *ip, usec_t now)
{
	struct lease *l = ctx;
	struct pool_own *o = pool_own_find(&l->pool, ip);

	if (!o)
		return;
	pool_update(&l->pool, ip, address_use(l, ip), now);
	lease_block_given(l, o, now);
}

/* An address is not unused because this node has not seen it in use. */
static void address_lapsed(void *ctx, const struct ip4 *ip, usec_t at)
{
	struct lease *l = ctx;

	pool_freed(&l->pool, ip, at);
}

void lease_address_changed(struct lease *l, const struct ip4 *ip, usec_t now)
{
	address_changed(l, ip, now);
}

static int conf_check(const struct lease_conf *conf)
{
	if (conf->network.len < 8 || conf->network.len > 29 ||
	    !net4_has(&conf->network, &conf->anycast))
		return -EINVAL;
	return 0;
}

static void conf_set(struct lease *l, const struct lease_conf *conf)
{
	l->conf = *conf;
	l->conf.network = net4_base(&conf->network);
	if (l->conf.lease_s == 0)
		l->conf.lease_s = LEASE_DEFAULT_S;
	if (l->conf.rate == 0)
		l->conf.rate = PORT_RATE_DEFAULT;
	if (l->conf.exclude_count > LEASE_EXCLUDE_MAX)
		l->conf.exclude_count = LEASE_EXCLUDE_MAX;
	lease_static_times(l);
}

static struct hash_key key_draw(struct rng *r)
{
	struct hash_key key = { .k0 = rng_u64(r) };

	key.k1 = rng_u64(r);
	return key;
}

static void pool_limits_set(struct lease *l)
{
	const struct lease_range *r = &l->conf.pool;

	if (!ip4_is_zero(&r->last))
		pool_limit(&l->pool, &r->first, &r->last);
}

static uint32_t or_default(uint32_t limit, uint32_t fallback)
{
	return limit ? limit : fallback;
}

static int tables_init(struct lease *l, const struct lease_limits *limits)
{
	struct hash_key key = key_draw(&l->rng);
	struct pool_setup ps = { .net = l->conf.network,
				 .self = l->self,
				 .key = key,
				 .salt = rng_u64(&l->rng),
				 .claims_max = or_default(limits->blocks, BLOCKS_DEFAULT),
				 .own_max = or_default(limits->own_blocks, OWN_BLOCKS_DEFAULT),
				 .use = address_use,
				 .is_gone = owner_is_gone,
				 .ctx = l };
	int err = book_init(&l->book, or_default(limits->clients, CLIENTS_DEFAULT), &key);

	l->book.changed = address_changed;
	l->book.lapsed = address_lapsed;
	l->book.ctx = l;
	if (err == 0)
		err = pool_init(&l->pool, &ps);
	if (err == 0)
		pool_limits_set(l);
	if (err == 0)
		err = table_init(&l->offers, sizeof(struct lease_offer), sizeof(struct mac),
				 or_default(limits->offers, OFFERS_DEFAULT), key);
	if (err == 0)
		err = table_init(&l->offered, sizeof(struct lease_offered), sizeof(struct ip4),
				 or_default(limits->offers, OFFERS_DEFAULT), key);
	if (err == 0)
		err = table_init(&l->talkers, sizeof(struct lease_talker),
				 sizeof(struct lease_talker_key), TALKERS_MAX, key);
	if (err == 0)
		err = table_init(&l->ports, sizeof(struct lease_port), sizeof(uint16_t), PORTS_MAX,
				 key);
	if (err == 0)
		err = table_init(&l->reserved, sizeof(struct ip4), sizeof(struct ip4),
				 or_default(limits->reserved, RESERVED_DEFAULT), key);
	if (err == 0)
		err = table_init(&l->lent, sizeof(struct lease_lent), sizeof(struct ip4), LENT_MAX,
				 key);
	if (err == 0)
		err = table_init(&l->foreign, sizeof(struct lease_foreign), sizeof(struct ip4),
				 FOREIGN_MAX, key);
	if (err == 0)
		err = table_init(&l->statics, sizeof(struct lease_static), sizeof(struct lease_key),
				 or_default(limits->statics, STATICS_DEFAULT), key);
	if (err == 0)
		err = table_init(&l->fixed, sizeof(struct lease_fixed), sizeof(struct ip4),
				 or_default(limits->statics, STATICS_DEFAULT), key);
	return err;
}

int lease_init(struct lease *l, const struct lease_conf *conf, const struct lease_setup *setup,
	       usec_t now)
{
	int err = conf_check(conf);

	if (err < 0)
		return err;
	memset(l, 0, sizeof(*l));
	conf_set(l, conf);
	l->self = setup->self;
	l->rng = setup->rng;
	l->quiet_s = setup->quiet_s;
	l->quiet_ctx = setup->quiet_ctx;
	l->talk_id = rng_u32(&l->rng);
	l->linked_at = now;
	l->claim_due = l->claim_from = now + LOAD_WAIT;
	l->sweep_due = now + SWEEP;
	l->offers_due = l->unsaved_due = l->clash_due = USEC_NEVER;
	lease_walks_init(l);
	outq_init(&l->out, setup->out_buf, setup->out_cap);
	err = tables_init(l, &setup->limits);
	if (err < 0) {
		lease_done(l);
		return err;
	}
	pool_alone(&l->pool, lease_alone_since(l));
	l->probe_due = lease_probe_first(l, now);
	return 0;
}

void lease_done(struct lease *l)
{
	book_done(&l->book);
	pool_done(&l->pool);
	table_done(&l->offers);
	table_done(&l->offered);
	table_done(&l->talkers);
	table_done(&l->ports);
	table_done(&l->reserved);
	table_done(&l->lent);
	table_done(&l->foreign);
	table_done(&l->statics);
	table_done(&l->fixed);
}

int lease_configure(struct lease *l, const struct lease_conf *conf)
{
	struct net4 base = net4_base(&conf->network);

	if (conf_check(conf) < 0 || base.len != l->conf.network.len ||
	    !ip4_eq(&base.addr, &l->conf.network.addr) || !ip4_eq(&conf->anycast, &l->conf.anycast))
		return -EINVAL;
	conf_set(l, conf);
	pool_limits_set(l);
	return 0;
}

bool lease_is_judge(const struct lease *l, usec_t now)
{
	return l->peers == 0 || l->synced || now - l->unsynced_at >= LEASE_UNSYNCED_MAX;
}

bool lease_is_here(const struct lease *l, const struct book_client *c)
{
	return lease_node_eq(&c->rec.node, &l->self);
}

bool lease_is_client_address(const struct lease *l, const struct ip4 *ip)
{
	uint32_t host_bits = UINT32_MAX >> l->conf.network.len;
	uint32_t host = ip4_u32(ip) & host_bits;

	return net4_has(&l->conf.network, ip) && host != 0 && host != host_bits &&
	       !ip4_eq(ip, &l->conf.anycast) && !table_find(&l->reserved, ip);
}

bool lease_is_pool_address(const struct lease *l, const struct ip4 *ip)
{
	if (!ip4_is_zero(&l->conf.pool.last) && !lease_range_has(&l->conf.pool, ip))
		return false;
	for (unsigned i = 0; i < l->conf.exclude_count; i++)
		if (lease_range_has(&l->conf.exclude[i], ip))
			return false;
	return lease_is_client_address(l, ip) && !lease_static_has(l, ip);
}

/* The UDP data of a frame to the server port; false: not for a DHCP server. *ret_bad: it was, but
 * is broken. */
static bool frame_open(const struct lease *l, const void *frame, size_t len, struct mac *ret_from,
		       struct rd *ret_data, bool *ret_bad)
{
	struct rd r = rd_init(frame, len), payload, peek;
	struct ip4 all = ip4_from_u32(UINT32_MAX);
	struct ip4 subnet =
		ip4_from_u32(ip4_u32(&l->conf.network.addr) | UINT32_MAX >> l->conf.network.len);
	struct eth eth;
	struct ip4_head ip;
	struct udp_head udp;

	if (eth_decode(&r, &eth) < 0 || eth.vid || eth.type != ETH_TYPE_IP4 ||
	    ip4_decode(&r, &ip, &payload) < 0 || ip.proto != IP_PROTO_UDP)
		return false;
	if (!ip4_eq(&ip.dst, &all) && !ip4_eq(&ip.dst, &l->conf.anycast) &&
	    !ip4_eq(&ip.dst, &subnet))
		return false;
	peek = payload;
	rd_skip(&peek, 2);
	if (rd_u16(&peek) != DHCP_SERVER_PORT)
		return false;
	*ret_from = eth.src;
	*ret_bad = udp4_decode(&payload, &ip, &udp, ret_data) < 0;
	return true;
}

/* Asked by the client itself, or by a relay that is in our network, as those are for whom it asks.
 */
static bool is_of_network(const struct lease *l, const struct dhcp_msg *m)
{
	return ip4_is_zero(&m->giaddr) || lease_is_client_address(l, &m->giaddr);
}

void lease_input(struct lease *l, const void *frame, size_t len, uint16_t port, usec_t now)
{
	struct serve s = { .l = l, .port = port, .now = now };
	struct rd data;
	bool bad;

	if (!frame_open(l, frame, len, &s.from, &data, &bad))
		return;
	if (!lease_port_take(l, port, LEASE_PORT_MESSAGE, now))
		return;
	if (lease_is_behind(l, now)) {
		l->counters[LEASE_COUNT_NOT_READY]++;
		return;
	}
	if (bad || dhcp_decode(&data, &s.msg) < 0) {
		l->counters[LEASE_COUNT_MALFORMED]++;
		return;
	}
	if (s.msg.op != DHCP_OP_REQUEST || s.msg.type == 0 || !is_of_network(l, &s.msg)) {
		l->counters[LEASE_COUNT_NOT_FOR_US]++;
		return;
	}
	if (!mac_is_station(&s.msg.chaddr) || mac_eq(&s.msg.chaddr, &l->conf.anycast_mac) ||
	    !mac_is_station(&s.from) || mac_eq(&s.from, &l->conf.anycast_mac)) {
		l->counters[LEASE_COUNT_BAD_CLIENT]++;
		return;
	}
	if (lease_client_admits(l, &s.msg.chaddr, port, now))
		serve_message(&s);
}

/* A client that was here, left, and gave its address back elsewhere would have it again, by its old
 * message or by our record that it came. Who is still here asks again. */
void lease_starved(struct lease *l, usec_t lost, usec_t now)
{
	bool again = l->behind_until && now - l->behind_until < BEHIND_PAUSE;

	l->linked_at += lost;
	if (l->peers && !l->synced)
		l->unsynced_at += lost;
	pool_starved(&l->pool, lost);
	pool_alone(&l->pool, lease_alone_since(l));
	if (lost > STARVED && !again)
		l->behind_until = now + BEHIND;
}

bool lease_is_behind(const struct lease *l, usec_t now)
{
	return now < l->behind_until;
}

usec_t lease_alone_since(const struct lease *l)
{
	return l->peers ? USEC_NEVER : l->linked_at;
}

void lease_linked(struct lease *l, usec_t now)
{
	l->linked_at = now;
	pool_alone(&l->pool, lease_alone_since(l));
}

void lease_meeting(struct lease *l, usec_t until)
{
	pool_meeting(&l->pool, until);
}

void lease_tick(struct lease *l, usec_t now)
{
	if (pool_tick(&l->pool, now)) {
		book_tell_lapsed(&l->book);
		l->claim_due = now; /* more may wait now */
		lease_recalls_look(l, now);
	}
	serve_offers_expire(l, now);
	if (now >= l->sweep_due) {
		l->sweep_due = now + SWEEP;
		lease_clients_sweep(l, now);
		lease_blocks_sweep(l, now);
		l->claim_due = now;
		if (l->book.losers)
			l->clash_due = now;
	}
	lease_walks_tick(l, now);
	lease_clash_tick(l, now);
	if (now >= l->claim_due)
		lease_claim_ahead(l, now);
	if (now >= l->unsaved_due)
		lease_save_unsaved(l, now);
	lease_probe_tick(l, now);
}

usec_t lease_deadline(const struct lease *l)
{
	usec_t due = usec_min(l->sweep_due, usec_min(l->offers_due, l->claim_due));

	due = usec_min(due, usec_min(l->unsaved_due, l->clash_due));
	due = usec_min(due, usec_min(l->probe_due, lease_walks_due(l)));
	return usec_min(due, pool_deadline(&l->pool));
}

void lease_peers(struct lease *l, unsigned others, bool synced, usec_t now)
{
	bool was_unsynced = l->peers > 0 && !l->synced;
	/* a node that was just seen may not be a neighbour yet, with which we could be out of step
	 */
	bool is_first = others > 0 && l->peers > 0 && synced && !l->was_synced;

	l->peers = others;
	l->synced = synced;
	if (others > 0 && !synced && !was_unsynced)
		l->unsynced_at = now;
	l->claim_due = now;
	pool_alone(&l->pool, lease_alone_since(l));
	if (l->unsaved_due != USEC_NEVER)
		l->unsaved_due = lease_save_from(l);
	if (is_first && l->book.losers)
		l->clash_due = now; /* they were waiting for that */
	l->was_synced |= is_first;
}

int lease_reserve_address(struct lease *l, const struct ip4 *ip, usec_t now)
{
	if (!table_find(&l->reserved, ip) && !table_add(&l->reserved, ip))
		return -ENOSPC;
	address_changed(l, ip, now);
	return 0;
}

void lease_unreserve_address(struct lease *l, const struct ip4 *ip, usec_t now)
{
	struct ip4 copy = *ip;
	void *entry = table_find(&l->reserved, ip);

	if (entry)
		table_remove(&l->reserved, entry);
	address_changed(l, &copy, now);
}

const char *lease_counter_name(enum lease_counter c)
{
	static const char *const names[LEASE_COUNTERS] = {
		[LEASE_COUNT_DISCOVER] = "dhcp_discover",
		[LEASE_COUNT_OFFER] = "dhcp_offer",
		[LEASE_COUNT_REQUEST] = "dhcp_request",
		[LEASE_COUNT_ACK] = "dhcp_ack",
		[LEASE_COUNT_NAK] = "dhcp_nak",
		[LEASE_COUNT_RELEASE] = "dhcp_release",
		[LEASE_COUNT_DECLINE] = "dhcp_decline",
		[LEASE_COUNT_INFORM] = "dhcp_inform",
		[LEASE_COUNT_MALFORMED] = "dhcp_malformed",
		[LEASE_COUNT_NOT_FOR_US] = "dhcp_not_for_us",
		[LEASE_COUNT_BAD_CLIENT] = "dhcp_bad_client",
		[LEASE_COUNT_RATE_CLIENT] = "dhcp_rate_client",
		[LEASE_COUNT_RATE_PORT] = "dhcp_rate_port",
		[LEASE_COUNT_PORT_LEASES] = "lease_port_limit",
		[LEASE_COUNT_PORT_CLIENTS] = "client_port_limit",
		[LEASE_COUNT_RATE_MOVES] = "client_rate_moves",
		[LEASE_COUNT_NOT_READY] = "lease_not_ready",
		[LEASE_COUNT_EXHAUSTED] = "lease_exhausted",
		[LEASE_COUNT_TABLE_FULL] = "lease_table_full",
		[LEASE_COUNT_ADDRESS_CLASH] = "lease_address_clash",
		[LEASE_COUNT_BLOCK_CLASH] = "lease_block_clash",
		[LEASE_COUNT_STRANGER] = "lease_stranger",
		[LEASE_COUNT_REUSED] = "lease_reused",
		[LEASE_COUNT_BORROWED] = "lease_borrowed",
		[LEASE_COUNT_LENT] = "lease_lent",
		[LEASE_COUNT_PROBED] = "addresses_asked_for",
		[LEASE_COUNT_FOREIGN] = "addresses_foreign",
		[LEASE_COUNT_FOREIGN_FULL] = "addresses_foreign_full",
		[LEASE_COUNT_STATIC_TAKEN] = "static_lease_taken",
	};

	return c < LEASE_COUNTERS ? names[c] : "?";
}
