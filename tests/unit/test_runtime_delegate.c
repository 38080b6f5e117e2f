/* SPDX-License-Identifier: MIT */
/* links: fake/sys.c */
#include "state_util.h"

#include "fake/sys.h"
#include "runtime/delegate.h"
#include "runtime/signals.h"
#include "runtime/snapshot.h"

static void no_news(void *arg, uint32_t watch, enum watch_news news, int value)
{
	(void)arg;
	(void)watch;
	(void)news;
	(void)value;
}

/* A runtime that watches temp_dir, with a loop for what its helpers say. */
static void begin(const char *const *validate, const char *exec)
{
	struct one_watch want = { .path = temp_dir, .exec = { exec }, .command = { "x" } };

	for (size_t n = 0; validate != NULL && validate[n] != NULL; n++)
		want.validate[n] = validate[n];
	fake_begin(FAKE_REAL);
	spec = make_spec(&want);
	start_runtime();
	assert_int_equal(loop_create(&rt.loop), 0);
	assert_int_equal(watcher_create(spec, no_news, NULL, &rt.watcher), 0);
}

static void end(void)
{
	assert_no_event();
	watcher_destroy(rt.watcher);
	loop_destroy(rt.loop);
	end_runtime();
	fake_end();
}

static struct event taken(enum event_kind kind)
{
	struct event event = { 0 };

	assert_true(queue_take(&rt.queue, &event));
	assert_string_equal(event_names[event.kind], event_names[kind]);
	assert_int_equal(event.seq, 5);
	return event;
}

static const struct effect question = { .seq = 5, .digest = { 1, 2 } };

/* The helper in slot 0, from its end to the event that it becomes. */
static struct event answer(enum event_kind kind)
{
	struct event event;

	assert_int_equal(rt.reap.used, 1);
	assert_non_null(rt.delegates[0].output);
	assert_true(waitpid(-1, NULL, 0) > 0);
	event = delegate_ended(&rt, 0);
	assert_string_equal(event_names[event.kind], event_names[kind]);
	assert_int_equal(event.seq, 5);
	assert_null(rt.delegates[0].output);
	return event;
}

static void a_small_set_is_read_in_the_loop(void **state)
{
	struct event event;

	(void)state;
	write_file("a", "1");
	begin(NULL, NULL);
	delegate_digest(&rt, &question);
	event = taken(EV_DIGESTED);
	assert_int_equal(event.value, CONTENT_PRESENT);
	assert_true(event.digest.high != 0);
	assert_int_equal(rt.reap.used, 0);
	end();
}

/* What was too big once is not tried in the loop again; the digest is the same either way. */
static void a_big_set_is_a_helpers_from_then_on(void **state)
{
	struct event event;
	struct digest first;
	FILE *file;

	(void)state;
	file = fopen(in_temp("big"), "we");
	assert_non_null(file);
	assert_int_equal(ftruncate(fileno(file), SNAPSHOT_LOOP_BYTES + 1), 0);
	assert_int_equal(fclose(file), 0);
	begin(NULL, NULL);
	delegate_digest(&rt, &question);
	assert_no_event();
	assert_true(rt.too_big[0]);
	event = answer(EV_DIGESTED);
	assert_int_equal(event.value, CONTENT_PRESENT);
	first = event.digest;
	reap_finish(&rt.reap);
	assert_int_equal(reap_init(&rt.reap, 4, no_child, &rt), 0);
	assert_int_equal(truncate(in_temp("big"), 1), 0);
	delegate_digest(&rt, &question);
	assert_no_event();
	event = answer(EV_DIGESTED);
	assert_int_equal(event.value, CONTENT_PRESENT);
	assert_false(digest_equal(event.digest, first));
	end();
}

static void what_cannot_start_is_answered_at_once(void **state)
{
	struct event event;

	(void)state;
	begin(NULL, "true");
	rt.too_big[0] = true;
	for (int n = 0; n < 5; n++)
		fake_expect("pipe", -EMFILE);
	delegate_digest(&rt, &question);
	assert_int_equal(taken(EV_DIGESTED).value, CONTENT_UNREADABLE);
	assert_holds(words(), "event=HELPER_FAILED service=web error=\"Too many open files\"");
	delegate_validate(&rt, &question);
	event = taken(EV_VALIDATED);
	assert_int_equal(event.value, VERDICT_REFUSED);
	assert_true(digest_equal(event.digest, question.digest)); /* so that it is this one that is refused */
	delegate_hook(&rt, &question);
	assert_int_equal(taken(EV_HOOKED).value, SPAWN_EXIT_NOT_RUN << 8);
	delegate_post_stop(&rt, &question);
	assert_int_equal(taken(EV_POST_STOPPED).value, SPAWN_EXIT_NOT_RUN << 8);
	delegate_probe(&rt, &question);
	assert_int_equal(taken(EV_PROBED).value, 0);
	assert_int_equal(rt.reap.used, 0);
	end();
}

