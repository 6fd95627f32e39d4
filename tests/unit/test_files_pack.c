/*
 * test_files_pack.c - a tree read into frames: what is in it, and what happens
 * to files that are changed, cut or gone between two frames.
 */
#include "config.h" /* for d_type */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "pipeline/frame.h"
#include "sources/dump.h"
#include "sources/files/pack.h"
#include "sources/pax.h"

enum { LARGE = 5 * 1024 * 1024 };

struct rig {
	char top[64];
	struct pack *pack;
	char *names; /* "type:name" of each item that has ended, with spaces */
	size_t names_len;
	uint64_t bytes, next;
	bool was_open;
};

static void in_top(const struct rig *r, const char *name, char out[512])
{
	(void)snprintf(out, 512, "%s/%s", r->top, name);
}

static void make_file(const struct rig *r, const char *name, size_t size)
{
	char path[512], *bytes = malloc(size + 1);
	FILE *f;

	in_top(r, name, path);
	memset(bytes, 'b', size + 1);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
	free(bytes);
}

static void make_dir(const struct rig *r, const char *name)
{
	char path[512];

	in_top(r, name, path);
	assert_int_equal(mkdir(path, 0755), 0);
}

static void begin(struct rig *r, const struct pack_config *more)
{
	struct pack_config c = {0};
	struct err e = {0};

	if (more != NULL)
		c = *more;
	c.path = r->top;
	r->pack = pack_new(&c, &e);
	assert_non_null(r->pack);
}

static void end(struct rig *r)
{
	pack_free(r->pack);
	r->pack = NULL;
	free(r->names);
	r->names = NULL;
	r->names_len = 0;
	r->bytes = r->next = 0;
	r->was_open = false;
}

static void add_name(struct rig *r, const struct item *it)
{
	size_t more = strlen(it->type) + strlen(it->name) + 2;

	r->names = realloc(r->names, r->names_len + more + 1);
	(void)sprintf(r->names + r->names_len, "%s:%s ", it->type, it->name);
	r->names_len += more;
}

/* Spans lie one behind the other, items come in the order of their numbers. */
static void take(struct rig *r, const struct frame *f)
{
	size_t at = 0;

	assert_true(f->len <= FRAME_BYTES || f->nspans == 1);
	for (size_t i = 0; i < f->nspans; i++) {
		const struct span *sp = &f->spans[i];

		assert_int_equal(sp->plain_offset, at);
		assert_int_equal(sp->item->number, r->next);
		at += sp->plain_len;
		if (!sp->ends_run)
			continue;
		r->next++;
		assert_non_null(sp->item->facts);
		add_name(r, sp->item);
	}
	assert_true(at == f->len || at + PAX_END_BYTES == f->len);
	r->was_open = f->is_open;
	r->bytes += f->len;
}

/* One call; false: it was the last. */
static bool go(struct rig *r)
{
	struct frame *f;
	struct err e = {0};

	if (!pack_fill(r->pack, &f, &e))
		fail_msg("%s: %s", e.api, e.msg);
	if (f != NULL)
		take(r, f);
	frame_free(f);
	return !pack_is_over(r->pack);
}

static void finish(struct rig *r)
{
	while (go(r))
		;
	assert_false(r->was_open);
	assert_int_equal(r->bytes % PAX_BLOCK, 0);
	assert_int_equal(pack_counts(r->pack)->plain_bytes, r->bytes);
}

/* Deeper than paths may be long. Takes fd. */
static void empty_folder(int fd)
{
	DIR *dir = fdopendir(fd);
	const struct dirent *one;

	assert_non_null(dir);
	while ((one = readdir(dir)) != NULL) {
		if (strcmp(one->d_name, ".") == 0 ||
		    strcmp(one->d_name, "..") == 0)
			continue;
		if (one->d_type == DT_DIR)
			empty_folder(openat(fd, one->d_name,
					    O_RDONLY | O_DIRECTORY));
		assert_int_equal(
			unlinkat(fd, one->d_name,
				 one->d_type == DT_DIR ? AT_REMOVEDIR : 0),
			0);
	}
	(void)closedir(dir);
}

static int setup(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));

	(void)snprintf(r->top, sizeof(r->top), "/tmp/test_files.XXXXXX");
	*state = r;
	return mkdtemp(r->top) != NULL ? 0 : -1;
}

static int teardown(void **state)
{
	struct rig *r = *state;

	end(r);
	empty_folder(open(r->top, O_RDONLY | O_DIRECTORY));
	assert_int_equal(rmdir(r->top), 0);
	free(r);
	return 0;
}

