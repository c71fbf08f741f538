/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests to rtnetlink. */
#include "plat/linux/kernel/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>
#include <sys/socket.h>

#define DUMP_TRIES 5

struct talk {
	nl_fn *fn;
	void *arg;
	int error;
};

int nl_open(struct nl *nl, int bus)
{
	int on = 1;

	memset(nl, 0, sizeof(*nl));
	nl->sock = mnl_socket_open2(bus, SOCK_CLOEXEC);
	if (!nl->sock)
		return -errno;
	if (mnl_socket_bind(nl->sock, 0, MNL_SOCKET_AUTOPID) < 0) {
		int r = -errno;

		nl_close(nl);
		return r;
	}
	/* Without these (old kernels) dumps are longer and errors carry the request: works as well.
	 */
	mnl_socket_setsockopt(nl->sock, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	mnl_socket_setsockopt(nl->sock, NETLINK_CAP_ACK, &on, sizeof(on));
	nl->port_id = mnl_socket_get_portid(nl->sock);
	return 0;
}

void nl_close(struct nl *nl)
{
	if (nl->sock)
		mnl_socket_close(nl->sock);
	nl->sock = NULL;
}

static struct nlmsghdr *put_header(void *at, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *m = mnl_nlmsg_put_header(at);

	m->nlmsg_type = type;
	m->nlmsg_flags = NLM_F_REQUEST | flags;
	return m;
}

struct nlmsghdr *nl_begin(struct nl *nl, uint16_t type, uint16_t flags)
{
	bool dump = (flags & NLM_F_DUMP) == NLM_F_DUMP;

	return put_header(nl->request, type, dump ? flags : flags | NLM_F_ACK);
}

struct nlmsghdr *nl_begin_trial(struct nl *nl, uint16_t subsystem, uint16_t type)
{
	struct nlmsghdr *begin = put_header(nl->request, NFNL_MSG_BATCH_BEGIN, 0);
	struct nfgenmsg *h = mnl_nlmsg_put_extra_header(begin, sizeof(*h));

	h->res_id = htons(subsystem);
	return put_header(mnl_nlmsg_get_payload_tail(begin), (uint16_t)(subsystem << 8 | type),
			  NLM_F_CREATE | NLM_F_ACK);
}

static int talk_message(const struct nlmsghdr *m, void *arg)
{
	struct talk *t = arg;

	if (t->fn && !t->error)
		t->error = t->fn(t->arg, m);
	return MNL_CB_OK;
}

/* All that is in nl->request, m at its end; one number for both, so that no answer is missed. */
static int talk_send(struct nl *nl, struct nlmsghdr *m)
{
	char *end = mnl_nlmsg_get_payload_tail(m);
	struct nlmsghdr *first = (void *)nl->request;

	first->nlmsg_seq = ++nl->seq;
	m->nlmsg_seq = nl->seq;
	nl->requests++;
	return mnl_socket_sendto(nl->sock, nl->request, (size_t)(end - nl->request)) < 0 ? -errno
											 : 0;
}

static int talk_once(struct nl *nl, struct nlmsghdr *m, struct talk *t)
{
	int r = talk_send(nl, m);

	if (r)
		return r;
	r = MNL_CB_OK;
	while (r > MNL_CB_STOP) {
		ssize_t len = mnl_socket_recvfrom(nl->sock, nl->reply, sizeof(nl->reply));

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return -errno;
		r = mnl_cb_run(nl->reply, (size_t)len, m->nlmsg_seq, nl->port_id, talk_message, t);
		if (r < 0 && (errno == ESRCH || errno == EPROTO)) {
			/* Either the kernel's answer, or the rest of a dump that was interrupted.
			 */
			struct nlmsghdr got;

			memcpy(&got, nl->reply, sizeof(got));
			if (got.nlmsg_seq != m->nlmsg_seq)
				r = MNL_CB_OK;
		}
	}
	if (r >= 0)
		return 0;
	return errno > 0 ? -errno : -EPROTO; /* errno is what the answer says, whatever that is */
}

int nl_talk(struct nl *nl, struct nlmsghdr *m, nl_fn *fn, void *arg)
{
	bool dump = (m->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	struct talk t = { .fn = fn, .arg = arg };
	int r = -EINTR;

	for (int i = 0; i < DUMP_TRIES && r == -EINTR; i++) {
		t.error = dump && fn ? fn(arg, NULL) : 0;
		r = talk_once(nl, m, &t);
		if (!dump)
			break;
	}
	return r ? r : t.error;
}

struct nlmsghdr *nl_begin_generic(struct nl *nl, uint16_t family, uint8_t command, uint16_t flags)
{
	struct nlmsghdr *m = nl_begin(nl, family, flags);
	struct genlmsghdr *h = mnl_nlmsg_put_extra_header(m, sizeof(*h));

	h->cmd = command;
	h->version = 1;
	return m;
}

static int get_family(void *arg, const struct nlmsghdr *m)
{
	const struct nlattr *tb[CTRL_ATTR_MAX + 1];
	uint16_t *family = arg;

	nl_attrs(m, sizeof(struct genlmsghdr), tb, CTRL_ATTR_MAX);
	*family = nl_u16(tb[CTRL_ATTR_FAMILY_ID], 0);
	return 0;
}

uint16_t nl_family(struct nl *nl, const char *name)
{
	struct nlmsghdr *m = nl_begin_generic(nl, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	uint16_t family = 0;

	mnl_attr_put_strz(m, CTRL_ATTR_FAMILY_NAME, name);
	return nl_talk(nl, m, get_family, &family) ? 0 : family;
}

struct attr_table {
	const struct nlattr **tb;
	uint16_t max;
};

static int put_attr(const struct nlattr *a, void *arg)
{
	struct attr_table *t = arg;
	uint16_t type = mnl_attr_get_type(a);

	if (type <= t->max)
		t->tb[type] = a;
	return MNL_CB_OK;
}

void nl_attrs(const struct nlmsghdr *m, size_t header, const struct nlattr **tb, uint16_t max)
{
	struct attr_table t = { tb, max };

	memset(tb, 0, sizeof(*tb) * ((size_t)max + 1));
	if (mnl_nlmsg_get_payload_len(m) >= header)
		mnl_attr_parse(m, (unsigned int)header, put_attr, &t);
}

void nl_nest(const struct nlattr *nest, const struct nlattr **tb, uint16_t max)
{
	struct attr_table t = { tb, max };

	memset(tb, 0, sizeof(*tb) * ((size_t)max + 1));
	if (nest)
		mnl_attr_parse_nested(nest, put_attr, &t);
}

uint32_t nl_u32(const struct nlattr *a, uint32_t otherwise)
{
	return a && mnl_attr_get_payload_len(a) >= 4 ? mnl_attr_get_u32(a) : otherwise;
}

uint16_t nl_u16(const struct nlattr *a, uint16_t otherwise)
{
	return a && mnl_attr_get_payload_len(a) >= 2 ? mnl_attr_get_u16(a) : otherwise;
}

uint8_t nl_u8(const struct nlattr *a, uint8_t otherwise)
{
	return a && mnl_attr_get_payload_len(a) >= 1 ? mnl_attr_get_u8(a) : otherwise;
}

bool nl_bytes(const struct nlattr *a, void *ret, size_t len)
{
	if (!a || mnl_attr_get_payload_len(a) != len)
		return false;
	memcpy(ret, mnl_attr_get_payload(a), len);
	return true;
}

bool nl_text(const struct nlattr *a, char *ret, size_t cap)
{
	const char *text = a ? mnl_attr_get_payload(a) : "";
	size_t len = a ? strnlen(text, mnl_attr_get_payload_len(a)) : 0;

	if (len >= cap)
		len = cap - 1;
	memcpy(ret, text, len);
	ret[len] = '\0';
	return len > 0;
}
