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
	OFFERS_DEFAULT = 1024,
	RESERVED_DEFAULT = 4096,
	TALKERS_MAX = 4096,
	PORTS_MAX = 256,
	PORT_RATE_DEFAULT = 100, /* messages per second */
	PORT_BURST = 200,
	PORT_RECORD_BURST = 256,
	CLIENT_BURST = 10,
	SPARE_MIN = 8, /* free addresses to have, and one for every four in use */
	CLAIMS_AT_ONCE = 4,
	CLAIMS_WAITING = 32,
	WORD_CLAIM_BURST = 32,
	DECLINES_MAX = 64,
	SAVES_AT_ONCE = 64, /* records that were held back */
};

#define CLIENT_INTERVAL (1 * USEC_S)
#define PORT_RECORD_INTERVAL (10 * USEC_S)
#define TALKERS_SWEEP (1 * USEC_S)
#define UNSYNCED_MAX                                                                               \
	(10 * USEC_S) /* a neighbour that cannot tell what it knows must not stop us               \
		       */
#define SAVE_PAUSE (10 * USEC_MS)
#define WORD_CLAIM_INTERVAL (2 * USEC_S)
#define SWEEP (60 * USEC_S)
#define FULL_PAUSE (1 * USEC_S) /* all blocks are claimed: to see that takes a while */
#define CLAIM_REPEAT (20 * USEC_S)
#define BLOCK_IDLE (3600 * USEC_S)
#define QUARANTINE (3600 * USEC_S)
#define KEEP_LEASE (48 * 3600 * USEC_S)
#define KEEP_CLIENT (3600 * USEC_S)

static enum pool_use address_use(void *ctx, const struct ip4 *ip)
{
	const struct lease *l = ctx;

	if (!lease_is_pool_address(l, ip))
		return POOL_USE_EXCLUDED;
	return book_holder4(&l->book, ip) ? POOL_USE_HELD : POOL_USE_FREE;
}

static void address_changed(void *ctx, const struct ip4 *ip, usec_t now)
{
	struct lease *l = ctx;

	pool_update(&l->pool, ip, address_use(l, ip), now);
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
				 .claims_max = or_default(limits->blocks, BLOCKS_DEFAULT),
				 .use = address_use,
				 .ctx = l };
	int err = book_init(&l->book, or_default(limits->clients, CLIENTS_DEFAULT), &key);

	l->book.changed = address_changed;
	l->book.ctx = l;
	if (err == 0)
		err = pool_init(&l->pool, &ps);
	if (err == 0)
		pool_limits_set(l);
	if (err == 0)
		err = table_init(&l->offers, sizeof(struct lease_offer), sizeof(struct mac),
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
	l->linked_at = now;
	l->claim_due = now;
	l->sweep_due = now + SWEEP;
	l->offers_due = l->unsaved_due = USEC_NEVER;
	outq_init(&l->out, setup->out_buf, setup->out_cap);
	l->full_at = now - FULL_PAUSE;
	err = tables_init(l, &setup->limits);
	if (err < 0)
		lease_done(l);
	return err;
}

void lease_done(struct lease *l)
{
	book_done(&l->book);
	pool_done(&l->pool);
	table_done(&l->offers);
	table_done(&l->talkers);
	table_done(&l->ports);
	table_done(&l->reserved);
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
	return l->peers == 0 || l->synced || now - l->unsynced_at >= UNSYNCED_MAX;
}

bool lease_is_client_address(const struct lease *l, const struct ip4 *ip)
{
	uint32_t host_bits = UINT32_MAX >> l->conf.network.len;
	uint32_t host = ip4_u32(ip) & host_bits;

	return net4_has(&l->conf.network, ip) && host != 0 && host != host_bits &&
	       !ip4_eq(ip, &l->conf.anycast) && !table_find(&l->reserved, ip);
}

static bool is_in(const struct lease_range *r, const struct ip4 *ip)
{
	return ip4_u32(ip) >= ip4_u32(&r->first) && ip4_u32(ip) <= ip4_u32(&r->last);
}

bool lease_is_pool_address(const struct lease *l, const struct ip4 *ip)
{
	if (!ip4_is_zero(&l->conf.pool.last) && !is_in(&l->conf.pool, ip))
		return false;
	for (unsigned i = 0; i < l->conf.exclude_count; i++)
		if (is_in(&l->conf.exclude[i], ip))
			return false;
	return lease_is_client_address(l, ip);
}

