// SPDX-License-Identifier: GPL-2.0-or-later
/* See host.h: one process per host, its loop waits for the town, for children that end, for the
 * access point. */
#include "lab/host.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lab/hostapd.h"
#include "lab/ns.h"
#include "lib/text.h"

#define DELAY_FIRST_MS 200
#define DELAY_MAX_MS 2000

struct init {
	struct town *town;
	uint16_t host;
	int ctl, signals;
	struct hostapd ap;
	struct service service[HOST_SERVICES_MAX];
	int service_count;
};

static int64_t now_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

struct service *service_add(struct service *list, int *count, const char *name)
{
	struct service *s = &list[(*count)++];
	*s = (struct service) { .name = name };
	return s;
}

void service_arg(struct service *s, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	size_t room = sizeof(s->text) - s->text_len;
	int n = vsnprintf(s->text + s->text_len, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room || s->argc >= HOST_ARGS_MAX - 1)
		abort(); /* a list of ours that is too long: found by the first test */
	s->argv[s->argc++] = s->text + s->text_len;
	s->text_len += (size_t)n + 1;
}

static void service_start(struct service *s)
{
	char log[128];
	sigset_t none;
	pid_t pid = fork();
	s->started_ms = now_ms();
	s->start_at_ms = 0;
	if (pid != 0) {
		s->pid = pid;
		return;
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	snprintf(log, sizeof(log), "/var/log/%s.log", s->name);
	int in = open("/dev/null", O_RDONLY), out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
	dup2(in, 0);
	dup2(out, 1);
	dup2(out, 2);
	close_range(3, ~0U, 0);
	/* A process group of its own, so that what it starts can be told from the others. */
	setpgid(0, 0);
	execvp(s->argv[0], (char *const *)(uintptr_t)s->argv);
	fprintf(stderr, "%s: %s\n", s->argv[0], strerror(errno));
	_exit(127);
}

static void say(struct init *in, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void say(struct init *in, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n > 0)
		send(in->ctl, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1,
		     MSG_NOSIGNAL);
}

static int run_once(struct service *s)
{
	int status;
	service_start(s);
	while (waitpid(s->pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	s->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void start_services(struct init *in)
{
	struct town *t = in->town;
	int n = 0;
	switch (t->plan.hosts[in->host].kind) {
	case HOST_NODE:
		n = node_services(t, in->host, in->service);
		break;
	case HOST_CLIENT:
		n = client_services(t, in->host, in->service);
		break;
	case HOST_PROVIDER:
		n = provider_services(t, in->host, in->service);
		break;
	case HOST_INTERNET:
		n = internet_services(t, in->host, in->service);
		break;
	case HOST_SWITCH:
		break;
	}
	if (n < 0) {
		say(in, "error files: %s", strerror(-n));
		return;
	}
	in->service_count = n;
	for (int i = 0; i < n; i++) {
		struct service *s = &in->service[i];
		s->delay_ms = DELAY_FIRST_MS;
		if (!s->once)
			service_start(s);
		else if (run_once(s) != 0)
			say(in, "error %s failed, see /var/log/%s.log", s->argv[0], s->name);
	}
}

/* Children of services come here too when their parents die; only the services are started again.
 */
static void reap(struct init *in)
{
	pid_t pid;
	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		for (int i = 0; i < in->service_count; i++) {
			struct service *s = &in->service[i];
			if (s->pid != pid)
				continue;
			bool at_once = now_ms() - s->started_ms < 1000;
			s->delay_ms = at_once ? s->delay_ms * 2 : DELAY_FIRST_MS;
			if (s->delay_ms > DELAY_MAX_MS)
				s->delay_ms = DELAY_MAX_MS;
			s->pid = 0;
			s->start_at_ms = now_ms() + s->delay_ms;
		}
}

/* Starts what is due; ms until the next, -1 when there is none. */
static int restart_due(struct init *in)
{
	int wait = -1;
	for (int i = 0; i < in->service_count; i++) {
		struct service *s = &in->service[i];
		if (s->pid || s->once || !s->start_at_ms)
			continue;
		int64_t left = s->start_at_ms - now_ms();
		if (left <= 0)
			service_start(s);
		else if (wait < 0 || left < wait)
			wait = (int)left;
	}
	return wait;
}

static void on_text(struct init *in)
{
	char text[256];
	struct mac mac;
	ssize_t n = recv(in->ctl, text, sizeof(text) - 1, 0);
	if (n <= 0)
		_exit(0); /* the town is gone, the kernel does the rest */
	text[n] = '\0';
	if (strcmp(text, "go") == 0)
		start_services(in);
	else if (strncmp(text, "connected ", 10) == 0 && mac_parse(text + 10, &mac) == 0)
		hostapd_station(&in->ap, &mac, true);
	else if (strncmp(text, "disconnected ", 13) == 0 && mac_parse(text + 13, &mac) == 0)
		hostapd_station(&in->ap, &mac, false);
}

static void setup(struct init *in)
{
	struct town *t = in->town;
	const struct host_plan *p = &t->plan.hosts[in->host];
	char err[256], state[PATH_MAX], logs[PATH_MAX];
	struct ns_view view = {
		.hostname = p->id, .state_dir = state, .log_dir = logs, .bin_dir = t->bin_dir
	};
	snprintf(state, sizeof(state), "/var/lib/%s", p->id);
	if (t->log_dir[0])
		snprintf(logs, sizeof(logs), "%.4000s/%s", t->log_dir, p->id);
	else
		snprintf(logs, sizeof(logs), "/var/log/%s", p->id);
	if (p->kind == HOST_NODE)
		view.resolver = "127.0.0.1";
	if (ns_host_mounts(&view, err, sizeof(err)) < 0) {
		say(in, "error mounts: %s", err);
		pause();
	}
	in->ap.fd = -1;
	if (p->kind == HOST_NODE && p->ap &&
	    hostapd_init(&in->ap, "/run/hostapd", "wlan0-ap", p->ssid) < 0)
		say(in, "error /run/hostapd/wlan0-ap: %s", strerror(errno));
	/* One list for all, so that `exec NODE -- trama status` finds ours. */
	setenv("PATH", NS_BIN_DIR ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	       1);
	setenv("HOME", "/root", 1);
}

_Noreturn void host_main(struct town *t, uint16_t host, int ctl)
{
	static struct init in;
	sigset_t set;
	in = (struct init) { .town = t, .host = host, .ctl = 3 };
	prctl(PR_SET_NAME, "lab-init");
	setsid();
	ns_silence(true);
	umask(022);
	if (ctl != 3)
		dup2(ctl, 3);
	close_range(4, ~0U, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_SETMASK, &set, NULL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	in.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	fcntl(3, F_SETFD, FD_CLOEXEC);
	setup(&in);
	say(&in, "ready");
	for (;;) {
		struct pollfd fds[] = { { .fd = in.ctl, .events = POLLIN },
					{ .fd = in.signals, .events = POLLIN },
					{ .fd = in.ap.fd, .events = POLLIN } };
		struct signalfd_siginfo si;
		if (poll(fds, 3, restart_due(&in)) < 0 && errno != EINTR)
			_exit(1);
		if (fds[1].revents && read(in.signals, &si, sizeof(si)) > 0)
			reap(&in);
		if (fds[0].revents)
			on_text(&in);
		if (fds[2].revents)
			hostapd_input(&in.ap);
	}
}
