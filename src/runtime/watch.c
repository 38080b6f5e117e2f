/* SPDX-License-Identifier: MIT */
#include "runtime/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>

#include "base/str.h"
#include "runtime/mounts.h"
#include "runtime/sys.h"

#define PATH_SIZE 4096
#define NAME_SIZE 256 /* NAME_MAX + 1 */
#define LINKS_MAX 40  /* as the kernel's own limit, path_resolution(7) */
#define SUBDIRS_MAX 64
#define READ_BYTES 16384

#define DIR_MASK \
	(IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF | \
	 IN_ONLYDIR)
#define FILE_MASK (IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF)
#define GONE_MASK (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)

/* Why a descriptor is watched for a watch; one inode has one wd, however many watches want it. */
enum role {
	ROLE_DIR,      /* a directory of content: everything in it counts */
	ROLE_FILE,     /* the watched file itself */
	ROLE_NEIGHBOUR /* a directory on the way: only the entry `name` counts */
};

struct arm {
	int wd;
	uint32_t watch;
	enum role role;
	bool fresh; /* set by the arming that is going on; what is not is dropped at its end */
	char *name; /* NEIGHBOUR; from the heap */
};

struct armed {
	bool missing; /* the path is not there */
	bool remote;  /* never touched from here: polled by a child */
	bool subpath;
	bool stale;
	bool swapped;		       /* ..data has moved, the old directory is still there */
	bool touched, complete, rearm; /* found in the batch that is being read */
	uint32_t subdirs;
};

struct watcher {
	const struct spec *spec;
	watch_fn fn;
	void *arg;
	int fd;
	bool degraded; /* inotify gave out somewhere, or cannot see everything */
	int64_t deadline_ms;
	struct arm *arms;
	size_t arm_count, arm_room;
	struct armed *armed; /* by watch */
};

static bool add_arm(struct watcher *watcher, int wd, uint32_t watch, enum role role, const char *name)
{
	struct arm *arm;

	for (size_t n = 0; n < watcher->arm_count; n++) {
		arm = &watcher->arms[n];
		if (arm->wd == wd && arm->watch == watch && arm->role == role &&
		    (role != ROLE_NEIGHBOUR || strcmp(arm->name, name) == 0)) {
			arm->fresh = true;
			return true;
		}
	}
	if (watcher->arm_count == watcher->arm_room) {
		size_t room = watcher->arm_room == 0 ? 8 : 2 * watcher->arm_room;
		struct arm *bigger = realloc(watcher->arms, room * sizeof(*bigger));

		if (bigger == NULL)
			return false;
		watcher->arms = bigger;
		watcher->arm_room = room;
	}
	arm = &watcher->arms[watcher->arm_count];
	*arm = (struct arm){ wd, watch, role, true, NULL };
	if (role == ROLE_NEIGHBOUR) {
		arm->name = strdup(name);
		if (arm->name == NULL)
			return false;
	}
	watcher->arm_count++;
	return true;
}

/* From now on this watch is looked at every few seconds: events may be missed. Said once for all. */
static void degrade(struct watcher *watcher, uint32_t watch, enum watch_news news, int error)
{
	bool told = watcher->degraded;

	watcher->degraded = true;
	if (!told || news == WATCH_BLIND)
		watcher->fn(watcher->arg, watch, news, error);
}

static void arm_path(struct watcher *watcher, uint32_t watch, enum role role, const char *path, const char *name)
{
	uint32_t mask = role == ROLE_FILE ? FILE_MASK | (watcher->armed[watch].subpath ? IN_ATTRIB : 0) : DIR_MASK;
	int wd;

	if (watcher->fd < 0)
		return;
	/* Another watch may have asked for other events of this inode. */
	wd = sys_inotify_add(watcher->fd, path, mask | IN_MASK_ADD);
	if (wd == -ENOENT || wd == -ENOTDIR)
		watcher->armed[watch].rearm = true; /* gone this moment */
	else if (wd < 0)
		degrade(watcher, watch, WATCH_NO_INOTIFY, -wd);
	else if (!add_arm(watcher, wd, watch, role, name))
		degrade(watcher, watch, WATCH_NO_INOTIFY, ENOMEM);
}

