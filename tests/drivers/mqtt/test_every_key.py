"""Each setting that Home Assistant's format has for these components is looked at, or is left out for a reason."""

from __future__ import annotations

import pytest

from capabilities.vocabulary import Json
from drivers.mqtt.components import COMPONENTS
from drivers.mqtt.config import Config, ConfigError

KEYS = {
    "alarm_control_panel": "code code_arm_required code_disarm_required code_trigger_required command_template command_topic"
    " payload_arm_away payload_arm_custom_bypass payload_arm_home payload_arm_night payload_arm_vacation payload_disarm"
    " payload_trigger retain state_topic supported_features value_template",
    "camera": "image_encoding topic",
    "cover": "command_topic device_class optimistic payload_close payload_open payload_stop payload_stop_tilt position_closed"
    " position_open position_template position_topic retain set_position_template set_position_topic state_closed state_closing"
    " state_open state_opening state_stopped state_topic tilt_closed_value tilt_command_template tilt_command_topic tilt_max"
    " tilt_min tilt_opened_value tilt_optimistic tilt_status_template tilt_status_topic value_template",
    "device_automation": "automation_type device payload subtype topic type value_template",
    "device_tracker": "payload_home payload_not_home payload_reset source_type state_topic value_template",
    "event": "device_class event_types state_topic value_template",
    "image": "content_type image_encoding image_topic url_template url_topic",
    "infrared": "command_template command_topic retain schema state_topic value_template",
    "lawn_mower": "activity_state_topic activity_value_template dock_command_template dock_command_topic optimistic"
    " pause_command_template pause_command_topic retain start_mowing_command_template start_mowing_command_topic",
    "lock": "code_format command_template command_topic optimistic payload_lock payload_open payload_reset payload_unlock"
    " retain state_jammed state_locked state_locking state_open state_opening state_topic state_unlocked state_unlocking"
    " value_template",
    "notify": "command_template command_topic retain",
    "scene": "command_topic payload_on retain",
    "tag": "topic value_template",
    "update": "command_topic device_class display_precision latest_version_template latest_version_topic payload_install"
    " release_summary release_url retain state_topic title value_template",
    "vacuum": "clean_segments_command_template clean_segments_command_topic command_topic fan_speed_list payload_clean_spot"
    " payload_locate payload_pause payload_return_to_base payload_start payload_stop retain send_command_topic"
    " set_fan_speed_topic state_topic supported_features",
    "valve": "command_template command_topic device_class optimistic payload_close payload_open payload_stop position_closed"
    " position_open reports_position retain state_closed state_closing state_open state_opening state_topic value_template",
}
"""Source: Home Assistant 2025.4 and the pages of 2026; without what all components have."""

COMMON = "encoding json_attributes_template json_attributes_topic name qos entity_category"

WITHOUT_MEANING = {
    "optimistic": "what is told is believed, and nothing else",
    "tilt_optimistic": "the same",
    "source_type": "how somebody was found; where is what counts",
    "display_precision": "how Home Assistant writes numbers",
    "release_summary": "for Home Assistant's page of updates",
    "release_url": "the same; what is told at the topic is taken",
    "title": "the same",
}
NO_DIFFERENCE = {("update", "device_class"), ("valve", "device_class")}
"""Firmware and water are what the component is anyway."""

FULL: dict[str, Json] = {
    "automation_type": "trigger", "type": "t", "subtype": "s", "device": {"identifiers": ["d"]}, "event_types": ["press"],
    "supported_features": ["arm_home", "arm_away", "arm_night", "arm_vacation", "arm_custom_bypass", "trigger", "start", "stop",
                           "pause", "return_home", "locate", "clean_spot", "fan_speed", "send_command"],
    "fan_speed_list": ["low"], "code": "REMOTE_CODE", "code_format": "^[0-9]+$", "payload_install": "go",
}  # fmt: skip
"""Settings that open others; topics are filled in."""

VARIANTS: dict[str, tuple[dict[str, Json], ...]] = {
    "image": ({"image_topic": None}, {"url_topic": None}),
    "infrared": ({"schema": "emitter"}, {"schema": "receiver"}),
    "valve": ({"reports_position": True}, {"reports_position": False}),
}


class Asked(dict[str, Json]):
    """Settings that remember which of them were looked at."""

    def __init__(self, data: dict[str, Json]) -> None:
        super().__init__(data)
        self.keys_asked: set[object] = set()

    def get(self, key: str, default: Json = None) -> Json:  # type: ignore[override]
        self.keys_asked.add(key)
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self.keys_asked.add(key)
        return super().__contains__(key)


@pytest.mark.parametrize("component", sorted(KEYS))
def test_every_key_is_looked_at_or_left_out_for_a_reason(component: str) -> None:
    keys = {*KEYS[component].split(), *COMMON.split()}
    asked: set[object] = set()
    for variant in VARIANTS.get(component, ({},)):
        topics: dict[str, Json] = {key: f"t/{key}" for key in keys if key.endswith("topic")}
        known = {key: value for key, value in FULL.items() if key in keys}
        data = Asked({**topics, **known, **variant})
        COMPONENTS[component]("n/o", Config(data))
        asked |= data.keys_asked
    rest = keys - asked - WITHOUT_MEANING.keys() - {key for one, key in NO_DIFFERENCE if one == component}
    events_only = {"device_automation", "tag"}
    if component in events_only:  # these have neither a name nor attributes
        rest -= {"name", "json_attributes_template"}
    assert not rest


@pytest.mark.parametrize("component", sorted(KEYS))
def test_nothing_at_all_is_refused_with_what_is_missing(component: str) -> None:
    with pytest.raises(ConfigError, match=r"missing|should|no topic"):
        COMPONENTS[component]("n/o", Config({}))
