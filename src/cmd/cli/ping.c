/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cloud ping, cloud traceroute: batman-adv's ICMP from this node to another one, with batctl's
 * lines. The daemon sends, receives and measures.
 */
#include <math.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/cli/cli.h"
#include "cmd/cli/probe.h"
#include "node/wish.h"

#define KNOCK_MS 1000
#define KNOCK_EVERY_MS 100
#define NO_ANSWER 2 /* batctl's exit status */
#define PING_TTL 50
#define HOPS 49	 /* batctl says 50, and goes no further than 49 */
#define PROBES 3 /* for each hop */
#define BYTES 20
#define BYTES_RECORD 116  /* with place for 16 ports */
#define BYTES_ETHERNET 28 /* as batctl counts them */

/* Milliseconds of a field in microseconds. */
static double ms(json_int_t us)
{
	return (double)us / 1000;
}

/* Link-local addresses are those of the cloud, if nothing else is said. */
static void set_scope(const struct addrinfo *to)
{
	struct sockaddr_in6 in6;

	if (to->ai_family != AF_INET6)
		return;
	memcpy(&in6, to->ai_addr, sizeof(in6));
	if (!IN6_IS_ADDR_LINKLOCAL(&in6.sin6_addr) || in6.sin6_scope_id)
		return;
	in6.sin6_scope_id = if_nametoindex(NODE_BRIDGE);
	memcpy(to->ai_addr, &in6, sizeof(in6));
}

/* Has the kernel ask for the MAC of an address, by a datagram that nobody reads. */
static bool knock(const char *address)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST }, *to;
	int fd;

	if (getaddrinfo(address, "9", &hints, &to) != 0)
		return false;
	set_scope(to);
	fd = socket(to->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		(void)!sendto(fd, "", 0, MSG_DONTWAIT, to->ai_addr, to->ai_addrlen);
		close(fd);
	}
	freeaddrinfo(to);
	return true;
}

/* Who is asked for; NULL after saying what is wrong. */
static json_t *find(struct rpc_client *client, const struct cli *c)
{
	long long end = probe_clock_ms() + KNOCK_MS;
	json_t *host = NULL;

	while (!host) {
		host = rpc_client_call(client, "cloud.find", json_pack("{ss}", "host", c->argv[0]));
		if (!host && (probe_clock_ms() >= end || !knock(c->argv[0]))) {
			cli_fail(c, "%s", client->err);
			return NULL;
		}
		if (!host)
			probe_sleep_until(probe_clock_ms() + KNOCK_EVERY_MS);
	}
	cli_clean(host);
	if (!json_is_true(json_object_get(host, "self")))
		return host;
	cli_fail(c, "%s is at this node", c->argv[0]);
	json_decref(host);
	return NULL;
}

/* ---- ping ---- */

struct ping {
	const struct cli *c;
	const char *host; /* as it was asked for */
	struct rpc_client client;
	struct probe probe;
	unsigned int sent, received;
	json_int_t min_us, max_us, sum_us;
	double squares; /* of microseconds */
	json_t *replies;
	json_t *route; /* of the last answer that told one */
};

static void print_route(struct ping *p, json_t *route)
{
	json_t *hop;
	size_t i;

	if (!route)
		return;
	if (json_equal(p->route, route)) {
		printf("\t(same route)");
		return;
	}
	printf("\nRR: ");
	json_array_foreach(route, i, hop)
	{
		const char *port = cli_text(hop, "port");

		printf("\t%s\n",
		       json_is_string(json_object_get(hop, "node")) ? cli_text(hop, "node") : port);
	}
	json_decref(p->route);
	p->route = json_incref(route);
}

static void print_answer(struct ping *p, json_t *answer)
{
	const char *kind = cli_text(answer, "answer");

	if (json_is_null(answer)) {
		printf("Reply from host %s timed out\n", p->host);
	} else if (!strcmp(kind, "reply")) {
		printf("%d bytes from %s icmp_seq=%d ttl=%d time=%.2f ms",
		       p->probe.record ? BYTES_RECORD : BYTES, p->host, p->probe.seq,
		       (int)cli_number(answer, "ttl"), ms(cli_number(answer, "rtt_us")));
		print_route(p, json_object_get(answer, "route"));
		putchar('\n');
	} else {
		printf("From %s: %s (icmp_seq %d)\n", p->host,
		       !strcmp(kind, "ttl-exceeded") ? "Time to live exceeded"
						     : "Destination Host Unreachable",
		       p->probe.seq);
	}
	fflush(stdout);
}

