"""What a program says when it has started: the first line of its standard output."""

from __future__ import annotations

import os
import select
import subprocess
import time


def first_line(process: subprocess.Popen[bytes], seconds: float) -> bytes:
    """What was written until the first line had ended, the program had, or the time was up; whole lines may follow it."""
    line, deadline = b"", time.monotonic() + seconds
    while not line.endswith(b"\n") and time.monotonic() < deadline:
        if select.select([process.stdout], [], [], 0.5)[0]:
            read = os.read(process.stdout.fileno(), 4096)
            line += read
            if not read:
                break
    return line
