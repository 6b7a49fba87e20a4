/* Requests that acted, and their answers: what comes again gets the same answer and does not act again (C3). */
#include "internal.h"

enum { LINE_MS = 10000, EXCHANGE_LIFETIME_MS = 247000 /* RFC 7252 section 4.8.2 */ };

const hb_remembered *hb_recall(const hb_bridge *bridge, const hb_peer *peer, uint16_t mid, uint32_t check) {
    for (size_t i = 0; i < HB_RING; i++) {
        const hb_remembered *one = &bridge->ring[i];
        if (one->length && one->mid == mid && one->check == check && hb_same_peer(&one->peer, peer)) return one;
    }
    return NULL;
}

void hb_remember(const hb_call *call, size_t length) {
    hb_bridge *bridge = call->bridge;
    if (length > HB_ANSWER_MAX) return; /* HB_ANSWER_HEAD sees to it that it never is */
    hb_remembered *place = &bridge->ring[0];
    for (size_t i = 0; i < HB_RING && place->length; i++) {
        hb_remembered *one = &bridge->ring[i];
        if (!one->length || (uint32_t)(call->now - one->when) > (uint32_t)(call->now - place->when)) place = one;
    }
    *place = (hb_remembered){.peer = *call->peer, .mid = call->message->mid, .check = call->check, .when = call->now};
    place->length = (uint8_t)length;
    memcpy(place->answer, bridge->out, length);
}

void hb_forget_old(hb_bridge *bridge, uint32_t now) {
    uint32_t lifetime = bridge->config->datagrams ? EXCHANGE_LIFETIME_MS : LINE_MS;
    for (size_t i = 0; i < HB_RING; i++)
        if (bridge->ring[i].length && (uint32_t)(now - bridge->ring[i].when) > lifetime) bridge->ring[i].length = 0;
}
