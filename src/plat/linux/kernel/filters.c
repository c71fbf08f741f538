/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The filters' way into the kernel: one run of nft, with no capability but CAP_NET_ADMIN. */
#include "plat/linux/kernel/filters.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define COMPLAINT 400
#define WAIT_MS 10000
/* A minute, later ten: what a kernel does not know it will not know then either, and the node
 * stands still while nft runs. */
#define REFUSED_LOOKS 20
#define REFUSED_LOOKS_MAX 200

/* The first run of a process clears what an older version may have left; later ones keep the
 * counters. */
static const char *const first[FILTER_FAMILIES] = {
	[FILTER_BRIDGE] = "add table bridge trama\ndelete table bridge trama\n",
	[FILTER_INET] = "add table inet trama\ndelete table inet trama\n",
};
static const char *const again[FILTER_FAMILIES] = {
	[FILTER_BRIDGE] = "flush table bridge trama\n",
	[FILTER_INET] = "flush table inet trama\n",
};

static void run_child(int in, int out)
{
	static const char *const argv[] = { "nft", "-f", "-", NULL };
	static const char *const envp[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
					    NULL };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0);
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(127);
	for (const char *const *dir =
		     (const char *const[]) { "/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft", NULL };
	     *dir; dir++) {
		/* execve takes char *const, but leaves the strings alone. */
		union {
			const char *const *theirs;
			char *const *ours;
		} args = { argv }, env = { envp };

		execve(*dir, args.ours, env.ours);
	}
	_exit(127);
}

/* What nft says when it fails, on one line. */
static void read_complaint(int fd, char *ret, size_t cap)
{
	ssize_t len;

	lseek(fd, 0, SEEK_SET);
	len = read(fd, ret, cap - 1);
	ret[len > 0 ? len : 0] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0)
			return -errno;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

/* nft takes some milliseconds; one that hangs must not stop the node. */
static int wait_for(pid_t pid)
{
	struct pollfd end = { .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };
	bool late = false;
	int status;

	if (end.fd >= 0) {
		late = poll(&end, 1, WAIT_MS) == 0;
		if (late)
			kill(pid, SIGKILL);
		close(end.fd);
	}
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	if (late)
		return -ETIMEDOUT;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return -ENOENT;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EINVAL;
}

/* Memory files in place of pipes: nobody has to read while nft writes. */
static int nft(const char *head, const char *text, size_t len, char complaint[static COMPLAINT])
{
	int in = memfd_create("nft", MFD_CLOEXEC), out = memfd_create("nft", MFD_CLOEXEC);
	int r = in < 0 || out < 0 ? -errno : 0;
	pid_t pid;

	complaint[0] = '\0';
	if (!r)
		r = write_all(in, head, strlen(head));
	if (!r)
		r = write_all(in, text, len);
	if (!r) {
		lseek(in, 0, SEEK_SET);
		pid = fork();
		if (pid == 0)
			run_child(in, out);
		r = pid < 0 ? -errno : wait_for(pid);
		if (r == -EINVAL)
			read_complaint(out, complaint, COMPLAINT);
	}
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return r;
}

static const uint8_t families[FILTER_FAMILIES] = {
	[FILTER_BRIDGE] = NFPROTO_BRIDGE, [FILTER_INET] = NFPROTO_INET
};

static struct nlmsghdr *begin_table(struct nlmsghdr *m, uint8_t family)
{
	struct nfgenmsg *h = mnl_nlmsg_put_extra_header(m, sizeof(*h));

	h->nfgen_family = family;
	mnl_attr_put_strz(m, NFTA_TABLE_NAME, "trama");
	return m;
}

/* Some kernels have tables of one family only. They say so at once, nft after it has started, which
 * may take a second. */
static bool is_without(enum filter_family family)
{
	struct nlmsghdr *m;
	struct nl nl;
	int r;

	if (nl_open(&nl, NETLINK_NETFILTER) != 0)
		return false;
	m = begin_table(nl_begin_trial(&nl, NFNL_SUBSYS_NFTABLES, NFT_MSG_NEWTABLE),
			families[family]);
	r = nl_talk(&nl, m, NULL, NULL);
	nl_close(&nl);
	return r == -EOPNOTSUPP || r == -EAFNOSUPPORT;
}

static void table_refused(struct filter_table *f, bool is)
{
	unsigned int longer = f->pause ? 2 * f->pause : REFUSED_LOOKS;

	f->pause = is ? (longer < REFUSED_LOOKS_MAX ? longer : REFUSED_LOOKS_MAX) : 0;
	f->refused = f->pause;
}

static int table_put(const struct filter_table *f, enum filter_family family, const struct text *t,
		     char complaint[static COMPLAINT])
{
	int r = -EINVAL;

	complaint[0] = '\0';
	if (f->known)
		r = nft(again[family], t->buf, t->len, complaint);
	if (!r)
		return 0;
	if (is_without(family))
		return -EOPNOTSUPP;
	/* it was never there, or somebody has deleted it */
	return nft(first[family], t->buf, t->len, complaint);
}

static void table_apply(struct filter_table *f, enum filter_family family, struct apply *a)
{
	static const char *const names[] = { "bridge filters", "inet filters" };
	char buf[FILTERS_TEXT], complaint[COMPLAINT];
	struct text t = text_init(buf, sizeof(buf));
	int r;

	filters_text(a->wish, family, &t);
	if (t.cut) {
		apply_fail(a, -ENOSPC, names[family], "text");
		return;
	}
	if ((f->known || f->refused) && f->len == t.len && !memcmp(f->text, buf, t.len))
		return;
	r = table_put(f, family, &t, complaint);
	f->known = !r;
	table_refused(f, r == -EINVAL || r == -EOPNOTSUPP);
	memcpy(f->text, buf, t.len);
	f->len = t.len;
	apply_done(a, r, names[family], complaint[0] ? complaint : "nft");
}

void filters_apply(struct filters *f, struct apply *a)
{
	for (int i = 0; i < FILTER_FAMILIES; i++)
		table_apply(&f->table[i], (enum filter_family)i, a);
}

/* In doubt it is there. */
static bool table_is_there(struct nl *nl, uint8_t family)
{
	uint16_t get = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE;

	return nl_talk(nl, begin_table(nl_begin(nl, get, 0), family), NULL, NULL) != -ENOENT;
}

bool filters_gone(struct filters *f)
{
	struct nl nl;
	bool gone = false;

	if (nl_open(&nl, NETLINK_NETFILTER) != 0)
		return false;
	for (int i = 0; i < FILTER_FAMILIES; i++) {
		struct filter_table *t = &f->table[i];

		if (t->refused && --t->refused == 0)
			gone = true;
		if (!t->known || table_is_there(&nl, families[i]))
			continue;
		t->known = false;
		gone = true;
	}
	nl_close(&nl);
	return gone;
}

int filters_remove(struct filters *f)
{
	char complaint[COMPLAINT];
	int r = 0;

	for (int i = 0; i < FILTER_FAMILIES; i++) {
		int err = is_without((enum filter_family)i) ? 0 : nft(first[i], "", 0, complaint);

		f->table[i].known = false;
		table_refused(&f->table[i], false);
		r = r ? r : err;
	}
	return r;
}
