/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/ra/ra.h"

#include <string.h>

#include "packet/arp.h"
#include "packet/dhcp6.h"
#include "packet/eth.h"
#include "packet/icmp6.h"
#include "packet/udp.h"

enum {
	SEEN_DEFAULT = 4096,
	ANSWER_BURST = 100,
	HOP_LIMIT_ND = 255,
	HOP_LIMIT_CLIENTS = 64,
	FIRST_COUNT = 3,
	REFRESH_S = 24 * 3600, /* of what DHCPv6 told */
};

#define INTERVAL_DEFAULT (120 * USEC_S)
#define INTERVAL_MIN (4 * USEC_S)
#define MULTICAST_GAP (3 * USEC_S)
#define ANSWER_INTERVAL (20 * USEC_MS)
#define SEEN_AGAIN (60 * USEC_S)
#define SEEN_SWEEP (1 * USEC_S)
#define FIRST_DELAY (1 * USEC_S)

static const struct ip6 ALL_NODES = { { 0xff, 2, [15] = 1 } };
static const struct ip6 ALL_DHCP_AGENTS = { { 0xff, 2, [13] = 1, [15] = 2 } };

struct ra_pair {
	struct ra_seen key;
	usec_t told_at;
};

/* A frame of a client on its way through the decoders. */
struct heard {
	struct mac from;
	uint16_t port;
	usec_t now;
	struct ip6_head ip;
};

static bool name_can_be_sent(const char *name)
{
	uint8_t buf[RA_TEXT_MAX + 2];
	struct wr w = wr_init(buf, sizeof(buf));

	name_encode(&w, name);
	return wr_len(&w) > 0;
}

static void conf_set(struct ra *r, const struct ra_conf *conf)
{
	r->conf = *conf;
	if (r->conf.interval == 0)
		r->conf.interval = INTERVAL_DEFAULT;
	if (r->conf.interval < INTERVAL_MIN)
		r->conf.interval = INTERVAL_MIN;
	if (r->conf.prefix_count > RA_PREFIX_MAX)
		r->conf.prefix_count = RA_PREFIX_MAX;
	for (unsigned i = 0; i < RA_SEARCH_MAX; i++)
		if (!name_can_be_sent(conf->search[i]))
			r->conf.search[i][0] = '\0'; /* one bad name must not cost the message */
}

int ra_init(struct ra *r, const struct ra_conf *conf, const struct ra_setup *setup, usec_t now)
{
	struct hash_key key;
	uint32_t limit = setup->seen_max ? setup->seen_max : SEEN_DEFAULT;

	memset(r, 0, sizeof(*r));
	conf_set(r, conf);
	r->rng = setup->rng;
	outq_init(&r->out, setup->out_buf, setup->out_cap);
	key.k0 = rng_u64(&r->rng);
	key.k1 = rng_u64(&r->rng);
	r->first = FIRST_COUNT;
	r->multicast_last = now - MULTICAST_GAP;
	r->multicast_due = now + FIRST_DELAY;
	return table_init(&r->seen, sizeof(struct ra_pair), sizeof(struct ra_seen), limit, key);
}

void ra_done(struct ra *r)
{
	table_done(&r->seen);
}

static void multicast_soon(struct ra *r, usec_t now)
{
	usec_t due = r->multicast_last + MULTICAST_GAP;

	r->multicast_due = usec_min(r->multicast_due, due > now ? due : now);
}

void ra_configure(struct ra *r, const struct ra_conf *conf, usec_t now)
{
	struct ra_conf before = r->conf;

	conf_set(r, conf);
	if (memcmp(&before, &r->conf, sizeof(before)) != 0)
		multicast_soon(r, now);
}

static enum icmp6_pref wire_pref(enum ra_pref pref)
{
	if (pref == RA_PREF_HIGH)
		return ICMP6_PREF_HIGH;
	return pref == RA_PREF_MEDIUM ? ICMP6_PREF_MEDIUM : ICMP6_PREF_LOW;
}

