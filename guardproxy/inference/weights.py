"""Where a model's files are and whether they are what the operator meant. Imports no framework: the serving process may.

Weights are safetensors, or a file whose SHA-256 the operator wrote down and that is then read as tensors only. Nothing
here, and nothing in a worker, ever fetches a file.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import re
import shlex
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from guardproxy.types import ConfigError

SHA256 = re.compile(r"[0-9a-f]{64}")
HUB = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*")
COMMIT = re.compile(r"[0-9a-f]{40}")
BIN = "pytorch_model.bin"
_OWN: Mapping[str, Any] = {"local_files_only": True, "trust_remote_code": False}
_READ_AHEAD = 1 << 20
_RUNTIME = 4 << 30
"""Bytes of address space that torch and a tokenizer need, with room to compute."""


def libraries(what: str) -> tuple[Any, Any]:
    """torch and transformers, kept from the network. Raises ConfigError when they are not installed."""
    os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        torch, transformers = importlib.import_module("torch"), importlib.import_module("transformers")
    except ImportError as e:
        raise ConfigError(
            f"{what} needs packages that are not installed ({e.name}): pip install 'guardproxy[transformers]'"
        ) from None
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    return torch, transformers


# ---------------------------------------------------------------------------------------------------- folders


def folder(options: Mapping[str, Any]) -> Path:
    """The folder of a model: `path`, or what was fetched before of `hub` at `revision`. Raises ConfigError."""
    if path := options.get("path"):
        found = Path(path).expanduser()
        if not (found / "config.json").is_file():
            raise ConfigError(
                f"there is no model in {found}: its folder holds config.json, the tokenizer and model.safetensors"
            )
        return found
    return _fetched(str(options.get("hub") or ""), str(options.get("revision") or ""))


def _fetched(hub: str, revision: str) -> Path:
    """The snapshot of a commit in the hub's cache, as `hf download` leaves it."""
    if not HUB.fullmatch(hub) or not COMMIT.fullmatch(revision):
        raise ConfigError(
            "a model needs `path`, a folder, or `hub: ORG/NAME` with `revision`, all 40 digits of a commit (names of "
            "branches and tags may mean something else tomorrow)"
        )
    found = hub_cache() / f"models--{hub.replace('/', '--')}" / "snapshots" / revision
    if not (found / "config.json").is_file():
        raise ConfigError(
            f"{hub} at {revision[:12]} is not here, and guardproxy never fetches models while it runs: "
            f"hf download {shlex.quote(hub)} --revision {revision} --include '*.json' '*.safetensors' '*.model' '*.txt'"
        )
    return found


