/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plat/linux/file.h"
#include "plat/linux/log.h"

static void say(enum log_level level, const char *path, const struct conf_error *e)
{
	char line[512];
	struct text t = text_init(line, sizeof(line));

	conf_error_print(e, path, &t);
	log_line(level, "%s", line);
}

/* r: what the parser said. */
static int judge(int r, const char *path, const struct conf_error *e,
		 const struct conf_remarks *remarks)
{
	if (r == -E2BIG)
		log_error("%s: longer than %d bytes", path, CONF_SIZE_MAX);
	if (r == -EINVAL)
		say(LOG_LEVEL_ERROR, path, e);
	for (uint32_t i = 0; !r && remarks && i < remarks->count; i++)
		say(LOG_LEVEL_WARNING, path, &remarks->list[i]);
	return r;
}

/* The text, to be freed; NULL with an errno that has been said. Closes fd. */
static char *text_read(int fd, const char *path, size_t *ret_len)
{
	char *text = malloc(CONF_SIZE_MAX + 1);
	ssize_t n = text ? file_read_fd(fd, text, CONF_SIZE_MAX + 1) : -ENOMEM;

	close(fd);
	if (n >= 0) {
		*ret_len = (size_t)n;
		return text;
	}
	log_error("%s: %s", path, strerror((int)-n));
	free(text);
	errno = (int)-n;
	return NULL;
}

int config_check(int fd, const char *path, bool remark, struct conf *ret)
{
	struct conf_remarks remarks;
	struct conf_error error;
	size_t len;
	char *text = text_read(fd, path, &len);
	int r;

	if (!text)
		return -errno;
	r = conf_parse_remarks(text, len, ret, &error, &remarks);
	r = judge(r, path, &error, remark ? &remarks : NULL);
	free(text);
	return r;
}

/* What is on the disk, if it is of use in the cloud that own says. */
static void settings_read(const struct conf *own, struct config *ret)
{
	char path[CONF_NAME_MAX + 16];
	ssize_t n;
	int r;

	snprintf(path, sizeof(path), "%s/settings", own->node.state_dir);
	n = file_read(path, ret->file, sizeof(ret->file));
	if (n == -ENOENT)
		return;
	r = n < 0 ? (int)n : settings_decode(ret->file, (size_t)n, &ret->settings);
	if (r)
		log_warning("%s: %s; the settings of the network come again from the neighbours",
			    path, strerror(-r));
	if (ret->settings.realm != settings_realm_of(own))
		ret->settings.cloud.len = 0;
}

/* The file again, with what is on the disk. */
static int parse_with(const struct conf_layers *layers, bool plain, struct config *ret,
		      struct conf_error *error, struct conf_remarks *remarks)
{
	if (!plain)
		return conf_parse_layers(layers, &ret->conf, error, remarks, &ret->refused);
	conf_layers_refuse(layers,
			   "with the settings of the network this node died again and again; it "
			   "tries the next ones that are set, and these when it is started anew",
			   &ret->refused);
	return 0;
}

int config_load(int fd, const char *path, bool plain, struct config *ret)
{
	struct conf_layers layers = { .file = { NULL, 0 } };
	struct conf_remarks remarks;
	struct conf_error error;
	char *text = NULL;
	int r;

	memset(ret, 0, sizeof(*ret));
	if (fd >= 0) {
		text = text_read(fd, path, &layers.file.len);
		if (!text)
			return -errno;
	}
	layers.file.text = text;
	r = conf_parse_remarks(text, layers.file.len, &ret->conf, &error, &remarks);
	if (!r) {
		settings_read(&ret->conf, ret);
		layers.settings[0] = ret->settings.network;
		layers.settings[1] = ret->settings.cloud;
		r = parse_with(&layers, plain, ret, &error, &remarks);
	}
	r = judge(r, path, &error, &remarks);
	free(text);
	return r;
}
