"""Batches with OpenAI's own client: what goes upstream is what single requests would have been, and so is what comes back."""

from __future__ import annotations

import io
import json
import socket
from typing import Any

import httpx
import openai
import pytest

from tests.patience import eventually
from tests.server.batches.batcher import Batcher, line, result
from tests.server.support import World, body_of, chat, error_of, plays, status_of, whole
from tests.server.support import answer as answered


def upload(client: openai.OpenAI, data: bytes, name: str = "set.jsonl") -> Any:
    return client.files.create(file=(name, io.BytesIO(data)), purpose="batch")


def order(client: openai.OpenAI, file: str, url: Any = "/v1/chat/completions", **more: Any) -> Any:
    return client.batches.create(input_file_id=file, endpoint=url, completion_window="24h", **more)


def results(client: openai.OpenAI, file: str) -> list[Any]:
    return [json.loads(one) for one in client.files.content(file).text.splitlines()]


def records_of(running: World, request: str, count: int) -> list[Any]:
    """The records of a line, once there are so many."""

    def found() -> list[Any]:
        seen = [one for one in running.records(0) if one["request_id"] == request]
        return seen if len(seen) >= count else []

    return eventually(found)


def said(row: Any) -> str:
    return row["response"]["body"]["choices"][0]["message"]["content"]


def test_requests_go_out_guarded_and_results_come_back_guarded(
    client: openai.OpenAI, batcher: Batcher, _running: World
) -> None:
    data = line("a", "ask joe@mail.com") + b"\n" + line("b", temperature=0.5)
    one = upload(client, data)
    assert (one.status, one.bytes, one.filename, one.purpose) == ("processed", len(data), "set.jsonl", "batch")
    assert batcher.purposes == ["batch"]
    assert [(row["custom_id"], row["body"]["messages"][0]["content"]) for row in batcher.sent()] == [
        ("a", "ask [words.mail]"), ("b", "hello")
    ]  # fmt: skip
    assert set(batcher.sent()[1]) == {"custom_id", "method", "url", "body"} and batcher.sent()[1]["body"]["temperature"]
    made = order(client, one.id, metadata={"whose": "joe@mail.com"})
    assert made.status == "in_progress" and made.input_file_id == one.id and made.metadata == {"whose": "joe@mail.com"}
    assert batcher.batches["upb-0"]["input_file_id"] == "up-0" and "metadata" not in batcher.batches["upb-0"]
    assert "note" not in made.model_dump() and made.request_counts.model_dump() == {
        "completed": 1, "failed": 0, "total": 2
    }  # fmt: skip
    batcher.finish(result("b", "a bomb") + result("a", "write to joe@mail.com"))
    done = client.batches.retrieve(made.id)
    assert done.status == "completed" and done.completed_at == 9 and done.output_file_id != "upb-0-out"
    assert client.batches.retrieve(made.id).output_file_id == done.output_file_id
    rows = results(client, done.output_file_id)
    assert [row["custom_id"] for row in rows] == ["b", "a"]
    assert rows[0]["response"]["body"]["choices"][0]["finish_reason"] == "content_filter"
    assert said(rows[1]) == "write to [words.mail]" and rows[1]["response"]["body"]["model"] == "gpt-oss"
    assert results(client, done.output_file_id) == rows, "the same each time"
    [info] = [row for row in client.files.list(purpose="batch_output").data if row.id == done.output_file_id]
    assert info.purpose == "batch_output"
    assert client.batches.list().data[0].id == made.id
    assert client.batches.cancel(made.id).status == "cancelling"


def test_every_line_has_two_records(client: openai.OpenAI, batcher: Batcher, _running: World) -> None:
    one = upload(client, line("a", "ask joe@mail.com"))
    made = order(client, one.id)
    batcher.finish(result("a", "write to joe@mail.com"))
    row = results(client, client.batches.retrieve(made.id).output_file_id)[0]
    records = records_of(_running, row["response"]["request_id"], 2)
    assert [record["route"] for record in records] == ["batch_request", "batch_reply"]
    assert [record["outcome"] for record in records] == ["redact", "redact"]
    assert {f["direction"] for f in records[1]["findings"]} == {"request", "response"}
    assert "joe@mail" not in json.dumps(records)


