/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words for states and reasons. */
#include "core/gateway/gateway.h"

static const char *const states[] = {
	[GATEWAY_ABSENT] = "absent",   [GATEWAY_NEW] = "new",	[GATEWAY_WORKING] = "working",
	[GATEWAY_SUSPECT] = "suspect", [GATEWAY_DEAD] = "dead",
};

static const struct {
	const char *name, *text;
} reasons[] = {
	[GATEWAY_REASON_NO_ADDRESS] = { "no-address", "the uplink has no address of this family" },
	[GATEWAY_REASON_NOT_PROBED] = { "not-probed", "the first probes are under way" },
	[GATEWAY_REASON_ANSWERS] = { "answers", "enough targets answer" },
	[GATEWAY_REASON_LATE] = { "late", "an answer is late or wrong, all targets are asked" },
	[GATEWAY_REASON_NO_NEXT_HOP] = { "no-next-hop", "nothing answers, not even the next hop" },
	[GATEWAY_REASON_NO_INTERNET] = { "no-internet",
					 "the next hop answers, too little beyond it does" },
	[GATEWAY_REASON_PORTAL] = { "portal", "a captive portal answers in place of the internet" },
	[GATEWAY_REASON_RETURNING] = { "returning", "answers again, one more round to go" },
};

static const char *const choices[] = {
	[GATEWAY_CHOICE_NONE] = "no uplink works and nobody announces a default route",
	[GATEWAY_CHOICE_OWN] = "an uplink of this node works",
	[GATEWAY_CHOICE_CLOSEST] = "the closest gateway by Babel's metric",
	[GATEWAY_CHOICE_ANONYMOUS] =
		"the closest default route by Babel's metric, of a router that is no trama node",
};

const char *gateway_state_name(enum gateway_state state)
{
	return states[state];
}

const char *gateway_reason_name(enum gateway_reason reason)
{
	return reasons[reason].name;
}

const char *gateway_reason_text(enum gateway_reason reason)
{
	return reasons[reason].text;
}

const char *gateway_choice_text(enum gateway_choice choice)
{
	return choices[choice];
}
