/*
 * schema.c - the tables, as steps from each version to the next. A step that
 * was released is never changed; what has to change becomes the next step.
 *
 * Uniqueness is a key column that is NULL when it does not count any more
 * (name_key of a backup that died, lock_key of a job that is over): every
 * database has that, few have partial unique indices. For the same reason
 * quotas and fences are rows of counters. Times and numbers are 0 when they
 * are not known, never NULL, so that lists can be paged by every column; each
 * sort and each filter has an index that ends in the id.
 */
#include "catalog/migrate_int.h"

#define V1_SERVER                                                              \
	"CREATE TABLE server ("                                                \
	" one INTEGER PRIMARY KEY CHECK (one = 1),"                            \
	" server_id TEXT NOT NULL,"                                            \
	" seed TEXT NOT NULL);" /* sealed */                                   \
	"CREATE TABLE counters ("                                              \
	" name TEXT PRIMARY KEY,"                                              \
	" value INTEGER NOT NULL) WITHOUT ROWID;"                              \
	"INSERT INTO counters VALUES ('fence', 0), ('manual_backups', 0);"     \
	"CREATE TABLE tokens ("                                                \
	" id TEXT PRIMARY KEY,"                                                \
	" name TEXT NOT NULL,"                                                 \
	" name_key TEXT UNIQUE,"                                               \
	" role TEXT NOT NULL,"                                                 \
	" hash TEXT NOT NULL UNIQUE,"                                          \
	" created_at INTEGER NOT NULL,"                                        \
	" expires_at INTEGER NOT NULL) WITHOUT ROWID;"

#define V1_SOURCES                                                             \
	"CREATE TABLE sources ("                                               \
	" id TEXT PRIMARY KEY,"                                                \
	" name TEXT NOT NULL COLLATE NOCASE,"                                  \
	" name_key TEXT UNIQUE,"                                               \
	" engine TEXT NOT NULL,"                                               \
	" remarks TEXT,"                                                       \
	" region TEXT NOT NULL DEFAULT '' COLLATE NOCASE,"                     \
	" connection_json TEXT,"                                               \
	" secret TEXT," /* sealed */                                           \
	" version TEXT NOT NULL DEFAULT '',"                                   \
	" role TEXT NOT NULL DEFAULT '',"                                      \
	" is_reachable INTEGER NOT NULL DEFAULT 0,"                            \
	" reason TEXT,"                                                        \
	" probed_at INTEGER NOT NULL DEFAULT 0,"                               \
	" revision INTEGER NOT NULL DEFAULT 1,"                                \
	" created_at INTEGER NOT NULL,"                                        \
	" updated_at INTEGER NOT NULL);"                                       \
	"CREATE INDEX sources_created ON sources (created_at, id);"            \
	"CREATE INDEX sources_updated ON sources (updated_at, id);"            \
	"CREATE INDEX sources_name ON sources (name, id);"

#define V1_POOLS                                                               \
	"CREATE TABLE pools ("                                                 \
	" id TEXT PRIMARY KEY,"                                                \
	" name TEXT NOT NULL COLLATE NOCASE,"                                  \
	" name_key TEXT UNIQUE,"                                               \
	" storage_type TEXT NOT NULL,"                                         \
	" remarks TEXT,"                                                       \
	" config_json TEXT,"                                                   \
	" secret TEXT," /* sealed */                                           \
	" part_bytes INTEGER NOT NULL DEFAULT 0,"                              \
	" capabilities_json TEXT,"                                             \
	" is_reachable INTEGER NOT NULL DEFAULT 0,"                            \
	" reason TEXT,"                                                        \
	" probed_at INTEGER NOT NULL DEFAULT 0,"                               \
	" revision INTEGER NOT NULL DEFAULT 1,"                                \
	" created_at INTEGER NOT NULL,"                                        \
	" updated_at INTEGER NOT NULL);"                                       \
	"CREATE INDEX pools_created ON pools (created_at, id);"                \
	"CREATE INDEX pools_updated ON pools (updated_at, id);"                \
	"CREATE INDEX pools_name ON pools (name, id);"

