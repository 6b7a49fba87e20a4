/* The golden vectors (PROTOCOL.md 5). */
#include <stdlib.h>

#include "check.h"
#include "hearth_bridge.h"
#include "lines.h"

static bytes wire;

static void collect(void *context, uint8_t byte) {
    (void)context;
    if (wire.length < sizeof wire.at) wire.at[wire.length++] = byte;
}

static void check_crc32(char **fields, int count) {
    CHECK(count == 3);
    bytes of_these = from_hex(fields[1]);
    CHECK(hb_crc32(HB_CRC32_START, of_these.at, of_these.length) == (uint32_t)strtoul(fields[2], NULL, 16));
    size_t half = of_these.length / 2; /* in two parts it is the same */
    uint32_t first = hb_crc32(HB_CRC32_START, of_these.at, half);
    CHECK(hb_crc32(first, of_these.at + half, of_these.length - half) == (uint32_t)strtoul(fields[2], NULL, 16));
}

static void check_frame(char **fields, int count) {
    CHECK(count == 3);
    bytes message = from_hex(fields[1]), framed = from_hex(fields[2]);
    wire.length = 0;
    hb_frame(message.at, message.length, collect, NULL);
    CHECK(equal(framed, wire.at, wire.length));
    CHECK(wire.length <= HB_FRAME_MAX(message.length));
    hb_deframer deframer;
    hb_deframer_init(&deframer);
    size_t length = 0;
    for (size_t i = 0; i < framed.length; i++) {
        CHECK(length == 0);
        length = hb_deframe(&deframer, framed.at[i]);
    }
    CHECK(equal(message, hb_deframed(&deframer), length));
    CHECK(deframer.dropped == 0);
}

static void check_stream(char **fields, int count) {
    CHECK(count == 3);
    bytes stream = from_hex(fields[1]);
    char *expected = strcmp(fields[2], "-") == 0 ? NULL : strtok(fields[2], ",");
    hb_deframer deframer;
    hb_deframer_init(&deframer);
    for (size_t i = 0; i < stream.length; i++) {
        size_t length = hb_deframe(&deframer, stream.at[i]);
        if (length == 0) continue;
        CHECK(expected != NULL);
        if (expected) CHECK(equal(from_hex(expected), hb_deframed(&deframer), length));
        expected = strtok(NULL, ",");
    }
    CHECK(expected == NULL);
}

static const char *const types[] = {"CON", "NON", "ACK", "RST"};

static void check_options(const hb_message *message, char *expected) {
    char *next = strcmp(expected, "-") == 0 ? NULL : strtok(expected, ",");
    for (hb_option option = {0}; hb_next_option(message, &option); next = strtok(NULL, ",")) {
        CHECK(next != NULL);
        if (!next) return;
        char *value = strchr(next, ':');
        CHECK(value != NULL && strtoul(next, NULL, 10) == option.number);
        if (value) CHECK(equal(from_hex(value + 1), option.value, option.length));
    }
    CHECK(next == NULL);
}

static void check_written(const hb_message *message, bytes expected) {
    uint8_t room[1200];
    hb_writer writer = {.bytes = room, .capacity = sizeof room};
    hb_write_head(&writer, message->type, message->code, message->mid, message->token, message->token_length);
    for (hb_option option = {0}; hb_next_option(message, &option);)
        hb_write_option(&writer, option.number, option.value, option.length);
    hb_write_payload(&writer, message->payload, message->payload_length);
    CHECK(!writer.overflow && equal(expected, room, writer.length));
    for (size_t less = 0; less < expected.length; less++) { /* into less room it does not go, and nothing is overrun */
        uint8_t *small = malloc(less ? less : 1);
        hb_writer tight = {.bytes = small, .capacity = less};
        hb_write_head(&tight, message->type, message->code, message->mid, message->token, message->token_length);
        for (hb_option option = {0}; hb_next_option(message, &option);)
            hb_write_option(&tight, option.number, option.value, option.length);
        hb_write_payload(&tight, message->payload, message->payload_length);
        CHECK(tight.overflow);
        free(small);
    }
}

static void check_message(char **fields, int count) {
    bytes given = from_hex(fields[1]);
    uint8_t *exact = malloc(given.length ? given.length : 1); /* so that the sanitizer sees a byte too far */
    if (given.length) memcpy(exact, given.at, given.length);
    hb_message message;
    hb_verdict verdict = hb_parse(exact, given.length, &message);
    if (count == 3) {
        CHECK(strcmp(fields[2], "void") == 0 && verdict != HB_SOUND);
    } else {
        CHECK(count == 8 && verdict == HB_SOUND);
        char code[5];
        snprintf(code, sizeof code, "%d.%02d", message.code >> 5 & 7, message.code & 31);
        CHECK(strcmp(types[message.type], fields[2]) == 0 && strcmp(code, fields[3]) == 0);
        CHECK(strtoul(fields[4], NULL, 10) == message.mid);
        CHECK(equal(from_hex(fields[5]), message.token, message.token_length));
        check_options(&message, fields[6]);
        CHECK(equal(from_hex(fields[7]), message.payload, message.payload_length));
        check_written(&message, given);
    }
    free(exact);
}

static void check_text(void) { /* S2: the stream named `diagnostic` begins with it */
    wire.length = 0;
    hb_frame_text("Hello, I am a relay.", collect, NULL);
    CHECK(equal(from_hex("c00a48656c6c6f2c204920616d20612072656c61792ec0"), wire.at, wire.length));
}

static void check_dropped(void) { /* counted are frames of our type, or broken ones, and neither noise nor other types */
    static const struct { const char *wire; uint32_t dropped; } rows[] = {
        {"c0c0c0", 0}, {"c0ac40001234d159a1b1c0", 0}, {"c0ac40011234d159a1b1c0", 1}, {"c0acc0", 1}, {"c00a4869c0", 0},
        {"7273743a30c0", 0}, {"c0acdb00c0", 1}, {"c0ac40001234d159a1b1dbc0", 1}, {"c0ac40011234d159a1b1c0acc0", 2}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bytes all = from_hex(rows[i].wire);
        hb_deframer deframer;
        hb_deframer_init(&deframer);
        for (size_t j = 0; j < all.length; j++) hb_deframe(&deframer, all.at[j]);
        CHECK(deframer.dropped == rows[i].dropped);
    }
}

static void check_overlong(void) { /* a sound frame that fills the buffer, and then goes on: it is not that frame */
    uint8_t message[HB_MESSAGE_MAX];
    memset(message, 'x', sizeof message);
    wire.length = 0;
    hb_frame(message, sizeof message, collect, NULL);
    hb_deframer deframer;
    hb_deframer_init(&deframer);
    for (unsigned more = 0; more < 3; more++) {
        for (size_t i = 0; i + 1 < wire.length; i++) CHECK(hb_deframe(&deframer, wire.at[i]) == 0);
        for (unsigned i = 0; i < more; i++) CHECK(hb_deframe(&deframer, 'x') == 0);
        CHECK(hb_deframe(&deframer, 0xc0) == (more ? 0 : sizeof message));
    }
}

void test_vectors(const char *folder) {
    check_overlong();
    check_dropped();
    check_text();
    CHECK(each_line(folder, "crc32.txt", check_crc32) >= 7);
    CHECK(each_line(folder, "frames.txt", check_frame) >= 30);
    CHECK(each_line(folder, "streams.txt", check_stream) >= 30);
    CHECK(each_line(folder, "messages.txt", check_message) >= 50);
}
