/* SPDX-License-Identifier: MIT */
#include "runtime/signals.h"

#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#include "runtime/sys.h"

/* All of the kernel's: sigfillset(3) leaves libc's own out. */
static void fill(sigset_t *set)
{
	memset(set, 0xff, sizeof(*set));
}

void signals_take_over(struct spawn_inherited *ret)
{
	struct sigaction action;
	sigset_t all;

	fill(&all);
	(void)sys_sigprocmask(SIG_SETMASK, &all, &ret->mask); /* fails for no valid argument */
	ret->sigchld_ignored = false;
	if (sys_sigaction(SIGCHLD, NULL, &action) < 0 || action.sa_handler != SIG_IGN)
		return;
	ret->sigchld_ignored = true;
	memset(&action, 0, sizeof(action));
	action.sa_handler = SIG_DFL;
	(void)sys_sigaction(SIGCHLD, &action, NULL);
}

int signals_open(void)
{
	sigset_t all;

	fill(&all);
	return sys_signalfd(&all);
}

/* PIPE, when nobody reads our log any more, or XFSZ: the kernel's answer to our own write is not for others. */
static bool is_our_own(int signal, int code, pid_t sender)
{
	return (signal == SIGPIPE || signal == SIGXFSZ) && code == SI_USER && sender == sys_getpid();
}

static void tell(int signal, int code, pid_t sender, signals_fn fn, void *arg)
{
	if (!is_our_own(signal, code, sender))
		fn(arg, signal, code == SI_KERNEL);
}

void signals_read(int fd, signals_fn fn, void *arg)
{
	struct signalfd_siginfo batch[SIGNALS_BATCH];
	ssize_t len = sys_read(fd, batch, sizeof(batch));

	for (ssize_t n = 0; n < len / (ssize_t)sizeof(batch[0]); n++)
		tell((int)batch[n].ssi_signo, batch[n].ssi_code, (pid_t)batch[n].ssi_pid, fn, arg);
}

void signals_wait(int64_t wait_ms, signals_fn fn, void *arg)
{
	siginfo_t info;
	sigset_t all;
	int signal;

	fill(&all);
	signal = sys_sigtimedwait(&all, &info, wait_ms);
	if (signal > 0)
		tell(signal, info.si_code, info.si_pid, fn, arg);
}
