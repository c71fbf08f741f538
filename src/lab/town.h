/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A running town, as its first process sees it. That process is number 1 of a process namespace of
 * its own and lives in the holding network namespace, where the middles of all links are: when it
 * ends, the kernel ends everything else. It is the child of the guard (guard.h), which is what
 * people start and stop.
 *
 *   guard -+- town (1) -+- one init per node, client, provider, internet (host.h) - tramad, udhcpc,
 * dnsmasq ...
 *                       +- one process per link with a latency (delay.h)
 */
#ifndef LAB_TOWN_H
#define LAB_TOWN_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lab/rtnl.h"
#include "lab/topology.h"

#define TOWN_RUN_DIR "/run/trama-lab"
#define TOWN_PORTS_MAX 64 /* Ethernet ports of one host */

struct host {
	const struct host_plan *plan;
	pid_t pid; /* of its init, 0: powered off */
	int pidfd;
	int ctl; /* to its init: short texts */
	int netns;
	struct rtnl rtnl;
	uint16_t at;	 /* client: the node it is at */
	bool associated; /* client: that node has been told */
	bool connected;	 /* its ports are there */
};

/* A link has a veth pair per end: a port in the host, and a middle here. */
struct wire {
	const struct wire_plan *plan;
	struct quality now;
	bool plugged[2];
	char port[2][16]; /* in the host */
	pid_t delay;	  /* the process that holds frames back, 0: none */
};

struct town {
	struct topology plan;
	struct host *hosts;
	struct wire *wires;
	int here; /* the holding network namespace */
	struct rtnl holding;
	int air; /* network namespace */
	struct rtnl air_rtnl;
	char dir[PATH_MAX];	/* TOWN_RUN_DIR/NAME */
	char self[PATH_MAX];	/* this program */
	char bin_dir[PATH_MAX]; /* where tramad and trama are */
	char lab_dir[PATH_MAX]; /* scripts of the lab */
	char log_dir[PATH_MAX]; /* "": logs end with the town */
	bool detached;		/* nobody reads its errors */
	char error[512];	/* why the town cannot be built */
};

/* Builds the town and serves it; called in the first process of the namespaces, never returns. Says
 * "up\n", or the reason why not, to `report`. */
_Noreturn void town_run(struct town *t, int report);

/* Sets t->error and returns -EIO (for one-line returns). */
int town_fail(struct town *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Power of one host: its init, its ports, its radio. 0 or -errno with t->error set. */
int town_host_start(struct town *t, uint16_t host);
int town_host_stop(struct town *t, uint16_t host);
/* Sends SIGKILL to the processes of that name in the host ("tramad", "12", NULL: all of tramad).
 * How many or -errno. */
int town_host_kill(struct town *t, uint16_t host, const char *process);
/* A short text to the host's init. */
void town_host_tell(struct town *t, uint16_t host, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The MAC address of port `port` of the host; 255 is the access point's or the client's radio. */
#define TOWN_PORT_RADIO 255
struct mac town_mac(const struct town *t, uint16_t host, uint8_t port);
/* Waits for a helper (tc, nft) that was started with these words; its exit status or -errno. */
int town_run_program(const char *const argv[]);

#endif
