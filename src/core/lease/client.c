/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/lease/client.h"

#include <string.h>

struct ip6 lease_mapped(const struct ip4 *ip)
{
	return (struct ip6) { { [10] = 0xff,
				[11] = 0xff,
				[12] = ip->b[0],
				[13] = ip->b[1],
				[14] = ip->b[2],
				[15] = ip->b[3] } };
}

bool lease_unmapped(const struct ip6 *addr, struct ip4 *ret)
{
	struct ip4 ip = { { addr->b[12], addr->b[13], addr->b[14], addr->b[15] } };
	struct ip6 mapped = lease_mapped(&ip);

	if (!ip6_eq(&mapped, addr))
		return false;
	*ret = ip;
	return true;
}

struct mac lease_decline_mac(const struct ip4 *ip)
{
	return (struct mac) { { 3, 0, ip->b[0], ip->b[1], ip->b[2], ip->b[3] } };
}

bool lease_node_eq(const struct lease_node *a, const struct lease_node *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}
