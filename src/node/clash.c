/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clashes of two clouds, as people are told of them: both names, and the option that ends it.
 *
 * Looked at every second, so that what is shown ends with its cause. Other nodes of our own cloud
 * announce the very same prefixes: those are no clash.
 */
#include <string.h>

#include "node/internal.h"

static void text_join(struct node *n)
{
	struct text t = text_init(n->clash.text, sizeof(n->clash.text));

	for (int i = 0; i < CLASH_PARTS; i++)
		if (n->clash.part[i][0])
			text_add(&t, "%s%s", t.len ? "; " : "", n->clash.part[i]);
}

void clash_set(struct node *n, enum clash_part part, const char *text, const struct mac *mac,
	       bool is_news)
{
	static const enum notice notices[] = {
		[CLASH_REFUSED] = NOTICE_CLASH_CLOUD,
		[CLASH_MERGED] = NOTICE_CLASH_CLOUD,
		[CLASH_NETWORK] = NOTICE_CLASH_NETWORK,
	};
	struct effect_notice e = { .notice = text[0] ? notices[part] : NOTICE_CLASH_RESOLVED };

	text_copy(n->clash.part[part], sizeof(n->clash.part[part]), text);
	text_join(n);
	if (!is_news)
		return;
	if (mac)
		e.mac = *mac;
	text_copy(e.text, sizeof(e.text), text);
	node_notice(n, &e);
}

void clash_refused(struct node *n, const struct batman_clash *c)
{
	char text[NOTICE_TEXT];
	struct text t = text_init(text, sizeof(text));

	text_add(&t, "SSID '%.*s' has VLAN %u of our SSID '%s', %s: ",
		 c->ssid_len <= BATMAN_SSID_MAX ? c->ssid_len : BATMAN_SSID_MAX,
		 (const char *)c->ssid, (unsigned int)n->cloud.batadv_vlan, n->conf->wifi.ap_ssid,
		 c->refused ? "nodes refuse each other" : "both clouds are one");
	text_add(&t, "set option vlan_id in 'trama l2'");
	clash_set(n, CLASH_REFUSED, text, &c->orig, true);
}

void clash_refresh(struct node *n)
{
	if (n->clash.part[CLASH_REFUSED][0] && !batman_refuses(n->batman))
		clash_set(n, CLASH_REFUSED, "", NULL, true);
	clash_merged_refresh(n);
	clash_network_refresh(n);
}
