/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trama-sim: a town in virtual time. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/sim_report.h"
#include "cmd/sim_seeds.h"
#include "cmd/sim_town.h"
#include "lib/text.h"
#include "sim/recorder.h"
#include "sim/sabotage.h"
#include "sim/split.h"

static const char usage[] =
	"usage: trama-sim [TOPOLOGY] [--seed N] [--time SECONDS] [OPTION]...\n"
	"       trama-sim --seeds FROM-TO | --leases FROM-TO | --operations N [--jobs N]\n"
	"       trama-sim --chance N [--seed N]\n"
	"       trama-sim --replay FILE\n"
	"\n"
	"Runs real nodes in virtual time, with clients that roam, cables that break and nodes "
	"that\n"
	"crash, and checks what must hold. The same seed prints the same hash on every machine.\n"
	"TOPOLOGY is a NetJSON file as `trama lab up` takes it; without one a mesh is made.\n"
	"\n"
	"  --seed N            which run (1)\n"
	"  --time SECONDS      how long (120)\n"
	"  --quiet SECONDS     of them at the end nothing happens any more (30)\n"
	"  --churn LIST        what happens (roam,cut,crash,leave), or none:\n"
	"                      roam    clients go to other nodes\n"
	"                      cut     a cable breaks\n"
	"                      crash   a node loses its power\n"
	"                      leave   a client goes away and comes back\n"
	"                      part    the network falls into two halves\n"
	"                      disk    a node loses its disk, or its power while it writes\n"
	"                      freeze  a node gets no time\n"
	"                      clock   clocks differ, stand still and jump\n"
	"                      late    nodes come that were never there (--late)\n"
	"                      dark    a whole cloud loses its power\n"
	"                      act     clients renew, release and decline, and reboot\n"
	"                      scatter any nodes are cut off from the others\n"
	"  --every MS          on average one of them (1500)\n"
	"  --shape NAME        " SHAPE_NAMES " (random)\n"
	"  --nodes N           (20)\n"
	"  --hosts N           clients (20)\n"
	"  --clouds N          side by side, joined on layer 3 (1)\n"
	"  --split             a cloud falls apart on layer 2 from time to time, while another "
	"one\n"
	"                      joins its parts on layer 3; --churn is roam,leave then\n"
	"  --late N            of the nodes, at most, come later (0)\n"
	"  --loss PERCENT      of every wire and direction (0)\n"
	"  --duplicate PERCENT (0)\n"
	"  --reorder PERCENT   (0)\n"
	"  --sealed            the nodes have one community key\n"
	"  --lease SECONDS     of a client's address, which it renews at half of that (1200)\n"
	"  --pool N            addresses for clients (0: all of the network)\n"
	"  --spread N          then change a record so often: how long until all nodes have it\n"
	"  --record NODE FILE  record the inputs of that node (a number) for --replay\n"
	"  --replay FILE       play a recording of tramad or trama-sim; exit status 1 when its\n"
	"                      effects are not those recorded\n"
	"  --sabotage NAME     break the nodes, to see the checks find it; list: which there are\n"
	"  --verbose           say what happens\n"
	"\n"
	"  --seeds FROM-TO     scenarios of all kinds, made by each of these seeds; FROM: one\n"
	"  --leases FROM-TO    scenarios with many clients that ask for addresses all the time\n"
	"  --operations N      as many of these as it takes for so many operations of leases\n"
	"  --jobs N            processes at a time (one for each core)\n"
	"  --chance N          so often two nodes that never met: how many blocks both claim\n";

#define CALM (CHURN_ROAM | CHURN_LEAVE) /* what --split promises something for */

struct options {
	long long seed, time_s, quiet_s, every_ms, nodes, hosts, clouds, late, loss, duplicate,
		reorder, lease_s, pool, spread, record_node, operations, jobs, chance;
	enum shape shape;
	unsigned int churn;
	const char *file, *record, *replay;
	const struct sabotage *sabotage;
	bool verbose, split, churn_given, sealed;
	struct seeds_wish seeds; /* to 0: none */
};

