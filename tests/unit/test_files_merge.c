/*
 * test_files_merge.c - a tree read beside what an earlier backup has of it:
 * what is carried over, and that nothing is that has changed.
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
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/text.h"
#include "pipeline/frame.h"
#include "sources/files/merge.h"
#include "sources/files/pack.h"
#include "sources/tree_base.h"

enum { ITEMS_MAX = 4096, LARGE = 3 * 1024 * 1024 };

/* What a backup told. */
struct told {
	struct {
		char *type, *path, *facts;
		struct digest digest;
		bool is_sparse;
	} items[ITEMS_MAX];
	size_t n;
};

struct fake {
	struct tree_base base; /* first */
	struct told *told;
	size_t at;
	size_t fails_at; /* 0: never */
	bool *was_destroyed;
};

struct rig {
	char top[64];
	struct told told, again;
	char *names; /* "type:path" stored, "=path" carried over, "~path" with
		      * newer facts */
	uint64_t bytes;
	struct pack_counts counts;
	int64_t read_at;
	bool is_reversed;
	size_t fails_at;
	struct globs excludes;
};

static int64_t shift_ms;

/* The time of day, as the walk is told it. */
int64_t __real_clock_now_ms(void);
int64_t __wrap_clock_now_ms(void);

int64_t __wrap_clock_now_ms(void)
{
	return __real_clock_now_ms() + shift_ms;
}

/* Until a file that is changed gets another time. */
static void wait_for_a_tick(void)
{
	struct timespec begin, now;

	(void)clock_gettime(CLOCK_REALTIME_COARSE, &begin);
	do
		(void)clock_gettime(CLOCK_REALTIME_COARSE, &now);
	while (now.tv_sec == begin.tv_sec && now.tv_nsec == begin.tv_nsec);
}

static void in_top(const struct rig *r, const char *name, char out[512])
{
	(void)snprintf(out, 512, "%s/%s", r->top, name);
}

static void put(const struct rig *r, const char *name, const char *text,
		size_t size)
{
	char path[512], *bytes = calloc(1, size + 1);
	int fd;

	in_top(r, name, path);
	memset(bytes, 'b', size);
	memcpy(bytes, text, strlen(text) < size ? strlen(text) : size);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	assert_int_equal(close(fd), 0);
	free(bytes);
}

static void make_dir(const struct rig *r, const char *name)
{
	char path[512];

	in_top(r, name, path);
	assert_int_equal(mkdir(path, 0755), 0);
}

static void make_link(const struct rig *r, const char *from, const char *to)
{
	char a[512], b[512];

	in_top(r, from, a);
	in_top(r, to, b);
	assert_int_equal(link(a, b), 0);
}

static void move(const struct rig *r, const char *from, const char *to)
{
	char a[512], b[512];

	in_top(r, from, a);
	in_top(r, to, b);
	assert_int_equal(rename(a, b), 0);
}

static void drop(const struct rig *r, const char *name)
{
	char path[512];

	in_top(r, name, path);
	assert_int_equal(remove(path), 0);
}

/* --- the base */

static int fake_next(struct tree_base *base, struct tree_base_item *item,
		     struct err *e)
{
	struct fake *f = (struct fake *)(void *)base;

	if (f->fails_at > 0 && f->at + 1 == f->fails_at) {
		(void)err_set(e, ERR_IO, "internal", "no more");
		return -1;
	}
	if (f->at == f->told->n)
		return 0;
	*item = (struct tree_base_item){
		.type = f->told->items[f->at].type,
		.path = f->told->items[f->at].path,
		.facts = f->told->items[f->at].facts,
		.digest = f->told->items[f->at].digest,
		.is_sparse = f->told->items[f->at].is_sparse,
		.rows = 1,
	};
	f->at++;
	return 1;
}

/* The line says what would be in it. */
static char *fake_carry(struct tree_base *base, const char *facts,
			struct err *e)
{
	struct fake *f = (struct fake *)(void *)base;
	struct text line = {0};

	(void)e;
	text_printf(&line, "%c%s\x1f%s", facts != NULL ? '~' : '=',
		    f->told->items[f->at - 1].path,
		    facts != NULL ? facts : f->told->items[f->at - 1].facts);
	return text_take(&line);
}

