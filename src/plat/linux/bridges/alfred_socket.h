/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Unix socket that `alfred`, `batadv-vis` and scripts speak to: one request per connection,
 * which is closed after its answer; who asks for events stays. A request may come in pieces.
 *
 * For root and the user of this process only. Bounds: ALFRED_CLIENTS connections, one packet of
 * memory each, ALFRED_CLIENT_S from the first byte of a request to its last, and as long for a
 * client that does not read. Programs connect before they read what they have to say, so a client
 * that has said nothing may stay; the oldest of those makes room where all places are taken. Where
 * there is none the next one waits.
 */
#ifndef PLAT_ALFRED_SOCKET_H
#define PLAT_ALFRED_SOCKET_H

#include <uv.h>

#include "core/alfred/alfred.h"

#define ALFRED_CLIENTS 16
#define ALFRED_CLIENT_S 10

struct alfred_socket;

struct alfred_socket_calls {
	void *ctx;
	usec_t (*now)(void *ctx);
	struct alfred *(*peer)(void *ctx);
	/* A client will be told values: the node's own should be up to date. */
	void (*asked)(void *ctx);
	/* A client has set a value, changed the mode, or asked: there may be something to send. */
	void (*acted)(void *ctx);
	/* Interfaces as for SERVER_STATUS; borrowed. */
	void (*interfaces)(void *ctx, const char **ret_name, bool *ret_active,
			   const char **ret_bat_iface);
	/* CHANGE_INTERFACE, CHANGE_BAT_IFACE; false: that cannot be. The client is not told. */
	bool (*change)(void *ctx, const char *name, bool bat_iface);
};

struct alfred_socket_counters {
	uint64_t requests, malformed;
	uint64_t refused;  /* a value, an interface, or who it is */
	uint64_t timeouts; /* began a request and did not end it, or does not read its answer */
	uint64_t replaced; /* said nothing, and another one wanted the place */
};

/* Where programs look is a link to ours, or the socket of another server: does that listen? */
bool alfred_socket_of_other(void);
/* NULL and *ret_err = -errno. Replaces a socket that an earlier process has left at path. */
struct alfred_socket *alfred_socket_new(uv_loop_t *loop, const char *path,
					const struct alfred_socket_calls *calls, int *ret_err);
/* Removes the socket; the peer is still there. NULL accepted. */
void alfred_socket_free(struct alfred_socket *s);
/* Something has come in, or time has passed: questions may be answered, values changed. */
void alfred_socket_look(struct alfred_socket *s);
const struct alfred_socket_counters *alfred_socket_counters(const struct alfred_socket *s);

#endif
