"""Xiaomi's MiBeacon, versions 2 to 5, encrypted or not, and HHCCJCY10. Parser: xiaomi-ble.

What is told of people's bodies and of who opened a lock is left out: weight, impedance, heart rate, fingerprints, key ids.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from habluetooth import BluetoothServiceInfoBleak
from sensor_state_data import SensorUpdate
from xiaomi_ble import EncryptionScheme, XiaomiBluetoothDeviceData

from drivers.ble.decoders.decoder import Decoded
from drivers.ble.decoders.ecosystem import EcosystemDecoder, hushed

_PEOPLES: Final = frozenset({
    "mass", "mass_non_stabilized", "impedance", "impedance_low", "impedance_high", "heart_rate", "profile_id", "stabilized",
    "fingerprint", "key_id", "lock_method", "toothbrush", "score", "counter", "asleep",
})  # fmt: skip

hushed("xiaomi_ble")


def open_decoder(key: bytes | None) -> XiaomiDecoder:
    return XiaomiDecoder(key)


class XiaomiDecoder(EcosystemDecoder):
    def __init__(self, key: bytes | None) -> None:
        self._xiaomi = XiaomiBluetoothDeviceData(key)
        self._key = key
        super().__init__(self._xiaomi, _PEOPLES)

    def parse(self, info: BluetoothServiceInfoBleak) -> SensorUpdate | None:
        # All three are told anew by each advertisement, and not at all by one that says nothing.
        self._xiaomi.encryption_scheme = EncryptionScheme.NONE
        self._xiaomi.decryption_failed = False
        self._xiaomi.bindkey_verified = False
        return super().parse(info)

    def finish(self, decoded: Decoded) -> Decoded | None:
        scheme = self._xiaomi.encryption_scheme
        if scheme is EncryptionScheme.NONE:
            # With a key, what is not encrypted is somebody else's, or tells nothing: real sensors send empty ones between.
            return super().finish(decoded) if self._key is None else None
        if not self._xiaomi.bindkey_verified or self._xiaomi.decryption_failed:
            return replace(decoded, values=(), events=(), encrypted=True)
        legacy = scheme is EncryptionScheme.MIBEACON_LEGACY
        return replace(decoded, encrypted=True, opened=True, doubtful=legacy)
