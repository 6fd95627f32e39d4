/* test_stores_dir.c - objects as files: safe keys, whole files, order. */
#include "test_stores_rig.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stores/dir/path.h"

enum {
	BIG_LEN = 3 * 256 * 1024 + 17,
	HUGE_LEN = 16 * 1024 * 1024,
	MANY = 1203,
};

static char root[] = "/tmp/coffer-dir-XXXXXX";

static int setup(void **state)
{
	assert_non_null(mkdtemp(root));
	return rig_setup(state);
}

static void run_rm(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *entry;
	char below[4096];

	while (d != NULL && (entry = readdir(d)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
		if (unlink(below) != 0)
			run_rm(below);
	}
	if (d != NULL)
		closedir(d);
	rmdir(path);
}

static int teardown(void **state)
{
	run_rm(root);
	return rig_teardown(state);
}

/* A store in a folder of its own, which is not there yet. */
static char *fresh(struct rig *rig, const char *name, char path[256])
{
	snprintf(path, 256, "%s/%s/store", root, name);
	rig_use_dir(rig, path);
	return path;
}

static bool exists(const char *base, const char *below)
{
	struct stat sb;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", base, below);
	return lstat(path, &sb) == 0;
}

static void make_file(const char *base, const char *below)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", base, below);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	close(fd);
}

static void test_put_and_get(void **state)
{
	struct rig *rig = *state;
	char path[256], buf[16] = {0};
	struct stat sb;

	fresh(rig, "put", path);
	assert_true(rig_put(rig, "a/b/c", "hello", 5));
	assert_true(rig_get(rig, "a/b/c", buf, sizeof(buf)));
	assert_int_equal(rig->got, 5);
	assert_string_equal(buf, "hello");
	assert_true(rig_put(rig, "a/b/c", "other", 5)); /* replaces */
	assert_true(rig_get(rig, "a/b/c", buf, 5));
	assert_string_equal(buf, "other");
	assert_true(rig_put(rig, "empty", NULL, 0));
	assert_true(rig_get(rig, "empty", NULL, 0));
	assert_int_equal(rig->got, 0);
	assert_int_equal(rig->store->ops->clock_skew_ms(rig->store), 0);
	assert_true(stat(path, &sb) == 0);
	assert_int_equal(sb.st_mode & 0777, 0700);
	assert_true(exists(path, "a/b/c"));
}

static void test_long_file(void **state)
{
	struct rig *rig = *state;
	char path[256], *out = malloc(BIG_LEN), *in = calloc(1, BIG_LEN);

	assert_non_null(out);
	assert_non_null(in);
	for (size_t i = 0; i < BIG_LEN; i++)
		out[i] = (char)(i * 31 + i / 4096);
	fresh(rig, "long", path);
	assert_true(rig_put(rig, "k", out, BIG_LEN));
	assert_true(rig_get(rig, "k", in, BIG_LEN));
	assert_int_equal(rig->got, BIG_LEN);
	assert_memory_equal(in, out, BIG_LEN);
	assert_true(rig_range(rig, "k", 262100, in, 300 * 1024));
	assert_memory_equal(in, out + 262100, 300 * 1024);
	free(in);
	free(out);
}

static void test_put_new(void **state)
{
	struct rig *rig = *state;
	char path[256], buf[8] = {0};

	fresh(rig, "new", path);
	assert_true(rig_put_new(rig, "a/k", "one", 3));
	assert_false(rig_put_new(rig, "a/k", "two", 3));
	rig_expect(rig, ERR_CONFLICT, "a/k");
	assert_true(rig_get(rig, "a/k", buf, sizeof(buf)));
	assert_string_equal(buf, "one");
	assert_true(rig_list(rig, ""));
	assert_int_equal(rig->nkeys, 1); /* and nothing temporary */
	assert_false(exists(path, "a/.coffer-tmp_"));
}

static void test_sizes(void **state)
{
	struct rig *rig = *state;
	char path[256], buf[8];

	fresh(rig, "sizes", path);
	assert_true(rig_put(rig, "k", "hello", 5));
	assert_false(rig_get(rig, "k", buf, 4));
	rig_expect(rig, ERR_DAMAGED, "longer");
	assert_false(rig_range(rig, "k", 3, buf, 3));
	rig_expect(rig, ERR_DAMAGED, "shorter");
	assert_false(rig_range(rig, "k", 9, buf, 1));
	rig_expect(rig, ERR_DAMAGED, "shorter");
	assert_true(rig_range(rig, "k", 3, buf, 2));
	assert_memory_equal(buf, "lo", 2);
}

