/* The parts of a Thing Description (TD 1.1, PROTOCOL.md 4) that all endpoints share. */
#ifndef HEARTH_TD_H
#define HEARTH_TD_H

#include "hearth_bridge.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TD_READ = 1, TD_WRITE = 2, TD_OBSERVE = 4 };

typedef struct td_affordance {
    const char *name;    /* also its path */
    const char *members; /* of its schema and hearth:…, JSON without the braces; not empty */
    unsigned can;        /* TD_READ | TD_WRITE | TD_OBSERVE; of an action 0 */
} td_affordance;

/* Writes the whole of it. `lost_after_ms` is that of hb_config; the gateway asks three times as often. */
void td_put(hb_sink *sink, const char *id, const char *title, uint16_t lost_after_ms, const td_affordance *properties,
            size_t property_count, const td_affordance *actions, size_t action_count);

#ifdef __cplusplus
}
#endif
#endif
