/*
 * check_int.h - the look at a target: its states (check.c) and the rules
 * that judge what was found (check_rules.c).
 */
#ifndef COFFER_SOURCES_MYSQL_CHECK_INT_H
#define COFFER_SOURCES_MYSQL_CHECK_INT_H

#include "sources/mysql/load/load_int.h"
#include "sources/mysql/op.h"
#include "sources/findings.h"

enum check_state {
	CHECK_CONNECT,	 /* no connection yet */
	CHECK_SERVER,	 /* version and limits */
	CHECK_CORES,	 /* how many, for the width */
	CHECK_ROLE,	 /* whether it replicates from another */
	CHECK_COLLATION, /* whether it knows the source's default */
	CHECK_GRANTS,	 /* what the account may do */
	CHECK_ACCOUNTS,	 /* which definers are there */
	CHECK_SPACE,	 /* what its disk has left */
	CHECK_DATABASES, /* which of ours are there */
	CHECK_TABLES,	 /* what the one at hand holds */
	CHECK_PROGRAMS,	 /* or routines or events */
	CHECK_DONE,
	CHECK_STATE_COUNT,
};

/* The source's own settings, from session_json; "" and -1: not known. */
struct my_source_session {
	char charset[64], collation[64];
	int name_case;
};

struct check {
	struct my_op op; /* comes first */
	struct my_load *load;
	enum check_state state;
	struct my_server server;
	struct my_source_session source;
	struct findings report;
	bool *exists;	    /* for each of load->databases */
	bool *accounts;	    /* for each of load->definers */
	size_t at;	    /* the database at hand */
	struct text grants; /* all lines */
	load_check_cb *done;
	void *arg;
};

/* Reads what is known of the source's session. */
void my_source_session(struct my_source_session *s, const char *json);

/* True when these are one name at the target. */
bool my_check_same_name(const struct check *k, const char *a, const char *b);

/* Versions, packets, names. */
void my_check_server(struct check *k);

/* What is missing of what every restore needs, as far as SHOW GRANTS tells:
 * k->grants. */
void my_check_grants(struct check *k);

/* Definers without account: k->accounts. */
void my_check_definers(struct check *k);

/* One of our databases is there and holds something. */
void my_check_taken(struct check *k);

/* Of one that is restored in part: which of its tables are there; found has
 * one flag for each. */
void my_check_part(struct check *k, const bool *found);

#endif
