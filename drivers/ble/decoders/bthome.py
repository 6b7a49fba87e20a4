"""BTHome v1 and v2, encrypted or not. Source: bthome.io, "BTHome format" and "Encryption"; parser: bthome-ble."""

from __future__ import annotations

from dataclasses import replace

from bthome_ble import BTHomeBluetoothDeviceData
from bthome_ble.parser import EncryptionScheme
from habluetooth import BluetoothServiceInfoBleak
from sensor_state_data import SensorUpdate

from drivers.ble.decoders.decoder import Decoded
from drivers.ble.decoders.ecosystem import EcosystemDecoder, hushed

hushed("bthome_ble")


def open_decoder(key: bytes | None) -> BTHomeDecoder:
    return BTHomeDecoder(key)


class BTHomeDecoder(EcosystemDecoder):
    """With a key, plain advertisements are none of its device's: the parser leaves them out."""

    def __init__(self, key: bytes | None) -> None:
        self._bthome = BTHomeBluetoothDeviceData(key)
        self.counter = -1
        super().__init__(self._bthome)

    def resume(self, counter: int) -> None:
        """As `Counting.resume`. The parser looks at its counter once a key has fitted, which it did then."""
        self.counter = counter
        self._bthome.encryption_counter = float(counter + 1)
        self._bthome.bindkey_verified = True

    def parse(self, info: BluetoothServiceInfoBleak) -> SensorUpdate | None:
        parser = self._bthome
        verified = parser.bindkey_verified
        # What one advertisement opens must not make the next, which cannot be opened, look opened too.
        parser.decryption_failed = True
        try:
            return super().parse(info)
        finally:
            # The parser lets the counter go after what it could not decrypt: then anybody's noise would open the door to a
            # replay. Once a key has fitted, it fits.
            parser.bindkey_verified = parser.bindkey_verified or verified

    def finish(self, decoded: Decoded) -> Decoded | None:
        parser = self._bthome
        if parser.downgrade_detected:
            return None
        if parser.encryption_scheme is EncryptionScheme.NONE:
            return super().finish(decoded)
        opened = not parser.decryption_failed
        if not opened:
            return replace(decoded, values=(), events=(), encrypted=True)
        self.counter = int(parser.encryption_counter)
        return replace(decoded, encrypted=True, opened=True)