static int join(char *path, const char *name)
{
	size_t len = strlen(path);

	if (len > 1 && str_append(path, PATH_SIZE, "/") < 0)
		return -ENAMETOOLONG;
	return str_append(path, PATH_SIZE, name);
}

static bool is_kubelet_mount(char *path)
{
	size_t len = strlen(path);
	struct stat facts;
	bool is;

	if (join(path, "..data") < 0) {
		path[len] = '\0';
		return false;
	}
	is = sys_lstat(path, &facts) == 0 && S_ISLNK(facts.st_mode);
	path[len] = '\0';
	return is;
}

/* A directory of content, and on a plain tree the directories below it. */
static void arm_tree(struct watcher *watcher, uint32_t watch, char *path)
{
	size_t len = strlen(path);
	struct sys_dir list;
	const char *name;

	arm_path(watcher, watch, ROLE_DIR, path, "");
	if (is_kubelet_mount(path))
		return; /* what lies below is replaced as a whole, and the swap of ..data tells it */
	if (sys_dir_open(&list, AT_FDCWD, path) < 0)
		return;
	while (sys_dir_next(&list, &name) > 0) {
		struct stat facts;

		if (strncmp(name, "..", 2) == 0)
			continue;
		if (join(path, name) == 0 && sys_lstat(path, &facts) == 0 && S_ISDIR(facts.st_mode)) {
			if (watcher->armed[watch].subdirs++ < SUBDIRS_MAX)
				arm_tree(watcher, watch, path);
			else
				degrade(watcher, watch, WATCH_NO_INOTIFY, ENOSPC);
		}
		path[len] = '\0';
	}
	sys_dir_close(&list);
}

static void go_up(char *walked)
{
	char *last = strrchr(walked, '/');

	last[last == walked ? 1 : 0] = '\0';
}

/* Where a walk along a path stands. */
struct way {
	char walked[PATH_SIZE]; /* what is behind, without links */
	char text[PATH_SIZE];
	const char *rest;     /* within text: what lies ahead, after next */
	char next[PATH_SIZE]; /* walked/name */
	char name[NAME_SIZE];
	int links;
};

/* Take the first element off the rest into name; skips empty ones. False at the end. */
static bool take_element(struct way *way)
{
	const char *at = way->rest + strspn(way->rest, "/");
	size_t len = strcspn(at, "/");

	if (len == 0 || len >= NAME_SIZE)
		return false;
	memcpy(way->name, at, len);
	way->name[len] = '\0';
	way->rest = at + len + strspn(at + len, "/");
	return true;
}

/* next is a link: put its target before the rest of the way. */
static int follow(struct way *way)
{
	char target[PATH_SIZE];
	ssize_t len = sys_readlink(way->next, target, sizeof(target) - 1);

	if (len <= 0)
		return -ENOENT;
	target[len] = '\0';
	if (way->rest[0] != '\0' &&
	    (str_append(target, sizeof(target), "/") < 0 || str_append(target, sizeof(target), way->rest) < 0))
		return -ENAMETOOLONG;
	if (target[0] == '/')
		(void)strcpy(way->walked, "/");
	way->rest = way->text;
	return str_copy(way->text, sizeof(way->text), target);
}

static bool is_remote(const char *path)
{
	struct mount_facts facts;

	return mounts_lookup(path, &facts) == 0 && facts.class == MOUNT_REMOTE;
}

/*
 * Look at way->next. Where it is the last, missing or a link, its directory is armed before it is looked at (again): what
 * happens after the look raises an event. A link may lead to a file system that can hang: that is not touched.
 */
