/* SPDX-License-Identifier: MIT */
#include "config_util.h"

#include <sys/stat.h>
#include <unistd.h>

#include "config/files.h"

static char dir[64];

static void touch(const char *name)
{
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fclose(file), 0);
}

static void drop(const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(unlink(path), 0);
}

static int make_dir(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/reinit-test-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

static void the_file_comes_first_and_the_folder_is_sorted(void **state)
{
	static const char *const names[] = { "20-b.conf",   "100.conf", "10-a.conf", ".hidden.conf",
					     "..data.conf", "x.conf~",	".conf" };
	char main_file[128];
	struct draft draft;
	struct setting *files = &draft.globals[OPT_CONFIG];
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		touch(names[i]);
	(void)snprintf(main_file, sizeof(main_file), "%s/x.conf~", dir);
	draft_init(&draft);
	assert_int_equal(files_find(main_file, dir, &draft, &err), 4);
	assert_string_equal(files->values[0], main_file);
	assert_has(files->values[1], "/10-a.conf");
	assert_has(files->values[2], "/100.conf");
	assert_has(files->values[3], "/20-b.conf");
	draft_finish(&draft);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		drop(names[i]);
}

static void nothing_there_is_no_error(void **state)
{
	char missing[128];
	struct draft draft;
	struct err err = { 0 };

	(void)state;
	(void)snprintf(missing, sizeof(missing), "%s/none", dir);
	draft_init(&draft);
	assert_int_equal(files_find(missing, missing, &draft, &err), 0);
	assert_int_equal(files_find(missing, dir, &draft, &err), 0);
	draft_finish(&draft);
}

static void a_link_that_leads_nowhere_is_not_overlooked(void **state)
{
	char link[128];
	struct draft draft;
	struct err err = { 0 };

	(void)state;
	(void)snprintf(link, sizeof(link), "%s/f", dir);
	assert_int_equal(symlink("/nonexistent", link), 0);
	draft_init(&draft);
	assert_int_equal(files_find(link, dir, &draft, &err), 1);
	draft_finish(&draft);
	drop("f");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_file_comes_first_and_the_folder_is_sorted, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(nothing_there_is_no_error, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(a_link_that_leads_nowhere_is_not_overlooked, make_dir, remove_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