void lease_save(struct lease *l, struct book_client *c, usec_t now)
{
	struct lease_client rec = c->rec;

	rec.age_s = c->allocated_at < now ? (uint32_t)((now - c->allocated_at) / USEC_S) : 0;
	c->refreshed_at = now;
	c->unsaved = false;
	outq_push(&l->out, LEASE_PUT, 0, 0, &rec, sizeof(rec));
}

static usec_t save_from(const struct lease *l)
{
	if (l->peers == 0)
		return l->linked_at + POOL_ALONE_WAIT;
	return l->synced ? l->linked_at : l->unsynced_at + UNSYNCED_MAX;
}

void lease_save_later(struct lease *l, struct book_client *c, usec_t now)
{
	if (now >= save_from(l)) {
		lease_save(l, c, now);
		return;
	}
	c->unsaved = true;
	l->unsaved_due = save_from(l);
}

static void unsaved_save(struct lease *l, usec_t now)
{
	struct book_client *c;
	unsigned saved = 0;

	l->unsaved_due = save_from(l);
	if (now < l->unsaved_due)
		return;
	l->unsaved_due = USEC_NEVER;
	for (uint32_t i = 0; (c = table_next(&l->book.clients, &i));) {
		if (!c->unsaved)
			continue;
		if (saved++ == SAVES_AT_ONCE) {
			l->unsaved_due = now + SAVE_PAUSE;
			return;
		}
		lease_save(l, c, now);
	}
}

void lease_take_away(struct lease *l, struct book_client *c, usec_t now)
{
	static const struct ip4 none;

	book_set_lease(&l->book, c, &none, now, now);
	c->rec.flags |= LEASE_RELEASED;
	c->expires_at = 0;
	lease_save(l, c, now);
}

void lease_quarantine(struct lease *l, const struct ip4 *ip, usec_t now)
{
	struct mac mac = lease_decline_mac(ip);
	struct book_client *c;

	if (!lease_is_client_address(l, ip) || l->declines >= DECLINES_MAX ||
	    book_find(&l->book, &mac))
		return;
	c = book_add(&l->book, &mac, now);
	if (!c) {
		l->counters[LEASE_COUNT_TABLE_FULL]++;
		return;
	}
	l->declines++;
	c->rec.flags = LEASE_DECLINED;
	c->rec.node = l->self;
	book_set_lease(&l->book, c, ip, now, now);
	lease_save(l, c, now);
}

static void block_put(struct lease *l, const struct pool_own *o)
{
	outq_push(&l->out, LEASE_BLOCK_PUT, 0, 0, &o->block, sizeof(o->block));
}

static unsigned spare_wanted(const struct lease *l, const struct pool_count *count)
{
	return SPARE_MIN + count->used / 4 + l->unmet;
}

void lease_claim_ahead(struct lease *l, usec_t now)
{
	struct pool_count count;

	if (!lease_is_judge(l, now)) {
		/* an unknown claim is best not met at all */
		l->claim_due = l->unsynced_at + UNSYNCED_MAX;
		return;
	}
	l->claim_due = USEC_NEVER;
	count = pool_count(&l->pool);
	if (count.waiting >= CLAIMS_WAITING || now - l->full_at < FULL_PAUSE)
		return;
	for (unsigned i = 0; i < CLAIMS_AT_ONCE && count.free < spare_wanted(l, &count); i++) {
		struct pool_own *o = pool_claim_new(&l->pool, NULL, now);

		if (!o) {
			l->full_at = now;
			return;
		}
		block_put(l, o);
		count = pool_count(&l->pool);
	}
}

bool lease_claim_for(struct lease *l, const struct ip4 *ip, usec_t now)
{
	struct pool_own *o;

	if (pool_is_claimed(&l->pool, ip))
		return false;
	if (!bucket_take(&l->claim_rate, WORD_CLAIM_INTERVAL, WORD_CLAIM_BURST, now))
		return true; /* later, perhaps */
	o = pool_claim_new(&l->pool, ip, now);
	if (o)
		block_put(l, o);
	return o;
}

/* Idle talkers are like new ones and make room. */
static void talkers_sweep(struct lease *l, usec_t now)
{
	struct lease_talker *t;

	if (now - l->talkers_swept < TALKERS_SWEEP)
		return;
	l->talkers_swept = now;
	for (uint32_t i = 0; (t = table_next(&l->talkers, &i));)
		if (t->messages.full_at <= now)
			table_remove(&l->talkers, t);
}

