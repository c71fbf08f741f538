/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A.L.F.R.E.D. beside trama: core/alfred at the node's place in the cloud (UDP on the client
 * bridge) and at the Unix socket that its programs know.
 *
 * `on` is a secondary, or a primary where there is none. `auto` only listens, by a packet socket so
 * that another server may run on this node, until a primary announces itself; it goes on as a
 * secondary, and ends when the last primary has not been heard for a minute. While another server
 * runs here it does nothing.
 */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/text.h"
#include "node/view.h"
#include "plat/linux/bridges/alfred_socket.h"
#include "plat/linux/bridges/alfred_values.h"
#include "plat/linux/bridges/alfred_wire.h"
#include "plat/linux/log.h"
#include "plat/linux/poller.h"

#define SOCKET_PATH PARENT_RUN_DIR "/alfred.sock"
#define NO_BAT_IFACE "none"    /* `alfred -B`: everybody is reached alike */
#define BURST 32	       /* datagrams at a time, before others have their turn */
#define FRESH (5 * USEC_S)     /* own values are so old at most when somebody asks */
#define CHECK (10 * USEC_S)    /* is the interface still the same? */
#define OTHER_BACK (2 * CHECK) /* another server may take so long to start anew */

struct state {
	struct bridges_setup setup;
	bool stays;  /* `on` */
	bool warned; /* that it cannot begin */
	char dev[ALFRED_IFNAME], bat_iface[ALFRED_IFNAME];
	int index; /* 0: not there */
	struct mac mac;
	struct alfred *peer; /* NULL: idle, or no interface yet */
	struct poller *udp;  /* with a peer, while the interface is there */
	struct poller *ear;  /* without one, where it does not stay */
	struct alfred_socket *socket;
	struct alarm *clock;
	usec_t filled_at, check_at;
	usec_t other_at; /* another server was seen, 0 = never */
	uint64_t starts, socket_errors, send_failed, not_local, left_to_other;
	char values[ALFRED_VALUE_MAX + 1];
	uint8_t packet[ALFRED_PACKET_MAX + 1];
};

static void clock_set(struct state *s);

/* ---- what goes out ---- */

