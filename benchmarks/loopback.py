"""Both ends of a conversation on this machine: as little of HTTP/1.1 as a load needs, and a slow chat model."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator

SENTENCE = "A chatbot learns from PDF, Word, PowerPoint and text files, and from web pages [1]. "
WORDS_OF_AN_ANSWER, PAUSE_S = 24, 0.6
MODEL_S = WORDS_OF_AN_ANSWER * PAUSE_S  # seconds that an answer takes


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def send(port: int, method: str, path: str, body: str = "", **headers: str) -> AsyncIterator[bytes]:
    """Yield the lines of an answer, the status line first."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    fields = {"Host": f"localhost:{port}", "Connection": "close", "Content-Length": str(len(body.encode())), **headers}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name.replace('_', '-')}: {value}" for name, value in fields.items())]
    writer.write(("\r\n".join([*lines, "", ""]) + body).encode())
    try:
        await writer.drain()
        while line := await reader.readline():
            yield line
    finally:
        writer.close()


async def fetch(port: int, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str]:
    """Return status and the rest of an answer, headers included."""
    lines = [line async for line in send(port, method, path, body, **headers)]
    return int(lines[0].split()[1]), b"".join(lines[1:]).decode("utf-8", "replace")


async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one request as OpenAI's server does, a few words at a time."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head.lower())
        await reader.readexactly(int(length.group(1)) if length else 0)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        for n in range(WORDS_OF_AN_ANSWER):
            text = SENTENCE if n % 8 == 0 else " "
            finish = "stop" if n == WORDS_OF_AN_ANSWER - 1 else None
            choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
            chunk = {"id": "x", "object": "chat.completion.chunk", "choices": [choice]}
            writer.write(f"data: {json.dumps(chunk)}\n\n".encode())
            await writer.drain()
            await asyncio.sleep(PAUSE_S)
        writer.write(b"data: [DONE]\n\n")
        await writer.drain()
    except (OSError, asyncio.IncompleteReadError):
        pass  # who asked has left
    finally:
        writer.close()
