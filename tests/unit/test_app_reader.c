/* SPDX-License-Identifier: MIT */
#include "config_util.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/reader.h"

static char dir[64];
static char path[128];

static int make_dir(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/reinit-test-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/f.conf", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(dir);
}

static void write_conf(const char *text, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void load(struct reader_plan *plan, char **argv)
{
	struct err err = { 0 };

	if (reader_load(words_count(argv), argv, NO_ENV, plan, &err) < 0)
		fail_msg("%s", err.msg);
	assert_true(!plan->spec == !!plan->text);
}

/* The plan must be a text of this code and stream with this part. */
static void expect_text(char **argv, int code, const char *part)
{
	struct reader_plan plan;

	load(&plan, argv);
	assert_null(plan.spec);
	assert_int_equal(plan.exit_code, code);
	assert_int_equal(plan.to_stderr, code != 0);
	assert_has(plan.text, part);
	assert_int_equal(plan.text[strlen(plan.text) - 1], '\n');
	free(plan.text);
}

static void drop(const struct reader_plan *plan, bool mapped)
{
	struct err err = { 0 };

	assert_int_equal(spec_check(plan->spec, plan->spec->size_bytes, &err), 0);
	if (mapped)
		assert_int_equal(munmap((void *)(uintptr_t)plan->spec, plan->spec->size_bytes), 0);
	else
		free((void *)(uintptr_t)plan->spec);
}

static void a_plain_command_needs_no_descriptor_and_no_process(void **state)
{
	struct rlimit before, none;
	struct reader_plan plan;
	struct err err = { 0 };
	char **argv = WORDS("--", "app");
	int r;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0; /* open, pipe and memfd_create all fail now */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	r = reader_load(3, argv, NO_ENV, &plan, &err);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(r, 0);
	assert_int_equal(spec_service(plan.spec, 0)->command_argv, 2);
	drop(&plan, false);
}

static void a_file_gives_a_mapped_spec(void **state)
{
	static const char text[] = "service web { command = {\"x\", \"y\"} }\n";
	struct reader_plan plan;
	const struct service_spec *service;

	(void)state;
	write_conf(text, sizeof(text) - 1);
	load(&plan, WORDS("--config", path));
	service = spec_service(plan.spec, 0);
	assert_int_equal(service->command.count, 2);
	assert_string_equal(spec_str(plan.spec, service->name), "web");
	drop(&plan, true);
	load(&plan, WORDS("--config", path, "--", "app"));
	assert_int_equal(plan.spec->service_count, 2);
	assert_int_equal(spec_service(plan.spec, 1)->command_argv, 4);
	drop(&plan, true);
}

static void faults_of_usage_end_with_100(void **state)
{
	(void)state;
	expect_text(WORDS("--wach", "x"), 100,
		    "reinit: unknown option '--wach'; did you mean --watch?\nreinit: try reinit --help\n");
	expect_text(WORDS("--poll", "x", "--linger", "y", "app"), 100, "reinit: 2 faults: nothing was started\n");
	expect_text(WORDS("--poll", "x", "app"), 100, "reinit: command line: poll: 'x' is not a duration");
}

static void faults_of_a_file_end_with_78(void **state)
{
	static const char text[] = "service web { command = x\n stop-signal = HUPP\n restart = maybe }\n";

	(void)state;
	write_conf(text, sizeof(text) - 1);
	expect_text(WORDS("--config", path), 78, ":2: service 'web': stop-signal: unknown signal 'HUPP'");
	expect_text(WORDS("--config", path), 78, ":3: service 'web': restart: 'maybe' is none of");
	expect_text(WORDS("--config", path, "-t"), 78, "reinit: 2 faults");
	expect_text(WORDS("--config", path, "--explain"), 78, "HUPP");
}

static void who_has_to_mend_it_decides_on_the_code(void **state)
{
	static const char good[] = "service web { command = x }\n",
			  bad[] = "service web { command = x stop-signal = Y }\n";

	(void)state;
	write_conf(good, sizeof(good) - 1);
	expect_text(WORDS("--config", path, "--poll", "x"), 100, "reinit: command line: poll: 'x' is not a duration");
	write_conf(bad, sizeof(bad) - 1);
	expect_text(WORDS("--config", path, "--poll", "x"), 78, "reinit: command line: poll: 'x' is not a duration");
}

static void a_fault_of_syntax_is_reported_alone(void **state)
{
	static const char text[] = "service web { stop-signal = HUPP\n";
	struct reader_plan plan;

	(void)state;
	write_conf(text, sizeof(text) - 1);
	load(&plan, WORDS("--config", path));
	assert_int_equal(plan.exit_code, 78);
	assert_has(plan.text, "f.conf:1: the '{' in this line is never closed");
	assert_has_not(plan.text, "HUPP");
	free(plan.text);
}

static void files_that_cannot_be_read_end_with_78(void **state)
{
	(void)state;
	expect_text(WORDS("--config", path), 78, "f.conf: No such file");
	expect_text(WORDS("--config", dir), 78, "is a directory");
	expect_text(WORDS("--config", "no\nsuch\x1b"), 78, "reinit: no?such?: No such file");
	assert_int_equal(mkfifo(path, 0600), 0);
	expect_text(WORDS("--config", path), 78, "is not a regular file");
}

static void help_version_test_and_explain_print_and_end_with_0(void **state)
{
	static const char text[] = "service web { command = x watch \"/w\" { } }\n";

	(void)state;
	expect_text(WORDS("--help"), 0, "Usage: reinit");
	expect_text(WORDS("--version"), 0, "reinit ");
	expect_text(WORDS("-t", "app"), 0, "reinit: configuration is fine: services=1 watches=0\n");
	expect_text(WORDS("--explain", "app"), 0, "service \"app\" {");
	write_conf(text, sizeof(text) - 1);
	expect_text(WORDS("-t", "--config", path), 0, "services=1 watches=1");
	expect_text(WORDS("--explain", "--config", path), 0, "f.conf:1\n");
	expect_text(WORDS("--help", "--config", path), 0, "Usage");
}

static void lack_of_descriptors_is_a_failure_of_the_system(void **state)
{
	struct rlimit before, none;
	struct reader_plan plan = { .exit_code = 5 };
	struct err err = { 0 };
	char **argv = WORDS("--config", path);
	int r;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	r = reader_load(3, argv, NO_ENV, &plan, &err);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_true(r < 0);
	assert_true(*err.msg);
	assert_int_equal(plan.exit_code, 5);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_command_needs_no_descriptor_and_no_process),
		cmocka_unit_test_setup_teardown(a_file_gives_a_mapped_spec, make_dir, remove_dir),
		cmocka_unit_test(faults_of_usage_end_with_100),
		cmocka_unit_test_setup_teardown(faults_of_a_file_end_with_78, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(who_has_to_mend_it_decides_on_the_code, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(a_fault_of_syntax_is_reported_alone, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(files_that_cannot_be_read_end_with_78, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(help_version_test_and_explain_print_and_end_with_0, make_dir,
						remove_dir),
		cmocka_unit_test_setup_teardown(lack_of_descriptors_is_a_failure_of_the_system, make_dir, remove_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
