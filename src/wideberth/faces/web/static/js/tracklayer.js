// Tracks on the map, as many as there are: a layer of our own, drawn from arrays that are changed in
// place. MapLibre's own sources would copy and tile all of them anew for each that moved.
// A mark stands where its position was reported; it does not move on by itself. What is drawn ahead
// of it is a sketch: straight on, broken, and of no track that is slow (it may be people).

import { partyColour, COLOURS } from "./colours.js";
import { CELL, atlas } from "./marks.js";

export const LOOK_AHEAD_S = 60; // within what the node's watch itself looks ahead
const AHEAD_FROM_M_S = 20; // slower may be people on the ground: nothing is drawn ahead of them
const EARTH_ROUND_M = 40075016.686; // of the Mercator sphere, at the equator
const RAD = Math.PI / 180;
const POINT = 44; // pixels across that a mark and its stroke may take
const NEAR_PIXELS = 14; // of a click
const FLOATS = { marks: 6, plain: 5 }; // of a vertex

/** Mercator's x and y, 0 to 1, of a place in degrees. */
export const mercator = (longitude, latitude) => {
  const lat = Math.max(-85.0511, Math.min(85.0511, latitude)) * RAD;
  return [longitude / 360 + 0.5, 0.5 - Math.log(Math.tan(Math.PI / 4 + lat / 2)) / (2 * Math.PI)];
};

const MARKS_VERTEX = `#version 300 es
in vec2 a_place; in vec4 a_look; uniform mat4 u_matrix; uniform float u_ratio;
out vec2 v_way; flat out vec2 v_cell; flat out float v_on;
void main() {
  gl_Position = a_look.x < 0.0 ? vec4(2.0, 2.0, 2.0, 1.0) : u_matrix * vec4(a_place, 0.0, 1.0);
  gl_PointSize = ${POINT}.0 * u_ratio;
  v_cell = vec2(mod(a_look.x, 16.0), floor(a_look.x / 16.0));
  v_on = a_look.y; v_way = a_look.zw;
}`;
const MARKS_FRAGMENT = `#version 300 es
precision highp float;
in vec2 v_way; flat in vec2 v_cell; flat in float v_on; uniform sampler2D u_atlas; uniform vec3 u_colours[${COLOURS.length}];
out vec4 colour;
void main() {
  vec2 p = (gl_PointCoord - 0.5) * ${POINT}.0;
  colour = vec4(0.0);
  float along = dot(p, v_way), across = abs(p.x * v_way.y - p.y * v_way.x);
  if (dot(v_way, v_way) > 0.5 && along > 4.0 && along < 17.0 && across < 2.0) colour = across < 1.1 ? vec4(u_colours[int(v_cell.x)], 1.0) : vec4(0.04, 0.08, 0.1, 1.0);
  vec2 uv = p / ${CELL / 2}.0 + 0.5;
  if (all(greaterThanEqual(uv, vec2(0.0))) && all(lessThan(uv, vec2(1.0)))) {
    vec4 mark = texture(u_atlas, (v_cell + uv) / vec2(${COLOURS.length}.0, 2.0));
    colour = mark + colour * (1.0 - mark.a);
  }
  float ring = length(p);
  if (v_on > 0.5 && ring > 14.0 && ring < 16.2) colour = vec4(1.0);
  if (colour.a == 0.0) discard;
}`;
const PLAIN_VERTEX = `#version 300 es
in vec2 a_place; in vec3 a_look; uniform mat4 u_matrix; uniform float u_ratio;
flat out vec2 v_look; out float v_along;
void main() {
  gl_Position = a_look.x < 0.0 ? vec4(2.0, 2.0, 2.0, 1.0) : u_matrix * vec4(a_place, 0.0, 1.0);
  gl_PointSize = 4.0 * u_ratio;
  v_look = a_look.xy; v_along = a_look.z;
}`;
const PLAIN_FRAGMENT = `#version 300 es
precision highp float;
flat in vec2 v_look; in float v_along; uniform vec3 u_colours[${COLOURS.length}]; uniform float u_dots;
out vec4 colour;
void main() {
  if (u_dots > 0.5 ? length(gl_PointCoord - 0.5) > 0.5 : fract(v_along * 6.0) > 0.55) discard;
  colour = vec4(u_colours[int(v_look.x)] * v_look.y, v_look.y);
}`;

const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255);
const PALETTE = new Float32Array(COLOURS.flatMap(rgb));

/** Vertices of one kind: places in full precision, and their looks; sent to the card when changed. */
class Vertices {
  constructor(floats) {
    this.floats = floats;
    this.count = 0;
    this.#room(256);
  }

