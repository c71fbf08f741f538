// SPDX-License-Identifier: GPL-2.0-or-later
/* See town.h. Building goes in parallel: all inits are started, then each is waited for, connected,
 * and let go. */
#include "lab/town.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/air.h"
#include "lab/control.h"
#include "lab/host.h"
#include "lab/link.h"
#include "lab/ns.h"
#include "lab/provider.h"

#define READY_MS 20000

int town_fail(struct town *t, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(t->error, sizeof(t->error), fmt, ap);
	va_end(ap);
	return -EIO;
}

struct mac town_mac(const struct town *t, uint16_t host, uint8_t port)
{
	const struct host_plan *p = &t->plan.hosts[host];
	uint8_t kind = p->kind == HOST_NODE ? 0x74 : p->kind == HOST_CLIENT ? 0x63 : 0x70;
	/* Nodes derive addresses from the last bytes: no two alike, and never the network's first
	 * or last. */
	return (struct mac) { { 0x02, kind, port, 0x4e, (uint8_t)(0x10 + p->index / 250),
				(uint8_t)(1 + p->index % 250) } };
}

int town_run_program(const char *const argv[])
{
	int status;
	pid_t pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		sigset_t none;
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EIO;
}

void town_host_tell(struct town *t, uint16_t host, const char *fmt, ...)
{
	char text[128];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (t->hosts[host].pid && n > 0 && (size_t)n < sizeof(text))
		send(t->hosts[host].ctl, text, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int host_fork(struct town *t, uint16_t i)
{
	struct host *h = &t->hosts[i];
	int pair[2], rc;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return town_fail(t, "socketpair: %s", strerror(errno));
	h->pid = ns_fork(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC,
			 &h->pidfd);
	if (h->pid == 0)
		host_main(t, i, pair[1]);
	close(pair[1]);
	rc = h->pid;
	h->ctl = pair[0];
	if (rc > 0)
		rc = h->netns = ns_open_net(h->pid);
	if (rc >= 0)
		rc = rtnl_open(&h->rtnl, h->netns);
	if (h->pid < 0)
		h->pid = 0;
	return rc < 0 ? town_fail(t, "namespaces of %s: %s", h->plan->id, strerror(-rc)) : 0;
}

static int host_wait(struct town *t, uint16_t i)
{
	struct host *h = &t->hosts[i];
	struct pollfd fd = { .fd = h->ctl, .events = POLLIN };
	char text[512];
	if (poll(&fd, 1, READY_MS) <= 0)
		return town_fail(t, "%s does not get ready", h->plan->id);
	ssize_t n = recv(h->ctl, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	if (strcmp(text, "ready") != 0)
		return town_fail(t, "%s: %s", h->plan->id, n > 0 ? text : "its init ended");
	return 0;
}

/* All that joins the host to others. */
static int host_connect(struct town *t, uint16_t i)
{
	int rc = air_plug(t, i);
	if (t->plan.hosts[i].kind == HOST_INTERNET)
		rc = internet_address(t);
	for (uint16_t w = 0; rc == 0 && w < t->plan.wire_count; w++)
		for (int e = 0; rc == 0 && e < 2; e++)
			if (t->plan.wires[w].end[e] == i)
				rc = link_plug(t, w, e);
	t->hosts[i].connected = rc == 0;
	for (uint16_t p = 0; rc == 0 && t->plan.internet >= 0 && p < t->plan.host_count; p++) {
		bool concerned = p == i || i == t->plan.internet;
		if (t->plan.hosts[p].kind == HOST_PROVIDER && concerned && t->hosts[p].connected &&
		    t->hosts[t->plan.internet].connected)
			rc = provider_connect(t, p);
	}
	return rc;
}

static void host_go(struct town *t, uint16_t i)
{
	for (uint16_t c = 0; c < t->plan.host_count; c++)
		if (t->plan.hosts[c].kind == HOST_CLIENT && !t->plan.hosts[c].cable &&
		    t->hosts[c].at == i && t->hosts[c].associated)
			air_move(t, c, i, ASSOCIATION_NEW);
	town_host_tell(t, i, "go");
}

int town_host_start(struct town *t, uint16_t i)
{
	int rc = host_fork(t, i);
	if (rc == 0)
		rc = host_wait(t, i);
	if (rc == 0)
		rc = host_connect(t, i);
	if (rc == 0)
		host_go(t, i);
	return rc;
}

int town_host_stop(struct town *t, uint16_t i)
{
	struct host *h = &t->hosts[i];
	kill(h->pid, SIGKILL);
	waitpid(h->pid, NULL, 0);
	for (uint16_t w = 0; w < t->plan.wire_count; w++)
		for (int e = 0; e < 2; e++)
			if (t->plan.wires[w].end[e] == i)
				link_unplug(t, w, e);
	air_unplug(t, i);
	rtnl_close(&h->rtnl);
	close(h->netns);
	close(h->pidfd);
	close(h->ctl);
	h->pid = 0;
	h->connected = false;
	return 0;
}

/* A number behind "NAME:" in /proc/PID/status, -1. */
static long status_number(long pid, const char *name)
{
	char path[64], line[256];
	long v = -1;
	snprintf(path, sizeof(path), "/proc/%ld/status", pid);
	FILE *f = fopen(path, "re");
	while (f && v < 0 && fgets(line, sizeof(line), f))
		if (strncmp(line, name, strlen(name)) == 0)
			v = strtol(line + strlen(name), NULL, 10);
	if (f)
		fclose(f);
	return v;
}

static bool same_pid_ns(long pid, pid_t init)
{
	char path[64], a[64] = "", b[64] = "";
	snprintf(path, sizeof(path), "/proc/%ld/ns/pid", pid);
	bool ok = readlink(path, a, sizeof(a) - 1) > 0;
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)init);
	return ok && readlink(path, b, sizeof(b) - 1) > 0 && strcmp(a, b) == 0;
}

/* "babeld", "tramad:parent" (started by the init), "tramad:child" (not). NULL: whatever begins with
 * tramad. */
static bool process_is(long pid, pid_t init, const char *what)
{
	char path[64], comm[32] = "";
	snprintf(path, sizeof(path), "/proc/%ld/comm", pid);
	FILE *f = fopen(path, "re");
	if (!f)
		return false;
	if (!fgets(comm, sizeof(comm), f))
		comm[0] = '\0';
	fclose(f);
	comm[strcspn(comm, "\n")] = '\0';
	if (!what)
		return strncmp(comm, "tramad", 6) == 0;
	size_t n = strcspn(what, ":");
	if (strlen(comm) != n || strncmp(comm, what, n) != 0)
		return false;
	bool top = status_number(pid, "PPid:") == init;
	return what[n] == '\0' || (strcmp(what + n, ":parent") == 0 ? top : !top);
}

int town_host_kill(struct town *t, uint16_t host, const char *process)
{
	pid_t init = t->hosts[host].pid;
	int n = 0;
	DIR *d = opendir("/proc");
	if (!d)
		return -errno;
	for (struct dirent *e; (e = readdir(d));) {
		long pid = strtol(e->d_name, NULL, 10);
		if (pid > 0 && pid != init && process_is(pid, init, process) &&
		    same_pid_ns(pid, init))
			n += kill((pid_t)pid, SIGKILL) == 0;
	}
	closedir(d);
	return n;
}

static int build(struct town *t)
{
	int rc = link_name_ports(t);
	if (rc == 0)
		rc = air_init(t);
	for (uint16_t i = 0; rc == 0 && i < t->plan.host_count; i++) {
		t->hosts[i].plan = &t->plan.hosts[i];
		t->hosts[i].at = t->plan.hosts[i].at;
		t->hosts[i].associated = t->plan.hosts[i].association != ASSOCIATION_SILENT;
	}
	for (uint16_t i = 0; i < t->plan.wire_count; i++) {
		t->wires[i].plan = &t->plan.wires[i];
		t->wires[i].now = t->plan.wires[i].quality;
	}
	for (uint16_t i = 0; rc == 0 && i < t->plan.host_count; i++)
		rc = t->plan.hosts[i].kind == HOST_SWITCH ? link_make_switch(t, i)
							  : host_fork(t, i);
	for (uint16_t i = 0; rc == 0 && i < t->plan.host_count; i++)
		if (t->plan.hosts[i].kind != HOST_SWITCH)
			rc = host_wait(t, i);
	for (uint16_t i = 0; rc == 0 && i < t->plan.host_count; i++)
		if (t->plan.hosts[i].kind != HOST_SWITCH)
			rc = host_connect(t, i);
	for (uint16_t i = 0; rc == 0 && i < t->plan.host_count; i++)
		host_go(t, i);
	return rc;
}

static char control_path[PATH_MAX + 16], lock_path[PATH_MAX + 16], dir_path[PATH_MAX];

/* The end: what is in the file system goes here, everything else goes with this process. */
static _Noreturn void end_town(int sig)
{
	(void)sig;
	unlink(control_path);
	unlink(lock_path);
	rmdir(dir_path);
	rmdir(TOWN_RUN_DIR);
	_exit(0);
}

static int prepare(struct town *t)
{
	int rc = ns_town_mounts();
	if (rc < 0)
		return town_fail(t, "mounts: %s", strerror(-rc));
	ns_write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
	t->here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	rc = t->here < 0 ? -errno : rtnl_open(&t->holding, -1);
	if (rc < 0)
		return town_fail(t, "holding namespace: %s", strerror(-rc));
	t->hosts = calloc(t->plan.host_count, sizeof(*t->hosts));
	t->wires = calloc(t->plan.wire_count + 1U, sizeof(*t->wires));
	return t->hosts && t->wires ? 0 : town_fail(t, "no memory");
}

static void reap(struct town *t)
{
	pid_t pid;
	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
		link_child_gone(t, pid);
		for (uint16_t i = 0; i < t->plan.host_count; i++)
			if (t->hosts[i].pid == pid) {
				dprintf(2, "trama-lab: %s went out\n", t->hosts[i].plan->id);
				town_host_stop(t, i);
			}
	}
}

