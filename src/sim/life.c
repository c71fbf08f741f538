/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens to a node's machine: power, time, carriers, and what its disk makes of it. */
#include <stdlib.h>
#include <string.h>

#include "sim/recorder.h"
#include "sim/world.h"

#define CARRIER_US 100000 /* until a change of the carrier is noticed, at most */
#define HELD_MAX 500	  /* frames that find room in a machine that stands still */
#define UPTIME_MIN (5 * USEC_S)
#define UPTIME_MAX (60 * USEC_S) /* of a machine when its daemon starts */
#define DRIFT_PPM 100
#define SLEEP_HOURS 6
#define WRITE_US (20 * USEC_MS)
#define WRITE_SLOW_US (300 * USEC_MS)
#define DAY_MINUTES 1440u
#define WALL_DAYS 330u /* since 2026-01-01 */

bool life_runs(const struct sim_node *k)
{
	return k->alive && !k->frozen_until;
}

usec_t life_clock(const struct sim_node *k)
{
	return clock_at(&k->clock, k->world->now);
}

/* ---- carriers ---- */

static struct event port_event(struct sim_node *k, uint16_t port)
{
	struct kport *p = &k->ports[port];
	struct event e = { .kind = EVENT_PORT };

	p->carrier = p->wire < 0 || wire_carrier(k->world, (unsigned int)p->wire);
	e.port = (struct event_port) {
		.port = port, .carrier = p->carrier, .mac = p->mac, .mtu = 1500
	};
	e.port.kind = port == AP_PORT ? PORT_KIND_WIFI_AP : PORT_KIND_ETHERNET;
	text_copy(e.port.name, sizeof(e.port.name), p->name);
	return e;
}

void life_carriers(struct sim_node *k)
{
	struct world *w = k->world;

	for (uint16_t p = 0; p < NODE_PORTS; p++) {
		struct kport *port = &k->ports[p];
		struct event e;

		if (!port->present || port->wire < 0 ||
		    port->carrier == wire_carrier(w, (unsigned int)port->wire))
			continue;
		e = port_event(k, p);
		world_push_frame(
			w,
			(struct item) { .at = w->now + USEC_MS + rng_below(&w->rng, CARRIER_US),
					.kind = ITEM_EVENT,
					.a = k->index,
					.b = k->boots },
			&e, sizeof(e));
	}
}

/* ---- power ---- */

/* A clock that was never set, the right one, or one that is wrong by up to a year. */
static uint32_t some_wall(struct world *w)
{
	uint32_t right = WALL_DAYS * DAY_MINUTES + (uint32_t)(w->now / (60 * USEC_S));

	switch (rng_below(&w->chaos, 4)) {
	case 0:
		return 1;
	case 1:
		return right + rng_below(&w->chaos, 365 * DAY_MINUTES);
	case 2:
		return right - rng_below(&w->chaos, WALL_DAYS * DAY_MINUTES);
	default:
		return right;
	}
}

static void clocks_start(struct sim_node *k)
{
	struct world *w = k->world;
	uint32_t uptime = rng_below(&w->chaos, (uint32_t)(UPTIME_MAX - UPTIME_MIN));

	k->clock.ppm = (int32_t)rng_below(&w->chaos, 2 * DRIFT_PPM + 1) - DRIFT_PPM;
	k->clock.offset = 0;
	k->clock.offset = UPTIME_MIN + uptime - life_clock(k);
	k->wall_minutes = some_wall(w);
}

static void load_files(struct sim_node *k)
{
	for (int file = 0; file < STORE_LOADED; file++) {
		const struct disk_bytes *b = &k->disk.files[file].now;
		struct event e = { .kind = EVENT_LOAD };

		if (b->len)
			e.load = (struct event_load) { b->data, b->len };
		if (file == STORE_SNAPSHOT || b->len)
			kernel_event(k, &e);
	}
}

void life_boot(struct sim_node *k)
{
	struct world *w = k->world;
	struct node_setup s = { .conf = &k->conf,
				.primary_mac = k->primary,
				.crypto = &k->keys.crypto };
	struct recorder *recorder = w->setup.recorded == k->index ? w->setup.recorder : NULL;
	bool was_empty = !k->disk.epoch;
	int err;

	text_copy(s.primary_name, sizeof(s.primary_name), "eth0");
	k->boots++;
	if (w->setup.clocks)
		clocks_start(k);
	s.boot_epoch = disk_epoch(&k->disk, k->wall_minutes);
	s.seed = rng_u64(&w->rng);
	s.hash_key[0] = rng_u64(&w->rng);
	s.hash_key[1] = rng_u64(&w->rng);
	if (recorder)
		s.crypto = recorder_crypto(recorder, s.crypto);
	k->node = node_new(&s, life_clock(k), &err);
	if (!k->node)
		abort();
	if (recorder)
		recorder_start(recorder, &s, life_clock(k));
	k->alive = true;
	k->runs_since = w->now;
	w->changes++;
	kernel_start(k);
	witness_boot(k, was_empty);
	load_files(k);
	for (uint16_t p = 0; p < NODE_PORTS; p++) {
		struct event port;

		if (!k->ports[p].present)
			continue;
		port = port_event(k, p);
		kernel_event(k, &port);
	}
}

