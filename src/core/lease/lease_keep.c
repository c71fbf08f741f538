/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of clients: when they are told, and when they end. */
#include "core/lease/serve.h"

enum {
	DECLINES_MAX = 64,
	SAVES_AT_ONCE = 64, /* records that were held back */
};

#define SAVE_PAUSE (10 * USEC_MS)
#define QUARANTINE (3600 * USEC_S)
#define KEEP_LEASE (3 * 24 * 3600 * USEC_S) /* as long as the record lives */
#define KEEP_CLIENT (3600 * USEC_S)
#define PRESENT (600 * USEC_S)	    /* after a sign of life */
#define REUSE_PAUSE (100 * USEC_MS) /* between looks through all clients */

/* What others may have by now, or soon, must not look like a lease again. */
static void lapsed_forget(struct lease *l, struct book_client *c, usec_t now)
{
	static const struct ip4 none;

	c->last = c->rec.ip4;
	book_set_lease(&l->book, c, &none, now, now);
}

void lease_save(struct lease *l, struct book_client *c, usec_t now)
{
	struct lease_client rec;

	if (!ip4_is_zero(&c->rec.ip4) && !book_is_held(c, now))
		lapsed_forget(l, c, now);
	book_record(&l->book, c, now, &rec);
	c->refreshed_at = now;
	c->unsaved = false;
	outq_push(&l->out, LEASE_PUT, 0, 0, &rec, sizeof(rec));
}

usec_t lease_save_from(const struct lease *l)
{
	usec_t from = l->synced ? l->linked_at : l->unsynced_at + LEASE_UNSYNCED_MAX;

	if (l->peers == 0)
		from = usec_max(l->linked_at + POOL_ALONE_WAIT, l->pool.meeting_until);
	return usec_max(from, l->behind_until);
}

void lease_save_later(struct lease *l, struct book_client *c, usec_t now)
{
	if (now >= lease_save_from(l)) {
		lease_save(l, c, now);
		return;
	}
	c->unsaved = true;
	l->unsaved_due = lease_save_from(l);
}

void lease_save_unsaved(struct lease *l, usec_t now)
{
	struct book_client *c;
	unsigned saved = 0;

	l->unsaved_due = lease_save_from(l);
	if (now < l->unsaved_due)
		return;
	l->unsaved_due = USEC_NEVER;
	for (uint32_t i = 0; (c = table_next(&l->book.clients, &i));) {
		if (!c->unsaved)
			continue;
		if (saved++ == SAVES_AT_ONCE) {
			l->unsaved_due = now + SAVE_PAUSE;
			return;
		}
		lease_save(l, c, now);
	}
}

void lease_take_away(struct lease *l, struct book_client *c, usec_t now)
{
	static const struct ip4 none;

	c->rec.ended = c->rec.ip4;
	book_set_lease(&l->book, c, &none, now, now);
	c->rec.flags |= LEASE_RELEASED;
	c->expires_at = 0;
	c->clashed_at = 0;
	lease_save(l, c, now);
}

static struct book_client *nobodys_find(const struct lease *l, const struct ip4 *ip)
{
	struct mac mac = lease_decline_mac(ip);

	return book_find(&l->book, &mac);
}

/* NULL: there is no room for it. */
static struct book_client *nobodys_add(struct lease *l, const struct ip4 *ip, usec_t now)
{
	struct mac mac = lease_decline_mac(ip);
	struct book_client *c = book_add(&l->book, &mac, now);

	if (!c)
		l->counters[LEASE_COUNT_TABLE_FULL]++;
	return c;
}

static void nobodys_put(struct lease *l, struct book_client *c, const struct ip4 *ip, uint8_t flags,
			usec_t now)
{
	c->rec.flags = LEASE_DECLINED | flags;
	c->rec.node = l->self;
	c->alive_at = now;
	book_set_lease(&l->book, c, ip, c->allocated_at, now);
	lease_save(l, c, now);
}

void lease_quarantine(struct lease *l, const struct ip4 *ip, const struct mac *by, usec_t now)
{
	struct book_client *c = nobodys_find(l, ip);

	if (!lease_is_client_address(l, ip) || l->declines >= DECLINES_MAX ||
	    (c && !book_is_kept(c)))
		return;
	if (!c)
		c = nobodys_add(l, ip, now);
	if (!c)
		return;
	l->declines++;
	c->expires_at = 0;
	c->allocated_at = now;
	c->rec.whose = by ? *by : (struct mac) { { 0 } };
	nobodys_put(l, c, ip, 0, now);
}

