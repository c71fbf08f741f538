/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/helpers/babel_text.h"

#include <errno.h>
#include <string.h>

#include "lib/text.h"

/* What a line must have had to be whole. */
enum {
	SEEN_ADDRESS = 1,
	SEEN_DEV = 2,
	SEEN_COST = 4,
	SEEN_PREFIX = 8,
	SEEN_INSTALLED = 16,
	SEEN_METRIC = 32,
	SEEN_VIA = 64,
	SEEN_FROM = 128,
};

static char *word_next(char **at)
{
	char *start = *at + strspn(*at, " ");
	char *end = start + strcspn(start, " ");

	if (start == end)
		return NULL;
	*at = *end ? end + 1 : end;
	*end = '\0';
	return start;
}

static int u16_parse(const char *word, uint16_t *ret)
{
	long long v;

	if (text_number(word, 0, UINT16_MAX, &v))
		return -EBADMSG;
	*ret = (uint16_t)v;
	return 0;
}

/* Milliseconds with three digits after a point; the whole ones count. */
static int rtt_parse(char *word, uint16_t *ret)
{
	word[strcspn(word, ".")] = '\0';
	return u16_parse(word, ret);
}

static int id_parse(const char *word, uint8_t ret[static 8])
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < 8; i++, word += 3) {
		const char *hi = *word ? strchr(digits, word[0]) : NULL;
		const char *lo = hi && word[1] ? strchr(digits, word[1]) : NULL;

		if (!lo || word[2] != (i < 7 ? ':' : '\0'))
			return -EBADMSG;
		ret[i] = (uint8_t)((hi - digits) << 4 | (lo - digits));
	}
	return 0;
}

static int prefix_parse(const char *word, bool *ret_v6, struct net4 *ret4, struct net6 *ret6)
{
	*ret_v6 = strchr(word, ':') != NULL;
	return (*ret_v6 ? net6_parse(word, ret6) : net4_parse(word, ret4)) ? -EBADMSG : 0;
}

static int bool_parse(const char *word, bool *ret)
{
	*ret = strcmp(word, "yes") == 0;
	return *ret || strcmp(word, "no") == 0 ? 0 : -EBADMSG;
}

static int dev_parse(const char *word, char ret[static NODE_IFNAME])
{
	return text_copy(ret, NODE_IFNAME, word) ? 0 : -EBADMSG;
}

static int via_parse(const char *word, struct babel_line *ret)
{
	if (strchr(word, ':'))
		return ip6_parse(word, &ret->via6) ? -EBADMSG : 0;
	return ip4_parse(word, &ret->via4) ? -EBADMSG : 0;
}

/* One pair of words; what is not known is of no concern. */
static int pair_parse(const char *key, char *value, struct babel_line *ret, unsigned int *seen)
{
	static const struct {
		const char *key;
		unsigned int seen;
	} keys[] = {
		{ "address", SEEN_ADDRESS },
		{ "if", SEEN_DEV },
		{ "cost", SEEN_COST },
		{ "prefix", SEEN_PREFIX },
		{ "installed", SEEN_INSTALLED },
		{ "metric", SEEN_METRIC },
		{ "via", SEEN_VIA },
		{ "from", SEEN_FROM },
	};
	bool from_v6;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(key, keys[i].key) == 0)
			*seen |= keys[i].seen;
	}
	if (strcmp(key, "address") == 0)
		return ip6_parse(value, &ret->address) ? -EBADMSG : 0;
	if (strcmp(key, "if") == 0)
		return dev_parse(value, ret->dev);
	if (strcmp(key, "cost") == 0)
		return u16_parse(value, &ret->cost);
	if (strcmp(key, "rtt") == 0)
		return rtt_parse(value, &ret->rtt_ms);
	if (strcmp(key, "prefix") == 0)
		return prefix_parse(value, &ret->v6, &ret->to4, &ret->to6);
	if (strcmp(key, "from") == 0)
		return prefix_parse(value, &from_v6, &ret->from4, &ret->from6);
	if (strcmp(key, "installed") == 0)
		return bool_parse(value, &ret->installed);
	if (strcmp(key, "id") == 0)
		return id_parse(value, ret->id);
	if (strcmp(key, "metric") == 0)
		return u16_parse(value, &ret->metric);
	if (strcmp(key, "refmetric") == 0)
		return u16_parse(value, &ret->refmetric);
	if (strcmp(key, "via") == 0)
		return via_parse(value, ret);
	return 0;
}

