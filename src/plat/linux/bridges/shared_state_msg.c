/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/bridges/shared_state_msg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "lib/wire.h"

#define WORD 4
#define SLICE_FIRST 4096

/* ---- one synchronisation ---- */

static void step_want(struct ss_session *s, enum ss_step step, size_t want)
{
	s->step = step;
	s->want = want;
	s->in_len = 0;
	s->in = s->word;
}

static size_t message_len(const char *name, size_t len)
{
	return 1 + strlen(name) + WORD + len;
}

static void message_put(struct wr *w, const char *name, const char *data, size_t len)
{
	wr_u8(w, (uint8_t)strlen(name));
	wr_bytes(w, name, strlen(name));
	wr_u32(w, (uint32_t)len);
	wr_bytes(w, data, len);
}

/* A new buffer for what is to be written. */
static int out_begin(struct ss_session *s, size_t len, struct wr *ret)
{
	free(s->out);
	s->out_at = s->out_end = s->out_len = 0;
	s->out = malloc(len);
	if (!s->out)
		return -ENOMEM;
	*ret = wr_init(s->out, len);
	s->out_end = s->out_len = len;
	return 0;
}

void ss_session_server(struct ss_session *s)
{
	memset(s, 0, sizeof(*s));
	step_want(s, SS_HELLO, WORD);
}

int ss_session_client(struct ss_session *s, const char *name, const char *data, size_t len)
{
	struct wr w;

	memset(s, 0, sizeof(*s));
	s->client = true;
	s->sent = (uint32_t)message_len(name, len);
	text_copy(s->name, sizeof(s->name), name);
	step_want(s, SS_HELLO, WORD);
	if (out_begin(s, 2 * WORD + s->sent, &w))
		return -ENOMEM;
	wr_u32(&w, SS_VERSION);
	wr_u32(&w, SS_VERSION);
	message_put(&w, name, data, len);
	s->out_end = WORD; /* the rest when the server has said its version */
	return 0;
}

void ss_session_done(struct ss_session *s)
{
	free(s->out);
	free(s->data);
	s->out = s->data = NULL;
}

size_t ss_session_room(struct ss_session *s, uint8_t **ret_to)
{
	if (s->step == SS_OVER)
		return 0;
	*ret_to = s->in + s->in_len;
	return s->want - s->in_len;
}

/* To their version. */
static int said_version(struct ss_session *s, uint32_t version)
{
	struct wr w;

	if (version != SS_VERSION)
		return -EPROTO;
	if (s->client) {
		s->out_end = s->out_len;
		step_want(s, SS_ACK, WORD);
	} else if (s->step == SS_HELLO) {
		if (out_begin(s, WORD, &w))
			return -ENOMEM;
		wr_u32(&w, SS_VERSION);
		step_want(s, SS_AGAIN, WORD);
	} else {
		step_want(s, SS_NAME_LEN, 1);
	}
	return SS_NOTHING;
}

/* The length of the message as we count it; over: nothing is to be read behind it. */
static int acknowledge(struct ss_session *s)
{
	struct wr w;

	if (out_begin(s, WORD, &w))
		return -ENOMEM;
	wr_u32(&w, (uint32_t)message_len(s->name, s->in_len));
	return 0;
}

/* A client's name is what it asked for: another one is an answer to somebody else. */
static int got_name(struct ss_session *s)
{
	if (memchr(s->word, 0, s->want))
		return -EBADMSG;
	if (s->client && (strlen(s->name) != s->want || memcmp(s->name, s->word, s->want)))
		return -EBADMSG;
	memcpy(s->name, s->word, s->want);
	s->name[s->want] = '\0';
	step_want(s, SS_DATA_LEN, WORD);
	return SS_NOTHING;
}

static int got_data_len(struct ss_session *s, uint32_t len)
{
	if (len < 2 || len > SS_DATA_MAX)
		return -EBADMSG;
	s->data = malloc(len);
	if (!s->data)
		return -ENOMEM;
	step_want(s, SS_DATA, len);
	s->in = s->data;
	return SS_NOTHING;
}

static int got_data(struct ss_session *s)
{
	s->step = SS_OVER;
	if (s->client && acknowledge(s))
		return -ENOMEM;
	return SS_MESSAGE;
}

static int got_ack(struct ss_session *s, uint32_t len)
{
	if (len != s->sent)
		return -EPROTO;
	if (s->client) {
		step_want(s, SS_NAME_LEN, 1);
		return SS_NOTHING;
	}
	s->step = SS_OVER;
	return SS_END;
}

