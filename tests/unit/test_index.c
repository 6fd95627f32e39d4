/* test_index.c - lines of the index: built, broken, read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "manifest/index.h"
#include "manifest/index_int.h"

struct out {
	struct text lines;
	unsigned pieces;
	char first[INDEX_FIRST_ITEM_MAX];
	bool fails;
};

static bool on_piece(void *arg, const char *lines, size_t len,
		     const char *first_item, struct err *e)
{
	struct out *o = arg;

	if (o->fails)
		return err_set(e, ERR_REMOTE, "store_failed", "no piece");
	if (o->pieces++ == 0)
		(void)str_copy(o->first, sizeof(o->first), first_item);
	text_add(&o->lines, lines, len);
	return true;
}

struct part_of {
	uint64_t number;
	size_t offset, len;
	bool is_last;
};

/* A stored frame of 10 bytes that holds these runs of plain bytes. */
static bool add(struct index_builder *b, unsigned part, uint64_t offset,
		size_t plain, const struct part_of *spans, struct err *e)
{
	struct frame *f = frame_new(10);
	bool ok;

	f->len = 10;
	f->plain_len = plain;
	for (; spans->len > 0 || spans->is_last; spans++) {
		struct item *it =
			item_new(spans->number, ITEM_DATA, "table", "db", "t");
		struct span *sp = frame_add_span(f, it);

		item_unref(it);
		sp->plain_offset = spans->offset;
		sp->plain_len = spans->len;
		sp->rows = 1;
		sp->digest.low = 7;
		sp->ends_run = spans->is_last;
	}
	ok = index_builder_add(b, f, part, offset, e);
	frame_free(f);
	return ok;
}

#define SPANS(...) ((const struct part_of[]){__VA_ARGS__, {0}})

static struct index_builder *begin(struct out *o)
{
	struct err e = {0};
	struct index_builder *b;

	memset(o, 0, sizeof(*o));
	b = index_builder_new(on_piece, o, &e);
	assert_non_null(b);
	return b;
}

static void end(struct index_builder *b, struct out *o)
{
	index_builder_free(b);
	text_free(&o->lines);
}

/* Items 1 and 0 in this order of time; the lines are by number. Item 0 shares
 * its first frame, goes on in the next one and in another part. */
static void test_order_and_extents(void **state)
{
	struct out o;
	struct index_builder *b = begin(&o);
	struct err e = {0};

	(void)state;
	assert_true(add(b, 1, 0, 100,
			SPANS({1, 0, 60, true}, {0, 60, 40, false}), &e));
	assert_true(index_builder_drain(b, 100, &e));
	assert_int_equal(o.pieces, 0);
	assert_true(add(b, 1, 10, 50, SPANS({0, 0, 50, false}), &e));
	assert_true(add(b, 2, 0, 50, SPANS({0, 0, 20, true}), &e));
	assert_true(index_builder_has_lines(b));
	assert_true(index_builder_finish(b, &e));
	assert_int_equal(o.pieces, 1);
	assert_string_equal(o.first, "data:db/t");
	assert_string_equal(
		o.lines.data,
		"{\"kind\":\"data\",\"type\":\"table\",\"group\":\"db\","
		"\"name\":\"t\",\"extents\":[[1,0,20],[2,0,10]],\"skip\":60,"
		"\"plain_bytes\":110,\"rows\":3,"
		"\"digest\":\"00000000000000000000000000000015\"}\n"
		"{\"kind\":\"data\",\"type\":\"table\",\"group\":\"db\","
		"\"name\":\"t\",\"extents\":[[1,0,10]],"
		"\"plain_bytes\":60,\"rows\":1,"
		"\"digest\":\"00000000000000000000000000000007\"}\n");
	end(b, &o);
}

static void test_empty_items(void **state)
{
	struct out o;
	struct index_builder *b = begin(&o);
	struct err e = {0};

	(void)state;
	assert_true(
		add(b, 1, 0, 10,
		    SPANS({0, 0, 0, true}, {1, 0, 10, false}, {2, 10, 0, true}),
		    &e));
	/* An end that comes later than the last byte. */
	assert_true(add(b, 1, 10, 5, SPANS({1, 0, 0, true}), &e));
	assert_true(index_builder_finish(b, &e));
	assert_non_null(strstr(o.lines.data, "\"extents\":[],"));
	end(b, &o);
}

