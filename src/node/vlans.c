/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The VLANs in which clients speak, where the kernel's batman-adv is the engine. It carries only
 * those that its device was given; our own engine carries whatever comes. So the first frame of a
 * VLAN, which the kernel drops, is shown to the node, and the wish then has that VLAN.
 *
 * Timer: a VLAN goes 600 s after the last frame of a client in it.
 */
#include "node/internal.h"
#include "packet/eth.h"

#define VLAN_IDLE (600 * USEC_S) /* as batman-adv's clients */
#define VLAN_LAST 4094

/* vid 0 finds a free place. */
static struct node_vlan *vlan_find(struct node *n, uint16_t vid)
{
	for (int i = 0; i < WISH_VLANS; i++) {
		if (n->vlans[i].vid == vid)
			return &n->vlans[i];
	}
	return NULL;
}

static void vlan_add(struct node *n, uint16_t vid, usec_t at)
{
	struct effect_notice full = {
		.notice = NOTICE_TABLE_FULL,
		.text = "VLANs of clients; those in further ones reach only this node's"
	};
	struct node_vlan *v = vlan_find(n, 0);

	if (!v)
		return;
	*v = (struct node_vlan) { .vid = vid, .heard_at = at };
	n->wish_dirty = true;
	/* said now, because no frame of another one is seen any more */
	if (!vlan_find(n, 0)) {
		n->counters[NODE_C_VLAN_FULL]++;
		node_notice(n, &full);
	}
}

static void vlan_heard(struct node *n, uint16_t vid, usec_t at)
{
	struct node_vlan *v = vlan_find(n, vid);

	if (!v && n->now - at <= VLAN_IDLE)
		vlan_add(n, vid, at);
	else if (v && at > v->heard_at)
		v->heard_at = at;
}

void vlans_frame(struct node *n, const uint8_t *frame, size_t len)
{
	struct rd r = rd_init(frame, len);
	struct eth e;

	if (!eth_decode(&r, &e) && e.tpid == ETH_TYPE_8021Q && e.vid && e.vid <= VLAN_LAST &&
	    mac_is_station(&e.src))
		vlan_heard(n, e.vid, n->now);
}

void vlans_refresh(struct node *n)
{
	struct batman_client c;

	for (uint32_t i = 0; batman_local_next(n->batman, &i, &c);) {
		if (c.vid & BATMAN_VID_TAGGED && c.vid != BATMAN_VID_TAGGED &&
		    !(c.flags & BATMAN_CLIENT_FIXED))
			vlan_heard(n, c.vid & 0xfff, c.last_seen);
	}
	for (int i = 0; i < WISH_VLANS; i++) {
		struct node_vlan *v = &n->vlans[i];

		if (v->vid && n->now - v->heard_at > VLAN_IDLE) {
			*v = (struct node_vlan) { 0 };
			n->wish_dirty = true;
		}
	}
	n->wish_dirty = n->wish_dirty || !n->vlans_told;
	n->vlans_told = true;
}

void vlans_wish(const struct node *n, struct wish_batadv *w)
{
	w->vlans_told = n->vlans_told;
	for (int i = 0; i < WISH_VLANS; i++) {
		if (n->vlans[i].vid)
			w->vlans[w->vlan_count++] = n->vlans[i].vid;
	}
}
