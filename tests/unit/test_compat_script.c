/* SPDX-License-Identifier: MIT */
/*
 * Files without "#!" under a C library whose execvpe(3) leaves them to its caller (musl, thus the release file):
 * this one's does nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/spawn.h"

static char directory[] = "/tmp/reinit-script-XXXXXX";

int execvpe(const char *file, char *const argv[], char *const envp[])
{
	(void)file;
	(void)argv;
	(void)envp;
	errno = ENOEXEC;
	return -1;
}

static int code_of(char **argv)
{
	struct spawn_inherited inherited = { .sigchld_ignored = false };
	struct spawn_params params = {
		.name = "x", .argv = argv, .standing = STANDING_SAME, .output_fd = -1, .dir_fd = -1
	};
	int status = 0;
	pid_t pid;

	(void)sigemptyset(&inherited.mask);
	pid = spawn_child(&params, &inherited);
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int make_script(void **state)
{
	char path[64];
	FILE *file;

	(void)state;
	if (mkdtemp(directory) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/script", directory);
	file = fopen(path, "w");
	if (file == NULL || fputs("[ \"$2\" = 'a b' ] && exit $1\nexit 1\n", file) < 0)
		return -1;
	return fclose(file) == 0 ? chmod(path, 0755) : -1;
}

static int remove_script(void **state)
{
	char path[64];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/script", directory);
	return unlink(path) == 0 ? rmdir(directory) : -1;
}

static void the_shell_runs_it_by_its_path(void **state)
{
	char path[64];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/script", directory);
	assert_int_equal(code_of((char *[]){ path, "42", "a b", NULL }), 42);
}

static void the_shell_runs_it_by_the_path_that_it_was_found_in(void **state)
{
	char path[128];

	(void)state;
	(void)snprintf(path, sizeof(path), "/no/such:%s:/bin", directory);
	assert_int_equal(setenv("PATH", path, 1), 0);
	assert_int_equal(code_of((char *[]){ "script", "43", "a b", NULL }), 43);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shell_runs_it_by_its_path),
		cmocka_unit_test(the_shell_runs_it_by_the_path_that_it_was_found_in),
	};

	return cmocka_run_group_tests(tests, make_script, remove_script);
}