static bool line_whole(enum babel_line_kind kind, unsigned int seen)
{
	const unsigned int neighbour = SEEN_ADDRESS | SEEN_DEV | SEEN_COST;
	const unsigned int own = SEEN_PREFIX | SEEN_FROM | SEEN_METRIC;
	const unsigned int route = own | SEEN_INSTALLED | SEEN_VIA | SEEN_DEV;

	if (kind == BABEL_LINE_INTERFACE)
		return true;
	if (kind == BABEL_LINE_NEIGHBOUR)
		return (seen & neighbour) == neighbour;
	if (kind == BABEL_LINE_ROUTE)
		return (seen & route) == route;
	return (seen & own) == own;
}

static enum babel_line_kind kind_of(const char *noun)
{
	if (strcmp(noun, "neighbour") == 0)
		return BABEL_LINE_NEIGHBOUR;
	if (strcmp(noun, "route") == 0)
		return BABEL_LINE_ROUTE;
	if (strcmp(noun, "xroute") == 0)
		return BABEL_LINE_OWN;
	if (strcmp(noun, "interface") == 0)
		return BABEL_LINE_INTERFACE;
	return BABEL_LINE_OTHER;
}

/* What follows the noun. An xroute's is its prefixes, which are told again. */
static bool handle_parse(const char *word, struct babel_line *ret)
{
	if (!word)
		return false;
	if (ret->kind == BABEL_LINE_OWN)
		return true;
	if (ret->kind == BABEL_LINE_INTERFACE)
		return text_copy(ret->dev, sizeof(ret->dev), word);
	return text_copy(ret->handle, sizeof(ret->handle), word);
}

int babel_text_line(char *line, struct babel_line *ret)
{
	char *at = line;
	const char *verb = word_next(&at);
	const char *noun = verb ? word_next(&at) : NULL;
	unsigned int seen = 0;
	const char *word;
	char *value;

	memset(ret, 0, sizeof(*ret));
	ret->kind = BABEL_LINE_OTHER;
	ret->refmetric = UINT16_MAX;
	if (!verb)
		return 0;
	if (strcmp(verb, "ok") == 0)
		ret->kind = BABEL_LINE_OK;
	else if (strcmp(verb, "no") == 0 || strcmp(verb, "bad") == 0)
		ret->kind = BABEL_LINE_REFUSED;
	if (noun && strcmp(verb, "my-id") == 0) {
		ret->kind = BABEL_LINE_ID;
		return id_parse(noun, ret->id);
	}
	ret->flush = strcmp(verb, "flush") == 0;
	if (!noun || (!ret->flush && strcmp(verb, "add") != 0 && strcmp(verb, "change") != 0))
		return 0;
	ret->kind = kind_of(noun);
	if (ret->kind == BABEL_LINE_OTHER)
		return 0;
	if (!handle_parse(word_next(&at), ret))
		return -EBADMSG;
	while ((word = word_next(&at)) != NULL) {
		value = word_next(&at);
		if (!value || pair_parse(word, value, ret, &seen))
			return -EBADMSG;
	}
	return line_whole(ret->kind, seen) ? 0 : -EBADMSG;
}

bool babel_text_next(struct babel_in *in, char **ret)
{
	char *start = in->buf + in->used;
	char *end = memchr(start, '\n', in->len - in->used);

	if (end) {
		*end = '\0';
		*ret = !in->skip && end - start < BABEL_LINE_MAX ? start : NULL;
		in->skip = false;
		in->used = (size_t)(end - in->buf) + 1;
		return true;
	}
	in->len -= in->used;
	memmove(in->buf, start, in->len);
	in->used = 0;
	if (in->len == sizeof(in->buf)) {
		in->skip = true;
		in->len = 0;
	}
	return false;
}
