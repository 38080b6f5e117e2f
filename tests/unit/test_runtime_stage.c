/* SPDX-License-Identifier: MIT */
#include "runtime_util.h"

#include <sys/vfs.h>

#include <linux/magic.h>

#include "runtime/stage.h"

static char stage[4096];
static enum content content;
static struct digest digest;
static struct err err;
static char memory_dir[64]; /* on a tmpfs; "" where there is none */

static bool is_memory(const char *path)
{
	struct statfs facts;

	return statfs(path, &facts) == 0 && facts.f_type == TMPFS_MAGIC;
}

static int start(void **state)
{
	err.msg[0] = '\0';
	(void)strcpy(memory_dir, "/dev/shm/reinit-test.XXXXXX");
	if (!is_memory("/dev/shm") || mkdtemp(memory_dir) == NULL)
		memory_dir[0] = '\0';
	(void)unsetenv("TMPDIR");
	return make_temp(state);
}

static int finish(void **state)
{
	if (memory_dir[0] != '\0')
		(void)nftw(memory_dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return remove_temp(state);
}

static int build(const char *path, const char *base)
{
	struct spec *spec = make_spec(&(struct one_watch){ .path = path, .stage_base = base });
	int rc = stage_build(spec, spec_watch(spec, 0), stage, sizeof(stage), &content, &digest, &err);

	free(spec);
	return rc;
}

static const char *in_stage(const char *name)
{
	static char paths[4][4400];
	static unsigned int next;
	char *path = paths[next++ % 4];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", stage, name);
	return path;
}

static void assert_file(const char *path, const char *text)
{
	char got[256] = "";
	FILE *file = fopen(path, "re");

	assert_non_null(file);
	(void)!fread(got, 1, sizeof(got) - 1, file);
	(void)fclose(file);
	assert_string_equal(got, text);
}

static bool is_link(const char *path)
{
	struct stat facts;

	return lstat(path, &facts) == 0 && S_ISLNK(facts.st_mode);
}

static void make_tree(void)
{
	make_dir("etc");
	write_file("etc/nginx.conf", "main");
	write_file("etc/mime.types", "types");
	make_dir("etc/snippets");
	write_file("etc/snippets/x", "x");
	make_dir("etc/sites");
	write_file("etc/sites/other", "other");
	make_mount("etc/sites/conf.d", "one", "a.conf", "a");
}

static void a_fragment_lies_in_the_whole_tree(void **state)
{
	(void)state;
	make_tree();
	assert_int_equal(build(in_temp("etc/sites/conf.d"), in_temp("etc")), 0);
	assert_int_equal(content, CONTENT_PRESENT);
	assert_file(in_stage("nginx.conf"), "main");
	assert_true(is_link(in_stage("nginx.conf")) && is_link(in_stage("snippets")));
	assert_false(is_link(in_stage("sites")) || is_link(in_stage("sites/conf.d")));
	assert_true(is_link(in_stage("sites/other")));
	assert_file(in_stage("sites/conf.d/a.conf"), "a");
	assert_false(is_link(in_stage("sites/conf.d/a.conf")));
	/* A later change is not seen in it, and its end leaves the live tree as it is. */
	make_dir("etc/sites/conf.d/..two");
	write_file("etc/sites/conf.d/..two/a.conf", "changed");
	swap_mount("etc/sites/conf.d", "two");
	assert_file(in_stage("sites/conf.d/a.conf"), "a");
	stage_remove(stage);
	assert_false(exists(stage));
	assert_file(in_temp("etc/snippets/x"), "x");
	assert_file(in_temp("etc/sites/other"), "other");
	assert_file(in_temp("etc/sites/conf.d/a.conf"), "changed");
}

static void a_single_file_lies_in_the_whole_tree(void **state)
{
	(void)state;
	make_tree();
	assert_int_equal(build(in_temp("etc/nginx.conf"), in_temp("etc")), 0);
	assert_file(in_stage("nginx.conf"), "main");
	assert_false(is_link(in_stage("nginx.conf")));
	assert_true(is_link(in_stage("sites")));
	stage_remove(stage);
	assert_file(in_temp("etc/sites/other"), "other");
}

static void without_a_base_the_copy_is_alone(void **state)
{
	(void)state;
	make_tree();
	assert_int_equal(build(in_temp("etc"), NULL), 0);
	assert_file(in_stage("sites/conf.d/a.conf"), "a");
	assert_false(is_link(in_stage("snippets")));
	stage_remove(stage);
	assert_int_equal(build(in_temp("etc"), in_temp("etc")), 0); /* its own base */
	assert_file(in_stage("nginx.conf"), "main");
	assert_false(is_link(in_stage("nginx.conf")));
	stage_remove(stage);
	assert_false(exists(stage));
}

static void a_path_outside_its_base_is_refused(void **state)
{
	(void)state;
	make_tree();
	assert_int_equal(build(in_temp("etc/snippets"), in_temp("etc/site")), -EINVAL);
	assert_holds(err.msg, "stage-base");
	assert_false(exists(stage)); /* nothing stays */
	assert_int_equal(build(in_temp("etc/sites"), in_temp("etc/site")), -EINVAL);
	assert_false(exists(stage));
}

/* TMPDIR on a disk comes first, yet what lies in memory does not go there: neither directly nor through links. */
static void what_lies_in_memory_is_not_copied_to_a_disk(void **state)
{
	char secret[128];
	FILE *file;

	(void)state;
	if (memory_dir[0] == '\0' || is_memory(temp_dir))
		skip();
	(void)snprintf(secret, sizeof(secret), "%s/key", memory_dir);
	file = fopen(secret, "we");
	assert_non_null(file);
	assert_int_equal(fclose(file), 0);
	make_dir("tmp");
	assert_int_equal(setenv("TMPDIR", in_temp("tmp"), 1), 0);
	assert_int_equal(build(memory_dir, NULL), 0);
	assert_true(is_memory(stage));
	stage_remove(stage);
	make_link(memory_dir, "link");
	assert_int_equal(build(in_temp("link"), NULL), 0);
	assert_true(is_memory(stage));
	stage_remove(stage);
	make_dir("plain");
	make_link(secret, "plain/key");
	assert_int_equal(build(in_temp("plain"), NULL), -EPERM);
	assert_holds(err.msg, "memory");
	assert_false(exists(stage));
	/* What lies on a disk goes to the first place. */
	write_file("tmp-is-used", "");
	make_dir("disk");
	write_file("disk/x", "");
	assert_int_equal(build(in_temp("disk"), NULL), 0);
	assert_int_equal(strncmp(stage, in_temp("tmp"), strlen(in_temp("tmp"))), 0);
	stage_remove(stage);
}

static void a_stage_is_wanted_by_base_or_placeholder(void **state)
{
	static const struct {
		struct one_watch want;
		bool wanted;
	} cases[] = {
		{ { .path = "/a", .validate = { "nginx", "-t" } }, false },
		{ { .path = "/a", .validate = { "nginx", "-p", "x%{stage}/" } }, true },
		{ { .path = "/a", .stage_base = "/" }, true },
		{ { .path = "/a", .exec = { "%{stage}" } }, false },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		struct spec *spec = make_spec(&cases[n].want);

		assert_int_equal(stage_wanted(spec, spec_watch(spec, 0)), cases[n].wanted);
		free(spec);
	}
}

static void placeholders_are_filled_in(void **state)
{
	char *buf = malloc(64); /* the heap: a byte too many is seen */

	(void)state;
	assert_int_equal(stage_expand("-c%{stage}/%{service}.conf 100%% %{path}% $x %", "/s", "/p", "web", buf, 64), 0);
	assert_string_equal(buf, "-c/s/web.conf 100% /p% $x %");
	assert_int_equal(stage_expand("", "/s", "/p", "web", buf, 64), 0);
	assert_string_equal(buf, "");
	assert_int_equal(stage_expand("%{pid}", "/s", "/p", "web", buf, 64), -EINVAL);
	assert_int_equal(stage_expand("%{stage", "/s", "/p", "web", buf, 64), -EINVAL);
	free(buf);
	for (size_t size = 1; size < 12; size++) {
		buf = malloc(size);
		assert_int_equal(stage_expand("ab%{stage}cd", "/123", "/p", "web", buf, size), size > 8 ? 0 : -E2BIG);
		free(buf);
	}
}

static mode_t stage_mode(const char *path)
{
	struct stat facts;

	assert_int_equal(build(path, NULL), 0);
	assert_int_equal(stat(stage, &facts), 0);
	stage_remove(stage);
	return facts.st_mode & 07777;
}

static void a_stage_is_no_wider_than_its_source(void **state)
{
	(void)state;
	make_dir("dir");
	write_file("dir/key", "secret");
	assert_int_equal(chmod(in_temp("dir"), 0700), 0);
	assert_int_equal(stage_mode(in_temp("dir")), 0700);
	assert_int_equal(stage_mode(in_temp("dir/key")), 0700);
	assert_int_equal(chmod(in_temp("dir"), 01777), 0);
	assert_int_equal(stage_mode(in_temp("dir")), 0755);
	assert_int_equal(stage_mode(in_temp("dir/key")), 0755);
}

#define WITH_DIR(test) cmocka_unit_test_setup_teardown(test, start, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DIR(a_fragment_lies_in_the_whole_tree),
		WITH_DIR(a_single_file_lies_in_the_whole_tree),
		WITH_DIR(without_a_base_the_copy_is_alone),
		WITH_DIR(a_path_outside_its_base_is_refused),
		WITH_DIR(what_lies_in_memory_is_not_copied_to_a_disk),
		WITH_DIR(a_stage_is_no_wider_than_its_source),
		cmocka_unit_test(a_stage_is_wanted_by_base_or_placeholder),
		cmocka_unit_test(placeholders_are_filled_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
