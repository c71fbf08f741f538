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

/* The socket gives at most 700 bytes at a time. */
static size_t receive(struct babel_in *in, const uint8_t *data, size_t size)
{
	size_t n = sizeof(in->buf) - in->len;

	assert(n > 0);
	n = n < 700 ? n : 700;
	n = n < size ? n : size;
	memcpy(in->buf + in->len, data, n);
	in->len += n;
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t key[2] = { 3, 4 };
	static struct babel_in in;
	struct sink sink = { hear, NULL };
	struct babel_table table;
	struct babel_line l;
	char *line;

	in.len = in.used = 0;
	in.skip = false;
	if (babel_table_init(&table, sink, key, 16, 16))
		return 0;
	for (size_t at = 0; at < size;) {
		at += receive(&in, data + at, size - at);
		while (babel_text_next(&in, &line)) {
			if (line && babel_text_line(line, &l) == 0)
				babel_table_line(&table, &l, 1);
		}
	}
	babel_table_report(&table);
	babel_table_mark(&table);
	babel_table_sweep(&table);
	babel_table_report(&table);
	assert(table.routes.count == 0 && table.neighbours.count == 0);
	babel_table_done(&table);
	return 0;
}
