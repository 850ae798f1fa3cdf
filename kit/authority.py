"""Whether one of the given time-stamp authorities signed a token (RFC 3161, 2.3; RFC 5652).

Separate because it alone needs rfc3161-client, which is only asked for where a certificate is
given. Signature, chain to a given root at the token's own time, and the purpose of the signer's
certificate are checked; whether a certificate was revoked is not looked up. Imports cryptography.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.x509 import Certificate, load_pem_x509_certificates

from kit.command import Unusable, read_file
from kit.der import EXPLICIT, SEQUENCE, element, parts

Roots = tuple[Certificate, ...]
_GRANTED = bytes.fromhex("3003020100")  # PKIStatusInfo: status 0


def read(path: Path) -> Roots:
    """The certificates of a PEM file; Unusable where it holds none, or the library is missing."""
    try:
        import rfc3161_client
    except ModuleNotFoundError as error:
        raise Unusable(f"{error.name} is missing: .venv/bin/pip install -e '.[report]'") from None
    assert rfc3161_client
    try:
        return tuple(load_pem_x509_certificates(read_file(path)))
    except ValueError:
        raise Unusable(f"{path}: no certificate (PEM) in it") from None


def signed(token: bytes, digest: bytes, roots: Roots) -> bool:
    """Whether the chain of who signed this token over this digest ends at one of the roots."""
    from rfc3161_client import VerifierBuilder, decode_timestamp_response
    from rfc3161_client.errors import VerificationError

    try:
        answer = decode_timestamp_response(element(SEQUENCE, _GRANTED + _in_order(token)))
        builder = VerifierBuilder(roots=list(roots))
        if not answer.signed_data.certificates:  # the asker did not want them in the token
            builder = builder.tsa_certificate(_signer(answer.signed_data.signer_infos, roots))
        return builder.build().verify(answer, digest)
    except (VerificationError, ValueError, IndexError, StopIteration):
        return False


def _signer(infos: set, roots: Roots) -> Certificate:
    (info,) = infos
    named = (info.issuer, info.serial_number)
    return next(one for one in roots if (one.issuer, one.serial_number) == named)


def _in_order(token: bytes) -> bytes:
    """The token with its certificates in the order of DER: no signature is over that order, many
    authorities do not keep it, and the library asks for it."""
    kind, (tag, content) = parts(parts(token)[0][1])
    fields = parts(parts(content)[0][1])
    sorted_ = [
        (t, b"".join(sorted(element(*one) for one in parts(value))) if t == EXPLICIT else value)
        for t, value in fields
    ]
    data = element(SEQUENCE, b"".join(element(*field) for field in sorted_))
    return element(SEQUENCE, element(*kind) + element(tag, data))
