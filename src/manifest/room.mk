noinst_LIBRARIES += libmanifest.a
libmanifest_a_SOURCES = \
	include/manifest/exchange.h \
	include/manifest/index.h \
	include/manifest/layout.h \
	include/manifest/listing.h \
	include/manifest/manifest.h \
	include/manifest/part_feed.h \
	include/manifest/part_reader.h \
	include/manifest/part_writer.h \
	include/manifest/selection.h \
	include/manifest/servers.h \
	src/manifest/exchange.c \
	src/manifest/exchange_claim.c \
	src/manifest/exchange_fetch.c \
	src/manifest/exchange_index.c \
	src/manifest/exchange_int.h \
	src/manifest/exchange_list.c \
	src/manifest/exchange_owner.c \
	src/manifest/exchange_publish.c \
	src/manifest/exchange_remove.c \
	src/manifest/index_builder.c \
	src/manifest/index_int.h \
	src/manifest/index_line.c \
	src/manifest/index_text.c \
	src/manifest/layout.c \
	src/manifest/manifest.c \
	src/manifest/manifest_fields.c \
	src/manifest/manifest_format.c \
	src/manifest/manifest_int.h \
	src/manifest/manifest_parse.c \
	src/manifest/manifest_parts.c \
	src/manifest/owner.c \
	src/manifest/owner_int.h \
	src/manifest/parcel.c \
	src/manifest/part_feed.c \
	src/manifest/part_finish.c \
	src/manifest/part_reader.c \
	src/manifest/part_writer.c \
	src/manifest/part_writer_int.h \
	src/manifest/readme.c \
	src/manifest/selection.c \
	src/manifest/selection_int.h \
	src/manifest/selection_plan.c \
	src/manifest/servers.c \
	src/manifest/signer.c
libmanifest_a_SOURCES += src/manifest/part_sealed.c \
	src/manifest/part_sealed.h src/manifest/sealed.c
