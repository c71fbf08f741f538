/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration: one option table (conf_table.c) makes the parser, the checks, the printer and
 * the documentation. An absent file is a valid one: every option has a default that makes a working
 * node.
 *
 * Text in UCI syntax: `config TYPE 'NAME'`, `option NAME 'VALUE'`, `list NAME 'VALUE'`, comments
 * from # on, quotes and backslashes as UCI has them. `config lime ...` holds what LibreMesh has
 * under the same name, `config trama ...` what is trama's own, `config port 'eth0'` one port,
 * `config host ...` one client. A later option wins over an earlier one; a `list` replaces the
 * default as a whole, and an empty item empties it. What is unknown or out of range is an error,
 * never ignored.
 */
#ifndef CORE_CONF_CONF_H
#define CORE_CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/text.h"

#define CONF_SIZE_MAX 65536 /* bytes of a configuration file */
#define CONF_PORT_MAX 16
#define CONF_HOST_MAX 64
#define CONF_HOST_OPTIONS 8
#define CONF_HOST_OPTIONS_BYTES 192
#define CONF_ID_MAX 30 /* bytes of a client identifier */
#define CONF_NAME_MAX 64
#define CONF_TEMPLATE_MAX 64
#define CONF_URL_MAX 192
#define CONF_ADDR_MAX 8
#define CONF_RESOLVERS_MAX 4
#define CONF_RANGE_MAX 16
#define CONF_ROUTE_MAX 8
#define CONF_URLS_MAX 4
#define CONF_REMARKS_MAX 4

/* An address of either family; family 4 or 6, 0: none. */
struct conf_addr {
	uint8_t family;
	struct ip4 ip4;
	struct ip6 ip6;
};

/* First and last address, both included. */
struct conf_range {
	struct ip4 first, last;
};

struct conf_route {
	struct net4 to;
	struct ip4 via;
};

/* An option of DHCP: {code, length, value} as packet/dhcp_options.h has it. */
struct conf_dhcp_option {
	uint8_t len;
	uint8_t tlv[66];
};

enum conf_engine { CONF_ENGINE_AUTO, CONF_ENGINE_USER, CONF_ENGINE_KERNEL };
enum conf_vlan_protocol { CONF_VLAN_8021AD, CONF_VLAN_8021Q };
enum conf_role { CONF_ROLE_AUTO, CONF_ROLE_MESH, CONF_ROLE_CLIENT, CONF_ROLE_UPLINK };
enum conf_proto { CONF_PROTO_DHCP, CONF_PROTO_STATIC };
enum conf_use { CONF_USE_AUTO, CONF_USE_OFF, CONF_USE_ON };

#define CONF_VLAN_DERIVED (-1) /* vlan id that follows from the SSID */

/* config lime 'system', 'network', 'wifi': LibreMesh's names. Templates are expanded by core/cloud.
 */
struct conf_system {
	char hostname[CONF_TEMPLATE_MAX];
	char domain[CONF_NAME_MAX];
};

struct conf_network {
	char primary_interface[16]; /* "auto": the first Ethernet port */
	char main_ipv4_address[CONF_TEMPLATE_MAX];
	char main_ipv6_address[CONF_TEMPLATE_MAX];
	char anygw_mac[CONF_TEMPLATE_MAX];
	int32_t anygw_dhcp_start; /* first address of the pool, from the network address */
	int32_t anygw_dhcp_limit; /* how many; 0: to the end */
	uint32_t resolver_count;
	struct conf_addr resolvers[CONF_RESOLVERS_MAX]; /* none: those of the way out */
	int32_t batadv_orig_interval_ms;
};

struct conf_wifi {
	char ap_ssid[33]; /* decides the cloud */
};

/* config trama 'l2' ... 'limits' */
struct conf_l2 {
	enum conf_engine engine;
	enum conf_vlan_protocol vlan_protocol;
	int32_t vlan_id; /* CONF_VLAN_DERIVED, 0: untagged */
	bool aggregated_ogms;
};

struct conf_l3 {
	enum conf_vlan_protocol vlan_protocol;
	int32_t vlan_id; /* 0: untagged */
};

struct conf_security {
	char community_key[65]; /* "": open network */
	char admin_key[97];	/* key and salt; "": the first one that is heard */
};

