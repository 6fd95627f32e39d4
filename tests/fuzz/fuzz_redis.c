/*
 * fuzz_redis.c - what a Redis answers, through a whole dump of it: the first
 * byte tells what is asked when it does, the second in what pieces. Then the
 * server hangs up. A dump fails with a code and a sentence, or what came out
 * is a snapshot.
 *
 * make check runs it over tests/data/redis (run_files.c); tests/faults/fuzz
 * fuzzes.
 */
#include "test_redis_dump_rig.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop/loop.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char *const asked[] = {
	"INFO", "ROLE", "ACL WHOAMI", "REPLCONF", "PSYNC",
};

static char folder[] = "/tmp/coffer-fuzz-redis.XXXXXX";
static char path[sizeof(folder) + 8];

static void remove_folder(void)
{
	(void)unlink(path);
	(void)rmdir(folder);
}

static void make_folder(void)
{
	if (mkdtemp(folder) == NULL)
		abort();
	(void)snprintf(path, sizeof(path), "%s/s", folder);
	(void)atexit(remove_folder);
}

static void check(const struct dump_rig *r)
{
	static const char magic[] = "REDIS";

	if (err_is(&r->err)) {
		if (r->err.api[0] == '\0' || r->err.msg[0] == '\0')
			abort();
	} else if (r->bytes.len < sizeof(magic) ||
		   memcmp(r->bytes.data, magic, sizeof(magic) - 1) != 0) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fake_redis_answer a = {.then = FAKE_REDIS_CUTS};
	struct dump_rig rig;
	size_t pieces;

	if (len < 3)
		return 0;
	if (path[0] == '\0')
		make_folder();
	a.begins = asked[data[0] % (sizeof(asked) / sizeof(asked[0]))];
	pieces = data[1] % 4 == 0 ? data[1] : 0;
	a.says = (const char *)data + 2;
	a.len = len - 2;
	rig_init(&rig);
	rig_answer(&rig, &a);
	rig.socket = path;
	(void)unlink(path);
	rig_start(&rig);
	fake_redis_pieces(rig.fake, pieces);
	loop_run(rig.loop);
	check(&rig);
	rig_fini(&rig);
	return 0;
}
