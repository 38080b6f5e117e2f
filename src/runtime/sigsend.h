/* SPDX-License-Identifier: MIT */
/* The one way to send a signal. */
#ifndef REINIT_RUNTIME_SIGSEND_H
#define REINIT_RUNTIME_SIGSEND_H

#include <sys/types.h>

/*
 * Send signal to pid (a process, or -pgid for a group). When kill(2) says EPERM and this process is
 * root without CAP_KILL, the signal is sent with the target's real uid taken as the effective one for a moment
 * (setresuid(-1, uid, -1), then back; dumpable and the parent-death signal are restored, which
 * the change clears: prctl(2)); where that fails too, a forked helper takes the uid for good.
 * The uid is read from /proc/PID/status (for a group: of its leader, or of a member).
 * Returns 0, -ESRCH (gone), or the errno of the first attempt. Never blocks.
 */
int sigsend(pid_t pid, int signal);

#endif
