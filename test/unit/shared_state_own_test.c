/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a node says in LibreMesh's shared state, as whole states that are read again:
 *
 *    0 --- 1      a client at node 0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dhcp_client.h"
#include "node_town.h"
#include "plat/linux/bridges/shared_state_msg.h"
#include "rpc/shared_state_own.h"

static const struct mac client = { { 2, 0xcc, 0, 0, 0, 9 } };
static const struct ip6 babel_neighbour = { { 0xfe, 0x80, [15] = 2 } };

/* All kinds, as no bridge shares them. */
static const struct ss_type types[SS_KINDS] = {
	[SS_LEASES] = { .name = "leases", .life_s = 100, .leases = true },
	[SS_BAT_HOSTS] = { .name = "bat-hosts", .life_s = 101 },
	[SS_NODE_INFO] = { .name = "info", .life_s = 102 },
	[SS_WIFI_LINKS] = { .name = "wifi", .life_s = 103 },
	[SS_BAT_LINKS] = { .name = "bat", .life_s = 104 },
	[SS_BABEL_LINKS] = { .name = "babel", .life_s = 105 },
	[SS_HOSTS] = { .name = "hosts", .life_s = 106 },
};

/* Each device that it asks for has a MAC of its own. */
static bool device(void *ctx, const char *name, int *ret_index, struct mac *ret_mac)
{
	static const char *const names[] = { "eth0", "eth0_29", "eth0_17", "wlan0-ap" };

	(void)ctx;
	for (uint8_t i = 0; i < 4; i++) {
		if (strcmp(names[i], name) != 0)
			continue;
		*ret_index = 7 + i;
		*ret_mac = (struct mac) { { 2, 0xdd, 0, 0, 0, i } };
		return true;
	}
	return false;
}

static bool neighbour_next(void *ctx, uint32_t *cursor, struct event_neighbour *ret)
{
	(void)ctx;
	if (*cursor > 0)
		return false;
	(*cursor)++;
	*ret = (struct event_neighbour) { .port = 0, .cost = 96, .address = babel_neighbour };
	return true;
}

struct told {
	json_t *of[SS_KINDS]; /* {key: [author, time to live, data]} */
};

static void hear(void *arg, const struct ss_entry *e)
{
	json_object_set_new(arg, e->key,
			    json_pack("[ssI O]", e->author, "", (json_int_t)e->ttl_s, e->data));
}

/* Everything that node i of the town says now. */
static struct told say(const struct town *t, int i, struct ss_own *own)
{
	const struct ss_view view = { t->node[i], device, neighbour_next, NULL };
	struct hash_key key = { 1, 2 };
	struct ss_store stores[SS_KINDS];
	struct ss_slice slice;
	struct told told;
	unsigned int bad;

	for (int k = 0; k < SS_KINDS; k++)
		assert_int_equal(ss_store_init(&stores[k], &types[k], key), 0);
	ss_own_refresh(own, &view, stores, t->now);
	assert_int_equal(own->left_out, 0);
	for (int k = 0; k < SS_KINDS; k++) {
		told.of[k] = json_object();
		assert_int_equal(ss_encode(&stores[k], t->now, &slice), 0);
		assert_int_equal(ss_decode(slice.text, slice.len, hear, told.of[k], &bad), 0);
		assert_int_equal(bad, 0);
		ss_slice_done(&slice);
		ss_store_done(&stores[k]);
	}
	return told;
}

static void forget(struct told *t)
{
	for (int k = 0; k < SS_KINDS; k++)
		json_decref(t->of[k]);
}

/* The data of an entry by that author, as text without spaces; frees it with the next call. */
static const char *data(const struct told *t, enum ss_kind kind, const char *key,
			const char *author)
{
	static char text[1024];
	const json_t *e = json_object_get(t->of[kind], key);
	char *all;

	assert_non_null(e);
	assert_string_equal(json_string_value(json_array_get(e, 0)), author);
	assert_int_equal(json_integer_value(json_array_get(e, 2)), types[kind].life_s);
	all = json_dumps(json_array_get(e, 3), JSON_COMPACT | JSON_ENCODE_ANY);
	text_copy(text, sizeof(text), all);
	free(all);
	return text;
}

/* With addresses of their own: from these MACs both would derive the same. */
static void begin(struct town *t)
{
	town_plan(t, 2);
	text_copy(t->conf[1].network.main_ipv4_address, CONF_TEMPLATE_MAX, "10.13.7.7/16");
	town_begin(t);
}

