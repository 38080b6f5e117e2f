/* SPDX-License-Identifier: MIT */
/* The real calls under another name, and in front of each the script. See sys.h here. */
#define sys_now_ms real_now_ms
#define sys_wall_ms real_wall_ms
#define sys_fork real_fork
#define sys_getpid real_getpid
#define sys_wait_any real_wait_any
#define sys_kill real_kill
#define sys_signalfd real_signalfd
#define sys_setresuid real_setresuid
#define sys_getresuid real_getresuid
#define sys_prctl real_prctl
#define sys_pipe real_pipe
#define sys_open real_open
#define sys_openat real_openat
#define sys_openat_here real_openat_here
#define sys_close real_close
#define sys_read real_read
#define sys_write real_write
#define sys_write_nowait real_write_nowait
#define sys_poll_writable real_poll_writable
#define sys_stat real_stat
#define sys_lstat real_lstat
#define sys_fstat real_fstat
#define sys_fstatat real_fstatat
#define sys_readlink real_readlink
#define sys_readlinkat real_readlinkat
#define sys_dir_open real_dir_open
#define sys_dir_next real_dir_next
#define sys_dir_close real_dir_close
#define sys_inotify_init real_inotify_init
#define sys_inotify_add real_inotify_add
#define sys_inotify_remove real_inotify_remove
#define sys_setpgid real_setpgid
#define sys_setsid real_setsid
#define sys_tcsetpgrp real_tcsetpgrp
#define sys_tcgetpgrp real_tcgetpgrp
#define sys_getpgrp real_getpgrp
#define sys_getsid real_getsid
#define sys_give_up_tty real_give_up_tty
#define sys_take_tty real_take_tty
#define sys_chdir real_chdir
#define sys_fchdir real_fchdir
#define sys_close_range real_close_range
#define sys_isatty real_isatty
#define sys_connect_tcp real_connect_tcp
#define sys_exit real_exit
#include "runtime/sys.c"
#undef sys_now_ms
#undef sys_wall_ms
#undef sys_fork
#undef sys_getpid
#undef sys_wait_any
#undef sys_kill
#undef sys_signalfd
#undef sys_setresuid
#undef sys_getresuid
#undef sys_prctl
#undef sys_pipe
#undef sys_open
#undef sys_openat
#undef sys_openat_here
#undef sys_close
#undef sys_read
#undef sys_write
#undef sys_write_nowait
#undef sys_poll_writable
#undef sys_stat
#undef sys_lstat
#undef sys_fstat
#undef sys_fstatat
#undef sys_readlink
#undef sys_readlinkat
#undef sys_dir_open
#undef sys_dir_next
#undef sys_dir_close
#undef sys_inotify_init
#undef sys_inotify_add
#undef sys_inotify_remove
#undef sys_setpgid
#undef sys_setsid
#undef sys_tcsetpgrp
#undef sys_tcgetpgrp
#undef sys_getpgrp
#undef sys_getsid
#undef sys_give_up_tty
#undef sys_take_tty
#undef sys_chdir
#undef sys_fchdir
#undef sys_close_range
#undef sys_isatty
#undef sys_connect_tcp
#undef sys_exit

#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <setjmp.h>
#include <cmocka.h>

#include "fake/sys.h"

#define STEPS_MAX 512
#define CALL_SIZE 256
#define DATA_SIZE 4096

struct step {
	char call[CALL_SIZE];
	long result;
	char data[DATA_SIZE];
	size_t size;
};

int64_t fake_now_ms = -1;
pid_t fake_pid;
void (*fake_hook)(const char *call);
jmp_buf fake_exit;

static enum fake_mode mode;
static struct step steps[STEPS_MAX];
static size_t first, count;

void fake_begin(enum fake_mode new_mode)
{
	mode = new_mode;
	first = count = 0;
	fake_hook = NULL;
	fake_pid = 0;
	fake_now_ms = new_mode == FAKE_STRICT ? 1000 : -1;
}

void fake_answer(const char *call, const void *data, size_t size, long result)
{
	struct step *step = &steps[count++];

	assert_true(count <= STEPS_MAX && size <= DATA_SIZE && strlen(call) < CALL_SIZE);
	(void)strcpy(step->call, call);
	if (size > 0)
		memcpy(step->data, data, size);
	step->size = size;
	step->result = result;
}

void fake_expect(const char *call, long result)
{
	fake_answer(call, NULL, 0, result);
}

void fake_answer_text(const char *call, const char *text)
{
	fake_answer(call, text, strlen(text) + 1, strncmp(call, "dir_next", 8) == 0 ? 1 : (long)strlen(text));
}

void fake_end(void)
{
	size_t left = count - first;

	if (left > 0)
		fail_msg("%zu expected calls did not come; the first is '%s'", left, steps[first].call);
	fake_begin(FAKE_REAL);
}