/* Options with a number. */
static const struct number {
	const char *name;
	size_t offset;
	long long min, max;
} numbers[] = {
	{ "seed", offsetof(struct options, seed), 0, INT64_MAX },
	{ "time", offsetof(struct options, time_s), 1, 10000000 },
	{ "quiet", offsetof(struct options, quiet_s), 0, 10000000 },
	{ "every", offsetof(struct options, every_ms), 2, 86400000 },
	{ "nodes", offsetof(struct options, nodes), 1, PLAN_NODES },
	{ "hosts", offsetof(struct options, hosts), 0, PLAN_HOSTS },
	{ "clouds", offsetof(struct options, clouds), 1, 16 },
	{ "late", offsetof(struct options, late), 0, PLAN_NODES },
	{ "loss", offsetof(struct options, loss), 0, 90 },
	{ "duplicate", offsetof(struct options, duplicate), 0, 90 },
	{ "reorder", offsetof(struct options, reorder), 0, 90 },
	{ "lease", offsetof(struct options, lease_s), 120, 604800 },
	{ "pool", offsetof(struct options, pool), 0, 65534 },
	{ "spread", offsetof(struct options, spread), 1, SPREAD_CHANGES },
	{ "operations", offsetof(struct options, operations), 1, INT64_MAX },
	{ "jobs", offsetof(struct options, jobs), 1, SEEDS_JOBS },
	{ "chance", offsetof(struct options, chance), 1, 1000000 },
	{ "record", offsetof(struct options, record_node), 0, PLAN_NODES - 1 },
};

static int bad(const char *option, const char *value, const char *allowed)
{
	fprintf(stderr, "trama-sim: --%s '%s': %s\n", option, value, allowed);
	return 2;
}

static int parse_number(const char *name, const char *value, struct options *o)
{
	char allowed[64];

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const struct number *n = &numbers[i];
		long long v;

		if (strcmp(n->name, name) != 0)
			continue;
		if (!text_number(value, n->min, n->max, &v)) {
			memcpy((char *)o + n->offset, &v, sizeof(v));
			return 0;
		}
		snprintf(allowed, sizeof(allowed), "a number from %lld to %lld", n->min, n->max);
		return bad(name, value, allowed);
	}
	return bad(name, value, "no such option");
}

static int parse_churn(const char *value, struct options *o)
{
	static const char *const names[] = {
		"roam",	  "cut",   "crash", "leave", "part", "disk",
		"freeze", "clock", "late",  "dark",  "act",  "scatter"
	};
	const unsigned int count = sizeof(names) / sizeof(names[0]);
	char list[128], *save = NULL;

	text_copy(list, sizeof(list), value);
	o->churn = 0;
	for (char *word = strtok_r(list, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		unsigned int bit = 0;

		while (bit < count && strcmp(names[bit], word) != 0)
			bit++;
		if (bit == count && strcmp(word, "none") != 0)
			return bad("churn", value, "words with commas as --help has them, or none");
		o->churn |= bit < count ? 1u << bit : 0;
	}
	return 0;
}

/* "17", "1-1000" */
static int parse_seeds(const char *name, const char *value, struct options *o)
{
	const char *dash = strchr(value, '-');
	char first[24];
	long long from, to;

	text_copy(first, sizeof(first), value);
	first[strcspn(first, "-")] = '\0';
	if (text_number(first, 1, INT64_MAX, &from) ||
	    text_number(dash ? dash + 1 : value, from, INT64_MAX, &to))
		return bad(name, value, "a number from 1 on, or two like 1-1000");
	o->seeds.kind = strcmp(name, "seeds") ? SCENARIO_LEASES : SCENARIO_MIXED;
	o->seeds.from = (uint64_t)from;
	o->seeds.to = (uint64_t)to;
	return 0;
}

static int list_sabotages(void)
{
	for (unsigned int i = 0; sabotage_at(i); i++)
		printf("%s\t%s\t%s\n", sabotage_at(i)->name, sabotage_at(i)->expected,
		       sabotage_at(i)->what);
	exit(0);
}

static int parse_option(int c, const char *name, char **argv, struct options *o)
{
	switch (c) {
	case 'n':
		return parse_number(name, optarg, o);
	case 'r':
		if (!argv[optind])
			return bad(name, optarg, "needs a node and a file");
		o->record = argv[optind++];
		return parse_number(name, optarg, o);
	case 'p':
		o->replay = optarg;
		return 0;
	case 'f':
		return parse_seeds(name, optarg, o);
	case 's':
		return shape_find(optarg, &o->shape) ? bad(name, optarg, SHAPE_NAMES) : 0;
	case 'c':
		o->churn_given = true;
		return parse_churn(optarg, o);
	case 'x':
		o->split = true;
		return 0;
	case 'b':
		if (!strcmp(optarg, "list"))
			return list_sabotages();
		o->sabotage = sabotage_find(optarg);
		return o->sabotage ? 0 : bad(name, optarg, "--sabotage list says which there are");
	case 'v':
		o->verbose = true;
		return 0;
	case 'k':
		o->sealed = true;
		return 0;
	case 'h':
		fputs(usage, stdout);
		exit(0);
	default:
		return 2;
	}
}

static int parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "seed", 1, NULL, 'n' },      { "time", 1, NULL, 'n' },
		{ "quiet", 1, NULL, 'n' },     { "nodes", 1, NULL, 'n' },
		{ "hosts", 1, NULL, 'n' },     { "every", 1, NULL, 'n' },
		{ "clouds", 1, NULL, 'n' },    { "loss", 1, NULL, 'n' },
		{ "duplicate", 1, NULL, 'n' }, { "reorder", 1, NULL, 'n' },
		{ "lease", 1, NULL, 'n' },     { "record", 1, NULL, 'r' },
		{ "late", 1, NULL, 'n' },      { "pool", 1, NULL, 'n' },
		{ "spread", 1, NULL, 'n' },    { "operations", 1, NULL, 'n' },
		{ "jobs", 1, NULL, 'n' },      { "chance", 1, NULL, 'n' },
		{ "seeds", 1, NULL, 'f' },     { "leases", 1, NULL, 'f' },
		{ "replay", 1, NULL, 'p' },    { "shape", 1, NULL, 's' },
		{ "churn", 1, NULL, 'c' },     { "sabotage", 1, NULL, 'b' },
		{ "verbose", 0, NULL, 'v' },   { "sealed", 0, NULL, 'k' },
		{ "split", 0, NULL, 'x' },     { "help", 0, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c, index = 0, err;

	while ((c = getopt_long(argc, argv, "", longs, &index)) != -1) {
		err = parse_option(c, longs[index].name, argv, o);
		if (err)
			return err;
	}
	if (optind < argc)
		o->file = argv[optind++];
	if (optind < argc)
		return bad("", argv[optind], "one topology is enough; see --help");
	if (o->clouds * 2 > o->nodes)
		return bad("clouds", "", "at least two nodes each");
	if (o->split && o->nodes < SPLIT_NODES_MIN)
		return bad("split", "", "five nodes at least");
	if (o->split && !o->churn_given)
		o->churn = CALM;
	return 0;
}

