/*
 * Members laid below a folder, beside which nothing may change: honest ones,
 * and all sorts that want to get out.
 */
#include "config.h"

#include "sources/files/load/lay.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "test_files_tar.h"

/* FOLDER/in is laid into, FOLDER/out holds "secret". */
struct rig {
	char folder[64], in[80], out[80];
	int root;
	struct lay_config config;
	struct text tar;
	struct lay *lay;
	struct err err;
};

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

static char *in(struct rig *r, const char *name, char path[4096])
{
	(void)snprintf(path, 4096, "%s/%s", r->in, name);
	return path;
}

static int begin(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));
	char secret[128];

	assert_non_null(r);
	(void)snprintf(r->folder, sizeof(r->folder), "test_lay.XXXXXX");
	assert_non_null(mkdtemp(r->folder));
	(void)snprintf(r->in, sizeof(r->in), "%s/in", r->folder);
	(void)snprintf(r->out, sizeof(r->out), "%s/out", r->folder);
	assert_int_equal(mkdir(r->in, 0755), 0);
	assert_int_equal(mkdir(r->out, 0755), 0);
	(void)snprintf(secret, sizeof(secret), "%s/secret", r->out);
	write_file(secret, "secret");
	r->root = open(r->in, O_RDONLY | O_DIRECTORY);
	assert_true(r->root >= 0);
	r->config.root = r->root;
	*state = r;
	return 0;
}

static void remove_all(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *one;

	while (d != NULL && (one = readdir(d)) != NULL) {
		if (strcmp(one->d_name, ".") != 0 &&
		    strcmp(one->d_name, "..") != 0)
			remove_all(fd, one->d_name);
	}
	if (d != NULL)
		(void)closedir(d);
	(void)unlinkat(dir, name, d != NULL ? AT_REMOVEDIR : 0);
}

/* What lies outside is what it was. */
static void out_is_untouched(struct rig *r)
{
	char path[128], text[16];
	int fd, n = 0;
	DIR *d = opendir(r->out);
	ssize_t len;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	assert_int_equal(n, 3); /* with "." and ".." */
	(void)snprintf(path, sizeof(path), "%s/secret", r->out);
	fd = open(path, O_RDONLY);
	len = read(fd, text, sizeof(text));
	(void)close(fd);
	assert_int_equal(len, 6);
	assert_memory_equal(text, "secret", 6);
}

static int end(void **state)
{
	struct rig *r = *state;

	out_is_untouched(r);
	lay_free(r->lay);
	(void)close(r->root);
	remove_all(AT_FDCWD, r->folder);
	text_free(&r->tar);
	free(r);
	return 0;
}

/* Lays the archive, which is forgotten then. */
static bool lay(struct rig *r)
{
	struct untar *u;
	bool ok, is_over = false;

	err_clear(&r->err);
	lay_free(r->lay);
	r->lay = lay_new(&r->config, &r->err);
	assert_non_null(r->lay);
	u = untar_new(lay_ops(), r->lay, &r->err);
	assert_non_null(u);
	ok = untar_push(u, (unsigned char *)r->tar.data, r->tar.len, &r->err) &&
	     untar_finish(u, &r->err);
	while (ok && !is_over)
		ok = lay_finish(r->lay, 2, &is_over, &r->err);
	untar_free(u);
	text_free(&r->tar);
	return ok;
}

