/* SPDX-License-Identifier: MIT */
/* links: fake/sys.c */
#include "runtime_util.h"

#include "fake/sys.h"
#include "runtime/snapshot.h"

static struct spec *spec;
static enum content content;
static int unreadable;
static const struct snapshot_limits loop_limits = { SNAPSHOT_LOOP_BYTES, SNAPSHOT_LOOP_FILES };

static int start(void **state)
{
	fake_begin(FAKE_REAL);
	return make_temp(state);
}

static int finish(void **state)
{
	free(spec);
	spec = NULL;
	fake_begin(FAKE_REAL);
	return remove_temp(state);
}

static void watch(struct one_watch want)
{
	free(spec);
	if (want.path == NULL)
		want.path = temp_dir;
	spec = make_spec(&want);
}

static struct digest look(void)
{
	struct digest digest = { 0, 0 };

	content = CONTENT_COUNT;
	assert_int_equal(snapshot_digest(spec, spec_watch(spec, 0), &loop_limits, &content, &digest, &unreadable), 0);
	return digest;
}

#define assert_same(a, b) assert_true(digest_equal(a, b))
#define assert_other(a, b) assert_false(digest_equal(a, b))

static void content_counts_and_nothing_else(void **state)
{
	struct digest first;

	(void)state;
	watch((struct one_watch){ 0 });
	make_dir("sub");
	write_file("a", "1");
	write_file("sub/b", "2");
	first = look();
	assert_int_equal(content, CONTENT_PRESENT);
	assert_int_equal(chmod(in_temp("a"), 0600), 0);
	assert_int_equal(unlink(in_temp("sub/b")), 0);
	write_file("sub/b", "2"); /* another inode, another time */
	make_dir("empty");
	make_link("nowhere", "dangling");
	assert_int_equal(mkfifo(in_temp("fifo"), 0600), 0); /* and nobody waits for its writer */
	assert_same(look(), first);
	write_file("a", "2");
	assert_other(look(), first);
	write_file("a", "1");
	assert_same(look(), first); /* a revert is one */
	write_file("c", "");
	assert_other(look(), first);
	assert_int_equal(unlink(in_temp("c")), 0);
	assert_int_equal(rename(in_temp("a"), in_temp("aa")), 0);
	assert_other(look(), first);
	assert_int_equal(unreadable, 0);
}

/* The same bytes, cut into names and files in other places. */
static void no_two_sets_are_mistaken_for_each_other(void **state)
{
	static const char *const sets[][4] = { { "a", "bc", "d", "" }, { "ab", "c", "d", "" },
					       { "a", "b", "cd", "" }, { "a", "bcd", NULL, NULL },
					       { "a", "", "bcd", "" }, { "abcd", "", NULL, NULL } };
	struct digest digests[COUNT(sets)];

	(void)state;
	watch((struct one_watch){ 0 });
	for (size_t n = 0; n < COUNT(sets); n++) {
		for (size_t file = 0; file < 4 && sets[n][file] != NULL; file += 2)
			write_file(sets[n][file], sets[n][file + 1]);
		digests[n] = look();
		for (size_t file = 0; file < 4 && sets[n][file] != NULL; file += 2)
			assert_int_equal(unlink(in_temp(sets[n][file])), 0);
		for (size_t m = 0; m < n; m++)
			assert_other(digests[n], digests[m]);
	}
}

/* A file whose bytes look like the head of the next one. */
static void bytes_are_not_mistaken_for_names(void **state)
{
	static const char head[17] = "\1\0\0\0\0\0\0\0b"
				     "f\0\0\0\0\0\0"; /* length, name, mark: as they are hashed */
	struct digest two;
	FILE *file;

	(void)state;
	watch((struct one_watch){ 0 });
	write_file("a", "");
	write_file("b", "");
	two = look();
	assert_int_equal(unlink(in_temp("b")), 0);
	file = fopen(in_temp("a"), "we");
	assert_int_equal(fwrite(head, 1, sizeof(head), file), sizeof(head));
	assert_int_equal(fclose(file), 0);
	assert_other(look(), two);
}

