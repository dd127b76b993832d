"""A private key with its certificates: made here, or read from PEM, and found fit to sign with."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from himmel.records import HimmelError

if TYPE_CHECKING:
    import c2pa

CLAIM_SIGNING = x509.ObjectIdentifier("1.3.6.1.4.1.62558.2.1")
"""C2PA's own purpose of a certificate (C2PA specification 2.1, section 14.5.1)."""
LASTS = timedelta(days=3652)
"""Without a time stamp by somebody else a manifest counts only as long as its certificate does."""
CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}


@dataclass(frozen=True)
class Identity:
    """A key on this machine that signs. chain: certificates, PEM, the signing one first. algorithm: see `signer`.

    key: PEM. name: of the signing certificate. ends: when that runs out, UTC.
    """

    chain: str
    algorithm: str
    name: str
    ends: datetime
    key: str = field(repr=False)

    @property
    def root(self) -> str:
        """The last certificate, PEM: what one has to trust to trust this."""
        return x509.load_pem_x509_certificates(self.chain.encode())[-1].public_bytes(Encoding.PEM).decode()

    @contextmanager
    def opened(self) -> Iterator[c2pa.Signer]:
        """The native signer. Signing with the key itself takes 9 kB less of each file than with a callback."""
        import c2pa

        info = c2pa.C2paSignerInfo(self.algorithm, self.chain.encode(), self.key.encode(), None)
        with c2pa.Signer.from_info(info) as native:
            yield native


def made() -> tuple[str, str]:
    """(key, chain), PEM, of a new identity: a root that signs one certificate, whose own key is then forgotten.

    They hold a random number and nothing of the machine or its user.
    """
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    label = f"himmel installation {secrets.token_hex(4)}"
    root = _root(_name(f"{label}, root"), root_key)
    leaf = _leaf(_name(label), key, root.subject, root_key)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem.decode(), "".join(c.public_bytes(Encoding.PEM).decode() for c in (leaf, root))


def read(key: bytes, chain: bytes, remedy: str) -> Identity:
    """The identity in PEM files. remedy: what to do about one that will not do.

    Raises HimmelError for what is no PEM, a key with a password or of a kind that C2PA does not know, and a certificate
    that belongs to another key, is not valid yet, or has run out.
    """
    try:
        secret = load_pem_private_key(key, None)
    except TypeError as error:
        raise HimmelError("a key with a password", "one without, or a callback from Python", remedy) from error
    except ValueError as error:
        raise HimmelError("no private key in it", "PEM", remedy) from error
    try:
        certificates = x509.load_pem_x509_certificates(chain)
    except ValueError as error:
        raise HimmelError("no certificate in it", "PEM, the signing certificate first", remedy) from error
    leaf = certificates[0]
    if secret.public_key() != leaf.public_key():
        raise HimmelError("the certificate belongs to another key", "the signing certificate first", remedy)
    now = datetime.now(UTC)
    if now > leaf.not_valid_after_utc:
        raise HimmelError(f"the certificate ran out on {leaf.not_valid_after_utc:%Y-%m-%d}", "a valid one", remedy)
    if now < leaf.not_valid_before_utc:
        raise HimmelError(f"the certificate begins on {leaf.not_valid_before_utc:%Y-%m-%d}", "", "set the clock right")
    pems = "".join(c.public_bytes(Encoding.PEM).decode() for c in certificates)
    plain = secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return Identity(pems, _algorithm(secret, remedy), _called(leaf), leaf.not_valid_after_utc, plain)


def _algorithm(key: object, remedy: str) -> str:
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in CURVES:
        return CURVES[key.curve.name]
    if isinstance(key, rsa.RSAPrivateKey):
        return "ps256"
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ed25519"
    raise HimmelError("a kind of key that C2PA does not know", "P-256, P-384, P-521, RSA or Ed25519", remedy)


def _called(certificate: x509.Certificate) -> str:
    """The common name, else the whole name."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()


def _name(label: str) -> x509.Name:
    attributes = {NameOID.COMMON_NAME: label, NameOID.ORGANIZATION_NAME: "himmel, self-made certificate"}
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes.items()])


def _begun(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    start = datetime.now(UTC) - timedelta(days=1)  # other machines' clocks may be behind
    builder = x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number(), start, start + LASTS)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _root(name: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    builder = _begun(name, name, key.public_key())
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return builder.add_extension(_usage(signs_certificates=True), critical=True).sign(key, hashes.SHA256())


def _leaf(
    name: x509.Name, key: ec.EllipticCurvePrivateKey, issuer: x509.Name, issuer_key: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    """What C2PA asks of a signing certificate: no authority, digital signatures, two purposes."""
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION, CLAIM_SIGNING])
    builder = _begun(name, issuer, key.public_key())
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
    builder = builder.add_extension(purposes, critical=False).add_extension(authority, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