static void refused(struct rig *r, const char *api, const char *word)
{
	assert_false(lay(r));
	assert_string_equal(r->err.api, api);
	if (strstr(r->err.msg, word) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", word, r->err.msg);
	out_is_untouched(r);
}

static void holds(struct rig *r, const char *name, const char *wanted)
{
	char path[4096], text[256];
	int fd = open(in(r, name, path), O_RDONLY | O_NOFOLLOW);
	ssize_t n;

	assert_true(fd >= 0);
	n = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	assert_true(n >= 0);
	text[n] = '\0';
	assert_string_equal(text, wanted);
}

static struct stat stat_of(struct rig *r, const char *name)
{
	char path[4096];
	struct stat st = {0};

	assert_int_equal(lstat(in(r, name, path), &st), 0);
	return st;
}

static bool is_there(struct rig *r, const char *name)
{
	char path[4096];
	struct stat st;

	return lstat(in(r, name, path), &st) == 0;
}

static void a_tree(void **state)
{
	struct rig *r = *state;
	struct text records = {0};
	char path[4096], target[64] = {0};
	struct stat st;

	tar_member(&r->tar, '5', "./", NULL, NULL);
	tar_member(&r->tar, '5', "a", NULL, NULL);
	tar_member(&r->tar, '0', "a/f", NULL, "hello");
	tar_member(&r->tar, '1', "a/g", "a/f", NULL);
	tar_member(&r->tar, '2', "s", "../out/secret", NULL);
	tar_member(&r->tar, '6', "p", NULL, NULL);
	tar_record(&records, "mtime", "-10.25");
	tar_extended(&r->tar, &records);
	tar_member(&r->tar, '0', "old", NULL, NULL);
	tar_member(&r->tar, '0', "no/folder/f", NULL, "x");
	tar_member(&r->tar, '3', "dev", NULL, NULL);
	tar_end(&r->tar);
	assert_true(lay(r));
	holds(r, "a/f", "hello");
	holds(r, "no/folder/f", "x");
	st = stat_of(r, "a/f");
	assert_int_equal(st.st_mode, S_IFREG | 0640);
	assert_int_equal(st.st_mtim.tv_sec, 1000000000);
	assert_int_equal(st.st_nlink, 2);
	assert_true(st.st_ino == stat_of(r, "a/g").st_ino);
	assert_true(S_ISFIFO(stat_of(r, "p").st_mode));
	st = stat_of(r, "a");
	assert_int_equal(st.st_mode, S_IFDIR | 0750);
	assert_int_equal(st.st_mtim.tv_sec, 1000000000);
	assert_int_equal(stat_of(r, ".").st_mtim.tv_sec, 1000000000);
	st = stat_of(r, "old");
	assert_int_equal(st.st_mtim.tv_sec, -11);
	assert_int_equal(st.st_mtim.tv_nsec, 750000000);
	assert_int_equal(readlink(in(r, "s", path), target, 63), 13);
	assert_string_equal(target, "../out/secret");
	assert_int_equal(stat_of(r, "s").st_mtim.tv_sec, 1000000000);
	assert_false(is_there(r, "dev"));
	assert_int_equal(lay_notes(r->lay)->all, 1);
	assert_non_null(strstr(lay_notes(r->lay)->list[0].text, "dev"));
	assert_int_equal(lay_facts(r->lay)->members, 9);
	assert_int_equal(lay_facts(r->lay)->bytes, 6);
}

static void links_are_not_followed(void **state)
{
	struct rig *r = *state;

	tar_member(&r->tar, '2', "s", "../out", NULL);
	tar_member(&r->tar, '0', "s/new", NULL, "x");
	refused(r, "damaged_backup", "no folder");
	tar_member(&r->tar, '2', "u", "../out", NULL);
	tar_member(&r->tar, '0', "u/secret", NULL, "x");
	refused(r, "damaged_backup", "no folder");
	tar_member(&r->tar, '2', "v", "../out", NULL);
	tar_member(&r->tar, '5', "v/x", NULL, NULL);
	refused(r, "damaged_backup", "no folder");
	tar_member(&r->tar, '2', "w", "../out", NULL);
	tar_member(&r->tar, '6', "w/p", NULL, NULL);
	refused(r, "damaged_backup", "no folder");
	tar_member(&r->tar, '2', "x", "../out", NULL);
	tar_member(&r->tar, '2', "x/t", "x", NULL);
	refused(r, "damaged_backup", "no folder");
	/* /proc/self/fd/N would lead anywhere */
	tar_member(&r->tar, '2', "m", "/proc/self/cwd", NULL);
	tar_member(&r->tar, '0', "m/x", NULL, "x");
	refused(r, "damaged_backup", "no folder");
	/* within the folder neither */
	tar_member(&r->tar, '5', "d", NULL, NULL);
	tar_member(&r->tar, '2', "t", "d", NULL);
	tar_member(&r->tar, '0', "t/x", NULL, "x");
	refused(r, "damaged_backup", "no folder");
	assert_false(is_there(r, "d/x"));
}

/* Over others, a link in the way is not followed but goes; in the end what lies
 * outside is what it was (see end()). A hard link's target never is made way
 * for. */
static void links_make_way(void **state)
{
	static const char *const targets[] = {
		"../out", "/proc/self/cwd/test_lay", "d", ".", "..", "gone",
	};
	struct rig *r = *state;
	char path[4096];

	assert_int_equal(mkdir(in(r, "d", path), 0700), 0);
	r->config.is_overwrite = true;
	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
		tar_member(&r->tar, '2', "s", targets[i], NULL);
		tar_member(&r->tar, '0', "s/secret", NULL, "x");
		tar_member(&r->tar, '2', "s/l", "../../out", NULL);
		tar_member(&r->tar, '5', "s/l/deep/er", NULL, NULL);
		tar_member(&r->tar, '6', "s/l/p", NULL, NULL);
		tar_member(&r->tar, '2', "s/t", "../../out", NULL);
		tar_member(&r->tar, '1', "s/t/h", "s/secret", NULL);
		assert_true(lay(r));
		holds(r, "s/secret", "x");
		holds(r, "s/t/h", "x");
		assert_true(S_ISDIR(stat_of(r, "s/l/deep/er").st_mode));
		assert_false(is_there(r, "d/secret"));
		remove_all(r->root, "s");
	}
	tar_member(&r->tar, '2', "s", "../out", NULL);
	tar_member(&r->tar, '1', "h", "s/secret", NULL);
	refused(r, "damaged_backup", "no folder");
}

