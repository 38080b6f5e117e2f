/* SPDX-License-Identifier: MIT */
/*
 * The parts around a watched directory; one clock, and no interpreter between an event and its stamp.
 *   updates make SEED ROUNDS GAP_US FIRST DIR...  update every DIR as the kubelet does, once in each round, in another
 *                                                 random order in every round; the content is a version, FIRST
 *                                                 and up. Prints "dir version rename_ns end_ns".
 *   updates receive DIR FILE                      for each SIGHUP append "ns version" to FILE
 *   updates watch DIR PID rename|end              the least that does the job: inotify, then kill(PID, SIGHUP)
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DIRS_MAX 32

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void die(const char *what)
{
	fprintf(stderr, "updates: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* A new timestamp directory with the one file; stamp gets its name. */
static void write_version(int dir, long version, char stamp[64])
{
	char path[96], text[32];
	int fd, len = snprintf(text, sizeof(text), "%ld\n", version);

	snprintf(stamp, 64, "..2026_01_01_00_00_00.%ld", version);
	snprintf(path, sizeof(path), "%s/version", stamp);
	if (mkdirat(dir, stamp, 0755) != 0 || fchmodat(dir, stamp, 0755, 0) != 0)
		die(stamp);
	fd = openat(dir, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text, (size_t)len) != len || fchmod(fd, 0644) != 0 || close(fd) != 0)
		die(path);
}

/* The steps in the order of Kubernetes' atomic_writer.go. The end is stamped before the last step, the removal. */
static void update(int dir, long version, int64_t *ret_rename_ns, int64_t *ret_end_ns)
{
	char stamp[64], old[64], path[96];
	ssize_t old_len = readlinkat(dir, "..data", old, sizeof(old) - 1);

	write_version(dir, version, stamp);
	if (symlinkat(stamp, dir, "..data_tmp") != 0)
		die("..data_tmp");
	*ret_rename_ns = now_ns();
	if (renameat(dir, "..data_tmp", dir, "..data") != 0)
		die("..data");
	*ret_end_ns = now_ns();
	if (old_len <= 0) {
		if (symlinkat("..data/version", dir, "version") != 0)
			die("version");
		return;
	}
	old[old_len] = '\0';
	snprintf(path, sizeof(path), "%s/version", old);
	if (unlinkat(dir, path, 0) != 0)
		die(path);
	*ret_end_ns = now_ns();
	if (unlinkat(dir, old, AT_REMOVEDIR) != 0)
		die(old);
}

static int make_updates(int argc, char **argv)
{
	long gap_us = atol(argv[2]), version = atol(argv[3]);
	int dirs[DIRS_MAX], order[DIRS_MAX], count = 0;

	srand((unsigned int)atoi(argv[0]));
	for (int n = 4; n < argc && count < DIRS_MAX; n++, count++) {
		dirs[count] = open(argv[n], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dirs[count] < 0)
			die(argv[n]);
		order[count] = count;
	}
	for (long round = 0; round < atol(argv[1]); round++) {
		for (int n = count - 1; n > 0; n--) {
			int other = rand() % (n + 1), kept = order[n];

			order[n] = order[other];
			order[other] = kept;
		}
		for (int n = 0; n < count; n++, version++) {
			int64_t rename_ns, end_ns;

			update(dirs[order[n]], version, &rename_ns, &end_ns);
			printf("%d %ld %lld %lld\n", order[n], version, (long long)rename_ns, (long long)end_ns);
			/* Not always the same gap, or a period of somebody else's would always be met at one point. */
			if (gap_us > 0)
				usleep((useconds_t)(gap_us - gap_us / 4 + rand() % (gap_us / 2)));
		}
	}
	return 0;
}

static void came(int signal)
{
	(void)signal;
}

static void note(int out, const char *path, int64_t stamp_ns)
{
	char line[96], version[32];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int len = fd < 0 ? -1 : (int)read(fd, version, sizeof(version) - 1);

	if (len <= 0)
		len = snprintf(version, sizeof(version), "-1\n"); /* read in the middle of an update */
	version[len] = '\0';
	if (fd >= 0)
		close(fd);
	len = snprintf(line, sizeof(line), "%lld %s", (long long)stamp_ns, version);
	if (write(out, line, (size_t)len) != len)
		die("write");
}

static _Noreturn void receive(const char *dir, const char *file)
{
	struct sigaction action = { .sa_handler = came };
	sigset_t blocked, open_mask;
	char path[512];
	int out = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGHUP);
	sigprocmask(SIG_BLOCK, &blocked, &open_mask);
	sigdelset(&open_mask, SIGHUP);
	sigaction(SIGHUP, &action, NULL);
	snprintf(path, sizeof(path), "%s/version", dir);
	if (out < 0 || write(out, "ready\n", 6) != 6)
		die(file);
	for (;;) {
		sigsuspend(&open_mask);
		note(out, path, now_ns());
	}
}

static int is_wanted(const struct inotify_event *event, int at_end)
{
	if (at_end)
		return (event->mask & IN_DELETE) != 0 && (event->mask & IN_ISDIR) != 0;
	return (event->mask & IN_MOVED_TO) != 0 && strcmp(event->name, "..data") == 0;
}

static _Noreturn void watch(const char *dir, pid_t pid, int at_end)
{
	char buf[16384] __attribute__((aligned(8)));
	int fd = inotify_init1(IN_CLOEXEC);

	if (fd < 0 || inotify_add_watch(fd, dir, at_end ? IN_DELETE : IN_MOVED_TO) < 0)
		die(dir);
	for (;;) {
		ssize_t len = read(fd, buf, sizeof(buf));
		int wanted = 0;

		for (char *at = buf; at < buf + len;) {
			struct inotify_event *event = (struct inotify_event *)(void *)at;

			wanted |= event->len > 0 && is_wanted(event, at_end);
			at += sizeof(*event) + event->len;
		}
		if (wanted)
			kill(pid, SIGHUP);
	}
}

int main(int argc, char **argv)
{
	if (argc >= 7 && strcmp(argv[1], "make") == 0)
		return make_updates(argc - 2, argv + 2);
	if (argc == 4 && strcmp(argv[1], "receive") == 0)
		receive(argv[2], argv[3]); /* ends only by a signal */
	if (argc == 5 && strcmp(argv[1], "watch") == 0)
		watch(argv[2], (pid_t)atol(argv[3]), strcmp(argv[4], "end") == 0); /* ends only by a signal */
	return 2;
}
