/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An engine with three ports among strangers. The input is a list of {operation u8, length u8 or
 * u16, bytes}: frames as they are, packets behind a header that lets them in, frames of clients,
 * clients, time.
 */
#include <stdlib.h>
#include <string.h>

#include "core/batman/batman.h"
#include "lib/wire.h"

enum op {
	OP_FRAME,  /* port, u16 length, whole frame */
	OP_PACKET, /* port and sender, u16 length, batman packet for us */
	OP_FLOOD,  /* the same, to everybody */
	OP_CLOUD,  /* u16 length, frame of a client */
	OP_CLIENT, /* what happens, which */
	OP_TIME,   /* u16 milliseconds */
	OP_COUNT,
};

static struct mac mac_of(uint8_t kind, uint8_t n)
{
	return (struct mac) { { 2, 0, 0, kind, 0, n } };
}

static void drain(struct outq *q)
{
	struct out o;
	unsigned int sum = 0;

	while (outq_pop(q, &o)) {
		for (size_t i = 0; i < o.len; i++)
			sum += o.data[i];
	}
	/* keeps the reads */
	__asm__ volatile("" : : "r"(sum));
}

/* Exactly as long as it is, so that a sanitizer sees the first byte beyond. */
static void frame_input(struct batman *b, int port, const void *data, size_t len, usec_t now)
{
	uint8_t *exact = malloc(len ? len : 1);

	memcpy(exact, data, len);
	if (port < 0)
		batman_cloud_input(b, exact, len, now);
	else
		batman_mesh_input(b, (uint16_t)port, exact, len, now);
	free(exact);
}

static void packet_input(struct batman *b, struct rd *r, bool flood, usec_t now)
{
	uint8_t who = rd_u8(r), frame[2048];
	struct rd body = rd_sub(r, rd_u16(r) & 0x7ff);
	struct mac to = flood ? MAC_BROADCAST : mac_of(0, who % 3), from = mac_of(1, who >> 4);
	struct wr w = wr_init(frame, sizeof(frame));

	wr_mac(&w, &to);
	wr_mac(&w, &from);
	wr_u16(&w, BATMAN_ETHERTYPE);
	wr_bytes(&w, body.p, rd_left(&body));
	if (wr_len(&w))
		frame_input(b, who % 3, frame, wr_len(&w), now);
}

static void client_input(struct batman *b, uint8_t what, usec_t now)
{
	struct mac m = mac_of(2, what >> 4);
	uint16_t vid = what & 4 ? BATMAN_VID_TAGGED | 5 : 0;

	switch (what & 3) {
	case 0:
		batman_client_seen(b, &m, vid, now);
		batman_client_wireless(b, &m, vid, what & 8, now);
		break;
	case 1:
		batman_client_gone(b, &m, vid, now);
		break;
	case 2:
		batman_client_fix(b, &m, vid, now);
		break;
	default:
		if (what & 8)
			batman_port_remove(b, what >> 4 & 3, now);
		else
			batman_port_set_mtu(b, what >> 4 & 3, 300 + what);
	}
}

/* Everything that can be asked. */
static void questions(struct batman *b)
{
	struct batman_orig o;
	struct batman_path p;
	struct batman_client c;
	struct mac at;
	uint32_t crc;

	for (uint32_t i = 0; batman_orig_next(b, &i, &o);)
		batman_crc(b, &o.mac, 0, &crc);
	for (uint32_t i = 0; batman_path_next(b, &i, &p);)
		;
	for (uint32_t i = 0; batman_neighbour_next(b, &i, &p);)
		;
	for (uint32_t i = 0; batman_local_next(b, &i, &c);)
		batman_lookup(b, &c.mac, c.vid, &at);
	for (uint32_t i = 0; batman_global_next(b, &i, &c);)
		batman_lookup(b, &c.mac, c.vid, &at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint64_t buf[64 * 1024 / 8];
	struct batman_limits limits = { .ports = 3,
					.originators = 24,
					.paths = 48,
					.clients_global = 32,
					.clients_local = 24,
					.reassemblies = 3,
					.rebroadcasts = 4 };
	struct batman_conf conf = { .orig_interval_ms = 200,
				    .hop_penalty = 30,
				    .fragmentation = true,
				    .aggregation = true,
				    .network_id = { 1 },
				    .ssid = "x",
				    .ssid_len = 1,
				    .cloud_mac = mac_of(3, 0) };
	struct rd r = rd_init(data, len), part;
	usec_t now = 100 * USEC_S;
	struct outq q;
	struct batman *b;

	outq_init(&q, buf, sizeof(buf));
	b = batman_new(&conf, &limits, &q, rng_init(1), now);
	for (uint8_t i = 0; i < 3; i++) {
		struct batman_port_conf p = { .mac = mac_of(0, i),
					      .mtu = i ? 1500 : 600,
					      .wireless = i == 2 };

		batman_port_add(b, i, &p, now);
	}
	while (rd_left(&r)) {
		uint8_t op = rd_u8(&r), port;

		switch (op % OP_COUNT) {
		case OP_FRAME:
			port = rd_u8(&r);
			part = rd_sub(&r, rd_u16(&r));
			frame_input(b, port & 3, part.p, rd_left(&part), now);
			break;
		case OP_PACKET:
			packet_input(b, &r, false, now);
			break;
		case OP_FLOOD:
			packet_input(b, &r, true, now);
			break;
		case OP_CLOUD:
			part = rd_sub(&r, rd_u16(&r));
			frame_input(b, -1, part.p, rd_left(&part), now);
			break;
		case OP_CLIENT:
			client_input(b, rd_u8(&r), now);
			break;
		default:
			now += rd_u16(&r) * USEC_MS;
			batman_tick(b, now);
			if (batman_deadline(b) <= now)
				abort();
		}
		drain(&q);
	}
	questions(b);
	batman_free(b);
	return 0;
}
