/* SPDX-License-Identifier: MIT */
/* One-shot children only: it waits, and calls libc directly where nothing is to be replaced. */
#include "runtime/command.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "runtime/procfs.h"
#include "runtime/sigsend.h"
#include "runtime/sys.h"

#define TERM_GRACE_MS 500
#define CHUNKS_PER_TURN 16 /* of 4 KiB: a pipe's worth; who floods it must not keep us from our clock */
#define LEFTOVER_ROUNDS 20
#define LEFTOVER_ROUND_MS 100 /* processes that were forked behind our back are found in the next round */

/* Keep the end: when the buffer is full its first half makes way. */
static void keep_output(struct command *command, const char *data, size_t len)
{
	while (len > 0) {
		size_t room = command->output_size - command->output_len, take = len < room ? len : room;

		if (room == 0) {
			size_t half = command->output_size / 2;

			memmove(command->output, command->output + half, command->output_size - half);
			command->output_len -= half;
			continue;
		}
		memcpy(command->output + command->output_len, data, take);
		command->output_len += take;
		data += take;
		len -= take;
	}
}

/* Take what is in the pipe, within reason; false at its end. */
static bool read_output(struct command *command, int fd)
{
	char chunk[4096];

	for (int n = 0; n < CHUNKS_PER_TURN; n++) {
		ssize_t len = sys_read(fd, chunk, sizeof(chunk));

		if (len == -EAGAIN)
			return true;
		if (len <= 0)
			return false;
		keep_output(command, chunk, (size_t)len);
	}
	return true;
}

/* Limits and exec; in the child. */
static void run_child(const struct command *command, const struct spawn_inherited *inherited, int output)
{
	struct spawn_params params = { .name = command->name,
				       .argv = command->argv,
				       .envp = command->envp,
				       .standing = STANDING_SESSION,
				       .close_others = true,
				       .output_fd = output,
				       .dir_fd = -1,
				       .json = command->json };
	struct rlimit limit = { (rlim_t)command->memory_bytes, (rlim_t)command->memory_bytes };
	int fd = sys_open("/proc/self/oom_score_adj", O_WRONLY, 0);

	/* The first to go when memory runs out; refused by some runtimes, which is no reason not to run it. */
	if (fd >= 0)
		(void)sys_write(fd, "1000", 4);
	if (command->memory_bytes > 0 && setrlimit(RLIMIT_AS, &limit) < 0)
		sys_exit(SPAWN_EXIT_SETUP);
	fd = sys_open("/dev/null", O_RDONLY, 0);
	if (fd >= 0)
		(void)dup2(fd, 0);
	spawn_exec(&params, inherited);
}

/* Take the signals that have come; was there a TERM? */
static bool was_cancelled(int signal_fd)
{
	struct signalfd_siginfo info;
	bool cancelled = false;

	while (sys_read(signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		cancelled = cancelled || info.ssi_signo == SIGTERM;
	return cancelled;
}

static void kill_one(void *arg, pid_t pid)
{
	(void)arg;
	(void)sigsend(pid, SIGKILL);
}

/* Reap for at most wait_ms; true when no child is left. */
static bool reap_all(int signal_fd, int wait_ms)
{
	struct pollfd child_ended = { .fd = signal_fd, .events = POLLIN };
	int64_t until_ms = sys_now_ms() + wait_ms;

	for (;;) {
		int64_t left_ms = until_ms - sys_now_ms();
		int status;
		pid_t pid;

		(void)was_cancelled(signal_fd);
		do
			pid = sys_wait_any(&status, false);
		while (pid > 0);
		if (pid < 0 || left_ms <= 0)
			return pid < 0;
		(void)poll(&child_ended, 1, (int)left_ms);
	}
}

/* End whatever the command left behind. What cannot be ended is left to the one who reaps after us. */
static void end_leftovers(int signal_fd)
{
	bool none_left = reap_all(signal_fd, 0);

	for (int round = 0; round < LEFTOVER_ROUNDS && !none_left; round++) {
		if (procfs_descendants(sys_getpid(), kill_one, NULL) < 0)
			return;
		none_left = reap_all(signal_fd, LEFTOVER_ROUND_MS);
	}
}

/* When something is due: the time limit, or KILL after TERM. INT64_MAX: nothing. */
static int64_t due_time(const struct command *command, int64_t start_ms, int64_t term_ms, bool killed)
{
	if (killed || (term_ms < 0 && command->timeout_ms <= 0))
		return INT64_MAX;
	return term_ms >= 0 ? term_ms + TERM_GRACE_MS : start_ms + command->timeout_ms;
}

static int poll_time(int64_t due_ms)
{
	int64_t left_ms = due_ms - sys_now_ms();

	if (due_ms == INT64_MAX)
		return -1;
	if (left_ms > INT_MAX)
		return INT_MAX;
	return left_ms > 0 ? (int)left_ms : 0;
}

/* To its group; to itself should it not be in that. */
static void send_to(pid_t pid, int signal)
{
	if (sigsend(-pid, signal) < 0 || signal == SIGKILL)
		(void)sigsend(pid, signal);
}

/* Reap until the command itself has ended. */
static bool has_ended(struct command *command, pid_t pid)
{
	int status;
	pid_t gone;

	while ((gone = sys_wait_any(&status, false)) > 0) {
		if (gone == pid) {
			command->status = status;
			return true;
		}
	}
	return false;
}

static void supervise(struct command *command, pid_t pid, int output, int signal_fd)
{
	int64_t start_ms = sys_now_ms(), term_ms = -1;
	bool killed = false;
	struct pollfd fds[2] = { { .fd = signal_fd, .events = POLLIN }, { .fd = output, .events = POLLIN } };

	while (!has_ended(command, pid)) {
		int64_t due_ms = due_time(command, start_ms, term_ms, killed);

		(void)poll(fds, 2, poll_time(due_ms));
		if (fds[1].revents != 0 && !read_output(command, output))
			fds[1].fd = -1;
		if (fds[0].revents != 0 && was_cancelled(signal_fd))
			command->cancelled = true;
		if (term_ms < 0 && (command->cancelled || sys_now_ms() >= due_ms)) {
			command->timed_out = !command->cancelled;
			term_ms = sys_now_ms();
			send_to(pid, SIGTERM);
		} else if (term_ms >= 0 && sys_now_ms() >= due_ms) {
			killed = true;
			send_to(pid, SIGKILL);
		}
	}
	(void)read_output(command, output);
}

int command_run(struct command *command, const struct spawn_inherited *inherited)
{
	int fds[2], signal_fd, rc = sys_pipe(fds);
	sigset_t wanted;
	pid_t pid;

	command->output_len = 0;
	command->timed_out = false;
	command->cancelled = false;
	if (rc < 0)
		return rc;
	(void)sys_prctl(PR_SET_CHILD_SUBREAPER, 1);
	(void)sigemptyset(&wanted);
	(void)sigaddset(&wanted, SIGCHLD);
	(void)sigaddset(&wanted, SIGTERM);
	signal_fd = sys_signalfd(&wanted); /* all signals are blocked since main */
	pid = signal_fd < 0 ? signal_fd : sys_fork();
	if (pid == 0)
		run_child(command, inherited, fds[1]);
	(void)sys_close(fds[1]);
	if (pid > 0) {
		supervise(command, pid, fds[0], signal_fd);
		end_leftovers(signal_fd);
	}
	(void)sys_close(fds[0]);
	if (signal_fd >= 0)
		(void)sys_close(signal_fd);
	return pid > 0 ? 0 : pid;
}
