// SPDX-License-Identifier: GPL-2.0-or-later
/* See link.h. */
#include "lab/link.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/delay.h"
#include "lab/loss.h"

/* Middles carry whatever their ports let through. */
#define MIDDLE_MTU 16384

struct name {
	char text[16];
};

static struct name middle(uint16_t wire, int end)
{
	struct name n;
	snprintf(n.text, sizeof(n.text), "w%u.%d", wire, end);
	return n;
}

static struct name bridge(uint16_t host)
{
	struct name n;
	snprintf(n.text, sizeof(n.text), "s%u", host);
	return n;
}

static enum host_kind kind_of(const struct town *t, uint16_t wire, int end)
{
	return t->plan.hosts[t->plan.wires[wire].end[end]].kind;
}

/* Which end hangs on a switch, -1 for none. Two switches are joined like hosts: each middle is a
 * port. */
static bool switched(const struct town *t, uint16_t wire, int end)
{
	return kind_of(t, wire, end) == HOST_SWITCH;
}

int link_name_ports(struct town *t)
{
	for (uint16_t h = 0; h < t->plan.host_count; h++) {
		unsigned n = 0;
		for (uint16_t w = 0; w < t->plan.wire_count; w++)
			for (int e = 0; e < 2; e++) {
				if (t->plan.wires[w].end[e] != h)
					continue;
				if (n == TOWN_PORTS_MAX && t->plan.hosts[h].kind != HOST_SWITCH)
					return town_fail(t, "%s has more than %d links",
							 t->plan.hosts[h].id, TOWN_PORTS_MAX);
				if (t->plan.hosts[h].kind == HOST_PROVIDER)
					snprintf(t->wires[w].port[e], 16, "lan");
				else
					snprintf(t->wires[w].port[e], 16, "eth%u", n);
				n++;
			}
	}
	return 0;
}

int link_make_switch(struct town *t, uint16_t host)
{
	struct name n = bridge(host);
	int rc = rtnl_bridge(&t->holding, n.text);
	if (rc == 0)
		rc = rtnl_up(&t->holding, n.text, true);
	return rc < 0 ? town_fail(t, "switch %s: %s", t->plan.hosts[host].id, strerror(-rc)) : 0;
}

static void stop_delay(struct wire *w)
{
	if (!w->delay)
		return;
	kill(w->delay, SIGKILL);
	waitpid(w->delay, NULL, 0);
	w->delay = 0;
}

void link_child_gone(struct town *t, pid_t pid)
{
	for (uint16_t w = 0; w < t->plan.wire_count; w++)
		if (t->wires[w].delay == pid)
			t->wires[w].delay = 0;
}

static int set_rate(const char *dev, uint64_t bps)
{
	char rate[32], burst[32];
	const char *const set[] = { "tc",   "qdisc", "replace", "dev", dev,	  "root", "tbf",
				    "rate", rate,    "burst",	burst, "latency", "50ms", NULL };
	const char *const clear[] = { "tc", "qdisc", "del", "dev", dev, "root", NULL };
	if (bps == 0)
		return town_run_program(clear) < 0 ? -EIO : 0; /* nothing to delete is fine */
	/* 4 ms of traffic, at least two full frames of the largest kind. */
	uint64_t bytes = bps / 8 / 250;
	snprintf(rate, sizeof(rate), "%llubit", (unsigned long long)bps);
	snprintf(burst, sizeof(burst), "%llu", (unsigned long long)(bytes < 18100 ? 18100 : bytes));
	return town_run_program(set) == 0 ? 0 : -EIO;
}

static int attach(struct town *t, const char *dev, enum rtnl_side side, double loss, const char *to)
{
	int index = to ? rtnl_index(&t->holding, to) : 0;
	int prog = index < 0 ? index : loss_program(loss, index);
	if (prog < 0)
		return prog;
	int rc = rtnl_attach_bpf(&t->holding, dev, side, prog);
	close(prog);
	return rc;
}

/* A middle that is a port of a switch: the bridge forwards, the program only loses. */
static int join_switch(struct town *t, uint16_t wire, int end, const char *at)
{
	const struct quality *q = &t->wires[wire].now;
	struct name m = middle(wire, end);
	int rc = rtnl_master(&t->holding, m.text, at);
	if (rc == 0)
		rc = attach(t, m.text, RTNL_INGRESS, q->loss_percent, NULL);
	if (rc == 0)
		rc = attach(t, m.text, RTNL_EGRESS, q->loss_percent, NULL);
	return rc;
}

