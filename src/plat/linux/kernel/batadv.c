/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/kernel/batadv.h"

#include <errno.h>
#include <linux/batman_adv.h>
#include <linux/ethtool.h>
#include <linux/genetlink.h>
#include <linux/if.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct setting {
	uint16_t attribute;
	bool wide; /* u32, else u8 */
	uint32_t value;
};

struct settings {
	size_t count;
	struct setting list[8];
	bool differ;
};

/* One telling. */
struct reading {
	const struct batadv_view *view;
	struct settings *settings;
	system_event_fn *fn;
	void *arg;
};

static int batadv_begin(struct batadv *b)
{
	int r;

	if (!b->nl.sock) {
		r = nl_open(&b->nl, NETLINK_GENERIC);
		if (r)
			return r;
	}
	if (!b->family)
		b->family = nl_family(&b->nl, BATADV_NL_NAME);
	return b->family ? 0 : -EOPNOTSUPP;
}

void batadv_done(struct batadv *b)
{
	nl_close(&b->nl);
	b->family = 0;
}

static struct nlmsghdr *request(struct batadv *b, uint8_t command, uint16_t flags, int ifindex)
{
	struct nlmsghdr *m = nl_begin_generic(&b->nl, b->family, command, flags);

	mnl_attr_put_u32(m, BATADV_ATTR_MESH_IFINDEX, (uint32_t)ifindex);
	return m;
}

/* A module that was loaded anew has another number of its family. A device without an active port
 * answers the same when it is asked for tables. */
static int ask(struct batadv *b, uint8_t command, uint16_t flags, int ifindex, nl_fn *fn, void *arg)
{
	int r = nl_talk(&b->nl, request(b, command, flags, ifindex), fn, arg);

	if (r != -ENOENT)
		return r;
	b->family = 0;
	r = batadv_begin(b);
	return r ? r : nl_talk(&b->nl, request(b, command, flags, ifindex), fn, arg);
}

static void attributes(const struct nlmsghdr *m,
		       const struct nlattr *tb[static BATADV_ATTR_MAX + 1])
{
	nl_attrs(m, sizeof(struct genlmsghdr), tb, BATADV_ATTR_MAX);
}

/* ---- settings ---- */

static struct settings settings_wished(const struct wish_batadv *w)
{
	return (struct settings) {
		.count = 7,
		.list = { { BATADV_ATTR_ORIG_INTERVAL, true, w->orig_interval_ms },
			  { BATADV_ATTR_HOP_PENALTY, false, w->hop_penalty },
			  { BATADV_ATTR_BRIDGE_LOOP_AVOIDANCE_ENABLED, false, 0 },
			  { BATADV_ATTR_DISTRIBUTED_ARP_TABLE_ENABLED, false, 0 },
			  { BATADV_ATTR_GW_MODE, false, BATADV_GW_MODE_OFF },
			  { BATADV_ATTR_FRAGMENTATION_ENABLED, false, 1 },
			  { BATADV_ATTR_AGGREGATED_OGMS_ENABLED, false, w->aggregated_ogms } },
	};
}

static void settings_compare(struct settings *s, const struct nlattr *const *tb)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct setting *v = &s->list[i];
		const struct nlattr *is = tb[v->attribute];

		/* what a kernel is built without it does not show, and need not be told to leave */
		if (is && v->value != (v->wide ? nl_u32(is, 0) : nl_u8(is, 0)))
			s->differ = true;
	}
}

static int settings_read(void *arg, const struct nlmsghdr *m)
{
	const struct nlattr *tb[BATADV_ATTR_MAX + 1];

	if (!m || m->nlmsg_type < NLMSG_MIN_TYPE)
		return 0;
	attributes(m, tb);
	settings_compare(arg, tb);
	return 0;
}

static int settings_write(struct batadv *b, const struct settings *s, int ifindex)
{
	struct nlmsghdr *m = request(b, BATADV_CMD_SET_MESH, 0, ifindex);

	for (size_t i = 0; i < s->count; i++) {
		if (s->list[i].wide)
			mnl_attr_put_u32(m, s->list[i].attribute, s->list[i].value);
		else
			mnl_attr_put_u8(m, s->list[i].attribute, (uint8_t)s->list[i].value);
	}
	return nl_talk(&b->nl, m, NULL, NULL);
}

