/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/bucket.h"
#include "lib/text.h"
#include "plat/linux/poller.h"
#include "plat/linux/unix_socket.h"

#define READ_SIZE 4096
#define OUT_KEPT                                                                                   \
	(64 * 1024) /* bytes of a buffer that stays, and more than is needed of a new one */
#define DELAY_MS 100
#define TURN_MS 1 /* with 0 the timer would run again in the same turn of the loop */
#define REQUEST_INTERVAL (USEC_S / CONTROL_RATE)

struct control_peer {
	struct control *control;
	struct poller *poller;
	uid_t uid;
	bool dying;  /* write what is left, then close */
	bool broken; /* close */
	bool waits;  /* for its turn to be called, and is not read meanwhile */
	char *in;    /* one request at most, grown as needed */
	size_t in_len, in_cap, scanned;
	char *out;
	size_t out_at, out_len, out_cap;
};

/* Whatever the number of its connections. */
struct user {
	uid_t uid;
	struct bucket requests;
};

struct control {
	uv_loop_t *loop;
	struct control_calls calls;
	struct poller *listener;
	struct alarm *turn; /* peers that are to be closed, and those read later */
	struct control_peer *peers[CONTROL_PEERS];
	struct user users[CONTROL_PEERS];
	struct control_counters counters;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

static const char error_long[] = "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,"
				 "\"message\":\"request longer than 65536 bytes\"}}";
static const char error_many[] = "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32000,"
				 "\"message\":\"too many connections\"}}\n";

/* Who is not there yet takes the place of who has been quiet the longest. */
static struct user *user_get(struct control *c, uid_t uid)
{
	struct user *quiet = &c->users[0];

