/* SPDX-License-Identifier: MIT */
/* links: fake/sys.c */
#include "state_util.h"

#include <poll.h>
#include <sys/prctl.h>

#include "fake/sys.h"
#include "runtime/driver.h"
#include "runtime/procfs.h"
#include "runtime/signals.h"

#define BOOT_FAILED 99
#define HANGS_AFTER_MS 60000

/* The driver is a process: a fork of this one, with a pipe for all that it and its commands say. */
static pid_t driver;
static int said_fd;
static char said[65536];
static size_t said_len;

static void be_the_driver(int fd)
{
	struct driver_params driver_params = {
		.spec = spec, .argv = own_argv, .inherited = &inherited, .out_fd = 1, .log_fd = 2
	};
	struct err err = { 0 };

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0ul, 0ul, 0ul);
	(void)dup2(fd, 1);
	(void)dup2(fd, 2);
	signals_take_over(&inherited);
	if (driver_boot(&driver_params, &err) < 0) {
		(void)!write(1, err.msg, strlen(err.msg));
		_exit(BOOT_FAILED);
	}
	driver_run();
}

static void start_driver(void)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	said_len = 0;
	said[0] = '\0';
	said_fd = fds[0];
	driver = fork();
	assert_true(driver >= 0);
	if (driver == 0)
		be_the_driver(fds[1]);
	(void)close(fds[1]);
}

/* Returns false when nobody is left to say anything. */
static bool hear_more(void)
{
	struct pollfd poll_fd = { .fd = said_fd, .events = POLLIN };
	ssize_t len;

	if (poll(&poll_fd, 1, HANGS_AFTER_MS) <= 0)
		fail_msg("it hangs after '%s'", said);
	len = read(said_fd, said + said_len, sizeof(said) - 1 - said_len);
	if (len <= 0)
		return false;
	said_len += (size_t)len;
	said[said_len] = '\0';
	return true;
}

static void hear(const char *text)
{
	while (strstr(said, text) == NULL)
		if (!hear_more())
			fail_msg("'%s' was not said in '%s'", text, said);
}

