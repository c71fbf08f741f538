/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who finds out when that a cloud is cut, and who does not though it looks like it. Nodes whose
 * OGMs pass where the test says, and whose words reach everybody on layer 3 after some time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/cut/cut.h"
#include "lib/rng.h"

#define NODES 6
#define STEP (100 * USEC_MS)
#define INTERVAL USEC_S
#define FLIGHTS 512
#define HOPS 3 /* seconds that a fresh word seems to be old */

struct flight {
	bool used, taken_back;
	int to;
	uint32_t age_s;
	usec_t due;
	struct cut_word word;
};

static struct world {
	usec_t now, delay;
	struct rng rng;
	unsigned int loss; /* of OGMs, per cent */
	struct cut c[NODES];
	struct outq out[NODES];
	uint64_t buf[NODES][512];
	bool alive[NODES];
	bool frozen[NODES]; /* gets no time */
	bool ghost;	    /* a node that was invented is heard, with the lowest MAC */
	int no_ghost;	    /* in which part it is not */
	int part[NODES];    /* on layer 2 */
	int net[NODES];	    /* on layer 3 */
	usec_t heard[NODES][NODES];
	struct cut_word word[NODES]; /* as the network knows them */
	bool has_word[NODES];
	usec_t said_at[NODES];
	usec_t found_at[NODES]; /* 0: nothing of an earlier run */
	usec_t lost_at[NODES], joined_at[NODES];
	unsigned int lost, joined, gone, said;
	struct flight flights[FLIGHTS];
} w;

static const struct mac ghost = { { 2, 0, 0, 0, 0, 0 } };

static struct mac mac_of(int i)
{
	return (struct mac) { { 2, 0, 0, 0, 0, (uint8_t)(i + 1) } };
}

static int number_of(const struct mac *mac)
{
	return mac->b[5] - 1;
}

static void boot(int i)
{
	struct cut_conf conf = { .self = mac_of(i), .interval_ms = 1000, .nodes_max = 16 };

	outq_init(&w.out[i], w.buf[i], sizeof(w.buf[i]));
	assert_int_equal(cut_init(&w.c[i], &conf, (struct hash_key) { 1, 2 }, &w.out[i], w.now), 0);
	memset(w.heard[i], 0, sizeof(w.heard[i]));
	w.alive[i] = true;
	w.found_at[i] = w.has_word[i] ? w.now : 0;
}

static void crash(int i)
{
	cut_done(&w.c[i]);
	w.alive[i] = false;
}

static void fly(int to, const struct cut_word *word, uint32_t age_s, bool taken_back)
{
	for (struct flight *f = w.flights; f < w.flights + FLIGHTS; f++) {
		if (f->used)
			continue;
		*f = (struct flight) { .used = true,
				       .taken_back = taken_back,
				       .to = to,
				       .age_s = age_s,
				       .due = w.now + w.delay,
				       .word = *word };
		return;
	}
	fail();
}

/* All that the network knows reaches a node that comes. */
static void learn(int i)
{
	for (int j = 0; j < NODES; j++)
		if (w.has_word[j] && w.net[i] == w.net[j])
			fly(i, &w.word[j], (uint32_t)((w.now - w.said_at[j]) / USEC_S) + HOPS,
			    false);
}

static void spread(int from, const struct cut_word *word, bool taken_back)
{
	w.word[from] = *word;
	w.has_word[from] = !taken_back;
	w.said_at[from] = w.now;
	for (int i = 0; i < NODES; i++)
		if (i != from && w.alive[i] && w.net[i] == w.net[from])
			fly(i, word, HOPS, taken_back);
}

/* What it said before it started again is deleted, as replicated records are, unless it is said
 * anew. */
static void clean(int i)
{
	if (!w.alive[i] || !w.found_at[i] || w.now - w.found_at[i] < 30 * USEC_S)
		return;
	w.found_at[i] = 0;
	if (!w.c[i].has_word)
		spread(i, &w.word[i], true);
}

