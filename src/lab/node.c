// SPDX-License-Identifier: GPL-2.0-or-later
/* A node: its configuration file, and tramad. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lab/host.h"
#include "lab/provider.h"

#define CONFIG_FILE "/etc/trama/trama.conf"

static void write_value(FILE *f, const char *keyword, const char *option, const json_t *v)
{
	fprintf(f, "\t%s %s '", keyword, option);
	if (json_is_string(v))
		for (const char *p = json_string_value(v); *p; p++)
			fprintf(f, *p == '\'' ? "'\\''" : "%c", *p);
	else if (json_is_integer(v))
		fprintf(f, "%lld", (long long)json_integer_value(v));
	else
		fputc(json_is_true(v) ? '1' : '0', f);
	fputs("'\n", f);
}

/* "wifi.ap_ssid" is in config lime 'wifi', "port:eth1.role" in config port 'eth1', "host:tv.ip" in
 * config host 'tv', others in config trama. */
static void write_option(FILE *f, const char *key, const json_t *v)
{
	const char *dot = strchr(key, '.');
	char section[64];
	const char *colon;
	size_t i;
	json_t *item;
	snprintf(section, sizeof(section), "%.*s", (int)(dot - key), key);
	colon = strchr(section, ':');
	if (colon)
		fprintf(f, "config %.*s '%s'\n", (int)(colon - section), section, colon + 1);
	else if (strcmp(section, "system") == 0 || strcmp(section, "network") == 0 ||
		 strcmp(section, "wifi") == 0)
		fprintf(f, "config lime '%s'\n", section);
	else
		fprintf(f, "config trama '%s'\n", section);
	if (!json_is_array(v))
		write_value(f, "option", dot + 1, v);
	json_array_foreach(v, i, item) write_value(f, "list", dot + 1, item);
	fputc('\n', f);
}

static void write_text(FILE *f, const char *key, const char *text)
{
	json_t *v = json_string(text);
	if (v)
		write_option(f, key, v);
	json_decref(v);
}

/* Probes of the uplinks stay in the lab: its own internet answers them. */
static void write_internet(FILE *f)
{
	json_t *urls = json_pack("[s]", "http://check.example.net/ 200 success");
	json_t *hosts = json_pack("[s, s]", PROVIDER_DNS4, PROVIDER_DNS6);
	if (urls && hosts) {
		write_option(f, "uplink.check_url", urls);
		write_option(f, "uplink.check_host", hosts);
		write_text(f, "uplink.check_dns", "check.example.net");
		write_text(f, "uplink.nat66", "1");
	}
	json_decref(urls);
	json_decref(hosts);
}

static int write_config(const struct town *t, const struct host_plan *p)
{
	const char *key;
	json_t *v;
	FILE *f = fopen(CONFIG_FILE, "we");
	if (!f)
		return -errno;
	fprintf(f, "# written by trama-lab for the town %s\n", t->plan.name);
	write_text(f, "system.hostname", p->id);
	if (p->ssid[0])
		write_text(f, "wifi.ap_ssid", p->ssid);
	/* What the kernel says of a real access point (phy80211), a veth in its place cannot. */
	if (p->ap)
		write_text(f, "port:wlan0-ap.role", "client");
	if (t->plan.internet >= 0)
		write_internet(f);
	json_object_foreach(p->config, key, v) write_option(f, key, v);
	return fclose(f) == 0 ? 0 : -errno;
}

int node_services(const struct town *t, uint16_t host, struct service *ret)
{
	const struct host_plan *p = &t->plan.hosts[host];
	int count = 0;
	size_t i;
	json_t *v;
	int rc = write_config(t, p);
	if (rc < 0 || !p->daemon)
		return rc;
	struct service *s = service_add(ret, &count, "tramad");
	service_arg(s, "tramad"); /* found in bin_dir first */
	service_arg(s, "-f");
	service_arg(s, CONFIG_FILE);
	json_array_foreach(p->args, i, v) service_arg(s, "%s", json_string_value(v));
	return count;
}
