/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One probe into the cloud and its answer, for trace, ping and traceroute. */
#ifndef CMD_CLI_PROBE_H
#define CMD_CLI_PROBE_H

#include <jansson.h>
#include <stdbool.h>

#include "rpc/client.h"

struct probe {
	const char *to; /* MAC */
	int ttl;
	int id, seq; /* 1 to 255; 0 to 65535 */
	bool record;
	unsigned int timeout_ms;
};

/* As trace.answer tells it; json null when none came in time, NULL when the daemon refused (then
 * client->err says why) or probe_stopped. */
json_t *probe_ask(struct rpc_client *client, const struct probe *p);
/* Of the caller's own, so that several may ask at once. */
int probe_id(void);

/* From now on Ctrl-C does not end the program, but only whatever waits here. */
void probe_catch_stop(void);
bool probe_stopped(void);
/* Until then or until it is stopped; milliseconds of probe_clock_ms. */
void probe_sleep_until(long long ms);
long long probe_clock_ms(void);

#endif
