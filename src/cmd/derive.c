/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `trama derive --ssid SSID [--mac MAC] [--json]`: prints core/cloud's answer; asks no daemon and
 * no system. */
#include "cmd/derive.h"

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/cloud/cloud.h"
#include "lib/text.h"

#define EXIT_USE 2

static const char usage[] =
	"usage: trama derive --ssid SSID [--mac MAC] [--json]\n"
	"\n"
	"Prints everything that follows from the SSID of a cloud and, with --mac, from the\n"
	"MAC of a node's primary interface.\n"
	"\n"
	"  --ssid SSID  1 to 32 bytes of any value\n"
	"  --mac MAC    six pairs of hex digits, separated by ':' or '-'\n"
	"  --json       one JSON object instead of a table\n"
	"  --help       this text\n";

struct derive_args {
	const char *ssid;
	const char *mac;
	bool json;
	bool help;
};

/* 0 or EXIT_USE, and then it has said what is wrong. */
static int parse_args(int argc, char **argv, struct derive_args *ret)
{
	static const struct option options[] = {
		{ "ssid", required_argument, NULL, 's' },
		{ "mac", required_argument, NULL, 'm' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	*ret = (struct derive_args) { 0 };
	while ((c = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (c == 's')
			ret->ssid = optarg;
		else if (c == 'm')
			ret->mac = optarg;
		else if (c == 'j')
			ret->json = true;
		else if (c == 'h')
			ret->help = true;
		else {
			fprintf(stderr, "trama derive: %s '%s'; see --help\n",
				c == ':' ? "a value is missing after" : "no such option:",
				argv[optind - 1]);
			return EXIT_USE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "trama derive: what is '%s'? see --help\n", argv[optind]);
		return EXIT_USE;
	}
	return 0;
}

/* The rows of both outputs, in order. Null values: there is no node without a MAC. */
static json_t *derive_object(const struct cloud *c)
{
	char id[2 * sizeof(c->network_id) + 1], net4[NET_TEXT], net6[NET_TEXT], mac[MAC_TEXT];
	char any4[IP4_TEXT], any6[IP6_TEXT], node4[IP4_TEXT], node6[IP6_TEXT];
	struct text t = text_init(id, sizeof(id));

	for (size_t i = 0; i < sizeof(c->network_id); i++)
		text_add(&t, "%02x", c->network_id[i]);
	return json_pack("{ss si si ss ss ss ss ss ss? ss? ss?}", "network_id", id, "babel_vlan",
			 (int)c->babel_vlan, "batadv_vlan", (int)c->batadv_vlan, "ipv4_network",
			 net4_text(&c->network4, net4), "ipv6_network",
			 net6_text(&c->network6, net6), "anygw_mac", mac_text(&c->anygw_mac, mac),
			 "anygw_ipv4", ip4_text(&c->anygw4, any4), "anygw_ipv6",
			 ip6_text(&c->anygw6, any6), "node_ipv4",
			 c->has_node ? ip4_text(&c->node4, node4) : NULL, "node_ipv6",
			 c->has_node ? ip6_text(&c->node6, node6) : NULL, "hostname",
			 c->has_node ? c->hostname : NULL);
}

static void print_table(json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
	{
		if (json_is_integer(value))
			printf("%-14s%" JSON_INTEGER_FORMAT "\n", key, json_integer_value(value));
		else if (json_is_string(value))
			printf("%-14s%s\n", key, json_string_value(value));
		else
			printf("%-14s-\n", key);
	}
}

static int derive_print(const struct cloud *c, bool json)
{
	json_t *object = derive_object(c);

	if (!object)
		return 1;
	if (json) {
		json_dumpf(object, stdout, JSON_INDENT(2));
		putchar('\n');
	} else {
		print_table(object);
	}
	json_decref(object);
	if (fflush(stdout) != 0) {
		perror("trama derive");
		return 1;
	}
	return 0;
}

int derive_main(int argc, char **argv)
{
	struct derive_args args;
	struct cloud_conf conf;
	struct cloud cloud;
	struct mac mac;

	if (parse_args(argc, argv, &args) != 0)
		return EXIT_USE;
	if (args.help) {
		fputs(usage, stdout);
		return 0;
	}
	if (!args.ssid) {
		fprintf(stderr, "trama derive: --ssid is missing; see --help\n");
		return EXIT_USE;
	}
	conf = cloud_conf_init(args.ssid, strlen(args.ssid));
	if (conf.ssid_len < 1 || conf.ssid_len > CLOUD_SSID_MAX) {
		fprintf(stderr, "trama derive: an SSID has 1 to %d bytes, not %zu\n",
			CLOUD_SSID_MAX, conf.ssid_len);
		return EXIT_USE;
	}
	if (args.mac && (mac_parse(args.mac, &mac) < 0 || !mac_is_station(&mac))) {
		fprintf(stderr, "trama derive: '%s' is not the MAC of an interface\n", args.mac);
		return EXIT_USE;
	}
	if (cloud_derive(&conf, args.mac ? &mac : NULL, &cloud) < 0)
		return 1;
	return derive_print(&cloud, args.json);
}
