/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/lease/book.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	ADDRS_PER_CLIENT = 4, /* room in the index, on average */
	ADDR_RATE_BURST = 2 * LEASE_ADDRS_MAX,
	NAMES_OF_OTHERS = 4096 + 1024, /* nodes, and what is fixed */
	ADDR_FORGET_S = 600,
};

#define ADDR_RATE_INTERVAL (10 * USEC_S)
#define AGE_CLOSE (60 * USEC_S) /* leases closer in age are told apart by client identifier */

int book_init(struct book *b, uint32_t clients_max, const struct hash_key *key)
{
	int err;

	*b = (struct book) { 0 };
	err = table_init(&b->clients, sizeof(struct book_client), sizeof(struct mac), clients_max,
			 *key);
	if (err == 0)
		err = table_init(&b->addrs, sizeof(struct book_addr), sizeof(struct ip6),
				 clients_max * ADDRS_PER_CLIENT, *key);
	if (err == 0)
		err = table_init(&b->ids, sizeof(struct book_id), 1 + LEASE_ID_MAX, clients_max,
				 *key);
	if (err == 0)
		err = table_init(&b->names, sizeof(struct book_name), sizeof(uint64_t),
				 clients_max + NAMES_OF_OTHERS, *key);
	b->seen_limit = clients_max * ADDRS_PER_CLIENT;
	b->seen = calloc(b->seen_limit, sizeof(*b->seen));
	if (err == 0 && !b->seen)
		err = -ENOMEM;
	if (err < 0)
		book_done(b);
	return err;
}

void book_done(struct book *b)
{
	table_done(&b->clients);
	table_done(&b->addrs);
	table_done(&b->ids);
	table_done(&b->names);
	free(b->seen);
	b->seen = NULL;
}

struct book_client *book_find(const struct book *b, const struct mac *mac)
{
	return table_find(&b->clients, mac);
}

const struct book_addr *book_holder(const struct book *b, const struct ip6 *addr)
{
	return table_find(&b->addrs, addr);
}

const struct book_addr *book_holder4(const struct book *b, const struct ip4 *ip)
{
	struct ip6 addr = lease_mapped(ip);

	return book_holder(b, &addr);
}

static void tell_changed(struct book *b, const struct ip6 *addr, usec_t now)
{
	struct ip4 ip;

	if (b->changed && lease_unmapped(addr, &ip))
		b->changed(b->ctx, &ip, now);
}

static void tell_lapsed(const struct book *b, const struct book_client *c)
{
	if (b->lapsed)
		b->lapsed(b->ctx, &c->rec.ip4, c->refreshed_at + BOOK_LAPSE);
}

void book_tell_lapsed(const struct book *b)
{
	const struct book_client *c;

	for (uint32_t i = 0; (c = table_next(&b->clients, &i));)
		if (c->lapsed)
			tell_lapsed(b, c);
}

/* Whose lease an address is once its holder is gone: of those who had to stand back, the oldest. */
static struct book_client *heir_find(struct book *b, const struct ip6 *addr, const struct mac *gone)
{
	struct book_client *heir = NULL, *c;
	struct ip4 ip;

	/* clashes are rare, so the whole book is searched only where there were some */
	if (b->losers == 0 || !lease_unmapped(addr, &ip))
		return NULL;
	b->losers = 0;
	for (uint32_t i = 0; (c = table_next(&b->clients, &i));) {
		if (ip4_is_zero(&c->rec.ip4) || c->lapsed || book_has_lease(b, c))
			continue;
		b->losers++;
		if (ip4_eq(&c->rec.ip4, &ip) && !mac_eq(&c->mac, gone) &&
		    (!heir || book_older(c, heir)))
			heir = c;
	}
	return heir;
}

/* A lease and a sighting of one address by one client are different holds of it. */
static void index_remove(struct book *b, const struct ip6 *addr, const struct mac *mac, bool leased,
			 usec_t now)
{
	struct book_addr *a = table_find(&b->addrs, addr);
	const struct book_client *heir;
	struct ip6 copy = *addr;

	if (!a || !mac_eq(&a->holder, mac) || a->leased != leased)
		return;
	heir = a->leased ? heir_find(b, addr, mac) : NULL;
	if (heir) {
		a->holder = heir->mac;
		return;
	}
	table_remove(&b->addrs, a);
	tell_changed(b, &copy, now);
}

