/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LibreMesh's shared-state-async without sockets: bytes of a session, the JSON of a state, and the
 * rules by which a state takes what others say. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plat/linux/bridges/shared_state_msg.h"

#define STATE "{\"stateSlice\":[]}"

/* ---- sessions ---- */

/* So many bytes at a time; the last news, or the error. *ret_used: how many it wanted. */
static int feed(struct ss_session *s, const uint8_t *data, size_t len, size_t piece,
		size_t *ret_used)
{
	int news = SS_NOTHING;
	uint8_t *to;

	*ret_used = 0;
	while (*ret_used < len && news == SS_NOTHING) {
		size_t n = ss_session_room(s, &to);

		n = n < piece ? n : piece;
		n = n < len - *ret_used ? n : len - *ret_used;
		if (!n)
			break;
		memcpy(to, data + *ret_used, n);
		*ret_used += n;
		news = ss_session_read(s, n);
	}
	return news;
}

/* Everything that it has to write now. */
static int said(struct ss_session *s, const void *want, size_t len)
{
	const uint8_t *from;
	size_t n;

	from = ss_session_write(s, &n);
	assert_int_equal(n, len);
	assert_memory_equal(from, want, len);
	return ss_session_written(s, n);
}

static void assert_silent(const struct ss_session *s)
{
	size_t n;

	assert_null(ss_session_write(s, &n));
	assert_int_equal(n, 0);
}

/* The exchange of a client with the empty state of bat-hosts, byte for byte. */
static const uint8_t version[] = { 0, 0, 0, 1 };
static const uint8_t asked[] = "\x00\x00\x00\x01\x09"
			       "bat-hosts\x00\x00\x00\x11" STATE;
static const uint8_t told[] = "\x00\x00\x00\x1f\x09"
			      "bat-hosts\x00\x00\x00\x11" STATE;
static const uint8_t length[] = { 0, 0, 0, 0x1f };

static void serve(size_t piece)
{
	struct ss_session s;
	size_t used;

	ss_session_server(&s);
	assert_silent(&s);
	assert_int_equal(feed(&s, version, sizeof(version), piece, &used), SS_NOTHING);
	assert_int_equal(said(&s, version, sizeof(version)), SS_NOTHING);
	assert_int_equal(feed(&s, asked, sizeof(asked) - 1, piece, &used), SS_MESSAGE);
	assert_int_equal(used, sizeof(asked) - 1);
	assert_string_equal(s.name, "bat-hosts");
	assert_int_equal(s.in_len, strlen(STATE));
	assert_memory_equal(s.in, STATE, s.in_len);
	assert_int_equal(ss_session_answer(&s, STATE, strlen(STATE)), 0);
	assert_int_equal(said(&s, told, sizeof(told) - 1), SS_NOTHING);
	assert_int_equal(feed(&s, length, sizeof(length), piece, &used), SS_END);
	ss_session_done(&s);
}

static void test_server(void **state)
{
	(void)state;
	serve(SIZE_MAX);
	serve(1);
}

/* Nothing more is read, and more is an error. */
static void assert_over(struct ss_session *s)
{
	uint8_t *to;

	assert_int_equal(ss_session_room(s, &to), 0);
	assert_int_equal(ss_session_read(s, 0), -EPROTO);
}

static void ask(size_t piece)
{
	struct ss_session s;
	size_t used;

	assert_int_equal(ss_session_client(&s, "bat-hosts", STATE, strlen(STATE)), 0);
	assert_int_equal(said(&s, version, sizeof(version)), SS_NOTHING);
	assert_silent(&s);
	assert_int_equal(feed(&s, version, sizeof(version), piece, &used), SS_NOTHING);
	assert_int_equal(said(&s, asked, sizeof(asked) - 1), SS_NOTHING);
	assert_int_equal(feed(&s, told, sizeof(told) - 1, piece, &used), SS_MESSAGE);
	assert_int_equal(used, sizeof(told) - 1);
	assert_memory_equal(s.in, STATE, s.in_len);
	assert_over(&s);
	assert_int_equal(said(&s, length, sizeof(length)), SS_END);
	ss_session_done(&s);
}

