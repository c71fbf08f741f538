#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tt_loss.sh where each kind has the other's node behind it, and answers for its table. Runs inside user-mode Linux.
exec bash "$(dirname "$0")/tt_loss.sh" t k k t behind
