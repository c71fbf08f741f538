/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests to rtnetlink, one at a time, each waited for. The kernel answers at once, so nothing
 * here blocks for long.
 *
 *   struct nlmsghdr *m = nl_begin(nl, RTM_NEWLINK, NLM_F_CREATE);
 *   struct ifinfomsg *h = mnl_nlmsg_put_extra_header(m, sizeof(*h));
 *   ... mnl_attr_put_...(m, ...)
 *   int r = nl_talk(nl, m, NULL, NULL);
 */
#ifndef PLAT_LINUX_NETLINK_H
#define PLAT_LINUX_NETLINK_H

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdint.h>

#define NL_REQUEST_SIZE 2048
#define NL_REPLY_SIZE 32768

struct nl {
	struct mnl_socket *sock;
	uint32_t seq;
	unsigned int port_id;
	unsigned int requests; /* sent so far */
	_Alignas(8) char request[NL_REQUEST_SIZE];
	_Alignas(8) char reply[NL_REPLY_SIZE];
};

/* Called for each message of a reply; with NULL when a dump starts (again): forget what came
 * before. 0 or -errno. */
typedef int nl_fn(void *arg, const struct nlmsghdr *m);

/* bus is NETLINK_ROUTE or NETLINK_GENERIC. 0 or -errno. */
int nl_open(struct nl *nl, int bus);
void nl_close(struct nl *nl);

/* An empty request in nl->request; valid until the next nl_begin. */
struct nlmsghdr *nl_begin(struct nl *nl, uint16_t type, uint16_t flags);
/* The same to a subsystem of nfnetlink that takes changes in batches only: would the kernel create
 * this? It is checked and taken back, since the batch has no end. */
struct nlmsghdr *nl_begin_trial(struct nl *nl, uint16_t subsystem, uint16_t type);
/* Sends it and waits for the end of the answer: 0 or -errno of the kernel or of fn. With
 * NLM_F_DUMP, starts again when the tables changed meanwhile. */
int nl_talk(struct nl *nl, struct nlmsghdr *m, nl_fn *fn, void *arg);

/* Generic netlink: the number of a family, 0 when the kernel does not have it; an empty request to
 * it. */
uint16_t nl_family(struct nl *nl, const char *name);
struct nlmsghdr *nl_begin_generic(struct nl *nl, uint16_t family, uint8_t command, uint16_t flags);

/* Attributes of a message or of a nest into tb[max + 1], unknown types left out. */
void nl_attrs(const struct nlmsghdr *m, size_t header, const struct nlattr **tb, uint16_t max);
void nl_nest(const struct nlattr *nest, const struct nlattr **tb, uint16_t max);

/* Values that may be absent or too short, then `otherwise`. */
uint32_t nl_u32(const struct nlattr *a, uint32_t otherwise);
uint16_t nl_u16(const struct nlattr *a, uint16_t otherwise);
uint8_t nl_u8(const struct nlattr *a, uint8_t otherwise);
/* Copies len bytes; false (and ret untouched) when the attribute is absent or of another size. */
bool nl_bytes(const struct nlattr *a, void *ret, size_t len);
/* The text up to the first NUL or the end of the attribute, cut at cap - 1; "" when it is absent.
 * True when there is any. */
bool nl_text(const struct nlattr *a, char *ret, size_t cap);

#endif
