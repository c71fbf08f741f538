/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/bridges/alfred_socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/text.h"
#include "plat/linux/poller.h"
#include "plat/linux/unix_socket.h"

#define KNOWN_PATH "/run/alfred.sock"
#define PACKET (ALFRED_HEAD + 65535)
#define BACKLOG 10
#define TURN_PACKETS 8 /* to one client before others have their turn */
#define SEND_BUFFER (256 * 1024)
#define LOOK_MS 1000

/* Programs read a packet in three pieces and take a short one for the end, so it is sent whole. */
enum client_state {
	CLIENT_READS,
	CLIENT_ASKS, /* the best primary, for a client of a secondary */
	CLIENT_WRITES,
	CLIENT_LISTENS,
	CLIENT_GONE,
};

struct client {
	struct alfred_socket *socket;
	struct poller *poller;
	enum client_state state;
	usec_t since; /* it has come, has begun to say something, has taken something */
	uint8_t *buf; /* PACKET bytes: the request, then its answer */
	size_t len, at;
	bool last; /* what is in buf ends the answer */
	int ask;
	uint8_t type;
	uint16_t id, seqno;
	uint32_t cursor;
};

struct alfred_socket {
	uv_loop_t *loop;
	struct alfred_socket_calls calls;
	struct poller *listener;
	struct alarm *clock;
	struct client *clients[ALFRED_CLIENTS];
	struct alfred_socket_counters counters;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

static struct alfred *peer_of(const struct client *c)
{
	return c->socket->calls.peer(c->socket->calls.ctx);
}

static void acted(const struct client *c)
{
	c->socket->calls.acted(c->socket->calls.ctx);
}

static usec_t now_of(const struct alfred_socket *s)
{
	return s->calls.now(s->calls.ctx);
}

static void client_free(struct client *c)
{
	if (c->state == CLIENT_ASKS)
		alfred_ask_drop(peer_of(c), c->ask);
	poller_free(c->poller);
	free(c->buf);
	free(c);
}

/* Freed in the next turn: callers still have it. */
static void client_end(struct client *c)
{
	if (c->state == CLIENT_ASKS)
		alfred_ask_drop(peer_of(c), c->ask);
	c->state = CLIENT_GONE;
	poller_set(c->poller, 0);
	alarm_set(c->socket->clock, 0);
}

/* ---- answers ---- */

/* The next packet of the answer into buf; false: there is none. */
static bool answer_next(struct client *c)
{
	struct wr w = wr_init(c->buf, PACKET);

	if (c->last || !alfred_value_next(peer_of(c), c->type, &c->cursor, c->id, c->seqno, &w))
		return false;
	c->seqno++;
	c->at = 0;
	c->len = wr_len(&w);
	return true;
}

static void client_write(struct client *c)
{
	for (int i = 0; i < TURN_PACKETS; i++) {
		ssize_t n;

		if (c->at == c->len && !answer_next(c)) {
			client_end(c);
			return;
		}
		n = send(poller_fd(c->poller), c->buf + c->at, c->len - c->at,
			 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			client_end(c);
			return;
		}
		c->since = now_of(c->socket);
		c->at += (size_t)n;
	}
}

static void answer_begin(struct client *c)
{
	c->state = CLIENT_WRITES;
	c->since = now_of(c->socket);
	c->at = c->len = 0;
	poller_set(c->poller, UV_WRITABLE);
}

static void answer_only(struct client *c, const struct wr *w)
{
	answer_begin(c);
	c->len = wr_len(w);
	c->last = true;
}

static void answer_error(struct client *c)
{
	struct wr w = wr_init(c->buf, PACKET);

	alfred_error_encode(&w, c->id);
	answer_only(c, &w);
}

static void answer_status(struct client *c)
{
	const struct alfred_socket *s = c->socket;
	struct wr w = wr_init(c->buf, PACKET);
	const char *name, *bat_iface;
	bool active;

	s->calls.interfaces(s->calls.ctx, &name, &active, &bat_iface);
	alfred_status_encode(&w, alfred_is_primary(peer_of(c)), name, active, bat_iface);
	answer_only(c, &w);
}

/* ---- requests ---- */

static void request_values(struct client *c, const struct alfred_msg *m)
{
	c->socket->calls.asked(c->socket->calls.ctx);
	c->type = m->type;
	c->id = m->id;
	c->ask = alfred_ask(peer_of(c), m->type, now_of(c->socket));
	if (c->ask >= 0) {
		c->state = CLIENT_ASKS;
		acted(c);
	} else if (c->ask == -ENOENT) {
		answer_begin(c);
	} else {
		answer_error(c);
	}
}

/* One value per request, as the original has it. */
static void request_set(struct client *c, struct alfred_msg *m)
{
	struct alfred_block b;

	if (!alfred_block_next(&m->blocks, &b))
		c->socket->counters.malformed++;
	else if (alfred_set(peer_of(c), &b, now_of(c->socket)))
		c->socket->counters.refused++;
	else
		acted(c);
	client_end(c);
}

static void request_change(struct client *c, const struct alfred_msg *m)
{
	struct alfred_socket *s = c->socket;

	if (!s->calls.change(s->calls.ctx, m->names, m->packet == ALFRED_CHANGE_BAT_IFACE))
		s->counters.refused++;
	client_end(c);
}

static void request_handle(struct client *c, struct alfred_msg *m)
{
	c->socket->counters.requests++;
	switch (m->packet) {
	case ALFRED_PUSH_DATA:
		request_set(c, m);
		return;
	case ALFRED_REQUEST:
		request_values(c, m);
		return;
	case ALFRED_MODESWITCH:
		alfred_set_primary(peer_of(c), m->primary);
		acted(c);
		client_end(c);
		return;
	case ALFRED_CHANGE_INTERFACE:
	case ALFRED_CHANGE_BAT_IFACE:
		request_change(c, m);
		return;
	case ALFRED_SERVER_STATUS:
		answer_status(c);
		return;
	case ALFRED_EVENT_REGISTER:
		c->state = CLIENT_LISTENS;
		free(c->buf);
		c->buf = NULL;
		return;
	case ALFRED_ANNOUNCE_PRIMARY:
	case ALFRED_STATUS_TXEND:
	case ALFRED_STATUS_ERROR:
	case ALFRED_EVENT_NOTIFY:
		break;
	}
	c->socket->counters.malformed++;
	client_end(c);
}

static void client_read(struct client *c)
{
	ssize_t n = recv(poller_fd(c->poller), c->buf + c->len, PACKET - c->len, MSG_DONTWAIT);
	struct alfred_msg m;
	size_t whole;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_end(c);
		return;
	}
	if (!c->len)
		c->since = now_of(c->socket);
	c->len += (size_t)n;
	whole = alfred_packet_len(rd_init(c->buf, c->len));
	if (!whole || c->len < whole)
		return;
	if (alfred_decode(rd_init(c->buf, c->len), &m)) {
		c->socket->counters.malformed++;
		client_end(c);
		return;
	}
	request_handle(c, &m);
}

