/* What a port offers an example: pins, sensors, a way out. Examples know no hardware, ports know no example's insides. */
#ifndef HEARTH_BOARD_H
#define HEARTH_BOARD_H

#include "hearth_bridge.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hb_board {
    void *context;     /* given to the functions below */
    const char *id;    /* the serial number, `urn:dev:…` (T3) */
    uint8_t random[6]; /* other at each start */
    bool datagrams;
    void (*send)(void *context, const hb_peer *peer, const uint8_t *message, size_t length);
    void (*output)(void *context, unsigned output, bool on);
    bool (*input)(void *context, unsigned input);
    bool (*measure)(void *context, unsigned quantity, int32_t *hundredths); /* false: the sensor does not answer */
    void (*acted)(void *context, const char *what, int32_t value);          /* told of each act; may be NULL */
} hb_board;

enum { BOARD_RELAY = 0, BOARD_LAMP = 1 };             /* outputs */
enum { BOARD_INTERLOCK_CLOSED = 0 };                  /* inputs: true while it may be switched on */
enum { BOARD_TEMPERATURE = 0, BOARD_HUMIDITY = 1 };   /* quantities: °C, % relative */

#ifdef __cplusplus
}
#endif
#endif
