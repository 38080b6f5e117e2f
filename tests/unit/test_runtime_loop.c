/* SPDX-License-Identifier: MIT */
#include "runtime_util.h"

#include "runtime/loop.h"
#include "runtime/sys.h"

struct scene {
	struct loop *loop;
	struct loop_fd *handles[2];
	int fds[2][2];
	int reads, idles, timers;
	int64_t deadline_ms;
};

static void stop(void *arg)
{
	struct scene *scene = arg;

	scene->timers++;
	/* Never early: a loop that comes early has to spin until the time is there. */
	assert_true(sys_now_ms() >= scene->deadline_ms);
	loop_stop(scene->loop);
}

static void idle(void *arg)
{
	struct scene *scene = arg;

	scene->idles++;
}

static void a_timer_is_never_early(void **state)
{
	struct scene scene = { 0 };

	(void)state;
	assert_int_equal(loop_create(&scene.loop), 0);
	for (int64_t wait_ms = -5; wait_ms <= 20; wait_ms += 5) {
		scene.deadline_ms = sys_now_ms() + wait_ms;
		loop_timer_set(scene.loop, scene.deadline_ms, stop, &scene);
		loop_run(scene.loop, idle, &scene);
	}
	assert_int_equal(scene.timers, 6);
	assert_true(scene.idles >= 6);
	loop_destroy(scene.loop);
}

static void a_later_call_replaces_the_timer(void **state)
{
	struct scene scene = { 0 };

	(void)state;
	assert_int_equal(loop_create(&scene.loop), 0);
	loop_timer_set(scene.loop, sys_now_ms() + 1, stop, &scene);
	loop_timer_set(scene.loop, -1, stop, &scene);
	loop_timer_set(scene.loop, sys_now_ms() + 1, stop, &scene);
	scene.deadline_ms = sys_now_ms() + 30;
	loop_timer_set(scene.loop, scene.deadline_ms, stop, &scene);
	loop_run(scene.loop, NULL, NULL);
	assert_int_equal(scene.timers, 1);
	/* What has fired can be set to the same time again. */
	loop_timer_set(scene.loop, scene.deadline_ms, stop, &scene);
	loop_run(scene.loop, NULL, NULL);
	assert_int_equal(scene.timers, 2);
	loop_destroy(scene.loop);
}

/* Both are ready in the same turn; the first removes both. */
static void remove_both(void *arg)
{
	struct scene *scene = arg;

	scene->reads++;
	for (int n = 0; n < 2; n++) {
		loop_fd_remove(scene->loop, scene->handles[n]);
		scene->handles[n] = NULL;
	}
	loop_stop(scene->loop);
}

static void what_is_removed_is_not_called_any_more(void **state)
{
	struct scene scene = { 0 };

	(void)state;
	assert_int_equal(loop_create(&scene.loop), 0);
	for (int n = 0; n < 2; n++) {
		assert_int_equal(sys_pipe(scene.fds[n]), 0);
		scene.handles[n] = loop_fd_add(scene.loop, scene.fds[n][0], remove_both, &scene);
		assert_non_null(scene.handles[n]);
		assert_int_equal(write(scene.fds[n][1], "x", 1), 1);
	}
	loop_run(scene.loop, NULL, NULL);
	assert_int_equal(scene.reads, 1);
	scene.deadline_ms = sys_now_ms() + 5;
	loop_timer_set(scene.loop, scene.deadline_ms, stop, &scene);
	loop_run(scene.loop, NULL, NULL);
	assert_int_equal(scene.reads, 1);
	loop_fd_remove(scene.loop, NULL);
	for (int n = 0; n < 2; n++) {
		(void)close(scene.fds[n][0]);
		(void)close(scene.fds[n][1]);
	}
	loop_destroy(scene.loop);
	loop_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_timer_is_never_early),
		cmocka_unit_test(a_later_call_replaces_the_timer),
		cmocka_unit_test(what_is_removed_is_not_called_any_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
