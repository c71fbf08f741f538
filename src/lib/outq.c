/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/outq.h"

#include <errno.h>
#include <string.h>

struct head {
	uint16_t kind;
	uint16_t port;
	uint32_t arg;
	uint64_t len;
};

static size_t padded(size_t len)
{
	return (len + 7) & ~(size_t)7;
}

void outq_init(struct outq *q, void *buf, size_t cap)
{
	*q = (struct outq) { .buf = buf, .cap = cap };
}

uint8_t *outq_reserve(struct outq *q, size_t len)
{
	/* the queue is always drained whole, so it never needs to wrap */
	if (q->head == q->tail)
		q->head = q->tail = 0;
	if (len > q->cap || sizeof(struct head) + padded(len) > q->cap - q->tail) {
		q->dropped++;
		return NULL;
	}
	return q->buf + q->tail + sizeof(struct head);
}

void outq_commit(struct outq *q, uint16_t kind, uint16_t port, uint32_t arg, size_t len)
{
	struct head h = { .kind = kind, .port = port, .arg = arg, .len = len };

	memcpy(q->buf + q->tail, &h, sizeof(h));
	q->tail += sizeof(h) + padded(len);
}

int outq_push(struct outq *q, uint16_t kind, uint16_t port, uint32_t arg, const void *data,
	      size_t len)
{
	uint8_t *to = outq_reserve(q, len);

	if (!to)
		return -ENOSPC;
	if (len)
		memcpy(to, data, len);
	outq_commit(q, kind, port, arg, len);
	return 0;
}

bool outq_pop(struct outq *q, struct out *ret)
{
	struct head h;

	if (q->head == q->tail)
		return false;
	memcpy(&h, q->buf + q->head, sizeof(h));
	*ret = (struct out) { .kind = h.kind,
			      .port = h.port,
			      .arg = h.arg,
			      .data = q->buf + q->head + sizeof(h),
			      .len = (size_t)h.len };
	q->head += sizeof(h) + padded(ret->len);
	return true;
}
