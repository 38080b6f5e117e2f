/* SPDX-License-Identifier: MIT */
#include "runtime/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/line.h"
#include "base/str.h"
#include "runtime/fds.h"
#include "runtime/rights.h"
#include "runtime/sys.h"
#include "runtime/voice.h"

extern char **environ;

/* A command of ours: what it says becomes part of a log line, which is no place for another one. */
static void complain_plainly(const char *what, int error)
{
	char text[512];
	int len = snprintf(text, sizeof(text), "cannot run '%.400s': %s\n", what, strerror(error));

	(void)sys_write(2, text, (size_t)len);
}

/* The child's own last words. It may block on a full pipe: it is not PID 1. */
static void complain(const struct spawn_params *params, const char *what, const char *stage, int error)
{
	struct line line;

	if (params->service == NULL) {
		complain_plainly(what, error);
		return;
	}
	line_begin(&line, params->json ? LINE_JSON : LINE_LOGFMT, LINE_ERROR, sys_wall_ms(), "cannot run command");
	line_str(&line, "event", "EXEC_FAILED");
	line_str(&line, "service", params->name);
	line_str(&line, "command", what);
	line_str(&line, "stage", stage);
	line_str(&line, "error", strerror(error));
	line_end(&line);
	(void)sys_write(2, line.buf, line.len); /* there is no other place to tell it */
}

/* In somebody else's words, if the spec has them. */
static void say(const struct spawn_params *params, enum speech what, int error)
{
	struct voice voice;

	if (params->service == NULL || params->spec->speech[what] == 0)
		return;
	voice_init(&voice, params->spec, 1, 2);
	voice_say(&voice, what, (struct voice_words){ .command = params->argv[0], .error = error });
}

static void fail(const struct spawn_params *params, const char *stage, int error, int code)
{
	complain(params, params->argv[0], stage, error);
	sys_exit(code);
}

static void fail_exec(const struct spawn_params *params, int error)
{
	const struct service_spec *service = params->service;
	bool missing = error == ENOENT || error == ENOTDIR;

	if (service != NULL && params->spec->speech[SPEECH_NOT_RUN] != 0)
		say(params, SPEECH_NOT_RUN, error);
	else
		complain(params, params->argv[0], "exec", error);
	if (service == NULL)
		sys_exit(missing ? SPAWN_EXIT_NOT_FOUND : SPAWN_EXIT_NOT_RUN);
	sys_exit(missing ? service->code_not_found : error == EACCES ? service->code_no_access : service->code_not_run);
}

/*
 * The terminal's foreground goes to the command: same session, own process group. TTOU is still blocked, so a
 * background group may do it. No terminal, a closed stdin or one that belongs to another session is no fault.
 */
static void take_foreground(const struct spawn_params *params)
{
	int fd = 0, named = -1;

	if (sys_setpgid(0, 0) < 0)
		return;
	if (params->service != NULL && params->spec->tty_by_name) {
		named = sys_open("/dev/tty", O_RDWR, 0);
		fd = named >= 0 ? named : 0;
	}
	if (sys_isatty(fd) == 1)
		(void)sys_tcsetpgrp(fd, sys_getpid());
	if (named >= 0)
		(void)sys_close(named);
}

static void take_standing(const struct spawn_params *params)
{
	int rc;

	switch (params->standing) {
	case STANDING_SESSION:
		(void)sys_setsid(); /* fails only for a group leader, which a fresh child is not */
		break;
	case STANDING_FOREGROUND:
		take_foreground(params);
		break;
	case STANDING_TERMINAL:
		(void)sys_setsid();
		rc = sys_take_tty(0);
		if (rc < 0)
			say(params, SPEECH_TTY_NOT_TAKEN, -rc);
		say(params, SPEECH_SESSION_MADE, 0);
		break;
	case STANDING_SAME:
	case STANDING_COUNT:
		break;
	}
}

static bool wants_clean_signals(const struct spawn_params *params)
{
	return params->service != NULL && params->spec->clean_signals;
}

static void restore_mask(const struct spawn_params *params, const struct spawn_inherited *inherited)
{
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sys_sigprocmask(SIG_SETMASK, wants_clean_signals(params) ? &none : &inherited->mask, NULL);
}

static void set_disposition(int signal, void (*handler)(int))
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = handler;
	(void)sys_sigaction(signal, &action, NULL); /* KILL, STOP and libc's own are refused */
}

/* Last of all: a pre-start command is waited for, which needs SIGCHLD as it is. */
static void restore_dispositions(const struct spawn_params *params, const struct spawn_inherited *inherited)
{
	if (wants_clean_signals(params)) {
		for (int signal = 1; signal < (int)SPEC_SIGNALS; signal++)
			set_disposition(signal, SIG_DFL);
	} else if (inherited->sigchld_ignored) {
		set_disposition(SIGCHLD, SIG_IGN);
	}
}

static void redirect_output(const struct spawn_params *params)
{
	if (params->output_fd < 0)
		return;
	/* dup2 clears O_CLOEXEC, also where it has nothing to copy only if the numbers differ: they do, it is ≥ 3. */
	if (dup2(params->output_fd, 1) < 0 || dup2(params->output_fd, 2) < 0)
		fail(params, "output", errno, SPAWN_EXIT_SETUP);
}