static struct book_addr *index_add(struct book *b, const struct ip6 *addr, const struct mac *mac,
				   usec_t now)
{
	struct book_addr *a = table_add(&b->addrs, addr);

	if (a) {
		a->holder = *mac;
		tell_changed(b, addr, now);
	}
	return a;
}

/* The latest user of an address that nobody leases is its holder. */
static void index_seen(struct book *b, const struct ip6 *addr, const struct mac *mac, usec_t now)
{
	struct book_addr *a = table_find(&b->addrs, addr);

	/* leases always find room: what was only seen leaves them one entry per client */
	if (!a && b->addrs.count < b->addrs.limit - b->clients.limit)
		index_add(b, addr, mac, now);
	else if (!a)
		return;
	else if (!a->leased)
		a->holder = *mac;
}

struct book_client *book_add(struct book *b, const struct mac *mac, usec_t now)
{
	struct book_client *c = table_add(&b->clients, mac);

	if (!c)
		return NULL;
	c->refreshed_at = now;
	c->alive_at = now;
	return c;
}

/* ---- what it was seen to use ---- */

static struct book_seen *seen_at(const struct book *b, uint32_t index)
{
	return index ? &b->seen[index - 1] : NULL;
}

static struct book_seen *seen_find(const struct book *b, const struct book_client *c,
				   const struct ip6 *addr)
{
	struct book_seen *s = seen_at(b, c->seen);

	while (s && !ip6_eq(&s->addr, addr))
		s = seen_at(b, s->next);
	return s;
}

static struct book_seen *seen_oldest(const struct book *b, const struct book_client *c)
{
	struct book_seen *oldest = seen_at(b, c->seen);

	for (struct book_seen *s = oldest; s; s = seen_at(b, s->next))
		if (s->seen_s < oldest->seen_s)
			oldest = s;
	return oldest;
}

/* Behind those that it has; NULL when there is no room. */
static struct book_seen *seen_add(struct book *b, struct book_client *c, const struct ip6 *addr)
{
	uint32_t index = b->seen_free, *last = &c->seen;

	if (index)
		b->seen_free = seen_at(b, index)->next;
	else if (b->seen_high < b->seen_limit)
		index = ++b->seen_high;
	else
		return NULL;
	while (*last)
		last = &seen_at(b, *last)->next;
	*last = index;
	c->addr_count++;
	*seen_at(b, index) = (struct book_seen) { .addr = *addr };
	return seen_at(b, index);
}

static void seen_clear(struct book *b, struct book_client *c)
{
	while (c->seen) {
		struct book_seen *s = seen_at(b, c->seen);
		uint32_t next = s->next;

		s->next = b->seen_free;
		b->seen_free = c->seen;
		c->seen = next;
	}
	c->addr_count = 0;
}

void book_record(const struct book *b, const struct book_client *c, usec_t now,
		 struct lease_client *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->mac = c->mac;
	ret->flags = c->rec.flags;
	ret->node = c->rec.node;
	ret->gateway = c->rec.gateway;
	ret->ip4 = c->rec.ip4;
	ret->ended = c->rec.ended;
	ret->wanted = c->rec.wanted;
	ret->whose = c->rec.whose;
	ret->age_s = c->allocated_at < now ? (uint32_t)((now - c->allocated_at) / USEC_S) : 0;
	ret->granted_s = c->granted_at < now ? (uint32_t)((now - c->granted_at) / USEC_S) : 0;
	ret->id_len = c->rec.id_len;
	memcpy(ret->id, c->rec.id, sizeof(ret->id));
	memcpy(ret->name, c->rec.name, sizeof(ret->name));
	for (const struct book_seen *s = seen_at(b, c->seen); s; s = seen_at(b, s->next))
		ret->addrs[ret->addr_count++] = s->addr;
}

/* ---- clients ---- */

void book_remove(struct book *b, struct book_client *c, usec_t now)
{
	static const struct ip4 none;

	book_set_lease(b, c, &none, 0, now);
	book_set_id(b, c, NULL, 0);
	book_set_name(b, c, "");
	for (const struct book_seen *s = seen_at(b, c->seen); s; s = seen_at(b, s->next))
		index_remove(b, &s->addr, &c->mac, false, now);
	seen_clear(b, c);
	table_remove(&b->clients, c);
}

