/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UCI statements into a struct conf. The first error ends it; a configuration is valid whole or not
 * at all. */
#include "core/conf/conf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/conf/conf_lex.h"
#include "core/conf/conf_table.h"

#define WORDS_MAX 3
#define OPTIONS_MAX 128
#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

struct parse {
	struct conf_lex lex;
	struct conf conf;
	struct conf_error *error;
	int line;			  /* of the statement */
	char section[CONF_NAME_MAX + 16]; /* for messages and, but for many, for the table */
	const struct conf_many *many;	  /* the section is one of several of its type */
	uint32_t index;			  /* which of them */
	int section_line;		  /* where it began */
	int host_line[CONF_HOST_MAX];	  /* where each of the hosts' did */
	uint32_t word_count;
	char word[WORDS_MAX][CONF_VALUE_MAX];
	bool listed[OPTIONS_MAX]; /* the list was begun by the text: no more default */
	int line_of[OPTIONS_MAX]; /* that set the option last, 0: none; not of many */
};

__attribute__((format(printf, 4, 5))) static int fail(struct parse *p, const char *option,
						      const char *value, const char *fmt, ...)
{
	struct conf_error *e = p->error;
	va_list args;

	*e = (struct conf_error) { .line = p->line };
	text_copy(e->section, sizeof(e->section), p->section);
	text_copy(e->option, sizeof(e->option), option);
	text_copy(e->value, sizeof(e->value), value);
	va_start(args, fmt);
	vsnprintf(e->message, sizeof(e->message), fmt, args);
	va_end(args);
	return -EINVAL;
}

static void list_sections(struct text *t)
{
	const char *last = "";

	for (uint32_t i = 0; i < conf_table_count; i++) {
		if (!strcmp(conf_table[i].section, last))
			continue;
		last = conf_table[i].section;
		text_add(t, "%s%s", t->len ? ", " : "", last);
	}
}

static void list_options(const char *section, struct text *t)
{
	for (uint32_t i = 0; i < conf_table_count; i++)
		if (!strcmp(conf_table[i].section, section))
			text_add(t, "%s%s", t->len ? ", " : "", conf_table[i].name);
}

static int fail_with(struct parse *p, int line, const struct conf_error *why)
{
	p->line = line;
	return fail(p, why->option, why->value, "%s", why->message);
}

/* The section that was open ends here. */
static int close_section(struct parse *p)
{
	struct conf_error why = { 0 };

	if (!p->many || conf_many_is_right(p->many, &p->conf, p->index, &why))
		return 0;
	return fail_with(p, p->section_line, &why);
}

static uint32_t *many_count(struct parse *p, const struct conf_many *m)
{
	return (uint32_t *)(void *)((char *)&p->conf + m->count_offset);
}

/* The one that is open, by its number; the next new one where none has that name. */
static int many_begin(struct parse *p, const struct conf_many *m, const char *name)
{
	uint32_t *count = many_count(p, m);
	char *base;

	/* a section of the same name goes on; those without a name are each their own */
	for (p->index = 0; p->index < *count; p->index++)
		if (*name && !strcmp(conf_many_at(m, &p->conf, p->index), name))
			return 0;
	if (*count == m->limit)
		return fail(p, "", name, "at most %u %s sections are allowed", m->limit, m->type);
	base = conf_many_at(m, &p->conf, (*count)++);
	text_copy(base, CONF_NAME_MAX, name);
	for (uint32_t i = 0; i < conf_table_count; i++)
		if (!strcmp(conf_table[i].section, m->type))
			conf_value_default(&conf_table[i], base);
	return 0;
}

