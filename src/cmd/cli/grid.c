/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/cli/grid.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"

#define CELL_MAX 256
#define COLUMNS_MAX 12

static json_t *field(json_t *row, const char *key)
{
	const char *dot = strchr(key, '.');
	char outer[32];

	if (!dot)
		return json_object_get(row, key);
	snprintf(outer, sizeof(outer), "%.*s", (int)(dot - key), key);
	return field(json_object_get(row, outer), dot + 1);
}

void grid_duration(char *ret, size_t cap, double seconds)
{
	if (seconds < 0)
		snprintf(ret, cap, "over");
	else if (seconds < 10 && seconds != (double)(long)seconds)
		snprintf(ret, cap, "%.2f s", seconds);
	else if (seconds < 120)
		snprintf(ret, cap, "%.0f s", seconds);
	else if (seconds < 2 * 3600)
		snprintf(ret, cap, "%.0f min", seconds / 60);
	else if (seconds < 2 * 86400)
		snprintf(ret, cap, "%.0f h", seconds / 3600);
	else
		snprintf(ret, cap, "%.0f days", seconds / 86400);
}

static void add_plain(struct text *t, const char *s)
{
	if (s)
		text_add_plain(t, s);
}

static void list_text(struct text *t, json_t *v)
{
	json_t *item;
	size_t i;

	json_array_foreach(v, i, item)
	{
		if (i > 0)
			text_add(t, ", ");
		add_plain(t, json_string_value(item));
	}
}

static void first_text(struct text *t, json_t *v)
{
	size_t n = json_array_size(v);

	add_plain(t, json_string_value(json_array_get(v, 0)));
	if (n > 1)
		text_add(t, " +%zu", n - 1);
}

void grid_text(char *ret, size_t cap, json_t *row, const char *key, enum grid_cell cell)
{
	struct text t = text_init(ret, cap);
	json_t *v = field(row, key);

	switch (cell) {
	case GRID_TEXT:
		add_plain(&t, json_string_value(v));
		break;
	case GRID_NUMBER:
		if (json_is_integer(v))
			text_add(&t, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
		break;
	case GRID_AGE_MS:
		if (json_is_integer(v))
			grid_duration(ret, cap, (double)json_integer_value(v) / 1000);
		break;
	case GRID_SECONDS:
		if (json_is_integer(v))
			grid_duration(ret, cap, (double)json_integer_value(v));
		break;
	case GRID_YES:
		if (json_is_true(v))
			text_add(&t, "yes");
		break;
	case GRID_LIST:
		list_text(&t, v);
		break;
	case GRID_FIRST:
		first_text(&t, v);
		break;
	}
	if (!ret[0])
		snprintf(ret, cap, "-");
}

/* Columns on the screen: bytes that begin a character. */
static int width(const char *s)
{
	int n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static bool is_right(enum grid_cell cell)
{
	return cell == GRID_NUMBER || cell == GRID_AGE_MS || cell == GRID_SECONDS;
}

static void put(FILE *to, const char *s, int wide, bool right, bool last)
{
	int pad = wide - width(s);

	if (right)
		fprintf(to, "%*s%s", pad, "", s);
	else
		fprintf(to, "%s%*s", s, last ? 0 : pad, "");
	fputs(last ? "\n" : "  ", to);
}

void grid_print(FILE *to, json_t *rows, const struct grid_column *columns, size_t count,
		const char *none)
{
	int wide[COLUMNS_MAX] = { 0 };
	char cell[CELL_MAX];
	json_t *row;
	size_t i;

	if (json_array_size(rows) == 0) {
		fprintf(to, "%s\n", none);
		return;
	}
	if (count > COLUMNS_MAX)
		count = COLUMNS_MAX;
	for (size_t k = 0; k < count; k++) {
		wide[k] = width(columns[k].title);
		json_array_foreach(rows, i, row)
		{
			grid_text(cell, sizeof(cell), row, columns[k].key, columns[k].cell);
			wide[k] = width(cell) > wide[k] ? width(cell) : wide[k];
		}
	}
	for (size_t k = 0; k < count; k++)
		put(to, columns[k].title, wide[k], is_right(columns[k].cell), k + 1 == count);
	json_array_foreach(rows, i, row)
	{
		for (size_t k = 0; k < count; k++) {
			grid_text(cell, sizeof(cell), row, columns[k].key, columns[k].cell);
			put(to, cell, wide[k], is_right(columns[k].cell), k + 1 == count);
		}
	}
}
