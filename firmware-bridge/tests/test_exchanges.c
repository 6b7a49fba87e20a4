/* exchanges.txt: the relay of examples/, begun at 0 ms with the boot id 7f3a21c9 and message id 1000 (hex). A line named
 * `wait` lets that many ms pass instead. What it sends is compared byte by byte. */
#include <stdlib.h>

#include "bench.h"
#include "lines.h"

static bench table;

static void exchange(char **fields, int count) {
    if (strcmp(fields[0], "wait") == 0) {
        wait(&table, (uint32_t)strtoul(fields[1], NULL, 10));
        return;
    }
    CHECK(count == 3);
    say(&table, &table.relay.bridge, 0, from_hex(fields[1]));
    bytes expected = from_hex(fields[2]);
    CHECK(table.sent_count == (expected.length ? 1u : 0u));
    if (table.sent_count) CHECK(equal(expected, table.sent[0].at, table.sent[0].length));
}

static void check_description(const char *folder, const char *file, const hb_config *config) {
    static uint8_t golden[8192], written_now[8192];
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    FILE *there = fopen(path, "rb");
    CHECK(there != NULL);
    if (!there) return;
    size_t length = fread(golden, 1, sizeof golden, there);
    fclose(there);
    hb_sink sink = {.window = written_now, .capacity = sizeof written_now};
    config->describe(config->context, &sink);
    CHECK(sink.kept == length && memcmp(golden, written_now, length) == 0);
}

void test_exchanges(const char *folder) {
    bench_start(&table, 0, false);
    CHECK(each_line(folder, "exchanges.txt", exchange) >= 30);
    check_description(folder, "relay.td.jsonld", &table.relay.config);
    check_description(folder, "climate.td.jsonld", &table.climate.config);
}
