/* SPDX-License-Identifier: MIT */
/* links: fake/sys.c */
#include "runtime_util.h"

#include <poll.h>
#include <sys/inotify.h>

#include "fake/sys.h"
#include "runtime/watch.h"

static struct spec *spec;
static struct watcher *watcher;
static int news[WATCH_NEWS_COUNT]; /* how often each was told */
static int last_value[WATCH_NEWS_COUNT];

static void note(void *arg, uint32_t watch, enum watch_news kind, int value)
{
	(void)arg;
	assert_true(watch == 0 || watch == UINT32_MAX);
	news[kind]++;
	last_value[kind] = value;
}

static int start(void **state)
{
	fake_begin(FAKE_REAL);
	return make_temp(state);
}

static int finish(void **state)
{
	fake_begin(FAKE_REAL);
	watcher_destroy(watcher);
	watcher = NULL;
	free(spec);
	spec = NULL;
	return remove_temp(state);
}

static void forget(void)
{
	memset(news, 0, sizeof(news));
}

static void watch(const char *path)
{
	forget();
	spec = make_spec(&(struct one_watch){ .path = path });
	assert_int_equal(watcher_create(spec, note, NULL, &watcher), 0);
}

/* inotify queues an event before the call that made it returns: what is there now is all. */
static void take(void)
{
	struct pollfd readable = { .fd = watcher_fd(watcher), .events = POLLIN };

	forget();
	while (poll(&readable, 1, 0) > 0)
		watcher_readable(watcher);
}

#define assert_told(kind) assert_true(news[kind] > 0)
#define assert_not_told(kind) assert_int_equal(news[kind], 0)

static void a_plain_directory(void **state)
{
	(void)state;
	make_dir("d");
	make_dir("d/sub");
	watch(in_temp("d"));
	take();
	assert_not_told(WATCH_TOUCHED);
	write_file("d/a", "1");
	take();
	assert_told(WATCH_TOUCHED);
	write_file("d/sub/a", "1");
	take();
	assert_told(WATCH_TOUCHED);
	make_dir("d/later"); /* a directory that came later is watched as well */
	take();
	assert_told(WATCH_TOUCHED);
	write_file("d/later/a", "1");
	take();
	assert_told(WATCH_TOUCHED);
	assert_int_equal(unlink(in_temp("d/sub/a")), 0);
	take();
	assert_told(WATCH_TOUCHED);
	write_file("beside", "1");
	take();
	assert_not_told(WATCH_TOUCHED);
	assert_not_told(WATCH_COMPLETE);
}

static void a_fifo_in_it_does_not_block(void **state)
{
	(void)state;
	make_dir("d");
	assert_int_equal(mkfifo(in_temp("d/fifo"), 0600), 0);
	(void)alarm(60);
	watch(in_temp("d"));
	assert_int_equal(mkfifo(in_temp("d/fifo-2"), 0600), 0);
	take();
	assert_told(WATCH_TOUCHED);
	assert_int_equal(rename(in_temp("d/fifo"), in_temp("fifo")), 0);
	watcher_destroy(watcher);
	free(spec);
	watch(in_temp("fifo"));
	(void)alarm(0);
}

static void a_kubelet_update_has_an_end(void **state)
{
	(void)state;
	make_mount("m", "one", "a", "1");
	watch(in_temp("m"));
	make_dir("m/..two");
	write_file("m/..two/a", "2");
	swap_mount("m", "two");
	take();
	assert_told(WATCH_TOUCHED);
	assert_not_told(WATCH_COMPLETE);
	assert_int_equal(unlink(in_temp("m/..one/a")), 0);
	assert_int_equal(rmdir(in_temp("m/..one")), 0);
	take();
	assert_int_equal(news[WATCH_COMPLETE], 1);
	/* The end of an earlier update does not end a later one of the same batch. */
	make_dir("m/..three");
	swap_mount("m", "three");
	assert_int_equal(unlink(in_temp("m/..two/a")), 0);
	assert_int_equal(rmdir(in_temp("m/..two")), 0);
	make_dir("m/..four");
	swap_mount("m", "four");
	take();
	assert_told(WATCH_TOUCHED);
	assert_not_told(WATCH_COMPLETE);
	assert_int_equal(rmdir(in_temp("m/..three")), 0);
	take();
	assert_int_equal(news[WATCH_COMPLETE], 1);
}