static void test_client(void **state)
{
	(void)state;
	ask(SIZE_MAX);
	ask(1);
}

/* A server's whole input up to its answer: a version, and what a client says then. */
static int serve_bytes(const void *behind, size_t len, size_t *ret_used)
{
	struct ss_session s;
	int r;

	ss_session_server(&s);
	assert_int_equal(feed(&s, version, sizeof(version), 9, ret_used), SS_NOTHING);
	assert_int_equal(said(&s, version, sizeof(version)), SS_NOTHING);
	r = feed(&s, behind, len, 9, ret_used);
	ss_session_done(&s);
	return r;
}

static void test_unknown_kind(void **state)
{
	struct ss_session s;
	size_t used;

	(void)state;
	ss_session_server(&s);
	feed(&s, version, sizeof(version), 9, &used);
	said(&s, version, sizeof(version));
	assert_int_equal(feed(&s, asked, sizeof(asked) - 1, 9, &used), SS_MESSAGE);
	assert_int_equal(ss_session_answer(&s, NULL, 0), 0);
	assert_over(&s);
	assert_int_equal(said(&s, length, sizeof(length)), SS_END);
	ss_session_done(&s);
}

/* A client of that name to the answer for bat-hosts. */
static int ask_for(const char *name)
{
	struct ss_session s;
	uint8_t answer[sizeof(told) - 1];
	size_t used;
	int r;

	memcpy(answer, told, sizeof(answer));
	answer[3] = (uint8_t)(1 + strlen(name) + 4 + strlen(STATE));
	ss_session_client(&s, name, STATE, strlen(STATE));
	feed(&s, version, sizeof(version), 9, &used);
	r = feed(&s, answer, sizeof(answer), 9, &used);
	ss_session_done(&s);
	return r;
}

static void test_refused_bytes(void **state)
{
	static const uint8_t version2[] = { 0, 0, 0, 2 }, ack[] = { 0, 0, 0, 0x1e };
	uint8_t bytes[300] = { 0, 0, 0, 1 };
	struct ss_session s;
	size_t used;

	(void)state;
	/* versions */
	ss_session_server(&s);
	assert_int_equal(feed(&s, version2, sizeof(version2), 9, &used), -EPROTO);
	ss_session_done(&s);
	assert_int_equal(serve_bytes(version2, sizeof(version2), &used), -EPROTO);
	ss_session_client(&s, "bat-hosts", STATE, strlen(STATE));
	said(&s, version, sizeof(version));
	assert_int_equal(feed(&s, version2, sizeof(version2), 9, &used), -EPROTO);
	ss_session_done(&s);
	/* names: none, the longest, one too long, one with a NUL */
	assert_int_equal(serve_bytes(bytes, 5, &used), -EBADMSG);
	memset(bytes + 5, 'x', 200);
	bytes[4] = SS_NAME_MAX;
	assert_int_equal(serve_bytes(bytes, 5 + SS_NAME_MAX, &used), SS_NOTHING);
	bytes[4] = SS_NAME_MAX + 1;
	assert_int_equal(serve_bytes(bytes, 5, &used), -EBADMSG);
	bytes[4] = 3;
	bytes[6] = 0;
	assert_int_equal(serve_bytes(bytes, 8, &used), -EBADMSG);
	/* lengths: 1, the longest, one too long; nothing of it is read */
	bytes[6] = 'x';
	memcpy(bytes + 8, "\x00\x00\x00\x01", 4);
	assert_int_equal(serve_bytes(bytes, 12, &used), -EBADMSG);
	memcpy(bytes + 8, "\x00\x10\x00\x00", 4);
	assert_int_equal(serve_bytes(bytes, 12, &used), SS_NOTHING);
	memcpy(bytes + 8, "\x00\x10\x00\x01", 4);
	assert_int_equal(serve_bytes(bytes, 12, &used), -EBADMSG);
	/* a wrong acknowledgement of what a client sent, and answers of other types */
	ss_session_client(&s, "bat-hosts", STATE, strlen(STATE));
	said(&s, version, sizeof(version));
	feed(&s, version, sizeof(version), 9, &used);
	said(&s, asked, sizeof(asked) - 1);
	assert_int_equal(feed(&s, ack, sizeof(ack), 9, &used), -EPROTO);
	ss_session_done(&s);
	assert_int_equal(ask_for("node_info"), -EBADMSG);
	assert_int_equal(ask_for("bat-host"), -EBADMSG);
	assert_int_equal(ask_for("bat-hosts"), SS_MESSAGE);
}

