/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel made of bytes: libmnl's sockets are replaced, everything above them is what runs in the
 * daemon and in the lab. The input is {question u8, {length u16, datagram}*}: who asks, and what
 * comes back. An empty datagram ends an answer well, and so does the end of the input.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdlib.h>
#include <string.h>

#include "lab/rtnl.h"
#include "lib/wire.h"
#include "plat/linux/helpers/babel_flush.h"
#include "plat/linux/kernel/batadv.h"
#include "plat/linux/kernel/fdb.h"
#include "plat/linux/kernel/flows.h"
#include "plat/linux/kernel/tags.h"
#include "plat/linux/kernel/vlan.h"
#include "plat/linux/kernel/watch.h"
#include "plat/linux/kernel/wifi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct mnl_socket {
	bool notifies; /* else it answers requests */
	bool dump;
	uint32_t seq; /* of the last request */
};

static struct mnl_socket asking[4], watching = { .notifies = true };
static unsigned int opened;
static struct rd input;

struct mnl_socket *mnl_socket_open2(int bus, int flags)
{
	(void)bus;
	(void)flags;
	return &asking[opened++ % 3]; /* no more than three are open at a time */
}

int mnl_socket_bind(struct mnl_socket *s, unsigned int groups, pid_t pid)
{
	(void)s;
	(void)groups;
	(void)pid;
	return 0;
}

ssize_t mnl_socket_sendto(const struct mnl_socket *s, const void *req, size_t len)
{
	struct mnl_socket *to = &asking[s - asking];
	struct nlmsghdr h;

	if (s == &watching || len < sizeof(h))
		abort();
	memcpy(&h, req, sizeof(h));
	to->seq = h.nlmsg_seq;
	to->dump = (h.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	return (ssize_t)len;
}

/* What the kernel does by itself: no message is longer than an int, for libmnl counts with that,
 * and every answer is one to the last request. */
static void complete(const struct mnl_socket *s, uint8_t *buf, size_t len)
{
	struct nlmsghdr h;

	for (size_t at = 0; len - at >= sizeof(h); at += NLMSG_ALIGN(h.nlmsg_len)) {
		memcpy(&h, buf + at, sizeof(h));
		h.nlmsg_len &= INT32_MAX;
		if (!s->notifies) {
			h.nlmsg_seq = s->seq;
			h.nlmsg_pid = mnl_socket_get_portid(NULL);
		}
		memcpy(buf + at, &h, sizeof(h));
		if (h.nlmsg_len < sizeof(h) || NLMSG_ALIGN(h.nlmsg_len) > len - at)
			return;
	}
}

static size_t end_of_answer(const struct mnl_socket *s, void *buf)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);

	h->nlmsg_type = s->dump ? NLMSG_DONE : NLMSG_ERROR;
	mnl_nlmsg_put_extra_header(h, s->dump ? sizeof(int) : sizeof(struct nlmsgerr));
	return h->nlmsg_len;
}

ssize_t mnl_socket_recvfrom(const struct mnl_socket *s, void *buf, size_t cap)
{
	struct rd datagram = rd_sub(&input, rd_u16(&input));
	size_t len = rd_left(&datagram);

	/* no NUL behind the datagram by luck */
	memset(buf, 'x', cap);
	if (len > 0 && len <= cap)
		rd_copy(&datagram, buf, len);
	else if (s->notifies) {
		errno = len ? ENOBUFS : EAGAIN;
		return -1;
	} else
		len = end_of_answer(s, buf);
	complete(s, buf, len);
	return (ssize_t)len;
}

static void heard(void *arg, const struct event *e)
{
	(void)arg;
	if (e->kind != EVENT_PORT && e->kind != EVENT_CLIENT && e->kind != EVENT_SOLICIT &&
	    e->kind != EVENT_UPLINK && e->kind != EVENT_MESH)
		abort();
	if (e->kind == EVENT_MESH && e->mesh.port >= NODE_PORTS)
		abort();
	if (e->kind == EVENT_PORT && (e->port.port >= NODE_PORTS || !e->port.name[0]))
		abort();
}

