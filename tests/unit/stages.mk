# Unit tests of the room stages.
check_PROGRAMS += tests/unit/test_zstd tests/unit/test_zstd_stage \
	tests/unit/test_spool tests/unit/test_spool_disk \
	tests/unit/test_spool_nomem

tests_unit_test_zstd_SOURCES = tests/unit/test_zstd.c
tests_unit_test_zstd_LDADD = $(STAGES_LIBS) $(TEST_LIBS)

tests_unit_test_zstd_stage_SOURCES = tests/unit/test_zstd_stage.c
tests_unit_test_zstd_stage_LDADD = $(STAGES_LIBS) $(TEST_LIBS)

spool_rig = tests/unit/test_spool_rig.c tests/unit/test_spool_rig.h
# As they are called with offsets of 64 bits (config.h).
spool_wrap = $(AM_LDFLAGS) -Wl,--wrap=pwrite64 -Wl,--wrap=pread64 \
	-Wl,--wrap=fallocate64 -Wl,--wrap=open64

tests_unit_test_spool_SOURCES = tests/unit/test_spool.c $(spool_rig)
tests_unit_test_spool_LDADD = $(STAGES_LIBS) $(TEST_LIBS)
tests_unit_test_spool_LDFLAGS = $(spool_wrap)

tests_unit_test_spool_disk_SOURCES = tests/unit/test_spool_disk.c $(spool_rig)
tests_unit_test_spool_disk_LDADD = $(STAGES_LIBS) $(TEST_LIBS)
tests_unit_test_spool_disk_LDFLAGS = $(spool_wrap)

tests_unit_test_spool_nomem_SOURCES = tests/unit/test_spool_nomem.c \
	$(spool_rig) $(SCARCE_MEMORY)
tests_unit_test_spool_nomem_LDADD = $(STAGES_LIBS) $(TEST_LIBS)
tests_unit_test_spool_nomem_LDFLAGS = $(spool_wrap) -Wl,--wrap=malloc \
	-Wl,--wrap=calloc -Wl,--wrap=realloc -Wl,--wrap=reallocarray \
	-Wl,--wrap=strdup