static void fake_destroy(struct tree_base *base)
{
	struct fake *f = (struct fake *)(void *)base;

	*f->was_destroyed = true;
	free(f);
}

static const struct tree_base_ops fake_ops = {
	.next = fake_next, .carry = fake_carry, .destroy = fake_destroy};

static void reverse(struct told *t)
{
	for (size_t i = 0; i < t->n / 2; i++) {
		struct told swap = {.n = 1};

		swap.items[0] = t->items[i];
		t->items[i] = t->items[t->n - 1 - i];
		t->items[t->n - 1 - i] = swap.items[0];
	}
}

static void told_fini(struct told *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->items[i].type);
		free(t->items[i].path);
		free(t->items[i].facts);
	}
	t->n = 0;
}

/* --- a run */

static void tell(struct rig *r, struct told *to, const struct span *sp,
		 struct digest *sum)
{
	const struct item *it = sp->item;
	size_t old = r->names != NULL ? strlen(r->names) : 0;
	const char *facts = it->facts;
	struct text name = {0};

	digest_add(sum, &sp->digest);
	if (!sp->ends_run)
		return;
	if (it->line != NULL) {
		facts = strchr(it->line, '\x1f') + 1;
		text_printf(&name, "%c%s ", it->line[0], it->name);
		assert_int_equal(sp->plain_len, 0);
	} else {
		text_printf(&name, "%s:%s ", it->type, it->name);
	}
	r->names = realloc(r->names, old + name.len + 1);
	memcpy(r->names + old, name.data, name.len + 1);
	text_free(&name);
	if (strcmp(it->type, "superseded") != 0) {
		assert_true(to->n < ITEMS_MAX);
		to->items[to->n].type = strdup(it->type);
		to->items[to->n].path = strdup(it->name);
		to->items[to->n].facts = strdup(facts);
		to->items[to->n].is_sparse = false;
		to->items[to->n++].digest = *sum;
	}
	*sum = (struct digest){0};
}

/* Digests of what is carried are those of the base. */
static void inherit(struct told *to, const struct told *from)
{
	for (size_t i = 0; i < to->n; i++)
		for (size_t k = 0; k < from->n; k++)
			if (strcmp(to->items[i].path, from->items[k].path) ==
				    0 &&
			    to->items[i].digest.low == 0)
				to->items[i].digest = from->items[k].digest;
}

static void take_frames(struct rig *r, struct pack *p, struct told *to)
{
	struct err e = {0};
	struct digest sum = {0};
	uint64_t number = 0;

	while (!pack_is_over(p)) {
		struct frame *f;

		if (!pack_fill(p, &f, &e))
			fail_msg("%s: %s", e.api, e.msg);
		for (size_t i = 0; f != NULL && i < f->nspans; i++) {
			assert_int_equal(f->spans[i].item->number, number);
			number += f->spans[i].ends_run;
			tell(r, to, &f->spans[i], &sum);
		}
		if (f != NULL) {
			assert_true(f->nspans <= FRAME_LINES_MAX || f->len > 0);
			assert_int_equal(frame_is_bare(f), f->len == 0);
		}
		r->bytes += f != NULL ? f->len : 0;
		frame_free(f);
	}
	assert_int_equal(r->bytes % 512, 0);
}

static struct tree_base *base_new(struct rig *r, bool *was_destroyed)
{
	struct fake *f = calloc(1, sizeof(*f));

	if (r->is_reversed)
		reverse(&r->told);
	f->base.ops = &fake_ops;
	f->base.refs = 1;
	f->base.read_at = r->read_at;
	f->told = &r->told;
	f->fails_at = r->fails_at;
	f->was_destroyed = was_destroyed;
	return &f->base;
}

static void run(struct rig *r, struct tree_base *base, struct told *to)
{
	struct pack_config c = {
		.path = r->top, .base = base, .excludes = r->excludes};
	struct err e = {0};
	struct pack *p = pack_new(&c, &e);

	assert_non_null(p);
	tree_base_unref(base);
	free(r->names);
	r->names = NULL;
	r->bytes = 0;
	take_frames(r, p, to);
	r->counts = *pack_counts(p);
	pack_free(p);
}

