/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The client side of the control socket: the command line and the lab use it alike. */
#ifndef RPC_CLIENT_H
#define RPC_CLIENT_H

#include <jansson.h>

#define RPC_SOCKET "/run/trama/control"
#define RPC_SOCKET_ENV "TRAMA_SOCKET"

struct rpc_client {
	int fd;
	int next_id;
	char *buf; /* what was received and not yet used */
	size_t len, cap;
	int code; /* of the last error the server told; 0: it was not the server */
	char err[256];
};

/* path: NULL means $TRAMA_SOCKET, else RPC_SOCKET. 0, or -errno with err saying what to do. */
int rpc_client_open(struct rpc_client *c, const char *path);
void rpc_client_close(struct rpc_client *c);
/* One call; takes params (NULL: none). The result, to be released, or NULL with err (and code)
 * set. */
json_t *rpc_client_call(struct rpc_client *c, const char *method, json_t *params);
/* The next notification after a call of a method that streams: its params. Waits for ever with
 * timeout_ms < 0. NULL: err is set, or empty after the timeout. */
json_t *rpc_client_next(struct rpc_client *c, int timeout_ms);

#endif
