/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The root process. It starts the node process and, on the node's request, its helper programs;
 * each becomes the user `trama` with the capabilities its kind needs and dies with this process
 * (PR_SET_PDEATHSIG). It parses nothing but the fixed structs below, from the node process alone
 * (channel.h), and decides nothing but one thing: a node process that dies, or hangs and is killed,
 * is started anew, at once the first time and with back-off when it does not live. If it dies again
 * and again, the next ones do without the settings of the network: whatever somebody has set, a
 * node must live to hear that it was taken back. Helpers outlive the node process, so that its
 * death costs no route and no name; a new one is told what runs.
 */
#ifndef PLAT_PARENT_H
#define PLAT_PARENT_H

#include <stdbool.h>
#include <stdint.h>

#include "node/event.h"
#include "plat/linux/privileges.h"

#define PARENT_RUN_DIR                                                                             \
	"/run/trama" /* made here, owned by the node's user: sockets, generated files */
#define PARENT_STATE_DIR "/var/lib/trama" /* as well: what survives a reboot */
#define PARENT_USER "trama"

enum parent_op {
	PARENT_START,	/* kind, port, dev: answered by PARENT_STARTED, at last by PARENT_DIED */
	PARENT_STOP,	/* kind, port: SIGTERM, SIGKILL one second later */
	PARENT_RELOAD,	/* kind, port: SIGHUP */
	PARENT_CONFIG,	/* answered by PARENT_OPENED with the configuration file */
	PARENT_HOSTAPD, /* dev: answered by PARENT_OPENED with a socket connected to hostapd's of
			   that interface */
	PARENT_READY,	/* tell the service manager */
	PARENT_ALIVE,	/* the loop turns; without it for a minute the node process is killed */
};

struct parent_request {
	uint32_t op;
	uint32_t kind; /* enum child_kind */
	uint32_t port;
	char dev[NODE_IFNAME];
};

/* A request that the root process answers with more than a refusal: a kind that there is, and where
 * the device is used, a name that can be one. */
bool parent_request_ok(const struct parent_request *r);

enum parent_said {
	PARENT_STARTED,
	PARENT_DIED,
	PARENT_OPENED, /* a descriptor comes with it when status is 0 */
};

struct parent_report {
	uint32_t said;
	uint32_t op; /* PARENT_OPENED: PARENT_CONFIG or PARENT_HOSTAPD */
	uint32_t kind;
	uint32_t port;
	int32_t status; /* wait status, or -errno */
	char dev[NODE_IFNAME];
};

/* Exit statuses of the node process that mean something here; any other is a death. */
#define PARENT_EXIT_STOP 0   /* it was asked to stop: everything ends */
#define PARENT_EXIT_CONFIG 2 /* the configuration is wrong: everything ends with this status */
#define PARENT_EXIT_AGAIN 3  /* start me anew at once: the configuration has changed */

struct parent_setup {
	const char *config; /* path, NULL = none */
	const char *script; /* for udhcpc: absolute path */
	struct privileges user;
	/* Runs in the node process, still as root; fd is its end of the pair. plain: without the
	 * settings of the network, with which it does not live. Returns its exit status. */
	int (*node)(const struct parent_setup *setup, int fd, bool plain);
	void *ctx; /* the node's */
};

/* Runs until the node has stopped for good or a SIGTERM or SIGINT came; the exit status. */
int parent_run(const struct parent_setup *setup);

#endif
