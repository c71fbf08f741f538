/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a client can do, tried from inside its namespaces: ask for a name, fetch a page, ping. Plain
 * sockets, one process. An address is a struct sockaddr_in or sockaddr_in6 in a sockaddr_storage,
 * without port.
 */
#ifndef LAB_PROBE_H
#define LAB_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* In a hurry everything is given up after about two seconds instead of three to six. For the whole
 * process. */
void probe_hurry(bool hurry);

/* Asks the resolvers of /etc/resolv.conf in turn for an A or AAAA record. 0, -ENOENT (no such
 * record), -ESRCH (no resolver), -ETIMEDOUT, or another -errno. */
int probe_name(const char *name, bool ip6, struct sockaddr_storage *ret);
/* GET http://host:port/path at that address; the body, cut and NUL-terminated. 0, -EPROTO (not
 * status 200), -errno. */
int probe_page(const struct sockaddr_storage *at, const char *host, int port, const char *path,
	       char *body, size_t cap);
/* Echo requests, a second apart, until one is answered: round trip in microseconds or -ETIMEDOUT,
 * -errno. */
long probe_ping(const struct sockaddr_storage *to);

/* What comes back, public for the tests. Of an answer of DNS the first address of the wanted kind:
 * 0, -ENOENT, -EBADMSG, or -EAGAIN when it is to something else. */
int probe_read_answer(const uint8_t *buf, size_t len, uint16_t id, bool ip6,
		      struct sockaddr_storage *ret);
/* The body of a whole answer of HTTP: 0 or -EPROTO. */
int probe_read_page(const char *text, char *body, size_t cap);
/* An ICMP datagram as a raw socket gives it: is it an echo reply of that id? */
bool probe_is_reply(const uint8_t *buf, size_t len, bool ip6, uint16_t id);

/* From text: 0 or -EINVAL. */
int probe_address(const char *text, struct sockaddr_storage *ret);
/* A TCP connection within timeout_ms; a non-blocking descriptor or -errno. */
int probe_connect(const struct sockaddr_storage *at, int port, int timeout_ms);
long long probe_now_usec(void);

#endif