static void make_small_tree(const struct rig *r)
{
	char from[512], to[512];

	make_dir(r, "b");
	make_dir(r, "b/c");
	make_file(r, "b/c/file", 3);
	make_file(r, "b/x.tmp", 3);
	make_file(r, "a", 300 * 1024);
	make_file(r, "b.d", 0);
	in_top(r, "b/c/file", from);
	in_top(r, "link", to);
	assert_int_equal(link(from, to), 0);
	in_top(r, "sym", to);
	assert_int_equal(symlink("b/nowhere", to), 0);
}

/* Folders before what is in them, names by their bytes within each. */
static void test_order(void **state)
{
	struct rig *r = *state;

	make_small_tree(r);
	begin(r, NULL);
	finish(r);
	assert_string_equal(r->names,
			    "directory:. file:a directory:b directory:b/c "
			    "file:b/c/file file:b/x.tmp file:b.d "
			    "hardlink:link symlink:sym ");
	assert_int_equal(pack_counts(r->pack)->files, 4);
	assert_int_equal(pack_counts(r->pack)->content_bytes, 300 * 1024 + 6);
}

static void test_what_is_wanted(void **state)
{
	static const char *const wanted[] = {"b/c/"};
	static const char *const tmp[] = {"*.tmp"}, *const folder[] = {"b/"};
	struct pack_config c = {.wanted = {wanted, 1}};
	struct rig *r = *state;

	make_small_tree(r);
	begin(r, &c);
	finish(r);
	assert_string_equal(r->names, "directory:. directory:b directory:b/c "
				      "file:b/c/file ");
	end(r);
	c = (struct pack_config){.excludes = {tmp, 1}, .unwanted = {folder, 1}};
	begin(r, &c);
	finish(r);
	assert_string_equal(r->names, "directory:. file:a file:b.d file:link "
				      "symlink:sym ");
	end(r);
	c = (struct pack_config){.wanted = {tmp, 1}};
	begin(r, &c);
	finish(r);
	assert_string_equal(r->names, "directory:. directory:b file:b/x.tmp ");
}

/* A large one is read again at once, under the same name, in one run of open
 * frames; then it is as it is. */
static void test_changed_once(void **state)
{
	struct rig *r = *state;

	make_file(r, "large", LARGE);
	begin(r, NULL);
	assert_true(go(r));
	assert_true(r->was_open);
	make_file(r, "large", LARGE + 1000);
	finish(r);
	assert_string_equal(r->names,
			    "directory:. superseded:large file:large ");
	assert_int_equal(pack_tidings(r->pack)->counts[TIDING_CHANGED], 0);
	assert_int_equal(pack_counts(r->pack)->files, 1);
	assert_int_equal(pack_counts(r->pack)->content_bytes, LARGE + 1000);
}

/* It grows and shrinks at each frame: marked, and its archive is whole. */
static void test_changed_twice(void **state)
{
	struct rig *r = *state;
	size_t size = LARGE;

	make_file(r, "large", size);
	begin(r, NULL);
	while (go(r) && r->names_len < sizeof("directory:. superseded:large"))
		make_file(r, "large", size -= 300 * 1024);
	assert_true(r->was_open);
	make_file(r, "large", 5);
	finish(r);
	assert_string_equal(r->names,
			    "directory:. superseded:large file:large ");
	assert_int_equal(pack_tidings(r->pack)->counts[TIDING_CHANGED], 1);
}

static void test_vanished(void **state)
{
	struct rig *r = *state;
	char path[512];

	make_file(r, "a large one", LARGE);
	make_file(r, "b", 10);
	begin(r, NULL);
	assert_true(go(r));
	in_top(r, "b", path);
	assert_int_equal(unlink(path), 0);
	finish(r);
	assert_string_equal(r->names, "directory:. file:a large one ");
	assert_int_equal(pack_tidings(r->pack)->counts[TIDING_VANISHED], 1);
}

/* The folder that a walk is in is moved away; the rest of what is above is
 * still found. */
static void test_moved_away(void **state)
{
	struct rig *r = *state;
	char from[512], to[512];

	make_dir(r, "a");
	make_file(r, "a/1", LARGE);
	make_file(r, "a/2", 1);
	make_file(r, "b", 1);
	begin(r, NULL);
	assert_true(go(r));
	in_top(r, "a", from);
	in_top(r, "z", to);
	assert_int_equal(rename(from, to), 0);
	finish(r);
	assert_string_equal(r->names, "directory:. directory:a file:a/1 "
				      "file:a/2 file:b ");
}