static void message_fill(const struct ra_conf *c, struct icmp6_ra *m)
{
	uint32_t dns_lifetime_s = (uint32_t)(3 * c->interval / USEC_S); /* RFC 8106 section 5.1 */

	*m = (struct icmp6_ra) { .hop_limit = HOP_LIMIT_CLIENTS,
				 .pref = wire_pref(c->pref),
				 .lifetime_s = c->lifetime_s,
				 .has_mac = true,
				 .mac = c->anycast_mac,
				 .mtu = c->mtu };
	for (unsigned i = 0; i < c->prefix_count; i++)
		m->prefixes[m->prefix_count++] =
			(struct icmp6_prefix) { .net = c->prefixes[i].net,
						.on_link = true,
						.autonomous = true,
						.valid_s = c->prefixes[i].valid_s,
						.preferred_s = c->prefixes[i].preferred_s };
	if (!ip6_is_zero(&c->anycast6))
		m->rdnss[m->rdnss_count++] = c->anycast6;
	m->rdnss_lifetime_s = dns_lifetime_s;
	for (unsigned i = 0; i < RA_SEARCH_MAX; i++)
		if (c->search[i][0])
			memcpy(m->dnssl[m->dnssl_count++], c->search[i], RA_TEXT_MAX);
	m->dnssl_lifetime_s = dns_lifetime_s;
}

static bool send_advertisement(struct ra *r, const struct mac *eth_dst, const struct ip6 *dst,
			       uint16_t port)
{
	struct icmp6_path path = { .eth_src = r->conf.anycast_mac,
				   .eth_dst = *eth_dst,
				   .src = ip6_link_local(&r->conf.anycast_mac),
				   .dst = *dst,
				   .hop_limit = HOP_LIMIT_ND };
	uint8_t *to = outq_reserve(&r->out, ETH_HEADER + ETH_MTU);
	struct icmp6_ra m;
	struct wr w;

	if (!to)
		return false;
	w = wr_init(to, ETH_HEADER + ETH_MTU);
	message_fill(&r->conf, &m);
	icmp6_ra_build(&w, &path, &m); /* the largest has 1000 bytes */
	outq_commit(&r->out, RA_SEND, port, 0, wr_len(&w));
	return true;
}

static void send_multicast(struct ra *r, usec_t now)
{
	struct mac group = icmp6_multicast_mac(&ALL_NODES);

	if (send_advertisement(r, &group, &ALL_NODES, RA_PORT_ALL))
		r->counters[RA_COUNT_RA_MULTICAST]++;
	r->multicast_last = now;
}

/* To one station; the address is that of all nodes where the station's is not known (RFC 6085). */
static void send_unicast(struct ra *r, const struct mac *to, const struct ip6 *dst, uint16_t port,
			 usec_t now)
{
	if (!bucket_take(&r->answers, ANSWER_INTERVAL, ANSWER_BURST, now)) {
		r->counters[RA_COUNT_RATE]++;
		multicast_soon(r, now);
		return;
	}
	if (send_advertisement(r, to, ip6_is_zero(dst) ? &ALL_NODES : dst, port))
		r->counters[RA_COUNT_RA_UNICAST]++;
}

static void seen_sweep(struct ra *r, usec_t now)
{
	struct ra_pair *p;

	if (now - r->seen_swept < SEEN_SWEEP)
		return;
	r->seen_swept = now;
	for (uint32_t i = 0; (p = table_next(&r->seen, &i));)
		if (now - p->told_at >= SEEN_AGAIN)
			table_remove(&r->seen, p);
}

static void tell_seen(struct ra *r, const struct mac *mac, const struct ip6 *addr, usec_t now)
{
	struct ra_seen key = { .mac = *mac, .addr = *addr };
	struct ra_pair *p = table_find(&r->seen, &key);

	if (p && now - p->told_at < SEEN_AGAIN)
		return;
	if (!p) {
		if (r->seen.count == r->seen.limit)
			seen_sweep(r, now);
		p = table_add(&r->seen, &key);
	}
	if (!p) {
		r->counters[RA_COUNT_RATE]++;
		return;
	}
	if (outq_push(&r->out, RA_SEEN, 0, 0, &key, sizeof(key)) < 0) {
		table_remove(&r->seen, p);
		return;
	}
	p->told_at = now;
	r->counters[RA_COUNT_SEEN]++;
}

static bool is_cloud6(const struct ra *r, const struct ip6 *addr)
{
	if (ip6_is_link_local(addr))
		return true;
	for (unsigned i = 0; i < r->conf.prefix_count; i++)
		if (net6_has(&r->conf.prefixes[i].net, addr))
			return true;
	return false;
}

/* May a host of the cloud have it? */
static bool is_host6(struct ra *r, const struct ip6 *addr)
{
	struct ip6 router = ip6_link_local(&r->conf.anycast_mac);

	if (ip6_is_zero(addr)) /* a multicast address does not come out of the decoder */
		return false;
	if (ip6_eq(addr, &r->conf.anycast6) || ip6_eq(addr, &router)) {
		r->counters[RA_COUNT_FORGED]++;
		return false;
	}
	if (!is_cloud6(r, addr)) {
		r->counters[RA_COUNT_FOREIGN]++;
		return false;
	}
	return true;
}