static void test_not_there(void **state)
{
	static const char *const keys[] = {"a", "b/c"};
	struct rig *rig = *state;
	char path[256], buf[8];

	fresh(rig, "missing", path);
	assert_false(rig_get(rig, "a/b", buf, 8)); /* no root at all */
	rig_expect(rig, ERR_NOT_FOUND, path);
	assert_true(rig_list(rig, ""));
	assert_int_equal(rig->nkeys, 0);
	assert_true(rig_remove(rig, keys, 2));
	assert_false(exists(path, "")); /* looking makes nothing */
	assert_true(rig_put(rig, "x", "x", 1));
	assert_false(rig_get(rig, "a/b", buf, 8));
	rig_expect(rig, ERR_NOT_FOUND, "a/b");
	assert_false(rig_get(rig, "a", buf, 8));
	rig_expect(rig, ERR_NOT_FOUND, "a");
	assert_true(rig_remove(rig, keys, 2));
}

static void assert_away(struct rig *rig, bool ok)
{
	assert_false(ok);
	rig_expect(rig, ERR_DENIED, "mount the disk");
}

/* The disk of a pool is away: nothing is written where it was mounted, and
 * nothing counts as gone. */
static void test_folder_gone(void **state)
{
	static const char *const keys[] = {"a/b"};
	struct rig *rig = *state;
	char path[256], away[256], buf[8];

	fresh(rig, "gone", path);
	assert_true(rig_put(rig, "a/b", "x", 1));
	rig_use_old_dir(rig, path);
	assert_true(rig_put(rig, "c/d", "y", 1));
	snprintf(away, sizeof(away), "%s/away", root);
	assert_int_equal(rename(path, away), 0);
	assert_away(rig, rig_put(rig, "c/e", "z", 1));
	assert_away(rig, rig_get(rig, "a/b", buf, 8));
	assert_away(rig, rig_list(rig, ""));
	assert_away(rig, rig_remove(rig, keys, 1));
	assert_false(exists(path, ""));
	assert_int_equal(rename(away, path), 0);
	assert_true(rig_put(rig, "c/e", "z", 1));
}

static void test_bad_keys(void **state)
{
	static const char *const bad[] = {
		"",
		"/etc/passwd",
		"a/",
		"a//b",
		".",
		"..",
		"../up",
		"a/../b",
		"a/./b",
		"a/..",
		".coffer-tmp_x",
		"a/.coffer-tmp_x/b",
		"\xff",
	};
	struct rig *rig = *state;
	char path[256], buf[8], name[300];

	fresh(rig, "bad", path);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(rig_put(rig, bad[i], "x", 1));
		rig_expect(rig, ERR_INVALID, "a key that cannot be a file");
		assert_false(rig_get(rig, bad[i], buf, 8));
		rig_expect(rig, ERR_INVALID, "a key");
		assert_false(rig_remove(rig, &bad[i], 1));
		rig_expect(rig, ERR_INVALID, "a key");
	}
	memset(name, 'n', 256);
	name[256] = '\0';
	assert_false(rig_put(rig, name, "x", 1));
	rig_expect(rig, ERR_INVALID, "255");
	for (size_t i = 1; i < 256; i += 2)
		name[i] = '/';
	name[2 * DIR_DEPTH_MAX + 1] = '\0';
	assert_false(rig_put(rig, name, "x", 1));
	rig_expect(rig, ERR_INVALID, "32 folders");
	name[2 * DIR_DEPTH_MAX - 1] = '\0'; /* as deep as can be */
	assert_true(rig_put(rig, name, "x", 1));
	assert_true(rig_list(rig, ""));
	assert_string_equal(rig->keys[0], name);
	assert_true(rig_put(rig, "..a/...b", "x", 1)); /* looks bad, is not */
}

/* Links that lead out of the store are not followed, files not entered. */
static void test_links(void **state)
{
	static const char *const keys[] = {"link/secret"};
	struct rig *rig = *state;
	char path[256], link[300], buf[8];

	fresh(rig, "links", path);
	assert_true(rig_put(rig, "file", "x", 1));
	make_file(root, "secret");
	snprintf(link, sizeof(link), "%s/link", path);
	assert_int_equal(symlink(root, link), 0);
	snprintf(link, sizeof(link), "%s/alias", path);
	assert_int_equal(symlink("/etc/hostname", link), 0);
	assert_false(rig_get(rig, "link/secret", buf, 8));
	rig_expect(rig, ERR_IO, "a symbolic link or a file");
	assert_false(rig_put(rig, "link/secret", "x", 1));
	rig_expect(rig, ERR_IO, "a symbolic link or a file");
	assert_false(rig_remove(rig, keys, 1));
	assert_false(rig_get(rig, "alias", buf, 8));
	rig_expect(rig, ERR_IO, "alias");
	assert_false(rig_put(rig, "file/below", "x", 1));
	assert_true(exists(root, "secret"));
	assert_true(rig_list(rig, ""));
	assert_int_equal(rig->nkeys, 1);
	assert_string_equal(rig->keys[0], "file");
}

