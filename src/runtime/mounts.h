/* SPDX-License-Identifier: MIT */
/* What kind of mount a path lies on, from /proc/self/mountinfo alone (proc(5)): no call here touches the path. */
#ifndef REINIT_RUNTIME_MOUNTS_H
#define REINIT_RUNTIME_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>

enum mount_class {
	MOUNT_LOCAL,  /* ext4, xfs, btrfs, tmpfs, overlay, …: cannot hang for long */
	MOUNT_REMOTE, /* nfs, cifs, fuse, 9p, virtiofs, ceph, …: can hang; inotify is blind to others' writes */
};

struct mount_facts {
	enum mount_class class;
	char fstype[32];
	bool file_mount; /* the mount point is this very path and its root is a file below a ..<timestamp> dir: subPath */
	bool deleted;	 /* the mount's root has been removed ("//deleted"): it can never update */
	char root[256]; /* root of the mount within its file system, cut when longer */
};

/* Find the mount of an absolute path: the longest mount point that is a prefix, the last one of equals. 0 or negative errno. */
int mounts_lookup(const char *path, struct mount_facts *ret);
/* The same over given text; for tests. */
int mounts_parse(const char *mountinfo, const char *path, struct mount_facts *ret);

#endif