  #room(count) {
    const grown = (old, made) => { if (old) made.set(old); return made; };
    this.places = grown(this.places, new Float64Array(2 * count));
    this.looks = grown(this.looks, new Float32Array((this.floats - 2) * count));
    this.sent = new Float32Array(this.floats * count);
    this.most = count;
  }

  put(index, x, y, ...look) {
    while (index >= this.most) this.#room(2 * this.most);
    this.places[2 * index] = x;
    this.places[2 * index + 1] = y;
    const at = (this.floats - 2) * index;
    for (let i = 0; i < look.length; i += 1) this.looks[at + i] = look[i];
    if (index >= this.count) this.count = index + 1;
    this.changed = true;
  }

  /** Relative to an origin near the view: a float alone is good to two metres only. */
  send(gl, [x0, y0]) {
    const { floats, places, looks, sent, count } = this;
    for (let i = 0, to = 0, look = 0; i < count; i += 1) {
      sent[to] = places[2 * i] - x0;
      sent[to + 1] = places[2 * i + 1] - y0;
      to += 2;
      for (let k = 2; k < floats; k += 1) { sent[to] = looks[look]; to += 1; look += 1; }
    }
    this.buffer ??= gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    gl.bufferData(gl.ARRAY_BUFFER, sent.subarray(0, floats * count), gl.DYNAMIC_DRAW);
    this.changed = false;
  }
}

/** A custom layer of MapLibre. update() takes the tracks; near() finds one. */
export class TrackLayer {
  constructor() {
    Object.assign(this, { id: "tracks", type: "custom", renderingMode: "2d" });
    this.marks = new Vertices(FLOATS.marks);
    this.ahead = new Vertices(FLOATS.plain); // two for each track
    this.trails = new Vertices(FLOATS.plain);
    this.#clear();
  }

