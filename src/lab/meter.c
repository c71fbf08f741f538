// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See meter.h.
 *
 *   echo PORT                  answers calls, until it is killed
 *   call ADDRESS PORT SECONDS  a call: 50 packets a second there and back
 *   shout ADDRESS PORT N       sends N numbered datagrams, 20 a second, also to broadcast addresses
 *   listen PORT SECONDS        counts such datagrams, and those that came twice
 *   serve PORT                 TCP: sends the pattern to whoever asks by GET, /20mbit for that rate
 *   download URL SECONDS       reads the pattern and compares every byte
 *
 * The pattern: byte n of a stream is meter_byte(n). A gap is the longest time without anything
 * received.
 */
#include "lab/meter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lab/probe.h"
#include "lab/topology.h"
#include "lib/text.h"
#include "lib/wire.h"

#define CALL_INTERVAL_US 20000
#define CALL_BYTES 160
#define CALL_TAIL_US 1000000 /* for answers that are still under way at the end */
#define CHUNK 65536

static uint8_t meter_byte(uint64_t n)
{
	return (uint8_t)(n ^ (n >> 8) ^ (n >> 16) ^ (n >> 24) ^ (n >> 32));
}

static void print(json_t *o)
{
	json_dumpf(o, stdout, JSON_REAL_PRECISION(6));
	putchar('\n');
	json_decref(o);
}

static int listen_on(int type, int port)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	int one = 1, zero = 0, fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    (type == SOCK_STREAM && listen(fd, 64) < 0)) {
		int err = errno;
		close(fd);
		return -err;
	}
	return fd;
}

static int complain(const char *what, int rc)
{
	fprintf(stderr, "trama-lab meter: %s: %s\n", what, strerror(-rc));
	return 1;
}

/* What a host with several addresses answers comes from the one that was asked. */
static void echo_one(int fd)
{
	char buf[2048];
	union {
		struct cmsghdr align;
		char b[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control;
	struct sockaddr_in6 from;
	struct iovec iov = { .iov_base = buf, .iov_len = sizeof(buf) };
	struct msghdr msg = { .msg_name = &from,
			      .msg_namelen = sizeof(from),
			      .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.b,
			      .msg_controllen = sizeof(control.b) };
	ssize_t n = recvmsg(fd, &msg, 0);
	struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&msg) : NULL;
	if (n <= 0)
		return;
	if (c && c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
		struct in6_pktinfo to;
		memcpy(&to, CMSG_DATA(c), sizeof(to));
		to.ipi6_ifindex = 0; /* routing decides */
		memcpy(CMSG_DATA(c), &to, sizeof(to));
	}
	iov.iov_len = (size_t)n;
	sendmsg(fd, &msg, 0);
}

static int meter_echo(int port)
{
	int one = 1, fd = listen_on(SOCK_DGRAM, port);
	if (fd < 0)
		return complain("echo", fd);
	setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof(one));
	for (;;)
		echo_one(fd);
}

struct talk {
	uint32_t sent, received, twice;
	long long last, gap, rtt_sum, rtt_max;
	uint8_t *seen;
	uint32_t slots;
};

static void call_send(struct talk *k, int fd)
{
	uint8_t buf[CALL_BYTES] = { 0 };
	struct wr w = wr_init(buf, sizeof(buf));
	wr_u32(&w, k->sent++);
	wr_u64(&w, (uint64_t)probe_now_usec());
	/* An error of an earlier packet (unreachable) comes back here once: this one goes out all
	 * the same. */
	if (send(fd, buf, sizeof(buf), 0) < 0)
		send(fd, buf, sizeof(buf), 0);
}