static void only_keys_count(void **state)
{
	struct digest first;

	(void)state;
	watch((struct one_watch){ .keys = { "*.crt", "sub/*.key" } });
	make_dir("sub");
	write_file("other", "1");
	(void)look();
	assert_int_equal(content, CONTENT_EMPTY);
	write_file("sub/deep.crt", "1"); /* a pattern without a slash is for the last part, anywhere */
	first = look();
	assert_int_equal(content, CONTENT_PRESENT);
	write_file("other", "2");
	write_file("top.key", "1"); /* the one with a slash is for the whole name */
	assert_same(look(), first);
	write_file("sub/a.key", "1");
	assert_other(look(), first);
}

static void missing_empty_and_odd_paths(void **state)
{
	char too_long[300];

	(void)state;
	watch((struct one_watch){ .path = in_temp("nowhere") });
	(void)look();
	assert_int_equal(content, CONTENT_MISSING);
	make_link("nowhere-else", "nowhere");
	(void)look();
	assert_int_equal(content, CONTENT_MISSING);
	watch((struct one_watch){ .path = in_temp("fifo") });
	assert_int_equal(mkfifo(in_temp("fifo"), 0600), 0);
	(void)look();
	assert_int_equal(content, CONTENT_UNREADABLE);
	make_link("loop", "loop");
	watch((struct one_watch){ .path = in_temp("loop") });
	(void)look();
	assert_int_equal(content, CONTENT_UNREADABLE);
	memset(too_long, 'x', sizeof(too_long));
	too_long[sizeof(too_long) - 1] = '\0';
	watch((struct one_watch){ .path = in_temp(too_long) });
	(void)look();
	assert_int_equal(content, CONTENT_UNREADABLE);
}

static void a_file_is_watched_as_itself(void **state)
{
	struct digest first;

	(void)state;
	write_file("real", "1");
	make_link("real", "app.conf");
	watch((struct one_watch){ .path = in_temp("app.conf") });
	first = look();
	assert_int_equal(content, CONTENT_PRESENT);
	write_file("neighbour", "1");
	assert_same(look(), first);
	write_file("real", "2");
	assert_other(look(), first);
}

static void limits_are_told(void **state)
{
	static char big[SNAPSHOT_LOOP_BYTES + 2];
	struct digest digest;

	(void)state;
	watch((struct one_watch){ 0 });
	memset(big, 'x', sizeof(big) - 1);
	write_file("a", big);
	assert_int_equal(snapshot_digest(spec, spec_watch(spec, 0), &loop_limits, &content, &digest, &unreadable),
			 -E2BIG);
	assert_int_equal(snapshot_digest(spec, spec_watch(spec, 0), NULL, &content, &digest, &unreadable), 0);
	big[SNAPSHOT_LOOP_BYTES] = '\0';
	write_file("a", big);
	assert_int_equal(snapshot_digest(spec, spec_watch(spec, 0), &loop_limits, &content, &digest, &unreadable), 0);
	/* A mount on a file: the listing does not tell. */
	fake_expect("openat a", -EXDEV);
	assert_int_equal(snapshot_digest(spec, spec_watch(spec, 0), &loop_limits, &content, &digest, &unreadable),
			 -E2BIG);
}

