/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Routes and rules with the protocols of wish.h, and the machine's own default routes. */
#ifndef PLAT_LINUX_ROUTES_H
#define PLAT_LINUX_ROUTES_H

#include "plat/linux/kernel/apply.h"

#define METRIC6_DEFAULT 1024 /* what the kernel makes of 0 */

struct route_info {
	uint8_t type; /* RTN_* */
	uint8_t protocol;
	bool v6;
	bool onlink;
	bool has_via4, has_via6;
	uint32_t table;
	uint32_t metric;
	int oif;
	struct net4 to4;
	struct net6 to6;
	struct net6 from6;
	struct ip4 via4;
	struct ip6 via6;
};

struct route_list {
	struct route_info *v;
	size_t count, cap;
};

/* Routes of the family (AF_INET or AF_INET6) with that protocol and table, 0 = all; appended to the
 * list. */
int routes_dump(struct nl *nl, uint8_t family, uint8_t protocol, uint32_t table,
		struct route_list *list);
void routes_done(struct route_list *list);
/* RTM_NEWROUTE or RTM_DELROUTE of one of ours: 0 or -errno. */
int route_change(struct nl *nl, uint16_t type, uint16_t flags, const struct route_info *i);

/* Of those of ours: is it one of wish.hosts? */
bool route_is_host(const struct route_info *i);
/* list: all of ours. Of the others it leaves its hands. */
void hosts_apply(struct apply *a, const struct route_list *list);

void routes_apply(struct apply *a);
void rules_apply(struct apply *a);

#endif
