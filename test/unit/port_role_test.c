/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Roles that need no election. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/port/port.h"

static struct port p;
static struct outq out;
static uint64_t buf[512];

/* A port of these properties gets this role, for this reason. */
static void expect(const struct port_info *set, enum port_reason reason,
		   struct port_decision decision)
{
	struct port_conf conf = { .node_mac = { { 2, 0, 0, 0, 0, 1 } }, .ssid_len = 1 };
	struct port_info info = *set;
	bool told = false;
	struct out o;

	info.mac = (struct mac) { { 2, 0, 0, 0, 0, 2 } };
	outq_init(&out, buf, sizeof(buf));
	port_init(&p, &conf, rng_init(1), &out);
	assert_int_equal(port_set(&p, 5, &info, USEC_S), 0);
	while (outq_pop(&out, &o)) {
		if (o.kind != PORT_DECIDED)
			continue;
		assert_int_equal(o.port, 5);
		assert_int_equal(o.arg, reason);
		assert_memory_equal(o.data, &decision, sizeof(decision));
		told = true;
	}
	assert_true(told);
	assert_int_equal(port_get(&p, 5)->reason, reason);
	assert_non_null(port_reason_text(reason));
	assert_non_null(port_reason_name(reason));
	port_gone(&p, 5, USEC_S);
	assert_null(port_get(&p, 5));
}

#define INFO(...) (&(struct port_info) { .carrier = true, __VA_ARGS__ })
#define DECISION(...) ((struct port_decision) { __VA_ARGS__ })

static void test_roles(void **state)
{
	(void)state;
	expect(INFO(.role = PORT_ROLE_CLIENT), PORT_CLIENT_ROLE, DECISION(.client = true));
	expect(INFO(.role = PORT_ROLE_MESH), PORT_MESH_ROLE, DECISION(.mesh = true));
	expect(INFO(.role = PORT_ROLE_UPLINK), PORT_UPLINK_ROLE, DECISION(.uplink_dhcp = true));
	expect(INFO(.role = PORT_ROLE_UPLINK, .proto_static = true), PORT_UPLINK_STATIC,
	       DECISION(.uplink_static = true));
	expect(INFO(.proto_static = true), PORT_UPLINK_STATIC,
	       DECISION(.mesh = true, .uplink_static = true));
	expect(INFO(.medium = PORT_MEDIUM_AP), PORT_CLIENT_AP, DECISION(.client = true));
	expect(INFO(.medium = PORT_MEDIUM_RADIO), PORT_MESH_RADIO_KIND, DECISION(.mesh = true));
	expect(INFO(.medium = PORT_MEDIUM_TUNNEL), PORT_TUNNEL_KIND, DECISION(.mesh_l3 = true));
	expect(INFO(.medium = PORT_MEDIUM_TUNNEL, .foreign_default = true), PORT_UPLINK_DEFAULT,
	       DECISION(.uplink_foreign = true));
}

/* A port with an address or default route of somebody else is never in the bridge, whatever its
 * role. */
static void test_foreign_is_never_bridged(void **state)
{
	(void)state;
	expect(INFO(.foreign_address = true), PORT_UPLINK_ADDRESS,
	       DECISION(.mesh = true, .uplink_foreign = true));
	expect(INFO(.foreign_default = true), PORT_UPLINK_DEFAULT,
	       DECISION(.mesh = true, .uplink_foreign = true));
	expect(INFO(.role = PORT_ROLE_CLIENT, .foreign_address = true), PORT_UPLINK_ADDRESS,
	       DECISION(.uplink_foreign = true));
	expect(INFO(.role = PORT_ROLE_UPLINK, .foreign_default = true), PORT_UPLINK_DEFAULT,
	       DECISION(.uplink_foreign = true));
	expect(INFO(.medium = PORT_MEDIUM_AP, .foreign_address = true), PORT_UPLINK_ADDRESS,
	       DECISION(.uplink_foreign = true));
	expect(INFO(.role = PORT_ROLE_MESH, .foreign_address = true), PORT_MESH_ROLE,
	       DECISION(.mesh = true, .uplink_foreign = true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roles),
		cmocka_unit_test(test_foreign_is_never_bridged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