/* In a child without root's rights: the file still counts, by what stat tells. */
static void an_unreadable_file_counts_by_its_facts(void **state)
{
	struct digest first;
	int status;
	pid_t child;

	(void)state;
	watch((struct one_watch){ 0 });
	write_file("a", "1");
	write_file("secret", "1");
	make_dir("closed");
	write_file("closed/file", "1");
	assert_int_equal(chmod(in_temp("secret"), 0), 0);
	assert_int_equal(chmod(in_temp("closed"), 0), 0);
	child = fork();
	if (child == 0) {
		if (getuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
			_exit(1);
		first = look();
		if (content != CONTENT_PARTLY || unreadable != EACCES || !digest_equal(look(), first))
			_exit(2);
		watch((struct one_watch){ .path = in_temp("secret") });
		(void)look();
		if (content != CONTENT_PARTLY || unreadable != EACCES)
			_exit(3);
		watch((struct one_watch){ .path = in_temp("closed") });
		(void)look();
		_exit(content == CONTENT_UNREADABLE ? 0 : 4);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(chmod(in_temp("closed"), 0755), 0);
}

static int hooked;

static void make_vanish(const char *call)
{
	if (strcmp(call, "openat b") == 0 && hooked++ == 0)
		assert_int_equal(unlink(in_temp("b")), 0);
}

static void a_file_that_vanishes_leads_to_another_look(void **state)
{
	struct digest without;

	(void)state;
	watch((struct one_watch){ 0 });
	write_file("a", "1");
	without = look();
	write_file("b", "1");
	hooked = 0;
	fake_hook = make_vanish;
	assert_same(look(), without);
	assert_int_equal(hooked, 1);
	assert_int_equal(content, CONTENT_PRESENT);
}

static void make_fifo_instead(const char *call)
{
	if (strcmp(call, "openat b") != 0 || hooked++ > 0)
		return;
	assert_int_equal(unlink(in_temp("b")), 0);
	assert_int_equal(mkfifo(in_temp("b"), 0600), 0);
}

static void a_fifo_in_a_files_place_does_not_hold_us(void **state)
{
	struct digest without;

	(void)state;
	watch((struct one_watch){ 0 });
	write_file("a", "1");
	without = look();
	write_file("b", "1");
	hooked = 0;
	fake_hook = make_fifo_instead;
	(void)alarm(60);
	assert_same(look(), without);
	(void)alarm(0);
}

/* Both generations hold a and b; the swap comes between the two. */
static void swap_between(const char *call)
{
	if (strcmp(call, "openat b") == 0 && hooked++ == 0)
		swap_mount("m", "two");
}

static void make_generations(void)
{
	make_mount("m", "one", "a", "old");
	write_file("m/..one/b", "old");
	make_dir("m/..two");
	write_file("m/..two/a", "new");
	write_file("m/..two/b", "new");
}

static void a_swap_in_the_middle_gives_one_generation(void **state)
{
	struct digest old, new;

	(void)state;
	make_generations();
	watch((struct one_watch){ .path = in_temp("m") });
	old = look();
	hooked = 0;
	fake_hook = swap_between;
	new = look();
	assert_int_equal(hooked, 2); /* looked twice */
	fake_hook = NULL;
	assert_other(new, old);
	assert_same(look(), new);
	write_file("m/..two/a", "old");
	write_file("m/..two/b", "old");
	assert_same(look(), old); /* the name of the generation is no content */
}

static void swap_always(const char *call)
{
	if (strcmp(call, "openat b") == 0)
		swap_mount("m", hooked++ % 2 == 0 ? "two" : "one");
}

static void a_writer_that_never_rests_is_told(void **state)
{
	(void)state;
	make_generations();
	watch((struct one_watch){ .path = in_temp("m") });
	hooked = 0;
	fake_hook = swap_always;
	(void)look();
	assert_int_equal(content, CONTENT_UNREADABLE);
	assert_int_equal(hooked, 8);
}

/* Out of descriptors in the middle: that is no smaller content. */
static void half_a_look_is_none(void **state)
{
	(void)state;
	make_dir("sub");
	write_file("a", "1");
	write_file("sub/b", "1");
	watch((struct one_watch){ 0 });
	fake_expect("dir_open sub", -EMFILE);
	(void)look();
	assert_int_equal(content, CONTENT_UNREADABLE);
	fake_expect("openat a", -ENFILE);
	(void)look();
	assert_int_equal(content, CONTENT_UNREADABLE);
	fake_end();
}

static void a_copy_is_what_was_digested(void **state)
{
	struct err err = { 0, "" };
	struct digest live, copied, of_copy;
	struct stat facts;

	(void)state;
	make_generations();
	make_dir("m/..one/sub");
	write_file("m/..one/sub/c", "old");
	assert_int_equal(chmod(in_temp("m/..one/b"), 0640), 0);
	make_dir("copy");
	watch((struct one_watch){ .path = in_temp("m") });
	live = look();
	assert_int_equal(snapshot_copy(spec, spec_watch(spec, 0), in_temp("copy"), &content, &copied, &err), 0);
	assert_same(copied, live);
	watch((struct one_watch){ .path = in_temp("copy") });
	of_copy = look();
	assert_same(of_copy, live);
	assert_int_equal(stat(in_temp("copy/b"), &facts), 0);
	assert_int_equal(facts.st_mode & 07777, 0640);
}

static void a_copy_is_of_one_generation(void **state)
{
	struct err err = { 0, "" };
	struct digest copied, new;

	(void)state;
	make_generations();
	write_file("m/..one/only-old", "old");
	make_dir("copy");
	watch((struct one_watch){ .path = in_temp("m") });
	hooked = 0;
	fake_hook = swap_between;
	assert_int_equal(snapshot_copy(spec, spec_watch(spec, 0), in_temp("copy"), &content, &copied, &err), 0);
	fake_hook = NULL;
	new = look();
	assert_same(copied, new);
	watch((struct one_watch){ .path = in_temp("copy") });
	assert_same(look(), new); /* nothing of the first attempt is left */
}

static void make_moving(const char *call)
{
	if (strncmp(call, "openat /", 8) == 0 && hooked++ == 0)
		assert_int_equal(unlink(in_temp("live/app.conf")), 0);
	else if (strncmp(call, "stat ", 5) == 0 && hooked == 1)
		write_file("live/app.conf", "new");
}

/* A stage around a single file holds links into the live tree. */
static void another_attempt_touches_nothing_beyond_the_copy(void **state)
{
	struct err err = { 0, "" };
	struct digest copied;

	(void)state;
	make_dir("live");
	make_dir("live/conf.d");
	write_file("live/app.conf", "old");
	write_file("live/conf.d/precious", "x");
	make_dir("stage");
	make_link(in_temp("live/conf.d"), "stage/conf.d");
	watch((struct one_watch){ .path = in_temp("live/app.conf") });
	hooked = 0;
	fake_hook = make_moving;
	assert_int_equal(snapshot_copy(spec, spec_watch(spec, 0), in_temp("stage"), &content, &copied, &err), 0);
	assert_int_equal(hooked, 2);
	assert_true(exists(in_temp("live/conf.d/precious")));
	assert_true(exists(in_temp("stage/conf.d")));
	assert_true(exists(in_temp("stage/app.conf")));
}

static void a_copy_that_keeps_moving_is_no_error(void **state)
{
	struct err err = { 0, "" };
	struct digest copied;

	(void)state;
	make_generations();
	make_dir("copy");
	watch((struct one_watch){ .path = in_temp("m") });
	hooked = 0;
	fake_hook = swap_always;
	assert_int_equal(snapshot_copy(spec, spec_watch(spec, 0), in_temp("copy"), &content, &copied, &err), 0);
	assert_int_equal(content, CONTENT_UNREADABLE);
}

static void what_cannot_be_copied_is_named(void **state)
{
	struct err err = { 0, "" };
	struct digest copied;

	(void)state;
	make_dir("live");
	write_file("live/a", "1");
	make_dir("copy");
	write_file("copy/a", "in the way");
	watch((struct one_watch){ .path = in_temp("live") });
	assert_int_equal(snapshot_copy(spec, spec_watch(spec, 0), in_temp("copy"), &content, &copied, &err), -EEXIST);
	assert_holds(err.msg, in_temp("live"));
}

#define WITH_DIR(test) cmocka_unit_test_setup_teardown(test, start, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DIR(content_counts_and_nothing_else),
		WITH_DIR(no_two_sets_are_mistaken_for_each_other),
		WITH_DIR(bytes_are_not_mistaken_for_names),
		WITH_DIR(only_keys_count),
		WITH_DIR(missing_empty_and_odd_paths),
		WITH_DIR(a_file_is_watched_as_itself),
		WITH_DIR(limits_are_told),
		WITH_DIR(an_unreadable_file_counts_by_its_facts),
		WITH_DIR(a_file_that_vanishes_leads_to_another_look),
		WITH_DIR(a_fifo_in_a_files_place_does_not_hold_us),
		WITH_DIR(a_swap_in_the_middle_gives_one_generation),
		WITH_DIR(a_writer_that_never_rests_is_told),
		WITH_DIR(half_a_look_is_none),
		WITH_DIR(a_copy_is_what_was_digested),
		WITH_DIR(a_copy_is_of_one_generation),
		WITH_DIR(another_attempt_touches_nothing_beyond_the_copy),
		WITH_DIR(a_copy_that_keeps_moving_is_no_error),
		WITH_DIR(what_cannot_be_copied_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
