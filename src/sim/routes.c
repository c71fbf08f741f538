/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/routes.h"

#include "sim/sabotage.h"

static struct ip6 address_of(const struct wish_host *h)
{
	return h->v6 ? h->ip6 : ip4_mapped(&h->ip4);
}

void routes_learn(struct sim_node *k)
{
	const struct sabotage *s = k->world->setup.sabotage;
	const struct wish *w = node_wish(k->node);
	struct told_hosts *now = &k->told[1];

	k->told[0] = k->told[1];
	now->count = 0;
	for (uint16_t i = 0; i < w->host_count && now->count < ROUTES_HOSTS; i++) {
		const struct wish_host *h = &w->hosts[i];

		if (s && s->no_hosts)
			break;
		now->v[now->count].addr = address_of(h);
		now->v[now->count++].how = h->leaves ? TOLD_LEAVES : TOLD_HERE;
	}
}

enum told routes_told(const struct sim_node *k, const struct ip6 *addr)
{
	const struct told_hosts *known = &k->told[0];

	for (unsigned int i = 0; life_runs(k) && i < known->count; i++)
		if (ip6_eq(&known->v[i].addr, addr))
			return known->v[i].how;
	return TOLD_NOT;
}

bool routes_own(const struct sim_node *k, const struct ip6 *addr)
{
	const struct wish *w = node_wish(k->node);

	for (uint16_t i = 0; i < w->host_count; i++) {
		struct ip6 own = address_of(&w->hosts[i]);

		if (ip6_eq(&own, addr))
			return true;
	}
	return false;
}

bool routes_first(const struct sim_node *k, bool v6)
{
	const struct wish *w = node_wish(k->node);

	for (uint16_t i = 0; i < w->rule_count; i++) {
		const struct wish_rule *r = &w->rules[i];

		if (r->v6 == v6 && r->table == WISH_TABLE_EXPORT &&
		    r->suppress_prefixlength == (v6 ? 127 : 31))
			return true;
	}
	return false;
}
