/* settings.c - session settings. */
#include "sources/mysql/settings.h"

#include <jansson.h>

enum {
	MARIADB_STATEMENT_TIME = 100100, /* max_statement_time, 10.1 */
	MARIADB_IDLE_TRANSACTION = 100300,
	MYSQL_OWN_KEYS = 80030, /* sql_generate_invisible_primary_key */
};

/*
 * Zeros in auto-increment columns stay, and so do dates like February 31,
 * which the servers keep where their users allow them.
 */
#define MY_WRITE_MODE "NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES"

/* Timeouts of the server's own that would cut a long dump or restore. */
static void add_patience(const struct my_server *s, struct text *sql)
{
	text_printf(sql,
		    ", SESSION net_read_timeout = %d"
		    ", SESSION net_write_timeout = %d"
		    ", SESSION wait_timeout = %d",
		    MY_PATIENCE_SECONDS, MY_PATIENCE_SECONDS,
		    MY_PATIENCE_SECONDS);
	if (!s->is_mariadb)
		text_str(sql, ", SESSION max_execution_time = 0");
	if (s->is_mariadb && s->number >= MARIADB_STATEMENT_TIME)
		text_str(sql, ", SESSION max_statement_time = 0");
	if (s->is_mariadb && s->number >= MARIADB_IDLE_TRANSACTION)
		text_str(sql, ", SESSION idle_transaction_timeout = 0"
			      ", SESSION idle_readonly_transaction_timeout = 0"
			      ", SESSION idle_write_transaction_timeout = 0");
}

void my_settings_read(const struct my_server *s, struct text *sql)
{
	/*
	 * An account's limits on rows and joins come from init_connect. As
	 * utf8mb4, MySQL's SHOW CREATE TABLE has '????' for characters of
	 * four bytes in expressions; unconverted, it has them.
	 */
	text_str(sql, "SET SESSION time_zone = '+00:00'"
		      ", SESSION character_set_results = NULL"
		      ", SESSION sql_mode = ''"
		      ", SESSION sql_quote_show_create = 1"
		      ", SESSION sql_select_limit = 18446744073709551615"
		      ", SESSION sql_big_selects = 1");
	text_printf(sql, ", SESSION lock_wait_timeout = %d", MY_LOCK_SECONDS);
	add_patience(s, sql);
}

/*
 * What a server once let in must come back: rows that were there before a
 * CHECK constraint, tables that InnoDB only warned of. MySQL has no switch for
 * the first, and lets only some accounts have the second.
 */
#define LENIENT                                                                \
	"/*M!100201 , check_constraint_checks = 0"                             \
	", innodb_strict_mode = 0 */"
#define LENIENT_SAVED                                                          \
	"/*M!100201 , @coffer_checks = @@check_constraint_checks"              \
	", @coffer_strict = @@innodb_strict_mode */"
#define LENIENT_RESTORED                                                       \
	"/*M!100201 , check_constraint_checks = @coffer_checks"                \
	", innodb_strict_mode = @coffer_strict */"

/*
 * Of MySQL's, only accounts that may set them can be asked to, and "SET" is an
 * error for all others even where it changes nothing. A right that comes with
 * a role is not seen here.
 */
#define MAY_SET                                                                \
	"EXISTS(SELECT 1 FROM information_schema.USER_PRIVILEGES WHERE "       \
	"PRIVILEGE_TYPE IN ('SESSION_VARIABLES_ADMIN', "                       \
	"'SYSTEM_VARIABLES_ADMIN', 'SUPER') AND GRANTEE = CONCAT('''', "       \
	"LEFT(CURRENT_USER(), CHAR_LENGTH(CURRENT_USER()) - 1 - "              \
	"CHAR_LENGTH(SUBSTRING_INDEX(CURRENT_USER(), '@', -1))), '''@''', "    \
	"SUBSTRING_INDEX(CURRENT_USER(), '@', -1), ''''))"
