/* SPDX-License-Identifier: MIT */
#include "runtime/sys.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/openat2.h>

#include "base/str.h"

#ifndef RWF_NOWAIT
#define RWF_NOWAIT 0x00000008 /* linux/fs.h; musl's headers do not have it */
#endif

/* The value, or the negative errno of what was just called. */
#define RESULT(call) \
	({ \
		__typeof__(call) result_; \
		do \
			result_ = (call); \
		while (result_ < 0 && errno == EINTR); \
		result_ < 0 ? (__typeof__(result_))-errno : result_; \
	})

static int64_t clock_ms(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now); /* fails only for clocks that do not exist */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t sys_now_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

int64_t sys_wall_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

pid_t sys_fork(void)
{
	/* Not fork(3): there is one thread, no handler of pthread_atfork(3), and so nothing of what that does besides. */
	return RESULT(_Fork());
}

pid_t sys_getpid(void)
{
	return getpid();
}

pid_t sys_getppid(void)
{
	return getppid();
}

pid_t sys_wait_any(int *ret_status, bool stopped)
{
	return RESULT(waitpid(-1, ret_status, stopped ? WNOHANG | WUNTRACED : WNOHANG));
}

int sys_kill(pid_t pid, int signal)
{
	return RESULT(kill(pid, signal));
}

#define KERNEL_SIGSET_BYTES ((size_t)8) /* 64 signals, the first bytes of libc's sigset_t: sigprocmask(2) */

/*
 * The call itself: libc's leaves its own realtime signals out (glibc 32 and 33, musl 34 as well), and one of those that
 * nobody blocks ends this process, or is lost where it is PID 1.
 */
int sys_sigprocmask(int how, const sigset_t *set, sigset_t *ret_old)
{
	if (ret_old != NULL)
		memset(ret_old, 0, sizeof(*ret_old));
	return (int)RESULT(syscall(SYS_rt_sigprocmask, how, set, ret_old, KERNEL_SIGSET_BYTES));
}

int sys_sigaction(int signal, const struct sigaction *action, struct sigaction *ret_old)
{
	return RESULT(sigaction(signal, action, ret_old));
}

int sys_signalfd(const sigset_t *mask)
{
	return RESULT(signalfd(-1, mask, SFD_CLOEXEC | SFD_NONBLOCK));
}

int sys_setpgid(pid_t pid, pid_t pgid)
{
	return RESULT(setpgid(pid, pgid));
}

int sys_setsid(void)
{
	return RESULT(setsid());
}

int sys_tcsetpgrp(int fd, pid_t pgid)
{
	return RESULT(tcsetpgrp(fd, pgid));
}

pid_t sys_tcgetpgrp(int fd)
{
	return RESULT(tcgetpgrp(fd));
}

pid_t sys_getpgrp(void)
{
	return getpgrp();
}

pid_t sys_getsid(void)
{
	return getsid(0);
}

int sys_give_up_tty(int fd)
{
	return RESULT(ioctl(fd, TIOCNOTTY));
}

int sys_take_tty(int fd)
{
	return RESULT(ioctl(fd, TIOCSCTTY, 0));
}

int sys_chdir(const char *path)
{
	return RESULT(chdir(path));
}

int sys_fchdir(int fd)
{
	return RESULT(fchdir(fd));
}

int sys_close_range(unsigned int first, unsigned int last)
{
	return (int)RESULT(syscall(SYS_close_range, first, last, 0u));
}

int sys_isatty(int fd)
{
	return isatty(fd);
}

/* The calls themselves: libc's setresuid would act on all threads, and there is one. */
int sys_setresuid(uid_t real, uid_t effective, uid_t saved)
{
	return (int)RESULT(syscall(SYS_setresuid, real, effective, saved));
}

int sys_getresuid(uid_t *ret_real, uid_t *ret_effective, uid_t *ret_saved)
{
	return RESULT(getresuid(ret_real, ret_effective, ret_saved));
}

int sys_prctl(int option, unsigned long argument)
{
	return RESULT(prctl(option, argument, 0ul, 0ul, 0ul));
}

int sys_pipe(int ret_fds[2])
{
	int flags, rc = RESULT(pipe2(ret_fds, O_CLOEXEC));

	if (rc < 0)
		return rc;
	flags = fcntl(ret_fds[0], F_GETFL);
	return RESULT(fcntl(ret_fds[0], F_SETFL, flags | O_NONBLOCK));
}

int sys_open(const char *path, int flags, mode_t mode)
{
	return RESULT(open(path, flags | O_CLOEXEC, mode));
}

int sys_openat(int dir, const char *path, int flags, mode_t mode)
{
	return RESULT(openat(dir, path, flags | O_CLOEXEC, mode));
}

int sys_openat_here(int dir, const char *path, int flags)
{
	struct open_how how = { .flags = (uint64_t)(flags | O_CLOEXEC), .resolve = RESOLVE_NO_XDEV };
	int fd = (int)RESULT(syscall(SYS_openat2, dir, path, &how, sizeof(how)));

	/* Linux before 5.6, or a filter that does not know the call. */
	return fd == -ENOSYS || fd == -EPERM ? sys_openat(dir, path, flags, 0) : fd;
}

int sys_close(int fd)
{
	/* Not repeated after EINTR: the descriptor is gone then, close(2). */
	return close(fd) < 0 ? -errno : 0;
}