/* Every prefix of what a client says asks for more. */
static void test_cut(void **state)
{
	size_t used;

	(void)state;
	for (size_t cut = 0; cut < sizeof(asked) - 1; cut++)
		assert_int_equal(serve_bytes(asked, cut, &used), SS_NOTHING);
	assert_int_equal(serve_bytes(asked, sizeof(asked) - 1, &used), SS_MESSAGE);
}

/* ---- the JSON of a state ---- */

struct heard {
	unsigned int count, bad;
	char keys[256];
	char author[64];
	int64_t ttl_s;
	char data[256];
};

static void hear(void *arg, const struct ss_entry *e)
{
	struct heard *h = arg;
	char *text = json_dumps(e->data, JSON_COMPACT | JSON_ENCODE_ANY);

	h->count++;
	strncat(h->keys, e->key, sizeof(h->keys) - strlen(h->keys) - 1);
	strncpy(h->author, e->author, sizeof(h->author) - 1);
	strncpy(h->data, text, sizeof(h->data) - 1);
	h->ttl_s = e->ttl_s;
	free(text);
}

static int decode(const char *text, struct heard *ret)
{
	memset(ret, 0, sizeof(*ret));
	return ss_decode(text, strlen(text), hear, ret, &ret->bad);
}

/* As their daemon prints it, with four spaces. */
static const char theirs[] =
	"{\n    \"stateSlice\": [\n        {\n            \"key\": \"02:95:39:46:28:95\",\n"
	"            \"value\": {\n                \"mAuthor\": \"LiMe-462895\",\n"
	"                \"mTtl\": {\n                    \"xint64\": 2391,\n"
	"                    \"xstr64\": \"2391\"\n                },\n"
	"                \"mData\": \"LiMe_462895_eth0\"\n            }\n        },\n"
	"        {\n            \"key\": \"b\",\n            \"value\": {\n"
	"                \"mAuthor\": \"x\",\n                \"mTtl\": 7,\n"
	"                \"mData\": {\"links\": [1, 2.5, null, {\"q\": \"]}\\\"\"}]}\n"
	"            }\n        }\n    ]\n}\n";

static void test_decode(void **state)
{
	struct heard h;

	(void)state;
	assert_int_equal(decode(theirs, &h), 0);
	assert_int_equal(h.count, 2);
	assert_int_equal(h.bad, 0);
	assert_string_equal(h.keys, "02:95:39:46:28:95b");
	assert_string_equal(h.author, "x");
	assert_int_equal(h.ttl_s, 7);
	assert_string_equal(h.data, "{\"links\":[1,2.5,null,{\"q\":\"]}\\\"\"}]}");
	assert_int_equal(decode("{}", &h), 0);
	assert_int_equal(decode("{\"stateSlice\":[]}", &h), 0);
	assert_int_equal(decode("{\"a\":1,\"b\":[{}],\"stateSlice\":[],\"c\":\"d\"}", &h), 0);
	assert_int_equal(h.count, 0);
	/* any space of JSON's, also as the end of what has no brackets */
	assert_int_equal(
		decode("\t{\r\n\"a\" :\t1 ,\"b\":null\r\n,\t\"stateSlice\": [\r{\"key\":\t\"k\","
		       "\"value\" : {\"mAuthor\":\"x\",\"mTtl\":7\t,\"mData\":1\r\n}} ] }\r\n",
		       &h),
		0);
	assert_int_equal(h.count, 1);
}

