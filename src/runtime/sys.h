/* SPDX-License-Identifier: MIT */
/*
 * The seam: every system call of the runtime goes through here, so that unit tests can link
 * tests/fake/sys.c instead. Each function behaves as the call of that name in section 2 of the
 * manual, but returns a negative errno instead of -1, and is never interrupted (EINTR is retried).
 * Whatever runs in PID 1 itself asks the kernel through here; files that run in one-shot children only (stage.c, the
 * copying half of snapshot.c) call libc directly and say so.
 */
#ifndef REINIT_RUNTIME_SYS_H
#define REINIT_RUNTIME_SYS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

#define SYS_DIR_BYTES 2048

/* A directory that is being listed, on the caller's memory: opendir(3) would allocate. */
struct sys_dir {
	int fd;		    /* of the directory; may be used, not closed, by the caller */
	unsigned char type; /* DT_… of the entry that was told last, readdir(3) */
	size_t at, len;
	char buf[SYS_DIR_BYTES] __attribute__((aligned(8)));
};

int64_t sys_now_ms(void);  /* CLOCK_MONOTONIC */
int64_t sys_wall_ms(void); /* CLOCK_REALTIME, since the epoch */

pid_t sys_fork(void);
pid_t sys_getpid(void);
pid_t sys_getppid(void);
/*
 * waitpid(-1, status, WNOHANG): a pid, 0 when none is ready, -ECHILD when there is no child at all. stopped: with
 * WUNTRACED.
 */
pid_t sys_wait_any(int *ret_status, bool stopped);
int sys_kill(pid_t pid, int signal);
int sys_sigprocmask(int how, const sigset_t *set, sigset_t *ret_old);
/* Set or read a disposition; either may be NULL. */
int sys_sigaction(int signal, const struct sigaction *action, struct sigaction *ret_old);
int sys_signalfd(const sigset_t *mask); /* new, SFD_CLOEXEC | SFD_NONBLOCK */
int sys_setpgid(pid_t pid, pid_t pgid);
int sys_setsid(void);
int sys_tcsetpgrp(int fd, pid_t pgid);
pid_t sys_tcgetpgrp(int fd);
pid_t sys_getpgrp(void);
pid_t sys_getsid(void);
int sys_give_up_tty(int fd); /* ioctl(fd, TIOCNOTTY) */
int sys_take_tty(int fd);    /* ioctl(fd, TIOCSCTTY, 0) */
int sys_chdir(const char *path);
int sys_fchdir(int fd);
int sys_close_range(unsigned int first, unsigned int last); /* close_range(2), Linux 5.9 */
int sys_isatty(int fd);					    /* 1 or 0 */
int sys_setresuid(uid_t real, uid_t effective, uid_t saved);
int sys_getresuid(uid_t *ret_real, uid_t *ret_effective, uid_t *ret_saved);
int sys_prctl(int option, unsigned long argument);
int sys_pipe(int ret_fds[2]);					   /* O_CLOEXEC; the read end O_NONBLOCK */
int sys_open(const char *path, int flags, mode_t mode);		   /* O_CLOEXEC is added */
int sys_openat(int dir, const char *path, int flags, mode_t mode); /* O_CLOEXEC is added */
/*
 * As sys_openat for what is there, links followed, but -EXDEV where the way leads to another mount, which then has not been
 * touched: openat2(2) with RESOLVE_NO_XDEV. Where the kernel has no such call it is openat(2).
 */
int sys_openat_here(int dir, const char *path, int flags);
int sys_close(int fd);
ssize_t sys_read(int fd, void *buf, size_t size);
ssize_t sys_write(int fd, const void *buf, size_t size);
/* pwritev2(fd, iov, 1, -1, RWF_NOWAIT): -EAGAIN when it would block, -EOPNOTSUPP where unknown. */
ssize_t sys_write_nowait(int fd, const void *buf, size_t size);
int sys_poll_writable(int fd); /* poll(2) with timeout 0: 1 writable, 0 not, or negative errno */
int sys_stat(const char *path, struct stat *ret);
int sys_lstat(const char *path, struct stat *ret);
int sys_fstat(int fd, struct stat *ret);
int sys_fstatat(int dir, const char *path, struct stat *ret, int flags);
ssize_t sys_readlink(const char *path, char *buf, size_t size);		   /* not terminated */
ssize_t sys_readlinkat(int dir, const char *path, char *buf, size_t size); /* not terminated */
/* List the directory path, relative to the descriptor dir (or AT_FDCWD). 0 or negative errno; end with sys_dir_close. */
int sys_dir_open(struct sys_dir *list, int dir, const char *path);
/* The next entry but . and .. into *ret_name, valid until the next call: 1, 0 at the end, or negative errno. */
int sys_dir_next(struct sys_dir *list, const char **ret_name);
void sys_dir_close(struct sys_dir *list);
int sys_inotify_init(void); /* IN_CLOEXEC | IN_NONBLOCK */
int sys_inotify_add(int fd, const char *path, uint32_t mask);
int sys_inotify_remove(int fd, int wd);
/* Non-blocking connect to a Unix socket or to a TCP port: 1 connected, 0 not (yet), never blocks. */
int sys_connect_unix(const char *path);
int sys_connect_tcp(const char *numeric_host, int port);
void sys_rest_ms(int ms);			   /* the last resort where nothing else can be done: sleep */
void sys_exit(int code) __attribute__((noreturn)); /* _exit(2) */

/* Read size bytes of the memory of pid, process_vm_readv(2). */
ssize_t sys_peek(pid_t pid, unsigned long address, void *buf, size_t size);

/* Wait for a blocked signal, for ever when wait_ms is negative. Its number, -EAGAIN when none came, or -EINTR. */
int sys_sigtimedwait(const sigset_t *set, siginfo_t *ret_info, int64_t wait_ms);

#endif
