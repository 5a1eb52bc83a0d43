"""Pages through the front: what Django is told of a request, and what the server is given back."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace

import pytest

from dangol.config import front as fronting
from dangol.config.front import Front


class Headers:
    def __init__(self, *pairs):
        self.pairs = pairs

    def items(self):
        return list(self.pairs)

    def get(self, name, default=None):
        return dict(self.pairs).get(name, default)


class Protocol:
    """Granian's, as far as the front uses it."""

    def __init__(self, *pieces, breaks_after=None):
        self.pieces, self.breaks_after = pieces, breaks_after
        self.status, self.headers, self.sent = None, None, []

    async def __call__(self):
        return b"".join(self.pieces)

    async def __aiter__(self):
        for piece in self.pieces:
            yield piece

    def response_bytes(self, status, headers, body):
        self.status, self.headers, self.sent = status, headers, [body]

    def response_stream(self, status, headers):
        self.status, self.headers = status, headers
        return self

    async def send_bytes(self, piece):
        if self.breaks_after is not None and len(self.sent) >= self.breaks_after:
            raise RuntimeError("closed")
        self.sent.append(piece)


def asked(pages, *pieces, method="GET", path="/x", headers=(), **more):
    protocol = Protocol(*pieces, **more)
    scope = SimpleNamespace(
        method=method, path=path, query_string="a=1", headers=Headers(*headers), server="127.0.0.1:8000",
        client="10.0.0.7:4711", scheme="http", http_version="1.1", authority="crm.example.com",
    )  # fmt: skip

    async def stream(scope, protocol):
        protocol.response_bytes(200, [], b"stream")

    front = Front(pages, stream, threads=2)
    try:
        asyncio.run(front.__rsgi__(scope, protocol))
    finally:
        front.pool.shutdown()
    return protocol


class Answered(list):
    """A response that is at hand, as Django's HttpResponse."""

    streaming = False
    closed = False

    def close(self):
        self.closed = True


def test_the_application_hears_of_the_request_as_it_came():
    heard = {}

    def pages(environ, start):
        heard.update(environ)
        start("200 OK", [("Content-Type", "text/plain"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        return Answered([b"o", b"k"])

    pair = (("cookie", "a=1"), ("cookie", "b=2"), ("x-request-id", "abc"), ("content-type", "text/plain"))
    got = asked(pages, path="/고객/%ED%95%9C".encode().decode(), headers=pair)
    assert (got.status, got.sent) == (200, [b"ok"])
    assert got.headers == [("content-type", "text/plain"), ("set-cookie", "a=1"), ("set-cookie", "b=2")]
    assert heard["PATH_INFO"].encode("latin-1").decode() == "/고객/한"
    assert heard["HTTP_COOKIE"] == "a=1; b=2"
    assert (heard["HTTP_HOST"], heard["REMOTE_ADDR"]) == ("crm.example.com", "10.0.0.7")
    assert (heard["CONTENT_TYPE"], heard["HTTP_X_REQUEST_ID"]) == ("text/plain", "abc")


@pytest.mark.parametrize("size", [0, 10, fronting.IN_MEMORY + 1, 3 * fronting.IN_MEMORY])
def test_a_body_arrives_whole_whatever_its_size(size):
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    heard = {}

    def pages(environ, start):
        heard["body"] = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        start("204 No Content", [])
        return Answered()

    half = len(body) // 2
    asked(pages, body[:half], body[half:], method="POST", headers=(("content-length", str(size)),))
    assert heard["body"] == body


def test_a_body_without_a_length_arrives_too():
    def pages(environ, start):
        start("200 OK", [])
        return Answered([environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))])

    got = asked(pages, b"one", b"two", method="POST", headers=(("transfer-encoding", "chunked"),))
    assert got.sent == [b"onetwo"]


def streamed(pieces, closed):
    class Streaming:
        streaming = True

        def __iter__(self):
            return iter(pieces)

        def close(self):
            closed.append(True)

    def pages(environ, start):
        start("200 OK", [])
        return Streaming()

    return pages


def test_a_long_answer_goes_piece_by_piece_and_is_closed():
    closed: list[bool] = []
    got = asked(streamed([b"one", b"", b"two"], closed))
    assert got.sent == [b"one", b"two"]
    assert closed == [True]


def test_a_reader_who_goes_away_ends_the_work():
    closed: list[bool] = []
    made = []

    def endless():
        while True:
            made.append(1)
            yield b"row"

    got = asked(streamed(endless(), closed), breaks_after=3)
    assert len(got.sent) == 3
    assert len(made) <= 5
    assert closed == [True]


def test_an_answer_is_made_from_beginning_to_end_in_one_thread():
    """A database connection belongs to a thread, and a long answer may read from one while it goes."""
    threads = set()

    class Streaming:
        streaming = True

        def __iter__(self):
            for _ in range(5):
                threads.add(threading.get_ident())
                yield b"row"

        def close(self):
            threads.add(threading.get_ident())

    def pages(environ, start):
        threads.add(threading.get_ident())
        start("200 OK", [])
        return Streaming()

    assert asked(pages).sent == [b"row"] * 5
    assert len(threads) == 1


def test_the_small_pieces_of_a_file_are_put_together():
    class File(list):
        streaming = True
        file_to_stream = object()

    def pages(environ, start):
        start("200 OK", [])
        return File([b"x" * 4096] * 20)

    assert [len(piece) for piece in asked(pages).sent] == [fronting.PIECE, 4 * 4096]


def test_a_head_request_gets_no_body():
    def pages(environ, start):
        start("200 OK", [("Content-Length", "2")])
        return Answered([b"ok"])

    got = asked(pages, method="HEAD")
    assert got.sent == [b""]
    assert ("content-length", "2") in got.headers


def test_the_stream_takes_no_thread():
    def pages(environ, start):
        raise AssertionError("asked a page")

    assert asked(pages, path=fronting.LIVE).sent == [b"stream"]