/* A node with one port of clients, one of its own and one of somebody else. */
static const struct wish WISH = {
	.link_count = 3,
	.links = { { .kind = WISH_BRIDGE, .name = "br0", .up = true },
		   { .kind = WISH_VETH, .name = "bat0", .peer = "bat0p", .master = "br0" },
		   { .kind = WISH_EXISTING, .name = "eth1", .master = "br0", .up = true } },
	.addr_count = 2,
	.addrs = { { .dev = "br0", .ip4 = { { { 10, 13, 0, 2 } }, 16 } },
		   { .dev = "eth1", .v6 = true, .ip6 = { { { 0xfd, 0x0d, [15] = 2 } }, 64 } } },
	.route_count = 2,
	.routes = { { .table = 1701, .to4 = { { { 10, 13, 0, 0 } }, 16 }, .dev = "br0" },
		    { .table = 1703,
		      .v6 = true,
		      .via6 = { { 0xfe, 0x80, [15] = 1 } },
		      .dev = "eth1" } },
	.rule_count = 1,
	.rules = { { .priority = 100, .table = 172, .suppress_prefixlength = -1 } },
	.fdb_count = 1,
	.fdb = { { .dev = "bat0", .mac = { { 0xaa, 0xaa, 0xaa, 0, 0, 1 } } } },
	.filter = { .bridge = "br0", .cloud = "bat0", .cloud4 = { { { 10, 13 } }, 16 } },
	.batadv = { .used = true,
		    .orig_interval_ms = 1000,
		    .hop_penalty = 30,
		    .vlan_count = 1,
		    .vlans = { 5 },
		    .vlans_told = true },
};

struct box {
	struct nl nl;
	struct link_list links;
	struct found found;
	struct watch watch;
	struct vlans vlans;
	struct batadv batadv;
	char errors[512];
};

static void ask(struct box *b, uint8_t question)
{
	bool wifi;
	struct text errors = text_init(b->errors, sizeof(b->errors));
	struct apply a = { &b->nl, &WISH, &b->links, &b->found, &errors, 0, 0 };
	struct watch_view view = { &b->nl, &b->links, &b->found, &WISH, &b->vlans };
	struct rtnl lab = { &asking[3], 0 };
	struct batadv_view tables = { &b->links, &b->watch.ports, &WISH };
	struct rtnl_address addrs[4];
	struct tags tags = { false };

	switch (question % 12) {
	case 0:
		watch_read(&b->watch, &view, heard, NULL);
		break;
	case 1:
		links_dump(&b->nl, &b->links);
		break;
	case 2:
		addrs_apply(&a);
		break;
	case 3:
		routes_apply(&a);
		break;
	case 4:
		rules_apply(&a);
		break;
	case 5:
		fdb_apply(&a);
		break;
	case 6:
		wifi_kind(1, &wifi);
		babel_flush_routes();
		break;
	case 7:
		batadv_apply(&b->batadv, &a);
		break;
	case 8:
		batadv_read(&b->batadv, &tables, heard, NULL);
		break;
	case 9:
		if (rtnl_addresses(&lab, 0, addrs, 4) > 4)
			abort();
		break;
	case 10:
		flows_forget(&WISH.filter);
		break;
	default:
		tags_apply(&tags, &a);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct hash_key key = { 1, 2 };
	static struct box b;

	memset(&b, 0, sizeof(b));
	strcpy(b.found.path, "/nonexistent/found");
	b.watch.sock = &watching;
	b.watch.rescan = true;
	if (nl_open(&b.nl, NETLINK_ROUTE) || table_init(&b.watch.stations, sizeof(struct station),
							offsetof(struct station, port), 16, key))
		abort();
	input = rd_init(data, size);
	while (rd_left(&input))
		ask(&b, rd_u8(&input));
	links_done(&b.links);
	table_done(&b.watch.stations);
	return 0;
}
