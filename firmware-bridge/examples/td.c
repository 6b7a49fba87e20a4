#include "td.h"

static void put_form(hb_sink *sink, const char *name, const char *rest) {
    hb_put_text(sink, "{\"href\":\"/");
    hb_put_text(sink, name);
    hb_put_text(sink, rest);
}

static void put_property_forms(hb_sink *sink, const td_affordance *one) {
    const char *access = one->can & TD_WRITE ? "\",\"op\":[\"readproperty\",\"writeproperty\"]}" : "\",\"op\":[\"readproperty\"]}";
    put_form(sink, one->name, access);
    if (!(one->can & TD_OBSERVE)) return;
    hb_put_text(sink, ",");
    put_form(sink, one->name, "\",\"op\":[\"observeproperty\",\"unobserveproperty\"],\"subprotocol\":\"cov:observe\"}");
}

static void put_affordances(hb_sink *sink, const char *title, bool actions, const td_affordance *of, size_t count) {
    hb_put_text(sink, title);
    for (size_t i = 0; i < count; i++) {
        hb_put_text(sink, i ? ",\"" : "\"");
        hb_put_text(sink, of[i].name);
        hb_put_text(sink, "\":{");
        hb_put_text(sink, of[i].members);
        if (!actions && !(of[i].can & TD_WRITE)) hb_put_text(sink, ",\"readOnly\":true");
        if (of[i].can & TD_OBSERVE) hb_put_text(sink, ",\"observable\":true");
        hb_put_text(sink, ",\"forms\":[");
        if (actions)
            put_form(sink, of[i].name, "\",\"op\":\"invokeaction\"}");
        else
            put_property_forms(sink, &of[i]);
        hb_put_text(sink, "]}");
    }
    hb_put_text(sink, "}");
}

void td_put(hb_sink *sink, const char *id, const char *title, uint16_t lost_after_ms, const td_affordance *properties,
            size_t property_count, const td_affordance *actions, size_t action_count) {
    hb_put_text(sink, "{\"@context\":[\"https://www.w3.org/2022/wot/td/v1.1\",{\"cov\":\"http://www.example.org/coap-binding#\","
                      "\"hearth\":\"urn:hearth:ns:1#\"}],\"id\":\"");
    hb_put_text(sink, id);
    hb_put_text(sink, "\",\"title\":\"");
    hb_put_text(sink, title);
    hb_put_text(sink, "\",\"securityDefinitions\":{\"nosec_sc\":{\"scheme\":\"nosec\"}},\"security\":\"nosec_sc\","
                      "\"hearth:link\":{\"keepAlive\":");
    hb_put_fixed(sink, lost_after_ms / 300, 1);
    hb_put_text(sink, ",\"lostAfter\":");
    hb_put_fixed(sink, lost_after_ms / 100, 1);
    hb_put_text(sink, ",\"block\":");
    hb_put_int(sink, (int32_t)HB_BLOCK_MAX);
    put_affordances(sink, "},\"properties\":{", false, properties, property_count);
    put_affordances(sink, ",\"actions\":{", true, actions, action_count);
    hb_put_text(sink, "}");
}