/* A file where a link is: the link goes, what it leads to stays. */
static void a_link_is_replaced_itself(void **state)
{
	struct rig *r = *state;

	r->config.is_overwrite = true;
	tar_member(&r->tar, '2', "s", "../out/secret", NULL);
	tar_member(&r->tar, '0', "s", NULL, "new");
	tar_member(&r->tar, '2', "d", "../out", NULL);
	tar_member(&r->tar, '5', "d", NULL, NULL);
	tar_member(&r->tar, '0', "d/new", NULL, "x");
	assert_true(lay(r));
	holds(r, "s", "new");
	holds(r, "d/new", "x");
	assert_true(S_ISDIR(stat_of(r, "d").st_mode));
}

/* A folder's mode and times come last, when it may be a link by then. */
static void a_folder_that_became_a_link(void **state)
{
	struct rig *r = *state;

	tar_member(&r->tar, '5', "d", NULL, NULL);
	tar_member(&r->tar, '2', "d", "../out", NULL);
	refused(r, "target_failed", "exists");
	r->config.is_overwrite = true;
	tar_member(&r->tar, '2', "e", "../out", NULL);
	tar_member(&r->tar, '5', "e", NULL, NULL);
	tar_member(&r->tar, '2', "f", "../out", NULL);
	assert_true(lay(r));
	assert_true(S_ISLNK(stat_of(r, "f").st_mode));
}

static void hard_links_stay_in(void **state)
{
	struct rig *r = *state;

	tar_member(&r->tar, '1', "h", "not/there", NULL);
	refused(r, "damaged_backup", "another name of what is not there");
	tar_member(&r->tar, '1', "h", "gone", NULL);
	refused(r, "damaged_backup", "another name of what is not there");
	/* of a symbolic link: the link itself */
	tar_member(&r->tar, '2', "s", "../out/secret", NULL);
	tar_member(&r->tar, '1', "h", "s", NULL);
	assert_true(lay(r));
	assert_true(S_ISLNK(stat_of(r, "h").st_mode));
}

static void what_is_there_stays(void **state)
{
	struct rig *r = *state;
	char path[4096];

	write_file(in(r, "f", path), "mine");
	tar_member(&r->tar, '0', "f", NULL, "theirs");
	refused(r, "target_failed", "exists");
	holds(r, "f", "mine");
	tar_member(&r->tar, '5', "f", NULL, NULL);
	refused(r, "target_failed", "exists");
	holds(r, "f", "mine");
}

