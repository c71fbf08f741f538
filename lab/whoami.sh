#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The address a request came from, as a CGI program of busybox httpd.
addr=${REMOTE_ADDR#::ffff:}
addr=${addr#\[}
addr=${addr%\]}
printf 'Content-Type: text/plain\r\n\r\n%s\n' "${addr#::ffff:}"
