/* SPDX-License-Identifier: MIT */
/* The traps of libconfuse, each by name, and what reading a file from disk can meet. */
#include "config_util.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* In place of the C library's: what happens while a file is read. */
static const char *appended_while_read;

ssize_t read(int fd, void *buf, size_t size)
{
	ssize_t len = syscall(SYS_read, fd, buf, size);

	if (appended_while_read && len > 0) {
		int other = open(appended_while_read, O_WRONLY | O_APPEND | O_CLOEXEC);

		appended_while_read = NULL;
		assert_true(other >= 0);
		assert_int_equal(write(other, "service b { command = y }\n", 26), 26);
		assert_int_equal(close(other), 0);
	}
	return len;
}

static void refuse_len(const char *text, size_t len, const char *part)
{
	struct draft draft;
	struct err err = { 0 };

	draft_init(&draft);
	assert_true(file_parse("f", text, len, &draft, &err) < 0);
	assert_has(err.msg, part);
	draft_finish(&draft);
}

static void refuse(const char *text, const char *part)
{
	refuse_len(text, strlen(text), part);
}

/* The values of an option of the first service, joined with '|'. */
static void expect(const char *text, enum option_id id, const char *joined, uint32_t line)
{
	struct draft draft;
	struct err err = { 0 };
	struct setting *setting;
	char buf[512] = "";

	draft_init(&draft);
	if (file_parse("f", text, strlen(text), &draft, &err) < 0)
		fail_msg("%s", err.msg);
	switch (option_scope(id)) {
	case SCOPE_SERVICE:
		setting = &draft.services[0].settings[option_place(id)];
		break;
	case SCOPE_WATCH:
		setting = &draft.services[0].watches[0].settings[option_place(id)];
		break;
	default:
		setting = &draft.globals[option_place(id)];
	}
	for (uint32_t i = 0; i < setting->count; i++)
		(void)snprintf(buf + strlen(buf), sizeof(buf) - strlen(buf), "%s%s", i ? "|" : "", setting->values[i]);
	assert_string_equal(buf, joined);
	assert_int_equal(setting->origin.line, line);
	if (line > 0)
		assert_string_equal(setting->origin.name, "f");
	draft_finish(&draft);
}

static void everything_the_manual_shows_is_read(void **state)
{
	static const char text[] = "log-level = debug\nservice \"a\" {\n command = {\"x\",\n  \"y z\"}\n"
				   " watch \"/w\" { on-change = signal signal = HUP\n keys = {\"*.crt\", 'b'} }\n}\n";

	(void)state;
	expect(text, OPT_LOG_LEVEL, "debug", 1);
	expect(text, OPT_COMMAND, "x|y z", 3);
	expect(text, OPT_ON_CHANGE, "signal", 5);
	expect(text, OPT_SIGNAL, "HUP", 5);
	expect(text, OPT_KEYS, "*.crt|b", 6);
	expect(text, OPT_SETTLE, "", 0);
}

static void trap_one_string_is_taken_for_a_list(void **state)
{
	(void)state;
	expect("service a { command = \"one two\" }\n", OPT_COMMAND, "one two", 1);
	expect("service a { command = one }\n", OPT_COMMAND, "one", 1);
	expect("service a { command = {\"one\",} }\n", OPT_COMMAND, "one", 1);
}

static void trap_lines_are_right_behind_comments(void **state)
{
	(void)state;
	expect("# 1\n/* 2\n 3 */ // 3\n#\nservice a {\n# 6\n command = x # 7\n}\n", OPT_COMMAND, "x", 7);
	expect("#\npoll = 1\n", OPT_POLL, "1", 2);
	refuse("# 1\n/* 2 */\n# 3\nfoo = 1\n", "f:4: unknown option 'foo'");
}

static void trap_a_comment_of_any_length_is_survived(void **state)
{
	(void)state;
	for (size_t len = 0; len < 200; len++) {
		char text[256];

		text[0] = '#';
		memset(text + 1, 'x', len);
		strcpy(text + 1 + len, "\npoll = 7\n");
		expect(text, OPT_POLL, "7", 2);
	}
}