/* A full one, which began so long after now that nothing is racy. */
static void first(struct rig *r)
{
	run(r, NULL, &r->told);
	r->read_at = __real_clock_now_ms() + 5000;
	shift_ms = 10000;
	wait_for_a_tick();
}

/* One upon it; what it told is the base of the next. */
static const char *next(struct rig *r)
{
	bool was_destroyed = false;
	struct told swap;

	run(r, base_new(r, &was_destroyed), &r->again);
	assert_true(was_destroyed);
	inherit(&r->again, &r->told);
	swap = r->told;
	r->told = r->again;
	r->again = swap;
	told_fini(&r->again);
	wait_for_a_tick();
	return r->names;
}

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

	(void)snprintf(r->top, sizeof(r->top), "/tmp/test_merge.XXXXXX");
	*state = r;
	shift_ms = 0;
	return mkdtemp(r->top) != NULL ? 0 : -1;
}

static int teardown(void **state)
{
	struct rig *r = *state;

	told_fini(&r->told);
	told_fini(&r->again);
	free(r->names);
	empty_folder(open(r->top, O_RDONLY | O_DIRECTORY));
	assert_int_equal(rmdir(r->top), 0);
	free(r);
	return 0;
}

static void make_tree(const struct rig *r)
{
	char path[512];

	make_dir(r, "d");
	make_dir(r, "d/e");
	put(r, "d/e/deep", "deep", 4);
	put(r, "a", "first", 5);
	put(r, "d-", "behind", 6);
	put(r, "large", "large", LARGE);
	put(r, "new\nline \xff", "odd", 3);
	in_top(r, "sym", path);
	assert_int_equal(symlink("nowhere", path), 0);
	in_top(r, "fifo", path);
	assert_int_equal(mkfifo(path, 0600), 0);
}

#define ALL "=. =a =d =d/e =d/e/deep =d- =fifo =large =new\nline \xff =sym "

static void test_order(void **state)
{
	(void)state;
	assert_true(merge_compare(".", "a") < 0);
	assert_true(merge_compare("a", ".") > 0);
	assert_true(merge_compare(".", ".") == 0);
	assert_true(merge_compare(".", ".a") < 0);
	assert_true(merge_compare("a", "a/b") < 0);
	assert_true(merge_compare("a/b", "a-b") < 0);
	assert_true(merge_compare("a/b", "a\x01") < 0);
	assert_true(merge_compare("a", "a\x01") < 0);
	assert_true(merge_compare("a/\xff", "a0") < 0);
	assert_true(merge_compare("a\xff", "a\x01") > 0);
	assert_true(merge_compare("a/b/c", "a/b") > 0);
}

/* Only the archive's end is stored. */
static void test_nothing_changed(void **state)
{
	struct rig *r = *state;
	struct pack_counts counts;

	make_tree(r);
	first(r);
	counts = r->counts;
	assert_string_equal(next(r), ALL);
	assert_int_equal(r->bytes, 1024);
	counts.plain_bytes = 1024;
	assert_memory_equal(&counts, &r->counts, sizeof(counts));
	assert_string_equal(next(r), ALL);
}

/* Who reads them finds that they are others than the base says. */
static void test_nothing_is_read(void **state)
{
	struct rig *r = *state;

	put(r, "file", "text", 4);
	put(r, "large", "text", LARGE);
	first(r);
	r->told.items[1].digest.low ^= 1;
	r->told.items[2].digest.low ^= 1;
	assert_string_equal(next(r), "=. =file =large ");
}

static void test_added_removed_changed(void **state)
{
	struct rig *r = *state;

	make_tree(r);
	first(r);
	drop(r, "a");
	put(r, "b", "new", 3);
	put(r, "d/e/deep", "deeper", 6);
	put(r, "large", "other", LARGE);
	assert_string_equal(next(r),
			    "directory:. file:b =d =d/e file:d/e/deep =d- "
			    "=fifo file:large =new\nline \xff =sym ");
	assert_string_equal(next(r), "=. =b =d =d/e =d/e/deep =d- =fifo =large "
				     "=new\nline \xff =sym ");
}

