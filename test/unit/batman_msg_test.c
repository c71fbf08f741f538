/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets of batman-adv as a kernel sent them, decoded and encoded back; CRCs of real tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/batman/msg.h"

static size_t unhex(const char *text, uint8_t *to, size_t cap)
{
	size_t len = 0;

	for (; *text && len < cap; text++) {
		char pair[3] = { text[0], text[1], 0 };

		if (*text == ' ')
			continue;
		to[len++] = (uint8_t)strtoul(pair, NULL, 16);
		text++;
	}
	return len;
}

static struct mac mac(const char *text)
{
	struct mac m;

	assert_int_equal(mac_parse(text, &m), 0);
	return m;
}

/* batman-adv 2022.3: ttvn 2 with a diff of two clients, gateway 50/10 Mbit. */
static const char ogm_text[] =
	"ffffffffffff 02aa00000001 4305 000f3200 26ca272f 02aa00000001 02aa00000001 00 ff 0040"
	"04010024 01 02 0001 6c7cbcd6 0000 0000 00000000 3333ff000a0a 0000 00000000 01005e000001 "
	"0000"
	"01010008 000001f4 00000064 06020004 18000000 02010000";

static void test_real_ogm(void **state)
{
	uint8_t frame[256], again[256];
	size_t len = unhex(ogm_text, frame, sizeof(frame));
	struct rd r = rd_init(frame, len), v;
	struct mac a = mac("02:aa:00:00:00:01"), group = mac("33:33:ff:00:0a:0a");
	struct wr w = wr_init(again, sizeof(again));
	uint8_t type, version;
	struct bat_tt_change c;
	struct bat_tt_vlan vlan;
	struct bat_eth eth;
	struct bat_ogm o;
	struct bat_tt tt;

	(void)state;
	assert_int_equal(len, 14 + 88);
	assert_true(bat_eth_decode(&r, &eth));
	assert_int_equal(eth.type, 0x4305);
	assert_true(bat_ogm_next(&r, &o));
	assert_true(rd_done(&r));
	assert_int_equal(o.ttl, 50);
	assert_int_equal(o.seqno, 0x26ca272f);
	assert_int_equal(o.tq, 255);
	assert_true(mac_eq(&o.orig, &a) && mac_eq(&o.prev, &a));
	bat_eth_encode(&w, &eth.dst, &eth.src);
	bat_ogm_encode(&w, &o);
	assert_int_equal(wr_len(&w), len);
	assert_memory_equal(again, frame, len);

	assert_true(bat_tvlv_next(&o.tvlv, &type, &version, &v));
	assert_int_equal(type, BAT_TVLV_TT);
	assert_true(bat_tt_decode(v, &tt));
	assert_int_equal(tt.flags, BAT_TT_DIFF);
	assert_int_equal(tt.ttvn, 2);
	assert_true(bat_tt_vlan_next(&tt.vlans, &vlan));
	assert_int_equal(vlan.crc, 0x6c7cbcd6);
	assert_int_equal(vlan.vid, 0);
	assert_false(bat_tt_vlan_next(&tt.vlans, &vlan));
	assert_true(bat_tt_change_next(&tt.changes, &c));
	assert_true(mac_eq(&c.mac, &group));
	assert_true(bat_tt_change_next(&tt.changes, &c));
	assert_false(bat_tt_change_next(&tt.changes, &c));
	for (int i = 0; i < 3; i++)
		assert_true(bat_tvlv_next(&o.tvlv, &type, &version, &v));
	assert_int_equal(type, 2);
	assert_int_equal(rd_left(&v), 0);
	assert_false(bat_tvlv_next(&o.tvlv, &type, &version, &v));
}

