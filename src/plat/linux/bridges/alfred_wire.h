/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ALFRED at an interface: datagrams of a peer, and announcements of others while there is none.
 * Peers know each other by the MAC in a link-local address; who has another kind of address does
 * not take part.
 */
#ifndef PLAT_ALFRED_WIRE_H
#define PLAT_ALFRED_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/addr.h"

/* A socket at the port of ALFRED, or -errno; -EADDRINUSE: another server has it. */
int alfred_udp_open(const char *dev);
/* From the address of self to that of another one, MAC_BROADCAST: to all. False: it did not go.
 * data is not changed. */
bool alfred_udp_send(int fd, int index, const struct mac *self, const struct mac *to, void *data,
		     size_t len);
/* The length of the next one, whether it was sent to all (or nobody knows), and by whom: a zero MAC
 * is another kind of address. -errno: there is none. */
ssize_t alfred_udp_read(int fd, void *data, size_t cap, struct mac *ret_from, bool *ret_to_all);

/* A packet socket, so that another server may have the port meanwhile; or -errno. */
int alfred_ear_open(int index);
/* Reads one datagram: does a primary announce itself? */
bool alfred_ear_hears(int fd, struct mac *ret_from);

#endif
