/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A NetJSON town: an error that says what is wrong, or a plan that can be built without further
 * questions, by the lab and by the simulator.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/sim_town.h"
#include "lab/topology.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void check_wire(const struct topology *t, const struct wire_plan *w)
{
	check(w->end[0] < t->host_count && w->end[1] < t->host_count && w->end[0] != w->end[1]);
	check(w->quality.loss_percent >= 0 && w->quality.loss_percent <= 100);
	check(w->quality.latency_usec <= 10000000 && w->mtu >= 576 && w->mtu <= 9000);
	check(w->uplink == (t->hosts[w->end[1]].kind == HOST_PROVIDER));
}

static void check_host(const struct topology *t, uint16_t i)
{
	const struct host_plan *h = &t->hosts[i];

	check(topology_host(t, h->id) == i && h->index < topology_count(t, h->kind));
	if (h->kind == HOST_CLIENT && h->has_at)
		check(h->at < t->host_count && t->hosts[h->at].kind == HOST_NODE);
	if (h->kind == HOST_CLIENT)
		check(h->has_at || h->cable);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct plan plan;
	char *text = malloc(len + 1), err[256] = "";
	struct topology t;

	check(text != NULL);
	memcpy(text, data, len);
	text[len] = '\0';
	if (topology_parse(&t, text, "FILE", err, sizeof(err)) < 0) {
		check(strncmp(err, "FILE: ", 6) == 0 && !t.hosts);
		free(text);
		return 0;
	}
	for (uint16_t i = 0; i < t.host_count; i++)
		check_host(&t, i);
	for (uint16_t i = 0; i < t.wire_count; i++)
		check_wire(&t, &t.wires[i]);
	memset(&plan, 0, sizeof(plan));
	if (sim_town_plan(&plan, &t) == 0) {
		for (unsigned int i = 0; i < plan.wire_count; i++)
			check(plan.wires[i].a < plan.node_count &&
			      plan.wires[i].b < plan.node_count);
	}
	topology_done(&t);
	free(text);
	return 0;
}