static void a_validation_brings_verdict_and_digest(void **state)
{
	static const char *const no[] = { "false", NULL };
	struct event event;

	(void)state;
	write_file("a", "1");
	begin(no, NULL);
	delegate_digest(&rt, &question);
	event = taken(EV_DIGESTED);
	delegate_validate(&rt, &(struct effect){ .seq = 5, .digest = event.digest });
	assert_no_event();
	assert_true(digest_equal(answer(EV_VALIDATED).digest, event.digest));
	assert_int_equal(rt.result->verdict, VERDICT_REFUSED);
	end();
}

/* A command knows whom it is about. */
static void a_hook_is_given_the_services_pid(void **state)
{
	(void)state;
	write_file("hook", "#!/bin/sh\nexit $REINIT_PID\n");
	assert_int_equal(chmod(in_temp("hook"), 0755), 0);
	begin(NULL, in_temp("hook"));
	rt.running[0].pid = 44;
	delegate_hook(&rt, &question);
	assert_no_event();
	assert_int_equal(answer(EV_HOOKED).value, 44 << 8);
	end();
}

/* A helper that is none: bytes of this answer are in its pipe, and then it is gone. Returns what the event says. */
static int32_t told(struct helper_result said, size_t bytes)
{
	struct event event;
	int fds[2];

	said.seq = 5;
	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(write(fds[1], &said, bytes), bytes);
	fake_answer("pipe", fds, sizeof(fds), 0);
	fake_expect("fork", 99999999); /* beyond all that the kernel gives */
	if (said.job == HELPER_DIGEST)
		delegate_digest(&rt, &question);
	else if (said.job == HELPER_VALIDATE)
		delegate_validate(&rt, &question);
	else if (said.job == HELPER_HOOK)
		delegate_hook(&rt, &question);
	else if (said.job == HELPER_POST_STOP)
		delegate_post_stop(&rt, &question);
	else
		delegate_probe(&rt, &question);
	event = delegate_ended(&rt, 0);
	assert_int_equal(event.seq, 5);
	assert_int_equal(event.kind, said.job == HELPER_DIGEST	    ? EV_DIGESTED
				     : said.job == HELPER_VALIDATE  ? EV_VALIDATED
				     : said.job == HELPER_HOOK	    ? EV_HOOKED
				     : said.job == HELPER_POST_STOP ? EV_POST_STOPPED
								    : EV_PROBED);
	reap_finish(&rt.reap);
	assert_int_equal(reap_init(&rt.reap, 4, no_child, &rt), 0);
	return event.value;
}

static int32_t told_whole(struct helper_result said)
{
	return told(said, sizeof(said));
}

static void every_failure_of_a_helper_is_a_no(void **state)
{
	static const enum helper_job commands[] = { HELPER_HOOK, HELPER_POST_STOP };

	(void)state;
	begin(NULL, "true");
	rt.too_big[0] = true;
	for (size_t n = 0; n < COUNT(commands); n++) {
		const enum helper_job job = commands[n];

		assert_int_equal(told_whole((struct helper_result){ .job = job }), 0);
		assert_int_equal(told_whole((struct helper_result){ .job = job, .status = 3 << 8 }), 3 << 8);
		assert_int_equal(told_whole((struct helper_result){ .job = job, .timed_out = true }), SIGKILL);
		assert_int_equal(told_whole((struct helper_result){ .job = job, .error = ENOENT }), SIGKILL);
		assert_int_equal(told((struct helper_result){ .job = job }, 100), SIGKILL);
	}
	assert_int_equal(told_whole((struct helper_result){ .job = HELPER_PROBE }), 1);
	assert_int_equal(told_whole((struct helper_result){ .job = HELPER_PROBE, .status = 1 << 8 }), 0);
	assert_int_equal(told_whole((struct helper_result){ .job = HELPER_PROBE, .timed_out = true }), 0);
	assert_int_equal(told_whole((struct helper_result){ .job = HELPER_PROBE, .error = EACCES }), 0);
	assert_int_equal(told((struct helper_result){ .job = HELPER_PROBE }, 100), 0);
	assert_int_equal(told_whole((struct helper_result){ .job = HELPER_VALIDATE, .verdict = VERDICT_MOVED }),
			 VERDICT_MOVED);
	assert_int_equal(told((struct helper_result){ .job = HELPER_VALIDATE }, 100), VERDICT_REFUSED);
	assert_int_equal(told_whole((struct helper_result){ .job = HELPER_DIGEST, .content = CONTENT_EMPTY }),
			 CONTENT_EMPTY);
	assert_int_equal(told((struct helper_result){ .job = HELPER_DIGEST }, 100), CONTENT_UNREADABLE);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_TEMP(a_small_set_is_read_in_the_loop),	  WITH_TEMP(a_big_set_is_a_helpers_from_then_on),
		WITH_TEMP(what_cannot_start_is_answered_at_once), WITH_TEMP(a_validation_brings_verdict_and_digest),
		WITH_TEMP(a_hook_is_given_the_services_pid),	  WITH_TEMP(every_failure_of_a_helper_is_a_no),
	};

	fake_begin(FAKE_REAL);
	signals_take_over(&inherited);
	(void)sigemptyset(&inherited.mask);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
