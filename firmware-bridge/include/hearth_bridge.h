/* The endpoint's half of Hearth's firmware bridge: CoAP (RFC 7252, 7641, 7959, 6690) over serial frames or datagrams.
 * PROTOCOL.md says what goes over the wire; numbers such as C3 or L1 in comments are its requirements.
 *
 * No allocation, no mutable static data, no clock, no I/O of its own: the application owns one `hb_bridge` (and, on a line,
 * one `hb_deframer`), calls `hb_receive` with each message and `hb_poll` often, and sends what it is given to send.
 * Not reentrant: all calls for one bridge come from one thread, never from an interrupt. */
#ifndef HEARTH_BRIDGE_H
#define HEARTH_BRIDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Sizes. Set before including, or with -D, the same for all files. ---- */

#ifndef HB_MESSAGE_MAX
#define HB_MESSAGE_MAX 160 /* bytes of a message that can come in; at least 160 (S5) */
#endif
#ifndef HB_BLOCK_SZX
#define HB_BLOCK_SZX 2 /* the largest block is 2^(szx+4) bytes: 2 is 64. Say it in the TD (L4) */
#endif
#ifndef HB_OBSERVERS
#define HB_OBSERVERS 4 /* at least 4 (C14) */
#endif
#ifndef HB_RING
#define HB_RING 8 /* requests other than GET whose answers are remembered; at least 8 (C3) */
#endif
#ifndef HB_ANSWER_MAX
#define HB_ANSWER_MAX 64 /* bytes of a remembered answer; its payload has HB_ANSWER_HEAD less */
#endif
#ifndef HB_PEER_BYTES /* of a peer's address: on a line there is one peer; over UDP address and port */
#ifdef ARDUINO
#define HB_PEER_BYTES 6 /* of IPv4 */
#else
#define HB_PEER_BYTES 1
#endif
#endif

#define HB_BLOCK_MAX (1u << (HB_BLOCK_SZX + 4))
#define HB_HEAD_MAX 40u    /* header, token and all options of an answer */
#define HB_ANSWER_HEAD 24 /* the same of an answer to anything but GET, and the payload's marker */
#define HB_FRAME_MAX(message) (2u + 2u * (1u + (message) + 4u)) /* bytes on the wire, everything escaped */

/* ---- CoAP's numbers ---- */

#define HB_CODE(class, detail) ((uint8_t)((class) * 32 + (detail)))
enum {
    HB_EMPTY = HB_CODE(0, 0),
    HB_GET = HB_CODE(0, 1),
    HB_POST = HB_CODE(0, 2),
    HB_PUT = HB_CODE(0, 3),
    HB_DELETE = HB_CODE(0, 4),
    HB_CREATED = HB_CODE(2, 1),
    HB_DELETED = HB_CODE(2, 2),
    HB_CHANGED = HB_CODE(2, 4),
    HB_CONTENT = HB_CODE(2, 5),
    HB_CONTINUE = HB_CODE(2, 31),
    HB_BAD_REQUEST = HB_CODE(4, 0),
    HB_BAD_OPTION = HB_CODE(4, 2),
    HB_FORBIDDEN = HB_CODE(4, 3),
    HB_NOT_FOUND = HB_CODE(4, 4),
    HB_METHOD_NOT_ALLOWED = HB_CODE(4, 5),
    HB_NOT_ACCEPTABLE = HB_CODE(4, 6),
    HB_INCOMPLETE = HB_CODE(4, 8),
    HB_PRECONDITION_FAILED = HB_CODE(4, 12),
    HB_TOO_LARGE = HB_CODE(4, 13),
    HB_UNSUPPORTED_FORMAT = HB_CODE(4, 15),
    HB_INTERNAL_ERROR = HB_CODE(5, 0),
    HB_UNAVAILABLE = HB_CODE(5, 3),
    HB_PROXYING_NOT_SUPPORTED = HB_CODE(5, 5)
};
enum { HB_CON = 0, HB_NON = 1, HB_ACK = 2, HB_RST = 3 };
enum { HB_TEXT = 0, HB_LINK_FORMAT = 40, HB_JSON = 50, HB_TD_JSON = 432, HB_NO_FORMAT = 0xffff };

/* ---- CRC-32 and frames (S1 to S4) ---- */

