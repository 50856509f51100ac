"""The console: static files over the API, under a strict policy. See :func:`static_app`."""

from wideberth.faces.web.serving import POLICY, STATIC, static_app

__all__ = ["POLICY", "STATIC", "static_app"]