/* The source may go and its backups stay (rule 4): no foreign key for it. */
#define V1_BACKUPS                                                             \
	"CREATE TABLE backups ("                                               \
	" id TEXT PRIMARY KEY,"                                                \
	" name TEXT NOT NULL COLLATE NOCASE,"                                  \
	" name_key TEXT UNIQUE," /* NULL: not live, the name is free */        \
	" description TEXT,"                                                   \
	" type TEXT NOT NULL,"                                                 \
	" started_by TEXT NOT NULL,"                                           \
	" method TEXT NOT NULL,"                                               \
	" status TEXT NOT NULL,"                                               \
	" server_id TEXT NOT NULL,"                                            \
	" source_id TEXT NOT NULL,"                                            \
	" source_name TEXT NOT NULL COLLATE NOCASE,"                           \
	" source_engine TEXT NOT NULL,"                                        \
	" source_version TEXT NOT NULL DEFAULT '',"                            \
	" source_region TEXT,"                                                 \
	" pool_id TEXT NOT NULL REFERENCES pools (id),"                        \
	" scope_json TEXT,"                                                    \
	" options_json TEXT,"                                                  \
	" created_at INTEGER NOT NULL,"                                        \
	" started_at INTEGER NOT NULL DEFAULT 0,"                              \
	" finished_at INTEGER NOT NULL DEFAULT 0,"                             \
	" expires_at INTEGER NOT NULL DEFAULT 0,"                              \
	" save_path TEXT,"                                                     \
	" source_bytes INTEGER NOT NULL DEFAULT 0,"                            \
	" stored_bytes INTEGER NOT NULL DEFAULT 0,"                            \
	" part_count INTEGER NOT NULL DEFAULT 0,"                              \
	" table_count INTEGER NOT NULL DEFAULT 0,"                             \
	" row_count INTEGER NOT NULL DEFAULT 0,"                               \
	" key_count INTEGER NOT NULL DEFAULT 0,"                               \
	" consistency_json TEXT,"                                              \
	" warnings_json TEXT,"                                                 \
	" error_json TEXT,"                                                    \
	" phases_json TEXT,"                                                   \
	" bottleneck TEXT NOT NULL DEFAULT '',"                                \
	" manifest_digest TEXT NOT NULL DEFAULT '',"                           \
	" held INTEGER NOT NULL DEFAULT 0,"                                    \
	" has_leftovers INTEGER NOT NULL DEFAULT 0,"                           \
	" job_id TEXT NOT NULL,"                                               \
	" revision INTEGER NOT NULL DEFAULT 1);"

#define V1_BACKUP_SORTS                                                        \
	"CREATE INDEX backups_created ON backups (created_at, id);"            \
	"CREATE INDEX backups_started ON backups (started_at, id);"            \
	"CREATE INDEX backups_finished ON backups (finished_at, id);"          \
	"CREATE INDEX backups_expires ON backups (expires_at, id);"            \
	"CREATE INDEX backups_name ON backups (name, id);"                     \
	"CREATE INDEX backups_source_name ON backups (source_name, id);"       \
	"CREATE INDEX backups_source_bytes ON backups (source_bytes, id);"     \
	"CREATE INDEX backups_stored_bytes ON backups (stored_bytes, id);"

/* The last three: what sources and pools derive from their backups, and
 * what the sweep asks for. */
#define V1_BACKUP_FILTERS                                                      \
	"CREATE INDEX backups_status ON backups (status, created_at, id);"     \
	"CREATE INDEX backups_type ON backups (type, created_at, id);"         \
	"CREATE INDEX backups_method ON backups (method, created_at, id);"     \
	"CREATE INDEX backups_source ON backups (source_id, created_at, id);"  \
	"CREATE INDEX backups_pool ON backups (pool_id, created_at, id);"      \
	"CREATE INDEX backups_last ON backups"                                 \
	" (source_id, status, finished_at);"                                   \
	"CREATE INDEX backups_sum ON backups (pool_id, status, stored_bytes);" \
	"CREATE INDEX backups_leftovers ON backups (has_leftovers, id);"

#define V1_RESTORES                                                            \
	"CREATE TABLE restores ("                                              \
	" id TEXT PRIMARY KEY,"                                                \
	" backup_id TEXT NOT NULL,"                                            \
	" target_id TEXT NOT NULL,"                                            \
	" target_name TEXT NOT NULL,"                                          \
	" request_json TEXT,"                                                  \
	" status TEXT NOT NULL,"                                               \
	" row_count INTEGER NOT NULL DEFAULT 0,"                               \
	" key_count INTEGER NOT NULL DEFAULT 0,"                               \
	" verified INTEGER NOT NULL DEFAULT 0,"                                \
	" error_json TEXT,"                                                    \
	" created_at INTEGER NOT NULL,"                                        \
	" started_at INTEGER NOT NULL DEFAULT 0,"                              \
	" finished_at INTEGER NOT NULL DEFAULT 0,"                             \
	" job_id TEXT NOT NULL);"                                              \
	"CREATE INDEX restores_created ON restores (created_at, id);"          \
	"CREATE INDEX restores_started ON restores (started_at, id);"          \
	"CREATE INDEX restores_finished ON restores (finished_at, id);"        \
	"CREATE INDEX restores_status ON restores (status, created_at, id);"   \
	"CREATE INDEX restores_backup ON restores (backup_id, status);"        \
	"CREATE INDEX restores_target ON restores (target_id, created_at, "    \
	"id);"

