/* xml.h - reads the replies of S3 with expat, within bounds. */
#ifndef COFFER_S3_XML_H
#define COFFER_S3_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum {
	S3_XML_DEPTH_MAX = 8,
	S3_XML_PATH_MAX = 256,
	S3_XML_TEXT_MAX = 8192, /* a key of 1,024 bytes, percent-encoded */
};

enum { S3_CODE_MAX = 64, S3_MESSAGE_MAX = 160, S3_REGION_MAX = 64 };

/* What an <Error> says. Cleaned of control characters; "" is unknown. */
struct s3_fault {
	char code[S3_CODE_MAX];
	char message[S3_MESSAGE_MAX];
	char region[S3_REGION_MAX]; /* the one that the store wants */
};

/*
 * An element ended. path is "ListBucketResult/Contents/Key", text what stood
 * in it since the last tag. False stops the reading.
 */
typedef bool s3_xml_end_cb(void *arg, const char *path, const char *text);

/*
 * Reads a whole document. False: it is not well-formed, has a DTD, is deeper
 * or longer in one text than the bounds, there is no memory, or on_end()
 * said so.
 */
bool s3_xml_read(const char *bytes, size_t len, s3_xml_end_cb *on_end,
		 void *arg) MUST_CHECK;

/* True when the document is an <Error>; *f is filled then, else zeroed.
 * Leading elements of one that is cut short count too. */
bool s3_fault_read(struct s3_fault *f, const char *bytes, size_t len);

#endif