/* One item of this name and these facts as its line, parsed again. */
static void round_trip(const char *name, const char *facts,
		       struct index_line *l, struct out *o)
{
	struct index_builder *b = begin(o);
	struct item *it = item_new(0, ITEM_DATA, "file", "", name);
	struct frame *f = frame_new(10);
	struct span *sp = frame_add_span(f, it);
	struct err e = {0};

	if (facts != NULL)
		assert_true(item_set_facts(it, facts));
	f->len = 10;
	f->plain_len = 20;
	sp->plain_len = 20;
	sp->ends_run = true;
	assert_true(index_builder_add(b, f, 1, 0, &e));
	assert_true(index_builder_finish(b, &e));
	assert_true(index_line_parse(l, o->lines.data, o->lines.len - 1, &e));
	index_builder_free(b);
	frame_free(f);
	item_unref(it);
}

static void test_names_and_facts_of_files(void **state)
{
	struct index_line l;
	struct out o;

	(void)state;
	round_trip("a/b\n\"c\\", "{\"size\":5}", &l, &o);
	assert_string_equal(l.name, "a/b\n\"c\\");
	assert_string_equal(l.facts, "{\"size\":5}");
	assert_non_null(strstr(o.lines.data, ",\"facts\":{\"size\":5}}\n"));
	index_line_fini(&l);
	text_free(&o.lines);
	round_trip("a/\xff\xfe", NULL, &l, &o);
	assert_string_equal(l.name, "a/\xff\xfe");
	assert_null(l.facts);
	assert_non_null(strstr(o.lines.data, ",\"name_base64\":\"YS///g==\","));
	assert_null(strstr(o.lines.data, "\"name\":"));
	assert_string_equal(o.first, "data:/a/\xef\xbf\xbd\xef\xbf\xbd");
	index_line_fini(&l);
	text_free(&o.lines);
}

/* Deeper than any system call would take it. */
static void test_long_names(void **state)
{
	struct index_line l;
	struct out o;
	char *name = calloc(1, INDEX_NAME_MAX + 1);

	(void)state;
	for (int is_text = 0; is_text < 2; is_text++) {
		memset(name, is_text ? 'x' : 0xff, INDEX_NAME_MAX);
		round_trip(name, NULL, &l, &o);
		assert_string_equal(l.name, name);
		index_line_fini(&l);
		text_free(&o.lines);
	}
	free(name);
}

/* A span of an item with that line in a frame of so many plain bytes. */
static bool add_line(struct index_builder *b, uint64_t number, const char *line,
		     size_t plain, struct err *e)
{
	struct item *it = item_new(number, ITEM_DATA, "file", "", "a/b");
	struct frame *f = frame_new(10);
	struct span *sp = frame_add_span(f, it);
	bool ok;

	assert_true(item_set_line(it, line));
	sp->plain_len = f->plain_len = f->len = plain;
	sp->rows = 1;
	sp->ends_run = true;
	assert_int_equal(frame_is_bare(f), plain == 0);
	ok = index_builder_add(b, f, plain > 0, 0, e);
	frame_free(f);
	item_unref(it);
	return ok;
}

/* Of earlier backups: word for word, each when its turn comes. */
static void test_finished_lines(void **state)
{
	struct out o;
	struct index_builder *b = begin(&o);
	struct err e = {0};

	(void)state;
	assert_true(add_line(b, 1, "{\"any\":\"thing\"}", 0, &e));
	assert_false(index_builder_has_lines(b));
	assert_true(add_line(b, 0, "{\"first\":[1,0,7]}", 0, &e));
	assert_true(add(b, 3, 5, 10, SPANS({2, 0, 10, true}), &e));
	assert_true(index_builder_finish(b, &e));
	assert_string_equal(o.first, "data:/a/b");
	assert_ptr_equal(strstr(o.lines.data,
				"{\"first\":[1,0,7]}\n{\"any\":\"thing\"}\n"
				"{\"kind\":\"data\",\"type\":\"table\","),
			 o.lines.data);
	end(b, &o);
	b = begin(&o);
	/* It lies there, so it has nothing here. */
	assert_false(add_line(b, 1, "{}", 5, &e));
	assert_int_equal(e.code, ERR_BUG);
	err_clear(&e);
	assert_true(add_line(b, 0, "{\"no\":\"utf8 \xff\"}", 0, &e));
	assert_false(index_builder_finish(b, &e));
	end(b, &o);
}

static void expect_bug(struct index_builder *b, bool ok, struct err *e)
{
	(void)b;
	assert_false(ok);
	assert_int_equal(e->code, ERR_BUG);
	err_clear(e);
}