static struct ip4 lease_to_client(struct town *t)
{
	struct dhcp_msg m = {
		.op = DHCP_OP_REQUEST, .xid = 77, .chaddr = client, .type = DHCP_DISCOVER
	};
	uint8_t frame[DHCP_CLIENT_FRAME];

	town_station(t, 0, &client, CLIENT_ASSOCIATED);
	town_frame(t, 0, LINK_CLIENT, frame, dhcp_client_send(&m, frame));
	m.requested = dhcp_client_receive(t->dhcp, t->dhcp_len).yiaddr;
	m.type = DHCP_REQUEST;
	town_frame(t, 0, LINK_CLIENT, frame, dhcp_client_send(&m, frame));
	assert_int_equal(dhcp_client_receive(t->dhcp, t->dhcp_len).type, DHCP_ACK);
	town_run(t, t->now + 2 * USEC_S);
	return m.requested;
}

static struct node_member member(const struct town *t, int at, int of)
{
	struct node_member m;

	for (uint32_t i = 0; node_member_next(t->node[at], &i, &m);)
		if (!strcmp(m.name, node_cloud(t->node[of])->hostname))
			return m;
	fail();
	return m;
}

/* As in /etc/hosts, both addresses. */
static void check_names(const struct told *told, const struct node_member *m, const char *author)
{
	char ip[IP6_TEXT], line[128];
	struct text t = text_init(line, sizeof(line));

	text_add(&t, "%s %s", ip4_text(&m->ip4, ip), m->name);
	assert_string_equal(data(told, SS_HOSTS, line, author), "true");
	t = text_init(line, sizeof(line));
	text_add(&t, "%s %s", ip6_text(&m->ip6, ip), m->name);
	assert_string_equal(data(told, SS_HOSTS, line, author), "true");
}

/* What everybody knows node 1 says, too: in the name of who serves the client. */
static void check_cloud(const struct town *t, const struct told *told, const struct ip4 *lease)
{
	const char *names[2] = { node_cloud(t->node[0])->hostname,
				 node_cloud(t->node[1])->hostname };
	char ip[IP4_TEXT], mac[MAC_TEXT], want[256];

	assert_string_equal(data(told, SS_LEASES, ip4_text(lease, ip), names[0]),
			    "{\"mac\":\"02:cc:00:00:00:09\",\"hostname\":\"\"}");
	for (int i = 0; i < 2; i++) {
		struct node_member m = member(t, 1, i);
		struct text w = text_init(want, sizeof(want));
		json_t *info;

		mac_text(&m.cloud_mac, mac);
		ip4_text(&m.ip4, ip);
		text_add(&w, "{\"mac\":\"%s\",\"hostname\":\"%s\"}", mac, names[i]);
		assert_string_equal(data(told, SS_LEASES, ip, names[i]), want);
		info = json_array_get(json_object_get(told->of[SS_NODE_INFO], names[i]), 3);
		assert_string_equal(json_string_value(json_object_get(info, "hostname")), names[i]);
		assert_string_equal(json_string_value(json_object_get(info, "ipv4")), ip);
		assert_string_equal(
			json_string_value(json_array_get(json_object_get(info, "macs"), 0)), mac);
		assert_string_equal(json_string_value(json_object_get(info, "device")), "Router");
		assert_int_equal(json_is_integer(json_object_get(info, "uptime")), i == 1);
		check_names(told, &m, names[1]);
	}
	assert_int_equal(json_object_size(told->of[SS_LEASES]), 3);
	assert_int_equal(json_object_size(told->of[SS_HOSTS]), 4);
}

static void check_hosts(const struct town *t, const struct told *told)
{
	const char *name = node_cloud(t->node[0])->hostname;
	struct node_member m = member(t, 1, 0);
	char mac[MAC_TEXT], want[64], want_own[64];
	struct text w = text_init(want, sizeof(want)), own = text_init(want_own, sizeof(want_own));
	struct batman_orig o;

	text_add(&w, "\"%s_br0\"", name);
	for (char *c = want + 1; *c; c++)
		if (*c == '-')
			*c = '_';
	assert_string_equal(data(told, SS_BAT_HOSTS, mac_text(&m.cloud_mac, mac), name), want);
	for (uint32_t i = 0; batman_orig_next(node_batman(t->node[1]), &i, &o);) {
		assert_true(o.trama);
		assert_non_null(
			strstr(data(told, SS_BAT_HOSTS, mac_text(&o.mac, mac), name), "bat0"));
	}
	name = node_cloud(t->node[1])->hostname;
	text_add(&own, "\"%s_eth0_29\"", name);
	for (char *c = want_own; *c; c++)
		if (*c == '-')
			*c = '_';
	assert_string_equal(data(told, SS_BAT_HOSTS, "02:dd:00:00:00:01", name), want_own);
	assert_non_null(strstr(data(told, SS_BAT_HOSTS, "02:dd:00:00:00:00", name), "_eth0\""));
}

