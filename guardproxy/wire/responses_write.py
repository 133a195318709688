"""Replies of the Responses API as OpenAI's clients expect them, rebuilt from released text. Copies nothing from upstream.

A stream repeats every text at the end of its part, of its item and of the response: all four are made from what was
released, and events are numbered here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from guardproxy.types import Json
from guardproxy.wire.base import PART, Block, Call, Head, item_of, names
from guardproxy.wire.json import dump
from guardproxy.wire.moderations import single
from guardproxy.wire.writing import string

_TEXT: Final = {"output_text": "text", "refusal": "refusal", "reasoning_text": "text", "summary_text": "text"}
"""Kind of a part to the field that holds its text, in the part and in the event that ends it."""
_EVENTS: Final = {
    "output_text": "response.output_text",
    "refusal": "response.refusal",
    "reasoning_text": "response.reasoning_text",
    "summary_text": "response.reasoning_summary_text",
}
PREFIX: Final = {
    "message": "msg", "reasoning": "rs", "function_call": "fc", "custom_tool_call": "ctc", "web_search_call": "ws",
    "file_search_call": "fs", "code_interpreter_call": "ci", "mcp_call": "mcp", "mcp_list_tools": "mcpl",
    "mcp_approval_request": "mcpr",
}  # fmt: skip
_RUNNING: Final = {
    "web_search_call": ("in_progress", "searching", "completed"),
    "file_search_call": ("in_progress", "searching", "completed"),
    "code_interpreter_call": ("in_progress", "interpreting", "completed"),
    "mcp_call": ("in_progress", "completed"),
    "mcp_list_tools": ("in_progress", "completed"),
    "image_generation_call": ("in_progress", "generating", "completed"),
}
"""What a server tells about its own tools while they run: said together, since a call goes out when it is decided."""
_WITHOUT_STATUS: Final = ("mcp_list_tools", "mcp_approval_request", "tool_search_output")
_SNAPSHOT: Final[dict[str, Json]] = {
    "error": None, "incomplete_details": None, "instructions": None, "metadata": {}, "parallel_tool_calls": True,
    "temperature": None, "tool_choice": "auto", "tools": [], "top_p": None, "max_output_tokens": None,
    "previous_response_id": None, "reasoning": None, "text": {"format": {"type": "text"}}, "truncation": "disabled",
    "background": False, "store": False, "user": None, "service_tier": "default", "usage": None,
}  # fmt: skip
_REASONS: Final = {"length": "max_output_tokens", "content_filter": "content_filter"}


@dataclass(slots=True)
class _Part:
    kind: str
    texts: list[str] = field(default_factory=list)
    notes: list[Json] = field(default_factory=list)
    logprobs: list[Json] | None = field(default_factory=list)
    """None once a piece came without them: then they would no longer be of the whole text."""

    def add(self, text: str, logprobs: Json | None) -> None:
        self.texts.append(text)
        if logprobs is None or self.logprobs is None:
            self.logprobs = None
        else:
            self.logprobs += logprobs.get("content") or ()

    def json(self) -> dict[str, Json]:
        out: dict[str, Json] = {"type": self.kind, _TEXT[self.kind]: "".join(self.texts)}
        if self.kind == "output_text":
            out |= {"annotations": self.notes, "logprobs": self.logprobs or []}
        return out


@dataclass(slots=True)
class _Item:
    """The message or thought that is being written."""

    id: str
    kind: str
    index: int
    parts: dict[str, _Part] = field(default_factory=dict)  # by field

    def json(self, status: str) -> dict[str, Json]:
        parts = [p.json() for p in self.parts.values() if p.kind != "summary_text"]
        if self.kind == "message":
            return {"id": self.id, "type": "message", "role": "assistant", "status": status, "content": parts}
        summary = [p.json() for p in self.parts.values() if p.kind == "summary_text"]
        return {"id": self.id, "type": "reasoning", "status": status, "summary": summary, "content": parts}

    def place(self, name: str) -> int:
        """Of a part among those of its list: a thought has two lists."""
        kind = self.parts[name].kind
        alike = [n for n, p in self.parts.items() if (p.kind == "summary_text") is (kind == "summary_text")]
        return alike.index(name)


def usage_of(usage: Json) -> Json:
    """Token counts under the names of this dialect."""
    if usage is None:
        return None
    prompt, completion = usage.get("prompt_tokens_details") or {}, usage.get("completion_tokens_details") or {}
    given = {"input_tokens": usage.get("prompt_tokens", 0), "output_tokens": usage.get("completion_tokens", 0)}
    return {
        **given,
        "total_tokens": usage.get("total_tokens", sum(given.values())),
        "input_tokens_details": {"cache_write_tokens": 0, "cached_tokens": 0, **prompt},
        "output_tokens_details": {"reasoning_tokens": 0, **completion},
    }


class _Output:
    """What writers of whole bodies and of streams share: the response as far as it has come."""

    def __init__(self, head: Head) -> None:
        self.head = head
        self.output: list[dict[str, Json]] = []
        self.status, self.reason = "in_progress", ""
        self._usage: Json = None
        self._error: Json = None
        self._moderation: Json = None
        self._item: _Item | None = None
        self._source = ("", "")  # what the item that is being written was in the upstream's reply
        self._suffix = head.id.rpartition("_")[2]

    def new_id(self, kind: str) -> str:
        return f"{PREFIX.get(kind, 'item')}_{self._suffix}_{len(self.output)}"

    def snapshot(self, status: str = "") -> dict[str, Json]:
        """The response object. With a status: as far as it has come, with the item that is being written."""
        if status:
            return self._so_far(status)
        head = self.head
        details = {"reason": self.reason} if self.reason else None
        fixed = {"id": head.id, "object": "response", "created_at": head.created, "model": head.model}
        made = {"status": self.status, "incomplete_details": details, "error": self._error}
        counted = {"usage": usage_of(self._usage)} if self.status != "in_progress" else {}
        moderated = {"moderation": self._moderation} if self._moderation is not None else {}
        return {**_SNAPSHOT, **head.echo, **fixed, **made, **counted, **moderated, "output": self.output}

    def moderation(self, input: Json, output: Json) -> bytes:
        self._moderation = {"input": single(input), "output": single(output)}
        return b""

    def _so_far(self, status: str) -> dict[str, Json]:
        running = "in_progress" if status == "in_progress" else "incomplete"
        written = [self._item.json(running)] if self._item is not None else []
        return {**self.snapshot(), "status": status, "output": [*self.output, *written]}

    def usage(self, usage: Json) -> bytes:
        self._usage = usage
        return b""

    def _call_item(self, call: Call) -> dict[str, Json]:
        kind = "function_call" if call.kind != "custom" else "custom_tool_call"
        id = self.new_id(kind)
        said = {"arguments": call.arguments} if kind == "function_call" else {"input": call.arguments}
        call_id = call.id or f"call_{self._suffix}_{len(self.output)}"
        return {"id": id, "type": kind, "status": "completed", "call_id": call_id, "name": call.name, **said}

    def _block_item(self, block: Block) -> dict[str, Json]:
        status = {} if block.kind in _WITHOUT_STATUS else {"status": "completed"}
        return {"id": self.new_id(block.kind), "type": block.kind, **status, **block.call, **block.result}

    def _opened(self, name: str) -> tuple[_Item, bool]:
        """The item that a field is a part of. `True`: it begins now."""
        source = _source(name)
        if self._item is not None and self._source == source:
            return self._item, False
        what = source[0]
        self._source, self._item = source, _Item(self.new_id(what), what, len(self.output))
        return self._item, True

    def _ended(self, reason: str) -> None:
        self.reason = _REASONS.get(reason, "")
        self.status = "incomplete" if self.reason else "completed"


def _source(name: str) -> tuple[str, str]:
    """The kind of item that a field is in, and its place in the upstream's reply."""
    return "message" if names(name)[0] in ("output_text", "refusal") else "reasoning", item_of(name)