static void test_real_request(void **state)
{
	static const char text[] = "440f3200 02cc00000001 02aa00000001 0010 0000"
				   "0401000c 12 02 0001 6c7cbcd6 00000000";
	uint8_t raw[64], again[64];
	size_t len = unhex(text, raw, sizeof(raw)), mark;
	struct rd r = rd_init(raw, len), v;
	struct wr w = wr_init(again, sizeof(again));
	struct mac dst = mac("02:cc:00:00:00:01"), src = mac("02:aa:00:00:00:01");
	struct bat_tvlv_packet p;
	uint8_t type, version;
	struct bat_tt tt;

	(void)state;
	assert_true(bat_tvlv_packet_decode(&r, &p));
	assert_true(mac_eq(&p.dst, &dst) && mac_eq(&p.src, &src));
	assert_true(bat_tvlv_next(&p.tvlv, &type, &version, &v));
	assert_true(bat_tt_decode(v, &tt));
	assert_int_equal(tt.flags, BAT_TT_REQUEST | BAT_TT_FULL);
	bat_tvlv_packet_encode(&w, &dst, &src, 16);
	mark = bat_tvlv_begin(&w, BAT_TVLV_TT, 1);
	bat_tt_encode(&w, tt.flags, tt.ttvn, 1);
	bat_tt_vlan_encode(&w, &(struct bat_tt_vlan) { .crc = 0x6c7cbcd6 });
	bat_tvlv_end(&w, mark);
	assert_int_equal(wr_len(&w), len);
	assert_memory_equal(again, raw, len);
}

static uint32_t table_crc(const char *const *macs)
{
	uint32_t crc = 0;

	for (; *macs; macs++) {
		struct mac m = mac(*macs);

		crc ^= bat_tt_crc(&m, 0, 0);
	}
	return crc;
}

static void test_crc(void **state)
{
	static const char *const one[] = { "02:00:00:00:0a:0a", NULL };
	static const char *const two[] = { "02:00:00:00:0a:0a", "33:33:00:00:00:01", NULL };
	static const char *const four[] = { "02:00:00:00:0c:0c", "01:00:5e:00:00:01",
					    "33:33:ff:00:0c:0c", "33:33:00:00:00:01", NULL };
	struct mac m = mac("02:00:00:00:0a:0a");

	(void)state;
	assert_int_equal(table_crc(one), 0x0a3f7bad);
	assert_int_equal(table_crc(two), 0x55a971b7);
	assert_int_equal(table_crc(four), 0x6c7cbcd6);
	/* flags that are not synchronised do not count, VLAN and others do */
	assert_int_equal(bat_tt_crc(&m, 0, BAT_TT_ROAM | BAT_TT_DEL), 0x0a3f7bad);
	assert_true(bat_tt_crc(&m, 0, BAT_TT_WIFI) != 0x0a3f7bad);
	assert_true(bat_tt_crc(&m, 0x8005, 0) != 0x0a3f7bad);
}

