/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What texts of the configuration must look like. */
#include "core/conf/conf_table.h"

#include <errno.h>
#include <string.h>

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* All characters are letters, digits or one of `more`. */
static bool made_of(const char *text, const char *more)
{
	for (; *text; text++)
		if (!is_alnum(*text) && !strchr(more, *text))
			return false;
	return true;
}

/* Length of the variable at text ("%N1"), 0 if it is none. */
static size_t variable_len(const char *text, const char *kinds)
{
	return text[0] == '%' && text[1] && strchr(kinds, text[1]) && text[2] >= '1' &&
			       text[2] <= '6'
		       ? 3
		       : 0;
}

/* The template with `sample` for every variable; false when something else is behind a '%' or it
 * does not fit. */
static bool expand(const char *text, const char *sample, char *ret, size_t cap)
{
	struct text t = text_init(ret, cap);

	while (*text) {
		size_t n = variable_len(text, "NMm");

		if (*text == '%' && !n)
			return false;
		if (n)
			text_add(&t, "%s", sample);
		else
			text_add(&t, "%c", *text);
		text += n ? n : 1;
	}
	return !t.cut;
}

bool conf_check_ssid(const char *text)
{
	size_t len = strlen(text);

	return len >= 1 && len <= 32;
}

bool conf_check_hostname(const char *text)
{
	if (!*text)
		return false;
	while (*text) {
		size_t n = variable_len(text, "NMm");

		if (!n && !is_alnum(*text) && *text != '-')
			return false;
		text += n ? n : 1;
	}
	return true;
}

bool conf_check_domain(const char *text)
{
	size_t label = 0;

	if (!*text || !made_of(text, "-."))
		return false;
	for (; *text; text++) {
		if (*text == '.' && label == 0)
			return false;
		label = *text == '.' ? 0 : label + 1;
		if (label > 63)
			return false;
	}
	return label > 0;
}

/* Splits "ADDRESS/LENGTH/LENGTH" into "ADDRESS/LENGTH" and the second length, up to max; max when
 * there is none. */
static bool cut_host_length(char *text, long long max, long long *ret)
{
	char *second = strchr(text, '/');

	*ret = max;
	if (!second)
		return false;
	second = strchr(second + 1, '/');
	if (!second)
		return true;
	*second = 0;
	return text_number(second + 1, 1, max, ret) == 0;
}

bool conf_check_ipv4_template(const char *text)
{
	char buf[2 * CONF_TEMPLATE_MAX];
	struct net4 n;
	long long host;

	/* room for leases, the anycast address and a node: at least a /29; the node is in it */
	return expand(text, "254", buf, sizeof(buf)) && cut_host_length(buf, 29, &host) &&
	       !net4_parse(buf, &n) && n.len >= 8 && n.len <= 29 && host >= n.len;
}

bool conf_check_ipv6_template(const char *text)
{
	char buf[2 * CONF_TEMPLATE_MAX];
	struct net6 n;
	long long host;

	/* clients make their addresses themselves (SLAAC), so the network is a /64 */
	return expand(text, "fe", buf, sizeof(buf)) && cut_host_length(buf, 128, &host) &&
	       !net6_parse(buf, &n) && n.len == 64 && host >= n.len;
}

/* Whatever the variables are: what is right in one cloud must not stop the nodes of another. */
bool conf_check_mac_template(const char *text)
{
	static const char *const samples[] = { "00", "ff" };
	char buf[2 * CONF_TEMPLATE_MAX];
	struct mac m;

	for (int i = 0; i < 2; i++)
		if (!expand(text, samples[i], buf, sizeof(buf)) || mac_parse(buf, &m) ||
		    !mac_is_station(&m))
			return false;
	return true;
}

