/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ways out: the uplinks of this node, and the routes that Babel brings. */
#include <stdio.h>
#include <string.h>

#include "node/internal.h"

static struct gateway_addr addr4(const struct ip4 *ip)
{
	return (struct gateway_addr) { .family = GATEWAY_IP4, .ip4 = *ip };
}

static struct gateway_addr from_conf(const struct conf_addr *a)
{
	return (struct gateway_addr) { .family = a->family == 6 ? GATEWAY_IP6 : GATEWAY_IP4,
				       .ip4 = a->ip4,
				       .ip6 = a->ip6 };
}

static void http_targets(const struct conf *conf, struct gateway_conf *g)
{
	struct conf_check_url url;

	for (uint32_t i = 0; i < conf->uplink.check_url_count && g->http_count < GATEWAY_HTTP_MAX;
	     i++) {
		struct gateway_http *h = &g->http[g->http_count];

		if (conf_check_url(conf->uplink.check_url[i], &url))
			continue;
		text_copy(h->host, sizeof(h->host), url.host);
		text_copy(h->path, sizeof(h->path), url.path);
		text_copy(h->text, sizeof(h->text), url.text);
		h->port = url.port;
		h->status = url.status;
		g->http_count++;
	}
}

void exits_init(struct node *n)
{
	struct gateway_conf g;
	const struct conf *conf = n->conf;

	memset(&g, 0, sizeof(g));
	text_copy(g.dns_name, sizeof(g.dns_name), conf->uplink.check_dns);
	http_targets(conf, &g);
	for (uint32_t i = 0; i < conf->uplink.check_host_count && g.host_count < GATEWAY_HOST_MAX;
	     i++)
		g.host[g.host_count++] = from_conf(&conf->uplink.check_host[i]);
	for (uint32_t i = 0;
	     i < conf->network.resolver_count && g.resolver_count < GATEWAY_RESOLVER_MAX; i++)
		g.resolver[g.resolver_count++] = from_conf(&conf->network.resolvers[i]);
	gateway_init(&n->gateway, &g, rng_init(n->setup.seed ^ 0x6761), &n->gateway_out);
}

/* ---- uplinks ---- */

static void add_conf_resolvers(const struct conf_port *c, struct gateway_uplink *u)
{
	for (uint32_t i = 0; c && i < c->dns_count && u->resolver_count < GATEWAY_RESOLVER_MAX; i++)
		u->resolver[u->resolver_count++] = from_conf(&c->dns[i]);
}

static void static_uplink(const struct conf_port *c, struct event_uplink *u)
{
	u->ip4 = c->ipaddr;
	u->router4 = c->gateway;
	u->ip6 = c->ip6addr;
	u->router6 = c->ip6gw;
}

/* What the gateway core should know of this port now. */
static void uplink_update(struct node *n, uint16_t port)
{
	struct node_port *p = &n->ports[port];
	const struct conf_port *c = conf_port_find(n->conf, p->info.name);
	const struct event_uplink *e = &p->uplink;
	struct gateway_uplink u = { .kind = GATEWAY_UPLINK_DHCP };

	n->wish_dirty = true;
	if (p->decision.uplink_foreign)
		u.kind = GATEWAY_UPLINK_FOREIGN;
	if (p->decision.uplink_static && c) {
		u.kind = GATEWAY_UPLINK_STATIC;
		static_uplink(c, &p->uplink);
		p->uplink4 = e->ip4.len != 0;
		p->uplink6 = e->ip6.len != 0;
	}
	u.has4 = p->uplink4 && !ip4_is_zero(&e->router4);
	u.has6 = p->uplink6 && !ip6_is_zero(&e->router6);
	u.ip4 = e->ip4;
	u.router4 = e->router4;
	u.ip6 = e->ip6;
	u.router6 = e->router6;
	add_conf_resolvers(c, &u);
	for (unsigned int i = 0; i < e->resolver_count && u.resolver_count < GATEWAY_RESOLVER_MAX;
	     i++)
		u.resolver[u.resolver_count++] = addr4(&e->resolvers[i]);
	if (u.has4 || u.has6)
		(void)gateway_uplink_set(&n->gateway, port, &u, n->now);
	else
		gateway_uplink_gone(&n->gateway, port, n->now);
}