static void a_file_of_a_kubelet_mount(void **state)
{
	(void)state;
	make_mount("m", "one", "a", "1");
	watch(in_temp("m/a"));
	for (int round = 0; round < 3; round++) { /* each time it is another inode */
		const char *next = round % 2 == 0 ? "two" : "one", *old = round % 2 == 0 ? "one" : "two";
		char name[64];

		(void)snprintf(name, sizeof(name), "m/..%s", next);
		make_dir(name);
		(void)snprintf(name, sizeof(name), "m/..%s/a", next);
		write_file(name, "2");
		swap_mount("m", next);
		take();
		assert_told(WATCH_TOUCHED);
		(void)snprintf(name, sizeof(name), "m/..%s/a", old);
		assert_int_equal(unlink(in_temp(name)), 0);
		(void)snprintf(name, sizeof(name), "m/..%s", old);
		assert_int_equal(rmdir(in_temp(name)), 0);
		take();
		assert_told(WATCH_COMPLETE);
	}
}

static void a_path_that_comes_late_step_by_step(void **state)
{
	(void)state;
	watch(in_temp("a/b/c"));
	assert_told(WATCH_LOST);
	make_dir("a");
	take();
	assert_not_told(WATCH_BACK);
	make_dir("a/b");
	take();
	assert_not_told(WATCH_BACK);
	make_dir("a/b/c");
	take();
	assert_told(WATCH_BACK);
	assert_told(WATCH_TOUCHED);
	write_file("a/b/c/x", "1");
	take();
	assert_told(WATCH_TOUCHED);
	/* Gone, with all that was on the way, and there again. */
	assert_int_equal(rename(in_temp("a"), in_temp("away")), 0);
	assert_int_equal(unlink(in_temp("away/b/c/x")), 0);
	assert_int_equal(rmdir(in_temp("away/b/c")), 0);
	take();
	assert_told(WATCH_LOST);
	watcher_poll(watcher, 0);
	assert_int_equal(rename(in_temp("away"), in_temp("a")), 0);
	make_dir("a/b/c");
	take();
	watcher_poll(watcher, 0);
	assert_told(WATCH_BACK);
	write_file("a/b/c/x", "1");
	take();
	assert_told(WATCH_TOUCHED);
}

static void make_it_now(const char *call)
{
	if (strncmp(call, "inotify_add ", 12) == 0 && !exists(in_temp("late")))
		make_dir("late");
}

/* Between the look and the arming: no event will tell of it. */
static void what_comes_while_it_is_being_armed_is_seen(void **state)
{
	(void)state;
	fake_hook = make_it_now;
	watch(in_temp("late"));
	fake_hook = NULL;
	write_file("late/a", "1");
	take();
	assert_told(WATCH_TOUCHED);
}

static void make_parent_now(const char *call)
{
	char expected[128];

	(void)snprintf(expected, sizeof(expected), "inotify_add %s", temp_dir);
	if (strcmp(call, expected) == 0 && !exists(in_temp("p"))) {
		make_dir("p");
		make_dir("p/late");
	}
}

static void a_parent_that_comes_while_it_is_being_armed_is_seen(void **state)
{
	(void)state;
	fake_hook = make_parent_now;
	watch(in_temp("p/late"));
	fake_hook = NULL;
	write_file("p/late/a", "1");
	take();
	assert_told(WATCH_TOUCHED);
}

static void a_symlink_that_is_swapped(void **state)
{
	(void)state;
	make_dir("one");
	make_dir("two");
	make_link("one", "current");
	watch(in_temp("current"));
	make_link("two", "next");
	assert_int_equal(rename(in_temp("next"), in_temp("current")), 0);
	take();
	assert_told(WATCH_TOUCHED);
	write_file("two/a", "1");
	take();
	assert_told(WATCH_TOUCHED);
	write_file("one/a", "1"); /* no longer ours */
	take();
	assert_not_told(WATCH_TOUCHED);
	assert_int_equal(unlink(in_temp("current")), 0);
	make_link("current", "current"); /* a loop */
	take();
	assert_told(WATCH_LOST);
}

static void a_file_by_itself(void **state)
{
	(void)state;
	write_file("f", "1");
	watch(in_temp("f"));
	write_file("f", "2");
	take();
	assert_told(WATCH_TOUCHED);
	write_file("new", "3"); /* as editors do */
	take();
	assert_not_told(WATCH_TOUCHED);
	assert_int_equal(rename(in_temp("new"), in_temp("f")), 0);
	take();
	assert_told(WATCH_TOUCHED);
	write_file("f", "4");
	take();
	assert_told(WATCH_TOUCHED);
	assert_int_equal(link(in_temp("f"), in_temp("hard")), 0);
	assert_int_equal(chmod(in_temp("f"), 0600), 0);
	take();
	assert_not_told(WATCH_TOUCHED); /* mode and links are no content */
}

