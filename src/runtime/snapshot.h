/* SPDX-License-Identifier: MIT */
/* Read what lies at a watched path as one consistent picture: digest it, or copy it. */
#ifndef REINIT_RUNTIME_SNAPSHOT_H
#define REINIT_RUNTIME_SNAPSHOT_H

#include <stdint.h>

#include "base/err.h"
#include "model/digest.h"
#include "model/event.h"
#include "model/spec.h"

#define SNAPSHOT_LOOP_BYTES (256u << 10) /* what is read in the loop; more goes to a child */
#define SNAPSHOT_LOOP_FILES 64u

struct snapshot_limits {
	uint64_t bytes; /* stop with -E2BIG beyond */
	uint32_t files;
};

/*
 * Digest the content of a watch: XXH3-128 over the sorted relative names, types, sizes and bytes of all
 * regular files that match its keys (link targets are followed; mode, owner and time never count;
 * sockets, FIFOs and devices are skipped, opened with O_NONBLOCK). On a kubelet mount everything is
 * read through one descriptor of the ..data directory, and the link is read again at the end; when it moved
 * or a file vanished, everything is done again, at most 8 times (then CONTENT_UNREADABLE).
 * A path that is a file is digested as itself. A file that cannot be read counts by name, size and
 * mtime, with *ret_unreadable set to the first such errno.
 * Returns 0 with *ret_content and *ret_digest, or -E2BIG (limits) or another negative errno.
 * Blocks on the file system: in the loop only for MOUNT_LOCAL and within the loop's limits, which also forbid to
 * leave that mount (-E2BIG): a link may lead to one that hangs.
 */
int snapshot_digest(const struct spec *spec, const struct watch_spec *watch, const struct snapshot_limits *limits,
		    enum content *ret_content, struct digest *ret_digest, int *ret_unreadable);

/*
 * For one-shot children: copy the same picture into the directory dest (made, mode as the source) and digest
 * what was copied, so that both are of the same bytes. Modes are kept, owners where that is allowed. A file from a tmpfs is
 * copied only to a tmpfs: else -EPERM. Returns as above; err names the file.
 */
int snapshot_copy(const struct spec *spec, const struct watch_spec *watch, const char *dest, enum content *ret_content,
		  struct digest *ret_digest, struct err *err);

#endif