static void on_host(const struct host *h)
{
	char text[512];
	ssize_t n = recv(h->ctl, text, sizeof(text), MSG_DONTWAIT);
	if (n > 0)
		dprintf(2, "trama-lab: %s: %.*s\n", h->plan->id, (int)n, text);
}

static _Noreturn void serve(struct town *t, struct control *c, int signals)
{
	enum { FIRST_HOST = CONTROL_CONNECTIONS_MAX + 2 };
	static struct pollfd fds[FIRST_HOST + TOPOLOGY_HOSTS_MAX];
	struct signalfd_siginfo si;
	while (!c->down) {
		nfds_t n = FIRST_HOST + t->plan.host_count;
		control_poll(c, fds);
		fds[FIRST_HOST - 1] = (struct pollfd) { .fd = signals, .events = POLLIN };
		for (uint16_t i = 0; i < t->plan.host_count; i++)
			fds[FIRST_HOST + i] =
				(struct pollfd) { .fd = t->hosts[i].pid ? t->hosts[i].ctl : -1,
						  .events = POLLIN };
		if (poll(fds, n, -1) < 0)
			continue;
		for (uint16_t i = 0; i < t->plan.host_count; i++)
			if (fds[FIRST_HOST + i].revents)
				on_host(&t->hosts[i]);
		if (fds[FIRST_HOST - 1].revents && read(signals, &si, sizeof(si)) > 0)
			reap(t);
		control_input(c, fds, t);
	}
	end_town(0);
}

_Noreturn void town_run(struct town *t, int report)
{
	static struct control control;
	struct sigaction end = { .sa_handler = end_town };
	sigset_t set;
	snprintf(control_path, sizeof(control_path), "%s/control", t->dir);
	snprintf(lock_path, sizeof(lock_path), "%s/lock", t->dir);
	snprintf(dir_path, sizeof(dir_path), "%s", t->dir);
	prctl(PR_SET_NAME, "lab-town");
	sigaction(SIGTERM, &end, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	signal(SIGINT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	setsid();
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_SETMASK, &set, NULL);
	int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	int rc = prepare(t);
	if (rc == 0 && (rc = control_init(&control, control_path)) < 0)
		town_fail(t, "%s: %s", control_path, strerror(-rc));
	if (rc == 0)
		rc = build(t);
	if (rc < 0) {
		dprintf(report, "%s\n", t->error);
		end_town(0);
	}
	dprintf(report, "up\n");
	close(report);
	ns_silence(t->detached);
	serve(t, &control, signals);
}
