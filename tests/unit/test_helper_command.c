/* test_helper_command.c - from requests to arguments and option files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "helper/command.h"
#include "helper/request.h"
#include "helper/settings.h"

static const char config[] = "[provisioner local]\n"
			     "program = /opt/local\n"
			     "arguments = --config  /etc/local.conf\n"
			     "[hook btrfs]\n"
			     "program = /opt/btrfs\n"
			     "[tool mariadb-backup]\n"
			     "program = /opt/mariadb-backup\n";

struct built {
	struct settings settings;
	struct request request;
	struct command command;
	struct err err;
	char line[1000]; /* argv, parted by blanks */
};

static bool build(struct built *b, const char *text)
{
	bool ok;

	memset(b, 0, sizeof(*b));
	assert_true(settings_parse(&b->settings, config, "c", &b->err));
	assert_true(request_parse(&b->request, text, strlen(text), &b->err));
	ok = command_build(&b->command, &b->settings, &b->request, &b->err);
	for (size_t i = 0; i < b->command.argc; i++) {
		size_t n = strlen(b->line);

		(void)snprintf(b->line + n, sizeof(b->line) - n, "%s%s",
			       n > 0 ? " " : "", b->command.argv[i]);
	}
	assert_null(b->command.argv[b->command.argc]);
	return ok;
}

static void drop(struct built *b)
{
	command_fini(&b->command);
	request_fini(&b->request);
	settings_fini(&b->settings);
}

static void gives(const char *text, const char *line)
{
	struct built b;

	assert_true(build(&b, text));
	assert_string_equal(b.line, line);
	drop(&b);
}

static void test_contracts(void **state)
{
	struct built b;

	(void)state;
	gives("{\"verb\":\"provision\",\"name\":\"local\","
	      "\"fields\":{\"operation\":\"prepare\"}}",
	      "/opt/local --config /etc/local.conf prepare");
	gives("{\"verb\":\"hook\",\"name\":\"btrfs\","
	      "\"fields\":{\"operation\":\"create\"}}",
	      "/opt/btrfs create");
	/* A provisioner's name is no hook's. */
	assert_false(build(&b, "{\"verb\":\"hook\",\"name\":\"local\","
			       "\"fields\":{\"operation\":\"create\"}}"));
	assert_string_equal(b.err.api, "not_configured");
	drop(&b);
}

#define BACKUP "{\"verb\":\"backup\",\"name\":\"mariadb-backup\","
#define FIXED                                                                  \
	"/opt/mariadb-backup --defaults-file=/dev/fd/3 --backup "              \
	"--stream=xbstream --target-dir=."

static void test_backup(void **state)
{
	(void)state;
	gives(BACKUP "\"fields\":{}}", FIXED);
	gives(BACKUP "\"fields\":{\"parallel\":4,\"incremental_lsn\":77}}",
	      FIXED " --parallel=4 --incremental-lsn=77");
	gives(BACKUP "\"fields\":{\"incremental_lsn\":0}}",
	      FIXED " --incremental-lsn=0");
	gives(BACKUP "\"fields\":{\"databases\":[\"a\",\"b\"],"
		     "\"tables\":[\"c.d\"]}}",
	      FIXED " --databases=a b c.d");
}

/* Nothing of an account is in the arguments; no value can begin a line. */
static void test_option_file(void **state)
{
	struct built b;

	(void)state;
	assert_true(build(&b, BACKUP
			  "\"fields\":{\"user\":\"b\\\"k\",\"socket\":\"/s\","
			  "\"host\":\"h\",\"port\":3307,\"tls\":\"verify\","
			  "\"ca_file\":\"/ca\"},"
			  "\"secret\":\"a\\\\b\\\"c #d\"}"));
	assert_string_equal(b.line, FIXED);
	assert_string_equal(b.command.option_file.data,
			    "[mariadb-backup]\n"
			    "user=\"b\\\"k\"\n"
			    "password=\"a\\\\b\\\"c #d\"\n"
			    "socket=\"/s\"\n"
			    "host=\"h\"\n"
			    "protocol=tcp\n"
			    "port=3307\n"
			    "ssl\nssl-verify-server-cert\n"
			    "ssl-ca=\"/ca\"\n");
	assert_int_equal(b.command.place, PLACE_SCRATCH);
	drop(&b);
	assert_true(build(&b, BACKUP "\"fields\":{\"tls\":\"disabled\"}}"));
	assert_string_equal(b.command.option_file.data,
			    "[mariadb-backup]\nskip-ssl\n");
	drop(&b);
}

static void test_folders(void **state)
{
	struct built b;

	(void)state;
	gives("{\"verb\":\"unpack\",\"name\":\"xbstream\","
	      "\"fields\":{\"directory\":\"/i/x\",\"parallel\":2}}",
	      "/usr/bin/mbstream -x --parallel=2");
	gives("{\"verb\":\"prepare\",\"name\":\"mariadb-backup\","
	      "\"fields\":{\"directory\":\"/i/x\",\"export\":true,"
	      "\"memory_bytes\":1048576,\"incremental_directory\":\"/i/y\"}}",
	      "/opt/mariadb-backup --prepare --target-dir=. "
	      "--plugin-dir=/usr/lib/mysql/plugin "
	      "--incremental-dir=/dev/fd/3 --export --use-memory=1048576");
	assert_true(build(&b, "{\"verb\":\"unpack\",\"name\":\"rdb\","
			      "\"fields\":{\"directory\":\"/i/x\"}}"));
	assert_string_equal(b.line, "/usr/bin/cat");
	assert_string_equal(b.command.output_file, "dump.rdb");
	assert_string_equal(b.command.directory, "/i/x");
	assert_int_equal(b.command.place, PLACE_INSTANCES);
	drop(&b);
	assert_true(build(&b, "{\"verb\":\"pack\",\"name\":\"tar\","
			      "\"fields\":{\"directory\":\"/s/x\"}}"));
	assert_int_equal(b.command.place, PLACE_SNAPSHOTS);
	drop(&b);
	assert_false(build(&b, "{\"verb\":\"unpack\",\"name\":\"zip\","
			       "\"fields\":{\"directory\":\"/i/x\"}}"));
	assert_string_equal(b.err.api, "not_configured");
	drop(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_contracts),
		cmocka_unit_test(test_backup),
		cmocka_unit_test(test_option_file),
		cmocka_unit_test(test_folders),
	};

	return cmocka_run_group_tests_name("helper commands", tests, NULL,
					   NULL);
}
