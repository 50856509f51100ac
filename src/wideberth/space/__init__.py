"""Where and when: geodesy, shapes, heights, time, overlap and the index over them. Pure.

A footprint is bounded by geodesics of the WGS84 ellipsoid, or is a circle on it; nothing knows of
an antimeridian or a pole. All sets are closed, and every shortcut errs toward "conflict".
"""

from wideberth.space.altitude import Altitude, AltitudeReference, altitude
from wideberth.space.geoid import GEOID_ERROR_M, geoid_undulation_m
from wideberth.space.index import VolumeIndex
from wideberth.space.overlap import (
    conflict,
    covers,
    distance_to_edge_m,
    gap,
    horizontal_gap_mm,
    is_conflict,
)
from wideberth.space.pairs import all_pairs
from wideberth.space.prepared import PreparedVolume, PreparedVolumes, prepare, prepare_many
from wideberth.space.rings import require_simple
from wideberth.space.time import format_rfc3339, parse_rfc3339
from wideberth.space.vertical import AltitudeModel, TerrainBound
from wideberth.space.volume import (
    Circle,
    Footprint,
    Gap,
    Polygon,
    Separation,
    Volume4D,
    circle,
    polygon,
)
from wideberth.space.warm import choose_kernels, is_warm, warm_up

__all__ = [
    "GEOID_ERROR_M",
    "Altitude",
    "AltitudeModel",
    "AltitudeReference",
    "Circle",
    "Footprint",
    "Gap",
    "Polygon",
    "PreparedVolume",
    "PreparedVolumes",
    "Separation",
    "TerrainBound",
    "Volume4D",
    "VolumeIndex",
    "all_pairs",
    "altitude",
    "choose_kernels",
    "circle",
    "conflict",
    "covers",
    "distance_to_edge_m",
    "format_rfc3339",
    "gap",
    "geoid_undulation_m",
    "horizontal_gap_mm",
    "is_conflict",
    "is_warm",
    "parse_rfc3339",
    "polygon",
    "prepare",
    "prepare_many",
    "require_simple",
    "warm_up",
]
