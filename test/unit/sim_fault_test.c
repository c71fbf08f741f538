/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes wrong in the simulator: clocks, disks, machines that stand still, shared wires that are
 * cut; and how it is seen who hears whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/contact.h"
#include "sim/world.h"

/* ---- clocks ---- */

static void test_clock(void **state)
{
	static const struct machine_clock clocks[] = {
		{ 0, 0 }, { 5 * USEC_S, 100 }, { -900 * USEC_S, -100 }, { 7, 1000 }, { 0, -1000 },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		const struct machine_clock *c = &clocks[i];
		usec_t last = clock_at(c, WORLD_START - 1);

		for (usec_t t = WORLD_START; t < WORLD_START + 20000; t++) {
			usec_t shown = clock_at(c, t);

			assert_in_range(shown - last, 0, 2);
			last = shown;
		}
		for (usec_t ahead = 4; ahead < 1000 * USEC_S; ahead = 3 * ahead + 1) {
			usec_t at = clock_at(c, WORLD_START) + ahead;
			usec_t when = clock_when(c, WORLD_START, at);

			assert_in_range(clock_at(c, when) - at, 0, 2);
			assert_in_range(when - WORLD_START, ahead - ahead / 900 - 2,
					ahead + ahead / 900 + 2);
		}
		assert_true(clock_when(c, WORLD_START, USEC_NEVER) == USEC_NEVER);
		assert_true(clock_when(c, WORLD_START, 0) == WORLD_START);
	}
}

/* ---- disks ---- */

static void assert_file(const struct machine_disk *d, const char *text)
{
	const struct disk_bytes *b = &d->files[STORE_SNAPSHOT].now;

	assert_int_equal(b->len, strlen(text));
	if (b->len)
		assert_memory_equal(b->data, text, b->len);
}

static void test_disk_write(void **state)
{
	struct machine_disk d = { .epoch = 0 };

	(void)state;
	assert_true(disk_write(&d, STORE_SNAPSHOT, "one", 3));
	assert_file(&d, "");
	assert_false(disk_write(&d, STORE_SNAPSHOT, "two", 3));
	assert_false(disk_write(&d, STORE_SNAPSHOT, "three", 5));
	assert_true(disk_written(&d, STORE_SNAPSHOT)); /* of those that waited the newest goes on */
	assert_file(&d, "one");
	assert_false(disk_written(&d, STORE_SNAPSHOT));
	assert_file(&d, "three");
	assert_null(d.files[STORE_CLAIMS].now.data);
	disk_done(&d);
}

static void test_disk_ends(void **state)
{
	static const enum disk_end ends[] = { DISK_STAYS, DISK_TORN, DISK_LOST };
	struct rng rng = rng_init(1);

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct machine_disk d = { .epoch = 0 };

		disk_write(&d, STORE_SNAPSHOT, "whole", 5);
		disk_written(&d, STORE_SNAPSHOT);
		disk_write(&d, STORE_CLAIMS, "claims", 6);
		disk_written(&d, STORE_CLAIMS);
		disk_write(&d, STORE_SNAPSHOT, "new", 3);
		disk_power_cut(&d, ends[i], &rng);
		if (ends[i] == DISK_TORN)
			assert_true(d.files[STORE_SNAPSHOT].now.len < 3);
		else
			assert_file(&d, ends[i] == DISK_LOST ? "" : "whole");
		/* nothing was under way there */
		assert_int_equal(d.files[STORE_CLAIMS].now.len, ends[i] == DISK_LOST ? 0 : 6);
		assert_true(disk_write(&d, STORE_SNAPSHOT, "next", 4));
		assert_false(disk_written(&d, STORE_SNAPSHOT));
		assert_file(&d, "next");
		disk_done(&d);
	}
}

/* As store_test has it for the real one. */
static void test_disk_epoch(void **state)
{
	struct machine_disk d = { .epoch = 0 };
	struct rng rng = rng_init(1);
	uint32_t last;

	(void)state;
	assert_int_equal(disk_epoch(&d, 1), 1);
	assert_int_equal(disk_epoch(&d, 500), 2);
	disk_power_cut(&d, DISK_STAYS, &rng);
	last = disk_epoch(&d, 500);
	assert_int_equal(last, 18); /* all that were reserved may have been used */
	for (int i = 0; i < 40; i++) {
		uint32_t epoch = disk_epoch(&d, 1);

		assert_int_equal(epoch, ++last);
		assert_true(d.epoch >= epoch);
	}
	disk_power_cut(&d, DISK_LOST, &rng);
	assert_int_equal(disk_epoch(&d, 700000), 700000); /* the wall clock is all there is */
}