#define IF_MAY(yes)                                                            \
	"/*!80030 SET @coffer_set = IF(@coffer_may, '" yes "', 'DO 0') */;\n"  \
	"/*!80030 PREPARE coffer FROM @coffer_set */;\n"                       \
	"/*!80030 EXECUTE coffer */;\n"                                        \
	"/*!80030 DEALLOCATE PREPARE coffer */;\n"
#define TABLES_AS_THEY_ARE                                                     \
	"SET SESSION innodb_strict_mode = 0"                                   \
	", SESSION sql_require_primary_key = 0"                                \
	", SESSION sql_generate_invisible_primary_key = 0"
#define TABLES_SAVED                                                           \
	"/*!80030 SET @coffer_may = " MAY_SET                                  \
	", @coffer_strict = @@innodb_strict_mode"                              \
	", @coffer_keys = @@sql_require_primary_key"                           \
	", @coffer_own_keys = @@sql_generate_invisible_primary_key */;\n"
#define TABLES_RESTORED                                                        \
	"SET SESSION innodb_strict_mode = @coffer_strict"                      \
	", SESSION sql_require_primary_key = @coffer_keys"                     \
	", SESSION sql_generate_invisible_primary_key = @coffer_own_keys"

/* What the footer puts back, whichever connection it comes to. */
#define SAVED                                                                  \
	"SET @coffer_client = @@character_set_client"                          \
	", @coffer_results = @@character_set_results"                          \
	", @coffer_collation = @@collation_connection"                         \
	", @coffer_fk = @@foreign_key_checks"                                  \
	", @coffer_unique = @@unique_checks"                                   \
	", @coffer_mode = @@sql_mode"                                          \
	", @coffer_zone = @@time_zone" LENIENT_SAVED

void my_settings_isolation(struct text *sql)
{
	text_str(sql, "SET SESSION TRANSACTION ISOLATION LEVEL "
		      "REPEATABLE READ");
}

void my_settings_binlog(const struct my_server *s, struct text *sql)
{
	if (s->is_mariadb && s->has_binlog)
		text_str(sql, "SET SESSION sql_log_bin = 0");
}

void my_settings_write(const struct my_server *s, struct text *sql)
{
	text_str(sql, SAVED ", SESSION time_zone = '+00:00'"
			    ", SESSION sql_mode = '" MY_WRITE_MODE "'"
			    ", SESSION foreign_key_checks = 0"
			    ", SESSION unique_checks = 0"
			    ", SESSION autocommit = 0" LENIENT);
	add_patience(s, sql);
}

void my_settings_tables(const struct my_server *s, struct text *sql)
{
	if (!s->is_mariadb && s->number >= MYSQL_OWN_KEYS)
		text_str(sql, TABLES_AS_THEY_ARE);
}

char *my_settings_json(const struct my_server *s)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:I}", "sql_mode",
			      s->sql_mode, "character_set_server", s->charset,
			      "collation_server", s->collation, "time_zone",
			      s->time_zone, "system_time_zone",
			      s->system_time_zone, "lower_case_table_names",
			      (int)s->name_case, "max_allowed_packet",
			      (json_int_t)s->max_packet_bytes);
	char *text = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;

	json_decref(o);
	return text;
}

const char *my_settings_header(void)
{
	return SAVED ";\n"
		     "SET foreign_key_checks = 0, unique_checks = 0"
		     ", sql_mode = '" MY_WRITE_MODE "'"
		     ", time_zone = '+00:00'" LENIENT
		     ";\n" TABLES_SAVED IF_MAY(TABLES_AS_THEY_ARE);
}

const char *my_settings_footer(void)
{
	return IF_MAY(
		TABLES_RESTORED) "SET character_set_client = @coffer_client"
				 ", character_set_results = @coffer_results"
				 ", collation_connection = @coffer_collation"
				 ", foreign_key_checks = @coffer_fk"
				 ", unique_checks = @coffer_unique"
				 ", sql_mode = @coffer_mode"
				 ", time_zone = @coffer_zone" LENIENT_RESTORED
				 ";\n";
}
