/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The book of a cloud's clients: their records, and for every address whose it is. Knows nothing of
 * DHCP.
 *
 * Invariant: every address of a record is indexed, with one holder, but for leases that have
 * lapsed; where two records hold the same one, a lease goes before an address that was only seen,
 * and of two leases the one that book_older says. The IPv4 addresses whose state changes are told
 * through `changed`.
 *
 * What is no client's lease (LEASE_DECLINED) goes after all that are, but the lease of the client
 * that has declined the address since.
 *
 * A lease lapses BOOK_LAPSE after its record was last written: its client alone has a claim to the
 * address until BOOK_HELD, and the difference makes sure that no node still renews what another one
 * takes for free already.
 */
#ifndef LEASE_BOOK_H
#define LEASE_BOOK_H

#include "core/lease/client.h"
#include "lib/bucket.h"
#include "lib/table.h"

#define BOOK_HELD (48 * 3600 * USEC_S)
#define BOOK_LAPSE (BOOK_HELD + 60 * USEC_S)

/* An address that a client was seen to use. */
struct book_seen {
	struct ip6 addr;
	uint32_t seen_s; /* on our clock */
	uint32_t next;	 /* of the same client, or the next free one: index + 1 */
};

/* As in struct lease_client, without the addresses: most clients use one or two, few many. */
struct book_rec {
	uint8_t flags;
	uint8_t id_len;
	struct lease_node node, gateway;
	struct ip4 ip4, ended, wanted;
	struct mac whose;
	uint8_t id[LEASE_ID_MAX];
	char name[LEASE_NAME_MAX];
};

struct book_client {
	struct mac mac; /* key */
	uint8_t addr_count;
	struct book_rec rec;
	usec_t allocated_at; /* of rec.ip4; before the start of the clock where it is older */
	usec_t refreshed_at; /* when the record was last written, by any node */
	usec_t granted_at;   /* last acknowledgement, as far as this node knows */
	usec_t acked_at;     /* ... by this node */
	usec_t restored_at;  /* its lease was put anew, in place of another one; 0: never */
	usec_t alive_at;     /* last sign of life at this node */
	usec_t expires_at;   /* of the lease, as far as this node granted it; 0: never did */
	usec_t clashed_at;   /* met somebody with the same address, and nobody has lost it; 0: no */
	uint32_t name_next;  /* the next younger client of that name, index + 1 */
	uint16_t name_number; /* what its name is shown with; 1: alone */
	bool is_named;	      /* rec.name is in the index */
	bool unsaved;	      /* its record must be put once the others' are known */
	bool lapsed;	      /* rec.ip4 is what it had: anybody may get that now */
	bool fixed_name;      /* an administrator said so: it goes before others of that name */
	struct ip4 fixed_ip;  /* the address that is fixed for it; zero: none */
	struct ip4 last;      /* what it had before it released it here */
	uint32_t seen;	      /* the first address, index + 1; 0: none */
	struct bucket addr_rate, move_rate;
};

struct book_addr {
	struct ip6 addr; /* key */
	struct mac holder;
	bool leased; /* else only seen */
};

struct book_id {
	uint8_t key[1 + LEASE_ID_MAX]; /* length, client identifier, zeros */
	struct mac mac;
};

struct book_name {
	uint64_t key;	/* hash of the name */
	uint32_t first; /* client with the oldest lease, index + 1; 0: none */
	uint32_t taken; /* round in which it was said to be a node's; 0: it is none */
	uint32_t fixed; /* so often it was fixed for a client */
};

struct book {
	struct table clients; /* struct book_client */
	struct table addrs;   /* struct book_addr */
	struct table ids;     /* struct book_id */
	struct table names;   /* struct book_name */
	struct book_seen *seen;
	uint32_t seen_limit, seen_high; /* those below have been used once */
	uint32_t seen_free;		/* index + 1 */
	uint32_t names_round;
	unsigned losers; /* at least so many records whose lease another one holds */
	void (*changed)(void *ctx, const struct ip4 *ip, usec_t now);
	/* a lease of ip is over, since then */
	void (*lapsed)(void *ctx, const struct ip4 *ip, usec_t at);
	void *ctx;
};

/* 0 or -ENOMEM. */
int book_init(struct book *b, uint32_t clients_max, const struct hash_key *key);
void book_done(struct book *b);
struct book_client *book_find(const struct book *b, const struct mac *mac);
struct book_client *book_find_id(const struct book *b, const uint8_t *id, uint8_t len);
/* NULL when the book is full. The MAC must not be in it. */
struct book_client *book_add(struct book *b, const struct mac *mac, usec_t now);
void book_remove(struct book *b, struct book_client *c, usec_t now);
/* Whose an address is; NULL: nobody's. */
const struct book_addr *book_holder(const struct book *b, const struct ip6 *addr);
const struct book_addr *book_holder4(const struct book *b, const struct ip4 *ip);
/* c holds ip by lease and nobody goes before it. */
bool book_has_lease(const struct book *b, const struct book_client *c);
/* No client: an address that is kept for one, which may be using it. */
bool book_is_kept(const struct book_client *c);
/* a has the lower client identifier: the bytes that it sent, else 01 and the MAC. */
bool book_id_lower(const struct book_client *a, const struct book_client *b);
/* Of two leases of one address, whether a's goes before b's: that of the client for whom it is
 * fixed, else the older one, where they are close that of the lower client identifier. */
bool book_older(const struct book_client *a, const struct book_client *b);
/* For anybody but c its address is in use. */
bool book_is_held(const struct book_client *c, usec_t now);
/* Tells once more, through `lapsed`, what was said of all leases that are over. */
void book_tell_lapsed(const struct book *b);
/*
 * Gives c the lease, allocated at that moment and refreshed at c->refreshed_at; a zero ip takes
 * away what it has. Returns whom that takes the address from, or c itself when somebody else goes
 * before it, else NULL.
 */
struct book_client *book_set_lease(struct book *b, struct book_client *c, const struct ip4 *ip,
				   usec_t allocated_at, usec_t now);
/* Of those who have a lease of its address it goes before the holder. */
void book_prefer(struct book *b, const struct book_client *c);
void book_set_id(struct book *b, struct book_client *c, const uint8_t *id, uint8_t len);

/* book_names.c */

/* What the client calls itself; "": nothing. */
void book_set_name(struct book *b, struct book_client *c, const char *name);
/* Its lease is another one, or as old as it was not. */
void book_name_moved(struct book *b, struct book_client *c);
/* By what name it is shown, which no other client has. */
void book_name_shown(const struct book_client *c, char ret[static LEASE_NAME_MAX]);
/* A name is fixed for a client, once more, or once less: as long as that is not here nobody is
 * shown by it. */
void book_fix_name(struct book *b, const char *name, bool fixed);
/* What nodes are called, so that no client is shown so: all of them between begin and end. */
void book_taken_begin(struct book *b);
void book_taken(struct book *b, const char *name);
void book_taken_end(struct book *b);
bool book_is_taken(const struct book *b, const char *name);

/* c uses addr. True when its record has changed; a full record drops what was not seen for 10
 * minutes, or stays as it is. */
bool book_note_addr(struct book *b, struct book_client *c, const struct ip6 *addr, usec_t now);
/* The whole record, age as of now. */
void book_record(const struct book *b, const struct book_client *c, usec_t now,
		 struct lease_client *ret);
/* All addresses of a record at once; those for which there is no room are left out. */
void book_set_addrs(struct book *b, struct book_client *c, const struct lease_client *rec,
		    usec_t now);

#endif
