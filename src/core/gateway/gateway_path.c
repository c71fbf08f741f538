/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/gateway/gateway_path.h"

#include <string.h>

#include "lib/text.h"

#define GOOD_ROUNDS 2		  /* that bring a dead uplink back */
#define RETURN_DELAY (1 * USEC_S) /* from the first to the second */
/* The first question: the platform needs a moment to put addresses and routes of a new uplink in
 * place, and a round that goes out before that fails for nothing. */
#define FIRST_DELAY (250 * USEC_MS)
#define HTTP_TURN 10 /* every so many probes in turn is an HTTP check */
#define TELL_INTERVAL (100 * USEC_MS)

bool gateway_addr_eq(const struct gateway_addr *a, const struct gateway_addr *b)
{
	if (a->family != b->family)
		return false;
	return a->family == GATEWAY_IP4 ? ip4_eq(&a->ip4, &b->ip4) : ip6_eq(&a->ip6, &b->ip6);
}

static bool has_family(const struct gateway_uplink *u, enum gateway_family f)
{
	return f == GATEWAY_IP4 ? u->has4 : u->has6;
}

static bool is_on_link(const struct gateway_uplink *u, const struct gateway_addr *a)
{
	if (a->family == GATEWAY_IP4)
		return net4_has(&u->ip4, &a->ip4) || ip4_eq(&u->router4, &a->ip4);
	return ip6_is_link_local(&a->ip6) || net6_has(&u->ip6, &a->ip6) ||
	       ip6_eq(&u->router6, &a->ip6);
}

static void target_add(struct gateway_path *path, enum gateway_probe_kind kind,
		       const struct gateway_addr *addr, bool local)
{
	if (path->target_count < GATEWAY_TARGET_MAX)
		path->target[path->target_count++] =
			(struct gateway_target) { .kind = kind, .addr = *addr, .local = local };
}

/* The resolver that HTTP checks use, zero if the uplink has none. */
static struct gateway_addr resolver_of(const struct gateway_uplink *u, enum gateway_family f)
{
	for (unsigned i = 0; i < u->resolver_count; i++)
		if (u->resolver[i].family == f)
			return u->resolver[i];
	return (struct gateway_addr) { .family = f };
}

/* An address of the other family. */
static bool host_is_other(const char *host, enum gateway_family f)
{
	struct ip4 a4;
	struct ip6 a6;

	return f == GATEWAY_IP4 ? !ip6_parse(host, &a6) : !ip4_parse(host, &a4);
}

static void list_targets(const struct gateway *g, const struct gateway_uplink *u,
			 enum gateway_family f, struct gateway_path *path)
{
	struct gateway_addr hop = { .family = f, .ip4 = u->router4, .ip6 = u->router6 };
	struct gateway_addr resolver = resolver_of(u, f);

	path->target_count = 0;
	if (f == GATEWAY_IP4 ? !ip4_is_zero(&u->router4) : !ip6_is_zero(&u->router6))
		target_add(path, GATEWAY_PROBE_NEXT_HOP, &hop, true);
	for (unsigned i = 0; i < u->resolver_count; i++)
		if (u->resolver[i].family == f)
			target_add(path, GATEWAY_PROBE_DNS, &u->resolver[i],
				   is_on_link(u, &u->resolver[i]));
	for (uint8_t i = 0; i < g->conf.http_count; i++) {
		if (host_is_other(g->conf.http[i].host, f))
			continue;
		target_add(path, GATEWAY_PROBE_HTTP, &resolver, false);
		path->target[path->target_count - 1].http = i;
	}
	for (unsigned i = 0; i < g->conf.host_count; i++)
		if (g->conf.host[i].family == f)
			target_add(path, GATEWAY_PROBE_PING, &g->conf.host[i], false);
}