int ss_session_read(struct ss_session *s, size_t len)
{
	struct rd r;

	s->in_len += len;
	if (s->in_len < s->want)
		return SS_NOTHING;
	r = rd_init(s->in, s->in_len);
	switch (s->step) {
	case SS_HELLO:
	case SS_AGAIN:
		return said_version(s, rd_u32(&r));
	case SS_ACK:
		return got_ack(s, rd_u32(&r));
	case SS_NAME_LEN:
		step_want(s, SS_NAME, rd_u8(&r));
		return s->want >= 1 && s->want <= SS_NAME_MAX ? SS_NOTHING : -EBADMSG;
	case SS_NAME:
		return got_name(s);
	case SS_DATA_LEN:
		return got_data_len(s, rd_u32(&r));
	case SS_DATA:
		return got_data(s);
	case SS_OVER:
		break;
	}
	return -EPROTO;
}

int ss_session_answer(struct ss_session *s, const char *data, size_t len)
{
	size_t all = WORD;
	struct wr w;

	if (data)
		all += message_len(s->name, len);
	if (out_begin(s, all, &w))
		return -ENOMEM;
	wr_u32(&w, (uint32_t)message_len(s->name, s->in_len));
	if (!data)
		return 0;
	message_put(&w, s->name, data, len);
	s->sent = (uint32_t)(all - WORD);
	step_want(s, SS_ACK, WORD);
	return 0;
}

const uint8_t *ss_session_write(const struct ss_session *s, size_t *ret_len)
{
	*ret_len = s->out_end - s->out_at;
	return *ret_len ? s->out + s->out_at : NULL;
}

int ss_session_written(struct ss_session *s, size_t len)
{
	s->out_at += len;
	return s->out_at == s->out_len && s->step == SS_OVER ? SS_END : SS_NOTHING;
}

/* ---- the JSON of a state ---- */

struct scan {
	const char *p, *end;
};

typedef void element_fn(void *arg, const char *text, size_t len);

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_space(struct scan *s)
{
	while (s->p < s->end && is_space(*s->p))
		s->p++;
}

