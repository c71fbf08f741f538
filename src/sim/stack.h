/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of an IP stack that towns need, for a host or a node's own interface: ARP, neighbour
 * discovery, echo. Packets wait for their neighbour three seconds at most. */
#ifndef SIM_STACK_H
#define SIM_STACK_H

#include "lib/addr.h"
#include "lib/clock.h"

#define STACK_NEIGHBOURS 64
#define STACK_WAITING 8
#define STACK_ADDRS 4

struct stack {
	struct mac mac;
	struct ip4 ip4; /* zero: none */
	uint8_t len4;
	struct ip4 router4;
	struct ip6 router6;	     /* zero: everything is on the link */
	struct ip6 ip6[STACK_ADDRS]; /* the first is link-local */
	unsigned int ip6_count;
	struct stack_neighbour {
		struct ip6 ip; /* IPv4 mapped */
		struct mac mac;
		usec_t at;
	} cache[STACK_NEIGHBOURS];
	struct stack_waiting {
		uint8_t frame[1514];
		size_t len; /* 0: free */
		struct ip6 next;
		usec_t at;
	} waiting[STACK_WAITING];
	void (*send)(void *ctx, const uint8_t *frame, size_t len);
	/* An IP packet that is not for this stack; may be NULL. */
	void (*forward)(void *ctx, const uint8_t *frame, size_t len);
	/* May be NULL. */
	void (*echo_reply)(void *ctx, uint16_t id, uint16_t seq, bool v6);
	void *ctx;
	usec_t now;
};

void stack_input(struct stack *s, const uint8_t *frame, size_t len, usec_t now);
/* An echo request; false when the stack has no address. */
bool stack_ping4(struct stack *s, const struct ip4 *to, uint16_t id, uint16_t seq, usec_t now);
bool stack_ping6(struct stack *s, const struct ip6 *to, uint16_t id, uint16_t seq, usec_t now);
/* A packet (Ethernet frame whose addresses are rewritten) to a neighbour on this interface; next as
 * ip4_mapped makes it or IPv6. */
void stack_send(struct stack *s, const uint8_t *frame, size_t len, const struct ip6 *next,
		usec_t now);
/* What the stack believes, NULL: nothing. */
const struct mac *stack_neighbour(const struct stack *s, const struct ip6 *ip);
void stack_forget(struct stack *s, const struct ip6 *ip);

/* ::ffff:a.b.c.d, so that one table serves both families. */
struct ip6 ip4_mapped(const struct ip4 *ip);
bool ip6_is_mapped(const struct ip6 *ip);
struct ip4 ip6_unmapped(const struct ip6 *ip);

#endif
