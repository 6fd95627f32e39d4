/* test_helper_settings.c - helper.conf, and whose files are believed. */
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "helper/settings.h"
#include "helper/trust.h"
#include "test_base_folder.h"

static void wrong(const char *text, const char *what)
{
	struct settings s = {0};
	struct err e = {0};

	assert_false(settings_parse(&s, text, "helper.conf", &e));
	assert_string_equal(e.api, "helper_failed");
	if (strstr(e.msg, what) == NULL)
		fail_msg("%s: %s", text, e.msg);
	settings_fini(&s);
}

static void test_all(void **state)
{
	static const char text[] = "; a comment\n"
				   "[helper]\n"
				   "allow = root\n"
				   "allow = 4711\n"
				   "instances = /a/b/\n"
				   "instances = /c\n"
				   "snapshots = /s\n"
				   "[provisioner local]\n"
				   "arguments = a  b\tc\n"
				   "program = /p\n"
				   "[hook local]\n"
				   "program = /h\n"
				   "[tool tar]\n"
				   "program = /bin/tar\n";
	struct settings s = {0};
	struct err e = {0};
	char path[64];

	(void)state;
	assert_true(settings_parse(&s, text, "helper.conf", &e));
	assert_true(settings_allow(&s, 0));
	assert_true(settings_allow(&s, geteuid()));
	assert_true(settings_allow(&s, 4711));
	assert_false(settings_allow(&s, 4712));
	assert_true(settings_serves(&s, 4711));
	assert_false(settings_serves(&s, 0));
	assert_int_equal(s.instances.n, 2);
	assert_string_equal(s.instances.paths[0], "/a/b");
	assert_int_equal(
		settings_program(&s, PROGRAM_PROVISIONER, "local")->narguments,
		3);
	assert_string_equal(
		settings_program(&s, PROGRAM_HOOK, "local")->program, "/h");
	assert_null(settings_program(&s, PROGRAM_HOOK, "other"));
	assert_string_equal(settings_tool(&s, "tar", path, sizeof(path)),
			    "/bin/tar");
	assert_string_equal(settings_tool(&s, "cat", path, sizeof(path)),
			    "/usr/bin/cat");
	settings_fini(&s);
}

static void test_servers(void **state)
{
	static const char text[] = "[helper]\n"
				   "servers = root\n"
				   "servers = 4711\n";
	struct settings s = {0};
	struct err e = {0};

	(void)state;
	assert_true(settings_parse(&s, text, "helper.conf", &e));
	assert_true(settings_serves(&s, 0));
	assert_true(settings_serves(&s, 4711));
	assert_false(settings_serves(&s, 4712));
	assert_false(settings_allow(&s, 4711));
	settings_fini(&s);
}

static void test_wrong(void **state)
{
	char text[600];

	(void)state;
	wrong("[helper]\nallow = no-such-user-here\n", "names no user");
	wrong("[helper]\nallow = 4294967295\n", "is no user");
	wrong("[helper]\nallow = -1\n", "names no user");
	wrong("[helper]\nservers = no-such-user-here\n", "servers names no");
	wrong("[helper]\ninstances = a\n", "absolute path");
	wrong("[helper]\ninstances = /\n", "absolute path");
	wrong("[helper]\nother = a\n", "no such key");
	wrong("[server]\nx = a\n", "unknown section");
	wrong("x = a\n", "unknown section");
	wrong("[hook]\nprogram = /a\n", "unknown section");
	wrong("[hook a/b]\nprogram = /a\n", "no name");
	wrong("[hook .a]\nprogram = /a\n", "no name");
	wrong("[tool rm]\nprogram = /bin/rm\n", "no name");
	wrong("[hook a]\nprogram = a\n", "absolute path");
	wrong("[hook a]\nprogram = /a\nprogram = /b\n", "second program");
	wrong("[hook a]\narguments = b\n", "without program");
	wrong("[tool tar]\narguments = b\n", "no such key");
	wrong("[helper]\nnonsense\n", "line 2");
	(void)snprintf(text, sizeof(text), "[helper]\ninstances = /%0300d\n",
		       0);
	wrong(text, "too long");
}

static void put(const char *path, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "[helper]\n", 9), 9);
	assert_int_equal(close(fd), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void trusts(const char *path, bool is_program, const char *complaint)
{
	struct err e = {0};
	char real[PATH_MAX];
	int fd = trust_open(path, is_program, real, &e);

	if (complaint == NULL && fd < 0)
		fail_msg("%s: %s", path, e.msg);
	if (complaint != NULL && fd >= 0)
		fail_msg("%s is believed, not: %s", path, complaint);
	if (fd < 0)
		assert_non_null(strstr(e.msg, complaint));
	else
		assert_int_equal(close(fd), 0);
	if (complaint == NULL)
		assert_null(strstr(real, ".link"));
}

static void test_trust(void **state)
{
	char path[4096], link[4200];

	assert_non_null(getcwd(path, sizeof(path) - 8));
	(void)state;
	(void)strcat(path, "/file");
	(void)snprintf(link, sizeof(link), "%s.link", path);
	trusts(path, false, "No such file");
	put(path, 0600);
	trusts(path, false, NULL);
	trusts(path, true, "not executable");
	put(path, 0755);
	trusts(path, true, NULL);
	assert_int_equal(symlink(path, link), 0);
	trusts(link, true, NULL);
	put(path, 0775);
	trusts(path, true, "others may write");
	trusts(link, true, "others may write");
	put(path, 0702);
	trusts(path, true, "others may write");
	put(path, 0700);
	assert_int_equal(chmod(".", 0777), 0);
	trusts(path, true, "others may write");
	assert_int_equal(chmod(".", 01777), 0);
	trusts(path, true, NULL);
	assert_int_equal(chmod(".", 0700), 0);
	trusts("/dev/null", false, "not a file");
	trusts("/tmp", false, "not a file");
}

static void test_load(void **state)
{
	struct settings s = {0};
	struct err e = {0};

	(void)state;
	assert_false(settings_load(&s, "missing", &e));
	assert_string_equal(e.api, "not_configured");
	assert_non_null(strstr(e.msg, "missing"));
	put("conf", 0600);
	err_clear(&e);
	assert_true(settings_load(&s, "conf", &e));
	put("conf", 0666);
	assert_false(settings_load(&s, "conf", &e));
	assert_string_equal(e.api, "helper_failed");
	settings_fini(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_servers),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test_setup_teardown(test_trust, enter_folder,
						leave_folder),
		cmocka_unit_test_setup_teardown(test_load, enter_folder,
						leave_folder),
	};

	return cmocka_run_group_tests_name("helper settings", tests, NULL,
					   NULL);
}