/* A pipe that nobody writes to must not hold a thread for ever. */
static void test_pipe(void **state)
{
	struct rig *rig = *state;
	char path[256], pipe[300], buf[8];

	fresh(rig, "pipe", path);
	assert_true(rig_put(rig, "a", "x", 1));
	snprintf(pipe, sizeof(pipe), "%s/pipe", path);
	assert_int_equal(mkfifo(pipe, 0600), 0);
	assert_false(rig_get(rig, "pipe", buf, 8));
	rig_expect(rig, ERR_IO, "not a file");
}

static void test_list_in_order(void **state)
{
	static const char *const sorted[] = {
		"a-b", "a.c", "a/b", "a/b.x", "a0", "aa/z", "b",
	};
	static const char *const puts[] = {
		"b", "aa/z", "a.c", "a/b", "a0", "a/b.x", "a-b",
	};
	struct rig *rig = *state;
	char path[256];

	fresh(rig, "order", path);
	for (size_t i = 0; i < 7; i++)
		assert_true(rig_put(rig, puts[i], "xyz", i % 4));
	assert_true(rig_list(rig, ""));
	assert_int_equal(rig->nkeys, 7);
	for (size_t i = 0; i < 7; i++)
		assert_string_equal(rig->keys[i], sorted[i]);
	assert_true(rig_list(rig, "a/"));
	assert_int_equal(rig->nkeys, 2);
	assert_true(rig_list(rig, "a/b"));
	assert_int_equal(rig->nkeys, 2);
	assert_true(rig_list(rig, "a"));
	assert_int_equal(rig->nkeys, 6);
	assert_true(rig_list(rig, "aa"));
	assert_int_equal(rig->nkeys, 1);
	assert_string_equal(rig->keys[0], "aa/z");
	assert_true(rig_list(rig, "a/b.xy"));
	assert_int_equal(rig->nkeys, 0);
	assert_true(rig_list(rig, "zz/../"));
	assert_int_equal(rig->nkeys, 0);
}

static void test_list_many(void **state)
{
	struct rig *rig = *state;
	char path[256], folder[300], name[32];

	fresh(rig, "many", path);
	assert_true(rig_put(rig, "d/0000", "x", 1));
	snprintf(folder, sizeof(folder), "%s/d", path);
	for (unsigned i = 1; i < MANY; i++) {
		snprintf(name, sizeof(name), "%04u", i);
		make_file(folder, name);
	}
	assert_true(rig_list(rig, "d/"));
	assert_int_equal(rig->nkeys, MANY);
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "d/%04u", i);
		assert_string_equal(rig->keys[i], name);
	}
	rig->cancel_at = 700; /* in the second piece of work */
	assert_true(rig_list(rig, "d/"));
	rig->cancel_at = 0;
	rig_turn(rig, 5);
	assert_int_equal(rig->nkeys, 700);
	assert_int_equal(rig->ndone, 0);
}

/* What a crash left: not listed, removed once it is a day old. */
static void test_leftovers(void **state)
{
	static const struct timespec old[2] = {{1000, 0}, {1000, 0}};
	struct rig *rig = *state;
	char path[256], file[300];

	fresh(rig, "leftovers", path);
	assert_true(rig_put(rig, "d/k", "x", 1));
	make_file(path, "d/.coffer-tmp_young");
	make_file(path, "d/.coffer-tmp_old");
	snprintf(file, sizeof(file), "%s/d/.coffer-tmp_old", path);
	assert_int_equal(utimensat(AT_FDCWD, file, old, 0), 0);
	assert_true(rig_list(rig, "d/"));
	assert_int_equal(rig->nkeys, 1);
	assert_true(exists(path, "d/.coffer-tmp_young"));
	assert_false(exists(path, "d/.coffer-tmp_old"));
}

static void test_remove(void **state)
{
	static const char *const keys[] = {"a/b/c", "a/b/d", "x", "none",
					   "a/b/c"};
	struct rig *rig = *state;
	char path[256];

	fresh(rig, "remove", path);
	for (size_t i = 0; i < 3; i++)
		assert_true(rig_put(rig, keys[i], "x", 1));
	assert_true(rig_put(rig, "a/stays", "x", 1));
	assert_true(rig_remove(rig, keys, 5));
	assert_true(rig_list(rig, ""));
	assert_int_equal(rig->nkeys, 1);
	assert_false(exists(path, "a/b"));
	assert_true(exists(path, "a"));
	assert_true(rig_put(rig, "a/b/c", "x", 1)); /* its folder again */
}

