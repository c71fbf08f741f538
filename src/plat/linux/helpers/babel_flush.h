/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PLAT_BABEL_FLUSH_H
#define PLAT_BABEL_FLUSH_H

/* Removes what a babeld that was killed has left in WISH_TABLE_EXPORT: the next one takes "exists
 * already" for success and would leave a wrong next hop in place. 0 or -errno. */
int babel_flush_routes(void);

#endif