/* ---- who hears whom ---- */

static struct contacts contacts;

static void sent(unsigned int from, unsigned int to, usec_t now)
{
	contact_sent(&contacts, from, to, contacts.way[from][to].sent + 10, now);
}

static bool received(unsigned int from, unsigned int to, usec_t now)
{
	return contact_received(&contacts, from, to, contacts.way[from][to].received + 10, now);
}

static void contacts_begin(unsigned int nodes)
{
	memset(&contacts, 0, sizeof(contacts));
	contacts.nodes = nodes;
}

static usec_t since(unsigned int from, unsigned int to, usec_t now)
{
	return contact_since(&contacts, from, to, now);
}

static void test_contact_way(void **state)
{
	usec_t now = WORLD_START;

	(void)state;
	contacts_begin(2);
	assert_true(since(0, 0, now) == 0);
	assert_true(since(0, 1, now) == USEC_NEVER);
	sent(0, 1, now);
	assert_true(received(0, 1, now + 100));
	assert_true(since(0, 1, now + USEC_S) == now + 100);
	assert_true(since(1, 0, now + USEC_S) == USEC_NEVER);
	/* lost once, but not for long */
	sent(0, 1, now + USEC_S);
	assert_true(received(0, 1, now + USEC_S + 500 * USEC_MS));
	assert_true(since(0, 1, now + 2 * USEC_S) == now + 100);
	/* for longer */
	sent(0, 1, now + 3 * USEC_S);
	sent(0, 1, now + 3 * USEC_S + 400 * USEC_MS);
	assert_true(since(0, 1, now + 3 * USEC_S + 500 * USEC_MS) == now + 100);
	assert_true(since(0, 1, now + 3 * USEC_S + 500 * USEC_MS + 1) == USEC_NEVER);
	assert_true(received(0, 1, now + 4 * USEC_S));
	assert_true(since(0, 1, now + 4 * USEC_S) == now + 4 * USEC_S);
	/* silent, but nothing is missing; and for longer than that can be */
	assert_true(since(0, 1, now + 44 * USEC_S) == now + 4 * USEC_S);
	assert_true(since(0, 1, now + 44 * USEC_S + 1) == USEC_NEVER);
	assert_true(received(0, 1, now + 50 * USEC_S));
	assert_true(since(0, 1, now + 50 * USEC_S) == now + 50 * USEC_S);
}

/* Nothing new is no news, and a counter that begins anew neither. */
static void test_contact_counters(void **state)
{
	usec_t now = WORLD_START;

	(void)state;
	contacts_begin(2);
	assert_true(received(0, 1, now));
	assert_false(contact_received(&contacts, 0, 1, 10, now));
	contact_sent(&contacts, 0, 1, 0, now);
	assert_true(since(0, 1, now + USEC_S) == now);
	assert_false(contact_received(&contacts, 0, 1, 0, now));
	assert_true(contact_received(&contacts, 0, 1, 5, now + USEC_S));
	assert_true(since(0, 1, now + USEC_S) == now);
	contact_down(&contacts, 1);
	assert_true(since(0, 1, now + USEC_S) == USEC_NEVER);
}

/* The best way is the one whose youngest part is the oldest. */
static void test_contact_paths(void **state)
{
	usec_t now = WORLD_START;

	(void)state;
	contacts_begin(5);
	received(0, 1, now + 1);
	received(1, 4, now + 9);
	received(0, 2, now + 7);
	received(2, 3, now + 2);
	received(3, 4, now + 3);
	assert_true(since(0, 4, now + 10) == now + 7);
	assert_true(since(0, 3, now + 10) == now + 7);
	assert_true(since(1, 4, now + 10) == now + 9);
	assert_true(since(4, 0, now + 10) == USEC_NEVER);
	sent(2, 3, now + 10);
	assert_true(since(0, 4, now + USEC_S) == now + 9);
}

static void test_contact_met(void **state)
{
	(void)state;
	contacts_begin(4);
	received(0, 1, 1);
	received(1, 2, 2);
	received(3, 0, 3);
	assert_true(contact_met(&contacts, 2, 1));
	assert_true(contact_met(&contacts, 2, 0));  /* by word of 1 */
	assert_false(contact_met(&contacts, 2, 3)); /* of whom that came too late */
	assert_false(contact_met(&contacts, 0, 2));
	contact_down(&contacts, 2);
	assert_true(contact_met(&contacts, 2, 0));
	contact_forget(&contacts, 2);
	assert_false(contact_met(&contacts, 2, 0));
}

