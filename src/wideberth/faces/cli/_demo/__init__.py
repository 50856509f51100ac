"""The demo: a real day of fire fighting from the air, or the border, through a real server."""

from pathlib import Path

__all__ = ["BORDER"]

BORDER = Path(__file__).with_name("border.toml")
"""The case that is played live: it comes with the program, and stands nowhere else."""