static void call_receive(struct talk *k, int fd)
{
	uint8_t buf[2048];
	ssize_t n;
	while ((n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
		struct rd r = rd_init(buf, (size_t)n);
		uint32_t seq = rd_u32(&r);
		long long now = probe_now_usec(), rtt = now - (long long)rd_u64(&r);
		if (!rd_ok(&r) || seq >= k->slots)
			continue;
		if (k->seen[seq]) {
			k->twice++;
			continue;
		}
		k->seen[seq] = 1;
		k->received++;
		k->rtt_sum += rtt;
		k->rtt_max = rtt > k->rtt_max ? rtt : k->rtt_max;
		k->gap = now - k->last > k->gap ? now - k->last : k->gap;
		k->last = now;
	}
}

static int meter_call(const char *to, int port, double seconds)
{
	struct sockaddr_storage at;
	struct talk k = { .slots = (uint32_t)(seconds * 50) + 1 };
	k.seen = calloc(k.slots, 1);
	if (probe_address(to, &at) < 0 || !k.seen)
		return complain(to, -EINVAL);
	int fd = socket(at.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* The port is at the same place in both kinds of address. */
	((struct sockaddr_in *)&at)->sin_port = htons((uint16_t)port);
	if (fd < 0 || connect(fd, (struct sockaddr *)&at,
			      at.ss_family == AF_INET ? sizeof(struct sockaddr_in)
						      : sizeof(struct sockaddr_in6)))
		return complain(to, -errno);
	long long start = probe_now_usec(), end = start + (long long)(seconds * 1e6);
	k.last = start;
	for (long long now = start; now < end + CALL_TAIL_US; now = probe_now_usec()) {
		long long due = start + (long long)k.sent * CALL_INTERVAL_US;
		struct pollfd p = { .fd = fd, .events = POLLIN };
		if (now < end && now >= due && k.sent < k.slots)
			call_send(&k, fd);
		else if (now >= end && k.received == k.sent)
			break;
		due = now < end ? start + (long long)k.sent * CALL_INTERVAL_US : end + CALL_TAIL_US;
		long long left = due - probe_now_usec();
		struct timespec ts = { .tv_sec = left > 0 ? left / 1000000 : 0,
				       .tv_nsec = left > 0 ? left % 1000000 * 1000 : 0 };
		if (ppoll(&p, 1, &ts, NULL) > 0)
			call_receive(&k, fd);
	}
	if (end - k.last > k.gap) /* silence up to the end */
		k.gap = end - k.last;
	print(json_pack("{s:i, s:i, s:i, s:i, s:f, s:f, s:f}", "sent", (int)k.sent, "received",
			(int)k.received, "lost", (int)(k.sent - k.received), "duplicates",
			(int)k.twice, "longest_gap_ms", (double)k.gap / 1000, "rtt_ms",
			k.received ? (double)k.rtt_sum / k.received / 1000 : 0.0, "rtt_max_ms",
			(double)k.rtt_max / 1000));
	free(k.seen);
	return k.received ? 0 : 1;
}

#define SHOUT_INTERVAL_US 50000
#define SHOUT_MAX 10000

static int meter_shout(const char *to, int port, int count)
{
	struct sockaddr_storage at;
	struct sockaddr_in a4;
	int one = 1, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), sent = 0;
	if (probe_address(to, &at) < 0 || at.ss_family != AF_INET || fd < 0 || count > SHOUT_MAX)
		return complain(to, -EINVAL);
	memcpy(&a4, &at, sizeof(a4));
	a4.sin_port = htons((uint16_t)port);
	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof(one));
	for (int i = 0; i < count; i++) {
		uint8_t buf[64] = { 0 };
		struct wr w = wr_init(buf, sizeof(buf));
		wr_u32(&w, (uint32_t)i);
		sent += sendto(fd, buf, sizeof(buf), 0, (struct sockaddr *)&a4, sizeof(a4)) > 0;
		usleep(SHOUT_INTERVAL_US);
	}
	print(json_pack("{s:i}", "sent", sent));
	return sent == count ? 0 : 1;
}

static int meter_listen(int port, double seconds)
{
	static uint8_t seen[SHOUT_MAX];
	int received = 0, twice = 0, fd = listen_on(SOCK_DGRAM, port);
	long long end = probe_now_usec() + (long long)(seconds * 1e6), left;
	if (fd < 0)
		return complain("listen", fd);
	while ((left = end - probe_now_usec()) > 0) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		uint8_t buf[2048];
		if (poll(&p, 1, (int)(left / 1000) + 1) <= 0)
			continue;
		ssize_t n = recv(fd, buf, sizeof(buf), 0);
		struct rd r = rd_init(buf, n > 0 ? (size_t)n : 0);
		uint32_t seq = rd_u32(&r);
		if (!rd_ok(&r) || seq >= SHOUT_MAX)
			continue;
		received += !seen[seq];
		twice += seen[seq];
		seen[seq] = 1;
	}
	print(json_pack("{s:i, s:i}", "received", received, "duplicates", twice));
	return 0;
}

/* One download: the request line may name a rate. */
static void serve_one(int fd)
{
	static uint8_t buf[CHUNK];
	char request[1024], path[64] = "/";
	uint64_t rate = 0, n = 0;
	int one = 1;
	long long start = probe_now_usec();
	ssize_t got = recv(fd, request, sizeof(request) - 1, 0);
	request[got > 0 ? got : 0] = '\0';
	sscanf(request, "GET %63s", path);
	if (path[1] && quality_parse_rate(path + 1, &rate) < 0)
		rate = 0;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	dprintf(fd, "HTTP/1.0 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n");
	size_t chunk = rate && rate / 8 / 100 < CHUNK ? (size_t)(rate / 8 / 100) + 1 : CHUNK;
	for (;;) {
		for (size_t i = 0; i < chunk; i++)
			buf[i] = meter_byte(n + i);
		for (size_t sent = 0; sent < chunk;) {
			ssize_t k = send(fd, buf + sent, chunk - sent, MSG_NOSIGNAL);
			if (k <= 0)
				return;
			sent += (size_t)k;
		}
		n += chunk;
		long long due = rate ? start + (long long)((double)n * 8e6 / (double)rate) : 0;
		long long left = due - probe_now_usec();
		if (left > 0)
			usleep((useconds_t)left);
		else if (left <
			 -100000) /* held up: go on at the rate, do not catch up in a burst */
			start -= left;
	}
}

