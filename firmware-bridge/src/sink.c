/* A sink that keeps a window: a description of any length is sent in blocks and never held whole. */
#include <string.h>

#include "hearth_bridge.h"

void hb_put(hb_sink *sink, const void *bytes, size_t length) {
    const uint8_t *from = bytes;
    sink->check = hb_crc32(sink->check, bytes, length);
    size_t before = sink->total < sink->skip ? sink->skip - sink->total : 0;
    sink->total += (uint32_t)length;
    if (before >= length) return;
    size_t room = sink->capacity - sink->kept;
    size_t part = length - before < room ? length - before : room;
    if (part) memcpy(sink->window + sink->kept, from + before, part);
    sink->kept += part;
}

void hb_put_text(hb_sink *sink, const char *text) { hb_put(sink, text, strlen(text)); }

void hb_put_fixed(hb_sink *sink, int32_t value, uint8_t decimals) {
    char text[24];
    size_t at = sizeof text;
    uint32_t rest = value < 0 ? 0u - (uint32_t)value : (uint32_t)value;
    if (decimals > 9) decimals = 9;
    for (unsigned digit = 0; rest > 0 || digit <= decimals; digit++) {
        if (digit == decimals && decimals > 0) text[--at] = '.';
        text[--at] = (char)('0' + rest % 10);
        rest /= 10;
    }
    if (value < 0) text[--at] = '-';
    hb_put(sink, text + at, sizeof text - at);
}

void hb_put_int(hb_sink *sink, int32_t value) { hb_put_fixed(sink, value, 0); }

void hb_put_hex(hb_sink *sink, const uint8_t *bytes, size_t length) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < length; i++) {
        char pair[2] = {digits[bytes[i] >> 4], digits[bytes[i] & 15]};
        hb_put(sink, pair, 2);
    }
}
