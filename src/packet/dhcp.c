/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/dhcp.h"

#include <errno.h>
#include <string.h>

enum {
	COOKIE = 0x63825363,
	HARDWARE_ETHERNET = 1,
	FLAG_BROADCAST = 0x8000,
	SNAME_LEN = 64,
	FILE_LEN = 128,
	OVERLOAD_FILE = 1,
	OVERLOAD_SNAME = 2,
	VALUE_MAX = 512, /* of one joined option; what is longer is cut */
};

/* The places where options are, in the order in which they are joined (RFC 3396 section 5). */
struct fields {
	struct rd part[3];
	unsigned count;
	uint32_t present[8]; /* bit per option */
};

struct value {
	uint8_t bytes[VALUE_MAX];
	size_t len;
	bool present;
};

/* The next option of a field; false at its end. Only the option field itself may end without an end
 * option. */
static bool option_next(struct rd *r, uint8_t *ret_option, struct rd *ret_value)
{
	do {
		if (rd_left(r) == 0)
			return false;
		*ret_option = rd_u8(r);
	} while (*ret_option == DHCP_OPT_PAD);
	if (*ret_option == DHCP_OPT_END)
		return false;
	*ret_value = rd_sub(r, rd_u8(r));
	return !r->bad;
}

/* False when it is broken. */
static bool field_add(struct fields *f, struct rd r)
{
	struct rd value;
	uint8_t option;

	f->part[f->count++] = r;
	while (option_next(&r, &option, &value))
		f->present[option / 32] |= 1u << option % 32;
	return rd_ok(&r);
}

static void value_find(const struct fields *f, uint8_t wanted, struct value *ret)
{
	ret->len = 0;
	ret->present = f->present[wanted / 32] >> wanted % 32 & 1;
	for (unsigned i = 0; ret->present && i < f->count; i++) {
		struct rd r = f->part[i], piece;
		uint8_t option;

		while (option_next(&r, &option, &piece)) {
			size_t n = rd_left(&piece);

			if (option != wanted)
				continue;
			if (n > VALUE_MAX - ret->len)
				n = VALUE_MAX - ret->len;
			rd_copy(&piece, ret->bytes + ret->len, n);
			ret->len += n;
		}
	}
}

static struct rd value_rd(const struct fields *f, uint8_t option, struct value *v)
{
	value_find(f, option, v);
	return rd_init(v->bytes, v->len);
}

/* A number of `size` bytes; *bad when the option is there with another length. */
static uint32_t value_number(const struct fields *f, uint8_t option, size_t size, bool *bad)
{
	struct value v;
	struct rd r = value_rd(f, option, &v);

	if (!v.present)
		return 0;
	if (v.len != size)
		*bad = true;
	return size == 4 ? rd_u32(&r) : size == 2 ? rd_u16(&r) : rd_u8(&r);
}

/* The first of one or more addresses. */
static struct ip4 value_ip4(const struct fields *f, uint8_t option, bool *bad)
{
	struct value v;
	struct rd r = value_rd(f, option, &v);

	if (!v.present)
		return (struct ip4) { 0 };
	if (v.len == 0 || v.len % 4 != 0)
		*bad = true;
	return rd_ip4(&r);
}

static void text_take(struct rd *r, char ret[static DHCP_NAME_MAX])
{
	size_t n = rd_left(r);

	if (n > DHCP_NAME_MAX - 1)
		n = DHCP_NAME_MAX - 1;
	rd_copy(r, ret, n);
	ret[n] = '\0';
}

static void value_text(const struct fields *f, uint8_t option, char ret[static DHCP_NAME_MAX])
{
	struct value v;
	struct rd r = value_rd(f, option, &v);

	text_take(&r, ret);
}

/* Flags, two obsolete bytes, then the name: as labels when flag E is set, else as text (RFC 4702
 * section 2). */
static void fqdn_decode(const struct fields *f, char ret[static DHCP_NAME_MAX])
{
	struct value v;
	struct rd r = value_rd(f, DHCP_OPT_FQDN, &v);
	uint8_t flags = rd_u8(&r);

	rd_skip(&r, 2);
	if (flags & 4) {
		struct rd label = rd_sub(&r, rd_u8(&r));

		text_take(&label, ret);
	} else {
		text_take(&r, ret);
	}
}

