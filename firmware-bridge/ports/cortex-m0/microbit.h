#ifndef HEARTH_MICROBIT_H
#define HEARTH_MICROBIT_H

#include "board.h"

void microbit_start(hb_board *board); /* all but `send` */
uint32_t microbit_now(void);
bool microbit_take(uint8_t *byte); /* false: nothing has come */
void microbit_put(void *context, uint8_t byte);
void microbit_still_alive(void); /* else the watchdog resets after 2 s */
void microbit_output(void *context, unsigned output, bool on);
bool microbit_input(void *context, unsigned input);
bool microbit_measure(void *context, unsigned quantity, int32_t *hundredths);

#endif