def hub_cache() -> Path:
    """Where `hf download` keeps what it fetched (huggingface_hub's documented variables, in their order)."""
    if cache := os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE"):
        return Path(cache).expanduser()
    home = os.environ.get("HF_HOME") or str(Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface")
    return Path(home).expanduser() / "hub"


def cache() -> Path:
    """Where converted models are kept: a folder that only we (or root) can write. Raises ConfigError without one."""
    own = os.environ.get("GUARDPROXY_CACHE")
    shared = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "guardproxy"
    found = (Path(own) if own else shared) / "models"
    try:
        found.mkdir(parents=True, exist_ok=True, mode=0o700)
        info = found.stat()
    except OSError as e:
        raise ConfigError(f"converted models can't be kept in {found} ({e.strerror}): set GUARDPROXY_CACHE") from None
    if info.st_uid not in (0, os.getuid()) or info.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise ConfigError(f"others can write {found}, which converted models are loaded from: set GUARDPROXY_CACHE")
    return found


def memory(options: Mapping[str, Any]) -> int:
    """Bytes of address space that a worker may use for a model: its weights three times over (mapped, copied, converted)
    and room for the rest. 4 GiB where the files are not here: the worker then says so."""
    names = [options.get(name) for name in ("path", "checkpoint")]
    size = 0
    for path in (Path(str(n)).expanduser() for n in names if n):
        files = [path] if path.is_file() else [f for f in path.glob("*") if f.suffix in (".safetensors", ".bin")]
        size += sum(f.stat().st_size for f in files)
    if options.get("hub"):
        try:
            size += sum(f.stat().st_size for f in folder(options).glob("*.safetensors"))
        except ConfigError:
            size += 0
    return _RUNTIME + 3 * size


# ---------------------------------------------------------------------------------------------------- weights


def digest(file: BinaryIO) -> str:
    """SHA-256 of an open file, which is at its beginning again afterwards."""
    found = hashlib.sha256()
    while piece := file.read(_READ_AHEAD):
        found.update(piece)
    file.seek(0)
    return found.hexdigest()


def check(place: Path, sums: Mapping[str, str]) -> None:
    """Files of a folder have the SHA-256 that was written down for them. Raises ConfigError."""
    for name, wanted in sums.items():
        try:
            with (place / name).open("rb") as file:
                found = digest(file)
        except OSError as e:
            raise ConfigError(f"{place / name}, whose sha256 the settings name, can't be read: {e.strerror}") from None
        _same(place / name, found, wanted)


def _same(file: Path, found: str, wanted: str) -> None:
    if found != wanted:
        raise ConfigError(f"{file} is not the file that was meant: its sha256 is {found}, the settings say {wanted}")


def tensors(file: Path, wanted: str | None, torch: Any) -> Any:
    """What torch.save wrote, tensors and plain values only, out of a file with this SHA-256. Raises ConfigError.

    The very bytes that were hashed are read: the file is opened once."""
    try:
        with file.open("rb") as source:
            found = digest(source)
            if wanted is None:
                raise ConfigError(
                    f"{file} is a pickle, which is only read when the settings say what it is: "
                    f"sha256: {{{file.name}: {found}}}, once you know that this is the publisher's"
                )
            _same(file, found, wanted)
            return torch.load(source, map_location="cpu", weights_only=True)
    except OSError as e:
        raise ConfigError(f"{file} can't be read: {e.strerror}") from None
    except ConfigError:
        raise
    except Exception as e:  # torch and pickle raise what they like
        raise ConfigError(
            f"{file} holds more than tensors and plain values, and is not run ({type(e).__name__}): "
            "save it as safetensors on a machine that you may lose"
        ) from None


HEADS: Mapping[str, tuple[str, ...]] = {
    "AutoModelForSequenceClassification": ("ForSequenceClassification",),
    "AutoModelForTokenClassification": ("ForTokenClassification",),
    "AutoModelForCausalLM": ("ForCausalLM", "LMHeadModel", "ForConditionalGeneration"),
}
"""What the class of a model's config.json ends with."""


def pretrained(auto: Any, place: Path, options: Mapping[str, Any], torch: Any, **how: Any) -> Any:
    """A model of transformers from a folder: no code of others, no pickle, no weights made up for missing ones.

    Raises ConfigError."""
    said = config_of(place).get("architectures") or ()
    if said and not any(str(each).endswith(HEADS[auto.__name__]) for each in said):
        # the heads of some kinds have the same names and sizes: nothing would be missing, and the answers nonsense
        raise ConfigError(f"{place} is a {', '.join(map(str, said))}, which is no model {HEADS[auto.__name__][0]}")
    sums: Mapping[str, str] = options.get("sha256") or {}
    check(place, {name: wanted for name, wanted in sums.items() if name != BIN})
    try:
        if any(place.glob("*.safetensors")):
            model, said = auto.from_pretrained(
                str(place), use_safetensors=True, output_loading_info=True, **_OWN, **how
            )
            wrong = [*said["missing_keys"], *(key[0] for key in said["mismatched_keys"]), *said.get("error_msgs", ())]
        elif (place / BIN).is_file():
            state = tensors(place / BIN, sums.get(BIN), torch)
            transformers = importlib.import_module("transformers")
            model = auto.from_config(transformers.AutoConfig.from_pretrained(str(place), **_OWN), **how)
            wrong = model.load_state_dict(state, strict=False).missing_keys
        else:
            raise ConfigError(f"{place} has no weights that are read: model.safetensors, or {BIN} with its sha256")
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as e:
        raise ConfigError(f"{place} can't be loaded: {type(e).__name__}: {_first_line(e)}") from None
    if wrong:
        raise ConfigError(
            f"{place} lacks weights that {type(model).__name__} needs ({', '.join(sorted(map(str, wrong))[:4])}): random "
            "ones would answer; this is not the model for this use"
        )
    return model.eval()


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), "no reason given")


def config_of(place: Path) -> dict[str, Any]:
    """A model's config.json. Raises ConfigError."""
    try:
        found = json.loads((place / "config.json").read_text("utf-8"))
    except (OSError, ValueError) as e:
        raise ConfigError(f"{place / 'config.json'} can't be read: {e}") from None
    if not isinstance(found, dict):
        raise ConfigError(f"{place / 'config.json'} is not a model's config")
    return found
