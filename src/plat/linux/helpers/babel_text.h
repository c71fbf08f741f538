/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of babeld's local socket (babeld(8), "Local configuration interface"; the lines of its
 * monitor are those of local.c in babeld 1.12). */
#ifndef PLAT_BABEL_TEXT_H
#define PLAT_BABEL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "node/event.h"

#define BABEL_LINE_MAX 512
#define BABEL_HANDLE 20 /* babeld's own name of a neighbour or route: a pointer in hex */

enum babel_line_kind {
	BABEL_LINE_OK,	    /* the answer to one request */
	BABEL_LINE_REFUSED, /* "no" or "bad", as well */
	BABEL_LINE_NEIGHBOUR,
	BABEL_LINE_ROUTE,
	BABEL_LINE_OWN,	      /* xroute: redistributed by this babeld */
	BABEL_LINE_INTERFACE, /* dev */
	BABEL_LINE_ID,	      /* my-id: this babeld's router id */
	BABEL_LINE_OTHER,
};

struct babel_line {
	enum babel_line_kind kind;
	bool flush; /* else added or changed */
	char handle[BABEL_HANDLE];
	char dev[NODE_IFNAME];
	uint16_t cost, rtt_ms; /* neighbour */
	struct ip6 address;
	bool v6, installed; /* route and own */
	uint16_t metric;
	uint16_t refmetric; /* route: as the neighbour announces it */
	uint8_t id[8];
	struct net4 to4, from4;
	struct net6 to6, from6;
	struct ip4 via4;
	struct ip6 via6;
};

/* What came from the socket, in pieces: whoever reads appends to buf at len. */
struct babel_in {
	size_t len, used;
	bool skip; /* the rest of a line that was too long */
	char buf[4096];
};

/* The next whole line without its end, NUL-terminated, NULL when it was too long. False when there
 * is no other; then there is room for more. */
bool babel_text_next(struct babel_in *in, char **ret);

/* The line without its end, NUL-terminated; it is cut into words in place. 0, or -EBADMSG when it
 * is of a known kind and something in it is missing or wrong. */
int babel_text_line(char *line, struct babel_line *ret);

#endif
