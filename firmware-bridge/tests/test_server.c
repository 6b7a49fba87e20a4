/* Requests, answers, options, duplicates (C1 to C6, C10 to C13, C15). */
#include "bench.h"

static bench table;
static hb_bridge *line;

static void start(bool datagrams) {
    bench_start(&table, 1000, datagrams);
    line = &table.relay.bridge;
}

static bool get_is(uint16_t mid, const char *path, const char *value) {
    ask get = GET;
    get.path = path;
    get.mid = mid;
    say(&table, line, 0, written(get));
    return answered(&table, HB_CONTENT) && payload_is(&table, 0, value);
}

static void put_on(uint16_t mid, const char *value) {
    ask put = PUT;
    put.path = "on";
    put.payload = value;
    put.mid = mid;
    say(&table, line, 0, written(put));
}

static void test_answers(void) {
    start(false);
    CHECK(get_is(1, "on", "false"));
    hb_message message = sent(&table, 0);
    CHECK(message.type == HB_ACK && message.mid == 1 && message.token_length == 1 && message.token[0] == 't');
    put_on(2, "true");
    CHECK(answered(&table, HB_CHANGED) && table.outputs[BOARD_RELAY] && get_is(3, "on", "true"));
    ask non = GET;
    non.type = HB_NON;
    non.path = "on";
    say(&table, line, 0, written(non));
    CHECK(answered(&table, HB_CONTENT) && sent(&table, 0).type == HB_NON && sent(&table, 0).mid == 0x1000);
    say(&table, line, 0, written(non));
    CHECK(sent(&table, 0).mid == 0x1001); /* C1 */
}

static void test_what_is_refused(void) {
    static const struct { const char *path; uint8_t method, code; int accept, format, block1, block2; } rows[] = {
        {"nothing", HB_GET, HB_NOT_FOUND, -1, -1, -1, -1},     {"", HB_GET, HB_NOT_FOUND, -1, -1, -1, -1},
        {"on/on", HB_GET, HB_NOT_FOUND, -1, -1, -1, -1},       {"o", HB_GET, HB_NOT_FOUND, -1, -1, -1, -1},
        {"onn", HB_PUT, HB_NOT_FOUND, -1, 50, -1, -1},         {".well-known", HB_GET, HB_NOT_FOUND, -1, -1, -1, -1},
        {"hearth", HB_GET, HB_NOT_FOUND, -1, -1, -1, -1},      {"on", HB_POST, HB_METHOD_NOT_ALLOWED, -1, -1, -1, -1},
        {"on", HB_DELETE, HB_METHOD_NOT_ALLOWED, -1, -1, -1, -1}, {"cycles", HB_PUT, HB_METHOD_NOT_ALLOWED, -1, 50, -1, -1},
        {"on", HB_CODE(0, 5), HB_METHOD_NOT_ALLOWED, -1, -1, -1, -1}, {"on", HB_CODE(0, 31), HB_METHOD_NOT_ALLOWED, -1, -1, -1, -1},
        {"hearth/link", HB_PUT, HB_METHOD_NOT_ALLOWED, -1, 0, -1, -1}, {"on", HB_GET, HB_NOT_ACCEPTABLE, 60, -1, -1, -1},
        {".well-known/wot", HB_GET, HB_NOT_ACCEPTABLE, 50, -1, -1, -1}, {"on", HB_PUT, HB_UNSUPPORTED_FORMAT, -1, 60, -1, -1},
        {"on", HB_PUT, HB_TOO_LARGE, -1, 50, 0x0a, -1},        {"on", HB_PUT, HB_TOO_LARGE, -1, 50, 0x12, -1},
        {"on", HB_GET, HB_BAD_REQUEST, -1, -1, -1, 0x07},      {"on", HB_GET, HB_BAD_REQUEST, -1, -1, -1, 0x12},
        {"on", HB_PUT, HB_BAD_REQUEST, -1, 50, -1, 0x12},      {"on", HB_GET, HB_BAD_REQUEST, -1, -1, -1, 0xfffff2},
    };
    start(false);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ask one = {HB_CON, rows[i].method, (uint16_t)(10 + i), rows[i].path, rows[i].format >= 0 ? "true" : "", "ab", NULL, -1,
                   rows[i].accept, rows[i].format, rows[i].block1, rows[i].block2};
        say(&table, line, 0, written(one));
        CHECK(answered(&table, rows[i].code));
    }
    CHECK(table.acts == 0 && !table.outputs[BOARD_RELAY]);
    static const char *const values[] = {"", "1", "TRUE", "true ", "\"true\"", "truetrue", "null", "{\"on\":true}", "tru"};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        put_on((uint16_t)(100 + i), values[i]);
        CHECK(answered(&table, HB_BAD_REQUEST) && table.acts == 0);
    }
}

