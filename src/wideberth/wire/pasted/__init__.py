"""What somebody pasted, as drafts of volumes: coordinates, NOTAM text, GeoJSON, rows of a sheet.

Nothing is guessed. What is not read is said with its row, its field, the rule and what came; an
area with a corner that cannot be read is no area, and no draft is made of the others.
"""

from wideberth.wire.pasted.drafts import Draft, DraftPlace, Reading, Trouble
from wideberth.wire.pasted.reader import read

__all__ = ["Draft", "DraftPlace", "Reading", "Trouble", "read"]
