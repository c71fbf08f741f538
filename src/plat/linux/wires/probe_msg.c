/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/wires/probe_msg.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "packet/ip.h"
#include "packet/name.h"

#define ECHO4_REQUEST 8
#define ECHO4_REPLY 0
#define ECHO6_REQUEST 128
#define ECHO6_REPLY 129

#define DNS_RESPONSE 0x8000
#define DNS_RECURSION 0x0100
#define DNS_TYPE_A 1
#define DNS_TYPE_AAAA 28
#define DNS_CLASS_IN 1

void probe_echo_encode(struct wr *w, bool v6, uint16_t id, uint16_t seq)
{
	uint8_t *start = w->p;
	size_t mark;

	wr_u8(w, v6 ? ECHO6_REQUEST : ECHO4_REQUEST);
	wr_u8(w, 0);
	mark = wr_mark(w);
	wr_u16(w, 0);
	wr_u16(w, id);
	wr_u16(w, seq);
	wr_zero(w, 24);
	if (!v6 && !w->bad)
		wr_patch_u16(w, mark, sum_finish(sum_add(0, start, 32)));
}

bool probe_echo_answer(struct rd *r, bool v6, uint16_t id, uint16_t seq)
{
	uint8_t type, code;

	if (!v6) {
		uint8_t first = rd_u8(r);

		rd_skip(r, 4U * (first & 15U) - 1U);
	}
	type = rd_u8(r);
	code = rd_u8(r);
	rd_skip(r, 2);
	return rd_u16(r) == id && rd_u16(r) == seq && rd_ok(r) && code == 0 &&
	       type == (v6 ? ECHO6_REPLY : ECHO4_REPLY);
}

void probe_dns_encode(struct wr *w, uint16_t id, const char *name, bool v6)
{
	wr_u16(w, id);
	wr_u16(w, DNS_RECURSION);
	wr_u16(w, 1); /* questions */
	wr_zero(w, 6);
	name_encode(w, name);
	wr_u16(w, v6 ? DNS_TYPE_AAAA : DNS_TYPE_A);
	wr_u16(w, DNS_CLASS_IN);
}

/* Over one name, which may end in a pointer (RFC 1035 section 4.1.4). What it says is of no
 * concern. */
static void dns_name_skip(struct rd *r)
{
	for (;;) {
		uint8_t len = rd_u8(r);

		if (len == 0)
			return;
		if (len >= 0xc0) {
			rd_skip(r, 1);
			return;
		}
		rd_skip(r, len);
		if (!rd_ok(r))
			return;
	}
}

int probe_dns_answer(struct rd *r, uint16_t id, struct probe_dns *ret)
{
	uint16_t got = rd_u16(r), flags = rd_u16(r);
	uint16_t questions = rd_u16(r), answers = rd_u16(r);

	rd_skip(r, 4);
	if (!rd_ok(r))
		return -EBADMSG;
	if (got != id || !(flags & DNS_RESPONSE))
		return -EAGAIN;
	memset(ret, 0, sizeof(*ret));
	ret->rcode = flags & 15;
	for (uint16_t i = 0; i < questions && rd_ok(r); i++) {
		dns_name_skip(r);
		rd_skip(r, 4);
	}
	for (uint16_t i = 0; i < answers && rd_ok(r); i++) {
		uint16_t type, class, len;
		struct rd data;

		dns_name_skip(r);
		type = rd_u16(r);
		class = rd_u16(r);
		rd_skip(r, 4);
		len = rd_u16(r);
		data = rd_sub(r, len);
		if (type == DNS_TYPE_A && class == DNS_CLASS_IN && len == 4 &&
		    ip4_is_zero(&ret->address))
			ret->address = rd_ip4(&data);
		if (type == DNS_TYPE_AAAA && class == DNS_CLASS_IN && len == 16 &&
		    ip6_is_zero(&ret->address6))
			ret->address6 = rd_ip6(&data);
	}
	return rd_ok(r) ? 0 : -EBADMSG;
}

/* Where the body starts, 0 while the header has not ended: behind the first empty line. */
static size_t body_find(const char *text, size_t len)
{
	for (size_t i = 1; i < len; i++) {
		if (text[i] == '\n' && text[i - 1] == '\n')
			return i + 1;
		if (i >= 3 && memcmp(text + i - 3, "\r\n\r\n", 4) == 0)
			return i + 1;
	}
	return 0;
}

int probe_http_answer(const char *text, size_t len, bool end, struct probe_http *ret)
{
	static const char start[] = "HTTP/1.";
	size_t known = len < sizeof(start) - 1 ? len : sizeof(start) - 1;
	size_t body;

	if (memcmp(text, start, known) != 0)
		return -EBADMSG;
	if (len < 12)
		return end ? -EBADMSG : -EAGAIN;
	if (text[8] != ' ' || !isdigit((unsigned char)text[9]) ||
	    !isdigit((unsigned char)text[10]) || !isdigit((unsigned char)text[11]))
		return -EBADMSG;
	ret->status = (uint16_t)((text[9] - '0') * 100 + (text[10] - '0') * 10 + (text[11] - '0'));
	body = body_find(text, len);
	if (!body && !end)
		return -EAGAIN;
	ret->body = text + (body ? body : len);
	ret->body_len = body ? len - body : 0;
	return 0;
}