  #clear() {
    this.slots = new Map(); // track id: where in the arrays
    this.held = []; // the track in each place
    this.marks.count = this.ahead.count = 0;
  }

  /** Those that changed since are written. shows: whether a track is shown; all: write each anew. */
  update(tracks, { selected, shows, all }) {
    const ids = Object.keys(tracks);
    if (ids.length < this.held.length) this.#clear(); // some are gone: another moment, or party
    for (const id of ids) {
      const track = tracks[id];
      let slot = this.slots.get(id);
      if (slot === undefined) { slot = this.held.length; this.slots.set(id, slot); this.held.push(null); }
      if (all || this.held[slot] !== track) { this.held[slot] = track; this.#write(slot, track, id === selected, shows(track)); }
    }
    if (this.held.length !== ids.length) { this.#clear(); this.update(tracks, { selected, shows, all: true }); }
    this.map?.triggerRepaint();
  }

  #write(slot, track, on, shown) {
    const [longitude, latitude] = track.place;
    const [x, y] = mercator(longitude, latitude);
    const live = track.state === "live";
    const colour = partyColour(track.party);
    const way = live && Number.isFinite(track.courseDeg) ? track.courseDeg * RAD : NaN;
    const [wayX, wayY] = Number.isFinite(way) ? [Math.sin(way), -Math.cos(way)] : [0, 0];
    const cell = shown ? colour + (live ? 0 : 16) : -1;
    this.marks.put(slot, x, y, cell, on ? 1 : 0, wayX, wayY);
    const fast = shown && Number.isFinite(way) && track.speedMS >= AHEAD_FROM_M_S;
    const share = fast ? (track.speedMS * LOOK_AHEAD_S) / EARTH_ROUND_M / Math.cos(latitude * RAD) : 0;
    this.ahead.put(2 * slot, x, y, fast ? colour : -1, 0.75, 0);
    this.ahead.put(2 * slot + 1, x + wayX * share, y + wayY * share, fast ? colour : -1, 0.75, 1);
  }

  /** The reported positions before the last one, of these tracks alone. */
  trail(tracks) {
    this.trails.count = 0;
    for (const { trail, party } of tracks) {
      const colour = partyColour(party);
      for (let i = 0; i + 1 < trail.length; i += 1) {
        const [x, y] = mercator(...trail[i].place);
        this.trails.put(this.trails.count, x, y, colour, 0.15 + (0.65 * (i + 1)) / trail.length, 0);
      }
    }
    this.trails.changed = true;
    this.map?.triggerRepaint();
  }

  /** Whether any track is shown within a view. */
  hasAny(view) {
    return this.within(view, 1).length > 0;
  }

  /** The tracks that are shown within a view, of [west, south, east, north] in degrees; so many at most. */
  within([west, south, east, north], most = Infinity) {
    const found = [];
    const { places, looks } = this.marks;
    const [[x1, y2], [x2, y1]] = [mercator(west, south), mercator(east, north)];
    for (let slot = 0; slot < this.held.length && found.length < most; slot += 1) {
      if (looks[4 * slot] < 0) continue;
      const y = places[2 * slot + 1];
      if (y < y1 || y > y2) continue;
      const x = places[2 * slot];
      if ((x >= x1 && x <= x2) || (x + 1 >= x1 && x + 1 <= x2) || (x - 1 >= x1 && x - 1 <= x2)) found.push(this.held[slot]);
    }
    return found;
  }

  /** The id of the nearest track to a place that is clicked; null where none is near. */
  near({ lng, lat }, zoom) {
    const [x, y] = mercator(lng, lat);
    const pixels = 512 * 2 ** zoom;
    const { places, looks } = this.marks;
    let [best, least] = [null, NEAR_PIXELS ** 2];
    for (let slot = 0; slot < this.held.length; slot += 1) {
      if (looks[4 * slot] < 0) continue;
      const across = (((places[2 * slot] - x + 1.5) % 1) - 0.5) * pixels;
      const down = (places[2 * slot + 1] - y) * pixels;
      const apart = across * across + down * down;
      if (apart < least) [best, least] = [this.held[slot].id, apart];
    }
    return best;
  }

  onAdd(map, gl) {
    this.map = map;
    this.programs = {
      marks: program(gl, MARKS_VERTEX, MARKS_FRAGMENT),
      plain: program(gl, PLAIN_VERTEX, PLAIN_FRAGMENT),
    };
    this.texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, true);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, atlas());
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    for (const [name, value] of [[gl.TEXTURE_MIN_FILTER, gl.LINEAR], [gl.TEXTURE_MAG_FILTER, gl.LINEAR], [gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE], [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE]]) gl.texParameteri(gl.TEXTURE_2D, name, value);
    this.array = gl.createVertexArray();
  }

  render(gl, { defaultProjectionData }) {
    const centre = this.map.getCenter();
    const origin = mercator(centre.lng, centre.lat);
    const far = !this.origin || Math.hypot(origin[0] - this.origin[0], origin[1] - this.origin[1]) * 2 ** this.map.getZoom() > 8;
    if (far) this.origin = origin;
    for (const each of [this.marks, this.ahead, this.trails]) if (far || each.changed) each.send(gl, this.origin);
    gl.bindVertexArray(this.array);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.disable(gl.DEPTH_TEST);
    gl.disable(gl.STENCIL_TEST);
    const view = this.map.getBounds();
    const turns = [0, ...(view.getWest() < -180 ? [-1] : []), ...(view.getEast() > 180 ? [1] : [])]; // other copies of the world
    for (const turn of turns) {
      const matrix = moved(defaultProjectionData.mainMatrix, this.origin[0] + turn, this.origin[1]);
      this.#draw(gl, "plain", this.trails, gl.POINTS, matrix, 1);
      this.#draw(gl, "plain", this.ahead, gl.LINES, matrix, 0);
      this.#draw(gl, "marks", this.marks, gl.POINTS, matrix, 0);
    }
    gl.bindVertexArray(null);
  }

  #draw(gl, name, vertices, kind, matrix, dots) {
    if (!vertices.count || !vertices.buffer) return;
    const { made, at } = this.programs[name];
    gl.useProgram(made);
    gl.bindBuffer(gl.ARRAY_BUFFER, vertices.buffer);
    const bytes = 4 * vertices.floats;
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 2, gl.FLOAT, false, bytes, 0);
    gl.enableVertexAttribArray(1);
    gl.vertexAttribPointer(1, vertices.floats - 2, gl.FLOAT, false, bytes, 8);
    gl.uniformMatrix4fv(at.u_matrix, false, matrix);
    gl.uniform1f(at.u_ratio, this.map.getPixelRatio());
    gl.uniform3fv(at.u_colours, PALETTE);
    if (at.u_dots) gl.uniform1f(at.u_dots, dots);
    if (at.u_atlas) {
      gl.activeTexture(gl.TEXTURE0);
      gl.bindTexture(gl.TEXTURE_2D, this.texture);
      gl.uniform1i(at.u_atlas, 0);
    }
    gl.drawArrays(kind, 0, vertices.count);
  }
}

/** A matrix after a move by (x, y): columns stand one after another. */
function moved(matrix, x, y) {
  const out = Float64Array.from(matrix);
  for (let row = 0; row < 4; row += 1) out[12 + row] += matrix[row] * x + matrix[4 + row] * y;
  return Float32Array.from(out);
}

function program(gl, vertex, fragment) {
  const made = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(`a shader: ${gl.getShaderInfoLog(shader)}`);
    gl.attachShader(made, shader);
  }
  gl.bindAttribLocation(made, 0, "a_place");
  gl.bindAttribLocation(made, 1, "a_look");
  gl.linkProgram(made);
  if (!gl.getProgramParameter(made, gl.LINK_STATUS)) throw new Error(`shaders: ${gl.getProgramInfoLog(made)}`);
  const at = Object.fromEntries(["u_matrix", "u_ratio", "u_colours", "u_dots", "u_atlas"].map((name) => [name, gl.getUniformLocation(made, name)]));
  return { made, at };
}
