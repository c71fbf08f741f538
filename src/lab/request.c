// SPDX-License-Identifier: GPL-2.0-or-later
/* What the requests of control.h do. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lab/air.h"
#include "lab/control.h"
#include "lab/link.h"
#include "lib/text.h"

static json_t *refuse(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static json_t *refuse(const char *fmt, ...)
{
	char text[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return json_pack("{s:b, s:s}", "ok", 0, "error", text);
}

static json_t *done(const struct town *t, int rc)
{
	return rc < 0 ? refuse("%s", t->error) : json_pack("{s:b}", "ok", 1);
}

/* The host named by a member of the request; NULL, and *ret an answer that says why, when there is
 * none. */
static struct host *named(struct town *t, json_t *q, const char *key, enum host_kind kind,
			  json_t **ret)
{
	const char *id = json_string_value(json_object_get(q, key));
	int i = id ? topology_host(&t->plan, id) : -1;
	if (i >= 0 && t->hosts[i].plan->kind == kind)
		return &t->hosts[i];
	*ret = id ? refuse("there is no %s '%s'", host_kind_name(kind), id)
		  : refuse("'%s' is missing", key);
	return NULL;
}

static uint16_t index_of(const struct town *t, const struct host *h)
{
	return (uint16_t)(h - t->hosts);
}

static const char *association_name(enum association a)
{
	static const char *const NAMES[] = { [ASSOCIATION_BOTH] = "both",
					     [ASSOCIATION_NEW] = "new",
					     [ASSOCIATION_SILENT] = "silent" };
	return NAMES[a];
}

static json_t *describe_host(const struct town *t, const struct host *h)
{
	const struct host_plan *p = h->plan;
	char mac[MAC_TEXT];
	struct mac m = town_mac(t, index_of(t, h),
				p->kind == HOST_CLIENT && !p->cable ? TOWN_PORT_RADIO : 0);
	json_t *o = json_pack("{s:s, s:s, s:b, s:s}", "id", p->id, "kind", host_kind_name(p->kind),
			      "running", h->pid != 0, "mac", mac_text(&m, mac));
	if (p->kind == HOST_NODE) {
		json_object_set_new(o, "ssid", json_string(p->ssid[0] ? p->ssid : "LibreMesh.org"));
		json_object_set_new(o, "daemon", json_boolean(p->daemon));
		json_object_set_new(o, "ap", json_boolean(p->ap));
	}
	if (p->kind == HOST_CLIENT) {
		json_object_set_new(o, "at", json_string(t->plan.hosts[h->at].id));
		json_object_set_new(o, "cable", json_boolean(p->cable));
		json_object_set_new(o, "association",
				    json_string(association_name(p->association)));
	}
	return o;
}

static json_t *describe_wire(const struct town *t, const struct wire *w)
{
	const struct quality *q = &w->now;
	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:f, s:I, s:f, s:b}", "a",
			 t->plan.hosts[w->plan->end[0]].id, "port_a", w->port[0], "b",
			 t->plan.hosts[w->plan->end[1]].id, "port_b", w->port[1], "uplink",
			 w->plan->uplink, "loss", q->loss_percent, "rate", (json_int_t)q->rate_bps,
			 "latency_ms", q->latency_usec / 1000.0, "down", q->down);
}

static json_t *answer_plan(struct town *t)
{
	json_t *hosts = json_array(), *wires = json_array();
	for (uint16_t i = 0; i < t->plan.host_count; i++)
		json_array_append_new(hosts, describe_host(t, &t->hosts[i]));
	for (uint16_t i = 0; i < t->plan.wire_count; i++)
		json_array_append_new(wires, describe_wire(t, &t->wires[i]));
	return json_pack("{s:b, s:s, s:s, s:b, s:b, s:s, s:o, s:o}", "ok", 1, "name", t->plan.name,
			 "label", t->plan.label, "internet", t->plan.internet >= 0, "internet_ipv6",
			 t->plan.internet_ipv6, "bin", t->bin_dir, "hosts", hosts, "links", wires);
}

static json_t *answer_open(struct town *t, json_t *q, int *ret_fd)
{
	const char *id = json_string_value(json_object_get(q, "host"));
	int i = id ? topology_host(&t->plan, id) : -1;
	if (i < 0 || t->plan.hosts[i].kind == HOST_SWITCH)
		return refuse("there is no host '%s'", id ? id : "");
	if (!t->hosts[i].pid)
		return refuse("%s is switched off", id);
	*ret_fd = t->hosts[i].pidfd;
	return json_pack("{s:b, s:s}", "ok", 1, "id", id);
}

