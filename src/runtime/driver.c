/* SPDX-License-Identifier: MIT */
#include "runtime/driver.h"

#include <errno.h>
#include <signal.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "engine/engine.h"
#include "runtime/fds.h"
#include "runtime/helper.h"
#include "runtime/loop.h"
#include "runtime/procfs.h"
#include "runtime/reap.h"
#include "runtime/report.h"
#include "runtime/signals.h"
#include "runtime/sigsend.h"
#include "runtime/snapshot.h"
#include "runtime/sys.h"
#include "runtime/voice.h"
#include "runtime/watch.h"

#define EVENTS_PER_READ 64  /* signals and watches can each bring this many before the queue is drained */
#define HELPERS_PER_WATCH 2 /* a digest and a validation or hook */

/* What the runtime knows of a service beyond the engine. */
struct running {
	pid_t pid;	/* of the main process, 0 when there is none */
	pid_t group;	/* process group of the last incarnation */
	pid_t clearing; /* the group whose end is to be told; 0: none */
	uint32_t clearing_seq;
	char *const *argv;
};

struct driver {
	const struct driver_params *params;
	const struct spec *spec;
	struct engine *engine;
	struct effect_list effects;
	struct event *queue; /* ring of events that wait for their step */
	uint32_t queue_first, queue_count, queue_capacity;
	struct loop *loop;
	int signal_fd;
	struct reap reap;
	enum reap_state reap_state;
	struct helpers helpers;
	struct loop_fd **helper_fds; /* by helper slot */
	struct watcher *watcher;
	struct report report;
	struct voice voice;
	struct running *running;
	bool *too_big;			    /* by watch: more than may be read in the loop */
	const struct helper_result *result; /* that the current event comes from */
	bool stepping;
	uint32_t clearing; /* services whose leftovers are waited for */
	bool rest_wanted;  /* REST_GONE is to be told */
	int dir_fd;	   /* the commands' working directory, when ours is another; else -1 */
	uint64_t
		skipped; /* signals (bit n - 1) that are not passed on when they come next: giving up the terminal sends them */
};

static struct driver driver;

static void drain(void);

static void post(struct event event)
{
	if (driver.queue_count == driver.queue_capacity)
		return; /* cannot be: see queue_capacity in driver_boot */
	driver.queue[(driver.queue_first + driver.queue_count) % driver.queue_capacity] = event;
	driver.queue_count++;
}

/* Post an event that comes from outside, and let the engine see it at once. */
static void feed(struct event event)
{
	post(event);
	drain();
}

static void answer_service(enum event_kind kind, const struct effect *effect, int32_t value)
{
	post((struct event){ .kind = kind, .service = effect->service, .seq = effect->seq, .value = value });
}

static void answer_content(const struct effect *effect, enum content content, struct digest digest)
{
	post((struct event){ .kind = EV_DIGESTED,
			     .watch = effect->watch,
			     .seq = effect->seq,
			     .value = (int32_t)content,
			     .digest = digest });
}

static void helper_has_output(void *arg)
{
	helper_readable(&driver.helpers, (uint32_t)(uintptr_t)arg);
}

/* Returns 0 or negative errno when it cannot be started. */
static int start_helper(enum helper_job job, const struct effect *effect)
{
	pid_t service_pid = effect->service < driver.spec->service_count ? driver.running[effect->service].pid : 0;
	pid_t pid;
	int fd;
	int slot = helper_start(&driver.helpers, job, effect->service, effect->watch, effect->seq, effect->digest,
				service_pid, &pid, &fd);

	if (slot < 0) {
		report_helper_failed(&driver.report, effect->service, -slot);
		return slot;
	}
	(void)reap_expect(&driver.reap, pid, REAP_HELPER, (uint32_t)slot, effect->seq); /* sized for all slots */
	driver.helper_fds[slot] = loop_fd_add(driver.loop, fd, helper_has_output, (void *)(uintptr_t)slot);
	return 0;
}

