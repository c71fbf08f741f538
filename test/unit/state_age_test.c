/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a disk brings back, and for how long: see core/state/state_age.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/state/state_msg.h"
#include "state_net.h"

#define CLOUD STATE_SCOPE_BIT(STATE_CLOUD)
#define LIFE 600 /* s */
#define OLD 5000 /* s, of a cloud that has been there for a while */
#define SLACK 15 /* s: ages are rounded up at each hop, and swept once a second */
#define DISK 8192

static const struct state_type types[] = {
	{ NET_CLIENT, STATE_CLOUD, STATE_SHARED, true, LIFE, 0, STATE_ADMIN_NONE },
	{ NET_BLOCK, STATE_CLOUD, STATE_OWNED, true, LIFE, 0, STATE_ADMIN_NONE },
};

struct disk {
	uint8_t data[DISK];
	size_t len;
};

static struct net *cloud(uint32_t n)
{
	struct net *net = net_new(n, 1);

	net->conf.types = types;
	net->conf.n_types = 2;
	for (uint32_t i = 0; i < n; i++)
		net_restart(net, i, 1);
	net_line(net, CLOUD, 0);
	net_run(net, OLD * USEC_S);
	return net;
}

static void off(struct net *net, uint32_t i, struct disk *d)
{
	struct wr w = wr_init(d->data, DISK);

	state_save(net->node[i].s, &w, net->now);
	d->len = wr_len(&w);
	assert_true(d->len > 0);
	/* what is left there hears nobody, and is heard by nobody */
	for (uint32_t j = 0; j < net->n; j++)
		net->link[i][j].up = net->link[j][i].up = false;
}

static void boot(struct net *net, uint32_t i, const struct disk *d)
{
	static uint32_t epoch = 10;
	struct rd r = rd_init(d->data, d->len);

	net_restart(net, i, ++epoch);
	assert_int_equal(state_load(net->node[i].s, &r, net->now), 0);
	net_drain(net, i);
}

static void up(struct net *net, uint32_t i, uint32_t j)
{
	net->link[i][j].up = net->link[j][i].up = true;
}

/* How much of its lifetime is over, -1 when it is not there. */
static long quiet(const struct net *net, uint32_t i, uint32_t id)
{
	struct state_key key = state_key_init(NET_CLIENT, &id, sizeof(id));
	struct state_view v;

	return state_get(net->node[i].s, &key, NULL, net->now, &v) ? -1 : (long)v.quiet_s;
}

/* Until `end` after `start` all have it, a little later nobody, and so it stays. */
static void ends_at(struct net *net, uint32_t id, usec_t end)
{
	net_run(net, end - SLACK * USEC_S - net->now);
	for (uint32_t i = 0; i < net->n; i++)
		assert_true(quiet(net, i, id) >= LIFE - 2 * SLACK);
	net_run(net, 2 * SLACK * USEC_S);
	for (int round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < net->n; i++)
			assert_int_equal(quiet(net, i, id), -1);
		net_run(net, 200 * USEC_S);
	}
}

static void test_reboot_does_not_prolong(void **state)
{
	struct net *net = cloud(3);
	struct disk d;
	usec_t start = net->now;

	(void)state;
	net_put(net, 0, NET_CLIENT, 1, "lease");
	net_run(net, 200 * USEC_S);
	for (uint32_t i = 0; i < 3; i++) { /* one after the other */
		off(net, i, &d);
		net_run(net, 60 * USEC_S);
		boot(net, i, &d);
		up(net, 0, 1);
		up(net, 1, 2);
		net_run(net, 20 * USEC_S);
		assert_in_range(quiet(net, i, 1), 200 + 80 * (i + 1), 200 + 80 * (i + 1) + SLACK);
	}
	ends_at(net, 1, start + LIFE * USEC_S);
	net_free(net);
}

/* A node that was away for longer than a deletion is remembered. */
static void test_long_off(void **state)
{
	struct net *net = cloud(2);
	uint64_t before;
	struct disk d;

	(void)state;
	net_put(net, 1, NET_CLIENT, 1, "lease");
	net_put(net, 1, NET_BLOCK, 1, "block");
	net_run(net, 10 * USEC_S);
	off(net, 1, &d);
	net_delete(net, 0, NET_CLIENT, 1);
	net_run(net, 200000 * USEC_S);
	assert_int_equal(state_count(net->node[0].s), 0);
	before = net->node[0].changed;
	boot(net, 1, &d);
	assert_int_equal(quiet(net, 1, 1), 0);
	up(net, 0, 1);
	net_run(net, 20 * USEC_S);
	assert_int_equal(quiet(net, 0, 1), -1);
	assert_int_equal(quiet(net, 1, 1), -1);
	/* what it owns itself is there for as long as it is */
	assert_string_equal(net_get(net, 0, NET_BLOCK, 1, 1), "block");
	assert_int_equal(net->node[0].changed, before + 1);
	assert_true(net_equal(net));
	net_free(net);
}

