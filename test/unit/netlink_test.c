/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers of a kernel that is made up: libmnl's sockets are replaced. */
#include <errno.h>
#include <linux/batman_adv.h>
#include <linux/genetlink.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plat/linux/kernel/batadv.h"
#include "plat/linux/kernel/netlink.h"

#define STEPS 40
#define FAMILY 30

/* One answer to recvfrom: an error, or a datagram. */
struct step {
	int error;
	size_t len;
	_Alignas(8) char data[512];
};

static struct step steps[STEPS];
static unsigned int step_count, step_at, sent;
static uint32_t seq;
static size_t sent_len;
static int open_error, bind_error, send_error;
static struct nl nl;

struct mnl_socket *mnl_socket_open2(int bus, int flags)
{
	static char place;

	(void)bus;
	(void)flags;
	errno = open_error;
	return open_error ? NULL : (struct mnl_socket *)&place;
}

int mnl_socket_bind(struct mnl_socket *s, unsigned int groups, pid_t pid)
{
	(void)s;
	(void)groups;
	(void)pid;
	errno = bind_error;
	return bind_error ? -1 : 0;
}

ssize_t mnl_socket_sendto(const struct mnl_socket *s, const void *req, size_t len)
{
	const struct nlmsghdr *m = req;

	(void)s;
	sent++;
	sent_len = len;
	seq = m->nlmsg_seq;
	errno = send_error;
	return send_error ? -1 : (ssize_t)len;
}

ssize_t mnl_socket_recvfrom(const struct mnl_socket *s, void *buf, size_t cap)
{
	const struct step *step = &steps[step_at];
	struct nlmsghdr *m = buf;

	(void)s;
	assert_true(step_at++ < step_count && step->len <= cap);
	errno = step->error;
	if (step->error)
		return -1;
	memcpy(buf, step->data, step->len);
	/* what is written as 0 here is right */
	if (step->len >= sizeof(*m) && !m->nlmsg_seq)
		m->nlmsg_seq = seq;
	return (ssize_t)step->len;
}

static int setup(void **state)
{
	(void)state;
	step_count = step_at = sent = 0;
	open_error = bind_error = send_error = 0;
	return nl_open(&nl, NETLINK_ROUTE);
}

static struct step *step(void)
{
	assert_true(step_count < STEPS);
	steps[step_count] = (struct step) { 0 };
	return &steps[step_count++];
}

static void fails(int error)
{
	step()->error = error;
}

static struct nlmsghdr *begins(uint16_t type, uint16_t flags)
{
	struct step *s = step();
	struct nlmsghdr *m = mnl_nlmsg_put_header(s->data);

	m->nlmsg_type = type;
	m->nlmsg_flags = flags;
	m->nlmsg_pid = mnl_socket_get_portid(NULL);
	return m;
}

static void ends(const struct nlmsghdr *m)
{
	steps[step_count - 1].len = m->nlmsg_len;
}

/* What ends the answer to a request that is no dump. */
static void says(int error, uint32_t number)
{
	struct nlmsghdr *m = begins(NLMSG_ERROR, 0);
	struct nlmsgerr *e = mnl_nlmsg_put_extra_header(m, sizeof(*e));

	e->error = error;
	m->nlmsg_seq = number;
	ends(m);
}

static void done(uint16_t flags)
{
	struct nlmsghdr *m = begins(NLMSG_DONE, flags);

	mnl_nlmsg_put_extra_header(m, sizeof(int));
	ends(m);
}

static struct nlmsghdr *row(uint8_t command)
{
	struct nlmsghdr *m = begins(FAMILY, NLM_F_MULTI);
	struct genlmsghdr *h = mnl_nlmsg_put_extra_header(m, sizeof(*h));

	h->cmd = command;
	return m;
}

static int count(void *arg, const struct nlmsghdr *m)
{
	int *n = arg;

	*n = m ? *n + 1 : 0;
	return 0;
}

static int ask(uint16_t flags, nl_fn *fn, void *arg)
{
	return nl_talk(&nl, nl_begin(&nl, RTM_GETLINK, flags), fn, arg);
}

static void test_open(void **state)
{
	struct nl other;

	(void)state;
	open_error = EMFILE;
	assert_int_equal(nl_open(&other, NETLINK_ROUTE), -EMFILE);
	open_error = 0;
	bind_error = EADDRINUSE;
	assert_int_equal(nl_open(&other, NETLINK_ROUTE), -EADDRINUSE);
	assert_null(other.sock);
	nl_close(&other); /* once more is nothing */
}

