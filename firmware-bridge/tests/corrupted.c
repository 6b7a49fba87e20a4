/* Damages frames as a bad line does, and counts what the deframer lets through: usage: corrupted frames [seed]. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hearth_bridge.h"

enum { ROOM = 1024, SORTS = 8 };
typedef struct buffer {
    uint8_t at[ROOM];
    size_t length;
} buffer;
static const char *const sorts[SORTS] = {"1 % of bytes", "one bit", "a burst", "a byte lost", "a byte twice", "cut short", "two joined", "bytes swapped"};
static uint64_t state;

static uint32_t chance(uint32_t below) { /* splitmix64 */
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ z >> 31) >> 32) % below;
}

static void collect(void *context, uint8_t byte) {
    buffer *wire = context;
    if (wire->length < ROOM) wire->at[wire->length++] = byte;
}

static void random_message(buffer *message) {
    static const char *const payloads[] = {"true", "false", "21.50", "1800", "\"north wall\""};
    const char *payload = payloads[chance(5)];
    uint8_t token[4] = {(uint8_t)chance(256), (uint8_t)chance(256), (uint8_t)chance(256), (uint8_t)chance(256)};
    hb_writer writer = {.bytes = message->at, .capacity = ROOM};
    hb_write_head(&writer, (uint8_t)chance(2), chance(2) ? HB_PUT : HB_POST, (uint16_t)chance(65536), token, (uint8_t)chance(5));
    hb_write_option(&writer, 11, (const uint8_t *)"on", 2);
    hb_write_uint(&writer, 12, HB_JSON);
    if (chance(4)) {
        hb_write_payload(&writer, (const uint8_t *)payload, strlen(payload));
    } else {
        uint8_t block[64];
        for (size_t i = 0; i < sizeof block; i++) block[i] = (uint8_t)chance(256);
        hb_write_payload(&writer, block, 1 + chance(64));
    }
    message->length = writer.length;
}

static void other_byte(uint8_t *byte) { *byte = (uint8_t)(*byte ^ (1 + chance(255))); }

static void take_out(buffer *wire, size_t at) {
    memmove(wire->at + at, wire->at + at + 1, wire->length - at - 1);
    wire->length--;
}

static void put_in(buffer *wire, size_t at, uint8_t byte) {
    memmove(wire->at + at + 1, wire->at + at, wire->length - at);
    wire->at[at] = byte;
    wire->length++;
}

/* Damages what is between the two ENDs, so that it is never the frame that was sent. */
static void damage(buffer *wire, const buffer *next, unsigned sort) {
    size_t inside = wire->length - 2, at = 1 + chance((uint32_t)inside);
    switch (sort) {
    case 0:
        other_byte(&wire->at[at]);
        for (size_t i = 1; i <= inside; i++)
            if (i != at && chance(100) == 0) other_byte(&wire->at[i]);
        break;
    case 1: wire->at[at] = (uint8_t)(wire->at[at] ^ 1u << chance(8)); break;
    case 2:
        for (size_t i = at; i <= inside && i < at + 8; i++) other_byte(&wire->at[i]);
        break;
    case 3: take_out(wire, at); break;
    case 4: put_in(wire, at, wire->at[at]); break;
    case 5: wire->length = at; break; /* and the END after it */
    case 6:
        wire->length--;
        memcpy(wire->at + wire->length, next->at + 1, next->length - 1);
        wire->length += next->length - 1;
        break;
    default: {
        size_t other = 1 + chance((uint32_t)inside);
        uint8_t kept = wire->at[at];
        if (wire->at[other] == kept) {
            other_byte(&wire->at[at]);
        } else {
            wire->at[at] = wire->at[other];
            wire->at[other] = kept;
        }
    }
    }
}

/* How many messages come out of a damaged frame that are not the one that was sent. */
static unsigned accepted(hb_deframer *deframer, const buffer *wire, const buffer *message) {
    unsigned count = 0;
    for (size_t i = 0; i <= wire->length; i++) {
        size_t length = hb_deframe(deframer, i < wire->length ? wire->at[i] : 0xc0);
        if (length && (length != message->length || memcmp(hb_deframed(deframer), message->at, length) != 0)) count++;
    }
    return count;
}

int main(int count, char **arguments) {
    unsigned long frames = count > 1 ? strtoul(arguments[1], NULL, 10) : 1000000;
    unsigned long wrong[SORTS] = {0}, of_sort[SORTS] = {0}, all = 0, unharmed = 0;
    state = count > 2 ? strtoull(arguments[2], NULL, 10) : 7252;
    hb_deframer deframer;
    hb_deframer_init(&deframer);
    clock_t begun = clock();
    for (unsigned long i = 0; i < frames; i++) {
        static buffer message, next, wire, next_wire;
        random_message(&message);
        random_message(&next);
        wire.length = next_wire.length = 0;
        hb_frame(message.at, message.length, collect, &wire);
        hb_frame(next.at, next.length, collect, &next_wire);
        unsigned sort = (unsigned)(i % SORTS);
        damage(&wire, &next_wire, sort);
        of_sort[sort]++;
        wrong[sort] += accepted(&deframer, &wire, &message);
        buffer sound = next_wire; /* and the frame after it comes through */
        unsigned long before = unharmed;
        for (size_t j = 0; j < sound.length; j++)
            if (hb_deframe(&deframer, sound.at[j]) == next.length) unharmed++;
        if (unharmed != before + 1) fprintf(stderr, "the frame after number %lu did not come through\n", i);
    }
    for (size_t i = 0; i < SORTS; i++) {
        printf("%-14s %8lu frames, %lu accepted\n", sorts[i], of_sort[i], wrong[i]);
        all += wrong[i];
    }
    printf("%lu corrupted frames: %lu accepted; %lu sound ones after them came through; %.1f s\n", frames, all, unharmed,
           (double)(clock() - begun) / CLOCKS_PER_SEC);
    return all > 0 || unharmed != frames;
}
