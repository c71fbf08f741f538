/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/eth.h"

#include <errno.h>

int eth_decode(struct rd *r, struct eth *ret)
{
	struct eth e = { 0 };

	e.dst = rd_mac(r);
	e.src = rd_mac(r);
	e.type = rd_u16(r);
	if (e.type == ETH_TYPE_8021Q || e.type == ETH_TYPE_8021AD) {
		uint16_t tci = rd_u16(r);

		e.tagged = true;
		e.tpid = e.type;
		e.vid = tci & 0xfff;
		e.pcp = (uint8_t)(tci >> 13);
		e.type = rd_u16(r);
	}
	if (!rd_ok(r))
		return -EBADMSG;
	*ret = e;
	return 0;
}

void eth_encode(struct wr *w, const struct eth *e)
{
	wr_mac(w, &e->dst);
	wr_mac(w, &e->src);
	if (e->tagged) {
		wr_u16(w, e->tpid ? e->tpid : (uint16_t)ETH_TYPE_8021Q);
		wr_u16(w, (uint16_t)(e->pcp << 13 | (e->vid & 0xfff)));
	}
	wr_u16(w, e->type);
}
