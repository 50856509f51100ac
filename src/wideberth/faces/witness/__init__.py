"""A witness to the world: the protocol that it serves, and the looks that it takes by itself."""

from wideberth.faces.witness.app import WitnessApp
from wideberth.faces.witness.watching import Looked, Watcher

__all__ = ["Looked", "Watcher", "WitnessApp"]