/* Not one of the entries of a state that is none is heard. */
static void test_no_state(void **state)
{
	static const char *const texts[] = {
		"",
		"[]",
		"x",
		"{",
		"}",
		"{\"stateSlice\"}",
		"{\"stateSlice\":[}",
		"{\"stateSlice\":[]",
		"{\"stateSlice\":[]}x",
		"{\"stateSlice\":[{]}]}",
		"{\"stateSlice\":[{},]}",
		"{a:1}",
		"{\"stateSlice\":[\"]}",
		"{\"a\":}",
	};
	char cut[sizeof(theirs)];
	struct heard h;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(decode(texts[i], &h), -EBADMSG);
	for (size_t len = 0; len < sizeof(theirs) - 2; len++) {
		memcpy(cut, theirs, len);
		cut[len] = '\0';
		assert_int_equal(decode(cut, &h), -EBADMSG);
		assert_int_equal(h.count, 0);
	}
}

#define ENTRY(key, author, ttl, data)                                                              \
	"{\"stateSlice\":[{\"key\":" key ",\"value\":{\"mAuthor\":" author ",\"mTtl\":" ttl        \
	",\"mData\":" data "}}]}"

static void test_no_entry(void **state)
{
	static const char *const texts[] = {
		ENTRY("1", "\"a\"", "1", "1"),
		ENTRY("\"k\"", "null", "1", "1"),
		ENTRY("\"k\"", "\"a\"", "\"1\"", "1"),
		ENTRY("\"k\"", "\"a\"", "{}", "1"),
		ENTRY("\"k\"", "\"a\"", "{\"xint64\":1.5}", "1"),
		ENTRY("\"k\"", "\"a\"", "{\"xstr64\":\"-1\"}", "1"),
		ENTRY("\"k\"", "\"a\"", "99999999999999999999", "1"),
		ENTRY("\"\"", "\"a\"", "1", "1"),
		ENTRY("\"k\"", "\"\"", "1", "1"),
		ENTRY("\"\\n\"", "\"a\"", "1", "1"),
		ENTRY("\"k\\\"\"", "\"a\"", "1", "1"),
		ENTRY("\"k\"", "\"a\\\\\"", "1", "1"),
		ENTRY("\"k\\u0000\"", "\"a\"", "1", "1"),
		ENTRY("\"k\\u007f\"", "\"a\"", "1", "1"),
		ENTRY("\"k\"", "\"a\"", "1", "nothing"),
		"{\"stateSlice\":[1]}",
		"{\"stateSlice\":[[]]}",
		"{\"stateSlice\":[{\"key\":\"k\"}]}",
		"{\"stateSlice\":[{\"key\":\"k\",\"value\":[]}]}",
		"{\"stateSlice\":[{\"key\":\"k\",\"value\":{\"mAuthor\":\"a\",\"mTtl\":1}}]}",
		"{\"stateSlice\":[{\"key\":\"k\",\"value\":{\"mAuthor\":\"a\",\"mData\":1}}]}",
	};
	struct heard h;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(decode(texts[i], &h), 0);
		assert_int_equal(h.count, 0);
		assert_int_equal(h.bad, 1);
	}
	assert_int_equal(decode(ENTRY("\"k\"", "\"a\"", "{\"xstr64\":\"77\"}", "1"), &h), 0);
	assert_int_equal(h.count, 1);
	assert_int_equal(h.ttl_s, 77);
}

/* An entry with a key and an author of these lengths. */
static int decode_words(int key_len, int author_len, struct heard *h)
{
	char text[400];

	snprintf(text, sizeof(text), ENTRY("\"%0*d\"", "\"%0*d\"", "1", "1"), key_len, 0,
		 author_len, 0);
	return decode(text, h);
}

