/* From a message to its answer (RFC 7252 sections 4 and 5), the link and its epoch (PROTOCOL.md, 3). */
#include "internal.h"

static hb_answer refuse(hb_call *call, uint8_t code, const char *text) {
    hb_answer answer = hb_bare(code);
    hb_say(call->bridge, &answer, text);
    return answer;
}

static hb_answer get(hb_call *call) {
    const hb_options *options = &call->options;
    const hb_resource *resource = hb_resource_at(call->bridge, call->resource);
    if (options->accept != HB_NO_FORMAT && options->accept != resource->format)
        return refuse(call, HB_NOT_ACCEPTABLE, "Not in this Content-Format.");
    unsigned szx = HB_BLOCK_SZX;
    uint32_t offset = 0;
    if (options->block2 != HB_NO_BLOCK) {
        unsigned wanted = options->block2 & 7u;
        szx = wanted < szx ? wanted : szx;
        offset = (options->block2 >> 4) << (wanted + 4);
    }
    hb_answer answer = hb_represent(call->bridge, call->resource, offset, szx);
    bool observed = (resource->allows & HB_OBSERVABLE) && offset == 0 && answer.code == HB_CONTENT;
    if (options->observe == 0 && observed)
        hb_register(call, &answer);
    else if (options->observe == 1)
        hb_deregister(call->bridge, call->peer, call->message);
    return answer;
}

static uint8_t permission(uint8_t method) {
    switch (method) {
    case HB_GET: return HB_MAY_GET;
    case HB_POST: return HB_MAY_POST;
    case HB_PUT: return HB_MAY_PUT;
    case HB_DELETE: return HB_MAY_DELETE;
    default: return 0;
    }
}

static hb_answer answer_to(hb_call *call) {
    uint8_t epoch[HB_EPOCH_BYTES];
    hb_epoch(call->bridge, epoch);
    uint8_t refused = hb_read_options(call->message, epoch, &call->options);
    if (refused) return refuse(call, refused, refused == HB_BAD_OPTION ? "An option is not known here." : "");
    call->resource = hb_find(call->bridge, call->message);
    if (call->resource == HB_NO_RESOURCE) return refuse(call, HB_NOT_FOUND, "There is no such resource.");
    if (call->options.query && call->resource != HB_CORE) return refuse(call, HB_BAD_OPTION, "There is nothing to ask for.");
    if (!(permission(call->message->code) & hb_resource_at(call->bridge, call->resource)->allows))
        return refuse(call, HB_METHOD_NOT_ALLOWED, "It cannot be used that way.");
    return call->message->code == HB_GET ? get(call) : hb_change(call);
}

static void request(hb_call *call, uint32_t check) {
    hb_bridge *bridge = call->bridge;
    const hb_message *message = call->message;
    bool confirmable = message->type == HB_CON;
    call->check = check;
    const hb_remembered *known = message->code == HB_GET ? NULL : hb_recall(bridge, call->peer, message->mid, check);
    if (known) {
        bridge->counts.duplicates++;
        bridge->config->send(bridge->config->context, call->peer, known->answer, known->length);
        return;
    }
    hb_answer answer = answer_to(call);
    if (answer.code == HB_BAD_OPTION && !confirmable) return; /* section 5.4.1 */
    uint16_t mid = confirmable ? message->mid : bridge->mid++;
    size_t length = hb_serialise(bridge, confirmable ? HB_ACK : HB_NON, mid, message->token, message->token_length, &answer);
    if (call->handled) hb_remember(call, length);
    bridge->config->send(bridge->config->context, call->peer, bridge->out, length);
}

static void lose(hb_bridge *bridge) {
    bridge->alive = false;
    bridge->losses++;
    bridge->counts.lost++;
    bridge->upload.active = false;
    for (size_t i = 0; i < HB_OBSERVERS; i++) bridge->observers[i].active = false;
    bridge->config->safe_state(bridge->config->context);
}

