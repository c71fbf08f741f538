/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policy rules with FRA_PROTOCOL WISH_PROTO. */
#include <errno.h>
#include <linux/fib_rules.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "plat/linux/kernel/routes.h"

#define RULES_SEEN (2 * WISH_RULES)

struct rules {
	struct wish_rule v[RULES_SEEN];
	uint16_t count;
	uint16_t start;
};

static int add_rule(void *arg, const struct nlmsghdr *m)
{
	struct rules *rules = arg;
	const struct nlattr *tb[FRA_MAX + 1];
	struct wish_rule *r = &rules->v[rules->count];
	struct fib_rule_hdr h;

	if (!m) {
		rules->count = rules->start;
		return 0;
	}
	if (m->nlmsg_type != RTM_NEWRULE || mnl_nlmsg_get_payload_len(m) < sizeof(h) ||
	    rules->count == RULES_SEEN)
		return 0;
	memcpy(&h, mnl_nlmsg_get_payload(m), sizeof(h));
	nl_attrs(m, sizeof(h), tb, FRA_MAX);
	if (nl_u8(tb[FRA_PROTOCOL], 0) != WISH_PROTO)
		return 0;
	*r = (struct wish_rule) { .v6 = h.family == AF_INET6,
				  .priority = nl_u32(tb[FRA_PRIORITY], 0),
				  .table = nl_u32(tb[FRA_TABLE], h.table),
				  .suppress_prefixlength =
					  (int)nl_u32(tb[FRA_SUPPRESS_PREFIXLEN], UINT32_MAX) };
	if (r->v6) {
		r->from6.len = h.src_len;
		nl_bytes(tb[FRA_SRC], r->from6.addr.b, 16);
	} else {
		r->from4.len = h.src_len;
		nl_bytes(tb[FRA_SRC], r->from4.addr.b, 4);
	}
	nl_text(tb[FRA_IIFNAME], r->iif, sizeof(r->iif));
	rules->count++;
	return 0;
}

static int rules_dump(struct nl *nl, uint8_t family, struct rules *rules)
{
	struct nlmsghdr *m = nl_begin(nl, RTM_GETRULE, NLM_F_DUMP);
	struct fib_rule_hdr *h = mnl_nlmsg_put_extra_header(m, sizeof(*h));

	h->family = family;
	rules->start = rules->count;
	return nl_talk(nl, m, add_rule, rules);
}

static bool same_rule(const struct wish_rule *a, const struct wish_rule *b)
{
	if (a->v6 != b->v6 || a->priority != b->priority || a->table != b->table ||
	    a->suppress_prefixlength != b->suppress_prefixlength || strcmp(a->iif, b->iif) != 0)
		return false;
	if (a->v6)
		return a->from6.len == b->from6.len && ip6_eq(&a->from6.addr, &b->from6.addr);
	return a->from4.len == b->from4.len && ip4_eq(&a->from4.addr, &b->from4.addr);
}

static int rule_change(struct nl *nl, uint16_t type, const struct wish_rule *r)
{
	struct nlmsghdr *m =
		nl_begin(nl, type, type == RTM_NEWRULE ? NLM_F_CREATE | NLM_F_EXCL : 0);
	struct fib_rule_hdr *h = mnl_nlmsg_put_extra_header(m, sizeof(*h));

	h->family = r->v6 ? AF_INET6 : AF_INET;
	h->src_len = r->v6 ? r->from6.len : r->from4.len;
	h->action = FR_ACT_TO_TBL;
	mnl_attr_put_u32(m, FRA_PRIORITY, r->priority);
	mnl_attr_put_u32(m, FRA_TABLE, r->table);
	mnl_attr_put_u8(m, FRA_PROTOCOL, WISH_PROTO);
	if (h->src_len)
		mnl_attr_put(m, FRA_SRC, r->v6 ? 16 : 4,
			     r->v6 ? (const void *)r->from6.addr.b : (const void *)r->from4.addr.b);
	if (r->suppress_prefixlength >= 0)
		mnl_attr_put_u32(m, FRA_SUPPRESS_PREFIXLEN, (uint32_t)r->suppress_prefixlength);
	if (r->iif[0])
		mnl_attr_put_strz(m, FRA_IIFNAME, r->iif);
	return nl_talk(nl, m, NULL, NULL);
}

static bool list_has(const struct wish_rule *v, uint16_t count, const struct wish_rule *rule)
{
	for (uint16_t i = 0; i < count; i++) {
		if (same_rule(&v[i], rule))
			return true;
	}
	return false;
}

static void change(struct apply *a, uint16_t type, const struct wish_rule *r)
{
	char name[24];

	snprintf(name, sizeof(name), "%u", r->priority);
	apply_done(a, rule_change(a->nl, type, r), type == RTM_NEWRULE ? "rule" : "delete rule",
		   name);
}

void rules_apply(struct apply *a)
{
	struct rules rules = { .count = 0 };
	int r = rules_dump(a->nl, AF_INET, &rules);

	if (!r)
		r = rules_dump(a->nl, AF_INET6, &rules);
	if (r) {
		apply_fail(a, r, "dump of", "rules");
		return;
	}
	for (uint16_t i = 0; i < a->wish->rule_count; i++) {
		if (!list_has(rules.v, rules.count, &a->wish->rules[i]))
			change(a, RTM_NEWRULE, &a->wish->rules[i]);
	}
	for (uint16_t i = 0; i < rules.count; i++) {
		if (!list_has(a->wish->rules, a->wish->rule_count, &rules.v[i]))
			change(a, RTM_DELRULE, &rules.v[i]);
	}
}