/* The next character that is no space, if it is that one, which is then read. */
static bool take(struct scan *s, char c)
{
	skip_space(s);
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

/* Behind its opening quote. */
static bool skip_text(struct scan *s)
{
	while (s->p < s->end) {
		char c = *s->p++;

		if (c == '"')
			return true;
		if (c == '\\' && s->p < s->end)
			s->p++;
	}
	return false;
}

static bool skip_scalar(struct scan *s)
{
	const char *from = s->p;

	while (s->p < s->end && !is_space(*s->p) && !strchr("{}[],:\"", *s->p))
		s->p++;
	return s->p > from;
}

/* A value of any kind, brackets and what is between them as they pair; whether it is JSON inside is
 * not asked. */
static bool skip_value(struct scan *s)
{
	char open[SS_DEPTH_MAX];
	unsigned int depth = 0;

	skip_space(s);
	if (s->p == s->end || (*s->p != '{' && *s->p != '['))
		return take(s, '"') ? skip_text(s) : skip_scalar(s);
	while (s->p < s->end) {
		char c = *s->p++;

		if (c == '"') {
			if (!skip_text(s))
				return false;
		} else if (c == '{' || c == '[') {
			if (depth == SS_DEPTH_MAX)
				return false;
			open[depth++] = c;
		} else if (c == '}' || c == ']') {
			if (open[--depth] != (c == '}' ? '{' : '['))
				return false;
			if (!depth)
				return true;
		}
	}
	return false;
}

/* Behind its opening bracket. */
static bool walk_array(struct scan *s, element_fn *fn, void *arg)
{
	if (take(s, ']'))
		return true;
	do {
		const char *from;

		skip_space(s);
		from = s->p;
		if (!skip_value(s))
			return false;
		if (fn)
			fn(arg, from, (size_t)(s->p - from));
	} while (take(s, ','));
	return take(s, ']');
}

static bool walk_member(struct scan *s, element_fn *fn, void *arg)
{
	static const char wanted[] = "stateSlice";
	const char *from;
	size_t len;

	if (!take(s, '"'))
		return false;
	from = s->p;
	if (!skip_text(s))
		return false;
	len = (size_t)(s->p - from) - 1;
	if (!take(s, ':'))
		return false;
	if (len == sizeof(wanted) - 1 && !memcmp(from, wanted, len) && take(s, '['))
		return walk_array(s, fn, arg);
	return skip_value(s);
}

/* The whole state; false when its brackets do not pair. */
static bool walk(const char *text, size_t len, element_fn *fn, void *arg)
{
	struct scan s = { text, text + len };

	if (!take(&s, '{'))
		return false;
	if (!take(&s, '}')) {
		do {
			if (!walk_member(&s, fn, arg))
				return false;
		} while (take(&s, ','));
		if (!take(&s, '}'))
			return false;
	}
	skip_space(&s);
	return s.p == s.end;
}

/* False: there is none. */
static bool ttl_get(const json_t *v, int64_t *ret)
{
	const json_t *number = json_is_object(v) ? json_object_get(v, "xint64") : v;
	const char *text = json_string_value(json_object_get(v, "xstr64"));
	long long parsed;

	if (json_is_integer(number)) {
		*ret = json_integer_value(number);
		return true;
	}
	if (!text || text_number(text, 0, INT64_MAX, &parsed))
		return false;
	*ret = parsed;
	return true;
}

struct decode {
	void (*fn)(void *arg, const struct ss_entry *e);
	void *arg;
	unsigned int bad;
};

static void element_decode(void *arg, const char *text, size_t len)
{
	struct decode *d = arg;
	json_t *o = len <= SS_ENTRY_MAX ? json_loadb(text, len, 0, NULL) : NULL;
	const json_t *value = json_object_get(o, "value");
	struct ss_entry e = { .key = json_string_value(json_object_get(o, "key")),
			      .author = json_string_value(json_object_get(value, "mAuthor")),
			      .data = json_object_get(value, "mData") };

	if (e.key && e.author && e.data && ttl_get(json_object_get(value, "mTtl"), &e.ttl_s) &&
	    ss_is_word(e.key, SS_KEY_MAX) && ss_is_word(e.author, SS_AUTHOR_MAX))
		d->fn(d->arg, &e);
	else
		d->bad++;
	json_decref(o);
}

int ss_decode(const char *text, size_t len, void (*fn)(void *arg, const struct ss_entry *e),
	      void *arg, unsigned int *ret_bad)
{
	struct decode d = { fn, arg, 0 };

	*ret_bad = 0;
	if (!walk(text, len, NULL, NULL))
		return -EBADMSG;
	walk(text, len, element_decode, &d);
	*ret_bad = d.bad;
	return 0;
}

/* ---- a state in the making ---- */

static const char slice_head[] = "{\"stateSlice\":[", slice_tail[] = "]}";

/* True: len more bytes and the tail have a place. */
static bool slice_grow(struct ss_slice *s, size_t len)
{
	size_t need = s->len + len + sizeof(slice_tail), cap = s->cap ? s->cap : SLICE_FIRST;
	char *bigger;

	if (need > SS_DATA_MAX)
		return false;
	while (cap < need)
		cap *= 2;
	if (cap == s->cap)
		return true;
	bigger = realloc(s->text, cap);
	if (!bigger)
		return false;
	s->text = bigger;
	s->cap = cap;
	return true;
}

static void slice_put(struct ss_slice *s, const char *text, size_t len)
{
	memcpy(s->text + s->len, text, len);
	s->len += len;
}

void ss_slice_init(struct ss_slice *s)
{
	memset(s, 0, sizeof(*s));
	if (slice_grow(s, sizeof(slice_head)))
		slice_put(s, slice_head, sizeof(slice_head) - 1);
}

void ss_slice_add(struct ss_slice *s, const char *key, const char *author, int64_t ttl_s,
		  const char *data, size_t len)
{
	char head[SS_KEY_MAX + SS_AUTHOR_MAX + 160];
	struct text t = text_init(head, sizeof(head));

	text_add(&t, "%s{\"key\":\"%s\",\"value\":{\"mAuthor\":\"%s\",", s->count ? "," : "", key,
		 author);
	text_add(&t, "\"mTtl\":{\"xint64\":%lld,\"xstr64\":\"%lld\"},\"mData\":", (long long)ttl_s,
		 (long long)ttl_s);
	if (!s->text || t.cut || !slice_grow(s, t.len + len + 2)) {
		s->left_out++;
		return;
	}
	slice_put(s, head, t.len);
	slice_put(s, data, len);
	slice_put(s, "}}", 2);
	s->count++;
}

int ss_slice_end(struct ss_slice *s)
{
	if (!s->text)
		return -ENOMEM;
	slice_put(s, slice_tail, sizeof(slice_tail) - 1);
	return 0;
}

void ss_slice_done(struct ss_slice *s)
{
	free(s->text);
	s->text = NULL;
}

int ss_encode(const struct ss_store *s, usec_t now, struct ss_slice *ret)
{
	const struct ss_item *i;

	ss_slice_init(ret);
	for (int own = 1; own >= 0; own--)
		for (uint32_t cursor = 0; (i = table_next(&s->items, &cursor));)
			if (i->own == (bool)own && ss_item_ttl(i, now) > 0)
				ss_slice_add(ret, i->key, i->author, ss_item_ttl(i, now), i->data,
					     i->len);
	return ss_slice_end(ret);
}
