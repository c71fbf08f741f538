/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/announced.h"

#include <string.h>

#include "lib/text.h"
#include "node/records_fields.h"

/* No control characters: it comes from others, and is shown. */
static bool text_get(struct rd *r, char ret[static ANNOUNCED_TEXT_MAX + 1])
{
	size_t len = rd_left(r);

	if (len > ANNOUNCED_TEXT_MAX)
		return false;
	field_get_text(r, ret, ANNOUNCED_TEXT_MAX + 1);
	for (size_t i = 0; i < len; i++)
		if ((uint8_t)ret[i] < 0x20 || ret[i] == 0x7f)
			return false;
	return true;
}

/* ---- services ---- */

bool service_name_sound(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++) {
		char c = text_lower(name[i]);
		bool is_inner = i > 0 && i < len - 1;

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		      (is_inner && (c == '-' || c == '_' || c == '.'))))
			return false;
	}
	return len > 0 && len <= SERVICE_NAME_MAX;
}

size_t service_encode(const struct service *s, uint8_t *ret)
{
	struct wr w = wr_init(ret, ANNOUNCED_VALUE_MAX);

	field_put_bytes(&w, FIELD_PROTOCOL, &s->protocol, sizeof(s->protocol));
	field_put_u32(&w, FIELD_PORT, s->port);
	field_put_bytes(&w, FIELD_IP6, s->address.b, sizeof(s->address.b));
	if (s->text[0])
		field_put_text(&w, FIELD_TEXT, s->text);
	return wr_len(&w);
}

static bool is_sound(const struct service *s, uint32_t port)
{
	return (s->protocol == SERVICE_TCP || s->protocol == SERVICE_UDP) && port > 0 &&
	       port <= UINT16_MAX && !ip6_is_zero(&s->address) && service_name_sound(s->name);
}

bool service_decode(const void *id, size_t id_len, const uint8_t *value, size_t len,
		    struct service *ret)
{
	struct rd r = rd_init(value, len), f, name = rd_init(id, id_len);
	uint32_t port = 0;
	uint8_t type;

	memset(ret, 0, sizeof(*ret));
	if (id_len > SERVICE_NAME_MAX || memchr(id, 0, id_len))
		return false;
	field_get_text(&name, ret->name, sizeof(ret->name));
	while (rd_tlv8(&r, &type, &f)) {
		if (type == FIELD_PROTOCOL)
			ret->protocol = rd_u8(&f);
		else if (type == FIELD_PORT)
			port = rd_u32(&f);
		else if (type == FIELD_IP6)
			ret->address = rd_ip6(&f);
		else if (type == FIELD_TEXT && !text_get(&f, ret->text))
			return false;
		if (!rd_ok(&f))
			return false;
	}
	ret->port = (uint16_t)port;
	return rd_done(&r) && is_sound(ret, port);
}

/* ---- notes ---- */

size_t note_encode(const struct note *n, uint8_t *ret)
{
	struct wr w = wr_init(ret, ANNOUNCED_VALUE_MAX);

	field_put_text(&w, FIELD_TEXT, n->text);
	return wr_len(&w);
}

bool note_decode(const void *id, size_t id_len, const uint8_t *value, size_t len, struct note *ret)
{
	struct rd r = rd_init(value, len), f, k = rd_init(id, id_len);
	uint8_t type;

	memset(ret, 0, sizeof(*ret));
	if (id_len != sizeof(struct mac) && id_len != sizeof(ret->id))
		return false;
	ret->len = (uint8_t)id_len;
	rd_copy(&k, ret->id, id_len);
	while (rd_tlv8(&r, &type, &f))
		if (type == FIELD_TEXT && !text_get(&f, ret->text))
			return false;
	return rd_done(&r) && ret->text[0];
}
