/* SPDX-License-Identifier: MIT */
/* A private tree to validate on. One-shot children only: it blocks. */
#ifndef REINIT_RUNTIME_STAGE_H
#define REINIT_RUNTIME_STAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "model/digest.h"
#include "model/event.h"
#include "model/spec.h"

/* Does a watch want a stage: stage-base is given, or a validate word holds %{stage}. Pure. */
bool stage_wanted(const struct spec *spec, const struct watch_spec *watch);

/*
 * Make a directory of our own (the first of $TMPDIR, /dev/shm, /run, /tmp that can be written) and
 * lay into it: with stage-base, the whole base by symlinks into the live tree, except on the way to the
 * watched path, whose place takes a copy of the snapshot; without, the copy alone. A watch path outside its
 * base is an error. path receives the stage's root, which others may look into as far as into the source. Secrets: only tmpfs ($TMPDIR included) takes
 * a copy of what lies on tmpfs; otherwise -EPERM with the reason.
 * Returns 0 with the digest of what was copied, -EROFS when nothing can be written, or another negative errno.
 */
int stage_build(const struct spec *spec, const struct watch_spec *watch, char *path, size_t path_size,
		enum content *ret_content, struct digest *ret_digest, struct err *err);

/* Remove a stage with all it holds, never following a link. */
void stage_remove(const char *path);

/*
 * Fill one word's placeholders: %{stage} → stage (where there is none: the stage base or the watched
 * path itself), %{path} → watched path, %{service} → name, %% → %. Into buf; 0 or -E2BIG, or
 * -EINVAL for an unknown placeholder. Pure.
 */
int stage_expand(const char *word, const char *stage, const char *path, const char *service, char *buf, size_t size);

#endif