static void overwritten(void **state)
{
	struct rig *r = *state;
	char path[4096], other[4096];

	write_file(in(r, "f", path), "mine, and longer");
	assert_int_equal(link(path, in(r, "other", other)), 0);
	assert_int_equal(mkdir(in(r, "d", path), 0500), 0);
	assert_int_equal(mkdir(in(r, "full", path), 0700), 0);
	write_file(in(r, "full/kept", path), "kept");
	r->config.is_overwrite = true;
	tar_member(&r->tar, '0', "f", NULL, "theirs");
	tar_member(&r->tar, '5', "d", NULL, NULL);
	tar_member(&r->tar, '0', "d/new", NULL, "new");
	tar_member(&r->tar, '0', "full/new", NULL, "new");
	assert_true(lay(r));
	holds(r, "f", "theirs");
	holds(r, "other", "mine, and longer"); /* not written through */
	holds(r, "full/kept", "kept");
	holds(r, "full/new", "new");
	assert_int_equal(stat_of(r, "d").st_mode, S_IFDIR | 0750);
	tar_member(&r->tar, '0', "full", NULL, "a file");
	refused(r, "target_failed", "is a folder");
	holds(r, "full/kept", "kept");
}

/* An increment: the folder comes after what is in it. */
static void folders_that_come_last(void **state)
{
	struct rig *r = *state;
	char path[4096];

	write_file(in(r, "a", path), "a file");
	assert_int_equal(mkdir(in(r, "b", path), 0755), 0);
	assert_int_equal(symlink("../../out", in(r, "b/s", path)), 0);
	assert_int_equal(mkdir(in(r, "c", path), 0755), 0);
	write_file(in(r, "c/kept", path), "kept");
	tar_member(&r->tar, '0', "a/f", NULL, "x");
	refused(r, "damaged_backup", "no folder");
	r->config.is_overwrite = true;
	tar_member(&r->tar, '0', "a/x/f", NULL, "a");
	tar_member(&r->tar, '0', "b/s/secret", NULL, "b");
	tar_member(&r->tar, '1', "b/s/link", "a/x/f", NULL);
	tar_member(&r->tar, '0', "c/new", NULL, "c");
	tar_member(&r->tar, '5', "a/x", NULL, NULL);
	tar_member(&r->tar, '5', "a", NULL, NULL);
	tar_member(&r->tar, '5', "b/s", NULL, NULL);
	tar_member(&r->tar, '5', "c", NULL, NULL);
	assert_true(lay(r));
	holds(r, "a/x/f", "a");
	holds(r, "b/s/secret", "b");
	holds(r, "b/s/link", "a");
	holds(r, "c/kept", "kept");
	assert_int_equal(stat_of(r, "a").st_mode, S_IFDIR | 0750);
	assert_int_equal(stat_of(r, "a/x").st_mode, S_IFDIR | 0750);
	assert_int_equal(stat_of(r, "b/s").st_mode, S_IFDIR | 0750);
}

/* Without root's rights for as long. */
static bool lay_as_nobody(struct rig *r)
{
	bool is_root = geteuid() == 0, ok;

	if (is_root)
		assert_int_equal(setresuid(65534, 65534, 0), 0);
	ok = lay(r);
	if (is_root)
		assert_int_equal(setresuid(0, 0, 0), 0);
	return ok;
}

static void is_nobodys(struct rig *r, const char *name)
{
	char path[4096];

	if (geteuid() == 0)
		assert_int_equal(lchown(in(r, name, path), 65534, 65534), 0);
}

