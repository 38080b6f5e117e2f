/* SPDX-License-Identifier: MIT */
/*
 * subject FILE WORD...: write what an init has given to this process into FILE, as "key value" lines that know no
 * number of a process, then do the words in turn:
 *   child=FILE   start a child that catches into FILE (as below) and, at the end, is not waited for
 *   orphan       start a process that loses its parent, tells whose it is then, and ends
 *   stop         stop by SIGSTOP, then write "went on"
 *   exit=N die=N end with code N, or by signal N
 *   catch        write "ready", then the number of every signal, libc's 32 and 33 too; TERM ends it with 0
 * Raw system calls, for libc keeps signals 32 and 33 to itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FDS 64

static const uint64_t all = ~(uint64_t)0;

static void block(void)
{
	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all));
}

static int open_log(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	if (fd < 0)
		_exit(98);
	return fd;
}

static void tell_signals(int out)
{
	char line[256];
	FILE *status = fopen("/proc/self/status", "r");

	while (status != NULL && fgets(line, sizeof(line), status) != NULL) {
		if (strncmp(line, "SigBlk", 6) == 0 || strncmp(line, "SigIgn", 6) == 0 ||
		    strncmp(line, "SigCgt", 6) == 0)
			dprintf(out, "%.6s %s", line, line + 8);
	}
	if (status != NULL)
		(void)fclose(status);
}

static void tell_words(int out, int argc, char **argv)
{
	for (int n = 1; n < argc; n++) {
		dprintf(out, "word ");
		for (const char *at = argv[n]; *at != '\0'; at++)
			dprintf(out, "%02x", (unsigned char)*at);
		dprintf(out, "\n");
	}
}

static void tell(int out, int argc, char **argv, const int flags[FDS])
{
	const char *listen_pid = getenv("LISTEN_PID");
	char cwd[4096];

	tell_words(out, argc, argv);
	for (int fd = 0; fd < FDS; fd++) {
		if (flags[fd] >= 0)
			dprintf(out, "fd%d open\n", fd);
	}
	tell_signals(out);
	dprintf(out, "group %s\n",
		getpgrp() == getpid()		  ? "own"
		: getpgrp() == getpgid(getppid()) ? "init's"
						  : "another");
	dprintf(out, "session %s\n",
		getsid(0) == getpid()		 ? "own"
		: getsid(0) == getsid(getppid()) ? "init's"
						 : "another");
	dprintf(out, "foreground %s\n", tcgetpgrp(0) < 0 ? "no terminal" : tcgetpgrp(0) == getpgrp() ? "yes" : "no");
	dprintf(out, "cwd %s\n", getcwd(cwd, sizeof(cwd)) == NULL ? "?" : cwd);
	if (listen_pid != NULL)
		dprintf(out, "LISTEN_PID %s\n",
			atoi(listen_pid) == getpid()	? "command"
			: atoi(listen_pid) == getppid() ? "init"
							: "another");
}

static void get_ready(int out)
{
	block();
	dprintf(out, "ready\n");
}

static void catch (int out)
{
	int number = 0;

	while (number != SIGTERM) {
		number = (int)syscall(SYS_rt_sigtimedwait, &all, NULL, NULL, sizeof(all));
		if (number > 0)
			dprintf(out, "%d\n", number);
	}
}

static void start_child(const char *path)
{
	int ready[2];
	char byte;

	if (pipe(ready) < 0)
		_exit(97);
	if (fork() == 0) {
		int out = open_log(path);

		dprintf(out, "pid %d\n", (int)getpid());
		get_ready(out);
		(void)close(ready[0]);
		(void)close(ready[1]);
		catch (out);
		_exit(0);
	}
	(void)close(ready[1]);
	(void)!read(ready[0], &byte, 1); /* its end: the child is ready */
	(void)close(ready[0]);
}

/* Whose is it, once its parent has gone? The answer comes before its end, and the pipe's end after that. */
static void make_orphan(int out)
{
	int gone[2];
	pid_t init = getppid(), middle;
	char byte;

	if (pipe(gone) < 0)
		_exit(97);
	middle = fork();
	if (middle == 0) {
		pid_t self = getpid();

		if (fork() > 0)
			_exit(0);
		while (getppid() == self)
			(void)usleep(1000);
		dprintf(out, "orphan %s\n", getppid() == init ? "init's" : "another's");
		_exit(7);
	}
	(void)close(gone[1]);
	while (waitpid(middle, NULL, 0) < 0 && errno == EINTR)
		;
	while (read(gone[0], &byte, 1) > 0)
		;
	(void)close(gone[0]);
}

static void die(int number)
{
	const struct rlimit no_core = { 0, 0 };
	const uint64_t none = 0;
	struct {
		uintptr_t handler;
		unsigned long flags;
		uintptr_t restorer;
		uint64_t mask;
	} action = { 0 };

	(void)setrlimit(RLIMIT_CORE, &no_core);
	(void)syscall(SYS_rt_sigaction, number, &action, NULL, sizeof(action.mask));
	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none));
	(void)kill(getpid(), number);
	_exit(96);
}

int main(int argc, char **argv)
{
	int flags[FDS], out;

	for (int fd = 0; fd < FDS; fd++)
		flags[fd] = fcntl(fd, F_GETFL);
	out = argc < 2 ? -1 : open_log(argv[1]);
	if (out >= 0 && out < FDS) { /* away from those that init gave or did not give */
		int high = fcntl(out, F_DUPFD_CLOEXEC, FDS);

		(void)close(out);
		out = high;
	}
	tell(out, argc, argv, flags);
	for (int n = 2; n < argc; n++) {
		const char *value = strchr(argv[n], '=');

		if (strncmp(argv[n], "child=", 6) == 0) {
			start_child(value + 1);
		} else if (strcmp(argv[n], "orphan") == 0) {
			make_orphan(out);
		} else if (strcmp(argv[n], "stop") == 0) {
			(void)kill(getpid(), SIGSTOP);
			dprintf(out, "went on\n");
		} else if (strncmp(argv[n], "exit=", 5) == 0) {
			return atoi(value + 1);
		} else if (strncmp(argv[n], "die=", 4) == 0) {
			die(atoi(value + 1));
		} else if (strcmp(argv[n], "catch") == 0) {
			get_ready(out);
			catch (out);
			return 0;
		}
	}
	return 0;
}
