// SPDX-License-Identifier: GPL-2.0-or-later
/* See provider.h. */
#include "lab/provider.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/host.h"
#include "lab/ns.h"
#include "lib/text.h"

#define WEB_DIR "/run/www"

/* The provider's number makes its addresses, from 1. */
static unsigned number(const struct town *t, uint16_t host)
{
	return t->plan.hosts[host].index + 1U;
}

static int add4(struct rtnl *r, const char *dev, const char *text)
{
	struct net4 n;
	return net4_parse(text, &n) < 0 ? -EINVAL : rtnl_address4(r, dev, &n);
}

static int add6(struct rtnl *r, const char *dev, const char *text)
{
	struct net6 n;
	return net6_parse(text, &n) < 0 ? -EINVAL : rtnl_address6(r, dev, &n);
}

int internet_address(struct town *t)
{
	struct rtnl *r = &t->hosts[t->plan.internet].rtnl;
	int rc = rtnl_bridge(r, "core");
	if (rc == 0)
		rc = add4(r, "core", "203.0.113.1/24");
	if (rc == 0)
		rc = add6(r, "core", "2001:db8:0:1::1/64");
	if (rc == 0)
		rc = add4(r, "lo", PROVIDER_DNS4 "/32");
	if (rc == 0)
		rc = add4(r, "lo", PROVIDER_WEB4 "/32");
	if (rc == 0)
		rc = add6(r, "lo", PROVIDER_DNS6 "/128");
	if (rc == 0)
		rc = add6(r, "lo", PROVIDER_WEB6 "/128");
	if (rc == 0)
		rc = rtnl_up(r, "core", true);
	return rc < 0 ? town_fail(t, "internet: %s", strerror(-rc)) : 0;
}

static int set_addresses(struct town *t, uint16_t host)
{
	struct rtnl *r = &t->hosts[host].rtnl;
	unsigned n = number(t, host);
	char text[NET_TEXT];
	struct net4 lan = t->plan.hosts[host].lan, all4 = { 0 };
	struct net6 all6 = { 0 };
	struct ip4 via4;
	struct ip6 via6;
	lan.addr = ip4_from_u32(ip4_u32(&lan.addr) + 1);
	ip4_parse("203.0.113.1", &via4);
	ip6_parse("2001:db8:0:1::1", &via6);
	int rc = rtnl_address4(r, "lan", &lan);
	snprintf(text, sizeof(text), "2001:db8:%x::1/64", n);
	if (rc == 0)
		rc = add6(r, "lan", text);
	snprintf(text, sizeof(text), "203.0.113.%u/24", n + 9);
	if (rc == 0)
		rc = add4(r, "wan", text);
	snprintf(text, sizeof(text), "2001:db8:0:1::%x/64", n + 16);
	if (rc == 0)
		rc = add6(r, "wan", text);
	if (rc == 0)
		rc = rtnl_up(r, "wan", true);
	if (rc == 0)
		rc = rtnl_route4(r, &all4, &via4);
	if (rc == 0)
		rc = rtnl_route6(r, &all6, &via6);
	return rc < 0 ? town_fail(t, "%s: %s", t->plan.hosts[host].id, strerror(-rc)) : 0;
}

/* The cable between a provider and the core; also the way back for its IPv6 prefix. */
int provider_connect(struct town *t, uint16_t host)
{
	struct host *p = &t->hosts[host], *core = &t->hosts[t->plan.internet];
	unsigned n = number(t, host);
	char port[16], text[NET_TEXT];
	struct ip6 via;
	struct net6 net;
	struct rtnl_end a = { .name = "wan", .netns = p->netns, .mtu = 1500 };
	struct rtnl_end b = { .name = port, .netns = core->netns, .mtu = 1500 };
	snprintf(port, sizeof(port), "isp%u", n);
	/* What is left of an earlier life of either. */
	rtnl_delete(&p->rtnl, "wan");
	rtnl_delete(&core->rtnl, port);
	int rc = rtnl_veth(&t->holding, &a, &b);
	if (rc == 0)
		rc = rtnl_master(&core->rtnl, port, "core");
	if (rc == 0)
		rc = rtnl_up(&core->rtnl, port, true);
	if (rc == 0) {
		snprintf(text, sizeof(text), "2001:db8:0:1::%x", n + 16);
		ip6_parse(text, &via);
		snprintf(text, sizeof(text), "2001:db8:%x::/64", n);
		net6_parse(text, &net);
		rc = rtnl_route6(&core->rtnl, &net, &via);
	}
	return rc < 0 ? town_fail(t, "%s: %s", p->plan->id, strerror(-rc)) : set_addresses(t, host);
}

static void forward(void)
{
	ns_write("/proc/sys/net/ipv4/ip_forward", "1");
	ns_write("/proc/sys/net/ipv6/conf/all/forwarding", "1");
	ns_write("/proc/sys/net/ipv4/conf/all/rp_filter", "0");
}

