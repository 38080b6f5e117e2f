/* SPDX-License-Identifier: MIT */
/* links: fake/sys.c */
#include "state_util.h"

#include "fake/sys.h"
#include "runtime/children.h"
#include "runtime/terminal.h"

#define BECOME_REAPER "prctl 36 1"
#define ASK_REAPER "prctl 37 *"
#define DIE_WITH_PARENT "prctl 1 15"

static int start(void **state)
{
	(void)state;
	fake_begin(FAKE_REAL);
	return 0;
}

/* The boot that is looked at: of a spec with nothing but a service. */
static void begin(const struct services *want)
{
	fake_begin(FAKE_REAL);
	spec = make_services(want);
	spec->own_orphans = 0;
	start_runtime();
	fake_begin(FAKE_STRICT);
	fake_pid = 500;
}

static void end(void)
{
	fake_end();
	end_runtime();
}

static const struct services plain = { .service = { { .command = { "x" } } }, .count = 1 };

static void commands_are_laid_out_once(void **state)
{
	(void)state;
	spec = make_services(&(struct services){
		.service = { { .command = { "one", "arg" } }, { .command = { NULL } }, { .command = { "three" } } },
		.count = 3 });
	start_runtime();
	assert_string_equal(rt.running[0].argv[0], "one");
	assert_string_equal(rt.running[0].argv[1], "arg");
	assert_null(rt.running[0].argv[2]);
	assert_ptr_equal(rt.running[1].argv, own_argv + 1);
	assert_string_equal(rt.running[2].argv[0], "three");
	assert_null(rt.running[2].argv[1]);
	end_runtime();
}

static uint32_t helpers_for(const struct services *want)
{
	uint32_t capacity;

	spec = make_services(want);
	start_runtime();
	capacity = rt.helpers.capacity;
	end_runtime();
	return capacity;
}

static void there_are_helpers_only_where_one_can_be_needed(void **state)
{
	struct services want = plain;

	(void)state;
	assert_int_equal(helpers_for(&(struct services){ 0 }), 0);
	assert_int_equal(helpers_for(&want), 0);
	want.service[0].ready_kind = READY_TCP;
	want.service[0].ready_target = "127.0.0.1";
	assert_int_equal(helpers_for(&want), 0);
	want.service[0].ready_target = "/run/x";
	want.service[0].ready_kind = READY_FILE;
	assert_int_equal(helpers_for(&want), 1);
	want.service[0].ready_kind = READY_UNIX;
	assert_int_equal(helpers_for(&want), 1);
	want = (struct services){ .service = { { .command = { "x" } }, { .ready_kind = READY_EXEC, .ready = { "t" } } },
				  .count = 2 };
	assert_int_equal(helpers_for(&want), 2);
	want = plain;
	want.service[0].post_stop[0] = "true";
	assert_int_equal(helpers_for(&want), 1);
	want = plain;
	want.watch = "/etc/app";
	assert_int_equal(helpers_for(&want), 3);
}

/* Every helper and every service finds room among the children at once. */
static void all_children_find_room(void **state)
{
	struct services want = plain;

	(void)state;
	want.watch = "/etc/app";
	spec = make_services(&want);
	start_runtime();
	for (pid_t pid = 1; pid <= 4; pid++)
		assert_int_equal(reap_expect(&rt.reap, pid * 64, REAP_HELPER, 0, 0), 0);
	assert_ptr_equal(rt.reap.arg, &rt);
	end_runtime();
}

static void children_are_listened_to_as_the_spec_needs_it(void **state)
{
	struct services want = plain;

	(void)state;
	spec = make_services(&want);
	start_runtime();
	assert_null(rt.reap.any_fn);
	assert_ptr_equal(rt.reap.stopped_fn, terminal_job_stopped);
	end_runtime();
	want.speech[SPEECH_ORPHAN] = "1x";
	spec = make_services(&want);
	spec->passive = 1;
	start_runtime();
	assert_ptr_equal(rt.reap.any_fn, children_say);
	assert_null(rt.reap.stopped_fn);
	end_runtime();
	spec = make_services(&plain);
	fake_pid = 1;
	start_runtime();
	assert_null(rt.reap.stopped_fn);
	fake_begin(FAKE_REAL);
	end_runtime();
}

