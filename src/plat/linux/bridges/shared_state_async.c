/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bridge to LibreMesh's shared-state-async: this node is one of those that share.
 *
 * Peers are the neighbours of Babel, and the originators of other software by their bridge's
 * link-local address, which follows from the MAC that they have as their own client. trama nodes
 * are none: they share by core/state. `auto` tries them only while the cloud has an originator of
 * other software, and opens its own port only once one of them has spoken.
 *
 * Every SS_ROUND each kind is synchronised with each peer, one after the other; a peer that fails
 * is tried ever less often. Nobody gets more than CONN_LIFE_MS for a connection, more than
 * CONNS_OF_ONE of them, or more of our time than `work` has.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/bucket.h"
#include "node/view.h"
#include "plat/linux/bridges/bridges.h"
#include "plat/linux/bridges/shared_state_msg.h"
#include "plat/linux/log.h"
#include "plat/linux/poller.h"
#include "rpc/shared_state_own.h"

#define PEERS 8
#define INCOMING 5
#define OUTGOING 3
#define CONNS (INCOMING + OUTGOING)
#define CONNS_OF_ONE 2
#define CONN_LIFE_MS 10000
#define CONN_YOUNG (2 * USEC_S) /* until then no newcomer takes its place */
#define TURNS 16		/* reads or writes of one connection before others have theirs */
#define READ_MAX 65536

#define ROUND (30 * USEC_S)
#define ROUND_MAX_DOUBLINGS 3
#define UNKNOWN_PAUSE (600 * USEC_S) /* of a kind that the peer does not know */
#define SPOKE_MAX (600 * USEC_S)     /* after which a silent peer opens our port no more */
#define LOOK_PAUSE (10 * USEC_S)     /* between two looks for peers */
#define LISTEN_PAUSE (60 * USEC_S)

/* What others send is worked on in pieces of WORK_SIZE: so many at once, and one per pause. */
#define WORK_SIZE 65536
#define WORK_BURST 48
#define WORK_PAUSE (200 * USEC_MS)

#define COUNTERS(X)                                                                                \
	X(SYNCS, "synchronised")                                                                   \
	X(SERVED, "served")                                                                        \
	X(FAILED, "failed")                                                                        \
	X(TIMEOUTS, "timeouts")                                                                    \
	X(REFUSED, "refused")                                                                      \
	X(OVER_RATE, "over_rate")                                                                  \
	X(MALFORMED, "malformed")                                                                  \
	X(BAD_ENTRIES, "bad_entries")                                                              \
	X(TAKEN, "entries_taken")                                                                  \
	X(OURS, "entries_of_ours_refused")                                                         \
	X(FULL, "entries_without_place")                                                           \
	X(LEFT_OUT, "entries_left_out")

enum counter {
#define X(name, text) C_##name,
	COUNTERS(X)
#undef X
		COUNTER_COUNT
};

#define KINDS SS_HOSTS /* those before it */

/* As theirs: what a type bleaches, its interval, and one. */
#define LIFE_S(bleach_s, interval_s) ((bleach_s) + (interval_s) + 1)

/* With the times that LibreMesh registers. */
static const struct ss_type types[KINDS] = {
	[SS_LEASES] = { .name = "dnsmasq-leases", .life_s = LIFE_S(2400, 30), .leases = true },
	[SS_BAT_HOSTS] = { .name = "bat-hosts", .life_s = LIFE_S(2400, 30) },
	[SS_NODE_INFO] = { .name = "node_info", .life_s = LIFE_S(2400, 33) },
	[SS_WIFI_LINKS] = { .name = "wifi_links_info", .life_s = LIFE_S(2400, 33) },
	[SS_BAT_LINKS] = { .name = "bat_links_info", .life_s = LIFE_S(2400, 30) },
	[SS_BABEL_LINKS] = { .name = "babel_links_info", .life_s = LIFE_S(2400, 30) },
};

struct peer {
	bool used, wanted;
	struct sockaddr_in6 address;
	usec_t spoke_at; /* last, 0: never */
	usec_t due_at;
	unsigned int failures; /* in a row */
	unsigned int kind;     /* that comes next */
	usec_t unknown_until[KINDS];
	bool busy;
};

struct conn {
	struct ssa *ssa;
	struct poller *poller; /* NULL: free */
	struct alarm *end;
	struct peer *peer; /* NULL: it came to us */
	struct sockaddr_in6 from;
	usec_t since;
	struct ss_session session;
};

