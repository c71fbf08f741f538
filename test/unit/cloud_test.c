/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/cloud/cloud.h"

static struct cloud derive(const struct cloud_conf *conf, const char *mac_string)
{
	struct cloud c;
	struct mac mac;

	assert_int_equal(mac_parse(mac_string, &mac), 0);
	assert_null(cloud_conf_check(conf, &mac));
	assert_int_equal(cloud_derive(conf, &mac, &c), 0);
	return c;
}

static void assert_ip4(const struct ip4 *a, const char *want)
{
	char buf[IP4_TEXT];

	assert_string_equal(ip4_text(a, buf), want);
}

static void assert_ip6(const struct ip6 *a, const char *want)
{
	char buf[IP6_TEXT];

	assert_string_equal(ip6_text(a, buf), want);
}

static void assert_mac(const struct mac m, const char *want)
{
	char buf[MAC_TEXT];

	assert_string_equal(mac_text(&m, buf), want);
}

static void test_default_network(void **state)
{
	struct cloud_conf conf = cloud_conf_init("LibreMesh.org", 13);
	struct cloud c = derive(&conf, "02:00:00:46:28:95");
	char net[NET_TEXT];

	(void)state;
	assert_int_equal(c.network_id[0], 0x0d);
	assert_int_equal(c.batadv_vlan, 29);
	assert_int_equal(c.babel_vlan, 17);
	assert_string_equal(net4_text(&c.network4, net), "10.13.0.0/16");
	assert_string_equal(net6_text(&c.network6, net), "fd0d:fe46:8ce8::/64");
	assert_mac(c.anygw_mac, "aa:aa:aa:0d:fe:aa");
	assert_ip4(&c.anygw4, "10.13.0.1");
	assert_ip6(&c.anygw6, "fd0d:fe46:8ce8::1");
	assert_ip4(&c.node4, "10.13.40.149");
	assert_ip6(&c.node6, "fd0d:fe46:8ce8::46:2895");
	assert_string_equal(c.hostname, "LiMe-462895");
}

static void test_no_mac(void **state)
{
	struct cloud_conf conf = cloud_conf_init("LibreMesh.org", 13);
	struct cloud c;

	(void)state;
	assert_int_equal(cloud_derive(&conf, NULL, &c), 0);
	assert_false(c.has_node);
	assert_true(ip4_is_zero(&c.node4));
	assert_true(ip6_is_zero(&c.node6));
	assert_string_equal(c.hostname, "");
	assert_ip4(&c.anygw4, "10.13.0.1");
}

/* Network, first host and broadcast address are nobody's: the last host takes their place. */
static void test_reserved_hosts(void **state)
{
	struct cloud_conf conf = cloud_conf_init("LibreMesh.org", 13);
	static const char *const macs[] = { "02:00:00:07:00:00", "02:00:00:07:00:01",
					    "02:00:00:07:ff:ff", "02:00:00:07:ff:fe" };
	struct cloud c;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		c = derive(&conf, macs[i]);
		assert_ip4(&c.node4, "10.13.255.254");
	}
	c = derive(&conf, "02:00:00:07:00:02");
	assert_ip4(&c.node4, "10.13.0.2");
	/* no such exception for IPv6: the anycast address itself, as LibreMesh has it */
	c = derive(&conf, "02:00:00:00:00:01");
	assert_ip6(&c.node6, "fd0d:fe46:8ce8::1");
}

/* The floored modulo: first bytes below 13 wrap to the top of the range. */
static void test_vlan_of_every_first_byte(void **state)
{
	bool seen[256] = { false };
	uint8_t none;
	int left = 256;

	(void)state;
	for (unsigned int i = 0; left && i < 100000; i++) {
		struct cloud_conf conf = cloud_conf_init(&i, sizeof(i));
		struct cloud c;
		uint8_t byte;
		int n1, want;

		assert_int_equal(cloud_derive(&conf, NULL, &c), 0);
		n1 = c.network_id[0];
		want = n1 >= 13 ? n1 + 16 : n1 + 272;
		assert_int_equal(c.batadv_vlan, want);
		assert_true(cloud_vlan_id_byte(c.batadv_vlan, &byte));
		assert_int_equal(byte, n1);
		left -= !seen[n1];
		seen[n1] = true;
	}
	assert_int_equal(left, 0);
	assert_false(cloud_vlan_id_byte(0, &none));
	assert_false(cloud_vlan_id_byte(28, &none));
	assert_false(cloud_vlan_id_byte(285, &none));
}

