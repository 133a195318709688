"""What an operator says of one judge: where it is, how it is spoken to, what it may cost. A part of the settings."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Final, Literal, TypeAlias, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from guardproxy.addresses import check_url, is_loopback
from guardproxy.amounts import Count, Seconds

Protocol: TypeAlias = Literal[
    "safeguard", "llama_guard", "qwen3guard", "shieldgemma", "granite_guardian",
    "moderations", "decisions", "classify", "fms", "tei",
]  # fmt: skip
PROTOCOLS: Final[tuple[str, ...]] = get_args(Protocol)
LABEL: Final = r"^judge\.[a-z0-9_]{1,60}$|^safe$"
Label: TypeAlias = Annotated[str, Field(pattern=LABEL)]


class JudgeTarget(BaseModel):
    """One judge: a server that says whether a text breaks a policy."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    """Base of its API: `http://127.0.0.1:8001/v1`. Plain http only to this machine and to `judge_hosts`."""
    protocol: Protocol
    """How it is asked, and what its answers look like."""
    model: str = Field("", max_length=200)
    """The model to ask for; with `fms` the detector's id. `tei` needs none."""
    key_env: str = ""
    """Name of the variable that holds its key; none: no key is sent."""
    timeout: Seconds = 10.0
    """For one verdict: waiting for a turn, retries and pauses included."""
    retries: int = Field(2, ge=0, le=5)
    """After a connection that failed, a 429 or a 5xx, while `timeout` lasts."""
    concurrency: Count = 8
    """Questions asked at once."""
    queue: int = Field(64, ge=0, le=10_000)
    """Questions that may wait for their turn; one more is a timeout at once."""
    failures: Count = 5
    """In a row, after which nothing is asked for `pause`; then one question is tried."""
    pause: Seconds = 10.0
    """How long nothing is asked after `failures`."""
    max_tokens: int = Field(1024, ge=1, le=32_768)
    """Of an answer, thinking included. An answer that is cut is no verdict."""
    labels: dict[str, Label] = {}
    """Its words to `judge.*`, where the built-in table has none, or `safe`: nothing is held against the text."""
    classes: tuple[str, ...] = ()
    """With `classify`: names of the model's classes in their order; without, only the likeliest is known."""
    criterion: str = Field("", max_length=100)
    """With `granite_guardian`: the criterion to judge by; `harm` if left out."""

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        url = check_url(value)
        try:
            address = ipaddress.ip_address((urlsplit(url).hostname or "").partition("%")[0])
        except ValueError:
            return url
        if forbidden(address):
            raise ValueError(f"{address} is an address that no judge has (link-local, multicast or none)")
        return url

    @model_validator(mode="after")
    def _fits(self) -> JudgeTarget:
        if not self.model and self.protocol != "tei":
            raise ValueError(f"`model` is missing: {self.protocol} asks for one by name")
        if self.classes and self.protocol != "classify":
            raise ValueError("`classes` is for the protocol classify")
        if self.criterion and self.protocol != "granite_guardian":
            raise ValueError("`criterion` is for the protocol granite_guardian")
        return self

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def private(self) -> bool:
        """What it is asked can't be read on the way: https, or it never leaves this machine."""
        return urlsplit(self.url).scheme == "https" or is_loopback(self.host)


def forbidden(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether nobody may be asked there: cloud metadata is link-local, and a name may resolve to it."""
    mapped = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    if mapped is not None:
        return forbidden(mapped)
    return address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved
