/* Observe (RFC 7641; S8, C14). */
#include "bench.h"

static bench table;
static hb_bridge *line;

static bool observe(uint8_t peer, uint16_t mid, const char *path, const char *token, int value) {
    ask get = GET;
    get.path = path;
    get.mid = mid;
    get.token = token;
    get.observe = value;
    say(&table, line, peer, written(get));
    hb_message message = sent(&table, 0);
    uint32_t sequence;
    return has_option(&message, 6, &sequence);
}

static void acknowledge(uint8_t peer, uint8_t type, uint16_t mid) {
    bytes empty = {.length = 4};
    empty.at[0] = (uint8_t)(0x40 | type << 4);
    empty.at[2] = (uint8_t)(mid >> 8);
    empty.at[3] = (uint8_t)(mid & 0xff);
    say(&table, line, peer, empty);
    CHECK(table.sent_count == 0);
}

static void measure(int32_t temperature) {
    table.measured[0] = temperature;
    table.climate.measured = table.now - 100000; /* so that it measures at once */
}

static void start(bool datagrams) {
    bench_start(&table, 50, datagrams);
    line = &table.climate.bridge;
}

static void test_notifications(void) {
    start(false);
    CHECK(observe(0, 1, "temperature", "T", 0) && payload_is(&table, 0, "21.50"));
    wait(&table, 100);
    CHECK(table.sent_count == 0);
    measure(2200);
    wait(&table, 20);
    CHECK(table.sent_count == 1 && payload_is(&table, 0, "22.00"));
    hb_message first = sent(&table, 0);
    uint32_t sequence = 0, next = 0;
    CHECK(first.type == HB_CON && first.token[0] == 'T' && has_option(&first, 6, &sequence));
    CHECK(sequence == 2);
    wait(&table, 60); /* repeated bit by bit until it is acknowledged */
    CHECK(table.sent_count == 2 && equal(of(table.sent[0].at, table.sent[0].length), table.sent[1].at, table.sent[1].length));
    CHECK(sent(&table, 0).mid == first.mid);
    acknowledge(0, HB_ACK, (uint16_t)(first.mid + 1));
    wait(&table, 30);
    CHECK(table.sent_count == 1);
    acknowledge(0, HB_ACK, first.mid);
    wait(&table, 200);
    CHECK(table.sent_count == 0);
    measure(2250);
    wait(&table, 10);
    measure(2300); /* while it waits it changes again: the newer one goes out in its place */
    wait(&table, 40);
    hb_message second = sent(&table, table.sent_count - 1);
    CHECK(payload_is(&table, table.sent_count - 1, "23.00") && has_option(&second, 6, &next) && next > sequence);
    acknowledge(0, HB_RST, second.mid); /* nobody wants it */
    measure(2400);
    wait(&table, 100);
    CHECK(table.sent_count == 0);
}

static void test_registrations(void) {
    start(false);
    CHECK(observe(0, 1, "temperature", "T", 0) && observe(0, 2, "humidity", "H", 0));
    CHECK(observe(0, 3, "temperature", "U", 0)); /* again, with another token: in place of the old one */
    measure(2300);
    wait(&table, 10);
    CHECK(table.sent_count == 1 && sent(&table, 0).token[0] == 'U');
    acknowledge(0, HB_ACK, sent(&table, 0).mid);
    CHECK(!observe(0, 4, "temperature", "U", 1)); /* no more */
    measure(2400);
    wait(&table, 50);
    CHECK(table.sent_count == 0);
    for (uint8_t peer = 1; peer < HB_OBSERVERS; peer++) CHECK(observe(peer, 5, "temperature", "T", 0));
    CHECK(!observe(9, 6, "temperature", "T", 0) && payload_is(&table, 0, "24.00")); /* no room: a plain answer */
    CHECK(!observe(0, 7, "interval", "I", 0));                                       /* not observable */
    measure(2500);
    wait(&table, 10);
    CHECK(table.sent_count == HB_OBSERVERS - 1 && table.to[0] == 1 && table.to[1] == 2);
}

static void test_what_is_new(void) { /* S8: told anew, though it is the same value, or though nobody said that it changed */
    start(false);
    CHECK(observe(0, 1, "temperature", "T", 0));
    hb_notify(line, 0);
    wait(&table, 10);
    uint16_t first = sent(&table, 0).mid;
    acknowledge(0, HB_ACK, first);
    hb_notify(line, 0);
    wait(&table, 10);
    CHECK(sent(&table, 0).mid == first + 1);
    hb_notify(line, 0);
    wait(&table, 30);
    CHECK(table.sent_count == 1 && sent(&table, 0).mid == first + 2);
    table.climate.readings[0].hundredths = 999;
    wait(&table, 30);
    CHECK(table.sent_count == 1 && sent(&table, 0).mid == first + 3 && payload_is(&table, 0, "9.99"));
    acknowledge(0, HB_ACK, (uint16_t)(first + 3));
    wait(&table, 100);
    CHECK(table.sent_count == 0);
}

