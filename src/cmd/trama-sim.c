/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trama-sim: a town in virtual time. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/sim_town.h"
#include "lib/text.h"
#include "sim/recorder.h"
#include "sim/sabotage.h"
#include "sim/split.h"
#include "sim/world.h"

static const char usage[] =
	"usage: trama-sim [TOPOLOGY] [--seed N] [--time SECONDS] [OPTION]...\n"
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
	"  --churn LIST        what happens: roam,cut,crash,leave,part or none\n"
	"                      (roam,cut,crash,leave)\n"
	"  --every MS          on average one of them (1500)\n"
	"  --shape NAME        " PLAN_SHAPES " (random)\n"
	"  --nodes N           (20)\n"
	"  --hosts N           clients (20)\n"
	"  --clouds N          side by side, joined on layer 3 (1)\n"
	"  --split             a cloud falls apart on layer 2 from time to time, while another "
	"one\n"
	"                      joins its parts on layer 3; --churn is roam,leave then\n"
	"  --loss PERCENT      of every wire and direction (0)\n"
	"  --duplicate PERCENT (0)\n"
	"  --reorder PERCENT   (0)\n"
	"  --sealed            the nodes have one community key\n"
	"  --lease SECONDS     of a client's address, which it renews at half of that (1200)\n"
	"  --record NODE FILE  record the inputs of that node (a number) for --replay\n"
	"  --replay FILE       play a recording of tramad or trama-sim; exit status 1 when its\n"
	"                      effects are not those recorded\n"
	"  --sabotage NAME     break the nodes, to see the checks find it; list: which there are\n"
	"  --verbose           say what happens\n";

#define CALM (CHURN_ROAM | CHURN_LEAVE) /* what --split promises something for */

struct options {
	long long seed, time_s, quiet_s, every_ms, nodes, hosts, clouds, loss, duplicate, reorder,
		lease_s, record_node;
	enum plan_shape shape;
	unsigned int churn;
	const char *file, *record, *replay;
	const struct sabotage *sabotage;
	bool verbose, split, churn_given, sealed;
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
	{ "loss", offsetof(struct options, loss), 0, 90 },
	{ "duplicate", offsetof(struct options, duplicate), 0, 90 },
	{ "reorder", offsetof(struct options, reorder), 0, 90 },
	{ "lease", offsetof(struct options, lease_s), 120, 604800 },
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
	static const char *const names[] = { "roam", "cut", "crash", "leave", "part" };
	char list[64], *save = NULL;

	text_copy(list, sizeof(list), value);
	o->churn = 0;
	for (char *word = strtok_r(list, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		unsigned int bit = 0;

		while (bit < 5 && strcmp(names[bit], word) != 0)
			bit++;
		if (bit == 5 && strcmp(word, "none") != 0)
			return bad("churn", value,
				   "roam, cut, crash, leave, part with commas, or none");
		o->churn |= bit < 5 ? 1u << bit : 0;
	}
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
	case 's':
		return plan_shape_find(optarg, &o->shape) ? bad(name, optarg, PLAN_SHAPES) : 0;
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
	char hash[17];

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
	for (unsigned int i = 0; i < WORLD_VIOLATIONS && w->violations[i].kind; i++)
		printf("VIOLATION %s\n", w->violations[i].text);
	if (w->violation_count)
		printf("%u violations\n", w->violation_count);
	printf("hash %s\n", record_hash_text(&w->hash, hash));
}

static int run(const struct options *o, const struct world_setup *setup)
{
	struct world *w = world_new(setup);
	usec_t end;
	int err;

	if (!w) {
		fprintf(stderr, "trama-sim: out of memory\n");
		return 1;
	}
	end = w->now + o->time_s * USEC_S;
	if (o->churn)
		script_start(w, o->churn, o->every_ms * USEC_MS, end - o->quiet_s * USEC_S);
	if (o->split)
		split_start(w, end - o->quiet_s * USEC_S,
			    !(o->churn & ~(unsigned int)CALM) && !o->loss);
	world_run(w, end - 5 * USEC_S);
	check_quiet(w);
	world_run(w, end);
	check_final(w);
	report(w);
	err = w->violation_count ? 1 : 0;
	world_free(w);
	return err;
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
	rng = rng_init((uint64_t)o.seed ^ 0x706c616e);
	wish = (struct plan_wish) { .shape = o.shape,
				    .nodes = (unsigned int)o.nodes,
				    .hosts = (unsigned int)o.hosts,
				    .clouds = (unsigned int)o.clouds,
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
