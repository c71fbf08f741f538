/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What has to be put back some day. */
#include "plat/linux/kernel/found.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/text.h"

void found_read(struct found *f, FILE *in)
{
	char line[160];

	while (f->count < FOUND_LIMIT && fgets(line, sizeof(line), in)) {
		struct found_item *i = &f->items[f->count];

		if (sscanf(line, "%7s %79s %ld", i->what, i->where, &i->value) == 3)
			f->count++;
	}
}

int found_open(struct found *f, const char *run_dir)
{
	FILE *in;

	memset(f, 0, sizeof(*f));
	if (snprintf(f->path, sizeof(f->path), "%s/found", run_dir) >= (int)sizeof(f->path) - 4)
		return -ENAMETOOLONG;
	in = fopen(f->path, "re");
	if (!in)
		return errno == ENOENT ? 0 : -errno;
	found_read(f, in);
	fclose(in);
	return 0;
}

static int found_save(const struct found *f)
{
	char temp[sizeof(f->path) + 4];
	FILE *out;
	int r = 0;

	snprintf(temp, sizeof(temp), "%s.new", f->path);
	out = fopen(temp, "we");
	if (!out)
		return -errno;
	for (size_t i = 0; i < f->count; i++)
		fprintf(out, "%s %s %ld\n", f->items[i].what, f->items[i].where, f->items[i].value);
	if (fclose(out) != 0 || rename(temp, f->path) != 0)
		r = -errno;
	return r;
}

const struct found_item *found_get(const struct found *f, const char *what, const char *where)
{
	for (size_t i = 0; i < f->count; i++) {
		if (!strcmp(f->items[i].what, what) && !strcmp(f->items[i].where, where))
			return &f->items[i];
	}
	return NULL;
}

int found_put(struct found *f, const char *what, const char *where, long value)
{
	struct found_item *i;

	if (found_get(f, what, where))
		return 0;
	if (f->count == FOUND_LIMIT)
		return -ENOSPC;
	i = &f->items[f->count];
	if (!text_copy(i->what, sizeof(i->what), what) ||
	    !text_copy(i->where, sizeof(i->where), where))
		return -ENAMETOOLONG;
	i->value = value;
	f->count++;
	return found_save(f);
}

void found_drop(struct found *f, const char *what, const char *where)
{
	for (size_t i = 0; i < f->count; i++) {
		if (strcmp(f->items[i].what, what) != 0 || strcmp(f->items[i].where, where) != 0)
			continue;
		memmove(&f->items[i], &f->items[i + 1], (f->count - i - 1) * sizeof(f->items[0]));
		f->count--;
		found_save(f);
		return;
	}
}
