"""Runs what a page shows: its files are written, its commands are run, and what they print is compared with the page.

- A block whose info string has a file name after the language (```` ```yaml my-policies/policy.yaml ````) is that file, whole;
  with a `+` behind the name it is added at the file's end.
- A block ```` ```diff FILE ```` is a change to the file: lines with ` `, `-` and `+` before them.
- In a ```` ```console ```` block each line that begins with `$ ` is a command, with what it prints below it. Lines that
  end with a backslash go on. A line `…` stands for any lines, and figures that differ from run to run (milliseconds, digests)
  are not compared. Of a server (`guardproxy serve`, `guardproxy backend`) the first line is; a second one takes its place.

Commands of guardproxy and Python's scripts run in this process where there is nothing of a shell in them, the others in bash.
With UPDATE_DOCS=1 in the environment, what is wrong in the page is put right instead; read the difference before you commit it.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import runpy
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from guardproxy.cli import main
from tests.ready import first_line

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?( \+)?\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)\n?", re.MULTILINE)
CHANGING = (
    (re.compile(r" +\d+\.\d ms"), " N ms"),
    (re.compile(r"\(([0-9a-f]{4,64}…?)\)"), "(DIGEST)"),
    (re.compile(r"\b(?:dec|gpd|apr|req|gp)_[A-Za-z0-9_-]{8,}"), "ID"),
    (re.compile(r"\b20\d\d-\d\d-\d\d\b"), "DAY"),
)
START = 30.0  # seconds, for a server
LOGGED = 5.0  # seconds until a server's log, which is written behind its answers, surely holds them


@dataclass(frozen=True)
class Step:
    """One thing that the reader does. `line` is of the page."""

    line: int
    file: str = ""
    text: str = ""
    adds: bool = False
    changes: bool = False
    command: str = ""
    prints: str = ""


def steps(page: Path) -> Iterator[Step]:
    """What a page shows, in its order."""
    text = page.read_text("utf-8")
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start()) + 1
        language, file, adds, body = block.groups()
        if language == "console":
            yield from _commands(body, line + 1)
        elif file and re.search(r"[./]", file):
            yield Step(line, file=file, text=body, adds=bool(adds), changes=language == "diff")


def _commands(body: str, line: int) -> Iterator[Step]:
    found = list(COMMAND.finditer(body))
    for one, after in zip(found, [*found[1:], None], strict=True):
        end = after.start() if after else len(body)
        command = one[1].replace("\\\n", " ")
        yield Step(line + body.count("\n", 0, one.start()), command=command, prints=body[one.end() : end])


@dataclass
class Reader:
    """Somebody who follows a page in a folder. `gptoss`: base URL of the local gpt-oss, if the page starts it."""

    folder: Path
    gptoss: str = ""
    instead: dict[str, str] = field(default_factory=dict)
    """Addresses of the page to those that there are here."""
    servers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    commands: int = 0

    def follow(self, page: Path) -> None:
        """Do all that the page says; what comes of it is what the page says."""
        wrong = []
        try:
            for step in steps(page):
                if step.file:
                    self._write(step)
                    continue
                self.commands += 1
                told, end = self._told(step.command), time.monotonic() + LOGGED
                while ".jsonl" in step.command and not same(step.prints, told) and time.monotonic() < end:
                    time.sleep(0.2)
                    told = self._told(step.command)
                if not same(step.prints, told):
                    wrong.append((step, told))
        finally:
            self.close()
        if os.environ.get("UPDATE_DOCS"):
            renew(page, wrong)
        else:
            assert not wrong, "\n".join(
                f"{page.name}:{step.line}: $ {step.command}\n--- the page\n{step.prints}\n--- it prints\n{told}"
                for step, told in wrong
            )

    def _told(self, command: str) -> str:
        if command == "guardproxy backend":
            self.instead["127.0.0.1:8000"] = self.gptoss.removeprefix("http://").removesuffix("/v1")
            return (
                "guardproxy backend: gpt-oss on http://127.0.0.1:8000/v1\n"  # the fixture has compared it with its own
            )
        return (
            self._serve(command)
            if re.match(r"([A-Z_]+=\S+ )?guardproxy serve (?!.*--check)", command)
            else self._run(command)
        )

    def close(self) -> None:
        for server in self.servers:
            server.terminate()
            server.wait(15)
            if server.stdout:
                server.stdout.close()
        self.servers.clear()

    def _write(self, step: Step) -> None:
        file = self.folder / step.file
        file.parent.mkdir(parents=True, exist_ok=True)
        before = file.read_text("utf-8") if step.adds or step.changes else ""
        if step.changes:
            lines = step.text.splitlines(keepends=True)
            old, new = ("".join(line[1:] for line in lines if line[0] != sign) for sign in "+-")
            assert before.count(old) == 1, f"line {step.line}: {step.file} has this {before.count(old)} times:\n{old}"
            file.write_text(before.replace(old, new), "utf-8")
        else:
            file.write_text(before + self._swapped(step.text, self.instead), "utf-8")

    def _run(self, command: str) -> str:
        here = self._swapped(command, self.instead)
        words = shlex.split(here)
        plain = words[0] in ("guardproxy", "python") and not re.search(
            r"[|<>;&$*`]", re.sub(r"'[^']*'|\"[^\"$]*\"", "", here)
        )
        told = self._inside(*words) if plain else self._bash(here)
        return self._swapped(told, {here: page for page, here in self.instead.items()})

    def _inside(self, program: str, *words: str) -> str:
        told = io.StringIO()
        with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told), contextlib.chdir(self.folder):
            if program == "guardproxy":
                main([*words])
            else:
                with mock.patch.object(sys, "argv", [*words]):
                    runpy.run_path(words[0], run_name="__main__")
        return told.getvalue()

    def _bash(self, command: str) -> str:
        ran = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self._environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=50,
            check=False,
        )
        return ran.stdout.decode()

    def _environ(self) -> dict[str, str]:
        """With `guardproxy` and `python` on the path, whatever is installed there."""
        programs = self.folder / ".programs"
        if not programs.exists():
            programs.mkdir()
            for name, rest in (("guardproxy", " -m guardproxy"), ("python", "")):
                file = programs / name
                file.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)}{rest} "$@"\n', "utf-8")
                file.chmod(0o755)
        return {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}

    def _serve(self, command: str) -> str:
        """Start a server on free ports; where it listens stands for the addresses that the page has."""
        self.close()
        here = self._swapped(command, self.instead)
        server = subprocess.Popen(
            [
                "bash",
                "-c",
                re.sub(r"(^|(?<= ))guardproxy ", "exec guardproxy ", here, count=1) + " --port 0 --admin-port 0",
            ],
            cwd=self.folder,
            env=self._environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.servers.append(server)
        line = first_line(server, START).decode()
        for place, port in (
            ("127.0.0.1:8080", r"^guardproxy: http://(\S+?)/v1 "),
            ("127.0.0.1:8081", r"http://(\S+?)/metrics"),
        ):
            found = re.search(port, line)
            assert found, line
            self.instead[place] = found[1]
        return self._swapped(line, {here: page for page, here in self.instead.items()})

    @staticmethod
    def _swapped(text: str, pairs: Mapping[str, str]) -> str:
        for old, new in pairs.items():
            text = text.replace(old, new)
        return text


def renew(page: Path, wrong: list[tuple[Step, str]]) -> None:
    """Write into a page what its commands print."""
    lines = page.read_text("utf-8").split("\n")
    for step, told in reversed(wrong):
        start = step.line - 1
        while lines[start].endswith("\\"):
            start += 1
        shown = len(step.prints.splitlines())
        lines[start + 1 : start + 1 + shown] = told.rstrip("\n").splitlines()
    page.write_text("\n".join(lines), "utf-8")


def same(page: str, told: str) -> bool:
    """Whether a command printed what the page says."""
    wanted = [re.escape(line) if line != "…" else r"[^\0]*" for line in _settled(page).splitlines()]
    return re.fullmatch("\n".join(wanted), _settled(told).rstrip("\n")) is not None


def _settled(text: str) -> str:
    for pattern, stands in CHANGING:
        text = pattern.sub(stands, text)
    return "\n".join(line.rstrip() for line in text.rstrip("\n").splitlines())