static void test_type_changed(void **state)
{
	struct rig *r = *state;
	char path[512];

	make_tree(r);
	first(r);
	drop(r, "a");
	make_dir(r, "a");
	put(r, "a/b", "in it", 5);
	drop(r, "sym");
	put(r, "sym", "nowhere", 7);
	drop(r, "fifo");
	in_top(r, "fifo", path);
	assert_int_equal(symlink("x", path), 0);
	drop(r, "d/e/deep");
	drop(r, "d/e");
	put(r, "d/e", "file", 4);
	assert_string_equal(next(r), "directory:. directory:a file:a/b "
				     "directory:d file:d/e =d- symlink:fifo "
				     "=large =new\nline \xff file:sym ");
}

/* It is not recognized, and lost neither. */
static void test_renamed_folder(void **state)
{
	struct rig *r = *state;

	make_tree(r);
	first(r);
	move(r, "d", "moved");
	move(r, "moved/e/deep", "a");
	assert_string_equal(next(r), "directory:. file:a =d- =fifo =large "
				     "directory:moved directory:moved/e "
				     "=new\nline \xff =sym ");
}

/* Changed without another size or mtime: the ctime tells. */
static void test_changed_in_secret(void **state)
{
	struct rig *r = *state;
	struct stat st;
	struct timespec times[2];
	char path[512];

	make_tree(r);
	first(r);
	in_top(r, "a", path);
	assert_int_equal(stat(path, &st), 0);
	put(r, "a", "FIRST", 5);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	assert_string_equal(next(r), "=. file:a =d =d/e =d/e/deep =d- =fifo "
				     "=large =new\nline \xff =sym ");
}

static void expect_facts(const struct rig *r, const char *path,
			 const char *part, bool is_there)
{
	for (size_t i = 0; i < r->told.n; i++) {
		if (strcmp(r->told.items[i].path, path) != 0)
			continue;
		if ((strstr(r->told.items[i].facts, part) != NULL) != is_there)
			fail_msg("%s: %s", path, r->told.items[i].facts);
		return;
	}
	fail_msg("%s is not there", path);
}

/* Of small and large ones: read, and not stored. */
static void test_touched(void **state)
{
	struct rig *r = *state;
	char path[512];

	make_tree(r);
	first(r);
	in_top(r, "a", path);
	assert_int_equal(utimensat(AT_FDCWD, path, NULL, 0), 0);
	in_top(r, "large", path);
	assert_int_equal(chmod(path, 0600), 0);
	in_top(r, "d/e", path);
	assert_int_equal(chmod(path, 0700), 0);
	assert_string_equal(next(r), "=. ~a =d directory:d/e =d/e/deep =d- "
				     "=fifo ~large =new\nline \xff =sym ");
	assert_int_equal(r->bytes % 512, 0);
	assert_true(r->bytes < 4096);
	expect_facts(r, "a", "\"amended\":true", true);
	expect_facts(r, "large", "\"mode\":\"0600\"", true);
	/* From then on they are as they are, and stay amended. */
	assert_string_equal(next(r), ALL);
	in_top(r, "large", path);
	assert_int_equal(chmod(path, 0644), 0);
	assert_true(strstr(next(r), " ~large ") != NULL);
	expect_facts(r, "large", "\"amended\":true", true);
	put(r, "large", "LARGE", LARGE);
	assert_true(strstr(next(r), " file:large ") != NULL);
	expect_facts(r, "large", "amended", false);
}

/* Attributes are in headers alone: what gets, has or loses some is stored. */
static void test_attributes(void **state)
{
	struct rig *r = *state;
	char small[512], large[512];

	put(r, "small", "text", 4);
	put(r, "large", "text", LARGE);
	in_top(r, "small", small);
	in_top(r, "large", large);
	first(r);
	if (setxattr(small, "user.a", "b", 1, 0) != 0)
		skip();
	assert_int_equal(setxattr(large, "user.a", "b", 1, 0), 0);
	assert_string_equal(next(r), "=. file:large file:small ");
	expect_facts(r, "small", "\"attributes\":true", true);
	expect_facts(r, "large", "\"attributes\":true", true);
	assert_string_equal(next(r), "=. =large =small ");
	assert_int_equal(chmod(small, 0600), 0);
	assert_int_equal(removexattr(large, "user.a"), 0);
	assert_string_equal(next(r), "=. file:large file:small ");
	expect_facts(r, "large", "attributes", false);
}