/* ---- worlds ---- */

static struct plan plan;

static struct world *world(enum shape shape, unsigned int nodes, unsigned int hosts)
{
	struct plan_wish wish = { .shape = shape, .nodes = nodes, .hosts = hosts, .clouds = 1 };
	struct world_setup setup = { .plan = &plan, .seed = 1 };
	struct rng rng = rng_init(1);
	struct world *w;

	plan_generate(&plan, &wish, &rng);
	for (unsigned int i = 0; i < hosts; i++)
		plan.hosts[i].at = 0;
	w = world_new(&setup);
	assert_non_null(w);
	return w;
}

static void test_graph(void **state)
{
	struct world *w = world(SHAPE_LINE, 5, 0);

	(void)state;
	assert_int_equal(graph_hops(w, 0, 4), 4);
	assert_int_equal(graph_hops(w, 3, 1), 2);
	w->wires[2].down = true;
	world_changed(w, false);
	assert_int_equal(graph_hops(w, 0, 2), 2);
	assert_int_equal(graph_hops(w, 0, 3), GRAPH_APART);
	w->wires[2].down = false;
	life_freeze(&w->nodes[1], w->now + USEC_S);
	world_changed(w, false);
	assert_int_equal(graph_hops(w, 0, 2), GRAPH_APART);
	assert_int_equal(graph_hops(w, 4, 2), 2);
	world_free(w);
}

#define FRAME 1441 /* bytes, as of no other one */

/* Such frames that are on a wire. */
static unsigned int on_wires(const struct world *w)
{
	unsigned int n = 0;

	for (size_t i = 0; i < w->heap.count; i++)
		n += w->heap.items[i].kind == ITEM_WIRE && w->heap.items[i].len == FRAME;
	return n;
}

/* A shared wire takes one port of each node, and brings a frame to whom it is for. */
static void test_segment(void **state)
{
	struct world *w = world(SHAPE_WIRE, 6, 0);
	uint8_t frame[FRAME] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	(void)state;
	world_run(w, w->now + 20 * USEC_S);
	for (unsigned int i = 0; i < 6; i++) {
		assert_true(w->nodes[i].ports[0].present && w->nodes[i].ports[0].mesh);
		assert_false(w->nodes[i].ports[1].present);
		assert_int_equal(graph_hops(w, i, 5 - i), 1);
	}
	port_send(&w->nodes[0], 0, frame, sizeof(frame));
	assert_int_equal(on_wires(w), 5);
	memcpy(frame, w->nodes[3].ports[0].mesh_mac.b, 6);
	port_send(&w->nodes[0], 0, frame, sizeof(frame));
	assert_int_equal(on_wires(w), 6);
	frame[5] ^= 0x55; /* of nobody */
	port_send(&w->nodes[0], 0, frame, sizeof(frame));
	assert_int_equal(on_wires(w), 11);
	assert_int_equal(w->violation_count, 0);
	world_free(w);
}

/* Nothing happens at a node that stands still, and everything afterwards. */
static void test_freeze(void **state)
{
	static const usec_t shown[] = { 5 * USEC_S, 0, 5 * USEC_S };

	(void)state;
	for (int how = FREEZE_PROCESS; how <= FREEZE_SLEEP; how++) {
		struct world *w = world(SHAPE_LINE, 3, 4);
		struct sim_node *k = &w->nodes[1];
		usec_t last, clock, slept;

		world_run(w, w->now + 30 * USEC_S);
		last = node_now(k->node);
		clock = life_clock(k);
		life_freeze(k, w->now + 5 * USEC_S);
		world_changed(w, false);
		world_run(w, w->now + 5 * USEC_S - 1);
		assert_true(node_now(k->node) == last);
		assert_true(k->held > 0);
		w->now++;
		life_thaw(k, (enum freeze)how);
		world_changed(w, false);
		slept = life_clock(k) - clock - shown[how];
		assert_in_range(slept, how == FREEZE_SLEEP ? 3600 * USEC_S : 0,
				how == FREEZE_SLEEP ? 6 * 3600 * USEC_S : 0);
		world_run(w, w->now + 30 * USEC_S);
		assert_true(node_now(k->node) > last);
		if (how != FREEZE_SLEEP)
			check_final(w);
		if (w->violation_count)
			fail_msg("%s", w->violations[0].text);
		world_free(w);
	}
}

