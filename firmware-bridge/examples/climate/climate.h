/* A climate sensor: temperature and humidity, measured every `interval` seconds, and told when they change. */
#ifndef HEARTH_CLIMATE_H
#define HEARTH_CLIMATE_H

#include "board.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { CLIMATE_LABEL_MAX = 120 }; /* bytes of JSON, quotes included: more than a block of 64 */

typedef struct climate_reading {
    int32_t hundredths;
    bool known; /* false: the sensor does not answer */
} climate_reading;

typedef struct climate {
    hb_bridge bridge;
    hb_config config;
    const hb_board *board;
    climate_reading readings[2]; /* temperature, humidity */
    uint32_t measured;
    int32_t interval_s;
    char label[CLIMATE_LABEL_MAX], coming[CLIMATE_LABEL_MAX]; /* coming: until its last block is there */
    uint8_t label_length;
} climate;

void climate_init(climate *self, const hb_board *board, uint32_t now);
void climate_poll(climate *self, uint32_t now);

#ifdef __cplusplus
}
#endif
#endif
