"""The native HTTP API under /api/v1, its streams and its OpenAPI document."""

from wideberth.faces.api.app import Api, create_app

__all__ = ["Api", "create_app"]
