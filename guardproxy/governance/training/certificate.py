"""Certificates: that exactly these training files were scanned under this policy, and who let them pass. Signed with Ed25519.

For tuning off the API. Whoever trains checks the certificate against the files themselves: what it doesn't name, or names with
another digest, is not certified. Keys are those of `guardproxy audit key`.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from guardproxy.governance.audit.signing import Signer, Verifier
from guardproxy.types import ConfigError, GuardproxyError

FORMAT: Final = "guardproxy-training-certificate/v1"
WHAT: Final = b"guardproxy training certificate\0"
DAYS: Final = 30.0
"""For which a certificate holds, unless it says otherwise."""
_MOST: Final = 4 << 20
_CLOCK: Final = 300.0
"""Seconds by which the clocks of two machines may differ."""


class NotCertified(GuardproxyError):
    """These files may not be trained on: the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Certified:
    """One file."""

    name: str
    """As it was called when it was scanned; only its digest counts."""
    digest: str
    """`sha256:…` of its bytes."""
    bytes: int
    examples: int
    outcome: str
    """`allow`, or `require_approval` where people have agreed."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is signed."""

    files: tuple[Certified, ...]
    policy: str
    policy_digest: str
    approved_by: tuple[str, ...]
    """Who agreed, where the policy asks for people."""
    model: str
    """The model that it is for; empty for any."""
    method: str
    issued: float
    expires: float
    """Seconds since 1970."""
    guardproxy: str

    def signed(self, signer: Signer) -> str:
        """The certificate as it is written to a file."""
        statement = asdict(self)
        signature = signer.sign(WHAT, _canonical(statement))
        return json.dumps({"format": FORMAT, "certificate": statement, "signature": signature}, indent=2) + "\n"


def _canonical(statement: Mapping[str, Any]) -> bytes:
    return orjson.dumps(statement, option=orjson.OPT_SORT_KEYS)


def read(file: Path, trusted: Verifier, *, now: float | None = None) -> Certificate:
    """The certificate of a file. Raises NotCertified where it is not signed by a trusted key, or is not in force."""
    try:
        if file.stat().st_size > _MOST:
            raise ValueError("it is too large")
        whole = orjson.loads(file.read_bytes())
        if whole["format"] != FORMAT:
            raise ValueError("another format")
        statement, signature = whole["certificate"], str(whole["signature"])
    except OSError as e:
        raise NotCertified(f"the certificate {file} can't be read: {e.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise NotCertified(f"{file} is no certificate; `guardproxy scan --certificate FILE` writes one") from None
    if not trusted.knows(signature):
        raise NotCertified(f"the certificate {file} is not signed by a key that you trust (--trust FILE)")
    if not trusted.valid(WHAT, _canonical(statement), signature):
        raise NotCertified(f"the certificate {file} was changed since it was signed")
    files = tuple(Certified(**one) for one in statement.pop("files"))
    made = Certificate(files, approved_by=tuple(statement.pop("approved_by")), **statement)
    at = time.time() if now is None else now
    if not made.issued - _CLOCK <= at <= made.expires:
        raise NotCertified(f"the certificate {file} has expired, or is of the future; scan the files again")
    return made


def digest(file: Path) -> str:
    """`sha256:…` of a file. Raises ConfigError."""
    try:
        with file.open("rb") as data:
            return f"sha256:{hashlib.file_digest(data, 'sha256').hexdigest()}"
    except OSError as e:
        raise ConfigError(f"{file} can't be read: {e.strerror}") from None


def check(certificate: Certificate, files: Sequence[Path], *, model: str = "") -> None:
    """That each file is one that the certificate names, as it was scanned. Raises NotCertified."""
    if not files:
        raise NotCertified("no training file is named, so nothing is certified; give the files that are trained on")
    known = {one.digest for one in certificate.files}
    for file in files:
        if digest(file) not in known:
            raise NotCertified(f"{file} is not what the certificate is for: it was changed, or never scanned")
    if certificate.model and model and certificate.model != model:
        raise NotCertified(f"the certificate is for the model {certificate.model!r}, not for {model!r}")


class Guarded:
    """A callback for transformers' Trainer, which doesn't start on files that are not certified.

        trainer.add_callback(Guarded("set.cert.json", trust=["release.pub"], files=["set.jsonl"]))

    transformers calls `on_…` methods for what happens; it needs none of its classes. The files are looked at when training
    begins and again when it ends: what was changed meanwhile is an error too. Load the data from these files (`rows`).
    """

    def __init__(self, certificate: str | Path, *, trust: Iterable[str | Path], files: Iterable[str | Path]) -> None:
        from guardproxy.governance.audit.signing import load_verifier

        self._certificate, self._files = Path(certificate), [Path(file) for file in files]
        self._trusted = load_verifier(Path(file) for file in trust)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("on_"):
            return _nothing
        raise AttributeError(name)

    def on_train_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Raises NotCertified."""
        self._check(more.get("model"))

    def on_train_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Raises NotCertified."""
        self._check(more.get("model"))

    def _check(self, model: Any) -> None:
        name = str(getattr(getattr(model, "config", None), "_name_or_path", "") or "")
        check(read(self._certificate, self._trusted), self._files, model=name)

    def rows(self) -> Iterator[Any]:
        """The examples of the files, parsed, each file checked first. Raises NotCertified."""
        certificate = read(self._certificate, self._trusted)
        for file in self._files:
            check(certificate, [file])
            with file.open("rb") as lines:
                yield from (orjson.loads(line) for line in lines if line.strip())


def _nothing(*args: Any, **more: Any) -> None:
    """Nothing to do then."""
