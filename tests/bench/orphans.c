/* SPDX-License-Identifier: MIT */
/*
 * orphans TOTAL BURSTS: as the child of PID 1, leave orphans to it.
 *   flow: TOTAL orphans that end at once, in waves of WAVE, never more than ALIVE_MAX made and not yet reaped
 *   burst: BURST orphans that wait, then are let go together; BURSTS times
 * Prints "flow wall_ns cpu_ns most_unreaped" and, for each burst, "burst wall_ns cpu_ns"; cpu is PID 1's own.
 * An orphan is reaped when its pid is gone, so pids must not come round: a run makes fewer than pid_max.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WAVE 100
#define ALIVE_MAX 400
#define BURST 400
#define TOTAL_MAX 20000

static pid_t *pids; /* shared, so that whoever makes an orphan can write its pid down */

static void die(const char *what)
{
	fprintf(stderr, "orphans: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* To the nanosecond, where utime and stime count ticks. */
static long long init_cpu_ns(void)
{
	FILE *file = fopen("/proc/1/schedstat", "re");
	long long ns = 0;

	if (file == NULL || fscanf(file, "%lld", &ns) != 1)
		die("/proc/1/schedstat");
	fclose(file);
	return ns;
}

static void wait_a_little(void)
{
	struct timespec little = { 0, 50000 };

	nanosleep(&little, NULL);
}

static int is_gone(pid_t pid)
{
	return kill(pid, 0) != 0 && errno == ESRCH;
}

/* In the parent that leaves them: count children, which end at once or when the gate is closed. */
static _Noreturn void leave(int first, int count, int gate)
{
	for (int n = 0; n < count; n++) {
		pid_t pid = fork();
		char unused;

		if (pid == 0)
			_exit(gate >= 0 && read(gate, &unused, 1) != 0);
		if (pid < 0)
			_exit(1);
		pids[first + n] = pid;
	}
	_exit(0);
}

static void make(int first, int count, const int gate[2])
{
	pid_t parent = fork();
	int status;

	if (parent == 0) {
		if (gate != NULL)
			close(gate[1]);
		leave(first, count, gate != NULL ? gate[0] : -1);
	}
	if (parent < 0 || waitpid(parent, &status, 0) != parent || status != 0)
		die("fork");
}

static void flow(int total)
{
	int64_t start_ns = now_ns();
	long long cpu_ns = init_cpu_ns();
	int made = 0, gone = 0, most = 0;

	while (gone < total) {
		int unreaped = 0;

		if (made < total && made - gone + WAVE <= ALIVE_MAX) {
			make(made, WAVE, NULL);
			made += WAVE;
		} else {
			wait_a_little();
		}
		for (int n = gone; n < made; n++)
			unreaped += !is_gone(pids[n]);
		while (gone < made && is_gone(pids[gone]))
			gone++;
		if (unreaped > most)
			most = unreaped;
	}
	printf("flow %lld %lld %d\n", (long long)(now_ns() - start_ns), init_cpu_ns() - cpu_ns, most);
}

static void burst(void)
{
	int64_t start_ns;
	long long cpu_ns;
	int gate[2];

	if (pipe2(gate, O_CLOEXEC) != 0)
		die("pipe");
	make(0, BURST, gate);
	close(gate[0]);
	wait_a_little();
	cpu_ns = init_cpu_ns();
	start_ns = now_ns();
	close(gate[1]);
	for (int n = 0; n < BURST; n++) {
		while (!is_gone(pids[n]))
			wait_a_little();
	}
	printf("burst %lld %lld\n", (long long)(now_ns() - start_ns), init_cpu_ns() - cpu_ns);
}

int main(int argc, char **argv)
{
	int total = argc == 3 ? atoi(argv[1]) : -1;

	if (total < 0 || total > TOTAL_MAX || total % WAVE != 0)
		return 2;
	if (getppid() != 1) {
		fprintf(stderr, "orphans: the parent is not PID 1\n");
		return 1;
	}
	pids = mmap(NULL, TOTAL_MAX * sizeof(*pids), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (pids == MAP_FAILED)
		die("mmap");
	flow(total);
	for (int n = 0; n < atoi(argv[2]); n++)
		burst();
	return 0;
}
