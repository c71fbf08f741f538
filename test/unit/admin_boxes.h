/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two nodes next to each other, each with a key and a disk, and the admin of their network. Include
 * it behind cmocka.h. */
#ifndef TEST_ADMIN_BOXES_H
#define TEST_ADMIN_BOXES_H

#include "node/view.h"
#include "sim/stand_in.h"

#define NODES 2

struct box {
	struct conf conf;
	struct stand_in keys;
	struct node *node;
	uint32_t boots;
	uint8_t file[STORE_FILES][32768];
	size_t len[STORE_FILES];
	unsigned int writes; /* of settings */
	unsigned int snapshots;
	uint8_t started_with[SETTINGS_FILE_MAX];
	unsigned int told;
	char text[NOTICE_TEXT];
};

extern struct box boxes[NODES];
extern struct stand_in admin, other;
extern usec_t now;
extern bool joined; /* they hear each other */

void feed(int i, const struct event *e);
void run(usec_t span);
/* From now on they hear each other. */
void join(void);
/* With what is on its disk, as the platform starts it. */
void boot(int i);
void off(int i);
int setup(void **state);
int teardown(void **state);
/* Signed with that key and written at node i. */
int put(int i, const struct node_signed *records, unsigned int count, const struct stand_in *by);
/* The next key of the network; `before`: who signs that it follows. */
int password(int i, const struct stand_in *key, const struct stand_in *before);

#endif