static void trap_variables_are_expanded_in_double_quotes_only(void **state)
{
	(void)state;
	(void)setenv("REINIT_TEST_SET", "v w", 1);
	(void)unsetenv("REINIT_TEST_UNSET");
	expect("poll = \"a${REINIT_TEST_SET}b\"\n", OPT_POLL, "av wb", 1);
	expect("poll = ${REINIT_TEST_SET}\n", OPT_POLL, "v w", 1);
	expect("poll = '${REINIT_TEST_UNSET}'\n", OPT_POLL, "${REINIT_TEST_UNSET}", 1);
	expect("poll = \"\\${REINIT_TEST_UNSET}\"\n", OPT_POLL, "${REINIT_TEST_UNSET}", 1);
	expect("poll = \"${REINIT_TEST_UNSET:-d}\"\n", OPT_POLL, "d", 1);
	expect("poll = \"%{stage}\"\n", OPT_POLL, "%{stage}", 1);
	refuse("poll = \"${REINIT_TEST_UNSET}\"\n", "f:1: the environment variable 'REINIT_TEST_UNSET' is not set");
	(void)unsetenv("REINIT_TEST_SET");
}

static void trap_a_bare_placeholder_is_refused(void **state)
{
	(void)state;
	refuse("service a { watch \"/w\" { validate = {x, %{stage}} } }\n", "f:1: ");
}

static void trap_an_unfinished_file_is_refused(void **state)
{
	(void)state;
	refuse("service a {\n command = x\n", "f:1: the '{' in this line is never closed");
	refuse("service a { command = x }\n/* to be done\n", "f:2: the comment");
	refuse("service a { command = \"x", "f:1: the quote");
	refuse("service", "f:1: ");
	refuse("service a\n", "f:");
	refuse("service a {} service\n", "f:");
}

static void trap_the_second_of_equal_titles_does_not_replace_the_first(void **state)
{
	(void)state;
	assert_file_fault("service a { command = x }\nservice a { command = y }\n",
			  "f:2: service 'a': the name is taken already, in f:1");
	assert_file_fault("service a { command = x watch \"/w\" { } \n watch \"/w\" { } }\n",
			  "f:2: service 'a': watch '/w': is watched twice: give each its keys");
	expect("service a { command = x watch '0:/w' { keys = a } watch /w { keys = b } watch /w { keys = c } }\n",
	       OPT_KEYS, "a", 1);
}

static void equal_titles_are_told_with_all_other_faults(void **state)
{
	struct judged judged;

	(void)state;
	judge_file(&judged, "service a { }\nservice a { command = x\n stop-signal = HUPP }\n", WORDS("--config", "f"));
	assert_int_equal(judged.faults.count, 3);
	assert_has(judged.faults.text, "f:1: service 'a': command: is missing");
	assert_has(judged.faults.text, "f:3: service 'a': stop-signal: unknown signal 'HUPP'; did you mean HUP?");
	judged_finish(&judged);
}

static void one_path_may_be_watched_twice_for_other_keys(void **state)
{
	struct judged judged;

	(void)state;
	judge_file(&judged,
		   "service a { command = x watch /w { keys = a }\n watch /w { keys = b on-change = restart } }\n",
		   WORDS("--config", "f"));
	if (!judged.spec)
		fail_msg("%s", judged.faults.text);
	assert_int_equal(judged.spec->watch_count, 2);
	for (uint32_t i = 0; i < 2; i++) {
		const struct watch_spec *watch = spec_watch(judged.spec, i);

		assert_string_equal(spec_str(judged.spec, watch->path), "/w");
		assert_string_equal(spec_str(judged.spec, spec_word(judged.spec, watch->keys, 0)), i == 0 ? "a" : "b");
		assert_int_equal(watch->policy, i == 0 ? POLICY_OBSERVE : POLICY_RESTART);
	}
	judged_finish(&judged);
}

static void trap_the_second_of_equal_options_does_not_replace_the_first(void **state)
{
	(void)state;
	refuse("service a {\n command = x\n command = y\n}\n", "f:3: 'command' is given twice, first in line 2");
	refuse("poll = 1\npoll = 2\n", "f:2: 'poll' is given twice");
}

static void trap_bare_globs_are_refused(void **state)
{
	(void)state;
	refuse("service a { watch \"/w\" { keys = {*.crt} } }\n", "'*' must be quoted");
	refuse("service a { watch \"/w\" { keys = /a/* } }\n", "must be quoted");
	refuse("service a { watch \"/w\" { keys = {/*} } }\n", "must be quoted");
	refuse("service a { stop-signal = RTMIN+3 }\n", "'+' must be quoted");
	expect("service a { stop-signal = \"RTMIN+3\" }\n", OPT_STOP_SIGNAL, "RTMIN+3", 1);
}

static void trap_a_name_does_not_reach_into_another_block(void **state)
{
	(void)state;
	refuse("service a { command = x }\nservice|command = y\n", "f:2: a name is expected here, and it has no '|'");
	refuse("service a { command = x }\n\"service|watch\" \"/w\" { }\n", "f:2: a name is expected here");
}