class ResponsesWholeWriter(_Output):
    """Writes a whole body."""

    def text(self, choice: int, field: str, text: str, logprobs: Json | None = None) -> bytes:
        if self._item is not None and self._source != _source(field):
            self._close("completed")
        item, _ = self._opened(field)
        part = item.parts.setdefault(field, _Part(names(field)[0]))
        part.add(text, logprobs)
        return b""

    def _close(self, status: str) -> None:
        if self._item is not None:
            self.output.append(self._item.json(status))
            self._item = None

    def call(self, choice: int, index: int, call: Call) -> bytes:
        self._close("completed")
        self.output.append(self._call_item(call))
        return b""

    def block(self, choice: int, block: Block) -> bytes:
        self._close("completed")
        self.output.append(self._block_item(block))
        return b""

    def note(self, choice: int, field: str, start: int, end: int, value: Json) -> bytes:
        if self._item is not None and field in self._item.parts:
            self._item.parts[field].notes.append(ranged(start, end, value))
        return b""

    def end(self, choice: int, reason: str, *, cut: bool = False) -> bytes:
        self._ended(reason)
        if cut and self._item is not None:
            for part in self._item.parts.values():
                part.logprobs = None
        self._close(self.status)
        return b""

    def error(self, error: Json) -> bytes:
        self._error, self.status = error, "failed"
        return b""

    def done(self) -> bytes:
        if self._error is not None:
            return dump({"error": self._error})
        return dump(self.snapshot())


