/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a node's machine has that may go wrong: clocks of its own, and a disk. */
#ifndef SIM_MACHINE_H
#define SIM_MACHINE_H

#include "lib/rng.h"
#include "node/effect.h"

/* A monotonic clock that began at another time than the world's and goes a little faster or slower.
 * It never goes back. */
struct machine_clock {
	usec_t offset;
	int32_t ppm; /* from -1000 to 1000 */
};

/* What it shows at that time of the world. */
usec_t clock_at(const struct machine_clock *c, usec_t world);
/* When it shows `at`, of the time of the world; not before `now`. USEC_NEVER stays. */
usec_t clock_when(const struct machine_clock *c, usec_t now, usec_t at);

/*
 * The files of plat/linux/store.c: each is replaced whole, by a new one that is written and synced
 * before it takes the name. That takes a while; meanwhile the newest that is to be written waits.
 */
struct disk_bytes {
	uint8_t *data; /* NULL: none */
	size_t len;
};

struct disk_file {
	struct disk_bytes now, writing, waiting;
};

struct machine_disk {
	struct disk_file files[STORE_FILES];
	uint32_t epoch;	  /* boot epochs up to this one are given out, 0: there is no such file */
	uint32_t started; /* of the last start since the power came; in memory */
};

/* True: the write begins, and disk_written is to be called when it is over. Copies. */
bool disk_write(struct machine_disk *d, enum store_file file, const void *data, size_t len);
/* True: the next one begins. */
bool disk_written(struct machine_disk *d, enum store_file file);

enum disk_end {
	DISK_STAYS, /* of a write that was under way nothing is left */
	DISK_TORN,  /* a disk that lies: the new file has the name, but only a part of the bytes */
	DISK_LOST,  /* it is empty */
};

/* The power goes. */
void disk_power_cut(struct machine_disk *d, enum disk_end end, struct rng *rng);
/* The boot epoch of a start, as store_epoch has it; minutes: what the wall clock says. */
uint32_t disk_epoch(struct machine_disk *d, uint32_t minutes);
void disk_done(struct machine_disk *d);

#endif
