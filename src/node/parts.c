/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A cloud that is cut on layer 2 and still joined on layer 3. core/cut finds out; what follows:
 *
 * - host routes to what is here, and those of others go before what is connected (hosts.c, wish.c);
 * - the leaders of the parts are neighbours in the state of the cloud, by routed datagrams
 *   (peers.c): the records of clients, leases and claims go on;
 * - nobody looks on layer 2 for what is in another part (solicit.c).
 */
#include <string.h>

#include "node/internal.h"

int parts_init(struct node *n, struct hash_key key)
{
	struct cut_conf c = { .self = n->cloud_mac,
			      .interval_ms = (uint32_t)n->conf->network.batadv_orig_interval_ms,
			      .nodes_max = (uint32_t)n->conf->limits.originators };
	struct rng rng = rng_init(n->setup.seed ^ 0x6375);
	int err = cut_init(&n->cut, &c, key, &n->cut_out, n->now);

	n->part_token = rng_u64(&rng);
	return err ? err
		   : table_init(&n->hosts, sizeof(struct node_host), sizeof(struct ip6), WISH_HOSTS,
				key);
}

static void tell_heard(struct node *n)
{
	struct batman_orig o;

	for (uint32_t i = 0; batman_orig_next(n->batman, &i, &o);)
		if (o.trama)
			cut_heard(&n->cut, &o.cloud_mac, o.last_seen, n->now);
}

void parts_refresh(struct node *n)
{
	bool routed;

	tell_heard(n);
	cut_tick(&n->cut, n->now);
	routed = cut_routes(&n->cut, n->now);
	n->wish_dirty |= routed != n->parts_routed;
	n->parts_routed = routed;
	hosts_refresh(n, cut_is_cut(&n->cut));
	peers_parts(n);
}

static void part_notice(struct node *n, enum notice what, const struct out *o)
{
	struct effect_notice e = { .notice = what };
	struct text t = text_init(e.text, sizeof(e.text));
	const struct cut_part *part;
	struct node_member m;
	struct presence p;

	memcpy(&e.mac, o->data, sizeof(e.mac));
	for (uint32_t i = 0; !t.len && node_member_next(n, &i, &m);)
		if (mac_eq(&m.cloud_mac, &e.mac))
			text_add(&t, "%s", m.name);
	part = cut_part_of(&n->cut, &e.mac);
	if (part && record_presence_find(n, part, &p)) {
		e.ip4 = p.ip4;
		text_add(&t, "%s%u nodes", t.len ? ", " : "", p.word.count);
	}
	node_notice(n, &e);
}

void parts_out(struct node *n, const struct out *o)
{
	struct cut_word word;

	switch ((enum cut_out_kind)o->kind) {
	case CUT_TELL:
		memcpy(&word, o->data, sizeof(word));
		records_put_presence(n, &word);
		break;
	case CUT_RETRACT:
		records_drop_presence(n);
		break;
	case CUT_LOST:
		part_notice(n, NOTICE_CLOUD_CUT, o);
		break;
	case CUT_JOINED:
		part_notice(n, NOTICE_CLOUD_HEALED, o);
		break;
	case CUT_GONE:
		part_notice(n, NOTICE_CLOUD_PART_GONE, o);
		break;
	}
}

bool parts_elsewhere(const struct node *n, const struct state_node *id)
{
	static const struct state_node nobody;
	struct node_member m;

	return n->parts_routed && memcmp(id, &nobody, sizeof(nobody)) != 0 &&
	       node_member_find(n, id, &m) && !cut_hears(&n->cut, &m.cloud_mac, n->now);
}

bool node_part_next(const struct node *n, uint32_t *cursor, struct node_part *ret)
{
	const struct cut_part *p = cut_part_next(&n->cut, cursor);
	struct presence known;

	if (!p)
		return false;
	*ret = (struct node_part) { .part = p };
	if (record_presence_find(n, p, &known)) {
		ret->ip4 = known.ip4;
		ret->ip6 = known.ip6;
	}
	return true;
}
