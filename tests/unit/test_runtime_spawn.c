/* SPDX-License-Identifier: MIT */
/* links: fake/sys.c */
#include "state_util.h"

#include "fake/sys.h"
#include "runtime/spawn.h"

#define NOBODY 65534

static struct spawn_params params;
static char printed[8192];   /* by the last child, on stdout and stderr */
static void (*become)(void); /* what the child is to be before it is set up; NULL: as it is */

/* The parameters of a command of ours; service: of the first one of spec. */
static void command(char *const *argv, bool service)
{
	params = (struct spawn_params){ .name = "a",
					.argv = argv,
					.standing = STANDING_SAME,
					.output_fd = -1,
					.dir_fd = -1,
					.spec = service ? spec : NULL,
					.service = service ? spec_service(spec, 0) : NULL };
	(void)sigemptyset(&inherited.mask);
	inherited.sigchld_ignored = false;
	become = NULL;
}

static pid_t start_child(void)
{
	pid_t pid;

	if (become == NULL)
		return spawn_child(&params, &inherited);
	pid = fork();
	if (pid == 0) {
		become();
		spawn_exec(&params, &inherited);
	}
	return pid;
}

/* Run it for real, to its end. Returns the wait status. */
static int run(void)
{
	size_t len = 0;
	int fds[2], status;
	ssize_t rc;
	pid_t pid;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	params.output_fd = fds[1];
	pid = start_child();
	assert_true(pid > 0);
	(void)close(fds[1]);
	while ((rc = read(fds[0], printed + len, sizeof(printed) - 1 - len)) > 0)
		len += (size_t)rc;
	printed[len] = '\0';
	(void)close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static int code_of(const char *const *argv)
{
	int status;

	command((char *const *)(uintptr_t)argv, false);
	status = run();
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void exit_codes_tell_how_far_it_came(void **state)
{
	(void)state;
	write_file("plain", "no program");
	make_dir("dir");
	assert_int_equal(code_of((const char *[]){ "/bin/sh", "-c", "exit 3", NULL }), 3);
	assert_int_equal(code_of((const char *[]){ "/no/such", NULL }), SPAWN_EXIT_NOT_FOUND);
	assert_holds(printed, "/no/such");
	assert_holds(printed, "No such file or directory");
	assert_int_equal(code_of((const char *[]){ "no-such-command", NULL }), SPAWN_EXIT_NOT_FOUND);
	assert_int_equal(code_of((const char *[]){ "/bin/sh/x", NULL }), SPAWN_EXIT_NOT_FOUND); /* ENOTDIR */
	assert_int_equal(code_of((const char *[]){ in_temp("plain"), NULL }), SPAWN_EXIT_NOT_RUN);
	assert_int_equal(code_of((const char *[]){ in_temp("dir"), NULL }), SPAWN_EXIT_NOT_RUN);
}

/* Another init's codes and words. */
static void a_spec_may_have_codes_and_words_of_its_own(void **state)
{
	struct service_spec *service;
	char *argv[] = { (char *)(uintptr_t)in_temp("x"), NULL };
	char expected[256];

	(void)state;
	spec = make_services(&(struct services){ .service = { { .command = { "x" } } }, .count = 1 });
	command(argv, true);
	assert_int_equal(run(), 127 << 8);
	(void)snprintf(expected, sizeof(expected),
		       "level=error msg=\"cannot run command\" event=EXEC_FAILED service=a command=%s "
		       "stage=exec error=\"No such file or directory\"\n",
		       argv[0]);
	assert_holds(printed, expected);
	free(spec);
	spec = make_services(&(struct services){ .service = { { .command = { "x" } } },
						 .count = 1,
						 .speech = { [SPEECH_NOT_RUN] = "2{command}: {error}\n" } });
	service = service_of(spec, 0);
	service->code_not_found = 11;
	service->code_no_access = 12;
	service->code_not_run = 13;
	command(argv, true);
	assert_int_equal(run(), 11 << 8);
	(void)snprintf(expected, sizeof(expected), "%s: No such file or directory\n", argv[0]);
	assert_string_equal(printed, expected);
	write_file("x", "#!/bin/sh\n");
	command(argv, true);
	assert_int_equal(run(), 12 << 8);
	assert_holds(printed, ": Permission denied\n");
	assert_int_equal(remove(in_temp("x")), 0);
	make_link("x", "x"); /* ELOOP */
	command(argv, true);
	assert_int_equal(run(), 13 << 8);
	free(spec);
}

static void a_script_without_a_first_line_is_the_shells(void **state)
{
	const char *path = getenv("PATH");
	char with_temp[1024];

	(void)state;
	write_file("script", "echo \"$1,$2\"\nexit 4\n");
	assert_int_equal(chmod(in_temp("script"), 0755), 0);
	assert_int_equal(code_of((const char *[]){ in_temp("script"), "one", "two words", NULL }), 4);
	assert_string_equal(printed, "one,two words\n");
	(void)snprintf(with_temp, sizeof(with_temp), "/no/such:%s:%s", temp_dir, path);
	(void)setenv("PATH", with_temp, 1);
	assert_int_equal(code_of((const char *[]){ "script", "x", NULL }), 4);
	assert_string_equal(printed, "x,\n");
	(void)setenv("PATH", with_temp + strlen("/no/such:") + strlen(temp_dir) + 1, 1);
}

static void the_environment_is_ours_or_the_one_given(void **state)
{
	char *given[] = { (char *)(uintptr_t) "ONLY=this", NULL };
	char *argv[] = { (char *)(uintptr_t) "env", NULL };

	(void)state;
	(void)setenv("REINIT_TEST", "inherited", 1);
	command(argv, false);
	assert_int_equal(run(), 0);
	assert_holds(printed, "REINIT_TEST=inherited\n");
	command(argv, false);
	params.envp = given;
	assert_int_equal(run(), 0);
	assert_string_equal(printed, "ONLY=this\n");
	(void)unsetenv("REINIT_TEST");
}

/* The calls of a child that is set up within the test itself, up to an exec that fails. */
struct step {
	const char *call;
	long result;
};

static void expect_steps(enum standing standing, const struct step *steps)
{
	static char *const argv[] = { (char *)(uintptr_t) "/no/such", NULL };
	sigset_t mask;

	command(argv, spec != NULL);
	params.standing = standing;
	params.dir_fd = 9;
	params.close_others = true;
	fake_begin(FAKE_STRICT);
	fake_pid = 43;
	fake_expect("fork", 0);
	fake_expect("fchdir 9", 0);
	for (; steps->call != NULL; steps++)
		fake_expect(steps->call, steps->result);
	fake_expect("close_range 3", 0);
	fake_expect("write 2", 1);
	fake_expect("exit 127", 0);
	(void)sigprocmask(SIG_SETMASK, NULL, &mask); /* it is our own that is changed */
	if (setjmp(fake_exit) == 0) {
		(void)spawn_child(&params, &inherited);
		fail();
	}
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	fake_end();
}

#define EXPECT(standing, ...) expect_steps(standing, (const struct step[]){ __VA_ARGS__{ NULL, 0 } })

static void every_standing_has_its_calls(void **state)
{
	(void)state;
	EXPECT(STANDING_SAME, );
	EXPECT(STANDING_SESSION, { "setsid", 0 }, );
	EXPECT(STANDING_FOREGROUND, { "setpgid 0 0", 0 }, { "isatty 0", 1 }, { "tcsetpgrp 0 43", 0 }, );
	EXPECT(STANDING_FOREGROUND, { "setpgid 0 0", 0 }, { "isatty 0", 0 }, );
	EXPECT(STANDING_FOREGROUND, { "setpgid 0 0", -EPERM }, );
	EXPECT(STANDING_TERMINAL, { "setsid", 0 }, { "take_tty 0", -EPERM }, );
}

static void a_terminal_may_be_meant_by_name(void **state)
{
	(void)state;
	spec = make_services(&(struct services){ .service = { { .command = { "x" } } }, .count = 1 });
	spec->tty_by_name = 1;
	EXPECT(STANDING_FOREGROUND, { "setpgid 0 0", 0 }, { "open /dev/tty", 7 }, { "isatty 7", 1 },
	       { "tcsetpgrp 7 43", 0 }, { "close 7", 0 }, );
	EXPECT(STANDING_FOREGROUND, { "setpgid 0 0", 0 }, { "open /dev/tty", -ENXIO }, { "isatty 0", 1 },
	       { "tcsetpgrp 0 43", 0 }, );
	free(spec);
	spec = NULL;
}

static void what_became_of_the_terminal_is_said(void **state)
{
	(void)state;
	spec = make_services(
		&(struct services){ .service = { { .command = { "x" } } },
				    .count = 1,
				    .speech = { [SPEECH_TTY_NOT_TAKEN] = "2x", [SPEECH_SESSION_MADE] = "1y" } });
	EXPECT(STANDING_TERMINAL, { "setsid", 0 }, { "take_tty 0", 0 }, { "write_nowait 1", 1 }, );
	EXPECT(STANDING_TERMINAL, { "setsid", 0 }, { "take_tty 0", -EPERM }, { "write_nowait 2", 1 },
	       { "write_nowait 1", 1 }, );
	free(spec);
	spec = NULL;
}

/* By the kernel's own account. */
static void the_standing_is_what_the_kernel_sees(void **state)
{
	char *argv[] = { (char *)(uintptr_t) "cut", (char *)(uintptr_t) "-d ", (char *)(uintptr_t) "-f1,5,6",
			 (char *)(uintptr_t) "/proc/self/stat", NULL };
	int pid, group, session;

	(void)state;
	for (int standing = 0; standing < STANDING_COUNT; standing++) {
		const bool own_session = standing == STANDING_SESSION || standing == STANDING_TERMINAL;

		command(argv, false);
		params.standing = (enum standing)standing;
		assert_int_equal(run(), 0);
		assert_int_equal(sscanf(printed, "%d %d %d", &pid, &group, &session), 3);
		assert_int_equal(group, standing == STANDING_SAME ? getpgrp() : pid);
		assert_int_equal(session, own_session ? pid : getsid(0));
	}
}

static unsigned long long signal_mask(const char *key)
{
	const char *at = strstr(printed, key);

	assert_non_null(at);
	return strtoull(at + strlen(key), NULL, 16);
}

#define BIT(signal) (1ull << ((signal)-1))

/* The mask that we came with, and SIGCHLD ignored if it was; or nothing of all that. */
static void signals_are_given_back(void **state)
{
	char *argv[] = { (char *)(uintptr_t) "cat", (char *)(uintptr_t) "/proc/self/status", NULL };

	(void)state;
	spec = make_services(&(struct services){ .service = { { .command = { "x" } } }, .count = 1 });
	assert_true(signal(SIGUSR2, SIG_IGN) != SIG_ERR);
	command(argv, true);
	(void)sigaddset(&inherited.mask, SIGUSR1);
	assert_int_equal(run(), 0);
	assert_int_equal(signal_mask("SigBlk:"), BIT(SIGUSR1));
	assert_int_equal(signal_mask("SigIgn:") & (BIT(SIGUSR2) | BIT(SIGCHLD)), BIT(SIGUSR2));
	inherited.sigchld_ignored = true;
	assert_int_equal(run(), 0);
	assert_int_equal(signal_mask("SigIgn:") & (BIT(SIGUSR2) | BIT(SIGCHLD)), BIT(SIGUSR2) | BIT(SIGCHLD));
	spec->clean_signals = 1;
	assert_int_equal(run(), 0);
	assert_int_equal(signal_mask("SigBlk:"), 0);
	/* But for those that libc keeps for itself: where they come ignored, no sigaction(3) changes it. */
	assert_int_equal(signal_mask("SigIgn:") & ~(BIT(32) | BIT(33)), 0);
	(void)signal(SIGUSR2, SIG_DFL);
	free(spec);
}

static void descriptors_are_closed_if_asked_for(void **state)
{
	char *argv[] = { (char *)(uintptr_t) "test", (char *)(uintptr_t) "-e", NULL, NULL };
	char path[32];
	int fd = dup(0);

	(void)state;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	argv[2] = path;
	command(argv, false);
	assert_int_equal(run(), 0);
	params.close_others = true;
	assert_int_equal(run(), 1 << 8);
	fake_expect("close_range 3", -ENOSYS); /* Linux before 5.9, or a filter that does not know the call */
	assert_int_equal(run(), 1 << 8);
	fake_begin(FAKE_REAL);
	(void)close(fd);
}

static void sockets_that_were_handed_to_us_are_the_commands(void **state)
{
	char *argv[] = { (char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c",
			 (char *)(uintptr_t) "test \"$LISTEN_PID\" = $$ || echo \"$LISTEN_PID\"", NULL };
	char own[16];

	(void)state;
	(void)snprintf(own, sizeof(own), "%d", (int)getpid());
	(void)setenv("LISTEN_PID", own, 1);
	command(argv, false);
	assert_int_equal(run(), 0);
	assert_string_equal(printed, "");
	(void)setenv("LISTEN_PID", "1", 1); /* somebody else's */
	assert_int_equal(run(), 0);
	assert_string_equal(printed, "1\n");
	(void)unsetenv("LISTEN_PID");
}

static void a_directory_may_be_given_by_descriptor(void **state)
{
	char *argv[] = { (char *)(uintptr_t) "pwd", NULL };

	(void)state;
	command(argv, false);
	params.dir_fd = open(temp_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(run(), 0);
	printed[strcspn(printed, "\n")] = '\0';
	assert_string_equal(printed, temp_dir);
	(void)close(params.dir_fd);
}

#define SHOW "pwd; umask; id -u; id -g"

static char *show_main[] = { (char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c", (char *)(uintptr_t) "echo main; " SHOW,
			     NULL };

/* The pre-start command finds everything but the rights, which it is there to prepare for. */
static void a_service_is_set_up_in_order(void **state)
{
	struct service_spec *service;
	char expected[512];

	(void)state;
	if (geteuid() != 0) {
		print_message("skipped: it needs root\n");
		skip();
	}
	spec = make_services(&(struct services){
		.service = { { .workdir = temp_dir, .pre_start = { "sh", "-c", "echo before; " SHOW } } },
		.count = 1 });
	service = service_of(spec, 0);
	service->has_umask = 1;
	service->umask = 027;
	service->has_user = 1;
	service->uid = NOBODY;
	service->gid = 1003;
	command(show_main, true);
	assert_int_equal(run(), 0);
	(void)snprintf(expected, sizeof(expected), "before\n%s\n0027\n0\n0\nmain\n%s\n0027\n65534\n1003\n", temp_dir,
		       temp_dir);
	assert_string_equal(printed, expected);
	free(spec);
}

static int after_pre_start(const char *name, const char *script)
{
	int status;

	spec = make_services(&(struct services){
		.service = { { .pre_start = { name, script == NULL ? NULL : "-c", script } } }, .count = 1 });
	command(show_main, true);
	inherited.sigchld_ignored = true; /* what the kernel then reaps by itself could not be waited for */
	status = run();
	assert_null(strstr(printed, "main"));
	free(spec);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void a_pre_start_that_fails_is_the_end(void **state)
{
	(void)state;
	assert_int_equal(after_pre_start("sh", "exit 3"), 3);
	assert_int_equal(after_pre_start("sh", "kill -KILL $$"), 128 + SIGKILL);
	assert_int_equal(after_pre_start("/no/such", NULL), SPAWN_EXIT_NOT_FOUND);
	assert_holds(printed, "command=/no/such stage=pre-start error=\"No such file or directory\"");
	assert_int_equal(after_pre_start("/", NULL), SPAWN_EXIT_NOT_RUN);
}

static void become_nobody(void)
{
	(void)!setresuid(NOBODY, NOBODY, NOBODY);
}

static void a_step_that_fails_is_named(void **state)
{
	(void)state;
	spec = make_services(&(struct services){ .service = { { .workdir = "/no/such" } }, .count = 1 });
	command(show_main, true);
	assert_int_equal(run(), SPAWN_EXIT_SETUP << 8);
	assert_holds(printed, "stage=workdir error=\"No such file or directory\"");
	assert_null(strstr(printed, "main"));
	params.json = true;
	assert_int_equal(run(), SPAWN_EXIT_SETUP << 8);
	assert_holds(printed, "\"stage\":\"workdir\"");
	free(spec);
	spec = make_services(&(struct services){ .service = { { .command = { "x" } } }, .count = 1 });
	service_of(spec, 0)->has_group = 1;
	service_of(spec, 0)->gid = 1003;
	command(show_main, true);
	become = become_nobody;
	assert_int_equal(run(), SPAWN_EXIT_SETUP << 8);
	assert_holds(printed, "stage=group error=\"Operation not permitted\"");
	assert_null(strstr(printed, "main"));
	free(spec);
}

static void no_fork_is_an_answer(void **state)
{
	(void)state;
	command(show_main, false);
	fake_expect("fork", -EAGAIN);
	assert_int_equal(spawn_child(&params, &inherited), -EAGAIN);
	fake_end();
}

static int setup(void **state)
{
	fake_begin(FAKE_REAL);
	spec = NULL;
	return make_temp(state);
}

#define WITH_ALL(test) cmocka_unit_test_setup_teardown(test, setup, remove_temp)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ALL(exit_codes_tell_how_far_it_came),
		WITH_ALL(a_spec_may_have_codes_and_words_of_its_own),
		WITH_ALL(a_script_without_a_first_line_is_the_shells),
		WITH_ALL(the_environment_is_ours_or_the_one_given),
		WITH_ALL(every_standing_has_its_calls),
		WITH_ALL(a_terminal_may_be_meant_by_name),
		WITH_ALL(what_became_of_the_terminal_is_said),
		WITH_ALL(the_standing_is_what_the_kernel_sees),
		WITH_ALL(signals_are_given_back),
		WITH_ALL(descriptors_are_closed_if_asked_for),
		WITH_ALL(sockets_that_were_handed_to_us_are_the_commands),
		WITH_ALL(a_directory_may_be_given_by_descriptor),
		WITH_ALL(a_service_is_set_up_in_order),
		WITH_ALL(a_pre_start_that_fails_is_the_end),
		WITH_ALL(a_step_that_fails_is_named),
		WITH_ALL(no_fork_is_an_answer),
	};

	(void)!freopen("/dev/null", "r", stdin); /* so that no command takes the foreground of whoever runs this */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