static void test_broken_contracts(void **state)
{
	struct out o;
	struct index_builder *b = begin(&o);
	struct err e = {0};

	(void)state;
	/* outside of the frame */
	expect_bug(b, add(b, 1, 0, 10, SPANS({0, 5, 6, true}), &e), &e);
	expect_bug(b, add(b, 1, 0, 10, SPANS({1, 11, 1, true}), &e), &e);
	/* outside of any part */
	expect_bug(b, add(b, 0, 0, 10, SPANS({2, 0, 10, true}), &e), &e);
	expect_bug(b, add(b, 1, 1U << 29, 10, SPANS({2, 0, 10, true}), &e), &e);
	/* a gap within a frame, and between frames */
	assert_true(add(b, 1, 0, 10, SPANS({3, 0, 5, false}), &e));
	expect_bug(b, add(b, 1, 0, 10, SPANS({3, 6, 4, true}), &e), &e);
	expect_bug(b, add(b, 1, 10, 10, SPANS({3, 0, 4, true}), &e), &e);
	/* after its end */
	assert_true(add(b, 1, 20, 10, SPANS({4, 0, 10, true}), &e));
	expect_bug(b, add(b, 1, 30, 10, SPANS({4, 0, 10, true}), &e), &e);
	/* long before its turn */
	expect_bug(b, add(b, 1, 30, 10, SPANS({1ULL << 40, 0, 10, true}), &e),
		   &e);
	/* never ended */
	expect_bug(b, index_builder_finish(b, &e), &e);
	end(b, &o);
}

static void test_an_item_never_came(void **state)
{
	struct out o;
	struct index_builder *b = begin(&o);
	struct err e = {0};

	(void)state;
	assert_true(add(b, 1, 0, 10, SPANS({1, 0, 10, true}), &e));
	expect_bug(b, index_builder_finish(b, &e), &e);
	end(b, &o);
	b = begin(&o);
	assert_true(add(b, 1, 0, 10, SPANS({0, 0, 10, true}), &e));
	assert_true(index_builder_drain(b, 1, &e));
	expect_bug(b, add(b, 1, 10, 10, SPANS({0, 0, 10, true}), &e), &e);
	end(b, &o);
}

static void test_piece_fails(void **state)
{
	struct out o;
	struct index_builder *b = begin(&o);
	struct err e = {0};

	(void)state;
	o.fails = true;
	assert_true(add(b, 1, 0, 10, SPANS({0, 0, 10, true}), &e));
	assert_false(index_builder_finish(b, &e));
	assert_int_equal(e.code, ERR_REMOTE);
	end(b, &o);
}

static bool add_named(struct index_builder *b, const char *group,
		      const char *name, struct err *e)
{
	struct item *it = item_new(0, ITEM_SCHEMA, "table", group, name);
	struct frame *f = frame_new(10);
	bool ok;

	f->len = f->plain_len = 10;
	frame_add_span(f, it)->ends_run = true;
	ok = index_builder_add(b, f, 1, 0, e);
	frame_free(f);
	item_unref(it);
	return ok;
}

static void test_awkward_names(void **state)
{
	static const char *const names[] = {
		"",	      "\"",	  "\\",
		"a\nb\t\x01", "\xc3\xa4", "\xf0\x9f\x98\x80",
		"a/b",	      "../x",	  "</script>",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct out o;
		struct index_builder *b = begin(&o);
		struct err e = {0};
		struct index_line l;

		assert_true(add_named(b, names[i], names[i], &e));
		assert_true(index_builder_finish(b, &e));
		assert_true(index_line_parse(&l, o.lines.data, o.lines.len - 1,
					     &e));
		assert_string_equal(l.group, names[i]);
		assert_string_equal(l.name, names[i]);
		assert_string_equal(l.type, "table");
		assert_int_equal(l.kind, ITEM_SCHEMA);
		index_line_fini(&l);
		end(b, &o);
	}
}

static void test_group_is_no_utf8(void **state)
{
	struct out o;
	struct index_builder *b = begin(&o);
	struct err e = {0};

	(void)state;
	assert_true(add_named(b, "\xff", "t", &e));
	assert_false(index_builder_finish(b, &e));
	assert_int_equal(e.code, ERR_INVALID);
	end(b, &o);
}

