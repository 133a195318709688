"""A headless Chromium, spoken to through its pipe: no library and no port."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
)

_BEGIN = """import os, sys
os.dup2(int(sys.argv[1]), 3)  # the browser's pipe is files 3 and 4
os.dup2(int(sys.argv[2]), 4)
os.execv(sys.argv[3], sys.argv[3:])"""


def chromium() -> str | None:
    """The program, if there is one."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Page:
    """One tab."""

    def __init__(self, reader: int, writer: int) -> None:
        self._reader, self._writer, self._number, self._rest = reader, writer, 0, b""
        self._session: str | None = None
        self.dialogs = 0
        """Dialogs that some script opened."""
        self.complaints: list[str] = []
        """What the console of the browser says: errors, and what the content security policy refused."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the DevTools protocol."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._writer, json.dumps(message).encode() + b"\0")
        while True:
            got = self._read(20)
            if got.get("id") == self._number:
                assert "error" not in got, (method, got["error"])
                return got["result"]

    def _read(self, seconds: float) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while b"\0" not in self._rest:
            assert select.select([self._reader], [], [], deadline - time.monotonic())[0], "the browser is silent"
            read = os.read(self._reader, 1 << 16)
            assert read, "the browser has gone"
            self._rest += read
        line, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        self._heard(message)
        return message

    def _heard(self, message: dict[str, Any]) -> None:
        if message.get("method") == "Page.javascriptDialogOpening":
            self.dialogs += 1
            self._number += 1
            answer = {"id": self._number, "method": "Page.handleJavaScriptDialog", "params": {"accept": True}}
            os.write(self._writer, json.dumps({**answer, "sessionId": self._session}).encode() + b"\0")
        elif message.get("method") == "Log.entryAdded":
            self.complaints.append(message["params"]["entry"]["text"])
        elif message.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(message["params"]["exceptionDetails"])[:500])

    def do(self, script: str) -> Any:
        """The value of a JavaScript expression in the page."""
        got = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in got, got["exceptionDetails"]
        return got["result"].get("value")

    def go(self, url: str) -> None:
        self.call("Page.navigate", url=url)
        self.until(f"document.readyState === 'complete' && location.href.startsWith({json.dumps(url[:20])})")

    def submit(self, script: str) -> None:
        """Do what sends a form, and wait for the page that answers."""
        self.do("window.before = true")
        self.do(script)
        self.until("document.readyState === 'complete' && !window.before")

    def until(self, script: str, seconds: float = 10.0) -> None:
        """Wait until an expression is true."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with contextlib.suppress(AssertionError):  # between two pages there is none
                if self.do(f"!!({script})"):
                    return
            time.sleep(0.03)
        raise AssertionError(f"never true: {script}")

    def type(self, selector: str, text: str) -> None:
        self.do(f"document.querySelector({json.dumps(selector)}).focus()")
        self.call("Input.insertText", text=text)

    def press(self, key: str, code: int) -> None:
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=code,
                **(text if kind == "keyDown" else {}),
            )

    def look(self, scheme: str, width: int = 1200, height: int = 800) -> None:
        """Light or dark, and how large the window is."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def picture(self) -> bytes:
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[Page]:
    """A page in a browser of its own, until the end of the block."""
    program = chromium()
    assert program is not None
    reads, writes = os.pipe(), os.pipe()  # what the browser reads, what it writes
    for_it = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 20) for fd in (reads[0], writes[1])]
    os.close(reads[0])
    os.close(writes[1])
    extra = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium has no sandbox for root
    command = [program, *FLAGS, *extra, f"--user-data-dir={folder}"]
    begin = [sys.executable, "-ISc", _BEGIN, *map(str, for_it), *command]
    silent = subprocess.DEVNULL
    with subprocess.Popen(begin, pass_fds=for_it, stdin=silent, stdout=silent, stderr=silent) as process:
        for fd in for_it:
            os.close(fd)
        try:
            yield Page(writes[0], reads[1])
        finally:
            process.terminate()
            process.wait(10)
            os.close(reads[1])
            os.close(writes[0])