static int meter_serve(int port)
{
	int fd = listen_on(SOCK_STREAM, port);
	if (fd < 0)
		return complain("serve", fd);
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int k = accept(fd, NULL, NULL);
		if (k < 0)
			continue;
		pid_t pid = fork();
		if (pid == 0) {
			serve_one(k);
			_exit(0);
		}
		close(k);
	}
}

struct load {
	uint64_t bytes, wrong;
	long long last, gap;
	int head; /* how much of "\r\n\r\n" was seen */
};

static void take_bytes(struct load *l, const uint8_t *p, size_t n)
{
	static const char END[] = "\r\n\r\n";
	size_t i = 0;
	for (; i < n && l->head < 4; i++)
		l->head = p[i] == (uint8_t)END[l->head] ? l->head + 1 : p[i] == '\r';
	for (; i < n; i++)
		l->wrong += p[i] != meter_byte(l->bytes++);
}

/* http://HOST[:PORT]/PATH, HOST a name or an address, IPv6 in brackets. */
static int open_url(const char *url)
{
	char host[128] = "", path[128] = "/";
	int port = 80;
	struct sockaddr_storage at;
	if (sscanf(url, "http://[%127[^]]]:%d%127s", host, &port, path) < 1 &&
	    sscanf(url, "http://%127[^:/]:%d%127s", host, &port, path) < 2 &&
	    sscanf(url, "http://%127[^:/]%127s", host, path) < 1)
		return -EINVAL;
	int rc = probe_address(host, &at);
	if (rc < 0)
		rc = probe_name(host, false, &at);
	int fd = rc < 0 ? rc : probe_connect(&at, port, 5000);
	if (fd >= 0)
		dprintf(fd, "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", path, host);
	return fd;
}

static int meter_download(const char *url, double seconds)
{
	static uint8_t buf[CHUNK];
	struct load l = { 0 };
	const char *error = NULL;
	int fd = open_url(url);
	if (fd < 0)
		return complain(url, fd);
	long long start = probe_now_usec(), end = start + (long long)(seconds * 1e6), now = start;
	l.last = start;
	while (!error && (now = probe_now_usec()) < end) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		if (poll(&p, 1, (int)((end - now) / 1000) + 1) <= 0)
			continue;
		ssize_t n = recv(fd, buf, sizeof(buf), 0);
		now = probe_now_usec();
		if (n < 0 && errno != EAGAIN)
			error = strerror(errno);
		if (n == 0)
			error = "closed by the server";
		if (n <= 0)
			continue;
		l.gap = now - l.last > l.gap ? now - l.last : l.gap;
		l.last = now;
		take_bytes(&l, buf, (size_t)n);
	}
	if (now - l.last > l.gap)
		l.gap = now - l.last;
	double took = (double)(now - start) / 1e6;
	print(json_pack("{s:I, s:I, s:f, s:f, s:f, s:s?}", "bytes", (json_int_t)l.bytes, "wrong",
			(json_int_t)l.wrong, "seconds", took, "mbit",
			took > 0 ? (double)l.bytes * 8e-6 / took : 0.0, "longest_gap_ms",
			(double)l.gap / 1000, "error", error));
	return error || l.wrong || !l.bytes ? 1 : 0;
}

int meter_main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "", *a = argc > 2 ? argv[2] : "",
		   *b = argc > 3 ? argv[3] : "", *c = argc > 4 ? argv[4] : "";
	if (strcmp(what, "echo") == 0 && argc == 3)
		return meter_echo(atoi(a));
	if (strcmp(what, "serve") == 0 && argc == 3)
		return meter_serve(atoi(a));
	if (strcmp(what, "call") == 0 && argc == 5)
		return meter_call(a, atoi(b), atof(c));
	if (strcmp(what, "download") == 0 && argc == 4)
		return meter_download(a, atof(b));
	if (strcmp(what, "shout") == 0 && argc == 5)
		return meter_shout(a, atoi(b), atoi(c));
	if (strcmp(what, "listen") == 0 && argc == 4)
		return meter_listen(atoi(a), atof(b));
	fprintf(stderr,
		"usage: trama-lab meter echo PORT | call ADDRESS PORT SECONDS | serve PORT |\n"
		"         download URL SECONDS | shout ADDRESS PORT N | listen PORT SECONDS\n");
	return 2;
}
