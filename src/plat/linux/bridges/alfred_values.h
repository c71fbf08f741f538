/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a node tells of itself in ALFRED, as the programs that use these types know it:
 *
 *   1    links and clients of batman-adv, for batadv-vis (version 1)
 *   64   bat-hosts: a line {MAC, name_interface} for each interface of the mesh
 *   66   leases that this node serves: mac,id:CLIENT ID,IPV4[,name] (LibreMesh until 2019)
 *   67   lines for /etc/hosts: the node's addresses, and of those clients
 *   158  nodeinfo: gzip'ed JSON (Gluon)
 */
#ifndef PLAT_ALFRED_VALUES_H
#define PLAT_ALFRED_VALUES_H

#include "core/alfred/alfred.h"
#include "plat/linux/bridges/bridges.h"

/* What is too long for a value is cut at a line; one that finds no room keeps what was there. buf
 * is scratch, ALFRED_VALUE_MAX bytes. */
void alfred_values_fill(const struct bridges_setup *setup, struct alfred *a, char *buf, usec_t now);

/* {json} as a gzip file of stored blocks; 0: longer than cap. */
size_t alfred_gzip(const void *data, size_t len, void *ret, size_t cap);

#endif
