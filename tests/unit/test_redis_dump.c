/*
 * test_redis_dump.c - dumps of a Redis that sends its snapshot in every form,
 * in pieces, cut, wrong or not at all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "loop/loop.h"
#include "sources/redis/redis.h"
#include "test_redis_dump_rig.h"

#define SAMPLE_ITEMS "header  0;database 0 3;database 3 1;database 4 1;end  0;"

static void test_whole_instance(void **state)
{
	const struct dump_facts *f;
	struct text rdb = {0}, says = {0};
	struct dump_rig r;

	(void)state;
	rig_init(&r);
	make_sample(&rdb);
	rig_serve(&r, &says, &rdb);
	f = rig_run(&r);
	rig_expect_bytes(&r, &rdb);
	assert_string_equal(r.items.data, SAMPLE_ITEMS);
	assert_string_equal(f->phase, "check");
	assert_string_equal(f->version, "7.0.15");
	assert_string_equal(f->consistency, "consistent");
	assert_string_equal(f->replication_id, RIG_ID);
	assert_int_equal(f->replication_offset, 77);
	assert_int_equal(f->keys, 5);
	assert_int_equal(f->expiring, 1);
	assert_int_equal(f->functions, 1);
	assert_int_equal(f->databases, 3);
	assert_int_equal(f->plain_bytes, rdb.len);
	assert_non_null(strstr(f->counts_json, "\"database\":3"));
	assert_int_equal(f->nwarnings, 0);
	assert_string_equal(fake_redis_log(r.fake),
			    "ACL WHOAMI\nPING\nINFO\nROLE\n"
			    "REPLCONF capa eof capa psync2\n"
			    "REPLCONF rdb-only 1\nPSYNC ? -1\n");
	text_free(&rdb);
	text_free(&says);
	rig_fini(&r);
}

/* What INFO says of the wanted databases is all there is to do. */
static void test_how_far_it_is(void **state)
{
	static const uint32_t numbers[] = {0, 4};
	static const char *const patterns[] = {"user:*"};
	static const struct {
		size_t nnumbers, nkeys;
		const char *keyspace;
		uint64_t at_first, at_last, keys;
	} cases[] = {
		{0, 0, "db0:keys=3,expires=1\r\ndb3:keys=1\r\ndb4:keys=1\r\n",
		 5, 5, 5},
		{2, 0, "db0:keys=3,expires=1\r\ndb3:keys=9\r\ndb4:keys=1\r\n",
		 4, 4, 4},
		/* Patterns let some by, which have passed, too. */
		{0, 1, "db0:keys=3\r\ndb3:keys=1\r\ndb4:keys=1\r\n", 5, 5, 3},
		/* Written to, or emptied, since then; nothing is told. */
		{0, 0, "db0:keys=2\r\n", 2, 5, 5},
		{0, 0, "db0:keys=700\r\n", 700, 5, 5},
		{0, 0, "", 0, 5, 5},
		{0, 0,
		 "dbx:keys=7\r\ndb:keys=7\r\ndb1:expires=7\r\n"
		 "db99999999999:keys=7\r\n",
		 0, 5, 5},
		{0, 0, "db0:keys=18446744073709551615\r\ndb1:keys=2\r\n",
		 UINT64_MAX, 5, 5},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct text rdb = {0}, says = {0}, info = {0};
		const struct dump_facts *f;
		struct dump_rig r;

		rig_init(&r);
		text_printf(&info, "%s# Keyspace\r\n%s", RIG_INFO,
			    cases[i].keyspace);
		rig_info(&r, info.data);
		r.config.scope.numbers = numbers;
		r.config.scope.nnumbers = cases[i].nnumbers;
		r.config.scope.keys = patterns;
		r.config.scope.nkeys = cases[i].nkeys;
		make_sample(&rdb);
		rig_serve(&r, &says, &rdb);
		rig_start(&r);
		f = r.dump->ops->facts(r.dump);
		while (strcmp(f->phase, "save") != 0)
			rig_turn(&r);
		assert_int_equal(f->items_total, cases[i].at_first);
		assert_int_equal(f->items_done, 0);
		loop_run(r.loop);
		assert_false(err_is(&r.err));
		assert_int_equal(f->items_total, cases[i].at_last);
		assert_int_equal(f->items_done, cases[i].at_last);
		assert_int_equal(f->keys, cases[i].keys);
		text_free(&rdb);
		text_free(&says);
		text_free(&info);
		rig_fini(&r);
	}
}