/* Once the neighbours have said how old it is, the node hears again of what it took for fresh; but
 * what was saved is told from the start. */
static void test_told_again(void **state)
{
	struct net *net = cloud(2);
	struct state_key key;
	struct state_view v;
	uint32_t id = 1;
	uint64_t before;
	struct disk d;

	(void)state;
	key = state_key_init(NET_CLIENT, &id, sizeof(id));
	net_put(net, 0, NET_CLIENT, 1, "lease");
	net_put(net, 0, NET_CLIENT, 2, "deleted");
	net_put(net, 0, NET_BLOCK, 1, "block");
	net_run(net, 100 * USEC_S);
	net_delete(net, 0, NET_CLIENT, 2);
	net_run(net, 10 * USEC_S);
	off(net, 1, &d);
	net_run(net, 200 * USEC_S);
	boot(net, 1, &d);
	assert_int_equal(state_get(net->node[1].s, &key, NULL, net->now, &v), 0);
	assert_int_equal(v.quiet_s, 0);
	assert_in_range(v.saved_quiet_s, 110, 110 + SLACK);
	assert_false(state_is_told(net->node[1].s));
	net_run(net, USEC_S);
	assert_true(state_is_told(net->node[1].s));
	before = net->node[1].changed;
	up(net, 0, 1);
	net_run(net, 20 * USEC_S);
	assert_int_equal(net->node[1].changed, before + 1);
	assert_memory_equal(&net->node[1].last_changed.key, &key, sizeof(key));
	assert_int_equal(state_get(net->node[1].s, &key, NULL, net->now, &v), 0);
	assert_in_range(v.quiet_s, 330, 331 + SLACK);
	assert_in_range(v.saved_quiet_s, 110, 110 + SLACK);
	net_free(net);
}

/* All are off, and were saved at different times: for nobody time went on. */
static void test_town_off(void **state)
{
	struct net *net = cloud(4);
	struct disk d[4];
	usec_t start;

	(void)state;
	net_put(net, 0, NET_CLIENT, 1, "lease");
	for (uint32_t i = 0; i < 4; i++) {
		net_run(net, 130 * USEC_S);
		off(net, i, &d[i]);
	}
	net_run(net, 20000 * USEC_S);
	for (uint32_t i = 0; i < 3; i++)
		boot(net, i, &d[i]);
	up(net, 0, 1);
	up(net, 1, 2);
	start = net->now;
	net_run(net, 20 * USEC_S);
	for (uint32_t i = 0; i < 3; i++)
		assert_in_range(quiet(net, i, 1), 20, 20 + SLACK);
	/* who comes back later prolongs nothing, either */
	net_run(net, 280 * USEC_S);
	boot(net, 3, &d[3]);
	up(net, 2, 3);
	net_run(net, 20 * USEC_S);
	assert_in_range(quiet(net, 3, 1), 320, 320 + SLACK);
	ends_at(net, 1, start + LIFE * USEC_S);
	net_free(net);
}

/* A part of the cloud was off and starts for itself: what it learns when it meets the others again
 * goes on from neighbour to neighbour. */
static void test_part_off(void **state)
{
	struct net *net = cloud(4);
	struct disk d[4];

	(void)state;
	net_put(net, 0, NET_CLIENT, 1, "lease");
	net_run(net, 10 * USEC_S);
	for (uint32_t i = 1; i < 4; i++)
		off(net, i, &d[i]);
	net_delete(net, 0, NET_CLIENT, 1);
	net_run(net, 20000 * USEC_S);
	for (uint32_t i = 1; i < 4; i++)
		boot(net, i, &d[i]);
	up(net, 1, 2);
	up(net, 2, 3);
	net_run(net, 100 * USEC_S);
	for (uint32_t i = 1; i < 4; i++)
		assert_in_range(quiet(net, i, 1), 100, 100 + SLACK);
	up(net, 0, 1);
	net_run(net, 30 * USEC_S);
	for (int round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < 4; i++)
			assert_int_equal(quiet(net, i, 1), -1);
		net_run(net, 200 * USEC_S);
	}
	net_free(net);
}

