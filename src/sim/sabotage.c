/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/sabotage.h"

#include <string.h>

#include "core/state/state_msg.h"
#include "packet/eth.h"
#include "packet/udp.h"
#include "sim/stand_in.h"

enum offset { /* in frames without tag */
	      TYPE = 14,
	      TTL = 16,
	      UNICAST_DST = 18,
	      BCAST_SEQNO = 18,
	      BCAST_ORIG = 22,
	      OGM = 14,
};
enum ogm_offset {
	OGM_FLAGS = 3,
	OGM_ORIG = 8,
	OGM_TVLV_LEN = 22,
	OGM_SIZE = 24,
};
enum { TYPE_OGM = 0x00, TYPE_BCAST = 0x01, TYPE_UNICAST = 0x40, TYPE_4ADDR = 0x42 };
enum { TVLV_TT = 0x04, TVLV_TRAMA = 0xa7, TVLV_UNKNOWN = 0xa6 };
enum { RECORD_BLOCK = 2, RECORD_CLIENT = 3, RECORD_UNKNOWN = 200 };

static uint16_t get16(const uint8_t *b)
{
	struct rd r = rd_init(b, 2);

	return rd_u16(&r);
}

static bool is_orig(const struct sim_node *k, const uint8_t *mac)
{
	struct mac self;

	return batman_self(node_batman(k->node), &self) && !memcmp(self.b, mac, sizeof(self.b));
}

static bool is_unicast(const uint8_t *frame, size_t len)
{
	return len > UNICAST_DST + 6 && (frame[TYPE] == TYPE_UNICAST || frame[TYPE] == TYPE_4ADDR);
}

/* The node that is broken where one is enough. */
static bool is_victim(const struct sim_node *k)
{
	return k->index == k->world->plan->node_count / 2;
}

/* ---- unicast ---- */

/* Frames between the ends of the first wire go back and forth, whatever their destination. */
static bool loop(struct sim_node *k, uint16_t *port, uint8_t *frame, size_t len)
{
	struct world *w = k->world;
	const struct sim_wire *l = &w->wires[0];
	unsigned int end = k->index == l->plan.a ? 0 : 1;
	const struct sim_node *other = &w->nodes[end ? l->plan.a : l->plan.b];
	struct batman_path path;
	uint32_t cursor = 0;

	if (!is_unicast(frame, len) || (k->index != l->plan.a && k->index != l->plan.b) ||
	    is_orig(other, frame + UNICAST_DST))
		return true;
	while (batman_neighbour_next(node_batman(k->node), &cursor, &path))
		if (path.port == l->port[end])
			memcpy(frame, path.neighbour.b, sizeof(path.neighbour.b));
	*port = (uint16_t)l->port[end];
	memset(frame + 6, 0x02,
	       6); /* of nobody, for a node sends nothing back to where it came from */
	return true;
}

static bool endless(struct sim_node *k, uint16_t *port, uint8_t *frame, size_t len)
{
	if (is_unicast(frame, len))
		frame[TTL] = 50;
	return loop(k, port, frame, len);
}

/* ---- broadcast ---- */

static bool fresh_seqno(struct sim_node *k, uint16_t *port, uint8_t *frame, size_t len)
{
	(void)port;
	if (len > BCAST_ORIG + 6 && frame[TYPE] == TYPE_BCAST && !is_orig(k, frame + BCAST_ORIG))
		frame[BCAST_SEQNO + 3] = (uint8_t)(frame[BCAST_SEQNO + 3] + 1 + k->index % 4);
	return true;
}

/* ---- originators ---- */

