"""Holds a conversation with the official OpenAI SDK and prints what came of it as JSON."""

import json
import sys

import openai

client = openai.OpenAI(base_url=sys.argv[1] + "/v1", api_key="test-key", max_retries=0)
tool = {
    "type": "function",
    "function": {
        "name": "github__create_issue_comment",
        "description": "Comments on an issue.",
        "parameters": {"type": "object", "properties": {"body": {"type": "string"}}},
    },
}
question = {"role": "user", "content": 'Triage {"repository": {"full_name": "acme/till"}, "number": 7}'}
result = {}

plain = client.chat.completions.create(model="gpt-test", messages=[{"role": "user", "content": "hello"}])
result["plain"] = {
    "text": plain.choices[0].message.content,
    "stop": plain.choices[0].finish_reason,
    "model": plain.model,
    "input": plain.usage.prompt_tokens,
    "output": plain.usage.completion_tokens,
    "total": plain.usage.total_tokens,
    "reasoning": plain.usage.completion_tokens_details.reasoning_tokens,
}

text, name, identifier, arguments, stop, usage = "", "", "", "", None, None
for chunk in client.chat.completions.create(
    model="gpt-test", messages=[question], tools=[tool], stream=True, stream_options={"include_usage": True}
):
    if chunk.usage:
        usage = chunk.usage
        assert chunk.choices == []
    for choice in chunk.choices:
        text += choice.delta.content or ""
        stop = choice.finish_reason or stop
        for call in choice.delta.tool_calls or []:
            assert call.index == 0
            name += call.function.name or ""
            identifier += call.id or ""
            arguments += call.function.arguments or ""
result["stream"] = {
    "text": text,
    "stop": stop,
    "tool": name,
    "arguments": json.loads(arguments),
    "input": usage.prompt_tokens,
    "output": usage.completion_tokens,
}

call = {"id": identifier, "type": "function", "function": {"name": name, "arguments": arguments}}
history = [
    question,
    {"role": "assistant", "content": text, "tool_calls": [call]},
    {"role": "tool", "tool_call_id": identifier, "content": "created"},
]
with client.chat.completions.stream(model="gpt-test", messages=history, tools=[tool]) as stream:
    second = stream.get_final_completion()
result["second"] = {"text": second.choices[0].message.content, "stop": second.choices[0].finish_reason}

try:
    client.chat.completions.create(model="gpt-test", messages=history[:2])
except openai.BadRequestError as error:
    result["refused"] = {"type": error.type, "message": error.message}

try:
    client.chat.completions.create(model="gpt-limited", messages=[{"role": "user", "content": "hello"}])
except openai.RateLimitError as error:
    result["limited"] = {"status": error.status_code, "retryAfter": error.response.headers["retry-after"]}

print(json.dumps(result))
