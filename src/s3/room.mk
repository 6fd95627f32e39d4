noinst_LIBRARIES += libs3.a
libs3_a_SOURCES = \
	include/s3/client.h \
	include/s3/fields.h \
	include/s3/pages.h \
	include/s3/request.h \
	include/s3/tags.h \
	include/s3/xml.h \
	src/s3/client.c \
	src/s3/client_int.h \
	src/s3/config.c \
	src/s3/digest.c \
	src/s3/digest.h \
	src/s3/fields.c \
	src/s3/page.c \
	src/s3/page.h \
	src/s3/pages.c \
	src/s3/reply.c \
	src/s3/reply.h \
	src/s3/request.c \
	src/s3/send.c \
	src/s3/send.h \
	src/s3/sign.c \
	src/s3/sign.h \
	src/s3/tags.c \
	src/s3/verdict.c \
	src/s3/verdict.h \
	src/s3/xml.c
