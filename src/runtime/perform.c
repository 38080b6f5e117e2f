/* SPDX-License-Identifier: MIT */
#include "runtime/perform.h"

#include <errno.h>
#include <signal.h>

#include "runtime/children.h"
#include "runtime/delegate.h"
#include "runtime/fds.h"
#include "runtime/procfs.h"
#include "runtime/sigsend.h"
#include "runtime/spawn.h"
#include "runtime/sys.h"
#include "runtime/terminal.h"

static void do_spawn(struct runtime *rt, const struct effect *effect)
{
	const struct service_spec *spec = spec_service(rt->spec, effect->service);
	struct running *running = &rt->running[effect->service];
	struct spawn_params params = {
		.name = spec_str(rt->spec, spec->name),
		.argv = running->argv,
		.standing = (enum standing)spec->standing,
		.close_others = rt->spec->several,
		.output_fd = -1,
		.dir_fd = rt->dir_fd,
		.json = rt->spec->log_format == LINE_JSON,
		.spec = rt->spec,
		.service = spec,
	};
	pid_t pid;

	if (spec->standing == STANDING_TERMINAL)
		terminal_give_up(rt);
	pid = spawn_child(&params, rt->inherited);
	if (pid < 0) {
		voice_say(&rt->voice, SPEECH_NO_FORK, (struct voice_words){ .error = -pid });
		queue_answer(&rt->queue, EV_SPAWN_FAILED, effect, -pid);
		return;
	}
	running->pid = pid;
	running->group = pid;
	if (running->clearing != 0) {
		running->clearing = 0; /* it was given up */
		rt->clearing--;
	}
	voice_say(&rt->voice, SPEECH_SPAWNED, (struct voice_words){ .pid = pid, .command = params.argv[0] });
	if (rt->spec->close_inherited)
		fds_close_inherited();		    /* so that we pin no pipe and no mount */
	if (rt->dir_fd >= 0 && rt->spec->passive) { /* likewise: there is no second command */
		(void)sys_close(rt->dir_fd);
		rt->dir_fd = -1;
	}
	(void)reap_expect(&rt->reap, pid, REAP_SERVICE, effect->service, effect->seq); /* sized for all services */
	queue_answer(&rt->queue, EV_SPAWNED, effect, pid);
}

static void do_probe(struct runtime *rt, const struct effect *effect)
{
	const struct service_spec *spec = spec_service(rt->spec, effect->service);
	const char *target = spec_str(rt->spec, spec->ready_target);
	int ready = 0;

	switch ((enum ready_kind)spec->ready_kind) {
	case READY_TCP:
		ready = sys_connect_tcp(target, spec->ready_port) == 1;
		break;
	case READY_FILE: /* a path may lead to a file system that hangs */
	case READY_UNIX:
	case READY_EXEC:
		delegate_probe(rt, effect);
		return;
	case READY_NONE:
	case READY_DELAY:
	case READY_KIND_COUNT:
		ready = 1;
		break;
	}
	queue_answer(&rt->queue, EV_PROBED, effect, ready);
}

static void signal_descendant(void *arg, pid_t pid)
{
	(void)sigsend(pid, *(const int *)arg); /* it may be gone by now */
}

/* Gone: its exit is on the way; refused: its bound follows. Neither ends us. */
static void send_to_service(struct runtime *rt, uint32_t service, int signal)
{
	const struct service_spec *spec = spec_service(rt->spec, service);
	pid_t pid = rt->running[service].pid;
	int rc = sigsend(spec->signal_group ? -pid : pid, signal);
	struct voice_words words = { .pid = pid, .signal = signal };

	/* A child that has just been forked has yet to make its group: a signal must not fall into that gap. */
	if (rc == -ESRCH && spec->signal_group)
		rc = sigsend(pid, signal);
	words.error = -rc;
	if (rc == -ESRCH)
		voice_say(&rt->voice, SPEECH_PASS_GONE, words);
	else if (rc < 0)
		voice_say(&rt->voice, SPEECH_PASS_FAILED, words);
	voice_say(&rt->voice, SPEECH_PASSED, words);
}

static void do_kill(struct runtime *rt, const struct effect *effect)
{
	pid_t pid = rt->running[effect->service].pid;
	int signal = effect->value;

	if (pid <= 0)
		return;
	if (!effect->wide) {
		send_to_service(rt, effect->service, signal);
		return;
	}
	(void)procfs_descendants(pid, signal_descendant, &signal);
	(void)sigsend(-pid, signal);
	(void)sigsend(pid, signal);
}

