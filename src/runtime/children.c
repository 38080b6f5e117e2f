/* SPDX-License-Identifier: MIT */
#include "runtime/children.h"

#include <errno.h>
#include <sys/wait.h>

#include "runtime/sys.h"

void children_say(void *arg, bool known, pid_t pid, int status)
{
	struct runtime *rt = arg;
	struct voice_words words = { .pid = pid };

	voice_say(&rt->voice, SPEECH_REAPED, words);
	if (WIFEXITED(status)) {
		words.code = WEXITSTATUS(status);
		voice_say(&rt->voice, SPEECH_REAPED_EXITED, words);
	} else {
		words.signal = WTERMSIG(status);
		voice_say(&rt->voice, SPEECH_REAPED_KILLED, words);
	}
	if (!known)
		voice_say(&rt->voice, SPEECH_ORPHAN, words);
}

static void say_end(struct runtime *rt, int status)
{
	if (WIFEXITED(status))
		voice_say(&rt->voice, SPEECH_MAIN_EXITED, (struct voice_words){ .code = WEXITSTATUS(status) });
	else
		voice_say(&rt->voice, SPEECH_MAIN_KILLED, (struct voice_words){ .signal = WTERMSIG(status) });
}

void children_exited(struct runtime *rt, uint32_t service, uint32_t seq, pid_t pid, int status)
{
	if (rt->running[service].pid == pid)
		rt->running[service].pid = 0;
	say_end(rt, status);
	queue_post(&rt->queue, (struct event){ .kind = EV_EXITED, .service = service, .seq = seq, .value = status });
}

void children_check_cleared(struct runtime *rt, uint32_t service)
{
	struct running *running = &rt->running[service];

	if (running->clearing == 0 || sys_kill(-running->clearing, 0) != -ESRCH)
		return;
	running->clearing = 0;
	rt->clearing--;
	queue_post(&rt->queue, (struct event){ .kind = EV_CLEARED, .service = service, .seq = running->clearing_seq });
}
