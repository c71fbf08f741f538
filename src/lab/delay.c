// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See delay.h. Two queues, one per direction, each in the order of its deadlines because the
 * latency is one for all. A queue that is full loses the newest frame, as a wire with too small a
 * window would.
 */
#include "lab/delay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lab/ns.h"
#include "lib/clock.h"
#include "lib/rng.h"

#define FRAME_MAX 16400
#define QUEUE_BYTES (8 << 20)
#define QUEUE_FRAMES 32768
#define BATCH 256

struct frame {
	usec_t due;
	uint32_t offset, len;
};

struct queue {
	int in, out;
	uint8_t *ring;
	struct frame *frames;
	uint32_t head, count; /* of frames */
	uint32_t tail;	      /* next byte of the ring */
	uint32_t used; /* bytes between the oldest frame and the tail, with gaps at the end */
};

static usec_t now_usec(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * USEC_S + ts.tv_nsec / 1000;
}

static int open_dev(const char *dev)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_ALL),
				  .sll_ifindex = (int)if_nametoindex(dev) };
	int one = 1, size = 4 << 20;
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) < 0 ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0) {
		int err = errno;
		close(fd);
		return -err;
	}
	return fd;
}

/* The kernel takes the outer tag off; it has to be there again on the other side. */
static size_t restore_tag(struct msghdr *msg, uint8_t *frame, size_t len)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	struct tpacket_auxdata aux;
	if (!c || c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA || len < 12)
		return len;
	memcpy(&aux, CMSG_DATA(c), sizeof(aux));
	if (!(aux.tp_status & TP_STATUS_VLAN_VALID))
		return len;
	uint16_t tpid = aux.tp_status & TP_STATUS_VLAN_TPID_VALID ? aux.tp_vlan_tpid : ETH_P_8021Q;
	memmove(frame + 16, frame + 12, len - 12);
	frame[12] = (uint8_t)(tpid >> 8);
	frame[13] = (uint8_t)tpid;
	frame[14] = (uint8_t)(aux.tp_vlan_tci >> 8);
	frame[15] = (uint8_t)aux.tp_vlan_tci;
	return len + 4;
}

/* Where the next frame of up to FRAME_MAX bytes may be written, NULL when the queue is full. */
static uint8_t *room(struct queue *q)
{
	if (q->count == QUEUE_FRAMES || q->used + 2 * FRAME_MAX > QUEUE_BYTES)
		return NULL;
	if (q->tail + FRAME_MAX > QUEUE_BYTES) {
		q->used += QUEUE_BYTES - q->tail;
		q->tail = 0;
	}
	return q->ring + q->tail;
}

static void take(struct queue *q, usec_t due, struct rng *rng, uint32_t lose_below)
{
	static uint8_t spill[FRAME_MAX];
	for (int i = 0; i < BATCH; i++) {
		char control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
		uint8_t *at = room(q);
		struct iovec iov = { .iov_base = at ? at : spill, .iov_len = FRAME_MAX - 4 };
		struct msghdr msg = { .msg_iov = &iov,
				      .msg_iovlen = 1,
				      .msg_control = control,
				      .msg_controllen = sizeof(control) };
		ssize_t n = recvmsg(q->in, &msg, 0);
		if (n < 0)
			return;
		if (!at || rng_u32(rng) < lose_below)
			continue;
		size_t len = restore_tag(&msg, at, (size_t)n);
		q->frames[(q->head + q->count++) % QUEUE_FRAMES] =
			(struct frame) { .due = due, .offset = q->tail, .len = (uint32_t)len };
		q->tail += (uint32_t)len;
		q->used += (uint32_t)len;
	}
}

static void give(struct queue *q, usec_t now)
{
	while (q->count && q->frames[q->head].due <= now) {
		const struct frame *f = &q->frames[q->head];
		send(q->out, q->ring + f->offset, f->len, 0);
		q->head = (q->head + 1) % QUEUE_FRAMES;
		q->count--;
		uint32_t oldest = q->frames[q->head].offset;
		if (!q->count)
			q->used = 0;
		else
			q->used = (q->tail + QUEUE_BYTES - oldest) % QUEUE_BYTES;
	}
}

static int setup(struct queue *q, int in, int out)
{
	*q = (struct queue) { .in = in, .out = out };
	q->ring = malloc(QUEUE_BYTES);
	q->frames = calloc(QUEUE_FRAMES, sizeof(*q->frames));
	return q->ring && q->frames ? 0 : -ENOMEM;
}

static _Noreturn void delay_run(int a, int b, uint32_t latency_usec, double loss_percent)
{
	static struct queue q[2];
	uint32_t below = (uint32_t)(loss_percent / 100.0 * 4294967295.0);
	struct rng rng = rng_init((uint64_t)now_usec());
	prctl(PR_SET_NAME, "lab-delay");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_TIMERSLACK, 1000UL);
	/* Nothing of the town may stay open here: its lock, its sockets. */
	a = dup2(a, 3) == 3 ? 3 : a;
	b = dup2(b, 4) == 4 ? 4 : b;
	close_range(5, ~0U, 0);
	ns_silence(true);
	if (setup(&q[0], a, b) < 0 || setup(&q[1], b, a) < 0)
		_exit(1);
	for (;;) {
		struct pollfd fds[] = { { .fd = a, .events = POLLIN },
					{ .fd = b, .events = POLLIN } };
		usec_t next = USEC_NEVER, now = now_usec();
		for (int i = 0; i < 2; i++)
			if (q[i].count)
				next = usec_min(next, q[i].frames[q[i].head].due);
		usec_t left = next > now ? next - now : 0;
		struct timespec ts = { .tv_sec = left / USEC_S, .tv_nsec = left % USEC_S * 1000 };
		ppoll(fds, 2, next == USEC_NEVER ? NULL : &ts, NULL);
		now = now_usec();
		for (int i = 0; i < 2; i++) {
			if (fds[i].revents)
				take(&q[i], now + latency_usec, &rng, below);
			give(&q[i], now);
		}
	}
}

pid_t delay_start(const char *a, const char *b, uint32_t latency_usec, double loss_percent)
{
	int fa = open_dev(a), fb = open_dev(b);
	pid_t pid = fa < 0 ? fa : fb < 0 ? fb : fork();
	if (pid == 0)
		delay_run(fa, fb, latency_usec, loss_percent);
	if (pid < 0 && fa >= 0 && fb >= 0)
		pid = -errno;
	if (fa >= 0)
		close(fa);
	if (fb >= 0)
		close(fb);
	return pid;
}