static void report(const struct world *w)
{
	unsigned long long p4 = 0, q4 = 0, p6 = 0, q6 = 0, po = 0, qo = 0, acks = 0, stores = 0;
	static struct outcome outcome;

	for (unsigned int i = 0; i < w->plan->host_count; i++) {
		const struct sim_host *h = &w->hosts[i];

		p4 += h->pings4, q4 += h->pongs4, p6 += h->pings6, q6 += h->pongs6;
		po += h->pings_out, qo += h->pongs_out, acks += h->acks;
	}
	for (unsigned int i = 0; i < w->plan->node_count; i++)
		stores += w->nodes[i].stores;
	printf("pings answered: IPv4 %llu of %llu, IPv6 %llu of %llu, internet %llu of %llu\n", q4,
	       p4, q6, p6, qo, po);
	printf("leases given %llu; snapshots written %llu\n", acks, stores);
	printf("broadcasts %llu, copies %llu; unicasts %llu, received %llu; in calm times %llu, "
	       "twice at a node %llu\n",
	       (unsigned long long)w->broadcasts, (unsigned long long)w->broadcast_copies,
	       (unsigned long long)w->unicasts, (unsigned long long)w->unicast_got,
	       (unsigned long long)w->calm_unicasts, (unsigned long long)w->calm_twice);
	outcome_of(w, &outcome);
	report_faults(&outcome);
	report_leases(&outcome);
	for (unsigned int i = 0; i < WORLD_VIOLATIONS && w->violations[i].kind; i++)
		printf("VIOLATION %s\n", w->violations[i].text);
	if (w->violation_count)
		printf("%u violations\n", w->violation_count);
	printf("hash %s\n", outcome.hash);
}

static int run(const struct options *o, const struct world_setup *setup)
{
	struct world *w = world_new(setup);
	usec_t end;
	int err = 0;

	if (!w) {
		fprintf(stderr, "trama-sim: out of memory\n");
		return 1;
	}
	end = w->now + o->time_s * USEC_S;
	script_start(w, &(struct script_wish) { .churn = o->churn,
						.every = o->every_ms * USEC_MS,
						.act_every = o->every_ms * USEC_MS,
						.until = end - o->quiet_s * USEC_S });
	if (o->split)
		split_start(w, end - o->quiet_s * USEC_S,
			    !(o->churn & ~(unsigned int)CALM) && !o->loss);
	world_run(w, end - 5 * USEC_S);
	check_quiet(w);
	world_run(w, end);
	if (o->spread)
		err = report_spread(w, (unsigned int)o->spread);
	else
		check_final(w);
	report(w);
	if (w->violation_count)
		err = 1;
	world_free(w);
	return err;
}