static bool is_uplink(const struct node_port *p)
{
	return p->decision.uplink_dhcp || p->decision.uplink_static || p->decision.uplink_foreign;
}

void exits_port_changed(struct node *n, uint16_t port)
{
	struct node_port *p = &n->ports[port];

	if (is_uplink(p)) {
		uplink_update(n, port);
		return;
	}
	if (p->uplink4 || p->uplink6)
		gateway_uplink_gone(&n->gateway, port, n->now);
	p->uplink4 = p->uplink6 = false;
	p->uplink = (struct event_uplink) { 0 };
}

/* The DHCP client tells IPv4; what the kernel found by itself (foreign) tells IPv6, and IPv4 only
 * where no DHCP client of ours runs. */
static void take_part(struct node_port *p, const struct event_uplink *e)
{
	bool part4 = !e->foreign || !p->decision.uplink_dhcp;
	bool part6 = e->foreign;

	if (part4) {
		p->uplink.ip4 = e->ip4;
		p->uplink.router4 = e->router4;
		p->uplink.mtu = e->mtu;
		if (e->resolver_count || !e->foreign) {
			p->uplink.resolver_count = e->resolver_count < NODE_RESOLVERS
							   ? e->resolver_count
							   : NODE_RESOLVERS;
			memcpy(p->uplink.resolvers, e->resolvers, sizeof(e->resolvers));
		}
		p->uplink4 = !e->gone && e->ip4.len != 0;
	}
	if (part6) {
		p->uplink.ip6 = e->ip6;
		p->uplink.router6 = e->router6;
		p->uplink6 = !e->gone && e->ip6.len != 0;
	}
}

void exits_uplink(struct node *n, const struct event_uplink *e)
{
	struct node_port *p;

	if (e->port >= NODE_PORTS || !n->ports[e->port].used)
		return;
	p = &n->ports[e->port];
	take_part(p, e);
	if (e->gone && !e->foreign && p->decision.uplink_dhcp)
		port_dhcp_lost(&n->port, e->port, n->now);
	if (is_uplink(p))
		uplink_update(n, e->port);
}

void exits_probe(struct node *n, const struct event_probe *p)
{
	static const enum gateway_result results[] = {
		[PROBE_OK] = GATEWAY_RESULT_OK,
		[PROBE_FAILED] = GATEWAY_RESULT_FAILED,
		[PROBE_PORTAL] = GATEWAY_RESULT_PORTAL,
		[PROBE_UNUSABLE] = GATEWAY_RESULT_UNUSABLE,
	};

	gateway_probe_result(&n->gateway, p->id, results[p->result], p->rtt_us, n->now);
}

static void probe_effect(const struct node *n, const struct out *o, struct effect *ret)
{
	static const enum probe_kind kinds[] = {
		[GATEWAY_PROBE_NEXT_HOP] = PROBE_NEXT_HOP,
		[GATEWAY_PROBE_PING] = PROBE_PING,
		[GATEWAY_PROBE_DNS] = PROBE_DNS,
		[GATEWAY_PROBE_HTTP] = PROBE_HTTP,
	};
	struct gateway_probe p;
	struct effect_probe *e = &ret->probe;

	memcpy(&p, o->data, sizeof(p));
	memset(e, 0, sizeof(*e));
	ret->kind = EFFECT_PROBE;
	e->id = p.id;
	e->kind = kinds[p.kind];
	e->port = o->port;
	e->timeout_ms = p.timeout_ms;
	e->v6 = p.addr.family == GATEWAY_IP6;
	e->target4 = p.addr.ip4;
	e->target6 = p.addr.ip6;
	if (o->port < NODE_PORTS && n->ports[o->port].uplink.resolver_count)
		e->resolver4 = n->ports[o->port].uplink.resolvers[0];
	text_copy(e->name, sizeof(e->name), p.kind == GATEWAY_PROBE_HTTP ? p.http.host : p.name);
	text_copy(e->path, sizeof(e->path), p.http.path);
	text_copy(e->http_text, sizeof(e->http_text), p.http.text);
	e->http_port = p.http.port;
	e->http_status = p.http.status;
}