/* lock_key: the source that the job keeps for itself, until it is over. */
#define V1_JOBS                                                                \
	"CREATE TABLE jobs ("                                                  \
	" id TEXT PRIMARY KEY,"                                                \
	" kind TEXT NOT NULL,"                                                 \
	" status TEXT NOT NULL,"                                               \
	" resource TEXT NOT NULL,"                                             \
	" source_id TEXT NOT NULL DEFAULT '',"                                 \
	" pool_id TEXT NOT NULL DEFAULT '',"                                   \
	" lock_key TEXT UNIQUE,"                                               \
	" fence INTEGER NOT NULL,"                                             \
	" error_json TEXT,"                                                    \
	" progress_json TEXT,"                                                 \
	" created_at INTEGER NOT NULL,"                                        \
	" started_at INTEGER NOT NULL DEFAULT 0,"                              \
	" finished_at INTEGER NOT NULL DEFAULT 0);"                            \
	"CREATE INDEX jobs_created ON jobs (created_at, id);"                  \
	"CREATE INDEX jobs_started ON jobs (started_at, id);"                  \
	"CREATE INDEX jobs_finished ON jobs (finished_at, id);"                \
	"CREATE INDEX jobs_kind ON jobs (kind, created_at, id);"               \
	"CREATE INDEX jobs_status ON jobs (status, created_at, id);"           \
	"CREATE INDEX jobs_source ON jobs (source_id, created_at, id);"        \
	"CREATE INDEX jobs_resource ON jobs (resource);"                       \
	"CREATE TABLE job_lines ("                                             \
	" job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,"        \
	" line_no INTEGER NOT NULL,"                                           \
	" at INTEGER NOT NULL,"                                                \
	" line TEXT NOT NULL,"                                                 \
	" PRIMARY KEY (job_id, line_no)) WITHOUT ROWID;"

#define V2_COUNTS "ALTER TABLE backups ADD COLUMN counts_json TEXT;"

/* Names of source and pool are read from their rows. name_key: rule 5. */
#define V3_PLANS                                                               \
	"CREATE TABLE plans ("                                                 \
	" id TEXT PRIMARY KEY,"                                                \
	" name TEXT NOT NULL COLLATE NOCASE,"                                  \
	" name_key TEXT UNIQUE,"                                               \
	" remarks TEXT,"                                                       \
	" enabled INTEGER NOT NULL DEFAULT 1,"                                 \
	" source_id TEXT NOT NULL REFERENCES sources (id),"                    \
	" pool_id TEXT NOT NULL REFERENCES pools (id),"                        \
	" strategy TEXT NOT NULL,"                                             \
	" method TEXT NOT NULL,"                                               \
	" scope_json TEXT,"                                                    \
	" timer_json TEXT,"                                                    \
	" options_json TEXT,"                                                  \
	" retention_days INTEGER NOT NULL,"                                    \
	" grace_seconds INTEGER NOT NULL,"                                     \
	" expiry_held TEXT,"                                                   \
	" next_due_at INTEGER NOT NULL DEFAULT 0,"                             \
	" unmet_due_at INTEGER NOT NULL DEFAULT 0,"                            \
	" last_backup_id TEXT NOT NULL DEFAULT '',"                            \
	" last_status TEXT NOT NULL DEFAULT '',"                               \
	" last_at INTEGER NOT NULL DEFAULT 0,"                                 \
	" base_rows INTEGER NOT NULL DEFAULT 0," /* the brake's measure */     \
	" base_keys INTEGER NOT NULL DEFAULT 0,"                               \
	" base_bytes INTEGER NOT NULL DEFAULT 0,"                              \
	" base_scope TEXT,"                                                    \
	" revision INTEGER NOT NULL DEFAULT 1,"                                \
	" created_at INTEGER NOT NULL,"                                        \
	" updated_at INTEGER NOT NULL);"                                       \
	"CREATE INDEX plans_created ON plans (created_at, id);"                \
	"CREATE INDEX plans_updated ON plans (updated_at, id);"                \
	"CREATE INDEX plans_name ON plans (name, id);"                         \
	"CREATE INDEX plans_next ON plans (next_due_at, id);"                  \
	"CREATE INDEX plans_last ON plans (last_at, id);"                      \
	"CREATE INDEX plans_due ON plans (enabled, strategy, next_due_at,"     \
	" id);"                                                                \
	"CREATE INDEX plans_source ON plans (source_id, created_at, id);"      \
	"CREATE INDEX plans_pool ON plans (pool_id, created_at, id);"          \
	"CREATE TABLE plan_runs ("                                             \
	" plan_id TEXT NOT NULL REFERENCES plans (id) ON DELETE CASCADE,"      \
	" due_at INTEGER NOT NULL,"                                            \
	" last_at INTEGER NOT NULL,"                                           \
	" count INTEGER NOT NULL DEFAULT 1,"                                   \
	" decision TEXT NOT NULL,"                                             \
	" backup_id TEXT NOT NULL DEFAULT '',"                                 \
	" restarts INTEGER NOT NULL DEFAULT 0,"                                \
	" decided_at INTEGER NOT NULL,"                                        \
	" PRIMARY KEY (plan_id, due_at)) WITHOUT ROWID;"                       \
	"CREATE INDEX plan_runs_backup ON plan_runs (backup_id);"

