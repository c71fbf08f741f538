/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trama-sim: a town in virtual time. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "sim/world.h"

static const char usage[] = "usage: trama-sim [--seed N] [--time SECONDS] [--nodes N] [--hosts N] "
			    "[--loss PERCENT] [--calm] [--verbose]\n"
			    "\n"
			    "Runs real nodes in virtual time, with clients that roam, cables that "
			    "break and nodes that crash, and checks what\n"
			    "must hold. The same seed prints the same hash on every machine.\n"
			    "\n"
			    "  --seed N        which run (1)\n"
			    "  --time SECONDS  how long (120); the last 60 are quiet\n"
			    "  --nodes N       of a random mesh (20)\n"
			    "  --hosts N       clients (20)\n"
			    "  --loss PERCENT  of every wire and direction (0)\n"
			    "  --calm          nobody moves, nothing breaks\n"
			    "  --verbose       say what happens\n";

struct options {
	long long seed, time_s, nodes, hosts, loss;
	bool calm, verbose;
};

static int bad(const char *option, const char *value, const char *allowed)
{
	fprintf(stderr, "trama-sim: --%s '%s': %s\n", option, value, allowed);
	return 2;
}

static int parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "seed", 1, NULL, 's' },    { "time", 1, NULL, 't' }, { "nodes", 1, NULL, 'n' },
		{ "hosts", 1, NULL, 'c' },   { "loss", 1, NULL, 'l' }, { "calm", 0, NULL, 'q' },
		{ "verbose", 0, NULL, 'v' }, { "help", 0, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "hv", longs, NULL)) != -1) {
		if (c == 's' && text_number(optarg, 0, INT64_MAX, &o->seed))
			return bad("seed", optarg, "a number from 0");
		if (c == 't' && text_number(optarg, 1, 10000000, &o->time_s))
			return bad("time", optarg, "seconds from 1 to 10000000");
		if (c == 'n' && text_number(optarg, 1, PLAN_NODES, &o->nodes))
			return bad("nodes", optarg, "1 to 64");
		if (c == 'c' && text_number(optarg, 0, PLAN_HOSTS, &o->hosts))
			return bad("hosts", optarg, "0 to 128");
		if (c == 'l' && text_number(optarg, 0, 90, &o->loss))
			return bad("loss", optarg, "percent from 0 to 90");
		if (c == 'h') {
			fputs(usage, stdout);
			exit(0);
		}
		if (c == '?')
			return 2;
		o->calm = o->calm || c == 'q';
		o->verbose = o->verbose || c == 'v';
	}
	return optind == argc ? 0 : bad("", argv[optind], "takes no such argument; see --help");
}

static void report(const struct world *w)
{
	uint64_t p4 = 0, q4 = 0, p6 = 0, q6 = 0, po = 0, qo = 0, acks = 0, stores = 0;
	char hash[17];

	for (unsigned int i = 0; i < w->plan->host_count; i++) {
		const struct sim_host *h = &w->hosts[i];

		p4 += h->pings4, q4 += h->pongs4, p6 += h->pings6, q6 += h->pongs6;
		po += h->pings_out, qo += h->pongs_out, acks += h->acks;
	}
	for (unsigned int i = 0; i < w->plan->node_count; i++)
		stores += w->nodes[i].stores;
	printf("pings answered: IPv4 %llu of %llu, IPv6 %llu of %llu, internet %llu of %llu; "
	       "leases %llu; snapshots %llu\n",
	       (unsigned long long)q4, (unsigned long long)p4, (unsigned long long)q6,
	       (unsigned long long)p6, (unsigned long long)qo, (unsigned long long)po,
	       (unsigned long long)acks, (unsigned long long)stores);
	printf("broadcasts %llu, copies %llu; unicasts %llu, received %llu, twice at a node %llu\n",
	       (unsigned long long)w->broadcasts, (unsigned long long)w->broadcast_copies,
	       (unsigned long long)w->unicasts, (unsigned long long)w->unicast_got,
	       (unsigned long long)w->unicast_twice);
	for (unsigned int i = 0;
	     i < w->violation_count && i < sizeof(w->violations) / sizeof(w->violations[0]); i++)
		printf("VIOLATION %s\n", w->violations[i].text);
	if (w->violation_count)
		printf("%u violations\n", w->violation_count);
	printf("hash %s\n", record_hash_text(&w->hash, hash));
}

int main(int argc, char **argv)
{
	struct options o = { .seed = 1, .time_s = 120, .nodes = 20, .hosts = 20 };
	static struct plan plan;
	struct rng rng;
	struct world *w;
	int err = parse(argc, argv, &o);
	usec_t end;

	if (err)
		return err;
	rng = rng_init((uint64_t)o.seed ^ 0x706c616e);
	plan_random(&plan, (unsigned int)o.nodes, (unsigned int)o.hosts, (uint32_t)o.loss * 10000,
		    &rng);
	w = world_new(&plan, (uint64_t)o.seed);
	if (!w) {
		fprintf(stderr, "trama-sim: out of memory\n");
		return 1;
	}
	w->verbose = o.verbose;
	end = w->now + o.time_s * USEC_S;
	if (!o.calm)
		script_start(w, end - 60 * USEC_S);
	world_run(w, end);
	check_final(w);
	report(w);
	err = w->violation_count ? 1 : 0;
	world_free(w);
	return err;
}
