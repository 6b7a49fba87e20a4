"""Pictures and updates: told by reference, and never as what they are."""

from __future__ import annotations

import base64
import hashlib

import pytest

from capabilities.vocabulary import Hazard, Json, Privacy, Privilege
from drivers.mqtt.ingest import MAX_PICTURE_BYTES, MAX_STATE_BYTES
from tests.drivers.mqtt_bench import announced, thing_of

JPEG = b"\xff\xd8\xff\xe0" + b"a picture of somebody" * 10

UPDATE: dict[str, Json] = {
    "state_topic": "z",
    "value_template": """{"latest_version":"{{ value_json['update']['latest_version'] }}","installed_version":"{{
 value_json['update']['installed_version'] }}","update_percentage":{{
 value_json['update'].get('progress', 'null') }},"in_progress":{{ (value_json['update']['state'] == 'updating')|lower }}}""",
    "command_topic": "zigbee2mqtt/bridge/request/device/ota_update/update",
    "payload_install": '{"id": "0x1"}',
    "entity_category": "config",
}
"""Zigbee2MQTT's."""


def digest(picture: bytes) -> str:
    return hashlib.sha256(picture).hexdigest()


# -- pictures ----------------------------------------------------------------------------------------------------------------


def test_frigates_snapshot_is_told_by_reference() -> None:
    bench = announced("camera", {"topic": "frigate/front door/person/snapshot"})
    seen = bench.says("frigate/front door/person/snapshot", JPEG)
    assert seen == {
        "image": f"mqtt:frigate/front%20door/person/snapshot?type=image/jpeg&size={len(JPEG)}&sha256={digest(JPEG)}"
    }
    assert bench.says("frigate/front door/person/snapshot", JPEG + b"!") != seen, "a change shows"
    image = thing_of(bench).properties["image"]
    assert (image.capability, image.privacy) == ("camera.image", Privacy.SENSITIVE)
    image.check(seen["image"])


@pytest.mark.parametrize(
    ("picture", "sort"),
    [(b"\x89PNG\r\n\x1a\n..", "image/png"), (b"GIF89a", "image/gif"), (b"RIFF....WEBPVP8", "image/webp"),
     (b"....ftypavif", "image/avif"), (b"no picture", "application/octet-stream")],
)  # fmt: skip
def test_what_a_picture_is_its_first_bytes_tell(picture: bytes, sort: str) -> None:
    (reference,) = announced("camera", {"topic": "c"}).says("c", picture).values()
    assert f"type={sort}&" in str(reference)


def test_pictures_in_base64() -> None:
    bench = announced("image", {"image_topic": "i", "image_encoding": "b64", "content_type": "image/x-own"})
    assert f"type=image/jpeg&size={len(JPEG)}&" in str(bench.says("i", base64.b64encode(JPEG))["image"])
    assert "type=image/x-own" in str(bench.says("i", base64.b64encode(b"unknown"))["image"])
    assert bench.says("i", b"x") == {}
    assert "base64" in bench.complaint()


def test_a_picture_may_be_larger_than_a_state_but_not_huge() -> None:
    bench = announced("camera", {"topic": "c"})
    large = JPEG + bytes(MAX_STATE_BYTES)
    assert digest(large) in str(bench.says("c", large)["image"])
    assert bench.says("c", JPEG + bytes(MAX_PICTURE_BYTES)) == {}
    assert str(MAX_PICTURE_BYTES) in bench.complaint()


def test_who_reads_states_does_not_get_a_picture_of_that_size() -> None:
    bench = announced("camera", {"topic": "c"})
    bench.feed("sensor/n/p", {"state_topic": "c", "unique_id": "s"})
    bench.says("c", JPEG + bytes(MAX_STATE_BYTES))
    assert len(bench.reports()) == 1


def test_no_complaint_repeats_a_picture() -> None:
    bench = announced("camera", {"topic": "c", "image_encoding": "b64"})
    bench.says("c", b"secret picture bytes")
    assert "secret" not in " ".join(bench.ingest.complaints.lines())


