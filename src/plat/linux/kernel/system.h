/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's side of a node: makes the network stack of the current network namespace look like a
 * struct wish, and tells what is there as struct event. No threads, no event loop: the daemon
 * calls.
 *
 *   system_open(&s, &setup);
 *   system_watch_read(s, fn, arg);          at the start, to hear of the ports
 *   system_apply(s, node_wish(n), &errors); on EFFECT_WISH
 *   system_watch_read(s, fn, arg);          after that, and when system_watch_fd() is readable
 *   system_remove(s);                       out of service; not at a restart or an upgrade
 *   system_close(s);
 *
 * system_is_stale() asks for another system_apply: somebody has taken away something of ours. At
 * most once a second; after failures as well, ever less often.
 *
 * Not done here: children, babel, dns and the names of the wish; frames; EVENT_CLIENT by
 * association.
 *
 * How things of ours are told from things of others, also after a crash: links carry the alias
 * "trama", routes and rules the protocol WISH_PROTO, addresses IFA_PROTO = WISH_PROTO (Linux 5.18),
 * tables the name trama; what has been changed on ports (MTU, offloads, sysctls, older kernels'
 * addresses) is written into run_dir/found before it is done.
 *
 * A link that has a name of the wish and is not ours is an error ("create br0: File exists"), never
 * configured. Beyond the wish, br_netfilter is switched off in this network namespace while the
 * node runs.
 *
 * Needs CAP_NET_ADMIN, CAP_BPF and CAP_PERFMON (for VLAN devices without 8021q), /proc/sys and the
 * program nft.
 */
#ifndef PLAT_LINUX_SYSTEM_H
#define PLAT_LINUX_SYSTEM_H

#include "lib/text.h"
#include "node/effect.h"
#include "node/wish.h"

struct system;

struct system_setup {
	const char *run_dir;	  /* exists, writable, on tmpfs, one per network namespace; borrowed
				     during the call */
	const char *const *ports; /* NULL-terminated names that are ports whatever their kind, NULL
				     = none; borrowed */
	const char *const
		*never; /* names that never are; borrowed for the system's life like `ports` */
};

typedef void system_event_fn(void *arg, const struct event *e);

/* 0 or -errno. */
int system_open(struct system **ret, const struct system_setup *setup);
/* Leaves the kernel as it is; NULL is accepted. */
void system_close(struct system *s);

/*
 * 0, or the first error as -errno; every failure is a line "what: reason" in *ret_errors, the rest
 * is done all the same. Costs eight dumps and no change when the kernel looks right already. A
 * failed part is tried again with the next call.
 */
int system_apply(struct system *s, const struct wish *w, struct text *ret_errors);
/* Changes that the last system_apply made. */
unsigned int system_changes(const struct system *s);
/* Something of the last wish has gone or been changed by others since it was applied. */
bool system_is_stale(const struct system *s);
/* Looks after the filters, of which nobody tells when others take them away; for every few seconds.
 * What is missing makes the system stale. */
void system_look(struct system *s);
/* Is that the wish that was applied last? */
bool system_has_wish(const struct system *s, const struct wish *w);
/* Everything of ours goes, ports are put back as found. */
void system_remove(struct system *s);

/* Readable when there is something to read. */
int system_watch_fd(const struct system *s);
/*
 * Calls fn for EVENT_PORT, EVENT_CLIENT (learnt, forgotten), EVENT_SOLICIT and EVENT_UPLINK
 * (foreign ones only). fn must not call back into the system. Never blocks; 0 or -errno.
 */
int system_watch_read(struct system *s, system_event_fn *fn, void *arg);

/* Where the kernel is the cloud's engine, its tables: EVENT_MESH. Waits for its answers; fn may do
 * what EFFECT_FORGET and EFFECT_ANSWER ask for, but not system_apply(). 0 or -errno. */
int system_mesh_read(struct system *s, system_event_fn *fn, void *arg);

/* What the kernel's engine has counted, by its names. 0 or -errno. */
typedef void system_statistic_fn(void *arg, const char *name, uint64_t value);
int system_statistics(const struct system *s, system_statistic_fn *fn, void *arg);
/* A network device as last seen; false: there is none of that name. */
bool system_device(const struct system *s, const char *name, int *ret_index, struct mac *ret_mac);

/* EFFECT_FORGET: 0 also when there is no such entry. A CLIENT_FORGOTTEN follows if a port had one.
 */
int system_forget_station(struct system *s, const struct effect_forget *f);
/* EFFECT_ANSWER. */
int system_answer4(struct system *s, const struct ip4 *ip, const struct mac *mac);
int system_answer6(struct system *s, const struct ip6 *ip, const struct mac *mac);
/* The MAC that the kernel knows for an address on the client bridge; 0 or -errno. */
int system_neighbour4(struct system *s, const struct ip4 *ip, struct mac *ret_mac);
int system_neighbour6(struct system *s, const struct ip6 *ip, struct mac *ret_mac);

#endif
