/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the DHCP client's script writes. */
#include <assert.h>
#include <string.h>

#include "plat/linux/helpers/uplink_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[UPLINK_TEXT_MAX + 1] = { 0 };
	struct event_uplink u;

	memcpy(text, data, size < UPLINK_TEXT_MAX ? size : UPLINK_TEXT_MAX);
	if (uplink_text_parse(text, 1, &u))
		return 0;
	assert(u.gone || (u.ip4.len >= 1 && u.ip4.len <= 32 && !ip4_is_zero(&u.ip4.addr)));
	assert(u.resolver_count <= NODE_RESOLVERS);
	return 0;
}
