/* SPDX-License-Identifier: MIT */
/*
 * The parts of the change-to-signal benchmark, in one file so that all use one clock and no interpreter
 * stands between the event and its stamp:
 *   reload_parts update DIR N GAP_US  update DIR N times as the kubelet does; print "version rename_ns last_ns"
 *   reload_parts receive FILE        append "ns version" to FILE for each SIGHUP (version: FILE.dir/..data/version)
 *   reload_parts watch DIR PID        the least that does the job: inotify on ..data, kill(PID, SIGHUP)
 */
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

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void die(const char *what)
{
	fprintf(stderr, "reload_parts: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void write_version(const char *dir, const char *stamp, long version)
{
	char path[512], text[32];
	int fd, len = snprintf(text, sizeof(text), "%ld\n", version);

	snprintf(path, sizeof(path), "%s/%s", dir, stamp);
	if (mkdir(path, 0755) != 0 || chmod(path, 0755) != 0)
		die(path);
	snprintf(path, sizeof(path), "%s/%s/version", dir, stamp);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text, (size_t)len) != len || close(fd) != 0)
		die(path);
}

/* One update in the order of Kubernetes' atomic_writer.go. */
static void update(const char *dir, long version, int64_t *ret_rename_ns, int64_t *ret_last_ns)
{
	static char old[64];
	char stamp[64], from[512], to[512];

	snprintf(stamp, sizeof(stamp), "..2026_01_01_00_00_00.%ld", version);
	write_version(dir, stamp, version);
	snprintf(from, sizeof(from), "%s/..data_tmp", dir);
	snprintf(to, sizeof(to), "%s/..data", dir);
	if (symlink(stamp, from) != 0)
		die(from);
	*ret_rename_ns = now_ns();
	if (rename(from, to) != 0)
		die(to);
	snprintf(to, sizeof(to), "%s/version", dir);
	if (symlink("..data/version", to) != 0 && errno != EEXIST)
		die(to);
	if (old[0] != '\0') {
		snprintf(from, sizeof(from), "%s/%s/version", dir, old);
		snprintf(to, sizeof(to), "%s/%s", dir, old);
		if (unlink(from) != 0 || rmdir(to) != 0)
			die(to);
	}
	*ret_last_ns = now_ns();
	strcpy(old, stamp);
}

static int run_update(const char *dir, long count, long gap_us, long first)
{
	for (long n = 0; n < count; n++) {
		int64_t rename_ns, last_ns;

		update(dir, first + n, &rename_ns, &last_ns);
		printf("%ld %lld %lld\n", first + n, (long long)rename_ns, (long long)last_ns);
		fflush(stdout);
		if (gap_us > 0)
			usleep((useconds_t)gap_us);
	}
	return 0;
}

static volatile sig_atomic_t hups;

static void on_hup(int signal)
{
	(void)signal;
	hups++;
}

static _Noreturn void run_receive(const char *dir, const char *file)
{
	struct sigaction action = { .sa_handler = on_hup };
	sigset_t blocked, open_mask;
	char path[512], line[96], version[32];
	int out = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGHUP);
	sigprocmask(SIG_BLOCK, &blocked, &open_mask);
	sigdelset(&open_mask, SIGHUP);
	sigaction(SIGHUP, &action, NULL);
	snprintf(path, sizeof(path), "%s/..data/version", dir);
	dprintf(out, "ready\n");
	for (;;) {
		int64_t stamp_ns;
		int fd, len;

		sigsuspend(&open_mask);
		stamp_ns = now_ns();
		fd = open(path, O_RDONLY | O_CLOEXEC);
		len = fd < 0 ? -1 : (int)read(fd, version, sizeof(version) - 1);
		version[len > 0 ? len - 1 : 0] = '\0';
		if (fd >= 0)
			close(fd);
		len = snprintf(line, sizeof(line), "%lld %s\n", (long long)stamp_ns, version);
		if (write(out, line, (size_t)len) != len)
			die(file);
	}
}

static _Noreturn void run_watch(const char *dir, pid_t pid)
{
	char buf[16384] __attribute__((aligned(8)));
	int fd = inotify_init1(IN_CLOEXEC);

	if (fd < 0 || inotify_add_watch(fd, dir, IN_MOVED_TO) < 0)
		die(dir);
	for (;;) {
		ssize_t len = read(fd, buf, sizeof(buf));
		int hit = 0;

		for (char *at = buf; at < buf + len;) {
			struct inotify_event *event = (struct inotify_event *)(void *)at;

			hit |= event->len > 0 && strcmp(event->name, "..data") == 0;
			at += sizeof(*event) + event->len;
		}
		if (hit)
			kill(pid, SIGHUP);
	}
}

int main(int argc, char **argv)
{
	if (argc == 6 && strcmp(argv[1], "update") == 0)
		return run_update(argv[2], atol(argv[3]), atol(argv[4]), atol(argv[5]));
	if (argc == 4 && strcmp(argv[1], "receive") == 0)
		run_receive(argv[2], argv[3]); /* ends only by a signal */
	if (argc == 4 && strcmp(argv[1], "watch") == 0)
		run_watch(argv[2], (pid_t)atol(argv[3])); /* ends only by a signal */
	fprintf(stderr, "usage: reload_parts update DIR N GAP_US FIRST | receive DIR FILE | watch DIR PID\n");
	return 2;
}