/* Of many scenarios instead of one: exit status, -1: that is not asked for. */
static int run_many(struct options *o)
{
	if (o->chance)
		return report_chance((unsigned int)o->chance, (uint64_t)o->seed);
	if (o->operations)
		o->seeds = (struct seeds_wish) { .kind = SCENARIO_LEASES,
						 .from = 1,
						 .to = INT64_MAX,
						 .operations = (uint64_t)o->operations };
	if (!o->seeds.to)
		return -1;
	o->seeds.jobs = (unsigned int)o->jobs;
	o->seeds.verbose = o->verbose;
	o->seeds.sabotage = o->sabotage;
	return seeds_run(&o->seeds);
}

static int replay(const char *path)
{
	static uint8_t file[64 << 20];
	FILE *f = fopen(path, "rb");
	struct replay r;
	char err[256];
	size_t len;
	bool whole;

	if (!f) {
		fprintf(stderr, "trama-sim: %s: %s\n", path, strerror(errno));
		return 1;
	}
	len = fread(file, 1, sizeof(file), f);
	whole = !ferror(f) && len < sizeof(file);
	fclose(f);
	if (!whole) {
		fprintf(stderr, "trama-sim: %s: cannot be read, or has more than 64 MB\n", path);
		return 1;
	}
	if (replay_run(file, len, &r, err, sizeof(err))) {
		fprintf(stderr, "trama-sim: %s: %s\n", path, err);
		return 1;
	}
	printf("%llu events in %.3f s, %llu effects\nhash %s\n", (unsigned long long)r.events,
	       (double)r.duration / 1e6, (unsigned long long)r.effects, r.hash);
	if (!r.has_end) {
		printf("the recording has no end: nothing to compare with\n");
		return 3;
	}
	if (r.recorded_effects == r.effects && !strcmp(r.recorded_hash, r.hash)) {
		printf("as recorded\n");
		return 0;
	}
	printf("recorded were %llu effects, hash %s\n", (unsigned long long)r.recorded_effects,
	       r.recorded_hash);
	return 1;
}

int main(int argc, char **argv)
{
	struct options o = { .seed = 1,
			     .time_s = 120,
			     .quiet_s = 30,
			     .every_ms = 1500,
			     .nodes = 20,
			     .hosts = 20,
			     .clouds = 1,
			     .lease_s = 1200,
			     .churn = CHURN_DEFAULT };
	static struct plan plan;
	struct world_setup setup = { .plan = &plan };
	struct plan_wish wish;
	struct rng rng;
	int err = parse(argc, argv, &o);

	if (err || o.replay)
		return err ? err : replay(o.replay);
	err = run_many(&o);
	if (err >= 0)
		return err;
	rng = rng_init((uint64_t)o.seed ^ 0x706c616e);
	wish = (struct plan_wish) { .shape = o.shape,
				    .nodes = (unsigned int)o.nodes,
				    .hosts = (unsigned int)o.hosts,
				    .clouds = (unsigned int)o.clouds,
				    .late = (unsigned int)o.late,
				    .varied = o.churn & CHURN_ACT,
				    .loss_ppm = (uint32_t)o.loss * 10000,
				    .duplicate_ppm = (uint32_t)o.duplicate * 10000,
				    .reorder_ppm = (uint32_t)o.reorder * 10000 };
	if (o.split)
		split_plan(&plan, &wish, &rng);
	else if (!o.file)
		plan_generate(&plan, &wish, &rng);
	else if (sim_town_load(&plan, o.file))
		return 1;
	setup.seed = (uint64_t)o.seed;
	setup.lease_s = (uint32_t)o.lease_s;
	setup.pool = (uint32_t)o.pool;
	setup.clocks = o.churn & CHURN_CLOCK;
	setup.sabotage = o.sabotage;
	setup.verbose = o.verbose;
	setup.sealed = o.sealed;
	setup.recorded = (unsigned int)o.record_node;
	if (o.record && !(setup.recorder = recorder_open(o.record))) {
		fprintf(stderr, "trama-sim: %s: %s\n", o.record, strerror(errno));
		return 1;
	}
	err = run(&o, &setup);
	if (setup.recorder && recorder_close(setup.recorder)) {
		fprintf(stderr, "trama-sim: %s: not written whole\n", o.record);
		return 1;
	}
	return err;
}
