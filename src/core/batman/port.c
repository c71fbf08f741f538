/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ports of this node. The oldest is the primary one: its MAC is our name, and only its OGM, which
 * leaves by all ports, carries TVLVs. Every other port announces itself on its own wire, two hops
 * far.
 *
 * Timers: a port that was removed is still ours for 30 s. What neighbours repeat of it comes back
 * by the other ports, and who has not heard that we are another originator sends frames to it.
 */
#include <errno.h>

#include "core/batman/engine.h"

struct bat_port *bat_port_find(const struct batman *b, uint16_t number)
{
	for (uint32_t i = 0; i < b->limits.ports; i++) {
		if (b->ports[i].used && b->ports[i].number == number)
			return &b->ports[i];
	}
	return NULL;
}

struct bat_port *bat_port_by_mac(const struct batman *b, const struct mac *mac)
{
	for (uint32_t i = 0; i < b->limits.ports; i++) {
		if (b->ports[i].used && mac_eq(&b->ports[i].mac, mac))
			return &b->ports[i];
	}
	return NULL;
}

bool bat_is_mine(const struct batman *b, const struct mac *mac)
{
	for (uint32_t i = 0; i < b->limits.ports; i++) {
		const struct bat_port *p = &b->ports[i];

		if (mac_eq(&p->mac, mac) &&
		    (p->used || (p->removed_at && b->now - p->removed_at < BAT_REMOVED_US)))
			return true;
	}
	return false;
}

static void primary_select(struct batman *b)
{
	b->primary = NULL;
	for (uint32_t i = 0; i < b->limits.ports; i++) {
		struct bat_port *p = &b->ports[i];

		if (p->used && (!b->primary || p->age < b->primary->age))
			b->primary = p;
	}
}

/* The one that has been free for longest: it says whose the last port there was. */
static struct bat_port *free_slot(struct batman *b)
{
	struct bat_port *best = NULL;

	for (uint32_t i = 0; i < b->limits.ports; i++) {
		struct bat_port *p = &b->ports[i];

		if (!p->used && (!best || p->removed_at < best->removed_at))
			best = p;
	}
	return best;
}

/*
 * Neighbours believe one jump of numbers in 30 s, so a node that restarts often must not draw them:
 * they follow the clock, twice as fast as OGMs are sent. That begins anew with the machine, and
 * numbers a little below those of before are taken for old ones: each start is ahead of the last.
 */
static uint32_t first_seqno(const struct batman *b)
{
	return b->conf.start * BAT_START_OGMS +
	       (uint32_t)(b->now / (b->conf.orig_interval_ms * USEC_MS / 2));
}

int batman_port_add(struct batman *b, uint16_t port, const struct batman_port_conf *conf,
		    usec_t now)
{
	struct bat_port *p;
	struct bat_orig *stranger;

	b->now = now;
	if (!mac_is_station(&conf->mac))
		return -EINVAL;
	if (bat_port_find(b, port) || bat_port_by_mac(b, &conf->mac))
		return -EEXIST;
	p = free_slot(b);
	if (!p)
		return -ENOSPC;
	*p = (struct bat_port) { .used = true,
				 .wireless = conf->wireless,
				 .number = port,
				 .slot = (uint16_t)(p - b->ports),
				 .mtu = conf->mtu,
				 .age = b->next_age++,
				 .mac = conf->mac,
				 .seqno = first_seqno(b),
				 .ogm_at = now + rng_below(&b->rng, BAT_JITTER_MS * 1000),
				 .flush_at = USEC_NEVER };
	/* what we heard of this MAC before was ourselves, or somebody who has it no more */
	stranger = bat_orig_find(b, &conf->mac);
	if (stranger)
		bat_orig_remove(b, stranger);
	primary_select(b);
	return 0;
}

int batman_port_remove(struct batman *b, uint16_t port, usec_t now)
{
	struct bat_port *p = bat_port_find(b, port);

	b->now = now;
	if (!p)
		return -ENOENT;
	p->used = false;
	p->removed_at = now;
	bat_orig_purge_port(b, p->slot);
	for (uint32_t i = 0; i < b->limits.rebroadcasts; i++) {
		if (b->rebroadcasts[i].slot == p->slot)
			b->rebroadcasts[i].len = 0;
	}
	primary_select(b);
	return 0;
}

int batman_port_set_mac(struct batman *b, uint16_t port, const struct mac *mac, usec_t now)
{
	struct bat_port *p = bat_port_find(b, port);
	struct batman_port_conf conf;
	uint32_t age;

	if (!p)
		return -ENOENT;
	if (!mac_is_station(mac))
		return -EINVAL;
	if (bat_port_by_mac(b, mac))
		return -EEXIST;
	conf = (struct batman_port_conf) { .mac = *mac, .mtu = p->mtu, .wireless = p->wireless };
	age = p->age;
	(void)batman_port_remove(b, port, now);
	(void)batman_port_add(b, port, &conf, now); /* has the slot that has just become free */
	bat_port_find(b, port)->age = age;
	primary_select(b);
	return 0;
}

int batman_port_set_mtu(struct batman *b, uint16_t port, uint32_t mtu)
{
	struct bat_port *p = bat_port_find(b, port);

	if (!p)
		return -ENOENT;
	p->mtu = mtu;
	return 0;
}
