/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What test/golden/conf cannot show: the API. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/conf/conf.h"

static int parse(const char *text, struct conf *c, struct conf_error *e)
{
	return conf_parse(text, strlen(text), c, e);
}

static void test_defaults(void **state)
{
	struct conf c, d;
	struct conf_error e;

	(void)state;
	conf_init(&c);
	assert_int_equal(parse("", &d, &e), 0);
	assert_memory_equal(&c, &d, sizeof(c));
	assert_string_equal(c.wifi.ap_ssid, "LibreMesh.org");
	assert_string_equal(c.network.main_ipv4_address, "10.%N1.0.0/16");
	assert_int_equal(c.network.batadv_orig_interval_ms, 1000);
	assert_int_equal(c.l2.vlan_id, CONF_VLAN_DERIVED);
	assert_int_equal(c.l2.vlan_protocol, CONF_VLAN_8021AD);
	assert_int_equal(c.l3.vlan_id, 17);
	assert_int_equal(c.dhcp.lease_time_s, 1200);
	assert_int_equal(c.uplink.check_url_count, 2);
	assert_int_equal(c.uplink.check_host_count, 4);
	assert_int_equal(c.uplink.check_host[2].family, 6);
	assert_false(c.uplink.nat66);
	assert_int_equal(c.port_count, 0);
}

/* A table row whose default its own checks refuse would be a trap. */
static void test_every_default_parses(void **state)
{
	struct conf_doc_entry o;
	uint32_t i = 0, count = 0;

	(void)state;
	while (conf_doc_next(&i, &o)) {
		struct text t;
		struct conf c;
		struct conf_error e;
		char buf[512];
		size_t first = strcspn(o.def, "\n");
		size_t type = strcspn(o.section, " ");

		count++;
		assert_true(strlen(o.help) > 10 && strlen(o.type) > 3);
		assert_true(strlen(o.type) < sizeof(o.type) - 1);
		if (!*o.def)
			continue;
		t = text_init(buf, sizeof(buf));
		text_add(&t, "config %.*s '%s'\n%s %s '%.*s'\n", (int)type, o.section,
			 o.section[type] ? o.section + type + 1 : "eth0",
			 o.list ? "list" : "option", o.option, (int)first, o.def);
		assert_false(t.cut);
		assert_int_equal(parse(buf, &c, &e), 0);
	}
	assert_true(count > 40);
}

static void test_errors_leave_the_result_alone(void **state)
{
	struct conf c, before;
	struct conf_error e;

	(void)state;
	memset(&c, 0x5a, sizeof(c));
	before = c;
	assert_int_equal(parse("config lime wifi\noption ap_ssid x\n\noption ap_ssid ''\n", &c, &e),
			 -EINVAL);
	assert_memory_equal(&c, &before, sizeof(c));
	assert_int_equal(e.line, 4);
	assert_string_equal(e.section, "lime wifi");
	assert_string_equal(e.option, "ap_ssid");
	assert_string_equal(e.value, "");
	assert_string_equal(e.message, "allowed: 1 to 32 bytes");
}

static void test_too_long(void **state)
{
	char *text = calloc(1, CONF_SIZE_MAX + 2);
	struct conf_error e;
	struct conf c;

	(void)state;
	assert_non_null(text);
	memset(text, '\n', CONF_SIZE_MAX + 1);
	assert_int_equal(conf_parse(text, CONF_SIZE_MAX, &c, &e), 0);
	assert_int_equal(conf_parse(text, CONF_SIZE_MAX + 1, &c, &e), -E2BIG);
	assert_non_null(strstr(e.message, "65536"));
	free(text);
}

static void test_secrets_are_not_shown(void **state)
{
	char buf[8192];
	struct text t = text_init(buf, sizeof(buf));
	struct conf_error e;
	struct conf c;

	(void)state;
	assert_int_equal(
		parse("config trama security\noption community_key 'a secret of ours'\n", &c, &e),
		0);
	conf_print(&c, CONF_PRINT_ALL, false, &t);
	assert_null(strstr(buf, "a secret of ours"));
	assert_non_null(strstr(buf, "# option community_key is set"));
	assert_int_equal(conf_parse(buf, t.len, &c, &e), 0);
	/* nor in errors */
	assert_int_equal(parse("config trama security\noption community_key tooshort\n", &c, &e),
			 -EINVAL);
	assert_string_equal(e.value, "");
}

static void test_error_is_one_line(void **state)
{
	struct conf_error e = { .line = 3, .section = "lime wifi", .value = "a\nb\x7f" };
	char buf[256];
	struct text t = text_init(buf, sizeof(buf));

	(void)state;
	strcpy(e.message, "no");
	conf_error_print(&e, "trama.conf", &t);
	assert_string_equal(buf, "trama.conf:3: section 'lime wifi', value 'a?b?': no");
}

static void test_ports(void **state)
{
	struct conf_error e;
	struct conf c;

	(void)state;
	assert_int_equal(parse("config port eth0\noption role client\n"
			       "config port up\noption device eth0.1\n",
			       &c, &e),
			 0);
	assert_int_equal(conf_port_find(&c, "eth0")->role, CONF_ROLE_CLIENT);
	assert_string_equal(conf_port_device(&c.port[1]), "eth0.1");
	assert_ptr_equal(conf_port_find(&c, "eth0.1"), &c.port[1]);
	assert_null(conf_port_find(&c, "up"));
}

static void test_check_url(void **state)
{
	static const char *const bad[] = { "",
					   "http://",
					   "https://a/",
					   "http:///x",
					   "http://a:0/",
					   "http://a:65536/",
					   "http://a:/",
					   "http://[2001:db8::1/",
					   "http://a_b/",
					   "http://a/ 99",
					   "http://a/ 600",
					   "http://a/ 2000",
					   "http://a/ 200 0123456789012345678901234567890123456789",
					   "http://a/\n" };
	struct conf_check_url u;

	(void)state;
	assert_int_equal(conf_check_url("http://a.example", &u), 0);
	assert_string_equal(u.host, "a.example");
	assert_string_equal(u.path, "/");
	assert_int_equal(u.port, 80);
	assert_int_equal(u.status, 204);
	assert_int_equal(conf_check_url("http://[2001:db8::1]:8080/x?y 200 it works", &u), 0);
	assert_string_equal(u.host, "2001:db8::1");
	assert_string_equal(u.path, "/x?y");
	assert_int_equal(u.port, 8080);
	assert_int_equal(u.status, 200);
	assert_string_equal(u.text, "it works");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(conf_check_url(bad[i], &u), -EINVAL);
	assert_string_equal(u.text, "it works");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_every_default_parses),
		cmocka_unit_test(test_errors_leave_the_result_alone),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_secrets_are_not_shown),
		cmocka_unit_test(test_error_is_one_line),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_check_url),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