static void drain(int i)
{
	struct cut_word word;
	struct out o;

	while (outq_pop(&w.out[i], &o)) {
		switch ((enum cut_out_kind)o.kind) {
		case CUT_TELL:
			memcpy(&word, o.data, sizeof(word));
			w.said++;
			spread(i, &word, false);
			break;
		case CUT_RETRACT:
			spread(i, &w.word[i], true);
			break;
		case CUT_LOST:
			w.lost++;
			w.lost_at[i] = w.now;
			break;
		case CUT_JOINED:
			w.joined++;
			w.joined_at[i] = w.now;
			break;
		case CUT_GONE:
			w.gone++;
			break;
		}
	}
}

static void ogms(void)
{
	for (int i = 0; i < NODES; i++) {
		if (!w.alive[i] || w.frozen[i] ||
		    (w.now / STEP) % (INTERVAL / STEP) != (3 * i) % 10)
			continue;
		for (int j = 0; j < NODES; j++)
			if (j != i && w.alive[j] && !w.frozen[j] && w.part[i] == w.part[j] &&
			    rng_below(&w.rng, 100) >= w.loss)
				w.heard[j][i] = w.now;
	}
}

static void arrivals(void)
{
	for (struct flight *f = w.flights; f < w.flights + FLIGHTS; f++) {
		if (!f->used || f->due > w.now || w.frozen[f->to])
			continue;
		f->used = false;
		if (!w.alive[f->to])
			continue;
		if (f->taken_back)
			cut_untold(&w.c[f->to], &f->word.author, w.now);
		else
			cut_told(&w.c[f->to], &f->word, f->age_s, w.now);
	}
}

static void look(int i)
{
	while (w.alive[i] && !w.frozen[i] && cut_deadline(&w.c[i]) <= w.now) {
		for (int j = 0; j < NODES; j++) {
			struct mac mac = mac_of(j);

			if (w.heard[i][j])
				cut_heard(&w.c[i], &mac, w.heard[i][j], w.now);
		}
		if (w.ghost && w.part[i] != w.no_ghost)
			cut_heard(&w.c[i], &ghost, w.now, w.now);
		cut_tick(&w.c[i], w.now);
		drain(i);
	}
}

static void run(usec_t duration)
{
	for (usec_t until = w.now + duration; w.now < until;) {
		w.now += STEP;
		ogms();
		arrivals();
		for (int i = 0; i < NODES; i++) {
			look(i);
			clean(i);
		}
	}
}

static void begin(int count)
{
	memset(&w, 0, sizeof(w));
	w.now = 1000 * USEC_S;
	w.delay = 300 * USEC_MS;
	w.rng = rng_init(7);
	for (int i = 0; i < count; i++)
		boot(i);
}

static void end(void)
{
	for (int i = 0; i < NODES; i++)
		if (w.alive[i])
			crash(i);
}

static void part(int first, int last, int number)
{
	for (int i = first; i <= last; i++)
		w.part[i] = number;
}

/* The leaders of the parts that a node is cut from, as bits. */
static unsigned int others(int i, bool with_joined)
{
	const struct cut_part *p;
	unsigned int bits = 0;

	for (uint32_t k = 0; (p = cut_part_next(&w.c[i], &k));)
		if (with_joined || !p->joined_at)
			bits |= 1u << number_of(&p->word.leader);
	return bits;
}

static void test_whole(void **state)
{
	(void)state;
	begin(4);
	run(19 * USEC_S);
	assert_int_equal(w.said, 0); /* links may still come up */
	run(600 * USEC_S);
	assert_int_equal(w.said, 1);
	assert_true(w.has_word[0]);
	assert_true(cut_leads(&w.c[0]) && !cut_leads(&w.c[1]));
	assert_int_equal(w.lost, 0);
	assert_int_equal(w.word[0].count, 4);
	assert_int_equal(w.word[0].member_count, 3);
	end();
}

/* Whenever it happens, and however long words take: after five intervals at least and within eight
 * all know it, with whom they are together and with whom not. */
