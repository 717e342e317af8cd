"""Serving the app: one waitress process with threads, compressed answers, a token off this machine."""

from __future__ import annotations

import gzip
import hmac
import ipaddress
import secrets
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, make_response, redirect, request

THREADS = 12
_SMALL = 800
_TEXT = ("text/", "application/json", "application/javascript", "image/svg+xml")
COOKIE = "workbench-token"
PLOTLY = "/_workbench/plotly.min.js"


def is_local(host: str) -> bool:
    """Whether an address can only be reached from this machine.

    >>> is_local("127.0.0.1"), is_local("localhost"), is_local("0.0.0.0")
    (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def compress(server: Flask) -> None:
    """Answer with gzip where the browser takes it; compressed assets are kept, they never change."""
    kept: dict[str, bytes] = {}

    @server.after_request
    def squeeze(response: Response) -> Response:
        if request.path.startswith("/assets/"):
            response.headers.setdefault("Cache-Control", "public, max-age=3600")
        plain = not (response.mimetype or "").startswith(_TEXT) or response.status_code != 200
        if (
            plain
            or "gzip" not in request.headers.get("Accept-Encoding", "")
            or "Content-Encoding" in response.headers
        ):
            return response
        response.direct_passthrough = False
        body = response.get_data()
        if len(body) < _SMALL:
            return response
        static = request.method == "GET" and (
            "/_dash-component-suites/" in request.path or request.path == PLOTLY
        )
        packed = kept.get(request.full_path) if static else None
        if packed is None:
            packed = gzip.compress(body, 6 if static else 4)
            if static:
                kept[request.full_path] = packed
        response.set_data(packed)
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding"
        return response


def serve_plotly(server: Flask) -> None:
    """The drawing library at a fixed address: views without a plotly picture load it for exports only."""

    @server.get(PLOTLY)
    def plotly_js() -> Response:
        from plotly.offline import get_plotlyjs

        return Response(
            get_plotlyjs(), mimetype="text/javascript", headers={"Cache-Control": "public, max-age=86400"}
        )


def protect(server: Flask, token: str) -> None:
    """Ask for the token once: `/?token=…` sets a cookie, everything else is refused without it."""

    @server.before_request
    def check() -> Any:
        given = request.args.get("token")
        if given is not None and hmac.compare_digest(given, token):
            answer = make_response(redirect(request.path))
            answer.set_cookie(COOKIE, token, httponly=True, samesite="Strict")
            return answer
        if not hmac.compare_digest(request.cookies.get(COOKIE, ""), token):
            return Response("Open the address with its token: /?token=…", 403, mimetype="text/plain")
        return None


def harden(server: Flask) -> None:
    """Headers that keep the page to itself: no request leaves the machine."""

    @server.after_request
    def headers(response: Response) -> Response:
        response.headers.setdefault(
            "Content-Security-Policy",
            "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
            "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
            "connect-src 'self'; frame-ancestors 'none'",
        )
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        return response


def serve(
    bench: Any,
    host: str = "127.0.0.1",
    port: int = 8050,
    *,
    token: str | None = None,
    announce: Callable[[str], None] | None = None,
) -> None:
    """Serve a workspace until interrupted; `announce` gets the address once, before the first request.

    Other addresses than this machine's need a token; without one given, one is made.
    """
    import waitress

    app, address = prepared(bench, host, port, token=token)
    server = waitress.create_server(app.server, host=host, port=port, threads=THREADS, ident=None)
    if announce is not None:
        announce(address)
    server.run()


def prepared(bench: Any, host: str, port: int, *, token: str | None = None) -> tuple[Any, str]:
    """The app ready for a server, and the address to open."""
    from visualizations.app import create_app

    app = create_app(bench)
    compress(app.server)
    serve_plotly(app.server)
    harden(app.server)
    address = f"http://{'localhost' if is_local(host) else host}:{port}/"
    if not is_local(host) or token:
        token = token or secrets.token_urlsafe(24)
        protect(app.server, token)
        address += f"?token={token}"
    return app, address
