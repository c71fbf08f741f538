/* SPDX-License-Identifier: GPL-2.0-or-later */
/* filters_print NAME: the nftables text of a made-up wish. */
#include <stdio.h>
#include <string.h>

#include "plat/linux/kernel/filters.h"

static void add_port(struct wish *w, const char *name)
{
	struct wish_link *l = &w->links[w->link_count++];

	l->kind = WISH_EXISTING;
	text_copy(l->name, sizeof(l->name), name);
	text_copy(l->master, sizeof(l->master), "br0");
}

static void add_uplink(struct wish *w, const char *dev, const char *network, bool open)
{
	struct wish_uplink *u = &w->filter.uplinks[w->filter.uplink_count++];

	text_copy(u->dev, sizeof(u->dev), dev);
	net4_parse(network, &u->network4);
	u->masquerade4 = true;
	u->masquerade6 = open;
	u->allow_private = open;
}

static void plain(struct wish *w)
{
	struct wish_filter *f = &w->filter;

	mac_parse("aa:aa:aa:0d:fe:aa", &f->anycast_mac);
	ip4_parse("10.13.0.1", &f->anycast4);
	ip6_parse("fd0d:fe46:8ce8::1", &f->anycast6);
	f->anycast_link_local = ip6_link_local(&f->anycast_mac);
	net4_parse("10.13.0.0/16", &f->cloud4);
	net6_parse("fd0d:fe46:8ce8::/64", &f->cloud6);
	f->batman_vid = 29;
	f->babel_vid = 17;
	f->batman_proto = f->babel_proto = 0x88a8;
	text_copy(f->bridge, sizeof(f->bridge), "br0");
	text_copy(f->cloud, sizeof(f->cloud), "bat0");
	text_copy(f->anycast, sizeof(f->anycast), "anygw");
	text_copy(f->anycast_port, sizeof(f->anycast_port), "anygwp");
	add_port(w, "bat0");
	add_port(w, "anygwp");
}

static void gateway(struct wish *w)
{
	plain(w);
	add_port(w, "eth0");
	add_port(w, "wlan0-ap");
	w->filter.batman_proto = 0x8100;
	add_uplink(w, "eth1", "192.168.1.0/24", false);
	add_uplink(w, "wan", "10.0.0.0/24", true);
	text_copy(w->babel[w->babel_count++].dev, NODE_IFNAME, "eth0_17");
	net6_parse("2001:db8:7::/64", &w->filter.uplinks[0].network6);
	ip6_parse("2001:db8:7::1", &w->dns.upstreams6[w->dns.upstream6_count++]);
	ip4_parse("192.168.1.1", &w->dns.upstreams[w->dns.upstream_count++]);
}

int main(int argc, char **argv)
{
	static struct wish w;
	static char buf[FILTERS_TEXT];
	struct text t = text_init(buf, sizeof(buf));

	if (argc == 2 && !strcmp(argv[1], "plain"))
		plain(&w);
	else if (argc == 2 && !strcmp(argv[1], "gateway"))
		gateway(&w);
	filters_text(&w, FILTER_BRIDGE, &t);
	filters_text(&w, FILTER_INET, &t);
	fputs(buf, stdout);
	return t.cut;
}
