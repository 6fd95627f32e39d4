/*
 * conn.h - one connection to a server, driven from the loop.
 *
 * Calls come in pairs: my_connect() or my_query() says what is wanted, then
 * my_step() is called until it answers something else than MY_WAIT. While it
 * waits an event is armed, and the wake callback says when to step again.
 * Rows of a streamed result come from my_fetch() in the same way.
 *
 * The library's non-blocking calls run each statement on a small stack of its
 * own (MYSQL_OPT_NONBLOCK):
 * https://mariadb.com/kb/en/using-the-non-blocking-library/
 */
#ifndef COFFER_SOURCES_MYSQL_CONN_H
#define COFFER_SOURCES_MYSQL_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sources/address.h"

struct my_conn;

enum my_flow {
	MY_DONE, /* what was asked for is there */
	MY_WAIT, /* an event is armed; the wake callback will run */
	MY_FAIL, /* *e is filled */
};

enum my_take {
	MY_STORE,  /* the whole result comes into memory */
	MY_STREAM, /* rows are fetched one by one */
};

enum { MY_CONNECT_SECONDS = 10 };

typedef void my_wake_cb(void *arg);

/*
 * Copies the address; nothing is connected yet. max_packet_bytes bounds what
 * one packet (a row, a statement) may be, 0: the protocol's bound of 1 GiB.
 * Returns NULL with *e filled.
 */
struct my_conn *my_conn_new(const struct source_env *env,
			    const struct source_address *a,
			    uint64_t max_packet_bytes,
			    struct err *e) MUST_CHECK;

/*
 * Ends it at once, in any state, without waiting for the server: what is
 * under way is cut off at the socket. NULL is fine.
 */
void my_conn_free(struct my_conn *c);

/* Who is to be woken; NULL: nobody. Runs from the loop. */
void my_conn_on_wake(struct my_conn *c, my_wake_cb *wake, void *arg);

/* The server must say or take something within so many seconds while a
 * statement is under way; 0: no limit. */
void my_conn_limit(struct my_conn *c, unsigned seconds);

/* Names, certificates and plugins are found on a worker: it all blocks. */
void my_connect(struct my_conn *c);

/* sql is borrowed until my_step() is done; doing is for errors ("read table
 * ...") and is borrowed as long. Ends an earlier stored result. */
void my_query(struct my_conn *c, const char *sql, size_t len, enum my_take take,
	      const char *doing);

/* Goes on with what was asked for. A failed statement leaves the connection
 * usable unless my_conn_is_usable() says otherwise. */
enum my_flow my_step(struct my_conn *c, struct err *e) MUST_CHECK;

/*
 * The next row of a streamed result: its values are valid until the next
 * call, *values is NULL after the last row. lengths come with them.
 */
enum my_flow my_fetch(struct my_conn *c, char ***values,
		      unsigned long **lengths, struct err *e) MUST_CHECK;

/* The next row of a stored result becomes the current one; false: none. */
bool my_next_row(struct my_conn *c);

/* A value of the current row; NULL: it is NULL, or there is no such column.
 * Valid until the next my_query(). */
const char *my_value(const struct my_conn *c, unsigned column);

/* Its length in bytes; 0 for NULL. */
size_t my_value_len(const struct my_conn *c, unsigned column);

/* Columns of the result at hand. */
unsigned my_columns(const struct my_conn *c);

/* The index of a column by its name (any case), or my_columns(). */
unsigned my_column(const struct my_conn *c, const char *name);

/* Number of the error that the last MY_FAIL came from; 0: not the server's. */
unsigned my_conn_errno(const struct my_conn *c);

/* How many warnings the last statement gave. */
unsigned my_conn_warnings(const struct my_conn *c);

/* How many rows the last statement changed. */
uint64_t my_conn_affected(const struct my_conn *c);

/* The server's version as it says it on connecting ("10.11.6-MariaDB"). */
const char *my_conn_version(const struct my_conn *c);

/* The server's number for this connection. */
unsigned long my_conn_id(const struct my_conn *c);

/* Whether the other end is on this host, by its address: a unix socket, or one
 * of this host's own addresses. */
bool my_conn_is_local(const struct my_conn *c);

/* False: broken, or something is under way. */
bool my_conn_is_usable(const struct my_conn *c);

#endif