static void tell(struct gateway *g, struct gateway_port *p, enum gateway_family f, usec_t now)
{
	struct gateway_path *path = &p->path[f];

	if (outq_push(g->out, path->up ? GATEWAY_UP : GATEWAY_DOWN, p->port, f, &path->reason,
		      sizeof(path->reason)) < 0) {
		path->retry_at = now + TELL_INTERVAL;
		return;
	}
	path->told = true;
	outq_push(g->out, GATEWAY_CHANGED, 0, 0, "", 0);
}

static void set_up(struct gateway *g, struct gateway_port *p, enum gateway_family f, bool up,
		   usec_t now)
{
	struct gateway_path *path = &p->path[f];

	if (path->up == up)
		return;
	path->up = up;
	path->told = false;
	if (up)
		g->counters.ups++;
	else
		g->counters.downs++;
	tell(g, p, f, now);
}

static void set_state(struct gateway_path *path, enum gateway_state state,
		      enum gateway_reason reason, usec_t now)
{
	/* a suspicion that comes to nothing does not interrupt how long it has been working */
	bool works = state == GATEWAY_WORKING || state == GATEWAY_SUSPECT;
	bool worked = path->state == GATEWAY_WORKING || path->state == GATEWAY_SUSPECT;

	if (state != path->state && !(works && worked))
		path->since = now;
	path->state = state;
	path->reason = reason;
}

void path_restart(struct gateway *g, struct gateway_port *p, enum gateway_family f, usec_t now)
{
	struct gateway_path *path = &p->path[f];
	bool has = has_family(&p->uplink, f);

	path->round = false;
	path->good = 0;
	path->next_at = has ? now + FIRST_DELAY : USEC_NEVER;
	set_state(path, has ? GATEWAY_NEW : GATEWAY_ABSENT,
		  has ? GATEWAY_REASON_NOT_PROBED : GATEWAY_REASON_NO_ADDRESS, now);
	path->since = now;
	list_targets(g, &p->uplink, f, path);
	set_up(g, p, f, false, now);
	path_tick(g, p, f, now);
}

void path_targets(struct gateway *g, struct gateway_port *p, enum gateway_family f, usec_t now)
{
	struct gateway_path *path = &p->path[f];

	if (path->state == GATEWAY_ABSENT)
		return;
	list_targets(g, &p->uplink, f, path);
	/* whatever was asked before is forgotten; a round under way starts again */
	path->round = false;
	path->next_at = now;
	path_tick(g, p, f, now);
}

static void ask(struct gateway *g, struct gateway_port *p, enum gateway_family f,
		struct gateway_target *t, usec_t now)
{
	struct gateway_probe probe = {
		.id = g->next_id++,
		.kind = t->kind,
		.family = f,
		.timeout_ms = GATEWAY_PROBE_TIMEOUT / USEC_MS,
		.addr = t->addr,
	};

	if (t->kind == GATEWAY_PROBE_HTTP)
		probe.http = g->conf.http[t->http];
	if (t->kind == GATEWAY_PROBE_DNS)
		text_copy(probe.name, sizeof(probe.name), g->conf.dns_name);
	t->done = false;
	t->asked = !outq_push(g->out, GATEWAY_PROBE, p->port, probe.id, &probe, sizeof(probe));
	if (!t->asked) {
		/* our own lack of room says nothing about the uplink */
		t->done = true;
		t->result = GATEWAY_RESULT_UNUSABLE;
		return;
	}
	t->id = probe.id;
	t->asked_at = now;
	g->counters.probes++;
}

static void start_round(struct gateway *g, struct gateway_port *p, enum gateway_family f,
			usec_t now)
{
	struct gateway_path *path = &p->path[f];

	if (path->state == GATEWAY_WORKING)
		set_state(path, GATEWAY_SUSPECT, GATEWAY_REASON_LATE, now);
	path->round = true;
	path->round_at = now;
	path->next_at = USEC_NEVER;
	for (unsigned i = 0; i < path->target_count; i++)
		ask(g, p, f, &path->target[i], now);
}

static bool round_is_over(const struct gateway_path *path)
{
	for (unsigned i = 0; i < path->target_count; i++)
		if (!path->target[i].done)
			return false;
	return true;
}

