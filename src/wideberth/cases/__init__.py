"""Cases: incidents of public reports as scenarios that are played on a real node, and judged.

A case is a file (:mod:`.case`): who tells what when, and what each party has to be shown at which
minute. :mod:`.run` plays it, through the HTTP API alone, on a clock that it sets itself. This
package knows no face: whoever plays a case hands it the API (:class:`.stage.Face`).
"""

from wideberth.cases.case import Case, load_case
from wideberth.cases.run import OUTSIDE, Line, Play, play
from wideberth.cases.stage import Board, Face

__all__ = ["OUTSIDE", "Board", "Case", "Face", "Line", "Play", "load_case", "play"]