/* What does not go now is lost; the next period brings it again. */
static void flush(struct state *s)
{
	struct mac to;
	size_t len;

	for (int i = 0; i < BURST; i++) {
		len = alfred_output(s->peer, s->packet, ALFRED_PACKET_MAX, &to, loop_now());
		if (!len)
			break;
		s->send_failed += !s->udp || !alfred_udp_send(poller_fd(s->udp), s->index, &s->mac,
							      &to, s->packet, len);
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

	if (!strcmp(s->bat_iface, NO_BAT_IFACE))
		return UINT8_MAX;
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

static usec_t socket_now(void *ctx)
{
	(void)ctx;
	return loop_now();
}

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
	*ret_active = s->udp != NULL;
	*ret_bat_iface = s->bat_iface;
}

/* In the next turn: the client who asks is of the peer that goes. Of several interfaces none is
 * taken. */
static bool socket_change(void *ctx, const char *name, bool bat_iface)
{
	struct state *s = ctx;
	char *to = bat_iface ? s->bat_iface : s->dev;

	if (!name[0] || strlen(name) >= ALFRED_IFNAME || strchr(name, ',') ||
	    (!bat_iface && !if_nametoindex(name)))
		return false;
	text_copy(to, ALFRED_IFNAME, name);
	s->check_at = 0;
	alarm_set(s->clock, 0);
	return true;
}

/* ---- with a peer ---- */

static void datagram_take(struct state *s, const struct mac *from, bool to_all, size_t len)
{
	if (mac_eq(from, &s->mac) ||
	    alfred_input(s->peer, from, to_all, s->packet, len, loop_now()))
		return;
	alfred_set_tq(s->peer, from, tq_of(s, from)); /* it may be a primary that is new */
	alfred_socket_look(s->socket);
}

static bool datagram_read(struct state *s)
{
	struct mac from;
	bool to_all;
	ssize_t n =
		alfred_udp_read(poller_fd(s->udp), s->packet, sizeof(s->packet), &from, &to_all);

	if (n < 0)
		return false;
	if (mac_is_zero(&from))
		s->not_local++;
	else
		datagram_take(s, &from, to_all, (size_t)n);
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

static int udp_begin(struct state *s)
{
	int fd = alfred_udp_open(s->dev);

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
	const struct alfred_socket_calls calls = { s,
						   socket_now,
						   socket_peer,
						   socket_asked,
						   socket_acted,
						   socket_interfaces,
						   socket_change };
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

static void begin_failed(struct state *s, int err)
{
	s->socket_errors++;
	if (s->stays && !s->warned)
		log_warning("bridge to alfred at %s: %s", s->dev, strerror(-err));
	s->warned = true;
}

/* Another server at this node, to which `auto` leaves the port, also while it is started anew. */
static bool other_serves(struct state *s, usec_t now)
{
	if (s->stays)
		return false;
	if (alfred_socket_of_other())
		s->other_at = now;
	return s->other_at && now - s->other_at < OTHER_BACK;
}

/* Who announces itself again at once has to wait for the next check where it was in vain. */
static void peer_begin(struct state *s, usec_t now)
{
	int r;

	poller_free(s->ear);
	s->ear = NULL;
	if (other_serves(s, now)) {
		s->left_to_other++;
		return;
	}
	r = peer_parts(s, now);
	if (r) {
		begin_failed(s, r);
		peer_end(s);
		return;
	}
	s->starts++;
	s->filled_at = 0;
	s->warned = false;
}

/* ---- without one ---- */

static void ear_ready(void *ctx, int events)
{
	struct state *s = ctx;
	struct wr w = wr_init(s->packet, sizeof(s->packet));
	struct mac from;

	(void)events;
	if (!alfred_ear_hears(poller_fd(s->ear), &from))
		return;
	peer_begin(s, loop_now());
	if (!s->peer)
		return;
	alfred_announce_encode(&w);
	(void)alfred_input(s->peer, &from, true, s->packet, wr_len(&w), loop_now());
	peer_inform(s);
	flush(s);
}

static void ear_begin(struct state *s)
{
	int fd = alfred_ear_open(s->index);

	if (fd >= 0)
		s->ear = poller_new(s->setup.loop, fd, UV_READABLE, ear_ready, s);
	s->socket_errors += !s->ear;
}

/* ---- time ---- */

/* The interface goes and comes, and its MAC is what we are called. What the peer knows and who is
 * at its socket stay meanwhile. */
static void interface_check(struct state *s)
{
	struct mac mac = { 0 };
	int index = 0;

	if (!s->setup.device(s->setup.ctx, s->dev, &index, &mac))
		index = 0;
	if (index == s->index && (!index || mac_eq(&mac, &s->mac)))
		return;
	s->index = index;
	poller_free(s->ear);
	poller_free(s->udp);
	s->ear = s->udp = NULL;
	if (!index)
		return;
	s->mac = mac;
	if (s->peer)
		alfred_move(s->peer, &mac);
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
	bool other = other_serves(s, now);
	int r;

	names_find(s);
	interface_check(s);
	if (s->peer && (other || !is_wanted(s))) {
		s->left_to_other += other;
		peer_end(s);
	}
	if (!s->index)
		return;
	if (s->peer && !s->udp) {
		r = udp_begin(s);
		s->warned = s->warned && r;
		if (r)
			begin_failed(s, r);
	} else if (!s->peer && s->stays) {
		peer_begin(s, now);
	} else if (!s->peer && !s->ear && !other) {
		ear_begin(s);
	}
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
		{ "left_to_other", s->left_to_other },
		{ "received", c->received },
		{ "sent", c->sent },
		{ "malformed", c->malformed },
		{ "over_rate", c->over_rate },
		{ "told_to_all", c->to_all },
		{ "primaries_full", c->primaries_full },
		{ "pushes_full", c->pushes_full },
		{ "questions_failed", c->asks_failed },
		{ "events_lost", c->events_lost },
		{ "values", f ? f->facts.count : 0 },
		{ "values_refused", f ? f->refused : 0 },
		{ "values_evicted", f ? f->evicted : 0 },
		{ "requests", k->requests },
		{ "requests_malformed", k->malformed },
		{ "requests_refused", k->refused },
		{ "requests_late", k->timeouts },
		{ "clients_replaced", k->replaced },
	};

	if (*cursor >= sizeof(all) / sizeof(all[0]))
		return false;
	*ret_name = all[*cursor].name;
	*ret_value = all[(*cursor)++].value;
	return true;
}

const struct bridge bridge_alfred = { "alfred", start, stop, counter, NULL };