/* Calls back for each OGM of an aggregate, and each container of it. */
static void each_ogm(struct sim_node *k, uint8_t *frame, size_t len,
		     void (*ogm)(struct sim_node *k, uint8_t *ogm),
		     void (*tvlv)(struct sim_node *k, const uint8_t *ogm, uint8_t *tvlv))
{
	if (len < OGM + OGM_SIZE || frame[TYPE] != TYPE_OGM)
		return;
	for (size_t at = OGM; at + OGM_SIZE <= len && frame[at] == TYPE_OGM && frame[at + 1];) {
		size_t end = at + OGM_SIZE + get16(frame + at + OGM_TVLV_LEN);

		if (ogm)
			ogm(k, frame + at);
		for (size_t t = at + OGM_SIZE; tvlv && end <= len && t + 4 <= end;
		     t += 4u + get16(frame + t + 2))
			tvlv(k, frame + at, frame + t);
		at = end;
	}
}

static void clear_direct(struct sim_node *k, uint8_t *ogm)
{
	if (is_victim(k))
		ogm[OGM_FLAGS] &= (uint8_t)~0x04;
}

static bool no_echo(struct sim_node *k, uint16_t *port, uint8_t *frame, size_t len)
{
	(void)port;
	each_ogm(k, frame, len, clear_direct, NULL);
	return true;
}

static void spoil_crc(struct sim_node *k, const uint8_t *ogm, uint8_t *tvlv)
{
	if (is_victim(k) && tvlv[0] == TVLV_TT && is_orig(k, ogm + OGM_ORIG))
		tvlv[8] ^= 1; /* of the first VLAN */
}

static bool wrong_crc(struct sim_node *k, uint16_t *port, uint8_t *frame, size_t len)
{
	(void)port;
	each_ogm(k, frame, len, NULL, spoil_crc);
	return true;
}

static void hide_network(struct sim_node *k, const uint8_t *ogm, uint8_t *tvlv)
{
	(void)k;
	(void)ogm;
	if (tvlv[0] == TVLV_TRAMA)
		tvlv[0] = TVLV_UNKNOWN;
}

static bool no_network_id(struct sim_node *k, uint16_t *port, uint8_t *frame, size_t len)
{
	(void)port;
	each_ogm(k, frame, len, NULL, hide_network);
	return true;
}

static void same_vlan(struct sim_node *k)
{
	k->conf.l2.vlan_id = 29;
}

/* ---- replicated state ---- */

/* The state datagram in a batman-adv frame; *ret_at is where the client's frame begins. */
static bool state_find(const uint8_t *frame, size_t len, size_t *ret_at, struct udp6_path *ret_path,
		       struct rd *ret)
{
	struct rd r = rd_init(frame, len), payload;
	struct ip6_head ip;
	struct udp_head udp;
	struct eth e;

	if (!is_unicast(frame, len))
		return false;
	*ret_at = TYPE + (frame[TYPE] == TYPE_UNICAST ? 10 : 18);
	rd_skip(&r, *ret_at);
	if (eth_decode(&r, &e) || e.type != ETH_TYPE_IP6 || ip6_decode(&r, &ip, &payload) ||
	    udp6_decode(&payload, &ip, &udp, ret) || udp.dst_port != NODE_STATE_UDP_PORT)
		return false;
	*ret_path = (struct udp6_path) { .eth_src = e.src,
					 .eth_dst = e.dst,
					 .src = ip.src,
					 .dst = ip.dst,
					 .src_port = udp.src_port,
					 .dst_port = udp.dst_port,
					 .hop_limit = ip.hop_limit };
	return true;
}

static bool no_state(struct sim_node *k, uint16_t *port, uint8_t *frame, size_t len)
{
	struct udp6_path path;
	struct rd data;
	size_t at;

	(void)port;
	return !is_victim(k) || !state_find(frame, len, &at, &path, &data);
}

static uint8_t *skip_varint(uint8_t *b)
{
	while (*b++ & 0x80)
		;
	return b;
}