static int look_ahead(struct watcher *watcher, uint32_t watch, const struct way *way, struct stat *ret_facts)
{
	bool last = way->rest[0] == '\0';
	int rc;

	if (way->links > 0 && is_remote(way->next)) {
		watcher->armed[watch].remote = true;
		degrade(watcher, watch, WATCH_BLIND, 0);
		return -EREMOTE;
	}
	if (last)
		arm_path(watcher, watch, ROLE_NEIGHBOUR, way->walked, way->name);
	rc = sys_lstat(way->next, ret_facts);
	if (!last && (rc < 0 || S_ISLNK(ret_facts->st_mode))) {
		arm_path(watcher, watch, ROLE_NEIGHBOUR, way->walked, way->name);
		rc = sys_lstat(way->next, ret_facts);
	}
	return rc < 0 ? -ENOENT : 0;
}

/*
 * Walk the path element by element, as the kernel would, and arm every place where its meaning can change: each
 * symlink on the way, the last element, or the first one that is missing. Leaves the resolved path in way->walked.
 * Returns 0 with *ret_facts, -ENOENT, or -EREMOTE.
 */
static int arm_way(struct watcher *watcher, uint32_t watch, struct way *way, struct stat *ret_facts)
{
	way->links = 0;
	if (str_copy(way->text, sizeof(way->text), spec_str(watcher->spec, spec_watch(watcher->spec, watch)->path)) < 0)
		return -ENOENT;
	way->rest = way->text;
	(void)strcpy(way->walked, "/");
	while (take_element(way)) {
		int rc;

		if (strcmp(way->name, ".") == 0)
			continue;
		if (strcmp(way->name, "..") == 0) {
			go_up(way->walked);
			continue;
		}
		(void)strcpy(way->next, way->walked);
		rc = join(way->next, way->name) < 0 ? -ENOENT : look_ahead(watcher, watch, way, ret_facts);
		if (rc < 0)
			return rc;
		if (!S_ISLNK(ret_facts->st_mode))
			(void)strcpy(way->walked, way->next);
		else if (++way->links > LINKS_MAX || follow(way) < 0)
			return -ENOENT;
	}
	if (way->rest[strspn(way->rest, "/")] != '\0')
		return -ENOENT; /* an element longer than a name can be */
	return sys_lstat(way->walked, ret_facts) < 0 ? -ENOENT : 0;
}

static bool is_wanted(const struct watcher *watcher, int wd)
{
	for (size_t n = 0; n < watcher->arm_count; n++) {
		if (watcher->arms[n].wd == wd)
			return true;
	}
	return false;
}

static void drop_arm(struct watcher *watcher, size_t n)
{
	free(watcher->arms[n].name);
	watcher->arms[n] = watcher->arms[--watcher->arm_count];
}

/* Drop what the arming that has just ended did not ask for again. */
static void drop_stale(struct watcher *watcher, uint32_t watch)
{
	for (size_t n = 0; n < watcher->arm_count;) {
		struct arm arm = watcher->arms[n];

		if (arm.watch != watch || arm.fresh) {
			n++;
			continue;
		}
		drop_arm(watcher, n);
		if (!is_wanted(watcher, arm.wd))
			(void)sys_inotify_remove(watcher->fd, arm.wd); /* it may be gone by itself */
	}
}

/* Arm a watch afresh: first what is wanted now, then away with the rest, so that there is no gap between. */
static void arm(struct watcher *watcher, uint32_t watch)
{
	struct armed *armed = &watcher->armed[watch];
	bool was_missing = armed->missing;
	struct way way;
	struct stat facts;
	int rc;

	if (armed->remote)
		return;
	for (size_t n = 0; n < watcher->arm_count; n++)
		watcher->arms[n].fresh = watcher->arms[n].watch != watch;
	armed->rearm = false;
	armed->subdirs = 0;
	rc = arm_way(watcher, watch, &way, &facts);
	armed->missing = rc == -ENOENT;
	if (rc == 0 && S_ISDIR(facts.st_mode))
		arm_tree(watcher, watch, way.walked);
	else if (rc == 0)
		arm_path(watcher, watch, ROLE_FILE, way.walked, "");
	drop_stale(watcher, watch);
	if (armed->missing && !was_missing)
		watcher->fn(watcher->arg, watch, WATCH_LOST, 0);
	else if (!armed->missing && was_missing)
		watcher->fn(watcher->arg, watch, WATCH_BACK, 0);
}