@pytest.mark.parametrize(
    ("data", "code", "told"),
    [
        (line("a") + line("b", "a bomb"), "batch_file_denied", "line 2: blocked by policy (refuse)"),
        (line("a") + b"\n" + line("a"), "duplicate_custom_id", "line 3: its `custom_id` is that of another line"),
        (line("a") + b"nothing\n", "invalid_batch_file", "line 2: The body is not valid JSON"),
        (line("a", stream=True), "invalid_batch_file", "line 1: a batch has no streams"),
        (line("a", url="/v1/moderations"), "invalid_batch_file", "line 1: `url` must be one of"),
        (line("a", url="/v1/messages"), "invalid_batch_file", "line 1: `url` must be one of"),
        (line("a") + line("b", model="other"), "invalid_batch_file", "line 2: all lines of a file are for one `model`"),
        (line("a") + line("b", url="/v1/responses"), "invalid_batch_file", "line 2: all lines of a file are for one `url`"),
        (line("a", strange=1), "unknown_parameter", "line 1: "),
        (line("a", "x" * 30_000), "invalid_batch_file", "line 1: it is longer than the 20,000 bytes"),
        (line("joe@mail.com"), "content_filter", "line 1: policy would change its `custom_id`"),
        (line("a bomb"), "batch_file_denied", "line 1: blocked by policy (refuse)"),
        (b"", "invalid_batch_file", "no requests"),
        (b'{"custom_id": "a", "method": "GET", "url": "/v1/completions", "body": {}}', "invalid_batch_file", "`method`"),
        (b'{"custom_id": 1, "method": "POST", "url": "/v1/completions", "body": {}}', "invalid_batch_file", "`custom_id`"),
        (b'{"custom_id": "a", "note": "bomb"}', "invalid_batch_file", "a key besides"),
        (b"".join(line(f"b{n}", "a bomb") for n in range(30)), "batch_file_denied", "Behind these lines"),
        (b"".join(line(f"b{n}") for n in range(301)), "batch_file_too_large", "300 at most"),
    ],
)  # fmt: skip
def test_a_file_with_a_line_that_is_refused_goes_nowhere(
    client: openai.OpenAI, batcher: Batcher, data: bytes, code: str, told: str
) -> None:
    files = len(client.files.list().data)
    with pytest.raises(openai.BadRequestError) as e:
        upload(client, data)
    assert e.value.code == code and told in str(e.value)
    assert "bomb" not in str(e.value) and "joe@" not in str(e.value)
    assert batcher.files == {} and len(client.files.list().data) == files


def test_what_is_too_large_or_refused_upstream_leaves_nothing(client: openai.OpenAI, batcher: Batcher) -> None:
    with pytest.raises(openai.APIStatusError) as e:
        upload(client, line("a", "x" * 10_000) * 101)
    assert e.value.status_code == 413
    batcher.refuses = b"400 Bad Request"
    files = len(client.files.list().data)
    with pytest.raises(openai.InternalServerError) as e2:
        upload(client, line("a"))
    assert e2.value.code == "upstream_status_400" and len(client.files.list().data) == files


def test_batches_are_made_of_files_that_passed_only(client: openai.OpenAI, batcher: Batcher, _running: World) -> None:
    one = upload(client, line("a"))
    tuning = client.files.create(file=("t", io.BytesIO(b'{"prompt": "a", "completion": "b"}\n')), purpose="fine-tune")
    for file in ("up-0", "file-none", tuning.id):
        with pytest.raises(openai.NotFoundError) as e:
            order(client, file)
        assert e.value.code == "file_not_found"
    with pytest.raises(openai.BadRequestError):
        order(client, one.id, "/v1/completions")
    for more in ({"output_expires_after": {"anchor": "created_at", "seconds": 3600}}, {"extra_body": {"x": 1}}):
        with pytest.raises(openai.BadRequestError):
            order(client, one.id, **more)
    with pytest.raises(openai.NotFoundError):
        client.fine_tuning.jobs.create(model="gpt-oss", training_file=one.id)
    with pytest.raises(openai.PermissionDeniedError) as e2:
        client.files.content(one.id)
    assert e2.value.code == "file_content_refused" and batcher.batches == {}
    with pytest.raises(openai.PermissionDeniedError):
        client.files.content(tuning.id)
    for path in ("/v1/batches/upb-0", "/v1/files/upb-0-out/content"):
        assert status_of(_running.raw(f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())) == 404
    assert client.files.delete(one.id).deleted and batcher.deleted == ["up-0"]
    with pytest.raises(openai.NotFoundError):
        order(client, one.id)


@pytest.mark.parametrize("purpose", ["assistants", "evals", "vision", "user_data"])
def test_other_purposes_stay_refused_by_name(client: openai.OpenAI, batcher: Batcher, purpose: Any) -> None:
    with pytest.raises(openai.PermissionDeniedError) as e:
        client.files.create(file=("x", io.BytesIO(line("a"))), purpose=purpose)
    assert e.value.code == "purpose_refused" and purpose in str(e.value)
    with pytest.raises(openai.PermissionDeniedError):
        client.uploads.create(filename="a", purpose=purpose, bytes=10, mime_type="x")
    assert batcher.files == {}


