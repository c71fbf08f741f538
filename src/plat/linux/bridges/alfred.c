/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A.L.F.R.E.D. beside trama: core/alfred at the node's place in the cloud (UDP on the client
 * bridge) and at the Unix socket that its programs know.
 *
 * `on` is a secondary, or a primary where there is none. `auto` only listens, by a packet socket so
 * that another server may run on this node, until a primary announces itself; it goes on as a
 * secondary, and ends when the last primary has not been heard for a minute.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/text.h"
#include "node/view.h"
#include "plat/linux/bridges/alfred_socket.h"
#include "plat/linux/bridges/alfred_values.h"
#include "plat/linux/log.h"
#include "plat/linux/loop.h"
#include "plat/linux/poller.h"

/* /run/alfred.sock, where programs look for it, is a link to it. */
#define SOCKET_PATH PARENT_RUN_DIR "/alfred.sock"
#define BURST 32	    /* datagrams at a time, before others have their turn */
#define FRAGMENT 1280	    /* clients may have less than the client bridge */
#define FRESH (5 * USEC_S)  /* own values are so old at most when somebody asks */
#define CHECK (10 * USEC_S) /* is the interface still the same? */

struct state {
	struct bridges_setup setup;
	bool stays; /* `on` */
	char dev[ALFRED_IFNAME], bat_iface[ALFRED_IFNAME];
	int index; /* 0: not there */
	struct mac mac;
	struct alfred *peer; /* NULL: idle, or no interface yet */
	struct poller *udp;  /* with a peer */
	struct poller *ear;  /* without one, where it does not stay */
	struct alfred_socket *socket;
	struct alarm *clock;
	usec_t filled_at, check_at;
	uint64_t starts, socket_errors, send_failed, not_local;
	char values[ALFRED_VALUE_MAX + 1];
	uint8_t packet[ALFRED_PACKET_MAX + 1];
};

static void clock_set(struct state *s);

/* ---- addresses ---- */

/* Who has another kind of address does not take part: peers know each other by the MAC in it. */
static bool mac_of(const struct ip6 *addr, struct mac *ret)
{
	const uint8_t *b = addr->b + 8;
	struct mac mac = { { b[0] ^ 2, b[1], b[2], b[5], b[6], b[7] } };
	struct ip6 back = ip6_link_local(&mac);

	*ret = mac;
	return mac_is_station(&mac) && ip6_eq(addr, &back);
}

static struct sockaddr_in6 address_of(const struct state *s, const struct mac *mac)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6,
				   .sin6_port = htons(ALFRED_UDP_PORT),
				   .sin6_scope_id = (uint32_t)s->index };
	struct ip6 addr = { { 0xff, 0x02, [15] = 1 } };

	if (!mac_eq(mac, &MAC_BROADCAST))
		addr = ip6_link_local(mac);
	memcpy(&to.sin6_addr, addr.b, sizeof(addr.b));
	return to;
}

/* ---- what goes out ---- */

