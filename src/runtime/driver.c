/* SPDX-License-Identifier: MIT */
#include "runtime/driver.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "runtime/boot.h"
#include "runtime/children.h"
#include "runtime/delegate.h"
#include "runtime/perform.h"
#include "runtime/signals.h"
#include "runtime/sys.h"
#include "runtime/terminal.h"

/* The engine's side, known here alone. */
static struct driver {
	struct engine *engine;
	struct effect_list effects; /* of the step at hand */
	bool stepping;
	int signal_fd;
} driver;

static struct runtime rt; /* what the rooms that perform and tell are handed */

static void step(struct event event)
{
	event.now_ms = sys_now_ms();
	driver.effects.count = 0;
	engine_step(driver.engine, rt.spec, &event, &driver.effects);
	for (uint32_t n = 0; n < driver.effects.count; n++)
		perform_effect(&rt, &driver.effects.items[n]);
	if (driver.effects.overflow) {
		struct effect log = {
			.kind = FX_LOG, .message = MSG_OUT_OF_ROOM, .service = EFFECT_NO_INDEX, .watch = EFFECT_NO_INDEX
		};

		driver.effects.overflow = false;
		report_effect(&rt.report, &log, NULL, 0);
	}
}

/* Let the engine take all events that wait, and those that its effects bring. */
static void drain(void)
{
	struct event event;

	if (driver.stepping)
		return; /* the caller's loop goes on with what was just posted */
	driver.stepping = true;
	while (queue_take(&rt.queue, &event))
		step(event);
	driver.stepping = false;
}

/* Post an event that comes from outside, and let the engine see it at once. */
static void feed(struct event event)
{
	queue_post(&rt.queue, event);
	drain();
}

static void child_gone(void *arg, enum reap_role role, uint32_t index, uint32_t seq, pid_t pid, int status)
{
	(void)arg;
	if (role == REAP_HELPER) {
		feed(delegate_ended(&rt, index));
		rt.result = NULL;
		return;
	}
	/* Not fed at once: what else has ended is reaped before this may end us. */
	children_exited(&rt, index, seq, pid, status);
}

static void collect(void)
{
	rt.reap_state = reap_collect(&rt.reap);
	for (uint32_t s = 0; rt.clearing > 0 && s < rt.spec->service_count; s++)
		children_check_cleared(&rt, s);
	drain();
	if (rt.reap_state == REAP_CHILDLESS && rt.rest_wanted)
		feed((struct event){ .kind = EV_REST_GONE });
}

static void say_signal(int signal)
{
	struct voice_words words = { .signal = signal, .to = rt.spec->signal_map[signal] };

	if (words.to != signal)
		voice_say(&rt.voice, SPEECH_REWRITTEN, words);
	words.signal = words.to;
	voice_say(&rt.voice, words.to == 0 ? SPEECH_DROPPED : SPEECH_PASSING, words);
}

static void signal_came(void *arg, int signal, bool by_kernel)
{
	(void)arg;
	voice_say(&rt.voice, SPEECH_SIGNAL_CAME, (struct voice_words){ .signal = signal });
	if (signal == SIGCHLD) {
		voice_say(&rt.voice, SPEECH_CHLD_CAME, (struct voice_words){ 0 });
		collect();
		return;
	}
	if (terminal_sent(&rt, signal, by_kernel))
		return;
	say_signal(signal);
	if (signal == SIGCONT)
		terminal_job_resumed(&rt);
	feed((struct event){ .kind = EV_SIGNAL, .value = signal });
	terminal_suspend(&rt, signal);
}

static void signals_ready(void *arg)
{
	(void)arg;
	signals_read(driver.signal_fd, signal_came, NULL);
}

static void watch_ready(void *arg)
{
	(void)arg;
	watcher_readable(rt.watcher);
}

static void watch_news(void *arg, uint32_t watch, enum watch_news news, int value)
{
	(void)arg;
	switch (news) {
	case WATCH_TOUCHED:
		feed((struct event){ .kind = EV_TOUCHED, .watch = watch });
		break;
	case WATCH_COMPLETE:
		feed((struct event){ .kind = EV_COMPLETE, .watch = watch });
		break;
	case WATCH_POLL:
		feed((struct event){ .kind = EV_POLL, .watch = watch });
		break;
	case WATCH_OVERFLOW:
	case WATCH_LOST:
	case WATCH_BACK:
	case WATCH_NO_INOTIFY:
	case WATCH_BLIND:
	case WATCH_SUBPATH:
	case WATCH_SUBPATH_STALE:
	case WATCH_NEWS_COUNT:
		report_news(&rt.report, watch, news, value);
		break;
	}
}

static int64_t earlier(int64_t a_ms, int64_t b_ms)
{
	if (a_ms < 0)
		return b_ms;
	return b_ms < 0 || a_ms < b_ms ? a_ms : b_ms;
}

