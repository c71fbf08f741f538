/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines for people on stderr, which the service manager keeps. Bounded: more than LOG_BURST lines
 * in ten seconds are counted and summed up in one line. */
#ifndef PLAT_LOG_H
#define PLAT_LOG_H

#include <stdbool.h>

enum log_level {
	LOG_LEVEL_ERROR = 3, /* the numbers of syslog */
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7,
};

#define LOG_BURST 100

/* `name` stands in front of every line, borrowed. */
void log_init(const char *name, bool debug);
void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