static void test_long_words(void **state)
{
	struct heard h;

	(void)state;
	assert_int_equal(decode_words(SS_KEY_MAX, SS_AUTHOR_MAX, &h), 0);
	assert_int_equal(h.count, 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(decode_words(SS_KEY_MAX + i, SS_AUTHOR_MAX + !i, &h), 0);
		assert_int_equal(h.count, 0);
		assert_int_equal(h.bad, 1);
	}
}

/* Data of that depth, brackets of the state itself among it. */
static int decode_deep(unsigned int depth, struct heard *h)
{
	char text[200], data[100];

	memset(data, '[', depth);
	memset(data + depth, ']', depth);
	data[2 * depth] = '\0';
	snprintf(text, sizeof(text), ENTRY("\"k\"", "\"a\"", "1", "%s"), data);
	return decode(text, h);
}

static void test_depth(void **state)
{
	char *deep = malloc(SS_DATA_MAX);
	struct heard h;
	unsigned int bad;

	(void)state;
	assert_int_equal(decode_deep(SS_DEPTH_MAX - 2, &h), 0);
	assert_int_equal(h.count, 1);
	assert_int_equal(decode_deep(SS_DEPTH_MAX - 1, &h), -EBADMSG);
	memset(deep, '[', SS_DATA_MAX);
	memcpy(deep, "{\"stateSlice\":", 14);
	assert_int_equal(ss_decode(deep, SS_DATA_MAX, hear, &h, &bad), -EBADMSG);
	free(deep);
}

/* An entry whose text has that length. */
static int decode_long(size_t len, struct heard *h)
{
	static const char head[] = "{\"stateSlice\":[",
			  entry[] = "{\"key\":\"k\",\"value\":{\"mAuthor\":\"a\","
				    "\"mTtl\":1,\"mData\":\"";
	size_t all = sizeof(head) - 1 + len + 2;
	char *text = malloc(all);
	int r;

	memset(text, 'x', all);
	memcpy(text, head, sizeof(head) - 1);
	memcpy(text + sizeof(head) - 1, entry, sizeof(entry) - 1);
	memcpy(text + all - 5, "\"}}]}", 5);
	memset(h, 0, sizeof(*h));
	r = ss_decode(text, all, hear, h, &h->bad);
	free(text);
	return r;
}

static void test_huge_entry(void **state)
{
	struct heard h;

	(void)state;
	assert_int_equal(decode_long(SS_ENTRY_MAX, &h), 0);
	assert_int_equal(h.count, 1);
	assert_int_equal(decode_long(SS_ENTRY_MAX + 1, &h), 0);
	assert_int_equal(h.count, 0);
	assert_int_equal(h.bad, 1);
}

/* What is written is what is read, and byte for byte what theirs reads. */
static void test_slice(void **state)
{
	static const char want[] =
		"{\"stateSlice\":["
		"{\"key\":\"10.13.1.2\",\"value\":{\"mAuthor\":\"LiMe-000701\",\"mTtl\":{"
		"\"xint64\":"
		"2431,\"xstr64\":\"2431\"},\"mData\":{\"mac\":\"02:cc:00:00:00:01\"}}},"
		"{\"key\":\"b\",\"value\":{\"mAuthor\":\"c\",\"mTtl\":{\"xint64\":1,\"xstr64\":"
		"\"1\"},"
		"\"mData\":true}}]}";
	static const char mac[] = "{\"mac\":\"02:cc:00:00:00:01\"}";
	struct ss_slice s;
	struct heard h;

	(void)state;
	ss_slice_init(&s);
	ss_slice_add(&s, "10.13.1.2", "LiMe-000701", 2431, mac, strlen(mac));
	ss_slice_add(&s, "b", "c", 1, "true", 4);
	assert_int_equal(ss_slice_end(&s), 0);
	assert_int_equal(s.len, strlen(want));
	assert_memory_equal(s.text, want, s.len);
	memset(&h, 0, sizeof(h));
	assert_int_equal(ss_decode(s.text, s.len, hear, &h, &h.bad), 0);
	assert_int_equal(h.count, 2);
	ss_slice_done(&s);
}

