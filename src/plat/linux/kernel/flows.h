/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tracked connections that go on by another way out. */
#ifndef PLAT_LINUX_FLOWS_H
#define PLAT_LINUX_FLOWS_H

#include "node/wish.h"

/* Has the way out become an uplink that it was not in the wish before? */
bool flows_turn(const struct wish *was, const struct wish *now);
/* Has the kernel forget the connections from the mesh into the internet that have no NAT: it
 * decides that once for each, so one that began by another way would leave by the uplink with an
 * address that nobody can answer, for as long as it goes on. 0 or -errno. */
int flows_forget(const struct wish_filter *f);

#endif
