/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The init of one host: it makes the host's mounts, starts its services, starts again those that
 * end (after 200 ms, up to 2 s when they end at once), and speaks for the access point.
 *
 * Texts from the town: "go" (links are there, start), "connected MAC", "disconnected MAC".
 * Texts to the town: "ready" (mounts are made), "error TEXT".
 */
#ifndef LAB_HOST_H
#define LAB_HOST_H

#include "lab/town.h"

#define HOST_SERVICES_MAX 4
#define HOST_ARGS_MAX 40
#define HOST_TEXT_MAX 3072

struct service {
	const char *name; /* of its log, /var/log/NAME.log */
	const char *argv[HOST_ARGS_MAX];
	int argc;
	bool once; /* runs to its end before the others start */
	pid_t pid;
	int64_t started_ms, start_at_ms;
	int delay_ms;
	char text[HOST_TEXT_MAX]; /* where formatted arguments live */
	size_t text_len;
};

_Noreturn void host_main(struct town *t, uint16_t host, int ctl);

/* Adds an argument, formatted. */
void service_arg(struct service *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
struct service *service_add(struct service *list, int *count, const char *name);

/* What each kind of host runs; they also write its files. Called in the host. */
int node_services(const struct town *t, uint16_t host, struct service *ret);
int client_services(const struct town *t, uint16_t host, struct service *ret);
int provider_services(const struct town *t, uint16_t host, struct service *ret);
int internet_services(const struct town *t, uint16_t host, struct service *ret);

#endif