/*
 * The timer: children first, then what is due. After a freeze of the machine everything is due at once, and an
 * exit that came with its time-out must count as the exit.
 */
static void time_came(void *arg)
{
	int64_t now_ms = sys_now_ms();
	struct event lost;

	(void)arg;
	collect();
	helpers_expire(&rt.helpers, now_ms);
	while (delegate_lost(&rt, now_ms, &lost)) {
		feed(lost);
		rt.result = NULL;
	}
	if (rt.watcher != NULL && watcher_deadline_ms(rt.watcher) >= 0 && now_ms >= watcher_deadline_ms(rt.watcher))
		watcher_poll(rt.watcher, now_ms);
	feed((struct event){ .kind = EV_TICK });
}

static int64_t next_deadline_ms(void)
{
	int64_t deadline_ms = engine_deadline_ms(driver.engine, rt.spec);

	if (rt.helpers.capacity > 0)
		deadline_ms = earlier(deadline_ms, helpers_deadline_ms(&rt.helpers));
	if (rt.watcher != NULL)
		deadline_ms = earlier(deadline_ms, watcher_deadline_ms(rt.watcher));
	if (rt.reap_state == REAP_MORE)
		deadline_ms = sys_now_ms();
	return deadline_ms;
}

/* Before the loop sleeps: set the one timer to the earliest of all deadlines. */
static void before_sleep(void *arg)
{
	(void)arg;
	loop_timer_set(rt.loop, next_deadline_ms(), time_came, NULL);
}

/*
 * Without watches and helpers nothing but signals and time can come. Then there is no loop and no descriptor: one system
 * call for each signal, as in the smallest inits, and no heartbeat of a library.
 */
static void run_without_loop(void)
{
	for (;;) {
		int64_t deadline_ms = next_deadline_ms();
		int64_t wait_ms = deadline_ms < 0 ? -1 : deadline_ms - sys_now_ms();

		signals_wait(deadline_ms >= 0 && wait_ms < 0 ? 0 : wait_ms, signal_came, NULL);
		if (deadline_ms >= 0 && sys_now_ms() >= deadline_ms)
			time_came(NULL);
	}
}

static int get_memory(void)
{
	driver.effects.capacity = engine_effects_max(rt.spec);
	driver.effects.items = malloc(driver.effects.capacity * sizeof(*driver.effects.items));
	driver.engine = malloc(engine_size(rt.spec));
	if (driver.effects.items == NULL || driver.engine == NULL)
		return -ENOMEM;
	engine_init(driver.engine, rt.spec);
	/* One step's effects bring at most one event each; reaping posts a batch before it drains, all others feed. */
	return boot_memory(&rt, driver.effects.capacity + REAP_BATCH, child_gone);
}

static int open_sources(struct err *err)
{
	int rc;

	if (rt.helpers.capacity == 0)
		return 0;
	rc = loop_create(&rt.loop);
	if (rc < 0)
		return err_set(err, -rc, "cannot make the event loop: %s", strerror(-rc));
	driver.signal_fd = signals_open();
	if (driver.signal_fd < 0)
		return err_set(err, -driver.signal_fd, "cannot open a signalfd: %s", strerror(-driver.signal_fd));
	if (loop_fd_add(rt.loop, driver.signal_fd, signals_ready, NULL) == NULL)
		return err_set(err, ENOMEM, "no memory");
	if (rt.spec->watch_count == 0)
		return 0;
	rc = watcher_create(rt.spec, watch_news, NULL, &rt.watcher);
	if (rc < 0)
		return err_set(err, -rc, "cannot set up the watches: %s", strerror(-rc));
	if (watcher_fd(rt.watcher) >= 0 && loop_fd_add(rt.loop, watcher_fd(rt.watcher), watch_ready, NULL) == NULL)
		return err_set(err, ENOMEM, "no memory");
	return 0;
}

int driver_boot(const struct driver_params *params, struct err *err)
{
	const struct spec *spec = params->spec;
	int rc;

	rt.spec = spec;
	rt.argv = params->argv;
	rt.inherited = params->inherited;
	rt.reap_state = REAP_IDLE;
	rt.report.spec = spec;
	logsink_init(&rt.report.sink, params->log_fd, (enum line_format)spec->log_format,
		     (enum line_level)spec->log_level);
	voice_init(&rt.voice, spec, params->out_fd, params->log_fd);
	rc = get_memory();
	if (rc < 0)
		return err_set(err, -rc, "cannot get memory for %u services and %u watches: %s", spec->service_count,
			       spec->watch_count, strerror(-rc));
	rc = boot_process(&rt, err);
	return rc < 0 ? rc : open_sources(err);
}

void driver_run(void)
{
	feed((struct event){ .kind = EV_START });
	if (rt.loop == NULL)
		run_without_loop();
	for (;;)
		loop_run(rt.loop, before_sleep, NULL); /* it ends only by the EXIT effect */
}
