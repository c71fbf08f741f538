/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LibreMesh's shared-state-async on the wire, version 1, without sockets and clocks. Everything is
 * in words of 32 bits, big-endian, over TCP port 3490:
 *
 *   client: version       server: version       client: version
 *   client: message       server: its length
 *   server: message       client: its length
 *
 * A message is {length of the name u8, name of the type, length of the data u32, data}. The data
 * are a whole state as JSON:
 *
 *   {"stateSlice": [{"key": K, "value": {"mAuthor": A, "mTtl": {"xint64": N, "xstr64": "N"},
 *                                        "mData": anything}}]}
 *
 * mTtl may be a plain number too. A server that does not know the type closes in place of its
 * message. What is no JSON, or no such object, is an empty state.
 */
#ifndef PLAT_SHARED_STATE_MSG_H
#define PLAT_SHARED_STATE_MSG_H

#include "rpc/shared_state_store.h"

#define SS_PORT 3490
#define SS_VERSION 1
#define SS_NAME_MAX 128
#define SS_DATA_MAX (1024 * 1024)
#define SS_ENTRY_MAX 65536 /* bytes of JSON */
#define SS_DEPTH_MAX 16

/* ---- one synchronisation, as either side of it ---- */

enum ss_step {
	SS_HELLO,    /* the other side's version */
	SS_AGAIN,    /* server: the same a second time */
	SS_ACK,	     /* the length of our message */
	SS_NAME_LEN, /* and so on: the message */
	SS_NAME,
	SS_DATA_LEN,
	SS_DATA,
	SS_OVER, /* only to be written */
};

enum ss_news {
	SS_NOTHING,
	SS_MESSAGE, /* name, in and in_len are the other side's state */
	SS_END,	    /* all is read and written */
};

struct ss_session {
	bool client;
	enum ss_step step;
	uint32_t sent; /* length of our message */
	size_t want, in_len;
	uint8_t *in;			 /* of this step: word or data */
	uint8_t word[SS_NAME_MAX];	 /* while what is wanted is no longer */
	uint8_t *data;			 /* owned */
	uint8_t *out;			 /* owned */
	size_t out_at, out_end, out_len; /* may be written now: from out_at to out_end */
	char name[SS_NAME_MAX + 1];
};

void ss_session_server(struct ss_session *s);
/* With our state of a type. 0 or -ENOMEM. */
int ss_session_client(struct ss_session *s, const char *name, const char *data, size_t len);
void ss_session_done(struct ss_session *s);
/* Where the next bytes go, and how many at most; 0: none are wanted before something is written. */
size_t ss_session_room(struct ss_session *s, uint8_t **ret_to);
/* So many were put there. enum ss_news, or -EPROTO, -EBADMSG, -ENOMEM: then close. */
int ss_session_read(struct ss_session *s, size_t len);
/* A server's, to SS_MESSAGE; data NULL: the type is unknown. 0 or -ENOMEM. */
int ss_session_answer(struct ss_session *s, const char *data, size_t len);
/* What can be written now; *ret_len 0: nothing. */
const uint8_t *ss_session_write(const struct ss_session *s, size_t *ret_len);
/* So many were. SS_NOTHING or SS_END. */
int ss_session_written(struct ss_session *s, size_t len);

/* ---- the JSON of a state ---- */

/*
 * All entries, in their order, one at a time: memory for one of SS_ENTRY_MAX bytes is needed. What
 * is no entry is left out and counted in *ret_bad. 0, or -EBADMSG: it is no state, and nothing was
 * called.
 */
int ss_decode(const char *text, size_t len, void (*fn)(void *arg, const struct ss_entry *e),
	      void *arg, unsigned int *ret_bad);

/* A state in the making, of at most SS_DATA_MAX bytes. */
struct ss_slice {
	char *text;
	size_t len, cap;
	unsigned int count;
	unsigned int left_out; /* did not fit */
};

void ss_slice_init(struct ss_slice *s);
/* data: JSON of len bytes. */
void ss_slice_add(struct ss_slice *s, const char *key, const char *author, int64_t ttl_s,
		  const char *data, size_t len);
/* 0 or -ENOMEM. */
int ss_slice_end(struct ss_slice *s);
void ss_slice_done(struct ss_slice *s);

/* The whole state of a store, ours first. 0 or -ENOMEM; then, too, ss_slice_done. */
int ss_encode(const struct ss_store *s, usec_t now, struct ss_slice *ret);

#endif
