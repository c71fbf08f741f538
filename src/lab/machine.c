// SPDX-License-Identifier: GPL-2.0-or-later
/* See machine.h. */
#include "lab/machine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/text.h"

struct need {
	const char *program, *package;
	bool internet; /* only towns with an internet */
	bool daemon;   /* only towns where tramad runs */
};

static const struct need NEEDS[] = {
	{ "ip", "iproute2", false, false },	      { "tc", "iproute2", false, false },
	{ "udhcpc", "udhcpc", false, false },	      { "nft", "nftables", false, false },
	{ "busybox", "busybox-static", true, false }, { "dnsmasq", "dnsmasq-base", false, false },
	{ "babeld", "babeld", false, true },
};

void machine_explain_namespaces(int error, char *err, size_t cap)
{
	if (error == EPERM)
		snprintf(err, cap,
			 "this machine does not let root make namespaces (a container?): run it on "
			 "the "
			 "machine itself, or give the container CAP_SYS_ADMIN");
	else if (error == EINVAL)
		snprintf(err, cap,
			 "this kernel has not all namespaces: it needs CONFIG_NAMESPACES, "
			 "CONFIG_NET_NS, "
			 "CONFIG_PID_NS, CONFIG_UTS_NS and CONFIG_IPC_NS");
	else if (error == ENOSPC)
		snprintf(err, cap,
			 "no more namespaces: raise them with 'sysctl "
			 "user.max_net_namespaces=2000' and "
			 "the same for user.max_pid_namespaces and user.max_mnt_namespaces");
	else
		snprintf(err, cap, "namespaces: %s", strerror(error));
}

static bool in_path(const char *program)
{
	static const char *const DIRS[] = { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
					    "/usr/bin",	       "/sbin",		 "/bin" };
	char path[128];
	for (size_t i = 0; i < sizeof(DIRS) / sizeof(*DIRS); i++) {
		snprintf(path, sizeof(path), "%s/%s", DIRS[i], program);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

static int check_programs(const struct town *t, char *err, size_t cap)
{
	char programs[128] = "", packages[128] = "";
	struct text a = text_init(programs, sizeof(programs)),
		    b = text_init(packages, sizeof(packages));
	bool daemon = false;
	for (uint16_t i = 0; i < t->plan.host_count; i++)
		daemon = daemon || (t->plan.hosts[i].kind == HOST_NODE && t->plan.hosts[i].daemon);
	for (size_t i = 0; i < sizeof(NEEDS) / sizeof(*NEEDS); i++) {
		const struct need *n = &NEEDS[i];
		if ((n->internet && t->plan.internet < 0) || (n->daemon && !daemon) ||
		    in_path(n->program))
			continue;
		text_add(&a, " %s", n->program);
		if (!strstr(packages, n->package))
			text_add(&b, " %s", n->package);
	}
	if (programs[0]) {
		snprintf(err, cap,
			 "missing:%s. On Debian: apt-get install --no-install-recommends%s",
			 programs, packages);
		return -1;
	}
	char path[PATH_MAX + 16];
	snprintf(path, sizeof(path), "%s/tramad", t->bin_dir);
	if (daemon && access(path, X_OK) != 0 && !in_path("tramad")) {
		snprintf(err, cap,
			 "there is no %.300s: build it (make), or say where it is with --bin DIR",
			 path);
		return -1;
	}
	return 0;
}

int machine_check(const struct town *t, char *err, size_t cap)
{
	static const char *const HIDDEN[] = { "/run/", "/var/lib/", "/var/log/", "/etc/" };
	if (geteuid() != 0) {
		snprintf(err, cap, "a town needs root for its namespaces: sudo %.300s", t->self);
		return -1;
	}
	for (size_t i = 0; i < sizeof(HIDDEN) / sizeof(*HIDDEN); i++)
		if (strncmp(t->bin_dir, HIDDEN[i], strlen(HIDDEN[i])) == 0 ||
		    strncmp(t->lab_dir, HIDDEN[i], strlen(HIDDEN[i])) == 0) {
			snprintf(err, cap,
				 "the hosts of a town have a %.*s of their own and cannot see "
				 "%.300s: "
				 "move the programs elsewhere",
				 (int)strlen(HIDDEN[i]) - 1, HIDDEN[i], t->bin_dir);
			return -1;
		}
	return check_programs(t, err, cap);
}

int machine_find_dirs(const char *bin_dir, char *ret_self, char *ret_bin, char *ret_lab, char *err,
		      size_t cap)
{
	char dir[PATH_MAX], installed[PATH_MAX + 32];
	ssize_t n = readlink("/proc/self/exe", ret_self, PATH_MAX - 1);
	if (n <= 0) {
		snprintf(err, cap, "/proc/self/exe: %s (is /proc mounted?)", strerror(errno));
		return -1;
	}
	ret_self[n] = '\0';
	text_copy(dir, sizeof(dir), ret_self);
	*strrchr(dir, '/') = '\0';
	if (!realpath(bin_dir ? bin_dir : dir, ret_bin)) {
		snprintf(err, cap, "%s: %s", bin_dir ? bin_dir : dir, strerror(errno));
		return -1;
	}
	snprintf(installed, sizeof(installed), "%s/../share/trama/lab", dir);
	if (!realpath(installed, ret_lab) && !realpath(LAB_SOURCE_DIR, ret_lab)) {
		snprintf(err, cap, "the scripts of the lab are neither in %.200s nor in %s",
			 installed, LAB_SOURCE_DIR);
		return -1;
	}
	return 0;
}
