/* SPDX-License-Identifier: MIT */
/*
 * PID 1 and the library that parses: whatever becomes of the child that reads files, the parent ends with a message
 * and a code before anything was started. The whole program runs here, in a fork, with cfg_parse_buf replaced.
 */
#include "config_util.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/app.h"

struct cfg_t;
int cfg_parse_buf(struct cfg_t *cfg, const char *buf);

/* How the child goes wrong, in the middle of the library. */
enum trouble {
	NONE,
	CRASH,
	LIBRARY_EXIT,
	HANG,
	NOTHING_SAID,
	DAMAGED_BLOCK,
	UNSEALED_BLOCK,
	BLOCK_THAT_CAN_SHRINK,
	BLOCK_THAT_CAN_CHANGE,
	EMPTY_ANSWER,
	STRANGE_CODE
};

/* Shared with the processes that are forked. */
static struct {
	enum trouble trouble;
	pid_t boot;   /* the process that is reinit */
	pid_t parser; /* the process that ran the library */
} * shared;

static char dir[64], conf[96], mark[96];

/* The descriptor of ours whose link in /proc begins with what. */
static int find_fd(const char *what)
{
	for (int fd = 3; fd < 64; fd++) {
		char link[64], target[128] = "";

		(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		if (readlink(link, target, sizeof(target) - 1) > 0 && strncmp(target, what, strlen(what)) == 0 &&
		    (strcmp(what, "pipe:") != 0 || (fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY))
			return fd;
	}
	_exit(99);
}

/* An answer as oneshot.c frames it: kind 1, a code, a length. */
static void answer(int32_t code, const char *text)
{
	uint32_t frame[3] = { 1, (uint32_t)code, (uint32_t)strlen(text) };
	int fd = find_fd("pipe:");

	if (write(fd, frame, sizeof(frame)) != sizeof(frame) || write(fd, text, frame[2]) != (ssize_t)frame[2])
		_exit(98);
	_exit(0);
}

static void put_block(int seals)
{
	int fd = find_fd("/memfd:");
	char block[4096];

	memset(block, 0x5a, sizeof(block));
	if (write(fd, block, sizeof(block)) != sizeof(block))
		_exit(97);
	if (fcntl(fd, F_ADD_SEALS, seals) < 0)
		_exit(96);
	answer(0, "");
}

/* As a bad access would: no handler of a sanitizer, no mask of ours in its way. */
static void crash(void)
{
	sigset_t all;

	(void)signal(SIGSEGV, SIG_DFL);
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_UNBLOCK, &all, NULL);
	(void)raise(SIGSEGV);
}

/* In place of the library's: this program's symbol comes first. */
int cfg_parse_buf(struct cfg_t *cfg, const char *buf)
{
	int (*real)(struct cfg_t *, const char *);
	void *symbol = dlsym(RTLD_NEXT, "cfg_parse_buf");

	shared->parser = getpid();
	switch (shared->trouble) {
	case NONE:
		break;
	case CRASH:
		crash();
		break;
	case LIBRARY_EXIT:
		exit(2);
	case HANG:
		for (;;)
			(void)pause();
	case NOTHING_SAID:
		_exit(0);
	case DAMAGED_BLOCK:
		put_block(F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
		break;
	case UNSEALED_BLOCK:
		put_block(0);
		break;
	case BLOCK_THAT_CAN_SHRINK:
		put_block(F_SEAL_GROW | F_SEAL_WRITE);
		break;
	case BLOCK_THAT_CAN_CHANGE:
		put_block(F_SEAL_SHRINK | F_SEAL_GROW);
		break;
	case EMPTY_ANSWER:
		answer(0, "");
		break;
	case STRANGE_CODE:
		answer(-1, "x\n");
		break;
	}
	memcpy(&real, &symbol, sizeof(real));
	return real(cfg, buf);
}

/* The half minute that a hanging child is given, cut short: as soon as the child is there, time is up. */
int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	struct timespec limit = { .tv_nsec = 1000000 };

	if (shared->trouble != HANG || getpid() != shared->boot)
		limit = (struct timespec){ .tv_sec = timeout_ms / 1000, .tv_nsec = timeout_ms % 1000 * 1000000L };
	for (;;) {
		int n = ppoll(fds, count, timeout_ms < 0 ? NULL : &limit, NULL);

		/* A look without waiting, as at the descriptors 0 to 2, is not meant. */
		if (n != 0 || timeout_ms == 0 || shared->trouble != HANG || shared->parser != 0)
			return n;
	}
}

/* Run the program on the file. What it said goes to said; returns its exit code. */
static int run(enum trouble trouble, char **argv, char *said, size_t size)
{
	int ends[2], status;
	size_t len = 0;
	ssize_t n;

	shared->trouble = trouble;
	shared->parser = 0;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	shared->boot = fork();
	assert_true(shared->boot >= 0);
	if (shared->boot == 0) {
		shared->boot = getpid();
		(void)dup2(ends[1], 1);
		(void)dup2(ends[1], 2);
		(void)close(ends[0]);
		(void)close(ends[1]);
		_exit(app_run(words_count(argv), argv, NO_ENV));
	}
	(void)close(ends[1]);
	/* To the end of the pipe: also the child that reads files is gone then. */
	while ((n = read(ends[0], said + len, size - 1 - len)) > 0)
		len += (size_t)n;
	said[len] = '\0';
	(void)close(ends[0]);
	assert_int_equal(waitpid(shared->boot, &status, 0), shared->boot);
	if (!WIFEXITED(status))
		fail_msg("the parent ended with signal %d: %s", WTERMSIG(status), said);
	return WEXITSTATUS(status);
}

static void expect(enum trouble trouble, int code, const char *part)
{
	char said[4096];
	struct stat st;
	int got = run(trouble, WORDS("--config", conf), said, sizeof(said));

	assert_has(said, part);
	assert_int_equal(got, code);
	assert_int_not_equal(shared->parser, 0);
	assert_int_not_equal(shared->parser, shared->boot);
	assert_int_equal(stat(mark, &st), trouble == NONE ? 0 : -1);
	(void)unlink(mark);
}

static int set_up(void **state)
{
	FILE *file;

	(void)state;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	strcpy(dir, "/tmp/reinit-test-XXXXXX");
	if (shared == MAP_FAILED || !mkdtemp(dir))
		return -1;
	(void)snprintf(conf, sizeof(conf), "%s/f.conf", dir);
	(void)snprintf(mark, sizeof(mark), "%s/started", dir);
	file = fopen(conf, "w");
	if (!file || fprintf(file, "service a { command = {touch, \"%s\"} restart = no }\n", mark) < 0)
		return -1;
	return fclose(file);
}

static int tear_down(void **state)
{
	(void)state;
	(void)unlink(mark);
	(void)unlink(conf);
	return rmdir(dir);
}

static void in_health_the_library_runs_in_another_process(void **state)
{
	(void)state;
	expect(NONE, 0, "event=ENDED");
}

static void a_command_without_a_file_never_comes_near_it(void **state)
{
	char said[4096];

	(void)state;
	assert_int_equal(run(CRASH, WORDS("--", "sh", "-c", "exit 3"), said, sizeof(said)), 3);
	assert_string_equal(said, "");
	assert_int_equal(shared->parser, 0);
}

static void a_crash_is_a_message(void **state)
{
	(void)state;
	expect(CRASH, APP_EXIT_SYSTEM, "f.conf failed: child ended with signal 11");
}

static void an_exit_is_a_message(void **state)
{
	(void)state;
	expect(LIBRARY_EXIT, APP_EXIT_SYSTEM, "f.conf failed: child ended with code 2");
	expect(NOTHING_SAID, APP_EXIT_SYSTEM, "f.conf failed: child ended with code 0");
}

/* The end of the pipe has shown that the child was ended too. */
static void a_hang_is_a_message(void **state)
{
	(void)state;
	expect(HANG, APP_EXIT_SYSTEM, "f.conf failed: child did not end within 30 s");
}

static void nonsense_is_a_message(void **state)
{
	(void)state;
	expect(DAMAGED_BLOCK, APP_EXIT_SYSTEM, "is not valid: damaged spec: magic or version");
	expect(UNSEALED_BLOCK, APP_EXIT_SYSTEM, "the child's block is not sealed");
	expect(BLOCK_THAT_CAN_SHRINK, APP_EXIT_SYSTEM, "the child's block is not sealed");
	expect(BLOCK_THAT_CAN_CHANGE, APP_EXIT_SYSTEM, "the child's block is not sealed");
	expect(EMPTY_ANSWER, APP_EXIT_SYSTEM, "is not valid: neither a block nor a text");
	expect(STRANGE_CODE, APP_EXIT_SYSTEM, "is not valid: neither a block nor a text");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_health_the_library_runs_in_another_process),
		cmocka_unit_test(a_command_without_a_file_never_comes_near_it),
		cmocka_unit_test(a_crash_is_a_message),
		cmocka_unit_test(an_exit_is_a_message),
		cmocka_unit_test(a_hang_is_a_message),
		cmocka_unit_test(nonsense_is_a_message),
	};

	(void)alarm(120); /* a child that hangs and is not ended would hold the pipe open for ever */
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
