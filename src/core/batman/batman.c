/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of an engine, and the two doors for frames: from the mesh (batman packets) and from bat0
 * (frames of clients). All memory is taken in batman_new.
 *
 * Timers: each port's OGM and waiting OGMs (ogm_send.c), copies of broadcasts (bcast.c), a purge of
 * paths every second and of clients every 5.
 */
#include "core/batman/batman.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/batman/engine.h"

#define ETHERTYPE_ARP 0x0806
#define ARP_REPLY 2

const char *batman_counter_name(enum batman_counter id)
{
#define X(id, name) name,
	static const char *const names[] = { BATMAN_COUNTERS(X) };
#undef X

	return id < BATMAN_COUNTER_COUNT ? names[id] : "?";
}

uint64_t batman_counter(const struct batman *b, enum batman_counter id)
{
	return id < BATMAN_COUNTER_COUNT ? b->counters[id] : 0;
}

/* ---- life ---- */

static void limit(uint32_t *value, uint32_t otherwise)
{
	if (*value == 0)
		*value = otherwise;
}

static struct batman_limits limits_fill(const struct batman_limits *given)
{
	struct batman_limits l = given ? *given : (struct batman_limits) { 0 };

	limit(&l.ports, 16);
	limit(&l.originators, 512);
	limit(&l.neighbours, 128);
	limit(&l.paths, 8192);
	limit(&l.clients_global, 8192);
	limit(&l.clients_local, 2048);
	limit(&l.reassemblies, 32);
	limit(&l.rebroadcasts, 64);
	if (l.ports > BATMAN_PORTS_MAX)
		l.ports = BATMAN_PORTS_MAX;
	return l;
}

static int tables_init(struct batman *b)
{
	const struct batman_limits *l = &b->limits;
	struct hash_key k;
	size_t orig = sizeof(struct bat_orig) + b->outs * sizeof(struct bat_out);
	size_t path = sizeof(struct bat_path) + b->outs * sizeof(struct bat_path_out);

	/* one after the other: compilers differ in the order of initializers, and the tables in
	 * that of their entries */
	k.k0 = rng_u64(&b->rng);
	k.k1 = rng_u64(&b->rng);
	if (table_init(&b->origs, orig, sizeof(struct mac), l->originators, k) < 0 ||
	    table_init(&b->paths, path, sizeof(struct bat_path_key), l->paths, k) < 0 ||
	    table_init(&b->locals, sizeof(struct bat_local), sizeof(struct bat_client_key),
		       l->clients_local, k) < 0 ||
	    /* each has a claim, but for one that is being added */
	    table_init(&b->globals, sizeof(struct bat_global), sizeof(struct bat_client_key),
		       l->clients_global + 1, k) < 0 ||
	    table_init(&b->claims, sizeof(struct bat_claim), sizeof(struct bat_claim_key),
		       l->clients_global, k) < 0 ||
	    /* each has a claim */
	    table_init(&b->vlans, sizeof(struct bat_vlan), sizeof(struct bat_vlan_key),
		       l->clients_global, k) < 0 ||
	    table_init(&b->roams, sizeof(struct bat_roam), sizeof(struct bat_client_key),
		       l->clients_local, k) < 0 ||
	    table_init(&b->refused, sizeof(struct bat_refused), sizeof(struct mac), l->originators,
		       k) < 0 ||
	    table_init(&b->reassemblies, sizeof(struct bat_reassembly), sizeof(struct bat_frag_key),
		       l->reassemblies, k) < 0 ||
	    table_init(&b->nodes, sizeof(struct bat_node), sizeof(struct mac), l->originators, k) <
		    0)
		return -ENOMEM;
	return 0;
}

static int places_init(struct batman *b)
{
	const struct batman_limits *l = &b->limits;

	if (fair_init(&b->orig_places, l->originators, l->originators, l->ports, BAT_CROWDS) < 0 ||
	    fair_init(&b->link_places, l->neighbours, l->paths, l->ports, 1) < 0 ||
	    fair_init(&b->claim_places, l->clients_global, l->clients_global, l->ports,
		      BAT_CROWDS) < 0 ||
	    fair_init(&b->local_places, (l->clients_local - 1) / BAT_LOCAL_SHARE + 1,
		      l->clients_local, 1, 1) < 0 ||
	    fair_init(&b->reassembly_places, l->reassemblies, l->reassemblies, l->ports, 1) < 0)
		return -ENOMEM;
	return 0;
}

static int memory_init(struct batman *b)
{
	b->ports = calloc(b->limits.ports, sizeof(*b->ports));
	b->rebroadcasts = calloc(b->limits.rebroadcasts, sizeof(*b->rebroadcasts));
	b->frag_memory = calloc(b->limits.reassemblies, BAT_FRAG_TOTAL);
	b->merged = calloc(1, BAT_FRAG_TOTAL);
	b->built = calloc(1, BAT_FRAG_TOTAL);
	if (!b->ports || !b->rebroadcasts || !b->frag_memory || !b->merged || !b->built)
		return -ENOMEM;
	return 0;
}

