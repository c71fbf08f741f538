/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Routes to single hosts: difference between wish and kernel. There may be a thousand, so both are
 * sorted and gone through side by side. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plat/linux/kernel/routes.h"

#define KEY_SIZE 17

struct host {
	uint8_t key[KEY_SIZE]; /* v6, address */
	uint8_t protocol;
	int oif;
};

struct host_list {
	struct host *v;
	size_t count;
};

bool route_is_host(const struct route_info *i)
{
	return i->table == WISH_TABLE_IMPORT && (i->v6 ? i->to6.len == 128 : i->to4.len == 32);
}

static struct host *host_next(struct host_list *list, bool v6, const struct ip4 *ip4,
			      const struct ip6 *ip6)
{
	struct host *h = &list->v[list->count++];

	memset(h, 0, sizeof(*h));
	h->key[0] = v6;
	memcpy(h->key + 1, v6 ? ip6->b : ip4->b, v6 ? sizeof(ip6->b) : sizeof(ip4->b));
	return h;
}

static struct route_info host_route(const struct host *h)
{
	struct route_info i = { .type = RTN_UNICAST,
				.protocol = h->protocol,
				.v6 = h->key[0],
				.table = WISH_TABLE_IMPORT,
				.oif = h->oif };

	if (i.v6) {
		i.metric = METRIC6_DEFAULT;
		i.to6.len = 128;
		memcpy(i.to6.addr.b, h->key + 1, sizeof(i.to6.addr.b));
	} else {
		i.to4.len = 32;
		memcpy(i.to4.addr.b, h->key + 1, sizeof(i.to4.addr.b));
	}
	return i;
}

static int host_compare(const void *a, const void *b)
{
	const struct host *x = a, *y = b;

	return memcmp(x->key, y->key, KEY_SIZE);
}

static void list_sort(struct host_list *list)
{
	if (list->count)
		qsort(list->v, list->count, sizeof(*list->v), host_compare);
}

static void have(struct host_list *ret, const struct route_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct route_info *r = &list->v[i];
		struct host *h;

		if (!route_is_host(r))
			continue;
		h = host_next(ret, r->v6, &r->to4.addr, &r->to6.addr);
		h->protocol = r->protocol;
		h->oif = r->oif;
	}
	list_sort(ret);
}

static void want(struct host_list *ret, const struct wish *w, int oif)
{
	for (uint16_t i = 0; i < w->host_count; i++) {
		const struct wish_host *from = &w->hosts[i];
		struct host *h = host_next(ret, from->v6, &from->ip4, &from->ip6);

		h->protocol = from->leaves ? WISH_PROTO_LEAVES : WISH_PROTO;
		h->oif = oif;
	}
	list_sort(ret);
}

static void change(struct apply *a, uint16_t type, uint16_t flags, const struct host *h)
{
	struct route_info i = host_route(h);
	char text[NET_TEXT];

	apply_done(a, route_change(a->nl, type, flags, &i),
		   type == RTM_NEWROUTE ? "route" : "delete route",
		   i.v6 ? net6_text(&i.to6, text) : net4_text(&i.to4, text));
}

static void hosts_change(struct apply *a, const struct host_list *old, const struct host_list *new)
{
	size_t i = 0, k = 0;

	while (i < old->count || k < new->count) {
		int order = i == old->count   ? 1
			    : k == new->count ? -1
					      : host_compare(&old->v[i], &new->v[k]);

		if (order < 0) {
			change(a, RTM_DELROUTE, 0, &old->v[i++]);
		} else if (order > 0) {
			change(a, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &new->v[k++]);
		} else {
			if (memcmp(&old->v[i], &new->v[k], sizeof(old->v[i])) != 0)
				change(a, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &new->v[k]);
			i++;
			k++;
		}
	}
}

void hosts_apply(struct apply *a, const struct route_list *list)
{
	const struct link_info *bridge = links_find(a->links, NODE_BRIDGE);
	struct host_list old = { .v = calloc(list->count + 1, sizeof(*old.v)) };
	struct host_list new = { .v = calloc(a->wish->host_count + 1u, sizeof(*new.v)) };

	if (!old.v || !new.v) {
		apply_fail(a, -ENOMEM, "routes to", "hosts");
	} else if (!bridge && a->wish->host_count) {
		apply_fail(a, -ENODEV, "route by", NODE_BRIDGE);
	} else {
		have(&old, list);
		want(&new, a->wish, bridge ? bridge->index : 0);
		hosts_change(a, &old, &new);
	}
	free(old.v);
	free(new.v);
}
