/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One row per option. What LibreMesh has keeps its name, section and meaning. */
#include "core/conf/conf_table.h"

#include <string.h>

/* clang-format off */
static const char *const engines[] = { "auto", "user", "kernel", NULL };
static const char *const vlan_protocols[] = { "8021ad", "8021q", NULL };
static const char *const roles[] = { "auto", "mesh", "client", "uplink", NULL };
static const char *const protos[] = { "dhcp", "static", NULL };
static const char *const uses[] = { "auto", "off", "on", NULL };

#define AT(type, member) \
	.offset = offsetof(type, member), .size = sizeof(((type *)0)->member)
#define LIST(type, member, count) \
	.offset = offsetof(type, member), .size = sizeof(((type *)0)->member[0]), \
	.limit = sizeof(((type *)0)->member) / sizeof(((type *)0)->member[0]), \
	.count_offset = offsetof(type, count)
#define BOOL(member)		   .type = CONF_BOOL, AT(struct conf, member)
#define NUMBER(member, lo, hi) \
	.type = CONF_NUMBER, AT(struct conf, member), .min = lo, .max = hi
#define WORD(member, list)	   .type = CONF_WORD, AT(struct conf, member), .words = list
#define TEXT(member, fn, text) \
	.type = CONF_TEXT, AT(struct conf, member), .check = fn, .wants = text
#define PORT(kind, member)	   .type = kind, AT(struct conf_port, member)
#define HOST(kind, member)	   .type = kind, AT(struct conf_host, member)

#define VLAN_WORDS "8021ad as LibreMesh (ethertype 88a8) or 8021q (8100)"