/* So that the command's session can take it: ioctl_tty(2). The leader of the session gets HUP and CONT for it. */
static void give_up_terminal(void)
{
	int rc = sys_give_up_tty(0);

	if (rc < 0) {
		voice_say(&driver.voice, SPEECH_TTY_NOT_GIVEN, (struct voice_words){ .error = -rc });
	} else if (sys_getsid() == sys_getpid()) {
		voice_say(&driver.voice, SPEECH_TTY_LEADER, (struct voice_words){ 0 });
		driver.skipped = 1ull << (SIGHUP - 1) | 1ull << (SIGCONT - 1);
	} else {
		voice_say(&driver.voice, SPEECH_TTY_NO_LEADER, (struct voice_words){ 0 });
	}
}

static void do_spawn(const struct effect *effect)
{
	const struct service_spec *spec = spec_service(driver.spec, effect->service);
	struct spawn_params params = {
		.name = spec_str(driver.spec, spec->name),
		.argv = driver.running[effect->service].argv,
		.standing = (enum standing)spec->standing,
		.close_others = driver.spec->several,
		.output_fd = -1,
		.dir_fd = driver.dir_fd,
		.json = driver.spec->log_format == LINE_JSON,
		.spec = driver.spec,
		.service = spec,
	};
	pid_t pid;

	if (spec->standing == STANDING_TERMINAL)
		give_up_terminal();
	pid = spawn_child(&params, driver.params->inherited);
	if (pid < 0) {
		voice_say(&driver.voice, SPEECH_NO_FORK, (struct voice_words){ .error = -pid });
		answer_service(EV_SPAWN_FAILED, effect, -pid);
		return;
	}
	driver.running[effect->service].pid = pid;
	driver.running[effect->service].group = pid;
	if (driver.running[effect->service].clearing != 0) {
		driver.running[effect->service].clearing = 0; /* it was given up */
		driver.clearing--;
	}
	voice_say(&driver.voice, SPEECH_SPAWNED, (struct voice_words){ .pid = pid, .command = params.argv[0] });
	if (driver.spec->close_inherited)
		fds_close_inherited(); /* so that we pin no pipe and no mount */
	(void)reap_expect(&driver.reap, pid, REAP_SERVICE, effect->service, effect->seq); /* sized for all services */
	answer_service(EV_SPAWNED, effect, pid);
}

static void do_probe(const struct effect *effect)
{
	const struct service_spec *spec = spec_service(driver.spec, effect->service);
	const char *target = spec_str(driver.spec, spec->ready_target);
	struct stat unused;
	int ready = 0;

	switch ((enum ready_kind)spec->ready_kind) {
	case READY_FILE:
		ready = sys_stat(target, &unused) == 0;
		break;
	case READY_UNIX:
		ready = sys_connect_unix(target) == 1;
		break;
	case READY_TCP:
		ready = sys_connect_tcp(target, spec->ready_port) == 1;
		break;
	case READY_EXEC:
		if (start_helper(HELPER_PROBE, effect) == 0)
			return;
		break;
	case READY_NONE:
	case READY_DELAY:
	case READY_KIND_COUNT:
		ready = 1;
		break;
	}
	answer_service(EV_PROBED, effect, ready);
}

static void signal_descendant(void *arg, pid_t pid)
{
	(void)sigsend(pid, *(const int *)arg); /* it may be gone by now */
}

/* Gone: its exit is on the way; refused: its bound follows. Neither ends us. */
static void send_to_service(uint32_t service, int signal)
{
	const struct service_spec *spec = spec_service(driver.spec, service);
	pid_t pid = driver.running[service].pid;
	int rc = sigsend(spec->signal_group ? -pid : pid, signal);
	struct voice_words words = { .pid = pid, .signal = signal, .error = -rc };

	if (rc == -ESRCH)
		voice_say(&driver.voice, SPEECH_PASS_GONE, words);
	else if (rc < 0)
		voice_say(&driver.voice, SPEECH_PASS_FAILED, words);
	voice_say(&driver.voice, SPEECH_PASSED, words);
}

static void do_kill(const struct effect *effect)
{
	pid_t pid = driver.running[effect->service].pid;
	int signal = effect->value;

	if (pid <= 0)
		return;
	if (!effect->wide) {
		send_to_service(effect->service, signal);
		return;
	}
	(void)procfs_descendants(pid, signal_descendant, &signal);
	(void)sigsend(-pid, signal);
	(void)sigsend(pid, signal);
}

