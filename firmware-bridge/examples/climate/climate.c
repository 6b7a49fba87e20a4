#include "climate.h"

#include <string.h>

#include "td.h"

enum { TEMPERATURE, HUMIDITY, INTERVAL, LABEL, RESOURCES };
enum { INTERVAL_DEFAULT_S = 10, INTERVAL_LONGEST_S = 3600, LOST_AFTER_MS = 15000 };

static uint8_t get_reading(const climate_reading *reading, hb_sink *answer) {
    if (!reading->known) {
        hb_put_text(answer, "The sensor does not answer.");
        return HB_UNAVAILABLE;
    }
    hb_put_fixed(answer, reading->hundredths, 2);
    return HB_CONTENT;
}

static uint8_t get_temperature(void *context, const hb_request *request, hb_sink *answer) {
    const climate *self = context;
    (void)request;
    return get_reading(&self->readings[TEMPERATURE], answer);
}

static uint8_t get_humidity(void *context, const hb_request *request, hb_sink *answer) {
    const climate *self = context;
    (void)request;
    return get_reading(&self->readings[HUMIDITY], answer);
}

static uint8_t handle_interval(void *context, const hb_request *request, hb_sink *answer) {
    climate *self = context;
    if (request->method == HB_GET) {
        hb_put_int(answer, self->interval_s);
        return HB_CONTENT;
    }
    if (!hb_json_int(request->payload, request->length, 1, INTERVAL_LONGEST_S, &self->interval_s)) {
        hb_put_text(answer, "Give seconds from 1 to 3600.");
        return HB_BAD_REQUEST;
    }
    if (self->board->acted) self->board->acted(self->board->context, "interval", self->interval_s);
    return HB_CHANGED;
}

static uint8_t handle_label(void *context, const hb_request *request, hb_sink *answer) {
    climate *self = context;
    if (request->method == HB_GET) {
        hb_put(answer, self->label, self->label_length);
        return HB_CONTENT;
    }
    if (request->offset + request->length > CLIMATE_LABEL_MAX) {
        hb_put_text(answer, "At most 118 bytes.");
        return HB_TOO_LARGE;
    }
    if (request->length) memcpy(self->coming + request->offset, request->payload, request->length);
    if (request->more) return HB_CHANGED;
    size_t length = request->offset + request->length;
    if (!hb_json_string((const uint8_t *)self->coming, length)) {
        hb_put_text(answer, "Give a text.");
        return HB_BAD_REQUEST;
    }
    memcpy(self->label, self->coming, length);
    self->label_length = (uint8_t)length;
    hb_notify(&self->bridge, LABEL);
    if (self->board->acted) self->board->acted(self->board->context, "label", (int32_t)length);
    return HB_CHANGED;
}

static const hb_resource resources[RESOURCES] = {
    [TEMPERATURE] = {"temperature", NULL, HB_JSON, HB_MAY_GET | HB_OBSERVABLE, get_temperature},
    [HUMIDITY] = {"humidity", NULL, HB_JSON, HB_MAY_GET | HB_OBSERVABLE, get_humidity},
    [INTERVAL] = {"interval", NULL, HB_JSON, HB_MAY_GET | HB_MAY_PUT, handle_interval},
    [LABEL] = {"label", NULL, HB_JSON, HB_MAY_GET | HB_MAY_PUT | HB_OBSERVABLE | HB_BLOCKS, handle_label},
};

static const td_affordance properties[RESOURCES] = {
    {"temperature",
     "\"type\":\"number\",\"title\":\"Temperature\",\"minimum\":-40,\"maximum\":85,\"unit\":\"\\u00b0C\","
     "\"hearth:capability\":\"temperature.temperature\"",
     TD_READ | TD_OBSERVE},
    {"humidity",
     "\"type\":\"number\",\"title\":\"Humidity\",\"minimum\":0,\"maximum\":100,\"unit\":\"%\","
     "\"hearth:capability\":\"humidity.humidity\"",
     TD_READ | TD_OBSERVE},
    {"interval",
     "\"type\":\"integer\",\"title\":\"Measures every\",\"minimum\":1,\"maximum\":3600,\"unit\":\"s\","
     "\"hearth:capability\":\"setting.value\",\"hearth:component\":\"interval\"",
     TD_READ | TD_WRITE},
    {"label",
     "\"type\":\"string\",\"title\":\"Where it hangs\",\"maxLength\":118,\"hearth:capability\":\"setting.value\","
     "\"hearth:component\":\"label\"",
     TD_READ | TD_WRITE | TD_OBSERVE},
};

static void describe(void *context, hb_sink *sink) {
    const climate *self = context;
    td_put(sink, self->board->id, "Climate sensor", LOST_AFTER_MS, properties, RESOURCES, NULL, 0);
}

static void safe_state(void *context) { (void)context; /* it moves nothing: any state is safe */ }

static void send(void *context, const hb_peer *peer, const uint8_t *message, size_t length) {
    const climate *self = context;
    self->board->send(self->board->context, peer, message, length);
}

static void measure(climate *self, uint32_t now) {
    self->measured = now;
    for (uint8_t which = TEMPERATURE; which <= HUMIDITY; which++) {
        climate_reading *reading = &self->readings[which], before = *reading;
        reading->known = self->board->measure(self->board->context, which, &reading->hundredths);
        if (reading->known != before.known || reading->hundredths != before.hundredths) hb_notify(&self->bridge, which);
    }
}

void climate_init(climate *self, const hb_board *board, uint32_t now) {
    *self = (climate){.board = board, .interval_s = INTERVAL_DEFAULT_S, .label = "\"\"", .label_length = 2};
    self->config = (hb_config){.resources = resources, .resource_count = RESOURCES, .datagrams = board->datagrams,
                               .lost_after_ms = LOST_AFTER_MS, .context = self, .send = send, .safe_state = safe_state,
                               .describe = describe};
    for (size_t i = 0; i < sizeof self->config.random; i++) self->config.random[i] = board->random[i];
    hb_init(&self->bridge, &self->config);
    measure(self, now);
}

void climate_poll(climate *self, uint32_t now) {
    if ((uint32_t)(now - self->measured) >= (uint32_t)self->interval_s * 1000u) measure(self, now);
    hb_poll(&self->bridge, now);
}
