/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between fork and exec only what is allowed there. The command lines are fixed here: nothing that
 * asks for a program can say more than its kind and an interface. */
#include "plat/linux/helpers/spawn.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "plat/linux/log.h"

#define SPAWN_ARGS 20

struct spawn_kind {
	uint64_t caps;
	uint64_t root_caps;	      /* as well, where there is no user to become */
	bool quiet;		      /* says more on stderr than anybody wants */
	const char *args[SPAWN_ARGS]; /* "@dev" and "@script" are replaced */
};

static const struct spawn_kind spawn_kinds[] = {
	[CHILD_BABELD] = {
		.caps = PRIVILEGE(CAP_NET_ADMIN), /* routes */
		.args = { "babeld", "-I", "", "-c", PARENT_RUN_DIR "/babeld.conf" },
	},
	[CHILD_DNSMASQ] = {
		.caps = PRIVILEGE(CAP_NET_BIND_SERVICE) | /* port 53 */
			PRIVILEGE(CAP_NET_RAW),		  /* SO_BINDTODEVICE */
		.root_caps = PRIVILEGE(CAP_SETUID) | PRIVILEGE(CAP_SETGID), /* it sets what it is */
		.args = { "dnsmasq", "--keep-in-foreground", "--conf-file=" PARENT_RUN_DIR "/dnsmasq.conf" },
	},
	[CHILD_DHCP] = {
		.caps = PRIVILEGE(CAP_NET_BIND_SERVICE) | /* port 68 */
			PRIVILEGE(CAP_NET_RAW),		  /* packet socket */
		.quiet = true,
		.args = { "udhcpc", "-f", "-R", "-i", "@dev", "-s", "@script", "-O", "mtu",
			  "-t", "3", "-T", "2", "-A", "5" },
	},
};

#define SPAWN_KINDS (sizeof(spawn_kinds) / sizeof(spawn_kinds[0]))

bool spawn_dev_ok(const char dev[static NODE_IFNAME])
{
	size_t len = strnlen(dev, NODE_IFNAME);

	if (len == 0 || len == NODE_IFNAME || dev[0] == '-' || dev[0] == '.')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)dev[i]) && !strchr("_.:@-", dev[i]))
			return false;
	}
	return true;
}

static void stdio_set(bool quiet)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		_exit(126);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (quiet)
		dup2(null, STDERR_FILENO);
	/* Ours are all close-on-exec; whoever started us may have left others. */
	syscall(SYS_close_range, 3U, ~0U, 0U);
}

static void signals_reset(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
}

_Noreturn static void child_become(const struct parent_setup *setup, const struct spawn_kind *kind,
				   const char *dev, pid_t parent)
{
	uint64_t caps = kind->caps | (setup->user.known ? 0 : kind->root_caps);
	char *argv[SPAWN_ARGS + 1] = { NULL };

	for (size_t i = 0; i < SPAWN_ARGS && kind->args[i]; i++) {
		const char *arg = kind->args[i];

		if (strcmp(arg, "@dev") == 0)
			arg = dev;
		else if (strcmp(arg, "@script") == 0)
			arg = setup->script;
		argv[i] = strdup(arg);
		if (!argv[i])
			_exit(126);
	}
	clearenv();
	setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("TRAMA_DHCP_DIR", PARENT_RUN_DIR "/dhcp", 1);
	signals_reset();
	stdio_set(kind->quiet);
	if (setpgid(0, 0) || chdir("/") || privileges_drop(&setup->user, caps))
		_exit(126);
	/* After the change of user, which clears it. The parent may have died before. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(126);
	execvp(argv[0], argv);
	log_error("%s: %s", argv[0], strerror(errno));
	_exit(127);
}

pid_t spawn_child(const struct parent_setup *setup, enum child_kind kind, const char *dev)
{
	pid_t parent = getpid();
	pid_t pid;

	if ((size_t)kind >= SPAWN_KINDS)
		return -EINVAL;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		child_become(setup, &spawn_kinds[kind], dev, parent);
	return pid;
}