/* Told once, when the last of the group is gone: at once, or by the reaping that takes it. */
static void check_cleared(uint32_t service)
{
	struct running *running = &driver.running[service];

	if (running->clearing == 0 || sys_kill(-running->clearing, 0) != -ESRCH)
		return;
	running->clearing = 0;
	driver.clearing--;
	post((struct event){ .kind = EV_CLEARED, .service = service, .seq = running->clearing_seq });
}

static void do_clear(const struct effect *effect)
{
	struct running *running = &driver.running[effect->service];

	if (running->clearing == 0)
		driver.clearing++;
	running->clearing = running->group;
	running->clearing_seq = effect->seq;
	(void)sigsend(-running->group, effect->value); /* mostly there is nobody */
	check_cleared(effect->service);
}

static void do_farewell(const struct effect *effect)
{
	pid_t group = driver.running[effect->service].group;

	if (group > 0 && spec_service(driver.spec, effect->service)->signal_group)
		(void)sigsend(-group, effect->value); /* mostly there is nobody */
	voice_say(&driver.voice, SPEECH_PASSED, (struct voice_words){ .signal = effect->value });
}

static void do_post_stop(const struct effect *effect)
{
	if (start_helper(HELPER_POST_STOP, effect) < 0)
		answer_service(EV_POST_STOPPED, effect, SPAWN_EXIT_NOT_RUN << 8);
}

static void do_digest(const struct effect *effect)
{
	static const struct snapshot_limits limits = { SNAPSHOT_LOOP_BYTES, SNAPSHOT_LOOP_FILES };
	const struct watch_spec *spec = spec_watch(driver.spec, effect->watch);
	struct digest digest = { 0, 0 };
	enum content content = CONTENT_UNREADABLE;
	int unreadable = 0;

	if (watcher_local(driver.watcher, effect->watch) && !driver.too_big[effect->watch]) {
		int rc = snapshot_digest(driver.spec, spec, &limits, &content, &digest, &unreadable);

		if (rc != -E2BIG) {
			answer_content(effect, rc == 0 ? content : CONTENT_UNREADABLE, digest);
			return;
		}
		driver.too_big[effect->watch] = true;
	}
	if (start_helper(HELPER_DIGEST, effect) < 0)
		answer_content(effect, CONTENT_UNREADABLE, digest);
}

static void do_validate(const struct effect *effect)
{
	if (start_helper(HELPER_VALIDATE, effect) == 0)
		return;
	post((struct event){ .kind = EV_VALIDATED,
			     .watch = effect->watch,
			     .seq = effect->seq,
			     .value = VERDICT_REFUSED,
			     .digest = effect->digest });
}

static void do_notify(const struct effect *effect)
{
	pid_t pid = driver.running[effect->service].pid;
	int caught = pid > 0 ? procfs_catches(pid, effect->value) : -ESRCH;
	enum signal_answer answer = SIGNAL_GONE;

	if (caught == 0)
		answer = SIGNAL_NOT_CAUGHT;
	else if (caught < 0 && caught != -ESRCH && !effect->wide)
		answer = SIGNAL_UNKNOWN;
	else if (caught != -ESRCH && sigsend(pid, effect->value) == 0)
		answer = SIGNAL_SENT;
	answer_service(EV_SIGNALLED, effect, (int32_t)answer);
}

static void do_end_rest(const struct effect *effect)
{
	int signal = effect->value;
	struct effect log = { .kind = FX_LOG,
			      .message = signal == SIGKILL ? MSG_REST_KILL
					 : signal == 0	   ? MSG_REST_WAIT
							   : MSG_REST_TERM,
			      .service = EFFECT_NO_INDEX,
			      .watch = EFFECT_NO_INDEX,
			      .value = signal,
			      .amount = driver.spec->linger_ms };

	driver.rest_wanted = true;
	driver.reap_state = reap_collect(&driver.reap);
	if (driver.reap_state == REAP_CHILDLESS) {
		post((struct event){ .kind = EV_REST_GONE });
		return;
	}
	report_effect(&driver.report, &log, NULL, 0);
	if (signal == 0)
		return;
	/* Without /proc there is only kill(-1), which reaches processes that are not ours: PID 1 alone may do that. */
	if (procfs_descendants(sys_getpid(), signal_descendant, &signal) < 0 && sys_getpid() == 1)
		(void)sys_kill(-1, signal);
}