#define HB_CRC32_START 0u
uint32_t hb_crc32(uint32_t so_far, const void *bytes, size_t length); /* start with HB_CRC32_START; goes on from a result */

typedef struct hb_deframer {
    uint8_t bytes[1 + HB_MESSAGE_MAX + 4];
    uint16_t length;
    bool escaped, void_frame;
    uint32_t dropped; /* frames of type AC, or broken ones, that did not come out; wraps */
} hb_deframer;

void hb_deframer_init(hb_deframer *deframer);
/* Takes one byte. Returns the message's length when this byte ends a sound frame, else 0. The message is at
 * `hb_deframed(deframer)` until the next byte is given. */
size_t hb_deframe(hb_deframer *deframer, uint8_t byte);
const uint8_t *hb_deframed(const hb_deframer *deframer);
/* Gives the frame of a message to `put`, byte by byte. */
void hb_frame(const uint8_t *message, size_t length, void (*put)(void *context, uint8_t byte), void *context);
/* A line of text for people (S2): no message, no check. */
void hb_frame_text(const char *text, void (*put)(void *context, uint8_t byte), void *context);

/* ---- What a handler writes its answer to ---- */

typedef struct hb_sink { /* keeps a window of what is written; the whole is nowhere */
    uint8_t *window;
    size_t capacity, kept;
    uint32_t skip, total; /* of the whole */
    uint32_t check; /* CRC-32 of everything written */
} hb_sink;

void hb_put(hb_sink *sink, const void *bytes, size_t length);
void hb_put_text(hb_sink *sink, const char *text);
void hb_put_int(hb_sink *sink, int32_t value);
void hb_put_fixed(hb_sink *sink, int32_t value, uint8_t decimals); /* 2150, 2: 21.50 */
void hb_put_hex(hb_sink *sink, const uint8_t *bytes, size_t length);

/* JSON values as payloads, strictly: no space around, the whole payload, in range. False: nothing is changed. */
bool hb_json_bool(const uint8_t *json, size_t length, bool *value);
bool hb_json_int(const uint8_t *json, size_t length, int32_t minimum, int32_t maximum, int32_t *value);
/* A JSON string with its quotes, sound UTF-8, no control characters; it may be sent back as it is. */
bool hb_json_string(const uint8_t *json, size_t length);

/* ---- Resources ---- */

typedef struct hb_request {
    uint8_t method;      /* HB_GET, HB_PUT, HB_POST, HB_DELETE */
    const uint8_t *payload; /* not terminated; not aligned */
    size_t length;
    uint32_t offset;     /* of this payload in the whole; other than 0 only with HB_BLOCKS */
    bool more;           /* more blocks follow: keep it, do not act */
} hb_request;

/* Carries a request out and returns the answer's code. What is written to `answer` is the payload: a value with 2.05, a short
 * sentence with an error. Of anything but GET it must fit into HB_ANSWER_MAX - HB_ANSWER_HEAD bytes: a longer value makes
 * the answer 5.00, a longer sentence is cut. */
typedef uint8_t (*hb_handler)(void *context, const hb_request *request, hb_sink *answer);

enum { HB_MAY_GET = 1, HB_MAY_POST = 2, HB_MAY_PUT = 4, HB_MAY_DELETE = 8, HB_OBSERVABLE = 16, HB_BLOCKS = 32 };

typedef struct hb_resource {
    const char *path;       /* "on", "config/interval": without a leading slash; no segment is empty */
    const char *attributes; /* for /.well-known/core, such as ";rt=\"x\""; may be NULL */
    uint16_t format;        /* Content-Format of what it gives and takes, or HB_NO_FORMAT */
    uint8_t allows;         /* HB_MAY_…, HB_OBSERVABLE, HB_BLOCKS (takes Block1) */
    hb_handler handler;
} hb_resource;

/* ---- The bridge ---- */

typedef struct hb_peer {
    uint8_t bytes[HB_PEER_BYTES];
} hb_peer;

