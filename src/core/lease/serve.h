/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside of the lease core: the server's answers to each kind of message, and what lease.c lends
 * it. */
#ifndef LEASE_SERVE_H
#define LEASE_SERVE_H

#include "core/lease/lease.h"
#include "packet/dhcp.h"

#define LEASE_ASKED_MAX 3 /* nodes, for one client */

struct lease_offer {
	struct mac mac;	 /* key */
	struct ip4 ip;	 /* zero: it is still asked for, or was in vain */
	usec_t ready_at; /* it is not told of before */
	usec_t expires_at;
	/* of an address from another node's block */
	bool asking, borrowed;
	bool again;	/* the node asked last was asked twice */
	bool listening; /* all were asked, and some of them may answer yet */
	uint8_t asked;
	uint8_t none; /* bit per node asked: it has said so */
	uint16_t port;
	uint32_t id;
	usec_t due; /* while asking: of the next word, or of the end */
	struct ip4 wanted;
	struct lease_node node[LEASE_ASKED_MAX]; /* those asked */
	struct lease_node lender;
	/* the owner of `wanted` is asked for that, until it is due; then it is known to be in vain
	 */
	bool recall;
};

/* How many clients were offered an address: one, but for borrowed ones. */
struct lease_offered {
	struct ip4 ip; /* key */
	uint32_t count;
};

/* An address of ours that another node may give to a client. */
struct lease_lent {
	struct ip4 ip; /* key */
	struct mac mac;
	struct lease_node to;
	uint32_t id;
	usec_t asked_at;
	usec_t until;
};

/* For whom an address is fixed: the static lease with the lowest key of those that have it. */
struct lease_fixed {
	struct ip4 ip; /* key */
	struct lease_key key;
	usec_t since; /* as far as this node knows */
};

/* An address of ours, or one that is fixed, that somebody uses who is no client. */
struct lease_foreign {
	struct ip4 ip; /* key */
	struct mac mac;
	usec_t since, heard_at;
	usec_t asked_at;
	bool told_only; /* nobody has answered yet */
};

/* Whom messages are from, and where they come in: anybody may name another. */
struct lease_talker_key {
	struct mac mac;
	uint16_t port;
};

struct lease_talker {
	struct lease_talker_key key;
	struct bucket messages;
};

/* What a port may do a limited number of times. */
enum lease_port_right {
	LEASE_PORT_MESSAGE,
	/* additions to the records that all nodes keep */
	LEASE_PORT_LEASE,  /* a new one */
	LEASE_PORT_CLIENT, /* that nobody knew */
	LEASE_PORT_RIGHTS,
};

struct lease_port {
	uint16_t port; /* key */
	struct bucket used[LEASE_PORT_RIGHTS];
};

struct serve {
	struct lease *l;
	struct dhcp_msg msg;
	struct mac from; /* source of the frame */
	uint16_t port;
	usec_t now;
	const struct lease_static *fixed; /* for this client; NULL: nothing */
};

/* A message of a client that is within its limits. */
void serve_message(struct serve *s);
/* An address of a block of ours is free, at least for this client. */
bool lease_may_give(struct lease *l, const struct mac *mac, const struct ip4 *ip, usec_t now);
/* Offers that nobody took are free again. */
void serve_offers_expire(struct lease *l, usec_t now);
void serve_offer_drop(struct lease *l, struct lease_offer *o, usec_t now);
/* What is offered, for the life of the offer. */
void serve_offer_set(struct lease *l, struct lease_offer *o, const struct ip4 *ip);
bool serve_is_offered(const struct lease *l, const struct ip4 *ip);

/* lease_rate.c */

/* Once more; refusals are counted. */
bool lease_port_take(struct lease *l, uint16_t port, enum lease_port_right right, usec_t now);
/* Whether lease_port_take would allow it. */
bool lease_port_may(struct lease *l, uint16_t port, enum lease_port_right right, usec_t now);
/* One more message of a client; refusals are counted. */
bool lease_client_admits(struct lease *l, const struct mac *mac, uint16_t port, usec_t now);

/* lease_keep.c */

#define LEASE_REFRESH (24 * 3600 * USEC_S)
/* no daily refresh came: the lease is not in use anywhere that we can hear of */
#define LEASE_SILENT_DAY (26 * 3600 * USEC_S)

