/* SPDX-License-Identifier: MIT */
/* links: fake/sys.c */
#include "base_util.h"

#include "fake/sys.h"
#include "runtime/mounts.h"

#define ROOT "20 1 0:20 / / rw,relatime - overlay overlay rw,lowerdir=a\n"

static int parse(const char *text, const char *path, struct mount_facts *ret)
{
	memset(ret, 0, sizeof(*ret));
	return mounts_parse(text, path, ret);
}

static void the_longest_mount_point_wins_and_the_last_of_equals(void **state)
{
	static const char text[] = ROOT "21 20 0:21 / /etc rw shared:1 master:2 - ext4 /dev/sda rw\n"
					"22 20 0:22 / /etc/app rw - nfs4 server:/x rw\n"
					"23 20 0:23 / /etc/app rw - tmpfs tmpfs rw\n";
	struct mount_facts facts;

	(void)state;
	assert_int_equal(parse(text, "/etc/app/x.conf", &facts), 0);
	assert_string_equal(facts.fstype, "tmpfs");
	assert_int_equal(facts.class, MOUNT_LOCAL);
	assert_int_equal(parse(text, "/etc/application", &facts), 0); /* not below /etc/app */
	assert_string_equal(facts.fstype, "ext4");
	assert_int_equal(parse(text, "/etc", &facts), 0);
	assert_string_equal(facts.fstype, "ext4");
	assert_int_equal(parse(text, "/usr", &facts), 0);
	assert_string_equal(facts.fstype, "overlay");
	assert_false(facts.file_mount);
	assert_int_equal(parse("", "/usr", &facts), -ENOENT);
}

static void what_can_hang_is_remote_and_so_is_the_unknown(void **state)
{
	static const struct {
		const char *fstype;
		enum mount_class class;
	} cases[] = {
		{ "xfs", MOUNT_LOCAL },	       { "btrfs", MOUNT_LOCAL }, { "nfs", MOUNT_REMOTE },
		{ "fuse.s3fs", MOUNT_REMOTE }, { "9p", MOUNT_REMOTE },	 { "ceph", MOUNT_REMOTE },
		{ "virtiofs", MOUNT_REMOTE },  { "cifs", MOUNT_REMOTE }, { "brandnewfs", MOUNT_REMOTE },
		{ "ext", MOUNT_REMOTE },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		struct mount_facts facts;
		char text[256];

		(void)snprintf(text, sizeof(text), "1 0 0:1 / / rw - %s x rw\n", cases[n].fstype);
		assert_int_equal(parse(text, "/x", &facts), 0);
		assert_int_equal(facts.class, cases[n].class);
	}
}

static void a_subpath_mount_is_known_and_its_end(void **state)
{
	static const char fresh[] =
		ROOT "30 20 8:1 /kubelet/pods/u/volumes/kubernetes.io~configmap/c/"
		     "..2026_11_24_10_00_00.123456789/app.conf /etc/app.conf ro - ext4 /dev/sda rw\n";
	static const char stale[] =
		ROOT "30 20 8:1 /kubelet/..2026_11_24_10_00_00.1/app.conf//deleted /etc/app.conf ro - ext4 "
		     "/dev/sda rw\n";
	static const char whole[] = ROOT "30 20 0:31 / /etc/app ro - tmpfs tmpfs rw\n";
	static const char likeness[] = ROOT "30 20 8:1 /x/..2026-11-24/app.conf /etc/app.conf ro - ext4 /dev/sda rw\n";
	struct mount_facts facts;

	(void)state;
	assert_int_equal(parse(fresh, "/etc/app.conf", &facts), 0);
	assert_true(facts.file_mount);
	assert_false(facts.deleted);
	assert_int_equal(parse(stale, "/etc/app.conf", &facts), 0);
	assert_true(facts.file_mount && facts.deleted);
	assert_int_equal(parse(whole, "/etc/app", &facts), 0);
	assert_false(facts.file_mount);
	assert_int_equal(parse(likeness, "/etc/app.conf", &facts), 0);
	assert_false(facts.file_mount);
}

