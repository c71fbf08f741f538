/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings of a network, between the defaults and a node's own file. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/conf/conf.h"

static struct conf_text text_of(const char *s)
{
	return (struct conf_text) { s, strlen(s) };
}

static struct conf_setting setting(const char *name, const char *value)
{
	struct conf_setting s = { .name = "" };

	assert_true(text_copy(s.name, sizeof(s.name), name));
	assert_true(text_copy(s.value, sizeof(s.value), value));
	return s;
}

static void test_lines(void **state)
{
	struct conf_text t = text_of("a.b c d\n\nx.y\nlast.one 1");
	struct conf_setting s;

	(void)state;
	assert_true(conf_setting_next(&t, &s));
	assert_string_equal(s.name, "a.b");
	assert_string_equal(s.value, "c d");
	assert_true(conf_setting_next(&t, &s));
	assert_string_equal(s.name, "");
	assert_true(conf_setting_next(&t, &s));
	assert_string_equal(s.name, "x.y");
	assert_string_equal(s.value, "");
	assert_true(conf_setting_next(&t, &s));
	assert_string_equal(s.value, "1");
	assert_false(conf_setting_next(&t, &s));
}

/* Every cut and every length of a line stays inside. */
static void test_any_text(void **state)
{
	(void)state;
	for (size_t len = 0; len < 400; len++) {
		char *bytes = malloc(len ? len : 1);
		struct conf_text t = { bytes, len };
		struct conf_setting s;

		memset(bytes, 'x', len);
		if (len > 100)
			bytes[90] = ' ';
		while (conf_setting_next(&t, &s))
			assert_true(strlen(s.name) < sizeof(s.name) &&
				    strlen(s.value) < sizeof(s.value));
		free(bytes);
	}
}