static bool datagram_send(struct state *s, const struct mac *to, size_t len)
{
	union {
		struct cmsghdr head;
		char buf[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control = { 0 };
	struct sockaddr_in6 at = address_of(s, to);
	struct iovec iov = { .iov_base = s->packet, .iov_len = len };
	struct msghdr msg = { .msg_name = &at,
			      .msg_namelen = sizeof(at),
			      .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	struct in6_pktinfo from = { .ipi6_ifindex = (unsigned int)s->index };
	struct ip6 self = ip6_link_local(&s->mac);

	memcpy(&from.ipi6_addr, self.b, sizeof(self.b));
	control.head.cmsg_level = IPPROTO_IPV6;
	control.head.cmsg_type = IPV6_PKTINFO;
	control.head.cmsg_len = CMSG_LEN(sizeof(from));
	memcpy(CMSG_DATA(&control.head), &from, sizeof(from));
	return sendmsg(poller_fd(s->udp), &msg, MSG_DONTWAIT) >= 0;
}

/* What does not go now is lost; the next period brings it again. */
static void flush(struct state *s)
{
	struct mac to;
	size_t len;

	for (int i = 0; i < BURST; i++) {
		len = alfred_output(s->peer, s->packet, ALFRED_PACKET_MAX, &to, loop_now());
		if (!len)
			break;
		s->send_failed += !datagram_send(s, &to, len);
	}
	alfred_socket_look(s->socket);
	clock_set(s);
}

/* ---- what the peer needs to know ---- */

static uint8_t tq_of(const struct state *s, const struct mac *mac)
{
	const struct batman *b = node_batman(s->setup.node);
	struct batman_orig o;
	struct mac orig, self;

	if (batman_lookup(b, mac, 0, &orig))
		return 0;
	if (batman_self(b, &self) && mac_eq(&orig, &self))
		return UINT8_MAX;
	return batman_orig_find(b, &orig, &o) && o.reachable ? o.tq : 0;
}

static void peer_inform(struct state *s)
{
	struct alfred_primary p;
	usec_t now = loop_now();

	if (now - s->filled_at < FRESH && s->filled_at)
		return;
	s->filled_at = now;
	for (uint32_t i = 0; alfred_primary_next(s->peer, &i, &p);)
		alfred_set_tq(s->peer, &p.mac, tq_of(s, &p.mac));
	alfred_values_fill(&s->setup, s->peer, s->values, now);
}

/* ---- the Unix socket ---- */

static struct alfred *socket_peer(void *ctx)
{
	struct state *s = ctx;

	return s->peer;
}

static void socket_asked(void *ctx)
{
	peer_inform(ctx);
}

static void socket_acted(void *ctx)
{
	flush(ctx);
}

static void socket_interfaces(void *ctx, const char **ret_name, bool *ret_active,
			      const char **ret_bat_iface)
{
	const struct state *s = ctx;

	*ret_name = s->dev;
	*ret_active = s->index != 0;
	*ret_bat_iface = s->bat_iface;
}

/* In the next turn: the client who asks is of the peer that goes. */
static void socket_change(void *ctx, const char *name, bool bat_iface)
{
	struct state *s = ctx;
	char *to = bat_iface ? s->bat_iface : s->dev;

	if (!name[0] || strlen(name) >= ALFRED_IFNAME || strchr(name, ',') ||
	    (!bat_iface && !if_nametoindex(name)))
		return;
	text_copy(to, ALFRED_IFNAME, name);
	s->check_at = 0;
	alarm_set(s->clock, 0);
}

/* ---- with a peer ---- */

static bool datagram_read(struct state *s)
{
	struct sockaddr_in6 from = { 0 };
	socklen_t from_len = sizeof(from);
	ssize_t n = recvfrom(poller_fd(s->udp), s->packet, sizeof(s->packet), MSG_DONTWAIT,
			     (struct sockaddr *)&from, &from_len);
	struct ip6 addr;
	struct mac mac;

	if (n < 0)
		return false;
	memcpy(addr.b, &from.sin6_addr, sizeof(addr.b));
	if (!mac_of(&addr, &mac)) {
		s->not_local++;
		return true;
	}
	if (!mac_eq(&mac, &s->mac))
		(void)alfred_input(s->peer, &mac, s->packet, (size_t)n, loop_now());
	return true;
}

static void udp_ready(void *ctx, int events)
{
	struct state *s = ctx;

	(void)events;
	for (int i = 0; i < BURST && datagram_read(s); i++)
		;
	flush(s);
}

static int udp_open(const struct state *s)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6, .sin6_port = htons(ALFRED_UDP_PORT) };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1, mtu = FRAGMENT;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, s->dev, (socklen_t)strlen(s->dev)) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_MTU, &mtu, sizeof(mtu)) ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at))) {
		int r = -errno;

		close(fd);
		return r;
	}
	return fd;
}

static int udp_begin(struct state *s)
{
	int fd = udp_open(s);

	if (fd < 0)
		return fd;
	s->udp = poller_new(s->setup.loop, fd, UV_READABLE, udp_ready, s);
	return s->udp ? 0 : -ENOMEM;
}

static void peer_end(struct state *s)
{
	alfred_socket_free(s->socket);
	poller_free(s->udp);
	alfred_free(s->peer);
	s->socket = NULL;
	s->udp = NULL;
	s->peer = NULL;
}

