/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A link with a latency: a process that takes the frames of each middle, keeps them for that long,
 * and sends them from the other. It loses frames itself, for a classifier would act behind its
 * back.
 */
#ifndef LAB_DELAY_H
#define LAB_DELAY_H

#include <stdint.h>
#include <sys/types.h>

/* The process, or -errno. It ends with its parent. */
pid_t delay_start(const char *a, const char *b, uint32_t latency_usec, double loss_percent);

#endif
