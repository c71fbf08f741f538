/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options of DHCPv4 that may be set for one client, as people write them and as bytes: a
 * sequence of {code u8, length u8, value}, as in a message. With length 0 an option is not told.
 */
#ifndef PACKET_DHCP_OPTIONS_H
#define PACKET_DHCP_OPTIONS_H

#include "lib/text.h"
#include "lib/wire.h"

#define DHCP_OPTIONS_VALUE_MAX 64 /* bytes of one value */
#define DHCP_OPTIONS_TEXT_MAX 128 /* of one as text, with the NUL */

/*
 * "NAME,VALUE" or "CODE,VALUE", further addresses behind further commas; without a value: not
 * told. "option:" may stand before it, as dnsmasq has it. One is written to w. 0 or -EINVAL: no
 * such option here, or no value of its type.
 */
int dhcp_options_parse(const char *text, struct wr *w);
/* One as parse takes it, by its name. */
void dhcp_options_print(uint8_t code, struct rd value, struct text *t);
/* All of it is well-formed, of options that are here and with values of their types, none twice. */
bool dhcp_options_sound(const void *options, size_t len);
/* False: it is not among them. */
bool dhcp_options_find(const void *options, size_t len, uint8_t code, struct rd *ret_value);
/* All names, for people. */
void dhcp_options_names(struct text *t);

#endif
