/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A struct conf as text that parses again, errors as a line, and the option table as documentation.
 */
#include "core/conf/conf.h"

#include <string.h>

#include "core/conf/conf_table.h"

#define VALUE_PRINT_MAX (CONF_VALUE_MAX + NET_TEXT)

static uint32_t item_count(const struct conf_option *o, const void *base)
{
	uint32_t n = 1;

	if (o->limit)
		memcpy(&n, (const char *)base + o->count_offset, sizeof(n));
	return n;
}

static const char *value_text(const struct conf_option *o, const void *base, uint32_t i,
			      char buf[static VALUE_PRINT_MAX])
{
	struct text t = text_init(buf, VALUE_PRINT_MAX);

	conf_value_print(o, conf_value_of(o, base, i), &t);
	return buf;
}

bool conf_value_same(const struct conf_option *o, const void *a, const void *b)
{
	char x[VALUE_PRINT_MAX], y[VALUE_PRINT_MAX];
	uint32_t n = item_count(o, a);

	if (n != item_count(o, b))
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (strcmp(value_text(o, a, i, x), value_text(o, b, i, y)) != 0)
			return false;
	return true;
}

/* In single quotes, a quote as '\'' (uci_escape of libuci). */
static void print_quoted(const char *value, struct text *t)
{
	text_add(t, "'");
	for (; *value; value++) {
		if (*value == '\'')
			text_add(t, "'\\''");
		else
			text_add(t, "%c", *value);
	}
	text_add(t, "'");
}

static void print_line(const struct conf_option *o, const char *value, struct text *t)
{
	text_add(t, "\t%s %s ", o->limit ? "list" : "option", o->name);
	print_quoted(value, t);
	text_add(t, "\n");
}

static void print_option(const struct conf_option *o, const void *base, bool secrets,
			 struct text *t)
{
	uint32_t n = item_count(o, base);
	char value[VALUE_PRINT_MAX];

	if (o->secret && !secrets && *value_text(o, base, 0, value)) {
		text_add(t, "\t# option %s is set, not shown\n", o->name);
		return;
	}
	if (o->limit && n == 0)
		print_line(o, "", t);
	for (uint32_t i = 0; i < n; i++)
		print_line(o, value_text(o, base, i, value), t);
}

/* "config lime 'wifi'" of "lime wifi". */
static void print_section(const char *section, struct text *t)
{
	size_t type = strcspn(section, " ");

	text_add(t, "%sconfig %.*s ", t->len ? "\n" : "", (int)type, section);
	print_quoted(section + type + 1, t);
	text_add(t, "\n");
}

/* Options of ports and hosts that may be absent have no text that says so but their absence. */
static bool is_absent(const struct conf_option *o, const void *base)
{
	char value[VALUE_PRINT_MAX];

	return o->limit ? item_count(o, base) == 0 : !*value_text(o, base, 0, value);
}

static void print_many(const struct conf_many *m, const void *base, enum conf_print_what what,
		       struct text *t)
{
	union {
		struct conf_port port;
		struct conf_host host;
	} fresh;
	const char *name = base;

	memset(&fresh, 0, sizeof(fresh));
	text_add(t, "%sconfig %s", t->len ? "\n" : "", m->type);
	if (*name) {
		text_add(t, " ");
		print_quoted(name, t);
	}
	text_add(t, "\n");
	for (uint32_t i = 0; i < conf_table_count; i++) {
		const struct conf_option *o = &conf_table[i];

		if (strcmp(o->section, m->type) != 0 || is_absent(o, base))
			continue;
		conf_value_default(o, &fresh);
		if (what == CONF_PRINT_ALL || !conf_value_same(o, base, &fresh))
			print_option(o, base, true, t);
	}
}

static uint32_t many_count(const struct conf_many *m, const struct conf *c)
{
	uint32_t count;

	memcpy(&count, (const char *)c + m->count_offset, sizeof(count));
	return count;
}

void conf_print(const struct conf *c, enum conf_print_what what, bool secrets, struct text *t)
{
	const char *section = "";
	struct conf fresh;

	conf_init(&fresh);
	for (uint32_t i = 0; i < conf_table_count; i++) {
		const struct conf_option *o = &conf_table[i];

		if (conf_many_find(o->section))
			continue;
		if (what == CONF_PRINT_CHANGED && conf_value_same(o, c, &fresh))
			continue;
		if (strcmp(section, o->section) != 0)
			print_section(o->section, t);
		section = o->section;
		print_option(o, c, secrets, t);
	}
	for (uint32_t m = 0; m < CONF_MANY; m++)
		for (uint32_t i = 0; i < many_count(&conf_many[m], c); i++)
			print_many(&conf_many[m], conf_many_of(&conf_many[m], c, i), what, t);
}