const struct conf_option conf_table[] = {
	{ "lime system", "hostname", TEXT(system.hostname, conf_check_hostname,
	  "a name of letters, digits, '-' and variables (%M4, %N1)"), .local = true, .def = "LiMe-%M4%M5%M6",
	  .help = "Name of the node; %M1..%M6 are bytes of its MAC, %N1..%N6 of the network id." },
	{ "lime system", "domain", TEXT(system.domain, conf_check_domain, "a domain name"),
	  .def = "thisnode.info",
	  .help = "Domain of the cloud, in which nodes and clients have their names." },

	{ "lime network", "primary_interface", TEXT(network.primary_interface, conf_check_device,
	  "an interface name of at most 15 bytes, or auto"), .local = true, .def = "auto",
	  .help = "Interface whose MAC names the node; auto is the first Ethernet port." },
	{ "lime network",
	  "main_ipv4_address", TEXT(network.main_ipv4_address, conf_check_ipv4_template,
	  "IPv4 ADDRESS/LENGTH[/LENGTH] with variables, lengths up to 29"), .def = "10.%N1.0.0/16",
	  .help = "IPv4 network of the cloud; without host part the node's is made from its MAC." },
	{ "lime network",
	  "main_ipv6_address", TEXT(network.main_ipv6_address, conf_check_ipv6_template,
	  "IPv6 ADDRESS/64[/LENGTH] with variables"), .def = "fd%N1:%N2%N3:%N4%N5::/64",
	  .help = "IPv6 network of the cloud; without host part the node's is made from its MAC." },
	{ "lime network", "anygw_mac", TEXT(network.anygw_mac, conf_check_mac_template,
	  "a unicast MAC address with variables, but for its first byte"), .def = "aa:aa:aa:%N1:%N2:aa",
	  .help = "Anycast MAC that every node of the cloud has as the gateway of its clients." },
	{ "lime network", "anygw_dhcp_start", NUMBER(network.anygw_dhcp_start, 2, 16777214),
	  .def = "2",
	  .help = "First address of the DHCP pool, counted from the network address." },
	{ "lime network", "anygw_dhcp_limit", NUMBER(network.anygw_dhcp_limit, 0, 16777214),
	  .def = "0",
	  .help = "Number of addresses in the DHCP pool; 0 is up to the end of the network." },
	{ "lime network", "resolvers", .type = CONF_ADDR,
	  LIST(struct conf, network.resolvers, network.resolver_count),
	  .def = "",
	  .help = "Resolvers that names are asked of; without any those of the way out are used." },
	{ "lime network",
	  "batadv_orig_interval", NUMBER(network.batadv_orig_interval_ms, 100, 60000),
	  .def = "1000",
	  .help = "Milliseconds between two originator messages (LibreMesh: 2000; both mix)." },

	{ "lime wifi", "ap_ssid", TEXT(wifi.ap_ssid, conf_check_ssid, "1 to 32 bytes"), .min = 1,
	  .local = true, .def = "LibreMesh.org",
	  .help = "SSID for clients; all nodes with the same one are one cloud." },

	{ "trama l2", "engine", WORD(l2.engine, engines), .local = true, .def = "auto",
	  .help = "What forwards inside the cloud: user (in user space), kernel (batman-adv); auto: user." },
	{ "trama l2", "vlan_protocol", WORD(l2.vlan_protocol, vlan_protocols), .local = true, .def = "8021ad",
	  .help = "Tag of the cloud's VLAN: " VLAN_WORDS "." },
	{ "trama l2", "vlan_id", NUMBER(l2.vlan_id, -1, 4094), .local = true, .def = "-1",
	  .help = "VLAN of the cloud (batman-adv); -1 derives it from the SSID, 0 is untagged." },
	{ "trama l2", "aggregated_ogms", BOOL(l2.aggregated_ogms), .def = "1",
	  .help = "Originator messages of others wait up to 100 ms to share a frame." },

	{ "trama l3", "vlan_protocol", WORD(l3.vlan_protocol, vlan_protocols), .local = true, .def = "8021ad",
	  .help = "Tag of the network's VLAN: " VLAN_WORDS "." },
	{ "trama l3", "vlan_id", NUMBER(l3.vlan_id, 0, 4094), .local = true, .def = "17",
	  .help = "VLAN of the network (Babel); 0 is untagged." },

	{ "trama security", "community_key", TEXT(security.community_key, conf_check_key,
	  "16 to 64 printable characters, or nothing"), .secret = true, .local = true, .def = "",
	  .help = "Only nodes that have it share leases, names, gateways and routes; all of a network have the same." },

	{ "trama security", "admin_key", TEXT(security.admin_key, conf_check_admin_key,
	  "96 hex digits, or nothing"), .local = true, .def = "",
	  .help = "Public key of the network's admin and its salt, as trama admin show prints them; without it the first one that is heard is believed." },

	{ "trama dhcp", "lease_time_s", NUMBER(dhcp.lease_time_s, 120, 604800), .def = "1200",
	  .help = "Seconds that a client may use its IPv4 address without renewing it." },
	{ "trama dhcp", "mtu", NUMBER(dhcp.mtu, 576, 1500), .or_zero = true, .def = "0",
	  .help = "MTU announced to clients by DHCP; 0 is what the cloud's links allow, 1350 beside LibreMesh." },
	{ "trama dhcp", "exclude", .type = CONF_RANGE,
	  LIST(struct conf, dhcp.exclude, dhcp.exclude_count), .def = "",
	  .help = "Addresses that this node never gives to clients." },
	{ "trama dhcp", "reserve", .type = CONF_RANGE,
	  LIST(struct conf, dhcp.reserve, dhcp.reserve_count), .local = true, .def = "",
	  .help = "Addresses that no node of the cloud gives to clients but by a static lease." },
	{ "trama dhcp", "route", .type = CONF_ROUTE,
	  LIST(struct conf, dhcp.route, dhcp.route_count), .def = "",
	  .help = "Route that clients are told beside the default one (RFC 3442)." },
	{ "trama dhcp", "captive_portal", TEXT(dhcp.captive_portal, conf_check_http_url,
	  "an http:// or https:// URL, or nothing"), .def = "",
	  .help = "URL of the captive portal API that clients are told (RFC 8910)." },
	{ "trama dhcp", "rate", NUMBER(dhcp.rate, 1, 10000), .def = "200",
	  .help = "DHCP messages that each port may send per second." },
	{ "trama dhcp", "port_limits", BOOL(dhcp.port_limits), .local = true, .def = "1",
	  .help = "Limit what clients and ports may ask for (rate among it); 0 is for measurements." },

	{ "trama ra", "mtu", NUMBER(ra.mtu, 1280, 1500), .or_zero = true, .def = "0",
	  .help = "MTU announced to clients by router advertisements; 0 as for DHCP." },
	{ "trama ra", "interval_s", NUMBER(ra.interval_s, 4, 600), .def = "60",
	  .help = "Seconds between two unsolicited router advertisements." },
	{ "trama ra", "lifetime_s", NUMBER(ra.lifetime_s, 1800, 604800), .def = "86400",
	  .help = "Seconds that clients may use the cloud's prefix after the last advertisement." },

	{ "trama uplink", "nat66", BOOL(uplink.nat66), .local = true, .def = "0",
	  .help = "Masquerade IPv6 at this node's uplinks, where no prefix is delegated." },
	{ "trama uplink", "allow_private", BOOL(uplink.allow_private), .local = true, .def = "0",
	  .help = "Let the mesh reach the private network behind this node's uplinks." },
	{ "trama uplink", "check_url", .type = CONF_TEXT,
	  LIST(struct conf, uplink.check_url, uplink.check_url_count),
	  .check = conf_check_probe_url,
	  .wants = "http://HOST[:PORT]/PATH [STATUS [TEXT]]", .min = 1,
	  .def = "http://detectportal.firefox.com/success.txt 200 success\n"
		 "http://connectivitycheck.gstatic.com/generate_204",
	  .help = "Page that tells the internet from a captive portal: status, start of body." },
	{ "trama uplink", "check_dns", TEXT(uplink.check_dns, conf_check_domain, "a domain name"),
	  .def = "example.org",
	  .help = "Name that an uplink's resolvers are asked for to see whether they answer." },
	{ "trama uplink", "check_host", .type = CONF_ADDR,
	  LIST(struct conf, uplink.check_host, uplink.check_host_count),
	  .def = "1.1.1.1\n9.9.9.9\n2606:4700:4700::1111\n2620:fe::9",
	  .help = "Host that is pinged through an uplink to see whether it works." },

	{ "trama node", "state_dir", TEXT(node.state_dir, conf_check_path,
	  "an absolute path of letters, digits and /-._"), .local = true, .def = "/var/lib/trama",
	  .help = "Directory of what must survive a reboot; the user trama must be able to write there." },
	{ "trama node", "save_interval_s", NUMBER(node.save_interval_s, 10, 86400), .def = "900",
	  .help = "Seconds between two writes of that state; more spares flash memory." },

	{ "trama bridge", "shared_state", WORD(bridge.shared_state, uses), .def = "auto",
	  .help = "Share leases and tables with LibreMesh (shared-state-async); auto: when such a node is seen." },
	{ "trama bridge", "shared_state_http", WORD(bridge.shared_state_http, uses), .def = "auto",
	  .help = "Share leases and names with LibreMesh nodes that post them by HTTP; auto: while other software is in the cloud." },
	{ "trama bridge", "alfred", WORD(bridge.alfred, uses), .def = "auto",
	  .help = "Share facts with ALFRED of batman-adv; auto: when a primary is heard, on: also be one where there is none." },

	{ "trama limits", "originators", NUMBER(limits.originators, 16, 4096), .local = true, .def = "1024",
	  .help = "Nodes of the cloud that are kept; by way of one neighbour 3/4 of them.",
	  .with_kernel = "bounds only the nodes that trama knows, not batman-adv's own tables" },
	{ "trama limits", "clients", NUMBER(limits.clients, 64, 65536), .local = true, .def = "16384",
	  .help = "Clients of the cloud that are kept; by way of one neighbour 3/4 of them.",
	  .with_kernel = "bounds only the clients and leases that trama knows, not batman-adv's own tables" },
	{ "trama limits", "records", NUMBER(limits.records, 64, 65536), .local = true, .def = "16384",
	  .help = "Replicated records that are kept." },
	{ "trama limits", "solicit_rate", NUMBER(limits.solicit_rate, 1, 10000), .local = true, .def = "10",
	  .help = "Unknown addresses that are looked for in the whole cloud, per second." },

	{ "port", "device", PORT(CONF_TEXT, device), .check = conf_check_device,
	  .wants = "an interface name of at most 15 bytes", .def = "",
	  .help = "Interface, where the name of the section is not its name." },
	{ "port", "role", PORT(CONF_WORD, role), .words = roles, .def = "auto",
	  .help = "What the port is for; auto finds out." },
	{ "port", "proto", PORT(CONF_WORD, proto), .words = protos, .def = "dhcp",
	  .help = "How the port gets its addresses when it is an uplink." },
	{ "port", "ipaddr", PORT(CONF_NET4, ipaddr), .def = "",
	  .help = "IPv4 address and prefix length (proto static)." },
	{ "port", "gateway", PORT(CONF_IP4, gateway),
	  .def = "", .help = "IPv4 router (proto static)." },
	{ "port", "ip6addr", PORT(CONF_NET6, ip6addr), .def = "",
	  .help = "IPv6 address and prefix length (proto static)." },
	{ "port", "ip6gw", PORT(CONF_IP6, ip6gw),
	  .def = "", .help = "IPv6 router (proto static)." },
	{ "port", "dns", .type = CONF_ADDR, LIST(struct conf_port, dns, dns_count), .def = "",
	  .help = "Resolvers behind this uplink, in place of those that DHCP gives." },

	{ "host", "mac", HOST(CONF_MAC, mac), .def = "",
	  .help = "Client by its MAC; what is said here holds on all nodes of the cloud." },
	{ "host", "clientid", HOST(CONF_TEXT, clientid), .check = conf_check_client_id,
	  .wants = "2 to 60 hex digits", .def = "",
	  .help = "Client by the identifier that it sends (option 61), in place of its MAC." },
	{ "host", "ip", HOST(CONF_IP4, ip), .def = "",
	  .help = "Address that this client gets and nobody else, in or outside the DHCP pool." },
	{ "host", "name", HOST(CONF_TEXT, name), .check = conf_check_label,
	  .wants = "at most 63 letters, digits and inner '-'", .def = "",
	  .help = "Name of this client, whatever it and others call themselves." },
	{ "host", "leasetime", HOST(CONF_TIME, leasetime_s), .min = 120, .max = 604800, .def = "",
	  .help = "How long its lease lasts, in place of lease_time_s." },
	{ "host", "dhcp_option", .type = CONF_OPTION,
	  LIST(struct conf_host, dhcp_option, dhcp_option_count), .def = "",
	  .help = "What this client is told in place of what all are; without a value, nothing." },
};
/* clang-format on */

const uint32_t conf_table_count = sizeof(conf_table) / sizeof(conf_table[0]);

const struct conf_option *conf_option_find(const char *section, const char *name)
{
	for (uint32_t i = 0; i < conf_table_count; i++) {
		const struct conf_option *o = &conf_table[i];

		if (!strcmp(o->section, section) && !strcmp(o->name, name))
			return o;
	}
	return NULL;
}

bool conf_section_known(const char *section)
{
	for (uint32_t i = 0; i < conf_table_count; i++)
		if (!strcmp(conf_table[i].section, section))
			return true;
	return false;
}
