/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The air: a network namespace with one bridge per access point. A node's wlan0-ap and a client's
 * wlan0 are veth pairs that end there; being at a node means to be a port of its bridge. Moving
 * changes nothing that the client can see: its carrier stays. The node hears of it from its access
 * point (hostapd.h), unless the move is a silent one.
 */
#ifndef LAB_AIR_H
#define LAB_AIR_H

#include "lab/town.h"

/* The namespace itself, then the radio of one host that runs. */
int air_init(struct town *t);
int air_plug(struct town *t, uint16_t host);
/* What the host had in the air is gone with it. */
void air_unplug(struct town *t, uint16_t host);
/* Moves a client to the access point of a node, or tells the node of those that are there (after a
 * reboot). */
int air_move(struct town *t, uint16_t client, uint16_t node, enum association how);

#endif