static void look_at_mount(struct watcher *watcher, uint32_t watch)
{
	struct armed *armed = &watcher->armed[watch];
	struct mount_facts facts;

	if (mounts_lookup(spec_str(watcher->spec, spec_watch(watcher->spec, watch)->path), &facts) < 0)
		return;
	if (facts.class == MOUNT_REMOTE && !armed->remote) {
		armed->remote = true;
		degrade(watcher, watch, WATCH_BLIND, 0);
	}
	if (facts.file_mount && !armed->subpath) {
		armed->subpath = true;
		watcher->fn(watcher->arg, watch, WATCH_SUBPATH, 0);
	}
	if (armed->subpath && facts.deleted && !armed->stale) {
		armed->stale = true;
		watcher->fn(watcher->arg, watch, WATCH_SUBPATH_STALE, 0);
	}
}

static void set_deadline(struct watcher *watcher)
{
	int64_t interval_ms = watcher->spec->poll_ms;

	if (watcher->degraded && interval_ms > WATCH_DEGRADED_POLL_MS)
		interval_ms = WATCH_DEGRADED_POLL_MS;
	watcher->deadline_ms = sys_now_ms() + interval_ms;
}

int watcher_create(const struct spec *spec, watch_fn fn, void *arg, struct watcher **ret)
{
	struct watcher *watcher = calloc(1, sizeof(*watcher));

	if (watcher == NULL)
		return -ENOMEM;
	watcher->armed = calloc(spec->watch_count + 1, sizeof(*watcher->armed));
	if (watcher->armed == NULL) {
		free(watcher);
		return -ENOMEM;
	}
	watcher->spec = spec;
	watcher->fn = fn;
	watcher->arg = arg;
	watcher->fd = -1;
	watcher->deadline_ms = -1;
	*ret = watcher;
	if (spec->watch_count == 0)
		return 0;
	watcher->fd = sys_inotify_init();
	if (watcher->fd < 0)
		degrade(watcher, UINT32_MAX, WATCH_NO_INOTIFY, -watcher->fd);
	for (uint32_t w = 0; w < spec->watch_count; w++) {
		look_at_mount(watcher, w);
		arm(watcher, w);
	}
	set_deadline(watcher);
	return 0;
}

void watcher_destroy(struct watcher *watcher)
{
	if (watcher == NULL)
		return;
	while (watcher->arm_count > 0)
		drop_arm(watcher, watcher->arm_count - 1);
	if (watcher->fd >= 0)
		(void)sys_close(watcher->fd);
	free(watcher->arms);
	free(watcher->armed);
	free(watcher);
}

int watcher_fd(const struct watcher *watcher)
{
	return watcher->fd < 0 ? -1 : watcher->fd;
}

/* The swap of ..data is the commit point, the removal of the old directory the end: Kubernetes' atomic_writer.go. */
static void note_swap(struct armed *armed, const struct inotify_event *event)
{
	if ((event->mask & IN_MOVED_TO) != 0 && strcmp(event->name, "..data") == 0) {
		armed->swapped = true;
		armed->complete = false; /* an update that ended before this one does not end this one */
	} else if (armed->swapped && (event->mask & IN_DELETE) != 0 && (event->mask & IN_ISDIR) != 0 &&
		   strncmp(event->name, "..", 2) == 0) {
		armed->swapped = false;
		armed->complete = true;
	}
}

