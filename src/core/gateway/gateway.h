/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ways out: which uplinks of this node work, which gateways the network has, which one is used and
 * why.
 *
 * An uplink is watched per family. While it works one target a second is probed, in turn (HTTP
 * checks every tenth time, if there is anything else); a late or failed probe makes all targets be
 * probed at once, and that round decides. So it is down at the latest 4 s after it died. While it
 * does not work a round starts every 3 s, and two good ones in a row bring it back (one is enough
 * when it is new).
 *
 * Targets: the next hop, the uplink's resolvers, and the lists of the configuration (HTTP checks,
 * hosts). The next hop and resolvers on the uplink's own link say nothing about the internet (they
 * may answer from a cache): they decide only where there is nothing else to ask. Otherwise at least
 * half of the far targets must answer, and if any HTTP check is answered by somebody else then
 * another one must be answered rightly. An uplink with nothing to ask works.
 */
#ifndef CORE_GATEWAY_GATEWAY_H
#define CORE_GATEWAY_GATEWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/clock.h"
#include "lib/outq.h"
#include "lib/rng.h"

#define GATEWAY_UPLINK_MAX 8
#define GATEWAY_RESOLVER_MAX 4
#define GATEWAY_HTTP_MAX 4
#define GATEWAY_HOST_MAX 8
#define GATEWAY_TARGET_MAX (1 + GATEWAY_RESOLVER_MAX + GATEWAY_HTTP_MAX + GATEWAY_HOST_MAX)
#define GATEWAY_KNOWN_MAX 64 /* gateways of the whole network */
#define GATEWAY_NAME_MAX 64
#define GATEWAY_URL_MAX 192

#define GATEWAY_PROBE_INTERVAL (1 * USEC_S) /* one target in turn while it works */
#define GATEWAY_PROBE_LATE (1 * USEC_S)	    /* without an answer: ask everybody */
#define GATEWAY_PROBE_TIMEOUT (2 * USEC_S)
#define GATEWAY_ROUND_INTERVAL (3 * USEC_S) /* while it does not work */

enum gateway_family { GATEWAY_IP4, GATEWAY_IP6 };
#define GATEWAY_FAMILIES 2

struct gateway_addr {
	enum gateway_family family;
	struct ip4 ip4;
	struct ip6 ip6;
};

enum gateway_uplink_kind {
	GATEWAY_UPLINK_DHCP,
	GATEWAY_UPLINK_STATIC,
	GATEWAY_UPLINK_FOREIGN, /* used as it is */
};

/* What the DHCP client, the configuration or the kernel says of an uplink. A family without router
 * is absent; a point-to-point IPv4 uplink has has4 with a zero router4. */
struct gateway_uplink {
	enum gateway_uplink_kind kind;
	bool has4, has6;
	struct net4 ip4; /* address and prefix length */
	struct ip4 router4;
	struct net6 ip6;
	struct ip6 router6; /* usually link-local */
	uint8_t resolver_count;
	struct gateway_addr resolver[GATEWAY_RESOLVER_MAX];
};

struct gateway_http {
	char host[GATEWAY_NAME_MAX]; /* name or address */
	uint16_t port;
	char path[GATEWAY_URL_MAX];
	uint16_t status; /* the right answer: this status ... */
	char text[32];	 /* ... and a body that starts with this; "" for any */
};

struct gateway_conf {
	char dns_name[GATEWAY_NAME_MAX]; /* asked of resolvers; any answer but SERVFAIL/REFUSED is
					    good */
	uint8_t http_count;
	struct gateway_http http[GATEWAY_HTTP_MAX];
	uint8_t host_count;
	struct gateway_addr host[GATEWAY_HOST_MAX];
	uint8_t resolver_count; /* configured resolvers go before all others */
	struct gateway_addr resolver[GATEWAY_RESOLVER_MAX];
};

enum gateway_probe_kind {
	GATEWAY_PROBE_NEXT_HOP, /* ARP or ND of addr on the uplink */
	GATEWAY_PROBE_PING,	/* ICMP echo to addr */
	GATEWAY_PROBE_DNS,	/* query for name at resolver addr, UDP */
	GATEWAY_PROBE_HTTP,	/* GET http; resolve its host at addr (resolver; zero: any) */
};