/* What a node owns it has signed, under the name it now has. */
static void sign_again(const struct state_msg_record *m, uint8_t *proof)
{
	uint8_t text[STATE_MSG_SIGNED_MAX], key[STATE_KEY_SIZE];
	struct wr w = wr_init(text, sizeof(text));

	memcpy(key, m->author.b, sizeof(m->author.b));
	memcpy(key + sizeof(m->author.b), proof, STATE_MSG_KEY_REST);
	state_msg_write_signed(&w, m);
	stand_in_sign(key, text, wr_len(&w), proof + STATE_MSG_KEY_REST);
}

/* The type of a record stands behind two varints and the flags. */
static void rename_records(uint8_t *datagram, struct rd r)
{
	const uint8_t *start = r.p;
	struct state_msg_header head;
	struct state_msg_record m;
	struct rd body;
	uint8_t type;

	if (state_msg_read_header(&r, &head) || !state_msg_check(r))
		return;
	while (state_msg_item(&r, &type, &body)) {
		while ((type == STATE_ITEM_PUSH || type == STATE_ITEM_BULK) && rd_left(&body)) {
			uint8_t *at = datagram + (body.p - start);

			at = skip_varint(skip_varint(at)) + 1;
			if (!state_msg_read_record(&body, &m))
				return;
			if (*at != RECORD_BLOCK && *at != RECORD_CLIENT)
				continue;
			*at += RECORD_UNKNOWN;
			m.key.key.type = *at;
			if (m.proof)
				sign_again(&m, datagram + (m.proof - start));
		}
	}
}

/* Claims of blocks and their addresses arrive as something nobody understands. */
static bool no_records(struct sim_node *k, uint16_t *port, uint8_t *frame, size_t len)
{
	uint8_t copy[STATE_DATAGRAM_MAX], built[1600];
	struct wr w = wr_init(built, sizeof(built));
	struct udp6_path path;
	struct rd data;
	size_t at, n;

	(void)k;
	(void)port;
	if (!state_find(frame, len, &at, &path, &data) || rd_left(&data) > sizeof(copy))
		return true;
	n = rd_left(&data);
	memcpy(copy, data.p, n);
	rename_records(copy, rd_init(copy, n));
	udp6_build(&w, &path, copy, n);
	if (wr_len(&w) <= len - at)
		memcpy(frame + at, built, wr_len(&w));
	return true;
}

static void few_blocks(struct sim_node *k)
{
	text_copy(k->conf.network.main_ipv4_address, sizeof(k->conf.network.main_ipv4_address),
		  "10.%N1.7.0/24");
}

/* ---- clients ---- */

enum dhcp_offset { /* in frames of a server */
		   UDP = 34,
		   UDP_SUM = UDP + 6,
		   DHCP = UDP + 8,
		   XID = DHCP + 4,
		   YIADDR = DHCP + 16,
		   MESSAGE_TYPE = DHCP + 240 + 2,
};
enum { SERVER_PORT = 67, ACK = 5, NAK = 6 };

/* An acknowledgement, whose checksum does not count any more. */
static bool open_ack(uint8_t *frame, size_t len)
{
	if (len <= MESSAGE_TYPE || get16(frame + 12) != ETH_TYPE_IP4 ||
	    get16(frame + UDP) != SERVER_PORT || frame[MESSAGE_TYPE] != ACK)
		return false;
	memset(frame + UDP_SUM, 0, 2);
	return true;
}

/* Everybody is given the address of the first who has one. */
static void same_address(struct sim_node *k, uint8_t *frame, size_t len)
{
	struct world *w = k->world;
	const struct ip4 *ip = NULL;

	for (unsigned int i = 0; i < w->plan->host_count && !ip; i++)
		if (w->hosts[i].state == HOST_BOUND)
			ip = &w->hosts[i].stack.ip4;
	if (ip && open_ack(frame, len))
		memcpy(frame + YIADDR, ip->b, sizeof(ip->b));
}

static void refuse(struct sim_node *k, uint8_t *frame, size_t len)
{
	if (is_victim(k) && open_ack(frame, len))
		frame[MESSAGE_TYPE] = NAK;
}

