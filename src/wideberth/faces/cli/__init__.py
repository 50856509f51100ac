"""The command line: ``wideberth``."""

__all__ = ["main"]


def main() -> None:
    """The entry point of ``wideberth``: run the command that the arguments name, and exit."""
    from wideberth.faces.cli.app import app

    app(prog_name="wideberth")
