/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VLAN devices with and without the kernel's 8021q. */
#include "plat/linux/kernel/vlan.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bpf/embedded.h"
#include "plat/linux/kernel/fdb.h"
#include "plat/linux/kernel/sysctls.h"
#include "plat/linux/kernel/tc.h"

void vlan_hidden_name(const char *name, char ret[static NODE_IFNAME])
{
	size_t len = strlen(name);

	/* "eth0_17~"; where there is no room, "~th0..." */
	text_copy(ret, NODE_IFNAME, name);
	if (len + 1 < NODE_IFNAME) {
		ret[len] = '~';
		ret[len + 1] = '\0';
	} else {
		ret[0] = '~';
	}
}

bool vlan_is_hidden(const struct wish *w, const char *name)
{
	for (uint16_t i = 0; i < w->link_count; i++) {
		char hidden[NODE_IFNAME];

		if (w->links[i].kind != WISH_VLAN)
			continue;
		vlan_hidden_name(w->links[i].name, hidden);
		if (!strcmp(hidden, name))
			return true;
	}
	return false;
}

int vlan_create(struct vlans *v, struct apply *a, const struct wish_link *w,
		const struct link_info *parent)
{
	static const struct mac none;
	char hidden[NODE_IFNAME];
	int r;

	if (!v->no_8021q) {
		r = link_create_vlan(a->nl, w, parent->index);
		if (r != -EOPNOTSUPP)
			return r;
		v->no_8021q = true;
	}
	vlan_hidden_name(w->name, hidden);
	return link_create_veth(a->nl, w->name, mac_is_zero(&w->mac) ? &parent->mac : &w->mac,
				hidden, &none);
}

static int print_nothing(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static int programs_load(struct vlans *v)
{
	DECLARE_LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "trama_vlan");
	struct bpf_object *o;
	int r;

	if (v->object)
		return 0;
	libbpf_set_print(print_nothing);
	o = bpf_object__open_mem(vlan_bpf_object.data, vlan_bpf_object.size, &opts);
	if (!o)
		return -errno;
	r = bpf_object__load(o);
	if (r) {
		bpf_object__close(o);
		return r;
	}
	v->object = o;
	v->in_map = bpf_object__find_map_fd_by_name(o, "vlan_in");
	v->out_map = bpf_object__find_map_fd_by_name(o, "vlan_out");
	v->port_program = bpf_program__fd(bpf_object__find_program_by_name(o, "vlan_port"));
	v->peer_program = bpf_program__fd(bpf_object__find_program_by_name(o, "vlan_peer"));
	return 0;
}

static struct vlan_key entry_key(const struct vlan_entry *e)
{
	return (struct vlan_key) { .port = (__u32)e->port, .vid = e->vid, .type = htons(e->proto) };
}

static bool same_entry(const struct vlan_entry *a, const struct vlan_entry *b)
{
	return a->device == b->device && a->peer == b->peer && a->port == b->port &&
	       a->vid == b->vid && a->proto == b->proto && mac_eq(&a->mac, &b->mac) &&
	       !strcmp(a->parent, b->parent);
}

static void unicast_where(const struct vlan_entry *e, char *ret, size_t cap)
{
	char text[MAC_TEXT];

	snprintf(ret, cap, "%s,%s", e->parent, mac_text(&e->mac, text));
}

/* The port must hear the device's MAC, unless it is its own. */
static int unicast_add(struct apply *a, const struct vlan_entry *e)
{
	const struct link_info *port = links_find_index(a->links, e->port);
	char where[80];
	int r;

	if (!port || mac_eq(&port->mac, &e->mac))
		return 0;
	unicast_where(e, where, sizeof(where));
	r = found_put(a->found, "uc", where, 1);
	if (r)
		return r;
	r = fdb_unicast(a->nl, e->port, &e->mac, true);
	return r == -EEXIST ? 0 : r;
}

static void unicast_remove(struct apply *a, const struct vlan_entry *e)
{
	char where[80];

	unicast_where(e, where, sizeof(where));
	if (!found_get(a->found, "uc", where))
		return;
	fdb_unicast(a->nl, e->port, &e->mac, false);
	found_drop(a->found, "uc", where);
}

static int entry_install(struct vlans *v, struct apply *a, const struct vlan_entry *e)
{
	struct vlan_key key = entry_key(e);
	struct vlan_target target = { .peer = (__u32)e->peer };
	struct vlan_source source = { .port = (__u32)e->port,
				      .vid = e->vid,
				      .type = htons(e->proto) };
	__u32 peer = (__u32)e->peer;
	bool created = false;
	int r = programs_load(v);

	if (!r)
		r = bpf_map_update_elem(v->in_map, &key, &target, BPF_ANY);
	if (!r)
		r = bpf_map_update_elem(v->out_map, &peer, &source, BPF_ANY);
	if (!r)
		r = tc_ingress_attach(e->peer, v->peer_program, &created);
	if (!r)
		r = tc_ingress_attach(e->port, v->port_program, &created);
	if (r)
		return r < 0 ? r : -errno;
	r = found_put(a->found, "tc", e->parent, created);
	return r ? r : unicast_add(a, e);
}

static void entry_uninstall(struct vlans *v, struct apply *a, uint16_t i)
{
	struct vlan_entry e = v->entries[i];
	struct vlan_key key = entry_key(&e);
	__u32 peer = (__u32)e.peer;
	bool used = false;

	v->entries[i] = v->entries[--v->count];
	bpf_map_delete_elem(v->in_map, &key);
	bpf_map_delete_elem(v->out_map, &peer);
	unicast_remove(a, &e);
	for (uint16_t k = 0; k < v->count; k++)
		used = used || v->entries[k].port == e.port;
	if (used)
		return;
	if (tc_ingress_detach(a->nl, e.port, found_get(a->found, "tc", e.parent)) == 0)
		found_drop(a->found, "tc", e.parent);
}

