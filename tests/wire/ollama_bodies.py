"""The largest bodies of Ollama's own API: every known field once. Tests plant things in them."""

from __future__ import annotations

from typing import Any

from tests.wire.bodies import SCHEMA

_SHARED: dict[str, Any] = {
    "model": "gpt-oss:20b",
    "stream": True,
    "format": SCHEMA,
    "options": {"temperature": 0.5, "num_ctx": 4096, "penalize_newline": True, "stop": ["END", "STOP"]},
    "keep_alive": "5m",
    "think": "low",
    "truncate": True,
    "shift": False,
    "logprobs": True,
    "top_logprobs": 3,
}
CHAT: dict[str, Any] = {
    **_SHARED,
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "developer", "content": "In French."},
        {"role": "user", "content": "What is this?", "images": ["AAAA"]},
        {
            "role": "assistant",
            "content": "Let me look.",
            "thinking": "Hm.",
            "tool_calls": [
                {
                    "id": "call_1",
                    "type": "function",
                    "function": {
                        "name": "look",
                        "arguments": {"city": "Paris", "n": [1, 2]},
                        "index": 0,
                        "description": "d",
                    },
                },
                {"function": {"name": "look", "arguments": '{"city": "Rome"}'}},
            ],
        },
        {"role": "tool", "content": "Sunny.", "tool_name": "look", "tool_call_id": "call_1"},
        {"role": "tool", "content": "Rainy.", "name": "look"},
    ],
    "tools": [
        {
            "type": "function",
            "function": {"name": "look", "description": "Looks", "parameters": SCHEMA, "strict": True},
            "items": {"a": "b"},
        }
    ],
}
GENERATE: dict[str, Any] = {
    **_SHARED,
    "prompt": "Once upon",
    "suffix": "The end.",
    "system": "Be brief.",
    "images": ["AAAA"],
    "raw": False,
    "width": 100,
    "height": 100,
    "steps": 10,
    "format": "json",
}
_TOKEN = {"token": "Hi", "logprob": -0.5, "bytes": [72, 105], "top_logprobs": [{"token": "Ho", "logprob": -1.0}]}
_TOP: dict[str, Any] = {
    "model": "/srv/models/gpt-oss",
    "remote_model": "other",
    "remote_host": "https://example.com",
    "created_at": "2025-11-01T10:00:00Z",
    "done": True,
    "done_reason": "stop",
    "total_duration": 1,
    "load_duration": 2,
    "prompt_eval_count": 3,
    "prompt_eval_duration": 4,
    "eval_count": 5,
    "eval_duration": 6,
    "logprobs": [_TOKEN],
    "_debug_info": {"rendered_template": "all of it"},
}
_CALLS = [
    {
        "id": "call_1",
        "function": {"index": 0, "name": "look", "arguments": {"city": "Paris", "n": [1, 2, 3]}, "note": "n"},
        "extra": "e",
    },
    {"function": {"name": "look", "arguments": '{"city": "Rome"}'}},
]
CHAT_REPLY: dict[str, Any] = {
    **_TOP,
    "message": {
        "role": "assistant",
        "content": "Hello",
        "thinking": "Hm.",
        "images": ["AAAA"],
        "tool_name": "look",
        "tool_calls": _CALLS,
    },
}
GENERATE_REPLY: dict[str, Any] = {
    **_TOP,
    "response": "Hello",
    "thinking": "Hm.",
    "context": [1, 2, 3],
    "image": "AAAA",
    "tool_calls": _CALLS,
}