struct conf_dhcp {
	int32_t lease_time_s;
	int32_t mtu; /* option 26; 0: the smallest that the cloud's links allow */
	uint32_t exclude_count;
	struct conf_range exclude[CONF_RANGE_MAX];
	uint32_t reserve_count;
	struct conf_range reserve[CONF_RANGE_MAX]; /* no node of the cloud gives these */
	uint32_t route_count;
	struct conf_route route[CONF_ROUTE_MAX]; /* option 121, beside the default route */
	char captive_portal[CONF_URL_MAX];	 /* option 114 */
	int32_t rate;				 /* messages that each port may send per second */
	bool port_limits;			 /* rate, and what else clients and ports may do */
};

struct conf_ra {
	int32_t mtu; /* 0: the smallest that the cloud's links allow */
	int32_t interval_s;
	int32_t lifetime_s; /* of the prefix and the resolver */
};

struct conf_uplink {
	bool nat66;
	bool allow_private;
	uint32_t check_url_count;
	char check_url[CONF_URLS_MAX][CONF_URL_MAX]; /* conf_check_url() takes them apart */
	char check_dns[CONF_NAME_MAX];
	uint32_t check_host_count;
	struct conf_addr check_host[CONF_ADDR_MAX];
};

struct conf_node {
	char state_dir[CONF_NAME_MAX];
	int32_t save_interval_s;
};

/* What other software shares its state by; auto: where such a peer is seen. */
struct conf_bridge {
	enum conf_use shared_state;
	enum conf_use shared_state_http;
	enum conf_use alfred;
};

struct conf_limits {
	int32_t originators;
	int32_t clients; /* of the whole cloud */
	int32_t records;
	int32_t solicit_rate; /* unknown addresses looked for in the cloud, per second */
};

/* config port 'NAME' */
struct conf_port {
	char name[CONF_NAME_MAX]; /* of the section */
	char device[16];	  /* "": name is the interface; see conf_port_device() */
	enum conf_role role;
	enum conf_proto proto;
	struct net4 ipaddr; /* proto static: address with prefix length, zero: none */
	struct ip4 gateway;
	struct net6 ip6addr;
	struct ip6 ip6gw;
	uint32_t dns_count;
	struct conf_addr dns[CONF_RESOLVERS_MAX]; /* resolvers behind this uplink, also with DHCP */
};

/* config host 'NAME', as OpenWrt's dnsmasq has it: what is fixed for one client. */
struct conf_host {
	char section[CONF_NAME_MAX];	    /* name of the section */
	char name[CONF_NAME_MAX];	    /* of the client, "": what it calls itself */
	struct mac mac;			    /* or clientid */
	char clientid[2 * CONF_ID_MAX + 1]; /* hex digits */
	struct ip4 ip;			    /* zero: any */
	int32_t leasetime_s;		    /* 0: lease_time_s */
	uint32_t dhcp_option_count;
	struct conf_dhcp_option dhcp_option[CONF_HOST_OPTIONS];
};

struct conf {
	struct conf_system system;
	struct conf_network network;
	struct conf_wifi wifi;
	struct conf_l2 l2;
	struct conf_l3 l3;
	struct conf_security security;
	struct conf_dhcp dhcp;
	struct conf_ra ra;
	struct conf_uplink uplink;
	struct conf_node node;
	struct conf_bridge bridge;
	struct conf_limits limits;
	uint32_t port_count;
	struct conf_port port[CONF_PORT_MAX];
	uint32_t host_count;
	struct conf_host host[CONF_HOST_MAX];
};

struct conf_error {
	int line;			  /* 1.. */
	char section[CONF_NAME_MAX + 16]; /* "trama l2", "port eth0"; "" outside of any */
	char option[CONF_NAME_MAX];
	char value[CONF_NAME_MAX]; /* cut */
	char message[256];	   /* what is wrong, and what is allowed */
};

/* Settings that are allowed and do less than they say as the others are. */
struct conf_remarks {
	uint32_t count;
	struct conf_error list[CONF_REMARKS_MAX];
};

/* Settings of a network that a node does not use, an entry for each option of each layer. */
#define CONF_REFUSED_MAX 64

struct conf_refused {
	uint32_t count;
	uint32_t more; /* that found no place */
	struct conf_error list[CONF_REFUSED_MAX];
};

/* All defaults; needs no file. */
void conf_init(struct conf *c);
/* Defaults, then what the text says. 0 or -EINVAL (then ret is untouched and error says why),
 * -E2BIG. */
int conf_parse(const char *text, size_t len, struct conf *ret, struct conf_error *ret_error);
/* The same for people who want to know of the remarks too. */
int conf_parse_remarks(const char *text, size_t len, struct conf *ret, struct conf_error *ret_error,
		       struct conf_remarks *ret_remarks);

