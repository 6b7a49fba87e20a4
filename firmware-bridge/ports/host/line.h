/* A pty that behaves as a serial line of some speed, with damaged bytes and lost frames; it can be pulled and plugged. */
#ifndef HEARTH_LINE_H
#define HEARTH_LINE_H

#include "hearth_bridge.h"

enum { LINE_QUEUE = 16384 }; /* bytes that wait to go out; what does not fit is lost, as on a real line */

typedef struct line {
    int master, slave; /* -1: pulled */
    char path[64];
    const char *link; /* a symbolic link to the pty, or NULL */
    double damage, drop; /* chance of a byte, of a frame */
    uint64_t chance; /* state of the generator */
    unsigned baud;   /* 0: as fast as it goes */
    double may_read, may_write; /* bytes, by the speed */
    uint8_t queue[LINE_QUEUE];
    size_t first, waiting;
    unsigned long damaged, dropped, bytes_in, bytes_out;
} line;

int line_plug(line *self); /* 0, or -1 with errno */
void line_pull(line *self);
bool line_drops(line *self);                                                   /* whether the next frame is lost */
void line_put(void *self, uint8_t byte);                                       /* to be sent */
size_t line_turn(line *self, uint32_t milliseconds, uint8_t *into, size_t room); /* sends what is due, reads what is there */

#endif
