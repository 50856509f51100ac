"""Telling by what apprise offers: SMS gateways, chat, push (the extra ``channels``)."""

from __future__ import annotations

import asyncio
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from wideberth.delivery.lanes import Outcome, Tried
from wideberth.delivery.messages import Message
from wideberth.errors import InvalidValue

__all__ = ["check_target", "is_installed", "send_push"]

_WITHIN_S = 30.0


def is_installed() -> bool:
    """Whether the extra is there."""
    return find_spec("apprise") is not None


def check_target(url: str) -> None:
    """Raises InvalidValue for a URL that apprise does not know, or where it is not installed."""
    if not is_installed():
        raise InvalidValue("url", "extra-missing", None, "install wideberth[channels]")
    apprise: Any = import_module("apprise")
    if url.partition(":")[0] in ("file", "syslog", "dbus", "windows", "macosx"):
        raise InvalidValue("url", "push-url", None, "give a URL that leads to the counterpart")
    if not apprise.Apprise().add(url):
        raise InvalidValue("url", "push-url", None, "give a notification URL as apprise has them")


async def send_push(message: Message, url: str) -> Tried:
    """One attempt, with the short text. Never raises for what the other side does."""
    try:
        async with asyncio.timeout(_WITHIN_S):
            return await asyncio.to_thread(_send, message, url)
    except TimeoutError:
        return Tried(Outcome.FAILED, "timeout")


def _send(message: Message, url: str) -> Tried:
    if not is_installed():
        return Tried(Outcome.FAILED, "extra-missing")
    apprise: Any = import_module("apprise")
    line = apprise.Apprise()
    if not line.add(url):
        return Tried(Outcome.REFUSED, "push-url")
    try:
        done = line.notify(body=message.short, title="")
    except Exception as error:  # noqa: BLE001  # a plugin of any gateway: whatever it raises
        return Tried(Outcome.FAILED, type(error).__name__)
    return Tried(Outcome.TAKEN if done else Outcome.FAILED, "push")
