#include "bench.h"

const ask GET = {HB_CON, HB_GET, 1, "", "", "t", NULL, -1, -1, -1, -1, -1};
const ask PUT = {HB_CON, HB_PUT, 1, "", "", "t", NULL, -1, -1, HB_JSON, -1, -1};
const ask POST = {HB_CON, HB_POST, 1, "", "", "t", NULL, -1, -1, -1, -1, -1};

static void on_send(void *context, const hb_peer *peer, const uint8_t *message, size_t length) {
    bench *self = context;
    hb_message parsed;
    CHECK(self->sent_count < BENCH_SENT_MAX);
    CHECK(hb_parse(message, length, &parsed) == HB_SOUND); /* whatever comes in, what goes out is sound */
    if (self->sent_count == BENCH_SENT_MAX) return;
    self->to[self->sent_count] = peer->bytes[0];
    self->sent[self->sent_count++] = of(message, length);
}
static void on_output(void *context, unsigned output, bool on) {
    bench *self = context;
    self->outputs[output] = on;
    self->driven++;
}
static bool on_input(void *context, unsigned input) {
    bench *self = context;
    (void)input;
    return self->interlock_closed;
}
static bool on_measure(void *context, unsigned quantity, int32_t *hundredths) {
    bench *self = context;
    *hundredths = self->measured[quantity];
    return self->sensor_works;
}
static void on_acted(void *context, const char *what, int32_t value) {
    bench *self = context;
    (void)what;
    (void)value;
    self->acts++;
}

void bench_start(bench *self, uint32_t now, bool datagrams) {
    memset(self, 0, sizeof *self);
    self->now = now;
    self->interlock_closed = self->sensor_works = true;
    self->measured[0] = 2150;
    self->measured[1] = 4005;
    self->board = (hb_board){.context = self, .id = "urn:dev:os:32473-bench", .random = {0x7f, 0x3a, 0x21, 0xc9, 0x10, 0x00},
                             .datagrams = datagrams, .send = on_send, .output = on_output, .input = on_input,
                             .measure = on_measure, .acted = on_acted};
    relay_init(&self->relay, &self->board, now);
    climate_init(&self->climate, &self->board, now);
}

void say(bench *self, hb_bridge *to, uint8_t peer, bytes message) {
    hb_peer from = {{peer}};
    uint8_t exact[4096];
    memcpy(exact, message.at, message.length);
    self->sent_count = 0;
    hb_receive(to, self->now, &from, exact, message.length);
}

void wait(bench *self, uint32_t milliseconds) {
    self->sent_count = 0;
    for (uint32_t passed = 0; passed < milliseconds; passed += 10) {
        self->now += 10;
        relay_poll(&self->relay, self->now);
        climate_poll(&self->climate, self->now);
    }
}

hb_message sent(const bench *self, size_t index) {
    hb_message message = {.type = 255};
    CHECK(index < self->sent_count);
    if (index < self->sent_count) CHECK(hb_parse(self->sent[index].at, self->sent[index].length, &message) == HB_SOUND);
    return message;
}

bool answered(const bench *self, uint8_t code) { return self->sent_count == 1 && sent(self, 0).code == code; }

bool payload_is(const bench *self, size_t index, const char *text) {
    hb_message message = sent(self, index);
    return message.payload_length == strlen(text) && (!*text || memcmp(message.payload, text, strlen(text)) == 0);
}

bool has_option(const hb_message *message, uint32_t number, uint32_t *value) {
    for (hb_option option = {0}; hb_next_option(message, &option);) {
        if (option.number != number) continue;
        *value = 0;
        for (size_t i = 0; i < option.length; i++) *value = *value << 8 | option.value[i];
        return true;
    }
    return false;
}

static void write_path(hb_writer *writer, const char *path) {
    while (*path) {
        size_t length = strcspn(path, "/");
        hb_write_option(writer, 11, (const uint8_t *)path, length);
        path += length;
        if (*path == '/') path++;
    }
}

bytes written(ask request) {
    bytes all = {.length = 0};
    hb_writer writer = {.bytes = all.at, .capacity = sizeof all.at};
    hb_write_head(&writer, request.type, request.code, request.mid, (const uint8_t *)request.token, (uint8_t)strlen(request.token));
    if (request.if_match) {
        bytes tag = from_hex(request.if_match);
        hb_write_option(&writer, 1, tag.at, tag.length);
    }
    if (request.observe >= 0) hb_write_uint(&writer, 6, (uint32_t)request.observe);
    write_path(&writer, request.path);
    if (request.format >= 0) hb_write_uint(&writer, 12, (uint32_t)request.format);
    if (request.accept >= 0) hb_write_uint(&writer, 17, (uint32_t)request.accept);
    if (request.block2 >= 0) hb_write_uint(&writer, 23, (uint32_t)request.block2);
    if (request.block1 >= 0) hb_write_uint(&writer, 27, (uint32_t)request.block1);
    hb_write_payload(&writer, (const uint8_t *)request.payload, strlen(request.payload));
    CHECK(!writer.overflow);
    all.length = writer.length;
    return all;
}
