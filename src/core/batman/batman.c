/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of an engine. All memory is taken in batman_new.
 *
 * Timers: each port's OGM and waiting OGMs (ogm_send.c), copies of broadcasts (bcast.c), a purge of
 * paths every second and of clients every 5.
 */
#include "core/batman/batman.h"

#include <errno.h>
#include <stdlib.h>

#include "core/batman/engine.h"

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
	b->bcast_seqno = conf->start * BAT_START_BCASTS;
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
