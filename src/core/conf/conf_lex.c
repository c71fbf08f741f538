/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As libuci reads: blanks divide words, # starts a comment wherever it is not quoted, ; ends a
 * statement. In single quotes everything stands for itself, also newlines; in double quotes and
 * bare words a backslash takes the next character as it is, or joins two lines.
 */
#include "core/conf/conf_lex.h"

struct conf_lex conf_lex_init(const char *text, size_t len)
{
	return (struct conf_lex) { .p = text, .end = text + len, .line = 1 };
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static bool at_end(const struct conf_lex *l)
{
	return l->p == l->end;
}

static char take(struct conf_lex *l)
{
	char c = *l->p++;

	l->line += c == '\n';
	return c;
}

static enum conf_token add(struct conf_lex *l, char c)
{
	if (!c)
		return CONF_TOKEN_NUL;
	if (l->len + 1 >= sizeof(l->word))
		return CONF_TOKEN_TOO_LONG;
	l->word[l->len++] = c;
	l->word[l->len] = 0;
	return CONF_TOKEN_WORD;
}

/* p stands behind a backslash. */
static enum conf_token add_escaped(struct conf_lex *l)
{
	char c;

	if (at_end(l))
		return CONF_TOKEN_UNCLOSED;
	c = take(l);
	return c == '\n' ? CONF_TOKEN_WORD : add(l, c);
}

/* p stands behind the opening quote. */
static enum conf_token add_quoted(struct conf_lex *l, char quote)
{
	while (!at_end(l)) {
		char c = take(l);
		enum conf_token t;

		if (c == quote)
			return CONF_TOKEN_WORD;
		t = c == '\\' && quote == '"' ? add_escaped(l) : add(l, c);
		if (t != CONF_TOKEN_WORD)
			return t;
	}
	return CONF_TOKEN_UNCLOSED;
}

static void skip_blanks(struct conf_lex *l)
{
	while (!at_end(l) && is_blank(*l->p))
		l->p++;
	if (!at_end(l) && *l->p == '#')
		while (!at_end(l) && *l->p != '\n')
			l->p++;
}

/* The character at p does not belong to a word. */
static bool word_ends(const struct conf_lex *l)
{
	return at_end(l) || is_blank(*l->p) || *l->p == '\n' || *l->p == ';' || *l->p == '#';
}

enum conf_token conf_lex_next(struct conf_lex *l)
{
	enum conf_token t = CONF_TOKEN_WORD;

	skip_blanks(l);
	l->word_line = l->line;
	l->len = 0;
	l->word[0] = 0;
	if (at_end(l))
		return CONF_TOKEN_END_TEXT;
	if (*l->p == '\n' || *l->p == ';') {
		take(l);
		return CONF_TOKEN_END_LINE;
	}
	while (t == CONF_TOKEN_WORD && !word_ends(l)) {
		char c = take(l);

		if (c == '\'' || c == '"')
			t = add_quoted(l, c);
		else
			t = c == '\\' ? add_escaped(l) : add(l, c);
	}
	return t;
}