static int peer_parts(struct state *s, usec_t now)
{
	const struct alfred_socket_calls calls = {
		s, socket_peer, socket_asked, socket_acted, socket_interfaces, socket_change
	};
	struct alfred_setup setup = { .self = s->mac, .elects = s->stays };
	uint64_t seed;
	int r = udp_begin(s);

	if (r)
		return r;
	if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		return -EIO;
	setup.rng = rng_init(seed);
	s->peer = alfred_new(&setup, now);
	if (!s->peer)
		return -ENOMEM;
	s->socket = alfred_socket_new(s->setup.loop, SOCKET_PATH, &calls, &r);
	return s->socket ? 0 : r;
}

static void peer_begin(struct state *s, usec_t now)
{
	int r = peer_parts(s, now);

	if (r) {
		s->socket_errors++;
		log_debug("alfred: %s: %s", s->dev, strerror(-r));
		peer_end(s);
		return;
	}
	s->starts++;
	s->filled_at = 0;
	poller_free(s->ear);
	s->ear = NULL;
}

/* ---- without one ---- */

enum { EAR_PASS = 6, EAR_DROP = 7 };

/* IPv6 packets from others to the UDP port; the socket leaves the Ethernet header away. */
static const struct sock_filter ear_filter[] = {
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, EAR_DROP - 2, 0),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, EAR_DROP - 4),
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 40 + 2),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ALFRED_UDP_PORT, 0, EAR_DROP - 6),
	[EAR_PASS] = BPF_STMT(BPF_RET | BPF_K, 512),
	[EAR_DROP] = BPF_STMT(BPF_RET | BPF_K, 0),
};

/* A primary that announces itself? */
static bool ear_hears(struct state *s, size_t len, struct mac *ret_from)
{
	struct rd r = rd_init(s->packet, len);
	struct alfred_msg m;
	struct ip6 from;

	rd_skip(&r, 8);
	from = rd_ip6(&r);
	rd_skip(&r, 16 + 8);
	return rd_ok(&r) && mac_of(&from, ret_from) && alfred_decode(r, &m) == 0 &&
	       m.packet == ALFRED_ANNOUNCE_PRIMARY;
}

static void ear_ready(void *ctx, int events)
{
	struct state *s = ctx;
	ssize_t n = recv(poller_fd(s->ear), s->packet, sizeof(s->packet), MSG_DONTWAIT);
	struct wr w = wr_init(s->packet, sizeof(s->packet));
	struct mac from;

	(void)events;
	if (n < 0 || !ear_hears(s, (size_t)n, &from))
		return;
	peer_begin(s, loop_now());
	if (!s->peer)
		return;
	alfred_announce_encode(&w);
	(void)alfred_input(s->peer, &from, s->packet, wr_len(&w), loop_now());
	peer_inform(s);
	flush(s);
}

static int ear_open(const struct state *s)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_IPV6),
				  .sll_ifindex = s->index };
	struct sock_filter code[sizeof(ear_filter) / sizeof(ear_filter[0])];
	struct sock_fprog prog = { .len = sizeof(code) / sizeof(code[0]), .filter = code };
	/* no protocol yet: nothing comes before the filter is there */
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	memcpy(code, ear_filter, sizeof(code));
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at))) {
		int r = -errno;

		close(fd);
		return r;
	}
	return fd;
}

static void ear_begin(struct state *s)
{
	int fd = ear_open(s);

	if (fd >= 0)
		s->ear = poller_new(s->setup.loop, fd, UV_READABLE, ear_ready, s);
	s->socket_errors += !s->ear;
}

/* ---- time ---- */

/* The interface goes and comes, and its MAC is what we are called. */
static void interface_check(struct state *s)
{
	struct mac mac = { 0 };
	int index = 0;

	if (!s->setup.device(s->setup.ctx, s->dev, &index, &mac))
		index = 0;
	if (index == s->index && mac_eq(&mac, &s->mac))
		return;
	s->index = index;
	s->mac = mac;
	poller_free(s->ear);
	s->ear = NULL;
	if (!s->peer)
		return;
	poller_free(s->udp);
	s->udp = NULL;
	if (index && !udp_begin(s))
		alfred_move(s->peer, &mac);
	else
		peer_end(s);
}

