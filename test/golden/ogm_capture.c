/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ogm_capture DIRECTORY: engines that talk in virtual time, and a capture of every port, named
 * PORT.pcap; the file `ports` has a line "NODE PORT DEVICE MAC" for each.
 *
 *	0, 0, 1, 1, 2 --- wire 0, wired; 0 and 1 have two ports there
 *	2, 3, 4 --------- wire 1, wireless
 *
 * First nothing is lost, then some of what port 0, then of what port 1 of every node sends.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../unit/batman_net.h"
#include "lib/hash.h"

#define PHASE_MS 12000
#define LOSS_PERCENT 25
#define PCAP_MAGIC 0xa1b2c3d4
#define PCAP_VERSION (4u << 16 | 2) /* 2.4 */
#define PCAP_ETHERNET 1

static const struct end {
	int node, port, wire;
} ends[] = { { 0, 0, 0 }, { 0, 1, 0 }, { 1, 0, 0 }, { 1, 1, 0 },
	     { 2, 0, 0 }, { 2, 1, 1 }, { 3, 0, 1 }, { 4, 0, 1 } };
#define ENDS (sizeof(ends) / sizeof(ends[0]))

struct captures {
	FILE *file[ENDS];
	unsigned int done; /* of the frames of n->flight */
	usec_t last;	   /* no two frames have one time, or their order would be lost */
	int lossy;	   /* port; -1: none */
};

static void put_u32(FILE *f, uint32_t v)
{
	fwrite(&v, sizeof(v), 1, f);
}

static void put_frame(FILE *f, usec_t at, const uint8_t *frame, size_t len)
{
	put_u32(f, (uint32_t)(at / USEC_S));
	put_u32(f, (uint32_t)(at % USEC_S));
	put_u32(f, (uint32_t)len);
	put_u32(f, (uint32_t)len);
	fwrite(frame, len, 1, f);
}

/* For all who could have heard it. */
static bool is_lost(const struct captures *c, const uint8_t *frame, size_t len, usec_t at)
{
	const struct hash_key key = { .k0 = (uint64_t)at };

	return frame[11] == c->lossy && hash_bytes(&key, frame, len) % 100 < LOSS_PERCENT;
}

static bool drop(struct net *n, int from, int to, const uint8_t *frame, size_t len, void *arg)
{
	(void)from, (void)to;
	return is_lost(arg, frame, len, n->now);
}

/* What has been on the wires since the last time: who sent it has that even when it was lost. */
static void captures_write(struct captures *c, const struct net *n)
{
	for (; c->done != n->head; c->done++) {
		const struct net_flight *f = &n->flight[c->done % 4096];

		c->last = f->at > c->last ? f->at : c->last + 1;
		for (size_t i = 0; i < ENDS; i++) {
			bool own = f->data[10] == ends[i].node && f->data[11] == ends[i].port;

			if (ends[i].wire != f->wire)
				continue;
			if (own)
				put_frame(c->file[i], c->last - NET_LATENCY_US, f->data, f->len);
			else if (!is_lost(c, f->data, f->len, f->at))
				put_frame(c->file[i], c->last, f->data, f->len);
		}
	}
}

static void captures_open(struct captures *c, const char *directory)
{
	char path[500];
	FILE *ports;

	snprintf(path, sizeof(path), "%s/ports", directory);
	ports = fopen(path, "w");
	for (size_t i = 0; ports && i < ENDS; i++) {
		const struct end *e = &ends[i];

		fprintf(ports, "%d p%d%d - 02:00:00:00:%02x:%02x\n", e->node, e->node, e->port,
			(unsigned int)e->node, (unsigned int)e->port);
		snprintf(path, sizeof(path), "%s/p%d%d.pcap", directory, e->node, e->port);
		c->file[i] = fopen(path, "wb");
		if (!c->file[i])
			exit(1);
		put_u32(c->file[i], PCAP_MAGIC);
		put_u32(c->file[i], PCAP_VERSION);
		put_u32(c->file[i], 0);
		put_u32(c->file[i], 0);
		put_u32(c->file[i], 65535);
		put_u32(c->file[i], PCAP_ETHERNET);
	}
	if (!ports || fclose(ports))
		exit(1);
}

int main(int argc, char **argv)
{
	struct captures c = { .lossy = -1 };
	struct net *n = net_new();
	int booted = -1;

	if (argc != 2)
		return 2;
	captures_open(&c, argv[1]);
	n->drop = drop;
	n->arg = &c;
	for (size_t i = 0; i < ENDS; i++) {
		struct batman_conf conf = net_conf(ends[i].node);

		conf.orig_interval_ms = 200;
		if (ends[i].node != booted)
			net_boot(n, ends[i].node, &conf);
		booted = ends[i].node;
		net_port(n, ends[i].node, ends[i].port, ends[i].wire, ends[i].wire == 1);
	}
	for (; c.lossy <= 1; c.lossy++) {
		for (int ms = 0; ms < PHASE_MS; ms += 100) {
			net_run(n, 100 * USEC_MS);
			captures_write(&c, n);
		}
	}
	for (size_t i = 0; i < ENDS; i++) {
		if (fclose(c.file[i]))
			return 1;
	}
	net_free(n);
	return 0;
}
