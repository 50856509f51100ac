"""The report as PDF, by Typst: one wheel that holds the typesetter and its typefaces.

Nothing of the machine enters: no typeface of its own, no clock, no package from the network.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from wideberth.errors import InvalidValue

if TYPE_CHECKING:
    from wideberth.review.report import Report

__all__ = ["as_pdf"]


def as_pdf(report: Report) -> bytes:
    """The bytes of the PDF: the same for the same report. Raises InvalidValue without Typst."""
    from wideberth.review.typeset import layout, to_typeset

    try:
        typst = import_module("typst")
    except ModuleNotFoundError:  # the program is newer than what was installed for it
        raise InvalidValue(
            "report.pdf", "typst-missing", None, "install again: pip install --upgrade wideberth"
        ) from None
    return typst.compile(
        layout(), sys_inputs={"data": to_typeset(report)}, ignore_system_fonts=True
    )