static void test_cut(void **state)
{
	(void)state;
	for (int i = 0; i < 30; i++) {
		usec_t cut_at;

		begin(4);
		w.delay = (1 + i % 3 * 4) * STEP;
		run(60 * USEC_S + i * STEP);
		part(2, 3, 1);
		cut_at = w.now;
		run(8 * INTERVAL);
		for (int k = 0; k < 4; k++) {
			assert_in_range(w.lost_at[k] - cut_at, 5 * INTERVAL, 8 * INTERVAL);
			assert_int_equal(others(k, true), k < 2 ? 1 << 2 : 1 << 0);
			assert_true(cut_routes(&w.c[k], w.now));
		}
		assert_true(cut_leads(&w.c[0]) && cut_leads(&w.c[2]));
		assert_false(cut_leads(&w.c[1]) || cut_leads(&w.c[3]));
		assert_int_equal(w.lost, 4);
		assert_int_equal(w.word[2].count, 2);
		run(20 * USEC_S);
		assert_int_equal(w.word[2].other_count, 1);
		assert_int_equal(number_of(&w.word[2].others[0]), 0);
		assert_int_equal(w.word[0].member_count, 1);
		assert_int_equal(number_of(&w.word[0].members[0]), 1);
		end();
	}
}

/* As long as it lasts it is told once a minute by each leader, no more. */
static void test_lasts(void **state)
{
	unsigned int said;

	(void)state;
	begin(4);
	run(60 * USEC_S);
	part(2, 3, 1);
	run(60 * USEC_S);
	said = w.said;
	run(6000 * USEC_S);
	assert_int_equal(w.lost, 4);
	assert_int_equal(w.gone, 0);
	assert_in_range(w.said - said, 2 * 90, 2 * 100);
	end();
}

static void test_healing(void **state)
{
	usec_t healed_at;

	(void)state;
	begin(4);
	run(60 * USEC_S);
	part(2, 3, 1);
	run(60 * USEC_S);
	part(2, 3, 0);
	healed_at = w.now;
	run(2 * INTERVAL);
	assert_int_equal(w.joined, 4);
	for (int k = 0; k < 4; k++)
		assert_in_range(w.joined_at[k] - healed_at, 0, 2 * INTERVAL);
	/* a moment before the others end their routes nobody takes them any more */
	run(19 * USEC_S);
	for (int k = 0; k < 4; k++)
		assert_true(cut_is_cut(&w.c[k]));
	run(4 * USEC_S);
	for (int k = 0; k < 4; k++)
		assert_true(cut_is_cut(&w.c[k]) && !cut_routes(&w.c[k], w.now));
	run(8 * USEC_S);
	for (int k = 0; k < 4; k++)
		assert_false(cut_is_cut(&w.c[k]));
	assert_false(w.has_word[2]);
	assert_int_equal(w.gone, 0);
	/* and once more */
	part(2, 3, 1);
	run(8 * INTERVAL);
	assert_int_equal(w.lost, 8);
	end();
}

/* Of a cut that is over for a moment only nothing ends. */
static void test_flap(void **state)
{
	(void)state;
	begin(4);
	run(60 * USEC_S);
	part(2, 3, 1);
	run(60 * USEC_S);
	part(2, 3, 0);
	run(15 * USEC_S);
	part(2, 3, 1);
	for (int s = 0; s < 100; s++) {
		run(USEC_S);
		for (int k = 0; k < 4; k++)
			assert_true(cut_is_cut(&w.c[k]));
	}
	assert_int_equal(w.lost, 8);
	for (int k = 0; k < 4; k++)
		assert_true(cut_routes(&w.c[k], w.now));
	end();
}

/* Who loses its power is in no other part, whether it leads or not. */
static void test_power(void **state)
{
	(void)state;
	for (int who = 0; who < 3; who++) {
		begin(4);
		run(60 * USEC_S + who * 7 * STEP);
		crash(who);
		run(1000 * USEC_S);
		assert_int_equal(w.lost, 0);
		assert_in_range(w.said, 2, 3);
		assert_true(w.has_word[who == 0]);
		end();
	}
}

/* Nor when its last word was just before, and reaches others late. */
static void test_last_word(void **state)
{
	(void)state;
	begin(4);
	run(60 * USEC_S);
	crash(3);
	for (int i = 0; i < 80 && w.said < 2; i++)
		run(STEP);
	assert_int_equal(w.said, 2);
	crash(0);
	run(1000 * USEC_S);
	assert_int_equal(w.lost, 0);
	end();
}