static void test_slice_full(void **state)
{
	char name[SS_KEY_MAX + 200];
	static char data[60000];
	struct ss_slice s;
	unsigned int bad;
	struct heard h;

	(void)state;
	memset(data, '1', sizeof(data));
	ss_slice_init(&s);
	for (int i = 0; i < 20; i++)
		ss_slice_add(&s, "k", "a", 1, data, sizeof(data));
	ss_slice_add(&s, "small", "a", 1, "1", 1); /* what still fits is taken */
	snprintf(name, sizeof(name), "%0*d", (int)sizeof(name) - 1, 0);
	ss_slice_add(&s, name, "a", 1, "1", 1); /* longer than any key is not */
	assert_int_equal(ss_slice_end(&s), 0);
	assert_int_equal(s.left_out, 4);
	assert_true(s.len > SS_DATA_MAX - sizeof(data) && s.len <= SS_DATA_MAX);
	memset(&h, 0, sizeof(h));
	assert_int_equal(ss_decode(s.text, s.len, hear, &h, &bad), 0);
	ss_slice_done(&s);
}

/* ---- the rules ---- */

static const struct ss_type type = { .name = "bat-hosts", .life_s = 2431 };
static const struct hash_key key = { 1, 2 };
#define NOW (1000 * USEC_S)

static enum ss_verdict merge(struct ss_store *s, struct ss_entry e, usec_t now)
{
	json_t *data = json_string(e.author);
	enum ss_verdict v;

	e.data = data;
	v = ss_store_merge(s, &e, !strcmp(e.author, "us"), now);
	json_decref(data);
	return v;
}

static enum ss_verdict say(struct ss_store *s, const char *what, const char *author, int64_t ttl_s,
			   usec_t now)
{
	return merge(s, (struct ss_entry) { .key = what, .author = author, .ttl_s = ttl_s }, now);
}

/* The only entry that goes out now: its author, and how long it lives. -1: not one. */
static int64_t only(const struct ss_store *s, usec_t now, char author[static 64])
{
	struct heard h = { 0 };
	struct ss_slice out;

	assert_int_equal(ss_encode(s, now, &out), 0);
	assert_int_equal(ss_decode(out.text, out.len, hear, &h, &h.bad), 0);
	assert_int_equal(h.bad, 0);
	ss_slice_done(&out);
	memcpy(author, h.author, 64);
	return h.count == 1 ? h.ttl_s : -1;
}

static void test_longer_life_wins(void **state)
{
	struct ss_store s;
	char author[64];

	(void)state;
	assert_int_equal(ss_store_init(&s, &type, key), 0);
	assert_int_equal(say(&s, "k", "a", 100, NOW), SS_TAKEN);
	assert_int_equal(say(&s, "k", "b", 99, NOW), SS_OLDER);
	assert_int_equal(only(&s, NOW, author), 100);
	assert_string_equal(author, "a");
	assert_int_equal(say(&s, "k", "b", 100, NOW), SS_TAKEN); /* equals: the later one */
	assert_int_equal(only(&s, NOW + 30 * USEC_S, author), 70);
	assert_string_equal(author, "b");
	assert_int_equal(say(&s, "k", "c", 69, NOW + 30 * USEC_S), SS_OLDER);
	assert_int_equal(say(&s, "k", "c", 71, NOW + 30 * USEC_S), SS_TAKEN);
	ss_store_done(&s);
}