static void test_one_answer(void **state)
{
	int n = 0;

	(void)state;
	says(0, 0);
	assert_int_equal(ask(0, NULL, NULL), 0);
	ends(row(1)); /* which nobody wants */
	says(0, 0);
	assert_int_equal(ask(0, NULL, NULL), 0);
	says(-EPERM, 0);
	assert_int_equal(ask(0, count, &n), -EPERM);
	/* the rest of an older one comes first, and a signal */
	says(-EBUSY, 5555);
	fails(EINTR);
	says(0, 0);
	assert_int_equal(ask(0, count, &n), 0);
	fails(ENOBUFS);
	assert_int_equal(ask(0, count, &n), -ENOBUFS);
	step()->len = 3; /* shorter than a header is nothing */
	says(-ESRCH, 0);
	assert_int_equal(ask(0, count, &n), -ESRCH);
	send_error = ECONNREFUSED;
	assert_int_equal(ask(0, count, &n), -ECONNREFUSED);
	assert_int_equal(step_at, step_count);
}

/* Two messages in one datagram; whichever of them the answer is about, it is waited for once. */
static void test_trial(void **state)
{
	struct nlmsghdr *m;

	(void)state;
	says(0, 0);
	m = nl_begin_trial(&nl, NFNL_SUBSYS_NFTABLES, NFT_MSG_NEWTABLE);
	assert_int_equal(nl_talk(&nl, m, NULL, NULL), 0);
	assert_int_equal(((struct nlmsghdr *)(void *)nl.request)->nlmsg_type, NFNL_MSG_BATCH_BEGIN);
	assert_int_equal(m->nlmsg_seq, seq);
	assert_int_equal(sent_len, 2 * NLMSG_HDRLEN + sizeof(struct nfgenmsg));
	says(-EOPNOTSUPP, 0);
	m = nl_begin_trial(&nl, NFNL_SUBSYS_NFTABLES, NFT_MSG_NEWTABLE);
	assert_int_equal(nl_talk(&nl, m, NULL, NULL), -EOPNOTSUPP);
	assert_int_equal(step_at, step_count);
}

