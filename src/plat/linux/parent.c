/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One loop over a signalfd and the node's channel. Timers: when the node process is due to be
 * started, when a helper that was asked to stop is killed. Both are deadlines looked at after each
 * poll.
 */
#include "plat/linux/parent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/text.h"
#include "plat/linux/helpers/channel.h"
#include "plat/linux/log.h"
#include "plat/linux/notify.h"
#include "plat/linux/helpers/spawn.h"
#include "plat/linux/unix_socket.h"

#define PARENT_CHILDREN 32
#define PARENT_GRACE (1 * USEC_S)      /* from SIGTERM to SIGKILL, helpers */
#define PARENT_NODE_GRACE (8 * USEC_S) /* the node process: it takes its links and rules away */
#define PARENT_LIVED (10 * USEC_S) /* a node process that lived so long is started anew at once */
#define PARENT_DEATHS 6 /* of node processes that did not live; then one without settings */
#define PARENT_BACKOFF_MAX (5 * USEC_S)
#define PARENT_HANG (60 * USEC_S) /* without a sign of life: slow routers start slowly */
#define PARENT_LATE USEC_S	  /* this process was itself frozen, or got no processor */
#define ALFRED_LINK "/run/alfred.sock"
#define ALFRED_TARGET "trama/alfred.sock"
#define PARENT_LOCK_TRIES 40
#define PARENT_LOCK_WAIT (50 * 1000) /* microseconds between them */

struct helper {
	pid_t pid; /* 0 = free */
	enum child_kind kind;
	uint32_t port;
	usec_t kill_at; /* USEC_NEVER unless it was asked to stop */
	char dev[NODE_IFNAME];
};

struct parent {
	const struct parent_setup *setup;
	int signals;
	int channel; /* -1 while there is no node process */
	pid_t node;  /* 0 as well */
	usec_t started_at;
	usec_t start_at; /* USEC_NEVER while it runs */
	usec_t kill_at;
	usec_t hang_at;		      /* USEC_NEVER while there is no node process */
	usec_t watchdog_at, watchdog; /* of the service manager: USEC_NEVER, 0 = none */
	usec_t backoff;
	unsigned int deaths; /* in a row */
	bool stopping;
	bool ready;
	int status;
	struct helper helpers[PARENT_CHILDREN];
};

static usec_t now_get(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (usec_t)t.tv_sec * USEC_S + t.tv_nsec / 1000;
}

/* A node process that does not read hangs; this one must not wait for it. */
static void report_send(const struct parent *p, const struct parent_report *report, int fd)
{
	if (p->channel >= 0 && channel_send(p->channel, report, sizeof(*report), fd) == -EAGAIN) {
		log_error("the node process hangs: killed");
		kill(p->node, SIGKILL);
	}
}

static void report_helper(const struct parent *p, enum parent_said said, const struct helper *h,
			  int status)
{
	struct parent_report report = { .said = (uint32_t)said, .op = PARENT_START };

	report.kind = (uint32_t)h->kind;
	report.port = h->port;
	report.status = status;
	text_copy(report.dev, sizeof(report.dev), h->dev);
	report_send(p, &report, -1);
}

static struct helper *helper_find(struct parent *p, const struct parent_request *r)
{
	for (size_t i = 0; i < PARENT_CHILDREN; i++) {
		struct helper *h = &p->helpers[i];

		if (h->pid && (uint32_t)h->kind == r->kind && h->port == r->port)
			return h;
	}
	return NULL;
}

bool parent_request_ok(const struct parent_request *r)
{
	switch ((enum parent_op)r->op) {
	case PARENT_START:
		return r->kind < CHILD_DHCP || (r->kind == CHILD_DHCP && spawn_dev_ok(r->dev));
	case PARENT_STOP:
	case PARENT_RELOAD:
		return r->kind <= CHILD_DHCP;
	case PARENT_HOSTAPD:
		return spawn_dev_ok(r->dev);
	case PARENT_CONFIG:
	case PARENT_READY:
	case PARENT_ALIVE:
		return true;
	}
	return false;
}

