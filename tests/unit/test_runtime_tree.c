/* SPDX-License-Identifier: MIT */
/* links: fake/sys.c */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime_util.h"

#include "fake/sys.h"
#include "runtime/tree.h"

static struct tree tree;

static int collect(uint32_t max_files, bool may_grow)
{
	int fd = open(temp_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	tree_init(&tree, max_files, may_grow);
	rc = tree_collect(&tree, fd);
	(void)close(fd);
	return rc;
}

static void assert_names(const char *const *names, uint32_t count)
{
	assert_int_equal(tree.count, count);
	for (uint32_t n = 0; n < count; n++)
		assert_string_equal(tree_name(&tree, n), names[n]);
	tree_finish(&tree);
}

static int start(void **state)
{
	fake_begin(FAKE_REAL);
	return make_temp(state);
}

static void regular_files_sorted_and_nothing_else(void **state)
{
	static const char *const names[] = { ".hidden", "a", "b", "sub/..x", "sub/c", "to-dir/c", "to-file", "z" };

	(void)state;
	make_dir("sub");
	make_dir("..2026_old");
	make_dir("empty");
	write_file("z", "");
	write_file("b", "");
	write_file("a", "");
	write_file(".hidden", "");
	write_file("..dots", "");
	write_file("..2026_old/gone", "");
	write_file("sub/c", "");
	write_file("sub/..x", "");
	make_link("b", "to-file");
	make_dir("..elsewhere");
	write_file("..elsewhere/c", "");
	make_link("..elsewhere", "to-dir");
	make_link("nowhere", "dangling");
	assert_int_equal(mkfifo(in_temp("fifo"), 0600), 0);
	assert_int_equal(collect(64, false), 0);
	assert_names(names, COUNT(names));
}

static void a_link_that_leads_back_is_not_followed_again(void **state)
{
	static const char *const names[] = { "file", "sub/deep/file" };

	(void)state;
	write_file("file", "");
	make_dir("sub");
	make_dir("sub/deep");
	write_file("sub/deep/file", "");
	make_link(".", "self");
	make_link("..", "sub/up");
	make_link("../..", "sub/deep/up");
	make_link("loop-b", "loop-a");
	make_link("loop-a", "loop-b");
	assert_int_equal(collect(64, false), 0);
	assert_names(names, COUNT(names));
}

static void bounds_are_told(void **state)
{
	char name[512] = "";

	(void)state;
	for (int n = 0; n < 65; n++) {
		(void)snprintf(name, sizeof(name), "file-%02d", n);
		write_file(name, "");
	}
	assert_int_equal(collect(64, false), -E2BIG);
	assert_int_equal(collect(1000, false), -E2BIG); /* what fits without memory */
	assert_int_equal(collect(65, true), 0);
	assert_int_equal(tree.count, 65);
	assert_string_equal(tree_name(&tree, 64), "file-64");
	tree_finish(&tree);
	assert_int_equal(collect(64, true), -E2BIG);
	tree_finish(&tree);
}

/* Linux before 5.6 has no such call, and valgrind 3.19 does not know it. */
static bool has_openat2(void)
{
	return syscall(SYS_openat2, -1, NULL, NULL, 0ul) == 0 || errno != ENOSYS;
}

static void other_mounts_are_not_touched_in_the_loop(void **state)
{
	(void)state;
	if (!has_openat2()) {
		print_message("openat2 is not there\n");
		skip();
	}
	make_link("/proc/version", "to-file");
	assert_int_equal(collect(64, false), -E2BIG);
	tree_finish(&tree);
	assert_int_equal(collect(64, true), 0);
	assert_names((const char *const[]){ "to-file" }, 1);
	assert_int_equal(unlink(in_temp("to-file")), 0);
	make_link("/proc", "to-dir");
	assert_int_equal(collect(64, false), -E2BIG);
	tree_finish(&tree);
}

static void many_entries_of_any_type_are_not_for_the_loop(void **state)
{
	char name[32];

	(void)state;
	for (unsigned int n = 0; n <= TREE_SEEN_SMALL; n++) {
		(void)snprintf(name, sizeof(name), "link-%04u", n);
		make_link("nowhere", name);
	}
	assert_int_equal(collect(64, false), -E2BIG);
	tree_finish(&tree);
	assert_int_equal(collect(64, true), 0);
	assert_names(NULL, 0);
	assert_int_equal(unlink(in_temp("link-0000")), 0);
	assert_int_equal(collect(64, false), 0);
	assert_names(NULL, 0);
}

static void too_deep_is_told(void **state)
{
	char name[512] = "d";

	(void)state;
	for (int n = 0; n < TREE_DEPTH_MAX; n++) {
		make_dir(name);
		strcat(name, "/d");
	}
	assert_int_equal(collect(64, true), -E2BIG);
	tree_finish(&tree);
}

static void many_long_names_need_the_heap(void **state)
{
	char name[512];

	(void)state;
	for (int n = 0; n < 60; n++) {
		(void)snprintf(name, sizeof(name), "%0200d", n);
		write_file(name, "");
	}
	assert_int_equal(collect(64, false), -E2BIG);
	assert_int_equal(collect(64, true), 0);
	assert_int_equal(tree.count, 60);
	(void)snprintf(name, sizeof(name), "%0200d", 59);
	assert_string_equal(tree_name(&tree, 59), name);
	tree_finish(&tree);
}

/* No descriptor left, or an error of the disk: less than everything must not look like everything. */
static void what_cannot_be_listed_whole_is_an_error(void **state)
{
	(void)state;
	make_dir("sub");
	write_file("sub/file", "");
	fake_begin(FAKE_REAL);
	fake_expect("dir_open sub", -EMFILE);
	assert_int_equal(collect(64, false), -EMFILE);
	fake_expect("openat sub", -EIO);
	assert_int_equal(collect(64, false), -EIO);
	fake_expect("fstatat sub", -EIO);
	assert_int_equal(collect(64, true), -EIO);
	tree_finish(&tree);
	fake_expect("dir_next", -EIO);
	assert_int_equal(collect(64, false), -EIO);
	/* While one that is forbidden, or gone by now, has no content for us. */
	fake_expect("dir_open sub", -EACCES);
	assert_int_equal(collect(64, false), 0);
	assert_int_equal(tree.count, 0);
	fake_expect("dir_open sub", -ENOENT);
	assert_int_equal(collect(64, false), 0);
	assert_int_equal(tree.count, 0);
	fake_end();
}

#define WITH_TREE(test) cmocka_unit_test_setup_teardown(test, start, remove_temp)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_TREE(regular_files_sorted_and_nothing_else),
		WITH_TREE(a_link_that_leads_back_is_not_followed_again),
		WITH_TREE(bounds_are_told),
		WITH_TREE(other_mounts_are_not_touched_in_the_loop),
		WITH_TREE(many_entries_of_any_type_are_not_for_the_loop),
		WITH_TREE(too_deep_is_told),
		WITH_TREE(many_long_names_need_the_heap),
		WITH_TREE(what_cannot_be_listed_whole_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