static void note_event(struct watcher *watcher, const struct arm *arm, const struct inotify_event *event)
{
	struct armed *armed = &watcher->armed[arm->watch];
	const char *name = event->len > 0 ? event->name : "";

	if (event->len > 0)
		note_swap(armed, event);
	if ((event->mask & GONE_MASK) != 0) {
		armed->rearm = true;
		armed->touched = armed->touched || arm->role != ROLE_NEIGHBOUR;
		return;
	}
	if (arm->role == ROLE_NEIGHBOUR) {
		if (strcmp(name, arm->name) == 0) {
			armed->rearm = armed->rearm || (event->mask & IN_CLOSE_WRITE) == 0;
			armed->touched = true;
		}
		return;
	}
	armed->touched = true;
	if (arm->role == ROLE_DIR && (event->mask & IN_ISDIR) != 0 && strncmp(name, "..", 2) != 0)
		armed->rearm = true; /* a subdirectory came or went */
	if (arm->role == ROLE_DIR && strcmp(name, "..data") == 0 && (event->mask & IN_CREATE) != 0)
		armed->rearm = true; /* a plain tree has become a kubelet mount */
}

static void overflow(struct watcher *watcher)
{
	watcher->fn(watcher->arg, UINT32_MAX, WATCH_OVERFLOW, 0);
	for (uint32_t w = 0; w < watcher->spec->watch_count; w++) {
		watcher->armed[w].touched = true;
		watcher->armed[w].rearm = true;
	}
}

static void take_events(struct watcher *watcher, const char *buf, size_t len)
{
	for (size_t at = 0; at + sizeof(struct inotify_event) <= len;) {
		const struct inotify_event *event = (const struct inotify_event *)(const void *)(buf + at);

		if ((event->mask & IN_Q_OVERFLOW) != 0)
			overflow(watcher);
		for (size_t n = 0; n < watcher->arm_count; n++) {
			if (watcher->arms[n].wd == event->wd)
				note_event(watcher, &watcher->arms[n], event);
		}
		/* The kernel has forgotten this wd; arming asks for a new one. */
		for (size_t n = 0; (event->mask & IN_IGNORED) != 0 && n < watcher->arm_count;) {
			if (watcher->arms[n].wd == event->wd)
				drop_arm(watcher, n);
			else
				n++;
		}
		at += sizeof(*event) + event->len;
	}
}

/* First what was touched, then what is complete: changes that came together are to be known before one is applied. */
static void tell(struct watcher *watcher)
{
	for (uint32_t w = 0; w < watcher->spec->watch_count; w++) {
		struct armed *armed = &watcher->armed[w];
		bool touched = armed->touched;

		armed->touched = false;
		if (armed->rearm)
			arm(watcher, w);
		if (touched && armed->subpath)
			look_at_mount(watcher, w);
		if (touched)
			watcher->fn(watcher->arg, w, WATCH_TOUCHED, 0);
	}
	for (uint32_t w = 0; w < watcher->spec->watch_count; w++) {
		bool complete = watcher->armed[w].complete;

		watcher->armed[w].complete = false;
		if (complete)
			watcher->fn(watcher->arg, w, WATCH_COMPLETE, 0);
	}
}

void watcher_readable(struct watcher *watcher)
{
	static char buf[READ_BYTES] __attribute__((aligned(8)));
	ssize_t len = sys_read(watcher->fd, buf, sizeof(buf));

	if (len <= 0)
		return;
	take_events(watcher, buf, (size_t)len);
	tell(watcher);
}

int64_t watcher_deadline_ms(const struct watcher *watcher)
{
	return watcher->deadline_ms;
}

void watcher_poll(struct watcher *watcher, int64_t now_ms)
{
	(void)now_ms;
	for (uint32_t w = 0; w < watcher->spec->watch_count; w++) {
		struct armed *armed = &watcher->armed[w];

		if (armed->subpath)
			look_at_mount(watcher, w);
		if (armed->missing || armed->rearm)
			arm(watcher, w);
		watcher->fn(watcher->arg, w, WATCH_POLL, 0);
	}
	set_deadline(watcher);
}

bool watcher_local(const struct watcher *watcher, uint32_t watch)
{
	return !watcher->armed[watch].remote;
}
