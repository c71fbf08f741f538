/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an administrator has fixed, replicated to all nodes of a cloud: for one client an address,
 * a name, the time that its lease lasts, options of DHCP; or addresses that nobody gets. Node
 * translates it to and from a record of the state service; here it is a plain struct.
 */
#ifndef LEASE_STATIC_H
#define LEASE_STATIC_H

#include "core/lease/client.h"

#define LEASE_KEY_MAX 32
#define LEASE_KEY_ID_MAX 30   /* longer client identifiers cannot be named */
#define LEASE_OPTIONS_MAX 192 /* bytes */
#define LEASE_TIME_MIN_S 120
#define LEASE_TIME_MAX_S 604800

/* Both ends included. */
struct lease_range {
	struct ip4 first, last;
};

/* Whom it is about: 6 bytes, a MAC; ff and a client identifier; or fd, first and last address.
 * Zeros behind. */
struct lease_key {
	uint8_t len;
	uint8_t b[LEASE_KEY_MAX];
};

enum lease_key_kind {
	LEASE_KEY_BAD,
	LEASE_KEY_MAC,
	LEASE_KEY_ID,
	LEASE_KEY_RANGE,
};

struct lease_static {
	struct lease_key key;
	struct ip4 ip4;		   /* zero: none is fixed */
	uint32_t lease_s;	   /* 0: as for all */
	struct lease_node origin;  /* in whose configuration it is; zero: a command said so */
	char name[LEASE_NAME_MAX]; /* [a-z0-9-] or empty */
	uint8_t options_len;
	uint8_t options[LEASE_OPTIONS_MAX]; /* packet/dhcp_options.h */
};

struct lease_key lease_key_mac(const struct mac *mac);
/* Of length 0, and so of nobody, when the identifier is too long, or empty. */
struct lease_key lease_key_id(const uint8_t *id, size_t len);
struct lease_key lease_key_range(const struct lease_range *r);
enum lease_key_kind lease_key_kind(const struct lease_key *k);
/* Only of a key of that kind. */
struct mac lease_key_to_mac(const struct lease_key *k);
struct lease_range lease_key_to_range(const struct lease_key *k);
/* Bytes, where they are the same the shorter one first: of two that want one thing the lower one
 * has it, at every node. */
int lease_key_cmp(const struct lease_key *a, const struct lease_key *b);
bool lease_range_has(const struct lease_range *r, const struct ip4 *ip);
/* It is what the struct says. */
bool lease_static_sound(const struct lease_static *s);
/* All but the origin is the same. */
bool lease_static_eq(const struct lease_static *a, const struct lease_static *b);

#endif