static void test_two_observers(void) {
    start(false);
    CHECK(observe(1, 1, "temperature", "T", 0) && observe(2, 1, "temperature", "T", 0));
    measure(2300);
    wait(&table, 10);
    CHECK(table.sent_count == 2);
    acknowledge(2, HB_ACK, (uint16_t)(line->mid - 1));
    wait(&table, 30);
    CHECK(table.sent_count == 1 && table.to[0] == 1);
    wait(&table, 15000);
    CHECK(!hb_link_alive(line) && line->counts.lost == 1);
    say(&table, line, 0, from_hex("40000001"));
    measure(2400);
    wait(&table, 100);
    CHECK(table.sent_count == 0); /* all of them are forgotten */
}

static void test_slow_repetition(void) { /* S8: after 1 s once a second, until the link is lost */
    start(false);
    CHECK(observe(0, 1, "temperature", "T", 0));
    measure(2300);
    wait(&table, 1010);
    CHECK(table.sent_count > 30 && table.sent_count < 37);
    wait(&table, 5000);
    CHECK(table.sent_count >= 4 && table.sent_count <= 6);
    wait(&table, 9000); /* 15 s without a request: lost */
    CHECK(!hb_link_alive(line));
    wait(&table, 5000);
    CHECK(table.sent_count == 0);
}

static void test_datagrams(void) { /* RFC 7252's times: 2, 4, 8, 16, 32 s, then the observer is gone */
    start(true);
    table.climate.config.lost_after_ms = 65000;
    CHECK(observe(5, 1, "temperature", "T", 0));
    measure(2300);
    wait(&table, 1900);
    CHECK(table.sent_count == 1);
    wait(&table, 1200);
    CHECK(table.sent_count == 1);
    wait(&table, 61000);
    CHECK(table.sent_count == 3 && table.to[0] == 5);
    start(true);
    table.climate.config.lost_after_ms = 65000;
    CHECK(observe(5, 1, "temperature", "T", 0));
    measure(2300);
    for (int i = 0; i < 12; i++) {
        wait(&table, 10000);
        say(&table, line, 7, from_hex("40000001"));
    }
    measure(2400);
    wait(&table, 100);
    CHECK(table.sent_count == 0 && hb_link_alive(line));
    for (uint8_t peer = 1; peer <= HB_OBSERVERS; peer++) CHECK(observe(peer, 9, "temperature", "T", 0)); /* its place is free */
}

static void test_datagrams_begin_anew(void) {
    start(true);
    table.climate.config.lost_after_ms = 65000;
    CHECK(observe(5, 1, "temperature", "T", 0));
    measure(2300);
    wait(&table, 12000);
    CHECK(table.sent_count == 3); /* at 0, 2 and 6 s, a little later each */
    acknowledge(5, HB_ACK, (uint16_t)(line->mid - 1));
    measure(2400);
    wait(&table, 3200);
    CHECK(table.sent_count == 2);
}

static void test_failed_sensor(void) {
    start(false);
    CHECK(observe(0, 1, "temperature", "T", 0));
    table.sensor_works = false;
    measure(2300);
    wait(&table, 10);
    hb_message message = sent(&table, 0);
    uint32_t sequence;
    CHECK(message.code == HB_UNAVAILABLE && !has_option(&message, 6, &sequence));
    wait(&table, 30);
    CHECK(table.sent_count == 1); /* it is repeated like any other */
    acknowledge(0, HB_ACK, message.mid);
    table.sensor_works = true;
    measure(2300);
    wait(&table, 50);
    CHECK(table.sent_count == 0); /* it was the last */
    CHECK(observe(0, 2, "temperature", "T", 0) && payload_is(&table, 0, "23.00"));
}

static void test_large_value(void) { /* more than a block: the first one comes, the rest is fetched */
    static const char text[] = "\"0123456789012345678901234567890123456789012345678901234567890123456789\"";
    start(false);
    CHECK(observe(0, 1, "label", "L", 0));
    memcpy(table.climate.label, text, strlen(text));
    table.climate.label_length = (uint8_t)strlen(text);
    hb_notify(line, 3);
    wait(&table, 10);
    hb_message message = sent(&table, 0);
    uint32_t block = 0;
    ask second = GET; /* a later block registers nobody */
    second.path = "label";
    second.observe = 0;
    second.block2 = 1 << 4 | 2;
    CHECK(message.payload_length == 64 && has_option(&message, 23, &block) && block == (8 | 2) && has_option(&message, 4, &block));
    say(&table, line, 3, written(second));
    message = sent(&table, 0);
    CHECK(message.code == HB_CONTENT && !has_option(&message, 6, &block));
}

void test_observe(void) {
    check_about = "observe";
    test_notifications();
    test_registrations();
    test_what_is_new();
    test_two_observers();
    test_slow_repetition();
    test_datagrams();
    test_datagrams_begin_anew();
    test_failed_sensor();
    test_large_value();
}
