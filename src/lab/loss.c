// SPDX-License-Identifier: GPL-2.0-or-later
/* See loss.h; and attaching it, the part of rtnl.h that deals with classifiers. */
#include "lab/loss.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lab/rtnl_msg.h"

#define INSN(c, d, s, o, i)                                                                        \
	((struct bpf_insn) { .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) })

int loss_program(double percent, int to_ifindex)
{
	static const char LICENSE[] = "GPL";
	/* Lost unless a random number of 31 bits is above this: -1 for no loss, the largest for
	 * nothing but loss. */
	int32_t top = (int32_t)(percent / 100.0 * 2147483648.0 - 1.0);
	struct bpf_insn code[] = {
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_get_prandom_u32),
		INSN(BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_0, 0, 0, INT32_MAX),
		INSN(BPF_JMP | BPF_JSGT | BPF_K, BPF_REG_0, 0, 2, top),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, TC_ACT_SHOT),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_1, 0, 0, to_ifindex),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_2, 0, 0, 0),
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_redirect),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	if (to_ifindex == 0) /* same length: no jump to recompute */
		code[7] = INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, TC_ACT_UNSPEC);
	union bpf_attr attr;
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SCHED_CLS;
	attr.insns = (uint64_t)(uintptr_t)code;
	attr.insn_cnt = sizeof(code) / sizeof(*code);
	attr.license = (uint64_t)(uintptr_t)LICENSE;
	memcpy(attr.prog_name, "trama_link", 10);
	int fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	return fd < 0 ? -errno : fd;
}

static int clsact(struct rtnl *r, int index)
{
	struct rtnl_msg m;
	struct nlmsghdr *h = rtnl_begin(&m, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL);
	struct tcmsg *tc = mnl_nlmsg_put_extra_header(h, sizeof(*tc));
	tc->tcm_ifindex = index;
	tc->tcm_parent = TC_H_CLSACT;
	tc->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	mnl_attr_put_strz(h, TCA_KIND, "clsact");
	int rc = rtnl_talk(r, h);
	return rc == -EEXIST ? 0 : rc;
}

static struct nlmsghdr *filter(struct rtnl_msg *m, int index, enum rtnl_side side, uint16_t type)
{
	uint16_t flags = type == RTM_NEWTFILTER ? NLM_F_CREATE | NLM_F_REPLACE : 0;
	struct nlmsghdr *h = rtnl_begin(m, type, flags);
	struct tcmsg *tc = mnl_nlmsg_put_extra_header(h, sizeof(*tc));
	tc->tcm_ifindex = index;
	tc->tcm_parent =
		TC_H_MAKE(TC_H_CLSACT, side == RTNL_INGRESS ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS);
	tc->tcm_handle = 1;
	tc->tcm_info = TC_H_MAKE(1U << 16, htons(ETH_P_ALL)); /* priority 1 */
	mnl_attr_put_strz(h, TCA_KIND, "bpf");
	return h;
}

int rtnl_attach_bpf(struct rtnl *r, const char *name, enum rtnl_side side, int prog_fd)
{
	struct rtnl_msg m;
	int index = rtnl_index(r, name);
	int rc = index < 0 ? index : clsact(r, index);
	if (rc < 0)
		return rc;
	struct nlmsghdr *h = filter(&m, index, side, RTM_NEWTFILTER);
	struct nlattr *options = mnl_attr_nest_start(h, TCA_OPTIONS);
	mnl_attr_put_u32(h, TCA_BPF_FD, (uint32_t)prog_fd);
	mnl_attr_put_strz(h, TCA_BPF_NAME, "trama_link");
	mnl_attr_put_u32(h, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	mnl_attr_nest_end(h, options);
	return rtnl_talk(r, h);
}

int rtnl_detach_bpf(struct rtnl *r, const char *name, enum rtnl_side side)
{
	struct rtnl_msg m;
	int index = rtnl_index(r, name);
	if (index < 0)
		return index;
	int rc = rtnl_talk(r, filter(&m, index, side, RTM_DELTFILTER));
	return rc == -ENOENT || rc == -EINVAL ? 0 : rc;
}