#define V3_BACKUPS                                                             \
	"ALTER TABLE backups ADD COLUMN plan_id TEXT NOT NULL DEFAULT '';"     \
	"ALTER TABLE backups ADD COLUMN plan_name TEXT NOT NULL DEFAULT '';"   \
	"ALTER TABLE backups ADD COLUMN due_at INTEGER NOT NULL DEFAULT 0;"    \
	"ALTER TABLE backups ADD COLUMN retention_days"                        \
	" INTEGER NOT NULL DEFAULT 0;"                                         \
	"ALTER TABLE backups ADD COLUMN verified_at"                           \
	" INTEGER NOT NULL DEFAULT 0;"                                         \
	"ALTER TABLE backups ADD COLUMN verify_status"                         \
	" TEXT NOT NULL DEFAULT 'never';"                                      \
	"ALTER TABLE backups ADD COLUMN verify_scope"                          \
	" TEXT NOT NULL DEFAULT '';"                                           \
	"ALTER TABLE backups ADD COLUMN depends_on_json TEXT;"                 \
	"ALTER TABLE backups ADD COLUMN is_encrypted"                          \
	" INTEGER NOT NULL DEFAULT 0;"                                         \
	"ALTER TABLE backups ADD COLUMN is_adopted"                            \
	" INTEGER NOT NULL DEFAULT 0;"                                         \
	"CREATE INDEX backups_plan ON backups (plan_id, created_at, id);"      \
	"CREATE INDEX backups_plan_status ON backups (plan_id, status,"        \
	" finished_at);"                                                       \
	"CREATE INDEX backups_depends ON backups (source_id, status)"          \
	" WHERE depends_on_json IS NOT NULL;"                                  \
	"CREATE INDEX backups_expiry ON backups"                               \
	" (status, type, expires_at);"

#define V3_POOLS                                                               \
	"ALTER TABLE pools ADD COLUMN recipients_json TEXT;"                   \
	"ALTER TABLE pools ADD COLUMN identity TEXT;" /* sealed */             \
	"ALTER TABLE pools ADD COLUMN is_unread"      /* see adopted_job.c */  \
	" INTEGER NOT NULL DEFAULT 0;"                                         \
	"ALTER TABLE sources ADD COLUMN read_from_json TEXT;"                  \
	"ALTER TABLE sources ADD COLUMN read_from_secret TEXT;" /* sealed */

#define V3_EVENTS                                                              \
	"CREATE TABLE events ("                                                \
	" id INTEGER PRIMARY KEY,"                                             \
	" at INTEGER NOT NULL,"                                                \
	" kind TEXT NOT NULL,"                                                 \
	" act TEXT NOT NULL,"                                                  \
	" resource TEXT NOT NULL,"                                             \
	" name TEXT NOT NULL COLLATE NOCASE,"                                  \
	" result TEXT NOT NULL,"                                               \
	" who TEXT NOT NULL,"                                                  \
	" address TEXT NOT NULL,"                                              \
	" detail TEXT NOT NULL);"                                              \
	"CREATE INDEX events_at ON events (at, id);"                           \
	"CREATE INDEX events_kind ON events (kind, id);"                       \
	"CREATE INDEX events_resource ON events (resource, id);"               \
	"CREATE INDEX events_name ON events (name, id);"                       \
	"CREATE INDEX events_result ON events (result, id);"                   \
	"CREATE TABLE replies ("                                               \
	" token_id TEXT NOT NULL,"                                             \
	" key TEXT NOT NULL,"                                                  \
	" request_hash TEXT NOT NULL,"                                         \
	" status INTEGER NOT NULL DEFAULT 0,"                                  \
	" headers_json TEXT,"                                                  \
	" body TEXT,"                                                          \
	" created_at INTEGER NOT NULL,"                                        \
	" PRIMARY KEY (token_id, key)) WITHOUT ROWID;"                         \
	"CREATE INDEX replies_created ON replies (created_at);"

/* How many backups there are of each kind, and how large they are together: a
 * list tells its total with every page, and counting 100,000 rows each time
 * takes longer than all else. Totals are as many as plans; sums are a few. */
