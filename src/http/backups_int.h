/* backups_int.h - what the files about backups share. */
#ifndef COFFER_HTTP_BACKUPS_INT_H
#define COFFER_HTTP_BACKUPS_INT_H

#include "catalog/backups.h"
#include "http/request_int.h"

/* The document of one; NULL when there is no memory. */
json_t *backups_show(const struct request *r, const struct backup_record *rec);

/* Notes faults in the filters that are words of a list of backups. */
void backups_check_words(struct request *r);

/* Answers with the page of backups that q asks for; copied. */
void backups_ask(struct request *r, struct catalog_query *q);

/* Asks the catalog for the one that the path names. */
void backups_fetch(struct request *r, catalog_backup_cb *done);

#endif