def test_an_upload_in_parts_is_one_file(client: openai.OpenAI, batcher: Batcher) -> None:
    good, bad = line("a", "ask joe@mail.com") * 1 + line("b"), line("a") + line("b", "a bomb")
    for data in (good, bad):
        made = client.uploads.create(filename="a.jsonl", purpose="batch", bytes=len(data), mime_type="text/jsonl")
        cut = len(line("a")) + 110
        parts = [client.uploads.parts.create(made.id, data=io.BytesIO(piece)).id for piece in (data[:cut], data[cut:])]
        if data is bad:
            with pytest.raises(openai.BadRequestError) as e:
                client.uploads.complete(made.id, part_ids=parts)
            assert e.value.code == "batch_file_denied" and len(batcher.files) == 1
            continue
        done = client.uploads.complete(made.id, part_ids=parts)
        assert done.status == "completed" and done.file is not None and done.file.purpose == "batch"
        assert batcher.sent()[0]["body"]["messages"][0]["content"] == "ask [words.mail]"
    made = client.uploads.create(filename="a", purpose="batch", bytes=10, mime_type="x")
    with pytest.raises(openai.BadRequestError) as e2:
        client.uploads.parts.create(made.id, data=io.BytesIO(b"x" * 11))
    assert e2.value.code == "upload_too_large"
    assert client.uploads.cancel(made.id).status == "cancelled"
    with pytest.raises(openai.NotFoundError):
        client.uploads.parts.create(made.id, data=io.BytesIO(b"x"))


def test_results_that_nobody_can_read_are_errors(client: openai.OpenAI, batcher: Batcher) -> None:
    one = upload(client, b"".join(line(name) for name in "abcdefg"))
    made = order(client, one.id)
    error = {"custom_id": "d", "response": None, "error": {"code": "timed_out", "message": "ask joe@mail.com"}}
    batcher.finish(
        b"joe@mail.com\n"
        + result("z", "joe@mail.com")
        + result("a", {"what": "joe@mail.com"})
        + result("b", {"error": {"message": "a bomb"}}, 429)
        + result("c", "fine")
        + result("c", "joe@mail.com")
        + json.dumps(error).encode() + b"\n"
        + json.dumps({**error, "custom_id": "g", "error": {"code": "bomb"}}).encode() + b"\n"
        + result("e", "x" * 100_000)
        + result("f", "fine")[:-1]
    )  # fmt: skip
    rows = results(client, client.batches.retrieve(made.id).output_file_id)
    assert [row["custom_id"] for row in rows] == [None, None, "a", "b", "c", None, "d", "g", None, "f"]
    assert [row["error"] and row["error"]["code"] for row in rows] == [
        *["upstream_invalid_response"] * 3, None, None, "upstream_invalid_response", "timed_out",
        "upstream_error", "upstream_invalid_response", None,
    ]  # fmt: skip
    assert rows[3]["response"]["status_code"] == 429 and said(rows[4]) == said(rows[9]) == "fine"
    assert rows[6]["error"]["message"] == "ask [words.mail]"
    told = json.dumps(rows)
    assert "joe@mail" not in told and "bomb" not in told


def test_a_download_that_breaks_off_does_not_end(client: openai.OpenAI, batcher: Batcher) -> None:
    one = upload(client, line("a") + line("b"))
    made = order(client, one.id)
    batcher.finish(result("a", "fine") + result("b", "joe@ma")[:-40])
    batcher.breaks_off = True
    with pytest.raises((httpx.RemoteProtocolError, openai.APIConnectionError)):
        results(client, client.batches.retrieve(made.id).output_file_id)


def test_a_client_that_takes_nothing_is_left(client: openai.OpenAI, batcher: Batcher, _running: World) -> None:
    made = order(client, upload(client, b"".join(line(str(n)) for n in range(300))).id)
    batcher.finish(b"".join(result(str(n), "x" * 18_000) for n in range(300)))
    file = client.batches.retrieve(made.id).output_file_id
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.connect(("127.0.0.1", _running.port))
        one.sendall(f"GET /v1/files/{file}/content HTTP/1.1\r\nhost: x\r\n\r\n".encode())
        found = eventually(lambda: [row for row in _running.records(0) if row["error"] == "client_gone"])
    assert [row["route"] for row in found] == ["/v1/files/{id}/content"]


def test_results_need_their_requests(client: openai.OpenAI, batcher: Batcher) -> None:
    one = upload(client, line("a"))
    made = order(client, one.id)
    batcher.finish(result("a", "fine"))
    file = client.batches.retrieve(made.id).output_file_id
    client.files.delete(one.id)
    with pytest.raises(openai.ConflictError) as e:
        client.files.content(file)
    assert e.value.code == "batch_requests_deleted"
    assert client.files.delete(file).deleted and "upb-0-out" in batcher.deleted