/* Captured from LibreMesh nodes. */
static void test_hardif_mac(void **state)
{
	struct mac m = { { 0x50, 0xc7, 0xbf, 0x46, 0x28, 0x95 } };

	(void)state;
	assert_mac(cloud_hardif_mac("eth0", &m), "02:95:39:46:28:95");
	assert_mac(cloud_hardif_mac("eth0.1", &m), "02:db:d6:46:28:95");
	assert_mac(cloud_hardif_mac("eth1", &m), "02:bb:ed:46:28:95");
	assert_mac(cloud_hardif_mac("lan1", &m), "02:95:03:46:28:95");
	assert_mac(cloud_hardif_mac("lan2", &m), "02:f0:c5:46:28:95");
	assert_mac(cloud_hardif_mac("wan", &m), "02:db:38:46:28:95");
	assert_mac(cloud_hardif_mac("wlan0-mesh", &m), "02:58:47:46:28:95");
	assert_mac(cloud_hardif_mac("wlan1-mesh", &m), "02:ab:46:46:28:95");
	assert_mac(cloud_hardif_mac("wlan2-mesh", &m), "02:cc:4e:46:28:95");
}

static void test_overrides(void **state)
{
	struct cloud_conf conf = cloud_conf_init("LibreMesh.org", 13);
	char net[NET_TEXT];
	struct cloud c;

	(void)state;
	conf.batadv_vlan = 0;
	conf.babel_vlan = 4094;
	conf.ipv4 = "10.%N1.%M5.%M6/16";
	conf.ipv6 = "2001:db8::5/48";
	conf.anygw_mac = "aa:aa:aa:%N3:%N4:01";
	conf.hostname = "-a node %M6 %m1!-";
	c = derive(&conf, "02:00:00:46:28:95");
	assert_int_equal(c.batadv_vlan, 0);
	assert_int_equal(c.babel_vlan, 4094);
	assert_ip4(&c.node4, "10.13.40.149");
	assert_string_equal(net4_text(&c.network4, net), "10.13.0.0/16");
	assert_ip6(&c.node6, "2001:db8::5");
	assert_string_equal(net6_text(&c.network6, net), "2001:db8::/48");
	assert_ip6(&c.anygw6, "2001:db8::1");
	assert_mac(c.anygw_mac, "aa:aa:aa:46:8c:01");
	/* echo 020000462895 | md5sum */
	assert_string_equal(c.hostname, "a-node-95-06");
}

/* ADDRESS/LENGTH/HOST LENGTH: the host part is made inside the third number. */
static void test_host_length(void **state)
{
	struct cloud_conf conf = cloud_conf_init("LibreMesh.org", 13);
	char net[NET_TEXT];
	struct cloud c;

	(void)state;
	conf.ipv4 = "10.1.128.0/16/17";
	conf.ipv6 = "fd00::a00:0:0/48/120";
	c = derive(&conf, "02:00:00:46:a8:95");
	assert_ip4(&c.node4, "10.1.168.149");
	assert_string_equal(net4_text(&c.network4, net), "10.1.0.0/16");
	assert_ip6(&c.node6, "fd00::a00:0:95");
}

static void assert_refused(const struct cloud_conf *conf, const char *field)
{
	struct cloud c = { .batadv_vlan = 7 };

	assert_string_equal(cloud_conf_check(conf, NULL), field);
	assert_int_equal(cloud_derive(conf, NULL, &c), -EINVAL);
	assert_int_equal(c.batadv_vlan, 7);
}

