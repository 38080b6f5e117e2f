/* SPDX-License-Identifier: MIT */
/*
 * catcher FILE [UID]: take every signal, libc's 32 and 33 too, and append its
 * number to FILE, one a line, after a first line "ready". TERM ends it with 0.
 * With UID it takes that one for good first (as a set-user-ID program may).
 */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	uint64_t all = ~(uint64_t)0;
	uid_t uid = argc > 2 ? (uid_t)atoi(argv[2]) : 0;
	int out, number = 0;

	if (argc < 2)
		return 99;
	out = open(argv[1], O_WRONLY | O_CREAT | O_APPEND, 0644);
	if (out < 0)
		return 98;
	if (argc > 2 && setresuid(uid, uid, uid) < 0)
		return 97;
	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all));
	dprintf(out, "ready\n");
	while (number != SIGTERM) {
		number = (int)syscall(SYS_rt_sigtimedwait, &all, NULL, NULL, sizeof(all));
		if (number > 0)
			dprintf(out, "%d\n", number);
	}
	return 0;
}