static void test_links_gained_and_lost(void **state)
{
	struct rig *r = *state;

	put(r, "b", "linked", 6);
	make_link(r, "b", "c");
	put(r, "f", "alone", 5);
	first(r);
	assert_string_equal(next(r), "=. =b =c =f ");
	/* The other name comes first now; a new one; one that was alone. */
	make_link(r, "b", "a");
	make_link(r, "f", "g");
	assert_string_equal(next(r), "directory:. file:a hardlink:b "
				     "hardlink:c ~f hardlink:g ");
	assert_string_equal(next(r), "=. =a =b =c =f =g ");
	drop(r, "a");
	drop(r, "g");
	assert_string_equal(next(r), "directory:. file:b hardlink:c ~f ");
	assert_string_equal(next(r), "=. =b =c =f ");
	/* Two names of which the second is another file by now. */
	drop(r, "c");
	put(r, "c", "linked", 6);
	assert_true(strstr(next(r), " ~b file:c ") != NULL ||
		    strstr(r->names, " ~b ~c ") != NULL);
}

/* What it is a name of is stored anew, so the name must not come before it. */
static void test_link_to_what_is_stored(void **state)
{
	struct rig *r = *state;

	put(r, "b", "linked", 6);
	make_link(r, "b", "c");
	first(r);
	assert_string_equal(r->told.items[1].path, "b");
	r->told.items[1].is_sparse = true;
	assert_string_equal(next(r), "=. file:b hardlink:c ");
	r->told.items[2].is_sparse = true;
	assert_string_equal(next(r), "=. =b hardlink:c ");
}

static void test_excluded_since(void **state)
{
	static const char *const globs[] = {"d/", "a"};
	struct rig *r = *state;

	make_tree(r);
	first(r);
	r->excludes = (struct globs){globs, 2};
	assert_string_equal(next(r),
			    "=. =d- =fifo =large =new\nline \xff =sym ");
	r->excludes = (struct globs){NULL, 0};
	assert_string_equal(next(r), "=. file:a directory:d directory:d/e "
				     "file:d/e/deep =d- =fifo =large "
				     "=new\nline \xff =sym ");
}

static void test_sparse_is_stored_again(void **state)
{
	struct rig *r = *state;

	make_tree(r);
	first(r);
	for (size_t i = 0; i < r->told.n; i++)
		r->told.items[i].is_sparse = i != 1;
	assert_string_equal(next(r),
			    "directory:. =a directory:d directory:d/e "
			    "file:d/e/deep file:d- fifo:fifo file:large "
			    "file:new\nline \xff symlink:sym ");
}

/* --- when times do not tell */

/* All files are read, none is stored. */
static void expect_read(struct rig *r)
{
	assert_string_equal(next(r), "directory:. =a directory:d directory:d/e "
				     "=d/e/deep =d- fifo:fifo =large "
				     "=new\nline \xff symlink:sym ");
	assert_true(r->bytes < 16384);
}

/* Changed in the second in which the base was read, or later. */
static void test_racy(void **state)
{
	struct rig *r = *state;

	make_tree(r);
	first(r);
	r->read_at = __real_clock_now_ms();
	r->told.items[1].digest.low ^= 1;
	assert_true(strstr(next(r), " file:a ") != NULL);
	expect_read(r);
	r->read_at += 5000;
	assert_string_equal(next(r), ALL);
}

static void test_clock_went_back(void **state)
{
	struct rig *r = *state;

	make_tree(r);
	first(r);
	shift_ms = 0;
	expect_read(r);
	shift_ms = 10000;
	assert_string_equal(next(r), ALL);
}