static void count_answer(struct ping *p, json_t *answer)
{
	json_int_t us = cli_number(answer, "rtt_us");

	p->sent++;
	if (strcmp(cli_text(answer, "answer"), "reply") != 0)
		return;
	if (!p->received || us < p->min_us)
		p->min_us = us;
	p->max_us = us > p->max_us ? us : p->max_us;
	p->received++;
	p->sum_us += us;
	p->squares += (double)us * (double)us;
}

static void keep_answer(struct ping *p, json_t *answer)
{
	if (json_is_object(answer))
		json_object_set_new(answer, "icmp_seq", json_integer(p->probe.seq));
	json_array_append_new(p->replies, answer);
}

/* False: nothing more can be asked. */
static bool ping_once(struct ping *p)
{
	json_t *answer;

	p->probe.seq = (p->probe.seq + 1) & 0xffff;
	answer = probe_ask(&p->client, &p->probe);
	if (!answer) {
		if (!probe_stopped())
			cli_fail(p->c, "%s", p->client.err);
		return false;
	}
	count_answer(p, answer);
	if (p->c->json) {
		keep_answer(p, answer);
		return true;
	}
	print_answer(p, answer);
	json_decref(answer);
	return true;
}

static void finish(const struct ping *p, json_t *host)
{
	json_int_t n = p->received ? p->received : 1, avg = p->sum_us / n;
	double mean = (double)p->sum_us / (double)n;
	double variance = p->squares / (double)n - mean * mean; /* below 0 by rounding */
	json_int_t mdev = variance > 0 ? (json_int_t)sqrt(variance) : 0;
	unsigned int lost = p->sent ? (p->sent - p->received) * 100 / p->sent : 0;

	if (p->c->json) {
		json_object_set_new(host, "host", json_string(p->host));
		json_object_set(host, "replies", p->replies);
		json_object_update_new(host, json_pack("{sI sI sI sI sI sI sI}", "transmitted",
						       (json_int_t)p->sent, "received",
						       (json_int_t)p->received, "loss_percent",
						       (json_int_t)lost, "rtt_min_us", p->min_us,
						       "rtt_avg_us", avg, "rtt_max_us", p->max_us,
						       "rtt_mdev_us", mdev));
		cli_print_json(json_incref(host));
		return;
	}
	printf("--- %s ping statistics ---\n%u packets transmitted, %u received, %u%% packet "
	       "loss\nrtt min/avg/max/mdev = %.3f/%.3f/%.3f/%.3f ms\n",
	       p->host, p->sent, p->received, lost, ms(p->min_us), ms(avg), ms(p->max_us),
	       ms(mdev));
}

static bool ping_all(struct ping *p)
{
	unsigned int interval = p->c->interval_ms ? p->c->interval_ms : 1000;

	for (unsigned int i = 0; !probe_stopped() && (!p->c->count || i < p->c->count); i++) {
		long long next = probe_clock_ms() + interval;

		if (!ping_once(p))
			return probe_stopped();
		if (!p->c->count || i + 1 < p->c->count)
			probe_sleep_until(next);
	}
	return true;
}

int run_cloud_ping(struct cli *c)
{
	struct ping p = { .c = c, .host = c->argv[0], .replies = json_array() };
	int bytes = c->record ? BYTES_RECORD : BYTES;
	json_t *host;
	bool done;

	if (!cli_open(c, &p.client))
		return CLI_FAILED;
	host = find(&p.client, c);
	if (!host) {
		rpc_client_close(&p.client);
		json_decref(p.replies);
		return CLI_FAILED;
	}
	p.probe = (struct probe) { .to = cli_text(host, "orig_address"),
				   .ttl = PING_TTL,
				   .id = probe_id(),
				   .record = c->record,
				   .timeout_ms = c->timeout_ms ? c->timeout_ms : 1000 };
	probe_catch_stop();
	if (!c->json)
		printf("PING %s (%s) %d(%d) bytes of data\n", p.host, p.probe.to, bytes,
		       bytes + BYTES_ETHERNET);
	fflush(stdout);
	done = ping_all(&p);
	finish(&p, host);
	rpc_client_close(&p.client);
	json_decref(p.replies);
	json_decref(p.route);
	json_decref(host);
	return !done ? CLI_FAILED : p.received ? CLI_OK : NO_ANSWER;
}

