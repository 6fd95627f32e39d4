# Unit tests of the room manifest.
check_PROGRAMS += \
	tests/unit/test_part_roundtrip \
	tests/unit/test_part_faults \
	tests/unit/test_part_damage \
	tests/unit/test_part_selection \
	tests/unit/test_part_keep \
	tests/unit/test_part_memory \
	tests/unit/test_manifest_document \
	tests/unit/test_manifest_layout \
	tests/unit/test_manifest_nomem \
	tests/unit/test_index \
	tests/unit/test_index_memory \
	tests/unit/test_exchange \
	tests/unit/test_exchange_faults \
	tests/unit/test_exchange_pool

manifest_rig = tests/unit/test_manifest_rig.c tests/unit/test_manifest_rig.h \
	tests/fakes/fake_store.c tests/fakes/fake_store.h
manifest_rig_flags = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/fakes

tests_unit_test_part_roundtrip_SOURCES = tests/unit/test_part_roundtrip.c \
	$(manifest_rig)
tests_unit_test_part_roundtrip_CPPFLAGS = $(manifest_rig_flags)
tests_unit_test_part_roundtrip_LDADD = $(MANIFEST_LIBS) $(TEST_LIBS)

tests_unit_test_part_faults_SOURCES = tests/unit/test_part_faults.c \
	$(manifest_rig)
tests_unit_test_part_faults_CPPFLAGS = $(manifest_rig_flags)
tests_unit_test_part_faults_LDADD = $(MANIFEST_LIBS) $(TEST_LIBS)

tests_unit_test_part_damage_SOURCES = tests/unit/test_part_damage.c \
	$(manifest_rig)
tests_unit_test_part_damage_CPPFLAGS = $(manifest_rig_flags)
tests_unit_test_part_damage_LDADD = $(MANIFEST_LIBS) $(TEST_LIBS)

tests_unit_test_part_selection_SOURCES = tests/unit/test_part_selection.c \
	$(manifest_rig)
tests_unit_test_part_selection_CPPFLAGS = $(manifest_rig_flags)
tests_unit_test_part_selection_LDADD = $(MANIFEST_LIBS) $(TEST_LIBS)

tests_unit_test_part_keep_SOURCES = tests/unit/test_part_keep.c \
	$(manifest_rig)
tests_unit_test_part_keep_CPPFLAGS = $(manifest_rig_flags)
tests_unit_test_part_keep_LDADD = $(MANIFEST_LIBS) $(TEST_LIBS)

tests_unit_test_part_memory_SOURCES = tests/unit/test_part_memory.c \
	$(manifest_rig)
tests_unit_test_part_memory_CPPFLAGS = $(manifest_rig_flags)
tests_unit_test_part_memory_LDADD = $(MANIFEST_LIBS) $(TEST_LIBS)
tests_unit_test_part_memory_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc \
	-Wl,--wrap=free

tests_unit_test_manifest_document_SOURCES = tests/unit/test_manifest_document.c \
	$(manifest_rig)
tests_unit_test_manifest_document_CPPFLAGS = $(manifest_rig_flags)
tests_unit_test_manifest_document_LDADD = $(MANIFEST_LIBS) $(TEST_LIBS)

tests_unit_test_manifest_layout_SOURCES = tests/unit/test_manifest_layout.c \
	$(manifest_rig)
tests_unit_test_manifest_layout_CPPFLAGS = $(manifest_rig_flags)
tests_unit_test_manifest_layout_LDADD = $(MANIFEST_LIBS) $(TEST_LIBS)

tests_unit_test_manifest_nomem_SOURCES = tests/unit/test_manifest_nomem.c \
	$(manifest_rig) $(SCARCE_MEMORY)
tests_unit_test_manifest_nomem_CPPFLAGS = $(manifest_rig_flags)
tests_unit_test_manifest_nomem_LDADD = $(MANIFEST_LIBS) $(TEST_LIBS)
tests_unit_test_manifest_nomem_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc \
	-Wl,--wrap=calloc -Wl,--wrap=realloc -Wl,--wrap=strdup

tests_unit_test_index_SOURCES = tests/unit/test_index.c \
	$(manifest_rig)
tests_unit_test_index_CPPFLAGS = $(manifest_rig_flags)
tests_unit_test_index_LDADD = $(MANIFEST_LIBS) $(TEST_LIBS)

tests_unit_test_index_memory_SOURCES = tests/unit/test_index_memory.c \
	$(manifest_rig)
tests_unit_test_index_memory_CPPFLAGS = $(manifest_rig_flags)
tests_unit_test_index_memory_LDADD = $(MANIFEST_LIBS) $(TEST_LIBS)

tests_unit_test_exchange_SOURCES = tests/unit/test_exchange.c \
	$(manifest_rig)
tests_unit_test_exchange_CPPFLAGS = $(manifest_rig_flags)
tests_unit_test_exchange_LDADD = $(MANIFEST_LIBS) $(TEST_LIBS)

tests_unit_test_exchange_faults_SOURCES = tests/unit/test_exchange_faults.c \
	$(manifest_rig)
tests_unit_test_exchange_faults_CPPFLAGS = $(manifest_rig_flags)
tests_unit_test_exchange_faults_LDADD = $(MANIFEST_LIBS) $(TEST_LIBS)

tests_unit_test_exchange_pool_SOURCES = tests/unit/test_exchange_pool.c \
	$(manifest_rig)
tests_unit_test_exchange_pool_CPPFLAGS = $(manifest_rig_flags)
tests_unit_test_exchange_pool_LDADD = $(MANIFEST_LIBS) $(TEST_LIBS)
