/* SLIP frames (RFC 1055) typed as in slipmux, with a CRC-32 (S1 to S4). */
#include "hearth_bridge.h"

enum { END = 0xc0, ESC = 0xdb, ESC_END = 0xdc, ESC_ESC = 0xdd, MESSAGE = 0xac, TEXT = 0x0a };
enum { HEADER = 1, CHECK = 4, SHORTEST = HEADER + 4 + CHECK };

void hb_deframer_init(hb_deframer *deframer) { *deframer = (hb_deframer){.length = 0}; }

const uint8_t *hb_deframed(const hb_deframer *deframer) { return deframer->bytes + HEADER; }

static bool sound(const hb_deframer *deframer) {
    if (deframer->length < SHORTEST || deframer->bytes[0] != MESSAGE) return false;
    size_t body = (size_t)(deframer->length - CHECK);
    const uint8_t *check = deframer->bytes + body;
    uint32_t told = check[0] | (uint32_t)check[1] << 8 | (uint32_t)check[2] << 16 | (uint32_t)check[3] << 24;
    return hb_crc32(HB_CRC32_START, deframer->bytes, body) == told;
}

static size_t end_of_frame(hb_deframer *deframer) {
    bool was_void = deframer->void_frame || deframer->escaped;
    size_t message = !was_void && sound(deframer) ? (size_t)(deframer->length - HEADER - CHECK) : 0;
    if (message == 0 && (was_void || (deframer->length > 0 && deframer->bytes[0] == MESSAGE))) deframer->dropped++;
    deframer->length = 0;
    deframer->escaped = deframer->void_frame = false;
    return message;
}

size_t hb_deframe(hb_deframer *deframer, uint8_t byte) {
    if (byte == END) return end_of_frame(deframer);
    if (deframer->void_frame) return 0;
    if (byte == ESC && !deframer->escaped) {
        deframer->escaped = true;
        return 0;
    }
    if (deframer->escaped) {
        deframer->escaped = false;
        if (byte != ESC_END && byte != ESC_ESC) {
            deframer->void_frame = true;
            return 0;
        }
        byte = byte == ESC_END ? END : ESC;
    }
    if (deframer->length == sizeof deframer->bytes) {
        deframer->void_frame = true;
        return 0;
    }
    deframer->bytes[deframer->length++] = byte;
    return 0;
}

static void put_escaped(uint8_t byte, void (*put)(void *, uint8_t), void *context) {
    if (byte != END && byte != ESC) {
        put(context, byte);
        return;
    }
    put(context, ESC);
    put(context, byte == END ? ESC_END : ESC_ESC);
}

void hb_frame(const uint8_t *message, size_t length, void (*put)(void *, uint8_t), void *context) {
    const uint8_t type = MESSAGE;
    uint32_t check = hb_crc32(hb_crc32(HB_CRC32_START, &type, 1), message, length);
    put(context, END);
    put_escaped(type, put, context);
    for (size_t i = 0; i < length; i++) put_escaped(message[i], put, context);
    for (unsigned shift = 0; shift < 32; shift += 8) put_escaped((uint8_t)(check >> shift & 0xffu), put, context);
    put(context, END);
}

void hb_frame_text(const char *text, void (*put)(void *, uint8_t), void *context) {
    put(context, END);
    put_escaped(TEXT, put, context);
    for (; *text; text++) put_escaped((uint8_t)*text, put, context);
    put(context, END);
}
