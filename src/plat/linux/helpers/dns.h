/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dnsmasq as this node runs it: DHCP off, names from the node's records, the rest to the resolvers
 * of the way out. Names and resolvers change through files that it reads again at a SIGHUP, at most
 * once a second; interfaces and the domain only by a new start.
 */
#ifndef PLAT_DNS_H
#define PLAT_DNS_H

#include <uv.h>

#include "node/node.h"

struct dns;

/* reload and restart are called when dnsmasq has to be told. NULL when there is no memory. */
struct dns_calls {
	void *ctx;
	void (*reload)(void *ctx);
	void (*restart)(void *ctx);
};

struct dns *dns_new(uv_loop_t *loop, const struct dns_calls *calls);
/* NULL accepted. */
void dns_free(struct dns *d);

void dns_apply(struct dns *d, const struct wish *w);
/* EFFECT_NAMES; the node is asked within the next second. */
void dns_names(struct dns *d, const struct node *n);

/* Before dnsmasq starts: 0 or -errno. */
int dns_prepare(struct dns *d);
/* False: it was started with another configuration than ours. */
bool dns_started(struct dns *d);
void dns_ended(struct dns *d);

#endif