/* Another one may have the same inodes. */
static void test_another_file_system(void **state)
{
	struct rig *r = *state;
	char *at;

	make_tree(r);
	first(r);
	at = strstr(r->told.items[0].facts, "\"file_system\":\"");
	assert_non_null(at);
	at[strlen("\"file_system\":\"")] ^= 1;
	expect_read(r);
	assert_string_equal(next(r), ALL);
	/* One of which nothing is known. */
	at = strstr(r->told.items[0].facts, ",\"file_system\":");
	assert_non_null(at);
	(void)strcpy(at, "}");
	expect_read(r);
}

/* --- a base that is not what it should be */

static void expect_all_stored(struct rig *r)
{
	assert_string_equal(next(r),
			    "directory:. file:a directory:d directory:d/e "
			    "file:d/e/deep file:d- fifo:fifo file:large "
			    "file:new\nline \xff symlink:sym ");
}

static void test_empty_base(void **state)
{
	struct rig *r = *state;

	make_tree(r);
	first(r);
	told_fini(&r->told);
	expect_all_stored(r);
}

static void test_base_ends_early(void **state)
{
	static const char rest[] = "=. =a =d directory:d/e file:d/e/deep "
				   "file:d- fifo:fifo file:large "
				   "file:new\nline \xff symlink:sym ";
	struct rig *r = *state;

	make_tree(r);
	first(r);
	r->fails_at = 4;
	assert_string_equal(next(r), rest);
	r->fails_at = 0;
	assert_string_equal(next(r), ALL);
	while (r->told.n > 3) {
		r->told.n--;
		free(r->told.items[r->told.n].type);
		free(r->told.items[r->told.n].path);
		free(r->told.items[r->told.n].facts);
	}
	assert_string_equal(next(r), rest);
}

static void test_base_out_of_order(void **state)
{
	struct rig *r = *state;

	make_tree(r);
	first(r);
	r->is_reversed = true;
	(void)next(r);
	r->is_reversed = false;
	/* Only the last name can have been found. */
	assert_string_equal(r->names,
			    "directory:. file:a directory:d directory:d/e "
			    "file:d/e/deep file:d- fifo:fifo file:large "
			    "file:new\nline \xff symlink:sym ");
	assert_string_equal(next(r), ALL);
}

static void test_bad_facts(void **state)
{
	struct rig *r = *state;

	make_tree(r);
	first(r);
	r->told.items[1].facts[0] = '?';
	assert_string_equal(next(r), "=. file:a =d =d/e =d/e/deep =d- =fifo "
				     "=large =new\nline \xff =sym ");
}

/* More than go into one frame. */
static void test_many(void **state)
{
	struct rig *r = *state;
	char name[64];

	for (int i = 0; i < 2 * FRAME_LINES_MAX + 7; i++) {
		(void)snprintf(name, sizeof(name), "%05d", i);
		put(r, name, "x", 1);
	}
	first(r);
	(void)next(r);
	assert_null(strchr(r->names, ':'));
	assert_int_equal(r->told.n, 2 * FRAME_LINES_MAX + 8);
	assert_int_equal(r->bytes, 1024);
}

/* A large one among what is carried over, that is stored again. */
static void test_large_in_between(void **state)
{
	struct rig *r = *state;

	put(r, "a", "a", 1);
	put(r, "b", "b", LARGE);
	put(r, "c", "c", 1);
	first(r);
	put(r, "b", "B", LARGE);
	assert_string_equal(next(r), "=. =a file:b =c ");
	assert_true(r->bytes > LARGE);
	assert_int_equal(r->counts.content_bytes, LARGE + 2);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
#define ONE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		ONE(test_nothing_changed),
		ONE(test_nothing_is_read),
		ONE(test_added_removed_changed),
		ONE(test_type_changed),
		ONE(test_renamed_folder),
		ONE(test_changed_in_secret),
		ONE(test_touched),
		ONE(test_attributes),
		ONE(test_links_gained_and_lost),
		ONE(test_link_to_what_is_stored),
		ONE(test_excluded_since),
		ONE(test_sparse_is_stored_again),
		ONE(test_racy),
		ONE(test_clock_went_back),
		ONE(test_another_file_system),
		ONE(test_empty_base),
		ONE(test_base_ends_early),
		ONE(test_base_out_of_order),
		ONE(test_bad_facts),
		ONE(test_many),
		ONE(test_large_in_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