/* The step for this call, or NULL: it is for the kernel. */
static const struct step *take(const char *format, ...) __attribute__((format(printf, 1, 2)));
static const struct step *take(const char *format, ...)
{
	char call[CALL_SIZE];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(call, sizeof(call), format, args);
	va_end(args);
	if (mode == FAKE_REAL && fake_hook != NULL)
		fake_hook(call);
	if (first < count && fnmatch(steps[first].call, call, 0) == 0)
		return &steps[first++];
	if (mode == FAKE_STRICT)
		fail_msg("unscripted call '%s'; expected '%s'", call, first < count ? steps[first].call : "no more");
	return NULL;
}

/* Give out what the script has for a buffer. */
static long give(const struct step *step, void *out, size_t size)
{
	memcpy(out, step->data, step->size < size ? step->size : size);
	return step->result;
}

int64_t sys_now_ms(void)
{
	return fake_now_ms >= 0 ? fake_now_ms : real_now_ms();
}

int64_t sys_wall_ms(void)
{
	return fake_now_ms >= 0 ? fake_now_ms : real_wall_ms();
}

pid_t sys_fork(void)
{
	const struct step *step = take("fork");

	return step != NULL ? (pid_t)step->result : real_fork();
}

pid_t sys_getpid(void)
{
	return fake_pid > 0 ? fake_pid : real_getpid();
}

pid_t sys_wait_any(int *ret_status, bool stopped)
{
	const struct step *step = take("wait_any");

	return step != NULL ? (pid_t)give(step, ret_status, sizeof(*ret_status)) : real_wait_any(ret_status, stopped);
}

int sys_kill(pid_t pid, int signal)
{
	const struct step *step = take("kill %d %d", (int)pid, signal);

	if (step == NULL && pid == -1)
		fail_msg("kill(-1) of every process there is was not in the script");
	return step != NULL ? (int)step->result : real_kill(pid, signal);
}

int sys_signalfd(const sigset_t *mask)
{
	const struct step *step = take("signalfd");

	return step != NULL ? (int)step->result : real_signalfd(mask);
}

int sys_setresuid(uid_t real, uid_t effective, uid_t saved)
{
	const struct step *step = take("setresuid %d %d %d", (int)real, (int)effective, (int)saved);

	return step != NULL ? (int)step->result : real_setresuid(real, effective, saved);
}

int sys_getresuid(uid_t *ret_real, uid_t *ret_effective, uid_t *ret_saved)
{
	const struct step *step = take("getresuid");
	uid_t uids[3];

	if (step == NULL)
		return real_getresuid(ret_real, ret_effective, ret_saved);
	memcpy(uids, step->data, sizeof(uids));
	*ret_real = uids[0];
	*ret_effective = uids[1];
	*ret_saved = uids[2];
	return (int)step->result;
}

int sys_prctl(int option, unsigned long argument)
{
	const struct step *step =
		option == PR_GET_PDEATHSIG ? take("prctl get_pdeathsig") : take("prctl %d %lu", option, argument);

	if (step == NULL)
		return real_prctl(option, argument);
	if (step->size > 0)
		memcpy((void *)(uintptr_t)argument, step->data, step->size);
	return (int)step->result;
}

int sys_pipe(int ret_fds[2])
{
	const struct step *step = take("pipe");

	return step != NULL ? (int)give(step, ret_fds, 2 * sizeof(ret_fds[0])) : real_pipe(ret_fds);
}

int sys_open(const char *path, int flags, mode_t file_mode)
{
	const struct step *step = take("open %s", path);

	return step != NULL ? (int)step->result : real_open(path, flags, file_mode);
}

int sys_openat(int dir, const char *path, int flags, mode_t file_mode)
{
	const struct step *step = take("openat %s", path);

	return step != NULL ? (int)step->result : real_openat(dir, path, flags, file_mode);
}

int sys_close(int fd)
{
	const struct step *step = take("close %d", fd);

	return step != NULL ? (int)step->result : real_close(fd);
}

ssize_t sys_read(int fd, void *buf, size_t size)
{
	const struct step *step = take("read %d", fd);

	return step != NULL ? give(step, buf, size) : real_read(fd, buf, size);
}

ssize_t sys_write(int fd, const void *buf, size_t size)
{
	const struct step *step = take("write %d", fd);

	return step != NULL ? step->result : real_write(fd, buf, size);
}

ssize_t sys_write_nowait(int fd, const void *buf, size_t size)
{
	const struct step *step = take("write_nowait %d", fd);

	return step != NULL ? step->result : real_write_nowait(fd, buf, size);
}

int sys_poll_writable(int fd)
{
	const struct step *step = take("poll_writable %d", fd);

	return step != NULL ? (int)step->result : real_poll_writable(fd);
}

int sys_stat(const char *path, struct stat *ret)
{
	const struct step *step = take("stat %s", path);

	return step != NULL ? (int)give(step, ret, sizeof(*ret)) : real_stat(path, ret);
}

int sys_lstat(const char *path, struct stat *ret)
{
	const struct step *step = take("lstat %s", path);

	return step != NULL ? (int)give(step, ret, sizeof(*ret)) : real_lstat(path, ret);
}

