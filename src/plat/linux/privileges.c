/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capabilities(7) by its system calls: the C library has no wrappers and one page of code needs no
 * further library. */
#include "plat/linux/privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

struct privileges privileges_find(const char *user)
{
	struct privileges p = { 0 };
	const struct passwd *pw = getpwnam(user);

	if (pw) {
		p.known = true;
		p.uid = pw->pw_uid;
		p.gid = pw->pw_gid;
	}
	return p;
}

/* What this process may have at most: a container may have taken some away. */
static uint64_t caps_permitted(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &head, data))
		return 0;
	return (uint64_t)data[1].permitted << 32 | data[0].permitted;
}

static int caps_set(uint64_t caps)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	for (unsigned int i = 0; i < 2; i++) {
		uint32_t part = (uint32_t)(caps >> (32 * i));

		data[i].effective = data[i].permitted = data[i].inheritable = part;
	}
	return syscall(SYS_capset, &head, data) ? -errno : 0;
}

/* What the bounding set holds beyond what this process may have is no loss: the drop then fails
 * with EPERM for a process without CAP_SETPCAP, and no_new_privs keeps such capabilities out of
 * reach. */
static void bounding_drop(uint64_t caps)
{
	for (unsigned int cap = 0; cap <= CAP_LAST_CAP; cap++) {
		if (!(caps & PRIVILEGE(cap)))
			prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	}
}

int privileges_drop(const struct privileges *p, uint64_t caps)
{
	int r;

	caps &= caps_permitted();
	bounding_drop(caps);
	if (p->known) {
		if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
			return -errno;
		if (setgroups(1, &p->gid) || setresgid(p->gid, p->gid, p->gid) ||
		    setresuid(p->uid, p->uid, p->uid))
			return -errno;
	}
	r = caps_set(caps);
	if (r)
		return r;
	for (unsigned int cap = 0; cap <= CAP_LAST_CAP; cap++) {
		if ((caps & PRIVILEGE(cap)) &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0))
			return -errno;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	return 0;
}
