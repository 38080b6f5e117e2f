/* SPDX-License-Identifier: MIT */
/*
 * sigtimes catch FILE: count SIGUSR1 and SIGRTMIN+1 in FILE (shared memory), with the time of the last SIGUSR1.
 * sigtimes send SEED SAMPLES BURST PID FILE [PID FILE]...: send SIGUSR1 to every PID once in each round, in another
 * random order in every round, and print "target ns", or "target -1" when none came within a second. Then BURST
 * realtime signals back to back to each: "burst target how_many_came".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define TARGETS_MAX 32
#define LOST_NS 1000000000

struct board {
	_Atomic int ready, usr1, realtime;
	_Atomic int64_t at_ns;
};

static struct board *board; /* of the catcher */

static void die(const char *what)
{
	fprintf(stderr, "sigtimes: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void sleep_us(long us)
{
	struct timespec time = { us / 1000000, us % 1000000 * 1000 };

	nanosleep(&time, NULL);
}

static struct board *open_board(const char *file)
{
	int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct board *opened;

	if (fd < 0 || ftruncate(fd, sizeof(*opened)) != 0)
		die(file);
	opened = mmap(NULL, sizeof(*opened), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (opened == MAP_FAILED)
		die(file);
	close(fd);
	return opened;
}

static void came(int signal)
{
	if (signal != SIGUSR1) {
		board->realtime++;
		return;
	}
	board->at_ns = now_ns();
	board->usr1++;
}

static _Noreturn void catch_signals(const char *file)
{
	struct sigaction action = { .sa_handler = came };

	board = open_board(file);
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGRTMIN + 1, &action, NULL);
	board->ready = 1;
	for (;;)
		pause();
}

static void sample(int target, pid_t pid, struct board *seen)
{
	int before = seen->usr1;
	int64_t start_ns = now_ns();

	if (kill(pid, SIGUSR1) != 0)
		die("kill");
	/* The sender sleeps meanwhile: it must not hold a processor that the init or the child wants. */
	do
		sleep_us(200 + rand() % 400);
	while (seen->usr1 == before && now_ns() - start_ns < LOST_NS);
	printf("%d %lld\n", target, seen->usr1 == before ? -1ll : (long long)(seen->at_ns - start_ns));
}

static void burst(int target, pid_t pid, struct board *seen, int count)
{
	int came_before = -1;

	for (int n = 0; n < count; n++) {
		if (kill(pid, SIGRTMIN + 1) != 0)
			die("kill");
	}
	while (seen->realtime < count && seen->realtime != came_before) {
		came_before = seen->realtime;
		sleep_us(200000);
	}
	printf("burst %d %d\n", target, seen->realtime);
}

static int send_signals(int argc, char **argv)
{
	struct board *boards[TARGETS_MAX];
	pid_t pids[TARGETS_MAX];
	int order[TARGETS_MAX], count = 0;

	srand((unsigned int)atoi(argv[0]));
	for (int n = 3; n + 1 < argc && count < TARGETS_MAX; n += 2, count++) {
		pids[count] = (pid_t)atol(argv[n]);
		boards[count] = open_board(argv[n + 1]);
		order[count] = count;
	}
	for (int round = 0; round < atoi(argv[1]); round++) {
		for (int n = count - 1; n > 0; n--) {
			int other = rand() % (n + 1), kept = order[n];

			order[n] = order[other];
			order[other] = kept;
		}
		for (int n = 0; n < count; n++)
			sample(order[n], pids[order[n]], boards[order[n]]);
	}
	for (int n = 0; n < count; n++)
		burst(n, pids[n], boards[n], atoi(argv[2]));
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "catch") == 0)
		catch_signals(argv[2]); /* ends only by a signal */
	if (argc >= 7 && strcmp(argv[1], "send") == 0)
		return send_signals(argc - 2, argv + 2);
	return 2;
}