#define V3_TOTALS                                                              \
	"CREATE TABLE backup_totals ("                                         \
	" pool_id TEXT NOT NULL,"                                              \
	" status TEXT NOT NULL,"                                               \
	" source_id TEXT NOT NULL,"                                            \
	" plan_id TEXT NOT NULL,"                                              \
	" type TEXT NOT NULL,"                                                 \
	" method TEXT NOT NULL,"                                               \
	" n INTEGER NOT NULL,"                                                 \
	" stored_bytes INTEGER NOT NULL,"                                      \
	" PRIMARY KEY (pool_id, status, source_id, plan_id, type, method)"     \
	") WITHOUT ROWID;"                                                     \
	"INSERT INTO backup_totals SELECT pool_id, status, source_id, "        \
	"plan_id,"                                                             \
	" type, method, count(*), sum(stored_bytes) FROM backups"              \
	" GROUP BY 1, 2, 3, 4, 5, 6;"                                          \
	"CREATE TABLE backup_sums ("                                           \
	" pool_id TEXT NOT NULL,"                                              \
	" status TEXT NOT NULL,"                                               \
	" type TEXT NOT NULL,"                                                 \
	" method TEXT NOT NULL,"                                               \
	" n INTEGER NOT NULL,"                                                 \
	" stored_bytes INTEGER NOT NULL,"                                      \
	" PRIMARY KEY (pool_id, status, type, method)) WITHOUT ROWID;"         \
	"INSERT INTO backup_sums SELECT pool_id, status, type, method,"        \
	" sum(n), sum(stored_bytes) FROM backup_totals GROUP BY 1, 2, 3, 4;"

#define ADD_TO(table, keys)                                                    \
	" INSERT INTO " table " VALUES (" keys ", 1, new.stored_bytes)"        \
	"  ON CONFLICT DO UPDATE SET n = n + 1,"                               \
	"  stored_bytes = stored_bytes + excluded.stored_bytes;"

#define TAKE_FROM(table, where)                                                \
	" UPDATE " table " SET n = n - 1,"                                     \
	"  stored_bytes = stored_bytes - old.stored_bytes" where ";"           \
	" DELETE FROM " table where " AND n = 0;"

#define SUMS_OF_OLD                                                            \
	" WHERE pool_id = old.pool_id AND status = old.status"                 \
	" AND type = old.type AND method = old.method"

#define TOTALS_OF_OLD                                                          \
	SUMS_OF_OLD " AND source_id = old.source_id"                           \
		    " AND plan_id = old.plan_id"

#define ADD_TO_TOTALS                                                          \
	ADD_TO("backup_totals", "new.pool_id, new.status, new.source_id,"      \
				" new.plan_id, new.type, new.method")          \
	ADD_TO("backup_sums", "new.pool_id, new.status, new.type, new.method")

#define TAKE_FROM_TOTALS                                                       \
	TAKE_FROM("backup_totals", TOTALS_OF_OLD)                              \
	TAKE_FROM("backup_sums", SUMS_OF_OLD)

#define V3_COUNTING                                                            \
	"CREATE TRIGGER backups_added AFTER INSERT ON backups"                 \
	" BEGIN" ADD_TO_TOTALS " END;"                                         \
	"CREATE TRIGGER backups_removed AFTER DELETE ON backups"               \
	" BEGIN" TAKE_FROM_TOTALS " END;"                                      \
	"CREATE TRIGGER backups_moved AFTER UPDATE OF pool_id, status,"        \
	" source_id, plan_id, type, method, stored_bytes ON backups"           \
	" BEGIN" TAKE_FROM_TOTALS ADD_TO_TOTALS " END;"

/* Sorts by words, and what a search looks through: names beside what a list
 * is filtered by, but for sources and plans, whose own indices are short. */
#define V3_LISTS                                                               \
	"CREATE INDEX backups_by_status ON backups (status, id);"              \
	"CREATE INDEX backups_by_type ON backups (type, id);"                  \
	"CREATE INDEX backups_by_method ON backups (method, id);"              \
	"CREATE INDEX backups_search ON backups (created_at, name, pool_id,"   \
	" status, type, method);"

/*
 * What searches for parts of names and spans of time look through: 128 backups
 * to a block, in the order in which they came. A row tells of those of a block
 * that are alike for filters how many they are, from when to when, and their
 * names, each with the number of its backup: "nightly-20261121\t4711\n". So
 * what does not fit is passed over by the block, and what fits is found among
 * 100,000 names in a third of the time that looking at each row takes.
 */
#define ENTRY_NAME(row)                                                        \
	"lower(" row ".name) || char(9) || " row ".entry || char(10)"

#define NAME_HERE   ENTRY_NAME("b")
#define NAME_OF_NEW ENTRY_NAME("new")
#define NAME_OF_OLD ENTRY_NAME("old")