static void test_lives_no_longer(void **state)
{
	struct ss_store s;
	char author[64];

	(void)state;
	assert_int_equal(ss_store_init(&s, &type, key), 0);
	assert_int_equal(say(&s, "k", "a", 0, NOW), SS_DEAD);
	assert_int_equal(say(&s, "k", "a", -5, NOW), SS_DEAD);
	assert_int_equal(say(&s, "k", "a", INT64_C(1) << 60, NOW), SS_TAKEN);
	assert_int_equal(only(&s, NOW, author), 2431);
	/* whoever carries it does not prolong it */
	for (int i = 0; i < 2430; i += 10)
		say(&s, "k", "a", only(&s, NOW + i * USEC_S + 900 * USEC_MS, author),
		    NOW + i * USEC_S + 900 * USEC_MS);
	assert_int_equal(only(&s, NOW + 2431 * USEC_S, author), -1);
	ss_store_bleach(&s, NOW + 2431 * USEC_S);
	assert_int_equal(s.items.count, 0);
	assert_int_equal(s.foreign, 0);
	assert_int_equal(s.foreign_bytes, 0);
	ss_store_done(&s);
}

/* Over HTTP: who carries an entry tells up to a step too much of it; what is deleted takes the
 * place of what is not. */
static void test_steps(void **state)
{
	static const struct ss_type http = { .name = "h", .life_s = 3600, .step_s = 120 };
	struct ss_entry gone = { .key = "k", .author = "c", .ttl_s = 1320 };
	const usec_t later = NOW + 120 * USEC_S;
	const struct ss_item *i;
	uint32_t cursor = 0;
	struct ss_store s;
	char author[64];

	(void)state;
	assert_int_equal(ss_store_init(&s, &http, key), 0);
	assert_int_equal(say(&s, "k", "a", 1200, NOW), SS_TAKEN);
	assert_int_equal(say(&s, "k", "b", 1200, NOW), SS_OLDER);
	assert_int_equal(say(&s, "k", "b", 1200, later - USEC_MS), SS_OLDER);
	assert_int_equal(say(&s, "k", "b", 1200, later), SS_TAKEN);
	assert_int_equal(only(&s, later, author), 1200);
	assert_string_equal(author, "b");
	assert_int_equal(ss_store_merge(&s, &gone, false, later), SS_TAKEN);
	i = table_next(&s.items, &cursor);
	assert_non_null(i);
	assert_int_equal(i->len, 0);
	assert_int_equal(s.foreign, 1);
	assert_int_equal(s.foreign_bytes, 0);
	assert_int_equal(say(&s, "k", "a", 1320, later), SS_OLDER);
	assert_int_equal(say(&s, "k", "a", 1440, later), SS_TAKEN);
	ss_store_bleach(&s, later + 1440 * USEC_S);
	assert_int_equal(s.foreign, 0);
	assert_int_equal(s.foreign_bytes, 0);
	ss_store_done(&s);
}

/* Nobody changes what we say; what is said in our name is believed when we know nothing. */
static void test_ours(void **state)
{
	struct ss_store s;
	char author[64];

	(void)state;
	assert_int_equal(ss_store_init(&s, &type, key), 0);
	assert_int_equal(say(&s, "k", "a", 2431, NOW), SS_TAKEN);
	ss_store_own_begin(&s);
	assert_true(ss_store_own_put(&s, "k", "us", json_string("x"), NOW));
	ss_store_own_end(&s);
	assert_int_equal(s.foreign, 0);
	assert_int_equal(say(&s, "k", "a", 2431, NOW), SS_OURS);
	assert_int_equal(say(&s, "k", "us", 2431, NOW + 5 * USEC_S), SS_OURS);
	assert_int_equal(only(&s, NOW + 5 * USEC_S, author), 2426);
	assert_string_equal(author, "us");
	ss_store_own_begin(&s); /* it is no more */
	ss_store_own_end(&s);
	assert_int_equal(only(&s, NOW, author), -1);
	assert_int_equal(say(&s, "k", "us", 50, NOW), SS_TAKEN);
	assert_int_equal(say(&s, "k", "us", 51, NOW), SS_OWN_NAME);
	assert_int_equal(only(&s, NOW, author), 50);
	assert_int_equal(say(&s, "k", "us", 50, NOW), SS_TAKEN);
	ss_store_done(&s);
}