void batadv_apply(struct batadv *b, struct apply *a)
{
	const char *name = a->wish->filter.cloud;
	const struct link_info *l = links_find(a->links, name);
	struct settings s;
	int r;

	if (!a->wish->batadv.used || !l || !l->ours)
		return;
	s = settings_wished(&a->wish->batadv);
	r = batadv_begin(b);
	if (!r)
		r = ask(b, BATADV_CMD_GET_MESH, 0, l->index, settings_read, &s);
	if (r)
		apply_fail(a, r, "batman-adv settings", name);
	else if (s.differ)
		r = apply_done(a, settings_write(b, &s, l->index), "batman-adv settings", name);
	b->refused = r != 0;
	b->changed = false;
}

/* ---- tables ---- */

static void tell(const struct reading *r, const struct batman_row *row)
{
	struct event e = { .kind = EVENT_MESH, .mesh = *row };

	r->fn(r->arg, &e);
}

/* The port whose mesh device this is; false when that is not one of ours. */
static bool port_of(const struct batadv_view *v, int hard_ifindex, uint16_t *ret)
{
	const struct link_info *l = links_find_index(v->links, hard_ifindex);
	const struct wish_link *w = l ? wish_link_find(v->wish, l->name) : NULL;
	const char *name = w && w->kind == WISH_VLAN ? w->parent : l ? l->name : "";

	for (size_t i = 0; i < NODE_PORTS; i++) {
		const struct port *p = &v->ports->v[i];

		if (p->here && !strcmp(p->told.name, name)) {
			*ret = p->told.port;
			return true;
		}
	}
	return false;
}

static int self_row(void *arg, const struct nlmsghdr *m)
{
	const struct nlattr *tb[BATADV_ATTR_MAX + 1];
	struct batman_row row = { .kind = BATMAN_ROW_SELF };
	const struct reading *r = arg;

	if (!m || m->nlmsg_type < NLMSG_MIN_TYPE)
		return 0;
	attributes(m, tb);
	settings_compare(r->settings, tb);
	row.ttvn = nl_u8(tb[BATADV_ATTR_TT_TTVN], 0);
	if (nl_bytes(tb[BATADV_ATTR_HARD_ADDRESS], row.mac.b, sizeof(row.mac.b)))
		tell(r, &row);
	return 0;
}

static int path_row(void *arg, const struct nlmsghdr *m)
{
	const struct nlattr *tb[BATADV_ATTR_MAX + 1];
	const struct reading *r = arg;
	struct batman_row row = { .kind = BATMAN_ROW_PATH };

	if (!m || m->nlmsg_type < NLMSG_MIN_TYPE)
		return 0;
	attributes(m, tb);
	row.tq = nl_u8(tb[BATADV_ATTR_TQ], 0);
	row.best = tb[BATADV_ATTR_FLAG_BEST] != NULL;
	row.last_seen_ms = nl_u32(tb[BATADV_ATTR_LAST_SEEN_MSECS], 0);
	if (nl_bytes(tb[BATADV_ATTR_ORIG_ADDRESS], row.mac.b, sizeof(row.mac.b)) &&
	    nl_bytes(tb[BATADV_ATTR_NEIGH_ADDRESS], row.via.b, sizeof(row.via.b)) &&
	    port_of(r->view, (int)nl_u32(tb[BATADV_ATTR_HARD_IFINDEX], 0), &row.port))
		tell(r, &row);
	return 0;
}