#define V3_BLOCKS                                                              \
	"ALTER TABLE backups ADD COLUMN entry INTEGER NOT NULL DEFAULT 0;"     \
	"UPDATE backups SET entry = rowid;"                                    \
	"INSERT INTO counters VALUES ('entry',"                                \
	" (SELECT coalesce(max(rowid), 0) FROM backups));"                     \
	"CREATE INDEX backups_entry ON backups (entry);"                       \
	"CREATE TABLE backup_blocks ("                                         \
	" block INTEGER NOT NULL,"                                             \
	" pool_id TEXT NOT NULL,"                                              \
	" status TEXT NOT NULL,"                                               \
	" type TEXT NOT NULL,"                                                 \
	" method TEXT NOT NULL,"                                               \
	" n INTEGER NOT NULL,"                                                 \
	" oldest INTEGER NOT NULL," /* or older: removals do not raise it */   \
	" newest INTEGER NOT NULL,"                                            \
	" names TEXT NOT NULL,"                                                \
	" PRIMARY KEY (block, pool_id, status, type, method)) WITHOUT ROWID;"  \
	"INSERT INTO backup_blocks SELECT b.entry / 128, b.pool_id,"           \
	" b.status, b.type, b.method, count(*), min(b.created_at),"            \
	" max(b.created_at), group_concat(" NAME_HERE ", '')"                  \
	" FROM backups b GROUP BY 1, 2, 3, 4, 5;"

#define ADD_TO_BLOCK                                                           \
	" INSERT INTO backup_blocks VALUES (new.entry / 128, new.pool_id,"     \
	"  new.status, new.type, new.method, 1, new.created_at,"               \
	"  new.created_at," NAME_OF_NEW ")"                                    \
	" ON CONFLICT DO UPDATE SET n = n + 1,"                                \
	"  oldest = min(oldest, excluded.oldest),"                             \
	"  newest = max(newest, excluded.newest),"                             \
	"  names = names || excluded.names;"

/* 0: it has no number yet, and is in no block. */
#define BLOCK_OF_OLD                                                           \
	" WHERE old.entry > 0 AND block = old.entry / 128"                     \
	" AND pool_id = old.pool_id AND status = old.status"                   \
	" AND type = old.type AND method = old.method"

#define TAKE_FROM_BLOCK                                                        \
	" UPDATE backup_blocks SET n = n - 1,"                                 \
	"  names = replace(names," NAME_OF_OLD ", '')" BLOCK_OF_OLD ";"        \
	" DELETE FROM backup_blocks" BLOCK_OF_OLD " AND n = 0;"

/* The number that one gets puts it into its block. */
#define V3_BLOCKING                                                            \
	"CREATE TRIGGER backups_numbered AFTER INSERT ON backups"              \
	" BEGIN"                                                               \
	" UPDATE counters SET value = value + 1 WHERE name = 'entry';"         \
	" UPDATE backups SET entry ="                                          \
	"  (SELECT value FROM counters WHERE name = 'entry')"                  \
	"  WHERE id = new.id;"                                                 \
	" END;"                                                                \
	"CREATE TRIGGER backups_blocked AFTER UPDATE OF entry, pool_id,"       \
	" status, type, method, name, created_at ON backups"                   \
	" BEGIN" TAKE_FROM_BLOCK ADD_TO_BLOCK " END;"                          \
	"CREATE TRIGGER backups_unblocked AFTER DELETE ON backups"             \
	" BEGIN" TAKE_FROM_BLOCK " END;"

/* What was told of plans (plan_news.c), and what only this server can know of
 * itself and its pools. */
#define V3_NEWS                                                                \
	"ALTER TABLE plans ADD COLUMN told_status"                             \
	" TEXT NOT NULL DEFAULT '';"                                           \
	"ALTER TABLE plans ADD COLUMN is_brake_told"                           \
	" INTEGER NOT NULL DEFAULT 0;"                                         \
	"ALTER TABLE plans ADD COLUMN trouble TEXT;"                           \
	"CREATE INDEX plans_unmet ON plans (unmet_due_at)"                     \
	" WHERE unmet_due_at > 0;"                                             \
	"CREATE INDEX plans_braked ON plans (is_brake_told)"                   \
	" WHERE expiry_held IS NOT NULL;"                                      \
	"CREATE INDEX plans_told ON plans (told_status, next_due_at);"         \
	"ALTER TABLE backups ADD COLUMN verify_shallow"                        \
	" INTEGER NOT NULL DEFAULT 0;"                                         \
	"ALTER TABLE pools ADD COLUMN rival TEXT;"                             \
	"ALTER TABLE pools ADD COLUMN place TEXT NOT NULL DEFAULT '';"         \
	"CREATE TABLE server_starts ("                                         \
	" n INTEGER PRIMARY KEY,"                                              \
	" id TEXT NOT NULL UNIQUE);"

/* provisioned_by: the provisioner that made it, "" of others. is_creating: it
 * is not whole (instances.c). */
#define V4_INSTANCES                                                           \
	"ALTER TABLE sources ADD COLUMN provisioned_by"                        \
	" TEXT NOT NULL DEFAULT '';"                                           \
	"ALTER TABLE sources ADD COLUMN is_creating"                           \
	" INTEGER NOT NULL DEFAULT 0;"                                         \
	"ALTER TABLE restores ADD COLUMN provider TEXT NOT NULL DEFAULT '';"

/* Restore drills (drills.c): throwaway instances of which something may be
 * there, and of plans a second clock. */