/* What somebody wrote, on one line whatever it holds. */
static void error_part(const char *what, const char *value, const char **sep, struct text *t)
{
	if (!*value)
		return;
	text_add(t, "%s%s '", *sep, what);
	for (; *value; value++)
		text_add(t, "%c", (unsigned char)*value < ' ' || *value == 0x7f ? '?' : *value);
	text_add(t, "'");
	*sep = ", ";
}

void conf_error_print(const struct conf_error *e, const char *file, struct text *t)
{
	const char *sep = " ";

	text_add(t, "%s:%d:", file, e->line);
	error_part("section", e->section, &sep, t);
	error_part("option", e->option, &sep, t);
	error_part("value", e->value, &sep, t);
	text_add(t, "%s %s", *sep == ',' ? ":" : "", e->message);
}

bool conf_doc_next(uint32_t *cursor, struct conf_doc_entry *ret)
{
	const struct conf_option *o = &conf_table[*cursor];
	struct text t = text_init(ret->type, sizeof(ret->type));

	if (*cursor >= conf_table_count)
		return false;
	conf_value_wants(o, &t);
	ret->section = o->section;
	ret->option = o->name;
	ret->list = o->limit > 0;
	ret->secret = o->secret;
	ret->local = o->local || conf_many_find(o->section);
	ret->def = o->def;
	ret->help = o->help;
	++*cursor;
	return true;
}

/* Of ports it goes without saying. */
static const char *whose(const struct conf_doc_entry *e)
{
	return e->local && !conf_many_find(e->section) ? "Only in a node's own file." : "";
}

static void doc_text(const struct conf_doc_entry *e, struct text *t)
{
	text_add(t, "  %s %s\n      %s\n      Allowed: %s.", e->list ? "list" : "option", e->option,
		 e->help, e->type);
	if (*e->def)
		text_add(t, " Default:");
	for (const char *at = e->def; *at;) {
		size_t len = strcspn(at, "\n");

		text_add(t, " '%.*s'", (int)len, at);
		at += len + (at[len] != 0);
	}
	text_add(t, "%s%s\n", *whose(e) ? " " : "", whose(e));
}

/* roff takes a leading dot or quote for a request and a backslash for an escape. */
static void man_text(const char *s, struct text *t)
{
	if (*s == '.' || *s == '\'')
		text_add(t, "\\&");
	for (; *s; s++) {
		if (*s == '\\')
			text_add(t, "\\e");
		else if (*s == '-')
			text_add(t, "\\-");
		else if (*s == '\n')
			text_add(t, ", ");
		else
			text_add(t, "%c", *s);
	}
}

static void doc_man(const struct conf_doc_entry *e, struct text *t)
{
	text_add(t, ".TP\n.B %s ", e->list ? "list" : "option");
	man_text(e->option, t);
	text_add(t, "\n");
	man_text(e->help, t);
	text_add(t, "\nAllowed: ");
	man_text(e->type, t);
	text_add(t, ".");
	if (*e->def) {
		text_add(t, "\nDefault: ");
		man_text(e->def, t);
		text_add(t, ".");
	}
	text_add(t, "%s%s\n", *whose(e) ? "\n" : "", whose(e));
}

static void doc_section(enum conf_doc_format format, const char *section, struct text *t)
{
	size_t type = strcspn(section, " ");
	bool named = section[type] != 0;
	const char *name = named ? section + type + 1 : "NAME";

	if (format == CONF_DOC_MAN)
		text_add(t, ".SS config %.*s \\(aq%s\\(aq\n", (int)type, section, name);
	else
		text_add(t, "%sconfig %.*s '%s'\n", t->len ? "\n" : "", (int)type, section, name);
}

void conf_doc(enum conf_doc_format format, struct text *t)
{
	struct conf_doc_entry e;
	const char *section = "";
	uint32_t i = 0;

	while (conf_doc_next(&i, &e)) {
		if (strcmp(section, e.section) != 0)
			doc_section(format, e.section, t);
		section = e.section;
		if (format == CONF_DOC_MAN)
			doc_man(&e, t);
		else
			doc_text(&e, t);
	}
}