static void updown(struct node *n, const struct out *o)
{
	struct effect_notice e = { .port = o->port };
	enum gateway_reason reason;
	struct text t = text_init(e.text, sizeof(e.text));

	memcpy(&reason, o->data, sizeof(reason));
	e.notice = o->kind == GATEWAY_UP ? NOTICE_UPLINK_UP : NOTICE_UPLINK_DOWN;
	text_add(&t, "%s: %s", o->arg == GATEWAY_IP6 ? "IPv6" : "IPv4",
		 gateway_reason_text(reason));
	node_notice(n, &e);
	n->wish_dirty = true;
	records_put_gateway(n);
}

bool exits_out(struct node *n, const struct out *o, struct effect *ret)
{
	switch ((enum gateway_out_kind)o->kind) {
	case GATEWAY_PROBE:
		probe_effect(n, o, ret);
		return true;
	case GATEWAY_UP:
	case GATEWAY_DOWN:
		updown(n, o);
		break;
	case GATEWAY_CHANGED:
		n->wish_dirty = true;
		records_put_gateway(n);
		clients_way_out(n);
		break;
	}
	return false;
}

/* ---- routes ---- */

static void route_key(const struct event_route *r, uint8_t key[static 40])
{
	struct wr w = wr_init(key, 40);

	memset(key, 0, 40);
	wr_u8(&w, r->v6);
	wr_ip4(&w, &r->to4.addr);
	wr_u8(&w, r->to4.len);
	wr_ip6(&w, &r->to6.addr);
	wr_u8(&w, r->to6.len);
	wr_ip6(&w, &r->from6.addr);
	wr_u8(&w, r->from6.len);
}

/* Routes to single hosts are those of clouds that are cut: they leave the others room. */
static bool has_place(const struct node *n, const struct event_route *r)
{
	bool host = r->v6 ? r->to6.len == 128 : r->to4.len == 32;

	return !host || n->routes.count < NODE_ROUTES / 2;
}

static void remember(struct node *n, const struct event_route *r)
{
	uint8_t key[40];
	struct node_route *e;

	route_key(r, key);
	e = table_find(&n->routes, key);
	if (r->gone) {
		if (e)
			table_remove(&n->routes, e);
		return;
	}
	if (!e && has_place(n, r))
		e = table_add(&n->routes, key);
	if (!e) {
		n->counters[NODE_C_ROUTE_FULL]++;
		return;
	}
	e->route = *r;
}

static void default_route(struct node *n, const struct event_route *r)
{
	enum gateway_family family = r->v6 ? GATEWAY_IP6 : GATEWAY_IP4;
	struct gateway_route g = {
		.port = r->port, .metric = r->metric, .via4 = r->via4, .via6 = r->via6
	};

	memcpy(g.router_id, r->router_id, sizeof(g.router_id));
	gateway_default_route(&n->gateway, family, r->gone ? NULL : &g);
	n->wish_dirty = true;
}

void exits_route(struct node *n, const struct event_route *r)
{
	if (r->twin) {
		clash_twin(n, r);
		return;
	}
	if (r->own) {
		if (memcmp(n->own_router_id, r->router_id, sizeof(n->own_router_id))) {
			memcpy(n->own_router_id, r->router_id, sizeof(n->own_router_id));
			records_put_gateway(n);
		}
	} else {
		remember(n, r);
	}
	/* Our own may go after the one that takes its place came. */
	if (!r->own && r->from6.len == 0 && (r->v6 ? r->to6.len == 0 : r->to4.len == 0))
		default_route(n, r);
}