/* What was said to it while it stood still is heard, even by who has gone meanwhile. */
static void test_held_frames(void **state)
{
	struct world *w = world(SHAPE_LINE, 2, 1);
	struct sim_node *k = &w->nodes[0];
	struct item i = { .kind = ITEM_AIR_UP, .a = 0, .b = 0, .len = 3 };

	(void)state;
	world_run(w, w->now + 20 * USEC_S);
	i.at = w->now;
	assert_false(life_holds(w, &i));
	life_freeze(k, w->now + USEC_S);
	w->hosts[0].at = 1;
	assert_true(life_holds(w, &i)); /* it had gone before that */
	assert_int_equal(k->held, 1);
	w->hosts[0].at = 0;
	i.frame = calloc(1, 3);
	assert_true(life_holds(w, &i));
	assert_null(i.frame);
	assert_int_equal(i.kind, ITEM_BRIDGE);
	assert_true(i.at == k->frozen_until);
	for (unsigned int n = 0; n < 10000; n++) {
		i.at = w->now;
		assert_true(life_holds(w, &i));
	}
	assert_in_range(w->heap.count, 400, 1000); /* there is room for some */
	i = (struct item) { .kind = ITEM_DISK, .at = w->now };
	assert_false(life_holds(w, &i));
	world_free(w);
}

/* What a node has on its disk when it comes back. */
static void test_power(void **state)
{
	struct world *w = world(SHAPE_LINE, 2, 3);
	struct sim_node *k = &w->nodes[0];
	const struct disk_bytes *claims = &k->disk.files[STORE_CLAIMS].now;
	uint32_t epoch;

	(void)state;
	world_run(w, w->now + 30 * USEC_S);
	assert_true(claims->len > 0);
	epoch = state_epoch(node_state(k->node));
	life_crash(k, DISK_STAYS);
	world_changed(w, false);
	assert_true(claims->len > 0 && !k->node && !life_runs(k));
	world_run(w, w->now + 5 * USEC_S);
	life_boot(k);
	world_changed(w, false);
	assert_true(state_epoch(node_state(k->node)) > epoch);
	world_run(w, w->now + 20 * USEC_S);
	life_crash(k, DISK_LOST);
	assert_int_equal(claims->len, 0);
	life_boot(k);
	world_changed(w, false);
	world_run(w, w->now + 30 * USEC_S);
	assert_true(claims->len > 0);
	check_final(w);
	if (w->violation_count)
		fail_msg("%s", w->violations[0].text);
	world_free(w);
}

/* Whatever happens, all is whole again when the script is over. */
static void test_script_heals(void **state)
{
	struct plan_wish wish = {
		.shape = SHAPE_WIRE, .nodes = 6, .hosts = 6, .clouds = 2, .late = 3, .varied = true
	};
	struct world_setup setup = { .plan = &plan, .seed = 3, .clocks = true };
	struct script_wish script = { .churn = CHURN_ALL,
				      .every = 400 * USEC_MS,
				      .act_every = 300 * USEC_MS };
	struct rng rng = rng_init(3);
	unsigned int late = 0, boots = 0;
	struct world *w;

	(void)state;
	plan_generate(&plan, &wish, &rng);
	w = world_new(&setup);
	assert_non_null(w);
	for (unsigned int i = 0; i < 6; i++) {
		assert_int_equal(w->nodes[i].alive, !plan.nodes[i].late);
		late += plan.nodes[i].late;
	}
	assert_true(late > 0);
	script.until = w->now + 80 * USEC_S;
	script_start(w, &script);
	world_run(w, script.until);
	for (unsigned int i = 0; i < w->plan->wire_count; i++)
		assert_false(w->wires[i].down);
	for (unsigned int i = 0; i < 6; i++) {
		assert_int_equal(w->nodes[i].frozen_until, 0);
		assert_true(w->nodes[i].alive || plan.nodes[i].late);
		boots += w->nodes[i].boots;
	}
	assert_true(boots > 6);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clock),	      cmocka_unit_test(test_disk_write),
		cmocka_unit_test(test_disk_ends),     cmocka_unit_test(test_disk_epoch),
		cmocka_unit_test(test_contact_way),   cmocka_unit_test(test_contact_counters),
		cmocka_unit_test(test_contact_paths), cmocka_unit_test(test_contact_met),
		cmocka_unit_test(test_graph),	      cmocka_unit_test(test_segment),
		cmocka_unit_test(test_freeze),	      cmocka_unit_test(test_held_frames),
		cmocka_unit_test(test_power),	      cmocka_unit_test(test_script_heals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
