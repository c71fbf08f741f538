/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings of a network: which options they may name, and how they go together with a file. */
#include <errno.h>
#include <string.h>

#include "core/conf/conf_table.h"

bool conf_setting_next(struct conf_text *rest, struct conf_setting *ret)
{
	const char *end;
	size_t len, name;

	if (!rest->len)
		return false;
	end = memchr(rest->text, '\n', rest->len);
	len = end ? (size_t)(end - rest->text) : rest->len;
	end = memchr(rest->text, ' ', len);
	name = end ? (size_t)(end - rest->text) : len;
	memset(ret, 0, sizeof(*ret));
	memcpy(ret->name, rest->text, name < sizeof(ret->name) ? name : sizeof(ret->name) - 1);
	if (name < len) {
		size_t value = len - name - 1;

		memcpy(ret->value, rest->text + name + 1,
		       value < sizeof(ret->value) ? value : sizeof(ret->value) - 1);
	}
	len += len < rest->len; /* with its newline */
	rest->text += len;
	rest->len -= len;
	return true;
}

/* "dhcp" of "trama dhcp". */
static const char *short_section(const struct conf_option *o)
{
	const char *blank = strchr(o->section, ' ');

	return blank ? blank + 1 : o->section;
}

static const struct conf_option *option_named(const char *name)
{
	const char *dot = strchr(name, '.');

	for (uint32_t i = 0; dot && i < conf_table_count; i++) {
		const struct conf_option *o = &conf_table[i];
		const char *section = short_section(o);

		if (strlen(section) == (size_t)(dot - name) &&
		    !strncmp(section, name, (size_t)(dot - name)) && !strcmp(o->name, dot + 1))
			return o;
	}
	return NULL;
}

static bool is_own(const struct conf_option *o)
{
	return o->local || conf_many_find(o->section);
}

static int fail(struct conf_error *e, const struct conf_setting *s, const struct conf_option *o,
		const char *message)
{
	*e = (struct conf_error) { .line = 0 };
	text_copy(e->section, sizeof(e->section), o ? o->section : "");
	text_copy(e->option, sizeof(e->option), o ? o->name : s->name);
	text_copy(e->value, sizeof(e->value), s->value);
	text_copy(e->message, sizeof(e->message), message);
	return -EINVAL;
}

void conf_setting_name(const struct conf_error *e, struct text *t)
{
	const char *blank = strchr(e->section, ' ');

	text_add(t, "%s%s", blank ? blank + 1 : "", blank ? "." : "");
	text_add_plain(t, e->option);
}

/* One line becomes true; the first item of a list takes the place of all that there were. */
static int apply_one(struct conf *c, const struct conf_option *o, const struct conf_setting *s,
		     bool is_first, struct conf_error *e)
{
	char wants[192] = "allowed: ";
	struct text t = text_init(wants + strlen(wants), sizeof(wants) - strlen(wants));
	uint32_t count = 0;

	if (o->limit && !is_first)
		memcpy(&count, (char *)c + o->count_offset, sizeof(count));
	if (o->limit && !*s->value) {
		count = 0;
	} else if (o->limit && count == o->limit) {
		return fail(e, s, o, "there are too many of this list");
	} else if (conf_value_parse(o, s->value, conf_value_at(o, c, count)) < 0) {
		conf_value_wants(o, &t);
		return fail(e, s, o, wants);
	} else {
		count++;
	}
	if (!o->limit)
		return 0;
	memcpy((char *)c + o->count_offset, &count, sizeof(count));
	conf_value_clear_tail(o, c);
	return 0;
}

