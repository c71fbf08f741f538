/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The facade: in which order things are made and taken away. */
#include "plat/linux/kernel/system.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plat/linux/kernel/batadv.h"
#include "plat/linux/kernel/fdb.h"
#include "plat/linux/kernel/filters.h"
#include "plat/linux/kernel/flows.h"
#include "plat/linux/kernel/links_apply.h"
#include "plat/linux/kernel/sysctls.h"
#include "plat/linux/kernel/tags.h"
#include "plat/linux/kernel/watch.h"

struct system {
	struct nl nl;
	struct link_list links;
	struct found found;
	struct vlans vlans;
	struct sysctls sysctls;
	struct filters filters;
	struct watch watch;
	struct batadv batadv;
	struct tags tags;
	struct wish wish; /* the last one */
	bool turned;	  /* the way out became an uplink: connections are still to be forgotten */
	unsigned int changes;
};

int system_open(struct system **ret, const struct system_setup *setup)
{
	struct system *s = calloc(1, sizeof(*s));
	int r = s ? nl_open(&s->nl, NETLINK_ROUTE) : -ENOMEM;

	if (!r)
		r = found_open(&s->found, setup->run_dir);
	if (!r)
		r = watch_open(&s->watch);
	if (r) {
		system_close(s);
		return r;
	}
	s->watch.ports.also = setup->ports;
	s->watch.ports.never = setup->never;
	*ret = s;
	return 0;
}

void system_close(struct system *s)
{
	if (!s)
		return;
	watch_done(&s->watch);
	batadv_done(&s->batadv);
	vlans_done(&s->vlans);
	links_done(&s->links);
	nl_close(&s->nl);
	free(s);
}

static struct apply apply_begin(struct system *s, struct text *errors)
{
	return (struct apply) { .nl = &s->nl,
				.wish = &s->wish,
				.links = &s->links,
				.found = &s->found,
				.errors = errors };
}

int system_apply(struct system *s, const struct wish *w, struct text *ret_errors)
{
	struct apply a = apply_begin(s, ret_errors);

	s->turned = s->turned || flows_turn(&s->wish, w);
	s->wish = *w;
	s->watch.stale = false;
	links_create(&a, &s->vlans);
	/* Before it is up: loop avoidance would mute it for half a minute. */
	batadv_apply(&s->batadv, &a);
	/* No port joins the bridge before the filters are there and the variables are right. */
	filters_apply(&s->filters, &a);
	sysctls_apply(&s->sysctls, &a);
	links_configure(&a, &s->vlans);
	tags_apply(&s->tags, &a);
	addrs_apply(&a);
	fdb_apply(&a);
	routes_apply(&a);
	rules_apply(&a);
	if (s->turned) {
		/* a kernel that cannot list connections has to do without */
		(void)flows_forget(&s->wish.filter);
		s->turned = a.error != 0; /* they may have gone the old way until now */
	}
	s->changes = a.changes;
	s->watch.rescan = s->watch.rescan || a.changes;
	return a.error;
}

unsigned int system_changes(const struct system *s)
{
	return s->changes;
}

bool system_is_stale(const struct system *s)
{
	return s->watch.stale;
}

void system_look(struct system *s)
{
	if (filters_gone(&s->filters))
		s->watch.stale = true;
}

bool system_has_wish(const struct system *s, const struct wish *w)
{
	return memcmp(&s->wish, w, sizeof(*w)) == 0;
}

void system_remove(struct system *s)
{
	char buf[256];
	struct text errors = text_init(buf, sizeof(buf));
	struct apply a = apply_begin(s, &errors);

	memset(&s->wish, 0, sizeof(s->wish));
	links_dump(&s->nl, &s->links);
	rules_apply(&a);
	routes_apply(&a);
	addrs_remove(&a);
	links_remove(&a, &s->vlans);
	/* The filters go after the ports have left the bridge. */
	filters_remove(&s->filters);
	sysctls_restore(&s->found);
	memset(&s->sysctls, 0, sizeof(s->sysctls));
	if (!s->found.count)
		unlink(s->found.path);
	s->watch.stale = false;
	s->watch.rescan = true;
}

int system_watch_fd(const struct system *s)
{
	return mnl_socket_get_fd(s->watch.sock);
}

int system_watch_read(struct system *s, system_event_fn *fn, void *arg)
{
	struct watch_view view = { .nl = &s->nl,
				   .links = &s->links,
				   .found = &s->found,
				   .wish = &s->wish,
				   .vlans = &s->vlans };

	return watch_read(&s->watch, &view, fn, arg);
}

int system_mesh_read(struct system *s, system_event_fn *fn, void *arg)
{
	struct batadv_view view = { .links = &s->links,
				    .ports = &s->watch.ports,
				    .wish = &s->wish };

	int r = s->wish.batadv.used ? batadv_read(&s->batadv, &view, fn, arg) : 0;

	s->watch.stale = s->watch.stale || s->batadv.changed;
	return r;
}

int system_statistics(const struct system *s, system_statistic_fn *fn, void *arg)
{
	return s->wish.batadv.used ? batadv_statistics(s->wish.filter.cloud, fn, arg) : -ENODEV;
}

bool system_device(const struct system *s, const char *name, int *ret_index, struct mac *ret_mac)
{
	const struct link_info *l = links_find(&s->links, name);

	if (!l)
		return false;
	*ret_index = l->index;
	*ret_mac = l->mac;
	return true;
}

int system_forget_station(struct system *s, const struct effect_forget *f)
{
	int ifindex = watch_station(&s->watch, &f->mac, f->vid), r;
	const struct link_info *cloud = links_find(&s->links, s->wish.filter.cloud);

	if (f->port == NODE_PORTS)
		ifindex = cloud ? cloud->index : 0;
	else if (!ifindex)
		ifindex = ports_ifindex(&s->watch.ports, f->port);
	if (!ifindex)
		return 0;
	r = fdb_delete(&s->nl, ifindex, &f->mac, f->vid);
	return r == -ENOENT ? 0 : r;
}

int system_answer4(struct system *s, const struct ip4 *ip, const struct mac *mac)
{
	return s->watch.bridge ? neigh_answer(&s->nl, s->watch.bridge, ip->b, sizeof(ip->b), mac)
			       : -ENODEV;
}

int system_answer6(struct system *s, const struct ip6 *ip, const struct mac *mac)
{
	return s->watch.bridge ? neigh_answer(&s->nl, s->watch.bridge, ip->b, sizeof(ip->b), mac)
			       : -ENODEV;
}

int system_neighbour4(struct system *s, const struct ip4 *ip, struct mac *ret_mac)
{
	return s->watch.bridge ? neigh_find(&s->nl, s->watch.bridge, ip->b, sizeof(ip->b), ret_mac)
			       : -ENODEV;
}

int system_neighbour6(struct system *s, const struct ip6 *ip, struct mac *ret_mac)
{
	return s->watch.bridge ? neigh_find(&s->nl, s->watch.bridge, ip->b, sizeof(ip->b), ret_mac)
			       : -ENODEV;
}
