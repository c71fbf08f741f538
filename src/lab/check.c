// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See check.h. Addresses are read first, of all clients; then one process per client, a bounded
 * number at a time, goes into its namespaces, tries, and writes what it found as one line of JSON.
 */
#include "lab/check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/probe.h"
#include "lab/rtnl.h"
#include "lib/addr.h"
#include "lib/text.h"

#define PARALLEL 24
#define WORKER_S 25 /* a worker that takes longer is stuck */
#define WEB_NAME "www.example.org"
#define LOCAL_NAME "thisnode.info"

struct cloud {
	const char *ssid;
	bool known; /* networks below come from trama derive */
	struct net4 net4;
	struct net6 net6;
};

struct client {
	const char *id, *at;
	int cloud;
	int pidfd;
	pid_t pid;
	int out;
	char ipv4[IP4_TEXT], ipv6[IP6_TEXT];
	json_t *result;
};

struct judge {
	struct call *call;
	json_t *plan;
	const char *bin;
	bool internet, internet_ipv6;
	unsigned flags;
	struct cloud cloud[TOPOLOGY_HOSTS_MAX];
	struct client client[TOPOLOGY_HOSTS_MAX];
	int cloud_count, client_count;
};

static void fail(json_t *result, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void fail(json_t *result, const char *fmt, ...)
{
	char text[256];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_array_append_new(json_object_get(result, "failures"), json_string(text));
}

/* The networks that follow from an SSID, by the node's own rules. */
static void derive(struct judge *j, struct cloud *c)
{
	char program[PATH_MAX + 8];
	int pipes[2];
	snprintf(program, sizeof(program), "%s/trama", j->bin);
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return;
	pid_t pid = fork();
	if (pid == 0) {
		dup2(pipes[1], 1);
		execl(program, "trama", "derive", "--ssid", c->ssid, "--json", (char *)NULL);
		_exit(127);
	}
	close(pipes[1]);
	char *text = call_read_all(pipes[0], 2000);
	close(pipes[0]);
	waitpid(pid, NULL, 0);
	json_t *v = text ? json_loads(text, 0, NULL) : NULL;
	const char *n4 = json_string_value(json_object_get(v, "ipv4_network"));
	const char *n6 = json_string_value(json_object_get(v, "ipv6_network"));
	c->known = n4 && n6 && net4_parse(n4, &c->net4) == 0 && net6_parse(n6, &c->net6) == 0;
	json_decref(v);
	free(text);
}

static int find_cloud(struct judge *j, const char *ssid)
{
	for (int i = 0; i < j->cloud_count; i++)
		if (strcmp(j->cloud[i].ssid, ssid) == 0)
			return i;
	j->cloud[j->cloud_count] = (struct cloud) { .ssid = ssid };
	derive(j, &j->cloud[j->cloud_count]);
	return j->cloud_count++;
}

static const char *text_of(json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static json_t *host_named(json_t *hosts, const char *id)
{
	size_t i;
	json_t *h;
	json_array_foreach(hosts, i, h) if (strcmp(text_of(h, "id"), id) == 0) return h;
	return NULL;
}

/* A cable may lead through a switch: then the plan says no more than which clients share it, and
 * any cloud will do. */
static void find_clients(struct judge *j)
{
	json_t *hosts = json_object_get(j->plan, "hosts"), *h;
	size_t i;
	json_array_foreach(hosts, i, h)
	{
		const char *kind = text_of(h, "kind");
		if (strcmp(kind, "client") != 0 || !json_is_true(json_object_get(h, "running")))
			continue;
		struct client *c = &j->client[j->client_count++];
		json_t *node = host_named(hosts, text_of(h, "at"));
		const char *ssid = text_of(node, "ssid");
		*c = (struct client) {
			.id = text_of(h, "id"), .at = text_of(h, "at"), .pidfd = -1, .out = -1
		};
		c->cloud = *ssid ? find_cloud(j, ssid) : -1;
		c->result = json_pack("{s:s, s:s, s:s, s:[]}", "client", c->id, "at", c->at,
				      "cloud", ssid, "failures");
		c->pidfd = call_open(j->call, c->id);
	}
}

static void judge_addresses(struct judge *j, struct client *c, const struct rtnl_address *a, int n)
{
	const struct cloud *cloud = c->cloud >= 0 ? &j->cloud[c->cloud] : NULL;
	char other[IP6_TEXT] = "";
	for (int i = 0; i < n; i++) {
		bool known = cloud && cloud->known;
		bool mine = !known || (a[i].is6 ? net6_has(&cloud->net6, &a[i].v6)
						: net4_has(&cloud->net4, &a[i].v4));
		if (!mine && a[i].is6)
			ip6_text(&a[i].v6, other);
		else if (!mine)
			ip4_text(&a[i].v4, other);
		else if (a[i].is6)
			ip6_text(&a[i].v6, c->ipv6);
		else
			ip4_text(&a[i].v4, c->ipv4);
	}
	if (!c->ipv4[0])
		fail(c->result, "no IPv4 address of its cloud%s%s", *other ? ", but " : "", other);
	if (!c->ipv6[0])
		fail(c->result, "no IPv6 address of its cloud%s%s", *other ? ", but " : "", other);
	json_object_set_new(c->result, "ipv4", json_string(c->ipv4));
	json_object_set_new(c->result, "ipv6", json_string(c->ipv6));
}

/* This process has one thread: it can go into the client's network and come back. */
static void read_addresses(struct judge *j, struct client *c, int here)
{
	struct rtnl_address a[32];
	struct rtnl r;
	int n = -EIO;
	if (c->pidfd >= 0 && setns(c->pidfd, CLONE_NEWNET) == 0) {
		if (rtnl_open(&r, -1) == 0) {
			n = rtnl_addresses(&r, 0, a, 32);
			rtnl_close(&r);
		}
		if (setns(here, CLONE_NEWNET) < 0)
			abort();
	}
	if (n < 0)
		fail(c->result, "its namespaces cannot be entered");
	else
		judge_addresses(j, c, a, n);
}

static void try_page(const struct judge *j, struct client *c, bool ip6)
{
	struct sockaddr_storage at;
	const char *name = j->internet ? WEB_NAME : LOCAL_NAME, *record = ip6 ? "AAAA" : "A";
	const char *family = ip6 ? "IPv6" : "IPv4";
	char body[256];
	int rc = probe_name(name, ip6, &at);
	if (rc < 0) {
		fail(c->result, "%s %s: %s", name, record,
		     rc == -ESRCH ? "no resolver" : strerror(-rc));
		return;
	}
	if (!j->internet)
		return;
	rc = probe_page(&at, name, 80, "/cgi-bin/whoami", body, sizeof(body));
	body[strcspn(body, "\r\n")] = '\0';
	if (rc < 0)
		fail(c->result, "http://%s/ over %s: %s", name, family,
		     rc == -EPROTO ? "not the right page" : strerror(-rc));
	else
		json_object_set_new(c->result, ip6 ? "from6" : "from4", json_string(body));
}

static bool given_up(const struct judge *j, const struct client *c)
{
	return (j->flags & CHECK_HURRY) && json_array_size(json_object_get(c->result, "failures"));
}

/* One client of that cloud other than c; the clients of a town take turns at being the one. */
static struct client *partner(struct judge *j, const struct client *c, int cloud)
{
	struct client *in[TOPOLOGY_HOSTS_MAX];
	int n = 0, me = (int)(c - j->client);
	for (int i = 0; i < j->client_count; i++)
		if (j->client[i].cloud == cloud && i != me)
			in[n++] = &j->client[i];
	return n ? in[me % n] : NULL;
}

static void try_ping(struct judge *j, struct client *c)
{
	for (int cloud = 0; cloud < j->cloud_count; cloud++) {
		struct client *p = partner(j, c, cloud);
		for (int ip6 = 0; p && ip6 < 2; ip6++) {
			const char *text = ip6 ? p->ipv6 : p->ipv4;
			struct sockaddr_storage to;
			if (!*text || probe_address(text, &to) < 0)
				continue; /* counted as a failure of that client */
			long rc = given_up(j, c) ? 0 : probe_ping(&to);
			if (rc < 0)
				fail(c->result, "ping %s (%s in %s): %s", text, p->id,
				     j->cloud[cloud].ssid,
				     rc == -ETIMEDOUT ? "no answer" : strerror((int)-rc));
		}
	}
}

static _Noreturn void work(struct judge *j, struct client *c, int out)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(WORKER_S);
	probe_hurry(j->flags & CHECK_HURRY);
	if (setns(c->pidfd, CLONE_NEWNET | CLONE_NEWNS) < 0) {
		fail(c->result, "its namespaces cannot be entered");
	} else {
		try_page(j, c, false);
		if (j->internet && j->internet_ipv6 && !given_up(j, c))
			try_page(j, c, true);
		if (!(j->flags & CHECK_ONLINE) && !given_up(j, c))
			try_ping(j, c);
	}
	char *text = json_dumps(c->result, JSON_COMPACT);
	if (text && write(out, text, strlen(text)) < 0)
		_exit(1);
	_exit(0);
}

static bool start(struct judge *j, struct client *c)
{
	int pipes[2];
	if (pipe2(pipes, O_CLOEXEC) < 0) {
		fail(c->result, "no pipe: %s", strerror(errno));
		return false;
	}
	c->pid = fork();
	if (c->pid == 0)
		work(j, c, pipes[1]);
	close(pipes[1]);
	if (c->pid < 0) {
		fail(c->result, "no process: %s", strerror(errno));
		close(pipes[0]);
		return false;
	}
	c->out = pipes[0];
	return true;
}

/* A line of a worker: its result in place of ours. */
static void finish(struct client *c)
{
	char *text = call_read_all(c->out, 1000);
	json_t *v = text ? json_loads(text, 0, NULL) : NULL;
	if (v) {
		json_decref(c->result);
		c->result = v;
	} else {
		fail(c->result, "gave no result within %d s", WORKER_S);
	}
	free(text);
	close(c->out);
	c->out = -1;
	waitpid(c->pid, NULL, 0);
	c->pid = 0;
}

static void judge_all(struct judge *j, const volatile bool *stop)
{
	int next = 0, running = 0;
	while ((next < j->client_count || running) && !(stop && *stop)) {
		struct pollfd fds[TOPOLOGY_HOSTS_MAX];
		for (; next < j->client_count && running < PARALLEL; next++)
			/* Without addresses there is nothing more to try. */
			if (j->client[next].ipv4[0] && j->client[next].ipv6[0])
				running += start(j, &j->client[next]);
		for (int i = 0; i < j->client_count; i++)
			fds[i] = (struct pollfd) { .fd = j->client[i].out, .events = POLLIN };
		if (!running || poll(fds, (nfds_t)j->client_count, 500) <= 0)
			continue;
		for (int i = 0; i < j->client_count; i++)
			if (fds[i].revents) {
				finish(&j->client[i]);
				running--;
			}
	}
	for (int i = 0; i < j->client_count; i++)
		if (j->client[i].pid > 0)
			kill(j->client[i].pid, SIGKILL);
	for (int i = 0; i < j->client_count; i++)
		if (j->client[i].pid > 0)
			finish(&j->client[i]);
}

/* Those that were online already are not asked again. */
static void forget(struct judge *j, json_t *done)
{
	int kept = 0;
	for (int i = 0; i < j->client_count; i++) {
		struct client *c = &j->client[i];
		if (json_object_get(done, c->id)) {
			json_decref(c->result);
			if (c->pidfd >= 0)
				close(c->pidfd);
		} else {
			j->client[kept++] = *c;
		}
	}
	j->client_count = kept;
}

int check_run(struct call *call, unsigned flags, json_t *done, const volatile bool *stop,
	      struct check *ret)
{
	struct judge *j = calloc(1, sizeof(*j));
	*ret = (struct check) { 0 };
	int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	json_t *plan =
		j && here >= 0 ? call_ask(call, json_pack("{s:s}", "op", "plan"), NULL) : NULL;
	if (!plan) {
		free(j);
		if (here >= 0)
			close(here);
		return -1;
	}
	j->call = call;
	j->plan = plan;
	j->flags = flags;
	j->bin = text_of(plan, "bin");
	j->internet = json_is_true(json_object_get(plan, "internet"));
	j->internet_ipv6 = json_is_true(json_object_get(plan, "internet_ipv6"));
	find_clients(j);
	ret->total = j->client_count;
	forget(j, done);
	ret->good = ret->total - j->client_count;
	for (int i = 0; i < j->client_count; i++)
		read_addresses(j, &j->client[i], here);
	judge_all(j, stop);
	ret->clients = json_array();
	for (int i = 0; i < j->client_count; i++) {
		struct client *c = &j->client[i];
		bool good = json_array_size(json_object_get(c->result, "failures")) == 0;
		ret->good += good;
		if (good && done)
			json_object_set_new(done, c->id, json_true());
		json_array_append_new(ret->clients, c->result);
		if (c->pidfd >= 0)
			close(c->pidfd);
	}
	json_decref(plan);
	close(here);
	free(j);
	return 0;
}

void check_done(struct check *c)
{
	json_decref(c->clients);
	c->clients = NULL;
}

void check_print(const struct check *c)
{
	size_t i, k;
	json_t *v, *f;
	json_array_foreach(c->clients, i, v)
		json_array_foreach(json_object_get(v, "failures"), k, f)
			printf("%-14s at %-14s %s\n", text_of(v, "client"), text_of(v, "at"),
			       json_string_value(f));
	if (c->good == c->total)
		printf("all %d clients are well\n", c->total);
	else
		printf("%d of %d clients are well\n", c->good, c->total);
}
