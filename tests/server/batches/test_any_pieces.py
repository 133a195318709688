"""Whatever pieces results come in, the released lines are the same; each is what its reply alone would have been, and each
request goes out as it would have gone alone."""

from __future__ import annotations

import json
from typing import Any

import httpx
from hypothesis import given
from hypothesis import strategies as st

from tests.server.batches.batcher import Batcher, line, result
from tests.server.support import World, answer, chat, plays, whole

PIECES = st.sampled_from(
    [
        "joe@mail.com",
        "joe@mail",
        ".com",
        "a bomb",
        "bo",
        "mb",
        "fine",
        " ",
        "\n",
        "é",
        "😀",
        '"',
        "\\",
        "\u2028",
        "\r",
        "{}",
    ]
)
TEXTS = st.lists(PIECES, min_size=1, max_size=5).map("".join)


def _requests(texts: list[str]) -> bytes:
    return b"".join(line(str(n), "ask joe@mail.com") for n in range(len(texts)))


def _made(client: httpx.Client, batcher: Batcher, texts: list[str]) -> str:
    """A batch with these replies, done; the id of its results."""
    form = {"data": {"purpose": "batch"}, "files": {"file": ("x", _requests(texts))}}
    file = client.post("/v1/files", **form).raise_for_status().json()  # type: ignore[arg-type]
    body = {"input_file_id": file["id"], "endpoint": "/v1/chat/completions", "completion_window": "24h"}
    batch = client.post("/v1/batches", json=body).raise_for_status().json()
    replies = b"".join(result(str(n), text) for n, text in enumerate(texts))
    batcher.finish(b"broken line\n" + replies.replace(b"\n", b"\r\n"))
    return str(client.get(f"/v1/batches/{batch['id']}").raise_for_status().json()["output_file_id"])


def _without_ids(body: Any) -> Any:
    return {name: value for name, value in body.items() if name not in ("id", "created")}


@given(texts=st.lists(TEXTS, min_size=1, max_size=3), size=st.integers(1, 90))
def test_any_pieces(_running: World, texts: list[str], size: int) -> None:
    _running.script = batcher = Batcher()
    with httpx.Client(base_url=_running.url) as client:
        file = _made(client, batcher, texts)
        at_once = client.get(f"/v1/files/{file}/content").raise_for_status().content.splitlines()
        batcher.size = size
        by_pieces = client.get(f"/v1/files/{file}/content").raise_for_status().content.splitlines()
        assert by_pieces[1:] == at_once[1:]  # an error of no request has an id of its own
        rows = [json.loads(one) for one in by_pieces]
        assert rows[0]["error"]["code"] == "upstream_invalid_response"
        asked = chat(messages=[{"role": "user", "content": "ask joe@mail.com"}])
        for row, sent, text in zip(rows[1:], batcher.sent(), texts, strict=True):
            _running.script = plays(answer(whole(text)))
            _running.visits.clear()
            alone = client.post("/v1/chat/completions", json=asked).raise_for_status().json()
            assert _running.visits[0].json == sent["body"]
            assert _without_ids(row["response"]["body"]) == _without_ids(alone)
            assert "bomb" not in json.dumps(row) and "joe@mail.com" not in json.dumps(row)
