/*
 * test_mysql_fake.h - a server that says what a test wants: a thread that
 * speaks just enough of the client/server protocol, answers statements by how
 * they begin, and cuts or stalls on demand.
 */
#ifndef COFFER_TESTS_TEST_MYSQL_FAKE_H
#define COFFER_TESTS_TEST_MYSQL_FAKE_H

#include <stddef.h>

enum fake_act {
	FAKE_OK,
	FAKE_ERROR,    /* number, text */
	FAKE_ROWS,     /* names, values */
	FAKE_CUT,      /* closes the connection without a word */
	FAKE_STALL,    /* never answers */
	FAKE_CUT_ROWS, /* some rows, then closes */
};

/* Statements that begin so are answered so. */
struct fake_answer {
	const char *begins;
	enum fake_act act;
	unsigned number;    /* FAKE_ERROR */
	unsigned affected;  /* rows, FAKE_OK; below 251 */
	const char *text;   /* FAKE_ERROR */
	const char *names;  /* of columns, parted by blanks */
	const char *values; /* a row a line, parted by |; "NULL" is NULL */
	unsigned warnings;
	unsigned times; /* so often, then the next that fits; 0: always */
};

/* The usual ones: rows, the same so many times only, an error, the end. */
#define FAKE_SAYS_TIMES(n, statement, columns, rows)                           \
	{                                                                      \
		.begins = (statement), .act = FAKE_ROWS, .names = (columns),   \
		.values = (rows), .times = (n)                                 \
	}
#define FAKE_SAYS(statement, columns, rows)                                    \
	FAKE_SAYS_TIMES(0, statement, columns, rows)
#define FAKE_REFUSES(statement, error, words)                                  \
	{                                                                      \
		.begins = (statement), .act = FAKE_ERROR, .number = (error),   \
		.text = (words)                                                \
	}
#define FAKE_END                                                               \
	{                                                                      \
		.begins = NULL                                                 \
	}

struct fake;

/* Answers from first, then second (each ends with begins == NULL; may be
 * NULL), else "OK". greeting NULL: a MariaDB 10.11; "": none at all; "!n":
 * refuses with error n. */
struct fake *fake_start(const char *greeting, const struct fake_answer *first,
			const struct fake_answer *second);

/* Where it listens on 127.0.0.1. */
unsigned fake_port(const struct fake *f);

/* How many statements began so. */
unsigned fake_count(struct fake *f, const char *begins);

/* The statements that came, one a line. Valid until fake_stop(). */
const char *fake_log(struct fake *f);

/* Ends it and frees all. */
void fake_stop(struct fake *f);

/* Answers of a small, healthy MariaDB with one database "shop". */
const struct fake_answer *fake_shop(void);

#endif