/* Sockets that were handed to us are the command's: sd_listen_fds(3) compares this with its own pid. */
static void pass_listen_pid(void)
{
	const char *text = getenv("LISTEN_PID");
	char own[16];
	int64_t pid;

	if (text == NULL || str_int(text, 1, INT32_MAX, &pid) < 0 || pid != sys_getppid())
		return;
	(void)snprintf(own, sizeof(own), "%d", (int)sys_getpid());
	(void)setenv("LISTEN_PID", own, 1); /* without memory it stays as it was */
}

/* The words of a list as an argument vector. The process is about to become another: nothing is freed. */
static char **words_of(const struct spec *spec, struct spec_list list)
{
	char **argv = calloc(list.count + 1, sizeof(*argv));

	for (uint32_t n = 0; argv != NULL && n < list.count; n++)
		argv[n] = (char *)(uintptr_t)spec_str(spec, spec_word(spec, list, n));
	return argv;
}

/*
 * Run the pre-start command to its end, with our own rights: it is there to prepare what the service may not. A signal
 * ends this process meanwhile, as it would end any that has not installed a handler.
 */
static void run_pre_start(const struct spawn_params *params)
{
	char **argv = words_of(params->spec, params->service->pre_start);
	int status = 0;
	pid_t pid;

	if (argv == NULL)
		fail(params, "pre-start", ENOMEM, SPAWN_EXIT_SETUP);
	pid = fork();
	if (pid < 0)
		fail(params, "pre-start", errno, SPAWN_EXIT_SETUP);
	if (pid == 0) {
		execvp(argv[0], argv);
		complain(params, argv[0], "pre-start", errno);
		sys_exit(errno == ENOENT || errno == ENOTDIR ? SPAWN_EXIT_NOT_FOUND : SPAWN_EXIT_NOT_RUN);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		sys_exit(128 + WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		sys_exit(WEXITSTATUS(status));
}

static void set_up_service(const struct spawn_params *params)
{
	const char *stage = "";
	int rc;

	if (params->service->workdir != 0 && chdir(spec_str(params->spec, params->service->workdir)) < 0)
		fail(params, "workdir", errno, SPAWN_EXIT_SETUP);
	if (params->service->has_umask)
		(void)umask((mode_t)params->service->umask);
	if (params->service->pre_start.count > 0)
		run_pre_start(params);
	rc = rights_take(params->spec, params->service, &stage);
	if (rc < 0)
		fail(params, stage, -rc, SPAWN_EXIT_SETUP);
}

/* Where PATH has name; execvpe(3) has found it there a moment ago. */
static const char *find_in_path(const char *name, char *buf, size_t size)
{
	const char *at = getenv("PATH");

	if (strchr(name, '/') != NULL)
		return name;
	if (at == NULL)
		at = "/usr/local/bin:/bin:/usr/bin"; /* as musl has it */
	while (at != NULL) {
		int len = (int)strcspn(at, ":");

		(void)snprintf(buf, size, "%.*s%s%s", len, at, len > 0 ? "/" : "", name);
		if (access(buf, X_OK) == 0)
			return buf;
		at = at[len] == ':' ? at + len + 1 : NULL;
	}
	return name;
}

/* A file without "#!" is a script of the shell's. glibc's execvp(3) sees to that itself, musl's leaves it to us. */
static void exec_script(const struct spawn_params *params, char *const *envp)
{
	char path[4096];
	size_t count = 0;
	char **argv;

	while (params->argv[count] != NULL)
		count++;
	argv = calloc(count + 2, sizeof(*argv));
	if (argv == NULL)
		return;
	argv[0] = (char *)(uintptr_t) "/bin/sh";
	argv[1] = (char *)(uintptr_t)find_in_path(params->argv[0], path, sizeof(path));
	for (size_t n = 1; n < count; n++)
		argv[n + 1] = params->argv[n];
	(void)execve(argv[0], argv, envp);
	errno = ENOEXEC; /* there is no shell: then it is still the file that cannot be run */
}

void spawn_exec(const struct spawn_params *params, const struct spawn_inherited *inherited)
{
	char *const *envp;

	if (params->dir_fd >= 0)
		(void)sys_fchdir(params->dir_fd);
	take_standing(params);
	redirect_output(params);
	if (!params->close_others)
		pass_listen_pid();
	else if (sys_close_range(3, ~0u) < 0)
		fds_close_inherited(); /* an older kernel, or a filter; ours are O_CLOEXEC anyway */
	restore_mask(params, inherited);
	if (params->service != NULL)
		set_up_service(params);
	restore_dispositions(params, inherited);
	envp = params->envp != NULL ? params->envp : environ; /* after all that may have changed it */
	execvpe(params->argv[0], params->argv, envp);
	if (errno == ENOEXEC)
		exec_script(params, envp);
	fail_exec(params, errno);
	__builtin_unreachable();
}

pid_t spawn_child(const struct spawn_params *params, const struct spawn_inherited *inherited)
{
	pid_t pid = sys_fork();

	if (pid == 0)
		spawn_exec(params, inherited);
	return pid;
}
