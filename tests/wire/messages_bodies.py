"""The largest bodies and events of the Messages API: every known field once. Tests plant things in them."""

from __future__ import annotations

from typing import Any

from tests.wire.bodies import SCHEMA

_CACHE = {"type": "ephemeral", "ttl": "5m"}
_TEXT = {"type": "text", "text": "What is this?", "cache_control": _CACHE}
_FOUND = {"type": "web_search_result", "title": "T", "url": "https://example.com", "encrypted_content": "gAAA"}
_CITATION = {"type": "char_location", "cited_text": "c", "document_index": 0, "document_title": "D"}

REQUEST: dict[str, Any] = {
    "model": "gpt-oss",
    "max_tokens": 100,
    "system": [{**_TEXT, "text": "Be brief."}],
    "messages": [
        {
            "role": "user",
            "content": [
                _TEXT,
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
                {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
                {"type": "image", "source": {"type": "file", "file_id": "file_1"}, "transformations": {"a": "b"}},
                {
                    "type": "document",
                    "source": {"type": "text", "media_type": "text/plain", "data": "A letter."},
                    "title": "Letter", "context": "Old.", "citations": {"enabled": True}, "cache_control": _CACHE,
                },
                {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "Part."}]}},
                {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "AAAA"}},
                {
                    "type": "search_result", "source": "https://example.com", "title": "T",
                    "content": [{"type": "text", "text": "Found."}], "citations": {"enabled": True},
                },
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "EqQB"},
                {"type": "redacted_thinking", "data": "gAAA"},
                {"type": "text", "text": "Let me look.", "citations": [_CITATION]},
                {
                    "type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {"query": "cats"},
                    "caller": {"type": "direct"},
                },
                {"type": "web_search_tool_result", "tool_use_id": "srv_1", "content": [_FOUND]},
                {"type": "mcp_tool_use", "id": "mcp_1", "name": "look", "server_name": "s", "input": {"a": "b"}},
                {"type": "mcp_tool_result", "tool_use_id": "mcp_1", "content": "said", "is_error": False},
                {
                    "type": "tool_use", "id": "toolu_1", "name": "look", "input": {"city": "Paris", "n": [1, 2]},
                    "toolset_name": "set", "cache_control": _CACHE,
                },
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result", "tool_use_id": "toolu_1", "is_error": False, "toolset_name": "set",
                    "content": [
                        {"type": "text", "text": "Sunny."},
                        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
                        {"type": "tool_reference", "tool_name": "look"},
                    ],
                },
                {"type": "tool_result", "tool_use_id": "toolu_2", "content": "Rainy."},
            ],
        },
        {"role": "system", "content": "Now be long."},
        {"role": "assistant", "content": "It is"},
    ],
    "tools": [
        {
            "type": "custom", "name": "look", "description": "Looks", "input_schema": SCHEMA, "strict": True,
            "input_examples": [{"city": "Rome"}], "defer_loading": False, "allowed_callers": ["direct"],
            "eager_input_streaming": True, "cache_control": _CACHE,
        },
        {"type": "web_search_20250305", "name": "web_search", "max_uses": 3, "allowed_domains": ["example.com"]},
    ],
    "tool_choice": {"type": "tool", "name": "look", "disable_parallel_tool_use": True},
    "thinking": {"type": "enabled", "budget_tokens": 1024, "display": "summarized"},
    "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": SCHEMA}},
    "output_format": {"type": "json_schema", "schema": SCHEMA},
    "cache_control": _CACHE,
    "context_management": {"edits": [{"type": "clear_tool_uses"}]},
    "metadata": {"user_id": "u-1"},
    "stop_sequences": ["END", "STOP"],
    "stream": True,
    "temperature": 0.5,
    "top_p": 0.9,
    "top_k": 40,
    "service_tier": "auto",
    "speed": "fast",
    "inference_geo": "eu",
}  # fmt: skip

_USAGE: dict[str, Any] = {
    "input_tokens": 1, "output_tokens": 2, "cache_read_input_tokens": 3, "cache_creation_input_tokens": 4,
    "output_tokens_details": {"thinking_tokens": 1, "note": "x"}, "server_tool_use": {"web_search_requests": 1},
    "service_tier": "standard", "inference_geo": "eu",
}  # fmt: skip
BLOCKS: list[dict[str, Any]] = [
    {"type": "thinking", "thinking": "Hm.", "signature": "EqQB"},
    {"type": "redacted_thinking", "data": "gAAA"},
    {"type": "text", "text": "It is a cat.", "citations": [_CITATION]},
    {
        "type": "tool_use",
        "id": "toolu_1",
        "name": "look",
        "input": {"city": "Paris", "n": [1, 2, 3]},
        "caller": {"type": "d"},
    },
    {
        "type": "server_tool_use",
        "id": "srv_1",
        "name": "web_search",
        "input": {"query": "cats"},
        "caller": {"type": "d"},
    },
    {"type": "web_search_tool_result", "tool_use_id": "srv_1", "content": [_FOUND]},
    {
        "type": "code_execution_tool_result",
        "tool_use_id": "srv_2",
        "content": {"type": "x", "stdout": "y", "return_code": 0},
    },
    {"type": "mcp_tool_use", "id": "mcp_1", "name": "look", "server_name": "s", "input": {"a": "b"}},
    {"type": "telepathy", "thought": "unknown"},
]
REPLY: dict[str, Any] = {
    "id": "msg_u",
    "type": "message",
    "role": "assistant",
    "model": "/srv/models/gpt-oss",
    "content": BLOCKS,
    "stop_reason": "stop_sequence",
    "stop_sequence": "END",
    "stop_details": {"type": "refusal", "explanation": "because"},
    "container": {"id": "c", "expires_at": "x"},
    "kv_transfer_params": {"a": "b"},
    "usage": _USAGE,
}
_DELTAS: list[dict[str, Any]] = [
    {"type": "text_delta", "text": "Hi."},
    {"type": "thinking_delta", "thinking": "Hm."},
    {"type": "input_json_delta", "partial_json": '{"a": 1}'},
    {"type": "signature_delta", "signature": "EqQB"},
    {"type": "citations_delta", "citation": _CITATION},
    {"type": "telepathy_delta", "thought": "Hm."},
]
EVENTS: list[dict[str, Any]] = [
    {"type": "message_start", "message": {**REPLY, "content": []}},
    *({"type": "content_block_start", "index": 0, "content_block": block} for block in BLOCKS),
    *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in _DELTAS),
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": "END"}, "usage": _USAGE},
    {"type": "message_stop"},
    {"type": "ping"},
    {"type": "error", "error": {"type": "overloaded_error", "message": "m", "details": {"a": "b"}}, "request_id": "r"},
    {"type": "telepathy", "thought": "Hm."},
]
"""One of each kind. What belongs to a block is read by itself, as from a server that leaves the block's start out."""
