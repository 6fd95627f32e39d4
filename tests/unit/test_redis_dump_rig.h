/* test_redis_dump_rig.h - a dump of a fake server, and what comes out. */
#ifndef COFFER_TESTS_TEST_REDIS_DUMP_RIG_H
#define COFFER_TESTS_TEST_REDIS_DUMP_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "fake_redis.h"
#include "pipeline/pipeline.h"
#include "sources/dump.h"

/* What a healthy server answers to all but PSYNC. */
#define RIG_INFO                                                               \
	"# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\n"        \
	"loading:0\r\nused_memory_rss:1048576\r\n"                             \
	"total_system_memory:1073741824\r\nrole:master\r\n"
#define RIG_MARK   "0123456789abcdef0123456789ABCDEF01234567"
#define RIG_ID	   "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd"
#define RIG_RESYNC "+FULLRESYNC " RIG_ID " 77\r\n"

enum { RIG_ANSWERS = 16 };

struct dump_rig {
	struct loop *loop;
	struct source_env env;
	struct dump_config config;
	struct fake_redis_answer answers[RIG_ANSWERS];
	size_t nanswers;
	struct text info;   /* the reply to INFO */
	const char *socket; /* where it listens; NULL: on a port */
	struct fake_redis *fake;
	struct dump *dump;
	struct pipeline *pipe;
	struct err err;
	struct text bytes; /* all frames */
	struct text items; /* "type group rows;" in the order of their ends */
	struct text phases;
	uint64_t next_number;
	uint64_t rows; /* of the item at hand */
	size_t nframes;
	bool is_closed; /* the last frame was not open */
	size_t stop_at; /* ends the loop after so many bytes, 0: not */
};

/* A server that takes what a replica says first; change r->config. */
void rig_init(struct dump_rig *r);

/* Goes before all that was said earlier. says is borrowed. */
void rig_answer(struct dump_rig *r, const struct fake_redis_answer *a);

/* The reply to INFO. */
void rig_info(struct dump_rig *r, const char *info);

/* Starts the server and the dump; rig_run() also runs it to its end. */
void rig_start(struct dump_rig *r);
const struct dump_facts *rig_run(struct dump_rig *r);

/* Ends the pipeline and the dump, to be started again with other answers. */
void rig_stop(struct dump_rig *r);

/* One turn of the loop, which waits for something to happen. */
void rig_turn(struct dump_rig *r);

void rig_fini(struct dump_rig *r);

bool rig_has_warning(const struct dump_rig *r, const char *code);

/* An RDB file, grown bit by bit. */
void make_begin(struct text *t);
void make_byte(struct text *t, unsigned byte);
void make_string(struct text *t, const char *s, size_t len);
void make_select(struct text *t, unsigned database);
void make_key(struct text *t, const char *name, const char *value);
void make_key_until(struct text *t, const char *name, const char *value,
		    uint64_t expires_at);
void make_end(struct text *t);

/* Header, facts, a function, and keys: in database 0 "user:1", "user:2" (which
 * expires) and "cart:1", in 3 "user:9", in 4 "other". */
void make_sample(struct text *t);

/* Databases 0 to 2, each with "key:0" to "key:39" in several frames, one key
 * larger than a frame. */
void make_large_sample(struct text *rdb);

/* The server sends this snapshot, with a mark; says is to be freed. */
void rig_serve(struct dump_rig *r, struct text *says, const struct text *rdb);

/* Fails the test unless all went well and these bytes came. */
void rig_expect_bytes(const struct dump_rig *r, const struct text *rdb);

/* Fails the test unless it failed so, with these words in the sentence. */
void rig_expect_failure(const struct dump_rig *r, enum err_code code,
			const char *api, const char *words);

/* The answer to PSYNC: with a mark, and as so many bytes. */
void rig_marked(struct text *t, const struct text *rdb);
void rig_counted(struct text *t, const struct text *rdb, size_t len);

#endif
