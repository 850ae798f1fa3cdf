"""Whether the keys that were given are those of the file, before anything is judged with them.

Separate because a wrong file of keys is a mistake of whoever gave it, not a finding on a
recording. What is in the file is only looked at, not believed.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from kit import container
from kit.command import Unusable
from kit.container import CLASS_NAMES, NO_SLOT, Raw
from kit.keys import Association, ClassKey
from kit.recording import Given
from kit.registry import Device


class Files(NamedTuple):
    """Where they came from, for the complaint."""

    path: Path
    key: Path | None
    secrets: Path | None
    class_key: Path | None


def check(data: bytes, given: Given, files: Files) -> None:
    """Unusable where the keys are of something else than what is in the file."""
    if given.association is None and given.class_key is None:
        return
    opened = [raw for raw in container.read(data).recordings if raw.opening is not None]
    if given.association is not None:
        _check_private(opened, given.association.public(), given.registry.devices, files)
        _check_secrets(opened, given.association, given.registry.devices, files)
    if given.class_key is not None and opened:
        _check_class(opened, given.class_key, files)


def _check_private(
    opened: list[Raw], public: bytes, known: dict[bytes, Device], files: Files
) -> None:
    present = {raw.opening.devid for raw in opened if raw.opening is not None}
    devices = [known[devid] for devid in sorted(present) if devid in known]
    if devices and public not in {device.agreement_key for device in devices}:
        names = ", ".join(device.devid.hex() for device in devices)
        raise Unusable(f"{files.key} is not the key of device {names}")


def _check_secrets(
    opened: list[Raw], association: Association, known: dict[bytes, Device], files: Files
) -> None:
    """A recording without a number was made without a secret."""
    needed = {raw.opening.devid for raw in opened if raw.opening and raw.q != NO_SLOT}
    mine = {d for d in needed if d in known and known[d].agreement_key == association.public()}
    names = ", ".join(devid.hex() for devid in sorted(mine - association.psk.keys()))
    if names:
        raise Unusable(f"{files.secrets} holds no secret of device {names}")


def _check_class(opened: list[Raw], key: ClassKey, files: Files) -> None:
    own = [raw for raw in opened if raw.opening and (raw.opening.devid, raw.q) == key[:2]]
    what = f"{files.class_key}: the key of recording {key.q} of device {key.devid.hex()}"
    if not own:
        raise Unusable(f"{what}, which is not in {files.path}")
    present = {segment.class_ for raw in own for segment in raw.segments}
    if present and key.class_ not in present:
        held = ", ".join(CLASS_NAMES[class_] for class_ in sorted(present))
        raise Unusable(f"{what}, class {CLASS_NAMES[key.class_]}; {files.path} holds {held}")
