/* logs.h - what of a log has not been shown yet. */
#ifndef COFFER_CTL_LOGS_H
#define COFFER_CTL_LOGS_H

/* Where in text (whole lines) the line behind last begins, the line that was
 * shown last; the server keeps the newest lines only, so when last is not there
 * all of text is new. last "": nothing was shown. */
const char *log_news(const char *text, const char *last);

#endif
