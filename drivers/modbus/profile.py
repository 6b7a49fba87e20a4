"""A profile: what the registers of one model mean. Checked whole when it is loaded, each problem with what would be right.

Addresses are those on the wire, from 0 (MODBUS Application Protocol V1.1b3, section 4.4): a manual's 30001 is `input` 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from capabilities.vocabulary import Privilege

MAX_REGISTERS_PER_READ: Final = 125
"""V1.1b3, sections 6.3 and 6.4."""

MAX_BITS_PER_READ: Final = 2000
"""V1.1b3, sections 6.1 and 6.2."""

MAX_COMPONENTS: Final = 64
MAX_PROPERTIES_PER_COMPONENT: Final = 64
"""The largest inverter's list has some hundred registers that matter in a house."""

WIDTHS: Final = {
    "bool": 1, "bit": 1, "enum": 1, "u16": 1, "s16": 1, "u32": 2, "s32": 2, "f32": 2, "u64": 4, "s64": 4,
}  # fmt: skip
"""Registers of each type; those of `string` are its `length`."""

NUMBERS: Final = frozenset({"u16", "s16", "u32", "s32", "u64", "s64", "f32"})
SOMEBODYS_TO_SAY: Final = frozenset({"switch", "outlet", "valve", "lock", "garage", "blind", "siren"})
"""Kinds that a profile cannot vouch for where they can be written: what hangs on a contact, and what a drive moves, is
known to a person."""

MANUALS_REGISTERS: Final = frozenset(range(30001, 50000))
"""As manuals count input (3xxxx) and holding registers (4xxxx) from 1: of a bit it is a mistake. Of a register it need not
be one: SunSpec's begin at 40000 on the wire.
"""

UNITS_IN_WORDS: Final = {
    "percent": "%", "pct": "%", "celsius": "°C", "degc": "°C", "deg c": "°C", "c": "°C", "watt": "W", "watts": "W", "volt": "V",
    "volts": "V", "ampere": "A", "amps": "A", "amp": "A", "hertz": "Hz", "kilowatt": "kW", "seconds": "s", "minutes": "min",
    "hours": "h", "lux": "lx", "m3": "m³", "m3/h": "m³/h",
}  # fmt: skip

Register = Annotated[int, Field(ge=0, le=65535)]
Options = dict[
    Annotated[str, Field(pattern=r"^\d{1,5}$")], Annotated[str, Field(min_length=1, max_length=64)]
]
Order = Literal["big", "little"]
Type = Literal["bool", "bit", "enum", "u16", "s16", "u32", "s32", "u64", "s64", "f32", "string"]


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Place(Table):
    """What is read: `register` is the first one, `length` how many a `string` has, `bit` which one counts (0: the lowest)."""

    table: Literal["coil", "discrete", "input", "holding"]
    register_: Register = Field(alias="register")
    type: Type = "u16"
    length: Annotated[int, Field(ge=1, le=32)] | None = None
    bit: Annotated[int, Field(ge=0, le=15)] | None = None
    word_order: Order | None = None
    byte_order: Order | None = None

    @property
    def is_bit(self) -> bool:
        """Whether it stands in a table of bits."""
        return self.table in {"coil", "discrete"}

    @property
    def width(self) -> int:
        """Registers, or bits in a table of bits."""
        return self.length or 1 if self.type == "string" else WIDTHS[self.type]

    @property
    def end(self) -> int:
        return self.register_ + self.width

    @model_validator(mode="after")
    def _fits(self) -> Self:
        """All that is wrong, a line each."""
        problems = list(self.problems())
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def problems(self) -> Iterator[str]:
        """What is wrong with it as a whole."""
        if self.is_bit and self.type != "bool":
            yield f'a {self.table} is one bit; write type = "bool"'
        if (self.type == "string") != (self.length is not None):
            yield "length (in registers) belongs to a string, and to nothing else"
        if (self.type == "bit") != (self.bit is not None):
            yield 'bit (0 to 15) belongs to type = "bit", and to nothing else'
        if self.end > 65536:
            yield "ends behind register 65535"
        if self.is_bit and self.register_ in MANUALS_REGISTERS:
            table = "holding" if self.register_ > 40000 else "input"
            yield (
                f"a manual's {self.register_} is no {self.table}: it is register {self.register_ % 10000 - 1} of table = "
                f"{table!r}; a {self.table} counts from 0, too"
            )