static void do_exit(const struct effect *effect)
{
	report_termination(&driver.report, effect->value);
	voice_say(&driver.voice, SPEECH_LEAVING, (struct voice_words){ .code = effect->value });
	sys_exit(effect->value);
}

static void perform(const struct effect *effect)
{
	switch (effect->kind) {
	case FX_SPAWN:
		do_spawn(effect);
		break;
	case FX_PROBE:
		do_probe(effect);
		break;
	case FX_KILL:
		do_kill(effect);
		break;
	case FX_CLEAR:
		do_clear(effect);
		break;
	case FX_POST_STOP:
		do_post_stop(effect);
		break;
	case FX_FAREWELL:
		do_farewell(effect);
		break;
	case FX_DIGEST:
		do_digest(effect);
		break;
	case FX_VALIDATE:
		do_validate(effect);
		break;
	case FX_NOTIFY:
		do_notify(effect);
		break;
	case FX_HOOK:
		if (start_helper(HELPER_HOOK, effect) < 0)
			answer_service(EV_HOOKED, effect, SPAWN_EXIT_NOT_RUN << 8);
		break;
	case FX_CANCEL:
		helpers_cancel(&driver.helpers, effect->service);
		break;
	case FX_END_REST:
		do_end_rest(effect);
		break;
	case FX_LOG:
		report_effect(&driver.report, effect, driver.result,
			      effect->service < driver.spec->service_count ? driver.running[effect->service].pid : 0);
		break;
	case FX_EXIT:
		do_exit(effect);
		break;
	case EFFECT_COUNT:
		break;
	}
}

static void step(struct event event)
{
	event.now_ms = sys_now_ms();
	driver.effects.count = 0;
	engine_step(driver.engine, driver.spec, &event, &driver.effects);
	for (uint32_t n = 0; n < driver.effects.count; n++)
		perform(&driver.effects.items[n]);
	if (driver.effects.overflow) {
		struct effect log = {
			.kind = FX_LOG, .message = MSG_OUT_OF_ROOM, .service = EFFECT_NO_INDEX, .watch = EFFECT_NO_INDEX
		};

		driver.effects.overflow = false;
		report_effect(&driver.report, &log, NULL, 0);
	}
}

/* Let the engine take all events that wait, and those that its effects bring. */
static void drain(void)
{
	if (driver.stepping)
		return; /* the caller's loop goes on with what was just posted */
	driver.stepping = true;
	while (driver.queue_count > 0) {
		struct event event = driver.queue[driver.queue_first];

		driver.queue_first = (driver.queue_first + 1) % driver.queue_capacity;
		driver.queue_count--;
		step(event);
	}
	driver.stepping = false;
}

/* What a helper found out, as the event that its effect asked for. */
static struct event result_event(const struct helper_result *result)
{
	struct event event = {
		.service = result->service, .watch = result->watch, .seq = result->seq, .digest = result->digest
	};

	switch (result->job) {
	case HELPER_DIGEST:
		event.kind = EV_DIGESTED;
		event.value = (int32_t)(result->died ? CONTENT_UNREADABLE : result->content);
		break;
	case HELPER_VALIDATE:
		event.kind = EV_VALIDATED;
		event.value = (int32_t)(result->died ? VERDICT_REFUSED : result->verdict);
		break;
	case HELPER_HOOK:
		event.kind = EV_HOOKED;
		event.value = result->died || result->timed_out || result->error != 0 ? SIGKILL : result->status;
		break;
	case HELPER_POST_STOP:
		event.kind = EV_POST_STOPPED;
		event.value = result->died || result->timed_out || result->error != 0 ? SIGKILL : result->status;
		break;
	case HELPER_PROBE:
		event.kind = EV_PROBED;
		event.value = !result->died && !result->timed_out && result->error == 0 && result->status == 0;
		break;
	}
	return event;
}

static void helper_gone(uint32_t slot)
{
	/* 4.5 KiB: static, so that the stack of PID 1 stays small; one at a time is at work. */
	static struct helper_result result;

	loop_fd_remove(driver.loop, driver.helper_fds[slot]);
	driver.helper_fds[slot] = NULL;
	helper_ended(&driver.helpers, slot, &result);
	driver.result = &result;
	feed(result_event(&result));
	driver.result = NULL;
}