#define V5_DRILLS                                                              \
	"ALTER TABLE backups ADD COLUMN last_drill_json TEXT;"                 \
	"ALTER TABLE plans ADD COLUMN last_drill_json TEXT;"                   \
	"ALTER TABLE plans ADD COLUMN next_drill_at"                           \
	" INTEGER NOT NULL DEFAULT 0;"                                         \
	"ALTER TABLE plans ADD COLUMN drill_decided_at"                        \
	" INTEGER NOT NULL DEFAULT 0;"                                         \
	"CREATE INDEX plans_drill ON plans (enabled, next_drill_at, id);"      \
	"CREATE TABLE drills ("                                                \
	" instance_id TEXT PRIMARY KEY,"                                       \
	" job_id TEXT NOT NULL,"                                               \
	" plan_id TEXT NOT NULL DEFAULT '',"                                   \
	" provider TEXT NOT NULL DEFAULT '') WITHOUT ROWID;"

/* target_path: a folder, of a restore of files; target_id is "" then. */
#define V6_FOLDERS "ALTER TABLE restores ADD COLUMN target_path TEXT;"

/*
 * Who holds which packs (packs.c): those of backup_id that writer_id wrote, as
 * ranges of numbers. A backup that leaves the catalog holds nothing.
 * increments: how many there are since the full one, with this one.
 * is_in_doubt: it shares packs with one that was found damaged, or did; that
 * outlives the damaged one.
 */
#define V7_PACKS                                                               \
	"ALTER TABLE backups ADD COLUMN increments"                            \
	" INTEGER NOT NULL DEFAULT 0;"                                         \
	"ALTER TABLE backups ADD COLUMN is_in_doubt"                           \
	" INTEGER NOT NULL DEFAULT 0;"                                         \
	"CREATE TABLE backup_packs ("                                          \
	" backup_id TEXT NOT NULL,"                                            \
	" writer_id TEXT NOT NULL,"                                            \
	" source_id TEXT NOT NULL,"                                            \
	" numbers TEXT NOT NULL,"                                              \
	" PRIMARY KEY (backup_id, writer_id)) WITHOUT ROWID;"                  \
	"CREATE INDEX backup_packs_source ON backup_packs (source_id);"        \
	"CREATE TRIGGER backups_unpacked AFTER DELETE ON backups"              \
	" BEGIN DELETE FROM backup_packs WHERE backup_id = old.id; END;"       \
	"CREATE TRIGGER backups_doubted AFTER UPDATE OF verify_status"         \
	" ON backups WHEN new.verify_status = 'failed'"                        \
	" BEGIN UPDATE backups SET is_in_doubt = 1 WHERE id IN"                \
	"  (SELECT other.backup_id FROM backup_packs mine, backup_packs other" \
	"   WHERE mine.backup_id = new.id"                                     \
	"    AND other.source_id = mine.source_id"                             \
	"    AND other.writer_id = mine.writer_id); END;"

/* The hash of a token's password (base/password.h), "" of one without. */
#define V8_PASSWORDS                                                           \
	"ALTER TABLE tokens ADD COLUMN password TEXT NOT NULL DEFAULT '';"

/*
 * What completed backups came and went, and what backups ended, in each quarter
 * of an hour, for statistics.c: zones begin their days at such. Of each source
 * and plan, and, with neither, of all together. What is older than 102 days is
 * folded into one row, bucket 0.
 */
#define V9_HISTORY                                                             \
	"CREATE TABLE backup_history ("                                        \
	" source_id TEXT NOT NULL,"                                            \
	" plan_id TEXT NOT NULL,"                                              \
	" bucket INTEGER NOT NULL," /* seconds since 1970 / 900 */             \
	" stored_bytes INTEGER NOT NULL,"                                      \
	" completed INTEGER NOT NULL,"                                         \
	" failed INTEGER NOT NULL,"                                            \
	" canceled INTEGER NOT NULL,"                                          \
	" PRIMARY KEY (source_id, plan_id, bucket)) WITHOUT ROWID;"            \
	"CREATE INDEX backup_history_plan ON backup_history (plan_id);"        \
	"CREATE INDEX backup_history_bucket ON backup_history (bucket);"       \
	"INSERT INTO backup_history SELECT source_id, plan_id,"                \
	" finished_at / 900000,"                                               \
	" sum(iif(status = 'completed', stored_bytes, 0)),"                    \
	" sum(status = 'completed'), sum(status = 'failed'),"                  \
	" sum(status = 'canceled') FROM backups"                               \
	" WHERE status IN ('completed', 'failed', 'canceled')"                 \
	" GROUP BY 1, 2, 3;"                                                   \
	"INSERT INTO backup_history SELECT '', '', bucket,"                    \
	" sum(stored_bytes), sum(completed), sum(failed), sum(canceled)"       \
	" FROM backup_history GROUP BY bucket;"