static int join_pair(struct town *t, uint16_t wire)
{
	struct wire *w = &t->wires[wire];
	struct name a = middle(wire, 0), b = middle(wire, 1);
	int rc = 0;
	stop_delay(w);
	if (w->now.latency_usec) {
		/* The process takes the frames; what it leaves alone ends here. */
		rc = attach(t, a.text, RTNL_INGRESS, 100.0, NULL);
		if (rc == 0)
			rc = attach(t, b.text, RTNL_INGRESS, 100.0, NULL);
		w->delay = rc == 0 ? delay_start(a.text, b.text, w->now.latency_usec,
						 w->now.loss_percent)
				   : 0;
		if (w->delay < 0) {
			rc = w->delay;
			w->delay = 0;
		}
		return rc;
	}
	rc = attach(t, a.text, RTNL_INGRESS, w->now.loss_percent, b.text);
	if (rc == 0)
		rc = attach(t, b.text, RTNL_INGRESS, w->now.loss_percent, a.text);
	return rc;
}

/* The end whose middle exists although the other end of the wire is a switch, which has none. */
static int join(struct town *t, uint16_t wire)
{
	struct wire *w = &t->wires[wire];
	int rc = 0;
	if (switched(t, wire, 0) || switched(t, wire, 1)) {
		int end = switched(t, wire, 0) ? 1 : 0;
		return join_switch(t, wire, end, bridge(w->plan->end[!end]).text);
	}
	if (!w->plugged[0] || !w->plugged[1])
		return 0;
	rc = join_pair(t, wire);
	return rc;
}

/* Middles are up where the link is and where there is somebody at the other end. */
static int update_carrier(struct town *t, uint16_t wire)
{
	struct wire *w = &t->wires[wire];
	int rc = 0;
	for (int e = 0; rc == 0 && e < 2; e++) {
		bool up = !w->now.down && (w->plugged[!e] || switched(t, wire, !e));
		if (w->plugged[e])
			rc = rtnl_up(&t->holding, middle(wire, e).text, up);
	}
	return rc;
}

static int plug(struct town *t, uint16_t wire, int end)
{
	struct wire *w = &t->wires[wire];
	struct host *h = &t->hosts[w->plan->end[end]];
	struct name m = middle(wire, end);
	unsigned number = 0;
	sscanf(w->port[end], "eth%u", &number);
	struct mac mac = town_mac(t, w->plan->end[end], (uint8_t)number);
	struct rtnl_end port = {
		.name = w->port[end], .netns = h->netns, .mac = &mac, .mtu = w->plan->mtu
	};
	struct rtnl_end mid = { .name = m.text, .netns = t->here, .mtu = MIDDLE_MTU };
	int rc = rtnl_veth(&t->holding, &port, &mid);
	if (rc < 0)
		return rc;
	w->plugged[end] = true;
	rc = rtnl_offloads_off(&h->rtnl, port.name);
	if (rc == 0 && w->now.rate_bps)
		rc = set_rate(m.text, w->now.rate_bps);
	if (rc == 0)
		rc = join(t, wire);
	if (rc == 0)
		rc = update_carrier(t, wire);
	if (rc == 0)
		rc = rtnl_up(&h->rtnl, port.name, true);
	return rc;
}

int link_plug(struct town *t, uint16_t wire, int end)
{
	const struct wire_plan *p = &t->plan.wires[wire];
	if (switched(t, wire, end))
		return 0;
	int rc = plug(t, wire, end);
	return rc < 0 ? town_fail(t, "link %s - %s: %s", t->plan.hosts[p->end[0]].id,
				  t->plan.hosts[p->end[1]].id, strerror(-rc))
		      : 0;
}

void link_unplug(struct town *t, uint16_t wire, int end)
{
	struct wire *w = &t->wires[wire];
	if (!w->plugged[end])
		return;
	stop_delay(w);
	rtnl_delete(&t->holding, middle(wire, end).text);
	w->plugged[end] = false;
	if (w->plugged[!end])
		rtnl_detach_bpf(&t->holding, middle(wire, !end).text, RTNL_INGRESS);
	update_carrier(t, wire);
}

int link_set(struct town *t, uint16_t wire, const struct quality *q)
{
	struct wire *w = &t->wires[wire];
	struct quality old = w->now;
	int rc = 0;
	if (q->latency_usec && (switched(t, wire, 0) || switched(t, wire, 1)))
		return town_fail(t, "links of a switch have no latency");
	w->now = *q;
	for (int e = 0; rc == 0 && e < 2; e++)
		if (w->plugged[e] && q->rate_bps != old.rate_bps)
			rc = set_rate(middle(wire, e).text, q->rate_bps);
	bool moved = q->loss_percent != old.loss_percent || q->latency_usec != old.latency_usec;
	if (rc == 0 && moved && (w->plugged[0] || w->plugged[1]))
		rc = join(t, wire);
	if (rc == 0)
		rc = update_carrier(t, wire);
	return rc < 0 ? town_fail(t, "%s", strerror(-rc)) : 0;
}