static void input_arp(struct ra *r, struct rd *in, const struct heard *h)
{
	uint32_t host_bits = r->conf.network4.len < 32 ? UINT32_MAX >> r->conf.network4.len : 0;
	uint32_t host;
	struct ip6 addr = { { [10] = 0xff, [11] = 0xff } };
	struct wr w = wr_init(addr.b + 12, 4);
	struct arp a;

	if (arp_decode(in, &a) < 0) {
		r->counters[RA_COUNT_MALFORMED]++;
		return;
	}
	if (ip4_is_zero(&a.sender))
		return; /* only asks whether the address is free */
	if (!mac_eq(&a.sender_mac, &h->from) || ip4_eq(&a.sender, &r->conf.anycast4)) {
		r->counters[RA_COUNT_FORGED]++;
		return;
	}
	host = ip4_u32(&a.sender) & host_bits;
	if (!net4_has(&r->conf.network4, &a.sender) || host == 0 || host == host_bits) {
		r->counters[RA_COUNT_FOREIGN]++;
		return;
	}
	wr_ip4(&w, &a.sender);
	tell_seen(r, &h->from, &addr, h->now);
}

static void input_icmp6(struct ra *r, struct rd *in, const struct heard *h)
{
	struct icmp6_head head;
	struct icmp6_nd nd;
	struct ra_seen tried;
	struct ip6 addr;
	struct rd body;

	if (icmp6_decode(in, &h->ip, &head, &body) < 0) {
		r->counters[RA_COUNT_MALFORMED]++;
		return;
	}
	if (head.type != ICMP6_RS && head.type != ICMP6_NS && head.type != ICMP6_NA)
		return;
	if (icmp6_nd_decode(&body, &h->ip, &head, &nd) < 0) {
		r->counters[RA_COUNT_MALFORMED]++;
		return;
	}
	if (nd.has_mac && !mac_eq(&nd.mac, &h->from)) {
		r->counters[RA_COUNT_FORGED]++;
		return;
	}
	if (head.type == ICMP6_RS) {
		r->counters[RA_COUNT_RS]++;
		send_unicast(r, &h->from, &h->ip.src, h->port, h->now);
	}
	/* a source of zero is that of a host which only tries its address */
	if (head.type == ICMP6_NS && ip6_is_zero(&h->ip.src)) {
		tried = (struct ra_seen) { .mac = h->from, .addr = nd.target };
		if (is_host6(r, &nd.target))
			outq_push(&r->out, RA_TRIED, 0, 0, &tried, sizeof(tried));
		return;
	}
	addr = head.type == ICMP6_NA ? nd.target : h->ip.src;
	if (is_host6(r, &addr))
		tell_seen(r, &h->from, &addr, h->now);
}

static void answer_dhcp6(struct ra *r, const struct dhcp6_msg *asked, const struct heard *h)
{
	struct udp6_path path = { .eth_src = r->conf.anycast_mac,
				  .eth_dst = h->from,
				  .src = ip6_link_local(&r->conf.anycast_mac),
				  .dst = h->ip.src,
				  .src_port = DHCP6_SERVER_PORT,
				  .dst_port = DHCP6_CLIENT_PORT };
	struct dhcp6_msg m = { .type = DHCP6_REPLY,
			       .xid = asked->xid,
			       .client_id_len = asked->client_id_len,
			       .server_id_len = DHCP6_DUID_LL,
			       .dns = r->conf.anycast6,
			       .refresh_s = REFRESH_S };
	uint8_t msg[512]; /* the largest has 440 */
	struct wr mw = wr_init(msg, sizeof(msg));
	uint8_t *to;
	struct wr w;

	memcpy(m.client_id, asked->client_id, sizeof(m.client_id));
	dhcp6_duid_ll(&r->conf.anycast_mac, m.server_id);
	if (asked->wants_search)
		memcpy(m.search, r->conf.search[0], RA_TEXT_MAX);
	dhcp6_encode(&mw, &m);
	to = outq_reserve(&r->out, ETH_HEADER + ETH_MTU);
	if (!to)
		return;
	w = wr_init(to, ETH_HEADER + ETH_MTU);
	udp6_build(&w, &path, msg, wr_len(&mw));
	outq_commit(&r->out, RA_SEND, h->port, 0, wr_len(&w));
	r->counters[RA_COUNT_DHCP6_REPLY]++;
}