#define NOW_BUCKET "CAST(strftime('%s', 'now') AS INTEGER) / 900"
#define HISTORY_ADDS                                                           \
	" ON CONFLICT DO UPDATE SET"                                           \
	" stored_bytes = stored_bytes + excluded.stored_bytes,"                \
	" completed = completed + excluded.completed,"                         \
	" failed = failed + excluded.failed,"                                  \
	" canceled = canceled + excluded.canceled;"

#define HELD(row) "iif(" row ".status = 'completed', " row ".stored_bytes, 0)"
#define NEW_HELD  HELD("new")
#define OLD_HELD  HELD("old")
#define HAS_ENDED                                                              \
	"old.status IN ('queued', 'backing_up')"                               \
	" AND new.status IN ('completed', 'failed', 'canceled')"

/* First what belongs to a plan and source, then the same to all. */
#define NOTE_HISTORY(keys, what, when)                                         \
	" INSERT INTO backup_history SELECT " keys ", " NOW_BUCKET ", " what   \
	" WHERE " when HISTORY_ADDS                                            \
	" INSERT INTO backup_history SELECT '', '', " NOW_BUCKET ", " what     \
	" WHERE " when HISTORY_ADDS

#define V9_NOTING                                                              \
	"CREATE TRIGGER backups_history_new AFTER INSERT ON backups"           \
	" BEGIN" NOTE_HISTORY(                                                 \
		"new.source_id, new.plan_id", NEW_HELD ", 0, 0, 0",            \
		NEW_HELD                                                       \
		" <> 0") " END;"                                               \
			 "CREATE TRIGGER backups_history_gone AFTER DELETE "   \
			 "ON backups"                                          \
			 " BEGIN" NOTE_HISTORY(                                \
				 "old.source_id, old.plan_id",                 \
				 "-" OLD_HELD ", 0, 0, 0",                     \
				 OLD_HELD                                      \
				 " <> 0") " END;"                              \
					  "CREATE TRIGGER "                    \
					  "backups_history_moved AFTER "       \
					  "UPDATE OF status,"                  \
					  " stored_bytes, source_id, plan_id " \
					  "ON backups BEGIN" NOTE_HISTORY(     \
						  "old.source_id, "            \
						  "old.plan_id",               \
						  "-" OLD_HELD ", 0, 0, 0",    \
						  OLD_HELD " <> 0")            \
						  NOTE_HISTORY(                \
							  "new.source_id, "    \
							  "new.plan_id",       \
							  NEW_HELD             \
							  ", (" HAS_ENDED      \
							  ") AND new.status "  \
							  "= 'completed',"     \
							  " (" HAS_ENDED       \
							  ") AND new.status "  \
							  "= 'failed',"        \
							  " (" HAS_ENDED       \
							  ") AND new.status "  \
							  "= 'canceled'",      \
							  NEW_HELD             \
							  " <> 0 OR "          \
							  "(" HAS_ENDED        \
							  ")") " END;"

#define V9_FOLDING                                                             \
	"CREATE TRIGGER backup_history_folded AFTER INSERT ON backup_history"  \
	" WHEN new.source_id = '' AND new.bucket > 0"                          \
	" BEGIN"                                                               \
	" INSERT INTO backup_history SELECT source_id, plan_id, 0,"            \
	"  sum(stored_bytes), 0, 0, 0 FROM backup_history"                     \
	"  WHERE bucket > 0 AND bucket < new.bucket - 9792 GROUP BY 1, "       \
	"2" HISTORY_ADDS " DELETE FROM backup_history"                         \
	"  WHERE bucket > 0 AND bucket < new.bucket - 9792;"                   \
	" DELETE FROM backup_history WHERE bucket = 0 AND stored_bytes = 0;"   \
	" END;"

/* The chain of events: events_link_rest() fills it. */
#define V10_LINKS                                                              \
	"ALTER TABLE events ADD COLUMN hash TEXT NOT NULL DEFAULT '';"         \
	"ALTER TABLE events ADD COLUMN previous_hash"                          \
	" TEXT NOT NULL DEFAULT '';"

static const char *const steps[] = {
	V1_SERVER V1_SOURCES V1_POOLS V1_BACKUPS V1_BACKUP_SORTS
		V1_BACKUP_FILTERS V1_RESTORES V1_JOBS,
	V2_COUNTS,
	V3_PLANS V3_BACKUPS V3_POOLS V3_EVENTS V3_TOTALS V3_COUNTING V3_LISTS
		V3_BLOCKS V3_BLOCKING V3_NEWS,
	V4_INSTANCES,
	V5_DRILLS,
	V6_FOLDERS,
	V7_PACKS,
	V8_PASSWORDS,
	V9_HISTORY V9_NOTING V9_FOLDING,
	V10_LINKS,
};

struct schema schema_current(void)
{
	return (struct schema){.steps = steps,
			       .version = sizeof(steps) / sizeof(steps[0])};
}
