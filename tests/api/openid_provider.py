"""An OpenID provider on 127.0.0.1: discovery, keys, codes with PKCE, tokens, signed user info.

It does what the standard says, unless a test tells it to lie about one thing.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from app.config import ProConnect

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CLIENT_ID, CLIENT_SECRET = "passnum", "between us"


@dataclass
class Lies:
    """What the provider says wrongly, for once; claims that replace those it should make."""

    id_token: dict[str, Any] = field(default_factory=dict)
    info: dict[str, Any] = field(default_factory=dict)
    foreign_key: bool = False
    plain_info: bool = False
    fails_at: str = ""


@dataclass
class OpenIdProvider:
    """One person is signed in there already: whoever comes is that person."""

    email: str = "coordinator@exemple.fr"
    subject: str = "f3e1-4a"
    lies: Lies = field(default_factory=Lies)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    other_key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    asked: dict[str, dict[str, str]] = field(default_factory=dict)
    ended: list[dict[str, str]] = field(default_factory=list)
    server: BaseWSGIServer | None = None

    def __enter__(self) -> Self:
        self.server = make_server("127.0.0.1", 0, self, request_handler=_Silent)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, _a: type[BaseException] | None, _b: BaseException | None, _c: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Nobody answers any more."""
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    @property
    def issuer(self) -> str:
        assert self.server is not None
        return f"http://127.0.0.1:{self.server.server_port}"

    @property
    def settings(self) -> ProConnect:
        """How passnum knows it."""
        return ProConnect(self.issuer, CLIENT_ID, CLIENT_SECRET)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        request = Request(environ)
        name = request.path.rpartition("/")[2].replace("-", "_")
        answer = (
            Response("", 503)
            if name == self.lies.fails_at
            else getattr(self, f"answer_{name}")(request)
        )
        return answer(environ, start_response)

    def answer_openid_configuration(self, _request: Request) -> Response:
        return _json(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                "jwks_uri": f"{self.issuer}/jwks",
                "end_session_endpoint": f"{self.issuer}/end",
                "code_challenge_methods_supported": ["S256"],
            }
        )

    def answer_jwks(self, _request: Request) -> Response:
        return _json({**KeySet([self.key]).as_dict(private=False)})

    def answer_authorize(self, request: Request) -> Response:
        asked = request.args.to_dict()
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert "openid" in asked["scope"].split()
        assert min(len(asked["state"]), len(asked["nonce"])) >= 32
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe()
        self.asked[code] = asked
        back = urlencode({"code": code, "state": asked["state"]})
        return redirect(f"{asked['redirect_uri']}?{back}")

    def answer_token(self, request: Request) -> Response:
        asked = self.asked.pop(request.form["code"], None)
        digest = hashlib.sha256(request.form["code_verifier"].encode()).digest()
        proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        known = (request.form["client_id"], request.form["client_secret"])
        if (
            asked is None
            or asked["code_challenge"] != proof
            or asked["redirect_uri"] != request.form["redirect_uri"]
            or known != (CLIENT_ID, CLIENT_SECRET)
        ):
            return _json({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": self.subject,
            "iat": now,
            "exp": now + 60,
            "nonce": asked["nonce"],
            "acr": "eidas1",
        }
        return _json(
            {
                "access_token": "access",
                "token_type": "Bearer",
                "expires_in": 60,
                "id_token": self.signed(claims | self.lies.id_token),
            }
        )

    def answer_userinfo(self, request: Request) -> Response:
        assert request.headers["Authorization"] == "Bearer access"
        info = {"sub": self.subject, "email": self.email, "iss": self.issuer, "aud": CLIENT_ID}
        if self.lies.plain_info:
            return _json(info | self.lies.info)
        return Response(self.signed(info | self.lies.info), mimetype="application/jwt")

    def answer_end(self, request: Request) -> Response:
        self.ended.append(request.args.to_dict())
        return redirect(request.args["post_logout_redirect_uri"])

    def signed(self, claims: dict[str, Any]) -> str:
        """The claims under the provider's key, or under a key that only calls itself so."""
        key = self.other_key if self.lies.foreign_key else self.key
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, key)


def _json(content: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(content), status, mimetype="application/json")


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's name
        """Say nothing."""
