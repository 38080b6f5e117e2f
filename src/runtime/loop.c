/* SPDX-License-Identifier: MIT */
#include "runtime/loop.h"

#include <errno.h>
#include <stdlib.h>

#include <ev.h>

#include "runtime/sys.h"

struct loop {
	struct ev_loop *ev;
	ev_timer timer;
	loop_fn timer_fn;
	void *timer_arg;
	int64_t timer_deadline_ms; /* -1: disarmed */
	bool stopped;
};

struct loop_fd {
	ev_io io; /* io.data is this */
	loop_fn fn;
	void *arg;
};

/*
 * libev's collar. Its default for a failed system call is perror and abort: PID 1 goes on instead; the
 * loop then turns again, and what failed is tried again.
 */
static void on_syserr(const char *what)
{
	(void)what;
}

/*
 * libev aborts when its allocator returns NULL. After boot it asks for memory only when a descriptor number or a count
 * of watchers grows beyond all earlier ones (a few hundred bytes). Small requests do not fail on Linux short of a
 * process limit; should one, the wait for memory keeps PID 1 alive where an abort would end the container.
 */
static void *allocate(void *old, long size)
{
	void *block;

	if (size == 0) {
		free(old);
		return NULL;
	}
	for (;;) {
		block = realloc(old, (size_t)size);
		if (block != NULL)
			return block;
		sys_rest_ms(10);
	}
}

int loop_create(struct loop **ret)
{
	struct loop *loop;

	ev_set_allocator(allocate);
	ev_set_syserr_cb(on_syserr);
	loop = calloc(1, sizeof(*loop));
	if (loop == NULL)
		return -ENOMEM;
	/* Not the default loop: that one installs a SIGCHLD handler which calls waitpid(-1) itself. */
	errno = 0; /* libev says no more than NULL */
	loop->ev = ev_loop_new(EVFLAG_NOENV | EVBACKEND_EPOLL);
	if (loop->ev == NULL) {
		int error = errno == 0 ? ENOSYS : errno;

		free(loop);
		return -error;
	}
	loop->timer_deadline_ms = -1;
	*ret = loop;
	return 0;
}

void loop_destroy(struct loop *loop)
{
	if (loop == NULL)
		return;
	ev_loop_destroy(loop->ev);
	free(loop);
}

static void fd_ready(struct ev_loop *ev, ev_io *io, int revents)
{
	struct loop_fd *handle = io->data;

	(void)ev;
	(void)revents;
	handle->fn(handle->arg);
}

struct loop_fd *loop_fd_add(struct loop *loop, int fd, loop_fn fn, void *arg)
{
	struct loop_fd *handle = calloc(1, sizeof(*handle));

	if (handle == NULL)
		return NULL;
	handle->fn = fn;
	handle->arg = arg;
	ev_io_init(&handle->io, fd_ready, fd, EV_READ);
	handle->io.data = handle;
	ev_io_start(loop->ev, &handle->io);
	return handle;
}

void loop_fd_remove(struct loop *loop, struct loop_fd *handle)
{
	if (handle == NULL)
		return;
	ev_io_stop(loop->ev, &handle->io);
	free(handle);
}

static void timer_due(struct ev_loop *ev, ev_timer *timer, int revents)
{
	struct loop *loop = timer->data;

	(void)ev;
	(void)revents;
	loop->timer_deadline_ms = -1;
	loop->timer_fn(loop->timer_arg);
}

void loop_timer_set(struct loop *loop, int64_t deadline_ms, loop_fn fn, void *arg)
{
	int64_t wait_ms;

	loop->timer_fn = fn;
	loop->timer_arg = arg;
	if (deadline_ms == loop->timer_deadline_ms)
		return;
	loop->timer_deadline_ms = deadline_ms;
	ev_timer_stop(loop->ev, &loop->timer);
	if (deadline_ms < 0)
		return;
	wait_ms = deadline_ms - sys_now_ms();
	/* libev counts from the time that it last saw, which may be long ago. */
	ev_now_update(loop->ev);
	/* One millisecond more: a timer must never come before its deadline, or the loop would spin until it. */
	ev_timer_init(&loop->timer, timer_due, wait_ms > 0 ? (double)(wait_ms + 1) / 1000.0 : 0.0, 0.0);
	loop->timer.data = loop;
	ev_timer_start(loop->ev, &loop->timer);
}

void loop_run(struct loop *loop, loop_fn idle, void *idle_arg)
{
	loop->stopped = false;
	while (!loop->stopped) {
		if (idle != NULL)
			idle(idle_arg);
		(void)ev_run(loop->ev, EVRUN_ONCE);
	}
}

void loop_stop(struct loop *loop)
{
	loop->stopped = true;
}