/* The code that the driver leaves with. It leaves nobody behind, who would keep the pipe open. */
static int end_driver(void)
{
	int status;

	while (hear_more())
		;
	assert_int_equal(waitpid(driver, &status, 0), driver);
	(void)close(said_fd);
	free(spec);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void send_signal(int signal)
{
	assert_int_equal(kill(driver, signal), 0);
}

static uint32_t times(const char *text)
{
	uint32_t count = 0;

	for (const char *at = said; (at = strstr(at, text)) != NULL; at++)
		count++;
	return count;
}

/* A spec whose main process is this script of the shell's. */
static struct services main_script(const char *script)
{
	return (struct services){ .service = { { .command = { "sh", "-c", script } } }, .count = 1 };
}

static void prepare(const struct services *want)
{
	spec = make_services(want);
	for (uint32_t n = 0; n < want->count; n++) {
		service_of(spec, n)->essential = n == 0;
		service_of(spec, n)->stop_timeout_ms = 60000;
	}
	spec->log_level = LINE_DEBUG;
}

static int code_of(const char *script)
{
	struct services want = main_script(script);

	prepare(&want);
	start_driver();
	return end_driver();
}

/* Waits for signals, with a child that it leaves behind. */
#define WAITS "echo ready; while :; do sleep 1000 & wait; done"

static void the_commands_end_is_ours(void **state)
{
	(void)state;
	assert_int_equal(code_of("exit 7"), 7);
	assert_int_equal(code_of("kill -TERM $$"), 128 + SIGTERM);
	assert_holds(said, "event=STARTED service=a");
	assert_int_equal(code_of("sleep 1000 & exit 3"), 3); /* what is left is ended: its end of the pipe is closed */
	assert_holds(said, "event=REST_TERM");
}

static void signals_are_passed_on_as_the_map_says(void **state)
{
	struct services want = main_script("trap 'echo hup' HUP; trap 'exit 9' USR1; " WAITS);

	(void)state;
	want.speech[SPEECH_SIGNAL_CAME] = "1came {signal}\n";
	want.speech[SPEECH_REWRITTEN] = "1rewritten {signal} {to}\n";
	want.speech[SPEECH_PASSING] = "1passing {signal}\n";
	want.speech[SPEECH_DROPPED] = "1dropped {signal}\n";
	prepare(&want);
	spec->signal_map[SIGWINCH] = 0;
	spec->signal_map[SIGUSR2] = SIGUSR1;
	start_driver();
	hear("ready");
	send_signal(SIGHUP);
	hear("hup\n");
	send_signal(SIGWINCH);
	hear("came 28\nrewritten 28 0\ndropped 0\n");
	send_signal(SIGUSR2);
	hear("came 12\nrewritten 12 10\npassing 10\n");
	assert_int_equal(end_driver(), 9);
	assert_holds(said, "came 1\npassing 1\n");
}

static void a_stop_that_is_not_obeyed_ends_in_a_kill(void **state)
{
	struct services want = main_script("trap '' TERM; " WAITS);

	(void)state;
	for (int with_loop = 0; with_loop < 2; with_loop++) {
		want.watch = with_loop ? temp_dir : NULL;
		prepare(&want);
		service_of(spec, 0)->stop_timeout_ms = 1;
		start_driver();
		hear("ready");
		send_signal(SIGTERM);
		assert_int_equal(end_driver(), 128 + SIGKILL);
		assert_holds(said, "event=STOP_FORCED");
	}
}

static void a_change_becomes_a_signal_once(void **state)
{
	struct services want = main_script("trap 'echo got-hup' HUP; trap 'exit 4' TERM; " WAITS);
	struct watch_spec *watch;

	(void)state;
	write_file("a", "1");
	want.watch = temp_dir;
	prepare(&want);
	watch = (struct watch_spec *)(uintptr_t)spec_watch(spec, 0);
	watch->policy = POLICY_SIGNAL;
	watch->settle_ms = 10;
	watch->settle_max_ms = 60000;
	start_driver();
	hear("ready");
	write_file("a", "2");
	hear("got-hup");
	hear("event=APPLIED");
	send_signal(SIGTERM);
	assert_int_equal(end_driver(), 4);
	assert_int_equal(times("got-hup"), 1);
}

static void a_service_is_started_again(void **state)
{
	struct services want = main_script("trap 'exit 0' TERM; " WAITS);

	(void)state;
	want.service[1] =
		(struct one_service){ .workdir = temp_dir,
				      .command = { "sh", "-c", "echo >>runs; echo run $(wc -l <runs).; exit 1" } };
	want.count = 2;
	prepare(&want);
	service_of(spec, 1)->restart = RESTART_ALWAYS;
	service_of(spec, 1)->backoff_min_ms = service_of(spec, 1)->backoff_max_ms = 1;
	start_driver();
	hear("run 3.\n");
	hear("ready");
	send_signal(SIGTERM);
	assert_int_equal(end_driver(), 0);
	assert_int_equal(times("run 2.\n"), 1);
}

/* By a helper's answer, in the loop. */
static void who_comes_after_waits_for_readiness(void **state)
{
	const char *flag;
	char script[1100];
	struct services want;

	(void)state;
	flag = in_temp("flag");
	(void)snprintf(script, sizeof(script), "echo first; >%s; trap 'exit 0' TERM; " WAITS, flag);
	want = main_script(script);
	want.service[0].ready_kind = READY_FILE;
	want.service[0].ready_target = flag;
	want.service[1] = (struct one_service){ .command = { "sh", "-c", "echo second" } };
	want.count = 2;
	prepare(&want);
	service_of(spec, 0)->ready_timeout_ms = 60000;
	start_driver();
	hear("event=READY service=a");
	hear("second");
	send_signal(SIGTERM);
	assert_int_equal(end_driver(), 0);
}

#define ORPHANS 70 /* more than REAP_BATCH */

/* They hold the write end of a named pipe, so that its end is theirs. The one that would have reaped them becomes sleep. */
#define MAKE_ORPHANS \
	"setsid sh -c 'n=0; while [ $n -lt 70 ]; do sleep 1000 & n=$((n + 1)); done; echo group=$$.; exec sleep 1000' " \
	"3>held & trap 'exit 0' TERM; " WAITS

/* More end at once than are taken in a turn: the rest follows without a further signal. */
static void a_storm_of_orphans_is_reaped(void **state)
{
	struct services want = main_script(MAKE_ORPHANS);
	int held, group, status;
	char byte;

	(void)state;
	want.service[0].workdir = temp_dir;
	want.speech[SPEECH_ORPHAN] = "1orphan\n";
	assert_int_equal(mkfifo(in_temp("held"), 0600), 0);
	held = open(in_temp("held"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	prepare(&want);
	start_driver();
	hear("group=");
	hear(".\n");
	assert_int_equal(sscanf(strstr(said, "group="), "group=%d", &group), 1);
	send_signal(SIGSTOP);
	assert_int_equal(waitpid(driver, &status, WUNTRACED), driver);
	assert_true(WIFSTOPPED(status));
	assert_int_equal(kill(-group, SIGKILL), 0);
	assert_int_equal(fcntl(held, F_SETFL, 0), 0);
	assert_int_equal(read(held, &byte, 1), 0);
	(void)close(held);
	send_signal(SIGCONT);
	while (times("orphan\n") < ORPHANS)
		assert_true(hear_more());
	send_signal(SIGTERM);
	assert_int_equal(end_driver(), 0);
}

/* The whole of it: a CONT that is only passed on would leave the inner one stopped. */
static void a_stopped_job_stops_us_and_goes_on_with_us(void **state)
{
	struct services want = main_script("sh -c 'kill -STOP 0; echo went on'; exit 6");
	int status;

	(void)state;
	prepare(&want);
	service_of(spec, 0)->standing = STANDING_FOREGROUND;
	start_driver();
	assert_int_equal(waitpid(driver, &status, WUNTRACED), driver);
	assert_true(WIFSTOPPED(status));
	send_signal(SIGCONT);
	hear("went on");
	assert_int_equal(end_driver(), 6);
}

static void a_boot_that_fails_says_what(void **state)
{
	static const struct {
		const char *call, *said;
		bool watches;
	} cases[] = {
		{ "prctl 36 1", "cannot become the reaper of orphans: ", false },
		{ "signalfd", "cannot open a signalfd: ", true },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		struct services want = main_script("exit 0");

		want.watch = cases[n].watches ? temp_dir : NULL;
		prepare(&want);
		fake_expect(cases[n].call, -EMFILE);
		start_driver();
		assert_int_equal(end_driver(), BOOT_FAILED);
		assert_holds(said, cases[n].said);
		assert_null(strstr(said, "STARTED"));
		fake_begin(FAKE_REAL);
	}
}

static void kill_one(void *arg, pid_t pid)
{
	(void)arg;
	(void)kill(pid, SIGKILL);
}

/* What a test that failed left running. */
static int clean_up(void **state)
{
	(void)procfs_descendants(getpid(), kill_one, NULL);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	fake_begin(FAKE_REAL);
	return remove_temp(state);
}

#define WITH_DRIVER(test) cmocka_unit_test_setup_teardown(test, make_temp, clean_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DRIVER(the_commands_end_is_ours),
		WITH_DRIVER(signals_are_passed_on_as_the_map_says),
		WITH_DRIVER(a_stop_that_is_not_obeyed_ends_in_a_kill),
		WITH_DRIVER(a_change_becomes_a_signal_once),
		WITH_DRIVER(a_service_is_started_again),
		WITH_DRIVER(who_comes_after_waits_for_readiness),
		WITH_DRIVER(a_storm_of_orphans_is_reaped),
		WITH_DRIVER(a_stopped_job_stops_us_and_goes_on_with_us),
		WITH_DRIVER(a_boot_that_fails_says_what),
	};

	fake_begin(FAKE_REAL);
	(void)!freopen("/dev/null", "r", stdin);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1ul, 0ul, 0ul, 0ul);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
