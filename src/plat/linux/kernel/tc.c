/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clsact and cls_bpf, by libbpf. */
#include "plat/linux/kernel/tc.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "plat/linux/kernel/vlan.h"

int tc_ingress_attach(int ifindex, int program, bool *ret_created)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = BPF_TC_INGRESS);
	DECLARE_LIBBPF_OPTS(bpf_tc_opts, opts, .handle = VLAN_TC_HANDLE,
			    .priority = VLAN_TC_PRIORITY, .prog_fd = program,
			    .flags = BPF_TC_F_REPLACE);
	int r = bpf_tc_hook_create(&hook);

	*ret_created = r == 0;
	if (r && r != -EEXIST)
		return r;
	return bpf_tc_attach(&hook, &opts);
}

static int count_filter(void *arg, const struct nlmsghdr *m)
{
	unsigned int *count = arg;

	if (!m)
		*count = 0;
	else
		++*count;
	return 0;
}

static unsigned int count_filters(struct nl *nl, int ifindex, uint32_t hook)
{
	struct nlmsghdr *m = nl_begin(nl, RTM_GETTFILTER, NLM_F_DUMP);
	struct tcmsg *h = mnl_nlmsg_put_extra_header(m, sizeof(*h));
	unsigned int count = 0;

	h->tcm_ifindex = ifindex;
	h->tcm_parent = TC_H_MAKE(TC_H_CLSACT, hook);
	/* In doubt there are some. */
	return nl_talk(nl, m, count_filter, &count) ? 1 : count;
}

int tc_ingress_detach(struct nl *nl, int ifindex, const struct found_item *found)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = BPF_TC_INGRESS);
	DECLARE_LIBBPF_OPTS(bpf_tc_opts, opts, .handle = VLAN_TC_HANDLE,
			    .priority = VLAN_TC_PRIORITY);
	int r = bpf_tc_detach(&hook, &opts);

	if (found && found->value && !count_filters(nl, ifindex, TC_H_MIN_INGRESS) &&
	    !count_filters(nl, ifindex, TC_H_MIN_EGRESS)) {
		hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
		bpf_tc_hook_destroy(&hook);
	}
	return r == -ENOENT || r == -ENODEV || r == -EINVAL ? 0 : r;
}