static void test_without_keys(void **state)
{
	struct text rdb = {0}, says = {0};
	struct dump_rig r;

	(void)state;
	rig_init(&r);
	make_begin(&rdb);
	make_end(&rdb);
	rig_serve(&r, &says, &rdb);
	assert_string_equal(rig_run(&r)->counts_json, "[]");
	rig_expect_bytes(&r, &rdb);
	assert_string_equal(r.items.data, "header  0;end  0;");
	text_free(&rdb);
	text_free(&says);
	rig_fini(&r);
}

static void test_as_so_many_bytes(void **state)
{
	struct text rdb = {0}, says = {0};
	struct dump_rig r;

	(void)state;
	rig_init(&r);
	make_sample(&rdb);
	rig_counted(&says, &rdb, rdb.len);
	text_str(&says, "\n\n");
	rig_answer(&r, &(struct fake_redis_answer){.begins = "PSYNC",
						   .says = says.data,
						   .len = says.len});
	(void)rig_run(&r);
	rig_expect_bytes(&r, &rdb);
	assert_string_equal(r.items.data, SAMPLE_ITEMS);
	text_free(&rdb);
	text_free(&says);
	rig_fini(&r);
}

/* Too few bytes, or more than the snapshot has. */
static void test_a_length_that_lies(void **state)
{
	static const int off[] = {-1, -9, -100, 1, 40};

	(void)state;
	for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
		struct text rdb = {0}, says = {0};
		struct dump_rig r;

		rig_init(&r);
		make_sample(&rdb);
		rig_counted(&says, &rdb, rdb.len + (size_t)off[i]);
		text_str(&says, "++++++++++++++++++++++++++++++++++++++++");
		rig_answer(&r, &(struct fake_redis_answer){.begins = "PSYNC",
							   .says = says.data,
							   .len = says.len});
		(void)rig_run(&r);
		rig_expect_failure(&r, ERR_DAMAGED, "damaged_stream", "");
		text_free(&rdb);
		text_free(&says);
		rig_fini(&r);
	}
}

/* So that the client reads what comes before it alone, and line ends after. */
static void test_mark_split_at_all_offsets(void **state)
{
	struct text rdb = {0}, says = {0};
	struct dump_rig r;

	(void)state;
	rig_init(&r);
	make_sample(&rdb);
	rig_marked(&says, &rdb);
	text_str(&says, "\n\n\n");
	for (size_t at = 0; at <= 40; at++) {
		rig_answer(&r, &(struct fake_redis_answer){
				       .begins = "PSYNC",
				       .says = says.data,
				       .len = says.len,
				       .pause_at = says.len - 3 - at});
		(void)rig_run(&r);
		rig_expect_bytes(&r, &rdb);
		rig_stop(&r);
		r.nanswers--;
		for (size_t i = 0; i <= r.nanswers; i++)
			r.answers[i] = r.answers[i + 1];
	}
	text_free(&rdb);
	text_free(&says);
	rig_fini(&r);
}

static void test_in_small_pieces(void **state)
{
	struct text rdb = {0}, says = {0};
	struct dump_rig r;

	(void)state;
	rig_init(&r);
	make_sample(&rdb);
	rig_serve(&r, &says, &rdb);
	for (size_t piece = 1; piece < 45; piece += 3) {
		rig_start(&r);
		fake_redis_pieces(r.fake, piece);
		loop_run(r.loop);
		rig_expect_bytes(&r, &rdb);
		assert_string_equal(r.items.data, SAMPLE_ITEMS);
		rig_stop(&r);
	}
	text_free(&rdb);
	text_free(&says);
	rig_fini(&r);
}

/* So many bytes a frame is filled with. */
enum { BRIM_BYTES = FRAME_BYTES - FRAME_SPARE_BYTES };

