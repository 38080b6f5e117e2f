/* SPDX-License-Identifier: MIT */
#include "runtime/sigsend.h"

#include <errno.h>
#include <sys/prctl.h>

#include "runtime/procfs.h"
#include "runtime/sys.h"

#define KEEP ((uid_t)-1)

/* Whose uid is to be taken: of the process, of the group's leader, or, where that has gone, of another member. */
static int target_uid(pid_t pid, uid_t *ret_uid)
{
	pid_t member;

	if (pid >= 0 || procfs_uid(-pid, ret_uid) == 0)
		return pid < 0 ? 0 : procfs_uid(pid, ret_uid);
	member = procfs_group_member(-pid);
	return member < 0 ? member : procfs_uid(member, ret_uid);
}

/* Send with the target's uid as the effective one, for a moment. */
static int send_as(pid_t pid, int signal, uid_t uid)
{
	int dumpable = sys_prctl(PR_GET_DUMPABLE, 0);
	int death_signal = 0;
	int rc;

	(void)sys_prctl(PR_GET_PDEATHSIG, (unsigned long)(uintptr_t)&death_signal);
	rc = sys_setresuid(KEEP, uid, KEEP);
	if (rc < 0)
		return rc;
	rc = sys_kill(pid, signal);
	/* The saved uid is still 0, so the way back is always open: setresuid(2). */
	(void)sys_setresuid(KEEP, 0, KEEP);
	/* A changed effective uid clears both: prctl(2). */
	if (dumpable == 1)
		(void)sys_prctl(PR_SET_DUMPABLE, 1);
	if (death_signal != 0)
		(void)sys_prctl(PR_SET_PDEATHSIG, (unsigned long)death_signal);
	return rc;
}

/* The last resort: a process of its own takes the uid for good. It is reaped as any orphan; its answer is not waited for. */
static int send_by_helper(pid_t pid, int signal, uid_t uid)
{
	pid_t helper = sys_fork();

	if (helper != 0)
		return helper < 0 ? helper : 0;
	if (sys_setresuid(uid, uid, uid) == 0)
		(void)sys_kill(pid, signal);
	sys_exit(0);
}

int sigsend(pid_t pid, int signal)
{
	int rc = sys_kill(pid, signal);
	uid_t real, effective, saved, uid;
	int again;

	if (rc != -EPERM)
		return rc;
	if (sys_getresuid(&real, &effective, &saved) < 0 || effective != 0 || saved != 0 || target_uid(pid, &uid) < 0 ||
	    uid == 0)
		return rc;
	again = send_as(pid, signal, uid);
	if (again == -EPERM)
		again = send_by_helper(pid, signal, uid);
	return again == 0 || again == -ESRCH ? again : rc;
}
