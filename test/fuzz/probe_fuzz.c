/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers to probes, and hostapd's datagrams. The first byte says which. */
#include <assert.h>
#include <string.h>

#include "plat/linux/helpers/hostapd_text.h"
#include "plat/linux/wires/probe_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_init(data + 1, size ? size - 1 : 0);
	struct probe_http http;
	struct probe_dns dns;
	struct mac mac;
	bool connected;

	if (size == 0)
		return 0;
	switch (data[0] & 7) {
	case 0:
	case 1:
		(void)probe_echo_answer(&r, data[0] & 1, 0x1234, 1);
		break;
	case 2:
		if (probe_dns_answer(&r, 0x1234, &dns) == 0)
			assert(dns.rcode < 16);
		break;
	case 3:
	case 4:
		if (probe_http_answer((const char *)data + 1, size - 1, data[0] & 1, &http) == 0)
			assert(http.status <= 999 && http.body_len <= size - 1);
		break;
	default:
		if (hostapd_text_station((const char *)data + 1, size - 1, &connected, &mac))
			assert(mac_is_station(&mac));
		break;
	}
	return 0;
}