static void folders_that_are_closed(void **state)
{
	static const char *const made[] = {"", "a", "a/b", "c", "e", "a/b/f"};
	static const mode_t modes[] = {0755, 0555, 0555, 0, 0111, 0644};
	struct rig *r = *state;
	char path[4096];

	for (size_t i = 1; i < 5; i++)
		assert_int_equal(mkdir(in(r, made[i], path), 0700), 0);
	write_file(in(r, "a/b/f", path), "old");
	assert_int_equal(symlink("../out", in(r, "c/s", path)), 0);
	for (size_t i = 0; i < 6; i++)
		is_nobodys(r, made[i]);
	for (size_t i = 6; i-- > 0;)
		assert_int_equal(chmod(in(r, made[i], path), modes[i]), 0);
	r->config.is_overwrite = true;
	tar_member(&r->tar, '0', "a/b/f", NULL, "new");
	tar_member(&r->tar, '5', "a/b/g", NULL, NULL);
	tar_member(&r->tar, '2', "a/l", "x", NULL);
	tar_member(&r->tar, '0', "c/s/secret", NULL, "x");
	tar_member(&r->tar, '5', "e", NULL, NULL);
	tar_member(&r->tar, '0', "e/f", NULL, "e");
	tar_member(&r->tar, '5', "a/b", NULL, NULL);
	tar_member(&r->tar, '5', "a", NULL, NULL);
	tar_member(&r->tar, '5', "c", NULL, NULL);
	tar_member(&r->tar, '5', "c/s", NULL, NULL);
	if (!lay_as_nobody(r))
		fail_msg("%s", r->err.msg);
	holds(r, "a/b/f", "new");
	holds(r, "c/s/secret", "x");
	holds(r, "e/f", "e");
	for (size_t i = 1; i < 5; i++)
		assert_int_equal(stat_of(r, made[i]).st_mode, S_IFDIR | 0750);
	/* Somebody else's is not ours to open. */
	if (geteuid() != 0)
		return;
	assert_int_equal(chown(in(r, "a/b", path), 0, 0), 0);
	tar_member(&r->tar, '0', "a/b/f", NULL, "newer");
	assert_false(lay_as_nobody(r));
	assert_non_null(strstr(r->err.msg, "give the server's user"));
	holds(r, "a/b/f", "new");
}

/* A file that was changed while it was read comes twice; nothing else may. */
static void at_once_again(void **state)
{
	struct rig *r = *state;

	tar_member(&r->tar, '0', "f", NULL, "first");
	tar_member(&r->tar, '0', "f", NULL, "second");
	tar_member(&r->tar, '0', "g", NULL, "g");
	assert_true(lay(r));
	holds(r, "f", "second");
	tar_member(&r->tar, '0', "x", NULL, "first");
	tar_member(&r->tar, '0', "y", NULL, "y");
	tar_member(&r->tar, '0', "x", NULL, "second");
	refused(r, "target_failed", "exists");
}

static void under_the_name_of_a_link(void **state)
{
	static char from[] = "a/f", to[] = "b/link";
	const struct lay_rename renames[] = {{from, to}};
	struct rig *r = *state;

	r->config.renames = renames;
	r->config.nrenames = 1;
	tar_member(&r->tar, '0', "a/f", NULL, "text");
	tar_member(&r->tar, '1', "b/link", "a/f", NULL);
	tar_member(&r->tar, '1', "c", "a/f", NULL);
	assert_true(lay(r));
	holds(r, "b/link", "text");
	assert_true(stat_of(r, "c").st_ino == stat_of(r, "b/link").st_ino);
	assert_false(is_there(r, "a"));
}

static void holes_are_holes(void **state)
{
	struct rig *r = *state;
	struct text records = {0};
	struct stat st;

	tar_record(&records, "GNU.sparse.major", "1");
	tar_record(&records, "GNU.sparse.minor", "0");
	tar_record(&records, "GNU.sparse.realsize", "104857600");
	tar_extended(&r->tar, &records);
	tar_header(&r->tar, '0', "sparse", NULL, 512 + 3);
	text_str(&r->tar, "1\n52428800\n3\n");
	tar_pad(&r->tar);
	text_str(&r->tar, "abc");
	tar_pad(&r->tar);
	assert_true(lay(r));
	st = stat_of(r, "sparse");
	assert_int_equal(st.st_size, 104857600);
	assert_true(st.st_blocks < 2048);
	assert_int_equal(lay_facts(r->lay)->bytes, 3);
}

