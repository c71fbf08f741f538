/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses. Ours are: all but the kernel's own link-local ones on links of ours; on ports those
 * with IFA_PROTO = WISH_PROTO, and those in run_dir/found for kernels that do not keep IFA_PROTO.
 */
#ifndef PLAT_LINUX_ADDRS_H
#define PLAT_LINUX_ADDRS_H

#include "plat/linux/kernel/apply.h"

struct addr_info {
	int index;
	bool v6;
	uint8_t len;
	uint8_t scope;
	uint8_t proto; /* IFA_PROTO, 0 = unknown */
	uint32_t flags;
	struct ip4 ip4;
	struct ip6 ip6;
};

struct addr_list {
	struct addr_info *v;
	size_t count, cap;
};

int addrs_dump(struct nl *nl, struct addr_list *list);
void addrs_done(struct addr_list *list);
/* Global, of the machine's own network: neither ours nor something that every interface gets by
 * itself. */
bool addr_is_foreign(const struct addr_info *i, const struct link_info *l,
		     const struct found *found);
/* Made by the kernel of an advertisement that it listens to because we told it to: on an uplink of
 * ours, also for a daemon that has just started. Foreign, but no sign that the port is. */
bool addr_is_asked_for(const struct addr_info *i, const struct link_info *l,
		       const struct found *found);

void addrs_apply(struct apply *a);
/* Takes our addresses off ports. */
void addrs_remove(struct apply *a);

#endif