int sys_fstat(int fd, struct stat *ret)
{
	const struct step *step = take("fstat %d", fd);

	return step != NULL ? (int)give(step, ret, sizeof(*ret)) : real_fstat(fd, ret);
}

int sys_openat_here(int dir, const char *path, int flags)
{
	const struct step *step = take("openat %s", path);

	return step != NULL ? (int)step->result : real_openat_here(dir, path, flags);
}

int sys_fstatat(int dir, const char *path, struct stat *ret, int flags)
{
	const struct step *step = take("fstatat %s", path);

	return step != NULL ? (int)give(step, ret, sizeof(*ret)) : real_fstatat(dir, path, ret, flags);
}

ssize_t sys_readlink(const char *path, char *buf, size_t size)
{
	const struct step *step = take("readlink %s", path);

	return step != NULL ? give(step, buf, size) : real_readlink(path, buf, size);
}

ssize_t sys_readlinkat(int dir, const char *path, char *buf, size_t size)
{
	const struct step *step = take("readlinkat %s", path);

	return step != NULL ? give(step, buf, size) : real_readlinkat(dir, path, buf, size);
}

int sys_dir_open(struct sys_dir *list, int dir, const char *path)
{
	const struct step *step = take("dir_open %s", path);

	if (step == NULL)
		return real_dir_open(list, dir, path);
	list->fd = -1;
	return (int)step->result;
}

int sys_dir_next(struct sys_dir *list, const char **ret_name)
{
	const struct step *step = take("dir_next");

	if (step == NULL)
		return real_dir_next(list, ret_name);
	list->type = 0; /* DT_UNKNOWN */
	*ret_name = step->data;
	return (int)step->result;
}

void sys_dir_close(struct sys_dir *list)
{
	if (take("dir_close") == NULL)
		real_dir_close(list);
}

int sys_inotify_init(void)
{
	const struct step *step = take("inotify_init");

	return step != NULL ? (int)step->result : real_inotify_init();
}

int sys_inotify_add(int fd, const char *path, uint32_t mask)
{
	const struct step *step = take("inotify_add %s", path);

	return step != NULL ? (int)step->result : real_inotify_add(fd, path, mask);
}

int sys_inotify_remove(int fd, int wd)
{
	const struct step *step = take("inotify_remove %d", wd);

	return step != NULL ? (int)step->result : real_inotify_remove(fd, wd);
}

int sys_setpgid(pid_t pid, pid_t pgid)
{
	const struct step *step = take("setpgid %d %d", (int)pid, (int)pgid);

	return step != NULL ? (int)step->result : real_setpgid(pid, pgid);
}

int sys_setsid(void)
{
	const struct step *step = take("setsid");

	return step != NULL ? (int)step->result : real_setsid();
}

int sys_tcsetpgrp(int fd, pid_t pgid)
{
	const struct step *step = take("tcsetpgrp %d %d", fd, (int)pgid);

	return step != NULL ? (int)step->result : real_tcsetpgrp(fd, pgid);
}

pid_t sys_tcgetpgrp(int fd)
{
	const struct step *step = take("tcgetpgrp %d", fd);

	return step != NULL ? (pid_t)step->result : real_tcgetpgrp(fd);
}

pid_t sys_getpgrp(void)
{
	const struct step *step = take("getpgrp");

	return step != NULL ? (pid_t)step->result : real_getpgrp();
}

pid_t sys_getsid(void)
{
	const struct step *step = take("getsid");

	return step != NULL ? (pid_t)step->result : real_getsid();
}

int sys_give_up_tty(int fd)
{
	const struct step *step = take("give_up_tty %d", fd);

	return step != NULL ? (int)step->result : real_give_up_tty(fd);
}

int sys_take_tty(int fd)
{
	const struct step *step = take("take_tty %d", fd);

	return step != NULL ? (int)step->result : real_take_tty(fd);
}

int sys_chdir(const char *path)
{
	const struct step *step = take("chdir %s", path);

	return step != NULL ? (int)step->result : real_chdir(path);
}

int sys_fchdir(int fd)
{
	const struct step *step = take("fchdir %d", fd);

	return step != NULL ? (int)step->result : real_fchdir(fd);
}

int sys_close_range(unsigned int from, unsigned int last)
{
	const struct step *step = take("close_range %u", from);

	return step != NULL ? (int)step->result : real_close_range(from, last);
}

int sys_isatty(int fd)
{
	const struct step *step = take("isatty %d", fd);

	return step != NULL ? (int)step->result : real_isatty(fd);
}

int sys_connect_tcp(const char *numeric_host, int port)
{
	const struct step *step = take("connect_tcp %s %d", numeric_host, port);

	return step != NULL ? (int)step->result : real_connect_tcp(numeric_host, port);
}

void sys_exit(int code)
{
	if (take("exit %d", code) != NULL)
		longjmp(fake_exit, 1);
	real_exit(code);
}