/* The name in the manifest is cut between two characters. */
static void test_long_first_item(void **state)
{
	struct out o;
	struct index_builder *b = begin(&o);
	struct err e = {0};
	char name[1001];

	(void)state;
	for (size_t i = 0; i < 1000; i += 4)
		memcpy(name + i, "\xf0\x9f\x98\x80", 4);
	name[1000] = '\0';
	assert_true(add_named(b, "d", name, &e));
	assert_true(index_builder_finish(b, &e));
	assert_true(strlen(o.first) > 505 && strlen(o.first) <= 512);
	assert_true(utf8_check(o.first, strlen(o.first), NULL));
	end(b, &o);
}

/* A frame of one run of an item that several pipelines write. */
static bool add_run(struct index_builder *b, struct item *it, uint64_t offset,
		    bool ends_run, struct err *e)
{
	struct frame *f = frame_new(10);
	struct span *sp = frame_add_span(f, it);
	bool ok;

	f->len = f->plain_len = 10;
	sp->plain_len = 10;
	sp->rows = 2;
	sp->digest.low = 1;
	sp->ends_run = ends_run;
	ok = index_builder_add(b, f, 1, offset, e);
	frame_free(f);
	return ok;
}

static struct item *apart_new(uint64_t number, unsigned nruns)
{
	struct item *it = item_new(number, ITEM_DATA, "table", "db", "t");

	assert_non_null(it);
	it->is_apart = true;
	it->is_growing = true;
	it->nruns = nruns;
	return it;
}

/* Two runs whose frames lie between each other and between another item's. */
static void test_runs(void **state)
{
	struct out o;
	struct index_builder *b = begin(&o);
	struct item *it = apart_new(0, 2);
	struct err e = {0};
	struct index_line l;

	(void)state;
	assert_true(add_run(b, it, 0, false, &e));
	assert_true(add_run(b, it, 10, false, &e));
	assert_true(add(b, 1, 20, 10, SPANS({1, 0, 10, true}), &e));
	assert_true(add_run(b, it, 30, false, &e));
	it->is_growing = false;
	assert_true(add_run(b, it, 40, true, &e));
	assert_false(index_builder_has_lines(b));
	assert_true(add_run(b, it, 50, true, &e));
	assert_true(index_builder_has_lines(b));
	expect_bug(b, add_run(b, it, 60, true, &e), &e);
	assert_true(index_builder_finish(b, &e));
	assert_true(index_line_parse(&l, o.lines.data,
				     strcspn(o.lines.data, "\n"), &e));
	assert_true(l.is_apart);
	assert_int_equal(l.nextents, 2);
	assert_int_equal(l.extents[0].length, 20);
	assert_int_equal(l.extents[1].offset, 30);
	assert_int_equal(l.extents[1].length, 30);
	assert_int_equal(l.plain_bytes, 50);
	assert_int_equal(l.rows, 10);
	assert_int_equal(l.digest.low, 5);
	index_line_fini(&l);
	item_unref(it);
	end(b, &o);
}

/* That it is over may be known only when all runs are stored. */
static void test_runs_end_late(void **state)
{
	struct out o;
	struct index_builder *b = begin(&o);
	struct item *it = apart_new(0, 1);
	struct err e = {0};

	(void)state;
	assert_true(add_run(b, it, 0, true, &e));
	assert_false(index_builder_has_lines(b));
	expect_bug(b, index_builder_finish(b, &e), &e);
	it->is_growing = false;
	it->nruns = 2;
	expect_bug(b, index_builder_finish(b, &e), &e);
	it->nruns = 1;
	assert_true(index_builder_finish(b, &e));
	assert_non_null(strstr(o.lines.data, "\"apart\":true"));
	item_unref(it);
	end(b, &o);
}

/* Whose frames hold something else, or nobody's bytes. */
static void test_runs_are_not_shared(void **state)
{
	struct out o;
	struct index_builder *b = begin(&o);
	struct item *it = apart_new(0, 1);
	struct item *other = item_new(1, ITEM_DATA, "table", "db", "u");
	struct err e = {0};
	struct frame *f = frame_new(10);
	struct span *sp = frame_add_span(f, it);

	(void)state;
	f->len = f->plain_len = 10;
	sp->plain_len = 9;
	expect_bug(b, index_builder_add(b, f, 1, 0, &e), &e);
	sp->plain_offset = 1;
	expect_bug(b, index_builder_add(b, f, 1, 0, &e), &e);
	sp->plain_offset = 0;
	sp = frame_add_span(f, other);
	sp->plain_offset = 9;
	sp->plain_len = 1;
	expect_bug(b, index_builder_add(b, f, 1, 0, &e), &e);
	frame_free(f);
	item_unref(it);
	item_unref(other);
	end(b, &o);
}

