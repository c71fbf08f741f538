/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program on a link's middle: it loses a share of the frames at random and hands the others to
 * the device at the other side. Linux kernels without netem lose packets this way, and it costs
 * next to nothing. It is put together and loaded here, nine instructions with the figures inside,
 * so neither a compiler nor a map is needed.
 */
#ifndef LAB_LOSS_H
#define LAB_LOSS_H

/* to_ifindex 0: frames that are not lost go on where they were going. A program's descriptor or
 * -errno. */
int loss_program(double percent, int to_ifindex);

#endif