static void escapes_are_undone(void **state)
{
	struct mount_facts facts;

	(void)state;
	assert_int_equal(parse(ROOT "30 20 0:31 /a\\040b /etc/my\\040app\\134x rw - tmpfs tmpfs rw\n",
			       "/etc/my app\\x/f", &facts),
			 0);
	assert_string_equal(facts.fstype, "tmpfs");
	assert_string_equal(facts.root, "/a b");
	assert_int_equal(parse(ROOT "30 20 0:31 / /etc/a\\04 rw - tmpfs tmpfs rw\n", "/etc/a\\04", &facts), 0);
	assert_string_equal(facts.fstype, "tmpfs");
}

static void a_torn_text_never_misleads(void **state)
{
	static const char text[] = ROOT "30 20 0:31 / /etc rw - nfs4 server:/x rw\n";
	struct mount_facts facts;

	(void)state;
	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		char *torn = strndup(text, len);
		int rc = parse(torn, "/etc/x", &facts);

		assert_int_equal(rc, len < strlen(ROOT) ? -ENOENT : 0);
		if (rc == 0)
			assert_string_equal(facts.fstype, "overlay"); /* the second line is not there as a whole */
		free(torn);
	}
}

static void odd_lines_are_skipped(void **state)
{
	static const char *const odd[] = { "\n",
					   "x\n",
					   "1 2 3 4 5 6\n",
					   "1 2 3 / /etc rw -\n",
					   "1 2 3 / /etc rw - \n",
					   "- - - - - - - -\n",
					   "        \n",
					   "1 2 3 / /etc rw tag tag\n" };
	struct mount_facts facts;

	(void)state;
	for (size_t n = 0; n < COUNT(odd); n++) {
		char text[256];

		(void)snprintf(text, sizeof(text), "%s%s", odd[n], ROOT);
		assert_int_equal(parse(text, "/etc/x", &facts), 0);
		assert_string_equal(facts.fstype, "overlay");
	}
}

/* The file comes in pieces, cut anywhere, and is larger than any first guess. */
static void a_long_table_is_read_whole(void **state)
{
	struct mount_facts facts;
	char piece[4000];

	(void)state;
	fake_begin(FAKE_STRICT);
	fake_expect("open /proc/self/mountinfo", 5);
	(void)snprintf(piece, sizeof(piece), "%s", ROOT "30 20 0:31 / /et");
	fake_answer_text("read 5", piece);
	(void)snprintf(piece, sizeof(piece), "%s", "c rw - tmpfs tmpfs rw\n");
	fake_answer_text("read 5", piece);
	for (int n = 0; n < 20; n++) {
		(void)snprintf(piece, sizeof(piece), "4%d 20 0:31 / /%03900d rw - nfs4 x rw\n", n, n);
		fake_answer_text("read 5", piece);
	}
	fake_expect("read 5", 0);
	fake_expect("close 5", 0);
	assert_int_equal(mounts_lookup("/etc/x", &facts), 0);
	assert_string_equal(facts.fstype, "tmpfs");
	fake_expect("open /proc/self/mountinfo", 5);
	fake_answer_text("read 5", ROOT);
	fake_expect("read 5", -EIO);
	fake_expect("close 5", 0);
	assert_int_equal(mounts_lookup("/etc/x", &facts), -EIO);
	fake_expect("open /proc/self/mountinfo", -EMFILE);
	assert_int_equal(mounts_lookup("/etc/x", &facts), -EMFILE);
	fake_end();
}

static void the_kernels_table_is_understood(void **state)
{
	struct mount_facts facts;

	(void)state;
	fake_begin(FAKE_REAL);
	assert_int_equal(mounts_lookup("/proc/self", &facts), 0);
	assert_string_equal(facts.fstype, "proc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_mount_point_wins_and_the_last_of_equals),
		cmocka_unit_test(what_can_hang_is_remote_and_so_is_the_unknown),
		cmocka_unit_test(a_subpath_mount_is_known_and_its_end),
		cmocka_unit_test(escapes_are_undone),
		cmocka_unit_test(a_torn_text_never_misleads),
		cmocka_unit_test(odd_lines_are_skipped),
		cmocka_unit_test(a_long_table_is_read_whole),
		cmocka_unit_test(the_kernels_table_is_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
