"""`guardproxy weights`: which weights may be served, in a registry of signed lines."""

from __future__ import annotations

import argparse
import getpass
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from guardproxy.cli import COMMANDS
from guardproxy.cli._plain import plain
from guardproxy.governance.audit.signing import load_signer, load_verifier
from guardproxy.governance.training import certificate, weights
from guardproxy.types import ConfigError


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "weights",
        help=COMMANDS["weights"],
        description="Keep and ask a registry of weights that may be served. Exit code 0: done, or allowed; 1: not allowed; "
        "2: it could not be done.",
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    one = verbs.add_parser("allow", help="say that weights may be served")
    one.add_argument("--certificate", type=Path, metavar="FILE", help="of the files that they were trained on")
    _writing(one)
    _writing(verbs.add_parser("withdraw", help="say that they may not any more"))
    one = verbs.add_parser("check", help="whether weights may be served")
    one.add_argument("folder", type=Path, metavar="FOLDER", help="of the model")
    _reading(one)
    one = verbs.add_parser("list", help="what was said last about each")
    _reading(one)
    one = verbs.add_parser("digest", help="print the digest of weights")
    one.add_argument("folder", type=Path, metavar="FOLDER", help="of the model")


def _writing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="FOLDER_OR_DIGEST", help="folder of the model, or `sha256:…`")
    parser.add_argument("--registry", type=Path, required=True, metavar="FILE", help="the registry")
    parser.add_argument("--sign", type=Path, required=True, metavar="KEY", help="key: `guardproxy audit key FILE`")
    parser.add_argument("--name", default="", help="of the model, for people")
    parser.add_argument("--by", default="", metavar="NAME", help="who says so (default: the name of your account)")
    parser.add_argument("--reason", default="", help="why")


def _reading(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--registry", type=Path, required=True, metavar="FILE", help="the registry")
    parser.add_argument(
        "--trust",
        type=Path,
        action="append",
        required=True,
        metavar="KEY",
        help="public key that may sign; several are fine",
    )


def run(args: argparse.Namespace) -> int:
    return {"allow": _write, "withdraw": _write, "check": _check, "list": _list, "digest": _digest}[args.verb](args)


def _write(args: argparse.Namespace) -> int:
    signer = load_signer(args.sign)
    digest = args.model if args.model.startswith("sha256:") else weights.digest(Path(args.model))
    name = args.name or Path(args.model).name
    data: tuple[str, ...] = ()
    if args.verb == "allow" and args.certificate:
        trained = certificate.read(args.certificate, load_verifier([args.sign]))
        data = tuple(one.digest for one in trained.files)
    by = args.by or getpass.getuser()
    if not by.strip():
        raise ConfigError("say who decides (--by NAME)")
    entry = weights.made(digest, name, allowed=args.verb == "allow", by=by.strip(), reason=args.reason, data=data)
    weights.add(args.registry, entry, signer)
    print(f"{digest} {'may be served' if entry.allowed else 'was withdrawn'}: {plain(name)}")
    return 0


def _check(args: argparse.Namespace) -> int:
    known = weights.entries(args.registry, load_verifier(args.trust))
    try:
        one = weights.require(known, weights.digest(args.folder), str(args.folder))
    except weights.NotRegistered as e:
        print(f"guardproxy: {e}")
        return 1
    print(f"{one.digest} may be served: {plain(one.model)}, by {plain(one.by)}")
    return 0


def _list(args: argparse.Namespace) -> int:
    known = weights.entries(args.registry, load_verifier(args.trust))
    print(json.dumps([asdict(one) for one in known.values()], indent=2, ensure_ascii=False))
    return 0


def _digest(args: argparse.Namespace) -> int:
    print(weights.digest(args.folder))
    return 0