/* Hands the record to node, to be replicated. */
void lease_save(struct lease *l, struct book_client *c, usec_t now);
/* The same for what is no grant: once we know what the others know. */
void lease_save_later(struct lease *l, struct book_client *c, usec_t now);
/* What lease_save_later has put off, and from when on. */
void lease_save_unsaved(struct lease *l, usec_t now);
usec_t lease_save_from(const struct lease *l);
/* Ends c's lease for good. */
void lease_take_away(struct lease *l, struct book_client *c, usec_t now);
/* The address is not handed out for an hour. by: who declined it; NULL: a stranger has it. */
void lease_quarantine(struct lease *l, const struct ip4 *ip, const struct mac *by, usec_t now);
/* The client's lease of ip has gone from its record, but it may be using that until `until`: then
 * it is its again. */
void lease_keep_for(struct lease *l, const struct book_client *c, const struct ip4 *ip,
		    usec_t allocated_at, usec_t until, usec_t now);
bool lease_is_kept_for(const struct lease *l, const struct ip4 *ip, const struct mac *mac);
/* The client says what it uses. Since when it has had ip: now, if that was not kept for it. */
usec_t lease_kept_end(struct lease *l, const struct ip4 *ip, const struct mac *mac, usec_t now);
/* Drops own records without a sign of life, refreshes those in use, and frees the addresses of
 * those that nobody refreshed. */
void lease_clients_sweep(struct lease *l, usec_t now);
/* No address is left: ends the lease in a block of ours that has gone without a refresh for
 * longest, if that is more than a day. False: there is none. */
bool lease_reuse(struct lease *l, usec_t now, struct ip4 *ret);

/* The client's lease may be in use: by its node, or as it was refreshed lately. */
bool lease_runs(const struct book_client *c, usec_t now);

/* lease_static.c */

enum lease_right {
	LEASE_RIGHT_NONE, /* no address is fixed for the client, or another one has it */
	LEASE_RIGHT_WAIT, /* what others know is not known yet */
	LEASE_RIGHT_NOW,
};

/* What is fixed for a client by its identifier, else by its MAC; NULL: nothing. */
const struct lease_static *lease_static_of(const struct lease *l, const struct mac *mac,
					   const uint8_t *id, size_t id_len);
/* Whether the client is to have the address that is fixed for it. */
enum lease_right lease_static_right(struct lease *l, const struct mac *mac,
				    const struct lease_static *s, usec_t now);
/* ip is fixed for somebody else than s is about, or reserved. */
bool lease_static_bars(const struct lease *l, const struct ip4 *ip, const struct lease_static *s);
/* ip is fixed for somebody, or reserved. */
bool lease_static_has(const struct lease *l, const struct ip4 *ip);
/* The name that the client is shown by, "": what it calls itself. */
const char *lease_static_name(const struct lease *l, const struct lease_static *s);
/* What a client's lease lasts. */
uint32_t lease_static_time_s(const struct lease *l, const struct lease_static *s);
/* Marks the client's record: the address that is fixed for it, and the name that is, else what it
 * calls itself; NULL: its name stays. */
void lease_static_mark(struct lease *l, struct book_client *c, const struct lease_static *s,
		       const char *called);
/* ... by what is in its record. */
void lease_static_apply(struct lease *l, struct book_client *c, const char *called);
/* Whoever had ip, and has not used it for long, has it no more: the client is to have it. */
void lease_static_clear(struct lease *l, const struct ip4 *ip, const struct mac *mac, usec_t now);
/* The client went because of what is fixed: it uses `from` no more. */
bool lease_static_moves(const struct lease *l, const struct book_client *c, const struct ip4 *from,
			const struct ip4 *to);
/* The lease is over, and its address is another one's by now. */
bool lease_static_ends(const struct lease *l, const struct book_client *c, usec_t now);
/* Its lease of one of our addresses may last longer than others. */
void lease_static_lasts(struct lease *l, const struct book_client *c, usec_t now);
/* The longest that any lease may last, as they are configured. */
void lease_static_times(struct lease *l);

/* What is fixed for it may have changed. */
void lease_static_renew(struct lease *l, struct book_client *c, usec_t now);

/* lease_walk.c */

void lease_walks_init(struct lease *l);
/* All of them are visited, from now on or soon. */
void lease_walk(struct lease *l, enum lease_walk_kind kind, usec_t now);
void lease_walks_tick(struct lease *l, usec_t now);
usec_t lease_walks_due(const struct lease *l);

/* lease_probe.c */

/* Somebody else than mac, who is no client, uses ip. */
bool lease_foreign_bars(const struct lease *l, const struct ip4 *ip, const struct mac *mac);
/* mac itself was heard to use it. */
bool lease_foreign_is(const struct lease *l, const struct ip4 *ip, const struct mac *mac);
bool lease_foreign_has(const struct lease *l, const struct ip4 *ip);
/* If it was mac, it asks for an address now, so that is no reason any more. */
void lease_foreign_yield(struct lease *l, const struct ip4 *ip, const struct mac *mac, usec_t now);
/* The client has a lease: its address is not foreign. */
void lease_foreign_met(struct lease *l, const struct book_client *c, usec_t now);
/* Others may use ip, which is to be given to a client at that port; 0: to no certain one. */
void lease_probe(struct lease *l, const struct ip4 *ip, uint16_t port, usec_t now);
void lease_probe_tick(struct lease *l, usec_t now);
usec_t lease_probe_first(struct lease *l, usec_t now);