bool book_has_lease(const struct book *b, const struct book_client *c)
{
	const struct book_addr *a;

	if (ip4_is_zero(&c->rec.ip4))
		return false;
	a = book_holder4(b, &c->rec.ip4);
	return a && a->leased && mac_eq(&a->holder, &c->mac);
}

static size_t client_id(const struct book_client *c, uint8_t ret[static LEASE_ID_MAX])
{
	if (c->rec.id_len) {
		memcpy(ret, c->rec.id, c->rec.id_len);
		return c->rec.id_len;
	}
	ret[0] = 1; /* Ethernet, RFC 2132 section 9.14 */
	memcpy(ret + 1, c->mac.b, sizeof(c->mac.b));
	return 1 + sizeof(c->mac.b);
}

bool book_id_lower(const struct book_client *a, const struct book_client *b)
{
	uint8_t ida[LEASE_ID_MAX], idb[LEASE_ID_MAX];
	size_t lena = client_id(a, ida), lenb = client_id(b, idb);
	int order = memcmp(ida, idb, lena < lenb ? lena : lenb);

	if (order == 0 && lena != lenb)
		return lena < lenb;
	return order ? order < 0 : mac_cmp(&a->mac, &b->mac) < 0;
}

bool book_is_kept(const struct book_client *c)
{
	return (c->rec.flags & LEASE_DECLINED) && (c->rec.flags & LEASE_KEPT);
}

static bool has_fixed(const struct book_client *c)
{
	return !ip4_is_zero(&c->rec.ip4) && ip4_eq(&c->fixed_ip, &c->rec.ip4);
}

/* c declined it, whoever has acknowledged it since without having heard of that. */
static bool has_declined(const struct book_client *c, const struct book_client *declined)
{
	return !book_is_kept(declined) && mac_eq(&declined->rec.whose, &c->mac);
}

bool book_older(const struct book_client *a, const struct book_client *b)
{
	usec_t apart = a->allocated_at - b->allocated_at;

	if (has_fixed(a) != has_fixed(b))
		return has_fixed(a);
	if ((a->rec.flags ^ b->rec.flags) & LEASE_DECLINED)
		return a->rec.flags & LEASE_DECLINED ? has_declined(b, a) : !has_declined(a, b);
	if (apart <= -AGE_CLOSE || apart >= AGE_CLOSE)
		return apart < 0;
	return book_id_lower(a, b);
}

static struct book_client *index_lease(struct book *b, struct book_client *c, usec_t now)
{
	struct ip6 addr = lease_mapped(&c->rec.ip4);
	struct book_addr *a = table_find(&b->addrs, &addr);
	struct book_client *other;

	if (!a) {
		a = index_add(b, &addr, &c->mac, now);
		if (a)
			a->leased = true;
		return a ? NULL : c;
	}
	other = a->leased && !mac_eq(&a->holder, &c->mac) ? book_find(b, &a->holder) : NULL;
	b->losers += other != NULL;
	if (other && !book_older(c, other))
		return c;
	a->holder = c->mac;
	a->leased = true;
	return other;
}

struct book_client *book_set_lease(struct book *b, struct book_client *c, const struct ip4 *ip,
				   usec_t allocated_at, usec_t now)
{
	struct ip6 old = lease_mapped(&c->rec.ip4);
	bool had = !ip4_is_zero(&c->rec.ip4);
	bool same = ip4_eq(&c->rec.ip4, ip);

	c->rec.ip4 = *ip;
	c->allocated_at = allocated_at;
	c->lapsed = !ip4_is_zero(ip) && now - c->refreshed_at >= BOOK_LAPSE;
	if (had && (!same || c->lapsed))
		index_remove(b, &old, &c->mac, true, now);
	if (c->lapsed)
		tell_lapsed(b, c);
	book_name_moved(b, c);
	return ip4_is_zero(ip) || c->lapsed ? NULL : index_lease(b, c, now);
}

void book_prefer(struct book *b, const struct book_client *c)
{
	struct ip6 addr = lease_mapped(&c->rec.ip4);
	struct book_addr *a = table_find(&b->addrs, &addr);

	if (a && a->leased)
		a->holder = c->mac;
}