/* A neighbour that tells any time at all. */
static void say(struct net *net, uint32_t cloud_s, uint32_t fresh_s)
{
	static uint32_t seq;
	uint8_t buf[64];
	struct wr w = wr_init(buf, sizeof(buf));
	struct state_msg_header h = { .sender = net_id(50), .epoch = 1, .seq = ++seq };
	size_t mark;

	state_msg_write_header(&w, &h);
	mark = state_msg_item_begin(&w, STATE_ITEM_TELL);
	wr_zero(&w, 8);
	wr_u32(&w, cloud_s);
	wr_u32(&w, fresh_s);
	state_msg_item_end(&w, mark);
	assert_int_equal(state_input(net->node[0].s, 50, buf, wr_len(&w), net->now), 0);
	net_drain(net, 0);
}

static void tell(struct net *net, uint32_t cloud_s, uint32_t fresh_s)
{
	say(net, cloud_s, fresh_s);
	net_run(net, 2 * USEC_S);
}

static const struct state_type long_lived[] = {
	{ NET_CLIENT, STATE_CLOUD, STATE_SHARED, true, 31 * 86400, 0, STATE_ADMIN_NONE },
};

/* A node that has started again, next to the one that lies. */
static struct net *next_to_liar(struct disk *d)
{
	struct net *net = net_new(1, 1);

	net->conf.types = long_lived;
	net->conf.n_types = 1;
	net_restart(net, 0, 1);
	net_run(net, OLD * USEC_S);
	net_put(net, 0, NET_CLIENT, 1, "lease");
	off(net, 0, d);
	boot(net, 0, d);
	assert_int_equal(state_peer_add(net->node[0].s, 50, NULL, CLOUD, net->now), 0);
	return net;
}

/* What it can do by that is bounded, and never ends the counting. */
static void test_lies(void **state)
{
	struct disk d;
	struct net *net = next_to_liar(&d);

	(void)state;
	/* far behind: another cloud, or none */
	tell(net, 7, 7);
	assert_in_range(quiet(net, 0, 1), 0, 5);
	for (int i = 0; i < 5; i++)
		tell(net, 0x40000000u * (uint32_t)(i + 1), 0);
	assert_in_range(quiet(net, 0, 1), 30 * 86400, 30 * 86400 + SLACK);
	/* a network neighbour of another cloud has other seconds */
	boot(net, 0, &d);
	state_peer_remove(net->node[0].s, 50, net->now);
	assert_int_equal(
		state_peer_add(net->node[0].s, 50, NULL, STATE_SCOPE_BIT(STATE_NETWORK), net->now),
		0);
	tell(net, 20 * 86400, 0);
	assert_in_range(quiet(net, 0, 1), 0, 5);
	net_free(net);
}

/* A lie a millisecond, each by so many seconds more than the last one. How often all records are
 * looked at for that, or somebody is told. */
static uint32_t lie(struct net *net, uint32_t *cloud_s, uint32_t step_s)
{
	uint32_t due = 0;

	for (int i = 0; i < 1000; i++) {
		net->now += USEC_MS;
		say(net, *cloud_s += step_s, OLD);
		if (state_deadline(net->node[0].s) > net->now)
			continue;
		state_tick(net->node[0].s, net->now);
		net_drain(net, 0);
		due++;
	}
	return due;
}

/* However fast it lies, that has the node neither look at all that it holds nor talk to all others
 * at that pace; and all of it counts. */
static void test_many_lies(void **state)
{
	struct disk d;
	struct net *net = next_to_liar(&d);
	uint32_t cloud_s = OLD + 20;

	(void)state;
	assert_int_equal(state_peer_add(net->node[0].s, 51, NULL, CLOUD, net->now), 0);
	net_run(net, 10 * USEC_S);
	assert_true(lie(net, &cloud_s, 1) <= 4);
	assert_in_range(quiet(net, 0, 1), 1000, 1000 + 2 * SLACK);
	net->bytes[0][51] = 0;
	assert_true(lie(net, &cloud_s, 100) <= 8);
	assert_in_range(quiet(net, 0, 1), 101000, 101000 + 2 * SLACK);
	/* nor by a time that is ever longer ago */
	for (uint32_t fresh_s = OLD; fresh_s > OLD - 1000; fresh_s--)
		say(net, cloud_s, fresh_s - 1000);
	assert_true(state_deadline(net->node[0].s) > net->now);
	assert_in_range(net->bytes[0][51], 50, 8 * 60);
	net_free(net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reboot_does_not_prolong),
		cmocka_unit_test(test_long_off),
		cmocka_unit_test(test_told_again),
		cmocka_unit_test(test_town_off),
		cmocka_unit_test(test_part_off),
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_many_lies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
