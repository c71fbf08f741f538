/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A DHCPv4 message, and options for one client; what decodes must decode to the same once encoded.
 */
#include <stdlib.h>
#include <string.h>

#include "packet/dhcp.h"
#include "packet/dhcp_options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What is sound is what its text says, each of them. */
static void options(const uint8_t *data, size_t len)
{
	struct rd r = rd_init(data, len), value;
	char text[DHCP_OPTIONS_TEXT_MAX];
	uint8_t code, again[2 + DHCP_OPTIONS_VALUE_MAX];

	if (!dhcp_options_sound(data, len))
		return;
	while (rd_tlv8(&r, &code, &value)) {
		struct text t = text_init(text, sizeof(text));
		struct wr w = wr_init(again, sizeof(again));
		size_t n = rd_left(&value);

		dhcp_options_print(code, value, &t);
		if (t.cut || dhcp_options_parse(text, &w) < 0 || wr_len(&w) != 2 + n ||
		    again[0] != code || memcmp(again + 2, rd_take(&value, n), n) != 0)
			abort();
	}
}

static void option_text(const uint8_t *data, size_t len)
{
	char text[DHCP_OPTIONS_TEXT_MAX] = "";
	uint8_t one[2 + DHCP_OPTIONS_VALUE_MAX];
	struct wr w = wr_init(one, sizeof(one));

	memcpy(text, data, len < sizeof(text) - 1 ? len : sizeof(text) - 1);
	if (dhcp_options_parse(text, &w) == 0 && !dhcp_options_sound(one, wr_len(&w)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd r = rd_init(data, len);
	struct dhcp_msg m, again;
	uint8_t buf[1500];
	struct wr w = wr_init(buf, sizeof(buf));

	options(data, len);
	option_text(data, len);
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