static bytes raw(uint8_t type, uint8_t code, uint16_t mid, const uint8_t *options, size_t length, const char *payload) {
    bytes all = {.length = 0};
    hb_writer writer = {.bytes = all.at, .capacity = sizeof all.at};
    hb_write_head(&writer, type, code, mid, NULL, 0);
    memcpy(all.at + writer.length, options, length);
    writer.length += length;
    hb_write_payload(&writer, (const uint8_t *)payload, strlen(payload));
    all.length = writer.length;
    return all;
}
#define RAW(type, code, mid, payload, ...) \
    raw(type, code, mid, (const uint8_t[]){__VA_ARGS__}, sizeof(const uint8_t[]){__VA_ARGS__}, payload)

static void test_options(void) {
    start(false);
    say(&table, line, 0, RAW(HB_CON, HB_GET, 1, "", 0xb2, 'o', 'n', 0x20)); /* 13 is critical and unknown */
    CHECK(answered(&table, HB_BAD_OPTION));
    say(&table, line, 0, RAW(HB_CON, HB_PUT, 2, "true", 0xb2, 'o', 'n', 0x20)); /* and so nothing acts */
    CHECK(answered(&table, HB_BAD_OPTION) && table.acts == 0);
    say(&table, line, 0, RAW(HB_NON, HB_GET, 3, "", 0xb2, 'o', 'n', 0x20)); /* NON: without a word */
    CHECK(table.sent_count == 0);
    say(&table, line, 0, RAW(HB_CON, HB_GET, 4, "", 0xb2, 'o', 'n', 0x30)); /* 14 is elective */
    CHECK(answered(&table, HB_CONTENT));
    say(&table, line, 0, RAW(HB_CON, HB_GET, 5, "", 0xb2, 'o', 'n', 0x61, 50, 0x01, 50)); /* Accept twice */
    CHECK(answered(&table, HB_BAD_OPTION));
    say(&table, line, 0, RAW(HB_CON, HB_GET, 6, "", 0xb2, 'o', 'n', 0x63, 0, 0, 50)); /* Accept too long */
    CHECK(answered(&table, HB_BAD_OPTION));
    say(&table, line, 0, RAW(HB_CON, HB_GET, 7, "", 0x31, 'h', 0x42, 0x16, 0x33, 0x42, 'o', 'n')); /* Uri-Host, Uri-Port */
    CHECK(answered(&table, HB_CONTENT));
    say(&table, line, 0, RAW(HB_CON, HB_GET, 8, "", 0xb2, 'o', 'n', 0x41, 'a')); /* Uri-Query */
    CHECK(answered(&table, HB_BAD_OPTION));
    say(&table, line, 0, RAW(HB_CON, HB_GET, 9, "", 0xd1, 22, 'x')); /* Proxy-Uri */
    CHECK(answered(&table, HB_PROXYING_NOT_SUPPORTED));
    say(&table, line, 0, RAW(HB_CON, HB_PUT, 10, "true", 0x50, 0x62, 'o', 'n')); /* If-None-Match */
    CHECK(answered(&table, HB_PRECONDITION_FAILED));
    say(&table, line, 0, RAW(HB_CON, HB_PUT, 11, "true", 0xb2, 'o', 'n', 0x11, 50, 0x01, 60)); /* elective twice: the first counts */
    CHECK(answered(&table, HB_CHANGED));
    say(&table, line, 0, RAW(HB_CON, HB_GET, 20, "", 0x31, 'h', 0x01, 'h', 0x82, 'o', 'n')); /* twice what may be once */
    CHECK(answered(&table, HB_BAD_OPTION));
    say(&table, line, 0, RAW(HB_CON, HB_GET, 21, "", 0x71, 1, 0x01, 1, 0x42, 'o', 'n'));
    CHECK(answered(&table, HB_BAD_OPTION));
    say(&table, line, 0, RAW(HB_CON, HB_PUT, 22, "true", 0x50, 0x00, 0x62, 'o', 'n'));
    CHECK(answered(&table, HB_BAD_OPTION));
    say(&table, line, 0, RAW(HB_CON, HB_GET, 23, "", 0xb2, 'o', 'n', 0xc1, 2, 0x01, 2));
    CHECK(answered(&table, HB_BAD_OPTION));
    say(&table, line, 0, RAW(HB_CON, HB_PUT, 24, "true", 0xb2, 'o', 'n', 0xd1, 3, 2, 0x01, 2));
    CHECK(answered(&table, HB_BAD_OPTION));
    uint32_t sequence;
    say(&table, line, 0, RAW(HB_CON, HB_GET, 25, "", 0x60, 0x01, 1, 0x52, 'o', 'n')); /* Observe 0, then 1: the first counts */
    hb_message observed = sent(&table, 0);
    CHECK(answered(&table, HB_CONTENT) && has_option(&observed, 6, &sequence));
    static const uint8_t core[] = {0xbb, '.', 'w', 'e', 'l', 'l', '-', 'k', 'n', 'o', 'w', 'n', 0x04, 'c', 'o', 'r', 'e', 0x44, 'r', 't', '=', 'x'};
    say(&table, line, 0, raw(HB_CON, HB_GET, 12, core, sizeof core, ""));
    CHECK(answered(&table, HB_CONTENT)); /* a filter is taken and not applied */
    uint8_t filters[sizeof core + 2];
    memcpy(filters, core, sizeof core);
    memcpy(filters + sizeof core, "\x01y", 2);
    say(&table, line, 0, raw(HB_CON, HB_GET, 13, filters, sizeof filters, ""));
    CHECK(answered(&table, HB_CONTENT));
}

