/* SPDX-License-Identifier: MIT */
/* links: fake/sys.c */
#include "runtime_util.h"

#include "fake/sys.h"
#include "runtime/report.h"

static struct report report;
static struct spec *spec;
static int fds[2];
static struct helper_result result;

static int start(void **state)
{
	(void)state;
	fake_begin(FAKE_REAL);
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	spec = make_spec(&(struct one_watch){ .path = "/etc/app" });
	memset(&report, 0, sizeof(report));
	memset(&result, 0, sizeof(result));
	report.spec = spec;
	logsink_init(&report.sink, fds[1], LINE_LOGFMT, LINE_DEBUG);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	free(spec);
	(void)close(fds[0]);
	(void)close(fds[1]);
	return 0;
}

/* What was logged, without the time; "" when nothing was. */
static const char *logged(void)
{
	static char text[65536];
	ssize_t len = read(fds[0], text, sizeof(text) - 1);
	const char *level;

	text[len > 0 ? len : 0] = '\0';
	level = strstr(text, "level=");
	return level == NULL ? text : level;
}

static struct effect effect(enum message message)
{
	return (struct effect){ .kind = FX_LOG, .message = message, .service = 0, .watch = EFFECT_NO_INDEX };
}

static void values_are_shown_by_their_keys(void **state)
{
	struct effect log = effect(MSG_STOPPING);

	(void)state;
	log.value = SIGTERM;
	log.amount = 10000;
	report_effect(&report, &log, NULL, 0);
	assert_string_equal(
		logged(),
		"level=info msg=\"stopping service\" event=STOPPING service=web signal=TERM limit_ms=10000\n");
	log = effect(MSG_ENDED);
	log.value = 3 << 8;
	report_effect(&report, &log, NULL, 0);
	assert_holds(logged(), "event=ENDED service=web code=3 up_ms=0");
	log.value = SIGSEGV;
	report_effect(&report, &log, NULL, 0);
	assert_holds(logged(), "signal=SEGV");
	log = effect(MSG_APPLIED);
	log.value = POLICY_RESTART;
	log.watch = 0;
	log.seq = 2;
	log.digest = (struct digest){ 0x0123456789abcdef, 1 };
	report_effect(&report, &log, NULL, 0);
	assert_holds(logged(), "event=APPLIED service=web watch=/etc/app gen=2 digest=01234567 policy=restart");
	log = effect(MSG_SPAWN_FAILED);
	log.value = EAGAIN;
	report_effect(&report, &log, NULL, 0);
	assert_holds(logged(), "error=\"Resource temporarily unavailable\"");
}

static void levels_hold_back(void **state)
{
	struct effect log = effect(MSG_STARTED);

	(void)state;
	report.sink.level = LINE_WARN;
	report_effect(&report, &log, NULL, 0);
	report_news(&report, 0, WATCH_BACK, 0);
	assert_string_equal(logged(), "");
}

static void every_message_makes_one_line(void **state)
{
	(void)state;
	for (int m = 0; m < MESSAGE_COUNT; m++) {
		struct effect log = effect((enum message)m);
		const char *text;

		report_effect(&report, &log, NULL, 0);
		log.service = EFFECT_NO_INDEX;
		report_effect(&report, &log, NULL, 0);
		text = logged();
		assert_non_null(strchr(text, '\n'));
		assert_string_equal(strrchr(text, '\n'), "\n");
	}
}

static void a_refusal_brings_what_the_command_said(void **state)
{
	struct effect log = effect(MSG_REFUSED);
	const char *text;

	(void)state;
	log.watch = 0;
	log.amount = 5000;
	result.status = 1 << 8;
	result.took_ms = 12;
	(void)strcpy(result.output, "nginx: [emerg] unexpected \"}\"\n\n");
	result.output_len = (uint32_t)strlen(result.output);
	report_effect(&report, &log, &result, 0);
	text = logged();
	assert_holds(text, "took_ms=12 code=1 output=\"nginx: [emerg] unexpected \\\"}\\\"\"");
	assert_holds(text, "retry_ms=5000");
	result.timed_out = true;
	(void)strcpy(result.note, "validated on the live path");
	report_effect(&report, &log, &result, 0);
	assert_holds(logged(), "cause=\"time limit\" note=\"validated on the live path\"");
	result.died = true;
	report_effect(&report, &log, &result, 0);
	assert_holds(logged(), "cause=\"it was killed");
	/* The end of a long output, and all of the line's other fields. */
	memset(result.output, 'x', sizeof(result.output));
	memcpy(result.output + sizeof(result.output) - 9, "the error", 9);
	result.output_len = sizeof(result.output);
	report_effect(&report, &log, &result, 0);
	text = logged();
	assert_holds(text, "xthe error\"\n");
	assert_holds(text, " retry_ms=5000 took_ms=");
	assert_true(strlen(text) < LINE_SIZE);
}

