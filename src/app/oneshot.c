/* SPDX-License-Identifier: MIT */
#include "app/oneshot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STAGE_SIZE 512

enum frame_kind { FRAME_STAGE, FRAME_ANSWER };

/* Before every message in the pipe. len bytes follow. */
struct frame {
	uint32_t kind;
	int32_t code;
	uint32_t len;
};

/* What came out of the pipe so far. */
struct gathered {
	char *bytes;
	size_t len, room;
};

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int write_all(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int write_frame(int fd, enum frame_kind kind, int32_t code, const char *text, size_t len)
{
	struct frame frame = { .kind = kind, .code = code, .len = (uint32_t)len };
	int r = write_all(fd, &frame, sizeof(frame));

	return r < 0 ? r : write_all(fd, text, len);
}

void oneshot_stage(struct oneshot_out *out, const char *what)
{
	size_t len = strlen(what);

	/* The parent only ever reads; should this fail, the name is missing from a message. */
	(void)write_frame(out->pipe_fd, FRAME_STAGE, 0, what, len < STAGE_SIZE ? len : STAGE_SIZE - 1);
}

int oneshot_finish(struct oneshot_out *out, int32_t code, const char *text, const void *block, size_t block_bytes)
{
	size_t len = text ? strlen(text) : 0;
	int r;

	if (len >= ONESHOT_MAX_BYTES / 2)
		len = ONESHOT_MAX_BYTES / 2;
	if (block) {
		r = write_all(out->block_fd, block, block_bytes);
		if (r < 0)
			return r;
		/* From here on nobody can change what the parent checks and maps. */
		if (fcntl(out->block_fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
			return -errno;
	}
	return write_frame(out->pipe_fd, FRAME_ANSWER, code, text ? text : "", len);
}

/* Descriptors 0 to 2 may be closed in a container: what libraries write to stderr must not land in ours. */
static int above_standard(int fd)
{
	int moved;

	if (fd < 0 || fd > STDERR_FILENO)
		return fd;
	moved = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	(void)close(fd); /* nothing was written to it */
	return moved;
}

static void close_all(const int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fds[i] >= 0)
			(void)close(fds[i]); /* no data is lost: pipes and memory */
}

/* fds: read end, write end, block. */
static int open_channels(int fds[3], struct err *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_set(err, errno, "pipe: %s", strerror(errno));
	fds[0] = above_standard(ends[0]);
	fds[1] = above_standard(ends[1]);
	fds[2] = above_standard(memfd_create("reinit-spec", MFD_CLOEXEC | MFD_ALLOW_SEALING));
	if (fds[0] >= 0 && fds[1] >= 0 && fds[2] >= 0)
		return 0;
	err_set(err, errno, "memfd_create: %s", strerror(errno));
	close_all(fds, 3);
	return -err->code;
}

/* Returns 1 at the end of the pipe, 0 for more, or negative errno. */
static int gather(int fd, struct gathered *all, struct err *err)
{
	ssize_t n;

	if (all->len == all->room) {
		size_t room = all->room ? all->room * 2 : 4096;
		char *grown = room <= ONESHOT_MAX_BYTES ? realloc(all->bytes, room) : NULL;

		if (!grown)
			return err_set(err, ENOMEM, "child says more than there is room for");
		all->bytes = grown;
		all->room = room;
	}
	n = read(fd, all->bytes + all->len, all->room - all->len);
	if (n < 0)
		return errno == EINTR ? 0 : err_set(err, errno, "read: %s", strerror(errno));
	all->len += (size_t)n;
	return n == 0;
}

static int gather_all(int fd, struct gathered *all, struct err *err)
{
	int64_t deadline_ms = now_ms() + ONESHOT_LIMIT_MS;
	struct pollfd watched = { .fd = fd, .events = POLLIN };
	int r = 0;

	while (r == 0) {
		int64_t left_ms = deadline_ms - now_ms();
		int n = poll(&watched, 1, left_ms > 0 ? (int)left_ms : 0);

		if (n < 0 && errno != EINTR)
			return err_set(err, errno, "poll: %s", strerror(errno));
		if (n == 0)
			return err_set(err, ETIMEDOUT, "child did not end within %d s", ONESHOT_LIMIT_MS / 1000);
		if (n > 0)
			r = gather(fd, all, err);
	}
	return r < 0 ? r : 0;
}

static int wait_for(pid_t pid, int *ret_status)
{
	for (;;) {
		if (waitpid(pid, ret_status, 0) == pid)
			return 0;
		if (errno != EINTR)
			return -errno; /* ECHILD: SIGCHLD is ignored, the answer alone has to tell */
	}
}

/* Walk the frames: the last stage goes to stage, the answer to ret. True when there is an answer. */
static bool take_frames(const struct gathered *all, char stage[STAGE_SIZE], struct oneshot_answer *ret)
{
	struct frame frame;
	size_t at = 0;
	bool answered = false;

	while (all->len - at >= sizeof(frame)) {
		memcpy(&frame, all->bytes + at, sizeof(frame));
		at += sizeof(frame);
		if (frame.len > all->len - at)
			break;
		if (frame.kind == FRAME_STAGE && frame.len < STAGE_SIZE) {
			memcpy(stage, all->bytes + at, frame.len);
			stage[frame.len] = '\0';
		} else if (frame.kind == FRAME_ANSWER && !answered) {
			ret->code = frame.code;
			ret->text = frame.len > 0 ? strndup(all->bytes + at, frame.len) : NULL;
			answered = frame.len == 0 || ret->text;
		}
		at += frame.len;
	}
	return answered;
}

/* Map what the child wrote. It must be sealed: else it could shrink under the mapping (SIGBUS). */
static int map_block(int fd, struct oneshot_answer *ret, struct err *err)
{
	struct stat st;
	void *block;
	int seals = fcntl(fd, F_GET_SEALS);

	if (fstat(fd, &st) < 0)
		return err_set(err, errno, "fstat: %s", strerror(errno));
	if (st.st_size == 0)
		return 0;
	if (seals < 0 || !(seals & F_SEAL_WRITE) || !(seals & F_SEAL_SHRINK))
		return err_set(err, EPROTO, "the child's block is not sealed");
	block = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (block == MAP_FAILED)
		return err_set(err, errno, "mmap: %s", strerror(errno));
	ret->block = block;
	ret->block_bytes = (size_t)st.st_size;
	return 0;
}

/* How a child without an answer ended, as a sentence. */
static int died(int waited, int status, const char *stage, struct err *err)
{
	if (waited < 0)
		err_set(err, EPROTO, "child ended without an answer");
	else if (WIFSIGNALED(status))
		err_set(err, EPROTO, "child ended with signal %d", WTERMSIG(status));
	else
		err_set(err, EPROTO, "child ended with code %d", WEXITSTATUS(status));
	return *stage != '\0' ? err_wrap(err, "%s failed", stage) : -err->code;
}

static int collect(pid_t pid, const int fds[3], struct oneshot_answer *ret, struct err *err)
{
	struct oneshot_answer answer = { 0 };
	struct gathered all = { 0 };
	char stage[STAGE_SIZE] = "";
	int status = 0, waited, r = gather_all(fds[0], &all, err);
	bool answered = take_frames(&all, stage, &answer);

	free(all.bytes);
	if (r < 0) {
		/* Not waited for: what hangs in the kernel would hang us as well, and we are about to leave. */
		(void)kill(pid, SIGKILL);
		free(answer.text);
		return *stage != '\0' ? err_wrap(err, "%s failed", stage) : r;
	}
	waited = wait_for(pid, &status);
	if (!answered || (waited == 0 && status != 0)) {
		free(answer.text);
		return died(waited, status, stage, err);
	}
	r = map_block(fds[2], &answer, err);
	if (r < 0) {
		free(answer.text);
		return r;
	}
	*ret = answer;
	return 0;
}

int oneshot_run(void (*work)(struct oneshot_out *out, void *arg), void *arg, struct oneshot_answer *ret,
		struct err *err)
{
	struct err local = { 0 };
	int fds[3] = { -1, -1, -1 };
	pid_t pid;
	int r;

	if (!err)
		err = &local;
	r = open_channels(fds, err);
	if (r < 0)
		return r;
	pid = fork();
	if (pid == 0) {
		struct oneshot_out out = { .pipe_fd = fds[1], .block_fd = fds[2] };

		work(&out, arg);
		_exit(0);
	}
	if (pid < 0) {
		r = err_set(err, errno, "fork: %s", strerror(errno));
	} else {
		(void)close(fds[1]); /* so that the end of the child is the end of the pipe */
		fds[1] = -1;
		r = collect(pid, fds, ret, err);
	}
	close_all(fds, 3);
	return r;
}
