/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gateways of the network. */
#include <string.h>

#include "node/internal.h"
#include "node/records_fields.h"

void records_put_gateway(struct node *n)
{
	struct gateway_record g;
	uint8_t buf[256];
	struct wr w = wr_init(buf, sizeof(buf));
	struct state_key key = state_key_init(RECORD_GATEWAY, n->id.b, sizeof(n->id.b));
	uint8_t working;

	memset(&g, 0, sizeof(g));
	gateway_own(&n->gateway, &g);
	working = (uint8_t)(g.working[GATEWAY_IP4] | g.working[GATEWAY_IP6] << 1);
	if (!working) {
		(void)state_delete(n->state, &key, n->now);
		return;
	}
	field_put_text(&w, FIELD_NAME, n->cloud.hostname);
	field_put_bytes(&w, FIELD_MAC, n->setup.primary_mac.b, sizeof(n->setup.primary_mac.b));
	field_put_bytes(&w, FIELD_ROUTER_ID, n->own_router_id, sizeof(n->own_router_id));
	field_put_bytes(&w, FIELD_WORKING, &working, 1);
	/* what is behind the uplink is closed to the mesh, so names are asked at the gateway itself
	 */
	field_put_bytes(&w, FIELD_RESOLVER4, n->cloud.node4.b, sizeof(n->cloud.node4.b));
	(void)state_put_owned(n->state, &key, buf, wr_len(&w), 0, n->now);
}

bool record_gateway_decode(const struct state_view *v, struct gateway_record *ret)
{
	struct rd r = rd_init(v->value, v->len), f;
	struct gateway_addr *a;
	uint8_t type, working;

	memset(ret, 0, sizeof(*ret));
	memcpy(ret->owner, v->author.b, sizeof(ret->owner));
	while (rd_tlv8(&r, &type, &f)) {
		if (type == FIELD_NAME) {
			field_get_text(&f, ret->name, sizeof(ret->name));
		} else if (type == FIELD_MAC) {
			ret->node = rd_mac(&f);
		} else if (type == FIELD_ROUTER_ID) {
			rd_copy(&f, ret->router_id, sizeof(ret->router_id));
		} else if (type == FIELD_WORKING) {
			working = rd_u8(&f);
			ret->working[GATEWAY_IP4] = working & 1;
			ret->working[GATEWAY_IP6] = working & 2;
		} else if (type == FIELD_RESOLVER4 && ret->resolver_count < GATEWAY_RESOLVER_MAX) {
			a = &ret->resolver[ret->resolver_count++];
			a->family = GATEWAY_IP4;
			a->ip4 = rd_ip4(&f);
		}
		if (!rd_ok(&f))
			return false;
	}
	return rd_done(&r) && mac_is_station(&ret->node);
}

void record_gateway_changed(struct node *n, const struct state_event *e)
{
	struct state_view v;
	struct gateway_record g;

	if (e->own)
		return;
	if (e->change != STATE_IS_SET) {
		gateway_record_gone(&n->gateway, e->author.b);
		return;
	}
	if (state_get(n->state, &e->key, &e->author, n->now, &v) ||
	    !record_gateway_decode(&v, &g)) {
		n->counters[NODE_C_BAD_RECORD]++;
		return;
	}
	(void)gateway_record_set(&n->gateway, &g);
}
