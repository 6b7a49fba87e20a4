/* Observations (RFC 7641): who is told of changes, confirmably, one notification at a time each. */
#include "internal.h"

enum { LINE_REPEAT_MS = 30, LINE_FAST_MS = 1000, LINE_SLOW_MS = 1000 };
enum { ACK_TIMEOUT_MS = 2000, ACK_JITTER_MASK = 1023, MAX_RETRANSMIT = 4 }; /* RFC 7252 section 4.8 */
enum { SEQUENCE_MASK = 0xffffff };

static hb_observer *place_for(hb_bridge *bridge, const hb_peer *peer, const hb_message *message, uint8_t resource) {
    hb_observer *free_one = NULL;
    for (size_t i = 0; i < HB_OBSERVERS; i++) {
        hb_observer *one = &bridge->observers[i];
        if (!one->active) {
            free_one = free_one ? free_one : one;
            continue;
        }
        bool same_token = one->token_length == message->token_length && memcmp(one->token, message->token, one->token_length) == 0;
        if (hb_same_peer(&one->peer, peer) && (same_token || one->resource == resource)) return one;
    }
    return free_one;
}

void hb_register(const hb_call *call, hb_answer *answer) {
    const hb_message *message = call->message;
    hb_observer *one = place_for(call->bridge, call->peer, message, call->resource);
    if (!one) return; /* no room: the answer comes without the option (C14) */
    *one = (hb_observer){.peer = *call->peer, .token_length = message->token_length, .resource = call->resource, .active = true};
    memcpy(one->token, message->token, message->token_length);
    answer->observe = call->bridge->sequence = (call->bridge->sequence + 1) & SEQUENCE_MASK;
}

void hb_deregister(hb_bridge *bridge, const hb_peer *peer, const hb_message *message) {
    hb_observer *one = place_for(bridge, peer, message, HB_NO_RESOURCE);
    if (one) one->active = false;
}

void hb_acknowledged(hb_bridge *bridge, const hb_peer *peer, uint16_t mid, bool rejected) {
    for (size_t i = 0; i < HB_OBSERVERS; i++) {
        hb_observer *one = &bridge->observers[i];
        if (!one->active || !one->waiting || one->mid != mid || !hb_same_peer(&one->peer, peer)) continue;
        one->waiting = false;
        if (rejected || one->ending) one->active = false;
    }
}

void hb_notify(hb_bridge *bridge, uint8_t resource) {
    for (size_t i = 0; i < HB_OBSERVERS; i++)
        if (bridge->observers[i].active && bridge->observers[i].resource == resource) bridge->observers[i].due = true;
}

/* How long the attempt that is made now is waited for; 0 where it was the last. */
static uint32_t patience(const hb_bridge *bridge, const hb_observer *one) {
    const hb_config *config = bridge->config;
    if (config->datagrams)
        return one->attempts > MAX_RETRANSMIT ? 0 : (uint32_t)(ACK_TIMEOUT_MS + (one->mid & ACK_JITTER_MASK)) << one->attempts;
    uint32_t repeat = config->repeat_ms ? config->repeat_ms : LINE_REPEAT_MS;
    return one->attempts * repeat < LINE_FAST_MS ? repeat : LINE_SLOW_MS;
}

static void send_one(hb_bridge *bridge, hb_observer *one, uint32_t now) {
    hb_answer answer = hb_represent(bridge, one->resource, 0, HB_BLOCK_SZX);
    uint32_t check = hb_crc32(answer.code, hb_room(bridge), answer.length);
    if (!one->waiting || one->due || check != one->check) { /* a new one, else the same again bit by bit (S8) */
        one->mid = bridge->mid++;
        one->sequence = bridge->sequence = (bridge->sequence + 1) & SEQUENCE_MASK;
        one->check = check;
        if (!one->waiting) one->attempts = 0;
    }
    one->due = false;
    one->waiting = true;
    uint32_t wait = patience(bridge, one);
    if (wait == 0) { /* the peer is gone (RFC 7641 section 4.5) */
        one->active = false;
        return;
    }
    one->next = now + wait;
    if (one->attempts < 255) one->attempts++;
    one->ending = hb_is_error(answer.code); /* it ends the observation (RFC 7641 section 4.2) */
    if (!one->ending) answer.observe = one->sequence;
    size_t length = hb_serialise(bridge, HB_CON, one->mid, one->token, one->token_length, &answer);
    if (length) bridge->config->send(bridge->config->context, &one->peer, bridge->out, length);
}

void hb_send_notifications(hb_bridge *bridge, uint32_t now) {
    for (size_t i = 0; i < HB_OBSERVERS; i++) {
        hb_observer *one = &bridge->observers[i];
        bool again = one->waiting && (int32_t)(now - one->next) >= 0;
        if (one->active && (again || (one->due && !one->waiting))) send_one(bridge, one, now);
    }
}
