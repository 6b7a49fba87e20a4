/* The link, its epoch, the safe state (PROTOCOL.md 3). */
#include "bench.h"

static bench table;

static void request(hb_bridge *to, uint16_t mid, const char *path, const char *payload, const char *epoch) {
    ask one = *payload ? PUT : GET;
    one.path = path;
    one.payload = payload;
    one.mid = mid;
    one.if_match = epoch;
    say(&table, to, 0, written(one));
}

static void test_lost(uint32_t begin) {
    bench_start(&table, begin, false);
    hb_bridge *line = &table.relay.bridge;
    CHECK(!hb_link_alive(line) && table.driven == 1 && !table.outputs[BOARD_RELAY]); /* it starts safe */
    wait(&table, 10000);
    request(line, 1, "hearth/link", "", NULL);
    CHECK(payload_is(&table, 0, "7f3a21c90000") && hb_link_alive(line)); /* not lost again: it was never there */
    request(line, 2, "on", "true", "7f3a21c90000");
    CHECK(table.outputs[BOARD_RELAY]);
    wait(&table, 5900);
    CHECK(table.outputs[BOARD_RELAY]);
    say(&table, line, 0, from_hex("40004444")); /* a ping will do */
    wait(&table, 5990);
    CHECK(table.outputs[BOARD_RELAY] && hb_link_alive(line));
    wait(&table, 10);
    CHECK(!table.outputs[BOARD_RELAY] && !hb_link_alive(line));
    request(line, 3, "on", "true", "7f3a21c90000"); /* meant for before */
    CHECK(answered(&table, HB_PRECONDITION_FAILED) && !table.outputs[BOARD_RELAY]);
    request(line, 4, "hearth/link", "", NULL);
    CHECK(payload_is(&table, 0, "7f3a21c90001"));
    request(line, 5, "reason", "", NULL);
    CHECK(payload_is(&table, 0, "\"link_lost\""));
    request(line, 6, "on", "true", "7f3a21c90001");
    CHECK(table.outputs[BOARD_RELAY]);
    table.now += 7000; /* nobody polled meanwhile: the message does not revive the link unnoticed */
    request(line, 7, "on", "true", "7f3a21c90001");
    CHECK(answered(&table, HB_PRECONDITION_FAILED) && !table.outputs[BOARD_RELAY]);
}

/* A turn whose time was read before the last message came: nothing is lost, and nothing is done twice. */
static void test_an_older_time(uint32_t begin) {
    bench_start(&table, begin, false);
    hb_bridge *line = &table.relay.bridge;
    request(line, 1, "on", "true", NULL);
    uint32_t acted = line->counts.acted;
    hb_poll(line, table.now - 3);
    CHECK(hb_link_alive(line) && table.outputs[BOARD_RELAY]);
    request(line, 1, "on", "true", NULL);
    CHECK(line->counts.acted == acted && line->counts.duplicates == 1);
}

/* What is not a request from the other side does not keep the link alive: our own echo least of all (L3). */
static void test_what_does_not_count(void) {
    static const char *const others[] = {"60001234", "70001234", "40450001ff61", "49010001", "40010001ff", "80010001", "-"};
    bench_start(&table, 0, false);
    hb_bridge *line = &table.relay.bridge;
    request(line, 1, "on", "true", NULL);
    for (int i = 0; i < 7; i++) {
        for (size_t j = 0; j < sizeof others / sizeof others[0]; j++) say(&table, line, 0, from_hex(others[j]));
        wait(&table, 1000);
    }
    CHECK(!table.outputs[BOARD_RELAY] && !hb_link_alive(line));
}

void test_link(void) {
    check_about = "link";
    test_lost(0);
    test_lost(UINT32_MAX - 12345); /* the clock wraps */
    test_an_older_time(5000);
    test_an_older_time(1); /* and over the wrap */
    test_lost(UINT32_MAX - 25000);
    test_what_does_not_count();
}
