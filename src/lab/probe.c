// SPDX-License-Identifier: GPL-2.0-or-later
/* See probe.h. */
#include "lab/probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/wire.h"

static int tries = 4, page_ms = 6000;

void probe_hurry(bool hurry)
{
	tries = hurry ? 2 : 4;
	page_ms = hurry ? 2500 : 6000;
}

long long probe_now_usec(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

int probe_address(const char *text, struct sockaddr_storage *ret)
{
	struct sockaddr_in a4 = { .sin_family = AF_INET };
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6 };
	memset(ret, 0, sizeof(*ret));
	if (inet_pton(AF_INET, text, &a4.sin_addr) == 1)
		memcpy(ret, &a4, sizeof(a4));
	else if (inet_pton(AF_INET6, text, &a6.sin6_addr) == 1)
		memcpy(ret, &a6, sizeof(a6));
	else
		return -EINVAL;
	return 0;
}

static socklen_t with_port(const struct sockaddr_storage *a, int port, struct sockaddr_storage *ret)
{
	struct sockaddr_in a4;
	struct sockaddr_in6 a6;
	memset(ret, 0, sizeof(*ret));
	if (a->ss_family == AF_INET) {
		memcpy(&a4, a, sizeof(a4));
		a4.sin_port = htons((uint16_t)port);
		memcpy(ret, &a4, sizeof(a4));
		return sizeof(a4);
	}
	memcpy(&a6, a, sizeof(a6));
	a6.sin6_port = htons((uint16_t)port);
	memcpy(ret, &a6, sizeof(a6));
	return sizeof(a6);
}

static bool readable(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	return poll(&p, 1, timeout_ms) > 0;
}

static size_t make_query(uint8_t *buf, size_t cap, uint16_t id, const char *name, bool ip6)
{
	struct wr w = wr_init(buf, cap);
	wr_u16(&w, id);
	wr_u16(&w, 0x0100); /* recursion desired */
	wr_u16(&w, 1);
	wr_zero(&w, 6);
	while (*name) {
		size_t n = strcspn(name, ".");
		wr_u8(&w, (uint8_t)n);
		wr_bytes(&w, name, n);
		name += n + (name[n] == '.');
	}
	wr_u8(&w, 0);
	wr_u16(&w, ip6 ? 28 : 1);
	wr_u16(&w, 1);
	return wr_len(&w);
}

static void skip_name(struct rd *r)
{
	for (;;) {
		uint8_t n = rd_u8(r);
		if (n == 0 || !rd_ok(r))
			return;
		if (n >= 0xc0) {
			rd_skip(r, 1);
			return;
		}
		rd_skip(r, n);
	}
}

int probe_read_answer(const uint8_t *buf, size_t len, uint16_t id, bool ip6,
		      struct sockaddr_storage *ret)
{
	struct rd r = rd_init(buf, len);
	if (rd_u16(&r) != id)
		return -EAGAIN;
	uint16_t flags = rd_u16(&r);
	uint16_t questions = rd_u16(&r), answers = rd_u16(&r);
	rd_skip(&r, 4);
	while (questions-- && rd_ok(&r)) {
		skip_name(&r);
		rd_skip(&r, 4);
	}
	while (answers-- && rd_ok(&r)) {
		skip_name(&r);
		uint16_t type = rd_u16(&r);
		rd_skip(&r, 6);
		struct rd data = rd_sub(&r, rd_u16(&r));
		if (type != (ip6 ? 28 : 1))
			continue;
		char text[INET6_ADDRSTRLEN] = "";
		const uint8_t *bytes = rd_take(&data, ip6 ? 16 : 4);
		if (bytes && inet_ntop(ip6 ? AF_INET6 : AF_INET, bytes, text, sizeof(text)))
			return probe_address(text, ret);
	}
	if (!rd_ok(&r))
		return -EBADMSG;
	return (flags & 15) == 0 || (flags & 15) == 3 ? -ENOENT : -EAGAIN;
}

static int ask(const struct sockaddr_storage *resolver, const char *name, bool ip6,
	       struct sockaddr_storage *ret)
{
	uint8_t buf[1500];
	struct sockaddr_storage at;
	uint16_t id = (uint16_t)(probe_now_usec() ^ getpid());
	socklen_t len = with_port(resolver, 53, &at);
	size_t n = make_query(buf, sizeof(buf), id, name, ip6);
	int rc = -ETIMEDOUT, fd = socket(at.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&at, len) < 0 || send(fd, buf, n, 0) < 0)
		rc = -errno;
	else if (readable(fd, 1000)) {
		ssize_t got = recv(fd, buf, sizeof(buf), 0);
		rc = got < 0 ? -errno : probe_read_answer(buf, (size_t)got, id, ip6, ret);
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

int probe_name(const char *name, bool ip6, struct sockaddr_storage *ret)
{
	struct sockaddr_storage resolver[3];
	char line[256], addr[64];
	int count = 0, rc = -ESRCH;
	FILE *f = fopen("/etc/resolv.conf", "re");
	while (f && count < 3 && fgets(line, sizeof(line), f))
		if (sscanf(line, "nameserver %63s", addr) == 1 &&
		    probe_address(addr, &resolver[count]) == 0)
			count++;
	if (f)
		fclose(f);
	for (int i = 0; i < tries; i++)
		for (int k = 0; k < count; k++) {
			rc = ask(&resolver[k], name, ip6, ret);
			if (rc == 0 || rc == -ENOENT)
				return rc;
		}
	return rc;
}

int probe_connect(const struct sockaddr_storage *address, int port, int timeout_ms)
{
	struct sockaddr_storage at;
	socklen_t len = with_port(address, port, &at), errlen = sizeof(int);
	int err = 0, fd = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&at, len) < 0 && errno != EINPROGRESS) {
		err = errno;
	} else {
		struct pollfd p = { .fd = fd, .events = POLLOUT };
		if (poll(&p, 1, timeout_ms) <= 0)
			err = ETIMEDOUT;
		else
			getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &errlen);
	}
	if (err) {
		close(fd);
		return -err;
	}
	return fd;
}

