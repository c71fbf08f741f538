/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A client record as JSON, for clients, leases and trace. New reference. */
#ifndef RPC_CLIENTS_H
#define RPC_CLIENTS_H

#include <jansson.h>

#include "core/lease/lease.h"
#include "rpc/call.h"

json_t *clients_record(const struct rpc_context *c, const struct lease_view *v);

#endif
