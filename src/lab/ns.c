// SPDX-License-Identifier: GPL-2.0-or-later
/* See ns.h. */
#include "lab/ns.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Where the machine's /etc is seen in a host. */
#define REAL_ETC "/run/.etc"

#define TRAMA_ID_FIRST 641
#define TRAMA_ID_LAST 699

pid_t ns_fork(int flags, int *ret_pidfd)
{
	struct clone_args args = { .flags = (uint64_t)(unsigned)flags | CLONE_PIDFD,
				   .pidfd = (uint64_t)(uintptr_t)ret_pidfd,
				   .exit_signal = SIGCHLD };
	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		return -errno;
	if (pid > 0)
		fcntl(*ret_pidfd, F_SETFD, FD_CLOEXEC);
	return pid;
}

int ns_open_net(pid_t pid)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int ns_new_net(void)
{
	int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), fd = -1, err;
	if (here < 0)
		return -errno;
	if (unshare(CLONE_NEWNET) == 0) {
		fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
		ns_write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
	}
	err = errno;
	if (setns(here, CLONE_NEWNET) < 0)
		abort();
	close(here);
	return fd < 0 ? -err : fd;
}

int ns_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), rc = 0;
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

void ns_silence(bool errors)
{
	int fd = open("/dev/null", O_RDWR);
	if (fd < 0)
		return;
	dup2(fd, 0);
	dup2(fd, 1);
	if (errors)
		dup2(fd, 2);
	if (fd > 2)
		close(fd);
}

/*
 * In a chroot "/" is a directory of a mount out of reach, which can neither be made private nor be
 * the root that setns() gives. So the tree that is seen here becomes the root: it is copied,
 * attached to the real root of this namespace, which setns() into one's own leads to, and put into
 * its place.
 */