/* It ends at, before and behind where a frame ends, and so does the mark. */
static void test_ends_around_the_end_of_a_frame(void **state)
{
	static char value[FRAME_BYTES + 100];
	struct text empty = {0};

	(void)state;
	memset(value, 'v', sizeof(value));
	make_begin(&empty);
	make_select(&empty, 7);
	make_key(&empty, "k", "");
	make_end(&empty);
	for (int off = -42; off <= 3; off++) {
		struct text rdb = {0}, says = {0};
		struct dump_rig r;

		rig_init(&r);
		make_begin(&rdb);
		make_select(&rdb, 7);
		make_byte(&rdb, 0);
		make_string(&rdb, "k", 1);
		make_string(&rdb, value,
			    (size_t)(BRIM_BYTES + off) - empty.len - 4);
		make_end(&rdb);
		assert_int_equal(rdb.len, BRIM_BYTES + off);
		rig_serve(&r, &says, &rdb);
		(void)rig_run(&r);
		rig_expect_bytes(&r, &rdb);
		assert_string_equal(r.items.data,
				    "header  0;database 7 1;end  0;");
		assert_int_equal(r.nframes, off + 40 > 0 ? 2 : 1);
		text_free(&rdb);
		text_free(&says);
		rig_fini(&r);
	}
	text_free(&empty);
}

static void test_many_frames(void **state)
{
	struct text rdb = {0}, says = {0};
	struct dump_rig r;

	(void)state;
	rig_init(&r);
	make_large_sample(&rdb);
	rig_serve(&r, &says, &rdb);
	assert_int_equal(rig_run(&r)->keys, 120);
	rig_expect_bytes(&r, &rdb);
	assert_int_equal(r.nframes, rdb.len / BRIM_BYTES + 1);
	assert_string_equal(r.items.data,
			    "header  0;database 0 40;database 1 40;"
			    "database 2 40;end  0;");
	text_free(&rdb);
	text_free(&says);
	rig_fini(&r);
}

static void test_cut_at_every_byte(void **state)
{
	struct text rdb = {0}, says = {0};

	(void)state;
	make_sample(&rdb);
	rig_marked(&says, &rdb);
	for (size_t len = 0; len < says.len; len++) {
		struct dump_rig r;

		rig_init(&r);
		rig_answer(&r, &(struct fake_redis_answer){
				       .begins = "PSYNC",
				       .says = len > 0 ? says.data : NULL,
				       .len = len,
				       .then = FAKE_REDIS_CUTS});
		(void)rig_run(&r);
		rig_expect_failure(&r, ERR_CONNECT, "connection_failed",
				   len < says.len - rdb.len - 40
					   ? "while the server prepared"
					   : "of the snapshot");
		rig_fini(&r);
	}
	text_free(&rdb);
	text_free(&says);
}

/* The mark comes, and what came before it is not all, or not right. */
static void test_damaged_snapshots(void **state)
{
	struct text rdb = {0};

	(void)state;
	make_sample(&rdb);
	for (size_t i = 0; i < 2 * rdb.len; i++) {
		struct text bad = {0}, says = {0};
		struct dump_rig r;

		rig_init(&r);
		text_add(&bad, rdb.data, i < rdb.len ? rdb.len : i - rdb.len);
		if (i < rdb.len)
			bad.data[i] ^= 0x10;
		rig_serve(&r, &says, &bad);
		(void)rig_run(&r);
		assert_int_equal(r.err.code, ERR_DAMAGED);
		assert_string_equal(r.err.api, "damaged_stream");
		text_free(&bad);
		text_free(&says);
		rig_fini(&r);
	}
	text_free(&rdb);
}