/* A replacement and a write in one batch: the new file is armed, and a write through another name of it is seen. */
static void a_write_does_not_hide_a_replacement(void **state)
{
	FILE *file;

	(void)state;
	write_file("f", "1");
	assert_int_equal(link(in_temp("f"), in_temp("keeps-the-old-inode")), 0);
	watch(in_temp("f"));
	make_dir("elsewhere");
	write_file("new", "2");
	assert_int_equal(link(in_temp("new"), in_temp("elsewhere/other-name")), 0);
	assert_int_equal(rename(in_temp("new"), in_temp("f")), 0);
	write_file("f", "3");
	take();
	file = fopen(in_temp("elsewhere/other-name"), "we");
	assert_int_equal(fclose(file), 0);
	take();
	assert_told(WATCH_TOUCHED);
}

static void without_inotify_there_is_the_poll(void **state)
{
	int64_t before;

	(void)state;
	make_dir("d");
	fake_expect("inotify_init", -EMFILE);
	watch(in_temp("d"));
	fake_end();
	assert_int_equal(watcher_fd(watcher), -1);
	assert_int_equal(news[WATCH_NO_INOTIFY], 1);
	assert_int_equal(last_value[WATCH_NO_INOTIFY], EMFILE);
	before = watcher_deadline_ms(watcher);
	assert_true(before > 0);
	forget();
	fake_now_ms = 1000000;
	watcher_poll(watcher, 1000000);
	assert_told(WATCH_POLL);
	assert_not_told(WATCH_NO_INOTIFY);
	assert_int_equal(watcher_deadline_ms(watcher), 1000000 + WATCH_DEGRADED_POLL_MS);
}

static void out_of_inotify_watches_there_is_the_poll(void **state)
{
	(void)state;
	make_dir("d");
	make_dir("d/sub");
	fake_expect("inotify_add *", -ENOSPC);
	watch(in_temp("d"));
	fake_end();
	fake_now_ms = 1000000;
	assert_int_equal(news[WATCH_NO_INOTIFY], 1);
	assert_int_equal(last_value[WATCH_NO_INOTIFY], ENOSPC);
	assert_true(watcher_fd(watcher) >= 0); /* what could be had is kept */
	watcher_poll(watcher, 1000000);
	assert_int_equal(watcher_deadline_ms(watcher), 1000000 + WATCH_DEGRADED_POLL_MS);
}

static void the_poll_is_slow_where_inotify_works(void **state)
{
	(void)state;
	make_dir("d");
	watch(in_temp("d"));
	fake_now_ms = 1000000;
	forget();
	watcher_poll(watcher, 1000000);
	assert_int_equal(news[WATCH_POLL], 1);
	assert_int_equal(watcher_deadline_ms(watcher), 1000000 + 30000);
}

static void an_overflow_means_look_everywhere(void **state)
{
	struct inotify_event lost = { .wd = -1, .mask = IN_Q_OVERFLOW };
	char swallowed[4096];

	(void)state;
	make_dir("d");
	watch(in_temp("d"));
	forget();
	make_dir("d/sub"); /* this event is the one that is lost */
	assert_true(read(watcher_fd(watcher), swallowed, sizeof(swallowed)) > 0);
	fake_answer("read *", &lost, sizeof(lost), sizeof(lost));
	watcher_readable(watcher);
	fake_end();
	assert_int_equal(news[WATCH_OVERFLOW], 1);
	assert_int_equal(news[WATCH_TOUCHED], 1);
	write_file("d/sub/a", "1");
	take();
	assert_told(WATCH_TOUCHED);
}

/* What the kernel never sends must not lead astray: a cut event, an unknown wd, a length of nothing. */
static void odd_events_are_harmless(void **state)
{
	static const char zeros[64];
	struct inotify_event odd = { .wd = 4711, .mask = IN_MODIFY | IN_ISDIR };

	(void)state;
	make_dir("d");
	watch(in_temp("d"));
	forget();
	for (size_t len = 1; len < sizeof(odd); len++) {
		fake_answer("read *", &odd, len, (long)len);
		watcher_readable(watcher);
	}
	fake_answer("read *", &odd, sizeof(odd), sizeof(odd));
	watcher_readable(watcher);
	fake_answer("read *", zeros, sizeof(zeros), sizeof(zeros));
	watcher_readable(watcher);
	fake_expect("read *", -EAGAIN);
	watcher_readable(watcher);
	fake_end();
	assert_not_told(WATCH_TOUCHED);
}

static void mountinfo(const char *lines)
{
	fake_expect("open /proc/self/mountinfo", 1000);
	fake_answer_text("read 1000", lines);
	fake_expect("read 1000", 0);
	fake_expect("close 1000", 0);
}

#define LOCAL_ROOT "20 1 0:20 / / rw - overlay overlay rw\n"