static int leave_chroot(void)
{
	char here[PATH_MAX];
	bool known = getcwd(here, sizeof(here)) != NULL;
	int rc = 0;
	int ns = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	int tree = open_tree(AT_FDCWD, "/",
			     OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (unsigned)AT_RECURSIVE);
	if (ns < 0 || tree < 0 || setns(ns, CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    move_mount(tree, "", AT_FDCWD, "/proc", MOVE_MOUNT_F_EMPTY_PATH) < 0 ||
	    chdir("/proc") < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
	    umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		rc = -errno;
	if (rc == 0 && known && chdir(here) < 0)
		rc = -errno;
	if (ns >= 0)
		close(ns);
	if (tree >= 0)
		close(tree);
	return rc;
}

int ns_town_mounts(void)
{
	int rc = 0;
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		rc = errno == EINVAL ? leave_chroot() : -errno;
	if (rc < 0)
		return rc;
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0 ||
	    mount("trama-lab", "/var/lib", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") < 0 ||
	    mount("trama-lab", "/var/log", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") < 0)
		return -errno;
	return 0;
}

int ns_enter(int pidfd)
{
	int flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC;
	return setns(pidfd, flags) < 0 ? -errno : 0;
}

/* The content of a small file, "" when there is none. */
static char *slurp(const char *path)
{
	char *text = NULL;
	size_t room = 0;
	FILE *f = fopen(path, "re");
	if (!f || getdelim(&text, &room, '\0', f) < 0) {
		free(text);
		text = strdup("");
	}
	if (f)
		fclose(f);
	return text;
}

static void spill(const char *path, const char *text, const char *more)
{
	FILE *f = fopen(path, "we");
	if (!f)
		return;
	fputs(text, f);
	if (*text && text[strlen(text) - 1] != '\n')
		fputc('\n', f);
	fputs(more, f);
	fclose(f);
}

/* The machine's users and groups and the one that tramad runs as, if they do not know it yet. */
static void write_users(void)
{
	char *passwd = slurp(REAL_ETC "/passwd"), *group = slurp(REAL_ETC "/group");
	char user[128] = "", grp[64] = "", id[16];
	int n = TRAMA_ID_FIRST;
	for (; n < TRAMA_ID_LAST; n++) {
		snprintf(id, sizeof(id), ":%d:", n);
		if (passwd && group && !strstr(passwd, id) && !strstr(group, id))
			break;
	}
	if (passwd && !strstr(passwd, "\ntrama:"))
		snprintf(user, sizeof(user), "trama:x:%d:%d:trama:/nonexistent:/usr/sbin/nologin\n",
			 n, n);
	if (group && !strstr(group, "\ntrama:"))
		snprintf(grp, sizeof(grp), "trama:x:%d:\n", n);
	spill("/etc/passwd", passwd ? passwd : "", user);
	spill("/etc/group", group ? group : "", grp);
	free(passwd);
	free(group);
}

static int make_etc(const struct ns_view *v)
{
	static const char *const OWN[] = { "passwd",	  "group", "hostname", "hosts",
					   "resolv.conf", "trama", ".",	       ".." };
	char text[256];
	if (mkdir(REAL_ETC, 0755) < 0 ||
	    mount("/etc", REAL_ETC, NULL, MS_BIND | MS_REC, NULL) < 0 ||
	    mount(NULL, REAL_ETC, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) < 0 ||
	    mount("trama-lab", "/etc", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") < 0)
		return -errno;
	DIR *d = opendir(REAL_ETC);
	if (!d)
		return -errno;
	for (struct dirent *e; (e = readdir(d));) {
		char from[PATH_MAX], to[PATH_MAX];
		bool own = false;
		for (size_t i = 0; i < sizeof(OWN) / sizeof(*OWN); i++)
			own = own || strcmp(e->d_name, OWN[i]) == 0;
		if (own)
			continue;
		snprintf(from, sizeof(from), REAL_ETC "/%s", e->d_name);
		snprintf(to, sizeof(to), "/etc/%s", e->d_name);
		if (symlink(from, to) < 0) {
			closedir(d);
			return -errno;
		}
	}
	closedir(d);
	write_users();
	snprintf(text, sizeof(text), "127.0.0.1\tlocalhost\n127.0.1.1\t%s\n::1\tlocalhost\n",
		 v->hostname);
	spill("/etc/hosts", text, "");
	spill("/etc/hostname", v->hostname, "");
	snprintf(text, sizeof(text), "nameserver %s\n", v->resolver ? v->resolver : "");
	spill("/etc/resolv.conf", v->resolver ? text : "", "");
	return mkdir("/etc/trama", 0755) < 0 ? -errno : 0;
}

static int loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc = 0;
	if (fd < 0)
		return -errno;
	ifr.ifr_flags = IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &ifr) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

static int bind_dir(const char *from, const char *to)
{
	if (mkdir(from, 0755) < 0 && errno != EEXIST)
		return -errno;
	return mount(from, to, NULL, MS_BIND, NULL) < 0 ? -errno : 0;
}

int ns_host_mounts(const struct ns_view *v, char *err, size_t cap)
{
	const unsigned long FLAGS = MS_NOSUID | MS_NODEV | MS_NOEXEC;
	const char *what = "/proc";
	int rc = mount("proc", "/proc", "proc", FLAGS, NULL) < 0 ? -errno : 0;
	if (rc == 0 && mount("sysfs", (what = "/sys"), "sysfs", FLAGS, NULL) < 0)
		rc = -errno;
	if (rc == 0 && mount("bpf", (what = "/sys/fs/bpf"), "bpf", FLAGS, NULL) < 0)
		rc = errno == ENOENT ? 0 : -errno;
	if (rc == 0 &&
	    mount("trama-lab", (what = "/run"), "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") < 0)
		rc = -errno;
	if (rc == 0 && (mkdir((what = NS_BIN_DIR), 0755) < 0 ||
			mount(v->bin_dir, NS_BIN_DIR, NULL, MS_BIND, NULL) < 0))
		rc = -errno;
	if (rc == 0)
		rc = bind_dir(v->log_dir, (what = "/var/log"));
	if (rc == 0)
		rc = bind_dir(v->state_dir, (what = "/var/lib"));
	if (rc == 0)
		mkdir("/var/lib/trama", 0755), mkdir("/var/lib/misc", 0755);
	if (rc == 0 && (rc = make_etc(v)) < 0)
		what = "/etc";
	if (rc == 0 && sethostname(v->hostname, strlen(v->hostname)) < 0)
		rc = -errno, what = "host name";
	if (rc == 0 && (rc = loopback_up()) < 0)
		what = "lo";
	if (rc < 0)
		snprintf(err, cap, "%s: %s", what, strerror(-rc));
	return rc;
}
