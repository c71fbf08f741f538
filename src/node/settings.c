/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/settings.h"

#include <errno.h>
#include <string.h>

#include "core/cloud/cloud.h"
#include "core/state/snapshot.h"

uint32_t settings_realm(const uint8_t *network_id)
{
	struct rd r = rd_init(network_id, 16);
	uint32_t realm = rd_u32(&r);

	return realm == SETTINGS_NETWORK ? 1 : realm;
}

uint32_t settings_realm_of(const struct conf *c)
{
	struct cloud_conf cc = cloud_conf_init(c->wifi.ap_ssid, strlen(c->wifi.ap_ssid));
	struct cloud cloud;

	return cloud_derive(&cc, NULL, &cloud) ? 0 : settings_realm(cloud.network_id);
}

static void put_text(struct wr *w, const struct conf_text *t)
{
	wr_u16(w, (uint16_t)t->len);
	wr_bytes(w, t->text, t->len);
}

size_t settings_encode(const struct settings *s, uint8_t *buf, size_t cap)
{
	struct wr w = wr_init(buf, cap);
	size_t mark = snapshot_begin(&w);

	wr_u32(&w, s->realm);
	put_text(&w, &s->network);
	put_text(&w, &s->cloud);
	return snapshot_end(&w, mark);
}

static struct conf_text get_text(struct rd *r)
{
	size_t len = rd_u16(r);
	const uint8_t *p = rd_take(r, len);

	return (struct conf_text) { (const char *)p, p ? len : 0 };
}

int settings_decode(const uint8_t *file, size_t len, struct settings *ret)
{
	struct settings s = { .realm = 0 };
	struct rd r;
	int err = snapshot_open(file, len, &r);

	memset(ret, 0, sizeof(*ret));
	if (err)
		return err;
	s.realm = rd_u32(&r);
	s.network = get_text(&r);
	s.cloud = get_text(&r);
	if (!rd_done(&r) || s.network.len > CONF_SETTINGS_MAX || s.cloud.len > CONF_SETTINGS_MAX)
		return -EBADMSG;
	*ret = s;
	return 0;
}

static bool text_equal(const struct conf_text *a, const struct conf_text *b)
{
	return a->len == b->len && (!a->len || !memcmp(a->text, b->text, a->len));
}

bool settings_equal(const struct settings *a, const struct settings *b)
{
	return text_equal(&a->network, &b->network) && text_equal(&a->cloud, &b->cloud) &&
	       (a->realm == b->realm || !a->cloud.len);
}