int probe_read_page(const char *text, char *body, size_t cap)
{
	const char *end = strstr(text, "\r\n\r\n");
	if (!end || strncmp(text, "HTTP/1.", 7) != 0 || strncmp(text + 8, " 200", 4) != 0)
		return -EPROTO;
	snprintf(body, cap, "%s", end + 4);
	return 0;
}

int probe_page(const struct sockaddr_storage *at, const char *host, int port, const char *path,
	       char *body, size_t cap)
{
	char buf[4096];
	size_t len = 0;
	long long until = probe_now_usec() + page_ms * 1000LL;
	int fd = probe_connect(at, port, page_ms);
	if (fd < 0)
		return fd;
	int n = snprintf(buf, sizeof(buf), "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", path, host);
	int rc = send(fd, buf, (size_t)n, MSG_NOSIGNAL) == n ? 0 : -errno;
	while (rc == 0 && len < sizeof(buf) - 1) {
		long long left = until - probe_now_usec();
		if (left <= 0 || !readable(fd, (int)(left / 1000))) {
			rc = -ETIMEDOUT;
			break;
		}
		ssize_t got = recv(fd, buf + len, sizeof(buf) - 1 - len, 0);
		if (got < 0)
			rc = -errno;
		if (got <= 0)
			break;
		len += (size_t)got;
	}
	close(fd);
	buf[len] = '\0';
	return rc < 0 ? rc : probe_read_page(buf, body, cap);
}

static uint16_t checksum(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;
	for (size_t i = 0; i + 1 < n; i += 2)
		sum += (uint32_t)(p[i] << 8 | p[i + 1]);
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t) ~(sum + (sum >> 16));
}

/* Type, code, checksum, id, sequence number and nothing else; the kernel fills the checksum of IPv6
 * in. */
static size_t make_echo(uint8_t *buf, size_t cap, bool ip6, uint16_t id, uint16_t seq)
{
	struct wr w = wr_init(buf, cap);
	wr_u8(&w, ip6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO);
	wr_u8(&w, 0);
	size_t sum = wr_mark(&w);
	wr_u16(&w, 0);
	wr_u16(&w, id);
	wr_u16(&w, seq);
	wr_zero(&w, 24);
	if (!ip6)
		wr_patch_u16(&w, sum, checksum(buf, wr_len(&w)));
	return wr_len(&w);
}

bool probe_is_reply(const uint8_t *buf, size_t len, bool ip6, uint16_t id)
{
	struct rd r = rd_init(buf, len);
	if (!ip6)
		rd_skip(&r, (size_t)((rd_u8(&r) & 15) * 4 - 1));
	uint8_t type = rd_u8(&r);
	rd_skip(&r, 3);
	return type == (ip6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY) && rd_u16(&r) == id && rd_ok(&r);
}

long probe_ping(const struct sockaddr_storage *to)
{
	bool ip6 = to->ss_family == AF_INET6;
	uint8_t buf[1500];
	struct sockaddr_storage at;
	socklen_t len = with_port(to, 0, &at);
	uint16_t id = (uint16_t)getpid();
	long rc = -ETIMEDOUT;
	int fd = socket(at.ss_family, SOCK_RAW | SOCK_CLOEXEC, ip6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	if (fd < 0 || connect(fd, (struct sockaddr *)&at, len) < 0)
		rc = -errno;
	for (int i = 0; rc == -ETIMEDOUT && i < tries; i++) {
		long long start = probe_now_usec(), left = 1000;
		size_t n = make_echo(buf, sizeof(buf), ip6, id, (uint16_t)i);
		if (send(fd, buf, n, 0) < 0 && errno != EHOSTUNREACH)
			rc = -errno;
		while (rc == -ETIMEDOUT && (left = 1000 - (probe_now_usec() - start) / 1000) > 0 &&
		       readable(fd, (int)left)) {
			ssize_t got = recv(fd, buf, sizeof(buf), 0);
			if (got > 0 && probe_is_reply(buf, (size_t)got, ip6, id))
				rc = (long)(probe_now_usec() - start);
		}
	}
	if (fd >= 0)
		close(fd);
	return rc;
}
