/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PLAT_PACKETS_FILTER_H
#define PLAT_PACKETS_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "node/effect.h"

struct sock_filter;

/* The classic BPF program for the frames that a place wants, NULL = all of its protocol. */
const struct sock_filter *packets_filter(enum link link, bool kernel_engine, size_t *ret_len);

#endif
