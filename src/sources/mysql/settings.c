/* settings.c - session settings. */
#include "sources/mysql/settings.h"

#include <jansson.h>

enum {
	MARIADB_STATEMENT_TIME = 100100, /* max_statement_time, 10.1 */
	MARIADB_IDLE_TRANSACTION = 100300,
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

/* What the footer puts back, whichever connection it comes to. */
#define SAVED                                                                  \
	"SET @coffer_client = @@character_set_client"                          \
	", @coffer_results = @@character_set_results"                          \
	", @coffer_collation = @@collation_connection"                         \
	", @coffer_fk = @@foreign_key_checks"                                  \
	", @coffer_unique = @@unique_checks"                                   \
	", @coffer_mode = @@sql_mode"                                          \
	", @coffer_zone = @@time_zone"

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
			    ", SESSION autocommit = 0");
	add_patience(s, sql);
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
		     ", time_zone = '+00:00';\n";
}

const char *my_settings_footer(void)
{
	return "SET character_set_client = @coffer_client"
	       ", character_set_results = @coffer_results"
	       ", collation_connection = @coffer_collation"
	       ", foreign_key_checks = @coffer_fk"
	       ", unique_checks = @coffer_unique"
	       ", sql_mode = @coffer_mode"
	       ", time_zone = @coffer_zone;\n";
}