static usec_t port_interval(const struct lease *l, enum lease_port_right right)
{
	return right == LEASE_PORT_MESSAGE ? USEC_S / l->conf.rate : PORT_RECORD_INTERVAL;
}

static const uint32_t port_burst[LEASE_PORT_RIGHTS] = {
	[LEASE_PORT_MESSAGE] = PORT_BURST,
	[LEASE_PORT_LEASE] = PORT_RECORD_BURST,
	[LEASE_PORT_CLIENT] = PORT_RECORD_BURST,
};

/* NULL when there are too many ports. */
static struct lease_port *port_get(struct lease *l, uint16_t port)
{
	struct lease_port *p = table_find(&l->ports, &port);

	return p ? p : table_add(&l->ports, &port);
}

bool lease_port_may(struct lease *l, uint16_t port, enum lease_port_right right, usec_t now)
{
	const struct lease_port *p = port_get(l, port);

	return l->conf.port_unlimited ||
	       (p && bucket_has(&p->used[right], port_interval(l, right), port_burst[right], now));
}

bool lease_port_take(struct lease *l, uint16_t port, enum lease_port_right right, usec_t now)
{
	static const enum lease_counter refused[LEASE_PORT_RIGHTS] = {
		[LEASE_PORT_MESSAGE] = LEASE_COUNT_RATE_PORT,
		[LEASE_PORT_LEASE] = LEASE_COUNT_PORT_LEASES,
		[LEASE_PORT_CLIENT] = LEASE_COUNT_PORT_CLIENTS,
	};
	struct lease_port *p = port_get(l, port);

	if (l->conf.port_unlimited ||
	    (p && bucket_take(&p->used[right], port_interval(l, right), port_burst[right], now)))
		return true;
	l->counters[refused[right]]++;
	return false;
}

