"""guardproxy with one more filter, `faulty`. Run as a module it takes guardproxy's own arguments."""

import sys
from pathlib import Path

from guardproxy import filters
from guardproxy.cli import main

if __name__ == "__main__":
    filters.__path__.append(str(Path(__file__).parent / "faulty"))
    sys.exit(main())
