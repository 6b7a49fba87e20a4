/* A relay that is safe by itself: off at the start, off when the link is lost, off when its interlock opens, off after its
 * longest time on. The interlock's contact belongs in series with the load as well: firmware is not a safety device. */
#ifndef HEARTH_RELAY_H
#define HEARTH_RELAY_H

#include "board.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { RELAY_STARTED, RELAY_COMMANDED, RELAY_MAX_ON, RELAY_INTERLOCK, RELAY_LINK_LOST } relay_reason;

typedef struct relay {
    hb_bridge bridge;
    hb_config config;
    const hb_board *board;
    uint32_t now, on_since, limit_ms; /* limit: how long it may stay on this time */
    int32_t max_on_s, cycles;
    relay_reason reason; /* for the state it is in */
    bool on, interlock_closed;
    uint32_t lamp_since;
    bool lamp;
} relay;

void relay_init(relay *self, const hb_board *board, uint32_t now);
void relay_poll(relay *self, uint32_t now);

#ifdef __cplusplus
}
#endif
#endif