/* A trigger's table, a program's account: in the line, and back. */
static void test_on_and_definer(void **state)
{
	struct out o;
	struct index_builder *b = begin(&o);
	struct item *it = item_new(0, ITEM_POST, "trigger", "g", "n");
	struct frame *f = frame_new(10);
	struct err e = {0};
	struct index_line l;

	(void)state;
	assert_true(item_set_on(it, "a \"table\""));
	assert_true(item_set_definer(it, "nobody@%"));
	assert_true(item_set_definer(it, "app@%"));
	frame_add_span(f, it)->ends_run = true;
	assert_true(index_builder_add(b, f, 1, 0, &e));
	frame_free(f);
	item_unref(it);
	assert_true(index_builder_finish(b, &e));
	assert_true(index_line_parse(&l, o.lines.data, o.lines.len - 1, &e));
	assert_string_equal(l.on, "a \"table\"");
	assert_string_equal(l.definer, "app@%");
	assert_false(l.is_apart);
	index_line_fini(&l);
	end(b, &o);
}

#define HEAD "{\"kind\":\"data\",\"type\":\"t\",\"group\":\"g\",\"name\":\"n\","
#define TAIL                                                                   \
	"\"plain_bytes\":5,\"rows\":1,"                                        \
	"\"digest\":\"00000000000000000000000000000007\"}"

static void test_bad_lines(void **state)
{
	static const char *const bad[] = {
		"",
		"{}",
		"[]",
		"null",
		HEAD TAIL,
		HEAD "\"extents\":[]," TAIL,
		HEAD "\"extents\":{}," TAIL,
		HEAD "\"extents\":[[1,0]]," TAIL,
		HEAD "\"extents\":[[1,0,5,6]]," TAIL,
		HEAD "\"extents\":[[0,0,5]]," TAIL,
		HEAD "\"extents\":[[1,0,0]]," TAIL,
		HEAD "\"extents\":[[1,-1,5]]," TAIL,
		HEAD "\"extents\":[[1,0,5.0]]," TAIL,
		HEAD "\"extents\":[[100000000,0,5]]," TAIL,
		HEAD "\"extents\":[[1,268435456,1]]," TAIL,
		HEAD "\"extents\":[[1,0,18446744073709551615]]," TAIL,
		HEAD "\"extents\":[[1,5,5],[1,0,5]]," TAIL,
		HEAD "\"extents\":[[1,0,5],[1,4,5]]," TAIL,
		HEAD "\"extents\":[[2,0,5],[1,0,5]]," TAIL,
		HEAD "\"extents\":[[1,0,5]],\"skip\":-1," TAIL,
		HEAD "\"extents\":[[1,0,5]],\"extents\":[[1,0,5]]," TAIL,
		HEAD "\"extents\":[[1,0,5]],\"plain_bytes\":5,\"rows\":1}",
		HEAD "\"extents\":[[1,0,5]],\"plain_bytes\":5,\"rows\":1,"
		     "\"digest\":\"7\"}",
		HEAD "\"extents\":[[1,0,5]]," TAIL "x",
		HEAD "\"extents\":[[1,0,5]],\"apart\":1," TAIL,
		HEAD "\"extents\":[[1,0,5]],\"apart\":null," TAIL,
		HEAD "\"extents\":[[1,0,5]],\"skip\":3,"
		     "\"apart\":true," TAIL,
		HEAD "\"extents\":[[1,0,5]],\"on\":1," TAIL,
		HEAD "\"extents\":[[1,0,5]],\"definer\":null," TAIL,
		"{\"kind\":\"other\",\"type\":\"t\",\"group\":\"g\","
		"\"name\":\"n\",\"extents\":[],\"plain_bytes\":0}",
		"{\"kind\":\"post\",\"type\":\"t\",\"group\":1,"
		"\"name\":\"n\",\"extents\":[],\"plain_bytes\":0}",
	};
	static const char good[] = HEAD "\"extents\":[[1,0,5],[1,5,5]]," TAIL;
	struct err e = {0};
	struct index_line l;

	(void)state;
	assert_true(index_line_parse(&l, good, strlen(good), &e));
	index_line_fini(&l);
	for (size_t cut = 0; cut < strlen(good); cut++) {
		assert_false(index_line_parse(&l, good, cut, &e));
		err_clear(&e);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (index_line_parse(&l, bad[i], strlen(bad[i]), &e))
			fail_msg("%s", bad[i]);
		assert_int_equal(e.code, ERR_DAMAGED);
		err_clear(&e);
	}
}

