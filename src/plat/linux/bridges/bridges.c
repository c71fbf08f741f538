/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/bridges/bridges.h"

#include <stdlib.h>
#include <string.h>

#include "plat/linux/helpers/helpers.h"
#include "plat/linux/log.h"

static const struct bridge *const kinds[] = { TRAMA_BRIDGES NULL }; /* by meson.build */

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct bridges {
	struct bridges_setup setup;
	void *states[KINDS]; /* NULL: not wanted, or it could not start */
};

static void event_came(void *ctx, const struct event *e)
{
	loop_event(ctx, e);
}

static bool device(void *ctx, const char *name, int *ret_index, struct mac *ret_mac)
{
	return loop_device(ctx, name, ret_index, ret_mac);
}

static bool neighbour_next(void *ctx, uint32_t *cursor, struct event_neighbour *ret)
{
	return helpers_neighbour_next(loop_helpers(ctx), cursor, ret);
}

static bool is_built(const char *name)
{
	for (size_t i = 0; kinds[i]; i++)
		if (!strcmp(kinds[i]->name, name))
			return true;
	return false;
}

static void missing_tell(const struct conf *c)
{
	if (c->bridge.alfred == CONF_USE_ON && !is_built("alfred"))
		log_warning("option alfred has no effect: trama was built without that bridge");
	if (c->bridge.shared_state == CONF_USE_ON && !is_built("shared_state_async"))
		log_warning("option shared_state has no effect: trama was built without that "
			    "bridge");
}

struct bridges *bridges_new(struct loop *l, const struct conf *conf, const struct node *n)
{
	struct bridges *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->setup = (struct bridges_setup) { .loop = loop_uv(l),
					    .conf = conf,
					    .node = n,
					    .sink = { event_came, l },
					    .ctx = l,
					    .device = device,
					    .neighbour_next = neighbour_next };
	missing_tell(conf);
	for (size_t i = 0; kinds[i]; i++) {
		int r = 0;

		b->states[i] = kinds[i]->start(&b->setup, &r);
		if (!b->states[i] && r)
			log_warning("bridge to %s: %s", kinds[i]->name, strerror(-r));
	}
	return b;
}

void bridges_free(struct bridges *b)
{
	if (!b)
		return;
	for (size_t i = 0; kinds[i]; i++)
		if (b->states[i])
			kinds[i]->stop(b->states[i]);
	free(b);
}

/* The cursor: which bridge in its upper part, which counter of it in the lower 8 bits. */
bool bridges_counter_next(const struct bridges *b, uint32_t *cursor, const char **ret_group,
			  const char **ret_name, uint64_t *ret_value)
{
	for (uint32_t i = *cursor >> 8; b && i < KINDS && kinds[i]; i++) {
		uint32_t at = i == *cursor >> 8 ? *cursor & 0xff : 0;

		if (!b->states[i] || !kinds[i]->counter(b->states[i], &at, ret_name, ret_value))
			continue;
		*ret_group = kinds[i]->name;
		*cursor = i << 8 | at;
		return true;
	}
	return false;
}

const struct ss_store *bridges_store_next(const struct bridges *b, uint32_t *cursor,
					  const char **ret_by)
{
	for (uint32_t i = *cursor >> 8; b && i < KINDS && kinds[i]; i++) {
		uint32_t at = i == *cursor >> 8 ? *cursor & 0xff : 0;
		const struct ss_store *s;

		if (!b->states[i] || !kinds[i]->store)
			continue;
		s = kinds[i]->store(b->states[i], &at);
		if (!s)
			continue;
		*ret_by = kinds[i]->name;
		*cursor = i << 8 | at;
		return s;
	}
	return NULL;
}
