/* SPDX-License-Identifier: MIT */
/*
 * launch ROUNDS SEED < FILE: start every line of FILE (words between tabs) as PID 1 of a new PID namespace,
 * ROUNDS times, in another random order in every round. Each line must run `stamp` in the end. Prints
 *   line round ns_until_the_child_runs ns_until_the_init_has_ended cpu_us page_faults wait_status
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LINES_MAX 64
#define WORDS_MAX 32

static char *commands[LINES_MAX][WORDS_MAX + 1];

static int64_t ns_of(struct timespec time)
{
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return ns_of(now);
}

static void die(const char *what)
{
	fprintf(stderr, "launch: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int read_commands(void)
{
	char *line = NULL;
	size_t size = 0;
	int count = 0;

	while (count < LINES_MAX && getline(&line, &size, stdin) > 0) {
		char *rest = strdup(line);

		rest[strcspn(rest, "\n")] = '\0';
		for (int word = 0; word < WORDS_MAX && rest != NULL; word++)
			commands[count][word] = strsep(&rest, "\t");
		count++;
	}
	free(line);
	return count;
}

static void shuffle(int *order, int count)
{
	for (int n = count - 1; n > 0; n--) {
		int other = rand() % (n + 1), kept = order[n];

		order[n] = order[other];
		order[other] = kept;
	}
}

static _Noreturn void run(char **argv, int out)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(out, 1);
	execv(argv[0], argv);
	_exit(127);
}

static void measure(int line, int round, int out[2])
{
	struct timespec stamp;
	struct rusage usage;
	int64_t start_ns, end_ns;
	pid_t pid;
	int status;

	start_ns = now_ns();
	pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		run(commands[line], out[1]);
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
		die("clone or wait");
	end_ns = now_ns();
	if (read(out[0], &stamp, sizeof(stamp)) != sizeof(stamp)) {
		fprintf(stderr, "launch: %s: its child did not run\n", commands[line][0]);
		exit(1);
	}
	printf("%d %d %lld %lld %ld %ld %d\n", line, round, (long long)(ns_of(stamp) - start_ns),
	       (long long)(end_ns - start_ns),
	       (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000L + usage.ru_utime.tv_usec +
		       usage.ru_stime.tv_usec,
	       usage.ru_minflt, status);
}

int main(int argc, char **argv)
{
	int order[LINES_MAX], out[2], count;

	if (argc != 3)
		return 2;
	srand((unsigned int)atoi(argv[2]));
	count = read_commands();
	if (pipe2(out, O_CLOEXEC | O_NONBLOCK) != 0)
		die("pipe");
	for (int n = 0; n < count; n++)
		order[n] = n;
	for (int round = 0; round < atoi(argv[1]); round++) {
		shuffle(order, count);
		for (int n = 0; n < count; n++)
			measure(order[n], round, out);
	}
	return 0;
}
