/* test_helper_request.c - what coffer-helper lets itself be asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "helper/request.h"

static bool parses(const char *text, struct err *e)
{
	struct request r = {0};
	bool ok = request_parse(&r, text, strlen(text), e);

	request_fini(&r);
	return ok;
}

static void refused(const char *text, const char *what)
{
	struct err e = {0};

	assert_false(parses(text, &e));
	assert_string_equal(e.api, "program_refused");
	if (strstr(e.msg, what) == NULL)
		fail_msg("%s: %s", text, e.msg);
}

static void taken(const char *text)
{
	struct err e = {0};

	if (!parses(text, &e))
		fail_msg("%s: %s", text, e.msg);
}

/* A request of one field, beside what its verb needs. */
static void field(const char *verb, const char *name, const char *more,
		  const char *value, bool is_right)
{
	char text[9000], what[64];

	(void)snprintf(text, sizeof(text),
		       "{\"verb\":\"%s\",\"name\":\"x\",\"fields\":{%s\"%s\":%s"
		       "}}",
		       verb, more, name, value);
	(void)snprintf(what, sizeof(what), "\"%s\"", name);
	if (is_right)
		taken(text);
	else
		refused(text, what);
}

static void test_verbs(void **state)
{
	(void)state;
	taken("{\"verb\":\"list\"}");
	taken("{\"verb\":\"list\",\"name\":null,\"fields\":null,"
	      "\"secret\":null}");
	refused("{\"verb\":\"List\"}", "verb");
	refused("{\"verb\":\"\"}", "verb");
	refused("{\"fields\":{}}", "verb");
	refused("{\"verb\":\"list\",\"argv\":[]}", "argv");
	refused("[]", "no JSON object");
	refused("{\"verb\":\"list\"}{}", "no JSON object");
	refused("{\"verb\":\"list\",\"verb\":\"list\"}", "no JSON object");
	refused("{\"verb\":\"list\",\"fields\":3}", "fields");
	refused("{\"verb\":\"li\\u0000st\"}", "no JSON object");
}

static void test_names(void **state)
{
	(void)state;
	taken("{\"verb\":\"hook\",\"name\":\"btr-fs_1.x\","
	      "\"fields\":{\"operation\":\"probe\"}}");
	refused("{\"verb\":\"hook\",\"name\":\"a/b\","
		"\"fields\":{\"operation\":\"probe\"}}",
		"name");
	refused("{\"verb\":\"hook\",\"fields\":{\"operation\":\"probe\"}}",
		"name");
	refused("{\"verb\":\"remove\",\"name\":\"x\","
		"\"fields\":{\"directory\":\"/a\"}}",
		"name");
	refused("{\"verb\":\"hook\",\"name\":\"x\"}", "operation");
}

static void test_secrets(void **state)
{
	(void)state;
	taken("{\"verb\":\"backup\",\"name\":\"x\",\"secret\":\"p w\"}");
	refused("{\"verb\":\"backup\",\"name\":\"x\",\"secret\":\"p\\nw\"}",
		"secret");
	refused("{\"verb\":\"backup\",\"name\":\"x\",\"secret\":1}", "secret");
	refused("{\"verb\":\"pack\",\"name\":\"x\",\"secret\":\"p\"}",
		"secret");
}

static void test_fields(void **state)
{
	(void)state;
	field("hook", "operation", "", "\"create\"", true);
	field("hook", "operation", "", "\"-x\"", false);
	field("hook", "operation", "", "\"Create\"", false);
	field("hook", "operation", "", "\"\"", false);
	field("hook", "path", "\"operation\":\"x\",", "\"/\"", false);
	field("backup", "port", "", "3306", true);
	field("backup", "port", "", "0", false);
	field("backup", "port", "", "65536", false);
	field("backup", "port", "", "\"3306\"", false);
	field("backup", "port", "", "33.5", false);
	field("backup", "host", "", "\"db-1.example\"", true);
	field("backup", "host", "", "\"::1\"", true);
	field("backup", "host", "", "\"-oops\"", false);
	field("backup", "host", "", "\"a b\"", false);
	field("backup", "user", "", "\"bk@x y\"", true);
	field("backup", "user", "", "\"a\\nplugin=b\"", false);
	field("backup", "user", "", "\"\"", false);
	field("backup", "socket", "", "\"/run/mysqld/mysqld.sock\"", true);
	field("backup", "socket", "", "\"run/x\"", false);
	field("backup", "socket", "", "\"/run/../x\"", false);
	field("backup", "incremental_lsn", "", "0", true);
	field("backup", "incremental_lsn", "", "9223372036854775807", true);
	field("backup", "incremental_lsn", "", "-1", false);
	field("backup", "tls", "", "\"verify\"", true);
	field("backup", "tls", "", "\"maybe\"", false);
	field("backup", "databases", "", "[\"a\",\"b$\"]", true);
	field("backup", "databases", "", "[]", false);
	field("backup", "databases", "", "[\"a b\"]", false);
	field("backup", "databases", "", "[\"\"]", false);
	field("backup", "databases", "", "[1]", false);
	field("backup", "databases", "", "\"a\"", false);
	field("prepare", "export", "\"directory\":\"/a\",", "true", true);
	field("prepare", "export", "\"directory\":\"/a\",", "1", false);
}

static void test_folders(void **state)
{
	static const char *const wrong[] = {
		"\"\"",	   "\"a\"",	"\"/\"",	 "\"/a/\"",
		"\"//a\"", "\"/a//b\"", "\"/a/./b\"",	 "\"/a/..\"",
		"\"/..\"", "\"/a\\n\"", "\"/a\\u007f\"", "7",
		"null",	   "[\"/a\"]"};
	char text[6000];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		field("unpack", "directory", "", wrong[i], false);
	field("unpack", "directory", "", "\"/a/..b/.c/d e\"", true);
	(void)snprintf(text, sizeof(text), "\"/%05000d\"", 0);
	field("unpack", "directory", "", text, false);
	(void)snprintf(text, sizeof(text), "\"/%0256d\"", 0);
	field("unpack", "directory", "", text, false);
	(void)snprintf(text, sizeof(text), "\"/%0255d\"", 0);
	field("unpack", "directory", "", text, true);
}

static void test_values(void **state)
{
	static const char text[] =
		"{\"verb\":\"prepare\",\"name\":\"mariadb-backup\","
		"\"fields\":{\"directory\":\"/a/b\",\"export\":true,"
		"\"memory_bytes\":2000000}}";
	struct request r = {0};
	struct err e = {0};

	(void)state;
	assert_true(request_parse(&r, text, strlen(text), &e));
	assert_int_equal(r.verb, VERB_PREPARE);
	assert_string_equal(r.name, "mariadb-backup");
	assert_string_equal(request_text(&r, "directory"), "/a/b");
	assert_int_equal(request_number(&r, "memory_bytes"), 2000000);
	assert_true(request_flag(&r, "export"));
	assert_null(request_text(&r, "incremental_directory"));
	assert_null(r.secret);
	request_fini(&r);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verbs),	cmocka_unit_test(test_names),
		cmocka_unit_test(test_secrets), cmocka_unit_test(test_fields),
		cmocka_unit_test(test_folders), cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests_name("helper requests", tests, NULL,
					   NULL);
}
