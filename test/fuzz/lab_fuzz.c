/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the lab hears: answers to the probes of its judge, requests to its hostapd and to a town,
 * what a town says of itself. The first byte says which. What a town would do is replaced.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/air.h"
#include "lab/control.h"
#include "lab/hostapd.h"
#include "lab/link.h"
#include "lab/probe.h"
#include "lab/status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

int air_move(struct town *t, uint16_t client, uint16_t node, enum association how)
{
	check(t->plan.hosts[client].kind == HOST_CLIENT && t->plan.hosts[node].kind == HOST_NODE);
	check(how <= ASSOCIATION_SILENT);
	return 0;
}

int link_set(struct town *t, uint16_t wire, const struct quality *q)
{
	check(wire < t->plan.wire_count && q->loss_percent <= 100);
	return 0;
}

int town_host_start(struct town *t, uint16_t host)
{
	check(host < t->plan.host_count);
	return 0;
}

int town_host_stop(struct town *t, uint16_t host)
{
	return town_host_start(t, host);
}

int town_host_kill(struct town *t, uint16_t host, const char *process)
{
	return town_host_start(t, host) + (process != NULL);
}

struct mac town_mac(const struct town *t, uint16_t host, uint8_t port)
{
	check(host < t->plan.host_count);
	return (struct mac) { { 2, 0, 0, 0, (uint8_t)host, port } };
}

/* Two nodes, one of them switched off, and a client. */
static struct town *town(void)
{
	static const char plan[] =
		"{\"type\":\"NetworkGraph\",\"nodes\":[{\"id\":\"a\"},{\"id\":\"b\"},"
		"{\"id\":\"internet\",\"properties\":{\"type\":\"internet\"}},"
		"{\"id\":\"ana\",\"properties\":{\"type\":\"client\",\"at\":\"a\"}}],"
		"\"links\":[{\"source\":\"a\",\"target\":\"b\"},"
		"{\"source\":\"a\",\"target\":\"internet\"}]}";
	static struct host hosts[8];
	static struct wire wires[4];
	static struct town t = { .hosts = hosts, .wires = wires };
	char err[256];

	if (t.plan.hosts)
		return &t;
	check(topology_parse(&t.plan, plan, "plan", err, sizeof(err)) == 0);
	for (uint16_t i = 0; i < t.plan.host_count; i++)
		hosts[i] = (struct host) { .plan = &t.plan.hosts[i], .pid = i != 1, .pidfd = 0 };
	for (uint16_t i = 0; i < t.plan.wire_count; i++) {
		wires[i] = (struct wire) { .plan = &t.plan.wires[i] };
		strcpy(wires[i].port[0], "eth1");
		strcpy(wires[i].port[1], "eth0");
	}
	return &t;
}

/* As from a socket, all at once. */
static void request(const char *text, size_t len)
{
	static struct control c;
	static struct pollfd fds[CONTROL_CONNECTIONS_MAX + 1];
	int pair[2];

	check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
	memset(&c, 0, sizeof(c));
	c.fd = -1;
	for (int i = 0; i < CONTROL_CONNECTIONS_MAX; i++)
		c.connection[i].fd = -1;
	c.connection[0].fd = pair[0];
	control_poll(&c, fds);
	fds[0].revents = 0;
	fds[1].revents = POLLIN;
	(void)!send(pair[1], text, len, MSG_NOSIGNAL);
	shutdown(pair[1], SHUT_WR);
	for (int i = 0; i < 4 && c.connection[0].fd >= 0; i++)
		control_input(&c, fds, town());
	if (c.connection[0].fd >= 0)
		close(c.connection[0].fd);
	close(pair[1]);
}

/* Lines, from two programs in turn. */
static void hostapd(char *text)
{
	struct hostapd h = { .fd = -1, .ssid = "plaza", .station_count = 2 };
	struct sockaddr_un from = { .sun_family = AF_UNIX, .sun_path = "x" };
	char reply[512], *save = NULL;

	h.station[0] = (struct mac) { { 2, 0, 0, 0, 0, 1 } };
	h.station[1] = (struct mac) { { 2, 0, 0, 0, 0, 2 } };
	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		from.sun_path[0] ^= 1;
		hostapd_answer(&h, l, &from, sizeof(from), reply, sizeof(reply));
		check(h.peer_count >= 0 && h.peer_count <= HOSTAPD_PEERS_MAX &&
		      strlen(reply) < sizeof(reply));
	}
}

static void status(const char *text)
{
	static bool silent;
	json_t *v = json_loads(text, 0, NULL);

	if (!silent)
		check(freopen("/dev/null", "w", stdout) != NULL);
	silent = true;
	if (v)
		status_print(v);
	json_decref(v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sockaddr_storage at;
	size_t len = size ? size - 1 : 0;
	char *text = malloc(size + 1), body[64];

	check(text != NULL);
	memcpy(text, data + (size ? 1 : 0), len);
	text[len] = '\0';
	switch (size ? data[0] % 8 : 7) {
	case 0:
	case 1:
		(void)probe_read_answer((uint8_t *)text, len, 0x1234, data[0] & 1, &at);
		break;
	case 2:
		(void)probe_is_reply((uint8_t *)text, len, data[0] & 8, 0x1234);
		break;
	case 3:
		(void)probe_read_page(text, body, sizeof(body));
		break;
	case 4:
		hostapd(text);
		break;
	case 5:
		status(text);
		break;
	default:
		request(text, len);
	}
	free(text);
	return 0;
}