static void helper_start(struct parent *p, const struct parent_request *r)
{
	struct helper *h = helper_find(p, r);
	struct helper wanted = { .kind = (enum child_kind)r->kind, .port = r->port };
	pid_t pid;

	memcpy(wanted.dev, r->dev, sizeof(wanted.dev));
	wanted.dev[sizeof(wanted.dev) - 1] = '\0';
	if (h) {
		report_helper(p, PARENT_STARTED, h, 0);
		return;
	}
	for (h = p->helpers; h < p->helpers + PARENT_CHILDREN && h->pid; h++)
		;
	if (h == p->helpers + PARENT_CHILDREN || !parent_request_ok(r)) {
		report_helper(p, PARENT_DIED, &wanted, -EINVAL);
		return;
	}
	pid = spawn_child(p->setup, wanted.kind, wanted.dev);
	if (pid < 0) {
		report_helper(p, PARENT_DIED, &wanted, (int)pid);
		return;
	}
	*h = wanted;
	h->pid = pid;
	h->kill_at = USEC_NEVER;
	report_helper(p, PARENT_STARTED, h, 0);
}

static void helper_stop(struct helper *h)
{
	if (h->kill_at != USEC_NEVER)
		return;
	kill(h->pid, SIGTERM);
	h->kill_at = now_get() + PARENT_GRACE;
}

static void config_open(const struct parent *p)
{
	struct parent_report report = { .said = PARENT_OPENED, .op = PARENT_CONFIG };
	int fd = -1;

	if (p->setup->config)
		fd = open(p->setup->config, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		report.status = p->setup->config ? -errno : -ENOENT;
	report_send(p, &report, fd);
	if (fd >= 0)
		close(fd);
}

/* hostapd's socket is not open to the node's user; the connected descriptor is all that it needs.
 * An address of our own is bound (abstract, so that nothing is left behind) because hostapd answers
 * to it. */
static void hostapd_open(const struct parent *p, const struct parent_request *r)
{
	struct parent_report report = { .said = PARENT_OPENED, .op = PARENT_HOSTAPD };
	struct sockaddr_un own = { .sun_family = AF_UNIX };
	struct sockaddr_un peer = { .sun_family = AF_UNIX };
	int fd = -1;

	memcpy(report.dev, r->dev, sizeof(report.dev));
	report.dev[sizeof(report.dev) - 1] = '\0';
	if (!parent_request_ok(r)) {
		report.status = -EINVAL;
	} else {
		snprintf(peer.sun_path, sizeof(peer.sun_path), "/run/hostapd/%s", report.dev);
		fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd < 0 || bind(fd, (struct sockaddr *)&own, sizeof(own.sun_family)) ||
		    connect(fd, (struct sockaddr *)&peer, sizeof(peer)))
			report.status = -errno;
	}
	report_send(p, &report, report.status ? -1 : fd);
	if (fd >= 0)
		close(fd);
}

static void request_handle(struct parent *p, const struct parent_request *r)
{
	struct helper *h = helper_find(p, r);

	switch ((enum parent_op)r->op) {
	case PARENT_START:
		helper_start(p, r);
		break;
	case PARENT_STOP:
		if (h)
			helper_stop(h);
		break;
	case PARENT_RELOAD:
		if (h)
			kill(h->pid, SIGHUP);
		break;
	case PARENT_CONFIG:
		config_open(p);
		break;
	case PARENT_HOSTAPD:
		hostapd_open(p, r);
		break;
	case PARENT_READY:
		if (!p->ready)
			notify_send("READY=1");
		p->ready = true;
		break;
	case PARENT_ALIVE:
		p->hang_at = now_get() + PARENT_HANG;
		break;
	}
}