static void check_links(const struct town *t, const struct told *told)
{
	const char *name = node_cloud(t->node[1])->hostname;
	char key[2 * MAC_TEXT], mac[MAC_TEXT], *to = key;
	struct batman_path p;
	uint32_t cursor = 0;
	const json_t *link;

	assert_string_equal(data(told, SS_WIFI_LINKS, name, name),
			    "{\"src_loc\":{},\"links\":{\"02cc0000000802dd00000003\":{\"src_mac\":"
			    "\"02:dd:00:00:00:03\",\"dst_mac\":\"02:cc:00:00:00:08\","
			    "\"iface\":\"wlan0-ap\"}}}");
	assert_string_equal(data(told, SS_BABEL_LINKS, name, name),
			    "{\"src_loc\":{},\"links\":{\"fe802fe80ddfffe002\":{\"src_ip\":\"fe80::"
			    "dd:ff:fe00:2\","
			    "\"dst_ip\":\"fe80::2\",\"iface\":\"eth0_17\"}}}");
	assert_true(batman_neighbour_next(node_batman(t->node[1]), &cursor, &p));
	link = json_object_get(json_array_get(json_object_get(told->of[SS_BAT_LINKS], name), 3),
			       "links");
	assert_int_equal(json_object_size(link), 1);
	/* both ends, the lower one first */
	mac_text(&p.neighbour, mac);
	for (const char *c = mac; *c; c++)
		if (*c != ':')
			*to++ = *c;
	text_copy(to, MAC_TEXT, "02dd00000001");
	assert_true(strcmp(key, to) < 0);
	link = json_object_get(link, key);
	assert_string_equal(json_string_value(json_object_get(link, "src_mac")),
			    "02:dd:00:00:00:01");
	assert_string_equal(json_string_value(json_object_get(link, "dst_mac")), mac);
	assert_string_equal(json_string_value(json_object_get(link, "iface")), "eth0_29");
	assert_true(json_integer_value(json_object_get(link, "tq")) > 200);
	assert_true(json_integer_value(json_object_get(link, "last_seen_msecs")) < 2000);
}

static void test_what_is_said(void **state)
{
	struct ss_own own;
	struct told told;
	struct town t;
	struct ip4 ip;

	(void)state;
	begin(&t);
	town_run(&t, t.now + 30 * USEC_S);
	town_station(&t, 1, &(struct mac) { { 2, 0xcc, 0, 0, 0, 8 } }, CLIENT_ASSOCIATED);
	ip = lease_to_client(&t);
	assert_int_equal(ss_own_init(&own, (struct hash_key) { 3, 4 }), 0);
	told = say(&t, 1, &own);
	check_cloud(&t, &told, &ip);
	check_hosts(&t, &told);
	check_links(&t, &told);
	forget(&told);
	for (int i = 0; i < 2; i++)
		assert_true(ss_own_has_name(&own, node_cloud(t.node[i])->hostname));
	assert_false(ss_own_has_name(&own, "LiMe-other"));
	assert_false(ss_own_has_name(&own, ""));
	ss_own_done(&own);
	town_stop(&t);
}

/* A lease that has ended is not said any more. */
static void test_what_has_ended(void **state)
{
	struct event e = { .kind = EVENT_CONTROL };
	struct ss_own own;
	struct told told;
	struct town t;
	struct ip4 ip;
	char text[IP4_TEXT];

	(void)state;
	begin(&t);
	town_run(&t, t.now + 30 * USEC_S);
	ip = lease_to_client(&t);
	e.control = (struct event_control) { .act = CONTROL_RELEASE_LEASE, .mac = client };
	town_feed(&t, 0, &e);
	town_run(&t, t.now + 2 * USEC_S);
	assert_int_equal(ss_own_init(&own, (struct hash_key) { 3, 4 }), 0);
	told = say(&t, 1, &own);
	assert_null(json_object_get(told.of[SS_LEASES], ip4_text(&ip, text)));
	assert_int_equal(json_object_size(told.of[SS_LEASES]), 2);
	forget(&told);
	ss_own_done(&own);
	town_stop(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_said),
		cmocka_unit_test(test_what_has_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