/* ---- traceroute ---- */

struct hop {
	json_t *first;		   /* answer, NULL: none */
	json_int_t rtt_us[PROBES]; /* -1: no answer */
	bool reached, unreachable;
};

/* False: nothing more can be asked. */
static bool ask_hop(struct rpc_client *client, struct probe *probe, struct hop *ret)
{
	*ret = (struct hop) { .rtt_us = { -1, -1, -1 } };
	for (int i = 0; i < PROBES && !ret->unreachable; i++) {
		json_t *answer;

		probe->seq++;
		answer = probe_ask(client, probe);
		if (!answer) {
			json_decref(ret->first);
			return false;
		}
		if (json_is_object(answer))
			ret->rtt_us[i] = cli_number(answer, "rtt_us");
		ret->reached |= !strcmp(cli_text(answer, "answer"), "reply");
		ret->unreachable |= !strcmp(cli_text(answer, "answer"), "unreachable");
		if (!ret->first && json_is_object(answer))
			ret->first = json_incref(answer);
		json_decref(answer);
	}
	return true;
}

static void print_hop(const struct cli *c, int ttl, const struct hop *h)
{
	if (h->unreachable) {
		printf("%s: Destination Host Unreachable\n", c->argv[0]);
		return;
	}
	if (h->first && !c->numeric && json_is_string(json_object_get(h->first, "node")))
		printf("%2d: %s (%s)", ttl, cli_text(h->first, "node"), cli_text(h->first, "from"));
	else
		printf("%2d: %s", ttl, h->first ? cli_text(h->first, "from") : "*");
	for (int i = 0; i < PROBES; i++) {
		if (h->rtt_us[i] >= 0)
			printf("  %.3f ms", ms(h->rtt_us[i]));
		else
			printf("   *");
	}
	putchar('\n');
	fflush(stdout);
}

static json_t *hop_json(int ttl, const struct hop *h)
{
	json_t *times = json_array();

	for (int i = 0; i < PROBES; i++)
		json_array_append_new(times,
				      h->rtt_us[i] >= 0 ? json_integer(h->rtt_us[i]) : json_null());
	return json_pack("{si sO? sO? sO? so}", "hop", ttl, "answer",
			 json_object_get(h->first, "answer"), "from",
			 json_object_get(h->first, "from"), "node",
			 json_object_get(h->first, "node"), "rtt_us", times);
}

static int trace_hops(struct rpc_client *client, const struct cli *c, struct probe *probe,
		      json_t *hops)
{
	struct hop h = { 0 };

	while (probe->ttl <= HOPS && !h.reached) {
		if (!ask_hop(client, probe, &h))
			return probe_stopped() ? CLI_FAILED : cli_fail(c, "%s", client->err);
		if (c->json)
			json_array_append_new(hops, hop_json(probe->ttl, &h));
		else
			print_hop(c, probe->ttl, &h);
		json_decref(h.first);
		if (h.unreachable)
			return CLI_FAILED;
		probe->ttl++;
	}
	return CLI_OK;
}

int run_cloud_traceroute(struct cli *c)
{
	struct rpc_client client;
	struct probe probe = { .ttl = 1,
			       .id = probe_id(),
			       .timeout_ms = c->timeout_ms ? c->timeout_ms : 2000 };
	json_t *host, *hops = json_array();
	int r = CLI_FAILED;

	if (!cli_open(c, &client)) {
		json_decref(hops);
		return CLI_FAILED;
	}
	host = find(&client, c);
	if (host) {
		probe.to = cli_text(host, "orig_address");
		probe_catch_stop();
		if (!c->json)
			printf("traceroute to %s (%s), %d hops max, %d byte packets\n", c->argv[0],
			       probe.to, HOPS + 1, BYTES);
		r = trace_hops(&client, c, &probe, hops);
	}
	if (host && c->json) {
		json_object_set_new(host, "host", json_string(c->argv[0]));
		json_object_set(host, "hops", hops);
		cli_print_json(json_incref(host));
	}
	json_decref(host);
	json_decref(hops);
	rpc_client_close(&client);
	return r;
}