static int client_row(const struct reading *r, const struct nlmsghdr *m, enum batman_row_kind kind)
{
	const struct nlattr *tb[BATADV_ATTR_MAX + 1];
	struct batman_row row = { .kind = kind };

	if (!m || m->nlmsg_type < NLMSG_MIN_TYPE)
		return 0;
	attributes(m, tb);
	row.vid = nl_u16(tb[BATADV_ATTR_TT_VID], 0);
	row.flags = nl_u32(tb[BATADV_ATTR_TT_FLAGS], 0);
	row.crc = nl_u32(tb[BATADV_ATTR_TT_CRC32], 0);
	row.ttvn = nl_u8(tb[BATADV_ATTR_TT_TTVN], 0);
	row.last_ttvn = nl_u8(tb[BATADV_ATTR_TT_LAST_TTVN], 0);
	row.last_seen_ms = nl_u32(tb[BATADV_ATTR_LAST_SEEN_MSECS], 0);
	if (nl_bytes(tb[BATADV_ATTR_TT_ADDRESS], row.mac.b, sizeof(row.mac.b)) &&
	    (kind == BATMAN_ROW_LOCAL ||
	     nl_bytes(tb[BATADV_ATTR_ORIG_ADDRESS], row.via.b, sizeof(row.via.b))))
		tell(r, &row);
	return 0;
}

static int local_row(void *arg, const struct nlmsghdr *m)
{
	return client_row(arg, m, BATMAN_ROW_LOCAL);
}

static int global_row(void *arg, const struct nlmsghdr *m)
{
	return client_row(arg, m, BATMAN_ROW_GLOBAL);
}

int batadv_read(struct batadv *b, const struct batadv_view *view, system_event_fn *fn, void *arg)
{
	static const struct {
		uint8_t command;
		uint16_t flags;
		nl_fn *row;
	} tables[] = {
		{ BATADV_CMD_GET_MESH, 0, self_row },
		/* originators before the clients that they serve */
		{ BATADV_CMD_GET_ORIGINATORS, NLM_F_DUMP, path_row },
		{ BATADV_CMD_GET_TRANSTABLE_LOCAL, NLM_F_DUMP, local_row },
		{ BATADV_CMD_GET_TRANSTABLE_GLOBAL, NLM_F_DUMP, global_row },
	};
	const struct link_info *l = links_find(view->links, view->wish->filter.cloud);
	struct settings settings = settings_wished(&view->wish->batadv);
	struct reading reading = { .view = view, .settings = &settings, .fn = fn, .arg = arg };
	int r = l ? batadv_begin(b) : -ENODEV;

	for (size_t i = 0; !r && i < sizeof(tables) / sizeof(tables[0]); i++)
		r = ask(b, tables[i].command, tables[i].flags, l->index, tables[i].row, &reading);
	b->changed = l && l->ours && settings.differ && !b->refused;
	if (!r)
		tell(&reading, &(struct batman_row) { .kind = BATMAN_ROW_END });
	return r;
}

/* ---- statistics ---- */

static int ethtool(int fd, const char *name, void *request)
{
	struct ifreq r = { .ifr_data = request };

	text_copy(r.ifr_name, sizeof(r.ifr_name), name);
	return ioctl(fd, SIOCETHTOOL, &r) < 0 ? -errno : 0;
}

/* First how many there are, then the names of so many, then their values. */
static int statistics_read(int fd, const char *name, system_statistic_fn *fn, void *arg)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	int r = ethtool(fd, name, &info);
	uint32_t count = r ? 0 : info.n_stats;
	struct ethtool_gstrings *names = calloc(1, sizeof(*names) + count * ETH_GSTRING_LEN);
	struct ethtool_stats *values = calloc(1, sizeof(*values) + count * sizeof(uint64_t));
	char text[ETH_GSTRING_LEN + 1] = "";

	if (!names || !values)
		r = -ENOMEM;
	if (!r) {
		*names = (struct ethtool_gstrings) { ETHTOOL_GSTRINGS, ETH_SS_STATS, count };
		*values = (struct ethtool_stats) { ETHTOOL_GSTATS, count };
		r = ethtool(fd, name, names);
	}
	if (!r)
		r = ethtool(fd, name, values);
	for (uint32_t i = 0; !r && i < count; i++) {
		memcpy(text, names->data + i * ETH_GSTRING_LEN, ETH_GSTRING_LEN);
		fn(arg, text, values->data[i]);
	}
	free(names);
	free(values);
	return r;
}

int batadv_statistics(const char *name, system_statistic_fn *fn, void *arg)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), r;

	if (fd < 0)
		return -errno;
	r = statistics_read(fd, name, fn, arg);
	close(fd);
	return r;
}
