/* An endpoint on a table: an example with a board of its own, a clock that is set, and everything it sends kept. */
#ifndef HEARTH_BENCH_H
#define HEARTH_BENCH_H

#include "check.h"
#include "climate.h"
#include "relay.h"

enum { BENCH_SENT_MAX = 64 };

typedef struct bench {
    hb_board board;
    relay relay;
    climate climate;
    uint32_t now;
    bytes sent[BENCH_SENT_MAX]; /* since the last `say` or `wait` */
    uint8_t to[BENCH_SENT_MAX]; /* first byte of the peer's address */
    size_t sent_count;
    bool outputs[2], interlock_closed, sensor_works;
    int acts, driven;
    int32_t measured[2];
} bench;

void bench_start(bench *self, uint32_t now, bool datagrams);
void say(bench *self, hb_bridge *to, uint8_t peer, bytes message);
void wait(bench *self, uint32_t milliseconds); /* polls both every 10 ms */
bool answered(const bench *self, uint8_t code); /* one message was sent, with this code */
hb_message sent(const bench *self, size_t index);
bool payload_is(const bench *self, size_t index, const char *text);
bool has_option(const hb_message *message, uint32_t number, uint32_t *value);

/* A request, written into a buffer that stays until the next. */
typedef struct ask {
    uint8_t type, code;
    uint16_t mid;
    const char *path;
    const char *payload;
    const char *token;
    const char *if_match; /* hex */
    int observe, accept, format, block1, block2; /* -1: absent */
} ask;
extern const ask GET, PUT, POST;
bytes written(ask request);

#endif
