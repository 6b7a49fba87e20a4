/* Which resource a request means, and the three that every endpoint has. */
#include "internal.h"

static uint8_t get_core(void *context, const hb_request *request, hb_sink *answer);
static uint8_t get_wot(void *context, const hb_request *request, hb_sink *answer);
static uint8_t get_link(void *context, const hb_request *request, hb_sink *answer);

static const hb_resource built_in[] = {
    {".well-known/core", NULL, HB_LINK_FORMAT, HB_MAY_GET, get_core},
    {".well-known/wot", ";rt=\"wot.thing\"", HB_TD_JSON, HB_MAY_GET, get_wot},
    {"hearth/link", ";rt=\"hearth.link\"", HB_TEXT, HB_MAY_GET, get_link},
};
enum { BUILT_IN = sizeof built_in / sizeof built_in[0] };

const hb_resource *hb_resource_at(const hb_bridge *bridge, uint8_t index) {
    return index >= HB_CORE ? &built_in[index - HB_CORE] : &bridge->config->resources[index];
}

void *hb_context_of(hb_bridge *bridge, uint8_t index) { return index >= HB_CORE ? bridge : bridge->config->context; }

/* Segments are compared whole (C5): one with NUL or '/' inside equals none of ours, which have neither. */
static bool is_path(const hb_message *message, const char *path) {
    bool ended = false;
    for (hb_option option = {0}; hb_next_option(message, &option);) {
        if (option.number != HB_URI_PATH) continue;
        size_t segment = strcspn(path, "/");
        if (ended || option.length != segment || memcmp(option.value, path, segment) != 0) return false;
        path += segment;
        if (*path == '/')
            path++;
        else
            ended = true;
    }
    return ended;
}

uint8_t hb_find(const hb_bridge *bridge, const hb_message *message) {
    for (uint8_t i = 0; i < BUILT_IN; i++)
        if (is_path(message, built_in[i].path)) return (uint8_t)(HB_CORE + i);
    for (uint8_t i = 0; i < bridge->config->resource_count; i++)
        if (is_path(message, bridge->config->resources[i].path)) return i;
    return HB_NO_RESOURCE;
}

static void put_link(hb_sink *sink, const hb_resource *resource, bool first) {
    hb_put_text(sink, first ? "</" : ",</");
    hb_put_text(sink, resource->path);
    hb_put_text(sink, ">");
    if (resource->allows & HB_OBSERVABLE) hb_put_text(sink, ";obs");
    if (resource->format != HB_NO_FORMAT) {
        hb_put_text(sink, ";ct=");
        hb_put_int(sink, resource->format);
    }
    if (resource->attributes) hb_put_text(sink, resource->attributes);
}

static uint8_t get_core(void *context, const hb_request *request, hb_sink *answer) { /* RFC 6690 */
    const hb_bridge *bridge = context;
    (void)request;
    for (uint8_t i = 1; i < BUILT_IN; i++) put_link(answer, &built_in[i], i == 1);
    for (uint8_t i = 0; i < bridge->config->resource_count; i++) put_link(answer, &bridge->config->resources[i], false);
    return HB_CONTENT;
}

static uint8_t get_wot(void *context, const hb_request *request, hb_sink *answer) {
    const hb_bridge *bridge = context;
    (void)request;
    bridge->config->describe(bridge->config->context, answer);
    return HB_CONTENT;
}

static uint8_t get_link(void *context, const hb_request *request, hb_sink *answer) { /* L1 */
    uint8_t epoch[HB_EPOCH_BYTES];
    (void)request;
    hb_epoch(context, epoch);
    hb_put_hex(answer, epoch, sizeof epoch);
    return HB_CONTENT;
}