static void test_restart(void **state)
{
	(void)state;
	for (int i = 0; i < 12; i++) {
		int who = i % 4;

		begin(4);
		run(60 * USEC_S);
		crash(who);
		run((1 + i * 5) * USEC_S);
		boot(who);
		learn(who);
		run(400 * USEC_S);
		assert_int_equal(w.lost, 0);
		assert_int_equal(w.gone, 0);
		assert_true(w.has_word[0] && !w.has_word[1]);
		end();
	}
}

/* Who got no time has lost nobody, and is lost to nobody on another part's account. */
static void test_frozen(void **state)
{
	(void)state;
	for (int who = 0; who < 4; who++) {
		begin(4);
		run(60 * USEC_S + who * STEP);
		w.frozen[who] = true;
		run(12 * USEC_S);
		w.frozen[who] = false;
		cut_starved(&w.c[who], 12 * USEC_S, w.now);
		run(100 * USEC_S);
		assert_int_equal(w.lost, 0);
		assert_int_equal(w.said, 2);
		assert_true(w.has_word[0] && !w.has_word[1]);
		end();
	}
}

/* Nor does a whole machine that had none forget the parts that there are. */
static void test_frozen_in_cut(void **state)
{
	(void)state;
	begin(4);
	run(60 * USEC_S);
	part(2, 3, 1);
	run(60 * USEC_S);
	w.now += 12 * USEC_S;
	for (int k = 0; k < 4; k++)
		cut_starved(&w.c[k], 12 * USEC_S, w.now);
	for (int s = 0; s < 100; s++) {
		run(USEC_S);
		for (int k = 0; k < 4; k++)
			assert_true(cut_is_cut(&w.c[k]));
	}
	assert_int_equal(w.lost, 4);
	assert_int_equal(w.joined, 0);
	end();
}

/* Its word is taken back before it is gone, as when it is switched to another SSID. */
static void test_another_cloud(void **state)
{
	(void)state;
	begin(4);
	run(60 * USEC_S);
	spread(0, &w.word[0], true);
	w.net[0] = 1;
	w.part[0] = 1;
	run(400 * USEC_S);
	assert_int_equal(w.lost, 0);
	end();
}

/* One leads where another did, and all the time everybody knows that the cloud is cut. */
static void test_leader_dies(void **state)
{
	(void)state;
	begin(5);
	run(60 * USEC_S);
	part(2, 4, 1);
	run(60 * USEC_S);
	crash(2);
	for (int s = 0; s < 300; s++) {
		run(USEC_S);
		for (int k = 0; k < 5; k++)
			assert_true(k == 2 || cut_is_cut(&w.c[k]));
		if (s > 20)
			assert_true(others(0, true) & 1 << 3);
	}
	assert_int_equal(others(0, true), 1 << 3);
	assert_int_equal(others(4, true), 1 << 0);
	crash(0);
	run(300 * USEC_S);
	assert_int_equal(others(3, true), 1 << 1);
	end();
}

/* Without layer 3 that part is gone; with it, it is there again. */
static void test_gone(void **state)
{
	(void)state;
	begin(4);
	run(60 * USEC_S);
	part(2, 3, 1);
	run(60 * USEC_S);
	w.net[2] = w.net[3] = 1;
	run(90 * USEC_S);
	assert_int_equal(w.gone, 0);
	/* first the leaders, who heard the last word from there; then those who believe them */
	run(20 * USEC_S);
	assert_int_equal(w.gone, 2);
	run(180 * USEC_S);
	assert_int_equal(w.gone, 4);
	for (int k = 0; k < 4; k++)
		assert_false(cut_is_cut(&w.c[k]));
	run(600 * USEC_S);
	w.net[2] = w.net[3] = 0;
	run(70 * USEC_S);
	assert_int_equal(w.lost, 8);
	end();
}

/* Who starts again while the cloud is cut knows that soon: from its leader, or as a leader from its
 * own word, which the others keep. */
static void test_restart_in_cut(void **state)
{
	(void)state;
	for (int who = 0; who < 2; who++) {
		begin(4);
		run(60 * USEC_S);
		part(2, 3, 1);
		run(100 * USEC_S);
		crash(who);
		run(3 * USEC_S);
		boot(who);
		learn(who);
		run(8 * INTERVAL);
		assert_int_equal(others(who, true), 1 << 2);
		run(600 * USEC_S);
		assert_int_equal(others(who, true), 1 << 2);
		assert_int_equal(w.gone, 0);
		end();
	}
}