ssize_t sys_read(int fd, void *buf, size_t size)
{
	return RESULT(read(fd, buf, size));
}

ssize_t sys_write(int fd, const void *buf, size_t size)
{
	return RESULT(write(fd, buf, size));
}

ssize_t sys_write_nowait(int fd, const void *buf, size_t size)
{
	struct iovec iov = { (void *)(uintptr_t)buf, size };

	/* pos is split into two longs, low first; -1 means the file position: pwritev2(2). */
	return (ssize_t)RESULT(syscall(SYS_pwritev2, (long)fd, &iov, 1l, -1l, -1l, (long)RWF_NOWAIT));
}

int sys_poll_writable(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLOUT };
	int rc = RESULT(poll(&poll_fd, 1, 0));

	if (rc < 0)
		return rc;
	return rc > 0 && (poll_fd.revents & (POLLOUT | POLLERR)) != 0;
}

int sys_stat(const char *path, struct stat *ret)
{
	return RESULT(stat(path, ret));
}

int sys_lstat(const char *path, struct stat *ret)
{
	return RESULT(lstat(path, ret));
}

ssize_t sys_readlink(const char *path, char *buf, size_t size)
{
	return RESULT(readlink(path, buf, size));
}

int sys_fstat(int fd, struct stat *ret)
{
	return RESULT(fstat(fd, ret));
}

int sys_fstatat(int dir, const char *path, struct stat *ret, int flags)
{
	return RESULT(fstatat(dir, path, ret, flags));
}

ssize_t sys_readlinkat(int dir, const char *path, char *buf, size_t size)
{
	return RESULT(readlinkat(dir, path, buf, size));
}

/* What getdents64(2) writes; libc has no name for it that all of them know. */
struct kernel_entry {
	uint64_t inode;
	int64_t offset;
	uint16_t size;
	uint8_t type;
	char name[];
};

int sys_dir_open(struct sys_dir *list, int dir, const char *path)
{
	list->fd = sys_openat(dir, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK, 0);
	list->at = 0;
	list->len = 0;
	return list->fd < 0 ? list->fd : 0;
}

int sys_dir_next(struct sys_dir *list, const char **ret_name)
{
	const struct kernel_entry *entry;

	do {
		if (list->at == list->len) {
			ssize_t len = RESULT(syscall(SYS_getdents64, list->fd, list->buf, sizeof(list->buf)));

			if (len <= 0)
				return (int)len;
			list->at = 0;
			list->len = (size_t)len;
		}
		entry = (const struct kernel_entry *)(const void *)(list->buf + list->at);
		list->at += entry->size;
	} while (strcmp(entry->name, ".") == 0 || strcmp(entry->name, "..") == 0);
	list->type = entry->type;
	*ret_name = entry->name;
	return 1;
}

void sys_dir_close(struct sys_dir *list)
{
	(void)sys_close(list->fd);
}

int sys_inotify_init(void)
{
	return RESULT(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
}

int sys_inotify_add(int fd, const char *path, uint32_t mask)
{
	return RESULT(inotify_add_watch(fd, path, mask));
}

int sys_inotify_remove(int fd, int wd)
{
	return RESULT(inotify_rm_watch(fd, wd));
}

/* Connect without waiting: 1 when that was possible at once. */
static int connects(int family, const struct sockaddr *address, socklen_t len)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int rc, failure = 0;
	socklen_t failure_len = sizeof(failure);

	if (fd < 0)
		return 0;
	rc = RESULT(connect(fd, address, len));
	if (rc == -EINPROGRESS && sys_poll_writable(fd) == 1 &&
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &failure_len) == 0 && failure == 0)
		rc = 0;
	(void)close(fd);
	return rc == 0;
}

int sys_connect_unix(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (str_copy(address.sun_path, sizeof(address.sun_path), path) < 0)
		return 0;
	return connects(AF_UNIX, (const struct sockaddr *)&address, sizeof(address));
}

int sys_connect_tcp(const char *numeric_host, int port)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };

	if (inet_pton(AF_INET, numeric_host, &v4.sin_addr) == 1)
		return connects(AF_INET, (const struct sockaddr *)&v4, sizeof(v4));
	if (inet_pton(AF_INET6, numeric_host, &v6.sin6_addr) == 1)
		return connects(AF_INET6, (const struct sockaddr *)&v6, sizeof(v6));
	return 0;
}

void sys_rest_ms(int ms)
{
	(void)poll(NULL, 0, ms);
}

void sys_exit(int code)
{
	_exit(code);
}

ssize_t sys_peek(pid_t pid, unsigned long address, void *buf, size_t size)
{
	struct iovec here = { buf, size }, there = { (void *)address, size }; /* an address in pid */

	return RESULT(process_vm_readv(pid, &here, 1, &there, 1, 0));
}

int sys_sigtimedwait(const sigset_t *set, siginfo_t *ret_info, int64_t wait_ms)
{
	struct timespec wait = { wait_ms / 1000, wait_ms % 1000 * 1000000 };
	int signal = sigtimedwait(set, ret_info, wait_ms < 0 ? NULL : &wait);

	return signal < 0 ? -errno : signal; /* not repeated after EINTR: the caller's time has moved on */
}