bool conf_check_key(const char *text)
{
	size_t len = strlen(text);

	if (len == 0)
		return true;
	for (const char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			return false;
	return len >= 16 && len <= 64;
}

bool conf_check_admin_key(const char *text)
{
	size_t len = strlen(text);

	return len == 0 || (len == 96 && strspn(text, "0123456789abcdef") == len);
}

/* No blanks, no control characters: what may stand in a URL as far as we care. */
static bool is_urlish(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~' || *text == '"' || *text == '\'')
			return false;
	return true;
}

bool conf_check_http_url(const char *text)
{
	if (!*text)
		return true;
	if (strncmp(text, "http://", 7) != 0 && strncmp(text, "https://", 8) != 0)
		return false;
	return is_urlish(text) && is_alnum(strchr(text, ':')[3]);
}

/* "HOST", "HOST:PORT", "[ADDRESS]:PORT" of the given length. */
static int parse_authority(const char *text, size_t len, struct conf_check_url *u)
{
	bool bracket = len > 0 && text[0] == '[';
	size_t host = bracket ? 1 : 0, n = 0;
	char port[8];
	long long v;

	while (host + n < len && text[host + n] != (bracket ? ']' : ':'))
		n++;
	if (n == 0 || n >= sizeof(u->host) || (bracket && host + n == len))
		return -EINVAL;
	memcpy(u->host, text + host, n);
	u->host[n] = 0;
	if (!made_of(u->host, bracket ? ":." : "-."))
		return -EINVAL;
	text += host + n + bracket;
	len -= host + n + bracket;
	u->port = 80;
	if (len == 0)
		return 0;
	if (text[0] != ':' || len > sizeof(port))
		return -EINVAL;
	memcpy(port, text + 1, len - 1);
	port[len - 1] = 0;
	if (text_number(port, 1, 65535, &v) < 0)
		return -EINVAL;
	u->port = (uint16_t)v;
	return 0;
}

/* The answer wanted: "[STATUS [TEXT]]". */
static int parse_answer(const char *text, struct conf_check_url *u)
{
	char status[4] = { 0 };
	long long v;

	u->status = 204;
	if (!*text)
		return 0;
	if (strcspn(text, " ") != 3)
		return -EINVAL;
	memcpy(status, text, 3);
	if (text_number(status, 100, 599, &v) < 0)
		return -EINVAL;
	u->status = (uint16_t)v;
	text += 3 + (text[3] == ' ');
	return text_copy(u->text, sizeof(u->text), text) ? 0 : -EINVAL;
}

int conf_check_url(const char *entry, struct conf_check_url *ret)
{
	struct conf_check_url u = { 0 };
	size_t authority, path;

	if (strncmp(entry, "http://", 7) != 0)
		return -EINVAL;
	entry += 7;
	for (const char *c = entry; *c; c++)
		if (*c < ' ' || *c > '~')
			return -EINVAL;
	authority = strcspn(entry, "/ ");
	if (parse_authority(entry, authority, &u) < 0)
		return -EINVAL;
	entry += authority;
	path = strcspn(entry, " ");
	if (path >= sizeof(u.path))
		return -EINVAL;
	memcpy(u.path, entry, path);
	if (path == 0)
		u.path[0] = '/';
	entry += path + (entry[path] == ' ');
	if (parse_answer(entry, &u) < 0)
		return -EINVAL;
	*ret = u;
	return 0;
}

bool conf_check_probe_url(const char *text)
{
	struct conf_check_url u;

	return conf_check_url(text, &u) == 0;
}

/* As Linux has it, and nothing that a shell or a path could mind. */
bool conf_check_device(const char *text)
{
	return *text && strlen(text) < 16 && made_of(text, "-._@:") && strcmp(text, ".") != 0 &&
	       strcmp(text, "..") != 0;
}

bool conf_check_path(const char *text)
{
	return text[0] == '/' && made_of(text, "/-._") && !strstr(text, "..");
}

/* What a client is called, as DNS has it. */
bool conf_check_label(const char *text)
{
	size_t len = strlen(text);

	return len == 0 ||
	       (len < 64 && made_of(text, "-") && text[0] != '-' && text[len - 1] != '-');
}

bool conf_check_client_id(const char *text)
{
	size_t len = strlen(text);

	return len % 2 == 0 && strspn(text, "0123456789abcdefABCDEF") == len;
}
