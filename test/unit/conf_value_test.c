/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What values options take, what they refuse, and how both directions of a value fit together. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/conf/conf_table.h"

#define LONG_NAME "a234567890123456789012345678901234567890123456789012345678901234567890"
#define LONG_LABEL "a23456789012345678901234567890123456789012345678901234567890123x"
#define LONG_PATH "/2345678901234567890123456789012345678901234567890/"

struct value {
	const char *section, *line; /* the line without its value */
	const char *value;
};

static const struct value good[] = {
	{ "lime wifi", "option ap_ssid", "x" },
	{ "lime wifi", "option ap_ssid", "12345678901234567890123456789012" },
	{ "lime system", "option hostname", "N%M4-%N1-%m6" },
	{ "lime system", "option domain", "a.b-c.9" },
	{ "lime network", "option main_ipv4_address", "10.%N1.%N2.0/24" },
	{ "lime network", "option main_ipv4_address", "10.%N1.0.9/16/24" },
	{ "lime network", "option main_ipv6_address", "fd%N1::%M6/64/128" },
	{ "lime network", "option anygw_mac", "02:aa:aa:%N1:%N2:aa" },
	{ "lime network", "list resolvers", "9.9.9.9" },
	{ "lime network", "list resolvers", "2620:fe::9" },
	{ "trama security", "option community_key", "0123456789abcdef" },
	{ "trama security", "option admin_key",
	  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	  "0123456789abcdef0123456789abcdef" },
	{ "trama security", "option admin_key", "" },
	{ "trama dhcp", "option mtu", "0" },
	{ "trama dhcp", "option mtu", "576" },
	{ "trama dhcp", "list exclude", "10.1.2.3" },
	{ "trama dhcp", "list exclude", "10.1.2.3-10.1.2.9" },
	{ "trama dhcp", "list reserve", "10.1.2.3-10.1.2.9" },
	{ "trama dhcp", "list route", "10.99.0.0/16 10.1.0.7" },
	{ "trama dhcp", "option port_limits", "0" },
	{ "trama dhcp", "option captive_portal", "http://a.example/api" },
	{ "trama dhcp", "option captive_portal", "https://1.example/api?x=~" },
	{ "trama uplink", "option nat66", "1" },
	{ "trama uplink", "list check_url", "http://a.example/ 200 it works" },
	{ "trama uplink", "list check_url", "http://a.example/x 404" },
	{ "trama node", "option state_dir", "/srv/a-b_c.d" },
	{ "trama l2", "option engine", "kernel" },
	{ "port x", "option device", "eth0.1@a:b_c-d" },
	{ "port x", "option ipaddr", "10.0.0.1/0" },
	{ "host x", "option mac", "02:00:00:00:00:01" },
	{ "host x", "option clientid", "ff6964" },
};

