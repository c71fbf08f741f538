/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In place of sim_town.c where there is no JSON library (-Dportable=true). */
#include "cmd/sim_town.h"

#include <errno.h>
#include <stdio.h>

int sim_town_load(struct plan *p, const char *path)
{
	(void)p;
	fprintf(stderr, "trama-sim: %s: towns need a program that was not built with -Dportable\n",
		path);
	return -EOPNOTSUPP;
}
