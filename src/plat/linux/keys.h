/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PLAT_KEYS_H
#define PLAT_KEYS_H

#include <stdint.h>

#define KEYS_SIZE 32

/* What keys are for: part of the protocol. */
#define KEYS_STATE_SEAL "trama state seal"
#define KEYS_BABEL_MAC "trama babel mac"

/* A key for one purpose from the community's one key: BLAKE2b-256 of the purpose under BLAKE2b-256
 * of the community key, so that who holds one purpose's key learns nothing of another's. 0, or -EIO
 * when the library does not work. */
int keys_derive(const char *community_key, const char *purpose, uint8_t ret[static KEYS_SIZE]);

#endif
