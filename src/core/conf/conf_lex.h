/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words of UCI text, for the files of this core only. */
#ifndef CORE_CONF_LEX_H
#define CORE_CONF_LEX_H

#include <stddef.h>

#include "core/conf/conf_table.h"

enum conf_token {
	CONF_TOKEN_WORD,
	CONF_TOKEN_END_LINE, /* newline or ';' */
	CONF_TOKEN_END_TEXT,
	CONF_TOKEN_TOO_LONG, /* the word does not fit */
	CONF_TOKEN_UNCLOSED, /* a quote is open at the end of the text */
	CONF_TOKEN_NUL,	     /* a NUL byte */
};

struct conf_lex {
	const char *p, *end;
	int line;      /* where p stands */
	int word_line; /* where the word starts */
	size_t len;
	char word[CONF_VALUE_MAX];
};

struct conf_lex conf_lex_init(const char *text, size_t len);
/* Quoted and bare pieces without a blank between them are one word; '' is an empty one. */
enum conf_token conf_lex_next(struct conf_lex *l);

#endif