static int allowed(const struct conf_setting *s, const struct conf_option *o, struct conf_error *e)
{
	if (!o)
		return fail(e, s, NULL,
			    "is no option: trama config options names them, and a setting is one "
			    "like dhcp.lease_time_s");
	if (is_own(o))
		return fail(e, s, o,
			    "is each node's own: set it in the configuration file of the node");
	for (const char *at = s->value; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return fail(e, s, o, "control characters are not allowed");
	return 0;
}

/* All lines of one option. */
static int apply(struct conf *c, struct conf_text settings, const char *name, struct conf_error *e)
{
	const struct conf_option *o = option_named(name);
	struct conf_setting s;
	bool is_first = true;

	while (conf_setting_next(&settings, &s)) {
		int r;

		if (strcmp(s.name, name) != 0)
			continue;
		r = allowed(&s, o, e);
		if (!r)
			r = apply_one(c, o, &s, is_first, e);
		if (r)
			return r;
		is_first = false;
	}
	return 0;
}

int conf_setting_check(const struct conf_setting *s, struct conf_error *ret_error)
{
	const struct conf_option *o = option_named(s->name);
	int r = allowed(s, o, ret_error);
	struct conf c;

	if (r)
		return r;
	conf_init(&c);
	return apply_one(&c, o, s, true, ret_error);
}

bool conf_setting_holds(const struct conf *c, const struct conf_text *settings, const char *name)
{
	const struct conf_option *o = option_named(name);
	struct conf_error e;
	struct conf said;

	conf_init(&said);
	return o && !apply(&said, *settings, name, &e) && conf_value_same(o, c, &said);
}

/* As many of the values as there are, each checked. */
static int add_values(const char *name, const char *values, struct text *ret, struct conf_error *e)
{
	struct conf_setting s = { .name = "" };
	const char *at = values;

	text_copy(s.name, sizeof(s.name), name);
	do {
		size_t len = strcspn(at, "\n");
		int r;

		if (len >= sizeof(s.value))
			return fail(e, &s, option_named(name), "is longer than 255 bytes");
		memcpy(s.value, at, len);
		s.value[len] = 0;
		r = conf_setting_check(&s, e);
		if (r)
			return r;
		text_add(ret, "%s %s\n", s.name, s.value);
		at += len + (at[len] != 0);
	} while (*at);
	return 0;
}

int conf_settings_set(const struct conf_text *old, const char *name, const char *values,
		      struct text *ret, struct conf_error *ret_error)
{
	const struct conf_option *o = option_named(name);
	struct conf_setting named = { .name = "" };
	struct conf_text rest = *old;
	struct conf_setting s;
	struct conf fresh;
	const char *more = values ? strchr(values, '\n') : NULL;
	bool placed = !values;
	int r = 0;

	text_copy(named.name, sizeof(named.name), name);
	if (more && more[1] && o && !o->limit)
		return fail(ret_error, &named, o, "has one value only");
	while (!r && conf_setting_next(&rest, &s)) {
		if (strcmp(s.name, name) != 0) {
			text_add(ret, "%s %s\n", s.name, s.value);
		} else if (!placed) {
			r = add_values(name, values, ret, ret_error);
			placed = true;
		}
	}
	if (!r && !placed)
		r = add_values(name, values, ret, ret_error);
	if (r)
		return r;
	if (ret->cut || ret->len > CONF_SETTINGS_MAX)
		return -ENOSPC;
	/* a list may be too long as a whole */
	conf_init(&fresh);
	return apply(&fresh, (struct conf_text) { ret->buf, ret->len }, name, ret_error);
}

static void refuse(struct conf_refused *refused, const struct conf_error *e)
{
	if (refused->count < CONF_REFUSED_MAX)
		refused->list[refused->count++] = *e;
	else
		refused->more++;
}

static bool was_before(struct conf_text all, const char *at, const char *name)
{
	struct conf_setting s;

	while (all.text < at && conf_setting_next(&all, &s))
		if (!strcmp(s.name, name))
			return true;
	return false;
}

/* One option of a layer, if it goes together with the file. */
static void try_option(struct conf *base, const struct conf_text *layer,
		       const struct conf_setting *s, const struct conf_text *file,
		       struct conf_refused *refused)
{
	struct conf with = *base, all;
	struct conf_remarks remarks;
	struct conf_error e, why;

	if (apply(&with, *layer, s->name, &e)) {
		refuse(refused, &e);
	} else if (conf_parse_over(&with, file, &all, &why, &remarks)) {
		fail(&e, s, option_named(s->name), why.message);
		refuse(refused, &e);
	} else {
		*base = with;
	}
}

int conf_parse_layers(const struct conf_layers *l, struct conf *ret, struct conf_error *ret_error,
		      struct conf_remarks *ret_remarks, struct conf_refused *ret_refused)
{
	struct conf base, alone;
	int r;

	ret_refused->count = ret_refused->more = 0;
	conf_init(&base);
	r = conf_parse_over(&base, &l->file, &alone, ret_error, ret_remarks);
	if (r)
		return r;
	for (unsigned int i = 0; i < CONF_LAYERS; i++) {
		struct conf_text rest = l->settings[i];
		const char *at = rest.text;
		struct conf_setting s;

		for (; conf_setting_next(&rest, &s); at = rest.text)
			if (!was_before(l->settings[i], at, s.name))
				try_option(&base, &l->settings[i], &s, &l->file, ret_refused);
	}
	return conf_parse_over(&base, &l->file, ret, ret_error, ret_remarks);
}

void conf_layers_refuse(const struct conf_layers *l, const char *message,
			struct conf_refused *ret_refused)
{
	ret_refused->count = ret_refused->more = 0;
	for (unsigned int i = 0; i < CONF_LAYERS; i++) {
		struct conf_text rest = l->settings[i];
		const char *at = rest.text;
		struct conf_setting s;
		struct conf_error e;

		for (; conf_setting_next(&rest, &s); at = rest.text) {
			if (was_before(l->settings[i], at, s.name))
				continue;
			fail(&e, &s, option_named(s.name), message);
			refuse(ret_refused, &e);
		}
	}
}
