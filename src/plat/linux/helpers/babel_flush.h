/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PLAT_BABEL_FLUSH_H
#define PLAT_BABEL_FLUSH_H

#include "plat/linux/helpers/babel_table.h"

/* Removes what a babeld that was killed has left in WISH_TABLE_EXPORT: the next one takes "exists
 * already" for success and would leave a wrong next hop in place. 0 or -errno. */
int babel_flush_routes(void);

/*
 * A route that is withdrawn stays in the kernel as unreachable, for half a minute and more: so that
 * nobody follows a less specific one back to where it led before (RFC 8966, section 2.8). Routes to
 * single hosts are those of a cloud that was cut; it is one again, and every node of it knows the
 * way. 0 or -errno.
 */
int babel_flush_lost(struct babel_table *t);

#endif
