/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses as bytes in wire order: they compare with addr_*_eq, print into a buffer of the size
 * named here. */
#ifndef LIB_ADDR_H
#define LIB_ADDR_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/wire.h"

struct mac {
	uint8_t b[6];
};

struct ip4 {
	uint8_t b[4];
};

struct ip6 {
	uint8_t b[16];
};

/* An address with a prefix length: a network where the host bits are 0, else an address on it. */
struct net4 {
	struct ip4 addr;
	uint8_t len;
};

struct net6 {
	struct ip6 addr;
	uint8_t len;
};

#define MAC_TEXT 18 /* buffers with room for the text and its NUL */
#define IP4_TEXT 16
#define IP6_TEXT 46
#define NET_TEXT 50

static const struct mac MAC_BROADCAST = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };

bool mac_eq(const struct mac *a, const struct mac *b);
int mac_cmp(const struct mac *a, const struct mac *b);
bool mac_is_zero(const struct mac *m);
/* Group bit set: broadcast and multicast. */
bool mac_is_multicast(const struct mac *m);
/* Neither a group nor all zero: may be somebody's source address. */
bool mac_is_station(const struct mac *m);
uint64_t mac_u64(const struct mac *m);
/* 0 or -EINVAL; six pairs of hex digits separated by ':' or '-'. */
int mac_parse(const char *text, struct mac *ret);
const char *mac_text(const struct mac *m, char buf[static MAC_TEXT]);

bool ip4_eq(const struct ip4 *a, const struct ip4 *b);
bool ip4_is_zero(const struct ip4 *a);
uint32_t ip4_u32(const struct ip4 *a); /* host order */
struct ip4 ip4_from_u32(uint32_t v);
int ip4_parse(const char *text, struct ip4 *ret);
const char *ip4_text(const struct ip4 *a, char buf[static IP4_TEXT]);

bool ip6_eq(const struct ip6 *a, const struct ip6 *b);
bool ip6_is_zero(const struct ip6 *a);
bool ip6_is_link_local(const struct ip6 *a);
bool ip6_is_multicast(const struct ip6 *a);
/* fe80::/64 with the modified EUI-64 of the MAC (RFC 4291 appendix A). */
struct ip6 ip6_link_local(const struct mac *m);
int ip6_parse(const char *text, struct ip6 *ret);
/* Shortest text form of RFC 5952. */
const char *ip6_text(const struct ip6 *a, char buf[static IP6_TEXT]);

bool net4_has(const struct net4 *n, const struct ip4 *a);
bool net6_has(const struct net6 *n, const struct ip6 *a);
bool net4_overlaps(const struct net4 *a, const struct net4 *b);
/* The same prefix with all host bits cleared. */
struct net4 net4_base(const struct net4 *n);
struct net6 net6_base(const struct net6 *n);
int net4_parse(const char *text, struct net4 *ret); /* ADDRESS/LENGTH */
int net6_parse(const char *text, struct net6 *ret);
const char *net4_text(const struct net4 *n, char buf[static NET_TEXT]);
const char *net6_text(const struct net6 *n, char buf[static NET_TEXT]);

struct mac rd_mac(struct rd *r);
struct ip4 rd_ip4(struct rd *r);
struct ip6 rd_ip6(struct rd *r);
void wr_mac(struct wr *w, const struct mac *m);
void wr_ip4(struct wr *w, const struct ip4 *a);
void wr_ip6(struct wr *w, const struct ip6 *a);

#endif
