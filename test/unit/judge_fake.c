/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "judge_fake.h"

struct fake f;
const struct ip4 IP = { { 10, 1, 0, 113 } }, OTHER = { { 10, 1, 0, 114 } };

static bool is_alive(void *ctx, unsigned int node)
{
	const struct fake *w = ctx;

	return w->alive[node];
}

static bool knows(void *ctx, unsigned int node, unsigned int client, const struct ip4 *ip)
{
	const struct fake *w = ctx;

	return ip4_eq(&w->book[node][client], ip);
}

static usec_t joined(void *ctx, unsigned int from, unsigned int to)
{
	const struct fake *w = ctx;

	return w->joined[from][to];
}

static bool met(void *ctx, unsigned int node, unsigned int other)
{
	const struct fake *w = ctx;

	return w->met[node][other];
}

static const char *name(void *ctx, unsigned int i)
{
	static const char *const names[] = { "one", "two", "three", "four" };

	(void)ctx;
	return names[i];
}

static void __attribute__((format(printf, 2, 0))) violation(void *ctx, const char *fmt, va_list ap)
{
	struct fake *w = ctx;

	w->found++;
	vsnprintf(w->text, sizeof(w->text), fmt, ap);
}

int fake_setup(void **state)
{
	static const unsigned int clouds[NODES] = { 0, 0, 0, 3 };
	struct judge_setup s = { .nodes = NODES, .clients = CLIENTS, .clouds = clouds };

	(void)state;
	memset(&f, 0, sizeof(f));
	s.world = (struct judge_world) { .ctx = &f,
					 .is_alive = is_alive,
					 .knows = knows,
					 .joined = joined,
					 .met = met,
					 .node_name = name,
					 .client_name = name,
					 .violation = violation };
	f.judge = judge_new(&s);
	assert_non_null(f.judge);
	for (unsigned int i = 0; i < NODES; i++) {
		f.alive[i] = true;
		for (unsigned int j = 0; j < NODES; j++) {
			f.joined[i][j] = 1;
			f.met[i][j] = true;
		}
		judge_booted(f.judge, i, true, 2);
	}
	for (uint8_t i = 0; i < CLIENTS; i++)
		judge_client(f.judge, i, (uint8_t[]) { 1, 2, i }, 3);
	return 0;
}

int fake_teardown(void **state)
{
	(void)state;
	judge_free(f.judge);
	return 0;
}

void assert_found(const char *text)
{
	if (f.found != 1 || !strstr(f.text, text))
		fail_msg("found %u, \"%s\", not \"%s\"", f.found, f.text, text);
	f.found = 0;
}

void assert_fine(void)
{
	if (f.found)
		fail_msg("found %u, \"%s\"", f.found, f.text);
}

const struct judge_count *count(void)
{
	return judge_count(f.judge);
}

void cut(unsigned int a, unsigned int b)
{
	f.joined[a][b] = f.joined[b][a] = USEC_NEVER;
}

void heal(unsigned int a, unsigned int b, usec_t at)
{
	f.joined[a][b] = f.joined[b][a] = at;
}

struct judge_grant some_grant(unsigned int node, unsigned int client)
{
	return (struct judge_grant) {
		.node = node, .client = client, .ip = IP, .block = BLOCK, .owner = node, .free = 9
	};
}

void grant(unsigned int node, unsigned int client, usec_t now)
{
	struct judge_grant g = some_grant(node, client);

	judge_granted(f.judge, &g, now);
}

void grant_aged(unsigned int node, unsigned int client, uint32_t age_s, usec_t now)
{
	struct judge_grant g = some_grant(node, client);

	g.age_s = age_s;
	judge_granted(f.judge, &g, now);
}

void grant_other(unsigned int node, unsigned int client, usec_t now)
{
	struct judge_grant g = some_grant(node, client);

	g.ip = OTHER;
	judge_granted(f.judge, &g, now);
}

void claim(unsigned int node, usec_t now)
{
	judge_claim_known(f.judge, node, node, BLOCK, true, now);
}
