/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Meters that run inside a client: what a connection looked like, as one line of JSON. Exit
 * statuses as main has. */
#ifndef LAB_METER_H
#define LAB_METER_H

int meter_main(int argc, char **argv);

#endif
