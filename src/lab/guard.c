// SPDX-License-Identifier: GPL-2.0-or-later
/* See guard.h. */
#include "lab/guard.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lab/check.h"
#include "lab/machine.h"
#include "lab/ns.h"
#include "lab/town.h"
#include "lib/text.h"

static volatile sig_atomic_t town_pid;
static volatile bool stopping;

static void on_stop(int sig)
{
	(void)sig;
	stopping = true;
	if (town_pid > 0)
		kill((pid_t)town_pid, SIGTERM);
}

static int complain(const char *text)
{
	fprintf(stderr, "trama-lab: %s\n", text);
	return 1;
}

static double now_s(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* The directory of the name, locked by us. The lock's descriptor, or -1 with why in err. */
static int take_name(struct town *t, char *err, size_t cap)
{
	char path[PATH_MAX + 16];
	struct stat st;
	snprintf(t->dir, sizeof(t->dir), "%s/%s", TOWN_RUN_DIR, t->plan.name);
	snprintf(path, sizeof(path), "%s/lock", t->dir);
	/* A town that ends at this moment removes what we have just opened: then once more. */
	for (int i = 0; i < 50; i++) {
		if ((mkdir(TOWN_RUN_DIR, 0700) < 0 && errno != EEXIST) ||
		    (mkdir(t->dir, 0700) < 0 && errno != EEXIST && errno != ENOENT))
			break;
		int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0)
			break;
		if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
			close(fd);
			snprintf(err, cap,
				 "a town '%s' is running already: end it with 'trama-lab --name %s "
				 "down', "
				 "or give this one another name with --name",
				 t->plan.name, t->plan.name);
			return -1;
		}
		if (fstat(fd, &st) == 0 && st.st_nlink > 0)
			return fd;
		close(fd);
	}
	snprintf(err, cap, "%.300s: %s", path, strerror(errno));
	return -1;
}

/* Only what is ours: the town's process has usually tidied up already, and the name may be taken
 * again by now. */
static void remove_files(const struct town *t, int lock)
{
	static const char *const FILES[] = { "control", "lock" };
	char path[PATH_MAX + 16];
	struct stat ours, there;
	snprintf(path, sizeof(path), "%s/lock", t->dir);
	bool still =
		fstat(lock, &ours) == 0 && stat(path, &there) == 0 && ours.st_ino == there.st_ino;
	for (size_t i = 0; still && i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", t->dir, FILES[i]);
		unlink(path);
	}
	rmdir(t->dir);
	rmdir(TOWN_RUN_DIR);
}

static size_t read_line(int fd, char *line, size_t cap)
{
	size_t n = 0;
	while (n < cap - 1 && !memchr(line, '\n', n)) {
		ssize_t k = read(fd, line + n, cap - 1 - n);
		if (k > 0)
			n += (size_t)k;
		else if (k == 0 || errno != EINTR)
			break;
	}
	line[n] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return n;
}

/* Starts the first process of the town and waits until it is built. 0, or 1 after a complaint. */
static int start_town(struct town *t)
{
	int pipes[2], pidfd = -1;
	char line[512];
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return complain(strerror(errno));
	pid_t pid = ns_fork(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC,
			    &pidfd);
	if (pid == 0)
		town_run(t, pipes[1]);
	close(pipes[1]);
	if (pid < 0) {
		machine_explain_namespaces(-pid, line, sizeof(line));
		close(pipes[0]);
		return complain(line);
	}
	town_pid = pid;
	close(pidfd);
	size_t n = read_line(pipes[0], line, sizeof(line));
	close(pipes[0]);
	if (strcmp(line, "up") == 0)
		return 0;
	return stopping ? 1 : complain(n ? line : "the town's first process ended");
}

static void progress(const struct check *c, double since, bool last)
{
	bool tty = isatty(1);
	static int shown = -1;
	if (c->good == shown && !last && !tty)
		return;
	shown = c->good;
	printf("%s%d of %d clients online after %.1f s%s", tty ? "\r" : "", c->good, c->total,
	       now_s() - since, tty && !last ? "" : "\n");
	fflush(stdout);
}