/* A loop that reads its clock once a turn may give an older time after a newer one: taken as it is, the difference would be
 * huge, the link lost, and what was answered forgotten. */
static uint32_t forward(hb_bridge *bridge, uint32_t now) {
    if (!bridge->begun || (int32_t)(now - bridge->now) > 0) bridge->now = now;
    bridge->begun = true;
    return bridge->now;
}

static void watch(hb_bridge *bridge, uint32_t now) { /* L3 */
    if (bridge->alive && (uint32_t)(now - bridge->heard) >= bridge->config->lost_after_ms) lose(bridge);
}

static void heard(hb_bridge *bridge, uint32_t now) {
    bridge->heard = now;
    bridge->alive = true;
}

static void empty(hb_bridge *bridge, uint32_t now, const hb_peer *peer, const hb_message *message) {
    if (message->type != HB_CON) {
        hb_acknowledged(bridge, peer, message->mid, message->type == HB_RST);
        return;
    }
    heard(bridge, now); /* a ping (section 4.3) */
    hb_send_empty(bridge, peer, HB_RST, message->mid);
}

void hb_receive(hb_bridge *bridge, uint32_t now, const hb_peer *peer, const uint8_t *bytes, size_t length) {
    hb_message message;
    now = forward(bridge, now);
    watch(bridge, now); /* first: a message does not revive what was lost meanwhile */
    hb_verdict verdict = length > HB_MESSAGE_MAX ? HB_IGNORED : hb_parse(bytes, length, &message);
    if (verdict != HB_SOUND) {
        bridge->counts.malformed++;
        if (verdict == HB_MALFORMED && message.type == HB_CON) hb_send_empty(bridge, peer, HB_RST, message.mid);
    } else if (message.code == HB_EMPTY) {
        empty(bridge, now, peer, &message);
    } else if (message.code >> 5 == 0) {
        hb_call call = {.bridge = bridge, .peer = peer, .message = &message, .now = now};
        heard(bridge, now);
        request(&call, hb_crc32(HB_CRC32_START, bytes, length));
    } else if (message.type == HB_CON) {
        hb_send_empty(bridge, peer, HB_RST, message.mid); /* an answer to nothing (C15) */
    }
}

void hb_refuse(hb_bridge *bridge, const hb_peer *peer, const uint8_t *bytes, size_t length) {
    uint8_t token_length = length ? bytes[0] & 15 : 15;
    bridge->counts.refused++;
    if (length < 4 || bytes[0] >> 4 != 4 /* version 1, CON */ || token_length > 8 || token_length > length - 4) return;
    if (bytes[1] == HB_EMPTY || bytes[1] >> 5 != 0) return;
    hb_answer answer = hb_bare(HB_TOO_LARGE);
    uint16_t mid = (uint16_t)((unsigned)bytes[2] << 8 | bytes[3]);
    size_t size = hb_serialise(bridge, HB_ACK, mid, bytes + 4, token_length, &answer);
    bridge->config->send(bridge->config->context, peer, bridge->out, size);
}

void hb_init(hb_bridge *bridge, const hb_config *config) {
    memset(bridge, 0, sizeof *bridge);
    bridge->config = config;
    bridge->mid = (uint16_t)((unsigned)config->random[4] << 8 | config->random[5]);
    config->safe_state(config->context); /* a link that was never there is lost as well (L3) */
}

void hb_poll(hb_bridge *bridge, uint32_t now) {
    now = forward(bridge, now);
    watch(bridge, now);
    hb_forget_old(bridge, now);
    hb_send_notifications(bridge, now);
}

bool hb_link_alive(const hb_bridge *bridge) { return bridge->alive; }

void hb_epoch(const hb_bridge *bridge, uint8_t epoch[6]) {
    memcpy(epoch, bridge->config->random, 4);
    epoch[4] = (uint8_t)(bridge->losses >> 8);
    epoch[5] = (uint8_t)(bridge->losses & 0xff);
}
