/* SPDX-License-Identifier: MIT */
/* The event loop: descriptors and one timer. The only room that knows libev. */
#ifndef REINIT_RUNTIME_LOOP_H
#define REINIT_RUNTIME_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_fd;

typedef void (*loop_fn)(void *arg);

/*
 * Make the loop (epoll, not libev's default loop, environment ignored). Boot only: it allocates.
 * Returns 0 or negative errno; *ret is the caller's, ended with loop_destroy (NULL is fine).
 */
int loop_create(struct loop **ret);
void loop_destroy(struct loop *loop);

/*
 * Call fn(arg) whenever fd can be read. The handle stays valid until loop_fd_remove, which does not
 * close fd. Handles come from a pool that grows by allocation; returns NULL when there is no memory.
 */
struct loop_fd *loop_fd_add(struct loop *loop, int fd, loop_fn fn, void *arg);
void loop_fd_remove(struct loop *loop, struct loop_fd *handle); /* NULL is fine */

/* The one timer: call fn(arg) at deadline_ms (sys_now_ms time); a new call replaces it, a negative one disarms it. */
void loop_timer_set(struct loop *loop, int64_t deadline_ms, loop_fn fn, void *arg);

/* Run until loop_stop. Before it would sleep it calls idle(idle_arg) once per turn (NULL: nothing). */
void loop_run(struct loop *loop, loop_fn idle, void *idle_arg);
void loop_stop(struct loop *loop);

#endif
