/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PLAT_PACKETS_FILTER_H
#define PLAT_PACKETS_FILTER_H

#include <linux/filter.h>
#include <stddef.h>

#include "node/wish.h"

#define PACKETS_FILTER_MAX (WISH_VLANS + 10) /* the longest, that of LINK_TAGGED */

/* The classic BPF program for the frames that a place wants. Returns its length, 0 = all of its
 * protocol. */
size_t packets_filter(enum link link, const struct wish_batadv *engine,
		      struct sock_filter ret[static PACKETS_FILTER_MAX]);

#endif
