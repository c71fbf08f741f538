/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/record_crypto.h"
#include "sim/recorder.h"

static int play(struct node *n, struct rd *file, const struct replay_crypto *crypto,
		struct replay *ret, char *err, size_t cap)
{
	struct record_hash hash = { 0 };
	usec_t now = 0, first = 0;
	struct effect effect;
	struct event e;

	while (rd_left(file) && !ret->has_end) {
		uint32_t len = rd_u32(file);
		struct rd entry = rd_init(rd_take(file, len), len);

		if (!rd_ok(file))
			break; /* cut off in the middle, as a power cut leaves it */
		if (record_end_decode(&entry, &ret->recorded_effects, ret->recorded_hash)) {
			ret->has_end = true;
			break;
		}
		if (record_event_decode(&entry, &e, &now)) {
			snprintf(err, cap, "entry %llu is malformed",
				 (unsigned long long)ret->events);
			return -EBADMSG;
		}
		if (!ret->events++)
			first = now;
		node_input(n, &e, now);
		while (node_effect(n, &effect))
			record_hash_effect(&hash, &effect, now);
		if (crypto->cut)
			break;
		if (crypto->failed) {
			snprintf(err, cap,
				 "in event %llu the node seals or signs something else than was "
				 "recorded",
				 (unsigned long long)ret->events);
			return -EBADMSG;
		}
	}
	ret->duration = now - first;
	ret->effects = hash.count;
	record_hash_text(&hash, ret->hash);
	return 0;
}

int replay_run(const uint8_t *file, size_t len, struct replay *ret, char *err, size_t cap)
{
	struct rd r = rd_init(file, len);
	struct conf *conf = malloc(sizeof(*conf));
	struct replay_crypto crypto = { .failed = false };
	struct conf_error conf_error;
	struct record_head head;
	struct node *n = NULL;
	int error = -ENOMEM;

	memset(ret, 0, sizeof(*ret));
	snprintf(err, cap, "out of memory");
	if (!conf)
		return -ENOMEM;
	error = record_head_decode(&r, &head);
	if (error) {
		snprintf(err, cap, "it is no recording of this version");
		goto out;
	}
	error = conf_parse(head.conf, head.conf_len, conf, &conf_error);
	if (error) {
		snprintf(err, cap, "its configuration, line %d: %s", conf_error.line,
			 conf_error.message);
		goto out;
	}
	head.setup.conf = conf;
	if (head.has_key) {
		replay_crypto_init(&crypto, head.public_key, head.sealed, &r);
		head.setup.crypto = &crypto.crypto;
	}
	n = node_new(&head.setup, head.start, &error);
	if (!n) {
		snprintf(err, cap, "the node cannot be made: %s", strerror(-error));
		goto out;
	}
	error = play(n, &r, &crypto, ret, err, cap);
out:
	node_free(n);
	free(conf);
	return error;
}
