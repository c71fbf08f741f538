/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace CLIENT DESTINATION: what the daemon knows, then the nodes inside the cloud, one probe per
 * hop, then the routers on layer 3. Probes inside the cloud are answered after one second or never.
 */
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/cli.h"
#include "cmd/cli/grid.h"
#include "cmd/cli/probe.h"
#include "cmd/cli/route.h"
#include "lib/addr.h"
#include "lib/text.h"

#define PROBES 3 /* per hop */
#define ANSWER_MS 1000
#define MESH_HOPS 20

/* ---- what is known ---- */

/* How to call somebody: by name, else by MAC. */
static const char *label(json_t *who)
{
	return cli_text(who, json_is_string(json_object_get(who, "name")) ? "name" : "mac");
}

static void print_place(json_t *who)
{
	json_t *p = json_object_get(who, "place");

	if (!json_is_object(p))
		printf("    not found in the cloud's translation table\n");
	else if (json_is_true(json_object_get(p, "self")))
		printf("    at this node%s%s\n",
		       json_is_string(json_object_get(who, "port")) ? ", port " : "",
		       json_is_string(json_object_get(who, "port")) ? cli_text(who, "port") : "");
	else
		printf("    at node %s (%s), next hop %s (%s) by %s, TQ %" JSON_INTEGER_FORMAT "\n",
		       cli_text(p, "node"), cli_text(p, "orig_address"), cli_text(p, "via_node"),
		       cli_text(p, "via"), cli_text(p, "port"),
		       json_integer_value(json_object_get(p, "tq")));
}

static void print_route(json_t *destination)
{
	json_t *r = json_object_get(destination, "route");

	if (json_is_object(r))
		printf("    route %s by %s, port %s, metric %" JSON_INTEGER_FORMAT "\n",
		       cli_text(r, "to"), cli_text(r, "via"), cli_text(r, "port"),
		       json_integer_value(json_object_get(r, "metric")));
	else
		printf("    no route of Babel's leads there\n");
}

static void print_way_out(json_t *know, const char *family)
{
	json_t *g = json_object_get(json_object_get(know, "gateway"), family);
	char way[256];

	show_gateway(g, way, sizeof(way));
	printf("    gateway %s: %s\n", way, cli_text(g, "reason"));
}

static void print_know(json_t *know)
{
	json_t *client = json_object_get(know, "client");
	json_t *dest = json_object_get(know, "destination");
	const char *kind = cli_text(dest, "kind");
	bool v6 = json_is_string(json_object_get(dest, "ipv6"));

	printf("%s %s, MAC %s, IPv4 %s\n", cli_text(client, "kind"), label(client),
	       cli_text(client, "mac"), cli_text(client, "ipv4"));
	print_place(client);
	if (!strcmp(kind, "client") || !strcmp(kind, "node")) {
		printf("to %s %s in the same cloud\n", kind, label(dest));
		print_place(dest);
		return;
	}
	printf("to %s, %s\n", cli_text(dest, v6 ? "ipv6" : "ipv4"),
	       !strcmp(kind, "internet") ? "in the internet"
	       : !strcmp(kind, "network")
		       ? "in another cloud of the network"
		       : "an address of this cloud that nobody is known to have");
	if (!strcmp(kind, "unknown"))
		return;
	print_route(dest);
	if (!strcmp(kind, "internet"))
		print_way_out(know, v6 ? "ipv6" : "ipv4");
	if (!json_is_true(json_object_get(json_object_get(client, "place"), "self")))
		printf("    (seen from %s; the client's packets leave by its own node)\n",
		       cli_text(know, "here"));
}

/* ---- inside the cloud ---- */

static void print_hop(int ttl, json_t *answer)
{
	if (!strcmp(cli_text(answer, "answer"), "unreachable"))
		printf("%3d  no way there\n", ttl);
	else if (json_is_object(answer))
		printf("%3d  %-20s %s\n", ttl, cli_text(answer, "node"), cli_text(answer, "from"));
	else
		printf("%3d  *\n", ttl);
	fflush(stdout);
}

/* The hops towards a MAC, one object per hop. */
static json_t *mesh_hops(struct rpc_client *client, const struct cli *c, const char *to)
{
	json_t *hops = json_array(), *answer = NULL;
	struct probe p = { .to = to, .ttl = 1, .id = probe_id(), .timeout_ms = ANSWER_MS };
	bool arrived = false;

	for (; p.ttl <= MESH_HOPS && !arrived; p.ttl++) {
		for (int i = 0; i < PROBES && !json_is_object(answer); i++) {
			p.seq++;
			answer = probe_ask(client, &p);
			if (!answer) {
				cli_fail(c, "%s", client->err);
				return hops;
			}
		}
		if (!c->json)
			print_hop(p.ttl, answer);
		arrived = strcmp(cli_text(answer, "answer"), "ttl-exceeded") != 0 &&
			  json_is_object(answer);
		if (json_is_object(answer))
			json_object_set_new(answer, "hop", json_integer(p.ttl));
		json_array_append_new(hops, answer);
		answer = NULL;
	}
	return hops;
}

