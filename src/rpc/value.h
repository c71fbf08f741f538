/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses, times and texts as JSON. Every function gives a new reference; what is not there (zero
 * address, empty text) is null. */
#ifndef RPC_VALUE_H
#define RPC_VALUE_H

#include <jansson.h>

#include "lib/addr.h"
#include "lib/clock.h"

json_t *value_mac(const struct mac *m);
json_t *value_ip4(const struct ip4 *a);
json_t *value_ip6(const struct ip6 *a);
/* Mapped addresses as IPv4. */
json_t *value_addr(const struct ip6 *a);
json_t *value_net4(const struct net4 *n);
json_t *value_net6(const struct net6 *n);
/* Bytes of others: what is no UTF-8 becomes \xNN. */
json_t *value_text(const char *s);
json_t *value_bytes(const void *data, size_t len);
#define VALUE_HEX_MAX 720 /* what is signed of a record is the longest */
/* Lower-case hex digits of at most VALUE_HEX_MAX bytes. */
json_t *value_hex(const uint8_t *data, size_t len);
/* Milliseconds from then to now, at least 0. */
json_t *value_ago_ms(usec_t then, usec_t now);
json_t *value_ago_s(usec_t then, usec_t now);

#endif