/* One peer with endless keys: so many have a place, and ours always have. */
static void test_bounded(void **state)
{
	static char data[1000];
	struct ss_entry big = { .author = "a", .ttl_s = 100 };
	struct ss_slice out;
	struct ss_store s;
	char name[16];

	(void)state;
	assert_int_equal(ss_store_init(&s, &type, key), 0);
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "k%d", i);
		assert_int_equal(say(&s, name, "a", 100, NOW),
				 i < SS_FOREIGN_MAX ? SS_TAKEN : SS_FULL);
	}
	assert_int_equal(say(&s, "k7", "b", 100, NOW), SS_TAKEN); /* known keys go on */
	for (int i = 0; i < SS_ITEMS_MAX - SS_FOREIGN_MAX; i++) {
		snprintf(name, sizeof(name), "o%d", i);
		assert_true(ss_store_own_put(&s, name, "us", json_true(), NOW));
	}
	assert_false(ss_store_own_put(&s, "one more", "us", json_true(), NOW));
	ss_store_done(&s);

	memset(data, 'x', sizeof(data) - 1);
	assert_int_equal(ss_store_init(&s, &type, key), 0);
	big.data = json_string(data);
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "k%d", i);
		big.key = name;
		(void)ss_store_merge(&s, &big, false, NOW);
		assert_true(s.foreign_bytes <= SS_FOREIGN_BYTES);
	}
	assert_true(s.foreign_bytes > SS_FOREIGN_BYTES - 1100);
	json_decref(big.data);
	assert_int_equal(ss_encode(&s, NOW, &out), 0);
	assert_int_equal(out.left_out, 0);
	ss_slice_done(&out);
	ss_store_done(&s);
}

/* The longest keys and authors in every place of others and in every one of ours: a whole state
 * still is one message. */
static void test_fits(void **state)
{
	char name[SS_KEY_MAX + 1], author[SS_AUTHOR_MAX + 1];
	struct ss_slice out;
	struct ss_store s;

	(void)state;
	memset(author, 'a', SS_AUTHOR_MAX);
	author[SS_AUTHOR_MAX] = '\0';
	assert_int_equal(ss_store_init(&s, &type, key), 0);
	for (int i = 0; i < SS_FOREIGN_MAX; i++) {
		snprintf(name, sizeof(name), "%0*d", SS_KEY_MAX, i);
		assert_int_equal(say(&s, name, author, 2431, NOW), SS_TAKEN);
	}
	assert_int_equal(ss_encode(&s, NOW, &out), 0);
	assert_int_equal(out.left_out, 0);
	assert_int_equal(out.count, SS_FOREIGN_MAX);
	ss_slice_done(&out);
	ss_store_done(&s);
}

static void test_no_words(void **state)
{
	struct ss_store s;

	(void)state;
	assert_int_equal(ss_store_init(&s, &type, key), 0);
	assert_false(ss_store_own_put(&s, "", "us", json_true(), NOW));
	assert_false(ss_store_own_put(&s, "k", "u\"s", json_true(), NOW));
	assert_false(ss_store_own_put(&s, "k", "\xff", json_true(), NOW));
	assert_false(ss_store_own_put(&s, "k", "us", NULL, NOW));
	assert_int_equal(s.items.count, 0);
	ss_store_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_server),
		cmocka_unit_test(test_client),
		cmocka_unit_test(test_unknown_kind),
		cmocka_unit_test(test_refused_bytes),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_no_state),
		cmocka_unit_test(test_no_entry),
		cmocka_unit_test(test_long_words),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_huge_entry),
		cmocka_unit_test(test_slice),
		cmocka_unit_test(test_slice_full),
		cmocka_unit_test(test_longer_life_wins),
		cmocka_unit_test(test_lives_no_longer),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_ours),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_fits),
		cmocka_unit_test(test_no_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