/* Two villages with the SSID that is set at the factory, joined on layer 3 one day. */
static void test_never_heard(void **state)
{
	(void)state;
	begin(4);
	part(2, 3, 1);
	w.net[2] = w.net[3] = 1;
	run(100 * USEC_S);
	assert_int_equal(w.said, 2);
	w.net[2] = w.net[3] = 0;
	for (int i = 0; i < 4; i++)
		learn(i);
	run(5 * INTERVAL);
	assert_int_equal(w.lost, 0); /* perhaps OGMs are on their way */
	run(7 * INTERVAL);
	assert_int_equal(w.lost, 4);
	end();
}

/* The same with layer 2, a little later: no cut. */
static void test_meet(void **state)
{
	(void)state;
	begin(4);
	part(2, 3, 1);
	w.net[2] = w.net[3] = 1;
	run(100 * USEC_S);
	w.net[2] = w.net[3] = 0;
	for (int i = 0; i < 4; i++)
		learn(i);
	run(4 * INTERVAL);
	part(2, 3, 0);
	run(400 * USEC_S);
	assert_int_equal(w.lost, 0);
	assert_true(w.has_word[0] && !w.has_word[2]);
	end();
}

/* Bad radios make no parts: there is always somebody who hears both. */
static void test_loss(void **state)
{
	(void)state;
	begin(6);
	run(60 * USEC_S);
	w.loss = 40;
	run(3600 * USEC_S);
	assert_int_equal(w.lost, 0);
	end();
}

/* Three parts know two others each; when two of them join, one. */
static void test_three(void **state)
{
	(void)state;
	begin(6);
	run(60 * USEC_S);
	part(2, 3, 1);
	part(4, 5, 2);
	run(30 * USEC_S);
	assert_int_equal(others(1, true), 1 << 2 | 1 << 4);
	assert_int_equal(others(3, true), 1 << 0 | 1 << 4);
	part(4, 5, 1);
	run(60 * USEC_S);
	assert_int_equal(others(1, true), 1 << 2);
	assert_int_equal(others(5, true), 1 << 0);
	end();
}

/* Leaders that somebody invents keep no true one out, and have our own leader say no more. */
static void test_invented(void **state)
{
	unsigned int said;

	(void)state;
	begin(4);
	run(60 * USEC_S);
	part(2, 3, 1);
	run(60 * USEC_S);
	said = w.said;
	for (uint8_t i = 0; i < 250; i++) {
		struct cut_word word = { .leader = { { 2, 9, 9, 9, 9, i } }, .number = i };

		for (int k = 0; k < 4; k++)
			cut_told(&w.c[k], &word, 1, w.now);
		run(STEP);
	}
	assert_in_range(w.said - said, 2, 2 * 14);
	assert_true(others(0, true) & 1 << 2);
	assert_true(others(3, true) & 1 << 0);
	assert_true(w.c[0].full > 200);
	end();
}

/* Who is not heard at all, but seems to be cut off: whoever invents such leaders, and gives word of
 * them again and again, keeps none out that was once heard, and of these none has two authors. */
static void test_invented_parts(void **state)
{
	struct cut_word word = { .number = 1 };

	(void)state;
	begin(4);
	run(60 * USEC_S);
	for (int s = 0; s < 60; s++) {
		for (uint8_t i = 0; i < CUT_PARTS; i++) {
			word.leader = (struct mac) { { 2, 9, 9, 9, 9, (uint8_t)(i + 17) } };
			for (int k = 0; k < 4; k++)
				cut_told(&w.c[k], &word, 1, w.now);
		}
		if (s == 30) {
			assert_int_equal(others(0, true), 0xff << 16);
			part(2, 3, 1);
		}
		run(USEC_S);
	}
	assert_true(others(0, true) & 1 << 2);
	assert_true(others(1, true) & 1 << 2);
	assert_true(others(3, true) & 1 << 0);
	word = (struct cut_word) { .leader = mac_of(2), .author = { { 6, 6, 6 } } };
	cut_told(&w.c[0], &word, 1, w.now);
	cut_untold(&w.c[0], &word.author, w.now);
	assert_int_equal(cut_part_of(&w.c[0], &word.leader)->word.count, 2);
	run(USEC_S);
	assert_true(others(0, true) & 1 << 2);
	end();
}

