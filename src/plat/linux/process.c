/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "plat/linux/bridges/bridges.h"
#include "plat/linux/config.h"
#include "plat/linux/keys.h"
#include "plat/linux/log.h"
#include "plat/linux/requests.h"
#include "rpc/call.h"

/* What the node itself does with the kernel: links, routes, rules, filters and their sysctls;
 * packet sockets and sockets bound to a device; the VLAN programs. */
#define PROCESS_CAPS                                                                               \
	(PRIVILEGE(CAP_NET_ADMIN) | PRIVILEGE(CAP_NET_RAW) | PRIVILEGE(CAP_NET_BIND_SERVICE) |     \
	 PRIVILEGE(CAP_BPF) | PRIVILEGE(CAP_PERFMON))

struct process {
	const struct process_setup *setup;
	struct config config;
	struct bridges *bridges; /* NULL before the node has begun, as the next */
	struct requests *requests;
};

/* Where somebody should do something, or look. */
static bool is_warning(enum notice n)
{
	return n == NOTICE_CLASH_CLOUD || n == NOTICE_CLASH_NETWORK || n == NOTICE_ROGUE_DHCP ||
	       n == NOTICE_CHILD_DIED || n == NOTICE_TABLE_FULL || n == NOTICE_STATE_REJECTED ||
	       n == NOTICE_OTHER_KEY || n == NOTICE_SETTING_REFUSED;
}

static void notice(void *ctx, const struct effect_notice *n)
{
	struct process *p = ctx;
	char line[NOTICE_TEXT + 64], mac[MAC_TEXT], ip[IP4_TEXT];
	struct text t = text_init(line, sizeof(line));

	if (!mac_is_zero(&n->mac))
		text_add(&t, " %s", mac_text(&n->mac, mac));
	if (!ip4_is_zero(&n->ip4))
		text_add(&t, " %s", ip4_text(&n->ip4, ip));
	if (n->text[0])
		text_add(&t, " %s", n->text);
	log_line(is_warning(n->notice) ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, "%s%s%s",
		 rpc_notice_text(n->notice), t.len ? ":" : "", line);
	if (p->requests)
		requests_notice(p->requests, n);
}

/* People shall know what this node does not do as all others. */
static void refused_tell(struct process *p)
{
	for (uint32_t i = 0; i < p->config.refused.count; i++) {
		const struct conf_error *e = &p->config.refused.list[i];
		struct effect_notice n = { .notice = NOTICE_SETTING_REFUSED };
		struct text t = text_init(n.text, sizeof(n.text));

		conf_setting_name(e, &t);
		text_add(&t, " '");
		text_add_plain(&t, e->value);
		text_add(&t, "': %s", e->message);
		notice(p, &n);
	}
	if (p->config.refused.more)
		log_warning("%u more settings of the network cannot be used here",
			    (unsigned int)p->config.refused.more);
}

static int begin(void *ctx, struct loop *l, struct node *n)
{
	struct process *p = ctx;
	int r = 0;

	log_info("version " TRAMA_VERSION);
	p->bridges = bridges_new(l, &p->config.conf, n);
	if (!p->bridges)
		log_warning("no memory for bridges to other software");
	p->requests = requests_new(l, n, p->bridges, &p->config.refused, CONTROL_PATH, &r);
	if (!p->requests) {
		log_error(CONTROL_PATH ": %s", strerror(-r));
		return r;
	}
	refused_tell(p);
	return 0;
}

static void record(void *ctx, const struct state_event *e)
{
	const struct process *p = ctx;

	if (p->requests)
		requests_record(p->requests, e);
}

static bool reload(void *ctx, int fd)
{
	const struct process *p = ctx;
	struct conf *fresh = malloc(sizeof(*fresh));
	bool good = !p->setup->config; /* then all is as by default and as the network has it */

	if (fd >= 0 && fresh)
		/* the process that starts with it says the remarks */
		good = config_check(fd, p->setup->config, false, fresh) == 0;
	else if (!good)
		log_error("%s: %s", p->setup->config, strerror(fd < 0 ? -fd : ENOMEM));
	if (!good)
		log_error("the configuration stays as it was");
	free(fresh);
	return good;
}

static int loop_main(struct process *p, int channel)
{
	uint8_t key[KEYS_SIZE];
	struct loop_setup setup = { .conf = &p->config.conf,
				    .settings = p->config.settings,
				    .channel = channel,
				    .record_fd = p->setup->record_fd,
				    .run_dir = PARENT_RUN_DIR,
				    .ctx = p,
				    .begin = begin,
				    .notice = notice,
				    .record = record,
				    .reload = reload };
	struct loop *l;
	int r = 0;

	if (p->config.conf.security.community_key[0]) {
		r = keys_derive(p->config.conf.security.community_key, "trama babel mac", key);
		setup.babel_key = key;
	}
	l = r ? NULL : loop_new(&setup, &r);
	if (!l) {
		log_error("cannot start: %s", strerror(-r));
		return 1;
	}
	r = loop_run(l);
	requests_free(p->requests);
	p->requests = NULL;
	bridges_free(p->bridges);
	loop_free(l);
	return r;
}

int process_main(const struct parent_setup *setup, int fd, bool plain)
{
	struct process *p = calloc(1, sizeof(*p));
	const struct process_setup *own = setup->ctx;
	int config = -1, r;

	if (!p)
		return 1;
	p->setup = own;
	/* As root, who may read what holds a key; it is parsed after the privileges have gone. */
	if (own->config) {
		config = open(own->config, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (config < 0) {
			log_error("%s: %s", own->config, strerror(errno));
			free(p);
			return PARENT_EXIT_CONFIG;
		}
	}
	r = privileges_drop(&setup->user, PROCESS_CAPS);
	/* Again: a change of user clears it. */
	if (r || prctl(PR_SET_PDEATHSIG, SIGKILL)) {
		log_error("privileges: %s", strerror(r ? -r : errno));
		free(p);
		return 1;
	}
	if (config_load(config, own->config, plain, &p->config))
		r = PARENT_EXIT_CONFIG;
	else
		r = loop_main(p, fd);
	free(p);
	return r;
}
