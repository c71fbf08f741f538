/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rpc/client.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/text.h"

#define ANSWER_MS 10000
#define ANSWER_MAX (32 << 20)
#define CLOSED "tramad closed the connection"
#define CLOSED_LATE CLOSED ": it has stopped, or this was read too slowly"

static void explain(struct rpc_client *c, const char *path, int err)
{
	const char *todo = strerror(err);

	if (err == ENOENT || err == ECONNREFUSED)
		todo = "tramad is not running here; start it with: systemctl start tramad";
	else if (err == EACCES)
		todo = "no permission; use sudo, or join the group trama";
	snprintf(c->err, sizeof(c->err), "%s: %s", path, todo);
}

int rpc_client_open(struct rpc_client *c, const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int err;

	*c = (struct rpc_client) { .fd = -1 };
	if (!path)
		path = getenv(RPC_SOCKET_ENV);
	if (!path || !path[0])
		path = RPC_SOCKET;
	if (!text_copy(at.sun_path, sizeof(at.sun_path), path)) {
		snprintf(c->err, sizeof(c->err), "%.128s...: this path is too long", path);
		return -ENAMETOOLONG;
	}
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd >= 0 && connect(c->fd, (struct sockaddr *)&at, sizeof(at)) == 0)
		return 0;
	err = errno;
	explain(c, path, err);
	rpc_client_close(c);
	return -err;
}

void rpc_client_close(struct rpc_client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	free(c->buf);
	c->fd = -1;
	c->buf = NULL;
	c->len = c->cap = 0;
}

static void fail(struct rpc_client *c, const char *text)
{
	text_copy(c->err, sizeof(c->err), text);
}

static bool send_all(struct rpc_client *c, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = send(c->fd, text, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		text += n;
		len -= (size_t)n;
	}
	return true;
}

static bool more_room(struct rpc_client *c)
{
	size_t cap = c->cap ? 2 * c->cap : 16384;
	char *buf;

	if (c->len < c->cap)
		return true;
	buf = cap <= ANSWER_MAX ? realloc(c->buf, cap) : NULL;
	if (!buf)
		return false;
	c->buf = buf;
	c->cap = cap;
	return true;
}

/* The next line as JSON; NULL with err set, empty after the timeout. */
static json_t *receive(struct rpc_client *c, int timeout_ms)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	json_t *v;

	c->err[0] = '\0';
	for (;;) {
		char *end = c->len ? memchr(c->buf, '\n', c->len) : NULL;
		ssize_t n;

		if (end) {
			size_t used = (size_t)(end - c->buf) + 1;

			v = json_loadb(c->buf, used, 0, NULL);
			c->len -= used;
			memmove(c->buf, c->buf + used, c->len);
			if (!v)
				fail(c, "tramad sent something that is no JSON");
			return v;
		}
		n = poll(&p, 1, timeout_ms);
		if (n == 0 || (n < 0 && errno == EINTR))
			return NULL;
		if (!more_room(c)) {
			fail(c, "the answer is too long");
			return NULL;
		}
		n = recv(c->fd, c->buf + c->len, c->cap - c->len, 0);
		if (n <= 0) { /* who waits for ever is told things unasked */
			fail(c, timeout_ms < 0 ? CLOSED_LATE : CLOSED);
			return NULL;
		}
		c->len += (size_t)n;
	}
}

/* The result of an answer; takes it. */
static json_t *result_of(struct rpc_client *c, json_t *answer)
{
	json_t *result = json_object_get(answer, "result"), *e = json_object_get(answer, "error");
	const char *text = json_string_value(json_object_get(e, "message"));

	c->code = (int)json_integer_value(json_object_get(e, "code"));
	if (!result)
		fail(c, text ? text : "tramad gave no answer that can be understood");
	json_incref(result);
	json_decref(answer);
	return result;
}

json_t *rpc_client_call(struct rpc_client *c, const char *method, json_t *params)
{
	int id = ++c->next_id;
	json_t *q = json_pack("{ss si ss so*}", "jsonrpc", "2.0", "id", id, "method", method,
			      "params", params);
	char *text = q ? json_dumps(q, JSON_COMPACT) : NULL;
	json_t *answer;
	bool sent = text && send_all(c, text, strlen(text)) && send_all(c, "\n", 1);

	c->code = 0;
	json_decref(q);
	free(text);
	if (!sent) {
		fail(c, CLOSED);
		return NULL;
	}
	while ((answer = receive(c, ANSWER_MS))) {
		json_t *got = json_object_get(answer, "id");

		if (got && (json_is_null(got) || json_integer_value(got) == id))
			return result_of(c, answer);
		json_decref(answer); /* a notification in between */
	}
	if (!c->err[0])
		fail(c, "tramad does not answer");
	return NULL;
}

json_t *rpc_client_next(struct rpc_client *c, int timeout_ms)
{
	json_t *line, *params;

	while ((line = receive(c, timeout_ms))) {
		params = json_object_get(line, "params");
		json_incref(params);
		json_decref(line);
		if (params)
			return params;
	}
	return NULL;
}