/* A node with the lowest MAC that is nobody is heard, after the cut in one of the parts: the others
 * find out as ever that they are cut, even where it was there before any of them gave word. */
static void test_invented_lowest(void **state)
{
	(void)state;
	for (int round = 0; round < 4; round++) {
		begin(4);
		w.ghost = round % 2;
		w.no_ghost = -1;
		run(90 * USEC_S);
		w.ghost = true;
		run(50 * USEC_S);
		assert_int_equal(w.lost, 0);
		part(2, 3, 1);
		w.no_ghost = round / 2;
		run(8 * USEC_S);
		for (int i = 0; i < 4; i++)
			assert_int_equal(others(i, true), 1 << (i < 2 ? 2 : 0));
		end();
	}
}

/* More nodes than are remembered, and more than a word has room for. */
static void test_many(void **state)
{
	(void)state;
	begin(1);
	for (int s = 0; s < 30; s++) {
		for (uint8_t i = 0; i < 60; i++) {
			struct mac mac = { { 2, 1, 0, 0, 0, i } };

			cut_heard(&w.c[0], &mac, w.now, w.now);
		}
		run(USEC_S);
	}
	assert_int_equal(w.c[0].here, 17);
	assert_true(w.c[0].full >= 44);
	assert_int_equal(w.word[0].member_count, 16);
	run(500 * USEC_S); /* they are forgotten */
	assert_int_equal(w.c[0].nodes.count, 0);
	assert_int_equal(w.c[0].here, 1);
	end();
}

static void random_step(void)
{
	int who = (int)rng_below(&w.rng, NODES);

	switch (rng_below(&w.rng, 4)) {
	case 0:
		for (int i = 0; i < NODES; i++)
			w.part[i] = (int)rng_below(&w.rng, 2);
		break;
	case 1:
		part(0, NODES - 1, 0);
		break;
	case 2:
		if (w.alive[who])
			crash(who);
		break;
	case 3:
		if (!w.alive[who]) {
			boot(who);
			learn(who);
		}
		break;
	}
}

/* The leaders of all parts but its own. */
static unsigned int true_others(int i)
{
	unsigned int bits = 0;

	for (int number = 0; number < 3; number++)
		for (int k = 0; k < NODES; k++)
			if (w.alive[k] && w.part[k] == number && number != w.part[i]) {
				bits |= 1u << k;
				break;
			}
	return bits;
}

/* Whatever happens, when nothing happens any more everybody knows how it is. */
static void test_random(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 60; seed++) {
		begin(NODES);
		w.rng = rng_init(seed);
		w.loss = (unsigned int)(seed % 3) * 5;
		for (int i = 0; i < 20; i++) {
			run((1 + rng_below(&w.rng, 30)) * USEC_S);
			random_step();
		}
		run(400 * USEC_S);
		for (int i = 0; i < NODES; i++)
			if (w.alive[i])
				assert_int_equal(others(i, true), true_others(i));
		end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),	       cmocka_unit_test(test_cut),
		cmocka_unit_test(test_invented_parts), cmocka_unit_test(test_invented_lowest),
		cmocka_unit_test(test_lasts),	       cmocka_unit_test(test_healing),
		cmocka_unit_test(test_flap),	       cmocka_unit_test(test_power),
		cmocka_unit_test(test_last_word),      cmocka_unit_test(test_restart),
		cmocka_unit_test(test_frozen),	       cmocka_unit_test(test_frozen_in_cut),
		cmocka_unit_test(test_another_cloud),  cmocka_unit_test(test_leader_dies),
		cmocka_unit_test(test_gone),	       cmocka_unit_test(test_restart_in_cut),
		cmocka_unit_test(test_never_heard),    cmocka_unit_test(test_meet),
		cmocka_unit_test(test_loss),	       cmocka_unit_test(test_three),
		cmocka_unit_test(test_invented),       cmocka_unit_test(test_many),
		cmocka_unit_test(test_random),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
