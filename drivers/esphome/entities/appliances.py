"""`siren`, `media_player`, `event`, `update` and `camera`. Source: ESPHome, the pages of these components."""

from __future__ import annotations

from typing import Any, Final

from aioesphomeapi.model import (
    APIVersion,
    Event,
    MediaPlayerEntityFeature,
    MediaPlayerEntityState,
    MediaPlayerState,
    SirenState,
    UpdateState,
)

from capabilities.vocabulary import Hazard, Json, Privilege
from drivers.esphome.entities.entity import About, Builder, Entity, Make, NotUnderstoodError
from drivers.esphome.entities.names import listed, words
from drivers.esphome.entities.values import (
    UNKNOWN,
    Nothing,
    as_bool,
    as_float,
    as_share,
    choices,
    number,
    one_of,
    percent,
)
from drivers.esphome.wire.messages import PB, Message

MAX_SOUND_S: Final = 3600
MAX_TONES: Final = 200
MAX_EVENT_TYPES: Final = 200
MAX_ADDRESS_CHARS: Final = 2048
MAX_VERSION_CHARS: Final = 256

_MEDIA_STATES: Final = {
    MediaPlayerState.NONE: "unknown", MediaPlayerState.IDLE: "idle", MediaPlayerState.PLAYING: "playing",
    MediaPlayerState.PAUSED: "paused", MediaPlayerState.ANNOUNCING: "playing", MediaPlayerState.OFF: "off",
    MediaPlayerState.ON: "on",
}  # fmt: skip
_MEDIA_COMMANDS: Final = {
    "play": (0, MediaPlayerEntityFeature.PLAY), "pause": (1, MediaPlayerEntityFeature.PAUSE),
    "stop": (2, MediaPlayerEntityFeature.STOP),
}  # fmt: skip

_EVENT_KINDS: Final = {
    "button": ("button", "pressed"), "doorbell": ("button", "pressed"), "motion": ("occupancy", "detected"),
}  # fmt: skip
_PRESSES: Final = listed(
    "press pressed single double triple quadruple many hold held long short release released click clicked on off toggle"
)


def siren(about: About) -> Entity:
    """Tone, volume and duration go out with the order to sound; none of them is told back."""
    info = about.info
    builder = Builder(about, "siren")
    tones = choices(info.tones, MAX_TONES)

    def order(**fields: Json) -> list[Message]:
        return [PB.SirenCommandRequest(key=info.key, device_id=info.device_id, has_state=True, **fields)]

    def on(state: SirenState) -> Json | Nothing:
        return state.state

    def sound(value: Json) -> list[Message]:
        wanted = {} if value is None else value
        if not isinstance(wanted, dict) or set(wanted) - set(members):
            raise ValueError(f"should be an object; this siren takes {', '.join(members)}")
        fields: dict[str, Json] = {"state": True}
        if "tone" in wanted:
            fields |= {"has_tone": True, "tone": one_of(wanted["tone"], tones)}
        if "volume" in wanted:
            fields |= {"has_volume": True, "volume": as_share(wanted["volume"])}
        if "duration" in wanted:
            seconds = round(as_float(wanted["duration"]))
            if not 0 <= seconds <= MAX_SOUND_S:
                raise ValueError(f"should sound for 0 to {MAX_SOUND_S} s")
            fields |= {"has_duration": True, "duration": seconds}
        return order(**fields)

    builder.property("on", on, lambda value: order(state=as_bool(value)))
    members: dict[str, Json] = {}
    if tones:
        members["tone"] = {"enum": list(tones)}
    if info.supports_volume:
        members["volume"] = {"minimum": 0, "maximum": 100}
    if info.supports_duration:
        members["duration"] = {"minimum": 0, "maximum": MAX_SOUND_S}
    if members:
        builder.action("sound", sound, recipe=list(members), schema={"type": "object", "properties": members})
    return builder.build()


