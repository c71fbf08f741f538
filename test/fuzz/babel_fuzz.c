/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of babeld's monitor, into the table that makes events of them. */
#include <assert.h>
#include <string.h>

#include "plat/linux/helpers/babel_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hear(void *ctx, const struct event *e)
{
	(void)ctx;
	assert(e->kind == EVENT_ROUTE || e->kind == EVENT_NEIGHBOUR);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t key[2] = { 3, 4 };
	struct sink sink = { hear, NULL };
	struct babel_table table;
	size_t at = 0;

	if (babel_table_init(&table, sink, key, 16, 16))
		return 0;
	while (at < size) {
		const uint8_t *end = memchr(data + at, '\n', size - at);
		size_t len = end ? (size_t)(end - data) - at : size - at;
		char line[BABEL_LINE_MAX] = { 0 };
		struct babel_line l;

		memcpy(line, data + at, len < sizeof(line) - 1 ? len : sizeof(line) - 1);
		if (babel_text_line(line, &l) == 0)
			babel_table_line(&table, &l, 1);
		at += len + 1;
	}
	babel_table_report(&table);
	babel_table_mark(&table);
	babel_table_sweep(&table);
	babel_table_report(&table);
	assert(table.routes.count == 0 && table.neighbours.count == 0);
	babel_table_done(&table);
	return 0;
}