static void do_clear(struct runtime *rt, const struct effect *effect)
{
	struct running *running = &rt->running[effect->service];

	if (running->clearing == 0)
		rt->clearing++;
	running->clearing = running->group;
	running->clearing_seq = effect->seq;
	(void)sigsend(-running->group, effect->value); /* mostly there is nobody */
	children_check_cleared(rt, effect->service);
}

static void do_farewell(struct runtime *rt, const struct effect *effect)
{
	pid_t group = rt->running[effect->service].group;

	if (group > 0 && spec_service(rt->spec, effect->service)->signal_group)
		(void)sigsend(-group, effect->value); /* mostly there is nobody */
	voice_say(&rt->voice, SPEECH_PASSED, (struct voice_words){ .signal = effect->value });
}

/* It is gone, or we had no room to ask: then we know less than where the kernel does not tell, and nothing is forced. */
static bool has_no_answer(int caught)
{
	return caught == -ESRCH || caught == -EMFILE || caught == -ENFILE || caught == -ENOMEM;
}

static void do_notify(struct runtime *rt, const struct effect *effect)
{
	pid_t pid = rt->running[effect->service].pid;
	int caught = pid > 0 ? procfs_catches(pid, effect->value) : -ESRCH;
	enum signal_answer answer = SIGNAL_GONE;

	if (caught == 0)
		answer = SIGNAL_NOT_CAUGHT;
	else if (caught < 0 && !has_no_answer(caught) && !effect->wide)
		answer = SIGNAL_UNKNOWN;
	else if (!has_no_answer(caught) && sigsend(pid, effect->value) == 0)
		answer = SIGNAL_SENT;
	queue_answer(&rt->queue, EV_SIGNALLED, effect, (int32_t)answer);
}

static void do_end_rest(struct runtime *rt, const struct effect *effect)
{
	int signal = effect->value;
	struct effect log = { .kind = FX_LOG,
			      .message = signal == SIGKILL ? MSG_REST_KILL
					 : signal == 0	   ? MSG_REST_WAIT
							   : MSG_REST_TERM,
			      .service = EFFECT_NO_INDEX,
			      .watch = EFFECT_NO_INDEX,
			      .value = signal,
			      .amount = rt->spec->linger_ms };

	rt->rest_wanted = true;
	rt->reap_state = reap_collect(&rt->reap);
	if (rt->reap_state == REAP_CHILDLESS) {
		queue_post(&rt->queue, (struct event){ .kind = EV_REST_GONE });
		return;
	}
	if (signal == SIGTERM || signal == SIGKILL || signal == 0) /* another one is only passed on */
		report_effect(&rt->report, &log, NULL, 0);
	if (signal == 0)
		return;
	/* Without /proc there is only kill(-1), which reaches processes that are not ours: PID 1 alone may do that. */
	if (procfs_descendants(sys_getpid(), signal_descendant, &signal) < 0 && sys_getpid() == 1)
		(void)sys_kill(-1, signal);
}

static void do_log(struct runtime *rt, const struct effect *effect)
{
	report_effect(&rt->report, effect, rt->result,
		      effect->service < rt->spec->service_count ? rt->running[effect->service].pid : 0);
}

static void do_exit(struct runtime *rt, const struct effect *effect)
{
	report_termination(&rt->report, effect->value);
	voice_say(&rt->voice, SPEECH_LEAVING, (struct voice_words){ .code = effect->value });
	sys_exit(effect->value);
}

void perform_effect(struct runtime *rt, const struct effect *effect)
{
	switch (effect->kind) {
	case FX_SPAWN:
		do_spawn(rt, effect);
		break;
	case FX_PROBE:
		do_probe(rt, effect);
		break;
	case FX_KILL:
		do_kill(rt, effect);
		break;
	case FX_CLEAR:
		do_clear(rt, effect);
		break;
	case FX_POST_STOP:
		delegate_post_stop(rt, effect);
		break;
	case FX_FAREWELL:
		do_farewell(rt, effect);
		break;
	case FX_DIGEST:
		delegate_digest(rt, effect);
		break;
	case FX_VALIDATE:
		delegate_validate(rt, effect);
		break;
	case FX_NOTIFY:
		do_notify(rt, effect);
		break;
	case FX_HOOK:
		delegate_hook(rt, effect);
		break;
	case FX_CANCEL:
		helpers_cancel(&rt->helpers, effect->service);
		break;
	case FX_END_REST:
		do_end_rest(rt, effect);
		break;
	case FX_LOG:
		do_log(rt, effect);
		break;
	case FX_EXIT:
		do_exit(rt, effect);
		break;
	case EFFECT_COUNT:
		break;
	}
}
