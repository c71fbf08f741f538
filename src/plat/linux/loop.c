/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/loop.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "plat/linux/helpers/helpers.h"
#include "plat/linux/log.h"
#include "plat/linux/node_keys.h"
#include "plat/linux/poller.h"
#include "plat/linux/recorder.h"
#include "plat/linux/store.h"
#include "plat/linux/kernel/system.h"
#include "plat/linux/wires/wires.h"

#define WAITING_MAX 65536
#define SIGNALS 3

struct loop {
	struct loop_setup setup;
	uv_loop_t uv;
	uv_prepare_t turn;
	struct poller *watch; /* what the kernel tells */
	uv_timer_t timer, apply_timer, mesh_timer, look_timer;
	uv_signal_t signals[SIGNALS];
	struct node *node; /* NULL until there is a port */
	struct system *system;
	struct wires *wires;
	struct helpers *helpers;
	struct store *store;
	struct recorder *recorder;
	struct node_keys *keys;
	struct devices devices;
	const char
		*port_names[CONF_PORT_MAX + 1]; /* that the configuration names, NULL at the end */
	struct node_setup node_setup;
	usec_t deadline; /* the timer is set to */
	usec_t start, applied_at;
	bool busy;	       /* in node_input or its effects */
	bool wish_new;	       /* EFFECT_WISH since the last apply */
	bool wires_old;	       /* devices have changed, or some were missing */
	unsigned int failures; /* applies in a row that the kernel refused in part */
	char errors[2048];     /* of the last apply */
	int status;
	/* What the kernel told: while it is read the system must not be called, and there may be no
	 * node yet. Kinds without borrowed bytes. */
	unsigned int waiting_count, waiting_cap;
	struct event *waiting;
	struct loop_counters counters;
};

usec_t loop_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (usec_t)t.tv_sec * USEC_S + t.tv_nsec / 1000;
}

static void loop_end(struct loop *l, int status)
{
	l->status = status;
	uv_stop(&l->uv);
}

static void effect_do(struct loop *l, const struct effect *e)
{
	switch (e->kind) {
	case EFFECT_FRAME:
		wires_frame(l->wires, &e->frame);
		break;
	case EFFECT_DATAGRAM:
		wires_datagram(l->wires, &e->datagram);
		break;
	case EFFECT_WISH:
		/* A metric that changes has the wish computed, and often changes nothing in it. */
		l->wish_new = l->wish_new || !system_has_wish(l->system, node_wish(l->node));
		break;
	case EFFECT_NAMES:
		helpers_names(l->helpers, l->node);
		break;
	case EFFECT_FORGET:
		system_forget_station(l->system, &e->forget);
		break;
	case EFFECT_ANSWER:
		if (e->answer.v6)
			system_answer6(l->system, &e->answer.ip6, &e->answer.mac);
		else
			system_answer4(l->system, &e->answer.ip4, &e->answer.mac);
		break;
	case EFFECT_PROBE:
		wires_probe(l->wires, &e->probe, &l->devices);
		break;
	case EFFECT_STORE:
		store_save(l->store, &e->store);
		break;
	case EFFECT_NOTICE:
		l->setup.notice(l->setup.ctx, &e->notice);
		break;
	case EFFECT_DISASSOCIATE:
		helpers_disassociate(l->helpers, &e->disassociate);
		break;
	case EFFECT_RECORD:
		l->setup.record(l->setup.ctx, &e->record);
		break;
	}
}

void loop_event(struct loop *l, const struct event *e)
{
	usec_t now = loop_now();
	struct effect effect;

	assert(!l->busy);
	l->busy = true;
	l->counters.events++;
	if (l->recorder)
		recorder_event(l->recorder, e, now);
	node_input(l->node, e, now);
	while (node_effect(l->node, &effect)) {
		l->counters.effects++;
		if (l->recorder)
			recorder_effect(l->recorder, &effect, now);
		effect_do(l, &effect);
	}
	l->busy = false;
}