static const struct value bad[] = {
	{ "lime wifi", "option ap_ssid", "" },
	{ "lime wifi", "option ap_ssid", "123456789012345678901234567890123" },
	{ "lime system", "option hostname", "" },
	{ "lime system", "option hostname", "a.b" },
	{ "lime system", "option hostname", "a{b" },
	{ "lime system", "option hostname", "a%" },
	{ "lime system", "option hostname", "a%X1" },
	{ "lime system", "option hostname", "a%M0" },
	{ "lime system", "option hostname", "a%M7" },
	{ "lime system", "option hostname", LONG_NAME },
	{ "lime system", "option domain", "" },
	{ "lime system", "option domain", "a{b" },
	{ "lime system", "option domain", ".a" },
	{ "lime system", "option domain", "a..b" },
	{ "lime system", "option domain", "a." },
	{ "lime system", "option domain", LONG_LABEL },
	{ "lime network", "option main_ipv4_address", "10.0.0.0" },
	{ "lime network", "option main_ipv4_address", "10.%X1.0.0/16" },
	{ "lime network", "option main_ipv4_address", "10.0.0.0.0/16" },
	{ "lime network", "option main_ipv4_address", "10.0.0.0/7" },
	{ "lime network", "option main_ipv4_address", "10.0.0.0/30" },
	{ "lime network", "option main_ipv4_address", "10.0.0.0/24/16" },
	{ "lime network", "option main_ipv4_address", "10.0.0.0/16/30" },
	{ "lime network", "option main_ipv6_address", "fd00::" },
	{ "lime network", "option main_ipv6_address", "fd%X1::/64" },
	{ "lime network", "option main_ipv6_address", "fd00:::/64" },
	{ "lime network", "option main_ipv6_address", "fd00::/65" },
	{ "lime network", "option main_ipv6_address", "fd00::/64/63" },
	{ "lime network", "option anygw_mac", "01:00:00:00:00:01" },
	{ "lime network", "option anygw_mac", "02:00:00:00:00" },
	{ "lime network", "option anygw_mac", "02:%N9:00:00:00:00" },
	{ "lime network", "option anygw_dhcp_start", "1" },
	{ "lime network", "option anygw_dhcp_start", "65535" }, /* the broadcast address */
	{ "lime network", "list resolvers", "localhost" },
	{ "trama security", "option admin_key",
	  "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef"
	  "0123456789abcdef0123456789abcdef" },
	{ "trama security", "option admin_key",
	  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" },
	{ "trama security", "option community_key", "fifteen letters" },
	{ "trama security", "option community_key", "a tab \t is no printable one" },
	{ "trama security", "option community_key", "a letter of UTF-8: \xc3\xa9" },
	{ "trama security", "option community_key", "a delete character: \x7f" },
	{ "trama security", "option community_key",
	  "65 letters .................................................... x" },
	{ "trama dhcp", "option mtu", "575" },
	{ "trama dhcp", "list exclude", "10.1.2" },
	{ "trama dhcp", "list exclude", "10.1.2.3.4.5.6.7.8.9-10.1.2.9" },
	{ "trama dhcp", "list exclude", "10.1.2-10.1.2.9" },
	{ "trama dhcp", "list exclude", "10.1.2.3-10.1.2" },
	{ "trama dhcp", "list exclude", "10.1.2.3-10.1.2.2" },
	{ "trama dhcp", "list route", "10.99.0.0/16" },
	{ "trama dhcp", "list route", LONG_PATH " 10.1.0.7" },
	{ "trama dhcp", "list route", "10.99.0.0 10.1.0.7" },
	{ "trama dhcp", "list route", "10.99.0.0/16 router" },
	{ "trama dhcp", "option captive_portal", "ftp://a.example/" },
	{ "trama dhcp", "option captive_portal", "http:///api" },
	{ "trama dhcp", "option captive_portal", "https://{/" },
	{ "trama dhcp", "option captive_portal", "http://a/ b" },
	{ "trama dhcp", "option captive_portal", "http://a/\xc3\xa9" },
	{ "trama dhcp", "option captive_portal", "http://a/\x7f" },
	{ "trama dhcp", "option captive_portal", "http://a/\"" },
	{ "trama dhcp", "option captive_portal", "http://a/'\\''" },
	{ "trama uplink", "option nat66", "maybe" },
	{ "trama uplink", "list check_url", "http://[::1]x/" },
	{ "trama uplink", "list check_url", "http://a:123456789/" },
	{ "trama uplink", "list check_url", "http://a/\x7f" },
	{ "trama uplink", "list check_url", "http://a/\xc3\xa9" },
	{ "trama uplink", "list check_url", "http://a" LONG_PATH LONG_PATH LONG_PATH LONG_PATH },
	{ "trama node", "option state_dir", "srv" },
	{ "trama node", "option state_dir", "/srv/a b" },
	{ "trama node", "option state_dir", "/srv/../etc" },
	{ "trama l2", "option engine", "steam" },
	{ "port x", "option device", "." },
	{ "port x", "option device", ".." },
	{ "port x", "option device", "eth0/1" },
	{ "port x", "option device", "a-name-too-long1" },
	{ "port x", "option ipaddr", "10.0.0.1" },
	{ "host x", "option mac", "01:00:00:00:00:01" },
	{ "host x", "option mac", "02:00:00:00:00" },
	{ "host x", "option clientid", "f" },
	{ "host x", "option clientid", "0g" },
	{ "host x", "option ip", "10.13.0" },
	{ "host x", "option name", "a.b" },
	{ "host x", "option name", "-a" },
	{ "host x", "option name", LONG_LABEL },
	{ "host x", "option leasetime", "119" },
	{ "host x", "option leasetime", "8d" },
	{ "host x", "option leasetime", "1w" },
	{ "host x", "option leasetime", "-1h" },
	{ "host x", "option leasetime", "h" },
	{ "host x", "list dhcp_option", "colour,red" },
	{ "host x", "list dhcp_option", "mtu,9000" },
	{ "host x", "list dhcp_option", "ntp-server,somewhere" },
	{ "host x", "list dhcp_option", "ntp-server,10.0.0.1," },
	{ "host x", "list dhcp_option", "ntp-server,0.0.0.0" },
	{ "host x", "list dhcp_option", "bootfile-name,a b" },
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* In single quotes, so that everything stands for itself. */
static int parse(const struct value *v, struct conf *c, struct conf_error *e)
{
	size_t type = strcspn(v->section, " ");
	char buf[512];
	struct text t = text_init(buf, sizeof(buf));

	text_add(&t, "config %.*s '%s'\n%s '%s'\n", (int)type, v->section, v->section + type + 1,
		 v->line, v->value);
	assert_false(t.cut);
	return conf_parse(buf, t.len, c, e);
}

/* Value and field say the same: printed, it is the text that was read. */
static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		char out[16384], line[512];
		struct text t = text_init(out, sizeof(out)), l = text_init(line, sizeof(line));
		struct conf c, again;
		struct conf_error e;

		if (parse(&good[i], &c, &e))
			fail_msg("%s '%s': %s", good[i].line, good[i].value, e.message);
		conf_print(&c, CONF_PRINT_ALL, true, &t);
		text_add(&l, "\t%s '%s'\n", good[i].line, good[i].value);
		if (!strstr(out, line))
			fail_msg("not printed: %s", line);
		assert_int_equal(conf_parse(out, t.len, &again, &e), 0);
		assert_memory_equal(&c, &again, sizeof(c));
	}
}

