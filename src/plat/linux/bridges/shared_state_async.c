/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/bridges/bridges.h"

static void *start(const struct bridges_setup *setup, int *ret_err)
{
	(void)setup->conf->bridge.shared_state;
	*ret_err = 0;
	return NULL;
}

static void stop(void *state)
{
	(void)state;
}

static bool counter(const void *state, uint32_t *cursor, const char **ret_name, uint64_t *ret_value)
{
	(void)state;
	(void)cursor;
	(void)ret_name;
	(void)ret_value;
	return false;
}

const struct bridge bridge_shared_state_async = { "shared_state_async", start, stop, counter };
