/* SPDX-License-Identifier: MIT */
/*
 * The least code that is an init: start the command, pass signals on, reap, end with its code. It is a yardstick and no
 * product: it handles no error.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int code_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void reap(pid_t command)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == command)
			_exit(code_of(status));
	}
}

int main(int argc, char **argv)
{
	sigset_t all, before;
	pid_t command;

	if (argc < 2)
		return 2;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	command = fork();
	if (command == 0) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	for (;;) {
		int signal = sigwaitinfo(&all, NULL);

		if (signal == SIGCHLD)
			reap(command);
		else if (signal > 0)
			kill(command, signal);
	}
}