/* From the parts of the platform. Without a node there is nobody who has asked for anything yet,
 * and what helper programs tell is told again. */
static void event_came(void *ctx, const struct event *e)
{
	struct loop *l = ctx;

	if (l->node)
		loop_event(l, e);
}

/* From the kernel's notifications. */
static void event_wait(void *ctx, const struct event *e)
{
	struct loop *l = ctx;

	if (e->kind == EVENT_PORT) {
		devices_event(&l->devices, &e->port);
		l->wires_old = true;
	}
	if (l->waiting_count == l->waiting_cap) {
		unsigned int cap = l->waiting_cap ? 2 * l->waiting_cap : 64;
		struct event *bigger =
			cap <= WAITING_MAX ? realloc(l->waiting, cap * sizeof(*bigger)) : NULL;

		if (!bigger) {
			l->counters.lost++;
			return;
		}
		l->waiting = bigger;
		l->waiting_cap = cap;
	}
	l->waiting[l->waiting_count++] = *e;
}

static void waiting_drain(struct loop *l)
{
	for (unsigned int i = 0; i < l->waiting_count; i++)
		loop_event(l, &l->waiting[i]);
	l->waiting_count = 0;
}

static void watch_read(struct loop *l)
{
	int r = system_watch_read(l->system, event_wait, l);

	if (r)
		log_error("kernel notifications: %s", strerror(-r));
	if (l->node)
		waiting_drain(l);
}

static int node_seed(struct node_setup *s)
{
	uint64_t random[3];

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return -EIO;
	s->seed = random[0];
	s->hash_key[0] = random[1];
	s->hash_key[1] = random[2];
	return 0;
}

static const struct event_port *primary_find(const struct loop *l)
{
	const char *name = l->setup.conf->network.primary_interface;
	bool named = name[0] && strcmp(name, "auto") != 0;

	if (named && !devices_named(&l->devices, name) &&
	    loop_now() - l->start < LOOP_PRIMARY_MS * USEC_MS)
		return NULL;
	return devices_primary(&l->devices, named ? name : NULL);
}

static void node_load(struct loop *l)
{
	struct effect_notice notice = { .notice = NOTICE_STATE_REJECTED };

	for (enum store_file file = 0; file < STORE_LOADED; file++) {
		struct event e = { .kind = EVENT_LOAD };
		uint8_t *data = store_load(l->store, file, &e.load.len);

		e.load.data = data;
		if (file == STORE_SNAPSHOT || data)
			loop_event(l, &e);
		if (data && node_load_error(l->node))
			store_reject(l->store, file, node_load_error(l->node));
		free(data);
	}
	text_copy(notice.text, sizeof(notice.text), store_rejected(l->store));
	if (notice.text[0])
		l->setup.notice(l->setup.ctx, &notice);
}

/* Who the node is in replicated records. */
static int identity_take(struct loop *l)
{
	uint8_t seed[STORE_KEY_SIZE];
	bool is_new;
	int r = store_epoch(l->store, &l->node_setup.boot_epoch);

	if (r)
		log_error("boot epoch: %s", strerror(-r));
	r = store_key(l->store, seed, &is_new);
	if (is_new)
		log_info("this node has a new key, and so a new id in replicated records");
	if (r)
		log_error("key of this node: %s; it is another one after the next start",
			  strerror(-r));
	if (r == -EIO)
		return r;
	l->keys = node_keys_new(seed, l->setup.conf->security.community_key, &r);
	explicit_bzero(seed, sizeof(seed));
	l->node_setup.crypto = l->keys ? node_keys_crypto(l->keys) : NULL;
	return r;
}