static void trap_a_backslash_is_not_dropped_and_nul_ends_no_word(void **state)
{
	(void)state;
	expect("service a { command = 'x\\d \\\\ \\'' }\n", OPT_COMMAND, "x\\d \\ '", 1);
	expect("service a { command = \"x\\\\d \\t\\x41\\101\" }\n", OPT_COMMAND, "x\\d \tAA", 1);
	refuse("service a { command = \"x\\d\" }\n", "f:1: '\\d' is no escape");
	refuse("service a { command = \"x\\0y\" }\n", "f:1: this escape is a NUL byte");
}

static void trap_a_semicolon_does_not_become_part_of_the_value(void **state)
{
	(void)state;
	refuse("service a { essential = yes; }\n", "f:1: ';' does not belong here");
}

static void trap_nul_does_not_end_the_file(void **state)
{
	static const char text[] = "poll = 1\n\0service a { }\n";

	(void)state;
	refuse_len(text, sizeof(text) - 1, "f:2: a NUL byte");
}

static void trap_an_empty_list_is_not_silently_dropped(void **state)
{
	(void)state;
	refuse("service a { stop-signal = {} }\n", "f:1: the list is empty");
	refuse("service a { keys = {\n} }\n", "f:2: the list is empty");
}

static void trap_include_is_not_there(void **state)
{
	(void)state;
	refuse("include(\"/etc/passwd\")\n", "must be quoted");
	refuse("include = x\n", "f:1: unknown option 'include'");
}

static void trap_an_error_leaves_nothing_behind_for_the_next_file(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		refuse("service a { command = x foo = y }\n", "unknown option 'foo'");
		refuse("poll = \"\\9\"\n", "f:1: bad escape");
		refuse("poll = {a, {b}}\n", "f:1: ");
		expect("poll = 7\n", OPT_POLL, "7", 1);
	}
}

static void unknown_options_are_named_with_line_and_neighbour(void **state)
{
	(void)state;
	refuse("\nservice a {\n stop-singal = HUP\n}\n",
	       "f:3: unknown option 'stop-singal'; did you mean stop-signal?");
	refuse("zzzzzzzzz = 1\n", "f:1: unknown option 'zzzzzzzzz': all that there are stand in reinit.conf(5)");
	refuse("srevice a { }\n", "f:1: unknown option 'srevice'; did you mean service?");
}

static void options_in_the_wrong_place_are_sent_to_the_right_one(void **state)
{
	(void)state;
	refuse("stop-signal = HUP\n", "'stop-signal' does not stand here but inside service \"NAME\" { }");
	refuse("service a { on-change = restart }\n", "does not stand here but inside watch \"PATH\" { } of a service");
	refuse("service a { poll = 1 }\n", "does not stand here but outside of all services");
	refuse("service a { service b { } }\n", "is a '}' missing above?");
	refuse("watch \"/x\" { }\n", "watch \"PATH\" { } stands inside a service");
	refuse("config = x\n", "'config' is for the command line only");
	refuse("service a { watch = \"/x\" }\n", "f:1: ");
}

static void no_prefix_crashes_and_no_garbage_passes(void **state)
{
	static const char *const garbage[] = { "{",
					       "}",
					       "=",
					       ",",
					       "a",
					       "a b",
					       "a = = b",
					       "a = ,",
					       "service",
					       "service {",
					       "service a = b",
					       "service a b { }",
					       "service \"a\" \"b\" { }",
					       "poll = { , }",
					       "poll = {a,,b}",
					       "poll = a b",
					       "poll a",
					       "poll { }",
					       "\\",
					       "$",
					       "a = \\",
					       "\xff\xfe" };

	(void)state;
	for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
		char text[64];

		(void)snprintf(text, sizeof(text), "%s\n", garbage[i]);
		refuse(text, "f:");
		refuse(garbage[i], "f:");
	}
}

/* A directory of its own for each test that touches the disk. */
static int make_dir(void **state)
{
	static char dir[64];

	strcpy(dir, "/tmp/reinit-test-XXXXXX");
	*state = mkdtemp(dir);
	return *state ? 0 : -1;
}

static int remove_dir(void **state)
{
	return rmdir(*state);
}

static void path_of(void **state, char *buf, size_t size)
{
	(void)snprintf(buf, size, "%s/f", (char *)*state);
}

