#include "relay.h"

#include "td.h"

enum { ON, MAX_ON, INTERLOCK, CYCLES, REASON, PULSE, IDENTIFY, RESOURCES };
enum { MAX_ON_DEFAULT_S = 1800, MAX_ON_LONGEST_S = 86400, PULSE_MS = 500, IDENTIFY_MS = 2000, LOST_AFTER_MS = 6000 };

static void note(const relay *self, const char *what, int32_t value) {
    if (self->board->acted) self->board->acted(self->board->context, what, value);
}

static void drive(relay *self, bool on, uint32_t limit_ms, relay_reason reason) {
    if (on && !self->on) self->cycles++;
    if (on && !self->on) self->on_since = self->now; /* on again does not prolong: a rule gone mad ends as well */
    bool changed = on != self->on;
    self->on = on;
    self->limit_ms = limit_ms;
    self->reason = reason;
    self->board->output(self->board->context, BOARD_RELAY, on);
    if (!changed) return;
    hb_notify(&self->bridge, ON);
    hb_notify(&self->bridge, CYCLES);
    hb_notify(&self->bridge, REASON);
}

static bool may_switch_on(relay *self) {
    self->interlock_closed = self->board->input(self->board->context, BOARD_INTERLOCK_CLOSED);
    return self->interlock_closed;
}

static uint8_t handle_on(void *context, const hb_request *request, hb_sink *answer) {
    relay *self = context;
    bool on;
    if (request->method == HB_GET) {
        hb_put_text(answer, self->on ? "true" : "false");
        return HB_CONTENT;
    }
    if (!hb_json_bool(request->payload, request->length, &on)) {
        hb_put_text(answer, "Give true or false.");
        return HB_BAD_REQUEST;
    }
    if (on && !may_switch_on(self)) {
        hb_put_text(answer, "The interlock is open.");
        return HB_FORBIDDEN;
    }
    note(self, "on", on);
    drive(self, on, (uint32_t)self->max_on_s * 1000u, RELAY_COMMANDED);
    return HB_CHANGED;
}

static uint8_t handle_max_on(void *context, const hb_request *request, hb_sink *answer) {
    relay *self = context;
    if (request->method == HB_GET) {
        hb_put_int(answer, self->max_on_s);
        return HB_CONTENT;
    }
    if (!hb_json_int(request->payload, request->length, 1, MAX_ON_LONGEST_S, &self->max_on_s)) {
        hb_put_text(answer, "Give seconds from 1 to 86400.");
        return HB_BAD_REQUEST;
    }
    note(self, "max_on", self->max_on_s);
    uint32_t limit_ms = (uint32_t)self->max_on_s * 1000u;
    if (limit_ms < self->limit_ms) self->limit_ms = limit_ms; /* shorter at once, longer from the next time on */
    return HB_CHANGED;
}

static uint8_t get_interlock(void *context, const hb_request *request, hb_sink *answer) {
    const relay *self = context;
    (void)request;
    hb_put_text(answer, self->interlock_closed ? "true" : "false");
    return HB_CONTENT;
}

static uint8_t get_cycles(void *context, const hb_request *request, hb_sink *answer) {
    const relay *self = context;
    (void)request;
    hb_put_int(answer, self->cycles);
    return HB_CONTENT;
}

static uint8_t get_reason(void *context, const hb_request *request, hb_sink *answer) {
    static const char *const names[] = {"\"started\"", "\"commanded\"", "\"max_on\"", "\"interlock\"", "\"link_lost\""};
    const relay *self = context;
    (void)request;
    hb_put_text(answer, names[self->reason]);
    return HB_CONTENT;
}

static uint8_t post_pulse(void *context, const hb_request *request, hb_sink *answer) {
    relay *self = context;
    if (request->length || self->on || !may_switch_on(self)) {
        hb_put_text(answer, request->length ? "A pulse takes no input." : self->on ? "It is on already." : "The interlock is open.");
        return request->length ? HB_BAD_REQUEST : HB_FORBIDDEN;
    }
    note(self, "pulse", PULSE_MS);
    drive(self, true, PULSE_MS, RELAY_COMMANDED);
    return HB_CHANGED;
}

static uint8_t post_identify(void *context, const hb_request *request, hb_sink *answer) {
    relay *self = context;
    (void)request;
    (void)answer;
    note(self, "identify", IDENTIFY_MS);
    self->lamp = true;
    self->lamp_since = self->now;
    self->board->output(self->board->context, BOARD_LAMP, true);
    return HB_CHANGED;
}