static int node_begin(struct loop *l, const struct event_port *primary)
{
	int r;

	l->node_setup.conf = l->setup.conf;
	l->node_setup.settings = l->setup.settings;
	l->node_setup.primary_mac = primary->mac;
	memcpy(l->node_setup.primary_name, primary->name, sizeof(primary->name));
	r = identity_take(l);
	if (r)
		return r;
	l->start = loop_now();
	if (l->setup.record_fd >= 0) {
		l->recorder = recorder_new(l->setup.record_fd, &l->node_setup, l->start, &r);
		if (!l->recorder)
			return r;
		l->node_setup.crypto = recorder_crypto(l->recorder);
	}
	l->node = node_new(&l->node_setup, l->start, &r);
	if (!l->node)
		return r;
	r = l->setup.begin(l->setup.ctx, l, l->node);
	if (r)
		return r;
	node_load(l);
	/* The first thing a port does is to ask for DHCP, and the first wish takes a while. */
	l->wires_old = wires_apply(l->wires, node_wish(l->node), &l->devices) > 0;
	waiting_drain(l);
	return 0;
}

/* The kernel's engine says nothing by itself when a table changes. */
static void mesh_due(uv_timer_t *t)
{
	struct loop *l = t->data;
	int r = l->node ? system_mesh_read(l->system, event_came, l) : 0;

	if (r)
		log_debug("tables of batman-adv: %s", strerror(-r));
}

static void apply_due(uv_timer_t *t)
{
	(void)t; /* the end of this turn looks */
}

static void look_due(uv_timer_t *t)
{
	struct loop *l = t->data;

	system_look(l->system); /* the end of this turn applies what is missing */
	helpers_alive(l->helpers);
}

/* What fails is tried again, and said once. */
static void errors_say(struct loop *l, const char *errors)
{
	if (errors[0] && strcmp(errors, l->errors) != 0)
		log_warning("kernel: %s", errors);
	text_copy(l->errors, sizeof(l->errors), errors);
}

static void wish_apply(struct loop *l)
{
	char lines[sizeof(l->errors)];
	struct text errors = text_init(lines, sizeof(lines));
	const struct wish *w = node_wish(l->node);
	int r;

	l->wish_new = false;
	l->counters.applies++;
	r = system_apply(l->system, w, &errors);
	l->applied_at = loop_now();
	if (r)
		l->counters.apply_errors++;
	if (r && !errors.len)
		text_add(&errors, "%s", strerror(-r));
	errors_say(l, lines);
	l->failures = r ? l->failures + 1 : 0;
	l->wires_old = wires_apply(l->wires, w, &l->devices) > 0;
	helpers_apply(l->helpers, w, &l->devices);
	helpers_ready(l->helpers);
	watch_read(l);
	if (w->batadv.used && !uv_is_active((uv_handle_t *)&l->mesh_timer))
		uv_timer_start(&l->mesh_timer, mesh_due, 0, LOOP_MESH_MS);
}

/* From the last apply to the next one without a new wish; USEC_NEVER when nothing is to be mended.
 * What the kernel refuses again and again is tried ever less often. */
static usec_t repair_wait_ms(const struct loop *l)
{
	unsigned int doublings = l->failures ? l->failures - 1 : 0;

	if (l->wires_old || system_is_stale(l->system))
		return LOOP_REPAIR_MS;
	if (!l->failures)
		return USEC_NEVER;
	return usec_min((usec_t)LOOP_REPAIR_MS << (doublings < 16 ? doublings : 16),
			LOOP_REFUSED_MS);
}

/* What is to be applied and when: now, or by a timer. */
static void apply_look(struct loop *l)
{
	usec_t since = loop_now() - l->applied_at;
	usec_t wait = LOOP_APPLY_MS * USEC_MS - since;

	if (!l->wish_new) {
		usec_t repair_ms = repair_wait_ms(l);

		if (repair_ms == USEC_NEVER)
			return;
		wait = repair_ms * USEC_MS - since;
	}
	if (wait <= 0 || !l->applied_at)
		wish_apply(l);
	else if (!uv_is_active((uv_handle_t *)&l->apply_timer) ||
		 uv_timer_get_due_in(&l->apply_timer) > (uint64_t)(wait / USEC_MS) + 1)
		uv_timer_start(&l->apply_timer, apply_due, (uint64_t)(wait / USEC_MS) + 1, 0);
}

