/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of JSON objects as an aligned table for people. Texts of others are shown without control
 * characters, so that no name of a client moves the cursor. */
#ifndef CMD_CLI_GRID_H
#define CMD_CLI_GRID_H

#include <jansson.h>
#include <stdio.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

enum grid_cell {
	GRID_TEXT,
	GRID_NUMBER,
	GRID_AGE_MS,  /* milliseconds as "0.42 s", "3 min" */
	GRID_SECONDS, /* seconds as "42 s", "3 min" */
	GRID_YES,     /* a boolean: yes or - */
	GRID_LIST,    /* its texts with commas */
	GRID_FIRST,   /* its first text, and how many more there are */
};

struct grid_column {
	const char *title;
	const char *key; /* "a", or "a.b" for a field of an object within */
	enum grid_cell cell;
};

/* What a row does not have is shown as -. Nothing but `none` when there are no rows. */
void grid_print(FILE *to, json_t *rows, const struct grid_column *columns, size_t count,
		const char *none);
/* One cell as text; - for null. Cut at cap. */
void grid_text(char *ret, size_t cap, json_t *row, const char *key, enum grid_cell cell);
/* Seconds in words: "42 s", "3 min", "5 h", "12 days". */
void grid_duration(char *ret, size_t cap, double seconds);

#endif
