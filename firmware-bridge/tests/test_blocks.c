/* Block-wise transfer both ways (RFC 7959; C7, C9). */
#include "bench.h"

static bench table;
static char whole[8192];

/* Fetches a resource in blocks of 2^(szx+4); returns its length. */
static size_t fetch(hb_bridge *from, const char *path, unsigned szx, bool ask_first) {
    size_t length = 0;
    uint32_t tag = 0;
    for (uint32_t number = 0;; number++) {
        ask get = GET;
        get.path = path;
        get.mid = (uint16_t)(5000 + number);
        get.block2 = number || ask_first ? (int)(number << 4 | szx) : -1;
        say(&table, from, 0, written(get));
        hb_message message = sent(&table, 0);
        uint32_t block = 0, this_tag = 0;
        CHECK(answered(&table, HB_CONTENT) && has_option(&message, 23, &block) && has_option(&message, 4, &this_tag));
        CHECK(block >> 4 == number && (block & 7) == szx && message.payload_length <= (size_t)16 << szx);
        CHECK(number == 0 || this_tag == tag);
        if (message.code != HB_CONTENT || length + message.payload_length > sizeof whole) return 0;
        tag = this_tag;
        memcpy(whole + length, message.payload, message.payload_length);
        length += message.payload_length;
        if (!(block & 8)) return length;
        CHECK(message.payload_length == (size_t)16 << szx);
    }
}

static bool whole_has(size_t length, const char *text) {
    size_t size = strlen(text);
    for (size_t i = 0; i + size <= length; i++)
        if (memcmp(whole + i, text, size) == 0) return true;
    return false;
}

static void test_descriptions(void) {
    bench_start(&table, 0, false);
    size_t length = fetch(&table.relay.bridge, ".well-known/wot", 2, false);
    static char first[sizeof whole];
    memcpy(first, whole, sizeof first);
    CHECK(length > 1000 && length < 8192 && whole[0] == '{' && whole[length - 1] == '}');
    CHECK(whole_has(length, "\"id\":\"urn:dev:os:32473-bench\"") && whole_has(length, "\"keepAlive\":2.0,\"lostAfter\":6.0,\"block\":64}"));
    CHECK(fetch(&table.relay.bridge, ".well-known/wot", 0, true) == length && memcmp(first, whole, length) == 0);
    CHECK(fetch(&table.relay.bridge, ".well-known/wot", 1, true) == length && memcmp(first, whole, length) == 0);
    length = fetch(&table.climate.bridge, ".well-known/core", 2, true);
    CHECK(whole_has(length, "</.well-known/wot>;ct=432;rt=\"wot.thing\",</hearth/link>;ct=0;rt=\"hearth.link\",</temperature>;obs;ct=50"));
    CHECK(whole_has(length, "</interval>;ct=50,</label>;obs;ct=50"));
    CHECK(fetch(&table.climate.bridge, ".well-known/wot", 2, true) > 800);
}

static void test_larger_blocks_wanted(void) { /* we give ours, at the place that was meant */
    bench_start(&table, 0, false);
    fetch(&table.relay.bridge, ".well-known/wot", 2, true);
    ask get = GET;
    get.path = ".well-known/wot";
    get.block2 = 0 << 4 | 6;
    say(&table, &table.relay.bridge, 0, written(get));
    hb_message message = sent(&table, 0);
    uint32_t block = 0;
    CHECK(has_option(&message, 23, &block) && block == (0 << 4 | 8 | 2));
    get.block2 = 1 << 4 | 5; /* the second 512 */
    say(&table, &table.relay.bridge, 0, written(get));
    message = sent(&table, 0);
    CHECK(has_option(&message, 23, &block) && block == (8 << 4 | 8 | 2) && memcmp(message.payload, whole + 512, 64) == 0);
    get.block2 = 2000 << 4 | 2;
    say(&table, &table.relay.bridge, 0, written(get));
    CHECK(answered(&table, HB_BAD_REQUEST));
}

static uint8_t put_label(uint8_t peer, uint16_t mid, const char *text, int block1) {
    ask put = PUT;
    put.path = "label";
    put.payload = text;
    put.mid = mid;
    put.block1 = block1;
    say(&table, &table.climate.bridge, peer, written(put));
    return sent(&table, 0).code;
}

static bool label_is(const char *text) {
    size_t length = strlen(text);
    return table.climate.label_length == length && memcmp(table.climate.label, text, length) == 0;
}

enum { MORE = 8, B16 = 0, B64 = 2 };
#define SIXTEEN "\"0123456789abcde"