static const hb_resource resources[RESOURCES] = {
    [ON] = {"on", NULL, HB_JSON, HB_MAY_GET | HB_MAY_PUT | HB_OBSERVABLE, handle_on},
    [MAX_ON] = {"max_on", NULL, HB_JSON, HB_MAY_GET | HB_MAY_PUT, handle_max_on},
    [INTERLOCK] = {"interlock_closed", NULL, HB_JSON, HB_MAY_GET | HB_OBSERVABLE, get_interlock},
    [CYCLES] = {"cycles", NULL, HB_JSON, HB_MAY_GET | HB_OBSERVABLE, get_cycles},
    [REASON] = {"reason", NULL, HB_JSON, HB_MAY_GET | HB_OBSERVABLE, get_reason},
    [PULSE] = {"pulse", NULL, HB_JSON, HB_MAY_POST, post_pulse},
    [IDENTIFY] = {"identify", NULL, HB_JSON, HB_MAY_POST, post_identify},
};

static const td_affordance properties[] = {
    {"on", "\"type\":\"boolean\",\"title\":\"On\",\"hearth:capability\":\"switch.on\"", TD_READ | TD_WRITE | TD_OBSERVE},
    {"max_on",
     "\"type\":\"integer\",\"title\":\"Longest time on\",\"minimum\":1,\"maximum\":86400,\"unit\":\"s\","
     "\"hearth:capability\":\"setting.value\",\"hearth:component\":\"max_on\"",
     TD_READ | TD_WRITE},
    {"interlock_closed",
     "\"type\":\"boolean\",\"title\":\"Interlock closed\",\"hearth:capability\":\"other.value\",\"hearth:component\":\"interlock\"",
     TD_READ | TD_OBSERVE},
    {"cycles",
     "\"type\":\"integer\",\"title\":\"Times switched on\",\"minimum\":0,\"hearth:capability\":\"other.value\","
     "\"hearth:component\":\"cycles\"",
     TD_READ | TD_OBSERVE},
    {"reason",
     "\"type\":\"string\",\"title\":\"Why it is so\",\"enum\":[\"started\",\"commanded\",\"max_on\",\"interlock\",\"link_lost\"],"
     "\"hearth:capability\":\"other.value\",\"hearth:component\":\"reason\"",
     TD_READ | TD_OBSERVE},
};
static const td_affordance actions[] = {
    {"pulse", "\"title\":\"Pulse\",\"idempotent\":false,\"hearth:capability\":\"setting.press\",\"hearth:component\":\"pulse\"", 0},
    {"identify",
     "\"title\":\"Identify\",\"idempotent\":true,\"hearth:capability\":\"setting.identify\",\"hearth:component\":\"identify\"", 0},
};

static void describe(void *context, hb_sink *sink) {
    const relay *self = context;
    td_put(sink, self->board->id, "Relay", LOST_AFTER_MS, properties, sizeof properties / sizeof properties[0], actions,
           sizeof actions / sizeof actions[0]);
}

static void safe_state(void *context) {
    relay *self = context;
    drive(self, false, 0, self->on ? RELAY_LINK_LOST : self->reason);
}

static void send(void *context, const hb_peer *peer, const uint8_t *message, size_t length) {
    const relay *self = context;
    self->board->send(self->board->context, peer, message, length);
}

void relay_init(relay *self, const hb_board *board, uint32_t now) {
    *self = (relay){.board = board, .now = now, .max_on_s = MAX_ON_DEFAULT_S};
    self->config = (hb_config){.resources = resources, .resource_count = RESOURCES, .datagrams = board->datagrams,
                               .lost_after_ms = LOST_AFTER_MS, .context = self, .send = send, .safe_state = safe_state,
                               .describe = describe};
    for (size_t i = 0; i < sizeof self->config.random; i++) self->config.random[i] = board->random[i];
    hb_init(&self->bridge, &self->config);
    may_switch_on(self);
}

void relay_poll(relay *self, uint32_t now) {
    self->now = now;
    bool was_closed = self->interlock_closed;
    bool closed = may_switch_on(self);
    if (closed != was_closed) hb_notify(&self->bridge, INTERLOCK);
    if (self->on && !closed) drive(self, false, 0, RELAY_INTERLOCK);
    if (self->on && (uint32_t)(now - self->on_since) >= self->limit_ms)
        drive(self, false, 0, self->limit_ms == PULSE_MS ? RELAY_COMMANDED : RELAY_MAX_ON);
    if (self->lamp && (uint32_t)(now - self->lamp_since) >= IDENTIFY_MS) {
        self->lamp = false;
        self->board->output(self->board->context, BOARD_LAMP, false);
    }
    hb_poll(&self->bridge, now);
}