/* How many were asked, how many of them answered rightly. */
struct tally {
	unsigned asked, good;
};

static bool portal_answers(const struct gateway_path *path)
{
	unsigned portals = 0, good = 0;

	for (unsigned i = 0; i < path->target_count; i++) {
		const struct gateway_target *t = &path->target[i];

		portals += t->result == GATEWAY_RESULT_PORTAL;
		good += t->kind == GATEWAY_PROBE_HTTP && t->result == GATEWAY_RESULT_OK;
	}
	return portals > 0 && good == 0;
}

enum gateway_reason path_verdict(const struct gateway_path *path)
{
	struct tally far = { 0 }, local = { 0 };

	for (unsigned i = 0; i < path->target_count; i++) {
		const struct gateway_target *t = &path->target[i];
		struct tally *tally = t->local ? &local : &far;

		tally->asked += t->result != GATEWAY_RESULT_UNUSABLE;
		tally->good += t->result == GATEWAY_RESULT_OK;
	}
	if (path->target_count == 0)
		return GATEWAY_REASON_ANSWERS;
	if (portal_answers(path))
		return GATEWAY_REASON_PORTAL;
	if (far.asked == 0 && local.asked == 0)
		return GATEWAY_REASON_NOT_PROBED;
	if (far.asked > 0 ? far.good > 0 && 2 * far.good >= far.asked : local.good > 0)
		return GATEWAY_REASON_ANSWERS;
	return local.asked > 0 && local.good == 0 && far.good == 0 ? GATEWAY_REASON_NO_NEXT_HOP
								   : GATEWAY_REASON_NO_INTERNET;
}

static void finish_good(struct gateway *g, struct gateway_port *p, enum gateway_family f,
			usec_t now)
{
	struct gateway_path *path = &p->path[f];

	if (path->state == GATEWAY_DEAD && ++path->good < GOOD_ROUNDS) {
		set_state(path, GATEWAY_DEAD, GATEWAY_REASON_RETURNING, now);
		path->next_at = now + RETURN_DELAY;
		return;
	}
	set_state(path, GATEWAY_WORKING, GATEWAY_REASON_ANSWERS, now);
	path->good = 0;
	path->next_at = now + GATEWAY_PROBE_INTERVAL;
	set_up(g, p, f, true, now);
}

static void finish_round(struct gateway *g, struct gateway_port *p, enum gateway_family f,
			 usec_t now)
{
	struct gateway_path *path = &p->path[f];
	enum gateway_reason verdict = path_verdict(path);
	usec_t next = path->round_at + GATEWAY_ROUND_INTERVAL;

	path->round = false;
	if (verdict == GATEWAY_REASON_ANSWERS) {
		finish_good(g, p, f, now);
		return;
	}
	path->next_at = next > now ? next : now + USEC_S;
	if (verdict == GATEWAY_REASON_NOT_PROBED)
		return; /* nothing was learnt: ask again later */
	path->good = 0;
	set_state(path, GATEWAY_DEAD, verdict, now);
	set_up(g, p, f, false, now);
}

/* The next target in turn: a far one, and among those an HTTP check only now and then, since others
 * are cheaper. */
static struct gateway_target *in_turn(struct gateway_path *path)
{
	unsigned n[3] = { 0 }, want, left;

	for (unsigned i = 0; i < path->target_count; i++) {
		const struct gateway_target *t = &path->target[i];

		n[t->local ? 0 : t->kind == GATEWAY_PROBE_HTTP ? 2 : 1]++;
	}
	path->turn++;
	want = n[2] && (!n[1] || path->turn % HTTP_TURN == 0) ? 2 : n[1] ? 1 : 0;
	if (!n[want])
		return NULL;
	left = (want == 2 && n[1] ? path->turn / HTTP_TURN : path->turn) % n[want];
	for (unsigned i = 0; i < path->target_count; i++) {
		struct gateway_target *t = &path->target[i];
		unsigned class = t->local ? 0 : t->kind == GATEWAY_PROBE_HTTP ? 2 : 1;

		if (class == want && left-- == 0)
			return t;
	}
	return NULL;
}

