/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cores that a node is made of, and how those who may look inside (control socket, simulator)
 * reach them. */
#ifndef NODE_CORES_H
#define NODE_CORES_H

#include "core/batman/batman.h"
#include "core/cloud/cloud.h"
#include "core/gateway/gateway.h"
#include "core/lease/lease.h"
#include "core/port/port.h"
#include "core/ra/ra.h"
#include "core/state/state.h"

#endif
