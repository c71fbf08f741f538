/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plan of a town, read from a NetJSON NetworkGraph. Everything is checked here: an error names
 * the file, the node or link, the property and what is allowed, and what comes out can be built
 * without further questions.
 *
 *   nodes[]  {id, label, properties}
 *     type        "node" (default), "client", "internet", "switch"
 *     node        ssid, ap (true), daemon (true: tramad runs), config {"wifi.ap_ssid": "x", ...},
 *                 args ["--record", FILE] (of tramad)
 *     internet    ipv6 (true: providers announce IPv6 prefixes)
 *     client      at (a node: associated to its access point), cable (true: a cable to that node
 * instead), association (true: hostapd tells the node; "new": only the new node hears; false:
 * nobody) links[]  {source, target, cost, properties} loss (percent), rate ("20mbit"), latency (ms
 * or "5ms"), mtu, down (true: starts pulled out) to the internet: provider (name of the router in
 * between), lan (its network, "192.168.7.0/24")
 *
 * A link to a node of type internet is an uplink: a provider's router is put in between, as a host
 * of its own.
 */
#ifndef LAB_TOPOLOGY_H
#define LAB_TOPOLOGY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"

#define TOPOLOGY_HOSTS_MAX 400
#define TOPOLOGY_WIRES_MAX 1200
#define TOPOLOGY_NAME_MAX 32 /* with NUL */

enum host_kind { HOST_NODE, HOST_CLIENT, HOST_INTERNET, HOST_PROVIDER, HOST_SWITCH };
enum association { ASSOCIATION_BOTH, ASSOCIATION_NEW, ASSOCIATION_SILENT };

struct host_plan {
	char id[TOPOLOGY_NAME_MAX];
	enum host_kind kind;
	char ssid[33];
	bool ap;
	bool daemon;
	bool cable;
	bool has_at;
	enum association association;
	uint16_t at;	 /* index of the node a client starts at */
	uint16_t index;	 /* among its kind, from 0: makes MACs and addresses */
	struct net4 lan; /* provider: IPv4 network towards its customer */
	json_t *config;	 /* node: "section.option" -> value; NULL or owned by the plan */
	json_t *args;	 /* node: further arguments of tramad */
};

struct quality {
	double loss_percent;   /* of each direction */
	uint64_t rate_bps;     /* 0 = as fast as it goes */
	uint32_t latency_usec; /* of each direction */
	bool down;
};

struct wire_plan {
	uint16_t end[2]; /* host indices */
	struct quality quality;
	uint16_t mtu;
	bool uplink; /* end[1] is a provider */
};

struct topology {
	char name[TOPOLOGY_NAME_MAX];
	char label[128];
	struct host_plan *hosts;
	struct wire_plan *wires;
	uint16_t host_count;
	uint16_t wire_count;
	int internet; /* host index or -1 */
	bool internet_ipv6;
	json_t *json;
};

/* Reads FILE. 0, or -EINVAL/-errno with a whole sentence in err. */
int topology_load(struct topology *t, const char *path, char *err, size_t cap);
/* The same from text that is not in a file; name is used in errors. */
int topology_parse(struct topology *t, const char *text, const char *name, char *err, size_t cap);
void topology_done(struct topology *t);

/* Index or -1. */
int topology_host(const struct topology *t, const char *id);
const char *host_kind_name(enum host_kind kind);
uint16_t topology_count(const struct topology *t, enum host_kind kind);

/* "12mbit", "500kbit", "1gbit", "0": 0 or -EINVAL. */
int quality_parse_rate(const char *text, uint64_t *ret_bps);
/* "5ms", "1s", "200us", "5" (ms): 0 or -EINVAL. */
int quality_parse_latency(const char *text, uint32_t *ret_usec);
/* "0".."100", "0.5", "3%". */
int quality_parse_loss(const char *text, double *ret_percent);

#endif