bool book_is_held(const struct book_client *c, usec_t now)
{
	return !ip4_is_zero(&c->rec.ip4) && !c->lapsed && now - c->refreshed_at < BOOK_HELD;
}

static bool id_key(const uint8_t *id, uint8_t len, uint8_t ret[static 1 + LEASE_ID_MAX])
{
	if (len == 0 || len > LEASE_ID_MAX)
		return false;
	memset(ret, 0, 1 + LEASE_ID_MAX);
	ret[0] = len;
	memcpy(ret + 1, id, len);
	return true;
}

struct book_client *book_find_id(const struct book *b, const uint8_t *id, uint8_t len)
{
	uint8_t key[1 + LEASE_ID_MAX];
	const struct book_id *entry;

	if (!id_key(id, len, key))
		return NULL;
	entry = table_find(&b->ids, key);
	return entry ? book_find(b, &entry->mac) : NULL;
}

void book_set_id(struct book *b, struct book_client *c, const uint8_t *id, uint8_t len)
{
	uint8_t key[1 + LEASE_ID_MAX];
	struct book_id *entry;

	if (id_key(c->rec.id, c->rec.id_len, key)) {
		entry = table_find(&b->ids, key);
		if (entry && mac_eq(&entry->mac, &c->mac))
			table_remove(&b->ids, entry);
	}
	memset(c->rec.id, 0, sizeof(c->rec.id));
	c->rec.id_len = 0;
	if (!id_key(id, len, key))
		return;
	memcpy(c->rec.id, id, len);
	c->rec.id_len = len;
	entry = table_find(&b->ids, key);
	if (!entry)
		entry = table_add(&b->ids, key);
	if (entry)
		entry->mac = c->mac; /* the latest of several clients with one identifier */
}

bool book_note_addr(struct book *b, struct book_client *c, const struct ip6 *addr, usec_t now)
{
	struct book_seen *s = seen_find(b, c, addr);
	struct ip6 lease = lease_mapped(&c->rec.ip4);
	uint32_t now_s = (uint32_t)(now / USEC_S);

	if (ip6_eq(addr, &lease))
		return false;
	if (s) {
		s->seen_s = now_s;
		index_seen(b, addr, &c->mac, now);
		return false;
	}
	if (c->addr_count == LEASE_ADDRS_MAX) {
		s = seen_oldest(b, c);
		if (now_s - s->seen_s < ADDR_FORGET_S)
			return false;
	}
	/* a client that changes its addresses all the time must not fill the cloud with records */
	if (!bucket_take(&c->addr_rate, ADDR_RATE_INTERVAL, ADDR_RATE_BURST, now))
		return false;
	if (s)
		index_remove(b, &s->addr, &c->mac, false, now);
	else
		s = seen_add(b, c, addr);
	if (!s)
		return false;
	s->addr = *addr;
	s->seen_s = now_s;
	index_seen(b, addr, &c->mac, now);
	return true;
}

static bool is_listed(const struct lease_client *rec, unsigned count, const struct ip6 *addr)
{
	for (unsigned i = 0; i < count; i++)
		if (ip6_eq(&rec->addrs[i], addr))
			return true;
	return false;
}

void book_set_addrs(struct book *b, struct book_client *c, const struct lease_client *rec,
		    usec_t now)
{
	unsigned count = rec->addr_count < LEASE_ADDRS_MAX ? rec->addr_count : LEASE_ADDRS_MAX;
	uint32_t seen_s[LEASE_ADDRS_MAX];

	for (const struct book_seen *s = seen_at(b, c->seen); s; s = seen_at(b, s->next))
		if (!is_listed(rec, count, &s->addr))
			index_remove(b, &s->addr, &c->mac, false, now);
	for (unsigned i = 0; i < count; i++) {
		const struct book_seen *old = seen_find(b, c, &rec->addrs[i]);

		seen_s[i] = old ? old->seen_s : (uint32_t)(now / USEC_S);
	}
	seen_clear(b, c);
	for (unsigned i = 0; i < count; i++) {
		struct book_seen *s = seen_add(b, c, &rec->addrs[i]);

		if (!s)
			return;
		s->seen_s = seen_s[i];
		index_seen(b, &rec->addrs[i], &c->mac, now);
	}
}