static void test_is_refused(void **state)
{
	static const struct {
		const char *command, *says;
		enum err_code code;
		const char *api, *words;
	} cases[] = {
		{"ACL", "-NOAUTH Authentication required.\r\n", ERR_DENIED,
		 "access_denied", "wants a password"},
		{"PING", "-MISCONF snapshots fail\r\n", ERR_CONFLICT,
		 "source_unavailable", "server's log"},
		{"INFO", "-NOPERM this user has no permissions\r\n", ERR_DENIED,
		 "access_denied", "user me"},
		{"INFO", "-NOPERM this user has no permissions\r\n", ERR_DENIED,
		 "access_denied", "+info"},
		{"INFO", "+OK\r\n", ERR_CONNECT, "connection_failed",
		 "not that of a Redis server"},
		{"INFO", "$5\r\nhello\r\n", ERR_CONNECT, "connection_failed",
		 "not that of a Redis server"},
		{"REPLCONF capa", "-NOPERM no\r\n", ERR_DENIED, "access_denied",
		 "+replconf"},
		{"REPLCONF rdb-only", "-LOADING yes\r\n", ERR_CONFLICT,
		 "source_unavailable", "when it has loaded"},
		{"PSYNC", "-NOPERM no psync\r\n", ERR_DENIED, "access_denied",
		 "+psync"},
		{"PSYNC", "\n\n-NOMASTERLINK Can't SYNC\r\n", ERR_CONFLICT,
		 "source_unavailable", "link to its primary"},
		{"PSYNC", RIG_RESYNC "\n-ERR BGSAVE failed, sorry\r\n",
		 ERR_REMOTE, "source_failed", "no room for a fork"},
		{"PSYNC", "+CONTINUE\r\n", ERR_REMOTE, "source_failed",
		 "what no Redis does"},
		{"PSYNC", "+FULLRESYNC \r\n", ERR_REMOTE, "source_failed",
		 "what no Redis does"},
		{"PSYNC", "+FULLRESYNC a/b 7\r\n", ERR_REMOTE, "source_failed",
		 "what no Redis does"},
		{"PSYNC", RIG_RESYNC "$EOF:short\r\n", ERR_REMOTE,
		 "source_failed", "what no Redis does"},
		{"PSYNC", RIG_RESYNC "$-1\r\n", ERR_REMOTE, "source_failed",
		 "what no Redis does"},
		{"PSYNC", RIG_RESYNC "$0\r\n", ERR_DAMAGED, "damaged_stream",
		 "does not end as one"},
		{"PSYNC", "HTTP/1.1 400\r\n", ERR_REMOTE, "source_failed",
		 "what no Redis does"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dump_rig r;

		rig_init(&r);
		rig_answer(&r, &(struct fake_redis_answer){
				       .begins = cases[i].command,
				       .says = cases[i].says});
		(void)rig_run(&r);
		rig_expect_failure(&r, cases[i].code, cases[i].api,
				   cases[i].words);
		assert_int_equal(r.bytes.len, 0);
		rig_fini(&r);
	}
}

static void test_a_line_without_end(void **state)
{
	struct text line = {0};
	struct dump_rig r;

	(void)state;
	text_str(&line, "-");
	for (int i = 0; i < 2000; i++)
		text_str(&line, "x");
	rig_init(&r);
	rig_answer(&r, &(struct fake_redis_answer){.begins = "PSYNC",
						   .says = line.data});
	(void)rig_run(&r);
	rig_expect_failure(&r, ERR_REMOTE, "source_failed",
			   "what no Redis does");
	text_free(&line);
	rig_fini(&r);
}

/* What is not needed may be forbidden or unknown. */
static void test_does_without(void **state)
{
	static const struct fake_redis_answer without[] = {
		{.begins = "ACL", .says = "-NOPERM no\r\n"},
		{.begins = "ACL", .says = "-ERR unknown command 'ACL'\r\n"},
		{.begins = "PING", .says = "-NOPERM no\r\n"},
		{.begins = "ROLE", .says = "-NOPERM no\r\n"},
		{.begins = "REPLCONF rdb-only",
		 .says = "-ERR Unrecognized REPLCONF option: rdb-only\r\n"},
	};
	struct text rdb = {0}, says = {0};

	(void)state;
	make_sample(&rdb);
	rig_marked(&says, &rdb);
	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++) {
		struct dump_rig r;

		rig_init(&r);
		rig_answer(&r, &(struct fake_redis_answer){.begins = "PSYNC",
							   .says = says.data,
							   .len = says.len});
		rig_answer(&r, &without[i]);
		(void)rig_run(&r);
		rig_expect_bytes(&r, &rdb);
		rig_fini(&r);
	}
	text_free(&rdb);
	text_free(&says);
}

static void test_old_server_knows_sync_alone(void **state)
{
	struct text rdb = {0}, says = {0};
	struct dump_rig r;

	(void)state;
	rig_init(&r);
	make_sample(&rdb);
	text_printf(&says, "\n\n$%zu\r\n", rdb.len);
	text_add(&says, rdb.data, rdb.len);
	rig_answer(&r, &(struct fake_redis_answer){
			       .begins = "PSYNC",
			       .says = "-ERR unknown command 'PSYNC'\r\n"});
	rig_answer(&r, &(struct fake_redis_answer){.begins = "SYNC",
						   .says = says.data,
						   .len = says.len});
	assert_string_equal(rig_run(&r)->replication_id, "");
	rig_expect_bytes(&r, &rdb);
	text_free(&rdb);
	text_free(&says);
	rig_fini(&r);
}

