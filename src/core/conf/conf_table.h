/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The option table and what a value of each type looks like; for the files of this core only. */
#ifndef CORE_CONF_TABLE_H
#define CORE_CONF_TABLE_H

#include "core/conf/conf.h"

#define CONF_VALUE_MAX 256 /* bytes of a value as text, with the NUL */

enum conf_type {
	CONF_BOOL,   /* bool */
	CONF_NUMBER, /* int32_t from min to max */
	CONF_WORD,   /* an enum whose values are the indexes into words */
	CONF_TEXT,   /* char[size] that `check` likes; min is the smallest length */
	CONF_ADDR,   /* struct conf_addr */
	CONF_RANGE,  /* struct conf_range */
	CONF_ROUTE,  /* struct conf_route */
	CONF_IP4,    /* struct ip4 */
	CONF_IP6,    /* struct ip6 */
	CONF_NET4,   /* struct net4, host bits kept */
	CONF_NET6,   /* struct net6, host bits kept */
	CONF_MAC,    /* struct mac, of a station */
	CONF_TIME,   /* int32_t, seconds from min to max; 0: absent */
	CONF_OPTION, /* struct conf_dhcp_option */
};

struct conf_option {
	const char *section; /* "lime system", "trama l2"; the type of those that are many */
	const char *name;
	enum conf_type type;
	bool secret;
	bool local;	       /* a node's own: no setting of a network */
	bool or_zero;	       /* CONF_NUMBER: 0 is allowed although min is higher */
	uint16_t limit;	       /* items of a list, 0: no list */
	uint16_t size;	       /* bytes of the value, or of an item */
	uint32_t offset;       /* in struct conf, or in the struct of such a section */
	uint32_t count_offset; /* of a list's uint32_t */
	int64_t min, max;
	const char *const *words;	 /* CONF_WORD: NULL at the end */
	bool (*check)(const char *text); /* CONF_TEXT */
	const char *wants;		 /* CONF_TEXT: what is allowed, in words */
	const char *def;		 /* one item of a list per line; "" = none */
	const char *help;		 /* one line */
	const char *with_kernel; /* what it does where the kernel is the engine, NULL: the same */
};

extern const struct conf_option conf_table[];
extern const uint32_t conf_table_count;

/* NULL when there is none; section as in the table. */
const struct conf_option *conf_option_find(const char *section, const char *name);
/* The table has options for it. */
bool conf_section_known(const char *section);

/* A type of sections of which there may be several, each a struct of its own that begins with
 * char[CONF_NAME_MAX], the name of the section. */
struct conf_many {
	const char *type;
	uint32_t offset, count_offset; /* of the array and its uint32_t in struct conf */
	uint32_t size;
	uint32_t limit;
};

#define CONF_MANY 2

extern const struct conf_many conf_many[CONF_MANY];

/* By the section of an option; NULL: it is there once. */
const struct conf_many *conf_many_find(const char *type);
void *conf_many_at(const struct conf_many *m, struct conf *c, uint32_t i);
const void *conf_many_of(const struct conf_many *m, const struct conf *c, uint32_t i);
/* False: the error has option, value and message. */
bool conf_many_is_right(const struct conf_many *m, const struct conf *c, uint32_t i,
			struct conf_error *ret_error);
/* The hosts' addresses are some that clients of the cloud may have. False: which one's is not. */
bool conf_hosts_fit(const struct conf *c, uint32_t *ret_index, struct conf_error *ret_error);

/* Where the value, or item i, of the option lives; base is a struct conf or that of a section. */
void *conf_value_at(const struct conf_option *o, void *base, uint32_t i);
const void *conf_value_of(const struct conf_option *o, const void *base, uint32_t i);

/* 0 or -EINVAL (to untouched). */
int conf_value_parse(const struct conf_option *o, const char *text, void *to);
bool conf_value_same(const struct conf_option *o, const void *a, const void *b);
/* Items beyond the count of a list are zero, so that equal configurations are equal bytes. */
void conf_value_clear_tail(const struct conf_option *o, void *base);
void conf_value_print(const struct conf_option *o, const void *from, struct text *t);
/* Everything as in the table. */
void conf_value_default(const struct conf_option *o, void *base);
/* What is allowed: "a number from 0 to 4094". */
void conf_value_wants(const struct conf_option *o, struct text *t);

/* conf_parse_remarks with another configuration in the place of the defaults. */
int conf_parse_over(const struct conf *base, const struct conf_text *file, struct conf *ret,
		    struct conf_error *ret_error, struct conf_remarks *ret_remarks);

/* Checks of CONF_TEXT. */
bool conf_check_ssid(const char *text);
bool conf_check_hostname(const char *text);
bool conf_check_domain(const char *text);
bool conf_check_ipv4_template(const char *text);
bool conf_check_ipv6_template(const char *text);
bool conf_check_mac_template(const char *text);
bool conf_check_key(const char *text);
bool conf_check_admin_key(const char *text);
bool conf_check_http_url(const char *text);
bool conf_check_probe_url(const char *text);
bool conf_check_device(const char *text);
bool conf_check_path(const char *text);
bool conf_check_label(const char *text);
bool conf_check_client_id(const char *text);

#endif