/* Deeper than a path may be long: PATH_MAX is 4096. */
static void deep_paths(void **state)
{
	struct rig *r = *state;
	struct text path = {0}, records = {0};
	int fd, next;

	for (int i = 0; i < 60; i++)
		text_printf(&path, "%0*d/", 99, i);
	text_str(&path, "f");
	tar_record(&records, "path", path.data);
	tar_extended(&r->tar, &records);
	tar_member(&r->tar, '0', "short", NULL, "deep");
	tar_record(&records, "path", path.data);
	text_free(&records);
	tar_record(&records, "linkpath", path.data);
	tar_extended(&r->tar, &records);
	tar_member(&r->tar, '1', "link", "short", NULL);
	assert_true(lay(r));
	fd = dup(r->root);
	for (int i = 0; i < 60; i++) {
		char name[128];

		(void)snprintf(name, sizeof(name), "%0*d", 99, i);
		next = openat(fd, name, O_RDONLY | O_DIRECTORY);
		assert_true(next >= 0);
		(void)close(fd);
		fd = next;
	}
	assert_int_equal(faccessat(fd, "f", R_OK, 0), 0);
	(void)close(fd);
	holds(r, "link", "deep");
	text_free(&path);
}

static void attributes(void **state)
{
	struct rig *r = *state;
	struct text records = {0};
	char path[4096], value[16] = {0};

	write_file(in(r, "probe", path), "");
	if (setxattr(path, "user.x", "y", 1, 0) != 0)
		skip(); /* this file system has none */
	tar_record(&records, "SCHILY.xattr.user.color", "blue");
	tar_record(&records, "SCHILY.xattr.nonsense", "x");
	tar_extended(&r->tar, &records);
	tar_member(&r->tar, '0', "f", NULL, "x");
	tar_record(&records, "SCHILY.xattr.user.color", "red");
	tar_extended(&r->tar, &records);
	tar_member(&r->tar, '5', "d", NULL, NULL);
	assert_true(lay(r));
	assert_int_equal(getxattr(in(r, "f", path), "user.color", value, 16),
			 4);
	assert_memory_equal(value, "blue", 4);
	assert_int_equal(getxattr(in(r, "d", path), "user.color", value, 16),
			 3);
	assert_int_equal(lay_notes(r->lay)->all, 1);
	assert_non_null(strstr(lay_notes(r->lay)->list[0].text, "nonsense"));
}

/* Who restores without rights does not hand his own on. */
static void acting_bits_without_owners(void **state)
{
	struct rig *r = *state;

	tar_member(&r->tar, '0', "f", NULL, "x");
	memcpy(r->tar.data + 100, "0006755", 7);
	{
		unsigned sum = 0;

		memset(r->tar.data + 148, ' ', 8);
		for (int i = 0; i < 512; i++)
			sum += (unsigned char)r->tar.data[i];
		(void)snprintf(r->tar.data + 148, 8, "%06o", sum);
	}
	assert_true(lay(r));
	assert_int_equal(stat_of(r, "f").st_mode, S_IFREG | 0755);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_tree, begin, end),
		cmocka_unit_test_setup_teardown(links_are_not_followed, begin,
						end),
		cmocka_unit_test_setup_teardown(a_link_is_replaced_itself,
						begin, end),
		cmocka_unit_test_setup_teardown(a_folder_that_became_a_link,
						begin, end),
		cmocka_unit_test_setup_teardown(hard_links_stay_in, begin, end),
		cmocka_unit_test_setup_teardown(what_is_there_stays, begin,
						end),
		cmocka_unit_test_setup_teardown(overwritten, begin, end),
		cmocka_unit_test_setup_teardown(links_make_way, begin, end),
		cmocka_unit_test_setup_teardown(folders_that_come_last, begin,
						end),
		cmocka_unit_test_setup_teardown(folders_that_are_closed, begin,
						end),
		cmocka_unit_test_setup_teardown(at_once_again, begin, end),
		cmocka_unit_test_setup_teardown(under_the_name_of_a_link, begin,
						end),
		cmocka_unit_test_setup_teardown(holes_are_holes, begin, end),
		cmocka_unit_test_setup_teardown(deep_paths, begin, end),
		cmocka_unit_test_setup_teardown(attributes, begin, end),
		cmocka_unit_test_setup_teardown(acting_bits_without_owners,
						begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