/* What the platform is to do, out of that uplink only and with its address as source. */
struct gateway_probe {
	uint32_t id;
	enum gateway_probe_kind kind;
	enum gateway_family family;
	uint32_t timeout_ms;
	struct gateway_addr addr;
	char name[GATEWAY_NAME_MAX];
	struct gateway_http http;
};

enum gateway_result {
	GATEWAY_RESULT_OK,
	GATEWAY_RESULT_FAILED,	/* timeout, refused, unreachable, SERVFAIL */
	GATEWAY_RESULT_PORTAL,	/* HTTP: somebody else answered (status, body or redirect wrong) */
	GATEWAY_RESULT_UNUSABLE /* the target does not exist in this family: does not count */
};

enum gateway_state {
	GATEWAY_ABSENT, /* the uplink does not have this family */
	GATEWAY_NEW,	/* no verdict yet */
	GATEWAY_WORKING,
	GATEWAY_SUSPECT, /* works as far as is known, a round is under way */
	GATEWAY_DEAD,
};

/* Why an uplink is in its state. */
enum gateway_reason {
	GATEWAY_REASON_NO_ADDRESS,  /* the uplink does not have this family */
	GATEWAY_REASON_NOT_PROBED,  /* first round under way */
	GATEWAY_REASON_ANSWERS,	    /* enough targets answer */
	GATEWAY_REASON_LATE,	    /* a probe is late or wrong, all targets are asked */
	GATEWAY_REASON_NO_NEXT_HOP, /* nothing answers, not even the next hop */
	GATEWAY_REASON_NO_INTERNET, /* the next hop answers, too few targets beyond it do */
	GATEWAY_REASON_PORTAL,	    /* a captive portal answers in place of the internet */
	GATEWAY_REASON_RETURNING,   /* answers again, one more round to go */
};

enum gateway_out_kind {
	GATEWAY_PROBE = 1, /* port: uplink port; arg: id; data: struct gateway_probe */
	GATEWAY_UP,   /* port: uplink port; arg: enum gateway_family; data: enum gateway_reason */
	GATEWAY_DOWN, /* the same */
	GATEWAY_CHANGED, /* own record, resolvers or the gateway used may differ: ask again */
};

/* What one node tells the network of itself. */
struct gateway_record {
	uint8_t owner[8];     /* of the record: the node's id */
	struct mac node;      /* of its primary interface, as it says */
	uint8_t router_id[8]; /* of its Babel; changes with each start of babeld */
	char name[GATEWAY_NAME_MAX];
	bool working[GATEWAY_FAMILIES];
	uint8_t resolver_count;
	struct gateway_addr resolver[GATEWAY_RESOLVER_MAX];
};

/* Babel's default route as learnt. */
struct gateway_route {
	uint8_t router_id[8]; /* who originates it */
	uint16_t port;	      /* it leaves by */
	uint16_t metric;
	struct ip4 via4; /* next hop; zero when it is IPv6 */
	struct ip6 via6;
};

/* Why this gateway is used, or none. */
enum gateway_choice {
	GATEWAY_CHOICE_NONE,	  /* no uplink, no default route */
	GATEWAY_CHOICE_OWN,	  /* an uplink of our own works */
	GATEWAY_CHOICE_CLOSEST,	  /* Babel's closest default route */
	GATEWAY_CHOICE_ANONYMOUS, /* the same, by a router that has no record (other software) */
};

struct gateway_used {
	enum gateway_choice choice;
	uint16_t port;			     /* OWN: the uplink */
	const struct gateway_record *record; /* CLOSEST: whose */
	const struct gateway_route *route;   /* CLOSEST, ANONYMOUS */
};

/* A target of one uplink and family, with its last result. */
struct gateway_target {
	enum gateway_probe_kind kind;
	struct gateway_addr addr;
	uint8_t http; /* index into conf.http */
	bool local;   /* says nothing about the internet */
	bool asked;   /* a probe is outstanding */
	uint32_t id;  /* of it */
	usec_t asked_at;
	bool done; /* has a result in this round */
	enum gateway_result result;
	uint32_t rtt_us; /* of the last good answer, 0 if none */
	usec_t ok_at;	 /* of the last good answer */
};

