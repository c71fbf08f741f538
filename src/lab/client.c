// SPDX-License-Identifier: GPL-2.0-or-later
/* A client: a real DHCP client, the kernel's own SLAAC, and nothing of ours. */
#include <stdio.h>

#include "lab/host.h"
#include "lab/ns.h"

int client_services(const struct town *t, uint16_t host, struct service *ret)
{
	const struct host_plan *p = &t->plan.hosts[host];
	const char *dev = p->cable ? "eth0" : "wlan0";
	static const char *const OPTIONS[] = { "mtu", "staticroutes", "search", "broadcast" };
	int count = 0;
	struct service *s = service_add(ret, &count, "udhcpc");
	service_arg(s, "udhcpc");
	service_arg(s, "-f");
	service_arg(s, "-i");
	service_arg(s, "%s", dev);
	service_arg(s, "-s");
	service_arg(s, "%s/udhcpc.sh", t->lab_dir);
	service_arg(s, "-x");
	service_arg(s, "hostname:%s", p->id);
	for (size_t i = 0; i < sizeof(OPTIONS) / sizeof(*OPTIONS); i++) {
		service_arg(s, "-O");
		service_arg(s, "%s", OPTIONS[i]);
	}
	/* A question every second, so that a town shows how fast its nodes are. */
	service_arg(s, "-t");
	service_arg(s, "10");
	service_arg(s, "-T");
	service_arg(s, "1");
	service_arg(s, "-A");
	service_arg(s, "1");
	return count;
}
