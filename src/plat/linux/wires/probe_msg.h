/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What probes send and get: echo requests, one DNS question, one HTTP request. */
#ifndef PLAT_PROBE_MSG_H
#define PLAT_PROBE_MSG_H

#include "lib/addr.h"

#define PROBE_DNS_MAX 512 /* RFC 1035 section 4.2.1 */
#define PROBE_HTTP_MAX 2048

/* An ICMP (RFC 792) echo request with its checksum, or an ICMPv6 one (RFC 4443), whose checksum the
 * kernel fills in. */
void probe_echo_encode(struct wr *w, bool v6, uint16_t id, uint16_t seq);
/* Is this the answer to it: ICMP with the IPv4 header in front, as a raw socket gives it; ICMPv6
 * without. */
bool probe_echo_answer(struct rd *r, bool v6, uint16_t id, uint16_t seq);

/* A question for the A record of `name`, or AAAA with v6, recursion desired; w is bad if it is no
 * name. */
void probe_dns_encode(struct wr *w, uint16_t id, const char *name, bool v6);

struct probe_dns {
	uint8_t rcode;
	struct ip4 address;  /* the first A record, zero = none */
	struct ip6 address6; /* the first AAAA record, zero = none */
};

/* 0; -EAGAIN: not the answer to this question; -EBADMSG. */
int probe_dns_answer(struct rd *r, uint16_t id, struct probe_dns *ret);

struct probe_http {
	uint16_t status;
	const char *body; /* within text, not terminated */
	size_t body_len;
};

/* What came so far; `end` when no more will. 0, -EAGAIN: more is needed, -EBADMSG: not HTTP. */
int probe_http_answer(const char *text, size_t len, bool end, struct probe_http *ret);

#endif
