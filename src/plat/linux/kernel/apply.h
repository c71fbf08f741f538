/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One system_apply: what all parts of it share. Each part dumps what it is about, makes the changes
 * that are missing through apply_done(), and goes on after a failure.
 */
#ifndef PLAT_LINUX_APPLY_H
#define PLAT_LINUX_APPLY_H

#include "lib/text.h"
#include "node/wish.h"
#include "plat/linux/kernel/found.h"
#include "plat/linux/kernel/links.h"
#include "plat/linux/kernel/netlink.h"

struct apply {
	struct nl *nl;
	const struct wish *wish;
	struct link_list *links; /* fresh; links_apply() dumps again after changes */
	struct found *found;
	struct text *errors;
	unsigned int changes;
	int error; /* first one */
};

/* Counts a change that has been tried: r is 0 or -errno, then "what name: reason" goes to the
 * errors. Returns r. */
int apply_done(struct apply *a, int r, const char *what, const char *name);
/* A failure that was no change (a dump, something missing). */
void apply_fail(struct apply *a, int r, const char *what, const char *name);

const struct wish_link *wish_link_find(const struct wish *w, const char *name);
/* Does a link of that name belong to the wish and not to somebody else? */
bool wish_makes_link(const struct wish *w, const char *name);

#endif
