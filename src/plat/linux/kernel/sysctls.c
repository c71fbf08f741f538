/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel variables of the network. */
#include "plat/linux/kernel/sysctls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int sysctl_open(const char *path, int flags)
{
	char file[128];
	int fd;

	/* Interface names may hold dots but never "..", nor a slash. */
	if (strstr(path, "..") ||
	    snprintf(file, sizeof(file), "/proc/sys/net/%s", path) >= (int)sizeof(file))
		return -EINVAL;
	fd = open(file, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* path is relative to /proc/sys/net. 0 or -errno. */
static int sysctl_read(const char *path, int *ret)
{
	char text[24];
	ssize_t len;
	int fd = sysctl_open(path, O_RDONLY);

	if (fd < 0)
		return fd;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return -EIO;
	text[len] = '\0';
	*ret = (int)strtol(text, NULL, 10);
	return 0;
}

static int sysctl_write(const char *path, int value)
{
	int fd = sysctl_open(path, O_WRONLY), r = 0;

	if (fd < 0)
		return fd;
	if (dprintf(fd, "%d\n", value) < 0)
		r = -errno;
	close(fd);
	return r;
}

/* The interface in "ipv4/conf/NAME/leaf" or "ipv6/neigh/NAME/leaf", "" if the path has none. */
static void path_interface(const char *path, char ret[static NODE_IFNAME])
{
	char name[NODE_IFNAME];

	ret[0] = '\0';
	if (sscanf(path, "ipv%*1[46]/%*[a-z]/%15[^/]/", name) == 1)
		text_copy(ret, NODE_IFNAME, name);
}

static void ensure(struct apply *a, const char *path, int value, bool keep)
{
	int now, r = sysctl_read(path, &now);

	if (r) {
		apply_fail(a, r, "sysctl", path);
		return;
	}
	if (now == value)
		return;
	if (keep) {
		r = found_put(a->found, "sysctl", path, now);
		if (r)
			apply_fail(a, r, "run directory", path);
	}
	apply_done(a, sysctl_write(path, value), "sysctl", path);
}

void sysctl_ensure(struct apply *a, const char *name, const char *family, const char *leaf,
		   int value, bool keep)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/%s/%s", family, name, leaf);
	ensure(a, path, value, keep);
}

/* With br_netfilter bridged frames would run through everybody's IP filters and be tracked: off,
 * where the kernel has it, for the whole network namespace (the kernel offers nothing finer). */
static void bridge_filter_off(struct apply *a)
{
	static const char *const paths[] = { "bridge/bridge-nf-call-iptables",
					     "bridge/bridge-nf-call-ip6tables",
					     "bridge/bridge-nf-call-arptables" };
	int now;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (sysctl_read(paths[i], &now) == 0)
			ensure(a, paths[i], 0, true);
	}
}

static bool is_wished(const struct wish *w, const char *path, const char *name)
{
	const struct wish_link *l = wish_link_find(w, name);

	for (uint16_t i = 0; i < w->sysctl_count; i++)
		if (!strcmp(w->sysctls[i].path, path))
			return true;
	return l && l->no_ipv6 && strstr(path, "/disable_ipv6");
}

/* What a port is no longer wanted to have, as when an address of somebody else has come to it. */
static void put_back_unwished(struct apply *a)
{
	for (size_t i = 0; i < a->found->count;) {
		struct found_item item = a->found->items[i];
		char name[NODE_IFNAME];

		path_interface(item.where, name);
		if (strcmp(item.what, "sysctl") != 0 || !name[0] || !strcmp(name, "all") ||
		    is_wished(a->wish, item.where, name)) {
			i++;
			continue;
		}
		if (links_find(a->links, name))
			apply_done(a, sysctl_write(item.where, (int)item.value), "sysctl",
				   item.where);
		found_drop(a->found, item.what, item.where);
	}
}

void sysctls_apply(struct sysctls *s, struct apply *a)
{
	const struct wish *w = a->wish;
	bool recheck = s->round++ % SYSCTLS_RECHECK == 0;

	if (recheck)
		bridge_filter_off(a);
	put_back_unwished(a);
	for (uint16_t i = 0; i < w->sysctl_count; i++) {
		const struct wish_sysctl *v = &w->sysctls[i];
		const struct link_info *link;
		char name[NODE_IFNAME];
		int index, now, error = a->error;

		path_interface(v->path, name);
		link = links_find(a->links, name);
		index = link ? link->index : 0;
		if (!recheck && i < s->count && s->seen[i].index == index &&
		    s->seen[i].wish.value == v->value && !strcmp(s->seen[i].wish.path, v->path))
			continue;
		a->error = 0;
		if (!v->unless_zero || sysctl_read(v->path, &now) || now != 0)
			ensure(a, v->path, v->value, !wish_makes_link(w, name));
		/* What failed is not remembered. */
		s->seen[i].index = a->error ? -1 : index;
		s->seen[i].wish = *v;
		a->error = error ? error : a->error;
	}
	s->count = w->sysctl_count;
}

void sysctls_restore(struct found *f)
{
	for (size_t i = 0; i < f->count;) {
		struct found_item item = f->items[i];

		if (strcmp(item.what, "sysctl") != 0) {
			i++;
			continue;
		}
		sysctl_write(item.where, (int)item.value);
		found_drop(f, item.what, item.where);
	}
}
