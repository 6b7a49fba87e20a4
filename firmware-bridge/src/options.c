/* The options of a request: known, well-formed, once where once is all they may be (RFC 7252 section 5.4). */
#include "internal.h"

typedef struct hb_known {
    uint8_t number, longest;
    bool repeatable;
} hb_known;

static const hb_known known[] = {
    {HB_IF_MATCH, 8, true},      {HB_URI_HOST, 255, false},    {HB_IF_NONE_MATCH, 0, false},
    {HB_OBSERVE, 3, false},      {HB_URI_PORT, 2, false},      {HB_URI_PATH, 255, true},
    {HB_CONTENT_FORMAT, 2, false}, {HB_URI_QUERY, 255, true},  {HB_ACCEPT, 2, false},
    {HB_BLOCK2, 3, false},       {HB_BLOCK1, 3, false},
};

static const hb_known *look_up(uint32_t number) {
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].number == number) return &known[i];
    return NULL;
}

static uint32_t number_of(const hb_option *option) {
    uint32_t value = 0;
    for (size_t i = 0; i < option->length; i++) value = value << 8 | option->value[i];
    return value;
}

static void take(const hb_option *option, const uint8_t epoch[HB_EPOCH_BYTES], hb_options *options) {
    switch (option->number) {
    case HB_IF_MATCH:
        options->if_match = true;
        if (option->length == 0 || (option->length == HB_EPOCH_BYTES && memcmp(option->value, epoch, HB_EPOCH_BYTES) == 0))
            options->matches = true;
        break;
    case HB_IF_NONE_MATCH: options->if_none_match = true; break;
    case HB_URI_QUERY: options->query = true; break;
    case HB_OBSERVE: options->observe = number_of(option); break;
    case HB_CONTENT_FORMAT: options->format = (uint16_t)number_of(option); break;
    case HB_ACCEPT: options->accept = (uint16_t)number_of(option); break;
    case HB_BLOCK1: options->block1 = number_of(option); break;
    case HB_BLOCK2: options->block2 = number_of(option); break;
    default: break; /* the path is matched in place; host and port are ours whatever they are */
    }
}

static bool bad_block(uint32_t block) { return block != HB_NO_BLOCK && (block & 7u) == 7; /* reserved (RFC 7959 2.2) */ }

uint8_t hb_read_options(const hb_message *message, const uint8_t epoch[HB_EPOCH_BYTES], hb_options *options) {
    *options = (hb_options){.format = HB_NO_FORMAT, .accept = HB_NO_FORMAT, .observe = HB_NOT_OBSERVED,
                            .block1 = HB_NO_BLOCK, .block2 = HB_NO_BLOCK};
    uint32_t last = 0; /* no option has this number */
    uint8_t refused = 0;
    for (hb_option option = {0}; hb_next_option(message, &option); last = option.number) {
        if (option.number == HB_PROXY_URI || option.number == HB_PROXY_SCHEME) return HB_PROXYING_NOT_SUPPORTED;
        const hb_known *which = look_up(option.number);
        bool fine = which && option.length <= which->longest && (which->repeatable || option.number != last);
        if (fine)
            take(&option, epoch, options);
        else if (option.number & 1u) /* critical (section 5.4.6); an elective one is passed over */
            refused = HB_BAD_OPTION;
    }
    if (refused) return refused;
    return bad_block(options->block1) || bad_block(options->block2) ? HB_BAD_REQUEST : 0;
}