struct ssa {
	struct bridges_setup setup;
	struct poller *listener;
	struct alarm *tick;
	struct ss_store stores[SS_KINDS]; /* the first KINDS are used */
	struct ss_own own;
	usec_t look_at, listen_at; /* next */
	bool others;		   /* originators of other software are there */
	struct bucket work;
	struct peer peers[PEERS];
	struct conn conns[CONNS];
	uint64_t counters[COUNTER_COUNT];
};

/* ---- what is said and heard ---- */

static struct ss_store *store_find(struct ssa *a, const char *name)
{
	for (unsigned int i = 0; i < KINDS; i++)
		if (!strcmp(types[i].name, name))
			return &a->stores[i];
	return NULL;
}

static void own_look(struct ssa *a, usec_t now)
{
	const struct ss_view view = { a->setup.node, a->setup.device, a->setup.neighbour_next,
				      a->setup.ctx };

	a->counters[C_LEFT_OUT] += ss_own_look(&a->own, &view, a->stores, now);
}

/* Our state of that kind as it is now. 0 or -ENOMEM. */
static int state_encode(struct ssa *a, const struct ss_store *s, struct ss_slice *ret)
{
	usec_t now = loop_now();
	int r;

	own_look(a, now);
	r = ss_encode(s, now, ret);
	a->counters[C_LEFT_OUT] += ret->left_out;
	return r;
}

/* False: there was too much to do. */
static bool state_heard(struct ssa *a, struct ss_store *s, const struct ss_session *from)
{
	struct ss_hearing h = { .own = &a->own,
				.store = s,
				.now = loop_now(),
				.source = IMPORT_SHARED_STATE,
				.import = a->setup.sink.event,
				.ctx = a->setup.sink.ctx };
	uint32_t pieces = (uint32_t)(from->in_len / WORK_SIZE) + 1;
	unsigned int bad;

	if (!bucket_take_many(&a->work, pieces, WORK_PAUSE, WORK_BURST, h.now)) {
		a->counters[C_OVER_RATE]++;
		return false;
	}
	own_look(a, h.now);
	if (ss_decode((const char *)from->in, from->in_len, ss_hear, &h, &bad))
		a->counters[C_MALFORMED]++;
	a->counters[C_BAD_ENTRIES] += bad;
	a->counters[C_TAKEN] += h.taken;
	a->counters[C_OURS] += h.ours;
	a->counters[C_FULL] += h.full;
	return true;
}

/* ---- connections ---- */

static void conn_done(struct conn *c)
{
	poller_free(c->poller);
	alarm_free(c->end);
	ss_session_done(&c->session);
	if (c->peer)
		c->peer->busy = false;
	c->poller = NULL;
}

/* A peer spoke version 1, whatever became of it then. */
static bool conn_spoke(const struct conn *c)
{
	return c->session.step != SS_HELLO;
}

/* The peer acknowledged a kind and closed in place of its state. */
static bool conn_unknown_kind(const struct conn *c)
{
	return c->session.step == SS_NAME_LEN && !c->session.in_len;
}

static void peer_done(struct ssa *a, struct conn *c, bool good)
{
	struct peer *p = c->peer;
	usec_t now = loop_now();

	if (conn_spoke(c))
		p->spoke_at = now;
	if (!good && conn_unknown_kind(c)) {
		p->unknown_until[p->kind] = now + UNKNOWN_PAUSE;
		good = true;
	}
	if (good) {
		p->failures = 0;
		p->kind++;
		a->counters[C_SYNCS]++;
	} else {
		p->failures++;
		a->counters[C_FAILED]++;
	}
	if (good && p->kind < KINDS) {
		p->due_at = now;
		return;
	}
	p->kind = 0;
	p->due_at = now + (ROUND << (p->failures < ROUND_MAX_DOUBLINGS ? p->failures
								       : ROUND_MAX_DOUBLINGS));
}

static void conn_end(struct conn *c, bool good)
{
	struct ssa *a = c->ssa;

	if (c->peer)
		peer_done(a, c, good);
	else
		a->counters[good ? C_SERVED : C_FAILED]++;
	conn_done(c);
	alarm_set(a->tick, 0);
}

static void conn_old(void *ctx)
{
	struct conn *c = ctx;

	c->ssa->counters[C_TIMEOUTS]++;
	conn_end(c, false);
}

/* Their state is here. False: close. */
static bool conn_message(struct conn *c)
{
	struct ss_store *s = store_find(c->ssa, c->session.name);
	struct ss_slice slice;
	int r;

	if (!s)
		return !c->peer && !ss_session_answer(&c->session, NULL, 0);
	if (!state_heard(c->ssa, s, &c->session))
		return false;
	if (c->peer)
		return true;
	r = state_encode(c->ssa, s, &slice);
	if (!r)
		r = ss_session_answer(&c->session, slice.text, slice.len);
	ss_slice_done(&slice);
	return r == 0;
}

