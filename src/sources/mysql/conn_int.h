/* conn_int.h - the inside of a connection, shared by the part that runs on a
 * worker (connecting) and the part that runs on the loop (all else). */
#ifndef COFFER_SOURCES_MYSQL_CONN_INT_H
#define COFFER_SOURCES_MYSQL_CONN_INT_H

#include <stdatomic.h>

#include <mysql.h>

#include "loop/workers.h"
#include "sources/address_int.h"
#include "sources/mysql/conn.h"
#include "sources/mysql/fault.h"

struct event;

enum conn_state {
	CONN_NEW,	 /* nothing was asked for yet */
	CONN_CONNECTING, /* a worker connects */
	CONN_READY,	 /* nothing is under way */
	CONN_QUERY,	 /* a statement goes out, its answer comes */
	CONN_STORE,	 /* a result is read into memory */
	CONN_STREAM,	 /* rows can be fetched */
	CONN_BROKEN,	 /* of no more use */
	CONN_STATE_COUNT,
};

/* What connecting needs and finds; the worker's while it runs. */
struct my_dial {
	struct work work;
	struct address_copy address;
	uint64_t max_packet_bytes;
	atomic_bool is_canceled; /* the loop does not want it any more */
	MYSQL *mysql;		 /* NULL: failed, as told below */
	unsigned number;
	char text[MY_TEXT_MAX];
	bool is_refused; /* its address is forbidden (base/address.h) */
};

struct my_conn {
	struct my_dial dial;
	const struct source_env *env;
	enum conn_state state;
	bool is_dialed; /* the worker is done */
	MYSQL *mysql;
	struct event *ev; /* one-shot; pending only while waiting != 0 */
	int waiting;	  /* MYSQL_WAIT_* the suspended call needs, 0: none */
	int ready;	  /* of these, what the event found */
	bool is_late;	  /* the event found silence */
	unsigned limit_seconds;
	my_wake_cb *wake;
	void *wake_arg;
	const char *sql; /* the statement under way */
	size_t sql_len;
	enum my_take take;
	const char *doing;
	int rc; /* the library's answer to it */
	unsigned number;
	MYSQL_RES *result;
	MYSQL_ROW row;
	unsigned long *lengths;
};

/* Copies the address into d. False: no memory. */
bool my_dial_init(struct my_dial *d, const struct source_address *a) MUST_CHECK;

/* Frees the strings, wiping the password, and a handle that nobody took. */
void my_dial_fini(struct my_dial *d);

/* The worker's part: connects within MY_CONNECT_SECONDS, or says why not. */
void my_dial_run(struct work *w);

#endif