static void configure(struct batman *b, const struct batman_conf *conf)
{
	b->conf = *conf;
	if (b->conf.orig_interval_ms < 2 * BAT_JITTER_MS)
		b->conf.orig_interval_ms = 2 * BAT_JITTER_MS;
	if (b->conf.ssid_len > BATMAN_SSID_MAX)
		b->conf.ssid_len = BATMAN_SSID_MAX;
	/* the node is reachable in its own cloud, and a table is never empty */
	batman_client_fix(b, &conf->cloud_mac, 0, b->now);
}

struct batman *batman_new(const struct batman_conf *conf, const struct batman_limits *limits,
			  struct outq *out, struct rng rng, usec_t now)
{
	struct batman *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->limits = limits_fill(limits);
	b->outs = 1 + b->limits.ports;
	b->rng = rng;
	b->outq = out;
	b->now = now;
	/* ahead of what we used before a restart, see first_seqno */
	b->bcast_seqno = (uint32_t)(now / USEC_MS);
	b->frag_seqno = (uint16_t)rng_u32(&b->rng);
	b->rebroadcast_at = USEC_NEVER;
	b->purge_at = now + BAT_PURGE_EVERY_US;
	b->tt_at = now + BAT_TT_EVERY_US;
	if (memory_init(b) < 0 || tables_init(b) < 0 || places_init(b) < 0) {
		batman_free(b);
		return NULL;
	}
	configure(b, conf);
	return b;
}

void batman_free(struct batman *b)
{
	if (!b)
		return;
	table_done(&b->origs);
	table_done(&b->paths);
	table_done(&b->locals);
	table_done(&b->globals);
	table_done(&b->claims);
	table_done(&b->vlans);
	table_done(&b->roams);
	table_done(&b->refused);
	table_done(&b->reassemblies);
	table_done(&b->nodes);
	fair_done(&b->orig_places);
	fair_done(&b->link_places);
	fair_done(&b->claim_places);
	fair_done(&b->local_places);
	fair_done(&b->reassembly_places);
	free(b->ports);
	free(b->rebroadcasts);
	free(b->frag_memory);
	free(b->merged);
	free(b->built);
	free(b);
}

/* ---- doors ---- */

void bat_dispatch(struct batman *b, const struct bat_frame *f)
{
	struct rd r = f->packet;
	uint8_t type = rd_u8(&r), version = rd_u8(&r);

	if (!rd_ok(&r)) {
		BAT_COUNT(b, DROP_MALFORMED);
		return;
	}
	if (version != BAT_VERSION) {
		BAT_COUNT(b, DROP_VERSION);
		return;
	}
	if (type == BAT_TYPE_OGM && !f->merged)
		bat_ogm_input(b, f);
	else if (bat_is_refused(b, &f->src))
		BAT_COUNT(b, DROP_CLASH);
	else if (type == BAT_TYPE_BCAST && !f->merged)
		bat_bcast_input(b, f);
	else if (type == BAT_TYPE_UNICAST || type == BAT_TYPE_4ADDR)
		bat_unicast_input(b, f);
	else if (type == BAT_TYPE_FRAG)
		bat_frag_input(b, f);
	else if (type == BAT_TYPE_ICMP)
		bat_icmp_input(b, f);
	else if (type == BAT_TYPE_TVLV)
		bat_tvlv_packet_input(b, f);
	else if (type > BAT_TYPE_TVLV && type <= BAT_TYPE_UNICAST_LAST)
		bat_unknown_input(b, f);
	else
		BAT_COUNT(b, DROP_UNKNOWN_TYPE);
}

int batman_mesh_input(struct batman *b, uint16_t port, const uint8_t *frame, size_t len, usec_t now)
{
	struct bat_frame f = { .port = bat_port_find(b, port) };
	struct rd r = rd_init(frame, len);
	struct bat_eth eth;

	b->now = now;
	if (!f.port)
		return -ENOENT;
	BAT_COUNT(b, RX_FRAMES);
	BAT_ADD(b, RX_BYTES, len);
	if (!bat_eth_decode(&r, &eth) || eth.type != BATMAN_ETHERTYPE) {
		BAT_COUNT(b, DROP_MALFORMED);
		return -EBADMSG;
	}
	f.dst = eth.dst;
	f.src = eth.src;
	f.packet = r;
	if (b->conf.mirror)
		bat_mirror_input(b, &f);
	else
		bat_dispatch(b, &f);
	return 0;
}

/* Spanning tree and Ethernet configuration testing: of one wire, harmful in a mesh. */
static bool inner_is_local(const struct bat_inner *in)
{
	static const struct mac stp = { { 0x01, 0x80, 0xc2, 0, 0, 0 } };
	static const struct mac ectp = { { 0xcf, 0, 0, 0, 0, 0 } };

	return mac_eq(&in->dst, &stp) || mac_eq(&in->dst, &ectp);
}