static void test_check(void **state)
{
	static const struct {
		const char *name, *value, *why; /* NULL: it may be set */
	} cases[] = {
		{ "dhcp.lease_time_s", "3600", NULL },
		{ "system.domain", "our.net", NULL },
		{ "network.resolvers", "9.9.9.9", NULL },
		{ "uplink.check_host", "", NULL },
		{ "dhcp.lease_time_s", "5", "a number from 120" },
		{ "dhcp.lease_time_s", "36\t00", "control" },
		{ "dhcp.lease_time", "3600", "no option" },
		{ "lease_time_s", "3600", "no option" },
		{ "trama dhcp.lease_time_s", "3600", "no option" },
		{ "", "", "no option" },
		{ "system.hostname", "x", "own" },
		{ "wifi.ap_ssid", "x", "own" },
		{ "l2.vlan_id", "5", "own" },
		{ "l3.vlan_id", "5", "own" },
		{ "security.community_key", "a key of sixteen letters", "own" },
		{ "security.admin_key", "", "own" },
		{ "uplink.allow_private", "1", "own" },
		{ "node.state_dir", "/x", "own" },
		{ "limits.records", "100", "own" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conf_setting s = setting(cases[i].name, cases[i].value);
		struct conf_error e = { .line = 0 };

		assert_int_equal(conf_setting_check(&s, &e), cases[i].why ? -EINVAL : 0);
		if (cases[i].why)
			assert_non_null(strstr(e.message, cases[i].why));
	}
}

/* No secret, no port and nothing that decides whom a node hears is a network's. */
static void test_what_is_own(void **state)
{
	struct conf_doc_entry o;
	unsigned int own = 0;

	(void)state;
	for (uint32_t i = 0; conf_doc_next(&i, &o); own += o.local) {
		bool must = o.secret || !strcmp(o.section, "port") || !strcmp(o.section, "host") ||
			    !strcmp(o.option, "reserve") || !strcmp(o.section, "trama limits") ||
			    strstr(o.option, "vlan");

		assert_true(o.local || !must);
	}
	assert_true(own > 15);
}

static const char *set(const char *old, const char *name, const char *values, int expected)
{
	static char buf[CONF_SETTINGS_MAX + 100];
	struct text t = text_init(buf, sizeof(buf));
	struct conf_text before = text_of(old);
	struct conf_error e;

	assert_int_equal(conf_settings_set(&before, name, values, &t, &e), expected);
	return buf;
}

static void test_set(void **state)
{
	char many[600] = "";

	(void)state;
	assert_string_equal(set("", "dhcp.mtu", "1400", 0), "dhcp.mtu 1400\n");
	assert_string_equal(set("dhcp.mtu 1400\nra.mtu 1400\n", "dhcp.mtu", "1300", 0),
			    "dhcp.mtu 1300\nra.mtu 1400\n");
	assert_string_equal(set("dhcp.mtu 1400\n", "ra.mtu", "1300", 0),
			    "dhcp.mtu 1400\nra.mtu 1300\n");
	assert_string_equal(
		set("network.resolvers 9.9.9.9\nra.mtu 1400\nnetwork.resolvers 1.1.1.1\n",
		    "network.resolvers", "8.8.8.8", 0),
		"network.resolvers 8.8.8.8\nra.mtu 1400\n");
	assert_string_equal(set("dhcp.mtu 1400\nra.mtu 1400\n", "dhcp.mtu", NULL, 0),
			    "ra.mtu 1400\n");
	assert_string_equal(set("", "network.resolvers", "9.9.9.9\n1.1.1.1", 0),
			    "network.resolvers 9.9.9.9\nnetwork.resolvers 1.1.1.1\n");
	assert_string_equal(set("network.resolvers 9.9.9.9\n", "network.resolvers", "", 0),
			    "network.resolvers \n");
	set("", "dhcp.mtu", "5", -EINVAL);
	set("", "dhcp.mtu", "1400\n1300", -EINVAL);
	set("", "dhcp.mtu", "\n", -EINVAL);
	assert_string_equal(set("", "dhcp.captive_portal", "\n", 0), "dhcp.captive_portal \n");
	set("", "system.hostname", "x", -EINVAL);
	/* what was set when it was an option can be taken away */
	assert_string_equal(set("old.option x\n", "old.option", NULL, 0), "");
	for (int i = 0; i < 20; i++)
		strcat(many, i ? "\n10.0.0.1" : "10.0.0.1");
	set("", "dhcp.exclude", many, -EINVAL);
}

static void test_full(void **state)
{
	char *old = malloc(CONF_SETTINGS_MAX + 1);
	size_t len = 0;

	(void)state;
	while (len + 20 < CONF_SETTINGS_MAX)
		len += (size_t)sprintf(old + len, "an.option %08zu\n", len);
	set(old, "ra.mtu", "1400", 0);
	set(old, "system.domain", "a.name.of.some.length.example.org", -ENOSPC);
	free(old);
}

static int layers(const char *network, const char *cloud, const char *file, struct conf *ret,
		  struct conf_refused *refused)
{
	struct conf_layers l = { .settings = { text_of(network), text_of(cloud) },
				 .file = text_of(file) };
	struct conf_remarks remarks;
	struct conf_error e;

	return conf_parse_layers(&l, ret, &e, &remarks, refused);
}

static void test_order(void **state)
{
	struct conf_refused refused;
	struct conf c;

	(void)state;
	assert_int_equal(layers("dhcp.mtu 1300\nra.mtu 1300\ndhcp.rate 5\n",
				"dhcp.mtu 1400\nra.mtu 1400\n",
				"config trama 'dhcp'\noption mtu 1450\n", &c, &refused),
			 0);
	assert_int_equal(refused.count, 0);
	assert_int_equal(c.dhcp.mtu, 1450);
	assert_int_equal(c.ra.mtu, 1400);
	assert_int_equal(c.dhcp.rate, 5);
	assert_int_equal(c.dhcp.lease_time_s, 1200);
	/* what the file says explicitly counts also where it is the default */
	assert_int_equal(
		layers("dhcp.rate 5\n", "", "config trama 'dhcp'\noption rate 200\n", &c, &refused),
		0);
	assert_int_equal(c.dhcp.rate, 200);
}

static void test_lists(void **state)
{
	struct conf_refused refused;
	struct conf c;

	(void)state;
	assert_int_equal(layers("network.resolvers 1.0.0.1\nnetwork.resolvers 1.0.0.2\n"
				"uplink.check_host 1.0.0.3\n",
				"network.resolvers 1.0.0.4\n", "", &c, &refused),
			 0);
	assert_int_equal(c.network.resolver_count, 1);
	assert_int_equal(c.network.resolvers[0].ip4.b[3], 4);
	assert_int_equal(c.network.resolvers[1].family, 0);
	assert_int_equal(c.uplink.check_host_count, 1);
	assert_int_equal(layers("network.resolvers 1.0.0.1\n", "",
				"config lime 'network'\nlist resolvers 1.0.0.8\n"
				"list resolvers 1.0.0.9\n",
				&c, &refused),
			 0);
	assert_int_equal(c.network.resolver_count, 2);
	assert_int_equal(c.network.resolvers[0].ip4.b[3], 8);
	assert_int_equal(layers("uplink.check_host \n", "", "", &c, &refused), 0);
	assert_int_equal(c.uplink.check_host_count, 0);
}

static void test_refused(void **state)
{
	struct conf_refused refused;
	struct conf c;

	(void)state;
	assert_int_equal(layers("dhcp.mtu 1\nra.mtu 1400\nsystem.hostname x\nno.thing 5\n", "", "",
				&c, &refused),
			 0);
	assert_int_equal(c.ra.mtu, 1400);
	assert_int_equal(c.dhcp.mtu, 0);
	assert_string_equal(c.system.hostname, "LiMe-%M4%M5%M6");
	assert_int_equal(refused.count, 3);
	assert_string_equal(refused.list[0].option, "mtu");
	assert_string_equal(refused.list[0].value, "1");
	assert_non_null(strstr(refused.list[0].message, "576"));
	assert_string_equal(refused.list[2].option, "no.thing");
	/* each is right, but not with what the file says: the others stay */
	assert_int_equal(layers("dhcp.mtu 1400\nnetwork.main_ipv4_address 10.%N1.0.0/24\n", "",
				"config lime 'network'\noption anygw_dhcp_start 300\n", &c,
				&refused),
			 0);
	assert_int_equal(c.dhcp.mtu, 1400);
	assert_string_equal(c.network.main_ipv4_address, "10.%N1.0.0/16");
	assert_int_equal(refused.count, 1);
	assert_string_equal(refused.list[0].option, "main_ipv4_address");
	/* a file that is wrong is wrong */
	assert_int_equal(
		layers("dhcp.mtu 1400\n", "", "config trama 'dhcp'\noption mtu 5\n", &c, &refused),
		-EINVAL);
}

/* Each is named, and the last ones are counted. */
static void test_many_refused(void **state)
{
	char many[CONF_SETTINGS_MAX] = "dhcp.mtu 1\n";
	struct text t = { many, sizeof(many), strlen(many), false };
	struct conf_refused refused;
	struct conf c;

	(void)state;
	for (int i = 1; i < CONF_REFUSED_MAX + 7; i++)
		text_add(&t, "no.thing%03d x\n", i);
	assert_int_equal(layers(many, "", "", &c, &refused), 0);
	assert_int_equal(refused.count, CONF_REFUSED_MAX);
	assert_int_equal(refused.more, 7);
	assert_string_equal(refused.list[10].option, "no.thing010");
}

/* Without settings, whatever is right about them. */
static void test_all_refused(void **state)
{
	struct conf_layers l = { .settings = { text_of("dhcp.mtu 1400\nnetwork.resolvers 1.0.0.1\n"
						       "network.resolvers 1.0.0.2\n"),
					       text_of("no.thing 5\n") } };
	struct conf_refused refused;

	(void)state;
	conf_layers_refuse(&l, "not today", &refused);
	assert_int_equal(refused.count, 3);
	assert_string_equal(refused.list[0].section, "trama dhcp");
	assert_string_equal(refused.list[1].option, "resolvers");
	assert_string_equal(refused.list[2].option, "no.thing");
	assert_string_equal(refused.list[2].message, "not today");
}

static void test_holds(void **state)
{
	struct conf_text s = text_of("dhcp.mtu 1300\nra.mtu 1300\nnetwork.resolvers 1.0.0.1\n"
				     "system.hostname x\n");
	struct conf_refused refused;
	struct conf c;

	(void)state;
	assert_int_equal(layers(s.text, "", "config trama 'ra'\noption mtu 1400\n", &c, &refused),
			 0);
	assert_true(conf_setting_holds(&c, &s, "dhcp.mtu"));
	assert_true(conf_setting_holds(&c, &s, "network.resolvers"));
	assert_false(conf_setting_holds(&c, &s, "ra.mtu"));
	assert_false(conf_setting_holds(&c, &s, "system.hostname"));
	assert_false(conf_setting_holds(&c, &s, "no.thing"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),	    cmocka_unit_test(test_any_text),
		cmocka_unit_test(test_check),	    cmocka_unit_test(test_what_is_own),
		cmocka_unit_test(test_set),	    cmocka_unit_test(test_full),
		cmocka_unit_test(test_order),	    cmocka_unit_test(test_lists),
		cmocka_unit_test(test_refused),	    cmocka_unit_test(test_many_refused),
		cmocka_unit_test(test_all_refused), cmocka_unit_test(test_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
