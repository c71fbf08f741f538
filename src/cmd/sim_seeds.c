/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each seed is a process, so that one that crashes is a finding like any other. */
#include "cmd/sim_seeds.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/sim_report.h"

struct job {
	pid_t pid; /* 0: none */
	int fd;	   /* where its outcome comes from */
	uint64_t seed;
};

struct runner {
	const struct seeds_wish *wish;
	struct job jobs[SEEDS_JOBS];
	unsigned int running;
	uint64_t next;
	struct outcome sum;
	uint64_t bad; /* seeds */
	unsigned int tenths;
	bool has_line;
};

static const char *option_of(enum scenario_kind kind)
{
	return kind == SCENARIO_MIXED ? "--seeds" : "--leases";
}

static int run_one(const struct seeds_wish *wish, uint64_t seed, struct outcome *ret)
{
	struct scenario s;

	scenario_make(&s, wish->kind, seed);
	s.sabotage = wish->sabotage;
	return scenario_run(&s, seed, wish->verbose, ret);
}

/* ---- processes ---- */

static bool write_all(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static bool read_all(int fd, void *ret, size_t len)
{
	char *at = ret;

	while (len) {
		ssize_t n = read(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static _Noreturn void child(const struct seeds_wish *wish, uint64_t seed, int fd)
{
	static struct outcome o;
	bool good = !run_one(wish, seed, &o) && write_all(fd, &o, sizeof(o));

	_exit(good ? 0 : 1);
}

/* 0 or -errno. */
static int job_start(struct runner *r, struct job *j)
{
	int ends[2], err;

	fflush(stdout);
	if (pipe(ends))
		return -errno;
	j->seed = r->next;
	j->pid = fork();
	if (j->pid == 0) {
		close(ends[0]);
		child(r->wish, j->seed, ends[1]);
	}
	err = j->pid < 0 ? -errno : 0;
	close(ends[1]);
	if (err) {
		j->pid = 0;
		close(ends[0]);
		return err;
	}
	j->fd = ends[0];
	r->next++;
	r->running++;
	return 0;
}

static struct job *job_of(struct runner *r, pid_t pid)
{
	for (struct job *j = r->jobs; j < r->jobs + SEEDS_JOBS; j++)
		if (j->pid == pid)
			return j;
	return NULL;
}

/* ---- what is said ---- */

static void line_end(struct runner *r)
{
	if (r->has_line)
		fputs("\r\033[K", stderr);
	r->has_line = false;
}

/* Of a thousand. */
static uint64_t done_ppt(const struct runner *r)
{
	const struct seeds_wish *w = r->wish;
	uint64_t done = r->sum.runs, all = w->to - w->from + 1;

	if (w->operations) {
		done = outcome_operations(&r->sum);
		all = w->operations;
	}
	return done >= all ? 1000 : done * 1000 / all;
}

/* One line that grows; where nobody watches, one for each tenth. */
static void progress(struct runner *r)
{
	uint64_t ppt = done_ppt(r);
	bool watched = isatty(STDERR_FILENO);

	if (!watched && ppt / 100 <= r->tenths)
		return;
	r->tenths = (unsigned int)(ppt / 100);
	fprintf(stderr, "%s%llu.%llu %%: %llu seeds, %llu operations, %llu seeds with violations%s",
		watched ? "\r" : "", (unsigned long long)(ppt / 10), (unsigned long long)(ppt % 10),
		(unsigned long long)r->sum.runs, (unsigned long long)outcome_operations(&r->sum),
		(unsigned long long)r->bad, watched ? "" : "\n");
	r->has_line = watched;
}

static void tell_bad(struct runner *r, uint64_t seed, const struct outcome *o, int status)
{
	r->bad++;
	line_end(r);
	if (!o && WIFSIGNALED(status))
		printf("seed %llu: it ended by signal %d\n", (unsigned long long)seed,
		       WTERMSIG(status));
	else if (!o)
		printf("seed %llu: it ended with status %d\n", (unsigned long long)seed,
		       WEXITSTATUS(status));
	else
		printf("seed %llu:\n", (unsigned long long)seed);
	if (o)
		report_violations(o);
	printf("the same again: trama-sim %s %llu --verbose\n", option_of(r->wish->kind),
	       (unsigned long long)seed);
}

/* ---- the run ---- */

static void job_end(struct runner *r, struct job *j, int status)
{
	static struct outcome o;
	bool whole = read_all(j->fd, &o, sizeof(o)) && WIFEXITED(status) && !WEXITSTATUS(status);

	close(j->fd);
	j->pid = 0;
	r->running--;
	if (whole)
		outcome_add(&r->sum, &o);
	else
		r->sum.runs++;
	if (!whole || o.violations)
		tell_bad(r, j->seed, whole ? &o : NULL, status);
	progress(r);
}

static bool goes_on(const struct runner *r)
{
	const struct seeds_wish *w = r->wish;

	return r->next <= w->to && (!w->operations || outcome_operations(&r->sum) < w->operations);
}

/* 0 or -errno: no more processes could be started. */
static int run_all(struct runner *r, unsigned int jobs)
{
	int status, err = 0;

	for (;;) {
		struct job *j;
		pid_t pid;

		while (!err && r->running < jobs && goes_on(r))
			err = job_start(r, job_of(r, 0));
		if (!r->running)
			return err;
		pid = waitpid(-1, &status, 0);
		j = pid > 0 ? job_of(r, pid) : NULL;
		if (j)
			job_end(r, j, status);
		else if (pid < 0 && errno != EINTR)
			return -errno;
	}
}

static unsigned int cores(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > SEEDS_JOBS ? SEEDS_JOBS : (unsigned int)n;
}

static int run_alone(const struct seeds_wish *wish)
{
	static struct outcome o;
	struct scenario s;

	scenario_make(&s, wish->kind, wish->from);
	report_scenario(&s);
	if (run_one(wish, wish->from, &o)) {
		fprintf(stderr, "trama-sim: out of memory\n");
		return 1;
	}
	report_faults(&o);
	report_leases(&o);
	report_violations(&o);
	printf("hash %s\n", o.hash);
	return o.violations ? 1 : 0;
}

int seeds_run(const struct seeds_wish *wish)
{
	struct seeds_wish each = *wish;
	static struct runner r;
	int err;

	if (wish->from == wish->to)
		return run_alone(wish);
	each.verbose = false;
	r = (struct runner) { .wish = &each, .next = wish->from };
	err = run_all(&r, wish->jobs ? wish->jobs : cores());
	line_end(&r);
	if (err) {
		fprintf(stderr, "trama-sim: a process: %s\n", strerror(-err));
		return 1;
	}
	printf("%llu scenarios, %lld hours of virtual time\n", (unsigned long long)r.sum.runs,
	       (long long)(r.sum.time / USEC_S / 3600));
	report_faults(&r.sum);
	report_leases(&r.sum);
	printf("%llu of them with violations\n", (unsigned long long)r.bad);
	return r.bad ? 1 : 0;
}