	for (int i = 0; i < CONTROL_PEERS; i++) {
		struct user *u = &c->users[i];

		if (u->uid == uid)
			return u;
		if (u->requests.full_at < quiet->requests.full_at)
			quiet = u;
	}
	*quiet = (struct user) { .uid = uid };
	return quiet;
}

static bool user_may_ask(struct control *c, uid_t uid)
{
	usec_t now = (usec_t)uv_now(c->loop) * USEC_MS;

	return bucket_take(&user_get(c, uid)->requests, REQUEST_INTERVAL, CONTROL_BURST, now);
}

static void peer_free(struct control_peer *p)
{
	poller_free(p->poller);
	free(p->in);
	free(p->out);
	free(p);
}

static void peer_remove(struct control_peer *p)
{
	struct control *c = p->control;

	c->calls.gone(c->calls.ctx, p);
	for (int i = 0; i < CONTROL_PEERS; i++) {
		if (c->peers[i] == p)
			c->peers[i] = NULL;
	}
	peer_free(p);
}

static void peer_break(struct control_peer *p)
{
	p->broken = true;
	alarm_set(p->control->turn, 0);
}

static void peer_out_free(struct control_peer *p)
{
	free(p->out);
	p->out = NULL;
	p->out_at = p->out_len = p->out_cap = 0;
}

static void peer_cut_off(struct control_peer *p)
{
	p->control->counters.cut_off++;
	peer_out_free(p);
	peer_break(p);
}

static void peer_poll(struct control_peer *p)
{
	poller_set(p->poller, (p->waits ? 0 : UV_READABLE) | (p->out_len ? UV_WRITABLE : 0));
}

/* As much as the peer takes now. */
static void peer_write(struct control_peer *p)
{
	while (p->out_len > 0 && !p->broken) {
		ssize_t n = send(poller_fd(p->poller), p->out + p->out_at, p->out_len,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			peer_break(p);
			return;
		}
		p->out_at += (size_t)n;
		p->out_len -= (size_t)n;
	}
	if (!p->out_len) {
		p->out_at = 0;
		if (p->out_cap > OUT_KEPT)
			peer_out_free(p);
		if (p->dying)
			peer_break(p);
	}
	peer_poll(p);
}

/* Cuts off who has most where more waits than may; the next answer comes to that, whatever it is.
 */
static void room_make(struct control *c)
{
	for (;;) {
		struct control_peer *most = NULL;
		size_t all = 0;

		for (int i = 0; i < CONTROL_PEERS; i++) {
			struct control_peer *p = c->peers[i];

			if (p && (!most || p->out_len > most->out_len))
				most = p;
			all += p ? p->out_len : 0;
		}
		if (all <= CONTROL_OUTPUT_ALL)
			return;
		peer_cut_off(most);
	}
}

/* false: there is no memory. */
static bool out_grow(struct control_peer *p, size_t need)
{
	size_t cap = need + (need < OUT_KEPT ? need : OUT_KEPT);
	char *bigger = realloc(p->out, cap);

	if (!bigger)
		return false;
	p->out = bigger;
	p->out_cap = cap;
	return true;
}

/* behind_max: bytes that may wait already. */
static int peer_send(struct control_peer *p, const char *text, size_t len, size_t behind_max)
{
	size_t need;

	if (p->broken || p->dying)
		return -EPIPE;
	if (p->out_len > behind_max)
		peer_cut_off(p);
	else
		room_make(p->control);
	if (p->broken)
		return -EPIPE;
	need = p->out_at + p->out_len + len + 1;
	/* a peer that is always a little behind must not make this grow */
	if (need > p->out_cap && p->out_at) {
		memmove(p->out, p->out + p->out_at, p->out_len);
		need -= p->out_at;
		p->out_at = 0;
	}
	if (need > p->out_cap && !out_grow(p, need)) {
		peer_break(p);
		return -EPIPE;
	}
	memcpy(p->out + p->out_at + p->out_len, text, len);
	p->out[p->out_at + p->out_len + len] = '\n';
	p->out_len += len + 1;
	peer_write(p);
	return p->broken ? -EPIPE : 0;
}

int control_reply(struct control_peer *p, const char *text, size_t len)
{
	return peer_send(p, text, len, CONTROL_OUTPUT_MAX);
}

int control_notify(struct control_peer *p, const char *text, size_t len)
{
	return peer_send(p, text, len, CONTROL_BEHIND_MAX);
}

static void peer_too_long(struct control_peer *p)
{
	p->control->counters.too_long++;
	control_reply(p, error_long, sizeof(error_long) - 1);
	p->dying = true;
	peer_write(p);
}

enum lines {
	LINES_DONE,  /* no whole line is there any more */
	LINES_MORE,  /* one was called, there is another */
	LINES_LATER, /* the user has asked too fast */
};

/* Calls one request: who sends many must not keep the node from everything else. */
static enum lines peer_line(struct control_peer *p)
{
	struct control *c = p->control;
	char *end = memchr(p->in + p->scanned, '\n', p->in_len - p->scanned);
	size_t len = end ? (size_t)(end - p->in) : 0;

