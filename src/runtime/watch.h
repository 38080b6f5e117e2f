/* SPDX-License-Identifier: MIT */
/*
 * One inotify descriptor for all watches, and one poll deadline as fallback and safety net.
 *
 * inotify is an accelerator, not the truth: events only say "look", and the poll says it too. What lies
 * there is decided by the digest alone. See inotify(7) and Kubernetes' pkg/volume/util/atomic_writer.go.
 */
#ifndef REINIT_RUNTIME_WATCH_H
#define REINIT_RUNTIME_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "model/spec.h"

#define WATCH_DEGRADED_POLL_MS 5000 /* where inotify cannot be had or is blind */

/* Why fn is called. TOUCHED, COMPLETE, POLL mean the events of the same name; the rest is for the log. */
enum watch_news {
	WATCH_TOUCHED,
	WATCH_COMPLETE, /* DELETE|ISDIR of a ..<timestamp> directory after MOVED_TO ..data: the update has ended */
	WATCH_POLL,
	WATCH_OVERFLOW,	     /* IN_Q_OVERFLOW: everything was marked TOUCHED */
	WATCH_LOST,	     /* the watched directory went away; its nearest parent is watched meanwhile */
	WATCH_BACK,	     /* … and is there (again, or for the first time) */
	WATCH_NO_INOTIFY,    /* value = errno: EMFILE, ENOSPC, …; polled every 5 s instead */
	WATCH_BLIND,	     /* on a network or user-space file system: polled every 5 s as well */
	WATCH_SUBPATH,	     /* a subPath file mount: it will never update in place */
	WATCH_SUBPATH_STALE, /* … and has been replaced by the kubelet by now ("//deleted") */
	WATCH_NEWS_COUNT
};

typedef void (*watch_fn)(void *arg, uint32_t watch, enum watch_news news, int value);

struct watcher; /* private */

/*
 * Arm all watches of spec and report what is to be said at once (SUBPATH, BLIND, NO_INOTIFY, LOST for a path
 * that is not there). Never fails for a path: what cannot be watched is polled. No descriptor is opened when
 * spec has no watch. Boot only. Returns 0 or -ENOMEM; *ret is ended with watcher_destroy.
 *
 * Armed for each path: the directory itself (IN_ONLYDIR, links followed; below it the subdirectories of a plain tree, at most
 * 64 of them, `..*` left out), its parent for the path's own name (late arrival, swapped symlink, removal),
 * or the nearest existing ancestor. A path that is a file: its directory (and, where it is a symlink, its target's).
 * Mask: MOVED_TO | MOVED_FROM | CREATE | DELETE | CLOSE_WRITE | DELETE_SELF | MOVE_SELF | ATTRIB is left out
 * except on a subPath file (istio/istio#29194: ATTRIB alone is noise).
 */
int watcher_create(const struct spec *spec, watch_fn fn, void *arg, struct watcher **ret);
void watcher_destroy(struct watcher *watcher);

/* The descriptor to watch for reading, or -1. */
int watcher_fd(const struct watcher *watcher);
/* Read a bounded batch of events (16 KiB) and call fn for each watch concerned, once per kind and batch. */
void watcher_readable(struct watcher *watcher);

/* The next poll (now + poll_ms or the degraded interval), or -1 without watches. */
int64_t watcher_deadline_ms(const struct watcher *watcher);
/* Poll: re-arm what is missing, look at subPath mounts, call fn with POLL for every watch. */
void watcher_poll(struct watcher *watcher, int64_t now_ms);

/* May this watch be digested in the loop: a local file system, and not found too large before? */
bool watcher_local(const struct watcher *watcher, uint32_t watch);

#endif
