/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clients, with their leases and addresses. */
#include <string.h>

#include "node/internal.h"
#include "node/records_fields.h"

void records_put_client(struct node *n, const struct lease_client *c)
{
	uint8_t buf[STATE_VALUE_MAX];
	struct wr w = wr_init(buf, sizeof(buf));
	struct state_key key = state_key_init(RECORD_CLIENT, c->mac.b, sizeof(c->mac.b));
	static const struct lease_node nobody;
	bool had = !ip4_is_zero(&c->ip4) || (c->flags & LEASE_RELEASED);

	field_put_bytes(&w, FIELD_NODE, c->node.b, sizeof(c->node.b));
	if (!ip4_is_zero(&c->ip4))
		field_put_bytes(&w, FIELD_IP4, c->ip4.b, sizeof(c->ip4.b));
	if (c->flags & LEASE_RELEASED && !ip4_is_zero(&c->ended))
		field_put_bytes(&w, FIELD_ENDED, c->ended.b, sizeof(c->ended.b));
	if (had)
		field_put_u32(&w, FIELD_AGE, c->age_s);
	if (had && c->granted_s && !(c->flags & LEASE_DECLINED))
		field_put_u32(&w, FIELD_GRANT, c->granted_s);
	if (!ip4_is_zero(&c->wanted))
		field_put_bytes(&w, FIELD_WANTED, c->wanted.b, sizeof(c->wanted.b));
	if (c->flags)
		field_put_u32(&w, FIELD_FLAGS, c->flags);
	if (mac_is_station(&c->whose))
		field_put_bytes(&w, FIELD_WHOSE, c->whose.b, sizeof(c->whose.b));
	if (c->id_len)
		field_put_bytes(&w, FIELD_CLIENT_ID, c->id, c->id_len);
	if (c->name[0])
		field_put_text(&w, FIELD_NAME, c->name);
	if (!lease_node_eq(&c->gateway, &nobody))
		field_put_bytes(&w, FIELD_GATEWAY, c->gateway.b, sizeof(c->gateway.b));
	for (unsigned int i = 0; i < c->addr_count; i++)
		field_put_bytes(&w, FIELD_IP6, c->addrs[i].b, sizeof(c->addrs[i].b));
	(void)state_put_shared(n->state, &key, buf, wr_len(&w), 0, n->now);
	n->names_dirty = n->names_dirty || c->name[0];
}

void records_drop_client(struct node *n, const struct mac *mac)
{
	struct state_key key = state_key_init(RECORD_CLIENT, mac->b, sizeof(mac->b));

	(void)state_delete(n->state, &key, n->now);
	n->names_dirty = true;
}

static void client_field(struct lease_client *c, uint8_t type, struct rd *f)
{
	switch ((enum field)type) {
	case FIELD_NODE:
		rd_copy(f, c->node.b, sizeof(c->node.b));
		break;
	case FIELD_GATEWAY:
		rd_copy(f, c->gateway.b, sizeof(c->gateway.b));
		break;
	case FIELD_IP4:
		c->ip4 = rd_ip4(f);
		break;
	case FIELD_WANTED:
		c->wanted = rd_ip4(f);
		break;
	case FIELD_ENDED:
		c->ended = rd_ip4(f);
		break;
	case FIELD_GRANT:
		c->granted_s = rd_u32(f);
		break;
	case FIELD_WHOSE:
		c->whose = rd_mac(f);
		break;
	case FIELD_AGE:
		c->age_s = rd_u32(f);
		break;
	case FIELD_FLAGS:
		c->flags = (uint8_t)rd_u32(f);
		break;
	case FIELD_CLIENT_ID:
		c->id_len = (uint8_t)(rd_left(f) < LEASE_ID_MAX ? rd_left(f) : LEASE_ID_MAX);
		rd_copy(f, c->id, c->id_len);
		break;
	case FIELD_NAME:
		field_get_text(f, c->name, sizeof(c->name));
		break;
	case FIELD_IP6:
		if (c->addr_count < LEASE_ADDRS_MAX)
			c->addrs[c->addr_count++] = rd_ip6(f);
		break;
	case FIELD_MAC:
	case FIELD_EPOCH:
	case FIELD_ROUTER_ID:
	case FIELD_WORKING:
	case FIELD_RESOLVER4:
	case FIELD_RESOLVER6:
	case FIELD_MTU:
	case FIELD_TAKES:
	case FIELD_REST:
	case FIELD_NETWORK:
	case FIELD_TOKEN:
	case FIELD_COUNT:
	case FIELD_MEMBERS:
	case FIELD_OTHERS:
	case FIELD_PROTOCOL:
	case FIELD_PORT:
	case FIELD_TEXT:
	case FIELD_LINK:
	case FIELD_LEASE:
	case FIELD_OPTIONS:
		break;
	}
}

