/* Requests that change something: conditions, the content's format, blocks of an upload (Block1), the handler. */
#include "internal.h"

enum { BLOCK1_MORE = 8 };

static hb_answer refuse(hb_call *call, uint8_t code, const char *text) {
    hb_answer answer = hb_bare(code);
    hb_say(call->bridge, &answer, text);
    return answer;
}

static hb_answer handle(hb_call *call, const hb_request *request) {
    hb_bridge *bridge = call->bridge;
    const hb_resource *resource = hb_resource_at(bridge, call->resource);
    hb_sink sink = {.window = hb_room(bridge), .capacity = HB_ANSWER_MAX - HB_ANSWER_HEAD};
    call->handled = true;
    bridge->counts.acted++;
    hb_answer answer = hb_bare(resource->handler(hb_context_of(bridge, call->resource), request, &sink));
    answer.length = sink.kept;
    if (hb_is_error(answer.code)) return answer;
    if (sink.total > sink.kept) return refuse(call, HB_INTERNAL_ERROR, "Done; the answer is too long.");
    answer.format = resource->format;
    return answer;
}

static bool goes_on(const hb_call *call, uint32_t offset) {
    const hb_upload *upload = &call->bridge->upload;
    return upload->active && upload->resource == call->resource && upload->method == call->message->code &&
           upload->offset == offset && hb_same_peer(&upload->peer, call->peer);
}

/* One block of an upload (RFC 7959 section 2.9.1): in order, from one peer at a time. */
static hb_answer take_block(hb_call *call) {
    hb_upload *upload = &call->bridge->upload;
    unsigned szx = call->options.block1 & 7u;
    bool more = call->options.block1 & BLOCK1_MORE;
    size_t size = (size_t)1 << (szx + 4), length = call->message->payload_length;
    uint32_t offset = (call->options.block1 >> 4) << (szx + 4);
    if (szx > HB_BLOCK_SZX) {
        hb_answer answer = refuse(call, HB_TOO_LARGE, "Smaller blocks, please.");
        answer.block1 = HB_BLOCK_SZX;
        return answer;
    }
    if (more ? length != size : length > size) return refuse(call, HB_BAD_REQUEST, "A block is not full.");
    if (offset > 0 && !goes_on(call, offset)) return refuse(call, HB_INCOMPLETE, "A block is missing.");
    *upload = (hb_upload){.peer = *call->peer, .active = more, .resource = call->resource,
                          .method = call->message->code, .offset = offset + (uint32_t)length};
    const hb_request request = {call->message->code, call->message->payload, length, offset, more};
    hb_answer answer = handle(call, &request);
    if (hb_is_error(answer.code))
        upload->active = false;
    else if (more)
        answer.code = HB_CONTINUE;
    answer.block1 = call->options.block1;
    return answer;
}

hb_answer hb_change(hb_call *call) {
    const hb_options *options = &call->options;
    const hb_resource *resource = hb_resource_at(call->bridge, call->resource);
    bool blocks = resource->allows & HB_BLOCKS;
    if ((options->if_match && !options->matches) || options->if_none_match)
        return refuse(call, HB_PRECONDITION_FAILED, "That was meant for another epoch.");
    if (call->message->payload_length && options->format != HB_NO_FORMAT && options->format != resource->format)
        return refuse(call, HB_UNSUPPORTED_FORMAT, "Not in this Content-Format.");
    if (options->block1 != HB_NO_BLOCK && blocks) return take_block(call);
    if (options->block1 != HB_NO_BLOCK && (options->block1 >> 3) != 0)
        return refuse(call, HB_TOO_LARGE, "It must fit into one block.");
    if (options->block2 != HB_NO_BLOCK && options->block2 >> 4) return refuse(call, HB_BAD_REQUEST, "There is no such block.");
    if (blocks) call->bridge->upload.active = false; /* the whole in one: what was coming in blocks is void */
    const hb_request request = {
        .method = call->message->code, .payload = call->message->payload, .length = call->message->payload_length};
    return handle(call, &request);
}
