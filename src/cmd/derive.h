/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CMD_DERIVE_H
#define CMD_DERIVE_H

/* `trama derive`: what follows from an SSID and a MAC. Exit status: 0, 1 (output failed), 2 (wrong
 * use). */
int derive_main(int argc, char **argv);

#endif