static void say_end(int status)
{
	if (WIFEXITED(status))
		voice_say(&driver.voice, SPEECH_MAIN_EXITED, (struct voice_words){ .code = WEXITSTATUS(status) });
	else
		voice_say(&driver.voice, SPEECH_MAIN_KILLED, (struct voice_words){ .signal = WTERMSIG(status) });
}

static void child_gone(void *arg, enum reap_role role, uint32_t index, uint32_t seq, pid_t pid, int status)
{
	(void)arg;
	if (role == REAP_HELPER) {
		helper_gone(index);
		return;
	}
	if (driver.running[index].pid == pid)
		driver.running[index].pid = 0;
	say_end(status);
	/* Not at once: what else has ended is reaped before this may end us. */
	post((struct event){ .kind = EV_EXITED, .service = index, .seq = seq, .value = status });
}

static void any_gone(void *arg, bool known, pid_t pid, int status)
{
	struct voice_words words = { .pid = pid };

	(void)arg;
	voice_say(&driver.voice, SPEECH_REAPED, words);
	if (WIFEXITED(status)) {
		words.code = WEXITSTATUS(status);
		voice_say(&driver.voice, SPEECH_REAPED_EXITED, words);
	} else {
		words.signal = WTERMSIG(status);
		voice_say(&driver.voice, SPEECH_REAPED_KILLED, words);
	}
	if (!known)
		voice_say(&driver.voice, SPEECH_ORPHAN, words);
}

/*
 * Job control where a shell started us: our command was stopped (ctrl-Z), so we stop as well, and the shell takes its
 * terminal back. For PID 1 the kernel makes this nothing.
 */
static void child_stopped(void *arg, enum reap_role role, uint32_t index)
{
	(void)arg;
	if (role == REAP_SERVICE && spec_service(driver.spec, index)->standing == STANDING_FOREGROUND)
		(void)sys_kill(sys_getpid(), SIGSTOP);
}

/* The shell let us go on: in the foreground (fg) the terminal is the command's again, and all of its job goes on. */
static void resume_job(void)
{
	for (uint32_t s = 0; s < driver.spec->service_count; s++) {
		pid_t pid = driver.running[s].pid;

		if (pid == 0 || spec_service(driver.spec, s)->standing != STANDING_FOREGROUND)
			continue;
		if (sys_tcgetpgrp(0) == sys_getpgrp())
			(void)sys_tcsetpgrp(0, pid);
		(void)sigsend(-pid, SIGCONT);
	}
}

static void collect(void)
{
	driver.reap_state = reap_collect(&driver.reap);
	for (uint32_t s = 0; driver.clearing > 0 && s < driver.spec->service_count; s++)
		check_cleared(s);
	drain();
	if (driver.reap_state == REAP_CHILDLESS && driver.rest_wanted)
		feed((struct event){ .kind = EV_REST_GONE });
}

static bool is_skipped(int signal)
{
	uint64_t bit = 1ull << (signal - 1);

	if ((driver.skipped & bit) == 0)
		return false;
	driver.skipped &= ~bit;
	voice_say(&driver.voice, SPEECH_TTY_SIGNAL, (struct voice_words){ .signal = signal });
	return true;
}

static void say_signal(int signal)
{
	struct voice_words words = { .signal = signal, .to = driver.spec->signal_map[signal] };

	if (words.to != signal)
		voice_say(&driver.voice, SPEECH_REWRITTEN, words);
	words.signal = words.to;
	voice_say(&driver.voice, words.to == 0 ? SPEECH_DROPPED : SPEECH_PASSING, words);
}

static void signal_came(void *arg, int signal)
{
	(void)arg;
	voice_say(&driver.voice, SPEECH_SIGNAL_CAME, (struct voice_words){ .signal = signal });
	if (signal == SIGCHLD) {
		voice_say(&driver.voice, SPEECH_CHLD_CAME, (struct voice_words){ 0 });
		collect();
		return;
	}
	if (is_skipped(signal))
		return;
	say_signal(signal);
	if (signal == SIGCONT && driver.reap.stopped_fn != NULL)
		resume_job();
	feed((struct event){ .kind = EV_SIGNAL, .value = signal });
	if (driver.spec->suspends && (signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU)) {
		voice_say(&driver.voice, SPEECH_SUSPENDING, (struct voice_words){ 0 });
		(void)sys_kill(sys_getpid(), SIGSTOP);
	}
}