static void input_udp6(struct ra *r, struct rd *in, const struct heard *h)
{
	struct rd peek = *in, data;
	uint8_t duid[DHCP6_DUID_LL];
	struct udp_head udp;
	struct dhcp6_msg m;

	rd_skip(&peek, 2);
	if (rd_u16(&peek) != DHCP6_SERVER_PORT || !ip6_eq(&h->ip.dst, &ALL_DHCP_AGENTS))
		return;
	if (udp6_decode(in, &h->ip, &udp, &data) < 0 || dhcp6_decode(&data, &m) < 0) {
		r->counters[RA_COUNT_MALFORMED]++;
		return;
	}
	/* RFC 8415 section 16.12; others ask for addresses, which nobody here gives out */
	if (m.type != DHCP6_INFORMATION_REQUEST || m.has_ia || !ip6_is_link_local(&h->ip.src))
		return;
	r->counters[RA_COUNT_DHCP6]++;
	dhcp6_duid_ll(&r->conf.anycast_mac, duid);
	if (m.server_id_len &&
	    (m.server_id_len != DHCP6_DUID_LL || memcmp(m.server_id, duid, DHCP6_DUID_LL) != 0))
		return;
	if (bucket_take(&r->answers, ANSWER_INTERVAL, ANSWER_BURST, h->now))
		answer_dhcp6(r, &m, h);
	else
		r->counters[RA_COUNT_RATE]++;
}

static void input_ip6(struct ra *r, struct rd *in, struct heard *h)
{
	struct rd payload;

	if (ip6_decode(in, &h->ip, &payload) < 0) {
		r->counters[RA_COUNT_MALFORMED]++;
		return;
	}
	if (h->ip.next == IP_PROTO_ICMP6)
		input_icmp6(r, &payload, h);
	else if (h->ip.next == IP_PROTO_UDP)
		input_udp6(r, &payload, h);
}

void ra_input(struct ra *r, const void *frame, size_t len, uint16_t port, usec_t now)
{
	struct heard h = { .port = port, .now = now };
	struct rd in = rd_init(frame, len);
	struct eth eth;

	if (eth_decode(&in, &eth) < 0 || eth.vid)
		return;
	if (!mac_is_station(&eth.src) || mac_eq(&eth.src, &r->conf.anycast_mac)) {
		r->counters[RA_COUNT_FORGED]++;
		return;
	}
	h.from = eth.src;
	if (eth.type == ETH_TYPE_ARP)
		input_arp(r, &in, &h);
	else if (eth.type == ETH_TYPE_IP6)
		input_ip6(r, &in, &h);
}

void ra_client_here(struct ra *r, const struct mac *mac, uint16_t port, usec_t now)
{
	static const struct ip6 unknown;

	if (mac_is_station(mac) && !mac_eq(mac, &r->conf.anycast_mac))
		send_unicast(r, mac, &unknown, port, now);
}

static usec_t next_delay(struct ra *r)
{
	uint32_t quarter_ms = (uint32_t)(r->conf.interval / USEC_MS / 4);
	usec_t delay = r->conf.interval - (usec_t)rng_below(&r->rng, quarter_ms) * USEC_MS;

	if (r->first == 0)
		return delay;
	/* 1, 4 and 16 s after the start: a client that missed one does not wait long */
	r->first--;
	return usec_min(delay, r->first == FIRST_COUNT - 1 ? 3 * USEC_S : 12 * USEC_S);
}

void ra_tick(struct ra *r, usec_t now)
{
	if (now < r->multicast_due)
		return;
	send_multicast(r, now);
	r->multicast_due = now + next_delay(r);
}

usec_t ra_deadline(const struct ra *r)
{
	return r->multicast_due;
}

const char *ra_counter_name(enum ra_counter c)
{
	static const char *const names[RA_COUNTERS] = {
		[RA_COUNT_RS] = "ra_solicitation",	  [RA_COUNT_RA_UNICAST] = "ra_unicast",
		[RA_COUNT_RA_MULTICAST] = "ra_multicast", [RA_COUNT_DHCP6] = "dhcp6_request",
		[RA_COUNT_DHCP6_REPLY] = "dhcp6_reply",	  [RA_COUNT_SEEN] = "ra_seen",
		[RA_COUNT_MALFORMED] = "ra_malformed",	  [RA_COUNT_FORGED] = "ra_forged",
		[RA_COUNT_FOREIGN] = "ra_foreign",	  [RA_COUNT_RATE] = "ra_rate",
	};

	return c < RA_COUNTERS ? names[c] : "?";
}
