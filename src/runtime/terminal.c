/* SPDX-License-Identifier: MIT */
#include "runtime/terminal.h"

#include <signal.h>

#include "runtime/sigsend.h"
#include "runtime/sys.h"

void terminal_give_up(struct runtime *rt)
{
	int rc = sys_give_up_tty(0);

	if (rc < 0) {
		voice_say(&rt->voice, SPEECH_TTY_NOT_GIVEN, (struct voice_words){ .error = -rc });
	} else if (sys_getsid() == sys_getpid()) {
		/* The leader of the session gets HUP and CONT for it. */
		voice_say(&rt->voice, SPEECH_TTY_LEADER, (struct voice_words){ 0 });
		rt->skipped = 1ull << (SIGHUP - 1) | 1ull << (SIGCONT - 1);
	} else {
		voice_say(&rt->voice, SPEECH_TTY_NO_LEADER, (struct voice_words){ 0 });
	}
}

bool terminal_sent(struct runtime *rt, int signal, bool by_kernel)
{
	uint64_t bit = 1ull << (signal - 1);

	if (by_kernel && (signal == SIGTTIN || signal == SIGTTOU) && !rt->spec->suspends)
		return true;
	if ((rt->skipped & bit) == 0)
		return false;
	rt->skipped &= ~bit;
	voice_say(&rt->voice, SPEECH_TTY_SIGNAL, (struct voice_words){ .signal = signal });
	return true;
}

void terminal_job_stopped(void *arg, enum reap_role role, uint32_t index)
{
	struct runtime *rt = arg;

	if (role != REAP_SERVICE || spec_service(rt->spec, index)->standing != STANDING_FOREGROUND)
		return;
	rt->job_stopped = true;
	(void)sys_kill(sys_getpid(), SIGSTOP);
}

void terminal_job_resumed(struct runtime *rt)
{
	if (rt->reap.stopped_fn == NULL)
		return; /* then our commands' stops are not our business either */
	for (uint32_t s = 0; s < rt->spec->service_count; s++) {
		pid_t pid = rt->running[s].pid;

		if (pid == 0 || spec_service(rt->spec, s)->standing != STANDING_FOREGROUND)
			continue;
		if (sys_tcgetpgrp(0) == sys_getpgrp())
			(void)sys_tcsetpgrp(0, pid);
		/* A job that runs gets its CONT as any other signal, and not a second one. */
		if (rt->job_stopped)
			(void)sigsend(-pid, SIGCONT);
	}
	rt->job_stopped = false;
}

void terminal_suspend(struct runtime *rt, int signal)
{
	if (!rt->spec->suspends || (signal != SIGTSTP && signal != SIGTTIN && signal != SIGTTOU))
		return;
	voice_say(&rt->voice, SPEECH_SUSPENDING, (struct voice_words){ 0 });
	(void)sys_kill(sys_getpid(), SIGSTOP);
}
