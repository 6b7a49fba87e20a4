"""Templates: the plain ones are look-ups, the others run in a sandbox, the dangerous ones are refused."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from capabilities.vocabulary import Json
from drivers.mqtt.messages import RAW, known_encoding
from drivers.mqtt.template_error import TemplateError
from drivers.mqtt.templates import Message, command_template, outgoing, value_template
from drivers.mqtt.values import NO_VALUE, Nothing


def extract(template: str | None, payload: str) -> Json | Nothing:
    return value_template(template).extract(Message(payload.encode()))


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("{{ value_json.state }}", ("state",)),
        ("{{value_json.state}}", ("state",)),
        ('{{ value_json["state"] }}', ("state",)),
        ("{{ value_json['a b'] }}", ("a b",)),
        ("{{ value_json.a.b[0]['c'] }}", ("a", "b", 0, "c")),
        ("{{- value_json.tempc | is_defined -}}", ("tempc",)),
        ("{{ value_json.update }}", ("update",)),
    ],
)
def test_plain_ones_are_look_ups(template: str, path: tuple[str | int, ...]) -> None:
    compiled = value_template(template)
    assert compiled.path == path
    assert compiled.render is None


@pytest.mark.parametrize(
    ("template", "payload", "expected"),
    [
        (None, "21.5", "21.5"),
        ("{{ value }}", "ON", "ON"),
        ("{{ value_json.a.b }}", '{"a": {"b": 1.5}}', 1.5),
        ("{{ value_json.a[1] }}", '{"a": [1, true]}', True),
        ("{{ value_json.a }}", '{"a": null}', None),
        ("{{ value_json.a }}", '{"b": 1}', NO_VALUE),
        ("{{ value_json.a[7] }}", '{"a": [1]}', NO_VALUE),
        ("{{ value_json.a }}", "[1]", NO_VALUE),
        ("{{ value_json.t | float | round(1) }}", '{"t": "21.26"}', "21.3"),
        ("{{ value_json.t | int }}", '{"t": 21.9}', "21"),
        ("{{ (value_json.t | float - 32) * 5 / 9 }}", '{"t": 212}', "100.0"),
        ("{{ value_json.t | default('none', true) }}", '{"t": ""}', "none"),
        ("{{ 'ON' if value_json.r == 1 else 'OFF' }}", '{"r": 1}', "ON"),
        ("{% if value_json['x'] %}true{% else %}false{% endif %}", '{"x": 1}', "true"),
        ("{{ value_json.missing.deeper }}", "{}", NO_VALUE),
        ("{{ value_json.missing | float }}", "{}", NO_VALUE),
        ("{{ value_json.nope | is_defined | float }}", "{}", NO_VALUE),
        ("{{ value_json.update.state }}", '{"update": {"state": "idle"}}', "idle"),
        ("{{ value_json.update.state | upper }}", '{"update": {"state": "idle"}}', "IDLE"),
        ("{{ value | replace(',', '.') | float }}", "1,5", "1.5"),
        ("{{ value.replace(',', '.') }}", "1,5", "1.5"),
        ("{{ value.split(';')[1] }}", "a;b", "b"),
        ("{{ value_json.items() | length }}", '{"a": 1, "b": 2}', "2"),
        ("{{ iif(value_json.a, 'y', 'n') }}", '{"a": 0}', "n"),
        ("{{ value_json | to_json }}", '{"a":[1]}', '{"a":[1]}'),
        ("{{ value | from_json | length }}", "[1,2]", "2"),
        ("{{ value_json.a ~ '-' ~ value_json.b }}", '{"a": 1, "b": 2}', "1-2"),
        ("{{ [value_json.a, value_json.b] | max }}", '{"a": 1, "b": 2}', "2"),
        ("{{ value_json.x | bool }}", '{"x": "on"}', "True"),
        ("{{ value_json['p'] | default('',True) | string | truncate(3, True, '', 0) }}", '{"p": "abcdef"}', "abc"),
        ("{%- if value_json.get('rssi') -%}home{%- else -%}not_home{%- endif %}", '{"rssi": -60}', "home"),
        ("{{ (value_json.level ~ ': ' ~ value_json.message)[:7] }}", '{"level": "warn", "message": "low"}', "warn: l"),
        ("{% set a = value.split(',') %}{% if a[1] -%}{{ a[0] + ',' + a[1] }}{%- endif %}", "120,80,5", "120,80"),
        ("{{ 'E%02d' | format(value_json.code) }}", '{"code": 7}', "E07"),
        ("{{ '%02d (0x%02X)' | format(value_json.c, value_json.c) }}", '{"c": 26}', "26 (0x1A)"),
        ("{{ '%02d:%02d' | format(value_json.m // 60, value_json.m % 60) }}", '{"m": 125}', "02:05"),
        ("{{ '%.1f' | format(value_json.mv / 1000) }}", '{"mv": 3312}', "3.3"),
        ("{{ value_json.value[0:2] | int(0, 16) }},{{ value_json.value[2:4] | int(0, 16) }}", '{"value": "ff80"}', "255,128"),
        ("{{ value_json | selectattr('n', 'eq', 'pm25') | map(attribute='v') | first }}", '[{"n": "pm25", "v": 12}]', "12"),
        ("{{ {'event_type': value_json.type} | to_json }}", '{"type": "in", "who": 3}', '{"event_type":"in"}'),
        ("{% set v = value | int %}{% if v > 32767 %}{{ ((v - 65536) / 10) | round(1) }}{% endif %}", "65526", "-1.0"),
        ("{% set a = value_json.get('M') %}{% if a is mapping %}{{ a.get('S') or '' }}{% endif %}", '{"M": {"S": "T"}}', "T"),
        ("{{ int(float(value) * 10**1) }}", "21.5", "215"),
        ("{{ value | regex_findall_index('- [ \\t]+(.*)') }}", "3 -  Komfort", "Komfort"),
        ("{{ value_json.last | as_datetime }}", '{"last": "2024-03-15T14:30:00+01:00"}', "2024-03-15 14:30:00+01:00"),
        ("{{ (value_json.t | int - value_json.up) | as_datetime }}", '{"t": 44, "up": 4}', "1970-01-01 00:00:40+00:00"),
        ("{{ value_json.data.value | tojson }}", '{"data": {"value": {"b": 1, "a": "<"}}}', '{"a": "\\u003c", "b": 1}'),
        ("{{ value_json if value_json is defined else 0 }}", "nothing", "0"),
    ],
)  # fmt: skip
def test_what_publishers_write(template: str | None, payload: str, expected: Json | Nothing) -> None:
    assert extract(template, payload) == expected


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("{% for i in [1, 2] %}x{% endfor %}", "a loop"),
        ("{{ 9 ** 9 ** 9 }}", "a power"),
        ("{{ value | int ** 2 }}", "a power"),
        ("{{ 10 ** 99 }}", "a power"),
        ("{{ range(9) }}", "repeats .'range'"),
        ("{{ lipsum() }}", "repeats .'lipsum'"),
        ("{{ cycler(1) }}", "repeats .'cycler'"),
        ("{{ joiner() }}", "repeats .'joiner'"),
        ("{% macro m() %}{% endmacro %}", "a macro"),
        ("{% include 'x' %}", "an include"),
        ("{% import 'x' as y %}", "an import"),
        ("{% extends 'x' %}", "inheritance"),
        ("{% block x %}{% endblock %}", "a block"),
        ("{% filter upper %}x{% endfilter %}", "a filter block"),
        ("{% with a = 1 %}{% endwith %}", "a {% with %} block"),
        ("{{ states('light.x') }}", "another device's state .'states'"),
        ("{{ is_state('light.x', 'on') }}", "another device's state .'is_state'"),
        ("{{ 'light.x' | has_value }}", "another device's state .'has_value'"),
        ("{{ 'light.x' is has_value }}", "another device's state .'has_value'"),
        ("{{ this.state }}", "the entity's own state"),
        ("{{ states.light.x }}", "another device's state .'states'"),
        ("{{ now() }}", "asks for the time .'now'"),
        ("{{ value | random }}", "chance .'random'"),
        ("{{ value | indent }}", "the filter 'indent'"),
        ("{{ value is callable }}", "the test 'callable'"),
        ("{{ debug() }}", "the function 'debug'"),
        ("{{ elsewhere }}", "the variable 'elsewhere'"),
        ("{{ value.format_map(value) }}", "the method 'format_map'"),
        ("{{ value.__class__() }}", "the method '__class__'"),
        ("{{ value['upper']() }}", "calls what is not a function"),
        ("{{ min(*value) }}", r"calls with \* or"),
        ("{{ 'x' * 9 }}", "repeats a text"),
        ("{{ value | format(1) }}", "formats with a text that is computed"),
        ("{{ '%99999d' | format(1) }}", "formats with '%99999d'"),
        ("{{ '%*d' % (9, 1) }}", "formats with"),
        ("{{ '{:>99999}'.format(1) }}", "formats with"),
        ("{{ '{0.real}'.format(1) }}", "formats with"),
        ("{{ '{a}'.format(a=1) }}", "formats with"),
        ("{{ value | regex_replace(value, '') }}", "a pattern that is computed"),
        ("{{ value is match(value) }}", "a pattern that is computed"),
        ("{{ value | regex_replace('(a+)+', '') }}", "repeats what can vary"),
        ("{{ value | regex_match('(') }}", "the pattern .* is wrong"),
        ("{{ " + "9" * 100 + " }}", "a number that is too large"),
        ("{{ " + "1+" * 200 + "1 }}", "nested more than 60 deep"),
        ("{{ value", "compiled"),
        ("{{ value | }}", "compiled"),
        ("{{ " + "(" * 2000 + "1" + ")" * 2000 + " }}", "compiled"),
        ("{{ value }}" * 1000, "4096"),
    ],
)
def test_what_is_refused_when_it_is_announced(template: str, why: str) -> None:
    with pytest.raises(TemplateError, match=why):
        value_template(template)


def test_the_clock_and_further_texts_are_given() -> None:
    noon = datetime(2026, 11, 22, 12, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    clock = value_template(
        "{{ now().strftime('%H:%M') }} {{ utcnow().hour }} {{ today_at('7:15') }}", now=lambda: noon
    )
    assert clock.extract(Message(b"")) == "12:30 11 2026-11-22 07:15:00+01:00"
    local = value_template("{{ 1469119144 | timestamp_local }}", now=lambda: noon)
    assert local.extract(Message(b"")) == "2016-07-21T18:39:04+02:00"
    named = value_template("{{ name }} {{ value }}", given={"name": "Lamp"})
    assert named.extract(Message(b"on")) == "Lamp on"
    render = command_template("{{ as_timestamp(now()) | int }}", now=lambda: noon)
    assert render is not None
    assert render({}) == str(int(noon.timestamp()))


def test_a_payload_that_lacks_a_member_is_no_complaint_and_one_that_is_not_json_is() -> None:
    for template in (
        "{{ value_json.a | float }}",
        "{{ value_json.a.b | default(1) }}",
        "{{ value_json.a + 1 }}",
        "{{ value_json.a }}",
    ):
        assert extract(template, '{"b": 1}') is NO_VALUE
        with pytest.raises(ValueError, match="the payload is not JSON"):
            extract(template, "ON")
    assert extract("{{ value_json.a | default(1) }}", "{}") == "1"
    assert extract("{{ value_json if value_json is defined else value }}", "ON") == "ON"


def test_bytes_are_for_templates() -> None:
    raw = Message(b"\x12\x34\xff").decoded(RAW)
    assert value_template("{{ value | unpack('>H') }}").extract(raw) == "4660"
    assert value_template("{{ value[2:].hex() }}").extract(raw) == "ff"
    with pytest.raises(ValueError, match="bytes, not text"):
        value_template(None).extract(raw)
    assert Message(b'{"a": 1}').decoded(RAW).document == {"a": 1}


def test_each_encoding_is_decoded_once() -> None:
    message = Message("21 °C".encode("latin-1"))
    latin = message.decoded(known_encoding("latin-1"))
    assert latin.text == "21 °C"
    assert message.decoded(known_encoding("ISO-8859-1")) is latin
    assert message.decoded(known_encoding("UTF8")) is message
    with pytest.raises(ValueError, match="not utf-8"):
        _ = message.text
    for wrong in ("nonsense", "zlib", "idna", "unicode_escape", "../x", "a" * 100):
        with pytest.raises(ValueError, match="no encoding of text"):
            known_encoding(wrong)


def test_what_a_template_packs_goes_out_as_bytes() -> None:
    render = command_template("{{ pack(value, '>h') }}")
    assert render is not None
    assert outgoing(render({"value": -2})) == b"\xff\xfe"
    assert outgoing("b'not closed") == b"b'not closed"
    assert outgoing("21 °C") == "21 °C".encode()


def test_commands_are_written_with_their_own_variables() -> None:
    render = command_template('{"position": {{ position }}, "v": {{ value }}}', "position")
    assert render is not None
    assert render({"position": 3, "value": 4}) == '{"position": 3, "v": 4}'
    assert command_template(None) is None
    with pytest.raises(TemplateError, match="'tilt'"):
        command_template("{{ tilt }}", "position")


def test_a_command_that_lacks_a_value_is_none() -> None:
    render = command_template("{{ position + 1 }}", "position")
    assert render is not None
    with pytest.raises(ValueError, match="position is missing"):
        render({"value": 1})
    chosen = command_template("{{ {0: 'off'}[value] | default('') }}")
    assert chosen is not None
    assert chosen({"value": 7}) == ""


@pytest.mark.parametrize(
    ("template", "subject"),
    [
        (None, ""),
        ("{{ value }}", ""),
        ("{{ value_json.state }}", "state"),
        ('{% if value_json["child_lock"] %}true{% else %}false{% endif %}', "child_lock"),
        ("{{ {'off':0}[value_json['fan_mode']] | default('None') }}", "fan_mode"),
        ("{{ value_json.a + value_json.b }}", ""),
        ("{{ value_json.a.b }}", ""),
        ("{{ value_json.get('a') }}", "a"),
        ("{{ 'a' in value_json }}", "a"),
        ("{{ value_json.items() | length }}", ""),
    ],
)
def test_what_a_value_depends_on(template: str | None, subject: str) -> None:
    assert value_template(template).subject == subject
