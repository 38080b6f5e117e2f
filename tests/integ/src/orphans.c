/* SPDX-License-Identifier: MIT */
/*
 * orphans TOTAL ALIVE FILE: make TOTAL orphans in waves of at most ALIVE, which
 * end all at once; then create FILE and wait for TERM. A wave is over when each
 * of its processes has ended, whether it has been reaped or not.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the middle process: its end makes orphans of its children, each waiting
 * for the end of go. */
static void bear(int count, const int go[2])
{
	char byte;

	(void)close(go[1]);
	for (int n = 0; n < count; n++) {
		pid_t pid = fork();

		if (pid < 0)
			_exit(1);
		if (pid == 0) {
			while (read(go[0], &byte, 1) > 0)
				;
			_exit(n & 127);
		}
	}
	_exit(0);
}

static int wave(int count)
{
	int go[2], alive[2], status;
	pid_t middle;
	char byte;

	if (pipe(go) < 0 || pipe(alive) < 0)
		return -1;
	middle = fork();
	if (middle == 0) {
		(void)close(alive[0]);
		bear(count, go);
	}
	(void)close(go[0]);
	(void)close(alive[1]);
	if (middle < 0 || waitpid(middle, &status, 0) != middle || status != 0)
		return -1;
	(void)close(go[1]);
	while (read(alive[0], &byte, 1) > 0)
		;
	(void)close(alive[0]);
	return 0;
}

int main(int argc, char **argv)
{
	int total = argc > 3 ? atoi(argv[1]) : 0, alive = argc > 3 ? atoi(argv[2]) : 1;

	for (int left = total; left > 0; left -= alive) {
		if (wave(left < alive ? left : alive) < 0)
			return 98;
	}
	if (argc < 4 || open(argv[3], O_WRONLY | O_CREAT, 0644) < 0)
		return 99;
	for (;;)
		(void)pause();
}
