/* progress.c - see progress.h. */
#include "ctl/progress.h"

#include <inttypes.h>
#include <string.h>

#include "ctl/members.h"
#include "ctl/words.h"

enum { BAR_WIDTH = 24, WIDTH_FOR_BAR = 60 };

static uint64_t number(const json_t *job, const char *path)
{
	json_int_t n = json_integer_value(member_at(job, path));

	return n > 0 ? (uint64_t)n : 0;
}

static void add_phase(struct text *t, const json_t *job)
{
	const char *status = member_text(job, "status", "");
	const char *phase = member_text(job, "progress.phase", "");
	const char *said = *phase != '\0' && strcmp(status, "running") == 0
				   ? phase
				   : status;

	words_clean(t, said, strlen(said), false);
}

static void add_percent(struct text *t, const json_t *job, bool has_bar)
{
	const json_t *percent = member_at(job, "progress.percent");
	uint64_t done = number(job, "progress.percent");

	if (!json_is_integer(percent))
		return;
	if (done > 100)
		done = 100;
	text_str(t, has_bar ? " [" : "");
	for (uint64_t i = 0; has_bar && i < BAR_WIDTH; i++)
		text_char(t, i * 100 < done * BAR_WIDTH ? '#' : '.');
	text_printf(t, "%s %3" PRIu64 " %%", has_bar ? "]" : " ", done);
}

static void add_counts(struct text *t, const json_t *job)
{
	uint64_t bytes = number(job, "progress.bytes_read");
	uint64_t speed = number(job, "progress.bytes_per_second");
	uint64_t items = number(job, "progress.items_total");
	char words[WORDS_MAX];

	if (items > 0)
		text_printf(t, "  %" PRIu64 "/%" PRIu64,
			    number(job, "progress.items_done"), items);
	if (bytes > 0)
		text_printf(t, "  %s", words_bytes(bytes, words));
	if (speed > 0)
		text_printf(t, "  %s/s", words_bytes(speed, words));
	if (json_is_integer(member_at(job, "progress.eta_seconds")))
		text_printf(t, "  %s left",
			    words_seconds((int64_t)number(
						  job, "progress.eta_seconds"),
					  words));
}

void progress_line(struct text *out, const json_t *job, size_t width,
		   bool has_bar)
{
	struct text line = {0};

	add_phase(&line, job);
	add_percent(&line, job,
		    has_bar && (width == 0 || width >= WIDTH_FOR_BAR));
	add_counts(&line, job);
	if (line.is_broken || line.data == NULL)
		text_str(out, "");
	else if (width > 0)
		words_cut(out, line.data, width);
	else
		text_str(out, line.data);
	text_free(&line);
}
