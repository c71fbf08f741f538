/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LIB_HASH_H
#define LIB_HASH_H

#include <stddef.h>
#include <stdint.h>

/* SipHash-1-3 (Aumasson, Bernstein 2012) with a 128-bit key: table hashing that strangers cannot
 * predict. */
struct hash_key {
	uint64_t k0, k1;
};

uint64_t hash_bytes(const struct hash_key *key, const void *data, size_t len);

/* MD5 (RFC 1321): only for deriving ids as LibreMesh does, never for security. */
void md5(const void *data, size_t len, uint8_t ret[static 16]);

/* CRC-32C (Castagnoli, reflected 0x82F63B78) continued from `seed`, without any inversion
 * (batman-adv's use). */
uint32_t crc32c(uint32_t seed, const void *data, size_t len);

#endif