static json_t *answer_roam(struct town *t, json_t *q)
{
	json_t *answer = NULL;
	const char *how = json_string_value(json_object_get(q, "association"));
	struct host *client = named(t, q, "client", HOST_CLIENT, &answer);
	struct host *node = client ? named(t, q, "node", HOST_NODE, &answer) : NULL;
	if (!node)
		return answer;
	if (client->plan->cable)
		return refuse("%s hangs on a cable, it cannot roam", client->plan->id);
	if (!node->plan->ap)
		return refuse("%s has no access point", node->plan->id);
	enum association a = client->plan->association;
	if (how)
		a = strcmp(how, "silent") == 0 ? ASSOCIATION_SILENT
		    : strcmp(how, "new") == 0  ? ASSOCIATION_NEW
					       : ASSOCIATION_BOTH;
	return done(t, air_move(t, index_of(t, client), index_of(t, node), a));
}

/* "plaza1", "plaza1:eth2", "internet" for whichever provider. */
static bool end_is(const struct town *t, const struct wire *w, int end, const char *text)
{
	size_t n = strcspn(text, ":");
	const struct host_plan *p = &t->plan.hosts[w->plan->end[end]];
	bool host = strlen(p->id) == n && strncmp(p->id, text, n) == 0;
	if (!host && p->kind == HOST_PROVIDER && t->plan.internet >= 0)
		host = strcmp(t->plan.hosts[t->plan.internet].id, text) == 0;
	return host && (text[n] == '\0' || strcmp(text + n + 1, w->port[end]) == 0);
}

static int read_quality(json_t *q, struct quality *ret)
{
	const char *loss = json_string_value(json_object_get(q, "loss"));
	const char *rate = json_string_value(json_object_get(q, "rate"));
	const char *latency = json_string_value(json_object_get(q, "latency"));
	json_t *down = json_object_get(q, "down");
	if ((loss && quality_parse_loss(loss, &ret->loss_percent) < 0) ||
	    (rate && quality_parse_rate(rate, &ret->rate_bps) < 0) ||
	    (latency && quality_parse_latency(latency, &ret->latency_usec) < 0))
		return -EINVAL;
	if (down)
		ret->down = json_is_true(down);
	return 0;
}

static json_t *answer_link(struct town *t, json_t *q)
{
	const char *a = json_string_value(json_object_get(q, "a"));
	const char *b = json_string_value(json_object_get(q, "b"));
	int found = 0;
	if (!a || !b)
		return refuse("'a' or 'b' is missing");
	for (uint16_t i = 0; i < t->plan.wire_count; i++) {
		struct wire *w = &t->wires[i];
		struct quality now = w->now;
		if (!(end_is(t, w, 0, a) && end_is(t, w, 1, b)) &&
		    !(end_is(t, w, 0, b) && end_is(t, w, 1, a)))
			continue;
		if (read_quality(q, &now) < 0)
			return refuse("loss is a percentage, rate like 20mbit, latency like 5ms");
		if (link_set(t, i, &now) < 0)
			return refuse("%s", t->error);
		found++;
	}
	return found ? json_pack("{s:b, s:i}", "ok", 1, "links", found)
		     : refuse("there is no link between %s and %s", a, b);
}

static json_t *answer_node(struct town *t, json_t *q)
{
	json_t *answer = NULL;
	const char *what = json_string_value(json_object_get(q, "do"));
	const char *process = json_string_value(json_object_get(q, "process"));
	const char *id = json_string_value(json_object_get(q, "node"));
	int i = id ? topology_host(&t->plan, id) : -1;
	if (i < 0 || t->plan.hosts[i].kind == HOST_SWITCH)
		return refuse("there is no host '%s'", id ? id : "");
	uint16_t host = (uint16_t)i;
	bool on = t->hosts[i].pid != 0;
	if (what && strcmp(what, "start") == 0)
		return on ? refuse("%s runs", id) : done(t, town_host_start(t, host));
	if (!on)
		return refuse("%s is switched off", id);
	if (what && strcmp(what, "stop") == 0)
		return done(t, town_host_stop(t, host));
	if (!what || strcmp(what, "kill") != 0)
		return refuse("'%s' is not stop, start or kill", what ? what : "");
	int n = town_host_kill(t, host, process);
	answer = n > 0 ? json_pack("{s:b, s:i}", "ok", 1, "killed", n)
		       : refuse("%s runs no process '%s'", id, process ? process : "tramad");
	return answer;
}

json_t *control_answer(struct town *t, json_t *request, bool *ret_down, int *ret_fd)
{
	const char *op = json_string_value(json_object_get(request, "op"));
	*ret_fd = -1;
	if (!op)
		return refuse("no JSON object with an 'op'");
	if (strcmp(op, "plan") == 0)
		return answer_plan(t);
	if (strcmp(op, "open") == 0)
		return answer_open(t, request, ret_fd);
	if (strcmp(op, "roam") == 0)
		return answer_roam(t, request);
	if (strcmp(op, "link") == 0)
		return answer_link(t, request);
	if (strcmp(op, "node") == 0)
		return answer_node(t, request);
	if (strcmp(op, "down") == 0) {
		*ret_down = true;
		return json_pack("{s:b}", "ok", 1);
	}
	return refuse("unknown op '%s'", op);
}