/* -EAGAIN: it waits for the other side; else enum ss_news, or -errno. */
static int conn_step(struct conn *c)
{
	const uint8_t *from;
	uint8_t *to;
	size_t len;
	ssize_t n;
	int r;

	from = ss_session_write(&c->session, &len);
	if (from) {
		n = send(poller_fd(c->poller), from, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n >= 0)
			return ss_session_written(&c->session, (size_t)n);
		r = -errno;
		poller_set(c->poller, UV_WRITABLE);
		return r;
	}
	len = ss_session_room(&c->session, &to);
	n = recv(poller_fd(c->poller), to, len < READ_MAX ? len : READ_MAX, MSG_DONTWAIT);
	if (n > 0)
		return ss_session_read(&c->session, (size_t)n);
	r = n ? -errno : -ECONNRESET;
	poller_set(c->poller, UV_READABLE);
	return r;
}

static void conn_ready(void *ctx, int events)
{
	struct conn *c = ctx;

	(void)events;
	for (int i = 0; i < TURNS; i++) {
		int r = conn_step(c);

		if (r == -EAGAIN || r == -EINTR)
			return;
		if (r == SS_MESSAGE && conn_message(c))
			continue;
		if (r == SS_NOTHING)
			continue;
		conn_end(c, r == SS_END);
		return;
	}
	/* it goes on in the next turn, whichever of both it waits for */
	poller_set(c->poller, UV_READABLE | UV_WRITABLE);
}

/* Owns fd. NULL when there is no memory. */
static struct conn *conn_begin(struct ssa *a, struct conn *c, int fd, int events)
{
	c->ssa = a;
	c->peer = NULL;
	c->since = loop_now();
	c->end = alarm_new(a->setup.loop, conn_old, c);
	if (!c->end) {
		close(fd);
		return NULL;
	}
	c->poller = poller_new(a->setup.loop, fd, events, conn_ready, c);
	if (!c->poller) {
		alarm_free(c->end);
		return NULL;
	}
	alarm_set(c->end, CONN_LIFE_MS);
	return c;
}

/* ---- peers that come to us ---- */

/* Addresses on our bridge, on the interfaces of Babel, and of the cloud's network. */
static bool is_near(const struct ssa *a, const struct sockaddr_in6 *from)
{
	const struct node *n = a->setup.node;
	const struct cloud *cloud = node_cloud(n);
	struct ip6 ip6;
	struct ip4 ip4;
	struct mac mac;
	int index;

	memcpy(ip6.b, &from->sin6_addr, sizeof(ip6.b));
	if (lease_unmapped(&ip6, &ip4))
		return net4_has(&cloud->network4, &ip4);
	if (!ip6_is_link_local(&ip6))
		return net6_has(&cloud->network6, &ip6);
	if (a->setup.device(a->setup.ctx, NODE_BRIDGE, &index, &mac) &&
	    (uint32_t)index == from->sin6_scope_id)
		return true;
	for (uint16_t i = 0; i < NODE_PORTS; i++) {
		const char *dev = node_port_babel_dev(n, i);

		if (dev[0] && a->setup.device(a->setup.ctx, dev, &index, &mac) &&
		    (uint32_t)index == from->sin6_scope_id)
			return true;
	}
	return false;
}

/* A free place, or that of the oldest that is not young any more. */
static struct conn *incoming_place(struct ssa *a, const struct sockaddr_in6 *from)
{
	struct conn *oldest = NULL, *place = NULL;
	unsigned int count = 0, same = 0;

	for (struct conn *c = a->conns; c < a->conns + CONNS; c++) {
		if (!c->poller) {
			place = c;
		} else if (!c->peer) {
			count++;
			same += !memcmp(&c->from.sin6_addr, &from->sin6_addr,
					sizeof(from->sin6_addr));
			if (!oldest || c->since < oldest->since)
				oldest = c;
		}
	}
	if (same >= CONNS_OF_ONE)
		return NULL;
	if (count < INCOMING)
		return place;
	if (loop_now() - oldest->since < CONN_YOUNG)
		return NULL;
	conn_end(oldest, false);
	return oldest;
}