def test_what_an_upstream_says_of_a_batch_is_guarded(client: openai.OpenAI, batcher: Batcher) -> None:
    made = order(client, upload(client, line("a")).id)
    rows = [
        {"code": "invalid_json_line", "line": 3, "message": "ask joe@mail.com"},
        {"code": "bomb", "message": "a bomb", "x": "y"},
    ]
    batcher.finish(b"", status="failed", errors={"object": "list", "data": rows}, output_file_id="../x")
    got = client.batches.retrieve(made.id)
    assert got.status == "failed" and got.output_file_id is None and got.errors is not None
    assert [(e.code, e.line, e.message) for e in got.errors.data or []] == [
        ("invalid_json_line", 3, "ask [words.mail]"), ("upstream_error", None, "")
    ]  # fmt: skip
    batcher.batches["upb-0"]["status"] = "joe@mail.com"
    with pytest.raises(openai.InternalServerError):
        client.batches.retrieve(made.id)


def test_vectors_come_back_as_numbers(client: openai.OpenAI, batcher: Batcher) -> None:
    body = {"model": "emb", "input": ["ask joe@mail.com", "b"]}
    asked = {"custom_id": "a", "method": "POST", "url": "/v1/embeddings", "body": body}
    one = upload(client, json.dumps(asked).encode())
    assert batcher.sent()[0]["body"]["input"] == ["ask [words.mail]", "b"]
    made = order(client, one.id, "/v1/embeddings")
    data = [{"index": n, "embedding": [0.5, n], "note": "joe@mail.com"} for n in range(2)]
    batcher.finish(result("a", {"data": data, "note": "joe@mail.com"}))
    rows = results(client, client.batches.retrieve(made.id).output_file_id)
    assert [one["embedding"] for one in rows[0]["response"]["body"]["data"]] == [[0.5, 0.0], [0.5, 1.0]]
    assert "joe@" not in json.dumps(rows)


def test_the_purpose_stands_before_the_file(_running: World, batcher: Batcher) -> None:
    file = b'--b\r\ncontent-disposition: form-data; name="file"; filename="x"\r\n\r\n' + line("a") + b"\r\n"
    purpose = b'--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\n%s\r\n'
    for body, status in (
        (file + purpose % b"batch" + b"--b--\r\n", 400),
        (purpose % b"batch" + b"--b--\r\n", 400),
        (purpose % b"batch" + file + file + b"--b--\r\n", 400),
        (purpose % b"batch" + file + b"--b--\r\n", 200),
    ):
        head = b"POST /v1/files HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: multipart/form-data; boundary=b\r\n"
        raw = _running.raw(head + b"content-length: %d\r\n\r\n" % len(body) + body)
        assert status_of(raw) == status, body_of(raw)
        if status == 400:
            assert error_of(raw)["code"] in ("invalid_form", "missing_parameter") and batcher.files == {}


def test_a_single_reply_is_the_same(client: openai.OpenAI, batcher: Batcher, _running: World) -> None:
    texts = ["fine", "to joe@mail.com", "a bomb", "b" * 10_000]
    one = upload(client, b"".join(line(str(n), f"{n} for joe@mail.com") for n in range(len(texts))))
    made = order(client, one.id)
    batcher.finish(b"".join(result(str(n), text) for n, text in enumerate(texts)))
    rows = results(client, client.batches.retrieve(made.id).output_file_id)
    for n, text in enumerate(texts):
        _running.script = plays(answered(whole(text)))
        body = chat(messages=[{"role": "user", "content": f"{n} for joe@mail.com"}])
        alone = json.loads(body_of(_running.post(json.dumps(body).encode())))
        assert _without_ids(rows[n]["response"]["body"]) == _without_ids(alone)


def _without_ids(body: Any) -> Any:
    return {name: value for name, value in body.items() if name not in ("id", "created")}


@pytest.mark.parametrize("text", ["a\u2028b", "a\u2029b", "a\x85b", "a\r\n\x0b\x0c\x1cb", '\\\u2028{"custom_id": "z"}'])
def test_no_text_ends_a_line(client: openai.OpenAI, batcher: Batcher, text: str) -> None:
    """Readers that split texts, not bytes, see as many lines as there are."""
    one = upload(client, line(f"n {text}", text) + line("b"))
    lines = batcher.files["up-0"].decode().splitlines()
    assert [json.loads(row)["custom_id"] for row in lines] == [f"n {text}", "b"]
    assert json.loads(lines[0])["body"]["messages"][0]["content"] == text
    made = order(client, one.id)
    lost = {"custom_id": "b", "response": None, "error": {"code": "x", "message": text}}
    batcher.finish(result(f"n {text}", text) + json.dumps(lost).encode() + b"\n")
    rows = results(client, client.batches.retrieve(made.id).output_file_id)
    assert [row["custom_id"] for row in rows] == [f"n {text}", "b"] and said(rows[0]) == text