/* lease_clash.c */

/* c is not the one that the book says has its address. */
void lease_clash_met(struct lease *l, struct book_client *c, usec_t now);
/* By its record c, which was in a clash for ip, has no lease to it any more. */
void lease_clash_ended(struct lease *l, struct book_client *c, const struct ip4 *ip, usec_t now);
/* Who keeps its address is not known yet: it is not answered. */
bool lease_in_clash(const struct book_client *c, usec_t now);
/* For whom an address is fixed has changed: of those who have a lease of one another may go first.
 */
void lease_clash_rank(struct lease *l, usec_t now);
/* Decides what is ours to decide by now. */
void lease_clash_tick(struct lease *l, usec_t now);

/* lease_blocks.c */

/* Claims blocks, so that free addresses are there before they are asked for. */
void lease_claim_ahead(struct lease *l, usec_t now);
/* Claims the block of ip in particular; false when it is not free. */
bool lease_claim_for(struct lease *l, const struct ip4 *ip, usec_t now);
/* An address of that block of ours may have been taken just now. */
void lease_block_given(struct lease *l, struct pool_own *o, usec_t now);
/* Who has ip has it for so long. */
void lease_block_lasts(struct lease *l, const struct ip4 *ip, uint32_t lease_s, usec_t now);
/* Repeats claims that nobody answered, tells for how long blocks are to rest, and returns an idle
 * one. */
void lease_blocks_sweep(struct lease *l, usec_t now);

/* borrow.c */

/* Asks other nodes for an address; the client finds it when it asks again. */
void lease_borrow(struct lease *l, const struct dhcp_msg *m, uint16_t port, usec_t now);
/* There is nobody to ask, or all were asked lately and none had an address. */
bool lease_borrow_in_vain(const struct lease *l, usec_t now);
/* It is of another node's block, which is still that node's. */
bool lease_borrow_stands(const struct lease *l, const struct lease_offer *o);
/* Asks the next node when that is due; false: no answer came in time, and the offer has gone. */
bool lease_borrow_goes_on(struct lease *l, struct lease_offer *o, usec_t now);
/* The offer ends: what was borrowed for it and is not needed goes back. */
void lease_borrow_end(struct lease *l, const struct lease_offer *o);
/* Lent, and no record shows it yet. */
bool lease_is_lent(const struct lease *l, const struct ip4 *ip);
/* The client has a lease: what was lent for it is no loan any more, be it that or, since it was
 * asked for, another. */
void lease_lent_met(struct lease *l, const struct book_client *c, usec_t now);
/* ... to be given to that client. */
bool lease_is_lent_for(const struct lease *l, const struct ip4 *ip, const struct mac *mac);
void lease_lent_sweep(struct lease *l, usec_t now);

/* lease_recall.c */

/* The client may have had that address before our start, and its owner is asked for it: it is not
 * answered, and asks again. False: it was in vain, or nobody can be asked. */
bool lease_recall(struct serve *s, const struct ip4 *ip);
/* The offer is one of these, and the owner may answer yet; when it has not in time the wish ends.
 */
bool lease_recall_waits(struct lease *l, const struct lease_offer *o, usec_t now);
/* The record of a client came: it may want an address of ours. */
void lease_recall_heard(struct lease *l, struct book_client *c, usec_t now);
/* Blocks of ours have become ready: somebody may want an address of theirs. */
void lease_recalls_look(struct lease *l, usec_t now);

/* lease.c */

/* What the pool should know of ip may have changed. */
void lease_address_changed(struct lease *l, const struct ip4 *ip, usec_t now);

/* A neighbour that cannot tell what it knows must not stop us. */
#define LEASE_UNSYNCED_MAX (10 * USEC_S)

/* We know what the others know, so that what has no record is free. */
bool lease_is_judge(const struct lease *l, usec_t now);
/* Since when we could have heard of other nodes and know none; USEC_NEVER: we know some. */
usec_t lease_alone_since(const struct lease *l);
/* The client was last at this node. */
bool lease_is_here(const struct lease *l, const struct book_client *c);
/* ip may be a client's, by whatever way it came to it. */
bool lease_is_client_address(const struct lease *l, const struct ip4 *ip);

/* ... and may be given to one. */
bool lease_is_pool_address(const struct lease *l, const struct ip4 *ip);

#endif