/* True when all clients are online within the time. */
static bool wait_online(const struct town *t, int wait_s, double since)
{
	struct call call;
	struct check c = { 0 };
	double until = now_s() + wait_s;
	json_t *done = json_object();
	bool all = false;
	call_init(&call, t->plan.name);
	while (!all && !stopping && now_s() < until) {
		check_done(&c);
		if (check_run(&call, CHECK_ONLINE | CHECK_HURRY, done, &stopping, &c) < 0)
			break;
		all = c.good == c.total;
		progress(&c, since, all);
		if (!all)
			usleep(300000);
	}
	if (!all && !stopping) {
		putchar('\n');
		check_print(&c);
	}
	check_done(&c);
	json_decref(done);
	return all;
}

/* Commands to try, with names of this town: a client, where it is, another access point of its
 * cloud, and both ends of a link. */
static void print_commands(const struct topology *p)
{
	const char *client = "CLIENT", *node = "NODE", *other = "NODE", *end[] = { "A", "B" };
	const struct host_plan *at = NULL;
	for (uint16_t i = p->host_count; i-- > 0;)
		if (p->hosts[i].kind == HOST_CLIENT && p->hosts[i].has_at) {
			client = p->hosts[i].id;
			at = &p->hosts[p->hosts[i].at];
		} else if (p->hosts[i].kind == HOST_NODE) {
			node = p->hosts[i].id;
		}
	for (uint16_t i = 0; at && i < p->host_count; i++)
		if (p->hosts[i].ap && &p->hosts[i] != at && strcmp(p->hosts[i].ssid, at->ssid) == 0)
			other = p->hosts[i].id;
	for (uint16_t i = p->wire_count; i-- > 0;)
		for (size_t k = 0; k < 2; k++)
			end[k] = p->hosts[p->wires[i].end[k]].id;
	printf("  trama-lab status                        nodes, clients, links, gateways\n"
	       "  trama-lab check                         is every client well?\n"
	       "  trama-lab exec %s -- trama status\n",
	       node);
	if (p->internet >= 0)
		printf("  trama-lab exec %s -- ping www.example.org\n", client);
	printf("  trama-lab roam %s %s\n"
	       "  trama-lab link %s %s down    (up, loss=PERCENT, rate=20mbit, latency=5ms)\n"
	       "  trama-lab node %s kill    (stop, start)\n",
	       client, other, end[0], end[1], node);
}

static void print_town(const struct town *t)
{
	const struct topology *p = &t->plan;
	printf("\nThe town %s%s%s%s is up: %u nodes, %u clients, %u uplinks.\n", p->name,
	       *p->label ? " (" : "", p->label, *p->label ? ")" : "", topology_count(p, HOST_NODE),
	       topology_count(p, HOST_CLIENT), topology_count(p, HOST_PROVIDER));
	printf("In another terminal, as root:\n  export PATH=$PATH:%s\n", t->bin_dir);
	print_commands(p);
	if (t->detached)
		printf("End it with: trama-lab --name %s down\n", p->name);
	else
		printf("End it with Ctrl-C, or with: trama-lab --name %s down\n", p->name);
	fflush(stdout);
}

/* Waits for the town's end, however it comes. */
static void wait_end(void)
{
	while (waitpid((pid_t)town_pid, NULL, 0) < 0 && errno == EINTR)
		;
	town_pid = 0;
}

