/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "admin_boxes.h"
#include "core/state/state_msg.h"

struct box boxes[NODES];
struct stand_in admin, other;
usec_t now;
bool joined;

static struct ip6 address(int i)
{
	return (struct ip6) { { 0xfe, 0x80, [15] = (uint8_t)(i + 1) } };
}

static void do_effect(int i, const struct effect *e)
{
	struct box *b = &boxes[i];

	if (e->kind == EFFECT_DATAGRAM && joined && boxes[!i].node) {
		uint8_t copy[STATE_DATAGRAM_MAX];
		struct event d = { .kind = EVENT_DATAGRAM };

		memcpy(copy, e->datagram.data, e->datagram.len);
		d.datagram = (struct event_datagram) {
			.port = 0, .from = address(i), .data = copy, .len = e->datagram.len
		};
		feed(!i, &d);
	}
	if (e->kind == EFFECT_STORE) {
		assert_true(e->store.len <= sizeof(b->file[0]));
		memcpy(b->file[e->store.file], e->store.data, e->store.len);
		b->len[e->store.file] = e->store.len;
		b->writes += e->store.file == STORE_SETTINGS;
		b->snapshots += e->store.file == STORE_SNAPSHOT;
	}
	if (e->kind == EFFECT_NOTICE && e->notice.notice == NOTICE_SETTINGS) {
		b->told++;
		text_copy(b->text, sizeof(b->text), e->notice.text);
	}
}

void feed(int i, const struct event *e)
{
	struct effect effect;

	node_input(boxes[i].node, e, now);
	while (node_effect(boxes[i].node, &effect))
		do_effect(i, &effect);
}

void run(usec_t span)
{
	struct event timer = { .kind = EVENT_TIMER };
	usec_t end = now + span;

	while (now < end) {
		usec_t next = end;

		for (int i = 0; i < NODES; i++)
			next = usec_min(next, boxes[i].node ? node_deadline(boxes[i].node) : end);
		now = next > now ? next : now + 1;
		for (int i = 0; i < NODES; i++)
			if (boxes[i].node && node_deadline(boxes[i].node) <= now)
				feed(i, &timer);
	}
}

void join(void)
{
	joined = true;
	for (int i = 0; i < NODES; i++) {
		struct event e = { .kind = EVENT_NEIGHBOUR };

		e.neighbour =
			(struct event_neighbour) { .port = 0, .cost = 96, .address = address(!i) };
		if (boxes[i].node)
			feed(i, &e);
	}
}

void boot(int i)
{
	struct box *b = &boxes[i];
	struct node_setup s = { .conf = &b->conf, .crypto = &b->keys.crypto };
	struct event load = { .kind = EVENT_LOAD }, port = { .kind = EVENT_PORT };
	int err;

	s.primary_mac = (struct mac) { { 2, 0, 0, 0, 0, (uint8_t)(i + 1) } };
	s.boot_epoch = ++b->boots;
	s.seed = (uint64_t)i + 1;
	memcpy(b->started_with, b->file[STORE_SETTINGS], sizeof(b->started_with));
	if (b->len[STORE_SETTINGS])
		assert_int_equal(
			settings_decode(b->started_with, b->len[STORE_SETTINGS], &s.settings), 0);
	b->node = node_new(&s, now, &err);
	assert_non_null(b->node);
	load.load = (struct event_load) { b->file[STORE_SNAPSHOT], b->len[STORE_SNAPSHOT] };
	feed(i, &load);
	assert_int_equal(node_load_error(b->node), 0);
	port.port = (struct event_port) { .port = 0, .carrier = true, .mtu = 1500 };
	port.port.mac = (struct mac) { { 2, 0, 0, 0, 1, (uint8_t)(i + 1) } };
	strcpy(port.port.name, "eth0");
	feed(i, &port);
	if (joined)
		join();
}

void off(int i)
{
	node_free(boxes[i].node);
	boxes[i].node = NULL;
}

int setup(void **state)
{
	(void)state;
	memset(boxes, 0, sizeof(boxes));
	now = 1000 * USEC_S;
	joined = false;
	stand_in_init(&admin, 100, "");
	stand_in_init(&other, 101, "");
	for (int i = 0; i < NODES; i++) {
		conf_init(&boxes[i].conf);
		stand_in_init(&boxes[i].keys, (uint64_t)i + 1, "");
		boot(i);
	}
	join();
	run(5 * USEC_S);
	return 0;
}

int teardown(void **state)
{
	(void)state;
	for (int i = 0; i < NODES; i++)
		off(i);
	return 0;
}

int put(int i, const struct node_signed *records, unsigned int count, const struct stand_in *by)
{
	for (unsigned int k = 0; k < count; k++) {
		struct event e = { .kind = EVENT_CONTROL, .control.act = CONTROL_PUT_ADMIN };
		struct control_sign *s = &e.control.sign;
		uint8_t text[STATE_MSG_SIGNED_MAX];
		struct wr w = wr_init(text, sizeof(text));

		assert_int_equal(state_admin_message(node_state(boxes[i].node), &records[k].key,
						     records[k].value, records[k].len, &w),
				 0);
		*s = (struct control_sign) { .type = records[k].key.type,
					     .id_len = records[k].key.len,
					     .value = records[k].value,
					     .len = records[k].len };
		memcpy(s->id, records[k].key.id, sizeof(s->id));
		stand_in_sign(by->crypto.public_key, text, wr_len(&w), s->signature);
		feed(i, &e);
		if (node_put_error(boxes[i].node))
			return node_put_error(boxes[i].node);
	}
	return 0;
}

int password(int i, const struct stand_in *key, const struct stand_in *before)
{
	uint8_t message[ADMIN_LINK_MESSAGE];
	struct admin_chain chain = { .count = 0 };
	struct admin_link link;
	struct node_signed record;

	(void)node_admin(boxes[i].node, &chain);
	memset(&record, 0, sizeof(record));
	admin_link_message(chain.salt, before ? before->crypto.public_key : NULL,
			   key->crypto.public_key, message);
	memcpy(link.key, key->crypto.public_key, sizeof(link.key));
	stand_in_sign((before ? before : key)->crypto.public_key, message, sizeof(message),
		      link.signature);
	admin_add(&chain, &link);
	node_admin_record(&chain, &record);
	return put(i, &record, 1, key);
}
