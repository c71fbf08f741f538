/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/sys/net: reading nearly 200 files costs milliseconds, so a value that was right is looked
 * at again only when its interface is another one, or after SYSCTLS_RECHECK applications. */
#ifndef PLAT_LINUX_SYSCTLS_H
#define PLAT_LINUX_SYSCTLS_H

#include "plat/linux/kernel/apply.h"

#define SYSCTLS_RECHECK 30

struct sysctls {
	unsigned int round;
	uint16_t count;
	struct {
		struct wish_sysctl wish;
		int index; /* of the interface it belongs to, 0 = none */
	} seen[WISH_SYSCTLS];
};

/* Everything of wish->sysctls, and back as it was what the wish does not have any more. Call it
 * once per system_apply, before links are set up. */
void sysctls_apply(struct sysctls *s, struct apply *a);
/* One value of one interface; nothing when it has it. keep: the interface is not ours, so what it
 * has is put back one day. */
void sysctl_ensure(struct apply *a, const char *name, const char *family, const char *leaf,
		   int value, bool keep);
/* Puts back what found has, all of it. */
void sysctls_restore(struct found *f);

#endif
