// SPDX-License-Identifier: GPL-2.0-or-later
/* See call.h. */
#include "lab/call.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lab/ns.h"
#include "lab/town.h"
#include "lib/text.h"

#define ANSWER_MAX (4 << 20)
#define ANSWER_MS 30000

int call_init(struct call *c, const char *name)
{
	*c = (struct call) { 0 };
	int n = 0;
	if (name) {
		if (!text_copy(c->name, sizeof(c->name), name))
			return snprintf(c->err, sizeof(c->err), "the name '%s' is too long", name),
			       -1;
		return 0;
	}
	DIR *d = opendir(TOWN_RUN_DIR);
	for (struct dirent *e; d && (e = readdir(d));)
		if (e->d_name[0] != '.' && text_copy(c->name, sizeof(c->name), e->d_name))
			n++;
	if (!d && errno == EACCES)
		snprintf(c->err, sizeof(c->err), "no access to %s: towns belong to root, use sudo",
			 TOWN_RUN_DIR);
	else if (n == 0)
		snprintf(c->err, sizeof(c->err),
			 "no town is running; start one with: trama-lab up plaza");
	else if (n > 1)
		snprintf(c->err, sizeof(c->err),
			 "%d towns are running, say which one with --name (see %s)", n,
			 TOWN_RUN_DIR);
	if (d)
		closedir(d);
	return n == 1 ? 0 : -1;
}

static int dial(struct call *c)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/%s/control", TOWN_RUN_DIR, c->name);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
		return fd;
	snprintf(c->err, sizeof(c->err), "no town '%s' is running (%s: %s)", c->name, at.sun_path,
		 strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* The next bytes of an answer, and the descriptor that may come with them. */
static ssize_t receive(int fd, char *buf, size_t cap, int *ret_fd)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { .iov_base = buf, .iov_len = cap };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct pollfd p = { .fd = fd, .events = POLLIN };
	if (poll(&p, 1, ANSWER_MS) <= 0)
		return -1;
	ssize_t n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&msg) : NULL;
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(ret_fd, CMSG_DATA(c), sizeof(int));
	return n;
}

static json_t *exchange(struct call *c, int fd, const char *request, int *ret_fd)
{
	size_t len = 0, cap = 65536;
	char *buf = malloc(cap);
	json_t *answer = NULL;
	bool sent = send(fd, request, strlen(request), MSG_NOSIGNAL) == (ssize_t)strlen(request) &&
		    send(fd, "\n", 1, MSG_NOSIGNAL) == 1;
	while (sent && buf && cap <= ANSWER_MAX) {
		ssize_t n = receive(fd, buf + len, cap - len, ret_fd);
		if (n <= 0)
			break;
		len += (size_t)n;
		if (buf[len - 1] == '\n') {
			answer = json_loadb(buf, len, 0, NULL);
			break;
		}
		if (len == cap) {
			char *more = realloc(buf, cap *= 2);
			if (!more)
				break;
			buf = more;
		}
	}
	free(buf);
	if (!answer)
		snprintf(c->err, sizeof(c->err), "the town '%s' does not answer", c->name);
	return answer;
}

json_t *call_ask(struct call *c, json_t *request, int *ret_fd)
{
	int passed = -1, fd = dial(c);
	char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
	json_t *answer = NULL;
	if (fd >= 0 && text)
		answer = exchange(c, fd, text, &passed);
	if (answer && !json_is_true(json_object_get(answer, "ok"))) {
		const char *why = json_string_value(json_object_get(answer, "error"));
		text_copy(c->err, sizeof(c->err), why ? why : "refused");
		json_decref(answer);
		answer = NULL;
	}
	if (ret_fd)
		*ret_fd = passed;
	else if (passed >= 0)
		close(passed);
	if (fd >= 0)
		close(fd);
	free(text);
	json_decref(request);
	return answer;
}

int call_open(struct call *c, const char *host)
{
	int fd = -1;
	json_decref(call_ask(c, json_pack("{s:s, s:s}", "op", "open", "host", host), &fd));
	return fd;
}

static volatile sig_atomic_t inner;

static void pass_on(int sig)
{
	if (inner > 0)
		kill((pid_t)inner, sig);
}

/* In the process of ours: the program is a child of it, for a process namespace is only entered by
 * children. */
static _Noreturn void run_inside(int pidfd, const char *bin_dir, char *const argv[], int out,
				 int err)
{
	char path[PATH_MAX + 64];
	int status = 0;
	int rc = ns_enter(pidfd);
	if (rc < 0) {
		dprintf(2, "trama-lab: cannot enter the host: %s\n", strerror(-rc));
		_exit(126);
	}
	struct sigaction pass = { .sa_handler = pass_on };
	sigaction(SIGTERM, &pass, NULL);
	sigaction(SIGHUP, &pass, NULL);
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	pid_t pid = fork();
	if (pid == 0) {
		signal(SIGINT, SIG_DFL);
		signal(SIGQUIT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		signal(SIGHUP, SIG_DFL);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (out >= 0)
			dup2(out, 1);
		if (err >= 0)
			dup2(err, 2);
		snprintf(path, sizeof(path),
			 "%s:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			 bin_dir);
		setenv("PATH", path, 1);
		execvp(argv[0], argv);
		dprintf(2, "trama-lab: %s: %s\n", argv[0], strerror(errno));
		_exit(errno == ENOENT ? 127 : 126);
	}
	inner = pid;
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	_exit(pid < 0 ? 126 : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

pid_t call_exec(int pidfd, const char *bin_dir, char *const argv[], int out, int err)
{
	pid_t pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		run_inside(pidfd, bin_dir, argv, out, err);
	}
	return pid;
}

static int64_t now_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

char *call_read_all(int fd, int timeout_ms)
{
	size_t len = 0, cap = 16384;
	char *buf = malloc(cap);
	int64_t until = now_ms() + timeout_ms;
	while (buf) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = until - now_ms();
		if (left <= 0 || poll(&p, 1, (int)left) <= 0)
			break;
		ssize_t n = read(fd, buf + len, cap - 1 - len);
		if (n <= 0)
			break;
		len += (size_t)n;
		if (len == cap - 1) {
			char *more = realloc(buf, cap *= 2);
			if (!more)
				break;
			buf = more;
		}
	}
	if (buf)
		buf[len] = '\0';
	return buf;
}