/* Nobody takes the answer for one to his question. */
static void mumble(struct sim_node *k, uint8_t *frame, size_t len)
{
	if (is_victim(k) && open_ack(frame, len))
		frame[XID] ^= 1;
}

/* The frame with the client's address that a node sends for a client that came to it. */
static bool no_update(struct sim_node *k, uint16_t *port, uint8_t *frame, size_t len)
{
	enum { INNER_TYPE = TYPE + 14 + 12 };

	(void)k;
	(void)port;
	return len < INNER_TYPE + 2 || frame[TYPE] != TYPE_BCAST || get16(frame + INNER_TYPE) != 6;
}

static bool no_forget(struct sim_node *k, const struct effect *e)
{
	(void)k;
	return e->kind != EFFECT_FORGET;
}

static void open_filter(struct wish_filter *f)
{
	memset(&f->anycast_mac, 0, sizeof(f->anycast_mac));
	memset(&f->anycast4, 0, sizeof(f->anycast4));
	memset(&f->anycast6, 0, sizeof(f->anycast6));
}

static const struct sabotage all[] = {
	{ .name = "ttl",
	  .what = "two nodes send unicast frames back and forth, and their TTL does not fall",
	  .expected = "no TTL ends it",
	  .mesh = endless },
	{ .name = "loop",
	  .what = "two nodes send unicast frames back and forth",
	  .expected = "twice",
	  .mesh = loop },
	{ .name = "dedup",
	  .what = "broadcasts get a new number when they are passed on",
	  .expected = "saw broadcast",
	  .mesh = fresh_seqno },
	{ .name = "echo",
	  .what = "a node does not mark the echo of its neighbours' originator messages",
	  .expected = "table",
	  .mesh = no_echo },
	{ .name = "crc",
	  .what = "a node announces a wrong sum of its table",
	  .expected = "still asks for tables",
	  .mesh = wrong_crc },
	{ .name = "clash",
	  .what = "two clouds on one VLAN, and no node says which network is its own",
	  .expected = "which is of another cloud",
	  .conf = same_vlan,
	  .mesh = no_network_id },
	{ .name = "state",
	  .what = "a node does not pass on records",
	  .expected = "hold different records",
	  .mesh = no_state },
	{ .name = "owners",
	  .what = "few blocks, and nobody hears which are taken",
	  .expected = "both have",
	  .conf = few_blocks,
	  .mesh = no_records },
	{ .name = "address",
	  .what = "DHCP gives everybody the same address",
	  .expected = "both have",
	  .client = same_address },
	{ .name = "refuse",
	  .what = "a node refuses what its clients have",
	  .expected = "to a NAK",
	  .client = refuse },
	{ .name = "mumble",
	  .what = "nobody understands what a node answers",
	  .expected = "not answered, and its lease is over",
	  .client = mumble },
	{ .name = "forget",
	  .what = "a station that has moved stays in the bridge of its old node, and nothing shows "
		  "it",
	  .expected = "is lost",
	  .mesh = no_update,
	  .effect = no_forget },
	{ .name = "anycast",
	  .what = "frames of the anycast gateway are not filtered",
	  .expected = "must stay local",
	  .filter = open_filter },
	{ .name = "gateway",
	  .what = "each node's gateway has a MAC of its own",
	  .expected = "another MAC at its gateway",
	  .plain_gateway = true },
	{ .name = "hosts",
	  .what = "in a cloud that is cut nobody says who is where",
	  .expected = "is lost for 12 s",
	  .no_hosts = true },
};

const struct sabotage *sabotage_at(unsigned int i)
{
	return i < sizeof(all) / sizeof(all[0]) ? &all[i] : NULL;
}

const struct sabotage *sabotage_find(const char *name)
{
	for (unsigned int i = 0; sabotage_at(i); i++)
		if (!strcmp(all[i].name, name))
			return &all[i];
	return NULL;
}
