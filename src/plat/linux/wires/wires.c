/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/wires/wires.h"

#include <errno.h>
#include <stdlib.h>

#include "plat/linux/wires/probes.h"

struct wires {
	struct packets *packets;
	struct datagrams *datagrams;
	struct probes *probes;
};

struct wires *wires_new(uv_loop_t *loop, struct sink sink, int *ret_err)
{
	struct wires *w = calloc(1, sizeof(*w));

	*ret_err = -ENOMEM;
	if (!w)
		return NULL;
	w->datagrams = datagrams_new(loop, sink);
	w->probes = probes_new(loop, sink);
	if (w->datagrams && w->probes)
		w->packets = packets_new(loop, sink, ret_err);
	if (!w->packets) {
		wires_free(w);
		return NULL;
	}
	return w;
}

void wires_free(struct wires *w)
{
	if (!w)
		return;
	packets_free(w->packets);
	datagrams_free(w->datagrams);
	probes_free(w->probes);
	free(w);
}

unsigned int wires_apply(struct wires *w, const struct wish *wish, const struct devices *devices)
{
	return packets_apply(w->packets, wish, devices) +
	       datagrams_apply(w->datagrams, wish, devices);
}

void wires_frame(struct wires *w, const struct effect_frame *f)
{
	packets_send(w->packets, f);
}

void wires_datagram(struct wires *w, const struct effect_datagram *d)
{
	datagrams_send(w->datagrams, d);
}

void wires_probe(struct wires *w, const struct effect_probe *p, const struct devices *devices)
{
	const struct event_port *port = devices_find(devices, p->port);

	probes_start(w->probes, p, port ? port->name : "");
}

void wires_flush(struct wires *w)
{
	packets_flush(w->packets);
}

const struct packets_counters *wires_packets(const struct wires *w)
{
	return packets_counters(w->packets);
}

const struct datagrams_counters *wires_datagrams(const struct wires *w)
{
	return datagrams_counters(w->datagrams);
}
