/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The socket through which a town is asked and told: TOWN_RUN_DIR/NAME/control, one JSON object per
 * line each way.
 *
 *   {"op": "plan"}                                  what there is
 *   {"op": "open", "host": ID}                      a descriptor of the host's init comes with the
 * answer
 *   {"op": "roam", "client": ID, "node": ID, "association": "both" | "new" | "silent"}
 *   {"op": "link", "a": ID[:PORT], "b": ID[:PORT], "down": bool, "loss": TEXT, "rate": TEXT,
 * "latency": TEXT}
 *   {"op": "node", "node": ID, "do": "stop" | "start" | "kill", "process": NAME}
 *   {"op": "down"}
 *
 * Answers are {"ok": true, ...} or {"ok": false, "error": TEXT}.
 */
#ifndef LAB_CONTROL_H
#define LAB_CONTROL_H

#include <jansson.h>
#include <poll.h>

#include "lab/town.h"

#define CONTROL_CONNECTIONS_MAX 32
#define CONTROL_LINE_MAX 8192

struct control_connection {
	int fd; /* -1: free */
	size_t len;
	char line[CONTROL_LINE_MAX];
};

struct control {
	int fd;
	bool down; /* somebody asked for the end */
	struct control_connection connection[CONTROL_CONNECTIONS_MAX];
};

/* Listens. 0 or -errno. */
int control_init(struct control *c, const char *path);
/* What poll is to wait for: writes CONTROL_CONNECTIONS_MAX + 1 entries. */
void control_poll(const struct control *c, struct pollfd *ret);
void control_input(struct control *c, const struct pollfd *fds, struct town *t);
/* The answer to one request; ret_fd is -1 or borrowed. Public for the tests. */
json_t *control_answer(struct town *t, json_t *request, bool *ret_down, int *ret_fd);

#endif