/*
 * Settings of a network: lines "NAME VALUE", NAME being the second word of a section, a dot and the
 * option ("dhcp.lease_time_s 3600"); a list has a line for each item, an empty one empties it. They
 * stand between the defaults and a node's own file: what that says explicitly goes before them.
 * What is a node's own (its name, ports, VLANs, secrets, limits) is none.
 */
#define CONF_SETTINGS_MAX 3700 /* bytes of such a text */

struct conf_text {
	const char *text; /* borrowed, not terminated */
	size_t len;
};

struct conf_setting {
	char name[CONF_NAME_MAX];
	char value[256]; /* as the longest in a file, with the NUL */
};

/* The next line, without its end; false when there is none. What is too long is cut. */
bool conf_setting_next(struct conf_text *rest, struct conf_setting *ret);
/* May a network have this one? 0, or -EINVAL and the error says why not. */
int conf_setting_check(const struct conf_setting *s, struct conf_error *ret_error);
/* The same text with these values of one option, one per line, NULL: none at all. 0, -EINVAL as
 * above, -ENOSPC. */
int conf_settings_set(const struct conf_text *old, const char *name, const char *values,
		      struct text *ret, struct conf_error *ret_error);
/* Is the option as these settings say? */
bool conf_setting_holds(const struct conf *c, const struct conf_text *settings, const char *name);

#define CONF_LAYERS 2

/* Settings in the order in which later ones go before earlier ones, then a file. */
struct conf_layers {
	struct conf_text settings[CONF_LAYERS];
	struct conf_text file;
};

/* As conf_parse_remarks. Settings that cannot be used here, because they are none or do not go
 * together with the file, are left out: refused says which, and why. */
int conf_parse_layers(const struct conf_layers *l, struct conf *ret, struct conf_error *ret_error,
		      struct conf_remarks *ret_remarks, struct conf_refused *ret_refused);
/* All settings are left out, for that reason. */
void conf_layers_refuse(const struct conf_layers *l, const char *message,
			struct conf_refused *ret_refused);

/* The setting that an error is about, as its text names it. */
void conf_setting_name(const struct conf_error *e, struct text *t);

/* An error or a remark as a line for people: FILE:LINE: section 'trama l2', option 'engine', value
 * 'x': message. */
void conf_error_print(const struct conf_error *e, const char *file, struct text *t);

enum conf_print_what {
	CONF_PRINT_CHANGED, /* options that differ from their default */
	CONF_PRINT_ALL,
};

/* Text that conf_parse makes the same struct from. Without secrets, secret options become comments.
 */
void conf_print(const struct conf *c, enum conf_print_what what, bool secrets, struct text *t);

enum conf_doc_format {
	CONF_DOC_TEXT, /* for a terminal */
	CONF_DOC_MAN,  /* man(7) macros, the body of an OPTIONS section */
};

/* Every option: name, type, default, range, help. */
void conf_doc(enum conf_doc_format format, struct text *t);

/* The options as data, for completion and schemas; NULL at the end. The strings live for ever. */
struct conf_doc_entry {
	const char *section; /* "lime system", "port", "host" */
	const char *option;
	bool list, secret;
	bool local;	 /* a node's own, no setting of a network */
	char type[192];	 /* "number from 0 to 4094", "one of auto user" */
	const char *def; /* as text; one item of a list per line */
	const char *help;
};
bool conf_doc_next(uint32_t *cursor, struct conf_doc_entry *ret);

/* The interface of a port section. */
const char *conf_port_device(const struct conf_port *p);
/* The section for an interface, NULL when it has none (all defaults). */
const struct conf_port *conf_port_find(const struct conf *c, const char *device);

/* ADDRESS, FIRST-LAST or NETWORK/LENGTH: 0 or -EINVAL. */
int conf_range_parse(const char *text, struct conf_range *ret);
void conf_range_print(const struct conf_range *r, struct text *t);
/* Seconds, or a number of what the letter behind it says (s, m, h, d): 0 or -EINVAL. */
int conf_time_parse(const char *text, int32_t min, int32_t max, int32_t *ret);

/* "http://HOST[:PORT]/PATH [STATUS [TEXT]]": which answer an HTTP check wants, 204 with any body by
 * default. */
struct conf_check_url {
	char host[CONF_NAME_MAX];
	uint16_t port;
	char path[CONF_URL_MAX];
	uint16_t status;
	char text[32]; /* the body starts with it; "": any */
};
/* 0 or -EINVAL. */
int conf_check_url(const char *entry, struct conf_check_url *ret);

#endif