def test_a_web_address_is_checked_and_tells_no_password() -> None:
    bench = announced("image", {"url_topic": "u", "url_template": "{{ value_json.url }}"})
    assert bench.says("u", {"url": "http://admin:pw@10.0.0.9:8080/snap.jpg?x=1"}) == {
        "image": "http://10.0.0.9:8080/snap.jpg?x=1"
    }
    for wrong in ("javascript:alert(1)", "file:///etc/passwd", "ftp://x/y", "http://", "two words", 7):
        assert bench.says("u", {"url": wrong}) == {}
    assert all("web address" in line for line in bench.ingest.complaints.lines())
    assert "pw" not in " ".join(bench.ingest.complaints.lines())


@pytest.mark.parametrize(
    ("component", "config", "reason"),
    [("camera", {"name": "x"}, "topic"), ("image", {"name": "x"}, "image_topic"),
     ("image", {"url_topic": "u", "image_topic": "i"}, "either"), ("camera", {"topic": "c", "image_encoding": "zip"}, "b64"),
     ("image", {"image_topic": "i", "content_type": "text/html"}, "image/"),
     ("image", {"url_topic": "u", "content_type": "image/png"}, "url_topic")],
)  # fmt: skip
def test_what_is_wrong_with_a_camera_is_named(component: str, config: dict[str, Json], reason: str) -> None:
    assert reason in announced(component, config).candidate.problems[0]


# -- updates -----------------------------------------------------------------------------------------------------------------


def test_zigbee2mqtts_update() -> None:
    bench = announced("update", UPDATE)
    assert bench.names == {
        "firmware", "latest_firmware", "update_available", "updating", "update_progress", "update",
    }  # fmt: skip
    known: dict[str, Json] = {"latest_version": 33, "installed_version": 32}
    assert bench.says("z", {"update": {**known, "state": "available"}}) == {
        "firmware": "32", "latest_firmware": "33", "update_available": True, "updating": False,
    }  # fmt: skip
    assert bench.says("z", {"update": {**known, "state": "updating", "progress": 13.4}}) == {
        "firmware": "32", "latest_firmware": "33", "update_available": True, "updating": True, "update_progress": 13.4,
    }  # fmt: skip
    assert bench.says("z", {"linkquality": 30}) == {}
    unseen: dict[str, Json] = {"latest_version": -1, "installed_version": -1, "state": None}
    assert bench.says("z", {"update": unseen}) == {"updating": False}
    assert bench.sends("update")[1] == '{"id": "0x1"}'
    thing = thing_of(bench)
    assert (thing.actions["update"].privilege, thing.actions["update"].hazard) == (
        Privilege.ADMINISTER,
        Hazard.PROPERTY,
    )
    assert thing.properties["latest_firmware"].privacy is not Privacy.SENSITIVE


def test_two_topics_tell_one_update() -> None:
    bench = announced("update", {"state_topic": "i", "latest_version_topic": "l"})
    assert bench.says("i", "1.0") == {"firmware": "1.0"}
    assert bench.says("l", "1.1") == {"latest_firmware": "1.1", "update_available": True}
    assert bench.says("i", '{"installed_version": "1.1", "release_url": "https://x.org/1.1"}') == {
        "firmware": "1.1", "update_available": False, "release": "https://x.org/1.1",
    }  # fmt: skip


def test_an_update_tells_its_progress_in_either_way() -> None:
    bench = announced("update", {"state_topic": "i"})
    assert bench.says("i", {"update_percentage": 20}) == {"updating": True, "update_progress": 20}
    assert bench.says("i", {"update_percentage": None}) == {"updating": False}
    assert bench.lost == {"update_progress"}
    assert bench.says("i", {"in_progress": True}) == {"updating": True}
    assert bench.says("i", "{}") == {}


def test_what_would_install_must_be_said() -> None:
    bench = announced("update", {"state_topic": "i", "command_topic": "c"})
    assert "payload_install" in bench.candidate.problems[0]