/* It would give up on a replica that does not say how old it is. */
static void test_commands_are_hidden(void **state)
{
	static const char unknown[] = "-ERR unknown command 'X'\r\n";
	struct dump_rig r;

	(void)state;
	rig_init(&r);
	rig_answer(&r, &(struct fake_redis_answer){.begins = "PSYNC",
						   .says = unknown});
	rig_answer(&r, &(struct fake_redis_answer){.begins = "SYNC",
						   .says = unknown});
	(void)rig_run(&r);
	rig_expect_failure(&r, ERR_REMOTE, "source_failed",
			   "hide the commands");
	rig_fini(&r);
}

static void test_valkey_is_told_a_version(void **state)
{
	struct text rdb = {0}, says = {0};
	struct dump_rig r;

	(void)state;
	rig_init(&r);
	rig_info(&r, "redis_version:7.2.4\r\nserver_name:valkey\r\n"
		     "valkey_version:9.0.1\r\nrole:master\r\n");
	make_sample(&rdb);
	rig_serve(&r, &says, &rdb);
	assert_string_equal(rig_run(&r)->version, "9.0.1-Valkey");
	rig_expect_bytes(&r, &rdb);
	assert_non_null(strstr(fake_redis_log(r.fake),
			       "REPLCONF rdb-only 1\n"
			       "REPLCONF version 9.0.1\nPSYNC"));
	assert_true(rig_has_warning(&r, "memory_unknown"));
	text_free(&rdb);
	text_free(&says);
	rig_fini(&r);
}

static void test_is_loading(void **state)
{
	struct dump_rig r;

	(void)state;
	rig_init(&r);
	rig_info(&r, "redis_version:7.0.15\r\nloading:1\r\n"
		     "loading_total_bytes:10485760\r\n"
		     "loading_loaded_bytes:3145728\r\n"
		     "loading_eta_seconds:12\r\n");
	rig_answer(&r, &(struct fake_redis_answer){.begins = "PING",
						   .says = "-LOADING yes\r\n"});
	(void)rig_run(&r);
	rig_expect_failure(&r, ERR_CONFLICT, "source_unavailable",
			   "3 of 10 MiB, about 12 s");
	rig_fini(&r);
}

static void test_memory(void **state)
{
	static const struct {
		const char *resident, *warning;
	} cases[] = {
		{"1048576", NULL},
		{"629145600", "memory_tight"},
		{"1062731776", ""},
	};
	struct text rdb = {0}, says = {0};

	(void)state;
	make_sample(&rdb);
	for (size_t i = 0; i < 3; i++) {
		char info[200];
		struct dump_rig r;

		rig_init(&r);
		(void)snprintf(info, sizeof(info),
			       "redis_version:7.0.15\r\nrole:master\r\n"
			       "used_memory_rss:%s\r\n"
			       "total_system_memory:1073741824\r\n",
			       cases[i].resident);
		rig_info(&r, info);
		text_free(&says);
		rig_serve(&r, &says, &rdb);
		(void)rig_run(&r);
		if (i == 2)
			rig_expect_failure(&r, ERR_CONFLICT,
					   "source_unavailable",
					   "1013 of its machine's 1024 MiB");
		else
			rig_expect_bytes(&r, &rdb);
		assert_int_equal(rig_has_warning(&r, "memory_tight"), i == 1);
		rig_fini(&r);
	}
	text_free(&rdb);
	text_free(&says);
}