static void wanted_decode(const struct fields *f, struct dhcp_msg *m)
{
	struct value v;
	struct rd r = value_rd(f, DHCP_OPT_WANTED, &v);

	m->has_wanted = v.present;
	while (rd_left(&r) > 0) {
		uint8_t option = rd_u8(&r);

		m->wanted[option / 32] |= 1u << option % 32;
	}
}

static void options_decode(const struct fields *f, struct dhcp_msg *m, bool *bad)
{
	struct value v;
	size_t len;

	m->type = (uint8_t)value_number(f, DHCP_OPT_TYPE, 1, bad);
	m->requested = value_ip4(f, DHCP_OPT_REQUESTED, bad);
	m->server_id = value_ip4(f, DHCP_OPT_SERVER_ID, bad);
	m->mask = value_ip4(f, DHCP_OPT_MASK, bad);
	m->router = value_ip4(f, DHCP_OPT_ROUTER, bad);
	m->dns = value_ip4(f, DHCP_OPT_DNS, bad);
	m->lease_s = value_number(f, DHCP_OPT_LEASE, 4, bad);
	m->t1_s = value_number(f, DHCP_OPT_T1, 4, bad);
	m->t2_s = value_number(f, DHCP_OPT_T2, 4, bad);
	m->mtu = (uint16_t)value_number(f, DHCP_OPT_MTU, 2, bad);
	m->max_size = (uint16_t)value_number(f, DHCP_OPT_MAX_SIZE, 2, bad);
	value_find(f, DHCP_OPT_CLIENT_ID, &v);
	len = v.len < DHCP_ID_MAX ? v.len : DHCP_ID_MAX;
	memcpy(m->id, v.bytes, len);
	m->id_len = (uint8_t)len;
	value_text(f, DHCP_OPT_DOMAIN, m->domain);
	value_text(f, DHCP_OPT_HOSTNAME, m->hostname);
	if (!m->hostname[0])
		fqdn_decode(f, m->hostname);
	wanted_decode(f, m);
	value_find(f, DHCP_OPT_TRAMA, &v);
	m->trama = v.len == strlen(DHCP_MARK) && memcmp(v.bytes, DHCP_MARK, v.len) == 0;
}

int dhcp_decode(struct rd *r, struct dhcp_msg *ret)
{
	struct dhcp_msg m = { .op = rd_u8(r) };
	uint8_t hardware = rd_u8(r);
	uint8_t hardware_len = rd_u8(r);
	struct fields f = { .count = 0 };
	struct rd sname, file;
	uint32_t overload;
	bool bad = false;

	m.hops = rd_u8(r);
	m.xid = rd_u32(r);
	m.secs = rd_u16(r);
	m.broadcast = rd_u16(r) & FLAG_BROADCAST;
	m.ciaddr = rd_ip4(r);
	m.yiaddr = rd_ip4(r);
	m.siaddr = rd_ip4(r);
	m.giaddr = rd_ip4(r);
	m.chaddr = rd_mac(r);
	rd_skip(r, 10); /* rest of the hardware address */
	sname = rd_sub(r, SNAME_LEN);
	file = rd_sub(r, FILE_LEN);
	if (rd_u32(r) != COOKIE || hardware != HARDWARE_ETHERNET || hardware_len != 6)
		return -EBADMSG;
	if (!field_add(&f, rd_rest(r)))
		return -EBADMSG;
	overload = value_number(&f, DHCP_OPT_OVERLOAD, 1, &bad);
	if (overload & OVERLOAD_FILE)
		bad |= !field_add(&f, file);
	if (overload & OVERLOAD_SNAME)
		bad |= !field_add(&f, sname);
	options_decode(&f, &m, &bad);
	if (bad)
		return -EBADMSG;
	*ret = m;
	return 0;
}

bool dhcp_wants(const struct dhcp_msg *m, uint8_t option)
{
	return m->wanted[option / 32] >> option % 32 & 1;
}