void lease_keep_for(struct lease *l, const struct book_client *c, const struct ip4 *ip,
		    usec_t allocated_at, usec_t until, usec_t now)
{
	struct book_client *kept;

	if (!lease_is_client_address(l, ip) || nobodys_find(l, ip))
		return;
	kept = nobodys_add(l, ip, now);
	if (!kept)
		return;
	kept->rec.whose = c->mac;
	kept->expires_at = until;
	kept->allocated_at = allocated_at;
	nobodys_put(l, kept, ip, LEASE_KEPT, now);
}

bool lease_is_kept_for(const struct lease *l, const struct ip4 *ip, const struct mac *mac)
{
	const struct book_client *c = nobodys_find(l, ip);

	return c && book_is_kept(c) && mac_eq(&c->rec.whose, mac) && book_has_lease(&l->book, c);
}

usec_t lease_kept_end(struct lease *l, const struct ip4 *ip, const struct mac *mac, usec_t now)
{
	struct book_client *c = nobodys_find(l, ip);
	usec_t allocated_at;

	if (!c || !lease_is_kept_for(l, ip, mac))
		return now;
	allocated_at = c->allocated_at;
	outq_push(&l->out, LEASE_DROP, 0, 0, &c->mac, sizeof(c->mac));
	book_remove(&l->book, c, now);
	return allocated_at;
}

static bool record_over(const struct lease *l, const struct book_client *c, usec_t now)
{
	if (!lease_is_here(l, c))
		return false;
	if (c->rec.flags & LEASE_DECLINED)
		return now - c->alive_at >= QUARANTINE || (c->expires_at && c->expires_at <= now);
	if (ip4_is_zero(&c->rec.ip4))
		return now - c->alive_at >= KEEP_CLIENT;
	return now - c->refreshed_at >= KEEP_LEASE && c->expires_at <= now;
}

/* Once a day the client's own node says that the lease is in use: the client is here, or was
 * promised the address for longer. */
static bool refresh_due(const struct lease *l, const struct book_client *c, usec_t now)
{
	return now - c->refreshed_at >= LEASE_REFRESH && !c->unsaved && book_is_held(c, now) &&
	       lease_is_here(l, c) && book_has_lease(&l->book, c) &&
	       !(c->rec.flags & LEASE_DECLINED) &&
	       (c->expires_at > now || now - c->alive_at < PRESENT);
}

static void lease_age(struct lease *l, struct book_client *c, usec_t now)
{
	struct ip4 ip = c->rec.ip4;

	if (lease_static_ends(l, c, now))
		lease_take_away(l, c, now);
	else if (refresh_due(l, c, now)) {
		/* many may be due at once: they go out a few at a time */
		c->unsaved = true;
		l->unsaved_due = usec_min(l->unsaved_due, lease_save_from(l));
	} else if (!ip4_is_zero(&ip) && !c->lapsed && !c->unsaved &&
		   now - c->refreshed_at >= BOOK_LAPSE) {
		book_set_lease(&l->book, c, &ip, c->allocated_at, now);
	}
}

bool lease_reuse(struct lease *l, usec_t now, struct ip4 *ret)
{
	struct book_client *c, *oldest = NULL;

	if (now < l->reuse_due)
		return false;
	l->reuse_due = now + REUSE_PAUSE;
	for (uint32_t i = 0; (c = table_next(&l->book.clients, &i));)
		if (now - c->refreshed_at >= LEASE_SILENT_DAY && c->expires_at <= now &&
		    !(c->rec.flags & LEASE_DECLINED) && book_has_lease(&l->book, c) &&
		    pool_is_ours(&l->pool, &c->rec.ip4) &&
		    (!oldest || c->refreshed_at < oldest->refreshed_at))
			oldest = c;
	if (!oldest)
		return false;
	l->counters[LEASE_COUNT_REUSED]++;
	*ret = oldest->rec.ip4;
	lease_take_away(l, oldest, now);
	return true;
}

void lease_clients_sweep(struct lease *l, usec_t now)
{
	struct book_client *c;

	l->declines = 0;
	for (uint32_t i = 0; (c = table_next(&l->book.clients, &i));) {
		if (record_over(l, c, now)) {
			/* what finds no room in the queue waits for the next sweep */
			if (outq_push(&l->out, LEASE_DROP, 0, 0, &c->mac, sizeof(c->mac)) < 0)
				return;
			book_remove(&l->book, c, now);
			continue;
		}
		lease_age(l, c, now);
		if ((c->rec.flags & LEASE_DECLINED) && !book_is_kept(c) && lease_is_here(l, c))
			l->declines++;
	}
}
