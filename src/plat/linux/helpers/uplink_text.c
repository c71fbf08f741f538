/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/helpers/uplink_text.h"

#include <errno.h>
#include <string.h>

#include "lib/text.h"

/* Prefix length of a netmask given as address or as length. */
#define MASK_MIN 8 /* shorter than any network that there is: it would hide the other clouds */

static int mask_parse(const char *word, uint8_t *ret)
{
	long long v;
	struct ip4 mask;
	uint32_t bits;

	if (!text_number(word, MASK_MIN, 32, &v)) {
		*ret = (uint8_t)v;
		return 0;
	}
	if (ip4_parse(word, &mask))
		return -EBADMSG;
	bits = ip4_u32(&mask);
	if (bits == 0 || (~bits & (~bits + 1)) != 0) /* ones, then zeros */
		return -EBADMSG;
	*ret = 0;
	for (; bits; bits <<= 1)
		(*ret)++;
	return *ret >= MASK_MIN ? 0 : -EBADMSG;
}

static bool ip4_usable(const struct ip4 *ip)
{
	return ip->b[0] != 0 && ip->b[0] != 127 && ip->b[0] < 224;
}

static int dns_parse(char *words, struct event_uplink *ret)
{
	char *save = NULL;

	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		struct ip4 ip;

		if (ip4_parse(w, &ip))
			return -EBADMSG;
		if (ip4_usable(&ip) && ret->resolver_count < NODE_RESOLVERS)
			ret->resolvers[ret->resolver_count++] = ip;
	}
	return 0;
}

/* The first of a list counts. */
static int router_parse(char *words, struct ip4 *ret)
{
	words[strcspn(words, " ")] = '\0';
	return words[0] && ip4_parse(words, ret) ? -EBADMSG : 0;
}

static int line_parse(char *line, struct event_uplink *ret)
{
	char *value = line + strcspn(line, " ");
	long long v;

	if (*value)
		*value++ = '\0';
	if (strcmp(line, "ip") == 0)
		return ip4_parse(value, &ret->ip4.addr) ? -EBADMSG : 0;
	if (strcmp(line, "mask") == 0)
		return mask_parse(value, &ret->ip4.len);
	if (strcmp(line, "router") == 0)
		return router_parse(value, &ret->router4);
	if (strcmp(line, "dns") == 0)
		return dns_parse(value, ret);
	if (strcmp(line, "mtu") == 0 && *value) {
		if (text_number(value, 576, 65535, &v))
			return -EBADMSG;
		ret->mtu = (uint32_t)v;
	}
	return 0;
}

int uplink_text_parse(char *text, uint16_t port, struct event_uplink *ret)
{
	struct event_uplink u = { .port = port };
	char *save = NULL;

	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		if (line_parse(l, &u))
			return -EBADMSG;
	}
	if (!ip4_usable(&u.ip4.addr)) {
		u = (struct event_uplink) { .port = port, .gone = true };
	} else {
		u.ip4.len = u.ip4.len ? u.ip4.len : 32;
		if (!ip4_usable(&u.router4))
			memset(&u.router4, 0, sizeof(u.router4));
	}
	*ret = u;
	return 0;
}