static void test_headers(void **state)
{
	struct mac a = mac("02:aa:00:00:00:01"), c = mac("02:cc:00:00:00:01");
	struct bat_unicast u = { .type = BAT_TYPE_4ADDR,
				 .ttl = 7,
				 .ttvn = 9,
				 .dst = a,
				 .src = c,
				 .subtype = 1 },
			   u2;
	struct bat_frag f = { .ttl = 50,
			      .no = 11,
			      .priority = 5,
			      .dst = a,
			      .orig = c,
			      .seqno = 0xabcd,
			      .total = 20160 },
			f2;
	struct bat_icmp i = { .ttl = 3,
			      .type = 8,
			      .dst = a,
			      .orig = c,
			      .uid = 200,
			      .rr_count = 3,
			      .seqno = 515 },
			i2;
	struct bat_bcast b = { .ttl = 49, .seqno = 0xdeadbeef, .orig = a }, b2;
	uint8_t buf[64];
	struct wr w = wr_init(buf, sizeof(buf));
	struct rd r;

	(void)state;
	bat_unicast_encode(&w, &u);
	assert_int_equal(wr_len(&w), BAT_UNICAST_4ADDR);
	r = rd_init(buf, wr_len(&w));
	assert_true(bat_unicast_decode(&r, &u2) && rd_done(&r));
	assert_true(u2.ttl == 7 && u2.ttvn == 9 && mac_eq(&u2.dst, &a) && mac_eq(&u2.src, &c) &&
		    u2.subtype == 1);
	w = wr_init(buf, sizeof(buf));
	bat_frag_encode(&w, &f);
	assert_int_equal(wr_len(&w), BAT_FRAG_HEADER);
	assert_int_equal(buf[3], 0xba);
	r = rd_init(buf, wr_len(&w));
	assert_true(bat_frag_decode(&r, &f2) && rd_done(&r));
	assert_true(f2.no == 11 && f2.priority == 5 && f2.seqno == 0xabcd && f2.total == 20160);
	w = wr_init(buf, sizeof(buf));
	bat_icmp_encode(&w, &i);
	assert_int_equal(wr_len(&w), BAT_ICMP_HEADER);
	r = rd_init(buf, wr_len(&w));
	assert_true(bat_icmp_decode(&r, &i2) && rd_done(&r));
	assert_true(i2.ttl == 3 && i2.type == 8 && i2.uid == 200 && i2.rr_count == 3 &&
		    i2.seqno == 515);
	w = wr_init(buf, sizeof(buf));
	bat_bcast_encode(&w, &b);
	assert_int_equal(wr_len(&w), BAT_BCAST_HEADER);
	r = rd_init(buf, wr_len(&w));
	assert_true(bat_bcast_decode(&r, &b2) && rd_done(&r));
	assert_true(b2.ttl == 49 && b2.seqno == 0xdeadbeef && mac_eq(&b2.orig, &a));
}

static void test_aggregate(void **state)
{
	uint8_t buf[256];
	struct wr w = wr_init(buf, sizeof(buf));
	struct bat_ogm o = { .ttl = 50, .tq = 255 }, got;
	struct rd r;
	int count = 0;

	(void)state;
	o.tvlv = rd_init("\x02\x01\0\0", 4);
	for (uint32_t i = 0; i < 3; i++) {
		o.seqno = i;
		bat_ogm_encode(&w, &o);
	}
	/* Ethernet padding is no OGM */
	wr_zero(&w, 18);
	r = rd_init(buf, wr_len(&w));
	while (bat_ogm_next(&r, &got))
		assert_int_equal(got.seqno, count++);
	assert_int_equal(count, 3);
	assert_true(rd_ok(&r));
}

static void test_inner(void **state)
{
	static const char tagged[] = "0600000000a1 0600000000b2 8100 6005 0800 45000000";
	static const char untagged[] = "0600000000a1 0600000000b2 0800 45a00000";
	static const char priority[] = "0600000000a1 0600000000b2 8100 e000 0806 45000000";
	uint8_t raw[64];
	size_t len = unhex(tagged, raw, sizeof(raw));
	struct bat_inner in;

	(void)state;
	assert_true(bat_inner_decode(rd_init(raw, len), &in));
	assert_int_equal(in.vid, 0x8005);
	assert_int_equal(in.type, 0x0800);
	for (size_t cut = 0; cut < 18; cut++)
		assert_false(bat_inner_decode(rd_init(raw, cut), &in));
	len = unhex(priority, raw, sizeof(raw));
	assert_true(bat_inner_decode(rd_init(raw, len), &in));
	assert_int_equal(in.vid, 0);
	assert_int_equal(in.type, 0x0806);
	len = unhex(untagged, raw, sizeof(raw));
	assert_true(bat_inner_decode(rd_init(raw, len), &in));
	assert_int_equal(in.priority, 5); /* class selector 5 */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_real_ogm),  cmocka_unit_test(test_real_request),
		cmocka_unit_test(test_crc),	  cmocka_unit_test(test_headers),
		cmocka_unit_test(test_aggregate), cmocka_unit_test(test_inner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
