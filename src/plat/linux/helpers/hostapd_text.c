/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/helpers/hostapd_text.h"

#include <string.h>

bool hostapd_text_station(const char *text, size_t len, bool *ret_connected, struct mac *ret)
{
	static const char came[] = "AP-STA-CONNECTED ", went[] = "AP-STA-DISCONNECTED ";
	char buf[64], *word;
	size_t n = len < sizeof(buf) - 1 ? len : sizeof(buf) - 1;

	memcpy(buf, text, n);
	buf[n] = '\0';
	word = buf[0] == '<' ? strchr(buf, '>') : NULL;
	if (!word)
		return false;
	word++;
	*ret_connected = strncmp(word, came, sizeof(came) - 1) == 0;
	if (*ret_connected)
		word += sizeof(came) - 1;
	else if (strncmp(word, went, sizeof(went) - 1) == 0)
		word += sizeof(went) - 1;
	else
		return false;
	word[strcspn(word, " \n")] = '\0';
	return mac_parse(word, ret) == 0 && mac_is_station(ret);
}
