/*
 * account.h - one account or role as text: what SHOW CREATE USER and SHOW
 * GRANTS print, made into statements that leave an account that is there
 * already as it is and only add to its rights.
 *
 * These texts hold the hashes of passwords: none of them may get into a log
 * or an error.
 */
#ifndef COFFER_SOURCES_MYSQL_ACCOUNT_H
#define COFFER_SOURCES_MYSQL_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/text.h"

struct my_account {
	char *user, *host;
	char *default_role; /* MariaDB; or NULL */
	struct text admins; /* of a role: "'root@localhost', 'a@%'" */
	bool is_role;
	bool is_nowhere; /* a role of MariaDB: it has no host */
};

/* Copies the strings. False: no memory; my_account_fini() is due anyway. */
bool my_account_init(struct my_account *a, const char *user, const char *host,
		     const char *default_role) MUST_CHECK;

/* Frees what it holds. */
void my_account_fini(struct my_account *a);

/* True for what each server makes for itself (mariadb.sys, mysql.session). */
bool my_account_is_servers_own(const char *user);

/* MariaDB's PUBLIC: granted to, but never made. */
bool my_account_is_public(const struct my_account *a);

/* Appends `user`@`host`, `role` or PUBLIC. */
void my_account_quote(struct text *t, const struct my_account *a);

/* Appends user@host, or the role's name: how the index calls it. */
void my_account_name(struct text *t, const struct my_account *a);

/* Appends SHOW CREATE USER, or SHOW GRANTS FOR it. */
void my_account_ask_create(struct text *sql, const struct my_account *a);
void my_account_ask_grants(struct text *sql, const struct my_account *a);

/*
 * Appends the first line of SHOW CREATE USER with IF NOT EXISTS; what follows
 * the name stands on a line of its own, so that whoever tells a statement's
 * beginning tells no secret. MySQL's DEFAULT ROLE, which needs grants first,
 * goes to roles. False: no such line.
 */
bool my_account_write_create(struct text *out, struct text *roles,
			     const char *line) MUST_CHECK;

/* Appends whether it is there: the variable is 1 if it is not. */
void my_account_write_is_new(struct text *out, const char *variable,
			     const struct my_account *a);

/* The same for a membership in MariaDB: who has it already needs no grant,
 * which only an administrator of the role can give. */
void my_account_write_is_apart(struct text *out, const char *variable,
			       const struct my_account *a, const char *role,
			       bool is_admin);

/* Appends a statement that is only run where the variable is 1. */
void my_account_write_if(struct text *out, const char *variable,
			 const char *more, const char *sql);

/* The words in a statement, outside of quotes; NULL: not there. */
const char *my_account_find(const char *s, const char *words);

/* What a line of SHOW GRANTS is about. */
struct my_grant_line {
	const char *grantee; /* `u`@`h`, within the line */
	size_t grantee_len;
	struct text database, table; /* of rights on a table; empty: others */
	struct text role;	     /* of a membership; empty: others */
	bool is_admin;		     /* WITH ADMIN OPTION */
};

/* Reads a line of SHOW GRANTS; my_grant_line_fini() ends it. False: it is no
 * GRANT or REVOKE. */
bool my_grant_line_read(struct my_grant_line *g, const char *line) MUST_CHECK;

/* Frees what it holds. */
void my_grant_line_fini(struct my_grant_line *g);

/* True when the line gives rights on a table that need not be there. */
bool my_grant_line_is_lasting(const char *line);

/* Appends the line without what MariaDB says behind the grantee about
 * passwords, TLS and limits: it would change an account that is there. */
void my_grant_line_write(struct text *out, const struct my_grant_line *g,
			 const char *line);

#endif
