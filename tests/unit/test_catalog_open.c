/* test_catalog_open.c - opening, versions, migrations, who may open. */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "catalog/open_int.h"
#include "test_catalog_rig.h"

static void test_identity_stays(void **state)
{
	struct rig *r = *state;
	struct catalog_identity id = *catalog_identity(r->catalog);

	assert_true(id_has_prefix(id.server_id, "srv") ||
		    strncmp(id.server_id, "srv_", 4) == 0);
	rig_close(r);
	rig_open(r);
	assert_memory_equal(&id, catalog_identity(r->catalog), sizeof(id));
}

static void test_rule_29_files_are_private(void **state)
{
	static const char *const names[] = {"", "-wal", "-shm", ".lock"};
	struct rig *r = *state;
	char path[128];
	struct stat st;

	/* Also when the umask would let everybody in. */
	rig_close(r);
	assert_int_equal(unlink(r->path), 0);
	(void)umask(0);
	rig_open(r);
	assert_true(rig_create_source(r, "shop"));
	for (unsigned i = 0; i < 4; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", r->path, names[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
}

/* What facts demand of every commit; read from a second connection. */
static void test_rule_30_settings(void **state)
{
	struct rig *r = *state;
	struct db *db = &r->catalog->db;
	struct err e = {0};
	int64_t n = -1;

	assert_true(db_int(db, "PRAGMA synchronous", NULL, &n, &e));
	assert_int_equal(n, 2);
	assert_true(db_int(db, "PRAGMA foreign_keys", NULL, &n, &e));
	assert_int_equal(n, 1);
	assert_true(db_int(db, "PRAGMA secure_delete", NULL, &n, &e));
	assert_int_equal(n, 1);
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM"
					" pragma_journal_mode()"
					" WHERE journal_mode = 'wal'"),
			 1);
}

static void refuse_open(struct rig *r, enum err_code code, const char *text)
{
	struct err e = {0};

	assert_false(rig_try_open(r, &e));
	assert_int_equal(e.code, code);
	if (strstr(e.msg, text) == NULL)
		fail_msg("no \"%s\" in: %s", text, e.msg);
}

static void test_one_server_at_a_time(void **state)
{
	struct rig *r = *state;
	struct catalog *first = r->catalog;

	refuse_open(r, ERR_CONFLICT, "another server");
	r->catalog = first;
	assert_true(rig_create_source(r, "shop"));
	rig_close(r);
	rig_open(r);
}

static int current_version(void)
{
	return (int)schema_current().version;
}

static void set_version(struct rig *r, int version)
{
	char sql[64];

	(void)snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", version);
	rig_sql(r, sql);
}

static void refuse_next_version(struct rig *r)
{
	char said[32];

	(void)snprintf(said, sizeof(said), "version %d", current_version() + 1);
	refuse_open(r, ERR_INVALID, said);
}

static void test_newer_catalog_is_refused(void **state)
{
	struct rig *r = *state;
	size_t len[2];
	char *file[2];
	struct err e = {0};

	assert_true(rig_create_source(r, "shop"));
	rig_close(r);
	set_version(r, current_version() + 1);
	rig_sql(r, "PRAGMA wal_checkpoint(TRUNCATE)");
	file[0] = file_read(r->path, 1 << 24, &len[0], &e);
	refuse_next_version(r);
	file[1] = file_read(r->path, 1 << 24, &len[1], &e);
	assert_int_equal(len[0], len[1]);
	assert_memory_equal(file[0], file[1], len[0]);
	free(file[0]);
	free(file[1]);
	set_version(r, current_version());
	rig_open(r);
	assert_true(rig_get_source(r, "shop"));
}

static void test_foreign_files_are_refused(void **state)
{
	struct rig *r = *state;
	struct err e = {0};

	rig_close(r);
	assert_int_equal(unlink(r->path), 0);
	rig_sql(r, "CREATE TABLE theirs (a)");
	refuse_open(r, ERR_INVALID, "not a catalog");
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM sqlite_schema"),
			 1);
	assert_true(
		file_write(r->path, 0600,
			   "this is a letter and no database at all, "
			   "though it is long enough to be read as one....."
			   "...............................................",
			   130, &e));
	refuse_open(r, ERR_DAMAGED, "no catalog");
}

static void test_folder_that_is_not_there(void **state)
{
	struct rig *r = *state;

	rig_close(r);
	(void)strcpy(r->path, "/nonexistent/catalog.db");
	refuse_open(r, ERR_IO, "/nonexistent");
}

static void test_rule_29_another_key_is_refused(void **state)
{
	struct rig *r = *state;
	struct secret_key *right = r->key;
	char path[96];
	struct err e = {0};

	rig_close(r);
	(void)snprintf(path, sizeof(path), "%s/other.key", r->folder);
	r->key = secret_key_load(path, &e);
	assert_non_null(r->key);
	refuse_open(r, ERR_DAMAGED, "key");
	secret_key_free(r->key);
	r->key = right;
	rig_open(r);
}

static struct schema next_schema(const char *step)
{
	static const char *steps[16];
	struct schema s = schema_current();

	assert_true(s.version < 16);
	memcpy(steps, s.steps, s.version * sizeof(*steps));
	steps[s.version] = step;
	return (struct schema){.steps = steps, .version = s.version + 1};
}

static bool open_next(struct rig *r, const char *step, struct err *e)
{
	struct catalog_config config = {
		.path = r->path, .key = r->key, .manual_backups_max = 50};

	r->catalog =
		catalog_open_schema(r->loop, &config, next_schema(step), e);
	return r->catalog != NULL;
}

static void copy_name(struct rig *r, char path[128])
{
	(void)snprintf(path, 128, "%s.v%d", r->path, current_version());
}

