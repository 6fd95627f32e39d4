/* reply_int.h - what answers have in common, streamed ones too. */
#ifndef COFFER_HTTP_REPLY_INT_H
#define COFFER_HTTP_REPLY_INT_H

#include "http/request_int.h"

/* The headers that every answer has. */
void reply_standing_headers(struct request *r);

/* The line of the log. */
void reply_log(const struct request *r, int status, size_t bytes);

#endif
