/* census.c - counts and digests the names of a server's tables. */
#include "sources/mysql/census.h"

#include <stdlib.h>
#include <string.h>

#include "sources/mysql/server.h"

enum { ROWS_PER_STEP = 512 };

static bool ask_names(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_str(sql, "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE "
		      "FROM information_schema.TABLES");
	return true;
}

static const struct my_ask names = {"list the tables", ask_names, NULL, NULL};

static bool add_table(struct my_census *c, const char *const row[3],
		      struct err *e)
{
	const unsigned long lengths[2] = {strlen(row[0]), strlen(row[1])};

	c->tables++;
	digest_add_row(&c->names, row, lengths, 2);
	return c->each == NULL || c->each(c->arg, row[0], row[1], e);
}

bool my_census_add(struct my_census *c, const char *const row[3], struct err *e)
{
	if (row[0] == NULL || row[1] == NULL || row[2] == NULL ||
	    my_is_system_database(row[0]) ||
	    (c->wants != NULL && !c->wants(c->arg, row[0], row[1])))
		return true;
	if (strcmp(row[2], "VIEW") == 0)
		c->views++;
	else if (strcmp(row[2], "SEQUENCE") == 0)
		c->sequences++;
	else if (strcmp(row[2], "BASE TABLE") == 0 ||
		 strcmp(row[2], "SYSTEM VERSIONED") == 0)
		return add_table(c, row, e);
	return true;
}

static enum my_flow take_rows(struct my_census *c, struct my_conn *conn,
			      struct err *e)
{
	enum my_flow f = MY_DONE;

	for (int i = 0; f == MY_DONE && i < ROWS_PER_STEP; i++) {
		unsigned long *lengths;
		char **values;

		f = my_fetch(conn, &values, &lengths, e);
		if (f != MY_DONE)
			return f;
		if (values == NULL) {
			c->is_over = true;
			return MY_DONE;
		}
		if (!my_census_add(c,
				   (const char *const[3]){values[0], values[1],
							  values[2]},
				   e))
			return MY_FAIL;
	}
	return f;
}

enum my_flow my_census_step(struct my_census *c, struct my_dialog *d,
			    struct err *e)
{
	enum my_flow f = MY_DONE;

	if (!c->is_asked)
		f = my_dialog_stream(d, &names, e);
	if (f != MY_DONE)
		return f;
	c->is_asked = true;
	return take_rows(c, d->conn, e);
}

bool my_census_equal(const struct my_census *a, const struct my_census *b)
{
	return a->tables == b->tables && a->views == b->views &&
	       a->sequences == b->sequences &&
	       digest_equal(&a->names, &b->names);
}

void my_census_ask_changes(struct text *sql)
{
	text_str(sql, "SHOW GLOBAL STATUS WHERE Variable_name IN ("
		      "'Com_create_table', 'Com_drop_table', "
		      "'Com_rename_table', 'Com_alter_table', "
		      "'Com_create_sequence', 'Com_drop_sequence', "
		      "'Com_alter_sequence', 'Com_create_db', 'Com_drop_db', "
		      "'Com_import_table', 'Com_alter_tablespace')");
}

bool my_census_read_changes(struct my_conn *c, uint64_t *sum)
{
	bool is_told = false;

	*sum = 0;
	while (my_next_row(c)) {
		const char *value = my_value(c, 1);

		if (value == NULL)
			continue;
		*sum += strtoull(value, NULL, 10);
		is_told = true;
	}
	return is_told;
}