class ResponsesStreamWriter(_Output):
    """Writes a stream."""

    def __init__(self, head: Head) -> None:
        super().__init__(head)
        self._number = 0
        self._frames: dict[str, tuple[bytes, bytes]] = {}
        self._flowing: dict[str, Json] = {}  # the call whose arguments are being given
        self._done = False

    def _event(self, kind: str, **fields: Json) -> bytes:
        data = dump({"type": kind, "sequence_number": self._number, **fields})
        self._number += 1
        return b"event: " + kind.encode() + b"\ndata: " + data + b"\n\n"

    def _begin(self) -> bytes:
        """The events before the first item, once."""
        if self._number:
            return b""
        snapshot = self.snapshot()
        created = self._event("response.created", response=snapshot)
        return created + self._event("response.in_progress", response=snapshot)

    # ------------------------------------------------------------------------------------------------ texts

    def text(self, choice: int, field: str, text: str, logprobs: Json | None = None) -> bytes:
        frame, out = self._frames.get(field), b""
        if frame is None or self._item is None:
            out = self._open(field)
            frame = self._frames[field]
        assert self._item is not None
        self._item.parts[field].add(text, logprobs)
        number, self._number = b"%d" % self._number, self._number + 1
        tokens = dump(logprobs["content"]) if logprobs else b"[]"
        end = b',"logprobs":' + tokens + b"}\n\n" if names(field)[0] == "output_text" else b"}\n\n"
        return b"".join((out, frame[0], number, frame[1], string(text), end))

    def _open(self, name: str) -> bytes:
        """Begin a part, and its item where that has not begun; another item is over then."""
        kind = names(name)[0]
        out = [self._begin()]
        if self._item is not None and self._source != _source(name):
            out.append(self._close("completed"))
        item, fresh = self._opened(name)
        if fresh:
            out.append(
                self._event("response.output_item.added", output_index=item.index, item=item.json("in_progress"))
            )
        part = item.parts[name] = _Part(kind)
        where = self._where(name)
        out.append(self._event(self._stem(kind) + ".added", **where, part=part.json()))
        event = _EVENTS[kind] + ".delta"
        before = b"event: %b\ndata: " % event.encode() + dump({"type": event, **where})[:-1] + b',"sequence_number":'
        self._frames[name] = (before, b',"delta":')
        return b"".join(out)

    @staticmethod
    def _stem(kind: str) -> str:
        return "response.reasoning_summary_part" if kind == "summary_text" else "response.content_part"

    def _where(self, name: str) -> dict[str, Json]:
        item = self._item
        assert item is not None
        index = "summary_index" if item.parts[name].kind == "summary_text" else "content_index"
        return {"item_id": item.id, "output_index": item.index, index: item.place(name)}

    def _close(self, status: str) -> bytes:
        """End the item that is being written, with all that repeats its texts."""
        item = self._item
        if item is None:
            return b""
        out = []
        for name, part in item.parts.items():
            where, done = self._where(name), part.json()
            more = {"logprobs": done["logprobs"]} if part.kind == "output_text" else {}
            field = _TEXT[part.kind]
            out.append(self._event(_EVENTS[part.kind] + ".done", **where, **{field: done[field]}, **more))
            out.append(self._event(self._stem(part.kind) + ".done", **where, part=done))
        out.append(self._item_done(item.json(status)))
        self._frames.clear()
        self._item = None
        return b"".join(out)

    def _item_done(self, item: dict[str, Json]) -> bytes:
        self.output.append(item)
        return self._event("response.output_item.done", output_index=len(self.output) - 1, item=item)

    def note(self, choice: int, field: str, start: int, end: int, value: Json) -> bytes:
        item = self._item
        if item is None or field not in item.parts:
            return b""
        notes = item.parts[field].notes
        notes.append(ranged(start, end, value))
        kind = "response.output_text.annotation.added"
        return self._event(kind, **self._where(field), annotation_index=len(notes) - 1, annotation=notes[-1])

    # ------------------------------------------------------------------------------------------------ calls

    def call(self, choice: int, index: int, call: Call) -> bytes:
        out = [self._begin(), self._close("completed")]
        item = self._call_item(call)
        field = "arguments" if "arguments" in item else "input"
        stem = "response.function_call_arguments" if field == "arguments" else "response.custom_tool_call_input"
        where = {"item_id": item["id"], "output_index": len(self.output)}
        empty = {**item, field: "", "status": "in_progress"}
        out += (
            self._event("response.output_item.added", output_index=len(self.output), item=empty),
            self._event(stem + ".delta", **where, delta=item[field]),
            self._event(stem + ".done", **where, **{field: item[field]}),
            self._item_done(item),
        )
        return b"".join(out)

    def call_begin(self, choice: int, index: int, call: Call) -> bytes:
        out = self._begin() + self._close("completed")
        self._flowing = {**self._call_item(call), "arguments": ""}
        item = {**self._flowing, "status": "in_progress"}
        return out + self._event("response.output_item.added", output_index=len(self.output), item=item)

    def call_piece(self, choice: int, index: int, text: str) -> bytes:
        self._flowing["arguments"] += text
        return self._event("response.function_call_arguments.delta", **self._call_at(), delta=text)

    def call_end(self, choice: int, index: int, *, cut: bool = False) -> bytes:
        kind = "response.function_call_arguments.done"
        if cut:
            self._flowing["status"] = "incomplete"
        done = self._event(kind, **self._call_at(), arguments=self._flowing["arguments"])
        return done + self._item_done(self._flowing)

    def _call_at(self) -> dict[str, Json]:
        return {"item_id": self._flowing["id"], "output_index": len(self.output)}

    def block(self, choice: int, block: Block) -> bytes:
        out = [self._begin(), self._close("completed")]
        item = self._block_item(block)
        index = len(self.output)
        where = {"item_id": item["id"], "output_index": index}
        running = _RUNNING.get(block.kind, ())
        started = {**item, "status": "in_progress"} if "status" in item else item
        out.append(self._event("response.output_item.added", output_index=index, item=started))
        out += (self._event(f"response.{block.kind}.{state}", **where) for state in running[:-1])
        for kind, name, said in (
            ("code_interpreter_call", "code", "response.code_interpreter_call_code"),
            ("mcp_call", "arguments", "response.mcp_call_arguments"),
        ):
            if block.kind == kind and isinstance(item.get(name), str):
                out.append(self._event(said + ".delta", **where, delta=item[name]))
                out.append(self._event(said + ".done", **where, **{name: item[name]}))
        out += (self._event(f"response.{block.kind}.{state}", **where) for state in running[-1:])
        out.append(self._item_done(item))
        return b"".join(out)

    # ------------------------------------------------------------------------------------------------ ends

    def end(self, choice: int, reason: str, *, cut: bool = False) -> bytes:
        self._ended(reason)
        if cut and self._item is not None:
            for part in self._item.parts.values():
                part.logprobs = None
        status, self.status = self.status, "in_progress"
        out = self._begin() + self._close(status)
        self.status = status
        return out

    def error(self, error: Json) -> bytes:
        """The upstream failed: the event that clients raise, and the response as far as it came."""
        out = self._begin() + self._close("incomplete")
        self._error, self.status, self.reason = {"code": "server_error", "message": error["message"]}, "failed", ""
        code, message = error["code"], error["message"]
        return out + self._event("error", code=code, message=message, param=error.get("param"))

    def stop(self) -> bytes:
        """Its client wants no more of it."""
        out = self._begin()
        self.status = "cancelled"
        return out + self.done()

    def done(self) -> bytes:
        """The response as a whole, once."""
        done, self._done = self._done, True
        if done:
            return b""
        return self._begin() + self._event(f"response.{self.status}", response=self.snapshot())


def ranged(start: int, end: int, note: dict[str, Json]) -> dict[str, Json]:
    """A note with its range where its kind has it: a file's is one place."""
    if note.get("type") in ("file_citation", "file_path"):
        return {**note, "index": end}
    return {**note, "start_index": start, "end_index": end}


MESSAGE: Final = f"output_text{PART}guardproxy.0"
"""The field of a message of ours, where the reply has none of its own."""
