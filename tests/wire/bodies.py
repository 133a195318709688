"""The largest bodies of each kind: every known field once. Tests plant things in them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]

SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "Where to look",
    "properties": {"city": {"type": "string", "enum": ["Paris"], "default": "Paris", "examples": ["Rome", [1, 2, 3]]}},
    "required": ["city"],
}

CHAT: dict[str, Any] = {
    "model": "gpt-oss",
    "messages": [
        {"role": "system", "content": "Be brief.", "name": "ops"},
        {"role": "developer", "content": [{"type": "text", "text": "Answer in French."}]},
        {
            "role": "user",
            "name": "alice",
            "content": [
                {"type": "text", "text": "What is this?", "prompt_cache_breakpoint": {"mode": "explicit"}},
                {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}},
                {"type": "image_url", "image_url": "https://example.com/b.png"},
                {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
                {"type": "video_url", "video_url": {"url": "data:video/mp4;base64,AAAA"}},
                {"type": "file", "file": {"file_data": "AAAA", "file_id": "file-1", "filename": "cv.pdf"}},
            ],
        },
        {
            "role": "assistant",
            "content": "Let me look.",
            "name": "bot",
            "refusal": "I can't.",
            "reasoning": "think a",
            "reasoning_content": "think b",
            "thinking": "think c",
            "reasoning_details": [{"type": "reasoning.text", "text": "think d", "data": "gAAA", "index": 0}],
            "tool_calls": [
                {
                    "id": "call_1",
                    "index": 0,
                    "type": "function",
                    "function": {"name": "look", "arguments": '{"city": "Paris"}'},
                },
                {"id": "call_2", "type": "custom", "custom": {"name": "shell", "input": "ls -l"}},
                {"id": "call_3", "type": "function", "function": {"name": "look", "arguments": {"city": "Rome"}}},
            ],
            "function_call": {"name": "old", "arguments": '{"a": 1}'},
            "annotations": [
                {"type": "url_citation", "url_citation": {"url": "https://example.com", "title": "T", "start_index": 0}}
            ],
            "audio": {"id": "audio_1"},
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "Sunny", "name": "look"},
        {"role": "tool", "tool_call_id": "call_2", "content": [{"type": "text", "text": "a b c"}]},
        {"role": "function", "name": "old", "content": "Done"},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}, {"type": "text", "text": "Yes."}]},
    ],
    "tools": [
        {
            "type": "function",
            "function": {"name": "look", "description": "Looks", "parameters": SCHEMA, "strict": True},
        },
        {
            "type": "custom",
            "custom": {
                "name": "shell",
                "description": "Runs",
                "format": {"type": "grammar", "grammar": {"definition": "x: y", "syntax": "lark"}},
            },
        },
    ],
    "tool_choice": {
        "type": "function",
        "function": {"name": "look"},
        "custom": {"name": "shell"},
        "name": "look",
        "allowed_tools": {"mode": "auto", "tools": [{"type": "function"}]},
    },
    "functions": [{"name": "old", "description": "Old", "parameters": SCHEMA}],
    "function_call": {"name": "old"},
    "response_format": {
        "type": "json_schema",
        "json_schema": {"name": "answer", "description": "An answer", "schema": SCHEMA, "strict": True},
        "schema": SCHEMA,
        "grammar": "root ::= x",
    },
    "prediction": {"type": "content", "content": [{"type": "text", "text": "Predicted."}]},
    "stop": ["END", "STOP"],
    "bad_words": ["damn"],
    "dry_sequence_breakers": ["\n"],
    "guided_choice": ["yes", "no"],
    "guided_regex": "[a-z]+",
    "guided_grammar": "root",
    "guided_json": SCHEMA,
    "structured_outputs": {"json": SCHEMA, "choice": ["a"]},
    "grammar": "root ::= y",
    "json_schema": SCHEMA,
    "logit_bias": {"50256": -100},
    "stop_token_ids": [1, 2, 3],
    "stream": True,
    "stream_options": {"include_usage": True, "include_obfuscation": False, "continuous_usage_stats": False},
    "store": True,
    "metadata": {"ticket": "T-1"},
    "user": "u-1",
    "safety_identifier": "s-1",
    "prompt_cache_key": "k-1",
    "prompt_cache_retention": "24h",
    "prompt_cache_options": {"mode": "implicit", "ttl": "30m"},
    "service_tier": "auto",
    "n": 2,
    "seed": 7,
    "temperature": 0.5,
    "top_k": 40,
    "max_tokens": 100,
    "max_completion_tokens": 100,
    "logprobs": True,
    "top_logprobs": 5,
    "parallel_tool_calls": True,
    "reasoning_effort": "low",
    "reasoning_format": "parsed",
    "include_reasoning": True,
    "reasoning": {"effort": "low", "exclude": False, "max_tokens": 9, "enabled": True, "summary": "auto"},
    "think": "low",
    "verbosity": "low",
    "modalities": ["text"],
    "web_search_options": {
        "search_context_size": "low",
        "user_location": {"type": "approximate", "approximate": {"city": "Bern"}},
    },
    "moderation": {"model": "omni-moderation-latest", "policy": {"input": {"mode": "score"}}},
    "skip_special_tokens": True,
    "continue_final_message": False,
    "return_token_ids": False,
}

COMPLETION: dict[str, Any] = {
    "model": "gpt-oss",
    "prompt": ["Once upon", "a time"],
    "suffix": "The end.",
    "echo": True,
    "best_of": 2,
    "n": 2,
    "logprobs": 5,
    "stop": "END",
    "user": "u-1",
    "stream": True,
    "stream_options": {"include_usage": True},
    "logit_bias": {"50256": -100},
    "stop_token_ids": [1, 2, 3],
    "metadata": {"a": "b"},
    "guided_json": SCHEMA,
    "temperature": 1,
}

_USAGE: dict[str, Any] = {
    "prompt_tokens": 5,
    "completion_tokens": 7,
    "total_tokens": 12,
    "prompt_tokens_details": {"cached_tokens": 1, "note": "x"},
    "completion_tokens_details": {"reasoning_tokens": 2},
    "cost_details": {"currency": "EUR"},
}
_TOP: dict[str, Any] = {
    "id": "chatcmpl-upstream",
    "object": "chat.completion",
    "created": 17,
    "model": "/srv/models/gpt-oss.gguf",
    "system_fingerprint": "fp_1",
    "service_tier": "default",
    "obfuscation": "aX3",
    "provider": "somebody",
    "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {"hate": {"severity": "safe"}}}],
    "moderation": {"input": {"type": "error", "code": "x", "message": "y"}},
    "prompt_logprobs": [{"1": {"decoded_token": "t"}}],
    "prompt_token_ids": [1, 2, 3],
    "kv_transfer_params": {"a": "b"},
    "usage": _USAGE,
}


def _token(text: str) -> dict[str, Any]:
    raw = list(text.encode())
    other = {"token": "Bye", "logprob": -3.0, "bytes": [66, 121, 101]}
    return {
        "token": text,
        "logprob": -0.5,
        "bytes": raw,
        "top_logprobs": [other, {"token": text, "logprob": -0.5, "bytes": None}],
    }


_MESSAGE: dict[str, Any] = {
    "role": "assistant",
    "content": "Hello",
    "refusal": "No",
    "reasoning": "think a",
    "reasoning_content": "think b",
    "thinking": "think c",
    "reasoning_details": [
        {"type": "reasoning.text", "text": "think d", "signature": "sig", "id": "r1", "format": "f", "index": 0},
        {"type": "reasoning.summary", "summary": "short", "index": 1},
        {"type": "reasoning.encrypted", "data": "gAAA", "index": 2},
    ],
    "tool_calls": [
        {
            "index": 0,
            "id": "call_1",
            "type": "function",
            "function": {"name": "look", "arguments": '{"a":1}', "note": "n"},
            "extra": "e",
        },
        {"index": 1, "id": "call_2", "type": "custom", "custom": {"name": "shell", "input": "ls"}},
        {
            "index": 2,
            "id": "call_3",
            "type": "function",
            "function": {"name": "dict", "arguments": {"city": "Rome", "ids": [1, 2, 3]}},
        },
    ],
    "function_call": {"name": "old", "arguments": "{}", "note": "n"},
    "annotations": [{"type": "url_citation", "url_citation": {"url": "https://example.com", "title": "T"}}],
    "audio": {"id": "a", "data": "AAAA", "transcript": "spoken", "expires_at": 1},
    "token_ids": [1, 2, 3],
    "citations": ["https://example.com"],
    "images": [{"image_url": {"url": "data:..."}}],
}
_LOGPROBS = {"content": [_token("Hel"), _token("lo")], "refusal": [_token("No")], "reasoning": [_token("t")]}
_END = {
    "finish_reason": "stop",
    "stop_reason": "x",
    "native_finish_reason": "y",
    "token_ids": [1, 2, 3],
    "content_filter_results": {"hate": {"severity": "safe"}},
}

CHAT_REPLY: dict[str, Any] = {**_TOP, "choices": [{"index": 0, "message": _MESSAGE, "logprobs": _LOGPROBS, **_END}]}
CHAT_EVENT: dict[str, Any] = {**_TOP, "choices": [{"index": 0, "delta": _MESSAGE, "logprobs": _LOGPROBS, **_END}]}
COMPLETION_REPLY: dict[str, Any] = {
    **_TOP,
    "choices": [
        {
            "index": 0,
            "text": "Hello",
            "logprobs": {
                "tokens": ["Hel", "lo"],
                "token_logprobs": [-0.5, -1],
                "top_logprobs": [{"Hel": -0.5, "Bye": -3}, {"lo": -1}],
                "text_offset": [9, 12],
                "extra": ["e"],
            },
            **_END,
        }
    ],
}
ERRORS: list[Any] = [
    {"error": {"message": "m", "type": "t", "param": "p", "code": "c", "innererror": {"x": ["y", [1, 2, 3]]}}},
    {"error": "m"},
    {"detail": "m"},
    {"detail": [{"loc": ["body", "n"], "msg": "m", "input": {"a": "b"}}]},
    {"choices": [{"index": 0, "error": {"message": "m", "code": "c"}}]},
]


def walk(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value of a document with its path, the root first."""
    yield path, value
    for key, one in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from walk(one, (*path, key))


def put(body: Any, path: Path, value: Any) -> Any:
    """A copy of the body with another value at a path."""
    if not path:
        return value
    out = copy.deepcopy(body)
    at(out, path[:-1])[path[-1]] = value
    return out


def rename(body: Any, path: Path, key: str) -> Any:
    """A copy of the body with the key at the end of a path renamed, its place kept."""
    out = copy.deepcopy(body)
    parent = at(out, path[:-1])
    items = [(key if k == path[-1] else k, v) for k, v in parent.items()]
    parent.clear()
    parent.update(items)
    return out


def at(body: Any, path: Path) -> Any:
    for step in path:
        body = body[step]
    return body