static void take_result(struct gateway *g, struct gateway_target *t,
			const struct path_answer *answer, usec_t now)
{
	t->asked = false;
	t->done = true;
	t->result = answer->result;
	g->counters.answers += answer->result == GATEWAY_RESULT_OK;
	g->counters.failures += answer->result == GATEWAY_RESULT_FAILED;
	g->counters.portals += answer->result == GATEWAY_RESULT_PORTAL;
	if (answer->result == GATEWAY_RESULT_OK) {
		t->rtt_us = answer->rtt_us;
		t->ok_at = now;
	}
}

/* After a target got a result. */
static void consider(struct gateway *g, struct gateway_port *p, enum gateway_family f,
		     enum gateway_result result, usec_t now)
{
	struct gateway_path *path = &p->path[f];

	if (path->round) {
		if (round_is_over(path))
			finish_round(g, p, f, now);
	} else if (result == GATEWAY_RESULT_FAILED || result == GATEWAY_RESULT_PORTAL) {
		start_round(g, p, f, now);
	}
}

bool path_result(struct gateway *g, struct gateway_port *p, enum gateway_family f, uint32_t id,
		 const struct path_answer *answer, usec_t now)
{
	struct gateway_path *path = &p->path[f];

	for (unsigned i = 0; i < path->target_count; i++) {
		struct gateway_target *t = &path->target[i];

		if (!t->asked || t->id != id)
			continue;
		take_result(g, t, answer, now);
		consider(g, p, f, answer->result, now);
		return true;
	}
	return false;
}

/* Outstanding probes that are late or over. */
static void tick_targets(struct gateway *g, struct gateway_port *p, enum gateway_family f,
			 usec_t now)
{
	const struct path_answer timeout = { GATEWAY_RESULT_FAILED, 0 };
	struct gateway_path *path = &p->path[f];

	for (unsigned i = 0; i < path->target_count; i++) {
		struct gateway_target *t = &path->target[i];

		if (!t->asked)
			continue;
		if (now >= t->asked_at + GATEWAY_PROBE_TIMEOUT) {
			take_result(g, t, &timeout, now);
			consider(g, p, f, GATEWAY_RESULT_FAILED, now);
		} else if (!path->round && now >= t->asked_at + GATEWAY_PROBE_LATE) {
			start_round(g, p, f, now);
		}
	}
}

void path_tick(struct gateway *g, struct gateway_port *p, enum gateway_family f, usec_t now)
{
	struct gateway_path *path = &p->path[f];
	struct gateway_target *t;

	if (!path->told && now >= path->retry_at)
		tell(g, p, f, now);
	tick_targets(g, p, f, now);
	if (path->round && round_is_over(path))
		finish_round(g, p, f, now);
	if (path->round || now < path->next_at)
		return;
	if (path->state != GATEWAY_WORKING) {
		start_round(g, p, f, now);
		if (round_is_over(path)) /* there is nothing to ask */
			finish_round(g, p, f, now);
		return;
	}
	path->next_at = now + GATEWAY_PROBE_INTERVAL;
	t = in_turn(path);
	if (t && !t->asked)
		ask(g, p, f, t, now);
}

usec_t path_deadline(const struct gateway_path *path)
{
	usec_t at = path->round ? path->round_at + GATEWAY_PROBE_TIMEOUT : path->next_at;

	if (!path->told)
		at = usec_min(at, path->retry_at);
	for (unsigned i = 0; i < path->target_count; i++) {
		const struct gateway_target *t = &path->target[i];

		if (t->asked)
			at = usec_min(at, t->asked_at + (path->round ? GATEWAY_PROBE_TIMEOUT
								     : GATEWAY_PROBE_LATE));
	}
	return at;
}
