/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of libmnl's sockets that a test replaces by its own: what is the same whatever kernel it makes
 * up. */
#ifndef TEST_MNL_SILENT_H
#define TEST_MNL_SILENT_H

#define MNL_PORT_ID 77 /* of every socket */

#endif
