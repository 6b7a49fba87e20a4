/* libFuzzer on everything that takes foreign bytes. The first byte says how the rest comes in: as a line's bytes, or as
 * messages of two bytes of length each (bit 15: from another peer), with time passing in between. */
#include <stdlib.h>
#include <string.h>

#include "climate.h"
#include "relay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct world {
    hb_board board;
    relay relay;
    climate climate;
    uint32_t now;
} world;

static void insist(bool so) {
    if (!so) abort();
}

static void on_byte(void *context, uint8_t byte) {
    hb_deframer *deframer = context;
    size_t length = hb_deframe(deframer, byte);
    insist(length == 0 || length <= HB_MESSAGE_MAX);
}

static void on_send(void *context, const hb_peer *peer, const uint8_t *message, size_t length) {
    hb_message parsed;
    hb_deframer deframer;
    (void)context;
    (void)peer;
    insist(length <= HB_HEAD_MAX + HB_BLOCK_MAX && hb_parse(message, length, &parsed) == HB_SOUND);
    hb_deframer_init(&deframer);
    hb_frame(message, length, on_byte, &deframer);
    insist(deframer.dropped == 0);
}

static void on_output(void *context, unsigned output, bool on) {
    (void)context;
    insist(output <= BOARD_LAMP && (on || !on));
}
static bool on_input(void *context, unsigned input) {
    const world *self = context;
    insist(input == BOARD_INTERLOCK_CLOSED);
    return self->now % 7 != 0;
}
static bool on_measure(void *context, unsigned quantity, int32_t *hundredths) {
    const world *self = context;
    *hundredths = (int32_t)(self->now * 7919u + quantity);
    return self->now % 5 != 0;
}

static void give(world *self, uint8_t peer, const uint8_t *message, size_t length) {
    hb_peer from = {{peer}};
    uint8_t *exact = malloc(length ? length : 1); /* so that a byte too far is seen */
    if (length) memcpy(exact, message, length);
    hb_receive(&self->relay.bridge, self->now, &from, exact, length);
    hb_receive(&self->climate.bridge, self->now, &from, exact, length);
    if (length % 3 == 0) hb_refuse(&self->relay.bridge, &from, exact, length);
    free(exact);
}

static void pass(world *self, uint32_t milliseconds) {
    self->now += milliseconds;
    relay_poll(&self->relay, self->now);
    climate_poll(&self->climate, self->now);
}

static void as_line(world *self, const uint8_t *data, size_t size) {
    hb_deframer deframer;
    hb_deframer_init(&deframer);
    for (size_t i = 0; i < size; i++) {
        size_t length = hb_deframe(&deframer, data[i]);
        if (length) give(self, 0, hb_deframed(&deframer), length);
    }
}

static void as_messages(world *self, const uint8_t *data, size_t size) {
    while (size >= 2) {
        unsigned head = (unsigned)data[0] << 8 | data[1];
        size_t length = head & 0xffu;
        data += 2;
        size -= 2;
        if (length > size) length = size;
        give(self, (uint8_t)(head >> 15), data, length);
        pass(self, (head >> 8 & 0x7fu) * (head >> 8 & 0x7fu));
        data += length;
        size -= length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static world self;
    if (size < 1) return 0;
    memset(&self, 0, sizeof self);
    self.now = data[0] & 2 ? UINT32_MAX - 5000 : 1;
    self.board = (hb_board){.context = &self, .id = "urn:dev:os:32473-fuzz", .random = {1, 2, 3, 4, 5, 6},
                            .datagrams = data[0] & 4, .send = on_send, .output = on_output, .input = on_input,
                            .measure = on_measure};
    relay_init(&self.relay, &self.board, self.now);
    climate_init(&self.climate, &self.board, self.now);
    if (data[0] & 1)
        as_line(&self, data + 1, size - 1);
    else
        as_messages(&self, data + 1, size - 1);
    hb_json_string(data, size);
    int32_t number;
    bool on;
    hb_json_int(data, size, -5, 5, &number);
    hb_json_bool(data, size, &on);
    return 0;
}
