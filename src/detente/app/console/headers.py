"""What every answer says to a browser: what it may do with a page, and who may see it."""

from dataclasses import dataclass
from typing import Final

from detente.app.console.ask import Answer, Cookie

# Nothing from elsewhere, nothing inline, and no text becomes script (Trusted Types).
POLICY: Final = (
    "default-src 'none'; "
    "script-src 'self'; "
    "style-src 'self'; "
    "img-src 'self'; "
    "font-src 'self'; "
    "media-src 'self'; "
    "connect-src 'self'; "
    "form-action 'self'; "
    "frame-ancestors 'none'; "
    "base-uri 'none'; "
    "require-trusted-types-for 'script'; "
    "trusted-types 'none'"
)
ALWAYS: Final[dict[str, str]] = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
HSTS: Final = "max-age=31536000; includeSubDomains"
NO_STORE: Final = "no-store"


@dataclass(frozen=True, slots=True)
class Terms:
    """How a console is reached: the name in its address, over TLS or not, behind a proxy or not."""

    name: str
    secure: bool
    proxied: bool = False
    languages: tuple[str, ...] = ("en", "ru")

    @property
    def prefix(self) -> str:
        """What the names of our cookies begin with; __Host- is for secure origins alone."""
        return "__Host-detente-" if self.secure else "detente-"


def of(answer: Answer, terms: Terms) -> list[tuple[bytes, bytes]]:
    """Return every header of an answer, as ASGI has them."""
    rows = {**ALWAYS, "Cache-Control": NO_STORE}
    if terms.secure:
        rows["Strict-Transport-Security"] = HSTS
    if answer.data or answer.status not in (204, 303, 304):
        rows["Content-Type"] = answer.content_type
        rows["Content-Length"] = str(len(answer.data))
    elif answer.status not in (204, 304):
        rows["Content-Length"] = "0"
    rows |= answer.headers
    found = [(name.lower().encode(), _line(text)) for name, text in rows.items()]
    found += [(b"set-cookie", _line(_cookie(each, terms))) for each in answer.cookies]
    return found


def _cookie(cookie: Cookie, terms: Terms) -> str:
    seconds = 0 if not cookie.text else cookie.seconds
    parts = [f"{terms.prefix}{cookie.name}={cookie.text}", "Path=/", "HttpOnly", "SameSite=Strict"]
    if terms.secure:
        parts.append("Secure")
    if seconds is not None:
        parts.append(f"Max-Age={seconds}")
    return "; ".join(parts)


def _line(text: str) -> bytes:
    assert text.isprintable(), "a header is one line"
    return text.encode("ascii")