/* The node process: a copy of this one, which then gives up what it does not need. */
_Noreturn static void node_become(const struct parent *p, int fd, pid_t parent)
{
	close(p->signals);
	/* Signals stay blocked: they wait until the loop can handle them. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(126);
	exit(p->setup->node(p->setup, fd, p->deaths >= PARENT_DEATHS));
}

static void node_start(struct parent *p, usec_t now)
{
	pid_t self = getpid();
	int pair[2];

	p->start_at = now + p->backoff;
	p->backoff = p->backoff ? usec_min(2 * p->backoff, PARENT_BACKOFF_MAX) : 100 * USEC_MS;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
		log_error("no socket pair: %s", strerror(errno));
		return;
	}
	p->node = fork();
	if (p->node == 0) {
		close(pair[0]);
		node_become(p, pair[1], self);
	}
	close(pair[1]);
	if (p->node < 0) {
		log_error("no node process: %s", strerror(errno));
		close(pair[0]);
		p->node = 0;
		return;
	}
	p->channel = pair[0];
	p->started_at = now;
	p->start_at = USEC_NEVER;
	p->hang_at = now + PARENT_HANG;
	for (size_t i = 0; i < PARENT_CHILDREN; i++) {
		if (p->helpers[i].pid)
			report_helper(p, PARENT_STARTED, &p->helpers[i], 0);
	}
}

static void stop_all(struct parent *p, usec_t now)
{
	p->stopping = true;
	p->start_at = USEC_NEVER;
	notify_send("STOPPING=1");
	if (p->node) {
		kill(p->node, SIGTERM);
		p->kill_at = now + PARENT_NODE_GRACE;
	}
}

static void node_died(struct parent *p, int status, usec_t now)
{
	if (p->channel >= 0)
		close(p->channel);
	p->channel = -1;
	p->node = 0;
	p->kill_at = p->hang_at = USEC_NEVER;
	if (WIFEXITED(status) && (WEXITSTATUS(status) == PARENT_EXIT_STOP ||
				  WEXITSTATUS(status) == PARENT_EXIT_CONFIG)) {
		p->status = WEXITSTATUS(status);
		p->stopping = true;
	}
	if (p->stopping)
		return;
	p->deaths++;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != PARENT_EXIT_AGAIN)
		log_error("node process died (%s %d)", WIFSIGNALED(status) ? "signal" : "status",
			  WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	else
		p->backoff = p->deaths = 0;
	if (now - p->started_at >= PARENT_LIVED)
		p->backoff = p->deaths = 0;
	p->start_at = now + p->backoff;
}

static void reap(struct parent *p, usec_t now)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == p->node) {
			node_died(p, status, now);
			continue;
		}
		for (size_t i = 0; i < PARENT_CHILDREN; i++) {
			struct helper *h = &p->helpers[i];

			if (h->pid != pid)
				continue;
			report_helper(p, PARENT_DIED, h, status);
			h->pid = 0;
		}
	}
}

static void signals_handle(struct parent *p, usec_t now)
{
	struct signalfd_siginfo info;

	while (read(p->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			reap(p, now);
		else if (info.ssi_signo == SIGHUP && p->node)
			kill(p->node, SIGHUP);
		else if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
			stop_all(p, now);
	}
}

/* When this process was frozen as well, the node process gets its time anew. */
static void hang_handle(struct parent *p, usec_t now)
{
	bool late = now - p->hang_at > PARENT_LATE;

	p->hang_at = now + PARENT_HANG;
	if (late || !p->node)
		return;
	log_error("the node process gave no sign of life for %d s: killed",
		  (int)(PARENT_HANG / USEC_S));
	kill(p->node, SIGKILL);
}

/* What is due; returns the next deadline. */
static usec_t timers_run(struct parent *p, usec_t now)
{
	usec_t next;

	if (now >= p->start_at)
		node_start(p, now);
	if (now >= p->kill_at && p->node) {
		kill(p->node, SIGKILL);
		p->kill_at = USEC_NEVER;
	}
	if (now >= p->hang_at)
		hang_handle(p, now);
	if (now >= p->watchdog_at) {
		notify_send("WATCHDOG=1");
		p->watchdog_at = now + p->watchdog;
	}
	next = usec_min(usec_min(p->start_at, p->kill_at), usec_min(p->hang_at, p->watchdog_at));
	for (size_t i = 0; i < PARENT_CHILDREN; i++) {
		struct helper *h = &p->helpers[i];

		if (!h->pid)
			continue;
		if (now >= h->kill_at) {
			kill(h->pid, SIGKILL);
			h->kill_at = now + PARENT_GRACE;
		}
		next = usec_min(next, h->kill_at);
	}
	return next;
}

static void channel_readable(struct parent *p)
{
	struct parent_request request;
	int r = channel_receive(p->channel, &request, sizeof(request), NULL);

	if (!r)
		request_handle(p, &request);
	if (!r || r == -EAGAIN)
		return;
	/* It is about to end, which may take it a moment; if not, it is made to. */
	close(p->channel);
	p->channel = -1;
	p->kill_at = usec_min(p->kill_at, now_get() + PARENT_NODE_GRACE);
}

/* True while any helper runs; all are asked to stop. */
static bool helpers_stop(struct parent *p)
{
	bool any = false;

	for (size_t i = 0; i < PARENT_CHILDREN; i++) {
		if (!p->helpers[i].pid)
			continue;
		any = true;
		helper_stop(&p->helpers[i]);
	}
	return any;
}

static void turn(struct parent *p)
{
	usec_t now = now_get();
	usec_t next = timers_run(p, now);
	struct pollfd fds[2] = { { .fd = p->signals, .events = POLLIN },
				 { .fd = p->channel, .events = POLLIN } };
	int wait_ms = next == USEC_NEVER ? -1 : (int)((next - now) / USEC_MS + 1);

	if (poll(fds, 2, wait_ms) < 0)
		return;
	if (fds[1].revents)
		channel_readable(p);
	if (fds[0].revents)
		signals_handle(p, now_get());
}

static int dir_make(const char *path, mode_t mode, const struct privileges *user)
{
	if (mkdir(path, mode) && errno != EEXIST)
		return -errno;
	/* Root's where there is no such user (any more). */
	if (chown(path, user->uid, user->gid))
		return -errno;
	return chmod(path, mode) ? -errno : 0;
}

/* One tramad per run directory, or two would undo each other's work. The node process has the lock
 * as well, so this waits for one whose root process was killed. A descriptor to be kept, or -errno.
 */
static int lock_take(void)
{
	int fd = open(PARENT_RUN_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	for (int i = 0; flock(fd, LOCK_EX | LOCK_NB); i++) {
		if (errno != EWOULDBLOCK || i == PARENT_LOCK_TRIES) {
			int r = -errno;

			close(fd);
			return r;
		}
		usleep(PARENT_LOCK_WAIT);
	}
	return fd;
}

static int dirs_make(const struct privileges *user)
{
	int r = dir_make(PARENT_RUN_DIR, 0755, user);

	return r ? r : dir_make(PARENT_STATE_DIR, 0700, user);
}

/* Where programs of ALFRED look for its socket; the node's user cannot make one there. What is
 * there already, maybe of another server, stays, and none is fine. Only what such a server has left
 * behind when it ended goes: it would be there until the next boot. */
static void link_make(void)
{
	if (symlink(ALFRED_TARGET, ALFRED_LINK) && errno == EEXIST &&
	    unix_socket_clear(ALFRED_LINK))
		(void)!symlink(ALFRED_TARGET, ALFRED_LINK);
}

static void link_remove(void)
{
	char target[sizeof(ALFRED_TARGET)];
	ssize_t n = readlink(ALFRED_LINK, target, sizeof(target));

	if (n == (ssize_t)strlen(ALFRED_TARGET) && !memcmp(target, ALFRED_TARGET, (size_t)n))
		unlink(ALFRED_LINK);
}

static int signals_open(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int parent_run(const struct parent_setup *setup)
{
	struct parent p = { .setup = setup,
			    .channel = -1,
			    .kill_at = USEC_NEVER,
			    .hang_at = USEC_NEVER,
			    .watchdog = notify_watchdog() / 2 };
	int lock, r;

	p.watchdog_at = p.watchdog ? 0 : USEC_NEVER;
	umask(022); /* babeld's socket has what this leaves */
	r = dirs_make(&setup->user);
	if (r) {
		log_error(PARENT_RUN_DIR ", " PARENT_STATE_DIR ": %s", strerror(-r));
		return 1;
	}
	lock = lock_take();
	if (lock < 0) {
		log_error(PARENT_RUN_DIR ": %s",
			  lock == -EWOULDBLOCK ? "another tramad runs here" : strerror(-lock));
		return 1;
	}
	p.signals = signals_open();
	if (p.signals < 0) {
		log_error("no signalfd: %s", strerror(errno));
		return 1;
	}
	link_make();
	while (!p.stopping || p.node)
		turn(&p);
	while (helpers_stop(&p))
		turn(&p);
	link_remove();
	close(p.signals);
	close(lock);
	return p.status;
}