static void signals_ready(void *arg)
{
	(void)arg;
	signals_read(driver.signal_fd, signal_came, NULL);
}

static void watch_ready(void *arg)
{
	(void)arg;
	watcher_readable(driver.watcher);
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
		report_news(&driver.report, watch, news, value);
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

	(void)arg;
	collect();
	helpers_expire(&driver.helpers, now_ms);
	if (driver.watcher != NULL && watcher_deadline_ms(driver.watcher) >= 0 &&
	    now_ms >= watcher_deadline_ms(driver.watcher))
		watcher_poll(driver.watcher, now_ms);
	feed((struct event){ .kind = EV_TICK });
}

static int64_t next_deadline_ms(void)
{
	int64_t deadline_ms = engine_deadline_ms(driver.engine, driver.spec);

	if (driver.helpers.capacity > 0)
		deadline_ms = earlier(deadline_ms, helpers_deadline_ms(&driver.helpers));
	if (driver.watcher != NULL)
		deadline_ms = earlier(deadline_ms, watcher_deadline_ms(driver.watcher));
	if (driver.reap_state == REAP_MORE)
		deadline_ms = sys_now_ms();
	return deadline_ms;
}

/* Before the loop sleeps: set the one timer to the earliest of all deadlines. */
static void before_sleep(void *arg)
{
	(void)arg;
	loop_timer_set(driver.loop, next_deadline_ms(), time_came, NULL);
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

/* argv of every service as pointers into the spec: made once, so that a restart needs no memory. */
static int lay_out_commands(void)
{
	const struct spec *spec = driver.spec;
	size_t words = 0;
	char **next;

	for (uint32_t s = 0; s < spec->service_count; s++)
		words += spec_service(spec, s)->command.count + 1;
	next = calloc(words, sizeof(*next));
	if (next == NULL)
		return -ENOMEM;
	for (uint32_t s = 0; s < spec->service_count; s++) {
		const struct service_spec *service = spec_service(spec, s);

		if (service->command.count == 0) {
			driver.running[s].argv = driver.params->argv + service->command_argv;
			continue;
		}
		driver.running[s].argv = next;
		for (uint32_t n = 0; n < service->command.count; n++)
			*next++ = (char *)(uintptr_t)spec_str(spec, spec_word(spec, service->command, n));
		*next++ = NULL;
	}
	return 0;
}

static bool needs_helpers(const struct spec *spec)
{
	for (uint32_t s = 0; s < spec->service_count; s++) {
		if (spec_service(spec, s)->ready_kind == READY_EXEC || spec_service(spec, s)->post_stop.count > 0)
			return true;
	}
	return spec->watch_count > 0;
}

static int boot_memory(void)
{
	const struct spec *spec = driver.spec;
	uint32_t helpers = needs_helpers(spec) ? HELPERS_PER_WATCH * spec->watch_count + spec->service_count : 0;
	int rc;

	driver.effects.capacity = engine_effects_max(spec);
	/* One step's effects bring at most one event each; sources feed one at a time and drain. */
	driver.queue_capacity = driver.effects.capacity + EVENTS_PER_READ;
	driver.effects.items = malloc(driver.effects.capacity * sizeof(*driver.effects.items));
	driver.queue = malloc(driver.queue_capacity * sizeof(*driver.queue));
	driver.engine = malloc(engine_size(spec));
	driver.running = calloc(spec->service_count, sizeof(*driver.running));
	driver.too_big = calloc(spec->watch_count + 1, sizeof(*driver.too_big));
	driver.helper_fds = calloc(helpers + 1, sizeof(struct loop_fd *));
	if (driver.effects.items == NULL || driver.queue == NULL || driver.engine == NULL || driver.running == NULL ||
	    driver.too_big == NULL || driver.helper_fds == NULL)
		return -ENOMEM;
	engine_init(driver.engine, spec);
	rc = lay_out_commands();
	if (rc == 0)
		rc = helpers_init(&driver.helpers, helpers, spec, driver.params->inherited);
	if (rc == 0)
		rc = reap_init(&driver.reap, spec->service_count + helpers, child_gone, NULL);
	if (rc == 0 && voice_tells_children(spec))
		driver.reap.any_fn = any_gone;
	/* PID 1 cannot be stopped, and a spec that passes everything on leaves this to its signal map. */
	if (rc == 0 && sys_getpid() != 1 && !spec->passive)
		driver.reap.stopped_fn = child_stopped;
	return rc;
}

/* It may have become one before it became this program: prctl(2). */
static bool reaps_orphans(void)
{
	int is_reaper = 0;

	if (driver.spec->own_orphans || sys_getpid() == 1)
		return true;
	return sys_prctl(PR_GET_CHILD_SUBREAPER, (unsigned long)(uintptr_t)&is_reaper) == 0 && is_reaper != 0;
}

/* What this process is to others: reaper, child of its parent, user of a directory. */
static int boot_process(struct err *err)
{
	const struct spec *spec = driver.spec;
	int rc;

	if (spec->own_orphans && sys_getpid() != 1) {
		rc = sys_prctl(PR_SET_CHILD_SUBREAPER, 1);
		if (rc < 0)
			return err_set(err, -rc, "cannot become the reaper of orphans: %s", strerror(-rc));
	}
	if (spec->speech[SPEECH_NOT_REAPER] != 0 && !reaps_orphans())
		voice_say(&driver.voice, SPEECH_NOT_REAPER, (struct voice_words){ 0 });
	if (spec->parent_death_signal != 0) {
		rc = sys_prctl(PR_SET_PDEATHSIG, (unsigned long)spec->parent_death_signal);
		if (rc < 0)
			return err_set(err, -rc, "cannot set the parent-death signal: %s", strerror(-rc));
	}
	driver.dir_fd = -1;
	if (spec->root_dir) {
		driver.dir_fd = sys_open(".", O_PATH | O_DIRECTORY, 0);
		if (driver.dir_fd >= 0)
			(void)sys_chdir("/"); /* it is there in every container */
	}
	return 0;
}

static int boot_sources(struct err *err)
{
	int rc;

	rc = boot_process(err);
	if (rc < 0)
		return rc;
	if (driver.helpers.capacity == 0)
		return 0;
	rc = loop_create(&driver.loop);
	if (rc < 0)
		return err_set(err, -rc, "cannot make the event loop: %s", strerror(-rc));
	driver.signal_fd = signals_open();
	if (driver.signal_fd < 0)
		return err_set(err, -driver.signal_fd, "cannot open a signalfd: %s", strerror(-driver.signal_fd));
	if (loop_fd_add(driver.loop, driver.signal_fd, signals_ready, NULL) == NULL)
		return err_set(err, ENOMEM, "no memory");
	if (driver.spec->watch_count == 0)
		return 0;
	rc = watcher_create(driver.spec, watch_news, NULL, &driver.watcher);
	if (rc < 0)
		return err_set(err, -rc, "cannot set up the watches: %s", strerror(-rc));
	if (watcher_fd(driver.watcher) >= 0 &&
	    loop_fd_add(driver.loop, watcher_fd(driver.watcher), watch_ready, NULL) == NULL)
		return err_set(err, ENOMEM, "no memory");
	return 0;
}

int driver_boot(const struct driver_params *params, struct err *err)
{
	int rc;

	driver.params = params;
	driver.spec = params->spec;
	driver.reap_state = REAP_IDLE;
	driver.report.spec = params->spec;
	logsink_init(&driver.report.sink, params->log_fd, (enum line_format)params->spec->log_format,
		     (enum line_level)params->spec->log_level);
	voice_init(&driver.voice, params->spec, params->out_fd, params->log_fd);
	rc = boot_memory();
	if (rc < 0)
		return err_set(err, -rc, "cannot get memory for %u services and %u watches: %s",
			       params->spec->service_count, params->spec->watch_count, strerror(-rc));
	return boot_sources(err);
}

void driver_run(void)
{
	feed((struct event){ .kind = EV_START });
	if (driver.loop == NULL)
		run_without_loop();
	for (;;)
		loop_run(driver.loop, before_sleep, NULL); /* it ends only by do_exit */
}
