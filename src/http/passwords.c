/* passwords.c - see passwords.h. */
#include "http/passwords.h"

#include <stdlib.h>

#include "base/secret.h"
#include "base/text.h"
#include "http/server_int.h"
#include "loop/workers.h"

struct password_job {
	struct work work;
	struct request *request;
	char password[PASSWORD_BUF];
	char hash[PASSWORD_HASH_MAX]; /* given, or made */
	bool ok;
	struct err e;
	password_made_cb *made; /* or ... */
	password_tried_cb *tried;
};

static struct password_job *job_of(struct work *w)
{
	return (struct password_job *)(void *)w;
}

static void job_free(struct password_job *job)
{
	secret_wipe(job, sizeof(*job));
	free(job);
}

static void on_disposed(struct work *w)
{
	job_free(job_of(w));
}

static void run(struct work *w)
{
	struct password_job *job = job_of(w);

	if (job->made != NULL)
		job->ok = password_hash(job->password, job->hash, &job->e);
	else
		job->ok = password_fits(job->password, job->hash);
}

static void on_done(struct work *w)
{
	struct password_job *job = job_of(w);
	struct request *r = job->request;

	r->password_job = NULL;
	r->server->passwords--;
	if (job->tried != NULL)
		job->tried(r, job->ok);
	else
		job->made(r, job->ok ? job->hash : NULL, &job->e);
	job_free(job);
}

static void begin(struct request *r, const char *password, const char *hash,
		  password_made_cb *made, password_tried_cb *tried)
{
	struct password_job *job = NULL;
	struct err e = {0};

	if (r->server->passwords >= PASSWORDS_AT_ONCE) {
		r->retry_seconds = 1;
		request_refuse(r, ERR_CONFLICT, "too_many_requests",
			       "others are logging in just now: try again in a "
			       "second");
		return;
	}
	job = calloc(1, sizeof(*job));
	if (job == NULL) {
		(void)err_nomem(&e, "a password");
		request_fail(r, &e);
		return;
	}
	(void)str_copy(job->password, sizeof(job->password), password);
	(void)str_copy(job->hash, sizeof(job->hash), hash);
	job->request = r;
	job->made = made;
	job->tried = tried;
	job->work.run = run;
	job->work.done = on_done;
	r->password_job = job;
	r->server->passwords++;
	request_keep(r);
	workers_submit(r->server->config.blocking, &job->work);
}

void passwords_make(struct request *r, const char *password,
		    password_made_cb *done)
{
	begin(r, password, "", done, NULL);
}

void passwords_try(struct request *r, const char *password, const char *hash,
		   password_tried_cb *done)
{
	begin(r, password, hash, NULL, done);
}

void passwords_cancel(struct password_job *job)
{
	if (job == NULL)
		return;
	job->request->server->passwords--;
	work_abandon(&job->work, on_disposed);
}
