# Unit tests of the room programs: a real coffer-helper runs real programs.
check_PROGRAMS += tests/unit/test_programs tests/unit/test_programs_call \
	tests/unit/test_programs_snapshot tests/unit/test_programs_stream
programs_rig = tests/unit/test_programs_rig.c tests/unit/test_programs_rig.h
tests_unit_test_programs_SOURCES = tests/unit/test_programs.c $(programs_rig)
tests_unit_test_programs_LDADD = $(PROGRAMS_LIBS) $(TEST_LIBS)
tests_unit_test_programs_call_SOURCES = tests/unit/test_programs_call.c \
	$(programs_rig)
tests_unit_test_programs_call_LDADD = $(PROGRAMS_LIBS) $(TEST_LIBS)
tests_unit_test_programs_stream_SOURCES = tests/unit/test_programs_stream.c \
	$(programs_rig)
tests_unit_test_programs_stream_LDADD = $(PROGRAMS_LIBS) $(TEST_LIBS)
check_PROGRAMS += tests/unit/test_programs_lines
tests_unit_test_programs_lines_SOURCES = tests/unit/test_programs_lines.c
tests_unit_test_programs_lines_LDADD = $(PROGRAMS_LIBS) $(TEST_LIBS)
check_PROGRAMS += tests/unit/test_programs_nomem
tests_unit_test_programs_nomem_SOURCES = tests/unit/test_programs_nomem.c \
	$(programs_rig) $(SCARCE_MEMORY)
tests_unit_test_programs_nomem_LDADD = $(PROGRAMS_LIBS) $(TEST_LIBS)
tests_unit_test_programs_nomem_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc \
	-Wl,--wrap=calloc -Wl,--wrap=realloc -Wl,--wrap=reallocarray \
	-Wl,--wrap=strdup
tests_unit_test_programs_snapshot_SOURCES = \
	tests/unit/test_programs_snapshot.c \
	tests/unit/test_programs_fake.c tests/unit/test_programs_fake.h
tests_unit_test_programs_snapshot_LDADD = $(PROGRAMS_LIBS) $(TEST_LIBS)
