/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text: an error with a line and a message, or a configuration that prints to text that means
 * the same. As settings of a network it makes a configuration whatever it says. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static char text[4 * CONF_SIZE_MAX];

static void check(int ok)
{
	if (!ok)
		abort();
}

static void check_print(const struct conf *c, enum conf_print_what what)
{
	struct text t = text_init(text, sizeof(text));
	struct conf_error e;
	struct conf again;

	conf_print(c, what, true, &t);
	check(!t.cut);
	check(conf_parse(text, t.len, &again, &e) == 0);
	check(!memcmp(c, &again, sizeof(again)));
}

static void check_settings(const char *data, size_t len)
{
	struct conf_layers l = { .settings = { { data, len }, { data, len / 2 } } };
	struct conf_remarks remarks;
	struct conf_refused refused;
	struct conf_error e;
	struct conf c;

	if (len > CONF_SETTINGS_MAX)
		return;
	check(conf_parse_layers(&l, &c, &e, &remarks, &refused) == 0);
	check_print(&c, CONF_PRINT_ALL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct text t = text_init(text, sizeof(text));
	struct conf_check_url u;
	struct conf_error e;
	struct conf c;

	check_settings((const char *)data, len);
	if (conf_parse((const char *)data, len, &c, &e) < 0) {
		check(e.line > 0 && e.message[0]);
		conf_error_print(&e, "FILE", &t);
		check(!strchr(text, '\n'));
		return 0;
	}
	for (uint32_t i = 0; i < c.uplink.check_url_count; i++)
		check(conf_check_url(c.uplink.check_url[i], &u) == 0 && u.port && u.host[0]);
	check_print(&c, CONF_PRINT_CHANGED);
	check_print(&c, CONF_PRINT_ALL);
	return 0;
}