static void test_bad(void **state)
{
	struct conf c;
	struct conf_error e;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (parse(&bad[i], &c, &e) != -EINVAL)
			fail_msg("taken: %s '%s'", bad[i].line, bad[i].value);
		assert_int_equal(e.line, 2);
		assert_non_null(strstr(bad[i].line, e.option));
		assert_non_null(strstr(e.message, "allowed: "));
	}
}

/* The checks hold without the sizes of the fields too. */
static void test_lengths(void **state)
{
	static const char key[] =
		"65 letters ............................................. the end.";
	char url[CONF_URL_MAX + 16] = "http://a/";
	struct conf_check_url u;

	(void)state;
	assert_int_equal(strlen(key), 65);
	assert_false(conf_check_key(key));
	assert_true(conf_check_key(key + 1));
	assert_false(conf_check_ssid(""));
	assert_false(conf_check_ssid("123456789012345678901234567890123"));
	assert_false(conf_check_domain(LONG_LABEL));
	assert_true(conf_check_domain(&LONG_LABEL[1]));
	assert_false(conf_check_device("a-name-too-long1"));
	assert_true(conf_check_device("a-name-too-long"));
	memset(url + 9, 'x', CONF_URL_MAX - 1);
	assert_int_equal(conf_check_url(url, &u), -EINVAL);
	url[9 + CONF_URL_MAX - 2] = 0;
	assert_int_equal(conf_check_url(url, &u), 0);
	assert_int_equal(strlen(u.path), CONF_URL_MAX - 1);
}

/* A value may be written in several ways. */
static void test_same_value(void **state)
{
	static const struct {
		struct value value;
		const char *printed;
	} same[] = {
		{ { "trama dhcp", "list exclude", "10.1.2.3/24" }, "10.1.2.0-10.1.2.255" },
		{ { "trama dhcp", "list exclude", "10.1.2.3/0" }, "0.0.0.0-255.255.255.255" },
		{ { "trama dhcp", "list exclude", "10.1.2.3-10.1.2.3" }, "10.1.2.3" },
		{ { "trama dhcp", "list route", "10.99.7.7/16 10.1.0.7" },
		  "10.99.0.0/16 10.1.0.7" },
		{ { "trama uplink", "option nat66", "enabled" }, "'1'" },
		{ { "port x", "option ip6addr", "2001:DB8:0::1/0" }, "2001:db8::1/0" },
		{ { "host x", "option mac", "02-AB-00-00-00-01" }, "02:ab:00:00:00:01" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(same); i++) {
		char out[16384];
		struct text t = text_init(out, sizeof(out));
		struct conf c;
		struct conf_error e;

		assert_int_equal(parse(&same[i].value, &c, &e), 0);
		conf_print(&c, CONF_PRINT_CHANGED, true, &t);
		if (!strstr(out, same[i].printed))
			fail_msg("%s is not in: %s", same[i].printed, out);
	}
}

/* An empty value takes back what an earlier line of the port's section said. */
static void test_empty_is_absent(void **state)
{
	static const char text[] = "config port x\n"
				   "option proto static\n"
				   "option ipaddr 10.0.0.2/24\noption gateway 10.0.0.1\n"
				   "option ip6addr fd00::2/64\noption ip6gw fd00::1\n"
				   "option gateway ''\noption ip6gw ''\n"
				   "option ipaddr ''\noption ip6addr ''\noption proto dhcp\n";
	struct conf_port fresh;
	struct conf_error e;
	struct conf c;

	(void)state;
	assert_int_equal(conf_parse("config port x\n", 14, &c, &e), 0);
	fresh = c.port[0];
	assert_int_equal(conf_parse(text, strlen(text), &c, &e), 0);
	assert_memory_equal(&c.port[0], &fresh, sizeof(fresh));
}

/* A statement, a section or a text that is wrong as a whole. */
static void test_statements(void **state)
{
	static const struct {
		const char *text, *message;
		int line;
	} wrong[] = {
		{ "config port x\noption\n", "unknown option; allowed: device, role", 2 },
		{ "config lime wifi\noption channel\n", "unknown option; allowed: ap_ssid", 2 },
		{ "config trama security\nlist community_key 'a secret of ours'\n",
		  "write: option community_key 'VALUE'", 2 },
		{ "config port " LONG_NAME "\n", "the name is too long, at most 63 bytes", 1 },
		{ "config port 'a\tb'\n", "control characters are not allowed in a name", 1 },
		{ "config port 'a\x7f'\n", "control characters are not allowed in a name", 1 },
		{ "config " LONG_NAME " x\n", "unknown section; allowed: lime system", 1 },
		{ "config lime " LONG_NAME "\n", "unknown section; allowed: lime system", 1 },
		{ "config port x\noption ip6addr fd00::1/64\n", "want option proto 'static'", 1 },
		{ "config port x\noption proto static\noption ipaddr 10.0.0.2/8\n"
		  "option role client\n",
		  "proto 'static' is for an uplink", 1 },
		{ "config lime network\noption main_ipv4_address 10.0.0.0/29/29\n"
		  "option anygw_dhcp_start 7\n",
		  "allowed: up to 6 in a network of length 29", 3 },
	};
	struct conf_error e;
	struct conf c;

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		assert_int_equal(conf_parse(wrong[i].text, strlen(wrong[i].text), &c, &e), -EINVAL);
		assert_int_equal(e.line, wrong[i].line);
		if (!strstr(e.message, wrong[i].message))
			fail_msg("'%s' is not in '%s'", wrong[i].message, e.message);
		/* what stands where a secret does is not repeated */
		assert_null(strstr(e.value, "secret"));
	}
}

