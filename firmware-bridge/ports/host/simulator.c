#define _GNU_SOURCE
#include "simulator.h"

#include <inttypes.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

uint32_t simulator_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)((uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u);
}

hb_bridge *simulator_bridge(simulator *self) {
    return self->is_relay ? &self->device.relay.bridge : &self->device.climate.bridge;
}

static void note(simulator *self, const char *sort, const char *what, int32_t value) {
    if (!self->log) return;
    fprintf(self->log, "%" PRIu32 " %s %s %" PRId32 "\n", (uint32_t)(simulator_now() - self->begun), sort, what, value);
    fflush(self->log);
}

static void on_send(void *context, const hb_peer *peer, const uint8_t *message, size_t length) {
    simulator *self = context;
    if (line_drops(&self->line)) return;
    if (self->board.datagrams)
        udp_send(self, peer, message, length);
    else
        hb_frame(message, length, line_put, &self->line);
}

static void on_output(void *context, unsigned output, bool on) {
    simulator *self = context;
    if (self->outputs[output] == on) return;
    self->outputs[output] = on;
    note(self, "output", output == BOARD_RELAY ? "relay" : "lamp", on);
}

static bool on_input(void *context, unsigned input) {
    const simulator *self = context;
    return self->inputs[input];
}

static bool on_measure(void *context, unsigned quantity, int32_t *hundredths) {
    const simulator *self = context;
    *hundredths = self->measured[quantity];
    return self->sensors_work;
}

static void on_acted(void *context, const char *what, int32_t value) {
    simulator *self = context;
    self->acts++;
    note(self, "acted", what, value);
}

void simulator_power(simulator *self) {
    self->board = (hb_board){.context = self, .id = self->id, .datagrams = self->udp_host[0] != 0, .send = on_send,
                             .output = on_output, .input = on_input, .measure = on_measure, .acted = on_acted};
    (void)!getrandom(self->board.random, sizeof self->board.random, 0);
    hb_deframer_init(&self->deframer);
    note(self, "power", "on", 1);
    if (self->is_relay)
        relay_init(&self->device.relay, &self->board, simulator_now());
    else
        climate_init(&self->device.climate, &self->board, simulator_now());
}

int simulator_start(simulator *self) {
    self->begun = self->last_turn = simulator_now();
    simulator_power(self);
    if (self->board.datagrams) {
        if (udp_open(self) < 0) return -1;
        printf("ready udp %s %u\n", self->udp_host, self->udp_port);
    } else {
        if (line_plug(&self->line) < 0) return -1;
        printf("ready pty %s\n", self->line.path);
        hb_frame_text(self->is_relay ? "Hearth relay" : "Hearth climate sensor", line_put, &self->line);
    }
    return fflush(stdout);
}

static void serial_turn(simulator *self, uint32_t passed) {
    static const hb_peer other_end = {{0}};
    uint8_t bytes[512];
    size_t got = line_turn(&self->line, passed, bytes, sizeof bytes);
    for (size_t i = 0; i < got; i++) {
        size_t length = hb_deframe(&self->deframer, bytes[i]);
        if (length == 0 || line_drops(&self->line)) continue;
        hb_receive(simulator_bridge(self), simulator_now(), &other_end, hb_deframed(&self->deframer), length);
    }
}

void simulator_turn(simulator *self) {
    uint32_t now = simulator_now();
    if (self->board.datagrams)
        udp_turn(self);
    else
        serial_turn(self, now - self->last_turn);
    self->last_turn = now;
    now = simulator_now(); /* what was received meanwhile was received later: time must not seem to go back */
    if (self->is_relay)
        relay_poll(&self->device.relay, now);
    else
        climate_poll(&self->device.climate, now);
}

static void report(simulator *self) {
    const hb_bridge *bridge = simulator_bridge(self);
    printf("state relay=%d acts=%lu handled=%" PRIu32 " duplicates=%" PRIu32 " malformed=%" PRIu32 " refused=%" PRIu32 " lost=%" PRIu32 " dropped_frames=%lu "
           "damaged_bytes=%lu void_frames=%" PRIu32 " bytes_in=%lu bytes_out=%lu alive=%d\n",
           self->outputs[BOARD_RELAY], self->acts, bridge->counts.acted, bridge->counts.duplicates, bridge->counts.malformed, bridge->counts.refused,
           bridge->counts.lost, self->line.dropped, self->line.damaged, self->deframer.dropped, self->line.bytes_in,
           self->line.bytes_out, hb_link_alive(bridge));
}

static void plug(simulator *self) {
    if (self->line.master >= 0 || self->board.datagrams) return;
    if (line_plug(&self->line) < 0)
        perror("hearth-endpoint: plug");
    else
        printf("ready pty %s\n", self->line.path);
}

bool simulator_command(simulator *self, const char *text) {
    double first = 0, second = 0;
    if (strcmp(text, "quit") == 0) return false;
    if (strcmp(text, "restart") == 0)
        simulator_power(self);
    else if (strcmp(text, "pull") == 0)
        line_pull(&self->line);
    else if (strcmp(text, "plug") == 0)
        plug(self);
    else if (sscanf(text, "noise %lf %lf", &first, &second) == 2)
        self->line.damage = first, self->line.drop = second;
    else if (sscanf(text, "interlock %lf", &first) == 1)
        self->inputs[BOARD_INTERLOCK_CLOSED] = first != 0;
    else if (sscanf(text, "measure %lf %lf", &first, &second) == 2)
        self->measured[0] = (int32_t)(first * 100), self->measured[1] = (int32_t)(second * 100);
    else if (sscanf(text, "sensors %lf", &first) == 1)
        self->sensors_work = first != 0;
    else if (strcmp(text, "state") != 0)
        printf("unknown %s\n", text);
    if (strcmp(text, "state") == 0)
        report(self);
    else
        printf("done %s\n", text);
    fflush(stdout);
    return true;
}
