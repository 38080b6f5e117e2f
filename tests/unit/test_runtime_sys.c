/* SPDX-License-Identifier: MIT */
#include "runtime_util.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "runtime/sys.h"

static void a_full_pipe_says_again(void **state)
{
	static char text[4096];
	int fds[2];
	ssize_t rc = 0;

	(void)state;
	assert_int_equal(sys_pipe(fds), 0);
	assert_int_equal(sys_read(fds[0], text, 1), -EAGAIN); /* the read end waits for nothing */
	assert_int_not_equal(fcntl(fds[0], F_GETFD) & FD_CLOEXEC, 0);
	assert_int_not_equal(fcntl(fds[1], F_GETFD) & FD_CLOEXEC, 0);
	assert_int_equal(sys_poll_writable(fds[1]), 1);
	while (rc >= 0)
		rc = sys_write_nowait(fds[1], text, sizeof(text));
	/* Where the kernel does not know the flag for pipes, that is said and nothing is written. */
	assert_true(rc == -EAGAIN || rc == -EOPNOTSUPP);
	if (rc == -EAGAIN)
		assert_int_equal(sys_poll_writable(fds[1]), 0);
	assert_int_equal(sys_close(fds[0]), 0);
	assert_int_equal(sys_close(fds[1]), 0);
	assert_int_equal(sys_close(fds[1]), -EBADF);
}

static void a_directory_is_listed_without_itself(void **state)
{
	struct sys_dir list;
	const char *name;
	int files = 0, dirs = 0, links = 0, rc;

	(void)state;
	for (int n = 0; n < 300; n++) { /* more than one buffer */
		char file[64];

		(void)snprintf(file, sizeof(file), "a-name-of-some-length-%d", n);
		write_file(file, "");
	}
	make_dir("..data");
	make_link("nowhere", "link");
	assert_int_equal(sys_dir_open(&list, AT_FDCWD, temp_dir), 0);
	while ((rc = sys_dir_next(&list, &name)) > 0) {
		files += strncmp(name, "a-name-", 7) == 0;
		dirs += strcmp(name, "..data") == 0 && (list.type == DT_DIR || list.type == DT_UNKNOWN);
		links += strcmp(name, "link") == 0 && (list.type == DT_LNK || list.type == DT_UNKNOWN);
	}
	assert_int_equal(rc, 0);
	assert_int_equal(files, 300);
	assert_int_equal(dirs, 1);
	assert_int_equal(links, 1);
	sys_dir_close(&list);
	assert_int_equal(sys_dir_open(&list, AT_FDCWD, in_temp("a-name-of-some-length-0")), -ENOTDIR);
	assert_int_equal(sys_dir_open(&list, AT_FDCWD, in_temp("nowhere")), -ENOENT);
}

static void a_tcp_port_answers_or_not(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), port;

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	port = ntohs(address.sin_port);
	assert_int_equal(sys_connect_tcp("127.0.0.1", port), 0); /* bound, nobody listens */
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(sys_connect_tcp("127.0.0.1", port), 1);
	assert_int_equal(sys_connect_tcp("no-number", port), 0);
	(void)close(fd);
	assert_int_equal(sys_connect_tcp("127.0.0.1", port), 0);
}

static void a_unix_socket_answers_or_not(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char far_too_long[200];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", temp_dir);
	assert_int_equal(sys_connect_unix(address.sun_path), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(sys_connect_unix(address.sun_path), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(sys_connect_unix(address.sun_path), 1);
	(void)close(fd);
	assert_int_equal(sys_connect_unix(address.sun_path), 0); /* the name is still there */
	memset(far_too_long, 'x', sizeof(far_too_long));
	far_too_long[sizeof(far_too_long) - 1] = '\0';
	assert_int_equal(sys_connect_unix(far_too_long), 0);
}

static void interrupt(int signal)
{
	(void)signal;
}

static void an_interrupted_call_goes_on(void **state)
{
	struct sigaction action = { .sa_handler = interrupt }; /* without SA_RESTART */
	int fds[2], back[2], status;
	char byte = 0;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(pipe(back), 0);
	child = fork();
	if (child == 0) {
		(void)sigaction(SIGUSR1, &action, NULL);
		(void)!write(back[1], "r", 1);
		_exit(sys_read(fds[0], &byte, 1) == 1 && byte == 'x' ? 0 : 1);
	}
	assert_int_equal(read(back[0], &byte, 1), 1);
	for (int n = 0; n < 100; n++)
		assert_int_equal(kill(child, SIGUSR1), 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void children_are_told_apart_from_none(void **state)
{
	int status = -1;
	pid_t child;

	(void)state;
	assert_int_equal(sys_wait_any(&status, false), -ECHILD);
	child = fork();
	if (child == 0) {
		pause();
		_exit(0);
	}
	assert_int_equal(sys_wait_any(&status, false), 0);
	assert_int_equal(sys_kill(child, SIGKILL), 0);
	assert_int_equal(waitid(P_PID, (id_t)child, &(siginfo_t){ 0 }, WEXITED | WNOWAIT), 0);
	assert_int_equal(sys_wait_any(&status, false), child);
	assert_int_equal(WTERMSIG(status), SIGKILL);
	assert_int_equal(sys_kill(child, 0), -ESRCH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_pipe_says_again),      WITH_TEMP(a_directory_is_listed_without_itself),
		cmocka_unit_test(a_tcp_port_answers_or_not),   WITH_TEMP(a_unix_socket_answers_or_not),
		cmocka_unit_test(an_interrupted_call_goes_on), cmocka_unit_test(children_are_told_apart_from_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