static void test_upload(void) {
    bench_start(&table, 0, false);
    CHECK(put_label(0, 1, "\"north wall\"", -1) == HB_CHANGED && label_is("\"north wall\""));
    CHECK(put_label(0, 2, SIXTEEN, 0 << 4 | MORE | B16) == HB_CONTINUE && label_is("\"north wall\""));
    uint32_t block = 99;
    hb_message message = sent(&table, 0);
    CHECK(has_option(&message, 27, &block) && block == (0 << 4 | MORE | B16));
    CHECK(put_label(0, 2, SIXTEEN, 0 << 4 | MORE | B16) == HB_CONTINUE); /* a duplicate */
    CHECK(put_label(0, 3, "fghij\"", 1 << 4 | B16) == HB_CHANGED && label_is(SIXTEEN "fghij\"") && table.acts == 2);
    CHECK(put_label(0, 3, "fghij\"", 1 << 4 | B16) == HB_CHANGED && table.acts == 2);
    CHECK(put_label(0, 4, "fghij\"", 1 << 4 | B16) == HB_INCOMPLETE); /* it is over */
    CHECK(put_label(0, 5, SIXTEEN, 0 << 4 | MORE | B16) == HB_CONTINUE);
    CHECK(put_label(0, 6, "x\"", 2 << 4 | B16) == HB_INCOMPLETE);            /* one is missing */
    CHECK(put_label(1, 7, "x\"", 1 << 4 | B16) == HB_INCOMPLETE);            /* from another peer */
    CHECK(put_label(0, 8, "x\"", 0 << 4 | MORE | B16) == HB_BAD_REQUEST);    /* not full */
    CHECK(put_label(0, 9, SIXTEEN, 0 << 4 | B16) == HB_BAD_REQUEST);         /* no JSON string */
    CHECK(put_label(0, 10, SIXTEEN, 0 << 4 | MORE | 6) == HB_TOO_LARGE);
    message = sent(&table, 0);
    CHECK(has_option(&message, 27, &block) && block == B64);
    CHECK(put_label(0, 11, SIXTEEN, 0 << 4 | 7) == HB_BAD_REQUEST && label_is(SIXTEEN "fghij\""));
    CHECK(put_label(0, 12, SIXTEEN, 0 << 4 | MORE | B16) == HB_CONTINUE);
    CHECK(put_label(0, 13, "fghijklmnopqrst\"", 1 << 4 | B16) == HB_CHANGED); /* the last block may be full */
    CHECK(label_is(SIXTEEN "fghijklmnopqrst\""));
}

static void test_upload_too_long(void) {
    static const char block[] = "\"123456789012345678901234567890123456789012345678901234567890123";
    bench_start(&table, 0, false);
    char rest[CLIMATE_LABEL_MAX];
    memset(rest, 'r', sizeof rest);
    memcpy(rest + CLIMATE_LABEL_MAX - 64 - 1, "\"", 2);
    CHECK(put_label(0, 20, block, 0 << 4 | MORE | B64) == HB_CONTINUE && put_label(0, 21, rest, 1 << 4 | B64) == HB_CHANGED);
    CHECK(table.climate.label_length == CLIMATE_LABEL_MAX && table.acts == 1);
    memcpy(rest + CLIMATE_LABEL_MAX - 64 - 1, "r\"", 3);
    CHECK(put_label(0, 22, block, 0 << 4 | MORE | B64) == HB_CONTINUE && put_label(0, 23, rest, 1 << 4 | B64) == HB_TOO_LARGE);
    bench_start(&table, 0, false);
    CHECK(put_label(0, 1, block, 0 << 4 | MORE | B64) == HB_CONTINUE);
    CHECK(put_label(0, 2, block, 1 << 4 | MORE | B64) == HB_TOO_LARGE);
    CHECK(put_label(0, 3, "\"", 2 << 4 | B64) == HB_INCOMPLETE && label_is("\"\"") && table.acts == 0);
    CHECK(put_label(0, 4, block, 0 << 4 | MORE | B64) == HB_CONTINUE);
    CHECK(put_label(1, 5, "\"another\"", -1) == HB_CHANGED); /* in between somebody writes the whole */
    CHECK(put_label(0, 6, "mixed\"", 1 << 4 | B64) == HB_INCOMPLETE && label_is("\"another\""));
    CHECK(put_label(0, 7, block, 0 << 4 | MORE | B64) == HB_CONTINUE);
    wait(&table, 16000); /* the link is lost: what was coming is void */
    CHECK(put_label(0, 8, "late\"", 1 << 4 | B64) == HB_INCOMPLETE && label_is("\"another\""));
}

void test_blocks(void) {
    check_about = "blocks";
    test_descriptions();
    test_larger_blocks_wanted();
    test_upload();
    test_upload_too_long();
}
