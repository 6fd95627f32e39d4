noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	include/base/clock.h include/base/digest.h include/base/encode.h \
	include/base/err.h include/base/file.h include/base/glob.h include/base/id.h \
	include/base/landlock.h src/base/landlock.c \
	include/base/log.h include/base/memory.h include/base/packet.h include/base/password.h include/base/private_file.h include/base/scan.h include/base/secret.h include/base/sha256.h \
	include/base/text.h include/base/zone.h src/base/log_int.h \
	src/base/secret_int.h src/base/utf8_int.h src/base/zone_int.h \
	src/base/clock.c src/base/digest.c src/base/encode.c src/base/err.c \
	src/base/file.c src/base/glob.c src/base/id.c src/base/log.c src/base/log_escape.c src/base/memory.c src/base/packet.c \
	src/base/password.c src/base/private_file.c \
	src/base/scan.c src/base/secret.c src/base/secret_key.c src/base/sha256.c \
	src/base/text.c src/base/utf8.c src/base/zone.c \
	src/base/zone_civil.c src/base/zone_file.c src/base/zone_rule.c
libbase_a_SOURCES += include/base/address.h src/base/address.c
libbase_a_SOURCES += include/base/nets.h src/base/nets.c
libbase_a_SOURCES += include/base/hostname.h src/base/hostname.c
libbase_a_SOURCES += include/base/secret_file.h src/base/secret_file.c
libbase_a_SOURCES += include/base/age.h src/base/age_int.h src/base/age.c \
	src/base/age_crypto.c src/base/age_header.c src/base/age_key.c
