/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/machine.h"

#include <stdlib.h>
#include <string.h>

#define EPOCH_STEP 16 /* STORE_EPOCH_STEP of plat/linux/store.h */

usec_t clock_at(const struct machine_clock *c, usec_t world)
{
	return world + c->offset + world / 1000 * c->ppm / 1000;
}

usec_t clock_when(const struct machine_clock *c, usec_t now, usec_t at)
{
	usec_t world = now, missing;

	if (at == USEC_NEVER)
		return USEC_NEVER;
	/* each step is a thousand times closer */
	for (int i = 0; i < 4; i++)
		world = usec_max(now, world + at - clock_at(c, world));
	while ((missing = at - clock_at(c, world)) > 0)
		world += missing;
	return world;
}

static void bytes_free(struct disk_bytes *b)
{
	free(b->data);
	*b = (struct disk_bytes) { 0 };
}

static void bytes_move(struct disk_bytes *to, struct disk_bytes *from)
{
	free(to->data);
	*to = *from;
	*from = (struct disk_bytes) { 0 };
}

bool disk_write(struct machine_disk *d, enum store_file file, const void *data, size_t len)
{
	struct disk_file *f = &d->files[file];
	bool begins = !f->writing.data;
	struct disk_bytes *b = begins ? &f->writing : &f->waiting;

	free(b->data);
	b->data = malloc(len + 1);
	if (!b->data)
		abort();
	memcpy(b->data, data, len);
	b->len = len;
	return begins;
}

bool disk_written(struct machine_disk *d, enum store_file file)
{
	struct disk_file *f = &d->files[file];

	bytes_move(&f->now, &f->writing);
	bytes_move(&f->writing, &f->waiting);
	return f->writing.data;
}

void disk_power_cut(struct machine_disk *d, enum disk_end end, struct rng *rng)
{
	for (int i = 0; i < STORE_FILES; i++) {
		struct disk_file *f = &d->files[i];

		if (end == DISK_TORN && f->writing.len) {
			bytes_move(&f->now, &f->writing);
			f->now.len = rng_below(rng, (uint32_t)f->now.len);
		}
		bytes_free(&f->writing);
		bytes_free(&f->waiting);
		if (end == DISK_LOST)
			bytes_free(&f->now);
	}
	d->started = 0;
	if (end == DISK_LOST)
		d->epoch = 0;
}

uint32_t disk_epoch(struct machine_disk *d, uint32_t minutes)
{
	if (d->started)
		d->started++;
	else
		d->started = d->epoch ? d->epoch + 1 : minutes;
	if (d->started > d->epoch)
		d->epoch = d->started + EPOCH_STEP;
	return d->started;
}

void disk_done(struct machine_disk *d)
{
	for (int i = 0; i < STORE_FILES; i++) {
		bytes_free(&d->files[i].now);
		bytes_free(&d->files[i].writing);
		bytes_free(&d->files[i].waiting);
	}
}