static void listener_ready(void *ctx, int events)
{
	struct ssa *a = ctx;

	(void)events;
	for (int i = 0; i < CONNS; i++) {
		struct sockaddr_in6 from = { 0 };
		socklen_t len = sizeof(from);
		int fd = accept4(poller_fd(a->listener), (struct sockaddr *)&from, &len,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);
		struct conn *c;

		if (fd < 0)
			return;
		c = is_near(a, &from) ? incoming_place(a, &from) : NULL;
		if (!c) {
			a->counters[C_REFUSED]++;
			close(fd);
			continue;
		}
		c->from = from;
		ss_session_server(&c->session);
		(void)conn_begin(a, c, fd, UV_READABLE);
	}
}

static int listener_open(void)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6, .sin6_port = htons(SS_PORT) };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1, none = 0, r;

	if (fd < 0)
		return -errno;
	if (!setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) &&
	    !setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &none, sizeof(none)) &&
	    !bind(fd, (struct sockaddr *)&at, sizeof(at)) && !listen(fd, CONNS))
		return fd;
	r = -errno;
	close(fd);
	return r;
}

static void listener_set(struct ssa *a, bool wanted, usec_t now)
{
	int fd;

	if (!wanted) {
		poller_free(a->listener);
		a->listener = NULL;
		return;
	}
	if (a->listener || now < a->listen_at)
		return;
	a->listen_at = now + LISTEN_PAUSE;
	fd = listener_open();
	if (fd < 0)
		log_warning("shared-state-async: port %d: %s", SS_PORT, strerror(-fd));
	else
		a->listener = poller_new(a->setup.loop, fd, UV_READABLE, listener_ready, a);
}

/* ---- peers that we go to ---- */

static struct peer *peer_find(struct ssa *a, const struct sockaddr_in6 *address)
{
	for (struct peer *p = a->peers; p < a->peers + PEERS; p++)
		if (p->used && p->address.sin6_scope_id == address->sin6_scope_id &&
		    !memcmp(&p->address.sin6_addr, &address->sin6_addr, sizeof(address->sin6_addr)))
			return p;
	return NULL;
}

/* A link-local address behind a device. */
static void peer_offer(struct ssa *a, const struct ip6 *address, const char *dev)
{
	struct sockaddr_in6 s = { .sin6_family = AF_INET6, .sin6_port = htons(SS_PORT) };
	struct peer *p;
	struct mac mac;
	int index;

	if (!dev[0] || !a->setup.device(a->setup.ctx, dev, &index, &mac))
		return;
	memcpy(&s.sin6_addr, address->b, sizeof(s.sin6_addr));
	s.sin6_scope_id = (uint32_t)index;
	p = peer_find(a, &s);
	for (struct peer *i = a->peers; !p && i < a->peers + PEERS; i++)
		if (!i->used)
			p = i;
	if (!p)
		return;
	if (!p->used)
		*p = (struct peer) { .used = true, .address = s };
	p->wanted = true;
}

/* The node itself among the clients of an originator: a node's MACs end with the same bytes. */
static bool is_itself(const struct batman_client *c)
{
	return c->vid == 0 && !memcmp(c->mac.b + 3, c->orig.b + 3, 3) &&
	       memcmp(c->mac.b, c->orig.b, 3) != 0;
}

static void peers_of_cloud(struct ssa *a)
{
	const struct batman *b = node_batman(a->setup.node);
	struct batman_client c;
	struct batman_orig o;

	a->others = ss_own_has_others(a->setup.node);
	for (uint32_t i = 0; a->others && batman_global_next(b, &i, &c);) {
		struct ip6 address = ip6_link_local(&c.mac);

		if (is_itself(&c) && batman_orig_find(b, &c.orig, &o) && !o.trama)
			peer_offer(a, &address, NODE_BRIDGE);
	}
}

static void peers_look(struct ssa *a, bool always)
{
	const struct node *n = a->setup.node;
	struct event_neighbour e;

	for (struct peer *p = a->peers; p < a->peers + PEERS; p++)
		p->wanted = false;
	peers_of_cloud(a);
	for (uint32_t i = 0;
	     (always || a->others) && a->setup.neighbour_next(a->setup.ctx, &i, &e);)
		if (e.cost != 0xffff && !node_peer_speaks(n, e.port, &e.address))
			peer_offer(a, &e.address, node_port_babel_dev(n, e.port));
	for (struct peer *p = a->peers; p < a->peers + PEERS; p++)
		if (!p->wanted && !p->busy)
			p->used = false;
	for (unsigned int i = 0; i < KINDS; i++)
		ss_store_bleach(&a->stores[i], loop_now());
}

static struct conn *outgoing_place(struct ssa *a)
{
	struct conn *place = NULL;
	unsigned int count = 0;

	for (struct conn *c = a->conns; c < a->conns + CONNS; c++) {
		if (!c->poller)
			place = c;
		else if (c->peer)
			count++;
	}
	return count < OUTGOING ? place : NULL;
}

