/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One write(2) per line, so that lines of several processes on one stderr do not mix. The level
 * stands in front as
 * "<3>" where a journal reads it (sd-daemon(3)). */
#include "plat/linux/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "lib/text.h"

static struct {
	const char *name;
	bool debug;
	bool journal;
	time_t window; /* ten seconds each */
	unsigned int lines;
	unsigned int held;
} log_state = { .name = "tramad" };

void log_init(const char *name, bool debug)
{
	log_state.name = name;
	log_state.debug = debug;
	log_state.journal = getenv("JOURNAL_STREAM") != NULL;
}

static void line_write(enum log_level level, const char *text)
{
	char buf[1024];
	struct text t = text_init(buf, sizeof(buf) - 1);

	if (log_state.journal)
		text_add(&t, "<%d>", (int)level);
	else
		text_add(&t, "%s: ", log_state.name);
	text_add_plain(&t, text);
	buf[t.len++] = '\n';
	/* A log that cannot be written is nothing to fail for. */
	if (write(STDERR_FILENO, buf, t.len) < 0)
		return;
}

/* False: enough has been said in this window. */
static bool line_allowed(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec / 10 != log_state.window) {
		if (log_state.held > 0) {
			char text[64];
			struct text t = text_init(text, sizeof(text));

			text_add(&t, "%u lines left out", log_state.held);
			line_write(LOG_LEVEL_WARNING, text);
		}
		log_state.window = now.tv_sec / 10;
		log_state.lines = 0;
		log_state.held = 0;
	}
	if (log_state.lines >= LOG_BURST && !log_state.debug) {
		log_state.held++;
		return false;
	}
	log_state.lines++;
	return true;
}

void log_line(enum log_level level, const char *fmt, ...)
{
	char text[900];
	va_list args;

	if (level == LOG_LEVEL_DEBUG && !log_state.debug)
		return;
	if (!line_allowed())
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	line_write(level, text);
}
