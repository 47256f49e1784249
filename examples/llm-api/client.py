"""Requests the API by the official SDKs, as an application does.

    client.py openai|anthropic ADDRESS COMMAND [ARGUMENT] <TOKEN

Commands: models, ask TEXT, stream TEXT, upload BYTES, flood COUNT. An exception of the SDK ends it with 1.
"""

import io
import sys
import time

import anthropic
import openai

sdk, address, command, *arguments = sys.argv[1:]
token = sys.stdin.read().strip()
if sdk == "openai":
    client = openai.OpenAI(base_url=f"{address}/v1", api_key=token or "none", max_retries=0, timeout=60)
else:
    client = anthropic.Anthropic(base_url=address, api_key=token or "none", max_retries=0, timeout=60)


def ask(text, **others):
    messages = [{"role": "user", "content": text}]
    if sdk == "openai":
        return client.chat.completions.create(model="small", messages=messages, **others)
    return client.messages.create(model="small", max_tokens=9, messages=messages, **others)


def text_of(answer):
    return answer.choices[0].message.content if sdk == "openai" else answer.content[0].text


def words_of(stream):
    for event in stream:
        if sdk == "openai":
            yield event.choices[0].delta.content
        elif event.type == "content_block_delta":
            yield event.delta.text


def run():
    match command, *arguments:
        case "models", :
            print(*(model.id for model in client.models.list()))
        case "ask", text:
            print(text_of(ask(text)))
        case "stream", text:
            words, times = [], []
            for word in words_of(ask(text, stream=True)):
                words.append(word)
                times.append(time.monotonic())
            print("".join(words))
            # Buffered, they would come at once.
            print("one by one" if all(later - earlier > 0.2 for earlier, later in zip(times, times[1:])) else "at once")
        case "upload", size:
            file = client.files.create(file=("upload", io.BytesIO(bytes(int(size)))), purpose="assistants")
            print(file.bytes >= int(size) and "all of it arrived")
        case "flood", count:
            for number in range(int(count)):
                try:
                    ask("hello")
                except Exception:
                    print(f"{number} of {count} requests were answered")
                    raise
            print("no limit")


try:
    run()
except (openai.APIError, anthropic.APIError) as error:
    print(f"{type(error).__name__}: {error}")
    sys.exit(1)