/* What an entry should be; false when a part of it is missing or the kernel's own device is in use.
 */
static bool entry_wished(const struct apply *a, const struct wish_link *w, struct vlan_entry *ret)
{
	const struct link_info *device = links_find(a->links, w->name), *peer, *port;
	char hidden[NODE_IFNAME];

	if (w->kind != WISH_VLAN || !device || !device->ours || strcmp(device->kind, "veth") != 0)
		return false;
	vlan_hidden_name(w->name, hidden);
	peer = links_find(a->links, hidden);
	port = links_find(a->links, w->parent);
	if (!peer || !port)
		return false;
	*ret = (struct vlan_entry) { .device = device->index,
				     .peer = peer->index,
				     .port = port->index,
				     .vid = w->vid,
				     .proto = w->vlan_proto,
				     .mac = device->mac };
	text_copy(ret->name, sizeof(ret->name), w->name);
	text_copy(ret->parent, sizeof(ret->parent), w->parent);
	return true;
}

static void hidden_configure(struct apply *a, const struct vlan_entry *e)
{
	const struct link_info *peer = links_find_index(a->links, e->peer);
	const struct link_info *device = links_find_index(a->links, e->device);

	if (!peer || !device)
		return;
	sysctl_ensure(a, peer->name, "ipv6/conf", "disable_ipv6", 1, false);
	if (peer->mtu != device->mtu)
		apply_done(a, link_set_mtu(a->nl, peer->index, device->mtu), "mtu", peer->name);
}

static struct vlan_entry *entry_find(struct vlans *v, const char *name)
{
	for (uint16_t i = 0; i < v->count; i++) {
		if (!strcmp(v->entries[i].name, name))
			return &v->entries[i];
	}
	return NULL;
}

static void entry_apply(struct vlans *v, struct apply *a, const struct vlan_entry *wished)
{
	struct vlan_entry *e = entry_find(v, wished->name);

	hidden_configure(a, wished);
	if (e && same_entry(e, wished))
		return;
	if (e)
		entry_uninstall(v, a, (uint16_t)(e - v->entries));
	if (v->count == VLAN_MAP_ENTRIES) {
		apply_fail(a, -ENOSPC, "vlan", wished->name);
		return;
	}
	if (apply_done(a, entry_install(v, a, wished), "vlan", wished->name) == 0)
		v->entries[v->count++] = *wished;
}

/* Programs of an earlier daemon on ports that carry no VLAN any more. */
static void leftovers_remove(struct vlans *v, struct apply *a)
{
	for (size_t i = 0; i < a->found->count; i++) {
		struct found_item item = a->found->items[i];
		const struct link_info *port = links_find(a->links, item.where);
		bool used = false;

		if (strcmp(item.what, "tc") != 0)
			continue;
		for (uint16_t k = 0; k < v->count; k++)
			used = used || !strcmp(v->entries[k].parent, item.where);
		if (used)
			continue;
		if (port)
			tc_ingress_detach(a->nl, port->index, &item);
		found_drop(a->found, item.what, item.where);
		i--;
	}
}

void vlans_apply(struct vlans *v, struct apply *a)
{
	struct vlan_entry wished;
	int r;

	for (uint16_t i = 0; i < v->count;) {
		const struct wish_link *w = wish_link_find(a->wish, v->entries[i].name);

		if (w && entry_wished(a, w, &wished))
			i++;
		else
			entry_uninstall(v, a, i);
	}
	for (uint16_t i = 0; i < a->wish->link_count; i++) {
		if (entry_wished(a, &a->wish->links[i], &wished))
			entry_apply(v, a, &wished);
	}
	leftovers_remove(v, a);
	r = vlans_carrier(v, a->nl, a->links);
	if (r < 0)
		apply_fail(a, r, "vlan", "carrier");
	else
		a->changes += (unsigned int)r;
}

int vlans_carrier(struct vlans *v, struct nl *nl, const struct link_list *links)
{
	int ret = 0;

	for (uint16_t i = 0; i < v->count; i++) {
		const struct link_info *port = links_find_index(links, v->entries[i].port);
		const struct link_info *peer = links_find_index(links, v->entries[i].peer);
		bool up = port && (port->flags & IFF_UP) && port->carrier;
		int r;

		if (!peer || up == ((peer->flags & IFF_UP) != 0))
			continue;
		r = link_set_up(nl, peer->index, up);
		if (r)
			return r;
		ret++;
	}
	return ret;
}

void vlans_remove(struct vlans *v, struct apply *a)
{
	while (v->count)
		entry_uninstall(v, a, 0);
	leftovers_remove(v, a);
	for (size_t i = 0; i < a->found->count; i++) {
		struct found_item item = a->found->items[i];
		const struct link_info *port;
		char *comma = strchr(item.where, ',');
		char where[sizeof(item.where)];
		struct mac mac;

		if (strcmp(item.what, "uc") != 0 || !comma)
			continue;
		text_copy(where, sizeof(where), item.where);
		*comma = '\0';
		port = links_find(a->links, item.where);
		if (port && mac_parse(comma + 1, &mac) == 0)
			fdb_unicast(a->nl, port->index, &mac, false);
		found_drop(a->found, "uc", where);
		i--;
	}
	vlans_done(v);
}

void vlans_done(struct vlans *v)
{
	if (v->object)
		bpf_object__close(v->object);
	memset(v, 0, sizeof(*v));
}