static void deadline_passed(uv_timer_t *t)
{
	struct loop *l = t->data;
	struct event e = { .kind = EVENT_TIMER };

	l->deadline = USEC_NEVER;
	if (l->node)
		loop_event(l, &e);
}

static void deadline_look(struct loop *l)
{
	usec_t deadline = node_deadline(l->node);
	usec_t wait = deadline - loop_now();

	if (deadline == l->deadline)
		return;
	l->deadline = deadline;
	if (deadline == USEC_NEVER) {
		uv_timer_stop(&l->timer);
		return;
	}
	uv_update_time(&l->uv);
	uv_timer_start(&l->timer, deadline_passed, wait > 0 ? (uint64_t)(wait + 999) / 1000 : 0, 0);
}

/* The end of a turn, right before the loop waits. */
static void turn_end(uv_prepare_t *h)
{
	struct loop *l = h->data;

	if (!l->node) {
		const struct event_port *primary = primary_find(l);
		int r = primary ? node_begin(l, primary) : 0;

		if (r) {
			log_error("the node cannot begin: %s", strerror(-r));
			loop_end(l, 1);
		}
		if (!primary && !uv_is_active((uv_handle_t *)&l->apply_timer))
			uv_timer_start(&l->apply_timer, apply_due, LOOP_PRIMARY_MS + 1, 0);
		if (!primary || r)
			return;
	}
	wires_flush(l->wires); /* frames do not wait for the kernel's changes */
	apply_look(l);
	deadline_look(l);
	wires_flush(l->wires);
}

static void watch_ready(void *ctx, int events)
{
	(void)events;
	watch_read(ctx);
}

static void signal_came(uv_signal_t *h, int number)
{
	struct loop *l = h->data;

	if (number == SIGHUP)
		helpers_config(l->helpers);
	else
		loop_end(l, PARENT_EXIT_STOP);
}

static void config_came(void *ctx, int fd)
{
	struct loop *l = ctx;

	if (l->setup.reload(l->setup.ctx, fd))
		loop_end(l, PARENT_EXIT_AGAIN);
}

/* The settings of the network are on the disk: start with them, as with another configuration. */
static void file_written(void *ctx, enum store_file file)
{
	struct loop *l = ctx;

	if (file == STORE_SETTINGS)
		helpers_config(l->helpers);
}

static void parent_lost(void *ctx)
{
	loop_end(ctx, 1);
}

