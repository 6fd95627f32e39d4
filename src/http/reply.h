/* reply.h - the answers that a handler can give; each ends its request. */
#ifndef COFFER_HTTP_REPLY_H
#define COFFER_HTTP_REPLY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct reply_record;
struct request;

/* Answers with a document (takes json; NULL: no memory for it). */
void request_reply(struct request *r, int status, json_t *json);

/* The same with the revision as ETag. */
void request_reply_revision(struct request *r, int status, json_t *json,
			    int64_t revision);

/* 201 with the place of what was made: PATH/id. */
void request_reply_created(struct request *r, json_t *json, const char *id,
			   int64_t revision);

/* 202 with the job's place. */
void request_reply_accepted(struct request *r, json_t *json,
			    const char *job_id);

/* 204. */
void request_reply_nothing(struct request *r);

/* 304: the client has what the tag in etag is of. */
void request_reply_unchanged(struct request *r);

/* Bytes of another type; copied, unless they last as long as the program
 * (is_static). name: offered as a file, or NULL. */
struct reply_bytes {
	const char *type;
	const char *bytes;
	size_t len;
	const char *name;
	bool is_static, is_gzip;
};
void request_reply_bytes(struct request *r, int status,
			 const struct reply_bytes *b);

/* Gives a reply that was kept once more; strings are copied. */
void request_reply_again(struct request *r, const struct reply_record *kept);

/* Answers with a problem. */
void request_fail(struct request *r, const struct err *e);

/* Answers with a problem of that code and kind. */
void request_refuse(struct request *r, enum err_code kind, const char *code,
		    const char *fmt, ...) PRINTF_LIKE(4, 5);

/* Answers with the faults, if there are any: then false. */
bool request_is_sound(struct request *r) MUST_CHECK;

#endif