typedef struct hb_config {
    const hb_resource *resources;
    uint8_t resource_count; /* at most 250 */
    bool datagrams;         /* UDP: RFC 7252's times; else a line's (S6, S8) */
    uint16_t lost_after_ms; /* L3 */
    uint16_t repeat_ms;     /* on a line: how often a notification is repeated; 0 is 30 */
    uint8_t random[6];      /* other at each start: 4 bytes of boot id, 2 for the first message id */
    void *context;          /* given to all functions below and to the handlers */
    void (*send)(void *context, const hb_peer *peer, const uint8_t *message, size_t length);
    void (*safe_state)(void *context);              /* at the start and whenever the link is lost */
    void (*describe)(void *context, hb_sink *sink); /* writes the TD; each time the same */
} hb_config;

typedef struct hb_remembered {
    hb_peer peer;
    uint16_t mid;
    uint32_t check; /* CRC-32 of the request: a duplicate is the same bit by bit */
    uint32_t when;
    uint8_t length; /* of the answer; 0: free */
    uint8_t answer[HB_ANSWER_MAX];
} hb_remembered;

typedef struct hb_observer {
    hb_peer peer;
    uint8_t token[8];
    uint8_t token_length;
    uint8_t resource;
    bool active, due, waiting, ending; /* the value changed; an ACK is waited for; what waits is an error, the last */
    uint8_t attempts;
    uint16_t mid;
    uint32_t sequence;
    uint32_t check; /* of the payload that is waiting */
    uint32_t next;  /* when it is repeated */
} hb_observer;

typedef struct hb_upload {
    hb_peer peer;
    bool active;
    uint8_t resource, method;
    uint32_t offset;
} hb_upload;

typedef struct hb_bridge { /* the members are for the library; `counts` may be read */
    const hb_config *config;
    hb_remembered ring[HB_RING];
    hb_observer observers[HB_OBSERVERS];
    hb_upload upload;
    uint32_t now, heard, sequence;
    uint16_t mid, losses;
    bool alive, begun;
    struct {
        uint32_t acted, duplicates, malformed, refused, lost;
    } counts; /* wrap */
    uint8_t out[HB_HEAD_MAX + HB_BLOCK_MAX];
} hb_bridge;

/* `config` stays where it is for as long as the bridge is used. Calls safe_state. Times are milliseconds of any clock that
 * counts up and wraps at 2^32; `hb_poll` must be called at least every 10 ms for notifications, and never more than days apart. */
void hb_init(hb_bridge *bridge, const hb_config *config);
void hb_receive(hb_bridge *bridge, uint32_t now, const hb_peer *peer, const uint8_t *message, size_t length);
/* For a datagram that was longer than the buffer: `length` bytes of it are there. Never acts (C6). */
void hb_refuse(hb_bridge *bridge, const hb_peer *peer, const uint8_t *message, size_t length);
void hb_poll(hb_bridge *bridge, uint32_t now);
/* The value of a resource (its index in config->resources) has changed. */
void hb_notify(hb_bridge *bridge, uint8_t resource);
bool hb_link_alive(const hb_bridge *bridge);
void hb_epoch(const hb_bridge *bridge, uint8_t epoch[6]); /* L1 */

/* ---- Messages (RFC 7252 section 3), for tests and ports ---- */

typedef struct hb_message {
    uint8_t type, code, token_length;
    uint16_t mid;
    const uint8_t *token, *options, *payload;
    size_t options_length, payload_length;
} hb_message;
typedef enum { HB_SOUND, HB_MALFORMED, HB_IGNORED } hb_verdict; /* HB_MALFORMED: type and mid are set */

hb_verdict hb_parse(const uint8_t *bytes, size_t length, hb_message *message);

typedef struct hb_option {
    uint32_t number;
    const uint8_t *value;
    size_t length;
    const uint8_t *next; /* internal */
} hb_option;
/* Options of a sound message, in order. Begin with a zeroed hb_option. */
bool hb_next_option(const hb_message *message, hb_option *option);

typedef struct hb_writer {
    uint8_t *bytes;
    size_t length, capacity;
    uint32_t option;
    bool overflow;
} hb_writer;
void hb_write_head(hb_writer *writer, uint8_t type, uint8_t code, uint16_t mid, const uint8_t *token, uint8_t length);
void hb_write_option(hb_writer *writer, uint32_t number, const uint8_t *value, size_t length); /* in rising order */
void hb_write_uint(hb_writer *writer, uint32_t number, uint32_t value);
void hb_write_payload(hb_writer *writer, const uint8_t *bytes, size_t length); /* may overlap with the writer's bytes */

#ifdef __cplusplus
}
#endif
#endif
