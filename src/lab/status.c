// SPDX-License-Identifier: GPL-2.0-or-later
/* See status.h. */
#include "lab/status.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/rtnl.h"

#define PARALLEL 16
#define ANSWER_MS 4000

static const char *text_of(json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

struct question {
	json_t *node;
	pid_t pid;
	int out;
};

static void ask(struct call *call, struct question *q, const char *bin, json_t *node)
{
	char *argv[] = { (char[]) { "trama" }, (char[]) { "status" }, (char[]) { "--json" }, NULL };
	int pipes[2], null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int pidfd = call_open(call, text_of(node, "id"));
	*q = (struct question) { .node = node, .pid = -1, .out = -1 };
	if (pidfd >= 0 && null >= 0 && pipe2(pipes, O_CLOEXEC) == 0) {
		q->pid = call_exec(pidfd, bin, argv, pipes[1], null);
		q->out = pipes[0];
		close(pipes[1]);
	}
	if (pidfd >= 0)
		close(pidfd);
	if (null >= 0)
		close(null);
}

static void hear(struct question *q)
{
	char *text = q->out >= 0 ? call_read_all(q->out, ANSWER_MS) : NULL;
	json_t *v = text ? json_loads(text, 0, NULL) : NULL;
	json_object_set_new(q->node, "trama", v ? v : json_null());
	free(text);
	if (q->out >= 0)
		close(q->out);
	if (q->pid > 0) {
		kill(q->pid, SIGTERM); /* one that hangs; the others are gone already */
		waitpid(q->pid, NULL, 0);
	}
}

static void ask_nodes(struct call *call, json_t *nodes, const char *bin)
{
	struct question q[PARALLEL];
	for (size_t first = 0; first < json_array_size(nodes); first += PARALLEL) {
		size_t n = json_array_size(nodes) - first;
		n = n > PARALLEL ? PARALLEL : n;
		for (size_t i = 0; i < n; i++)
			ask(call, &q[i], bin, json_array_get(nodes, first + i));
		for (size_t i = 0; i < n; i++)
			hear(&q[i]);
	}
}

static void read_addresses(struct call *call, json_t *client, int here)
{
	struct rtnl_address a[32];
	struct rtnl r;
	json_t *v4 = json_array(), *v6 = json_array();
	int n = 0, fd = call_open(call, text_of(client, "id"));
	if (fd >= 0 && setns(fd, CLONE_NEWNET) == 0) {
		if (rtnl_open(&r, -1) == 0) {
			n = rtnl_addresses(&r, 0, a, 32);
			rtnl_close(&r);
		}
		if (setns(here, CLONE_NEWNET) < 0)
			abort();
	}
	for (int i = 0; i < n; i++) {
		char text[IP6_TEXT];
		if (a[i].is6)
			json_array_append_new(v6, json_string(ip6_text(&a[i].v6, text)));
		else
			json_array_append_new(v4, json_string(ip4_text(&a[i].v4, text)));
	}
	json_object_set_new(client, "ipv4", v4);
	json_object_set_new(client, "ipv6", v6);
	if (fd >= 0)
		close(fd);
}

json_t *status_collect(struct call *call)
{
	int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	json_t *plan = call_ask(call, json_pack("{s:s}", "op", "plan"), NULL);
	json_t *nodes = json_array(), *clients = json_array(), *others = json_array(), *h;
	size_t i;
	if (!plan)
		return NULL;
	json_array_foreach(json_object_get(plan, "hosts"), i, h)
	{
		const char *kind = text_of(h, "kind");
		json_array_append(strcmp(kind, "node") == 0	? nodes
				  : strcmp(kind, "client") == 0 ? clients
								: others,
				  h);
	}
	json_t *running = json_array();
	json_array_foreach(nodes, i, h) if (json_is_true(json_object_get(h, "running")) &&
					    json_is_true(json_object_get(h, "daemon")))
		json_array_append(running, h);
	ask_nodes(call, running, text_of(plan, "bin"));
	json_decref(running);
	json_array_foreach(clients, i, h) read_addresses(call, h, here);
	close(here);
	json_t *s = json_pack("{s:s, s:s, s:o, s:o, s:o, s:O}", "name", text_of(plan, "name"),
			      "label", text_of(plan, "label"), "nodes", nodes, "clients", clients,
			      "others", others, "links", json_object_get(plan, "links"));
	json_decref(plan);
	return s;
}

static void print_rate(json_t *link)
{
	double rate = (double)json_integer_value(json_object_get(link, "rate"));
	if (rate > 0)
		printf("  %g Mbit/s", rate / 1e6);
}

static void print_links(json_t *links)
{
	size_t i;
	json_t *l;
	printf("\nLINKS\n");
	json_array_foreach(links, i, l)
	{
		double loss = json_real_value(json_object_get(l, "loss"));
		double latency = json_real_value(json_object_get(l, "latency_ms"));
		printf("  %s:%s - %s:%s", text_of(l, "a"), text_of(l, "port_a"), text_of(l, "b"),
		       text_of(l, "port_b"));
		if (json_is_true(json_object_get(l, "down")))
			printf("  down");
		if (loss > 0)
			printf("  loss %g %%", loss);
		if (latency > 0)
			printf("  %g ms", latency);
		print_rate(l);
		putchar('\n');
	}
}

static const char *first(json_t *list)
{
	const char *s = json_string_value(json_array_get(list, 0));
	return s ? s : "-";
}

static long number(json_t *o, const char *key)
{
	return (long)json_integer_value(json_object_get(o, key));
}

/* Why a node has nothing to say, "" when it has. */
static const char *silence(json_t *h)
{
	if (!json_is_true(json_object_get(h, "running")))
		return "switched off";
	if (!json_is_true(json_object_get(h, "daemon")))
		return "no daemon";
	return json_is_object(json_object_get(h, "trama")) ? "" : "does not answer";
}

static void print_node(json_t *h)
{
	json_t *trama = json_object_get(h, "trama"), *cloud = json_object_get(trama, "cloud");
	json_t *counts = json_object_get(trama, "counts"),
	       *ways = json_object_get(trama, "gateway");
	json_t *way = json_object_get(ways, "ipv4");
	const char *gateway = text_of(way, "name");
	printf("%-16s %-16s ", text_of(h, "id"), text_of(h, "ssid"));
	if (*silence(h)) {
		printf("%s\n", silence(h));
		return;
	}
	printf("%4ld %4ld %5ld %5ld %5ld  %-18s %s\n", number(cloud, "batadv_vlan"),
	       number(cloud, "babel_vlan"), number(counts, "neighbours"), number(counts, "nodes"),
	       number(counts, "clients_here"), text_of(cloud, "node_ipv4"),
	       *gateway ? gateway : text_of(way, "choice"));
	if (*text_of(trama, "clash"))
		printf("%16s ! %s\n", "", text_of(trama, "clash"));
}

void status_print(json_t *s)
{
	size_t i;
	json_t *h;
	printf("%s  %s\n\n%-16s %-16s %4s %4s %5s %5s %5s  %-18s %s\n", text_of(s, "name"),
	       text_of(s, "label"), "NODE", "CLOUD", "VLAN", "L3", "NEIGH", "NODES", "HERE", "IPV4",
	       "WAY OUT");
	json_array_foreach(json_object_get(s, "nodes"), i, h) print_node(h);
	printf("\n%-16s %-16s %-16s %s\n", "CLIENT", "AT", "IPV4", "IPV6");
	json_array_foreach(json_object_get(s, "clients"), i, h)
		printf("%-16s %-16s %-16s %s\n", text_of(h, "id"), text_of(h, "at"),
		       first(json_object_get(h, "ipv4")), first(json_object_get(h, "ipv6")));
	print_links(json_object_get(s, "links"));
}