/* Who waits says no more: it has gone, or does not know the protocol. Who only has no more to say
 * still waits for its answer, and whether it has gone as well is seen when that is sent. */
static void client_heard(struct client *c)
{
	char byte;
	ssize_t n = recv(poller_fd(c->poller), &byte, 1, MSG_DONTWAIT);

	if (n == 0 && c->state == CLIENT_ASKS)
		poller_set(c->poller, 0);
	else if (n >= 0 || (errno != EAGAIN && errno != EINTR))
		client_end(c);
}

static void client_ready(void *ctx, int events)
{
	struct client *c = ctx;

	if (c->state == CLIENT_READS)
		client_read(c);
	else if (c->state == CLIENT_WRITES && (events & UV_WRITABLE))
		client_write(c);
	else if (c->state == CLIENT_ASKS || c->state == CLIENT_LISTENS)
		client_heard(c);
}

/* ---- what happens meanwhile ---- */

static void ask_look(struct client *c)
{
	enum alfred_ask_state state = alfred_ask_state(peer_of(c), c->ask);

	if (state == ALFRED_ASK_DONE)
		answer_begin(c);
	else if (state == ALFRED_ASK_FAILED)
		answer_error(c);
}

static void notify(struct alfred_socket *s, uint8_t type, const struct mac *source)
{
	uint8_t packet[16];
	struct wr w = wr_init(packet, sizeof(packet));

	alfred_notify_encode(&w, type, source);
	for (int i = 0; i < ALFRED_CLIENTS; i++) {
		struct client *c = s->clients[i];

		if (c && c->state == CLIENT_LISTENS &&
		    send(poller_fd(c->poller), packet, wr_len(&w), MSG_DONTWAIT | MSG_NOSIGNAL) !=
			    (ssize_t)wr_len(&w))
			client_end(c);
	}
}

void alfred_socket_look(struct alfred_socket *s)
{
	struct out o;

	for (int i = 0; i < ALFRED_CLIENTS; i++)
		if (s->clients[i] && s->clients[i]->state == CLIENT_ASKS)
			ask_look(s->clients[i]);
	while (alfred_event(s->calls.peer(s->calls.ctx), &o)) {
		struct mac source;

		memcpy(&source, o.data, sizeof(source));
		notify(s, (uint8_t)o.arg, &source);
	}
}

