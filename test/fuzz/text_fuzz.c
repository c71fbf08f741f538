/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Short texts and small files: addresses, what links of the lab lose, templates of a cloud, other
 * people's resolv.conf, our own notes. The first byte says which. What parses prints to a text that
 * means the same.
 */
#include <stdlib.h>
#include <string.h>

#include "core/cloud/cloud.h"
#include "lab/topology.h"
#include "lib/text.h"
#include "plat/linux/kernel/found.h"
#include "plat/linux/kernel/ports.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void addresses(const char *text)
{
	struct mac mac, mac2;
	struct ip4 a4, b4;
	struct ip6 a6, b6;
	char buf[IP6_TEXT];

	if (mac_parse(text, &mac) == 0)
		check(mac_parse(mac_text(&mac, buf), &mac2) == 0 && mac_eq(&mac, &mac2));
	if (ip4_parse(text, &a4) == 0)
		check(ip4_parse(ip4_text(&a4, buf), &b4) == 0 && ip4_eq(&a4, &b4));
	if (ip6_parse(text, &a6) == 0)
		check(ip6_parse(ip6_text(&a6, buf), &b6) == 0 && ip6_eq(&a6, &b6));
}

static void networks(const char *text)
{
	struct net4 a4, b4;
	struct net6 a6, b6;
	char buf[NET_TEXT];

	if (net4_parse(text, &a4) == 0)
		check(a4.len <= 32 && net4_parse(net4_text(&a4, buf), &b4) == 0 &&
		      b4.len == a4.len && ip4_eq(&a4.addr, &b4.addr) && net4_has(&b4, &a4.addr));
	if (net6_parse(text, &a6) == 0)
		check(a6.len <= 128 && net6_parse(net6_text(&a6, buf), &b6) == 0 &&
		      b6.len == a6.len && ip6_eq(&a6.addr, &b6.addr) && net6_has(&b6, &a6.addr));
}

static void numbers(const char *text)
{
	struct quality q = { 0 };
	long long v;

	if (quality_parse_loss(text, &q.loss_percent) == 0)
		check(q.loss_percent >= 0 && q.loss_percent <= 100);
	if (quality_parse_latency(text, &q.latency_usec) == 0)
		check(q.latency_usec <= 10000000);
	if (quality_parse_rate(text, &q.rate_bps) == 0)
		check(q.rate_bps == 0 || (q.rate_bps >= 1000 && q.rate_bps <= 1000000000000));
	if (text_number(text, -5, 1000000, &v) == 0)
		check(v >= -5 && v <= 1000000);
}

/* The SSID, then templates, one line each. */
static void cloud(char *text)
{
	static const struct mac mac = { { 2, 0, 0, 4, 5, 6 } };
	char *line[5] = { text };
	struct cloud_conf conf;
	struct cloud c;

	for (int i = 1; i < 5; i++) {
		line[i] = line[i - 1] ? strchr(line[i - 1], '\n') : NULL;
		if (line[i])
			*line[i]++ = '\0';
	}
	conf = cloud_conf_init(line[0], strlen(line[0]));
	conf.ipv4 = line[1];
	conf.ipv6 = line[2];
	conf.anygw_mac = line[3];
	conf.hostname = line[4];
	if (cloud_derive(&conf, &mac, &c))
		check(cloud_conf_check(&conf, &mac) != NULL);
	else
		check(net4_has(&c.network4, &c.node4) && net4_has(&c.network4, &c.anygw4) &&
		      net6_has(&c.network6, &c.node6) && strlen(c.hostname) <= CLOUD_HOSTNAME_MAX);
}

static void resolvers(FILE *in)
{
	struct ip4 ip[NODE_RESOLVERS];
	uint8_t n = ports_resolvers(in, ip);

	check(n <= NODE_RESOLVERS);
	for (uint8_t i = 0; i < n; i++)
		check(ip[i].b[0] != 127);
}

static void notes(FILE *in)
{
	static struct found f;

	memset(&f, 0, sizeof(f));
	found_read(&f, in);
	check(f.count <= FOUND_LIMIT);
	for (size_t i = 0; i < f.count; i++)
		check(f.items[i].what[0] && f.items[i].where[0] &&
		      found_get(&f, f.items[i].what, f.items[i].where));
}

static void file(uint8_t which, char *text, size_t len)
{
	FILE *in = fmemopen(text, len, "r");

	if (!in)
		return; /* empty */
	if (which & 1)
		resolvers(in);
	else
		notes(in);
	fclose(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size == 0)
		return 0;
	text = malloc(size);
	check(text != NULL);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	switch (data[0] % 6) {
	case 0:
		addresses(text);
		break;
	case 1:
		networks(text);
		break;
	case 2:
		numbers(text);
		break;
	case 3:
		cloud(text);
		break;
	default:
		file(data[0], text, size - 1);
	}
	free(text);
	return 0;
}
