// SPDX-License-Identifier: GPL-2.0-or-later
/* The words for what a link does to its frames: "3%", "20mbit", "5ms". */
#include "lab/topology.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A number and the unit behind it. */
static int split(const char *text, double *ret, const char **ret_unit)
{
	char *end;
	errno = 0;
	*ret = strtod(text, &end);
	if (end == text || errno || !(*ret >= 0.0 && *ret < 1e15))
		return -EINVAL;
	*ret_unit = end;
	return 0;
}

struct unit {
	const char *name;
	double factor;
};

static int scale(const struct unit *units, const char *unit, double *v)
{
	for (; units->name; units++)
		if (strcmp(units->name, unit) == 0) {
			*v *= units->factor;
			return 0;
		}
	return -EINVAL;
}

int quality_parse_rate(const char *text, uint64_t *ret_bps)
{
	static const struct unit UNITS[] = { { "bit", 1 },    { "kbit", 1e3 }, { "mbit", 1e6 },
					     { "gbit", 1e9 }, { "", 1 },       { NULL, 0 } };
	const char *unit;
	double v;
	if (split(text, &v, &unit) < 0 || scale(UNITS, unit, &v) < 0 || v > 1e12 ||
	    (v > 0 && v < 1000))
		return -EINVAL;
	*ret_bps = (uint64_t)v;
	return 0;
}

int quality_parse_latency(const char *text, uint32_t *ret_usec)
{
	static const struct unit UNITS[] = {
		{ "us", 1 }, { "ms", 1e3 }, { "s", 1e6 }, { "", 1e3 }, { NULL, 0 }
	};
	const char *unit;
	double v;
	if (split(text, &v, &unit) < 0 || scale(UNITS, unit, &v) < 0 || v > 10e6)
		return -EINVAL;
	*ret_usec = (uint32_t)v;
	return 0;
}

int quality_parse_loss(const char *text, double *ret_percent)
{
	const char *unit;
	double v;
	if (split(text, &v, &unit) < 0 || (*unit && strcmp(unit, "%") != 0) || v > 100.0)
		return -EINVAL;
	*ret_percent = v;
	return 0;
}
