"""What ships for the browser is what the manifest says, and draws a map with no network."""

from __future__ import annotations

import hashlib
import http.server
import io
import itertools
import json
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import shapely
from playwright.sync_api import Page, sync_playwright
from shapely.geometry import Point, shape

PROJECT = Path(__file__).resolve().parents[3]
VENDOR = PROJECT / "src/wideberth/faces/web/static/vendor"
MANIFEST = json.loads((VENDOR / "MANIFEST.json").read_text(encoding="utf-8"))
RECORDED = {file["path"]: file["sha256"] for file in MANIFEST["files"]}


def test_each_shipped_file_is_in_the_manifest_with_its_digest() -> None:
    shipped = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "MANIFEST.json"
    }
    assert shipped == RECORDED


def test_each_package_ships_its_licence() -> None:
    for package in MANIFEST["packages"]:
        assert list((VENDOR / package["name"]).glob("LICENSE*")), package["name"]


# The base map.


def features(name: str) -> list[dict]:
    return json.loads((VENDOR / f"world-atlas/{name}.geojson").read_text())["features"]


@pytest.fixture(scope="module")
def land() -> shapely.STRtree:
    return shapely.STRtree([shape(feature["geometry"]) for feature in features("land")])


@pytest.mark.parametrize("name", ["land", "borders", "countries"])
def test_the_base_map_stays_within_the_flat_map(name: str) -> None:
    for feature in features(name):
        west, south, east, north = shape(feature["geometry"]).bounds
        assert -180 <= west <= east <= 180
        assert -90 <= south <= north <= 90


def test_no_border_jumps_across_the_map() -> None:
    lines = [line for f in features("borders") for line in f["geometry"]["coordinates"]]
    steps = [abs(b[0] - a[0]) for line in lines for a, b in itertools.pairwise(line)]
    assert max(steps) < 2  # the longest step of this map is 1.1 degrees


@pytest.mark.parametrize(
    ("longitude_deg", "latitude_deg", "is_land"),
    [
        pytest.param(2.35, 48.85, True, id="Paris"),
        pytest.param(-120.0, 38.0, True, id="California"),
        pytest.param(-175.0, 67.0, True, id="Chukotka, beyond the antimeridian"),
        pytest.param(175.0, 67.5, True, id="Chukotka, before the antimeridian"),
        pytest.param(0.0, -85.0, True, id="Antarctica"),
        pytest.param(-179.9, -88.0, True, id="Antarctica at the map's corner"),
        pytest.param(178.0, -18.0, True, id="Fiji"),
        pytest.param(0.0, 85.0, False, id="the Arctic Ocean"),
        pytest.param(180.0, 0.0, False, id="the Pacific on the antimeridian"),
        pytest.param(-40.0, 30.0, False, id="the Atlantic"),
    ],
)
def test_land_is_where_land_is(
    land: shapely.STRtree, longitude_deg: float, latitude_deg: float, is_land: bool
) -> None:
    found = land.query(Point(longitude_deg, latitude_deg), predicate="intersects")
    assert bool(len(found)) == is_land


# The map itself, in a browser, under the strictest policy that it can live with.

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'"
)
PAGE = """<!doctype html><meta charset="utf-8"><title>starting</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/vendor/maplibre-gl/maplibre-gl.css">
<link rel="stylesheet" href="/page.css">
<div id="map"></div><script type="module" src="/page.mjs"></script>"""
STYLE = "#map { position: fixed; inset: 0 }"
SCRIPT = """
import * as maplibre from "/vendor/maplibre-gl/maplibre-gl.mjs";
maplibre.setWorkerUrl(`${location.origin}/vendor/maplibre-gl/maplibre-gl-worker.mjs`);
const data = (name) => ({
  type: "geojson", data: `${location.origin}/vendor/world-atlas/${name}.geojson` });
const map = new maplibre.Map({
  container: "map", center: [-120, 38], zoom: 3, attributionControl: false, fadeDuration: 0,
  style: {
    version: 8,
    sources: { land: data("land"), borders: data("borders"), countries: data("countries") },
    layers: [
      { id: "sea", type: "background", paint: { "background-color": "#0000ff" } },
      { id: "land", type: "fill", source: "land", paint: { "fill-color": "#00ff00" } },
      { id: "borders", type: "line", source: "borders", paint: { "line-color": "#ffff00" } },
      { id: "names", type: "symbol", source: "countries",
        layout: { "text-field": ["get", "name"], "text-font": ["sans-serif"], "text-size": 40 },
        paint: { "text-color": "#ff0000" } },
    ],
  },
});
map.on("error", (event) => console.error(event.error));
map.once("idle", () => { document.title = "drawn"; });
"""


class Handler(http.server.SimpleHTTPRequestHandler):
    """The vendored files and one page, each under the policy."""

    extensions_map = {".mjs": "text/javascript", ".css": "text/css", "": "application/json"}
    pages = {"/": ("text/html", PAGE), "/page.css": ("text/css", STYLE)} | {
        "/page.mjs": ("text/javascript", SCRIPT)
    }

    def send_head(self) -> io.BytesIO | io.BufferedReader | None:
        if self.path not in self.pages:
            return super().send_head()
        kind, text = self.pages[self.path]
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        return io.BytesIO(text.encode())

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def origin() -> Iterator[str]:
    handler = partial(Handler, directory=str(VENDOR.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def page(chromium: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
        )
        yield browser.new_page(viewport={"width": 600, "height": 400})
        browser.close()


def colours(page: Page) -> dict[str, int]:
    """How many pixels of the page are nearest to which of the style's four colours."""
    image = page.screenshot(type="png")
    script = """async (bytes) => {
        const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
        const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
        const context = canvas.getContext("2d");
        context.drawImage(bitmap, 0, 0);
        const data = context.getImageData(0, 0, bitmap.width, bitmap.height).data;
        const seen = {};
        for (let i = 0; i < data.length; i += 4) {
            const key = [data[i], data[i + 1], data[i + 2]].map((v) => +(v > 127)).join("");
            seen[key] = (seen[key] ?? 0) + 1;
        }
        return seen;
    }"""
    seen = page.evaluate(script, list(image))
    names = {"001": "sea", "010": "land", "110": "border", "100": "name"}
    return {names.get(key, key): count for key, count in seen.items()}


@pytest.mark.browser
def test_the_map_is_drawn_with_names_and_without_another_host(origin: str, page: Page) -> None:
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(origin)
    for _ in range(300):
        if page.title() == "drawn":
            break
        time.sleep(0.1)
    assert said == []
    assert page.title() == "drawn"
    assert [url for url in asked if not url.startswith((origin, "data:", "blob:"))] == []
    seen = colours(page)
    assert seen["sea"] > 20_000
    assert seen["land"] > 20_000
    assert seen["border"] > 100
    assert seen["name"] > 500  # drawn from the machine's fonts: no glyph files are needed
