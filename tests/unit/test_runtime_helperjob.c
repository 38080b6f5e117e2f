/* SPDX-License-Identifier: MIT */
#include "helper_util.h"

#include <sys/vfs.h>

#include <linux/magic.h>

static void a_digest_is_the_same_in_a_child(void **state)
{
	struct digest live;

	(void)state;
	write_file("a.conf", "1");
	set_up(&(struct one_watch){ .path = temp_dir }, 1);
	live = digest_now();
	run(HELPER_DIGEST, (struct digest){ 0, 0 });
	assert_int_equal(result.content, CONTENT_PRESENT);
	assert_true(digest_equal(result.digest, live));
	tear_down();
}

static void a_validation_says_yes_or_no(void **state)
{
	(void)state;
	write_file("a.conf", "good");
	set_up(&(struct one_watch){ .path = temp_dir,
				    .validate = { "sh", "-c", "echo looked at a.conf; grep good \"%{path}/a.conf\"" } },
	       1);
	run(HELPER_VALIDATE, digest_now());
	assert_int_equal(result.verdict, VERDICT_OK);
	write_file("a.conf", "bad");
	run(HELPER_VALIDATE, digest_now());
	assert_int_equal(result.verdict, VERDICT_REFUSED);
	assert_int_equal(WEXITSTATUS(result.status), 1);
	assert_string_equal(output(), "looked at a.conf\n");
	tear_down();
}

static void a_script_of_any_length_is_run(void **state)
{
	static char script[20000];

	(void)state;
	memset(script, '#', sizeof(script) - 1);
	memcpy(script, "echo %{service} %{path}\n", strlen("echo %{service} %{path}\n"));
	write_file("a.conf", "1");
	set_up(&(struct one_watch){ .path = temp_dir, .validate = { "sh", "-c", script } }, 1);
	run(HELPER_VALIDATE, digest_now());
	assert_int_equal(result.error, 0);
	assert_int_equal(result.verdict, VERDICT_OK);
	assert_non_null(strstr(output(), temp_dir));
	tear_down();
}

static void a_verdict_on_moving_content_is_void(void **state)
{
	struct digest old;

	(void)state;
	write_file("a.conf", "1");
	set_up(&(struct one_watch){ .path = temp_dir, .validate = { "sh", "-c", "echo 2 >\"%{path}/a.conf\"" } }, 1);
	old = digest_now();
	run(HELPER_VALIDATE, old); /* changes while it is validated */
	assert_int_equal(result.verdict, VERDICT_MOVED);
	run(HELPER_VALIDATE, old); /* is another one than was asked about */
	assert_int_equal(result.verdict, VERDICT_MOVED);
	assert_int_equal(remove(in_temp("a.conf")), 0);
	write_file("unreadable", "");
	tear_down();
}

static void a_stage_is_what_is_validated(void **state)
{
	(void)state;
	make_dir("etc");
	write_file("etc/main", "main");
	make_mount("etc/conf.d", "one", "a.conf", "good");
	make_dir("etc/conf.d/..two");
	write_file("etc/conf.d/..two/a.conf", "bad");
	/* The live content changes under it, and it makes no difference. */
	set_up(
		&(struct one_watch){
			.path = in_temp("etc/conf.d"),
			.stage_base = in_temp("etc"),
			.validate = { "sh", "-c",
				      "cd \"%{path}\" && ln -s ..two t && mv -T t ..data; cd \"%{stage}\" && "
				      "cat main conf.d/a.conf && test \"%{stage}\" = \"$REINIT_STAGE\"" } },
		1);
	run(HELPER_VALIDATE, digest_now());
	assert_string_equal(output(), "maingood");
	assert_int_equal(result.verdict, VERDICT_OK);
	run(HELPER_VALIDATE, (struct digest){ 1, 2 });
	assert_int_equal(result.verdict, VERDICT_MOVED);
	tear_down();
}

