"""The native HTTP API under /api/v1, its streams and its OpenAPI document."""

from wideberth.faces.api.app import Api, Operation, create_app
from wideberth.faces.api.limits import Limits

__all__ = ["Api", "Limits", "Operation", "create_app"]
