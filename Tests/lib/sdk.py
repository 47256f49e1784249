#!/usr/bin/env python3
"""Asks an OpenAI- or Anthropic-compatible API by its official SDK, and prints what a program's user would see.

sdk.py openai|anthropic ADDRESS <TOKEN: one JSON object on standard output.
"""

import json
import sys


def ask(sdk, address, token):
    if sdk == "openai":
        import openai

        client = openai.OpenAI(base_url=address + "/v1", api_key=token, max_retries=0)
        answer = client.chat.completions.create(model="small", messages=[{"role": "user", "content": "hello"}])
        return answer.choices[0].message.content
    import anthropic

    client = anthropic.Anthropic(base_url=address, api_key=token, max_retries=0)
    answer = client.messages.create(model="small", max_tokens=9, messages=[{"role": "user", "content": "hello"}])
    return answer.content[0].text


try:
    seen = {"answer": ask(sys.argv[1], sys.argv[2], sys.stdin.read())}
except Exception as error:
    seen = {
        "exception": type(error).__name__,
        "text": str(error),
        "status": getattr(error, "status_code", None),
        "body": getattr(error, "body", None),
        "code": getattr(error, "code", None),
        "type": getattr(error, "type", None),
    }
print(json.dumps(seen))
