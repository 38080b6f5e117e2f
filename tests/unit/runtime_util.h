/* SPDX-License-Identifier: MIT */
/* What the tests of runtime share: a directory of their own, files in it, and a spec with one watch. */
#ifndef REINIT_TESTS_RUNTIME_UTIL_H
#define REINIT_TESTS_RUNTIME_UTIL_H

#include "base_util.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/specbuild.h"

static char temp_dir[64];

/* A cmocka setup and teardown: a fresh directory, with nothing left of it afterwards. */
static inline int make_temp(void **state)
{
	(void)state;
	(void)strcpy(temp_dir, "/tmp/reinit-test.XXXXXX");
	return mkdtemp(temp_dir) == NULL ? -1 : chmod(temp_dir, 0755);
}

static inline int remove_one(const char *path, const struct stat *facts, int type, struct FTW *place)
{
	(void)facts;
	(void)type;
	(void)place;
	return remove(path);
}

static inline int remove_temp(void **state)
{
	(void)state;
	return nftw(temp_dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* temp_dir/name, in one of some buffers: good for a few lines. */
static inline const char *in_temp(const char *name)
{
	static char paths[64][1024];
	static unsigned int next;
	char *path = paths[next++ % 64];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", temp_dir, name);
	return path;
}

static inline void write_file(const char *name, const char *text)
{
	FILE *file = fopen(in_temp(name), "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static inline void make_dir(const char *name)
{
	assert_int_equal(mkdir(in_temp(name), 0755), 0);
}

static inline void make_link(const char *target, const char *name)
{
	assert_int_equal(symlink(target, in_temp(name)), 0);
}

static inline bool exists(const char *path)
{
	struct stat facts;

	return lstat(path, &facts) == 0;
}

/* The kubelet's first write of a volume: mount/..GENERATION/key, ..data to it, key to ..data/key. */
static inline void make_mount(const char *mount, const char *generation, const char *key, const char *text)
{
	char name[256], target[256];

	make_dir(mount);
	(void)snprintf(name, sizeof(name), "%s/..%s", mount, generation);
	make_dir(name);
	(void)snprintf(name, sizeof(name), "%s/..%s/%s", mount, generation, key);
	write_file(name, text);
	(void)snprintf(name, sizeof(name), "%s/..data", mount);
	(void)snprintf(target, sizeof(target), "..%s", generation);
	make_link(target, name);
	(void)snprintf(name, sizeof(name), "%s/%s", mount, key);
	(void)snprintf(target, sizeof(target), "..data/%s", key);
	make_link(target, name);
}

/* The swap of a later write: the new directory is there already. */
static inline void swap_mount(const char *mount, const char *generation)
{
	char name[256], target[256];

	(void)snprintf(target, sizeof(target), "..%s", generation);
	(void)snprintf(name, sizeof(name), "%s/..data_tmp", mount);
	make_link(target, name);
	(void)snprintf(target, sizeof(target), "%s/..data", mount);
	assert_int_equal(rename(in_temp(name), in_temp(target)), 0);
}

struct one_watch {
	const char *path, *stage_base;
	const char *keys[4], *validate[6], *exec[6], *command[6], *ready[6];
	int64_t validate_timeout_ms, exec_timeout_ms, memory_bytes, poll_ms;
};

/* A spec with the service "web" and this watch. The caller's: free(3). */
static inline struct spec *make_spec(const struct one_watch *want)
{
	struct specbuild build;
	struct spec *spec = NULL;
	struct spec_list lists[5];
	const char *const *texts[5] = { want->keys, want->validate, want->exec, want->command, want->ready };
	uint32_t name, path, base;
	struct service_spec *service;
	struct watch_spec *watch;
	long size;

	specbuild_init(&build);
	for (size_t n = 0; n < 5; n++) {
		size_t count = 0;

		while (texts[n][count] != NULL)
			count++;
		lists[n] = specbuild_strs(&build, texts[n], count);
	}
	name = specbuild_str(&build, "web");
	path = specbuild_str(&build, want->path);
	base = specbuild_str(&build, want->stage_base);
	service = specbuild_service(&build);
	service->name = name;
	service->command = lists[3];
	service->command_argv = 1;
	service->stop_signal = SIGTERM;
	service->ready_command = lists[4];
	service->ready_kind = lists[4].count > 0 ? READY_EXEC : READY_NONE;
	watch = specbuild_watch(&build);
	watch->path = path;
	watch->stage_base = base;
	watch->keys = lists[0];
	watch->validate = lists[1];
	watch->exec = lists[2];
	watch->validate_timeout_ms = want->validate_timeout_ms > 0 ? want->validate_timeout_ms : 60000;
	watch->exec_timeout_ms = want->exec_timeout_ms > 0 ? want->exec_timeout_ms : 60000;
	watch->validate_memory_bytes = want->memory_bytes;
	if (want->poll_ms > 0)
		build.head.poll_ms = want->poll_ms;
	size = specbuild_pack(&build, &spec);
	assert_true(size > 0);
	assert_int_equal(spec_check(spec, (size_t)size, NULL), 0);
	specbuild_finish(&build);
	return spec;
}

#define WITH_TEMP(test) cmocka_unit_test_setup_teardown(test, make_temp, remove_temp)

#endif
