# Unit tests of the room base.
EXTRA_DIST += tests/unit/effort.h tests/replies.py
dist_check_SCRIPTS += tests/includes.py tests/docs.py
TESTS += tests/includes.py tests/docs.py

check_PROGRAMS += tests/unit/test_base_memory
tests_unit_test_base_memory_SOURCES = tests/unit/test_base_memory.c
tests_unit_test_base_memory_LDADD = $(BASE_LIBS) $(TEST_LIBS)
tests_unit_test_base_memory_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc \
	-Wl,--wrap=realloc -Wl,--wrap=free

check_PROGRAMS += tests/unit/test_base_hostname
tests_unit_test_base_hostname_SOURCES = tests/unit/test_base_hostname.c
tests_unit_test_base_hostname_LDADD = $(BASE_LIBS) $(TEST_LIBS)
check_PROGRAMS += tests/unit/test_base_nets
tests_unit_test_base_nets_SOURCES = tests/unit/test_base_nets.c
tests_unit_test_base_nets_LDADD = $(BASE_LIBS) $(TEST_LIBS)
check_PROGRAMS += tests/unit/test_base_address
tests_unit_test_base_address_SOURCES = tests/unit/test_base_address.c
tests_unit_test_base_address_LDADD = $(BASE_LIBS) $(TEST_LIBS)
check_PROGRAMS += tests/unit/test_base_clock tests/unit/test_base_digest \
	tests/unit/test_base_encode tests/unit/test_base_err \
	tests/unit/test_base_file tests/unit/test_base_glob \
	tests/unit/test_base_id \
	tests/unit/test_base_landlock \
	tests/unit/test_base_log tests/unit/test_base_nomem \
	tests/unit/test_base_password \
	tests/unit/test_base_scan \
	tests/unit/test_base_secret tests/unit/test_base_secret_file \
	tests/unit/test_base_secret_key \
	tests/unit/test_base_sha256 tests/unit/test_base_text \
	tests/unit/test_base_utf8 tests/unit/test_base_zone

tests_unit_test_base_clock_SOURCES = tests/unit/test_base_clock.c
tests_unit_test_base_clock_LDADD = $(BASE_LIBS) $(TEST_LIBS)
tests_unit_test_base_digest_SOURCES = tests/unit/test_base_digest.c
tests_unit_test_base_digest_LDADD = $(BASE_LIBS) $(TEST_LIBS)
tests_unit_test_base_encode_SOURCES = tests/unit/test_base_encode.c
tests_unit_test_base_encode_LDADD = $(BASE_LIBS) $(TEST_LIBS)
tests_unit_test_base_err_SOURCES = tests/unit/test_base_err.c
tests_unit_test_base_err_LDADD = $(BASE_LIBS) $(TEST_LIBS)
tests_unit_test_base_password_SOURCES = tests/unit/test_base_password.c
tests_unit_test_base_password_LDADD = $(BASE_LIBS) $(TEST_LIBS)
tests_unit_test_base_file_SOURCES = tests/unit/test_base_file.c \
	tests/unit/test_base_folder.c tests/unit/test_base_folder.h
tests_unit_test_base_file_LDADD = $(BASE_LIBS) $(TEST_LIBS)
tests_unit_test_base_glob_SOURCES = tests/unit/test_base_glob.c
tests_unit_test_base_glob_LDADD = $(BASE_LIBS) $(TEST_LIBS)
tests_unit_test_base_landlock_SOURCES = tests/unit/test_base_landlock.c
tests_unit_test_base_landlock_LDADD = $(BASE_LIBS) $(TEST_LIBS)
tests_unit_test_base_id_SOURCES = tests/unit/test_base_id.c
tests_unit_test_base_id_LDADD = $(BASE_LIBS) $(TEST_LIBS)
tests_unit_test_base_log_SOURCES = tests/unit/test_base_log.c
tests_unit_test_base_log_LDADD = $(BASE_LIBS) $(TEST_LIBS)
# The allocator's names lead to functions of the test that fail on demand.
tests_unit_test_base_nomem_SOURCES = tests/unit/test_base_nomem.c \
	tests/unit/test_base_folder.c tests/unit/test_base_folder.h \
	$(SCARCE_MEMORY)
tests_unit_test_base_nomem_LDADD = $(BASE_LIBS) $(TEST_LIBS)
tests_unit_test_base_nomem_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc \
	-Wl,--wrap=calloc -Wl,--wrap=realloc -Wl,--wrap=strdup \
	-Wl,--wrap=strndup -Wl,--wrap=mmap
tests_unit_test_base_scan_SOURCES = tests/unit/test_base_scan.c
tests_unit_test_base_scan_LDADD = $(BASE_LIBS) $(TEST_LIBS)
tests_unit_test_base_secret_SOURCES = tests/unit/test_base_secret.c
tests_unit_test_base_secret_LDADD = $(BASE_LIBS) $(TEST_LIBS)
tests_unit_test_base_secret_file_SOURCES = tests/unit/test_base_secret_file.c \
	tests/unit/test_base_folder.c tests/unit/test_base_folder.h
tests_unit_test_base_secret_file_LDADD = $(BASE_LIBS) $(TEST_LIBS)
tests_unit_test_base_secret_key_SOURCES = tests/unit/test_base_secret_key.c \
	tests/unit/test_base_folder.c tests/unit/test_base_folder.h
tests_unit_test_base_secret_key_LDADD = $(BASE_LIBS) $(TEST_LIBS)
tests_unit_test_base_sha256_SOURCES = tests/unit/test_base_sha256.c
tests_unit_test_base_sha256_LDADD = $(BASE_LIBS) $(TEST_LIBS)
tests_unit_test_base_text_SOURCES = tests/unit/test_base_text.c
tests_unit_test_base_text_LDADD = $(BASE_LIBS) $(TEST_LIBS)
tests_unit_test_base_utf8_SOURCES = tests/unit/test_base_utf8.c
tests_unit_test_base_utf8_LDADD = $(BASE_LIBS) $(TEST_LIBS)

# age: vectors and damage; and with the program age, both ways.
dist_check_SCRIPTS += tests/unit/age_oracle.sh
TESTS += tests/unit/age_oracle.sh
check_PROGRAMS += tests/unit/test_base_age
tests_unit_test_base_age_SOURCES = tests/unit/test_base_age.c \
	tests/unit/age_tool.c tests/unit/age_tool.h
tests_unit_test_base_age_LDADD = $(BASE_LIBS) $(TEST_LIBS)
tests_unit_test_base_zone_SOURCES = tests/unit/test_base_zone.c
tests_unit_test_base_zone_LDADD = $(BASE_LIBS) $(TEST_LIBS)
