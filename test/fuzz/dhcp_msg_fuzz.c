/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A DHCPv4 message; what decodes must decode to the same once encoded. */
#include <stdlib.h>
#include <string.h>

#include "packet/dhcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd r = rd_init(data, len);
	struct dhcp_msg m, again;
	uint8_t buf[1500];
	struct wr w = wr_init(buf, sizeof(buf));

	if (dhcp_decode(&r, &m) < 0)
		return 0;
	dhcp_encode(&w, &m);
	r = rd_init(buf, wr_len(&w));
	if (dhcp_decode(&r, &again) < 0 || again.type != m.type || again.id_len != m.id_len ||
	    memcmp(again.id, m.id, m.id_len) != 0 || strcmp(again.hostname, m.hostname) != 0 ||
	    memcmp(again.requested.b, m.requested.b, 4) != 0 || again.trama != m.trama)
		abort();
	return 0;
}
