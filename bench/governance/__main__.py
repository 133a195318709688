from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import tempfile
import time
from pathlib import Path

import bench.governance
from bench.governance.figures import figures
from bench.governance.story import STORY, tell
from bench.governance.world import backends, say, world


def main() -> int:
    parser = argparse.ArgumentParser(
        description=bench.governance.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=80, help="probes of one run, at most (default: 80)")
    parser.add_argument(
        "--clean", type=int, default=20, help="clean runs at the end; 0 leaves the figures out (default: 20)"
    )
    parser.add_argument("--found", type=int, default=10, help="runs on the forced model (default: 10)")
    options = parser.parse_args()
    begun = time.monotonic()
    os.environ["GUARDPROXY_STORE_KEY"] = secrets.token_hex(32)
    with (
        tempfile.TemporaryDirectory(prefix="guardproxy-") as name,
        backends(Path(name)) as (ours, managed),
        world(Path(name), ours, managed, options.requests) as one,
    ):
        say("ready", f"after {time.monotonic() - begun:.0f} s")
        tell(one)
        if options.clean:
            print(f"\n{len(STORY) + 1}. What the probe finds")
            asyncio.run(figures(one, options.requests, options.clean, options.found))
        print(f"\nAll of it held, in {time.monotonic() - begun:.0f} s.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
