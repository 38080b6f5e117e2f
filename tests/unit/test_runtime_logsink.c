/* SPDX-License-Identifier: MIT */
/* links: fake/sys.c */
#include "runtime_util.h"

#include <limits.h>
#include <poll.h>
#include <termios.h>

#include "fake/sys.h"
#include "runtime/logsink.h"

static void say_many(struct logsink *sink, int count)
{
	for (int n = 0; n < count; n++)
		logsink_say(sink, LINE_INFO, "a line of some length, so that a buffer of any size is full one day");
}

/* Everything that is in fd now; the caller's. */
static char *take_all(int fd)
{
	static char text[1 << 20];
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	size_t len = 0;

	while (poll(&readable, 1, 0) > 0 && (readable.revents & POLLIN) != 0 && len + 4096 < sizeof(text)) {
		ssize_t got = read(fd, text + len, 4096);

		if (got <= 0)
			break;
		len += (size_t)got;
	}
	text[len] = '\0';
	return text;
}

static uint64_t count_lines(const char *text)
{
	uint64_t count = 0;

	for (; (text = strchr(text, '\n')) != NULL; text++)
		count++;
	return count;
}

static void levels_and_a_closed_stderr(void **state)
{
	struct logsink sink;
	int fds[2];

	(void)state;
	fake_begin(FAKE_REAL);
	assert_int_equal(pipe(fds), 0);
	logsink_init(&sink, fds[1], LINE_JSON, LINE_WARN);
	assert_true(logsink_wants(&sink, LINE_ERROR) && logsink_wants(&sink, LINE_WARN));
	assert_false(logsink_wants(&sink, LINE_INFO));
	logsink_say(&sink, LINE_INFO, "not this");
	logsink_say(&sink, LINE_ERROR, "this");
	assert_holds(take_all(fds[0]), "\"level\":\"error\",\"msg\":\"this\"}\n");
	logsink_init(&sink, -1, LINE_JSON, LINE_DEBUG);
	assert_false(logsink_wants(&sink, LINE_ERROR));
	logsink_say(&sink, LINE_ERROR, "nowhere");
	(void)close(fds[0]);
	(void)close(fds[1]);
}

/* No write may wait: alarm(2) would end the test. Lines are whole, and those that are missing are counted. */
static void check_full(struct logsink *sink, int reader)
{
	char expected[64];
	uint64_t got, dropped;
	const char *text;

	(void)alarm(60);
	say_many(sink, 3000);
	dropped = sink->dropped;
	assert_true(dropped > 0 && dropped < 3000);
	got = count_lines(take_all(reader));
	assert_int_equal(got + dropped, 3000);
	say_many(sink, 1);
	assert_int_equal(sink->dropped, 0);
	text = take_all(reader);
	(void)snprintf(expected, sizeof(expected), "event=LOG_DROPPED count=%llu", (unsigned long long)dropped);
	assert_holds(text, expected);
	assert_int_equal(count_lines(text), 2);
	(void)alarm(0);
}

static void a_full_pipe_never_blocks_and_drops_are_counted(void **state)
{
	struct logsink sink;
	int fds[2], flags;

	(void)state;
	fake_begin(FAKE_REAL);
	assert_int_equal(pipe(fds), 0);
	flags = fcntl(fds[1], F_GETFL);
	logsink_init(&sink, fds[1], LINE_LOGFMT, LINE_INFO);
	check_full(&sink, fds[0]);
	assert_int_equal(fcntl(fds[1], F_GETFL), flags); /* they are the services' as well */
	assert_int_equal(sink.own_fd, -1);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

/* A kernel without RWF_NOWAIT: the pipe is opened again. */
static void a_full_pipe_of_an_old_kernel(void **state)
{
	struct logsink sink;
	int fds[2];

	(void)state;
	fake_begin(FAKE_REAL);
	fake_expect("write_nowait *", -EOPNOTSUPP);
	assert_int_equal(pipe(fds), 0);
	logsink_init(&sink, fds[1], LINE_LOGFMT, LINE_INFO);
	check_full(&sink, fds[0]);
	assert_true(sink.own_fd >= 0);
	(void)close(sink.own_fd);
	(void)close(fds[0]);
	(void)close(fds[1]);
	fake_end();
}

/* And where it may not be opened again, poll comes before each write. */
static void without_anything_else_poll_decides(void **state)
{
	struct stat fifo = { .st_mode = S_IFIFO };
	struct logsink sink;

	(void)state;
	fake_begin(FAKE_STRICT);
	logsink_init(&sink, 2, LINE_LOGFMT, LINE_INFO);
	fake_expect("write_nowait 2", -ENOSYS);
	fake_answer("fstat 2", &fifo, sizeof(fifo), 0);
	fake_expect("open /proc/self/fd/2", -EACCES);
	fake_expect("poll_writable 2", 0);
	logsink_say(&sink, LINE_INFO, "x");
	assert_int_equal(sink.dropped, 1);
	fake_expect("poll_writable 2", 1);
	fake_expect("write 2", 60);
	fake_expect("poll_writable 2", 1);
	fake_expect("write 2", 60);
	logsink_say(&sink, LINE_INFO, "x");
	assert_int_equal(sink.dropped, 0);
	fake_end();
}

static int open_terminal(int *ret_slave)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios termios;

	assert_true(master >= 0);
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	*ret_slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(*ret_slave >= 0);
	assert_int_equal(tcgetattr(*ret_slave, &termios), 0);
	termios.c_oflag &= ~(tcflag_t)OPOST;
	termios.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
	termios.c_iflag |= IXON;
	assert_int_equal(tcsetattr(*ret_slave, TCSANOW, &termios), 0);
	return master;
}

