/* A test runner of a few lines: each check that fails is printed, and the program's exit status tells. */
#ifndef HEARTH_CHECK_H
#define HEARTH_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

extern int checks_done, checks_failed;
extern const char *check_about; /* named where a check fails */

#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        checks_done++;                                                                                       \
        if (!(condition)) {                                                                                  \
            checks_failed++;                                                                                 \
            fprintf(stderr, "%s:%d: %s: not so: %s\n", __FILE__, __LINE__, check_about, #condition);         \
        }                                                                                                    \
    } while (0)

typedef struct bytes {
    uint8_t at[4096];
    size_t length;
} bytes;

bytes from_hex(const char *hex);                /* "-" is none */
bool equal(bytes one, const uint8_t *other, size_t length);
bytes of(const uint8_t *from, size_t length);

void test_vectors(const char *folder);
void test_exchanges(const char *folder);
void test_values(void);
void test_server(void);
void test_blocks(void);
void test_observe(void);
void test_link(void);
void test_relay(void);
void test_climate(void);

#endif
