/* backup_form.h - members that backups and plans have in common, checked. */
#ifndef COFFER_HTTP_BACKUP_FORM_H
#define COFFER_HTTP_BACKUP_FORM_H

#include "http/body.h"

enum { METHOD_BUF = 12 };

/* "description" by rule 6. *out is a copy (caller frees), NULL when absent. No
 * memory: the faults are broken. */
void backup_form_description(struct form *f, char **out);

/*
 * "method": how a backup is made, "" when absent: suit_fill_method(). What is
 * to be said of it, of the scope, and of what options mean is known once the
 * source is: suit.h.
 */
void backup_form_method(struct form *f, char out[METHOD_BUF]);

/* "scope": *out is its text (caller frees), NULL when absent. */
void backup_form_scope(struct form *f, char **out);

/* Members of "options" that say how a backup is made; f is that object, not
 * ended. */
void backup_form_options(struct form *f);

/* The object as text (caller frees). NULL: no memory, the faults are broken. */
char *form_dump(struct form *f, const json_t *json);

#endif
