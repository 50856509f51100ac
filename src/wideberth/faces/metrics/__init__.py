"""A node's figures for Prometheus, on an address of their own."""

from wideberth.faces.metrics.app import MetricsApp
from wideberth.faces.metrics.figures import Figures, TakSeen

__all__ = ["Figures", "MetricsApp", "TakSeen"]
