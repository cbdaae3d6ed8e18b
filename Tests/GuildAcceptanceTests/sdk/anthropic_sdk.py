"""Holds a conversation with the official Anthropic SDK and prints what came of it as JSON."""

import json
import sys

import anthropic

client = anthropic.Anthropic(base_url=sys.argv[1], api_key="test-key", max_retries=0)
tool = {
    "name": "github__create_issue_comment",
    "description": "Comments on an issue.",
    "input_schema": {"type": "object", "properties": {"body": {"type": "string"}}},
}
question = {"role": "user", "content": 'Triage {"repository": {"full_name": "acme/till"}, "number": 7}'}
result = {}

plain = client.messages.create(
    model="claude-test", max_tokens=256, messages=[{"role": "user", "content": "hello"}]
)
result["plain"] = {
    "text": plain.content[0].text,
    "stop": plain.stop_reason,
    "model": plain.model,
    "input": plain.usage.input_tokens,
    "output": plain.usage.output_tokens,
}

with client.messages.stream(
    model="claude-test", max_tokens=256, system="Be brief.", tools=[tool], messages=[question]
) as stream:
    pieces = list(stream.text_stream)
    first = stream.get_final_message()
call = next(block for block in first.content if block.type == "tool_use")
result["stream"] = {
    "text": "".join(pieces),
    "pieces": len(pieces),
    "stop": first.stop_reason,
    "tool": call.name,
    "arguments": call.input,
    "input": first.usage.input_tokens,
    "output": first.usage.output_tokens,
}

answer = {
    "role": "user",
    "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "created"}],
}
history = [question, {"role": "assistant", "content": [block.model_dump() for block in first.content]}, answer]
for message in history[1]["content"]:
    for key in [key for key, value in message.items() if value is None]:
        del message[key]
second = client.messages.create(model="claude-test", max_tokens=256, tools=[tool], messages=history)
result["second"] = {"text": second.content[0].text, "stop": second.stop_reason}

counted = client.messages.count_tokens(model="claude-test", system="Be brief.", tools=[tool], messages=[question])
result["counted"] = counted.input_tokens

short = client.messages.create(model="claude-test", max_tokens=1, messages=[{"role": "user", "content": "hello"}])
result["short"] = {"stop": short.stop_reason, "output": short.usage.output_tokens}

try:
    client.messages.create(model="claude-test", max_tokens=256, tools=[tool], messages=history[:2] + [question])
except anthropic.BadRequestError as error:
    result["refused"] = {"type": error.body["error"]["type"], "message": error.body["error"]["message"]}

try:
    client.messages.create(
        model="claude-overloaded", max_tokens=256, messages=[{"role": "user", "content": "hello"}]
    )
except anthropic.APIStatusError as error:
    result["overloaded"] = {
        "status": error.status_code,
        "type": error.body["error"]["type"],
        "retryAfter": error.response.headers["retry-after"],
    }

try:
    with client.messages.stream(
        model="claude-broken", max_tokens=256, messages=[{"role": "user", "content": "hello"}]
    ) as stream:
        stream.get_final_message()
except Exception as error:
    result["broken"] = type(error).__name__

print(json.dumps(result))