static void without_wishes_there_is_no_call(void **state)
{
	(void)state;
	begin(&plain);
	assert_int_equal(boot_process(&rt, NULL), 0);
	assert_int_equal(rt.dir_fd, -1);
	end();
}

static void orphans_are_ours_by_birth_or_by_wish(void **state)
{
	struct err err = { 0 };

	(void)state;
	begin(&plain);
	spec->own_orphans = 1;
	fake_expect(BECOME_REAPER, 0);
	assert_int_equal(boot_process(&rt, &err), 0);
	fake_expect(BECOME_REAPER, -EINVAL);
	assert_int_equal(boot_process(&rt, &err), -EINVAL);
	assert_holds(err.msg, "cannot become the reaper of orphans: Invalid argument");
	fake_pid = 1;
	assert_int_equal(boot_process(&rt, &err), 0);
	end();
}

static void who_reaps_nothing_says_so(void **state)
{
	struct services want = plain;
	int yes = 1, no = 0;

	(void)state;
	want.speech[SPEECH_NOT_REAPER] = "1not a reaper\n";
	begin(&want);
	fake_answer(ASK_REAPER, &no, sizeof(no), 0);
	fake_expect("write_nowait *", 14);
	assert_int_equal(boot_process(&rt, NULL), 0);
	fake_expect(ASK_REAPER, -EINVAL); /* it cannot be told: then it is none */
	fake_expect("write_nowait *", 14);
	assert_int_equal(boot_process(&rt, NULL), 0);
	fake_answer(ASK_REAPER, &yes, sizeof(yes), 0);
	assert_int_equal(boot_process(&rt, NULL), 0);
	fake_pid = 1;
	assert_int_equal(boot_process(&rt, NULL), 0);
	end();
}

static void the_parents_death_is_asked_for(void **state)
{
	struct err err = { 0 };

	(void)state;
	begin(&plain);
	spec->parent_death_signal = SIGTERM;
	fake_expect(DIE_WITH_PARENT, 0);
	assert_int_equal(boot_process(&rt, &err), 0);
	fake_expect(DIE_WITH_PARENT, -EPERM);
	assert_int_equal(boot_process(&rt, &err), -EPERM);
	assert_holds(err.msg, "cannot set the parent-death signal: Operation not permitted");
	end();
}

static void we_leave_a_directory_that_the_command_keeps(void **state)
{
	(void)state;
	begin(&plain);
	spec->root_dir = 1;
	fake_expect("open .", 9);
	fake_expect("chdir /", 0);
	assert_int_equal(boot_process(&rt, NULL), 0);
	assert_int_equal(rt.dir_fd, 9);
	fake_expect("open .", -EACCES); /* it could not be given back: so we stay, and so does the command */
	assert_int_equal(boot_process(&rt, NULL), 0);
	assert_true(rt.dir_fd < 0);
	end();
	begin(&(struct services){ 0 });
	spec->root_dir = 1;
	fake_expect("chdir /", 0);
	assert_int_equal(boot_process(&rt, NULL), 0);
	end();
}

/* With a command that comes later, after its start. */
static void without_a_command_inherited_descriptors_go_at_once(void **state)
{
	(void)state;
	for (int count = 0; count < 2; count++) {
		struct services want = plain;
		int fd;

		want.count = (uint32_t)count;
		begin(&want);
		spec->close_inherited = 1;
		fake_begin(FAKE_REAL);
		fd = fcntl(0, F_DUPFD, 500);
		assert_true(fd >= 500);
		assert_int_equal(boot_process(&rt, NULL), 0);
		assert_int_equal(fcntl(fd, F_GETFD) >= 0, count > 0);
		(void)close(fd);
		end();
	}
}

#define WITH_FAKE(test) cmocka_unit_test_setup(test, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FAKE(commands_are_laid_out_once),
		WITH_FAKE(there_are_helpers_only_where_one_can_be_needed),
		WITH_FAKE(all_children_find_room),
		WITH_FAKE(children_are_listened_to_as_the_spec_needs_it),
		WITH_FAKE(without_wishes_there_is_no_call),
		WITH_FAKE(orphans_are_ours_by_birth_or_by_wish),
		WITH_FAKE(who_reaps_nothing_says_so),
		WITH_FAKE(the_parents_death_is_asked_for),
		WITH_FAKE(we_leave_a_directory_that_the_command_keeps),
		WITH_FAKE(without_a_command_inherited_descriptors_go_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
