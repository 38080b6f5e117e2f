/* SPDX-License-Identifier: MIT */
/* Facts from /proc/PID, proc(5). Never blocks on anything but procfs. */
#ifndef REINIT_RUNTIME_PROCFS_H
#define REINIT_RUNTIME_PROCFS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Does pid catch signal (SigCgt)? 1 yes, 0 no, -ESRCH when it is gone, -ENODATA when it cannot be told: no such line
 * (gVisor), no /proc, or one that hides the process.
 */
int procfs_catches(pid_t pid, int signal);

/* The real uid of pid: what kill(2) compares the sender's with, whatever the effective one is. 0 or negative errno. */
int procfs_uid(pid_t pid, uid_t *ret_uid);

/* The command name (comm) of pid into buf; "?" when it is gone. Returns buf. */
const char *procfs_comm(pid_t pid, char *buf, size_t size);

/* Parent and process group of pid from /proc/PID/stat. Returns 0 or negative errno. */
int procfs_stat(pid_t pid, pid_t *ret_parent, pid_t *ret_group);

/* A process of the group, or -ESRCH. */
pid_t procfs_group_member(pid_t group);

/* A child of pid that catches signal, or 0: for the hint "its child nginx (9) catches HUP". */
pid_t procfs_catching_child(pid_t pid, int signal);

/*
 * Call fn(arg, pid) for every descendant of the process `root`, root excluded, in no order. One pass
 * over /proc; processes that appear meanwhile may be missed. Returns the number, or negative errno. Costs one
 * read of a small file for each process and each of its ancestors below root; allocates nothing.
 */
int procfs_descendants(pid_t root, void (*fn)(void *arg, pid_t pid), void *arg);

#endif