static void node_end(struct sim_node *k)
{
	struct world *w = k->world;

	if (w->setup.recorder && w->setup.recorded == k->index)
		recorder_end(w->setup.recorder, life_clock(k));
	node_free(k->node);
	k->node = NULL;
	k->alive = false;
	k->cut_in_write = false;
	k->armed = k->frozen_until = 0;
	w->changes++;
}

void life_crash(struct sim_node *k, enum disk_end disk)
{
	witness_crash(k);
	node_end(k);
	k->disk_failed = disk != DISK_STAYS;
	disk_power_cut(&k->disk, disk, &k->world->chaos);
}

void life_done(struct sim_node *k)
{
	if (k->alive)
		node_end(k);
	disk_done(&k->disk);
}

/* ---- time ---- */

void life_freeze(struct sim_node *k, usec_t until)
{
	k->frozen_at = k->world->now;
	k->frozen_until = until;
	k->held = 0;
}

void life_thaw(struct sim_node *k, enum freeze how)
{
	struct world *w = k->world;
	usec_t stood = w->now - k->frozen_at, slept = 0;

	if (how == FREEZE_MACHINE)
		k->clock.offset -= stood;
	else if (how == FREEZE_SLEEP)
		slept = (1 + rng_below(&w->chaos, SLEEP_HOURS)) * 3600 * USEC_S;
	k->clock.offset += slept;
	witness_stood(k, stood + slept);
	k->frozen_until = 0;
	k->runs_since = w->now;
}

/* Whom it is for; NULL: no node, or what goes on without its time. */
static struct sim_node *receiver(struct world *w, const struct item *i)
{
	switch (i->kind) {
	case ITEM_TIMER:
	case ITEM_BRIDGE:
	case ITEM_ROUTED:
	case ITEM_EVENT:
		return &w->nodes[i->a];
	case ITEM_WIRE:
		return &w->nodes[i->b ? w->wires[i->a].plan.b : w->wires[i->a].plan.a];
	case ITEM_AIR_UP:
		return &w->nodes[i->b];
	case ITEM_AIR_DOWN:
	case ITEM_HOST:
	case ITEM_BABEL:
	case ITEM_SCRIPT:
	case ITEM_PROBE:
	case ITEM_SPLIT:
	case ITEM_DISK:
		break;
	}
	return NULL;
}

bool life_holds(struct world *w, struct item *i)
{
	struct sim_node *k = receiver(w, i);

	if (!k || w->now >= k->frozen_until)
		return false;
	if (i->kind == ITEM_TIMER && k->armed != i->at)
		return true;
	if (i->kind == ITEM_TIMER)
		k->armed = k->frozen_until;
	else if (i->kind != ITEM_EVENT && k->held++ >= HELD_MAX)
		return true; /* it is lost */
	if (i->kind == ITEM_AIR_UP) {
		if (w->hosts[i->a].at != (int)i->b)
			return true;
		/* it has been heard, wherever its sender goes now */
		i->kind = ITEM_BRIDGE;
		i->a = k->index;
		i->b = AP_PORT;
	}
	i->at = k->frozen_until;
	world_push(w, *i);
	i->frame = NULL;
	return true;
}

/* ---- disk ---- */

static void write_begin(struct sim_node *k, enum store_file file)
{
	struct world *w = k->world;
	usec_t takes = WRITE_US;

	if (w->setup.clocks)
		takes += rng_below(&w->chaos, (uint32_t)WRITE_SLOW_US);
	world_push(w, (struct item) { .at = w->now + takes,
				      .kind = ITEM_DISK,
				      .a = k->index,
				      .b = k->boots << 4 | (uint32_t)file });
	if (k->cut_in_write)
		script_power_cut(w, k->index, takes / 2);
	k->cut_in_write = false;
}

void life_store(struct sim_node *k, const struct effect_store *s)
{
	if (disk_write(&k->disk, s->file, s->data, s->len))
		write_begin(k, s->file);
	k->stores += s->file == STORE_SNAPSHOT;
}

void life_stored(struct sim_node *k, uint32_t boot_and_file)
{
	enum store_file file = (enum store_file)(boot_and_file & 0xf);

	if (k->alive && boot_and_file >> 4 == k->boots && disk_written(&k->disk, file))
		write_begin(k, file);
}