def media_player(about: About) -> Entity:
    info = about.info
    builder = Builder(about, "media")
    able = info.feature_flags_compat(APIVersion(*about.api))

    def order(**fields: Json) -> list[Message]:
        return [PB.MediaPlayerCommandRequest(key=info.key, device_id=info.device_id, **fields)]

    def command(number_: int) -> list[Message]:
        return order(has_command=True, command=number_)

    def state(told: MediaPlayerEntityState) -> Json | Nothing:
        return "unknown" if told.state is None else _MEDIA_STATES[told.state]

    def volume(told: MediaPlayerEntityState) -> Json | Nothing:
        return percent(told.volume)

    def muted(told: MediaPlayerEntityState) -> Json | Nothing:
        return told.muted

    builder.property("state", state)
    if able & MediaPlayerEntityFeature.VOLUME_SET:
        builder.property("volume", volume, lambda value: order(has_volume=True, volume=as_share(value)))
    if able & MediaPlayerEntityFeature.VOLUME_MUTE:
        builder.property("muted", muted, lambda value: command(3 if as_bool(value) else 4))
    if able & MediaPlayerEntityFeature.TURN_ON and able & MediaPlayerEntityFeature.TURN_OFF:

        def on(told: MediaPlayerEntityState) -> Json | Nothing:
            return (
                UNKNOWN
                if told.state in (None, MediaPlayerState.NONE)
                else told.state is not MediaPlayerState.OFF
            )

        builder.property("on", on, lambda value: command(12 if as_bool(value) else 13))
    for name, (number_, feature) in _MEDIA_COMMANDS.items():
        if able & feature:
            builder.action(name, _fixed(command(number_)))
    if able & MediaPlayerEntityFeature.PLAY_MEDIA:
        _from_an_address(builder)
    return builder.build()


def _from_an_address(builder: Builder) -> None:
    info = builder.about.info

    def play(value: Json) -> list[Message]:
        address = value.get("url") if isinstance(value, dict) else None
        if not isinstance(address, str) or not address.startswith(("http://", "https://")):
            raise ValueError("should have the web address of a sound as its url")
        return [
            PB.MediaPlayerCommandRequest(
                key=info.key, device_id=info.device_id, has_media_url=True, media_url=address
            )
        ]

    schema: dict[str, Json] = {
        "type": "object", "required": ["url"],
        "properties": {"url": {"type": "string", "format": "uri", "maxLength": MAX_ADDRESS_CHARS}},
    }  # fmt: skip
    builder.action("play_media", play, schema=schema, title="Play from an address")


def _fixed(messages: list[Message]) -> Make:
    return lambda _: messages


def event(about: About) -> Entity:
    types = [one for one in dict.fromkeys(about.info.event_types) if one]
    if not types or len(types) > MAX_EVENT_TYPES:
        raise NotUnderstoodError(f"it has {len(types)} types of event; 1 to {MAX_EVENT_TYPES} are possible")
    usual = ("button", "pressed") if all(words(one) & _PRESSES for one in types) else ("other", "occurred")
    kind, name = _EVENT_KINDS.get(about.device_class, usual)
    builder = Builder(about, kind)
    known = frozenset(types)

    def get(told: Event) -> Json | Nothing:
        return {"event_type": told.event_type} if told.event_type in known else UNKNOWN

    builder.event(name, get)
    return builder.build()


def update(about: About) -> Entity:
    """The firmware's version, whether there is a newer one, and the command to install it, which is for administrators."""
    info = about.info
    builder = Builder(about, "setting")

    def told(member: str) -> Any:
        def get(state: UpdateState) -> Json | Nothing:
            said = str(getattr(state, member))
            return UNKNOWN if state.missing_state or not 0 < len(said) <= MAX_VERSION_CHARS else said

        return get

    def available(state: UpdateState) -> Json | Nothing:
        if state.missing_state or not state.latest_version:
            return UNKNOWN
        return state.current_version != state.latest_version

    def updating(state: UpdateState) -> Json | Nothing:
        return UNKNOWN if state.missing_state else state.in_progress

    def progress(state: UpdateState) -> Json | Nothing:
        found = number(state.progress) if state.has_progress and not state.missing_state else UNKNOWN
        return UNKNOWN if isinstance(found, Nothing) or not 0 <= found <= 100 else found

    def release(state: UpdateState) -> Json | Nothing:
        address = state.release_url
        fits = not state.missing_state and len(address) <= MAX_ADDRESS_CHARS and address.isprintable()
        return address if fits and address.startswith(("http://", "https://")) else UNKNOWN

    def install(_: Json) -> list[Message]:
        return [PB.UpdateCommandRequest(key=info.key, device_id=info.device_id, command=1)]

    builder.property("firmware", told("current_version"))
    builder.property("latest_firmware", told("latest_version"))
    builder.property("update_available", available)
    builder.property("updating", updating)
    builder.property("update_progress", progress, unit="%")
    builder.property("release", release)
    builder.action("update", install, hazard=Hazard.PROPERTY, privilege=Privilege.ADMINISTER)
    return builder.build()


def camera(about: About) -> Entity:
    """The property is a reference to the newest picture: its size, and a digest by which another differs. No pixels are kept.

    A request is for whatever cameras the device has: the protocol names none.
    """
    builder = Builder(about, "camera")
    builder.property("image", lambda state: state.reference)
    builder.action("snapshot", lambda _: [PB.CameraImageRequest(single=True)])
    return builder.build()
