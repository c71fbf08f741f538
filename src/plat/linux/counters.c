/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/counters.h"

#include "plat/linux/bridges/bridges.h"
#include "plat/linux/helpers/babel.h"
#include "plat/linux/store.h"
#include "plat/linux/wires/datagrams.h"
#include "plat/linux/wires/packets.h"

#define CURSOR_BRIDGES 8 /* a cursor: ours in so many bits, that of the bridges above */

bool counters_next(const struct loop *loop, const struct control_counters *c,
		   const struct bridges *bridges, uint32_t *cursor, struct rpc_counter *ret)
{
	uint32_t at = *cursor >> CURSOR_BRIDGES;
	struct loop_counters l;

	loop_counters(loop, &l);
	const struct rpc_counter all[] = {
		{ "loop", "events", l.events },
		{ "loop", "effects", l.effects },
		{ "loop", "applies", l.applies },
		{ "loop", "apply_errors", l.apply_errors },
		{ "loop", "kernel_notices_lost", l.lost },
		{ "packets", "received", l.packets->received },
		{ "packets", "sent", l.packets->sent },
		{ "packets", "too_long", l.packets->too_long },
		{ "packets", "no_device", l.packets->no_device },
		{ "packets", "send_failed", l.packets->send_failed },
		{ "packets", "socket_errors", l.packets->socket_errors },
		{ "datagrams", "received", l.datagrams->received },
		{ "datagrams", "sent", l.datagrams->sent },
		{ "datagrams", "not_local", l.datagrams->not_local },
		{ "datagrams", "not_mesh", l.datagrams->not_mesh },
		{ "datagrams", "too_long", l.datagrams->too_long },
		{ "datagrams", "no_device", l.datagrams->no_device },
		{ "datagrams", "send_failed", l.datagrams->send_failed },
		{ "babeld", "lines", l.babel->lines },
		{ "babeld", "malformed", l.babel->malformed },
		{ "babeld", "refused", l.babel->refused },
		{ "babeld", "table_full", l.babel->table_full },
		{ "babeld", "connects", l.babel->connects },
		{ "store", "writes", l.store->writes },
		{ "store", "bytes", l.store->bytes },
		{ "store", "failed", l.store->failed },
		{ "store", "rejected", l.store->rejected },
		{ "control", "connections", c->connections },
		{ "control", "refused", c->refused },
		{ "control", "requests", c->requests },
		{ "control", "too_long", c->too_long },
		{ "control", "delayed", c->delayed },
		{ "control", "cut_off", c->cut_off },
	};

	if (*cursor < sizeof(all) / sizeof(all[0])) {
		*ret = all[(*cursor)++];
		return true;
	}
	if (!bridges_counter_next(bridges, &at, &ret->group, &ret->name, &ret->value))
		return false;
	*cursor = at << CURSOR_BRIDGES | (*cursor & ((1u << CURSOR_BRIDGES) - 1));
	return true;
}
