/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who am I: everything that follows from an SSID and a MAC, byte for byte as LibreMesh derives it,
 * so that a trama node can join a LibreMesh network. A pure function of its arguments: no state, no
 * timers.
 *
 * Templates are text with variables: %N1..%N6 bytes of the network id, %M1..%M6 bytes of the
 * primary interface's MAC, %m1..%m6 bytes of the MD5 of that MAC, %H the hostname. Bytes are
 * decimal in IPv4 addresses and VLAN ids, two lower-case hex digits everywhere else. Anything else
 * stays as it is.
 */
#ifndef CLOUD_CLOUD_H
#define CLOUD_CLOUD_H

#include "lib/addr.h"

#define CLOUD_SSID_MAX 32
#define CLOUD_HOSTNAME_MAX 32
#define CLOUD_TEMPLATE_MAX 96 /* bytes of an expanded template, NUL included */

#define CLOUD_VLAN_DERIVED (-1)

/* What an administrator chose; zeroed but for the SSID and the two VLANs it means "all as
 * LibreMesh". */
struct cloud_conf {
	uint8_t ssid[CLOUD_SSID_MAX];
	size_t ssid_len;       /* 1..32, bytes of any value */
	int batadv_vlan;       /* 0 = untagged, 1..4094, or CLOUD_VLAN_DERIVED */
	int babel_vlan;	       /* likewise; derived means 17 */
	const char *ipv4;      /* template ADDRESS/LENGTH[/HOST LENGTH, at least that]; NULL =
				  "10.%N1.0.0/16" */
	const char *ipv6;      /* NULL = "fd%N1:%N2%N3:%N4%N5::/64" */
	const char *anygw_mac; /* NULL = "aa:aa:aa:%N1:%N2:aa" */
	const char *hostname;  /* NULL = "LiMe-%M4%M5%M6" */
};

struct cloud {
	uint8_t network_id[16]; /* MD5 of the SSID and a newline */
	uint16_t batadv_vlan;
	uint16_t babel_vlan;
	struct net4 network4; /* host bits clear */
	struct net6 network6;
	struct mac anygw_mac;
	struct ip4 anygw4; /* first address of the network */
	struct ip6 anygw6;
	/* valid with a MAC only, else zero */
	bool has_node;
	struct mac primary;
	struct ip4 node4;
	struct ip6 node6;
	char hostname[CLOUD_HOSTNAME_MAX + 1];
};

/* An SSID and otherwise the defaults; a len out of range is refused by cloud_derive. */
struct cloud_conf cloud_conf_init(const void *ssid, size_t len);

/* Name of the first field that cannot be used ("ssid", "batadv_vlan", "babel_vlan", "ipv4", "ipv6",
 * "anygw_mac", "hostname"), NULL when all can. The MAC may be NULL. */
const char *cloud_conf_check(const struct cloud_conf *conf, const struct mac *mac);

/* The first byte of the network ids of all SSIDs that give this VLAN; false where none does. */
bool cloud_vlan_id_byte(uint16_t batadv_vlan, uint8_t *ret);

/* 0, or -EINVAL (then cloud_conf_check names the field). mac: of the primary interface, NULL = no
 * node yet. */
int cloud_derive(const struct cloud_conf *conf, const struct mac *mac, struct cloud *ret);

/* The address behind that one, for a node whose own somebody else has: of IPv4 the next that a host
 * of the network may have, from its end on from its beginning; of IPv6 outside of what follows from
 * MACs. */
struct ip4 cloud_ip4_behind(const struct cloud *c, const struct ip4 *ip);
struct ip6 cloud_ip6_behind(const struct ip6 *ip);

/* MAC of the batman-adv hard interface on `ifname` (the parent of the VLAN): 02, two bytes of the
 * MD5 of the name, the last three of the primary MAC. */
struct mac cloud_hardif_mac(const char *ifname, const struct mac *primary);

enum cloud_base {
	CLOUD_DECIMAL,
	CLOUD_HEX,
};

/* Expands the variables of a template: 0, or -ENAMETOOLONG when it does not fit into cap bytes. */
int cloud_expand(const struct cloud *c, const char *from, enum cloud_base base, char *ret,
		 size_t cap);

#endif