static void raise_limits(void)
{
	struct rlimit r;
	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max < 8192 ? r.rlim_max : 8192;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

static int judge(const struct town *t)
{
	struct call call;
	struct check c;
	call_init(&call, t->plan.name);
	if (check_run(&call, 0, NULL, &stopping, &c) < 0)
		return complain(call.err);
	check_print(&c);
	int rc = c.good == c.total ? 0 : 1;
	check_done(&c);
	return rc;
}

/* All of a town's life. `tell` gets the status once the clients are online (detach), -1: nobody
 * waits. */
static int live(struct town *t, const struct guard_options *o, int lock, int tell)
{
	struct sigaction stop = { .sa_handler = on_stop };
	double since = now_s();
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGHUP, &stop, NULL);
	signal(SIGPIPE, SIG_IGN);
	raise_limits();
	printf("starting the town %s: %u nodes, %u clients\n", t->plan.name,
	       topology_count(&t->plan, HOST_NODE), topology_count(&t->plan, HOST_CLIENT));
	fflush(stdout);
	int rc = start_town(t);
	if (rc == 0) {
		printf("all hosts are there after %.1f s\n", now_s() - since);
		bool online = wait_online(t, o->wait_s, since);
		if (online && o->check)
			rc = judge(t);
		else if (online)
			print_town(t);
		else if (!stopping)
			rc = complain("not every client is online; the town stays, have a look");
		if (o->check && !o->detach)
			on_stop(0);
	}
	fflush(stdout);
	if (tell >= 0) {
		dprintf(tell, "%d", rc);
		close(tell);
		ns_silence(true);
	}
	if (town_pid > 0)
		wait_end();
	remove_files(t, lock);
	if (rc == 0 && tell < 0)
		printf("\nThe town %s is gone.\n", t->plan.name);
	/* Whoever asked for the end gets it without complaint. */
	return stopping && !o->check ? 0 : rc;
}

static int detach(struct town *t, const struct guard_options *o, int lock)
{
	int pipes[2];
	char status = '1';
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return complain(strerror(errno));
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		close(pipes[0]);
		setsid();
		_exit(live(t, o, lock, pipes[1]));
	}
	close(pipes[1]);
	while (read(pipes[0], &status, 1) < 0 && errno == EINTR)
		;
	close(pipes[0]);
	return status - '0';
}

/* A path as it is, a bare name among the towns that come with the lab. */
static void find_file(const struct town *t, const char *file, char *ret, size_t cap)
{
	if (access(file, R_OK) != 0 && !strchr(file, '/'))
		snprintf(ret, cap, "%.3900s/towns/%.128s%s", t->lab_dir, file,
			 strstr(file, ".json") ? "" : ".json");
	else
		snprintf(ret, cap, "%s", file);
}

static bool name_ok(const char *s)
{
	size_t n = strlen(s);
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && *s != '-' && *s != '_')
			return false;
	return n > 0 && n < TOPOLOGY_NAME_MAX;
}

int guard_up(const struct guard_options *o)
{
	static struct town t;
	char err[512], path[PATH_MAX];
	if (machine_find_dirs(o->bin_dir, t.self, t.bin_dir, t.lab_dir, err, sizeof(err)) < 0)
		return complain(err);
	find_file(&t, o->file, path, sizeof(path));
	if (topology_load(&t.plan, path, err, sizeof(err)) < 0)
		return complain(err);
	if (o->name && !text_copy(t.plan.name, sizeof(t.plan.name), o->name))
		return complain("a town's name has at most 31 letters, digits, '-' and '_'");
	if (!name_ok(t.plan.name))
		return complain("a town's name has at most 31 letters, digits, '-' and '_': choose "
				"one with --name");
	if (machine_check(&t, err, sizeof(err)) < 0)
		return complain(err);
	if (o->log_dir && ((mkdir(o->log_dir, 0755) < 0 && errno != EEXIST) ||
			   !realpath(o->log_dir, t.log_dir))) {
		snprintf(err, sizeof(err), "%s: %s", o->log_dir, strerror(errno));
		return complain(err);
	}
	t.detached = o->detach;
	int lock = take_name(&t, err, sizeof(err));
	if (lock < 0)
		return complain(err);
	int rc = o->detach ? detach(&t, o, lock) : live(&t, o, lock, -1);
	close(lock);
	topology_done(&t.plan);
	return rc;
}