static void test_refusals(void **state)
{
	static const char *const bad4[] = { "10.%N1.0.0",     "10.%N1.0.0/33",
					    "10.1.0.0/31",    "10.%N9.0.0/16",
					    "10.1.0.0/16/",   "10.1.0.0/16/33",
					    "10.1.0.0/16/12", "" };
	static const char *const bad6[] = { "fd00::/65", "fd00::", "fd%N1::g/64", "fd00::/64/129",
					    "fd00::/64/48" };
	const struct cloud_conf good = cloud_conf_init("LibreMesh.org", 13);
	struct cloud_conf conf = good;
	char long_text[200];

	(void)state;
	conf.ssid_len = 0;
	assert_refused(&conf, "ssid");
	conf.ssid_len = 33;
	assert_refused(&conf, "ssid");
	conf = good;
	conf.batadv_vlan = 4095;
	assert_refused(&conf, "batadv_vlan");
	conf = good;
	conf.babel_vlan = -2;
	assert_refused(&conf, "babel_vlan");
	conf = good;
	for (size_t i = 0; i < sizeof(bad4) / sizeof(bad4[0]); i++) {
		conf.ipv4 = bad4[i];
		assert_refused(&conf, "ipv4");
	}
	conf = good;
	for (size_t i = 0; i < sizeof(bad6) / sizeof(bad6[0]); i++) {
		conf.ipv6 = bad6[i];
		assert_refused(&conf, "ipv6");
	}
	conf = good;
	conf.anygw_mac = "ab:aa:aa:%N1:%N2:aa";
	assert_refused(&conf, "anygw_mac");
	conf = good;
	conf.hostname = "-!-";
	assert_refused(&conf, "hostname");
	memset(long_text, 'x', sizeof(long_text));
	long_text[sizeof(long_text) - 1] = 0;
	conf.hostname = long_text;
	assert_refused(&conf, "hostname");
}

static void test_expand(void **state)
{
	struct cloud_conf conf = cloud_conf_init("LibreMesh.org", 13);
	struct cloud c = derive(&conf, "02:00:00:46:28:95");
	char out[64];

	(void)state;
	assert_int_equal(cloud_expand(&c, "x/%H %M4%M9%%%", CLOUD_HEX, out, sizeof(out)), 0);
	assert_string_equal(out, "x/LiMe-462895 46%M9%%%");
	assert_int_equal(cloud_expand(&c, "%N1,%M6", CLOUD_DECIMAL, out, sizeof(out)), 0);
	assert_string_equal(out, "13,149");
	assert_int_equal(cloud_expand(&c, "%N1,%M6", CLOUD_DECIMAL, out, 6), -ENAMETOOLONG);
}

static void test_behind(void **state)
{
	static const struct {
		const char *ip, *next;
	} rows[] = { { "10.13.40.149", "10.13.40.150" },
		     { "10.13.40.255", "10.13.41.0" },
		     /* the last one is a broadcast address, the first two are no node's */
		     { "10.13.255.253", "10.13.255.254" },
		     { "10.13.255.254", "10.13.0.2" },
		     { "10.13.255.255", "10.13.0.2" },
		     { "10.13.0.0", "10.13.0.2" },
		     { "10.13.0.1", "10.13.0.2" } };
	struct cloud_conf conf = cloud_conf_init("LibreMesh.org", 13);
	struct cloud c = derive(&conf, "02:00:00:46:28:95");
	struct ip4 ip;
	struct ip6 ip6;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(ip4_parse(rows[i].ip, &ip), 0);
		ip = cloud_ip4_behind(&c, &ip);
		assert_ip4(&ip, rows[i].next);
	}
	/* where no MAC leads to */
	ip6 = cloud_ip6_behind(&c.node6);
	assert_ip6(&ip6, "fd0d:fe46:8ce8::146:2895");
	for (int i = 1; i < 256; i++)
		ip6 = cloud_ip6_behind(&ip6);
	assert_true(ip6_eq(&ip6, &c.node6));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default_network),
		cmocka_unit_test(test_no_mac),
		cmocka_unit_test(test_reserved_hosts),
		cmocka_unit_test(test_vlan_of_every_first_byte),
		cmocka_unit_test(test_hardif_mac),
		cmocka_unit_test(test_overrides),
		cmocka_unit_test(test_host_length),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_behind),
		cmocka_unit_test(test_expand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
