/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What clients are told by DHCP and router advertisements: the same at every node of the cloud, so
 * that nothing changes for who roams.
 */
#include <string.h>

#include "node/internal.h"

/* A node of ours may be heard before it says that it is one. */
#define FOREIGN_STAYS (10 * USEC_S)

enum client_mtu {
	MTU_LINK = 1500,    /* of a node that does not say */
	MTU_TUNNEL = 40,    /* what a tunnel to a gateway needs, more than the cloud's headers */
	MTU_FOREIGN = 1350, /* what LibreMesh tells its clients */
	MTU_MIN = 1280,	    /* IPv6 */
	MTU_CLOUD = 1500,   /* of bat0 */
};

/* What LibreMesh's two numbers say, counted from the network's address, and the exceptions. */
static void lease_pool(const struct node *n, struct lease_conf *c)
{
	const struct conf *conf = n->conf;
	struct net4 base = net4_base(&n->cloud.network4);
	uint32_t net = ip4_u32(&base.addr), hosts = UINT32_MAX >> base.len;
	uint32_t first = (uint32_t)conf->network.anygw_dhcp_start;
	uint32_t count = (uint32_t)conf->network.anygw_dhcp_limit;
	uint32_t last = count ? first + count - 1 : hosts;

	c->pool.first = ip4_from_u32(net + (first < hosts ? first : hosts));
	c->pool.last = ip4_from_u32(net + (last < hosts ? last : hosts));
	for (uint32_t i = 0; i < conf->dhcp.exclude_count && i < LEASE_EXCLUDE_MAX; i++)
		c->exclude[c->exclude_count++] =
			(struct lease_range) { conf->dhcp.exclude[i].first,
					       conf->dhcp.exclude[i].last };
}

void served_lease(const struct node *n, struct lease_conf *c)
{
	const struct conf *conf = n->conf;

	memset(c, 0, sizeof(*c));
	c->network = n->cloud.network4;
	c->anycast = n->cloud.anygw4;
	c->anycast_mac = n->cloud.anygw_mac;
	c->lease_s = (uint32_t)conf->dhcp.lease_time_s;
	c->rate = (uint32_t)conf->dhcp.rate;
	c->port_unlimited = !conf->dhcp.port_limits;
	lease_pool(n, c);
	c->mtu = (uint16_t)(conf->dhcp.mtu ? (uint32_t)conf->dhcp.mtu : n->client_mtu);
	text_copy(c->domain, sizeof(c->domain), conf->system.domain);
	text_copy(c->search[0], sizeof(c->search[0]), conf->system.domain);
	for (uint32_t i = 0; i < conf->dhcp.route_count && i < LEASE_ROUTES_MAX; i++)
		c->routes[c->route_count++] =
			(struct lease_route) { conf->dhcp.route[i].to, conf->dhcp.route[i].via };
	text_copy(c->captive, sizeof(c->captive), conf->dhcp.captive_portal);
}

void served_ra(const struct node *n, struct ra_conf *c)
{
	uint32_t lifetime_s = (uint32_t)n->conf->ra.lifetime_s;

	memset(c, 0, sizeof(*c));
	c->anycast_mac = n->cloud.anygw_mac;
	c->network4 = n->cloud.network4;
	c->anycast4 = n->cloud.anygw4;
	c->anycast6 = n->cloud.anygw6;
	c->prefix_count = 1;
	c->prefixes[0] = (struct ra_prefix) { n->cloud.network6, lifetime_s, lifetime_s };
	c->lifetime_s = 1800;
	c->pref = RA_PREF_LOW;
	c->mtu = n->conf->ra.mtu ? (uint32_t)n->conf->ra.mtu : n->client_mtu;
	c->interval = n->conf->ra.interval_s * USEC_S;
	text_copy(c->search[0], sizeof(c->search[0]), n->conf->system.domain);
}

uint32_t served_link_mtu(const struct node *n)
{
	uint32_t mtu = UINT16_MAX;

	for (uint16_t i = 0; i < NODE_PORTS; i++) {
		const struct node_port *p = &n->ports[i];

		if (p->used && p->info.mtu && (p->decision.mesh || p->decision.mesh_l3) &&
		    p->info.mtu < mtu)
			mtu = p->info.mtu;
	}
	return mtu == UINT16_MAX ? MTU_LINK : mtu;
}

/* A node of other software in our cloud: it announces clients, but nothing of trama's. Further
 * ports of a trama node announce no clients. */
static bool has_foreign(const struct node *n)
{
	struct batman_orig o;

	for (uint32_t i = 0; batman_orig_next(n->batman, &i, &o);)
		if (o.clients > 0 && !o.trama)
			return true;
	return false;
}

static uint32_t client_mtu(const struct node *n)
{
	uint32_t mtu = served_link_mtu(n);
	struct node_record rec;
	struct state_view v;

	for (uint32_t i = 0; state_next(n->state, RECORD_NODE, &i, n->now, &v);)
		if (record_node_decode(&v, &rec) && rec.link_mtu && rec.link_mtu < mtu)
			mtu = rec.link_mtu;
	mtu = mtu < MTU_MIN + MTU_TUNNEL ? MTU_MIN : mtu - MTU_TUNNEL;
	if (mtu > MTU_FOREIGN && n->foreign_since && n->now - n->foreign_since >= FOREIGN_STAYS)
		mtu = MTU_FOREIGN;
	return mtu < MTU_CLOUD ? mtu : MTU_CLOUD;
}

void served_refresh(struct node *n)
{
	struct lease_conf lease;
	struct ra_conf ra;
	uint32_t mtu;

	if (!has_foreign(n))
		n->foreign_since = 0;
	else if (!n->foreign_since)
		n->foreign_since = n->now;
	mtu = client_mtu(n);
	if (mtu == n->client_mtu)
		return;
	n->client_mtu = mtu;
	served_lease(n, &lease);
	(void)lease_configure(&n->lease, &lease);
	served_ra(n, &ra);
	ra_configure(&n->ra, &ra, n->now);
}
