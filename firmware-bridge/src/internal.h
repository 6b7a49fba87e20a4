/* What the parts of the library share. Not for applications. */
#ifndef HEARTH_BRIDGE_INTERNAL_H
#define HEARTH_BRIDGE_INTERNAL_H

#include <string.h>

#include "hearth_bridge.h"

enum { /* options (RFC 7252 section 12.2, RFC 7641, RFC 7959) */
    HB_IF_MATCH = 1, HB_URI_HOST = 3, HB_ETAG = 4, HB_IF_NONE_MATCH = 5, HB_OBSERVE = 6, HB_URI_PORT = 7,
    HB_URI_PATH = 11, HB_CONTENT_FORMAT = 12, HB_URI_QUERY = 15, HB_ACCEPT = 17, HB_BLOCK2 = 23, HB_BLOCK1 = 27,
    HB_PROXY_URI = 35, HB_PROXY_SCHEME = 39
};
#define HB_NO_BLOCK UINT32_MAX
#define HB_NOT_OBSERVED UINT32_MAX
enum { HB_CORE = 251, HB_WOT = 252, HB_LINK = 253, HB_NO_RESOURCE = 255 }; /* built-in resources, by index */
enum { HB_EPOCH_BYTES = 6 };

_Static_assert(HB_MESSAGE_MAX >= 160, "S5: messages of 160 bytes");
_Static_assert(HB_MESSAGE_MAX >= HB_BLOCK_MAX + 96, "a block and its options must fit into a message");
_Static_assert(HB_BLOCK_SZX >= 2 && HB_BLOCK_SZX <= 6, "L4: blocks of 64 to 1024 bytes");
_Static_assert(HB_OBSERVERS >= 4 && HB_RING >= 8 && HB_PEER_BYTES >= 1, "C14, C3: 4 observers, 8 remembered requests");
_Static_assert(HB_ANSWER_MAX >= HB_ANSWER_HEAD + 16 && HB_ANSWER_MAX <= 255, "its length is kept in a byte");
_Static_assert(HB_ANSWER_MAX - HB_ANSWER_HEAD <= HB_BLOCK_MAX, "it is written where blocks are");

typedef struct hb_options { /* what a request's options say */
    uint16_t format, accept;   /* HB_NO_FORMAT: absent */
    uint32_t observe;          /* 0 register, 1 deregister, HB_NOT_OBSERVED */
    uint32_t block1, block2;   /* number << 4 | more << 3 | szx; HB_NO_BLOCK: absent */
    bool if_match, matches, if_none_match, query;
} hb_options;

typedef struct hb_answer { /* an answer, without its payload: `length` bytes at hb_room(bridge) */
    uint8_t code;
    uint16_t format;
    uint32_t observe, block1, block2;
    uint8_t etag[HB_EPOCH_BYTES];
    uint8_t etag_length;
    size_t length;
} hb_answer;

typedef struct hb_call { /* one request on its way */
    hb_bridge *bridge;
    const hb_peer *peer;
    const hb_message *message;
    uint32_t now, check;
    hb_options options;
    uint8_t resource;
    bool handled; /* the application's handler has been called */
} hb_call;

static inline bool hb_same_peer(const hb_peer *one, const hb_peer *other) {
    return memcmp(one->bytes, other->bytes, sizeof one->bytes) == 0;
}
static inline bool hb_is_error(uint8_t code) { return code >> 5 != 2; }

/* options.c: 0, or the code that refuses the request. */
uint8_t hb_read_options(const hb_message *message, const uint8_t epoch[HB_EPOCH_BYTES], hb_options *options);

/* resources.c */
uint8_t hb_find(const hb_bridge *bridge, const hb_message *message);
const hb_resource *hb_resource_at(const hb_bridge *bridge, uint8_t index);
void *hb_context_of(hb_bridge *bridge, uint8_t index);

/* answer.c */
uint8_t *hb_room(hb_bridge *bridge);
hb_answer hb_bare(uint8_t code);
hb_answer hb_represent(hb_bridge *bridge, uint8_t resource, uint32_t offset, unsigned szx);
void hb_say(hb_bridge *bridge, hb_answer *answer, const char *text);
size_t hb_serialise(hb_bridge *bridge, uint8_t type, uint16_t mid, const uint8_t *token, uint8_t length, const hb_answer *answer);
void hb_send_empty(hb_bridge *bridge, const hb_peer *peer, uint8_t type, uint16_t mid);

/* change.c: PUT, POST, DELETE */
hb_answer hb_change(hb_call *call);

/* ring.c */
const hb_remembered *hb_recall(const hb_bridge *bridge, const hb_peer *peer, uint16_t mid, uint32_t check);
void hb_remember(const hb_call *call, size_t length); /* the answer in bridge->out */
void hb_forget_old(hb_bridge *bridge, uint32_t now);

/* observe.c */
void hb_register(const hb_call *call, hb_answer *answer);
void hb_deregister(hb_bridge *bridge, const hb_peer *peer, const hb_message *message);
void hb_acknowledged(hb_bridge *bridge, const hb_peer *peer, uint16_t mid, bool rejected);
void hb_send_notifications(hb_bridge *bridge, uint32_t now);

#endif
