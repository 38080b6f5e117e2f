/* SPDX-License-Identifier: MIT */
/*
 * Sentences that an init is known for, as data: whoever wants the program to speak like another one fills them in, and
 * the runtime says them without knowing whose they are. None is filled in for reinit itself, whose words are log lines.
 *
 * A sentence is "1" or "2" (the descriptor) and the text, with {self} our pid, {pid}, {signal} a number,
 * {signame} as strsignal(3), {to} the signal it became, {code}, {command}, {error} as strerror(3), {errno}.
 */
#ifndef REINIT_MODEL_SPEECH_H
#define REINIT_MODEL_SPEECH_H

#define SPEECH_LIST(X) \
	X(NOT_REAPER)	 /* neither PID 1 nor a reaper of orphans */ \
	X(SPAWNED)	 /* pid, command */ \
	X(NO_FORK)	 /* error */ \
	X(NOT_RUN)	 /* command, error: said by the child */ \
	X(SIGNAL_CAME)	 /* signal: any, SIGCHLD included */ \
	X(CHLD_CAME)	 /* SIGCHLD */ \
	X(PASSING)	 /* signal, signame: before it is passed on; not for one that is dropped */ \
	X(REWRITTEN)	 /* signal, to */ \
	X(PASSED)	 /* signal: as it was sent */ \
	X(DROPPED)	 /* signal: as it would have been sent, thus 0 */ \
	X(PASS_GONE)	 /* the command was gone when a signal was passed on */ \
	X(PASS_FAILED)	 /* signal, pid, error */ \
	X(SUSPENDING)	 /* we stop ourselves */ \
	X(TTY_LEADER)	 /* gave up the terminal as leader of its session */ \
	X(TTY_NO_LEADER) /* gave up the terminal, another one is leader */ \
	X(TTY_NOT_GIVEN) /* error: had none to give up */ \
	X(TTY_SIGNAL)	 /* signal: came from giving up the terminal, and is not passed on */ \
	X(TTY_NOT_TAKEN) /* error: said by the child */ \
	X(SESSION_MADE)	 /* said by the child */ \
	X(REAPED)	 /* pid: any child */ \
	X(REAPED_EXITED) /* pid, code: any child */ \
	X(REAPED_KILLED) /* pid, signal: any child */ \
	X(ORPHAN)	 /* pid: a child that was not the main process */ \
	X(MAIN_EXITED)	 /* code */ \
	X(MAIN_KILLED)	 /* signal, signame */ \
	X(LEAVING)	 /* code: as the main process gave it */

#define X(id) SPEECH_##id,
enum speech { SPEECH_LIST(X) SPEECH_COUNT };
#undef X

#endif
