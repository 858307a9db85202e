"""Signed registry packs, and a registry on this machine that answers as badly as a test likes.

`tests/data/loopback` holds the certificate of 127.0.0.1, its key, and the authority that signed
it, valid from 2020 to 2120; nothing outside these tests trusts it.
"""

import json
import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

import msgspec

from gait_engine.contract.registry import REGISTRY_PACK_SCHEMA, RegistryPack
from gait_engine.crypto.keys import SigningKey
from gait_engine.crypto.sign import sign_digest
from gait_engine.registry.manifest import pack_digest, parse_pack
from tests.support.process import ROOT
from tests.support.runs import Json

CERTIFICATES: Final = ROOT / "tests" / "data" / "loopback"
AUTHORITY: Final = CERTIFICATES / "ca.pem"
HOST: Final = "127.0.0.1"

Answerer = Callable[[socket.socket], None]
Reply = bytes | Answerer


def unsigned(**fields: Any) -> Json:
    """Spell the manifest of a pack, unsigned."""
    return {
        "schema_id": REGISTRY_PACK_SCHEMA,
        "schema_version": "1.0.0",
        "created_at": "2026-02-05T12:00:00Z",
        "producer_version": "0.0.0-dev",
        "pack_name": "baseline",
        "pack_version": "1.2.0",
        "pack_type": "policy",
        "publisher": "acme",
        "source": "official",
        "compatibility": ["gait>=1.4"],
        "provenance": {"commit": "abc"},
        "artifacts": [{"path": "policy.yaml", "sha256": "0" * 64}],
        **fields,
    }


def read(manifest: Json) -> RegistryPack:
    """Read a spelled manifest."""
    return parse_pack(spelled(manifest), "m.json")


def signed(key: SigningKey, **fields: Any) -> Json:
    """Spell a manifest that a key signed."""
    manifest = unsigned(**fields)
    signature = sign_digest(pack_digest(read(manifest)), key)
    return {**manifest, "signatures": [msgspec.to_builtins(signature)]}


def spelled(manifest: Json) -> bytes:
    """Return a manifest as a publisher might write it."""
    return json.dumps(manifest, indent=1).encode()


def ok(body: bytes, *headers: str) -> bytes:
    """Return a whole answer with a body."""
    return answer(200, *headers, f"Content-Length: {len(body)}", body=body)


def answer(status: int, *headers: str, body: bytes = b"") -> bytes:
    """Return an answer as it goes over the wire."""
    lines = [f"HTTP/1.1 {status} Said", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def redirect(location: str, status: int = 302) -> bytes:
    """Return an answer that leads elsewhere."""
    return answer(status, f"Location: {location}", "Content-Length: 0")


def reset(connection: socket.socket) -> None:
    """Tear the connection down instead of closing it."""
    connection.setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
    )


class Registry:
    """A server on 127.0.0.1: each request gets the next reply, the last one again and again."""

    def __init__(self, replies: Sequence[Reply], *, tls: bool) -> None:
        self.scheme = "https" if tls else "http"
        self.requests: list[str] = []
        """The head of every request that arrived."""
        self.over = threading.Event()
        self._replies = list(replies)
        self._listener = socket.create_server((HOST, 0))
        self.port = int(self._listener.getsockname()[1])
        self._tls = _server_context() if tls else None
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def url(self, path: str = "/pack.json", *, host: str = HOST) -> str:
        """Return the address of a path."""
        return f"{self.scheme}://{host}:{self.port}{path}"

    def stall(self, said: bytes = b"") -> Answerer:
        """Return a reply that says something and then nothing until the test is over."""

        def reply(connection: socket.socket) -> None:
            connection.sendall(said)
            self.over.wait()

        return reply

    def stop(self) -> None:
        """Let every reply end, then the server."""
        self.over.set()
        with suppress(OSError), socket.create_connection((HOST, self.port)):
            pass
        self._thread.join()
        self._listener.close()

    def replies_with(self, *replies: Reply) -> None:
        """Set what is said from now on."""
        self._replies = list(replies)

    def _serve(self) -> None:
        while True:
            plain, _ = self._listener.accept()
            with plain, suppress(OSError):
                if self.over.is_set():
                    return
                self._answer(plain)

    def _answer(self, plain: socket.socket) -> None:
        with self._tls.wrap_socket(plain, server_side=True) if self._tls else plain as connection:
            head = b""
            while head[:1] in (b"", b"G") and b"\r\n\r\n" not in head:
                head += (more := connection.recv(65536))
                if not more:
                    break
            if not head:
                return
            self.requests.append(head.decode("latin-1"))
            reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
            if isinstance(reply, bytes):
                connection.sendall(reply)
            else:
                reply(connection)


@contextmanager
def registry(*replies: Reply, tls: bool = True) -> Iterator[Registry]:
    """Run a registry; its replies may also be set once its port is known."""
    server = Registry(replies, tls=tls)
    try:
        yield server
    finally:
        server.stop()


def _server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / "server.pem")
    return context