static bool is_wanted(const struct state *s)
{
	struct alfred_primary p;
	uint32_t i = 0;

	return s->stays || alfred_is_primary(s->peer) || alfred_primary_next(s->peer, &i, &p);
}

/* What they are called is known with the first wish. */
static void names_find(struct state *s)
{
	const struct wish_filter *f = &node_wish(s->setup.node)->filter;

	if (!s->dev[0])
		text_copy(s->dev, sizeof(s->dev), f->bridge);
	if (!s->bat_iface[0])
		text_copy(s->bat_iface, sizeof(s->bat_iface), f->cloud);
}

static void state_look(struct state *s, usec_t now)
{
	names_find(s);
	interface_check(s);
	if (s->peer && !is_wanted(s))
		peer_end(s);
	if (!s->index || s->peer)
		return;
	if (s->stays)
		peer_begin(s, now);
	else if (!s->ear)
		ear_begin(s);
}

static void clock_due(void *ctx)
{
	struct state *s = ctx;
	usec_t now = loop_now();

	if (now >= s->check_at) {
		s->check_at = now + CHECK;
		state_look(s, now);
	}
	if (!s->peer) {
		clock_set(s);
		return;
	}
	peer_inform(s);
	alfred_tick(s->peer, now);
	flush(s);
}

static void clock_set(struct state *s)
{
	usec_t now = loop_now(), due = s->check_at;

	if (s->peer)
		due = usec_min(due, alfred_deadline(s->peer));
	alarm_set(s->clock, due > now ? (uint64_t)((due - now) / USEC_MS) + 1 : 1);
}

/* ---- the bridge ---- */

static void stop(void *state)
{
	struct state *s = state;

	peer_end(s);
	poller_free(s->ear);
	alarm_free(s->clock);
	free(s);
}

static void *start(const struct bridges_setup *setup, int *ret_err)
{
	enum conf_use use = setup->conf->bridge.alfred;
	struct state *s;

	*ret_err = 0;
	if (use == CONF_USE_OFF)
		return NULL;
	*ret_err = -ENOMEM;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->setup = *setup;
	s->stays = use == CONF_USE_ON;
	s->clock = alarm_new(setup->loop, clock_due, s);
	if (!s->clock) {
		free(s);
		return NULL;
	}
	*ret_err = 0;
	alarm_set(s->clock, 1000); /* the bridge is made meanwhile */
	return s;
}

static bool counter(const void *state, uint32_t *cursor, const char **ret_name, uint64_t *ret_value)
{
	const struct state *s = state;
	static const struct alfred_counters no_peer;
	static const struct alfred_socket_counters no_socket;
	const struct alfred_counters *c = s->peer ? alfred_counters(s->peer) : &no_peer;
	const struct alfred_socket_counters *k =
		s->socket ? alfred_socket_counters(s->socket) : &no_socket;
	const struct alfred_facts *f = s->peer ? alfred_facts(s->peer) : NULL;
	const struct {
		const char *name;
		uint64_t value;
	} all[] = {
		{ "starts", s->starts },
		{ "socket_errors", s->socket_errors },
		{ "send_failed", s->send_failed },
		{ "not_local", s->not_local },
		{ "received", c->received },
		{ "sent", c->sent },
		{ "malformed", c->malformed },
		{ "over_rate", c->over_rate },
		{ "primaries_full", c->primaries_full },
		{ "pushes_full", c->pushes_full },
		{ "questions_failed", c->asks_failed },
		{ "values", f ? f->facts.count : 0 },
		{ "values_refused", f ? f->refused : 0 },
		{ "values_evicted", f ? f->evicted : 0 },
		{ "requests", k->requests },
		{ "requests_malformed", k->malformed },
		{ "requests_refused", k->refused },
		{ "requests_late", k->timeouts },
	};

	if (*cursor >= sizeof(all) / sizeof(all[0]))
		return false;
	*ret_name = all[*cursor].name;
	*ret_value = all[(*cursor)++].value;
	return true;
}

const struct bridge bridge_alfred = { "alfred", start, stop, counter };
