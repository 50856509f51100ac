"""Cursor on Target: TAK clients over TLS, and what is open to all in plain."""

from wideberth.faces.cot.around import Around, CotCounts, around_of
from wideberth.faces.cot.server import TakFace

__all__ = ["Around", "CotCounts", "TakFace", "around_of"]
