/* The relay of examples/: what it does by itself. */
#include "bench.h"

static bench table;
static uint16_t mid;

static uint8_t act(uint8_t method, const char *path, const char *payload) {
    ask one = method == HB_GET ? GET : method == HB_PUT ? PUT : POST;
    one.path = path;
    one.payload = payload;
    one.mid = mid++;
    say(&table, &table.relay.bridge, 0, written(one));
    return sent(&table, 0).code;
}

static bool value_is(const char *path, const char *value) {
    return act(HB_GET, path, "") == HB_CONTENT && payload_is(&table, 0, value);
}

static void keep_alive(uint32_t milliseconds) {
    for (uint32_t passed = 0; passed < milliseconds; passed += 1000) {
        act(HB_GET, "hearth/link", "");
        wait(&table, 1000);
    }
}

static void test_max_on(void) {
    bench_start(&table, UINT32_MAX - 3000, false);
    CHECK(value_is("max_on", "1800") && act(HB_PUT, "max_on", "10") == HB_CHANGED && value_is("max_on", "10"));
    CHECK(act(HB_PUT, "max_on", "0") == HB_BAD_REQUEST && act(HB_PUT, "max_on", "86401") == HB_BAD_REQUEST && value_is("max_on", "10"));
    CHECK(act(HB_PUT, "on", "true") == HB_CHANGED);
    keep_alive(9000);
    CHECK(table.outputs[BOARD_RELAY] && act(HB_PUT, "on", "true") == HB_CHANGED); /* again does not prolong */
    keep_alive(2000);
    CHECK(!table.outputs[BOARD_RELAY] && value_is("reason", "\"max_on\"") && value_is("on", "false") && value_is("cycles", "1"));
    act(HB_PUT, "max_on", "86400");
    act(HB_PUT, "on", "true");
    act(HB_PUT, "max_on", "1"); /* shorter holds at once */
    keep_alive(2000);
    CHECK(!table.outputs[BOARD_RELAY]);
}

static void test_interlock(void) {
    bench_start(&table, 0, false);
    CHECK(act(HB_PUT, "on", "true") == HB_CHANGED);
    table.interlock_closed = false;
    wait(&table, 10);
    CHECK(!table.outputs[BOARD_RELAY] && value_is("reason", "\"interlock\"") && value_is("interlock_closed", "false"));
    CHECK(act(HB_PUT, "on", "true") == HB_FORBIDDEN && payload_is(&table, 0, "The interlock is open."));
    CHECK(act(HB_POST, "pulse", "") == HB_FORBIDDEN && !table.outputs[BOARD_RELAY]);
    CHECK(act(HB_PUT, "on", "false") == HB_CHANGED);
    table.interlock_closed = true;
    wait(&table, 100);
    CHECK(!table.outputs[BOARD_RELAY] && act(HB_PUT, "on", "true") == HB_CHANGED); /* never on by itself */
}

static void test_pulse(void) {
    bench_start(&table, 0, false);
    CHECK(act(HB_POST, "pulse", "1") == HB_BAD_REQUEST && act(HB_POST, "pulse", "") == HB_CHANGED && table.outputs[BOARD_RELAY]);
    wait(&table, 490);
    CHECK(table.outputs[BOARD_RELAY]);
    wait(&table, 20);
    CHECK(!table.outputs[BOARD_RELAY] && value_is("reason", "\"commanded\""));
    CHECK(act(HB_POST, "identify", "") == HB_CHANGED && table.outputs[BOARD_LAMP]);
    wait(&table, 2100);
    CHECK(!table.outputs[BOARD_LAMP]);
    int driven = table.driven;
    wait(&table, 1000);
    CHECK(table.driven == driven);
}

static size_t told(const char *path, uint8_t method, const char *change, const char *value) {
    ask get = GET; /* observes, changes `on`, and counts what it is told of */
    get.path = path;
    get.mid = mid++;
    get.observe = 0;
    say(&table, &table.relay.bridge, 0, written(get));
    if (change) act(method, "on", change);
    wait(&table, 10);
    if (table.sent_count) CHECK(payload_is(&table, 0, value));
    return table.sent_count;
}

static void test_notifications(void) {
    bench_start(&table, 0, false);
    CHECK(told("on", HB_PUT, "true", "true") == 1);
    bench_start(&table, 0, false);
    CHECK(told("on", HB_PUT, "false", "") == 0); /* it was off: nothing changed */
    bench_start(&table, 0, false);
    CHECK(told("cycles", HB_PUT, "true", "1") == 1);
    bench_start(&table, 0, false);
    CHECK(told("reason", HB_PUT, "true", "\"commanded\"") == 1);
    bench_start(&table, 0, false);
    CHECK(told("interlock_closed", HB_PUT, "true", "") == 0);
    bench_start(&table, 0, false);
    table.interlock_closed = false;
    CHECK(told("interlock_closed", HB_GET, NULL, "false") == 1);
}

static void test_reasons(void) {
    bench_start(&table, 0, false);
    keep_alive(1000);
    wait(&table, 7000); /* lost while it is off: it is off for the same reason as before */
    CHECK(value_is("reason", "\"started\"") && value_is("hearth/link", "7f3a21c90001"));
    CHECK(act(HB_PUT, "on", "true") == HB_CHANGED);
    wait(&table, 7000);
    CHECK(value_is("reason", "\"link_lost\"") && value_is("hearth/link", "7f3a21c90002") && table.relay.bridge.counts.lost == 2);
}

void test_relay(void) {
    check_about = "relay";
    test_max_on();
    test_interlock();
    test_pulse();
    test_notifications();
    test_reasons();
}
