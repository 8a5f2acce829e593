"""The page that shows a run while it goes on."""

from __future__ import annotations

import secrets

from pedpose.reporting.render import render

POLICY = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""Content security policy: nothing is loaded from elsewhere, nothing inside a page is run."""


def render_page() -> tuple[str, str]:
    """Return the page, and the policy that allows the style and script that are in it."""
    nonce = secrets.token_urlsafe(16)
    allowed = f"'self' 'nonce-{nonce}'"
    policy = f"{POLICY}; script-src {allowed}; style-src {allowed}"
    return render("live.html", package="pedpose.live", nonce=nonce), policy