int provider_services(const struct town *t, uint16_t host, struct service *ret)
{
	static const char RULES[] = "table ip provider {\n"
				    "\tchain post {\n"
				    "\t\ttype nat hook postrouting priority srcnat;\n"
				    "\t\toifname \"wan\" masquerade\n"
				    "\t}\n"
				    "}\n";
	struct net4 lan = t->plan.hosts[host].lan;
	uint32_t base = ip4_u32(&lan.addr), size = 1U << (32 - lan.len);
	struct ip4 first = ip4_from_u32(base + size / 2), last = ip4_from_u32(base + size - 2);
	char a[IP4_TEXT], b[IP4_TEXT];
	int count = 0;
	FILE *f = fopen("/run/provider.nft", "we");
	if (!f)
		return -errno;
	fputs(RULES, f);
	fclose(f);
	forward();

	struct service *s = service_add(ret, &count, "nft");
	s->once = true;
	service_arg(s, "nft");
	service_arg(s, "-f");
	service_arg(s, "/run/provider.nft");

	s = service_add(ret, &count, "dnsmasq");
	service_arg(s, "dnsmasq");
	service_arg(s, "--keep-in-foreground");
	service_arg(s, "--conf-file=/dev/null");
	service_arg(s, "--user=root");
	service_arg(s, "--group=root");
	service_arg(s, "--log-facility=-");
	service_arg(s, "--pid-file=");
	service_arg(s, "--interface=lan");
	service_arg(s, "--no-resolv");
	service_arg(s, "--no-hosts");
	service_arg(s, "--server=%s", PROVIDER_DNS4);
	service_arg(s, "--no-ping");
	service_arg(s, "--dhcp-authoritative");
	service_arg(s, "--dhcp-leasefile=/run/dnsmasq.leases");
	service_arg(s, "--dhcp-range=%s,%s,1h", ip4_text(&first, a), ip4_text(&last, b));
	if (t->plan.internet_ipv6) {
		service_arg(s, "--enable-ra");
		service_arg(s, "--ra-param=lan,10,1800");
		service_arg(s, "--dhcp-range=::,constructor:lan,ra-only,64,1h");
	}
	return count;
}

static int write_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	bool ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return ok ? 0 : -EIO;
}

/* The pages: a check, a greeting, who the caller is, something to download. */
static int write_pages(const struct town *t)
{
	char path[PATH_MAX + 32];
	mkdir(WEB_DIR, 0755);
	mkdir(WEB_DIR "/cgi-bin", 0755);
	int rc = write_file(WEB_DIR "/index.html",
			    "success: this is the internet of a trama town\n", 0644);
	if (rc == 0)
		rc = write_file(WEB_DIR "/10m", "", 0644);
	if (rc == 0 && truncate(WEB_DIR "/10m", 10 << 20) < 0)
		rc = -errno;
	snprintf(path, sizeof(path), "%s/whoami.sh", t->lab_dir);
	if (rc == 0 && symlink(path, WEB_DIR "/cgi-bin/whoami") < 0 && errno != EEXIST)
		rc = -errno;
	return rc;
}

int internet_services(const struct town *t, uint16_t host, struct service *ret)
{
	int count = 0;
	int rc = write_pages(t);
	if (rc < 0)
		return rc;
	(void)host;
	forward();
	struct service *s = service_add(ret, &count, "httpd");
	service_arg(s, "busybox");
	service_arg(s, "httpd");
	service_arg(s, "-f");
	service_arg(s, "-p");
	service_arg(s, "[::]:80");
	service_arg(s, "-h");
	service_arg(s, WEB_DIR);

	s = service_add(ret, &count, "dnsmasq");
	service_arg(s, "dnsmasq");
	service_arg(s, "--keep-in-foreground");
	service_arg(s, "--conf-file=/dev/null");
	service_arg(s, "--user=root");
	service_arg(s, "--group=root");
	service_arg(s, "--log-facility=-");
	service_arg(s, "--pid-file=");
	service_arg(s, "--no-resolv");
	service_arg(s, "--no-hosts");
	service_arg(s, "--local=/#/");
	service_arg(s, "--host-record=%s,%s,%s", PROVIDER_WEB_NAME, PROVIDER_WEB4, PROVIDER_WEB6);
	service_arg(s, "--host-record=check.example.net,%s,%s", PROVIDER_WEB4, PROVIDER_WEB6);
	service_arg(s, "--host-record=v4.example.org,%s", PROVIDER_WEB4);
	service_arg(s, "--host-record=v6.example.org,%s", PROVIDER_WEB6);
	service_arg(s, "--host-record=dns.example.org,%s,%s", PROVIDER_DNS4, PROVIDER_DNS6);

	s = service_add(ret, &count, "stream");
	service_arg(s, "%s", t->self);
	service_arg(s, "meter");
	service_arg(s, "serve");
	service_arg(s, "%d", PROVIDER_STREAM_PORT);
	return count;
}
