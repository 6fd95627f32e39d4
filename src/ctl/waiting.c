/* waiting.c - see waiting.h. */
#include "ctl/waiting.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ctl/client.h"
#include "ctl/interrupt.h"
#include "ctl/members.h"
#include "ctl/path.h"
#include "ctl/progress.h"
#include "ctl/session.h"
#include "ctl/words.h"

enum { WAIT_SECONDS = 30, BAR_SECONDS = 1, ANSWER_SECONDS = 90 };

bool job_has_ended(const json_t *job)
{
	const char *status = member_text(job, "status", "");

	return strcmp(status, "queued") != 0 && strcmp(status, "running") != 0;
}

json_t *job_get(struct session *s, const char *id, unsigned wait_seconds,
		struct err *e)
{
	struct client_ask ask = {.method = "GET", .seconds = ANSWER_SECONDS};
	char seconds[16];
	struct text path = {0};
	json_t *job = NULL;

	(void)snprintf(seconds, sizeof(seconds), "%u", wait_seconds);
	text_str(&path, "/v1/jobs");
	path_segment(&path, id);
	path_query(&path, "wait", wait_seconds > 0 ? seconds : NULL);
	ask.path = path.data;
	if (path.is_broken)
		(void)err_nomem(e, "a request");
	else if (!client_send(s->client, &ask, &job, e))
		job = NULL;
	text_free(&path);
	return job;
}

static size_t stderr_width(void)
{
	struct winsize w;

	if (isatty(STDERR_FILENO) != 1)
		return 0;
	return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 1
		       ? w.ws_col - 1U
		       : 79;
}

/* width 0: no terminal. */
static void tell_progress(const json_t *job, size_t width)
{
	struct text line = {0};

	progress_line(&line, job, width, width > 0);
	if (!line.is_broken && line.data != NULL)
		(void)fprintf(stderr, width > 0 ? "\r\033[K%s" : "%s\n",
			      line.data);
	(void)fflush(stderr);
	text_free(&line);
}

static void clear_progress(size_t width)
{
	if (width > 0)
		(void)fputs("\r\033[K", stderr);
}

/* The job when it has ended; NULL with *e filled. */
static json_t *await_end(struct session *s, const char *id, struct err *e)
{
	size_t width = s->is_json ? 0 : stderr_width();
	unsigned seconds = width > 0 ? BAR_SECONDS : WAIT_SECONDS;
	json_t *job = job_get(s, id, 0, e);

	while (job != NULL && !job_has_ended(job)) {
		if (!s->is_json)
			tell_progress(job, width);
		json_decref(job);
		job = job_get(s, id, seconds, e);
	}
	clear_progress(width);
	return job;
}

static enum ctl_status tell_end(struct session *s, const json_t *job,
				const char *what)
{
	const char *status = member_text(job, "status", "");
	bool is_good = strcmp(status, "completed") == 0;

	if (s->is_json) {
		session_json(s, job);
	} else if (is_good) {
		session_note(s, "%s: completed", what);
	} else {
		session_note(s, "%s: %s: %s", what, status,
			     member_text(job, "error.detail", "no reason"));
		session_note(s, "cofferctl logs %s tells more",
			     member_text(job, "id", "JOB"));
	}
	return is_good ? CTL_OK : CTL_FAILED;
}

enum ctl_status wait_for_job(struct session *s, const char *id,
			     const char *what)
{
	enum ctl_status status;
	struct err e = {0};
	json_t *job;

	interrupt_catch();
	job = await_end(s, id, &e);
	if (job != NULL) {
		status = tell_end(s, job, what);
		json_decref(job);
		return status;
	}
	if (e.code == ERR_CANCELED) {
		err_clear(&e);
		(void)err_set(&e, ERR_CANCELED, "interrupted",
			      "%.100s: the job goes on; cofferctl logs -f %s "
			      "follows it, cofferctl cancel %s ends it",
			      what, id, id);
	} else {
		err_prefix(&e, "%.100s: what becomes of job %s is not known",
			   what, id);
	}
	return session_fail(s, &e);
}

enum ctl_status tell_begun(struct session *s, const json_t *doc,
			   const char *what, bool wait)
{
	const char *id = member_text(doc, "job_id", member_text(doc, "id", ""));
	struct text line = {0};

	if (wait)
		return wait_for_job(s, id, what);
	if (s->is_json) {
		session_json(s, doc);
		return CTL_OK;
	}
	words_clean(&line, what, strlen(what), false);
	text_str(&line, ": job ");
	words_clean(&line, id, strlen(id), false);
	text_char(&line, '\n');
	if (!line.is_broken)
		session_text(line.data, line.len);
	text_free(&line);
	return CTL_OK;
}
