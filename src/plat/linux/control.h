/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket: one JSON text per line both ways, which this module does not look into. Its
 * limits keep one program that misbehaves from hurting the node or the others: length of a request,
 * connections in all and per user, requests per second and user (who asks faster is read later),
 * bytes that wait to be read by a peer (who gets more before he has read them is cut off; one
 * answer may be longer, as tables can be) and by all together (who has most is cut off).
 * Notifications come unasked, so of these fewer may wait. Some places are root's.
 */
#ifndef PLAT_CONTROL_H
#define PLAT_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#define CONTROL_PATH "/run/trama/control"
#define CONTROL_REQUEST_MAX (64 * 1024)
#define CONTROL_PEERS 32
#define CONTROL_PEERS_PER_USER 24
#define CONTROL_PEERS_OF_ROOT 2 /* of all */
#define CONTROL_OUTPUT_MAX (4 * 1024 * 1024)
#define CONTROL_OUTPUT_ALL (16 * 1024 * 1024)
#define CONTROL_BEHIND_MAX (256 * 1024)
#define CONTROL_RATE 50	  /* requests per second and user, */
#define CONTROL_BURST 200 /* so many at once */

struct control;
struct control_peer;

struct control_calls {
	void *ctx;
	/* One request, NUL-terminated, without its newline; changed in place at will. */
	void (*call)(void *ctx, struct control_peer *peer, char *line, size_t len);
	/* The peer has gone: forget it. */
	void (*gone)(void *ctx, struct control_peer *peer);
};

struct control_counters {
	uint64_t connections, refused; /* too many */
	uint64_t requests, too_long, delayed;
	uint64_t cut_off; /* did not read */
};

/* NULL and *ret_err = -errno. Replaces a socket that an earlier process has left at path. */
struct control *control_new(uv_loop_t *loop, const char *path, const struct control_calls *calls,
			    int *ret_err);
/* Removes the socket. NULL accepted. */
void control_free(struct control *c);

/* One JSON text; the newline is added. It may be called at any time while the peer is there, also
 * from `call`. 0, or -EPIPE: the peer will be gone in the next turn. */
int control_reply(struct control_peer *peer, const char *text, size_t len);
/* The same for what was not asked for: who is behind by more than CONTROL_BEHIND_MAX is cut off. */
int control_notify(struct control_peer *peer, const char *text, size_t len);
uid_t control_peer_uid(const struct control_peer *peer);
const struct control_counters *control_counters(const struct control *c);

#endif
