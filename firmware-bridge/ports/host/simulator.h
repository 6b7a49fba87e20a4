/* What hearth-endpoint is made of. */
#ifndef HEARTH_SIMULATOR_H
#define HEARTH_SIMULATOR_H

#include <stdio.h>

#include "climate.h"
#include "line.h"
#include "relay.h"

enum { DATAGRAM_MAX = HB_MESSAGE_MAX };

typedef struct simulator {
    bool is_relay, keep; /* keep: go on after the end of standard input */
    const char *id;
    union {
        relay relay;
        climate climate;
    } device;
    hb_board board;
    FILE *log; /* each act and each output, a line each, or NULL */
    line line;
    hb_deframer deframer;
    int socket; /* over UDP, else -1 */
    char udp_host[64];
    unsigned udp_port;
    bool inputs[1], sensors_work, outputs[2];
    int32_t measured[2];
    unsigned long acts;
    uint32_t begun, last_turn;
} simulator;

uint32_t simulator_now(void); /* milliseconds, monotonic */
int simulator_start(simulator *self); /* opens the line or the socket and prints where it is; 0 or -1 with errno */
void simulator_power(simulator *self); /* begins as after power came back: another boot id */
void simulator_turn(simulator *self); /* once a millisecond or when something is there to read */
hb_bridge *simulator_bridge(simulator *self);
bool simulator_command(simulator *self, const char *text); /* a line of standard input; false: quit */

/* udp.c */
int udp_open(simulator *self);
void udp_turn(simulator *self);
void udp_send(simulator *self, const hb_peer *peer, const uint8_t *message, size_t length);

#endif