struct gateway_path {
	enum gateway_state state;
	enum gateway_reason reason;
	bool up;	 /* GATEWAY_UP was the last word */
	bool told;	 /* it was delivered */
	bool round;	 /* all targets are being asked */
	uint8_t good;	 /* good rounds in a row while dead */
	usec_t round_at; /* start of the round */
	usec_t next_at;	 /* next probe or round */
	usec_t retry_at; /* GATEWAY_UP or GATEWAY_DOWN found the queue full */
	usec_t since;	 /* of the state */
	uint8_t turn;	 /* counts probes in turn */
	uint8_t target_count;
	struct gateway_target target[GATEWAY_TARGET_MAX];
};

struct gateway_port {
	bool used;
	bool leaving; /* gone, but GATEWAY_DOWN is still to be told */
	uint16_t port;
	struct gateway_uplink uplink;
	struct gateway_path path[GATEWAY_FAMILIES];
};

struct gateway_counters {
	uint64_t probes, answers, failures, portals, unknown_results, known_full, ups, downs;
};

struct gateway {
	struct gateway_conf conf;
	struct outq *out;
	struct rng rng;
	uint32_t next_id;
	struct gateway_counters counters;
	struct gateway_port port[GATEWAY_UPLINK_MAX];
	uint32_t known_count;
	struct gateway_record known[GATEWAY_KNOWN_MAX];
	bool routed[GATEWAY_FAMILIES];
	struct gateway_route route[GATEWAY_FAMILIES];
};

/* out is borrowed. */
void gateway_init(struct gateway *g, const struct gateway_conf *conf, struct rng rng,
		  struct outq *out);
/* New targets; verdicts stay until the next probes. */
void gateway_conf_set(struct gateway *g, const struct gateway_conf *conf, usec_t now);
/* An uplink appeared or changed. A changed address or router of a family starts that family afresh
 * (down until probed); other changes keep its state. 0 or -ENOSPC. */
int gateway_uplink_set(struct gateway *g, uint16_t port, const struct gateway_uplink *u,
		       usec_t now);
/* Down at once. */
void gateway_uplink_gone(struct gateway *g, uint16_t port, usec_t now);
/* Answers to GATEWAY_PROBE; late or unknown ids are counted and ignored. The core's own timers are
 * its timeouts, a platform that only reports answers is right too. */
void gateway_probe_result(struct gateway *g, uint32_t id, enum gateway_result result,
			  uint32_t rtt_us, usec_t now);
void gateway_tick(struct gateway *g, usec_t now);
usec_t gateway_deadline(const struct gateway *g);

/* Records of other nodes. 0 or -ENOSPC. */
int gateway_record_set(struct gateway *g, const struct gateway_record *r);
void gateway_record_gone(struct gateway *g, const uint8_t owner[static 8]);
/* Babel's selected default route of the family, NULL when there is none. */
void gateway_default_route(struct gateway *g, enum gateway_family family,
			   const struct gateway_route *r);

/* Any uplink of ours works in the family (what we announce). */
bool gateway_working(const struct gateway *g, enum gateway_family family);
/* Fills working and resolvers of our own record; the caller adds owner, node, router_id and name.
 */
void gateway_own(const struct gateway *g, struct gateway_record *ret);
struct gateway_used gateway_used(const struct gateway *g, enum gateway_family family);
/* Where names are asked: the configured resolvers, else our own working uplink's, else those of the
 * gateway used, else of any gateway that works. Returns how many of at most max. */
size_t gateway_resolvers(const struct gateway *g, struct gateway_addr *ret, size_t max);
/* NULL when the port is no uplink. */
const struct gateway_port *gateway_get(const struct gateway *g, uint16_t port);

const char *gateway_state_name(enum gateway_state state);
const char *gateway_reason_name(enum gateway_reason reason);
const char *gateway_reason_text(enum gateway_reason reason); /* a sentence for people */
const char *gateway_choice_text(enum gateway_choice choice);

#endif
