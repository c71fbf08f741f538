/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/sim_report.h"

#include <stdio.h>
#include <string.h>

#define PROMISED (2 * USEC_S)
#define CHANCE_HOSTS 20
#define CHANCE_POOL 1024

typedef unsigned long long ull;

void report_leases(const struct outcome *o)
{
	const struct judge_count *c = &o->leases;

	printf("leases: %llu operations: %llu allocations, %llu renewals, %llu roams, %llu "
	       "releases; %llu declined\n",
	       (ull)outcome_operations(o), (ull)c->allocations, (ull)c->renewals, (ull)c->roams,
	       (ull)c->releases, (ull)c->declines);
	printf("clashes that nobody is to blame for: %llu of nodes that first met in a cut, %llu "
	       "after the reserve was used up, %llu of leases that went with their nodes; noticed "
	       "%llu, the slowest after %lld ms, settled %llu\n",
	       (ull)c->clashes[JUDGE_STRANGERS], (ull)c->clashes[JUDGE_RESERVE],
	       (ull)c->clashes[JUDGE_FORGOTTEN], (ull)c->noticed,
	       (long long)(c->notice_max / USEC_MS), (ull)c->settled);
	printf("addresses lost: %llu known across a cut only, %llu with their nodes, %llu to nodes "
	       "with that address; leases over after 48 h %llu, after 26 h %llu\n",
	       (ull)c->lost_apart, (ull)c->lost_forgotten, (ull)c->lost_to_nodes, (ull)c->lapsed,
	       (ull)c->reused);
}

void report_faults(const struct outcome *o)
{
	const struct fault_count *c = &o->faults;

	printf("faults: %llu cables cut, %llu partitions, %llu crashes (%llu disks torn, %llu "
	       "lost), %llu freezes, %llu clocks jumped, %llu power cuts of a cloud, %llu new "
	       "nodes; %llu of %llu frames lost\n",
	       (ull)c->cuts, (ull)c->parts, (ull)c->crashes, (ull)c->disks_torn, (ull)c->disks_lost,
	       (ull)c->freezes, (ull)c->clocks_jumped, (ull)c->darks, (ull)c->late,
	       (ull)c->frames_lost, (ull)c->frames);
}

void report_violations(const struct outcome *o)
{
	for (unsigned int i = 0; i < OUTCOME_TEXTS && o->texts[i][0]; i++)
		printf("VIOLATION %s\n", o->texts[i]);
	if (o->violations)
		printf("%u violations\n", o->violations);
}

void report_scenario(const struct scenario *s)
{
	static const struct {
		enum churn bit;
		const char *name;
	} all[] = {
		{ CHURN_ROAM, "roam" },	    { CHURN_LEAVE, "leave" }, { CHURN_CUT, "cut" },
		{ CHURN_CRASH, "crash" },   { CHURN_PART, "part" },   { CHURN_DISK, "disk" },
		{ CHURN_FREEZE, "freeze" }, { CHURN_CLOCK, "clock" }, { CHURN_LATE, "late" },
		{ CHURN_DARK, "dark" },	    { CHURN_ACT, "act" },     { CHURN_SCATTER, "scatter" },
	};

	printf("%u nodes, shape %d, %u clouds, %u clients, up to %u late nodes; of a million "
	       "frames "
	       "%u lost, %u doubled, %u late; leases of %u s, pool of %u, snapshots after %u s; "
	       "%lld s, quiet for %lld; each %lld ms:",
	       s->town.nodes, (int)s->town.shape, s->town.clouds, s->town.hosts, s->town.late,
	       (unsigned int)s->town.loss_ppm, (unsigned int)s->town.duplicate_ppm,
	       (unsigned int)s->town.reorder_ppm, (unsigned int)s->lease_s, (unsigned int)s->pool,
	       (unsigned int)s->save_s, (long long)(s->time / USEC_S),
	       (long long)(s->quiet / USEC_S), (long long)(s->script.every / USEC_MS));
	for (unsigned int i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (s->script.churn & all[i].bit)
			printf(" %s", all[i].name);
	putchar('\n');
}

static long long in_ms(usec_t took)
{
	return took == USEC_NEVER ? -1 : (long long)(took / USEC_MS);
}

int report_spread(struct world *w, unsigned int changes)
{
	static struct spread s;
	unsigned int late = 0;

	spread_run(w, changes, &s);
	if (!s.count)
		return 0;
	for (unsigned int i = 0; i < s.count; i++)
		late += s.took[i] > PROMISED;
	printf("%u changes, each at some node: all nodes had one after %lld ms in the median, %lld "
	       "ms at the 99th percentile, %lld ms at most (-1: never); %u took longer than %lld "
	       "ms\n",
	       s.count, in_ms(s.took[s.count / 2]), in_ms(s.took[s.count * 99 / 100]),
	       in_ms(s.took[s.count - 1]), late, in_ms(PROMISED));
	return late ? 1 : 0;
}

/* For small numbers the spread of what is by chance is about the square root. */
static bool is_by_chance(uint64_t expected_ppm, uint64_t found)
{
	uint64_t found_ppm = found * 1000000;
	uint64_t apart =
		(found_ppm > expected_ppm ? found_ppm - expected_ppm : expected_ppm - found_ppm) /
		1000;

	/* five times that */
	return apart * apart <= 25 * expected_ppm + 25 * 1000000;
}

int report_chance(unsigned int trials, uint64_t seed)
{
	struct chance c;
	bool fine;

	if (chance_run(trials, CHANCE_HOSTS, CHANCE_POOL, seed, &c)) {
		fprintf(stderr, "trama-sim: out of memory\n");
		return 1;
	}
	fine = is_by_chance(c.expected_ppm, c.twice);
	printf("%u times two nodes that had never heard of each other: %llu and %llu blocks "
	       "claimed, %llu of them by both; k1 * k2 / F is %llu.%03llu in all%s\n",
	       c.trials, (ull)c.claimed[0], (ull)c.claimed[1], (ull)c.twice,
	       (ull)(c.expected_ppm / 1000000), (ull)(c.expected_ppm / 1000 % 1000),
	       fine ? "" : ", which is not by chance");
	printf("%llu addresses given, %llu of them on both sides\n", (ull)c.addresses,
	       (ull)c.given_twice);
	return fine ? 0 : 1;
}
