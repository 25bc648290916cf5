"""Reads uploads as LiteLLM does. One JSON object a line: {"type", "body" in base64} in, the fields or an error out."""

import asyncio
import base64
import json
import sys

from starlette.requests import Request


async def read(content_type: str, body: bytes) -> list:
    async def receive() -> dict:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", content_type.encode("latin-1"))]
    form = await Request({"type": "http", "method": "POST", "headers": headers}, receive).form()
    return [[name, value if isinstance(value, str) else None] for name, value in form.multi_items()]


for line in sys.stdin:
    asked = json.loads(line)
    try:
        fields = asyncio.run(read(asked["type"], base64.b64decode(asked["body"])))
        print(json.dumps({"fields": fields}), flush=True)
    except Exception as problem:
        print(json.dumps({"error": f"{type(problem).__name__}: {problem}"}), flush=True)