static void test_migration_keeps_a_copy(void **state)
{
	struct rig *r = *state;
	struct err e = {0};
	struct stat st;
	char path[128];

	copy_name(r, path);
	assert_true(rig_create_source(r, "shop"));
	rig_close(r);
	assert_int_not_equal(access(path, F_OK), 0);
	if (!open_next(r, "ALTER TABLE sources ADD COLUMN colour TEXT", &e))
		fail_msg("%s", e.msg);
	assert_true(rig_get_source(r, "shop"));
	rig_close(r);
	assert_int_equal(rig_sql_int(r, "PRAGMA user_version"),
			 current_version() + 1);
	assert_int_equal(rig_sql_int(r, "SELECT colour IS NULL FROM sources"),
			 1);
	/* The older server refuses it, and runs on the copy. */
	refuse_next_version(r);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(rename(path, r->path), 0);
	rig_open(r);
	assert_true(rig_get_source(r, "shop"));
	assert_string_equal(r->a.source.secret, "hunter2-of-the-source");
}

/* What is still in the log belongs to the copy as well. */
static void test_migration_copies_the_log_too(void **state)
{
	struct rig *r = *state;
	char path[128], wal[128], saved[128], saved_wal[128], command[600];
	struct err e = {0};

	copy_name(r, path);
	(void)snprintf(wal, sizeof(wal), "%s-wal", r->path);
	(void)snprintf(saved, sizeof(saved), "%s.saved", r->path);
	(void)snprintf(saved_wal, sizeof(saved_wal), "%s.saved-wal", r->path);
	assert_true(rig_create_source(r, "shop"));
	(void)snprintf(command, sizeof(command), "cp %s %s && cp %s %s",
		       r->path, saved, wal, saved_wal);
	assert_int_equal(system(command), 0);
	rig_close(r);
	assert_int_equal(rename(saved, r->path), 0);
	assert_int_equal(rename(saved_wal, wal), 0);
	assert_true(open_next(r, "CREATE TABLE more (a)", &e));
	rig_close(r);
	assert_int_equal(rename(path, r->path), 0);
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM sources"), 1);
	assert_int_equal(rig_sql_int(r, "PRAGMA user_version"),
			 current_version());
}

static void test_migration_is_whole_or_not_at_all(void **state)
{
	struct rig *r = *state;
	struct err e = {0};

	assert_true(rig_create_source(r, "shop"));
	rig_close(r);
	assert_false(open_next(
		r, "CREATE TABLE half (a); CREATE TABLE sources (a)", &e));
	assert_int_equal(e.code, ERR_BUG);
	assert_int_equal(rig_sql_int(r, "PRAGMA user_version"),
			 current_version());
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM sqlite_schema"
					" WHERE name = 'half'"),
			 0);
	rig_open(r);
	assert_true(rig_get_source(r, "shop"));
}

/* Each version that there was leads to this one, with what is in it. */
static void test_migration_from_every_version(void **state)
{
	struct rig *r = *state;
	struct schema s = schema_current();
	struct catalog_config config = {
		.path = r->path, .key = r->key, .manual_backups_max = 50};
	struct err e = {0};
	unsigned last = s.version;

	for (s.version = 1; s.version < last; s.version++) {
		rig_close(r);
		assert_int_equal(unlink(r->path), 0);
		r->catalog = catalog_open_schema(r->loop, &config, s, &e);
		assert_non_null(r->catalog);
		rig_close(r);
		/* By what was there in version 1. */
		rig_sql(r, "INSERT INTO sources (id, name, name_key, engine,"
			   " created_at, updated_at) VALUES"
			   " ('src_00000000000000000000000001', 'shop',"
			   " 'shop', 'mysql', 1, 1)");
		rig_open(r);
		assert_true(rig_get_source(r, "shop"));
		assert_int_equal(rig_sql_int(r, "PRAGMA user_version"), last);
		assert_int_equal(rig_sql_int(r, "SELECT count(counts_json)"
						" FROM backups"),
				 0);
	}
}

/* Opening what is at the right version copies nothing. */
static void test_no_copy_without_migration(void **state)
{
	struct rig *r = *state;
	char path[128];

	copy_name(r, path);
	rig_close(r);
	rig_open(r);
	assert_int_not_equal(access(path, F_OK), 0);
}

/* The log moves into the database by itself, after an answer. */
static void test_checkpoint_moves_the_log(void **state)
{
	struct rig *r = *state;
	char name[NAME_BUF];
	struct stat st;
	off_t before;

	assert_int_equal(stat(r->path, &st), 0);
	before = st.st_size;
	for (int i = 0; i < 400 && st.st_size == before; i++) {
		(void)snprintf(name, sizeof(name), "source-%d", i);
		assert_true(rig_create_source(r, name));
		assert_int_equal(stat(r->path, &st), 0);
	}
	assert_true(st.st_size > before);
}

#define RIGGED(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(test_identity_stays),
		RIGGED(test_rule_29_files_are_private),
		RIGGED(test_rule_30_settings),
		RIGGED(test_one_server_at_a_time),
		RIGGED(test_newer_catalog_is_refused),
		RIGGED(test_foreign_files_are_refused),
		RIGGED(test_folder_that_is_not_there),
		RIGGED(test_rule_29_another_key_is_refused),
		RIGGED(test_migration_keeps_a_copy),
		RIGGED(test_migration_copies_the_log_too),
		RIGGED(test_migration_is_whole_or_not_at_all),
		RIGGED(test_migration_from_every_version),
		RIGGED(test_no_copy_without_migration),
		RIGGED(test_checkpoint_moves_the_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