static void commands_know_what_they_are_for(void **state)
{
	(void)state;
	write_file("a.conf", "1");
	set_up(&(struct one_watch){ .path = temp_dir,
				    .exec = { "sh", "-c",
					      "echo %{service} $REINIT_SERVICE $REINIT_PID $REINIT_DIGEST; "
					      "test \"%{path}\" = \"$REINIT_PATH\"" },
				    .ready = { "sh", "-c", "exit 9" } },
	       1);
	run(HELPER_HOOK, (struct digest){ 0xab, 0xcd });
	assert_string_equal(output(), "web web 4711 00000000000000ab00000000000000cd\n");
	assert_int_equal(result.status, 0);
	run(HELPER_PROBE, (struct digest){ 0, 0 });
	assert_int_equal(WEXITSTATUS(result.status), 9);
	tear_down();
}

static void of_long_output_the_last_whole_lines_are_told(void **state)
{
	(void)state;
	write_file("a.conf", "1");
	set_up(&(struct one_watch){ .path = temp_dir, .exec = { "sh", "-c", "seq 100000 110000; exit 1" } }, 1);
	run(HELPER_HOOK, (struct digest){ 0, 0 });
	assert_int_equal(result.output_len % 7, 0); /* "100000\n" */
	assert_true(result.output_len >= HELPER_OUTPUT_SIZE / 2 - 7);
	assert_holds(output(), "109999\n110000\n");
	tear_down();
}

static void time_and_bad_words_are_told(void **state)
{
	(void)state;
	write_file("a.conf", "1");
	set_up(&(struct one_watch){ .path = temp_dir, .validate = { "sleep", "1000" }, .validate_timeout_ms = 50 }, 1);
	run(HELPER_VALIDATE, digest_now());
	assert_int_equal(result.verdict, VERDICT_REFUSED);
	assert_true(result.timed_out);
	tear_down();
	set_up(&(struct one_watch){ .path = temp_dir, .validate = { "true", "%{pid}" } }, 1);
	run(HELPER_VALIDATE, digest_now());
	assert_int_equal(result.verdict, VERDICT_REFUSED);
	assert_int_not_equal(result.error, 0);
	tear_down();
}

/* What lies in memory may not be copied to the disk that TMPDIR names: the live path is looked at, and that is said. */
static void without_a_place_for_a_stage_the_live_path_is_validated(void **state)
{
	char secret[64] = "/dev/shm/reinit-test.XXXXXX";
	struct statfs memory, disk;
	int fd;

	(void)state;
	if (statfs("/dev/shm", &memory) < 0 || memory.f_type != TMPFS_MAGIC || statfs(temp_dir, &disk) < 0 ||
	    disk.f_type == TMPFS_MAGIC)
		skip();
	fd = mkostemp(secret, O_CLOEXEC);
	assert_true(fd >= 0);
	make_dir("tmp");
	make_dir("live");
	make_link(secret, "live/key");
	assert_int_equal(setenv("TMPDIR", in_temp("tmp"), 1), 0);
	set_up(&(struct one_watch){ .path = in_temp("live"), .validate = { "test", "%{stage}", "=", in_temp("live") } },
	       1);
	run(HELPER_VALIDATE, digest_now());
	assert_int_equal(result.verdict, VERDICT_OK);
	assert_holds(result.note, "live path");
	assert_holds(result.note, "memory");
	tear_down();
	assert_int_equal(unsetenv("TMPDIR"), 0);
	assert_int_equal(unlink(secret), 0);
	(void)close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_TEMP(a_digest_is_the_same_in_a_child),
		WITH_TEMP(a_validation_says_yes_or_no),
		WITH_TEMP(a_script_of_any_length_is_run),
		WITH_TEMP(a_verdict_on_moving_content_is_void),
		WITH_TEMP(a_stage_is_what_is_validated),
		WITH_TEMP(commands_know_what_they_are_for),
		WITH_TEMP(of_long_output_the_last_whole_lines_are_told),
		WITH_TEMP(time_and_bad_words_are_told),
		WITH_TEMP(without_a_place_for_a_stage_the_live_path_is_validated),
	};

	signals_take_over(&inherited);
	(void)sigemptyset(&inherited.mask);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
