"""What every answer is made of."""

from __future__ import annotations

import msgspec


class Out(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What goes out: members that say nothing are left out."""