static void write_file(const char *path, const char *text, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void refuse_path(const char *path, int code, const char *part)
{
	struct draft draft;
	struct err err = { 0 };

	draft_init(&draft);
	assert_int_equal(file_read(path, &draft, &err), -code);
	assert_has(err.msg, part);
	assert_has(err.msg, path);
	draft_finish(&draft);
}

static void a_file_and_a_link_to_it_are_read(void **state)
{
	char path[128], link[160];
	struct draft draft;
	struct err err = { 0 };

	path_of(state, path, sizeof(path));
	(void)snprintf(link, sizeof(link), "%s.link", path);
	write_file(path, "service a { command = x }\n", 26);
	assert_int_equal(symlink(path, link), 0);
	draft_init(&draft);
	assert_int_equal(file_read(path, &draft, &err), 0);
	assert_int_equal(file_read(link, &draft, &err), 0);
	assert_int_equal(draft.service_count, 2);
	assert_string_equal(draft.services[1].origin.name, link);
	draft_finish(&draft);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(unlink(path), 0);
}

static void a_missing_file_is_named(void **state)
{
	char path[128];

	path_of(state, path, sizeof(path));
	refuse_path(path, ENOENT, "No such file");
}

static void trap_a_directory_does_not_end_the_process(void **state)
{
	refuse_path(*state, EISDIR, "is a directory: name the files in it");
}

static void a_fifo_is_not_waited_for(void **state)
{
	char path[128];

	path_of(state, path, sizeof(path));
	assert_int_equal(mkfifo(path, 0600), 0);
	refuse_path(path, EINVAL, "is not a regular file");
	assert_int_equal(unlink(path), 0);
	refuse_path("/dev/zero", EINVAL, "is not a regular file");
}

static void a_file_that_is_being_written_is_refused(void **state)
{
	char path[128];
	struct stat st;

	path_of(state, path, sizeof(path));
	write_file(path, "service a { command = x }\n", 26);
	/* The clock of the file system is coarse: an old time makes the change plain. */
	assert_int_equal(utimensat(AT_FDCWD, path, (struct timespec[2]){ { 1, 0 }, { 1, 0 } }, 0), 0);
	appended_while_read = path;
	refuse_path(path, EAGAIN, "changes while it is read");
	assert_null(appended_while_read);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 52);
	assert_int_equal(unlink(path), 0);
}

static void a_file_beyond_the_limit_is_refused(void **state)
{
	char path[128], *text = malloc(FILE_MAX_BYTES + 1);
	struct draft draft;
	struct err err = { 0 };

	path_of(state, path, sizeof(path));
	memset(text, '\n', FILE_MAX_BYTES + 1);
	write_file(path, text, FILE_MAX_BYTES + 1);
	refuse_path(path, EFBIG, "is larger than 1048576 bytes");
	write_file(path, text, FILE_MAX_BYTES);
	draft_init(&draft);
	assert_int_equal(file_read(path, &draft, &err), 0);
	draft_finish(&draft);
	assert_int_equal(unlink(path), 0);
	free(text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_the_manual_shows_is_read),
		cmocka_unit_test(trap_one_string_is_taken_for_a_list),
		cmocka_unit_test(trap_lines_are_right_behind_comments),
		cmocka_unit_test(trap_a_comment_of_any_length_is_survived),
		cmocka_unit_test(trap_variables_are_expanded_in_double_quotes_only),
		cmocka_unit_test(trap_a_bare_placeholder_is_refused),
		cmocka_unit_test(trap_an_unfinished_file_is_refused),
		cmocka_unit_test(trap_the_second_of_equal_titles_does_not_replace_the_first),
		cmocka_unit_test(equal_titles_are_told_with_all_other_faults),
		cmocka_unit_test(one_path_may_be_watched_twice_for_other_keys),
		cmocka_unit_test(trap_the_second_of_equal_options_does_not_replace_the_first),
		cmocka_unit_test(trap_bare_globs_are_refused),
		cmocka_unit_test(trap_a_name_does_not_reach_into_another_block),
		cmocka_unit_test(trap_a_backslash_is_not_dropped_and_nul_ends_no_word),
		cmocka_unit_test(trap_a_semicolon_does_not_become_part_of_the_value),
		cmocka_unit_test(trap_nul_does_not_end_the_file),
		cmocka_unit_test(trap_an_empty_list_is_not_silently_dropped),
		cmocka_unit_test(trap_include_is_not_there),
		cmocka_unit_test(trap_an_error_leaves_nothing_behind_for_the_next_file),
		cmocka_unit_test(unknown_options_are_named_with_line_and_neighbour),
		cmocka_unit_test(options_in_the_wrong_place_are_sent_to_the_right_one),
		cmocka_unit_test(no_prefix_crashes_and_no_garbage_passes),
		cmocka_unit_test_setup_teardown(a_file_and_a_link_to_it_are_read, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(a_missing_file_is_named, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(trap_a_directory_does_not_end_the_process, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(a_fifo_is_not_waited_for, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(a_file_that_is_being_written_is_refused, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(a_file_beyond_the_limit_is_refused, make_dir, remove_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