/* The key has been looked at already. */
static bool client_decode(const struct state_view *v, struct lease_client *ret)
{
	struct rd id = rd_init(v->key.id, v->key.len), r = rd_init(v->value, v->len), f;
	uint8_t type;

	memset(ret, 0, sizeof(*ret));
	ret->mac = rd_mac(&id);
	while (rd_tlv8(&r, &type, &f)) {
		client_field(ret, type, &f);
		if (!rd_ok(&f))
			return false;
	}
	ret->age_s += v->age_s; /* the lease grew older since it was written */
	/* what was over before it was saved may be somebody else's by now: that is not fresh */
	ret->quiet_s = v->saved_quiet_s >= BOOK_LAPSE / USEC_S ? v->saved_quiet_s : v->quiet_s;
	ret->granted_s += v->age_s;
	return rd_done(&r);
}

/* It is at another node now: what still comes here for it goes there, if we know the way. */
static void client_went(struct node *n, const struct lease_client *c)
{
	struct state_key key = state_key_init(RECORD_NODE, c->node.b, sizeof(c->node.b));
	struct node_record where;
	struct state_node id;
	struct state_view v;

	memcpy(id.b, c->node.b, sizeof(id.b));
	if (!state_get(n->state, &key, &id, n->now, &v) && record_node_decode(&v, &where))
		(void)batman_client_elsewhere(n->batman, &c->mac, 0, &where.cloud_mac, n->now);
	clients_moved(n, &c->mac, 0);
}

static void client_changed(struct node *n, const struct state_event *e, const struct mac *mac)
{
	struct lease_client c;
	struct state_view v;

	if (e->change != STATE_IS_SET) {
		lease_client_gone(&n->lease, mac, n->now);
		return;
	}
	if (state_get(n->state, &e->key, NULL, n->now, &v) || !client_decode(&v, &c)) {
		n->counters[NODE_C_BAD_RECORD]++;
		return;
	}
	lease_client_learnt(&n->lease, &c, n->now);
	clients_leased(n, &c);
	if (!memcmp(c.node.b, n->id.b, sizeof(c.node.b)))
		return;
	/* a node that has just started hears only now where its first clients were before */
	if (clients_came_after(n, &c.mac, v.age_s))
		lease_client_here(&n->lease, &c.mac, clients_port(n, &c.mac), n->now);
	else
		client_went(n, &c);
}

/* What DNS answers depends on those clients only that have a name: a crowd without any does not
 * have all of them looked through every second. */
void record_client_changed(struct node *n, const struct state_event *e)
{
	struct mac mac;

	if (e->local && e->change != STATE_HAS_EXPIRED)
		return;
	if (e->key.len != sizeof(mac.b)) {
		n->counters[NODE_C_BAD_RECORD]++;
		return;
	}
	memcpy(mac.b, e->key.id, sizeof(mac.b));
	n->names_dirty = n->names_dirty || lease_is_named(&n->lease, &mac);
	client_changed(n, e, &mac);
	n->names_dirty = n->names_dirty || lease_is_named(&n->lease, &mac);
}