void dhcp_encode_begin(struct wr *w, const struct dhcp_msg *m)
{
	wr_u8(w, m->op);
	wr_u8(w, HARDWARE_ETHERNET);
	wr_u8(w, 6);
	wr_u8(w, m->hops);
	wr_u32(w, m->xid);
	wr_u16(w, m->secs);
	wr_u16(w, m->broadcast ? FLAG_BROADCAST : 0);
	wr_ip4(w, &m->ciaddr);
	wr_ip4(w, &m->yiaddr);
	wr_ip4(w, &m->siaddr);
	wr_ip4(w, &m->giaddr);
	wr_mac(w, &m->chaddr);
	wr_zero(w, 10 + SNAME_LEN + FILE_LEN);
	wr_u32(w, COOKIE);
	if (m->type)
		dhcp_encode_option(w, DHCP_OPT_TYPE, &m->type, 1);
}

void dhcp_encode_option(struct wr *w, uint8_t option, const void *data, size_t len)
{
	struct rd r = rd_init(data, len);

	while (rd_left(&r) > 0) {
		size_t n = rd_left(&r) < UINT8_MAX ? rd_left(&r) : UINT8_MAX;

		wr_u8(w, option);
		wr_u8(w, (uint8_t)n);
		wr_bytes(w, rd_take(&r, n), n);
	}
}

void dhcp_encode_u16(struct wr *w, uint8_t option, uint16_t v)
{
	wr_u8(w, option);
	wr_u8(w, 2);
	wr_u16(w, v);
}

void dhcp_encode_u32(struct wr *w, uint8_t option, uint32_t v)
{
	wr_u8(w, option);
	wr_u8(w, 4);
	wr_u32(w, v);
}

void dhcp_encode_ip4(struct wr *w, uint8_t option, const struct ip4 *a)
{
	wr_u8(w, option);
	wr_u8(w, 4);
	wr_ip4(w, a);
}

void dhcp_encode_text(struct wr *w, uint8_t option, const char *text)
{
	dhcp_encode_option(w, option, text, strlen(text));
}

void dhcp_encode_end(struct wr *w)
{
	wr_u8(w, DHCP_OPT_END);
	if (wr_len(w) > 0 && wr_len(w) < DHCP_LEN_MIN)
		wr_zero(w, DHCP_LEN_MIN - wr_len(w));
}

static void encode_ip4_present(struct wr *w, uint8_t option, const struct ip4 *a)
{
	if (!ip4_is_zero(a))
		dhcp_encode_ip4(w, option, a);
}

static void encode_u32_present(struct wr *w, uint8_t option, uint32_t v)
{
	if (v)
		dhcp_encode_u32(w, option, v);
}

static void wanted_encode(struct wr *w, const struct dhcp_msg *m)
{
	uint8_t list[UINT8_MAX];
	struct wr lw = wr_init(list, sizeof(list));

	for (unsigned option = 1; option < DHCP_OPT_END; option++)
		if (dhcp_wants(m, (uint8_t)option))
			wr_u8(&lw, (uint8_t)option);
	dhcp_encode_option(w, DHCP_OPT_WANTED, list, wr_len(&lw));
}

void dhcp_encode(struct wr *w, const struct dhcp_msg *m)
{
	dhcp_encode_begin(w, m);
	encode_ip4_present(w, DHCP_OPT_REQUESTED, &m->requested);
	encode_ip4_present(w, DHCP_OPT_SERVER_ID, &m->server_id);
	encode_ip4_present(w, DHCP_OPT_MASK, &m->mask);
	encode_ip4_present(w, DHCP_OPT_ROUTER, &m->router);
	encode_ip4_present(w, DHCP_OPT_DNS, &m->dns);
	encode_u32_present(w, DHCP_OPT_LEASE, m->lease_s);
	encode_u32_present(w, DHCP_OPT_T1, m->t1_s);
	encode_u32_present(w, DHCP_OPT_T2, m->t2_s);
	if (m->mtu)
		dhcp_encode_u16(w, DHCP_OPT_MTU, m->mtu);
	if (m->max_size)
		dhcp_encode_u16(w, DHCP_OPT_MAX_SIZE, m->max_size);
	dhcp_encode_option(w, DHCP_OPT_CLIENT_ID, m->id, m->id_len);
	dhcp_encode_text(w, DHCP_OPT_HOSTNAME, m->hostname);
	dhcp_encode_text(w, DHCP_OPT_DOMAIN, m->domain);
	wanted_encode(w, m);
	if (m->trama)
		dhcp_encode_text(w, DHCP_OPT_TRAMA, DHCP_MARK);
	dhcp_encode_end(w);
}
