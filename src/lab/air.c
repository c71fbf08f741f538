// SPDX-License-Identifier: GPL-2.0-or-later
/* See air.h. Names in the air: b7 the bridge, a7 the access point of host 7, c9 client 9. */
#include "lab/air.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/ns.h"
#include "lib/wire.h"

struct name {
	char text[16];
};

static struct name name(char kind, uint16_t host)
{
	struct name n;
	snprintf(n.text, sizeof(n.text), "%c%u", kind, host);
	return n;
}

int air_init(struct town *t)
{
	t->air = ns_new_net();
	int rc = t->air < 0 ? t->air : rtnl_open(&t->air_rtnl, t->air);
	/* The bridges are there for ever: a client of a node that is switched off keeps its
	 * carrier. */
	for (uint16_t i = 0; rc == 0 && i < t->plan.host_count; i++) {
		if (t->plan.hosts[i].kind != HOST_NODE || !t->plan.hosts[i].ap)
			continue;
		rc = rtnl_bridge(&t->air_rtnl, name('b', i).text);
		if (rc == 0)
			rc = rtnl_up(&t->air_rtnl, name('b', i).text, true);
	}
	return rc < 0 ? town_fail(t, "the air: %s", strerror(-rc)) : 0;
}

static bool has_radio(const struct host_plan *p)
{
	return (p->kind == HOST_NODE && p->ap) || (p->kind == HOST_CLIENT && !p->cable);
}

static int plug_ap(struct town *t, uint16_t host, const char *end)
{
	int rc = rtnl_master(&t->air_rtnl, end, name('b', host).text);
	/* An access point knows its stations; what comes from behind it teaches it nothing. */
	return rc == 0 ? rtnl_port_learning(&t->air_rtnl, end, false) : rc;
}

int air_plug(struct town *t, uint16_t host)
{
	struct host *h = &t->hosts[host];
	bool ap = h->plan->kind == HOST_NODE;
	if (!has_radio(h->plan))
		return 0;
	struct name end = name(ap ? 'a' : 'c', host);
	struct mac mac = town_mac(t, host, TOWN_PORT_RADIO);
	struct rtnl_end port = {
		.name = ap ? "wlan0-ap" : "wlan0", .netns = h->netns, .mac = &mac, .mtu = 1500
	};
	struct rtnl_end far = { .name = end.text, .netns = t->air, .mtu = 1500 };
	int rc = rtnl_veth(&t->holding, &port, &far);
	if (rc == 0)
		rc = ap ? plug_ap(t, host, end.text)
			: rtnl_master(&t->air_rtnl, end.text, name('b', h->at).text);
	if (rc == 0)
		rc = rtnl_up(&t->air_rtnl, end.text, true);
	if (rc == 0)
		rc = rtnl_up(&h->rtnl, port.name, true);
	return rc < 0 ? town_fail(t, "radio of %s: %s", h->plan->id, strerror(-rc)) : 0;
}

void air_unplug(struct town *t, uint16_t host)
{
	const struct host_plan *p = t->hosts[host].plan;
	if (has_radio(p))
		rtnl_delete(&t->air_rtnl, name(p->kind == HOST_NODE ? 'a' : 'c', host).text);
}

static int air_socket(const struct town *t)
{
	int fd = -1;
	if (setns(t->air, CLONE_NEWNET) == 0) {
		fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
		if (setns(t->here, CLONE_NEWNET) < 0)
			abort();
	}
	return fd;
}

/* What Linux does for an access point when a station associates (cfg80211_send_layer2_update): a
 * broadcast IEEE 802.2 XID frame as if from the station, so that the node's bridge knows where it
 * is although it has not said anything yet. */
static void send_update(const struct town *t, uint16_t node, const struct mac *mac)
{
	uint8_t frame[60];
	struct wr w = wr_init(frame, sizeof(frame));
	struct ifreq ifr = { 0 };
	int fd = air_socket(t);
	if (fd < 0)
		return;
	wr_mac(&w, &MAC_BROADCAST);
	wr_mac(&w, mac);
	wr_u16(&w, 6);	    /* 802.3 length */
	wr_u16(&w, 0x0001); /* null DSAP, null SSAP with the response bit */
	wr_u8(&w, 0xaf);    /* XID, poll/final */
	wr_u8(&w, 0x81);
	wr_u16(&w, 0x0100);
	wr_zero(&w, wr_left(&w));
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name('a', node).text);
	if (ioctl(fd, SIOCGIFINDEX, &ifr) == 0) {
		struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = ifr.ifr_ifindex };
		sendto(fd, frame, sizeof(frame), 0, (struct sockaddr *)&to, sizeof(to));
	}
	close(fd);
}

int air_move(struct town *t, uint16_t client, uint16_t node, enum association how)
{
	struct host *c = &t->hosts[client];
	struct mac mac = town_mac(t, client, TOWN_PORT_RADIO);
	char text[MAC_TEXT];
	mac_text(&mac, text);
	if (how == ASSOCIATION_BOTH && c->associated && c->at != node)
		town_host_tell(t, c->at, "disconnected %s", text);
	if (c->at != node) {
		int rc = rtnl_master(&t->air_rtnl, name('c', client).text, name('b', node).text);
		if (rc < 0)
			return town_fail(t, "%s to %s: %s", c->plan->id, t->plan.hosts[node].id,
					 strerror(-rc));
	}
	c->at = node;
	c->associated = how != ASSOCIATION_SILENT;
	if (how != ASSOCIATION_SILENT) {
		send_update(t, node, &mac);
		town_host_tell(t, node, "connected %s", text);
	}
	return 0;
}
