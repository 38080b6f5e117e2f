/* SPDX-License-Identifier: MIT */
/*
 * holder PID FILE: trace PID and never wait for it, so that not even KILL makes
 * it go away: its zombie stays until this process ends. Creates FILE when that
 * holds.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 3)
		return 99;
	if (ptrace(PTRACE_SEIZE, atoi(argv[1]), NULL, NULL) < 0)
		return 97;
	if (open(argv[2], O_WRONLY | O_CREAT, 0644) < 0)
		return 98;
	for (;;)
		(void)pause();
}