static void news_name_the_watch(void **state)
{
	(void)state;
	report_news(&report, 0, WATCH_SUBPATH, 0);
	assert_holds(logged(), "event=SUBPATH service=web watch=/etc/app\n");
	report_news(&report, UINT32_MAX, WATCH_NO_INOTIFY, EMFILE);
	assert_holds(logged(), "event=NO_INOTIFY error=\"Too many open files\"\n");
	for (int kind = 0; kind < WATCH_NEWS_COUNT; kind++) {
		bool quiet = kind == WATCH_TOUCHED || kind == WATCH_COMPLETE || kind == WATCH_POLL;

		report_news(&report, 0, (enum watch_news)kind, 0);
		assert_int_equal(logged()[0] == '\0', quiet);
	}
	report_helper_failed(&report, 0, EAGAIN);
	assert_holds(logged(), "event=HELPER_FAILED service=web error=");
}

static void wait_for_name(pid_t pid, const char *name)
{
	char path[64], comm[32];

	(void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	do {
		FILE *file = fopen(path, "re");

		assert_non_null(file);
		comm[0] = '\0';
		(void)!fgets(comm, sizeof(comm), file);
		(void)fclose(file);
		comm[strcspn(comm, "\n")] = '\0';
	} while (strcmp(comm, name) != 0);
}

/* "pid 7 is sh; its child nginx (9) catches HUP" */
static void the_hint_names_the_child_that_would_catch_it(void **state)
{
	struct effect log = effect(MSG_NEVER_CAUGHT);
	char expected[128];
	const char *text;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0) {
		(void)execlp("sleep", "sleep", "1000", (char *)NULL);
		_exit(127);
	}
	wait_for_name(pid, "sleep");
	log.value = SIGHUP;
	report_effect(&report, &log, NULL, pid);
	(void)snprintf(expected, sizeof(expected), "hint=\"pid %d (sleep) has no handler for HUP", (int)pid);
	text = logged();
	assert_holds(text, expected);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	pid = fork();
	if (pid == 0) {
		(void)setpgid(0, 0);
		(void)execlp("sh", "sh", "-c", "sh -c 'trap : HUP; while :; do sleep 1000; done'; :", (char *)NULL);
		_exit(127);
	}
	do { /* until the inner one has its trap */
		report_effect(&report, &log, NULL, pid);
		text = logged();
	} while (strstr(text, "its child") == NULL);
	(void)snprintf(expected, sizeof(expected), "hint=\"pid %d is sh; its child sh (", (int)pid);
	assert_holds(text, expected);
	assert_holds(text, ") catches HUP: start it with exec\"");
	assert_int_equal(kill(-pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void the_reason_is_kept_for_the_termination_log(void **state)
{
	struct effect log = effect(MSG_ENDED);

	(void)state;
	report_effect(&report, &log, NULL, 0);
	assert_string_equal(report.reason, "");
	fake_begin(FAKE_STRICT);
	report_termination(&report, 0); /* a plain end: nothing is opened */
	fake_end();
	fake_begin(FAKE_REAL);
	log = effect(MSG_GAVE_UP);
	report.sink.fd = -1; /* kept, whoever reads the log */
	report_effect(&report, &log, NULL, 0);
	log = effect(MSG_SHUTDOWN_FAILED);
	report_effect(&report, &log, NULL, 0);
	assert_string_equal(report.reason, "reinit: service 'web': service failed too often: giving up on it");
	fake_begin(FAKE_STRICT);
	fake_expect("open /dev/termination-log", 5);
	fake_expect("write 5", 80);
	fake_expect("close 5", 0);
	report_termination(&report, 1);
	fake_expect("open /dev/termination-log", -ENOENT); /* not in a pod */
	report_termination(&report, 1);
	fake_end();
}

#define WITH_REPORT(test) cmocka_unit_test_setup_teardown(test, start, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_REPORT(values_are_shown_by_their_keys),
		WITH_REPORT(levels_hold_back),
		WITH_REPORT(every_message_makes_one_line),
		WITH_REPORT(a_refusal_brings_what_the_command_said),
		WITH_REPORT(news_name_the_watch),
		WITH_REPORT(the_hint_names_the_child_that_would_catch_it),
		WITH_REPORT(the_reason_is_kept_for_the_termination_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
