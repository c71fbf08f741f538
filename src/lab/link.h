/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Links. Every end is a veth pair: the port in its host and a middle in the holding namespace. What
 * joins two middles is a BPF program (loss.h) that also loses frames, or the process of delay.h
 * where the link has a latency, or, at a switch, a bridge. A rate is a tbf on the middles. A link
 * that is down has its middles down, so that its ports lose carrier as when a cable is pulled out.
 */
#ifndef LAB_LINK_H
#define LAB_LINK_H

#include "lab/town.h"

/* All names of ports and middles, in the order of the links. Call once before anything else. */
int link_name_ports(struct town *t);
/* Makes the veth pair of an end whose host runs, sets the port up, and joins the middles once both
 * are there. */
int link_plug(struct town *t, uint16_t wire, int end);
/* Forgets an end whose host is gone and its middle with it. */
void link_unplug(struct town *t, uint16_t wire, int end);
/* New loss, rate, latency, or up and down. */
int link_set(struct town *t, uint16_t wire, const struct quality *q);
/* The bridge of a switch. */
int link_make_switch(struct town *t, uint16_t host);
/* The process of a delay ended. */
void link_child_gone(struct town *t, pid_t pid);

#endif
