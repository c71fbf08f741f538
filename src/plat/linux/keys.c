/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/keys.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

int keys_derive(const char *community_key, const char *purpose, uint8_t ret[static KEYS_SIZE])
{
	uint8_t root[KEYS_SIZE];
	int r = 0;

	if (sodium_init() < 0 ||
	    crypto_generichash(root, sizeof(root), (const uint8_t *)community_key,
			       strlen(community_key), NULL, 0) ||
	    crypto_generichash(ret, KEYS_SIZE, (const uint8_t *)purpose, strlen(purpose), root,
			       sizeof(root)))
		r = -EIO;
	sodium_memzero(root, sizeof(root));
	return r;
}