/* The MAC to trace to inside the cloud: of the client, when it is elsewhere; of the destination,
 * when the client is here; NULL: nowhere to go. */
static const char *mesh_goal(json_t *know, json_t **ret_who)
{
	static const char *const ends[] = { "client", "destination" };
	json_t *place;

	for (int i = 0; i < 2; i++) {
		*ret_who = json_object_get(know, ends[i]);
		place = json_object_get(*ret_who, "place");
		if (json_is_object(place) && !json_is_true(json_object_get(place, "self")))
			return json_string_value(json_object_get(place, "mac"));
	}
	return NULL;
}

/* ---- layer 3 ---- */

struct layer3 {
	const struct cli *c;
	json_t *nodes; /* of the cloud, whose addresses have names */
	json_t *hops;
};

static const char *node_of(const struct layer3 *l, const char *addr)
{
	json_t *n;
	size_t i;

	json_array_foreach(l->nodes, i, n)
	{
		if (!strcmp(cli_text(n, "ipv4"), addr) || !strcmp(cli_text(n, "ipv6"), addr))
			return json_string_value(json_object_get(n, "name"));
	}
	return NULL;
}

static void print_router(const struct route_hop *h, const char *addr, const char *name)
{
	if (h->answered)
		printf("%3d  %-20s %s  %.1f ms%s\n", h->ttl, name ? name : "-", addr,
		       (double)h->rtt_us / 1000, h->why);
	else
		printf("%3d  *\n", h->ttl);
	fflush(stdout);
}

static void router(void *ctx, const struct route_hop *h)
{
	struct layer3 *l = ctx;
	char addr[INET6_ADDRSTRLEN] = "";
	const char *name;
	json_t *hop;

	if (h->answered)
		inet_ntop(h->from.family, &h->from.u, addr, sizeof(addr));
	name = node_of(l, addr);
	if (!l->c->json)
		print_router(h, addr, name);
	hop = json_pack("{si ss? ss?}", "hop", h->ttl, "from", h->answered ? addr : NULL, "node",
			name);
	if (h->answered) {
		json_object_set_new(hop, "rtt_us", json_integer(h->rtt_us));
		json_object_set_new(hop, "arrived", json_boolean(h->arrived));
	}
	json_array_append_new(l->hops, hop);
}

/* ---- all of it ---- */

/* A name that the daemon does not know may be one of the internet's. */
static json_t *know(struct rpc_client *client, struct cli *c, char resolved[static 64])
{
	json_t *k = rpc_client_call(
		client, "trace.know",
		json_pack("{ss ss}", "client", c->argv[0], "destination", c->argv[1]));

	if (k || strstr(client->err, "is no address") == NULL ||
	    !route_resolve(c->argv[1], resolved))
		return k;
	return rpc_client_call(client, "trace.know",
			       json_pack("{ss ss}", "client", c->argv[0], "destination", resolved));
}

static void trace_all(struct rpc_client *client, const struct cli *c, json_t *k)
{
	json_t *who, *dest = json_object_get(k, "destination");
	const char *goal = mesh_goal(k, &who), *kind = cli_text(dest, "kind");
	const char *addr = json_string_value(json_object_get(dest, "ipv4"));
	struct layer3 l = { c, rpc_client_call(client, "nodes", NULL), json_array() };
	int r;

	cli_clean(l.nodes);
	if (goal && !c->json)
		printf("inside the cloud, from this node to %s:\n", label(who));
	json_object_set_new(k, "mesh_hops", goal ? mesh_hops(client, c, goal) : json_array());
	if (!addr)
		addr = json_string_value(json_object_get(dest, "ipv6"));
	if (addr && (!strcmp(kind, "internet") || !strcmp(kind, "network"))) {
		if (!c->json)
			printf("on layer 3, from this node to %s:\n", addr);
		r = route_probe(addr, router, &l);
		if (r < 0)
			cli_fail(c, "cannot send to %s: %s", addr, strerror(-r));
	}
	json_object_set_new(k, "routers", l.hops);
	json_decref(l.nodes);
}

int run_trace(struct cli *c)
{
	struct rpc_client client;
	char resolved[64];
	json_t *k;

	if (!cli_open(c, &client))
		return CLI_FAILED;
	k = know(&client, c, resolved);
	if (!k) {
		cli_fail(c, "%s", client.err);
		rpc_client_close(&client);
		return CLI_FAILED;
	}
	cli_clean(k);
	if (!c->json)
		print_know(k);
	trace_all(&client, c, k);
	rpc_client_close(&client);
	if (c->json)
		return cli_print_json(k);
	json_decref(k);
	return CLI_OK;
}
