/* acts.h - what commands that begin something share. */
#ifndef COFFER_CTL_ACTS_H
#define COFFER_CTL_ACTS_H

#include <stdbool.h>

#include <jansson.h>

#include "ctl/command.h"

struct session;

/* {"include":[...],"exclude":[...]} of the options of these names; NULL when
 * none was given. */
json_t *act_scope(const struct arguments *a);

/* POST of body (taken; NULL: none) to path, and tell_begun() of what it answers
 * with; "what" and the document's name are what it is called. */
enum ctl_status act_post(struct session *s, const char *path, json_t *body,
			 const char *what, bool wait);

/* The same to prefix, "/", name and suffix. */
enum ctl_status act_on(struct session *s, const char *const place[3],
		       json_t *body, const char *what, bool wait);

#endif
