/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file of --record. Even first byte: played back, as trama-sim --replay does. Odd: a head, then
 * entries; what decodes must encode to bytes that decode to the same.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "node/record_head.h"
#include "sim/recorder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t first[RECORD_HEAD_MAX + RECORD_ENTRY_MAX], second[sizeof(first)];

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void head(struct rd *r)
{
	struct record_head h, again;
	struct wr w = wr_init(first, sizeof(first));
	struct rd copy;

	if (record_head_decode(r, &h))
		return;
	record_head_encode(&w, &h);
	copy = rd_init(first, wr_len(&w));
	check(record_head_decode(&copy, &again) == 0 && again.start == h.start &&
	      again.conf_len == h.conf_len && memcmp(again.conf, h.conf, h.conf_len) == 0 &&
	      strcmp(again.setup.primary_name, h.setup.primary_name) == 0);
}

static void entry(struct rd r)
{
	struct wr w = wr_init(first, RECORD_ENTRY_MAX), w2 = wr_init(second, RECORD_ENTRY_MAX);
	struct rd copy;
	struct event e;
	uint64_t count;
	char hash[17];
	usec_t at;

	if (record_end_decode(&r, &count, hash) || record_event_decode(&r, &e, &at))
		return;
	record_event_encode(&w, &e, at);
	copy = rd_init(first, wr_len(&w));
	check(wr_len(&w) && record_event_decode(&copy, &e, &at) == 0);
	record_event_encode(&w2, &e, at);
	check(wr_len(&w) == wr_len(&w2) && memcmp(first, second, wr_len(&w)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_init(data, size);
	struct replay result;
	char err[256];

	if (size == 0)
		return 0;
	if (rd_u8(&r) % 2 == 0) {
		if (replay_run(r.p, rd_left(&r), &result, err, sizeof(err)))
			check(err[0]);
		return 0;
	}
	head(&r);
	while (rd_left(&r)) {
		struct rd e = rd_sub(&r, rd_u32(&r));

		if (rd_ok(&r))
			entry(e);
	}
	return 0;
}