static int open_many(struct parse *p, const struct conf_many *m, const char *name)
{
	int r;

	text_copy(p->section + strlen(p->section), CONF_NAME_MAX, *name ? " " : "");
	if (strlen(name) >= CONF_NAME_MAX)
		return fail(p, "", name, "the name is too long, at most %d bytes are allowed",
			    CONF_NAME_MAX - 1);
	for (const char *s = name; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return fail(p, "", name, "control characters are not allowed in a name");
	text_copy(p->section + strlen(p->section), CONF_NAME_MAX, name);
	r = many_begin(p, m, name);
	if (r)
		return r;
	p->many = m;
	p->section_line = p->line;
	if (m == conf_many_find("host"))
		p->host_line[p->index] = p->line;
	return 0;
}

static int do_config(struct parse *p)
{
	const char *type = p->word[1], *name = p->word_count > 2 ? p->word[2] : "";
	const struct conf_many *many;
	char known[224];
	struct text t = text_init(known, sizeof(known));
	int r = close_section(p);

	if (r < 0)
		return r;
	p->section[0] = 0;
	p->many = NULL;
	if (p->word_count < 2)
		return fail(p, "", "", "config wants a type and a name");
	many = conf_many_find(type);
	if (many) {
		text_copy(p->section, sizeof(p->section), type);
		return open_many(p, many, name);
	}
	if (text_copy(p->section, 32, type) && strlen(name) < CONF_NAME_MAX - 32) {
		text_copy(p->section + strlen(p->section), CONF_NAME_MAX, *name ? " " : "");
		text_copy(p->section + strlen(p->section), CONF_NAME_MAX, name);
		if (conf_section_known(p->section))
			return 0;
	}
	p->section[0] = 0;
	list_sections(&t);
	return fail(p, "", *name ? name : type, "unknown section; allowed: %s", known);
}

/* One more item; an empty one empties the list. */
static int add_item(struct parse *p, const struct conf_option *o, void *base, const char *value)
{
	uint32_t count;

	memcpy(&count, (char *)base + o->count_offset, sizeof(count));
	if (!p->many && !p->listed[o - conf_table])
		count = 0;
	p->listed[o - conf_table] = true;
	if (!*value) {
		count = 0;
	} else if (count == o->limit) {
		return fail(p, o->name, value, "at most %u items are allowed", o->limit);
	} else if (conf_value_parse(o, value, conf_value_at(o, base, count)) < 0) {
		return -EDOM;
	} else {
		count++;
	}
	memcpy((char *)base + o->count_offset, &count, sizeof(count));
	return 0;
}

static int do_option(struct parse *p, bool list)
{
	const char *name = p->word_count > 1 ? p->word[1] : "", *value = p->word[2];
	const char *section = p->many ? p->many->type : p->section;
	void *base = p->many ? conf_many_at(p->many, &p->conf, p->index) : &p->conf;
	const struct conf_option *o = conf_option_find(section, name);
	char wants[224];
	struct text t = text_init(wants, sizeof(wants));
	int r;

	if (!o) /* what stands here may be a key, in the wrong section or behind a '=' */
		p->word[1][strspn(p->word[1], NAME_CHARS)] = 0;
	if (!*p->section)
		return fail(p, name, "", "stands before the first config line");
	if (!o) {
		list_options(section, &t);
		return fail(p, name, "", "unknown option; allowed: %s", wants);
	}
	if (p->word_count < 3)
		return fail(p, name, "", "has no value");
	if (list != (o->limit > 0))
		return fail(p, name, o->secret ? "" : value, "write: %s %s 'VALUE'",
			    o->limit ? "list" : "option", name);
	r = list ? add_item(p, o, base, value)
		 : conf_value_parse(o, value, conf_value_at(o, base, 0));
	if (!r && list)
		conf_value_clear_tail(o, base);
	if (!p->many)
		p->line_of[o - conf_table] = p->line;
	if (!r || p->error->line)
		return r;
	conf_value_wants(o, &t);
	return fail(p, name, o->secret ? "" : value, "allowed: %s", wants);
}

static int do_statement(struct parse *p)
{
	const char *word = p->word[0];

	if (!strcmp(word, "config"))
		return do_config(p);
	if (!strcmp(word, "option"))
		return do_option(p, false);
	if (!strcmp(word, "list"))
		return do_option(p, true);
	if (!strcmp(word, "package") && !*p->section)
		return 0; /* as `uci export` prints it */
	return fail(p, "", word, "unknown word; allowed: config, option, list");
}

/* Reads one statement; 1, 0 at the end of the text, or -EINVAL. */
static int read_statement(struct parse *p)
{
	p->word_count = 0;
	memset(p->word, 0, sizeof(p->word));
	for (;;) {
		enum conf_token t = conf_lex_next(&p->lex);

		if (p->word_count == 0 || (t != CONF_TOKEN_WORD && t > CONF_TOKEN_END_TEXT))
			p->line = p->lex.word_line;
		switch (t) {
		case CONF_TOKEN_WORD:
			if (p->word_count == WORDS_MAX)
				return fail(p, "", "",
					    "too much on the line; quote values with blanks");
			text_copy(p->word[p->word_count++], CONF_VALUE_MAX, p->lex.word);
			break;
		case CONF_TOKEN_END_LINE:
			if (p->word_count > 0)
				return 1;
			break;
		case CONF_TOKEN_END_TEXT:
			return p->word_count > 0;
		case CONF_TOKEN_TOO_LONG:
			return fail(p, "", "", "too long; allowed: %d bytes", CONF_VALUE_MAX - 1);
		case CONF_TOKEN_UNCLOSED:
			return fail(p, "", "", "a quote or backslash is not ended");
		case CONF_TOKEN_NUL:
			return fail(p, "", "", "a NUL byte is not allowed");
		}
	}
}

/* The first address of the pool must be one of the network. */
static int check_pool(struct parse *p)
{
	const struct conf_network *n = &p->conf.network;
	const char *digit = strchr(n->main_ipv4_address, '/') + 1;
	char value[16];
	int len = 0;
	long max;

	/* the option's check has let nothing else through */
	while (*digit && *digit != '/')
		len = 10 * len + *digit++ - '0';
	max = (1L << (32 - len)) - 2;
	if (n->anygw_dhcp_start <= max)
		return 0;
	p->line = p->line_of[conf_option_find("lime network", "anygw_dhcp_start") - conf_table];
	text_copy(p->section, sizeof(p->section), "lime network");
	snprintf(value, sizeof(value), "%d", (int)n->anygw_dhcp_start);
	return fail(p, "anygw_dhcp_start", value, "allowed: up to %ld in a network of length %d",
		    max, len);
}

/* The addresses of hosts are of the network, which the text may say behind them. */
static int check_hosts(struct parse *p)
{
	struct conf_error why = { 0 };
	struct text t;
	uint32_t i;

	if (conf_hosts_fit(&p->conf, &i, &why))
		return 0;
	t = text_init(p->section, sizeof(p->section));
	text_add(&t, "host%s%s", p->conf.host[i].section[0] ? " " : "", p->conf.host[i].section);
	return fail_with(p, p->host_line[i], &why);
}

void conf_init(struct conf *c)
{
	memset(c, 0, sizeof(*c));
	for (uint32_t i = 0; i < conf_table_count; i++)
		if (!conf_many_find(conf_table[i].section))
			conf_value_default(&conf_table[i], c);
}

static void remark(const struct parse *p, const struct conf_option *o, struct conf_error *ret)
{
	struct text message = text_init(ret->message, sizeof(ret->message));
	struct text value = text_init(ret->value, sizeof(ret->value));

	ret->line = p->line_of[o - conf_table];
	text_copy(ret->section, sizeof(ret->section), o->section);
	text_copy(ret->option, sizeof(ret->option), o->name);
	conf_value_print(o, conf_value_of(o, &p->conf, 0), &value);
	text_add(&message,
		 "with engine 'kernel' it %s; set engine 'user' in 'trama l2', or leave it out",
		 o->with_kernel);
}

static void find_remarks(const struct parse *p, struct conf_remarks *ret)
{
	ret->count = 0;
	for (uint32_t i = 0; i < conf_table_count && ret->count < CONF_REMARKS_MAX; i++) {
		const struct conf_option *o = &conf_table[i];

		if (p->line_of[i] && o->with_kernel && p->conf.l2.engine == CONF_ENGINE_KERNEL)
			remark(p, o, &ret->list[ret->count++]);
	}
}

int conf_parse_over(const struct conf *base, const struct conf_text *file, struct conf *ret,
		    struct conf_error *ret_error, struct conf_remarks *ret_remarks)
{
	struct parse p = { .lex = conf_lex_init(file->text, file->len),
			   .error = ret_error,
			   .line = 1,
			   .conf = *base };
	int r;

	memset(ret_error, 0, sizeof(*ret_error));
	if (file->len > CONF_SIZE_MAX) {
		fail(&p, "", "", "the file is too long; allowed: %d bytes", CONF_SIZE_MAX);
		return -E2BIG;
	}
	while ((r = read_statement(&p)) > 0) {
		r = do_statement(&p);
		if (r < 0)
			return r;
	}
	if (!r)
		r = close_section(&p);
	if (!r)
		r = check_pool(&p);
	if (!r)
		r = check_hosts(&p);
	if (r)
		return r;
	*ret = p.conf;
	find_remarks(&p, ret_remarks);
	return 0;
}

int conf_parse_remarks(const char *text, size_t len, struct conf *ret, struct conf_error *ret_error,
		       struct conf_remarks *ret_remarks)
{
	struct conf_text file = { text, len };
	struct conf defaults;

	conf_init(&defaults);
	return conf_parse_over(&defaults, &file, ret, ret_error, ret_remarks);
}

int conf_parse(const char *text, size_t len, struct conf *ret, struct conf_error *ret_error)
{
	struct conf_remarks remarks;

	return conf_parse_remarks(text, len, ret, ret_error, &remarks);
}