/* What kernels with bridge loop avoidance tell each other on a wire: ARP replies to ff:43:05:00 to
 * 03. */
static bool inner_is_claim(const struct bat_inner *in, struct rd r)
{
	struct mac target;

	if (in->type != ETHERTYPE_ARP)
		return false;
	rd_skip(&r, in->header_len + 6u);
	if (rd_u16(&r) != ARP_REPLY)
		return false;
	rd_skip(&r, 10);
	target = rd_mac(&r);
	return rd_ok(&r) && target.b[0] == 0xff && target.b[1] == 0x43 && target.b[2] == 0x05 &&
	       target.b[3] <= 3;
}

static int cloud_frame(struct batman *b, struct rd r)
{
	struct bat_client_key src, dst;
	struct bat_inner in;

	if (!bat_inner_decode(r, &in)) {
		BAT_COUNT(b, DROP_MALFORMED);
		return -EBADMSG;
	}
	if (in.type == BATMAN_ETHERTYPE || inner_is_claim(&in, r)) {
		BAT_COUNT(b, DROP_FILTERED);
		return -ELOOP;
	}
	src = (struct bat_client_key) { .mac = in.src, .vid = in.vid };
	dst = (struct bat_client_key) { .mac = in.dst, .vid = in.vid };
	if (!mac_is_multicast(&in.src) && bat_local_add(b, &src, 0) < 0)
		return -ENOSPC;
	if (inner_is_local(&in)) {
		BAT_COUNT(b, DROP_FILTERED);
		return -ELOOP;
	}
	if (mac_is_multicast(&in.dst))
		return bat_bcast_send(b, r);
	/* flooded by the bridge, which has not learnt our client yet */
	if (bat_local_serves(b, &dst)) {
		BAT_COUNT(b, DROP_LOCAL);
		return -ELOOP;
	}
	return bat_unicast_send(b, &in, r);
}

int batman_cloud_input(struct batman *b, const uint8_t *frame, size_t len, usec_t now)
{
	int err;

	b->now = now;
	if (b->conf.mirror)
		return outq_push(b->outq, BATMAN_TO_KERNEL, 0, 0, frame, len);
	err = cloud_frame(b, rd_init(frame, len));
	if (err < 0) {
		BAT_COUNT(b, CLOUD_IN_DROPPED);
		return err;
	}
	BAT_COUNT(b, CLOUD_IN);
	BAT_ADD(b, CLOUD_IN_BYTES, len);
	return 0;
}

void bat_deliver(struct batman *b, struct rd inner, struct bat_orig *from)
{
	struct bat_inner in;
	struct bat_client_key src;

	if (!bat_inner_decode(inner, &in)) {
		BAT_COUNT(b, DROP_MALFORMED);
		return;
	}
	if (in.type == BATMAN_ETHERTYPE) {
		BAT_COUNT(b, DROP_FILTERED);
		return;
	}
	src = (struct bat_client_key) { .mac = in.src, .vid = in.vid };
	/* a client that has just come there: known before its node's next OGM */
	if (from && mac_is_station(&in.src) && !bat_is_loop_probe(&in.src))
		bat_global_add(b, from, &src, BAT_TT_TEMP, from->ttvn);
	if (outq_push(b->outq, BATMAN_DELIVER, 0, bat_ref(&b->origs, from), inner.p,
		      rd_left(&inner)) == 0) {
		BAT_COUNT(b, DELIVERED);
		BAT_ADD(b, DELIVERED_BYTES, rd_left(&inner));
	}
}

/* ---- timers ---- */

void batman_tick(struct batman *b, usec_t now)
{
	struct bat_roam *r;

	b->now = now;
	if (b->conf.mirror)
		return;
	if (b->purge_at <= now) {
		bat_orig_purge(b);
		bat_frag_purge(b);
		bat_tvlv_purge(b);
		b->purge_at = now + BAT_PURGE_EVERY_US;
	}
	if (b->tt_at <= now) {
		bat_local_purge(b);
		bat_global_purge(b);
		for (uint32_t i = 0; (r = table_next(&b->roams, &i));) {
			if (now - r->since > BAT_ROAM_US)
				table_remove(&b->roams, r);
		}
		b->tt_at = now + BAT_TT_EVERY_US;
	}
	bat_bcast_tick(b);
	bat_ogm_tick(b);
}

usec_t batman_deadline(const struct batman *b)
{
	usec_t at = usec_min(usec_min(b->purge_at, b->tt_at), b->rebroadcast_at);

	if (b->conf.mirror)
		return USEC_NEVER;
	for (uint32_t i = 0; i < b->limits.ports; i++) {
		const struct bat_port *p = &b->ports[i];

		if (p->used)
			at = usec_min(at, usec_min(p->ogm_at, p->flush_at));
	}
	return at;
}
