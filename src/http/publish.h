/* publish.h - what changed here is told to the pools. */
#ifndef COFFER_HTTP_PUBLISH_H
#define COFFER_HTTP_PUBLISH_H

struct request;

/* A request was answered so: if it has changed sources, pools or plans,
 * servers/<id>.json is written again. */
void publish_request(const struct request *r, int status);

#endif
