"""What all tests share: no model hub, one hypothesis profile, the local gpt-oss."""

from __future__ import annotations

import os

from hypothesis import settings

from tests.gptoss import gptoss, gptoss_raw  # noqa: F401  (fixtures)

os.environ["HF_HUB_OFFLINE"] = "1"

settings.register_profile("ci", deadline=None, max_examples=60, derandomize=False, print_blob=True)
settings.register_profile("long", deadline=None, max_examples=2000, print_blob=True)
settings.load_profile("ci")