static void a_terminal_nobody_reads_never_blocks(void **state)
{
	struct logsink sink;
	int slave, master = open_terminal(&slave);

	(void)state;
	fake_begin(FAKE_REAL);
	logsink_init(&sink, slave, LINE_LOGFMT, LINE_INFO);
	(void)alarm(60);
	say_many(&sink, 5000);
	(void)alarm(0);
	assert_true(sink.dropped > 0 && sink.dropped < 5000);
	assert_int_equal(fcntl(slave, F_GETFL) & O_NONBLOCK, 0);
	(void)close(sink.own_fd);
	(void)close(slave);
	(void)close(master);
}

static void a_stopped_terminal_never_blocks(void **state)
{
	struct logsink sink;
	int slave, master = open_terminal(&slave);
	pid_t service;

	(void)state;
	fake_begin(FAKE_REAL);
	logsink_init(&sink, slave, LINE_LOGFMT, LINE_INFO);
	assert_int_equal(write(master, "\x13", 1), 1); /* ctrl-S */
	/* A service that waits in a write of its own, holding the terminal's lock. */
	service = fork();
	if (service == 0) {
		static char text[100000];

		(void)!write(slave, text, sizeof(text));
		_exit(0);
	}
	(void)alarm(60);
	say_many(&sink, 100);
	(void)alarm(0);
	assert_int_equal(kill(service, SIGKILL), 0);
	assert_int_equal(waitpid(service, NULL, 0), service);
	if (sink.own_fd >= 0)
		(void)close(sink.own_fd);
	(void)close(slave);
	(void)close(master);
}

static void a_file_is_appended_to_through_the_shared_offset(void **state)
{
	struct logsink sink;
	char text[256];
	ssize_t len;
	int fd;

	(void)state;
	fake_begin(FAKE_REAL);
	fd = open(in_temp("log"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	logsink_init(&sink, fd, LINE_LOGFMT, LINE_INFO);
	logsink_say(&sink, LINE_INFO, "one");
	assert_int_equal(write(fd, "service\n", 8), 8);
	logsink_say(&sink, LINE_INFO, "two");
	len = pread(fd, text, sizeof(text) - 1, 0);
	assert_true(len > 0);
	text[len] = '\0';
	assert_int_equal(count_lines(text), 3);
	assert_holds(text, "msg=one\nservice\ntime=");
	assert_int_equal(sink.own_fd, -1);
	(void)close(fd);
}

static void a_torn_line_cannot_be(void **state)
{
	(void)state;
	assert_true(LINE_SIZE <= PIPE_BUF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(levels_and_a_closed_stderr),
		cmocka_unit_test(a_full_pipe_never_blocks_and_drops_are_counted),
		cmocka_unit_test(a_full_pipe_of_an_old_kernel),
		cmocka_unit_test(without_anything_else_poll_decides),
		cmocka_unit_test(a_terminal_nobody_reads_never_blocks),
		cmocka_unit_test(a_stopped_terminal_never_blocks),
		WITH_TEMP(a_file_is_appended_to_through_the_shared_offset),
		cmocka_unit_test(a_torn_line_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