static bool client_admits(struct lease *l, const struct mac *mac, uint16_t port, usec_t now)
{
	struct lease_talker_key key = { .mac = *mac, .port = port };
	struct lease_talker *t = table_find(&l->talkers, &key);

	if (!t) {
		if (l->talkers.count == l->talkers.limit)
			talkers_sweep(l, now);
		t = table_add(&l->talkers, &key);
	}
	if (l->conf.port_unlimited && !t)
		return true;
	if (t && bucket_take(&t->messages, CLIENT_INTERVAL, CLIENT_BURST, now))
		return true;
	l->counters[LEASE_COUNT_RATE_CLIENT]++;
	return false;
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

void lease_input(struct lease *l, const void *frame, size_t len, uint16_t port, usec_t now)
{
	struct serve s = { .l = l, .port = port, .now = now };
	struct rd data;
	bool bad;

	if (!frame_open(l, frame, len, &s.from, &data, &bad))
		return;
	if (!lease_port_take(l, port, LEASE_PORT_MESSAGE, now))
		return;
	if (bad || dhcp_decode(&data, &s.msg) < 0) {
		l->counters[LEASE_COUNT_MALFORMED]++;
		return;
	}
	if (s.msg.op != DHCP_OP_REQUEST || s.msg.type == 0 || !ip4_is_zero(&s.msg.giaddr)) {
		l->counters[LEASE_COUNT_NOT_FOR_US]++;
		return;
	}
	if (!mac_is_station(&s.msg.chaddr) || mac_eq(&s.msg.chaddr, &l->conf.anycast_mac) ||
	    !mac_is_station(&s.from) || mac_eq(&s.from, &l->conf.anycast_mac)) {
		l->counters[LEASE_COUNT_BAD_CLIENT]++;
		return;
	}
	if (client_admits(l, &s.msg.chaddr, port, now))
		serve_message(&s);
}

static bool record_over(const struct lease *l, const struct book_client *c, usec_t now)
{
	if (!lease_node_eq(&c->rec.node, &l->self))
		return false;
	if (c->rec.flags & LEASE_DECLINED)
		return now - c->alive_at >= QUARANTINE;
	return now - c->alive_at >= (ip4_is_zero(&c->rec.ip4) ? KEEP_CLIENT : KEEP_LEASE);
}

static void clients_sweep(struct lease *l, usec_t now)
{
	struct book_client *c;

	l->declines = 0;
	for (uint32_t i = 0; (c = table_next(&l->book.clients, &i));) {
		if (record_over(l, c, now)) {
			/* what finds no room in the queue waits for the next sweep */
			if (outq_push(&l->out, LEASE_DROP, 0, 0, &c->mac, sizeof(c->mac)) < 0)
				return;
			book_remove(&l->book, c, now);
		} else if ((c->rec.flags & LEASE_DECLINED) &&
			   lease_node_eq(&c->rec.node, &l->self)) {
			l->declines++;
		}
	}
}

/* A neighbour may have refused the claim, or gone without an answer: it is asked again. */
static void claims_repeat(struct lease *l, usec_t now)
{
	for (unsigned i = 0; i < POOL_OWN_MAX; i++) {
		const struct pool_own *o = &l->pool.own[i];

		if (o->state == POOL_CLAIMED && now - o->claimed_at >= CLAIM_REPEAT)
			block_put(l, o);
	}
}

/* One at a time: demand that comes back finds the rest. */
static void blocks_sweep(struct lease *l, usec_t now)
{
	struct pool_count count = pool_count(&l->pool);

	claims_repeat(l, now);
	if (count.free < spare_wanted(l, &count) + POOL_BLOCK)
		return;
	for (unsigned i = 0; i < POOL_OWN_MAX; i++) {
		struct pool_own *o = &l->pool.own[i];

		if (o->state != POOL_READY || o->idle_since == USEC_NEVER ||
		    now - o->idle_since < BLOCK_IDLE || now - o->claimed_at < BLOCK_IDLE)
			continue;
		outq_push(&l->out, LEASE_BLOCK_RELEASE, 0, 0, &o->block, sizeof(o->block));
		pool_return(&l->pool, o);
		return;
	}
}

static usec_t alone_since(const struct lease *l)
{
	return l->peers ? USEC_NEVER : l->linked_at;
}

void lease_linked(struct lease *l, usec_t now)
{
	l->linked_at = now;
}

void lease_tick(struct lease *l, usec_t now)
{
	if (pool_tick(&l->pool, alone_since(l), now))
		l->unmet = 0; /* whoever is still in need asks again */
	serve_offers_expire(l, now);
	if (now >= l->sweep_due) {
		l->sweep_due = now + SWEEP;
		clients_sweep(l, now);
		blocks_sweep(l, now);
		l->claim_due = now;
	}
	if (now >= l->claim_due)
		lease_claim_ahead(l, now);
	if (now >= l->unsaved_due)
		unsaved_save(l, now);
}

usec_t lease_deadline(const struct lease *l)
{
	usec_t due = usec_min(l->sweep_due, usec_min(l->offers_due, l->claim_due));

	due = usec_min(due, l->unsaved_due);
	return usec_min(due, pool_deadline(&l->pool, alone_since(l)));
}

void lease_peers(struct lease *l, unsigned others, bool synced, usec_t now)
{
	bool was_unsynced = l->peers > 0 && !l->synced;

	l->peers = others;
	l->synced = synced;
	if (others > 0 && !synced && !was_unsynced)
		l->unsynced_at = now;
	l->claim_due = now;
	if (l->unsaved_due != USEC_NEVER)
		l->unsaved_due = save_from(l);
}

void lease_block_learnt(struct lease *l, const struct lease_block *block, usec_t now)
{
	struct lease_block lost;

	switch (pool_learn(&l->pool, block, now, &lost)) {
	case POOL_ADOPTED:
		block_put(l, pool_own_at(&l->pool, block->index));
		break;
	case POOL_LOST:
		l->counters[LEASE_COUNT_BLOCK_CLASH]++;
		outq_push(&l->out, LEASE_BLOCK_RELEASE, 0, 0, &lost, sizeof(lost));
		l->claim_due = now;
		break;
	case POOL_KEPT:
		l->counters[LEASE_COUNT_BLOCK_CLASH]++;
		break;
	case POOL_LEARNT:
	case POOL_REFUSED:
		break;
	}
}

void lease_block_gone(struct lease *l, const struct lease_block *block, usec_t now)
{
	(void)now;
	pool_forget(&l->pool, block);
}

void lease_block_acked(struct lease *l, const struct lease_block *block, usec_t now)
{
	pool_acked(&l->pool, block, alone_since(l), now);
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

bool lease_block_next(const struct lease *l, uint32_t *cursor, struct lease_block *ret)
{
	const struct pool_claim *c = table_next(&l->pool.claims, cursor);

	if (c)
		*ret = c->block;
	return c;
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
	};

	return c < LEASE_COUNTERS ? names[c] : "?";
}
