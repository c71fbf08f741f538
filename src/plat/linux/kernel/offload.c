/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The old one-value requests of ethtool: known to every kernel and driver. */
#include "plat/linux/kernel/offload.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <linux/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/text.h"

/* In the order of switching on; off goes the other way round, as the kernel drops what depends on
 * another. */
static const struct {
	int bit;
	unsigned int get, set;
} values[] = {
	{ OFFLOAD_TX, ETHTOOL_GTXCSUM, ETHTOOL_STXCSUM },
	{ OFFLOAD_TSO, ETHTOOL_GTSO, ETHTOOL_STSO },
	{ OFFLOAD_GSO, ETHTOOL_GGSO, ETHTOOL_SGSO },
};

#define VALUES (sizeof(values) / sizeof(values[0]))

static int ethtool(int fd, const char *name, unsigned int command, unsigned int *value)
{
	struct ethtool_value v = { .cmd = command, .data = *value };
	struct ifreq request = { 0 };

	text_copy(request.ifr_name, sizeof(request.ifr_name), name);
	request.ifr_data = (char *)&v;
	if (ioctl(fd, SIOCETHTOOL, &request) < 0)
		return -errno;
	*value = v.data;
	return 0;
}

static int get_all(int fd, const char *name)
{
	int ret = 0;

	for (size_t i = 0; i < VALUES; i++) {
		unsigned int value = 0;
		int r = ethtool(fd, name, values[i].get, &value);

		if (r)
			return r;
		if (value)
			ret |= values[i].bit;
	}
	return ret;
}

int offload_get(const char *name)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), ret;

	if (fd < 0)
		return -errno;
	ret = get_all(fd, name);
	close(fd);
	return ret;
}

static int set_one(int fd, const char *name, size_t i, int offloads)
{
	unsigned int value = (offloads & values[i].bit) != 0, now = 0;
	int r = ethtool(fd, name, values[i].get, &now);

	return r || now == value ? r : ethtool(fd, name, values[i].set, &value);
}

int offload_set(const char *name, int offloads)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), r = 0;

	if (fd < 0)
		return -errno;
	for (size_t k = 0; k < VALUES; k++) {
		int error = set_one(fd, name, offloads ? k : VALUES - 1 - k, offloads);

		if (!r)
			r = error;
	}
	close(fd);
	return r;
}
