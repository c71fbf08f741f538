/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counting changes and failures. */
#include "plat/linux/kernel/apply.h"

#include <string.h>

void apply_fail(struct apply *a, int r, const char *what, const char *name)
{
	if (!a->error)
		a->error = r;
	text_add(a->errors, "%s %s: %s\n", what, name, strerror(-r));
}

int apply_done(struct apply *a, int r, const char *what, const char *name)
{
	if (r)
		apply_fail(a, r, what, name);
	else
		a->changes++;
	return r;
}

const struct wish_link *wish_link_find(const struct wish *w, const char *name)
{
	for (uint16_t i = 0; i < w->link_count; i++) {
		if (!strcmp(w->links[i].name, name))
			return &w->links[i];
	}
	return NULL;
}

bool wish_makes_link(const struct wish *w, const char *name)
{
	const struct wish_link *l = wish_link_find(w, name);

	return l && l->kind != WISH_EXISTING;
}