static void a_remote_path_is_never_touched(void **state)
{
	(void)state;
	fake_begin(FAKE_STRICT); /* any lstat would fail the test */
	fake_expect("inotify_init", 1001);
	mountinfo(LOCAL_ROOT "21 20 0:21 / /mnt rw - nfs4 server:/x rw\n");
	watch("/mnt/etc");
	fake_end();
	assert_int_equal(news[WATCH_BLIND], 1);
	assert_false(watcher_local(watcher, 0));
}

static void a_link_to_a_remote_path_is_followed_no_further(void **state)
{
	struct stat link = { .st_mode = S_IFLNK | 0777 };

	(void)state;
	fake_begin(FAKE_STRICT);
	fake_expect("inotify_init", 1001);
	mountinfo(LOCAL_ROOT "21 20 0:21 / /mnt rw - nfs4 server:/x rw\n");
	fake_expect("inotify_add /", 1);
	fake_answer("lstat /etc", &link, sizeof(link), 0);
	fake_answer_text("readlink /etc", "mnt/etc");
	mountinfo(LOCAL_ROOT "21 20 0:21 / /mnt rw - nfs4 server:/x rw\n");
	watch("/etc");
	fake_end();
	assert_int_equal(news[WATCH_BLIND], 1);
	assert_not_told(WATCH_LOST);
	assert_false(watcher_local(watcher, 0));
}

static void a_subpath_mount_is_warned_about_once_and_when_it_is_stale(void **state)
{
	static const char fresh[] = LOCAL_ROOT "30 20 8:1 /v/..2026_11_24_10_00_00.1/f %s ro - ext4 /dev/sda rw\n";
	static const char stale[] =
		LOCAL_ROOT "30 20 8:1 /v/..2026_11_24_10_00_00.1/f//deleted %s ro - ext4 /dev/sda rw\n";
	char lines[512];

	(void)state;
	write_file("f", "1");
	fake_expect("inotify_init", -EMFILE);
	(void)snprintf(lines, sizeof(lines), fresh, in_temp("f"));
	mountinfo(lines);
	watch(in_temp("f"));
	assert_int_equal(news[WATCH_SUBPATH], 1);
	assert_not_told(WATCH_SUBPATH_STALE);
	forget();
	(void)snprintf(lines, sizeof(lines), stale, in_temp("f"));
	mountinfo(lines);
	watcher_poll(watcher, 0);
	mountinfo(lines);
	watcher_poll(watcher, 0);
	assert_not_told(WATCH_SUBPATH);
	assert_int_equal(news[WATCH_SUBPATH_STALE], 1);
	fake_end();
}

static void nothing_to_watch_opens_nothing(void **state)
{
	struct specbuild build;

	(void)state;
	specbuild_init(&build);
	assert_true(specbuild_pack(&build, &spec) > 0);
	specbuild_finish(&build);
	fake_begin(FAKE_STRICT);
	assert_int_equal(watcher_create(spec, note, NULL, &watcher), 0);
	assert_int_equal(watcher_fd(watcher), -1);
	assert_int_equal(watcher_deadline_ms(watcher), -1);
	fake_end();
}

static void a_name_longer_than_any_is_not_its_parent(void **state)
{
	char name[300];

	(void)state;
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	watch(in_temp(name));
	assert_told(WATCH_LOST);
	write_file("beside", "1");
	take();
	assert_not_told(WATCH_TOUCHED);
}

#define WITH_DIR(test) cmocka_unit_test_setup_teardown(test, start, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DIR(a_plain_directory),
		WITH_DIR(a_fifo_in_it_does_not_block),
		WITH_DIR(a_kubelet_update_has_an_end),
		WITH_DIR(a_file_of_a_kubelet_mount),
		WITH_DIR(a_path_that_comes_late_step_by_step),
		WITH_DIR(what_comes_while_it_is_being_armed_is_seen),
		WITH_DIR(a_parent_that_comes_while_it_is_being_armed_is_seen),
		WITH_DIR(a_symlink_that_is_swapped),
		WITH_DIR(a_file_by_itself),
		WITH_DIR(a_write_does_not_hide_a_replacement),
		WITH_DIR(without_inotify_there_is_the_poll),
		WITH_DIR(out_of_inotify_watches_there_is_the_poll),
		WITH_DIR(the_poll_is_slow_where_inotify_works),
		WITH_DIR(an_overflow_means_look_everywhere),
		WITH_DIR(odd_events_are_harmless),
		WITH_DIR(a_remote_path_is_never_touched),
		WITH_DIR(a_link_to_a_remote_path_is_followed_no_further),
		WITH_DIR(a_subpath_mount_is_warned_about_once_and_when_it_is_stale),
		WITH_DIR(nothing_to_watch_opens_nothing),
		WITH_DIR(a_name_longer_than_any_is_not_its_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
