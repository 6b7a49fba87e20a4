/* Answers: a representation cut to a block (RFC 7959), and their bytes. The payload is written behind the room for the
 * header and moved up to it, so that one buffer is enough. */
#include "internal.h"

uint8_t *hb_room(hb_bridge *bridge) { return bridge->out + HB_HEAD_MAX; }

hb_answer hb_bare(uint8_t code) {
    return (hb_answer){.code = code, .format = HB_NO_FORMAT, .observe = HB_NOT_OBSERVED, .block1 = HB_NO_BLOCK, .block2 = HB_NO_BLOCK};
}

void hb_say(hb_bridge *bridge, hb_answer *answer, const char *text) {
    size_t length = strlen(text);
    answer->length = length < HB_ANSWER_MAX - HB_ANSWER_HEAD ? length : HB_ANSWER_MAX - HB_ANSWER_HEAD;
    memcpy(hb_room(bridge), text, answer->length);
}

static void set_etag(hb_bridge *bridge, uint8_t resource, bool in_blocks, uint32_t check, hb_answer *answer) {
    if (resource == HB_LINK) {
        answer->etag_length = HB_EPOCH_BYTES;
        hb_epoch(bridge, answer->etag);
    } else if (in_blocks) {
        answer->etag_length = 4;
        for (unsigned i = 0; i < 4; i++) answer->etag[i] = (uint8_t)(check >> (24 - 8 * i) & 0xff);
    }
}

hb_answer hb_represent(hb_bridge *bridge, uint8_t resource, uint32_t offset, unsigned szx) {
    const hb_resource *what = hb_resource_at(bridge, resource);
    const hb_request request = {.method = HB_GET};
    size_t block = (size_t)1 << (szx + 4);
    hb_sink sink = {.window = hb_room(bridge), .capacity = block, .skip = offset};
    hb_answer answer = hb_bare(what->handler(hb_context_of(bridge, resource), &request, &sink));
    answer.length = sink.kept;
    if (hb_is_error(answer.code)) return answer;
    if (offset > 0 && offset >= sink.total) {
        answer = hb_bare(HB_BAD_REQUEST);
        hb_say(bridge, &answer, "There is no such block.");
        return answer;
    }
    bool more = sink.total > offset + sink.kept;
    if (more || offset > 0) answer.block2 = (uint32_t)(offset / block) << 4 | (more ? 8u : 0u) | szx;
    set_etag(bridge, resource, answer.block2 != HB_NO_BLOCK, sink.check, &answer);
    answer.format = what->format;
    return answer;
}

size_t hb_serialise(hb_bridge *bridge, uint8_t type, uint16_t mid, const uint8_t *token, uint8_t length, const hb_answer *answer) {
    hb_writer writer = {.bytes = bridge->out, .capacity = HB_HEAD_MAX};
    hb_write_head(&writer, type, answer->code, mid, token, length);
    if (answer->etag_length) hb_write_option(&writer, HB_ETAG, answer->etag, answer->etag_length);
    if (answer->observe != HB_NOT_OBSERVED) hb_write_uint(&writer, HB_OBSERVE, answer->observe);
    if (answer->format != HB_NO_FORMAT && answer->length) hb_write_uint(&writer, HB_CONTENT_FORMAT, answer->format);
    if (answer->block2 != HB_NO_BLOCK) hb_write_uint(&writer, HB_BLOCK2, answer->block2);
    if (answer->block1 != HB_NO_BLOCK) hb_write_uint(&writer, HB_BLOCK1, answer->block1);
    writer.capacity = sizeof bridge->out;
    hb_write_payload(&writer, hb_room(bridge), answer->length);
    return writer.overflow ? 0 : writer.length;
}

void hb_send_empty(hb_bridge *bridge, const hb_peer *peer, uint8_t type, uint16_t mid) {
    hb_writer writer = {.bytes = bridge->out, .capacity = HB_HEAD_MAX};
    hb_write_head(&writer, type, HB_EMPTY, mid, NULL, 0);
    bridge->config->send(bridge->config->context, peer, writer.bytes, writer.length);
}