class PropertyTable(Place):
    """One property: value = raw * scale + offset, in `unit`, which is the Thing Model's (°C, W, kWh …).

    What is read outside `minimum` to `maximum` is bad, and so is a raw number out of `invalid`. An `enum` may show what is in
    `shown` besides its `options`. A `writable` one is written at
    `write_register` (else where it is read) with `write_function`, and confirmed by what is read at `register`; numbers
    between `write_minimum` and `write_maximum` (else `minimum` and `maximum`).
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    title: str = Field("", max_length=64)
    options: Options = Field({}, max_length=64)
    shown: Options = Field({}, max_length=64)
    on: Register = 1
    off: Register = 0
    unit: str = Field("", max_length=16)
    scale: float = 1.0
    offset: float = 0.0
    minimum: float | None = None
    maximum: float | None = None
    invalid: tuple[int, ...] = Field((), max_length=16)
    poll_s: Annotated[float, Field(ge=0.05, le=86400)] | None = None
    writable: bool = False
    write_table: Literal["coil", "holding"] | None = None
    write_register: Register | None = None
    write_function: Literal[5, 6, 15, 16] | None = None
    write_minimum: float | None = None
    write_maximum: float | None = None
    settle_s: float = Field(0.0, ge=0, le=10)
    hazard: Annotated[int, Field(ge=0, le=3)] = 0
    privilege: Privilege = Privilege.VIEW

    @property
    def writes_to(self) -> tuple[str, int]:
        """Table and first register of a command."""
        place = self.register_ if self.write_register is None else self.write_register
        return self.write_table or self.table, place

    @property
    def function(self) -> int:
        """Of a command: V1.1b3, sections 6.5, 6.6, 6.11, 6.12."""
        if self.write_function is not None:
            return self.write_function
        if self.writes_to[0] == "coil":
            return 5
        return 6 if self.width == 1 else 16

    @property
    def write_range(self) -> tuple[float | None, float | None]:
        low = self.minimum if self.write_minimum is None else self.write_minimum
        return low, self.maximum if self.write_maximum is None else self.write_maximum

    @field_validator("unit")
    @classmethod
    def _is_a_unit(cls, unit: str) -> str:
        if (right := UNITS_IN_WORDS.get(unit.casefold())) is not None:
            raise ValueError(f"write {right!r}, not {unit!r}")
        return unit

    def problems(self) -> Iterator[str]:
        """Also of its meaning, and of its command."""
        yield from super().problems()
        yield from self._meaning()
        yield from self._command()

    def _meaning(self) -> Iterator[str]:
        if not (math.isfinite(self.scale) and math.isfinite(self.offset)) or self.scale == 0:
            yield "scale is a number that is not 0, and offset is a number"
        if self.type not in NUMBERS and (
            self.scale != 1 or self.offset or self.unit or self.minimum is not None
        ):
            yield f"scale, offset, unit and minimum belong to numbers, and a {self.type} is none"
        if (self.type == "enum") != bool(self.options):
            yield 'type = "enum" and options belong together; write options = { 0 = "off", 1 = "on" }'
        if self.shown and self.type != "enum":
            yield 'shown belongs to type = "enum": what it may show, and cannot be set to'
        texts = [*self.options.values(), *self.shown.values()]
        if len(set(texts)) < len(texts) or self.options.keys() & self.shown.keys():
            yield "two options have the same number or text; give each its own"
        if self.on == self.off:
            yield "on and off are the same number; give each its own"
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            yield "minimum is above maximum"

    def _command(self) -> Iterator[str]:
        if not self.writable:
            named = [name for name in type(self).model_fields if name.startswith("write_")]
            if any(getattr(self, name) is not None for name in named):
                yield "write_… belongs to what is writable; write writable = true, or leave it out"
            return
        if self.type in {"bit", "string"}:
            yield f"a {self.type} cannot be written: other bits would be written with it, and texts are not taken"
            return
        table, _ = self.writes_to
        if table not in {"coil", "holding"}:
            yield f"{self.table} registers are read only; name write_table and write_register"
            return
        allowed = (5, 15) if table == "coil" else (6, 16) if self.width == 1 else (16,)
        if self.function not in allowed:
            yield f"write_function is {' or '.join(map(str, allowed))} here"
        if table == "coil" and self.type != "bool":
            yield 'what is written to a coil is type = "bool"'
        low, high = self.write_range
        if self.type in NUMBERS and (low is None or high is None or low > high):
            yield "a number that can be written has minimum and maximum: nothing outside goes out"


class ComponentTable(Table):
    """An instance of the Thing Model `kind`. `certain = false`: a person has to say what it is."""

    key: str = Field(pattern=r"^[a-z0-9][a-z0-9_]{0,39}$")
    kind: str
    title: str = Field("", max_length=64)
    certain: bool = True
    property: tuple[PropertyTable, ...] = Field(min_length=1, max_length=MAX_PROPERTIES_PER_COMPONENT)

    @model_validator(mode="after")
    def _says_what_it_knows(self) -> ComponentTable:
        if self.certain and self.kind in SOMEBODYS_TO_SAY and any(one.writable for one in self.property):
            raise ValueError(
                f"what hangs on a {self.kind} of this device is for a person to say; write certain = false"
            )
        return self


class ProfileTable(Table):
    """`serial_number` says where the device tells it: then it is known by that, wherever it is. `gap` is how many registers
    that nobody needs may be read along; `max_registers` is the most that one read may have. `sources` are where the facts are
    from.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
    title: str = Field(min_length=1, max_length=80)
    manufacturer: str = Field(min_length=1, max_length=64)
    model: str = Field(min_length=1, max_length=64)
    sources: tuple[str, ...] = Field(min_length=1, max_length=10)
    defaults: str = Field("", max_length=200)  # of its port, when it leaves the factory: for people
    word_order: Order = "big"
    byte_order: Order = "big"
    max_registers: int = Field(MAX_REGISTERS_PER_READ, ge=1, le=MAX_REGISTERS_PER_READ)
    gap: int = Field(0, ge=0, le=64)
    poll_s: float = Field(10.0, ge=0.05, le=3600)
    serial_number: Place | None = None
    component: tuple[ComponentTable, ...] = Field(min_length=1, max_length=MAX_COMPONENTS)

    @model_validator(mode="after")
    def _has_different_keys(self) -> ProfileTable:
        keys = [one.key for one in self.component]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            raise ValueError(f"two components have key = {twice!r}; give each its own")
        return self