/* A dump that something changed meanwhile begins again, five times at most. */
static void test_dump(void **state)
{
	int n = 0;

	(void)state;
	ends(row(1));
	done(NLM_F_DUMP_INTR);
	ends(row(1));
	ends(row(1));
	done(0);
	assert_int_equal(ask(NLM_F_DUMP, count, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(sent, 2);
	for (int i = 0; i < 5; i++)
		done(NLM_F_DUMP_INTR);
	assert_int_equal(ask(NLM_F_DUMP, NULL, NULL), -EINTR);
	assert_int_equal(sent, 7);
}

static int refuse(void *arg, const struct nlmsghdr *m)
{
	(void)m;
	++*(int *)arg;
	return -E2BIG;
}

/* Who has seen enough is not asked again, and the answer is read to its end. */
static void test_enough(void **state)
{
	int n = 0;

	(void)state;
	ends(row(1));
	ends(row(1));
	says(0, 0);
	assert_int_equal(ask(0, refuse, &n), -E2BIG);
	assert_int_equal(n, 1);
	assert_int_equal(step_at, step_count);
}

static void test_family(void **state)
{
	struct nlmsghdr *m;

	(void)state;
	m = row(CTRL_CMD_NEWFAMILY);
	mnl_attr_put_u16(m, CTRL_ATTR_FAMILY_ID, FAMILY);
	ends(m);
	says(0, 0);
	assert_int_equal(nl_family(&nl, "batadv"), FAMILY);
	says(-ENOENT, 0);
	assert_int_equal(nl_family(&nl, "batadv"), 0);
	m = begins(NLMSG_NOOP, 0); /* no message of that family */
	ends(m);
	says(0, 0);
	assert_int_equal(nl_family(&nl, "batadv"), 0);
}

/* Attributes of a wrong length are as if they were not there. */
static void test_attributes(void **state)
{
	char buf[256] = "", text[4];
	struct nlmsghdr *m = mnl_nlmsg_put_header(buf);
	const struct nlattr *tb[8], *inner[3];
	struct nlattr *nest;
	uint8_t mac[6];

	(void)state;
	nl_attrs(m, 4, tb, 7); /* not even its header */
	assert_null(tb[1]);
	mnl_attr_put_u8(m, 1, 5);
	mnl_attr_put_u16(m, 2, 500);
	mnl_attr_put_u32(m, 3, 50000);
	mnl_attr_put_strz(m, 4, "name");
	mnl_attr_put(m, 5, 0, NULL);
	nest = mnl_attr_nest_start(m, 6);
	mnl_attr_put_u8(m, 2, 6);
	mnl_attr_nest_end(m, nest);
	mnl_attr_put_u8(m, 99, 1); /* newer than this program */
	nl_attrs(m, 0, tb, 7);
	assert_int_equal(nl_u8(tb[1], 9), 5);
	assert_int_equal(nl_u16(tb[2], 9), 500);
	assert_int_equal(nl_u32(tb[3], 9), 50000);
	assert_int_equal(nl_u8(tb[5], 9) + nl_u16(tb[1], 9) + nl_u32(tb[2], 9), 27);
	assert_int_equal(nl_u8(tb[7], 9) + nl_u16(tb[7], 9) + nl_u32(tb[7], 9), 27);
	assert_false(nl_bytes(tb[7], mac, 6) || nl_bytes(tb[3], mac, 6));
	assert_true(nl_bytes(tb[3], mac, 4));
	assert_true(nl_text(tb[4], text, sizeof(text)));
	assert_string_equal(text, "nam");
	assert_false(nl_text(tb[5], text, sizeof(text)) || nl_text(tb[7], text, sizeof(text)));
	nl_nest(tb[6], inner, 2);
	assert_int_equal(nl_u8(inner[2], 9), 6);
	nl_nest(tb[7], inner, 2);
	assert_null(inner[2]);
}

/* ---- batman-adv's rows ---- */

static struct batman_row told[8];
static unsigned int told_count;

static void tell(void *arg, const struct event *e)
{
	(void)arg;
	assert_int_equal(e->kind, EVENT_MESH);
	assert_true(told_count < 8);
	told[told_count++] = e->mesh;
}

static void put_mac(struct nlmsghdr *m, uint16_t type, uint8_t last, size_t len)
{
	const uint8_t mac[6] = { 2, 0, 0, 0, 0, last };

	mnl_attr_put(m, type, len, mac);
}

/* A row with that address, and maybe one of another node; the two lengths are 6 in a real one. */
static void client(uint8_t command, size_t mac_len, size_t orig_len)
{
	struct nlmsghdr *m = row(command);

	put_mac(m, BATADV_ATTR_TT_ADDRESS, 9, mac_len);
	if (orig_len)
		put_mac(m, BATADV_ATTR_ORIG_ADDRESS, 1, orig_len);
	mnl_attr_put_u16(m, BATADV_ATTR_TT_VID, 5);
	ends(m);
}

static void path(size_t orig_len, size_t via_len, uint32_t ifindex)
{
	struct nlmsghdr *m = row(BATADV_CMD_GET_ORIGINATORS);

	put_mac(m, BATADV_ATTR_ORIG_ADDRESS, 1, orig_len);
	put_mac(m, BATADV_ATTR_NEIGH_ADDRESS, 2, via_len);
	mnl_attr_put_u32(m, BATADV_ATTR_HARD_IFINDEX, ifindex);
	mnl_attr_put_u8(m, BATADV_ATTR_TQ, 200);
	mnl_attr_put(m, BATADV_ATTR_FLAG_BEST, 0, NULL);
	ends(m);
}

static void self(size_t mac_len, uint32_t interval)
{
	struct nlmsghdr *m = row(BATADV_CMD_GET_MESH);

	put_mac(m, BATADV_ATTR_HARD_ADDRESS, 3, mac_len);
	mnl_attr_put_u32(m, BATADV_ATTR_ORIG_INTERVAL, interval);
	mnl_attr_put_u8(m, BATADV_ATTR_HOP_PENALTY, 30);
	ends(m);
	says(0, 0);
}

static struct link_info links_v[] = { { .index = 4, .name = "bat0", .ours = true },
				      { .index = 5, .name = "eth0_17" },
				      { .index = 6, .name = "eth1" },
				      { .index = 7, .name = "eth2" } };
static struct link_list links = { .v = links_v, .count = 4 };
static struct ports ports;
static const struct wish wish = {
	.link_count = 2,
	.links = { { .kind = WISH_VLAN, .name = "eth0_17", .parent = "eth0" },
		   { .kind = WISH_EXISTING, .name = "eth1" } },
	.filter = { .cloud = "bat0" },
	.batadv = { .used = true, .orig_interval_ms = 1000, .hop_penalty = 30 },
};

static int read_rows(struct batadv *b)
{
	struct batadv_view view = { &links, &ports, &wish };

	told_count = 0;
	ports.v[1] = (struct port) { .here = true, .told = { .port = 1, .name = "eth0" } };
	ports.v[2] = (struct port) { .here = true, .told = { .port = 2, .name = "eth1" } };
	ports.v[3] = (struct port) { .told = { .port = 3, .name = "eth2" } }; /* went */
	return batadv_read(b, &view, tell, NULL);
}

/* Rows without a whole address, or of a device that is no port, are left out. */
static void test_rows(void **state)
{
	struct batadv b = { .family = FAMILY };

	(void)state;
	self(6, 1000);
	path(6, 6, 5);
	path(6, 6, 6);
	path(6, 6, 7);
	path(6, 6, 99);
	path(4, 6, 5);
	path(6, 4, 5);
	done(0);
	client(BATADV_CMD_GET_TRANSTABLE_LOCAL, 6, 0);
	client(BATADV_CMD_GET_TRANSTABLE_LOCAL, 4, 0);
	done(0);
	client(BATADV_CMD_GET_TRANSTABLE_GLOBAL, 6, 6);
	client(BATADV_CMD_GET_TRANSTABLE_GLOBAL, 6, 4);
	client(BATADV_CMD_GET_TRANSTABLE_GLOBAL, 4, 6);
	done(0);
	assert_int_equal(read_rows(&b), 0);
	assert_int_equal(told_count, 6);
	assert_true(told[0].kind == BATMAN_ROW_SELF && told[0].mac.b[5] == 3);
	assert_true(told[1].kind == BATMAN_ROW_PATH && told[1].port == 1 && told[1].best);
	assert_true(told[2].port == 2 && told[2].via.b[5] == 2 && told[2].tq == 200);
	assert_true(told[3].kind == BATMAN_ROW_LOCAL && told[3].vid == 5);
	assert_true(told[4].kind == BATMAN_ROW_GLOBAL && told[4].via.b[5] == 1);
	assert_int_equal(told[5].kind, BATMAN_ROW_END);
	assert_false(b.changed);
	batadv_done(&b);
}

/* Of settings that somebody changed the daemon is told, unless it has just failed with them. */
static void test_settings(void **state)
{
	struct batadv b = { .family = FAMILY };

	(void)state;
	for (int i = 0; i < 3; i++) {
		b.refused = i == 1;
		links_v[0].ours = i != 2;
		self(i ? 6 : 4, 500);
		done(0);
		done(0);
		done(0);
		assert_int_equal(read_rows(&b), 0);
		assert_int_equal(b.changed, i == 0);
		assert_int_equal(told_count, i ? 2 : 1);
	}
	links_v[0].ours = true;
	batadv_done(&b);
}

/* A module that was loaded anew has another number; one that is not there is no engine. */
static void test_module(void **state)
{
	struct batadv b = { .family = FAMILY - 1 };
	struct nlmsghdr *m;

	(void)state;
	says(-ENOENT, 0);
	m = row(CTRL_CMD_NEWFAMILY);
	mnl_attr_put_u16(m, CTRL_ATTR_FAMILY_ID, FAMILY);
	ends(m);
	says(0, 0);
	says(-EPERM, 0);
	assert_int_equal(read_rows(&b), -EPERM);
	assert_int_equal(b.family, FAMILY);
	says(-ENOENT, 0);
	says(-ENOENT, 0);
	assert_int_equal(read_rows(&b), -EOPNOTSUPP);
	assert_int_equal(told_count, 0);
	batadv_done(&b);
	open_error = EMFILE;
	assert_int_equal(read_rows(&b), -EMFILE);
	links.count = 0;
	assert_int_equal(read_rows(&b), -ENODEV);
	links.count = 4;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_open, setup),
		cmocka_unit_test_setup(test_one_answer, setup),
		cmocka_unit_test_setup(test_trial, setup),
		cmocka_unit_test_setup(test_dump, setup),
		cmocka_unit_test_setup(test_enough, setup),
		cmocka_unit_test_setup(test_family, setup),
		cmocka_unit_test_setup(test_attributes, setup),
		cmocka_unit_test_setup(test_rows, setup),
		cmocka_unit_test_setup(test_settings, setup),
		cmocka_unit_test_setup(test_module, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
