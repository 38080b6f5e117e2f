/* SPDX-License-Identifier: MIT */
/*
 * with WORD... -- COMMAND [ARG...]: change what a process hands on, then
 * execute COMMAND. block=N, ignore=N: a signal; pend=N: let it wait for
 * COMMAND, blocked; close=FD: a descriptor; die=N: end by signal N instead. Raw
 * system calls, for libc keeps signals 32 and 33 to itself.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

struct kernel_action {
	uintptr_t handler;
	unsigned long flags;
	uintptr_t restorer;
	uint64_t mask;
};

static void mask(int how, uint64_t set)
{
	if (syscall(SYS_rt_sigprocmask, how, &set, NULL, sizeof(set)) < 0)
		perror("with: rt_sigprocmask");
}

static void dispose(int number, uintptr_t handler)
{
	struct kernel_action action = { .handler = handler };

	(void)syscall(SYS_rt_sigaction, number, &action, NULL, sizeof(action.mask)); /* KILL and STOP: as they are */
}

static void die(int number)
{
	const struct rlimit no_core = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &no_core);
	dispose(number, (uintptr_t)SIG_DFL);
	mask(SIG_SETMASK, 0);
	(void)kill(getpid(), number);
	exit(99);
}

static void change(const char *word, int number)
{
	if (strncmp(word, "block=", 6) == 0 || strncmp(word, "pend=", 5) == 0)
		mask(SIG_BLOCK, 1ull << (number - 1));
	if (strncmp(word, "pend=", 5) == 0)
		(void)kill(getpid(), number);
	if (strncmp(word, "ignore=", 7) == 0)
		dispose(number, (uintptr_t)SIG_IGN);
	if (strncmp(word, "close=", 6) == 0)
		(void)close(number);
	if (strncmp(word, "die=", 4) == 0)
		die(number);
}

int main(int argc, char **argv)
{
	int at = 1;

	for (; at < argc && strcmp(argv[at], "--") != 0; at++) {
		const char *value = strchr(argv[at], '=');

		if (value == NULL)
			return 99;
		change(argv[at], atoi(value + 1));
	}
	if (at + 1 >= argc)
		return 99;
	execvp(argv[at + 1], argv + at + 1);
	return 99;
}
