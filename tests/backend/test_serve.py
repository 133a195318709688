"""What the backend says of its requests: nothing, whatever the servers of transformers set."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import uvicorn

from guardproxy.backend.serve import quieten

NAMES = ("uvicorn.access", "uvicorn.error")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = {name: (list(logging.getLogger(name).filters), logging.getLogger(name).level) for name in NAMES}
    yield
    for name, (filters, level) in before.items():
        logging.getLogger(name).filters[:] = filters
        logging.getLogger(name).setLevel(level)


@pytest.mark.parametrize("name", NAMES)
def test_a_server_made_later_does_not_make_it_tell_every_request(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    quieten()
    uvicorn.Config("nobody:app", log_level="info")  # as transformers makes one for a tuned model
    log = logging.getLogger(name)
    assert log.isEnabledFor(logging.INFO)
    log.info('%s - "%s %s HTTP/%s" %d', "127.0.0.1:1", "GET", "/", "1.1", 200)
    assert capsys.readouterr() == ("", "")
    logging.getLogger("uvicorn.error").warning("trouble")
    assert "trouble" in capsys.readouterr().err
