/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two nodes that first appear in two parts of a cloud claim the same block by chance. Of F free
 * blocks one takes k1 and the other k2, each wherever it likes: on average k1 * k2 / F are the
 * same.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario.h"

#define LASTS (30 * USEC_S)

/* No wire joins them. */
static void make_parts(struct plan *p, unsigned int hosts)
{
	memset(p, 0, sizeof(*p));
	for (uint16_t side = 0; side < 2; side++) {
		(void)plan_add_node(p, side ? "east" : "west", "sim");
		for (unsigned int i = 0; i < hosts; i++) {
			if (plan_add_host(p, "c", side))
				return;
			p->hosts[p->host_count - 1].quiet = true;
		}
	}
}

static uint32_t free_blocks(const struct lease *l)
{
	return l->pool.last_block - l->pool.first_block + 1;
}

/* How many blocks this node has claimed; *ret_twice: and the other, too. */
static uint32_t claims_of(const struct lease *l, const struct lease *other, uint32_t *ret_twice)
{
	struct lease_block b;
	uint32_t count = 0;

	*ret_twice = 0;
	for (uint32_t i = 0; lease_block_next(l, &i, &b);) {
		count++;
		*ret_twice += table_find(&other->pool.own, &b.index) != NULL;
	}
	return count;
}

static void count_trial(const struct world *w, struct chance *ret)
{
	const struct lease *west = node_lease(w->nodes[0].node),
			   *east = node_lease(w->nodes[1].node);
	const struct judge_count *c = judge_count(w->judge);
	uint32_t twice, k1 = claims_of(west, east, &twice), k2 = claims_of(east, west, &twice);

	ret->trials++;
	ret->claimed[0] += k1;
	ret->claimed[1] += k2;
	ret->twice += twice;
	ret->expected_ppm += (uint64_t)k1 * k2 * 1000000 / free_blocks(west);
	ret->addresses += c->allocations;
	ret->given_twice += c->clashes[JUDGE_STRANGERS];
}

int chance_run(unsigned int trials, unsigned int hosts, uint32_t pool, uint64_t seed,
	       struct chance *ret)
{
	struct plan *plan = malloc(sizeof(*plan));
	int err = plan ? 0 : -ENOMEM;

	memset(ret, 0, sizeof(*ret));
	if (plan)
		make_parts(plan, hosts);
	for (unsigned int i = 0; i < trials && !err; i++) {
		struct world_setup setup = { .plan = plan, .seed = seed + i, .pool = pool };
		struct world *w = world_new(&setup);

		err = w ? 0 : -ENOMEM;
		if (w) {
			world_run(w, w->now + LASTS);
			count_trial(w, ret);
		}
		world_free(w);
	}
	free(plan);
	return err;
}