static void test_remove_last(void **state)
{
	static const char *const keys[] = {"a/b/c"};
	struct rig *rig = *state;
	char path[256];

	fresh(rig, "last", path);
	assert_true(rig_put(rig, keys[0], "x", 1));
	assert_true(rig_remove(rig, keys, 1));
	assert_false(exists(path, "a"));
	assert_true(exists(path, "")); /* the root stays */
}

/* Of a folder of which everything else goes, what a killed writer has left
 * goes, too; not what somebody writes just now, and not beside other files. */
static void test_remove_clears_leftovers(void **state)
{
	static const char *const files[] = {"bak/data/.coffer-tmp_a",
					    "bak/.coffer-tmp_b"};
	static const char *const keys[] = {"bak/owner"};
	static const struct timespec old[2] = {{1000, 0}, {1000, 0}};
	struct rig *rig = *state;
	char path[256], file[300];

	fresh(rig, "cleared", path);
	assert_true(rig_put(rig, "bak/data/part", "x", 1));
	assert_true(rig_put(rig, keys[0], "x", 1));
	for (size_t i = 0; i < 2; i++) {
		make_file(path, files[i]);
		snprintf(file, sizeof(file), "%s/%s", path, files[i]);
		assert_int_equal(utimensat(AT_FDCWD, file, old, 0), 0);
	}
	assert_true(rig_remove(rig, keys, 1));
	assert_true(exists(path, files[0]));
	assert_true(exists(path, files[1]));
	make_file(path, "bak/data/.coffer-tmp_now");
	snprintf(file, sizeof(file), "%s/bak/data/part", path);
	assert_int_equal(unlink(file), 0);
	assert_true(rig_remove(rig, keys, 1));
	assert_true(exists(path, files[0]));
	snprintf(file, sizeof(file), "%s/bak/data/.coffer-tmp_now", path);
	assert_int_equal(utimensat(AT_FDCWD, file, old, 0), 0);
	assert_true(rig_remove(rig, keys, 1));
	assert_false(exists(path, "bak"));
	assert_true(exists(path, ""));
}

static bool is_idle(struct rig *rig)
{
	return workers_load(rig->workers) == 0;
}

static unsigned count_names(const char *path)
{
	DIR *d = opendir(path);
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 2; /* "." and ".." */
}

/* Memory that is gone for good when it is unmapped: a thread that touches it
 * then dies. */
static void *map(size_t len)
{
	void *bytes = mmap(NULL, len, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(bytes != MAP_FAILED);
	return bytes;
}

/* The caller's memory is its own again as soon as cancel returns. */
static void test_cancel(void **state)
{
	struct rig *rig = *state;
	char path[256];
	void *bytes = map(HUGE_LEN);

	fresh(rig, "cancel", path);
	assert_true(rig_put(rig, "k", bytes, HUGE_LEN));
	munmap(bytes, HUGE_LEN);
	for (unsigned i = 0; i < 10; i++) {
		struct store_put p = {.key = "k", .len = HUGE_LEN};
		struct store_get g = {.key = "k", .cap = HUGE_LEN};

		p.bytes = bytes = map(HUGE_LEN);
		rig_start_put(rig, &p);
		usleep(i * 200);
		store_cancel(rig->store, rig->op);
		munmap(bytes, HUGE_LEN);
		g.buf = bytes = map(HUGE_LEN);
		rig_start_get(rig, &g);
		usleep(i * 200);
		store_cancel(rig->store, rig->op);
		munmap(bytes, HUGE_LEN);
		rig_turn_until(rig, is_idle);
	}
	assert_int_equal(rig->ndone, 0);
	assert_int_equal(count_names(path), 1); /* nothing temporary either */
}

/* No permission: told with what to do. Root may do everything. */
static void test_refused(void **state)
{
	struct rig *rig = *state;

	rig_use_dir(rig, "/proc/coffer-test");
	assert_false(rig_put(rig, "k", "x", 1));
	assert_true(err_is(&rig->e));
	assert_string_equal(rig->e.api, "store_failed");
	rig_use_dir(rig, "/etc/hostname");
	assert_false(rig_put(rig, "k", "x", 1));
	rig_expect(rig, ERR_IO, "the folder of the pool /etc/hostname");
	assert_false(rig_list(rig, ""));
	rig_expect(rig, ERR_IO, "the folder of the pool");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put_and_get),
		cmocka_unit_test(test_long_file),
		cmocka_unit_test(test_put_new),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_not_there),
		cmocka_unit_test(test_folder_gone),
		cmocka_unit_test(test_bad_keys),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_list_in_order),
		cmocka_unit_test(test_list_many),
		cmocka_unit_test(test_leftovers),
		cmocka_unit_test(test_remove),
		cmocka_unit_test(test_remove_clears_leftovers),
		cmocka_unit_test(test_remove_last),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