static void test_blanks_and_comments(void **state)
{
	static const char text[] = "config\flime\v'wifi'#wifi\n\toption ap_ssid x#y\n# the end";
	struct conf_error e;
	struct conf c;

	(void)state;
	assert_int_equal(conf_parse(text, strlen(text), &c, &e), 0);
	assert_string_equal(c.wifi.ap_ssid, "x");
}

/* Both forms of the documentation have every option with its help, under its section. */
static void test_documentation(void **state)
{
	static char text[65536], man[65536];
	struct text t = text_init(text, sizeof(text)), m = text_init(man, sizeof(man));
	struct conf_doc_entry o;
	const char *at = text, *man_at = man;
	char line[128];

	(void)state;
	conf_doc(CONF_DOC_TEXT, &t);
	conf_doc(CONF_DOC_MAN, &m);
	assert_false(t.cut || m.cut);
	for (uint32_t i = 0; conf_doc_next(&i, &o);) {
		struct text l = text_init(line, sizeof(line));

		text_add(&l, "\n  %s %s\n      ", o.list ? "list" : "option", o.option);
		at = strstr(at, line);
		assert_non_null(at);
		assert_memory_equal(at + l.len, o.help, strlen(o.help));
		l = text_init(line, sizeof(line));
		text_add(&l, "\n.TP\n.B %s %s\n", o.list ? "list" : "option", o.option);
		man_at = strstr(man_at, line);
		assert_non_null(man_at);
	}
	assert_non_null(strstr(text, "config lime 'wifi'\n"));
	assert_non_null(strstr(text, "config port 'NAME'\n"));
	assert_non_null(strstr(text, " Default: 'LibreMesh.org' Only in a node's own file.\n"));
	assert_non_null(strstr(man, "\nDefault: LibreMesh.org.\nOnly in a node's own file.\n"));
	assert_non_null(strstr(text, " Default: 'thisnode.info'\n"));
	assert_non_null(strstr(text, " Default: '1.1.1.1' '9.9.9.9' '2606:4700:4700::1111'"));
	assert_non_null(strstr(man, ".SS config lime \\(aqwifi\\(aq\n"));
	assert_non_null(strstr(man, "\nDefault: 1.1.1.1, 9.9.9.9, 2606:"));
	/* roff takes a hyphen for a place to break the line */
	assert_non_null(strstr(man, "LiMe\\-%M4%M5%M6"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_same_value),
		cmocka_unit_test(test_empty_is_absent),
		cmocka_unit_test(test_statements),
		cmocka_unit_test(test_blanks_and_comments),
		cmocka_unit_test(test_documentation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
