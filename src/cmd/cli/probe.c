/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon measures how long an answer takes, so it does not matter when it is asked for: first
 * soon, then at most 25 times a second, for it answers 50 requests a second for ever.
 */
#include "cmd/cli/probe.h"

#include <signal.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cli/cli.h"

#define POLL_FIRST_MS 2
#define POLL_MS 40

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

void probe_catch_stop(void)
{
	struct sigaction a = { .sa_handler = stop };

	sigaction(SIGINT, &a, NULL);
	sigaction(SIGTERM, &a, NULL);
}

bool probe_stopped(void)
{
	return stopped;
}

long long probe_clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

void probe_sleep_until(long long ms)
{
	struct timespec t = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

	while (!stopped && probe_clock_ms() < ms)
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

int probe_id(void)
{
	unsigned char random;

	return getrandom(&random, 1, 0) == 1 ? random % 255 + 1 : getpid() % 255 + 1;
}

json_t *probe_ask(struct rpc_client *client, const struct probe *p)
{
	long long end = probe_clock_ms() + p->timeout_ms, now;
	json_t *sent = rpc_client_call(client, "trace.probe",
				       json_pack("{ss si si si sb}", "to", p->to, "ttl", p->ttl,
						 "id", p->id, "seq", p->seq, "record", p->record));
	json_t *answer = sent ? json_null() : NULL;
	long long wait = POLL_FIRST_MS;

	json_decref(sent);
	while (json_is_null(answer)) {
		answer = rpc_client_call(client, "trace.answer",
					 json_pack("{si si}", "id", p->id, "seq", p->seq));
		now = probe_clock_ms();
		if (!json_is_null(answer) || now >= end || stopped)
			break;
		probe_sleep_until(now + wait < end ? now + wait : end);
		wait = 2 * wait < POLL_MS ? 2 * wait : POLL_MS;
	}
	cli_clean(answer);
	return stopped && json_is_null(answer) ? NULL : answer;
}
