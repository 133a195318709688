"""The largest bodies and events of the Responses API: every known field once. Tests plant things in them."""

from __future__ import annotations

from typing import Any

from tests.wire.bodies import SCHEMA

_TEXT = {"type": "input_text", "text": "What is this?"}
_ANNOTATION = {"type": "url_citation", "url": "https://example.com", "title": "T", "start_index": 0, "end_index": 3}

INPUT: list[dict[str, Any]] = [
    {"role": "system", "content": "Be brief."},
    {"type": "message", "role": "developer", "content": [_TEXT]},
    {
        "role": "user",
        "content": [
            {**_TEXT, "prompt_cache_breakpoint": {"mode": "explicit"}},
            {"type": "input_image", "image_url": "https://example.com/a.png", "detail": "low", "file_id": "file_1"},
            {"type": "input_file", "file_url": "https://example.com/a.pdf", "filename": "cv.pdf", "file_data": "AAAA"},
            {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
        ],
    },
    {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "phase": "final_answer",
        "content": [
            {"type": "output_text", "text": "It is a cat.", "annotations": [_ANNOTATION], "logprobs": []},
            {"type": "refusal", "refusal": "No."},
        ],
    },
    {
        "id": "rs_1",
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "Summed."}],
        "content": [{"type": "reasoning_text", "text": "Thought."}],
        "encrypted_content": "gAAA",
        "status": "completed",
    },
    {"id": "fc_1", "type": "function_call", "call_id": "c1", "name": "look", "arguments": '{"a": 1}', "namespace": "n"},
    {"type": "function_call_output", "id": "fo_1", "call_id": "c1", "output": "Sunny", "status": "completed"},
    {"type": "function_call_output", "call_id": "c2", "output": [_TEXT], "name": "look", "caller": {"type": "direct"}},
    {"type": "custom_tool_call", "call_id": "c3", "name": "shell", "input": "ls"},
    {"type": "custom_tool_call_output", "call_id": "c3", "output": "a b c"},
    {
        "id": "ws_1", "type": "web_search_call", "status": "completed",
        "action": {"type": "search", "query": "cats", "sources": [{"type": "url", "url": "https://example.com"}]},
    },
    {"id": "fs_1", "type": "file_search_call", "queries": ["q"], "results": [{"file_id": "f", "text": "found"}]},
    {
        "id": "ci_1", "type": "code_interpreter_call", "container_id": "cont_1", "code": "print(1)",
        "outputs": [{"type": "logs", "logs": "1"}],
    },
    {"id": "ig_1", "type": "image_generation_call", "result": "iVBORw0=", "revised_prompt": "a cat", "size": "auto"},
    {"type": "local_shell_call", "call_id": "c4", "action": {"type": "exec", "command": ["ls"], "env": {"A": "b"}}},
    {"type": "local_shell_call_output", "id": "c4", "output": "files"},
    {"type": "shell_call", "call_id": "c5", "action": {"commands": ["ls"]}, "environment": {"type": "local"}},
    {"type": "shell_call_output", "call_id": "c5", "output": [{"stdout": "x", "stderr": "y", "outcome": {"type": "exit"}}]},
    {"type": "apply_patch_call", "call_id": "c6", "operation": {"type": "create_file", "path": "a", "diff": "+x"}},
    {"type": "apply_patch_call_output", "call_id": "c6", "output": "done", "status": "completed"},
    {"type": "mcp_list_tools", "id": "ml_1", "server_label": "s", "tools": [{"name": "t", "input_schema": SCHEMA}]},
    {"type": "mcp_approval_request", "id": "ma_1", "server_label": "s", "name": "t", "arguments": "{}"},
    {"type": "mcp_approval_response", "approval_request_id": "ma_1", "approve": True, "reason": "fine"},
    {"type": "mcp_call", "id": "mc_1", "server_label": "s", "name": "t", "arguments": "{}", "output": "out", "error": "e"},
    {"type": "computer_call", "call_id": "c7", "action": {"type": "type", "text": "hello"}},
    {
        "type": "computer_call_output", "call_id": "c7",
        "output": {"type": "computer_screenshot", "image_url": "data:image/png;base64,AA"},
    },
    {"type": "telepathy_call", "thought": "unknown"},
]  # fmt: skip

REQUEST: dict[str, Any] = {
    "model": "gpt-oss",
    "input": INPUT,
    "instructions": "Answer in French.",
    "tools": [
        {"type": "function", "name": "look", "description": "Looks", "parameters": SCHEMA, "strict": True},
        {"type": "custom", "name": "shell", "description": "Runs", "format": {"type": "grammar", "definition": "x"}},
        {"type": "web_search", "filters": {"allowed_domains": ["example.com"]}, "user_location": {"city": "Bern"}},
        {"type": "mcp", "server_label": "s", "server_url": "https://example.com/mcp", "headers": {"A": "b"}},
    ],
    "tool_choice": {"type": "function", "name": "look"},
    "parallel_tool_calls": True,
    "max_output_tokens": 100,
    "max_tool_calls": 2,
    "text": {
        "format": {"type": "json_schema", "name": "answer", "description": "D", "schema": SCHEMA, "strict": True},
        "verbosity": "low",
    },
    "reasoning": {"effort": "low", "summary": "auto"},
    "include": ["message.output_text.logprobs"],
    "top_logprobs": 2,
    "truncation": "auto",
    "metadata": {"ticket": "T-1"},
    "store": True,
    "stream": True,
    "stream_options": {"include_obfuscation": True},
    "user": "u-1",
    "safety_identifier": "s-1",
    "prompt_cache_key": "k-1",
    "service_tier": "auto",
    "temperature": 0.5,
    "moderation": {"model": "omni-moderation-latest"},
    "enable_response_messages": False,
}

