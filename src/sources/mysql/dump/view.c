/*
 * view.c - a lane's view: where it is in the binary log.
 *
 * MariaDB writes the answer where all sessions do (two SHOW STATUS at once
 * give one answer to both: measured, in 2 of 100 dumps under load), so that the
 * lanes are asked one after another, and twice, for the sake of what others
 * ask meanwhile.
 */
#include "sources/mysql/dump/view.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sources/mysql/dump/dump_int.h"
#include "sources/mysql/fault.h"

enum {
	MYSQL_BINARY_LOG_STATUS = 80200, /* 8.2; SHOW MASTER went in 8.4 */
};

/* MySQL tells the log's end, the same for all; while the lock is held it is
 * the views' place. */
static bool ask_position(void *arg, struct text *sql, struct err *e)
{
	const struct my_view *v = arg;
	const struct my_server *server = &v->dump->server;

	(void)e;
	if (!server->has_binlog)
		return true;
	if (server->is_mariadb)
		text_str(sql, "SHOW STATUS LIKE 'binlog_snapshot_%'");
	else if (!v->is_first)
		return true;
	else if (server->number >= MYSQL_BINARY_LOG_STATUS)
		text_str(sql, "SHOW BINARY LOG STATUS");
	else
		text_str(sql, "SHOW MASTER STATUS");
	return true;
}

static uint64_t number_of(const char *text)
{
	return text != NULL ? strtoull(text, NULL, 10) : 0;
}

/* MariaDB: rows of name and value. */
static void take_status(struct my_view *v, struct my_conn *c)
{
	char file[sizeof(v->file)] = "";
	uint64_t position = 0;

	while (my_next_row(c)) {
		const char *name = my_value(c, 0), *value = my_value(c, 1);

		if (name == NULL || value == NULL)
			continue;
		if (strcasecmp(name, "binlog_snapshot_file") == 0)
			(void)my_clean(file, sizeof(file), value);
		else if (strcasecmp(name, "binlog_snapshot_position") == 0)
			position = number_of(value);
	}
	v->is_told_twice =
		position == v->position && strcmp(file, v->file) == 0;
	v->position = position;
	(void)str_copy(v->file, sizeof(v->file), file);
}

/* MySQL: one row. */
static void take_log_status(struct my_view *v, struct my_conn *c)
{
	struct dump_facts *f = &v->dump->facts;
	unsigned gtid = my_column(c, "Executed_Gtid_Set");

	if (!my_next_row(c) || my_value(c, 0) == NULL)
		return;
	(void)my_clean(v->file, sizeof(v->file), my_value(c, 0));
	v->position = number_of(my_value(c, 1));
	if (my_value(c, gtid) != NULL)
		(void)my_clean(f->gtid, sizeof(f->gtid), my_value(c, gtid));
}

static bool take_position(void *arg, struct my_conn *c, struct err *e)
{
	struct my_view *v = arg;

	(void)e;
	if (!v->dump->server.has_binlog)
		return true;
	if (v->dump->server.is_mariadb)
		take_status(v, c);
	else if (v->is_first)
		take_log_status(v, c);
	return true;
}

/* Only MariaDB's answer can be somebody else's. */
static bool ask_confirm(void *arg, struct text *sql, struct err *e)
{
	struct my_view *v = arg;

	v->is_told_twice = true;
	return !v->dump->server.is_mariadb || ask_position(arg, sql, e);
}

static bool take_confirm(void *arg, struct my_conn *c, struct err *e)
{
	const struct my_view *v = arg;

	return !v->dump->server.is_mariadb || take_position(arg, c, e);
}

static bool no_position(void *arg, struct my_conn *c, unsigned number,
			struct err *e)
{
	const struct my_view *v = arg;

	(void)c;
	(void)e;
	if (v->is_first)
		my_dump_warn(v->dump, "position_unknown",
			     "the account may not read the binary log's "
			     "position: grant REPLICATION CLIENT");
	return my_is_denial(number);
}

static bool ask_start(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_str(sql, "START TRANSACTION WITH CONSISTENT SNAPSHOT");
	return true;
}

static bool ask_savepoint(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_str(sql, "SAVEPOINT coffer");
	return true;
}

static const struct my_ask asks[MY_VIEW_STEP_COUNT] = {
	[MY_VIEW_START] = {"start the snapshot", ask_start, NULL, NULL},
	[MY_VIEW_PLACE] = {"read the binary log's position", ask_position,
			   take_position, no_position},
	[MY_VIEW_CONFIRM] = {"read the binary log's position", ask_confirm,
			     take_confirm, no_position},
	[MY_VIEW_SAVEPOINT] = {"set a savepoint", ask_savepoint, NULL, NULL},
};

void my_view_init(struct my_view *v, struct my_dump *d, unsigned lane)
{
	v->dump = d;
	v->is_first = lane == 0;
	my_dialog_init(&v->dialog, d->conns[lane], v);
}

void my_view_fini(struct my_view *v)
{
	my_dialog_fini(&v->dialog);
}

/* In turn: where the server keeps answers is one place for all. */
static bool is_in_turn(enum my_view_step step)
{
	return step == MY_VIEW_PLACE || step == MY_VIEW_CONFIRM;
}

enum my_flow my_views_step(struct my_view *v, unsigned n,
			   enum my_view_step step, struct err *e)
{
	bool is_waiting = false;

	for (unsigned i = 0; i < n; i++) {
		enum my_flow f = MY_DONE;

		if (!v[i].is_answered)
			f = my_dialog_step(&v[i].dialog, &asks[step], e);
		if (f == MY_FAIL)
			return f;
		v[i].is_answered = f == MY_DONE;
		is_waiting = is_waiting || f == MY_WAIT;
		if (is_waiting && is_in_turn(step))
			break;
	}
	for (unsigned i = 0; !is_waiting && i < n; i++)
		v[i].is_answered = false;
	return is_waiting ? MY_WAIT : MY_DONE;
}

/* An empty place is none: a server without a log says it of all views. */
bool my_views_are_one(const struct my_view *v, unsigned n)
{
	for (unsigned i = 1; i < n; i++)
		if (v->file[0] == '\0' || strcmp(v[i].file, v->file) != 0 ||
		    v[i].position != v->position)
			return false;
	return true;
}

bool my_views_are_sure(const struct my_view *v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (!v[i].is_told_twice)
			return false;
	return true;
}