/* Another folder in its place, as when a share goes away. */
static void test_another_top(void **state)
{
	struct rig *r = *state;
	struct err e = {0};
	struct frame *f = NULL;
	char other[80];

	make_file(r, "large", LARGE);
	begin(r, NULL);
	assert_true(go(r));
	(void)snprintf(other, sizeof(other), "%s.away", r->top);
	assert_int_equal(rename(r->top, other), 0);
	assert_int_equal(mkdir(r->top, 0755), 0);
	while (!pack_is_over(r->pack) && pack_fill(r->pack, &f, &e))
		frame_free(f);
	assert_string_equal(e.api, "source_changed");
	assert_int_equal(rmdir(r->top), 0);
	assert_int_equal(rename(other, r->top), 0);
}

/* Deeper than folders are kept open, and than a path may be long. */
static void test_deep(void **state)
{
	enum { LEVELS = 3 * 40, NAME = 100 };
	struct rig *r = *state;
	char name[NAME + 1];
	int fd = open(r->top, O_RDONLY | O_DIRECTORY), below;

	memset(name, 'n', NAME);
	name[NAME] = '\0';
	for (int i = 0; i < LEVELS; i++) {
		int file = openat(fd, "z after", O_CREAT | O_WRONLY, 0644);

		assert_true(file >= 0);
		close(file);
		assert_int_equal(mkdirat(fd, name, 0755), 0);
		below = openat(fd, name, O_RDONLY | O_DIRECTORY);
		assert_true(below >= 0);
		close(fd);
		fd = below;
	}
	close(fd);
	begin(r, NULL);
	finish(r);
	assert_int_equal(pack_counts(r->pack)->directories, LEVELS + 1);
	assert_int_equal(pack_counts(r->pack)->files, LEVELS);
	assert_int_equal(pack_tidings(r->pack)->counts[TIDING_VANISHED], 0);
}

static void test_no_folder(void **state)
{
	struct rig *r = *state;
	struct frame *f;
	struct err e = {0};

	begin(r, NULL);
	assert_int_equal(rmdir(r->top), 0);
	assert_false(pack_fill(r->pack, &f, &e));
	assert_string_equal(e.api, "source_check_failed");
	assert_int_equal(mkdir(r->top, 0755), 0);
}

static void test_pool_in_the_tree(void **state)
{
	struct rig *r = *state;
	struct pack_config c = {0};
	char pool[512];

	make_dir(r, "pool");
	make_file(r, "pool/part", 1);
	in_top(r, "pool", pool);
	c.avoid = pool;
	begin(r, &c);
	finish(r);
	assert_string_equal(r->names, "directory:. directory:pool ");
	assert_int_equal(pack_tidings(r->pack)->counts[TIDING_AVOIDED], 1);
}

/* Long holes come in steps without a frame. */
static void test_long_hole(void **state)
{
	struct rig *r = *state;
	char path[512];

	make_file(r, "hole", 0);
	in_top(r, "hole", path);
	assert_int_equal(truncate(path, 300 * 1024 * 1024), 0);
	begin(r, NULL);
	finish(r);
	assert_string_equal(r->names, "directory:. file:hole ");
	assert_true(r->bytes < 64 * 1024);
}

static void test_tidings(void **state)
{
	struct source_warning w[8];
	struct tidings t = {0};
	char *lines;

	(void)state;
	for (int i = 0; i < 1500; i++)
		tidings_add(&t, TIDING_UNREADABLE, "a\n\xff", "No");
	tidings_add(&t, TIDING_SOCKET, "s", NULL);
	assert_int_equal(tidings_tell(&t, w, 8), 7);
	assert_string_equal(w[0].code, "file_unreadable");
	assert_memory_equal(w[0].detail, "1500 files", 10);
	assert_string_equal(w[1].detail,
			    "\"a \xef\xbf\xbd\" could not be read: No");
	assert_string_equal(w[5].code, "socket_left_out");
	assert_int_equal(tidings_tell(&t, w, 3), 3);
	lines = tidings_take_lines(&t);
	assert_non_null(lines);
	free(lines);
	assert_null(tidings_take_lines(&t));
	tidings_fini(&t);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_order),	 TEST(test_what_is_wanted),
		TEST(test_changed_once), TEST(test_changed_twice),
		TEST(test_vanished),	 TEST(test_moved_away),
		TEST(test_another_top),	 TEST(test_deep),
		TEST(test_no_folder),	 TEST(test_pool_in_the_tree),
		TEST(test_long_hole),	 cmocka_unit_test(test_tidings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
