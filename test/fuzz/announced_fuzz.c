/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of services, notes and links: length u8 of the id, id, value. What is taken is written
 * again as the same. */
#include <stdlib.h>
#include <string.h>

#include "lib/wire.h"
#include "node/announced.h"
#include "node/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void service(const uint8_t *id, size_t id_len, const uint8_t *value, size_t len)
{
	uint8_t again[ANNOUNCED_VALUE_MAX];
	struct service s, t;

	if (!service_decode(id, id_len, value, len, &s))
		return;
	check(service_name_sound(s.name) && s.port > 0);
	len = service_encode(&s, again);
	check(len > 0 && service_decode(id, id_len, again, len, &t) && !memcmp(&s, &t, sizeof(s)));
}

static void note(const uint8_t *id, size_t id_len, const uint8_t *value, size_t len)
{
	uint8_t again[ANNOUNCED_VALUE_MAX];
	struct note n, t;

	if (!note_decode(id, id_len, value, len, &n))
		return;
	len = note_encode(&n, again);
	check(len > 0 && note_decode(id, id_len, again, len, &t) && !strcmp(n.text, t.text));
}

static void links(const uint8_t *value, size_t len)
{
	uint8_t again[STATE_VALUE_MAX];
	struct node_links l, t;

	if (!node_links_decode(value, len, &l))
		return;
	len = node_links_encode(&l, again);
	check(node_links_decode(again, len, &t) && l.count == t.count &&
	      !memcmp(l.list, t.list, l.count * sizeof(l.list[0])));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_init(data, size);
	size_t id_len = rd_u8(&r), len;
	const uint8_t *id = rd_take(&r, id_len), *value;

	if (!rd_ok(&r) || !id)
		return 0;
	len = rd_left(&r);
	value = rd_take(&r, len);
	service(id, id_len, value, len);
	note(id, id_len, value, len);
	links(value, len);
	return 0;
}
