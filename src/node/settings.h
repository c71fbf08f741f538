/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings of the network as a node keeps them on its disk, so that it starts with them: the file
 * `settings` (core/state/snapshot.h) is {realm u32, length u16, text of the network, length u16,
 * text of the cloud}, the texts as core/conf has them. Those of the cloud count while the node is
 * in that cloud.
 */
#ifndef NODE_SETTINGS_H
#define NODE_SETTINGS_H

#include "core/conf/conf.h"

#define SETTINGS_NETWORK 0 /* the realm of the whole network */
#define SETTINGS_FILE_MAX (2 * CONF_SETTINGS_MAX + 32)

struct settings {
	uint32_t realm;			 /* of the cloud */
	struct conf_text network, cloud; /* borrowed */
};

/* The realm of a cloud, from its network id of 16 bytes. */
uint32_t settings_realm(const uint8_t *network_id);
/* The same from the SSID that a configuration has; 0: it is none. */
uint32_t settings_realm_of(const struct conf *c);
/* The file; its length, 0 if it does not fit. */
size_t settings_encode(const struct settings *s, uint8_t *buf, size_t cap);
/* 0 or -errno: it is none, *ret is empty. */
int settings_decode(const uint8_t *file, size_t len, struct settings *ret);
bool settings_equal(const struct settings *a, const struct settings *b);

#endif
