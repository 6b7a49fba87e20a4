/* Messages of CoAP (RFC 7252 section 3), parsed in place and written in order. */
#include <string.h>

#include "hearth_bridge.h"

enum { MARKER = 0xff, OPTION_NUMBER_MAX = 65535 };

/* The extended part of an option's delta or length (section 3.1). Returns false where it is cut off or 15. */
static bool extended(unsigned nibble, const uint8_t **at, const uint8_t *end, uint32_t *value) {
    size_t bytes = nibble == 13 ? 1 : nibble == 14 ? 2 : 0;
    if (nibble == 15 || (size_t)(end - *at) < bytes) return false;
    *value = bytes == 0   ? nibble
             : bytes == 1 ? 13u + (*at)[0]
                          : 269u + ((uint32_t)(*at)[0] << 8 | (*at)[1]);
    *at += bytes;
    return true;
}

/* Reads the option at `at`. Its number is added to `option->number`. */
static bool read_option(const uint8_t *at, const uint8_t *end, hb_option *option) {
    uint32_t delta, length;
    unsigned first = *at++;
    if (!extended(first >> 4, &at, end, &delta) || !extended(first & 15u, &at, end, &length)) return false;
    option->number += delta;
    if (option->number > OPTION_NUMBER_MAX || length > (size_t)(end - at)) return false;
    option->value = at;
    option->length = length;
    option->next = at + length;
    return true;
}

static bool split(const uint8_t *at, const uint8_t *end, hb_message *message) {
    hb_option option = {0};
    message->options = at;
    while (at < end && *at != MARKER) {
        if (!read_option(at, end, &option)) return false;
        at = option.next;
    }
    message->options_length = (size_t)(at - message->options);
    message->payload = end;
    message->payload_length = 0;
    if (at == end) return true;
    message->payload = at + 1;
    message->payload_length = (size_t)(end - message->payload);
    return message->payload_length > 0; /* a marker without a payload is an error (section 3) */
}

/* Which types may carry which codes (section 4.3, table 1), and none of the reserved classes 1, 6, 7 (section 4.2). */
static bool fits(const hb_message *message) {
    unsigned class = message->code >> 5;
    if (message->code == HB_EMPTY) return message->type != HB_NON;
    if (class == 1 || class > 5 || message->type == HB_RST) return false;
    return class != 0 || message->type == HB_CON || message->type == HB_NON;
}

hb_verdict hb_parse(const uint8_t *bytes, size_t length, hb_message *message) {
    if (length < 4 || bytes[0] >> 6 != 1) return HB_IGNORED;
    *message = (hb_message){
        .type = bytes[0] >> 4 & 3, .token_length = bytes[0] & 15, .code = bytes[1], .token = bytes + 4};
    message->mid = (uint16_t)((unsigned)bytes[2] << 8 | bytes[3]);
    if (message->token_length > 8 || message->token_length > length - 4 || !fits(message)) return HB_MALFORMED;
    if (message->code == HB_EMPTY && length != 4) return HB_MALFORMED;
    return split(bytes + 4 + message->token_length, bytes + length, message) ? HB_SOUND : HB_MALFORMED;
}

bool hb_next_option(const hb_message *message, hb_option *option) {
    const uint8_t *at = option->next ? option->next : message->options;
    const uint8_t *end = message->options + message->options_length;
    return at < end && read_option(at, end, option);
}

static void append(hb_writer *writer, const uint8_t *bytes, size_t length) {
    if (writer->overflow || length > writer->capacity - writer->length) {
        writer->overflow = true;
        return;
    }
    if (length) memmove(writer->bytes + writer->length, bytes, length);
    writer->length += length;
}

void hb_write_head(hb_writer *writer, uint8_t type, uint8_t code, uint16_t mid, const uint8_t *token, uint8_t length) {
    uint8_t head[4] = {(uint8_t)(0x40u | (unsigned)type << 4 | length), code, (uint8_t)(mid >> 8), (uint8_t)(mid & 0xff)};
    append(writer, head, sizeof head);
    append(writer, token, length);
}

static unsigned nibble(uint32_t value, uint8_t extension[2], size_t *bytes) {
    *bytes = value < 13 ? 0 : value < 269 ? 1 : 2;
    if (*bytes == 0) return value;
    uint32_t rest = value - (*bytes == 1 ? 13u : 269u);
    extension[0] = (uint8_t)(*bytes == 1 ? rest : rest >> 8);
    extension[1] = (uint8_t)(rest & 0xff);
    return *bytes == 1 ? 13 : 14;
}

void hb_write_option(hb_writer *writer, uint32_t number, const uint8_t *value, size_t length) {
    uint8_t delta[2], size[2];
    size_t delta_bytes, size_bytes;
    unsigned high = nibble(number - writer->option, delta, &delta_bytes);
    unsigned low = nibble((uint32_t)length, size, &size_bytes);
    uint8_t first = (uint8_t)(high << 4 | low);
    append(writer, &first, 1);
    append(writer, delta, delta_bytes);
    append(writer, size, size_bytes);
    append(writer, value, length);
    writer->option = number;
}

void hb_write_uint(hb_writer *writer, uint32_t number, uint32_t value) {
    uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16 & 0xff), (uint8_t)(value >> 8 & 0xff), (uint8_t)(value & 0xff)};
    size_t zeros = 0;
    while (zeros < 4 && bytes[zeros] == 0) zeros++; /* no leading zeros (section 3.2) */
    hb_write_option(writer, number, bytes + zeros, 4 - zeros);
}

void hb_write_payload(hb_writer *writer, const uint8_t *bytes, size_t length) {
    if (length == 0) return;
    if (writer->overflow || length + 1 > writer->capacity - writer->length) {
        writer->overflow = true;
        return;
    }
    memmove(writer->bytes + writer->length + 1, bytes, length); /* before the marker: the payload may lie where it goes */
    writer->bytes[writer->length] = MARKER;
    writer->length += length + 1;
}
