/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a configuration from standard input and prints what it says: remarks and the changed
 * options, or the error. Exits 0, 1 for an error in the configuration, 2 when what is printed does
 * not parse to the same again. With --doc and --man it prints the option list.
 */
#include <stdio.h>
#include <string.h>

#include "core/conf/conf.h"

static char in[CONF_SIZE_MAX + 2], out[2 * CONF_SIZE_MAX], again[2 * CONF_SIZE_MAX];

static int check_again(const struct conf *c, enum conf_print_what what)
{
	struct text t = text_init(again, sizeof(again));
	struct conf_error e;
	struct conf back;

	conf_print(c, what, true, &t);
	if (t.cut || conf_parse(again, t.len, &back, &e) < 0 ||
	    memcmp(c, &back, sizeof(back)) != 0) {
		printf("NOT THE SAME AGAIN:\n%s", again);
		return 2;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct text t = text_init(out, sizeof(out));
	struct conf_remarks remarks;
	struct conf_error e;
	struct conf c;
	size_t len;

	if (argc > 1) {
		conf_doc(strcmp(argv[1], "--man") == 0 ? CONF_DOC_MAN : CONF_DOC_TEXT, &t);
		fputs(out, stdout);
		return t.cut ? 2 : 0;
	}
	len = fread(in, 1, sizeof(in), stdin);
	if (conf_parse_remarks(in, len, &c, &e, &remarks) < 0) {
		conf_error_print(&e, "FILE", &t);
		puts(out);
		return 1;
	}
	for (uint32_t i = 0; i < remarks.count; i++) {
		conf_error_print(&remarks.list[i], "# FILE", &t);
		text_add(&t, "\n");
	}
	conf_print(&c, CONF_PRINT_CHANGED, true, &t);
	fputs(out, stdout);
	if (check_again(&c, CONF_PRINT_CHANGED) || check_again(&c, CONF_PRINT_ALL))
		return 2;
	return 0;
}
