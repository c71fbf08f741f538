/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Namespaces. None of them has a name: they live as long as a process or a descriptor of the town
 * holds them.
 *
 * A host has namespaces of its own for processes, mounts, network, host name and IPC. Its mounts:
 * own /proc and /sys (with bpffs), empty /run, own /var/lib and /var/log, and an /etc that is the
 * machine's (read-only, by symbolic links) but for passwd, group, hostname, hosts, resolv.conf and
 * trama. Everything else is the machine's.
 */
#ifndef LAB_NS_H
#define LAB_NS_H

#include <stdbool.h>
#include <sys/types.h>

/* Where bin_dir is seen in a host: open to the user that tramad becomes also if it is in /root. */
#define NS_BIN_DIR "/run/.bin"

struct ns_view {
	const char *hostname;
	const char *resolver;  /* for resolv.conf, NULL: an empty file */
	const char *state_dir; /* becomes /var/lib */
	const char *log_dir;   /* becomes /var/log */
	const char *bin_dir;   /* becomes NS_BIN_DIR */
};

/* Forks into new namespaces: the child's pid, 0 in the child, or -errno. */
pid_t ns_fork(int flags, int *ret_pidfd);
/* A network namespace that only the descriptor holds, or -errno. */
int ns_new_net(void);
int ns_open_net(pid_t pid);
/* The caller's mounts become private, also in a chroot, and /proc its own. 0 or -errno. */
int ns_town_mounts(void);
/* The mounts of a host, host name and loopback. 0, or -errno with what failed in err. */
int ns_host_mounts(const struct ns_view *v, char *err, size_t cap);
/* All of the host whose init has that pidfd; the next fork is in its process namespace. 0 or
 * -errno. */
int ns_enter(int pidfd);
/* Standard input and output, and errors too if asked, lead to /dev/null: nobody's pipe is held
 * open. */
void ns_silence(bool errors);
/* Writes a file of /proc or /sys. 0 or -errno. */
int ns_write(const char *path, const char *text);

#endif
