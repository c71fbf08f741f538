/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Transmit offloads of an interface, by ethtool requests (struct wish_link.no_offload). */
#ifndef PLAT_LINUX_OFFLOAD_H
#define PLAT_LINUX_OFFLOAD_H

#define OFFLOAD_TX 1 /* checksums */
#define OFFLOAD_TSO 2
#define OFFLOAD_GSO 4

/* Or-ed OFFLOAD_*, or -errno. */
int offload_get(const char *name);
/* Sets what differs. 0 or -errno. */
int offload_set(const char *name, int offloads);

#endif