static int socket_connect(const struct sockaddr_in6 *to)
{
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || !connect(fd, (const struct sockaddr *)to, sizeof(*to)) ||
	    errno == EINPROGRESS)
		return fd;
	close(fd);
	return -1;
}

/* The next kind. False: not even begun. */
static bool peer_sync(struct ssa *a, struct peer *p, struct conn *c)
{
	struct ss_slice slice;
	int fd, r = state_encode(a, &a->stores[p->kind], &slice);

	if (!r)
		r = ss_session_client(&c->session, types[p->kind].name, slice.text, slice.len);
	ss_slice_done(&slice);
	fd = r ? -1 : socket_connect(&p->address);
	if (fd < 0 || !conn_begin(a, c, fd, UV_WRITABLE)) {
		if (!r)
			ss_session_done(&c->session);
		return false;
	}
	c->peer = p;
	p->busy = true;
	return true;
}

static void peer_due(struct ssa *a, struct peer *p, usec_t now)
{
	struct conn *c;

	while (p->kind < KINDS && p->unknown_until[p->kind] > now)
		p->kind++;
	if (p->kind == KINDS) {
		p->kind = 0;
		p->due_at = now + ROUND;
		return;
	}
	c = outgoing_place(a);
	if (!c || peer_sync(a, p, c))
		return;
	a->counters[C_FAILED]++;
	p->failures++;
	p->due_at = now + ROUND;
}

static bool is_wanted(const struct ssa *a, usec_t now)
{
	if (a->setup.conf->bridge.shared_state == CONF_USE_ON)
		return true;
	for (const struct peer *p = a->peers; p < a->peers + PEERS; p++)
		if (p->used && p->spoke_at && now - p->spoke_at < SPOKE_MAX)
			return a->others;
	return false;
}

static void tick(void *ctx)
{
	struct ssa *a = ctx;
	usec_t now = loop_now();

	if (now >= a->look_at) {
		peers_look(a, a->setup.conf->bridge.shared_state == CONF_USE_ON);
		a->look_at = now + LOOK_PAUSE;
	}
	listener_set(a, is_wanted(a, now), now);
	for (struct peer *p = a->peers; p < a->peers + PEERS; p++)
		if (p->used && !p->busy && p->due_at <= now)
			peer_due(a, p, now);
	alarm_set(a->tick, 1000);
}

/* ---- life ---- */

static void stop(void *state)
{
	struct ssa *a = state;

	for (struct conn *c = a->conns; c < a->conns + CONNS; c++)
		if (c->poller)
			conn_done(c);
	poller_free(a->listener);
	alarm_free(a->tick);
	for (unsigned int i = 0; i < KINDS; i++)
		ss_store_done(&a->stores[i]);
	ss_own_done(&a->own);
	free(a);
}

static int begin(struct ssa *a)
{
	struct hash_key key;
	int r;

	if (getrandom(&key, sizeof(key), 0) != (ssize_t)sizeof(key))
		return -EIO;
	r = ss_own_init(&a->own, key);
	for (unsigned int i = 0; !r && i < KINDS; i++)
		r = ss_store_init(&a->stores[i], &types[i], key);
	a->tick = alarm_new(a->setup.loop, tick, a);
	if (!r && !a->tick)
		r = -ENOMEM;
	if (!r)
		alarm_set(a->tick, 1000);
	return r;
}

static void *start(const struct bridges_setup *setup, int *ret_err)
{
	struct ssa *a;

	*ret_err = 0;
	if (setup->conf->bridge.shared_state == CONF_USE_OFF)
		return NULL;
	a = calloc(1, sizeof(*a));
	if (!a) {
		*ret_err = -ENOMEM;
		return NULL;
	}
	a->setup = *setup;
	*ret_err = begin(a);
	if (*ret_err) {
		stop(a);
		return NULL;
	}
	return a;
}

static bool counter(const void *state, uint32_t *cursor, const char **ret_name, uint64_t *ret_value)
{
	static const char *const names[] = {
#define X(name, text) text,
		COUNTERS(X)
#undef X
	};
	const struct ssa *a = state;

	if (*cursor >= COUNTER_COUNT)
		return false;
	*ret_name = names[*cursor];
	*ret_value = a->counters[(*cursor)++];
	return true;
}

static const struct ss_store *store(const void *state, uint32_t *cursor)
{
	const struct ssa *a = state;

	return *cursor < KINDS ? &a->stores[(*cursor)++] : NULL;
}

const struct bridge bridge_shared_state_async = { "shared_state_async", start, stop, counter,
						  store };
