/* test_console.c - embedded files, and those of a folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "console/console.h"

static char dir[64];

static char *below(const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void put(const char *name, const char *content)
{
	struct err e = {0};

	assert_true(
		file_write(below(name), 0600, content, strlen(content), &e));
}

/* dir/outside.txt, dir/in/... and links between them. */
static int make_folder(void **state)
{
	char target[256];

	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/coffer-console-XXXXXX");
	assert_non_null(mkdtemp(dir));
	assert_int_equal(mkdir(below("in"), 0700), 0);
	assert_int_equal(mkdir(below("in/app"), 0700), 0);
	assert_int_equal(mkdir(below("in/.git"), 0700), 0);
	assert_int_equal(mkdir(below("in/folder.js"), 0700), 0);
	put("outside.txt", "secret");
	put("in/index.html", "<!doctype html>");
	put("in/empty.css", "");
	put("in/app/main.js", "export {};");
	put("in/LICENSE", "MIT");
	put("in/.git/config.txt", "secret");
	put("in/key.pem", "secret");
	assert_int_equal(symlink("../outside.txt", below("in/link.txt")), 0);
	assert_int_equal(symlink("..", below("in/up")), 0);
	assert_int_equal(symlink("app", below("in/alias")), 0);
	assert_int_equal(mkfifo(below("in/pipe.js"), 0600), 0);
	(void)snprintf(target, sizeof(target), "%s", below("in"));
	assert_int_equal(symlink(target, below("link")), 0);
	return 0;
}

static int remove_folder(void **state)
{
	static const char *const files[] = {
		"outside.txt",	  "in/index.html", "in/empty.css",
		"in/app/main.js", "in/LICENSE",	   "in/.git/config.txt",
		"in/key.pem",	  "in/link.txt",   "in/up",
		"in/alias",	  "in/pipe.js",	   "link",
	};
	static const char *const folders[] = {"in/app", "in/.git",
					      "in/folder.js", "in", "."};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		(void)unlink(below(files[i]));
	for (size_t i = 0; i + 1 < sizeof(folders) / sizeof(folders[0]); i++)
		(void)rmdir(below(folders[i]));
	return rmdir(dir);
}

static void loads(const char *where, const char *path, const char *content,
		  const char *type)
{
	struct console_loaded l = {0};
	char digest[SHA256_HEX_MAX];
	char top[256];
	struct err e = {0};

	(void)snprintf(top, sizeof(top), "%s", below(where));
	if (!console_load(top, path, &l, &e))
		fail_msg("%s: %s", path, e.msg);
	assert_string_equal(l.bytes, content);
	assert_int_equal(l.len, strlen(content));
	assert_string_equal(l.type, type);
	assert_string_equal(l.digest,
			    sha256_hex(content, strlen(content), digest));
	console_loaded_fini(&l);
}

static void refuses(const char *path)
{
	struct console_loaded l = {0};
	char top[256];
	struct err e = {0};

	(void)snprintf(top, sizeof(top), "%s", below("in"));
	if (console_load(top, path, &l, &e))
		fail_msg("%s was given: %s", path, l.bytes);
	assert_string_equal(e.api, "not_found");
	assert_null(l.bytes);
}

static void test_a_folder_gives_its_files(void **state)
{
	(void)state;
	loads("in", "index.html", "<!doctype html>",
	      "text/html; charset=utf-8");
	loads("in", "app/main.js", "export {};",
	      "text/javascript; charset=utf-8");
	loads("in", "empty.css", "", "text/css; charset=utf-8");
	loads("in", "LICENSE", "MIT", "text/plain; charset=utf-8");
	/* The folder itself may be a link: its owner has said so. */
	loads("link", "index.html", "<!doctype html>",
	      "text/html; charset=utf-8");
}

static void test_a_folder_gives_nothing_else(void **state)
{
	static const char *const paths[] = {
		"",
		"/",
		".",
		"..",
		"absent.js",
		"app",
		"app/",
		"app/main.js/",
		"../outside.txt",
		"app/../index.html",
		"./index.html",
		"//index.html",
		"app//main.js",
		"/etc/hostname.txt",
		".git/config.txt",
		"key.pem",
		"link.txt",
		"up/outside.txt",
		"alias/main.js",
		"folder.js",
		"pipe.js",
		"index.html\n",
		"app\\main.js",
		"in\xc3\xa4.js",
		"index.html/x.js",
		"..%2foutside.txt",
	};
	char longest[300];

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		refuses(paths[i]);
	memset(longest, 'a', sizeof(longest));
	memcpy(longest + sizeof(longest) - 4, ".js", 4);
	refuses(longest);
}

static void test_a_folder_that_is_gone(void **state)
{
	struct console_loaded l = {0};
	struct err e = {0};

	(void)state;
	assert_false(console_load(below("nowhere"), "index.html", &l, &e));
	assert_string_equal(e.api, "not_found");
}

static void test_embedded(void **state)
{
	size_t n;
	const struct console_file *all = console_files(&n);

	(void)state;
	assert_non_null(console_find("index.html"));
	assert_non_null(console_find("app/main.js"));
	assert_null(console_find(""));
	assert_null(console_find("src/console/index.html"));
	assert_null(console_find("../index.html"));
	for (size_t i = 0; i < n; i++) {
		char digest[SHA256_HEX_MAX];
		const struct console_file *f = &all[i];

		assert_ptr_equal(console_find(f->path), f);
		assert_string_equal(f->digest,
				    sha256_hex(f->plain, f->len, digest));
		/* RFC 1952: the magic, deflate, and the length at the end. */
		assert_true(f->gzip_len > 18);
		assert_memory_equal(f->gzip, "\x1f\x8b\x08", 3);
		assert_int_equal(f->gzip[f->gzip_len - 4] |
					 f->gzip[f->gzip_len - 3] << 8 |
					 f->gzip[f->gzip_len - 2] << 16,
				 f->len);
	}
}

static void test_types(void **state)
{
	(void)state;
	assert_string_equal(console_type("vendor/uplot.css"),
			    "text/css; charset=utf-8");
	assert_string_equal(console_type("vendor/uplot.LICENSE"),
			    "text/plain; charset=utf-8");
	assert_string_equal(console_type("js"), "text/plain; charset=utf-8");
	assert_string_equal(console_type(".js"), "text/plain; charset=utf-8");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_folder_gives_its_files),
		cmocka_unit_test(test_a_folder_gives_nothing_else),
		cmocka_unit_test(test_a_folder_that_is_gone),
		cmocka_unit_test(test_embedded),
		cmocka_unit_test(test_types),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