_TOKEN = {"token": "Hi.", "logprob": -0.5, "bytes": [72, 105, 46], "top_logprobs": []}
MESSAGE: dict[str, Any] = {
    "id": "msg_u",
    "type": "message",
    "role": "assistant",
    "status": "completed",
    "content": [
        {"type": "output_text", "text": "Hi.", "annotations": [_ANNOTATION], "logprobs": [_TOKEN]},
        {"type": "refusal", "refusal": "No."},
    ],
}
REASONING: dict[str, Any] = {
    "id": "rs_u",
    "type": "reasoning",
    "summary": [{"type": "summary_text", "text": "Summed."}],
    "content": [{"type": "reasoning_text", "text": "Thought."}],
    "encrypted_content": "gAAA",
}
CALL = {
    "id": "fc_u",
    "type": "function_call",
    "call_id": "c1",
    "name": "look",
    "arguments": '{"a": "b"}',
    "status": "completed",
}
CUSTOM = {"id": "ct_u", "type": "custom_tool_call", "call_id": "c2", "name": "shell", "input": "ls"}
OUTPUT = [REASONING, MESSAGE, CALL, CUSTOM, *(i for i in INPUT if i.get("type") in (
    "web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call", "local_shell_call",
    "shell_call", "shell_call_output", "apply_patch_call", "mcp_list_tools", "mcp_approval_request", "mcp_call",
    "telepathy_call",
))]  # fmt: skip
REPLY: dict[str, Any] = {
    "id": "resp_u",
    "object": "response",
    "created_at": 1,
    "model": "/srv/models/gpt-oss",
    "status": "completed",
    "output": OUTPUT,
    "instructions": "Answer in French.",
    "tools": [],
    "metadata": {"a": "b"},
    "usage": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3, "input_tokens_details": {"note": "x"}},
    "provider": "somebody",
}  # fmt: skip
_AT = {"item_id": "it_u", "output_index": 0, "content_index": 0}
_PART = MESSAGE["content"][0]
EVENTS: dict[str, dict[str, Any]] = {
    "response.created": {"response": {**REPLY, "status": "in_progress", "output": []}},
    "response.output_item.added": {"output_index": 0, "item": CALL},
    "response.output_item.done": {"output_index": 0, "item": MESSAGE},
    "response.content_part.added": {**_AT, "part": _PART},
    "response.content_part.done": {**_AT, "part": _PART},
    "response.reasoning_part.done": {**_AT, "part": REASONING["content"][0]},
    "response.reasoning_summary_part.done": {**_AT, "summary_index": 0, "part": REASONING["summary"][0]},
    "response.output_text.delta": {**_AT, "delta": "Hi.", "logprobs": [_TOKEN], "obfuscation": "x"},
    "response.output_text.done": {**_AT, "text": "Hi.", "logprobs": [_TOKEN]},
    "response.output_text.annotation.added": {**_AT, "annotation_index": 0, "annotation": _ANNOTATION},
    "response.refusal.delta": {**_AT, "delta": "No."},
    "response.refusal.done": {**_AT, "refusal": "No."},
    "response.reasoning_text.delta": {**_AT, "delta": "Hm."},
    "response.reasoning_text.done": {**_AT, "text": "Hm."},
    "response.reasoning_summary_text.delta": {**_AT, "delta": "Hm."},
    "response.reasoning_summary_text.done": {**_AT, "text": "Hm."},
    "response.function_call_arguments.delta": {**_AT, "delta": '{"a"'},
    "response.function_call_arguments.done": {**_AT, "arguments": '{"a": 1}', "name": "look"},
    "response.custom_tool_call_input.delta": {**_AT, "delta": "ls"},
    "response.custom_tool_call_input.done": {**_AT, "input": "ls"},
    "response.mcp_call_arguments.delta": {**_AT, "delta": "{}"},
    "response.code_interpreter_call_code.done": {**_AT, "code": "1"},
    "response.web_search_call.searching": _AT,
    "response.image_generation_call.partial_image": {**_AT, "partial_image_b64": "AAAA"},
    "response.telepathy.delta": {**_AT, "thought": "Hm."},
    "response.failed": {"response": {**REPLY, "status": "failed", "error": {"code": "server_error", "message": "M"}}},
    "response.completed": {"response": REPLY},
    "error": {"code": "x", "message": "M", "param": "p"},
}