	if (!end) {
		p->scanned = p->in_len;
		return LINES_DONE;
	}
	if (len > CONTROL_REQUEST_MAX) {
		peer_too_long(p);
		return LINES_DONE;
	}
	if (len > 0 && !user_may_ask(c, p->uid)) {
		c->counters.delayed++;
		return LINES_LATER;
	}
	*end = '\0';
	if (len > 0) {
		c->counters.requests++;
		c->calls.call(c->calls.ctx, p, p->in, len);
	}
	p->in_len -= len + 1;
	memmove(p->in, end + 1, p->in_len);
	p->scanned = 0;
	if (memchr(p->in, '\n', p->in_len))
		return LINES_MORE;
	p->scanned = p->in_len;
	return LINES_DONE;
}

/* Closes or reads on soon. */
static void turn_ask(struct control *c, uint64_t delay_ms)
{
	if (delay_ms <= TURN_MS || !alarm_is_set(c->turn))
		alarm_set(c->turn, delay_ms);
}

/* True when it waits for its turn and is not read meanwhile. */
static bool peer_waits(struct control_peer *p)
{
	enum lines lines = peer_line(p);

	p->waits = lines != LINES_DONE && !p->broken;
	peer_poll(p);
	if (p->waits)
		turn_ask(p->control, lines == LINES_MORE ? TURN_MS : DELAY_MS);
	return p->waits;
}

static bool peer_grow(struct control_peer *p)
{
	size_t cap = p->in_cap ? 2 * p->in_cap : READ_SIZE;
	char *bigger = realloc(p->in, cap);

	if (!bigger)
		return false;
	p->in = bigger;
	p->in_cap = cap;
	return true;
}

static void peer_read(struct control_peer *p)
{
	ssize_t n;

	if (p->in_len == p->in_cap && !peer_grow(p)) {
		peer_break(p);
		return;
	}
	n = recv(poller_fd(p->poller), p->in + p->in_len, p->in_cap - p->in_len, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		peer_break(p);
		return;
	}
	p->in_len += (size_t)n;
	if (!peer_waits(p) && !p->dying && p->in_len > CONTROL_REQUEST_MAX)
		peer_too_long(p);
}

static void peer_ready(void *ctx, int events)
{
	struct control_peer *p = ctx;

	if (!p->broken && (events & UV_WRITABLE))
		peer_write(p);
	if (!p->broken && !p->dying && (events & UV_READABLE))
		peer_read(p);
	else if (p->dying && (events & UV_READABLE))
		peer_break(p);
}

/* Closes what is to be closed, reads on where requests wait. */
static void turn_due(void *ctx)
{
	struct control *c = ctx;

	for (int i = 0; i < CONTROL_PEERS; i++) {
		struct control_peer *p = c->peers[i];

		if (p && p->waits && !p->broken)
			(void)peer_waits(p);
		if (p && p->broken)
			peer_remove(p);
	}
}

/* A free place, unless this user or all together have enough. */
static struct control_peer **place_find(struct control *c, uid_t uid)
{
	struct control_peer **place = NULL;
	unsigned int same = 0, left = 0;

	for (int i = 0; i < CONTROL_PEERS; i++) {
		if (!c->peers[i]) {
			place = &c->peers[i];
			left++;
		} else if (c->peers[i]->uid == uid) {
			same++;
		}
	}
	if (uid != 0 && left <= CONTROL_PEERS_OF_ROOT)
		return NULL;
	return same < CONTROL_PEERS_PER_USER ? place : NULL;
}

static void listener_ready(void *ctx, int events)
{
	struct control *c = ctx;
	struct ucred cred = { 0 };
	socklen_t len = sizeof(cred);
	struct control_peer **place, *p;
	int fd = accept4(poller_fd(c->listener), NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0)
		return;
	c->counters.connections++;
	place = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) ? NULL
								     : place_find(c, cred.uid);
	p = place ? calloc(1, sizeof(*p)) : NULL;
	if (!p) {
		c->counters.refused++;
		(void)!write(fd, error_many, sizeof(error_many) - 1);
		close(fd);
		return;
	}
	p->control = c;
	p->uid = cred.uid;
	p->poller = poller_new(c->loop, fd, UV_READABLE, peer_ready, p);
	if (!p->poller) {
		free(p);
		return;
	}
	*place = p;
}

struct control *control_new(uv_loop_t *loop, const char *path, const struct control_calls *calls,
			    int *ret_err)
{
	struct control *c = calloc(1, sizeof(*c));
	int fd = c ? unix_socket_listen(path, 0660, CONTROL_PEERS) : -ENOMEM;

	*ret_err = fd < 0 ? fd : -ENOMEM;
	if (fd < 0) {
		free(c);
		return NULL;
	}
	c->loop = loop;
	c->calls = *calls;
	text_copy(c->path, sizeof(c->path), path);
	c->turn = alarm_new(loop, turn_due, c);
	c->listener = poller_new(loop, fd, UV_READABLE, listener_ready, c);
	if (!c->listener || !c->turn) {
		poller_free(c->listener);
		alarm_free(c->turn);
		free(c);
		return NULL;
	}
	return c;
}

void control_free(struct control *c)
{
	if (!c)
		return;
	for (int i = 0; i < CONTROL_PEERS; i++) {
		if (c->peers[i])
			peer_remove(c->peers[i]);
	}
	poller_free(c->listener);
	alarm_free(c->turn);
	unlink(c->path);
	free(c);
}

uid_t control_peer_uid(const struct control_peer *peer)
{
	return peer->uid;
}

const struct control_counters *control_counters(const struct control *c)
{
	return &c->counters;
}
