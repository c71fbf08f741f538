/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the lab needs of this machine, and a whole sentence when something is missing: what, and how
 * to get it. */
#ifndef LAB_MACHINE_H
#define LAB_MACHINE_H

#include <stddef.h>

#include "lab/town.h"

/* Root, namespaces, kernel features, programs. 0 or -1. */
int machine_check(const struct town *t, char *err, size_t cap);
/* This program, the directory of tramad and trama, and that of the lab's scripts and towns; each
 * ret has PATH_MAX bytes. 0 or -1. */
int machine_find_dirs(const char *bin_dir, char *ret_self, char *ret_bin, char *ret_lab, char *err,
		      size_t cap);
/* Why new namespaces were refused. */
void machine_explain_namespaces(int error, char *err, size_t cap);

#endif
