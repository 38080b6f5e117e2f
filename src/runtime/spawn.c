/* SPDX-License-Identifier: MIT */
#include "runtime/spawn.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/line.h"
#include "runtime/sys.h"

extern char **environ;

/* The child's own last words, in the format of the log. It may block on a full pipe: it is not PID 1. */
static void complain(const struct spawn_params *params, const char *stage, int error)
{
	struct line line;

	line_begin(&line, params->json ? LINE_JSON : LINE_LOGFMT, LINE_ERROR, sys_wall_ms(), "cannot run command");
	line_str(&line, "event", "EXEC_FAILED");
	line_str(&line, "service", params->name);
	line_str(&line, "command", params->argv[0]);
	line_str(&line, "stage", stage);
	line_str(&line, "error", strerror(error));
	line_end(&line);
	(void)sys_write(2, line.buf, line.len); /* there is no other place to tell it */
}

static void fail(const struct spawn_params *params, const char *stage, int error, int code)
{
	complain(params, stage, error);
	sys_exit(code);
}

/*
 * The terminal's foreground goes to the command, as in tini: same session, own process group. TTOU is still
 * blocked, so a background group may do it. No terminal, a closed stdin or one that belongs to another session is no fault.
 */
static void take_foreground(void)
{
	if (sys_setpgid(0, 0) == 0 && sys_isatty(0) == 1)
		(void)sys_tcsetpgrp(0, sys_getpid());
}

static void restore_signals(const struct spawn_inherited *inherited)
{
	if (inherited->sigchld_ignored) {
		struct sigaction action;

		memset(&action, 0, sizeof(action));
		action.sa_handler = SIG_IGN;
		(void)sys_sigaction(SIGCHLD, &action, NULL);
	}
	(void)sys_sigprocmask(SIG_SETMASK, &inherited->mask, NULL);
}

static void redirect_output(const struct spawn_params *params)
{
	if (params->output_fd < 0)
		return;
	/* dup2 clears O_CLOEXEC, also where it has nothing to copy only if the numbers differ: they do, it is ≥ 3. */
	if (dup2(params->output_fd, 1) < 0 || dup2(params->output_fd, 2) < 0)
		fail(params, "output", errno, SPAWN_EXIT_SETUP);
}

void spawn_exec(const struct spawn_params *params, const struct spawn_inherited *inherited)
{
	char *const *envp = params->envp != NULL ? params->envp : environ;
	int error;

	if (params->session)
		(void)sys_setsid(); /* fails only for a group leader, which a fresh child is not */
	else if (params->foreground)
		take_foreground();
	redirect_output(params);
#ifdef SYS_close_range
	if (params->close_others)
		(void)syscall(SYS_close_range, 3u, ~0u, 0u); /* Linux 5.9; ours are O_CLOEXEC anyway */
#endif
	restore_signals(inherited);
	execvpe(params->argv[0], params->argv, envp);
	error = errno;
	fail(params, "exec", error,
	     error == ENOENT || error == ENOTDIR ? SPAWN_EXIT_NOT_FOUND : SPAWN_EXIT_NOT_RUN);
	__builtin_unreachable();
}

pid_t spawn_child(const struct spawn_params *params, const struct spawn_inherited *inherited)
{
	pid_t pid = sys_fork();

	if (pid == 0)
		spawn_exec(params, inherited);
	return pid;
}