/* The process has been started with all of them blocked. */
static void signals_open(struct loop *l)
{
	static const int numbers[SIGNALS] = { SIGTERM, SIGINT, SIGHUP };
	sigset_t none;

	for (int i = 0; i < SIGNALS; i++) {
		uv_signal_init(&l->uv, &l->signals[i]);
		l->signals[i].data = l;
		uv_signal_start(&l->signals[i], signal_came, numbers[i]);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int handles_open(struct loop *l)
{
	uv_prepare_init(&l->uv, &l->turn);
	l->turn.data = l;
	uv_prepare_start(&l->turn, turn_end);
	uv_timer_init(&l->uv, &l->timer);
	l->timer.data = l;
	uv_timer_init(&l->uv, &l->apply_timer);
	uv_timer_init(&l->uv, &l->mesh_timer);
	l->mesh_timer.data = l;
	uv_timer_init(&l->uv, &l->look_timer);
	l->look_timer.data = l;
	uv_timer_start(&l->look_timer, look_due, LOOP_LOOK_MS, LOOP_LOOK_MS);
	signals_open(l);
	l->watch = poller_new(&l->uv, fcntl(system_watch_fd(l->system), F_DUPFD_CLOEXEC, 0),
			      UV_READABLE, watch_ready, l);
	return l->watch ? 0 : -ENOMEM;
}

static int system_begin(struct loop *l)
{
	const struct conf *conf = l->setup.conf;
	struct system_setup setup = { .run_dir = l->setup.run_dir, .ports = l->port_names };

	for (uint32_t i = 0; i < conf->port_count && i < CONF_PORT_MAX; i++)
		l->port_names[i] = conf_port_device(&conf->port[i]);
	return system_open(&l->system, &setup);
}

static int parts_open(struct loop *l)
{
	struct sink sink = { event_came, l };
	struct helpers_setup h = { .loop = &l->uv,
				   .channel = l->setup.channel,
				   .sink = sink,
				   .ctx = l,
				   .babel_key = l->setup.babel_key,
				   .config = config_came,
				   .lost = parent_lost };
	int r = node_seed(&l->node_setup);

	if (!r)
		r = system_begin(l);
	if (r)
		return r;
	memcpy(h.hash_key, l->node_setup.hash_key, sizeof(h.hash_key));
	l->store = store_new(&l->uv, l->setup.conf->node.state_dir, l->setup.run_dir);
	if (!l->store)
		return -ENOMEM;
	l->wires = wires_new(&l->uv, sink, &r);
	if (l->wires)
		l->helpers = helpers_new(&h, &r);
	if (!l->helpers)
		return r;
	store_watch(l->store, file_written, l);
	return 0;
}

struct loop *loop_new(const struct loop_setup *setup, int *ret_err)
{
	struct loop *l = calloc(1, sizeof(*l));

	*ret_err = l ? uv_loop_init(&l->uv) : -ENOMEM;
	if (*ret_err) {
		free(l);
		return NULL;
	}
	l->setup = *setup;
	l->start = loop_now();
	l->deadline = USEC_NEVER;
	*ret_err = parts_open(l);
	if (!*ret_err)
		*ret_err = handles_open(l);
	if (*ret_err) {
		loop_free(l);
		return NULL;
	}
	return l;
}

int loop_run(struct loop *l)
{
	watch_read(l);
	uv_run(&l->uv, UV_RUN_DEFAULT);
	if (l->status == PARENT_EXIT_STOP)
		system_remove(l->system);
	return l->status;
}

static void handle_close(uv_handle_t *h, void *arg)
{
	(void)arg;
	if (!uv_is_closing(h))
		uv_close(h, NULL);
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	helpers_free(l->helpers);
	wires_free(l->wires);
	poller_free(l->watch);
	/* What is left are this file's own handles; those of the parts free themselves as they
	 * close. Before the store: it waits for its last save by turning the loop, and nothing but
	 * that may happen in these turns. */
	uv_walk(&l->uv, handle_close, NULL);
	store_free(l->store);
	uv_run(&l->uv, UV_RUN_DEFAULT);
	uv_loop_close(&l->uv);
	node_free(l->node);
	recorder_free(l->recorder, loop_now());
	node_keys_free(l->keys);
	free(l->waiting);
	system_close(l->system);
	free(l);
}

uv_loop_t *loop_uv(struct loop *l)
{
	return &l->uv;
}

const struct helpers *loop_helpers(const struct loop *l)
{
	return l->helpers;
}

int loop_neighbour4(const struct loop *l, const struct ip4 *ip, struct mac *ret_mac)
{
	return system_neighbour4(l->system, ip, ret_mac);
}

int loop_neighbour6(const struct loop *l, const struct ip6 *ip, struct mac *ret_mac)
{
	return system_neighbour6(l->system, ip, ret_mac);
}

bool loop_device(const struct loop *l, const char *name, int *ret_index, struct mac *ret_mac)
{
	return system_device(l->system, name, ret_index, ret_mac);
}

int loop_statistics(const struct loop *l, void (*fn)(void *arg, const char *name, uint64_t value),
		    void *arg)
{
	return system_statistics(l->system, fn, arg);
}

const char *loop_state_rejected(const struct loop *l)
{
	return store_rejected(l->store);
}

void loop_counters(const struct loop *l, struct loop_counters *ret)
{
	*ret = l->counters;
	ret->packets = wires_packets(l->wires);
	ret->datagrams = wires_datagrams(l->wires);
	ret->babel = helpers_babel_counters(l->helpers);
	ret->store = store_counters(l->store);
}
