/* xml.c - reads the replies of S3 with expat, within bounds. */
#include "s3/xml.h"

#include <limits.h>
#include <string.h>

#include <expat.h>

#include "base/text.h"

struct reader {
	XML_Parser parser;
	s3_xml_end_cb *on_end;
	void *arg;
	unsigned depth;
	char path[S3_XML_PATH_MAX];
	char text[S3_XML_TEXT_MAX];
	size_t text_len;
	bool is_refused;
};

/* expat goes on to the end of the current call otherwise. */
static void refuse(struct reader *r)
{
	r->is_refused = true;
	(void)XML_StopParser(r->parser, XML_FALSE);
}

static void clear_text(struct reader *r)
{
	r->text_len = 0;
	r->text[0] = '\0';
}

static void XMLCALL on_start_tag(void *arg, const XML_Char *name,
				 const XML_Char **attributes)
{
	struct reader *r = arg;
	size_t at = strlen(r->path), len = strlen(name);

	(void)attributes;
	clear_text(r);
	if (r->depth == S3_XML_DEPTH_MAX || at + len + 2 > sizeof(r->path)) {
		refuse(r);
		return;
	}
	if (r->depth++ > 0)
		r->path[at++] = '/';
	memcpy(r->path + at, name, len + 1);
}

static void cut_path(struct reader *r)
{
	char *slash = strrchr(r->path, '/');

	r->depth--;
	if (slash != NULL)
		*slash = '\0';
	else
		r->path[0] = '\0';
}

static void XMLCALL on_end_tag(void *arg, const XML_Char *name)
{
	struct reader *r = arg;

	(void)name;
	if (r->is_refused)
		return;
	if (!r->on_end(r->arg, r->path, r->text)) {
		refuse(r);
		return;
	}
	clear_text(r);
	cut_path(r);
}

static void XMLCALL on_text(void *arg, const XML_Char *s, int len)
{
	struct reader *r = arg;

	if (r->is_refused)
		return;
	if ((size_t)len >= sizeof(r->text) - r->text_len) {
		refuse(r);
		return;
	}
	memcpy(r->text + r->text_len, s, (size_t)len);
	r->text_len += (size_t)len;
	r->text[r->text_len] = '\0';
}

/* No store sends one, and entities are the way to make a parser blow up. */
static void XMLCALL on_doctype(void *arg, const XML_Char *name,
			       const XML_Char *sysid, const XML_Char *pubid,
			       int has_internal_subset)
{
	(void)name;
	(void)sysid;
	(void)pubid;
	(void)has_internal_subset;
	refuse(arg);
}

bool s3_xml_read(const char *bytes, size_t len, s3_xml_end_cb *on_end,
		 void *arg)
{
	struct reader r = {.on_end = on_end, .arg = arg};
	bool ok;

	if (len > INT_MAX)
		return false;
	r.parser = XML_ParserCreate(NULL);
	if (r.parser == NULL)
		return false;
	XML_SetUserData(r.parser, &r);
	XML_SetElementHandler(r.parser, on_start_tag, on_end_tag);
	XML_SetCharacterDataHandler(r.parser, on_text);
	XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
	ok = XML_Parse(r.parser, bytes, (int)len, XML_TRUE) == XML_STATUS_OK &&
	     !r.is_refused;
	XML_ParserFree(r.parser);
	return ok;
}

struct fault_reader {
	struct s3_fault *fault;
	bool is_error;
};

static bool on_fault_element(void *arg, const char *path, const char *text)
{
	struct fault_reader *r = arg;
	struct s3_fault *f = r->fault;

	if (strncmp(path, "Error", 5) != 0 ||
	    (path[5] != '\0' && path[5] != '/'))
		return false;
	r->is_error = true;
	if (strcmp(path, "Error/Code") == 0)
		str_printable(f->code, sizeof(f->code), text);
	else if (strcmp(path, "Error/Message") == 0)
		str_printable(f->message, sizeof(f->message), text);
	else if (strcmp(path, "Error/Region") == 0)
		str_printable(f->region, sizeof(f->region), text);
	return true;
}

bool s3_fault_read(struct s3_fault *f, const char *bytes, size_t len)
{
	struct fault_reader r = {.fault = f};
	bool is_whole;

	*f = (struct s3_fault){0};
	if (len == 0)
		return false;
	is_whole = s3_xml_read(bytes, len, on_fault_element, &r);
	return is_whole ? r.is_error : r.is_error && f->code[0] != '\0';
}
