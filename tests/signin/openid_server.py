"""An OpenID Connect provider on this machine, which can also misbehave; and the profiles of Kakao and Naver."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "dangol-client", "a-secret-nobody-may-see-0123456789-0123456789-0123456789-0123456789"


class OpenIDServer:
    """One provider. `claims` and `header` are laid over what it would say; `sign` makes the ID token."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.other_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.claims: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.profile: dict[str, Any] = {}
        self.config: dict[str, Any] = {}
        self.sign: Callable[[dict[str, Any]], str] = self.signed
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[dict[str, str]] = []
        self.refusals: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.get(self)

            def do_POST(self) -> None:
                server.post(self)

            def log_message(self, *args: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.http.shutdown()
        self.http.server_close()

    def signed(
        self, claims: dict[str, Any], *, key: Any = None, kid: str = "k1", algorithm: str = "RS256"
    ) -> str:
        return jwt.encode(claims, key or self.key, algorithm=algorithm, headers={"kid": kid})

    def get(self, handler: BaseHTTPRequestHandler) -> None:
        url = urlsplit(handler.path)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/.well-known/openid-configuration":
            return answer(handler, self.configuration())
        if url.path == "/jwks":
            jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
            return answer(handler, {"keys": [{**jwk, "kid": "k1", "use": "sig", "alg": "RS256"}]})
        if url.path == "/authorize":
            self.asked.append(asked)
            code = secrets.token_urlsafe(16)
            self.codes[code] = asked
            back = urlencode({"code": code, "state": asked["state"]})
            handler.send_response(302)
            handler.send_header("Location", f"{asked['redirect_uri']}?{back}")
            handler.end_headers()
            return None
        if url.path == "/userinfo":
            return answer(handler, {"sub": "emp-1", **self.userinfo})
        if url.path == "/profile":
            return answer(handler, self.profile)
        return answer(handler, {"error": "not found"}, 404)

    def post(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        asked = self.codes.pop(form.get("code", ""), None)
        problem = self.problem(form, asked)
        if problem:
            self.refusals.append(problem)
            return answer(handler, {"error": problem}, 400)
        assert asked is not None
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": "emp-1",
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked.get("nonce"),
            "email": "insider@example.com",
            "email_verified": True,
            "name": "김지우",
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        return answer(
            handler, {"access_token": "access", "token_type": "Bearer", "id_token": self.sign(claims)}
        )

    def problem(self, form: dict[str, str], asked: dict[str, str] | None) -> str:
        if asked is None:
            return "code"
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET):
            return "client"
        if form.get("redirect_uri") != asked["redirect_uri"]:
            return "redirect"
        if "code_challenge" in asked:
            digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            if base64.urlsafe_b64encode(digest).decode().rstrip("=") != asked["code_challenge"]:
                return "pkce"
        return ""

    def configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            **self.config,
        }


def answer(handler: BaseHTTPRequestHandler, data: dict[str, Any], status: int = 200) -> None:
    text = json.dumps(data).encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(text)))
    handler.end_headers()
    handler.wfile.write(text)