#define FILE_LINE                                                              \
	"{\"kind\":\"data\",\"type\":\"file\",\"group\":\"\",\"name\":\"a/"    \
	"\xc3\xbc\","                                                          \
	"\"extents\":[[1,0,5],[1,5,7],[3,0,9]],\"skip\":12,"                   \
	"\"plain_bytes\":70,\"rows\":1,"                                       \
	"\"digest\":\"00112233445566778899aabbccddeeff\","                     \
	"\"facts\":{\"size\":5,\"mtime\":[-1,5],\"target\":\"b c\","           \
	"\"changed\":true}}"

static void assert_same(const struct index_line *a, const struct index_line *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_string_equal(a->type, b->type);
	assert_string_equal(a->group, b->group);
	assert_string_equal(a->name, b->name);
	assert_true((a->facts == NULL) == (b->facts == NULL));
	if (a->facts != NULL)
		assert_string_equal(a->facts, b->facts);
	assert_null(b->on);
	assert_null(b->definer);
	assert_false(b->is_apart);
	assert_int_equal(a->nextents, b->nextents);
	if (a->nextents > 0)
		assert_memory_equal(a->extents, b->extents,
				    a->nextents * sizeof(*a->extents));
	assert_true(a->skip == b->skip && a->rows == b->rows);
	assert_true(a->plain_bytes == b->plain_bytes);
	assert_true(digest_equal(&a->digest, &b->digest));
}

/* A space before it: no spelling of ours, so the parser reads it. */
static void assert_scan_is_right(const char *line)
{
	char spaced[1024];
	struct index_line fast, slow;
	struct err e = {0};

	if (!index_line_scan(&fast, line, strlen(line)))
		return;
	(void)snprintf(spaced, sizeof(spaced), " %s", line);
	assert_false(index_line_scan(&slow, spaced, strlen(spaced)));
	if (!index_line_parse(&slow, spaced, strlen(spaced), &e))
		fail_msg("%s: %s", line, e.msg);
	assert_same(&fast, &slow);
	index_line_fini(&fast);
	index_line_fini(&slow);
}

/* What is read the fast way is what the parser would have read; with any byte
 * of it another one, without it, and twice. */
static void test_fast_and_slow(void **state)
{
	static const char *const lines[] = {
		FILE_LINE,
		"{\"kind\":\"schema\",\"type\":\"table\",\"group\":\"g\","
		"\"name\":\"n\",\"extents\":[],\"plain_bytes\":0}",
		"{\"kind\":\"data\",\"type\":\"t\",\"group\":\"g\","
		"\"name\":\"n\",\"extents\":[[9,1,2]],\"plain_bytes\":7,"
		"\"rows\":0,\"digest\":\"00112233445566778899AABBCCDDEEFF\"}",
	};
	static const char others[] = "\"{}[],:0195-aet\\ \x01\x7f\xc3\xff";
	char line[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		size_t len = strlen(lines[i]);
		struct index_line l;

		if (i < 2)
			assert_true(index_line_scan(&l, lines[i], len));
		if (i < 2)
			index_line_fini(&l);
		for (size_t at = 0; at < len; at++) {
			for (size_t c = 0; c < sizeof(others) - 1; c++) {
				(void)str_copy(line, sizeof(line), lines[i]);
				line[at] = others[c];
				assert_scan_is_right(line);
			}
			(void)snprintf(line, sizeof(line), "%.*s%s", (int)at,
				       lines[i], lines[i] + at + 1);
			assert_scan_is_right(line);
			(void)snprintf(line, sizeof(line), "%.*s%s",
				       (int)at + 1, lines[i], lines[i] + at);
			assert_scan_is_right(line);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_and_extents),
		cmocka_unit_test(test_empty_items),
		cmocka_unit_test(test_names_and_facts_of_files),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_finished_lines),
		cmocka_unit_test(test_broken_contracts),
		cmocka_unit_test(test_an_item_never_came),
		cmocka_unit_test(test_piece_fails),
		cmocka_unit_test(test_awkward_names),
		cmocka_unit_test(test_group_is_no_utf8),
		cmocka_unit_test(test_long_first_item),
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_runs_end_late),
		cmocka_unit_test(test_runs_are_not_shared),
		cmocka_unit_test(test_on_and_definer),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_fast_and_slow),
	};

	return cmocka_run_group_tests_name("index", tests, NULL, NULL);
}