static void test_paths(void) { /* C5 */
    start(false);
    say(&table, line, 0, RAW(HB_CON, HB_PUT, 1, "true", 0xb3, 'o', 'n', 0));
    CHECK(answered(&table, HB_NOT_FOUND));
    say(&table, line, 0, RAW(HB_CON, HB_GET, 2, "", 0xbb, 'h', 'e', 'a', 'r', 't', 'h', '/', 'l', 'i', 'n', 'k'));
    CHECK(answered(&table, HB_NOT_FOUND));
    say(&table, line, 0, RAW(HB_CON, HB_PUT, 3, "true", 0xb2, 'o', 'n', 0x00)); /* on/ */
    CHECK(answered(&table, HB_NOT_FOUND));
    say(&table, line, 0, RAW(HB_CON, HB_PUT, 4, "true", 0xb0, 0x02, 'o', 'n')); /* //on */
    CHECK(answered(&table, HB_NOT_FOUND));
    say(&table, line, 0, RAW(HB_CON, HB_PUT, 5, "true", 0xb1, 'o', 0x01, 'n'));
    CHECK(answered(&table, HB_NOT_FOUND) && table.acts == 0);
    say(&table, line, 0, RAW(HB_CON, HB_GET, 6, "", 0xb6, 'h', 'e', 'a', 'r', 't', 'h', 0x04, 'l', 'i', 'n', 'k'));
    CHECK(answered(&table, HB_CONTENT) && payload_is(&table, 0, "7f3a21c90000"));
}

static void test_duplicates(void) { /* C3 */
    start(false);
    ask pulse = POST;
    pulse.path = "pulse";
    pulse.mid = 7;
    for (int i = 0; i < 5; i++) {
        say(&table, line, 0, written(pulse));
        CHECK(answered(&table, HB_CHANGED) && table.acts == 1);
    }
    CHECK(line->counts.duplicates == 4);
    pulse.token = "u"; /* not the same bit by bit: another request, which finds it on already */
    say(&table, line, 0, written(pulse));
    CHECK(answered(&table, HB_FORBIDDEN) && table.acts == 1);
    wait(&table, 1000);
    say(&table, line, 0, written(pulse)); /* refused once, refused again, though it might act by now */
    CHECK(answered(&table, HB_FORBIDDEN) && table.acts == 1);
    pulse.mid = 8;
    say(&table, line, 0, written(pulse));
    CHECK(table.acts == 2);
    for (uint16_t mid = 9; mid < 16; mid++) put_on(mid, "true");
    say(&table, line, 0, written(pulse)); /* seven others later it is still known; GETs take no place */
    for (uint16_t mid = 100; mid < 200; mid++) CHECK(get_is(mid, "on", "true"));
    say(&table, line, 0, written(pulse));
    CHECK(answered(&table, HB_CHANGED) && table.acts == 9);
    wait(&table, 10500); /* and on a line forgotten after 10 s */
    CHECK(!table.outputs[BOARD_RELAY]); /* the link was lost meanwhile */
    say(&table, line, 0, written(pulse));
    CHECK(table.acts == 10);
    start(true);
    ask again = POST;
    again.path = "pulse";
    say(&table, line, 1, written(again));
    wait(&table, 1000);
    say(&table, line, 2, written(again)); /* another peer */
    CHECK(table.acts == 2);
    wait(&table, 246000);
    say(&table, line, 1, written(again));
    CHECK(table.acts == 2);
    wait(&table, 2000);
    say(&table, line, 1, written(again));
    CHECK(table.acts == 3);
}