static bool is_late(const struct client *c)
{
	bool began = (c->state == CLIENT_READS && c->len) || c->state == CLIENT_WRITES;

	return began && now_of(c->socket) - c->since > ALFRED_CLIENT_S * USEC_S;
}

/* Every second while there are clients, and when one ends. */
static void clock_due(void *ctx)
{
	struct alfred_socket *s = ctx;
	bool any = false;

	for (int i = 0; i < ALFRED_CLIENTS; i++) {
		struct client *c = s->clients[i];

		if (!c)
			continue;
		if (is_late(c)) {
			s->counters.timeouts++;
			c->state = CLIENT_GONE;
		}
		if (c->state == CLIENT_GONE) {
			s->clients[i] = NULL;
			client_free(c);
			poller_set(s->listener, UV_READABLE);
		} else {
			any = true;
		}
	}
	if (any)
		alarm_set(s->clock, LOOK_MS);
}

/* ---- the socket ---- */

/* The programs give up what lets root open everything, so the socket is open to all, and who comes
 * is looked at. */
static bool may_come(int fd)
{
	struct ucred cred = { 0 };
	socklen_t len = sizeof(cred);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) &&
	       (cred.uid == 0 || cred.uid == geteuid());
}

/* A place for one more, maybe of somebody who makes room; NULL: all are busy. */
static struct client **place_find(struct alfred_socket *s)
{
	struct client **silent = NULL;

	for (int i = 0; i < ALFRED_CLIENTS; i++) {
		struct client **c = &s->clients[i];

		if (!*c || (*c)->state == CLIENT_GONE)
			return c;
		if ((*c)->state == CLIENT_READS && !(*c)->len &&
		    (!silent || (*c)->since < (*silent)->since))
			silent = c;
	}
	return silent;
}

static struct client *client_new(struct alfred_socket *s, int fd)
{
	struct client *c = calloc(1, sizeof(*c));
	int size = SEND_BUFFER;

	if (c)
		c->buf = malloc(PACKET);
	if (!c || !c->buf) {
		free(c);
		close(fd);
		return NULL;
	}
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	c->socket = s;
	c->since = now_of(s);
	c->poller = poller_new(s->loop, fd, UV_READABLE, client_ready, c);
	if (!c->poller) {
		free(c->buf);
		free(c);
		return NULL;
	}
	return c;
}

static void listener_ready(void *ctx, int events)
{
	struct alfred_socket *s = ctx;
	struct client **place = place_find(s);
	int fd;

	(void)events;
	if (!place) {
		poller_set(s->listener, 0); /* until one has gone */
		return;
	}
	fd = accept4(poller_fd(s->listener), NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	if (!may_come(fd)) {
		s->counters.refused++;
		close(fd);
		return;
	}
	if (*place) {
		s->counters.replaced += (*place)->state != CLIENT_GONE;
		client_free(*place);
	}
	*place = client_new(s, fd);
	if (*place && !alarm_is_set(s->clock))
		alarm_set(s->clock, LOOK_MS);
}

bool alfred_socket_of_other(void)
{
	return unix_socket_listens(KNOWN_PATH);
}

struct alfred_socket *alfred_socket_new(uv_loop_t *loop, const char *path,
					const struct alfred_socket_calls *calls, int *ret_err)
{
	struct alfred_socket *s = calloc(1, sizeof(*s));
	int fd = s ? unix_socket_listen(path, 0666, BACKLOG) : -ENOMEM;

	*ret_err = fd < 0 ? fd : -ENOMEM;
	if (fd < 0) {
		free(s);
		return NULL;
	}
	s->loop = loop;
	s->calls = *calls;
	text_copy(s->path, sizeof(s->path), path);
	s->clock = alarm_new(loop, clock_due, s);
	s->listener = poller_new(loop, fd, UV_READABLE, listener_ready, s);
	if (!s->clock || !s->listener) {
		alarm_free(s->clock);
		poller_free(s->listener);
		unlink(path);
		free(s);
		return NULL;
	}
	*ret_err = 0;
	return s;
}

void alfred_socket_free(struct alfred_socket *s)
{
	if (!s)
		return;
	for (int i = 0; i < ALFRED_CLIENTS; i++)
		if (s->clients[i])
			client_free(s->clients[i]);
	poller_free(s->listener);
	alarm_free(s->clock);
	unlink(s->path);
	free(s);
}

const struct alfred_socket_counters *alfred_socket_counters(const struct alfred_socket *s)
{
	return &s->counters;
}