static void test_rule2_replicas(void **state)
{
	static const struct {
		const char *info;
		bool is_replica;
		const char *api, *words;
	} cases[] = {
		{"redis_version:7.0.15\r\nrole:slave\r\n"
		 "master_link_status:up\r\n",
		 false, "source_is_replica", "back up its primary"},
		{"redis_version:7.0.15\r\nrole:slave\r\n"
		 "master_link_status:up\r\n",
		 true, NULL, NULL},
		{"redis_version:7.0.15\r\nrole:slave\r\n"
		 "master_link_status:down\r\n"
		 "master_link_down_since_seconds:99\r\n",
		 true, "source_unavailable", "99 s ago"},
		{"redis_version:7.0.15\r\nrole:master\r\n", true,
		 "source_unavailable", "replicates from no other"},
		{"redis_version:7.0.15\r\nredis_mode:sentinel\r\n", false,
		 "connection_failed", "sentinel"},
	};
	struct text rdb = {0}, says = {0};

	(void)state;
	make_sample(&rdb);
	rig_marked(&says, &rdb);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dump_rig r;

		rig_init(&r);
		rig_info(&r, cases[i].info);
		rig_answer(&r,
			   &(struct fake_redis_answer){
				   .begins = "ROLE", .says = "-NOPERM no\r\n"});
		rig_answer(&r, &(struct fake_redis_answer){.begins = "PSYNC",
							   .says = says.data,
							   .len = says.len});
		r.config.is_replica = cases[i].is_replica;
		(void)rig_run(&r);
		if (cases[i].api == NULL) {
			rig_expect_bytes(&r, &rdb);
			assert_true(rig_has_warning(&r, "read_from_replica"));
		} else {
			assert_string_equal(r.err.api, cases[i].api);
			assert_non_null(strstr(r.err.msg, cases[i].words));
			assert_null(strstr(fake_redis_log(r.fake), "PSYNC"));
		}
		rig_fini(&r);
	}
	text_free(&rdb);
	text_free(&says);
}

static void test_without_checksum(void **state)
{
	struct text rdb = {0}, says = {0};
	struct dump_rig r;

	(void)state;
	rig_init(&r);
	make_sample(&rdb);
	memset(rdb.data + rdb.len - 8, 0, 8);
	rig_serve(&r, &says, &rdb);
	(void)rig_run(&r);
	rig_expect_bytes(&r, &rdb);
	assert_true(rig_has_warning(&r, "no_checksum"));
	text_free(&rdb);
	text_free(&says);
	rig_fini(&r);
}

/* Nothing is left behind wherever it stands. */
static void test_rule12_ended_in_the_middle(void **state)
{
	struct text rdb = {0}, says = {0};
	struct dump_rig r;

	(void)state;
	rig_init(&r);
	rig_start(&r);
	rig_stop(&r);
	make_large_sample(&rdb);
	rig_marked(&says, &rdb);
	rig_answer(&r, &(struct fake_redis_answer){.begins = "PSYNC",
						   .says = says.data,
						   .len = says.len - 100,
						   .then = FAKE_REDIS_STALLS});
	r.stop_at = 2 * FRAME_BYTES;
	rig_start(&r);
	loop_run(r.loop);
	assert_int_equal(r.err.code, ERR_NONE);
	assert_string_equal(r.dump->ops->facts(r.dump)->phase, "data");
	assert_int_equal(fake_redis_open(r.fake), 1);
	pipeline_free(r.pipe);
	r.pipe = NULL;
	while (fake_redis_open(r.fake) > 0)
		rig_turn(&r);
	text_free(&rdb);
	text_free(&says);
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_instance),
		cmocka_unit_test(test_how_far_it_is),
		cmocka_unit_test(test_without_keys),
		cmocka_unit_test(test_as_so_many_bytes),
		cmocka_unit_test(test_a_length_that_lies),
		cmocka_unit_test(test_mark_split_at_all_offsets),
		cmocka_unit_test(test_in_small_pieces),
		cmocka_unit_test(test_ends_around_the_end_of_a_frame),
		cmocka_unit_test(test_many_frames),
		cmocka_unit_test(test_cut_at_every_byte),
		cmocka_unit_test(test_damaged_snapshots),
		cmocka_unit_test(test_is_refused),
		cmocka_unit_test(test_a_line_without_end),
		cmocka_unit_test(test_does_without),
		cmocka_unit_test(test_old_server_knows_sync_alone),
		cmocka_unit_test(test_commands_are_hidden),
		cmocka_unit_test(test_valkey_is_told_a_version),
		cmocka_unit_test(test_is_loading),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_rule2_replicas),
		cmocka_unit_test(test_without_checksum),
		cmocka_unit_test(test_rule12_ended_in_the_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