static void test_the_oldest_is_forgotten_first(void) {
    start(false);
    for (uint16_t mid = 1; mid <= HB_RING; mid++) {
        wait(&table, 10);
        put_on(mid, mid % 2 ? "true" : "false");
    }
    wait(&table, 10);
    put_on(100, "true");
    wait(&table, 10);
    put_on(101, "true");
    CHECK(table.acts == HB_RING + 2);
    for (uint16_t mid = 3; mid <= HB_RING; mid++) put_on(mid, mid % 2 ? "true" : "false");
    put_on(100, "true");
    put_on(101, "true");
    CHECK(table.acts == HB_RING + 2 && line->counts.acted == HB_RING + 2);
    put_on(1, "true");
    CHECK(table.acts == HB_RING + 3);
}

static void test_epoch(void) { /* C12 */
    start(false);
    ask put = PUT;
    put.path = "on";
    put.payload = "true";
    put.if_match = "7f3a21c90000";
    say(&table, line, 0, written(put));
    CHECK(answered(&table, HB_CHANGED) && table.outputs[BOARD_RELAY]);
    static const char *const others[] = {"7f3a21c90001", "7f3a21c800", "00", "7f3a21c9", "7f3a21c9000000"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        put.mid++;
        put.payload = "false";
        put.if_match = others[i];
        say(&table, line, 0, written(put));
        CHECK(answered(&table, HB_PRECONDITION_FAILED) && table.outputs[BOARD_RELAY]);
    }
    put.mid++;
    put.if_match = "";
    say(&table, line, 0, written(put));
    CHECK(answered(&table, HB_CHANGED) && !table.outputs[BOARD_RELAY]);
}

static void test_foreign_messages(void) { /* C6, C15 */
    start(false);
    say(&table, line, 0, from_hex("40001234"));
    CHECK(sent(&table, 0).type == HB_RST && sent(&table, 0).mid == 0x1234 && sent(&table, 0).code == HB_EMPTY);
    static const char *const unanswered[] = {"-", "40", "80010001", "00010001", "c0010001", "60001234", "70001234", "60450001ff61", "5045000161", "50a50001", "50000001", "5f010001", "7001beef"};
    for (size_t i = 0; i < sizeof unanswered / sizeof unanswered[0]; i++) {
        say(&table, line, 0, from_hex(unanswered[i]));
        CHECK(table.sent_count == 0);
    }
    static const char *const reset[] = {"40450007ff61", "49010007", "40010007ff", "40010007f0", "40200007", "40e00007", "4000000761", "41000007aa"};
    for (size_t i = 0; i < sizeof reset / sizeof reset[0]; i++) {
        say(&table, line, 0, from_hex(reset[i]));
        CHECK(table.sent_count == 1 && sent(&table, 0).type == HB_RST && sent(&table, 0).mid == 7);
    }
    CHECK(line->counts.malformed == 16);
    bytes longest = {.length = HB_MESSAGE_MAX}; /* S5 */
    memset(longest.at, 'x', longest.length);
    memcpy(longest.at, "\x41\x03\x00\x01t\xb2on\xff", 9);
    say(&table, line, 0, longest);
    CHECK(answered(&table, HB_BAD_REQUEST));
    bytes big = {.length = HB_MESSAGE_MAX + 1};
    memset(big.at, 'x', big.length);
    memcpy(big.at, "\x41\x03\x00\x01t\xb2on\xff", 9);
    say(&table, line, 0, big);
    CHECK(table.sent_count == 0 && table.acts == 0);
    hb_peer peer = {{9}};
    hb_refuse(line, &peer, big.at, HB_MESSAGE_MAX);
    CHECK(answered(&table, HB_TOO_LARGE) && sent(&table, 0).token[0] == 't' && table.to[0] == 9);
    table.sent_count = 0;
    for (size_t length = 0; length < 5; length++) hb_refuse(line, &peer, big.at, length);
    big.at[0] = 0x51;
    hb_refuse(line, &peer, big.at, 50);
    big.at[0] = 0x4f;
    hb_refuse(line, &peer, big.at, 50);
    hb_refuse(line, &peer, (const uint8_t *)"\x40\x00\x00\x01", 4); /* a ping, an answer, another class: not refused */
    hb_refuse(line, &peer, (const uint8_t *)"\x40\x45\x00\x01", 4);
    hb_refuse(line, &peer, (const uint8_t *)"\x40\x20\x00\x01", 4);
    CHECK(table.sent_count == 0);
    hb_refuse(line, &peer, (const uint8_t *)"\x40\x03\x00\x01", 4);
    CHECK(answered(&table, HB_TOO_LARGE) && line->counts.refused == 12);
}

void test_server(void) {
    check_about = "server";
    test_answers();
    test_what_is_refused();
    test_options();
    test_paths();
    test_duplicates();
    test_the_oldest_is_forgotten_first();
    test_epoch();
    test_foreign_messages();
}
