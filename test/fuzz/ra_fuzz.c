/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames and time for the ra core: the input is a list of {what u8, length u8, bytes}. What it
 * learns is never an address of the gateway or of a group, and one frame causes at most one answer.
 */
#include <stdlib.h>
#include <string.h>

#include "core/ra/ra.h"
#include "packet/eth.h"
#include "packet/icmp6.h"
#include "packet/udp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static _Alignas(8) uint8_t out_buf[16384];
static struct ra ra;
static usec_t now;

static const struct ra_conf CONF = {
	.anycast_mac = { { 0xaa, 0xaa, 0xaa, 0x0d, 0xfe, 0xaa } },
	.network4 = { { { 10, 13, 0, 0 } }, 16 },
	.anycast4 = { { 10, 13, 0, 1 } },
	.anycast6 = { { 0xfd, 0x0d, [15] = 1 } },
	.prefix_count = 1,
	.prefixes = { { { { { 0xfd, 0x0d } }, 64 }, 86400, 14400 } },
	.lifetime_s = 1800,
	.mtu = 1350,
	.search = { "thisnode.info" },
};

static struct ip6 near_ip(struct rd *r)
{
	uint8_t kind = rd_u8(r);
	struct ip6 a = { { [15] = rd_u8(r) } };

	if (kind % 4 == 1) {
		a.b[0] = 0xfe;
		a.b[1] = 0x80;
	} else if (kind % 4 == 2) {
		a.b[0] = 0xfd;
		a.b[1] = 0x0d;
	} else if (kind % 4 == 3) {
		a = (struct ip6) { { 0xff, 2, [13] = 1, [15] = 2 } };
	}
	return a;
}

/* With a right checksum, which a fuzzer does not find by itself. */
static void feed_icmp6(struct rd *r)
{
	struct icmp6_path p = { .eth_src = { { 2, 0, 0, 0, 0, rd_u8(r) % 4 } },
				.hop_limit = 255,
				.src = near_ip(r),
				.dst = near_ip(r) };
	uint8_t type = (uint8_t)(ICMP6_RS + rd_u8(r) % 5);
	uint8_t frame[512];
	struct wr w = wr_init(frame, sizeof(frame));
	size_t mark = icmp6_begin(&w, &p, type, rd_u8(r) & 1);

	wr_bytes(&w, r->p, rd_left(r));
	icmp6_end(&w, mark);
	ra_input(&ra, frame, wr_len(&w), 1, now);
}

static void feed_udp6(struct rd *r)
{
	struct udp6_path p = { .eth_src = { { 2, 0, 0, 0, 0, rd_u8(r) % 4 } },
			       .src = near_ip(r),
			       .dst = near_ip(r),
			       .src_port = 546,
			       .dst_port = 547 };
	uint8_t frame[512];
	struct wr w = wr_init(frame, sizeof(frame));

	udp6_build(&w, &p, r->p, rd_left(r));
	ra_input(&ra, frame, wr_len(&w), 1, now);
}

static void pass_time(struct rd *r)
{
	now += (usec_t)(1 + rd_u8(r)) * USEC_S;
	if (ra_deadline(&ra) <= now)
		ra_tick(&ra, now);
	if (ra_deadline(&ra) <= now)
		abort();
}

static void check(void)
{
	struct ip6 router = ip6_link_local(&CONF.anycast_mac);
	unsigned sent = 0;
	struct out o;

	while (outq_pop(&ra.out, &o)) {
		struct ra_seen seen;

		sent += o.kind == RA_SEND;
		if (o.kind != RA_SEEN)
			continue;
		memcpy(&seen, o.data, sizeof(seen));
		if (ip6_is_multicast(&seen.addr) || ip6_is_zero(&seen.addr) ||
		    ip6_eq(&seen.addr, &router) || ip6_eq(&seen.addr, &CONF.anycast6) ||
		    !mac_is_station(&seen.mac) || mac_eq(&seen.mac, &CONF.anycast_mac))
			abort();
	}
	if (sent > 1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ra_setup setup = {
		.rng = rng_init(1), .seen_max = 8, .out_buf = out_buf, .out_cap = sizeof(out_buf)
	};
	struct rd r = rd_init(data, len);

	now = 1000 * USEC_S;
	if (ra_init(&ra, &CONF, &setup, now) < 0)
		abort();
	while (rd_left(&r) > 1) {
		uint8_t what = rd_u8(&r) % 4;
		size_t n = rd_u8(&r);
		struct rd part = rd_sub(&r, n < rd_left(&r) ? n : rd_left(&r));

		if (what == 0)
			ra_input(&ra, part.p, rd_left(&part), 1, now);
		else if (what == 1)
			feed_icmp6(&part);
		else if (what == 2)
			feed_udp6(&part);
		else
			pass_time(&part);
		check();
	}
	ra_done(&ra);
	return 0;
}
