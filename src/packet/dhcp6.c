/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/dhcp6.h"

#include <errno.h>

enum { DUID_TYPE_LL = 3, HARDWARE_ETHERNET = 1 };

static void duid_decode(struct rd *v, uint8_t *ret, uint8_t *ret_len, bool *bad)
{
	size_t len = rd_left(v);

	if (len == 0 || len > DHCP6_DUID_MAX) {
		*bad = true;
		return;
	}
	rd_copy(v, ret, len);
	*ret_len = (uint8_t)len;
}

static void wanted_decode(struct rd *v, struct dhcp6_msg *m)
{
	while (rd_left(v) >= 2) {
		uint16_t option = rd_u16(v);

		m->wants_dns |= option == DHCP6_OPT_DNS;
		m->wants_search |= option == DHCP6_OPT_SEARCH;
	}
}

static void option_decode(uint16_t option, struct rd *v, struct dhcp6_msg *m, bool *bad)
{
	switch (option) {
	case DHCP6_OPT_CLIENT_ID:
		duid_decode(v, m->client_id, &m->client_id_len, bad);
		break;
	case DHCP6_OPT_SERVER_ID:
		duid_decode(v, m->server_id, &m->server_id_len, bad);
		break;
	case DHCP6_OPT_IA_NA:
	case DHCP6_OPT_IA_TA:
	case DHCP6_OPT_IA_PD:
		m->has_ia = true;
		break;
	case DHCP6_OPT_WANTED:
		wanted_decode(v, m);
		break;
	case DHCP6_OPT_DNS:
		m->dns = rd_ip6(v);
		break;
	case DHCP6_OPT_SEARCH:
		*bad |= name_decode(v, m->search) < 0;
		break;
	case DHCP6_OPT_REFRESH:
		m->refresh_s = rd_u32(v);
		break;
	default:
		break;
	}
	*bad |= !rd_ok(v);
}

int dhcp6_decode(struct rd *r, struct dhcp6_msg *ret)
{
	struct dhcp6_msg m = { .type = rd_u8(r) };
	bool bad = false;

	m.xid = (uint32_t)rd_u8(r) << 16;
	m.xid |= rd_u16(r);
	while (rd_left(r) > 0) {
		uint16_t option = rd_u16(r);
		struct rd value = rd_sub(r, rd_u16(r));

		if (rd_ok(r))
			option_decode(option, &value, &m, &bad);
	}
	if (!rd_done(r) || bad)
		return -EBADMSG;
	*ret = m;
	return 0;
}

static void option_encode(struct wr *w, uint16_t option, const void *data, size_t len)
{
	wr_u16(w, option);
	wr_u16(w, (uint16_t)len);
	wr_bytes(w, data, len);
}

static void wanted_encode(struct wr *w, const struct dhcp6_msg *m)
{
	wr_u16(w, DHCP6_OPT_WANTED);
	wr_u16(w, (uint16_t)(2 * (m->wants_dns + m->wants_search)));
	if (m->wants_dns)
		wr_u16(w, DHCP6_OPT_DNS);
	if (m->wants_search)
		wr_u16(w, DHCP6_OPT_SEARCH);
}

void dhcp6_encode(struct wr *w, const struct dhcp6_msg *m)
{
	wr_u8(w, m->type);
	wr_u8(w, (uint8_t)(m->xid >> 16));
	wr_u16(w, (uint16_t)m->xid);
	if (m->client_id_len)
		option_encode(w, DHCP6_OPT_CLIENT_ID, m->client_id, m->client_id_len);
	if (m->server_id_len)
		option_encode(w, DHCP6_OPT_SERVER_ID, m->server_id, m->server_id_len);
	if (m->wants_dns || m->wants_search)
		wanted_encode(w, m);
	if (!ip6_is_zero(&m->dns))
		option_encode(w, DHCP6_OPT_DNS, m->dns.b, sizeof(m->dns.b));
	if (m->search[0]) {
		uint8_t name[NAME_MAX_TEXT + 1];
		struct wr nw = wr_init(name, sizeof(name));

		name_encode(&nw, m->search);
		w->bad |= wr_len(&nw) == 0;
		option_encode(w, DHCP6_OPT_SEARCH, name, wr_len(&nw));
	}
	if (m->refresh_s) {
		wr_u16(w, DHCP6_OPT_REFRESH);
		wr_u16(w, 4);
		wr_u32(w, m->refresh_s);
	}
}

void dhcp6_duid_ll(const struct mac *m, uint8_t ret[static DHCP6_DUID_LL])
{
	struct wr w = wr_init(ret, DHCP6_DUID_LL);

	wr_u16(&w, DUID_TYPE_LL);
	wr_u16(&w, HARDWARE_ETHERNET);
	wr_mac(&w, m);
}
