"use strict";
// Map and timeline of a check. Draws what is in #data and asks nothing of any network.
// Everything from the files is put on the page as text (textContent, fillText), never as markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const EARTH_M = 6371008.8; // mean radius, IUGG: drawing only, every verdict came from the ellipsoid
  const RAD = Math.PI / 180;
  const PALETTE = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#8a6d1f", "#6a51a3", "#4d4d4d"]; // after Okabe and Ito
  const OTHERS = "#8796a3", ALARM = "#b3261e", INK = "#16202a", DIM = "#5b6b7a";
  const DASHES = { flight: [], movement: [7, 4], hazard: [2, 3], presence: [10, 3, 2, 3] };
  const at = (id) => document.getElementById(id);
  const chart = at("chart"), timeline = at("timeline"), tip = at("tip"), slider = at("slider");
  const pen = chart.getContext("2d"), ruler = timeline.getContext("2d");

  const intents = data.intents, volumes = [];
  intents.forEach((intent, number) => intent.volumes.forEach((volume) => volumes.push({ ...volume, intent, number })));
  const colours = new Map();
  intents.forEach((intent) => { if (!colours.has(intent.party)) colours.set(intent.party, colours.size < PALETTE.length ? PALETTE[colours.size] : OTHERS); });
  const begin = intents.reduce((t, i) => Math.min(t, i.start), Infinity), end = intents.reduce((t, i) => Math.max(t, i.end), -Infinity);
  const span = Math.max(end - begin, 1);
  const state = { now: begin, always: true, chosen: null, k: 1, x: 0, y: 0, playing: null, hover: null };

  // --- the sphere: azimuthal equidistant about a centre, so no seam and no pole is special ---------
  let origin = { lat: 0, lon: 0 }, sin0 = 0, cos0 = 1;
  const centreOn = (lat, lon) => { origin = { lat, lon }; sin0 = Math.sin(lat * RAD); cos0 = Math.cos(lat * RAD); };
  const project = (lat, lon) => {
    const f = lat * RAD, l = (lon - origin.lon) * RAD;
    const east = Math.cos(f) * Math.sin(l), north = cos0 * Math.sin(f) - sin0 * Math.cos(f) * Math.cos(l);
    const up = sin0 * Math.sin(f) + cos0 * Math.cos(f) * Math.cos(l), across = Math.hypot(east, north);
    const m = across < 1e-15 ? (up > 0 ? 1 : Math.PI / 1e-15) : Math.atan2(across, up) / across;
    return [EARTH_M * m * east, EARTH_M * m * north];
  };
  const unproject = (x, y) => {
    const c = Math.hypot(x, y) / EARTH_M;
    if (c < 1e-12) return [origin.lat, origin.lon];
    if (c > Math.PI) return null;
    const s = Math.sin(c), up = Math.cos(c), e = (x / EARTH_M / c) * s, n = (y / EARTH_M / c) * s;
    const lat = Math.asin(Math.max(-1, Math.min(1, up * sin0 + n * cos0))) / RAD;
    return [lat, origin.lon + Math.atan2(e, up * cos0 - n * sin0) / RAD];
  };
  const vector = (lat, lon) => [Math.cos(lat * RAD) * Math.cos(lon * RAD), Math.cos(lat * RAD) * Math.sin(lon * RAD), Math.sin(lat * RAD)];
  const place = (v) => [Math.atan2(v[2], Math.hypot(v[0], v[1])) / RAD, Math.atan2(v[1], v[0]) / RAD];

  // A great circle between two positions, in steps of at most 50 km.
  const edge = (a, b) => {
    const u = vector(...a), v = vector(...b);
    const angle = 2 * Math.asin(Math.min(1, Math.hypot(u[0] - v[0], u[1] - v[1], u[2] - v[2]) / 2));
    const steps = Math.min(400, Math.ceil((angle * EARTH_M) / 50000));
    const points = [a];
    for (let i = 1; i < steps; i++) {
      const p = Math.sin((1 - i / steps) * angle) / Math.sin(angle), q = Math.sin((i / steps) * angle) / Math.sin(angle);
      points.push(place([0, 1, 2].map((n) => p * u[n] + q * v[n])));
    }
    return points;
  };
  const circle = ([lat, lon, radius]) => {
    const c = radius / EARTH_M, points = [], s = Math.sin(lat * RAD), k = Math.cos(lat * RAD);
    for (let i = 0; i < 96; i++) {
      const b = (i / 96) * 2 * Math.PI, f = Math.asin(Math.max(-1, Math.min(1, s * Math.cos(c) + k * Math.sin(c) * Math.cos(b))));
      points.push([f / RAD, lon + Math.atan2(Math.sin(b) * Math.sin(c) * k, Math.cos(c) - s * Math.sin(f)) / RAD]);
    }
    return points;
  };
  const outline = (volume) => volume.circle ? circle(volume.circle) : volume.ring.flatMap((point, i) => edge(point, volume.ring[(i + 1) % volume.ring.length]));
  volumes.forEach((volume) => { volume.points = outline(volume); });
  const land = data.land.map((ring) => {
    const points = []; let lon = 0, lat = 0;
    for (let i = 0; i < ring.length; i += 2) { lon += ring[i]; lat += ring[i + 1]; points.push([lat / 100, lon / 100]); }
    return points;
  });

  const pathOf = (points) => {
    const path = new Path2D();
    points.forEach((point, i) => { if (i) path.lineTo(point[0], point[1]); else path.moveTo(point[0], point[1]); });
    path.closePath();
    return path;
  };
  const isInside = (points, x, y) => {
    let inside = false;
    for (let i = 0, j = points.length - 1; i < points.length; j = i++) {
      const [xi, yi] = points[i], [xj, yj] = points[j];
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
    }
    return inside;
  };

  let coast, rim, landPaths = [], coastSeen = 1;
  const reproject = () => {
    rim = pathOf(Array.from({ length: 180 }, (_, i) => [Math.PI * EARTH_M * Math.cos(i * 2 * RAD), Math.PI * EARTH_M * Math.sin(i * 2 * RAD)]));
    const far = [-origin.lat, ((origin.lon + 360) % 360) - 180]; // the antipode: the rim of the map
    coast = new Path2D();
    landPaths = land.map((ring) => {
      const flat = ring.map((p) => project(p[0], p[1])), path = pathOf(flat);
      ring.forEach((p, i) => { // the coast, without the cuts that Natural Earth makes at 180 degrees and at the pole
        const q = ring[(i + 1) % ring.length], isCut = (Math.abs(p[1]) >= 179.99 && Math.abs(q[1]) >= 179.99) || (p[0] <= -89.9 && q[0] <= -89.9);
        if (!isCut) { coast.moveTo(...flat[i]); coast.lineTo(...flat[(i + 1) % ring.length]); }
      });
      if (isInside(ring, far[0], far[1])) path.addPath(rim); // land around the antipode is outside its projected outline
      return path;
    });
    volumes.forEach((volume) => {
      volume.flat = volume.points.map((p) => project(p[0], p[1]));
      volume.path = pathOf(volume.flat);
      const xs = volume.flat.map((p) => p[0]), ys = volume.flat.map((p) => p[1]);
      volume.box = [lowest(xs), lowest(ys), highest(xs), highest(ys)];
      volume.top = volume.flat[ys.indexOf(volume.box[3])];
    });
  };
  const lowest = (numbers) => numbers.reduce((a, b) => (b < a ? b : a), Infinity);
  const highest = (numbers) => numbers.reduce((a, b) => (b > a ? b : a), -Infinity);
  const middleOf = (some) => {
    const sum = [0, 0, 0];
    some.forEach((volume) => { const p = volume.circle || volume.ring[0], v = vector(p[0], p[1]); sum[0] += v[0]; sum[1] += v[1]; sum[2] += v[2]; });
    return Math.hypot(...sum) < 1e-6 ? [0, 0] : place(sum);
  };

  // --- the map --------------------------------------------------------------------------------------
  const isLive = (volume) => state.always || (volume.start <= state.now && state.now <= volume.end);
  const isChosen = (volume) => state.chosen !== null && (volume.number === data.conflicts[state.chosen].a || volume.number === data.conflicts[state.chosen].b);
  const fit = (some) => {
    if (!some.length) { state.k = 1e-4; state.x = state.y = 0; return; }
    const box = [0, 1, 2, 3].map((i) => (i < 2 ? lowest : highest)(some.map((v) => v.box[i])));
    const w = chart.clientWidth, h = chart.clientHeight;
    state.k = Math.min((w * 0.7) / Math.max(box[2] - box[0], 50), (h * 0.7) / Math.max(box[3] - box[1], 50));
    state.x = (box[0] + box[2]) / 2; state.y = (box[1] + box[3]) / 2;
  };
  const show = (some) => { centreOn(...middleOf(some)); reproject(); fit(some); draw(); };
  const toScreen = (x, y) => [(x - state.x) * state.k + chart.clientWidth / 2, chart.clientHeight / 2 - (y - state.y) * state.k];
  const toMap = (x, y) => [(x - chart.clientWidth / 2) / state.k + state.x, (chart.clientHeight / 2 - y) / state.k + state.y];

  const inMetres = (ratio) => pen.setTransform(ratio * state.k, 0, 0, -ratio * state.k, ratio * (chart.clientWidth / 2 - state.x * state.k), ratio * (chart.clientHeight / 2 + state.y * state.k));
  const draw = () => {
    const ratio = window.devicePixelRatio || 1, w = chart.clientWidth, h = chart.clientHeight;
    if (chart.width !== Math.round(w * ratio) || chart.height !== Math.round(h * ratio)) { chart.width = Math.round(w * ratio); chart.height = Math.round(h * ratio); }
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.fillStyle = "#eef2f4"; pen.fillRect(0, 0, w, h);
    inMetres(ratio);
    // The outline is good to some km: close up, where it would mislead, it fades away.
    coastSeen = Math.max(0, Math.min(1, (0.04 - state.k) / 0.03));
    pen.globalAlpha = coastSeen;
    pen.fillStyle = "#dbe7ee"; pen.fill(rim);
    pen.fillStyle = "#f4f2ea"; landPaths.forEach((path) => pen.fill(path, "evenodd"));
    pen.strokeStyle = "#a9b8a8"; pen.lineWidth = 0.8 / state.k; pen.stroke(coast);
    pen.globalAlpha = 1;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    graticule(w, h);
    inMetres(ratio);
    const order = [...volumes].sort((a, b) => isChosen(a) - isChosen(b) || a.intent.conflicting - b.intent.conflicting);
    order.forEach(paint);
    if (state.chosen !== null) overlaps();
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    labels(); scaleBar(w, h); drawTimeline();
  };
  const paint = (volume) => {
    const live = isLive(volume), aside = state.chosen !== null && !isChosen(volume);
    pen.globalAlpha = !live ? 0.12 : aside ? 0.3 : 1;
    pen.fillStyle = colours.get(volume.intent.party); pen.strokeStyle = volume.intent.conflicting ? ALARM : pen.fillStyle;
    pen.lineWidth = (volume.intent.conflicting ? 2 : 1.4) / state.k;
    pen.setLineDash((DASHES[volume.intent.kind] || []).map((d) => d / state.k));
    const alpha = pen.globalAlpha; pen.globalAlpha = alpha * 0.25; pen.fill(volume.path);
    pen.globalAlpha = alpha; pen.stroke(volume.path); pen.setLineDash([]);
    pen.globalAlpha = 1;
  };
  const overlaps = () => { // where the chosen two share ground at once
    const { a, b } = data.conflicts[state.chosen];
    const first = volumes.filter((v) => v.number === a && isLive(v)).slice(0, 200), second = volumes.filter((v) => v.number === b && isLive(v)).slice(0, 200);
    pen.fillStyle = ALARM; pen.globalAlpha = 0.6;
    first.forEach((p) => second.forEach((q) => {
      const together = p.start <= q.end && q.start <= p.end, near = p.box[0] <= q.box[2] && q.box[0] <= p.box[2] && p.box[1] <= q.box[3] && q.box[1] <= p.box[3];
      if (together && near) { pen.save(); pen.clip(p.path); pen.fill(q.path); pen.restore(); }
    }));
    pen.globalAlpha = 1;
  };
  const labels = () => {
    pen.font = "600 12px system-ui, sans-serif"; pen.textAlign = "center"; pen.textBaseline = "middle"; pen.lineWidth = 3.5; pen.lineJoin = "round";
    const taken = [];
    const order = [...volumes].sort((a, b) => isChosen(b) - isChosen(a) || b.intent.conflicting - a.intent.conflicting);
    const named = new Set();
    for (const volume of order.slice(0, 600)) {
      if (named.has(volume.number) || !isLive(volume) || (state.chosen !== null && !isChosen(volume))) continue;
      const [x, y] = toScreen(...volume.top), text = volume.intent.id.slice(0, 32);
      const half = pen.measureText(text).width / 2 + 4, spot = [x - half, y - 20, x + half, y - 3];
      if (x < 0 || y < 0 || x > chart.clientWidth || y > chart.clientHeight + 20) continue;
      if (taken.some((t) => spot[0] < t[2] && t[0] < spot[2] && spot[1] < t[3] && t[1] < spot[3])) continue;
      taken.push(spot); named.add(volume.number);
      pen.strokeStyle = "rgba(255,255,255,.9)"; pen.strokeText(text, x, y - 11);
      pen.fillStyle = volume.intent.conflicting ? ALARM : INK; pen.fillText(text, x, y - 11);
    }
  };
  const nice = (rough) => { const p = 10 ** Math.floor(Math.log10(rough)), r = rough / p; return (r >= 5 ? 5 : r >= 2 ? 2 : 1) * p; };
  const scaleBar = (w, h) => {
    const metres = nice(150 / state.k), px = metres * state.k, y = h - 16;
    pen.strokeStyle = INK; pen.fillStyle = INK; pen.lineWidth = 2; pen.font = "12px system-ui, sans-serif"; pen.textAlign = "left"; pen.textBaseline = "bottom";
    pen.beginPath(); pen.moveTo(14, y - 5); pen.lineTo(14, y); pen.lineTo(14 + px, y); pen.lineTo(14 + px, y - 5); pen.stroke();
    const nm = metres / 1852;
    pen.fillText(`${metres >= 1000 ? metres / 1000 + " km" : metres + " m"}  (${nm >= 10 ? nm.toFixed(0) : nm.toPrecision(2)} NM)`, 18, y - 4);
    pen.textAlign = "right"; pen.fillStyle = DIM; pen.font = "11px system-ui, sans-serif";
    pen.fillText(coastSeen > 0 ? "Coast: Natural Earth 1:50m, good to some km. Not for navigation." : "No coast at this scale. Not for navigation.", w - 10, h - 6);
  };
  const graticule = (w, h) => {
    const spanDeg = Math.min(120, (Math.hypot(w, h) / state.k / EARTH_M) / RAD);
    const steps = [30, 15, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];
    const step = steps.find((s) => s <= spanDeg / 4) || 0.001, middle = unproject(state.x, state.y);
    if (!middle) return;
    const reach = spanDeg * 0.75, atPole = Math.abs(middle[0]) + reach > 85;
    const south = Math.max(-90, middle[0] - reach), north = Math.min(90, middle[0] + reach);
    const wide = atPole ? 180 : Math.min(180, reach / Math.cos(Math.min(89, Math.abs(middle[0]) + reach / 2) * RAD));
    const lonStep = atPole ? 30 : step * Math.max(1, Math.round(1 / Math.cos(middle[0] * RAD) / 1.5));
    const digits = step < 0.01 ? 3 : step < 0.1 ? 2 : step < 1 ? 1 : 0;
    pen.strokeStyle = "rgba(70,95,115,.22)"; pen.lineWidth = 1; pen.fillStyle = DIM; pen.font = "11px system-ui, sans-serif"; pen.textAlign = "left"; pen.textBaseline = "top";
    const line = (points, text, edgeOf) => {
      let labelled = false, before = null; pen.beginPath();
      points.forEach((p) => {
        const s = toScreen(...project(p[0], p[1]));
        if (before && Math.hypot(s[0] - before[0], s[1] - before[1]) < 4 * Math.max(w, h)) pen.lineTo(...s); else pen.moveTo(...s);
        if (!labelled && before && edgeOf(before, s)) { labelled = true; pen.fillText(text, ...edgeOf(before, s)); }
        before = s;
      });
      pen.stroke();
    };
    const crossX = (a, b) => { const x = 52, t = (x - a[0]) / (b[0] - a[0]); const y = a[1] + t * (b[1] - a[1]); return t >= 0 && t <= 1 && y > 130 && y < h - 60 ? [x + 3, y + 2] : null; };
    const crossY = (a, b) => { const y = h - 48, t = (y - a[1]) / (b[1] - a[1]); const x = a[0] + t * (b[0] - a[0]); return t >= 0 && t <= 1 && x > 60 && x < w - 60 ? [x + 3, y + 2] : null; };
    const first = Math.ceil((middle[1] - wide) / lonStep), last = Math.floor((middle[1] + wide) / lonStep);
    for (let i = first; i <= last; i++) {
      const lon = i * lonStep, name = ((lon + 540) % 360) - 180;
      line(Array.from({ length: 61 }, (_, n) => [south + ((north - south) * n) / 60, lon]), `${Math.abs(name).toFixed(digits)}° ${name < 0 ? "W" : "E"}`, crossY);
    }
    for (let i = Math.ceil(south / step); i * step <= north; i++) {
      const lat = i * step;
      if (Math.abs(lat) < 90) line(Array.from({ length: 121 }, (_, n) => [lat, middle[1] - wide + (wide * 2 * n) / 120]), `${Math.abs(lat).toFixed(digits)}° ${lat < 0 ? "S" : "N"}`, crossX);
    }
  };

  // --- the timeline ---------------------------------------------------------------------------------
  const ROW = 19, LEFT = 190, TOP = 20;
  const rows = intents.map((_, i) => i).sort((p, q) => intents[q].conflicting - intents[p].conflicting || intents[p].start - intents[q].start).slice(0, 1000);
  const clockText = (s) => new Date(s * 1000).toISOString().replace("T", " ").replace(/(:\d\d)\.\d+Z$/, "$1Z");
  const shorter = (text, room) => { let t = text; while (t.length > 1 && ruler.measureText(t).width > room) t = t.slice(0, -2) + "…"; return t; };
  const drawTimeline = () => {
    const ratio = window.devicePixelRatio || 1, w = at("rows").clientWidth, h = TOP + rows.length * ROW + 6;
    timeline.style.height = `${h}px`; timeline.width = Math.round(w * ratio); timeline.height = Math.round(h * ratio);
    ruler.setTransform(ratio, 0, 0, ratio, 0, 0); ruler.clearRect(0, 0, w, h);
    const x = (s) => LEFT + ((s - begin) / span) * (w - LEFT - 24);
    ruler.font = "11px system-ui, sans-serif"; ruler.textBaseline = "middle";
    const units = [1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 21600, 43200, 86400, 172800, 604800, 2592000, 31557600, 315576000, 3155760000];
    const unit = units.find((u) => span / u <= (w - LEFT) / 110) || 31557600000;
    for (let s = Math.ceil(begin / unit) * unit; s <= end; s += unit) {
      const text = clockText(s);
      ruler.strokeStyle = "#e3e9ee"; ruler.beginPath(); ruler.moveTo(x(s), TOP - 4); ruler.lineTo(x(s), h); ruler.stroke();
      ruler.fillStyle = DIM; ruler.textAlign = "center"; ruler.fillText(unit >= 86400 ? text.slice(0, 10) : text.slice(5, unit < 60 ? 19 : 16), Math.min(x(s), w - 38), 9);
    }
    ruler.textAlign = "left"; ruler.fillStyle = DIM; ruler.fillText("UTC", 12, 9);
    rows.forEach((number, row) => {
      const intent = intents[number], y = TOP + row * ROW;
      const chosen = state.chosen !== null && [data.conflicts[state.chosen].a, data.conflicts[state.chosen].b].includes(number);
      if (chosen) { ruler.fillStyle = "#fbe6e4"; ruler.fillRect(0, y, w, ROW); }
      ruler.fillStyle = intent.conflicting ? ALARM : INK; ruler.textAlign = "left"; ruler.fillText(shorter(intent.id, LEFT - 20), 12, y + ROW / 2);
      intent.volumes.forEach((volume) => {
        ruler.fillStyle = colours.get(intent.party); ruler.globalAlpha = 0.75;
        ruler.fillRect(x(volume.start), y + 4, Math.max(2, x(volume.end) - x(volume.start)), ROW - 8); ruler.globalAlpha = 1;
      });
    });
    if (state.chosen !== null) {
      const c = data.conflicts[state.chosen];
      ruler.fillStyle = ALARM; ruler.globalAlpha = 0.22; ruler.fillRect(x(c.start), TOP - 4, Math.max(2, x(c.end) - x(c.start)), h); ruler.globalAlpha = 1;
    }
    if (!state.always) { ruler.strokeStyle = INK; ruler.lineWidth = 1.5; ruler.beginPath(); ruler.moveTo(x(state.now), 0); ruler.lineTo(x(state.now), h); ruler.stroke(); ruler.lineWidth = 1; }
    at("now").textContent = state.always ? "all times" : clockText(state.now);
  };

  // --- hands ----------------------------------------------------------------------------------------
  const setTime = (now, always) => {
    state.now = Math.max(begin, Math.min(end, now)); state.always = always;
    at("always").checked = always; slider.value = String(Math.round(((state.now - begin) / span) * 10000)); draw();
  };
  const choose = (index) => {
    state.chosen = state.chosen === index ? null : index;
    document.querySelectorAll("button[data-conflict]").forEach((b) => b.setAttribute("aria-pressed", String(Number(b.dataset.conflict) === state.chosen)));
    if (state.chosen === null) { show(volumes); return; }
    const { start, end: until } = data.conflicts[index];
    const some = volumes.filter((volume) => isChosen(volume) && volume.start <= until && start <= volume.end);
    if (some.length) show(some); else draw();
    document.querySelector(`button[data-conflict="${index}"]`).scrollIntoView({ block: "nearest" });
    const first = rows.findIndex((number) => number === data.conflicts[index].a || number === data.conflicts[index].b);
    if (first >= 0) at("rows").scrollTop = first * ROW;
  };
  const zoom = (factor, x = chart.clientWidth / 2, y = chart.clientHeight / 2) => {
    const [mx, my] = toMap(x, y);
    state.k = Math.max(1e-5, Math.min(50, state.k * factor));
    const [nx, ny] = toMap(x, y); state.x += mx - nx; state.y += my - ny; draw();
  };
  const stop = () => { clearInterval(state.playing); state.playing = null; at("play").textContent = "Play"; };
  document.querySelectorAll("button[data-conflict]").forEach((b) => b.addEventListener("click", () => choose(Number(b.dataset.conflict))));
  at("in").addEventListener("click", () => zoom(1.6)); at("out").addEventListener("click", () => zoom(1 / 1.6));
  at("fit").addEventListener("click", () => show(volumes));
  at("always").addEventListener("change", (e) => setTime(state.now, e.target.checked));
  slider.addEventListener("input", () => setTime(begin + (Number(slider.value) / 10000) * span, false));
  at("play").addEventListener("click", () => {
    if (state.playing !== null) { stop(); return; }
    if (state.always || state.now >= end) setTime(begin, false);
    at("play").textContent = "Pause";
    state.playing = setInterval(() => { setTime(state.now + span / 400, false); if (state.now >= end) stop(); }, 50);
  });
  chart.addEventListener("wheel", (e) => { e.preventDefault(); zoom(Math.exp(-e.deltaY * 0.0015), e.offsetX, e.offsetY); }, { passive: false });
  let held = null;
  chart.addEventListener("pointerdown", (e) => { held = [e.offsetX, e.offsetY]; chart.setPointerCapture(e.pointerId); });
  chart.addEventListener("pointerup", () => { held = null; });
  chart.addEventListener("pointerleave", () => { tip.hidden = true; });
  chart.addEventListener("pointermove", (e) => {
    if (held) { state.x -= (e.offsetX - held[0]) / state.k; state.y += (e.offsetY - held[1]) / state.k; held = [e.offsetX, e.offsetY]; tip.hidden = true; draw(); return; }
    const [x, y] = toMap(e.offsetX, e.offsetY);
    const under = volumes.filter((v) => isLive(v) && x >= v.box[0] && x <= v.box[2] && y >= v.box[1] && y <= v.box[3] && isInside(v.flat, x, y)).slice(0, 5);
    tip.hidden = !under.length;
    tip.textContent = under.map((v) => `${v.intent.id}${v.intent.party ? " · " + v.intent.party : ""} · ${v.intent.kind}\n${v.band}\n${clockText(v.start)} – ${clockText(v.end)}`).join("\n\n");
    tip.style.left = `${Math.min(e.offsetX + 14, chart.clientWidth - 340)}px`; tip.style.top = `${Math.min(e.offsetY + 14, chart.clientHeight - 70)}px`;
  });
  chart.addEventListener("keydown", (e) => {
    const move = { ArrowLeft: [-60, 0], ArrowRight: [60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[e.key];
    if (move) { e.preventDefault(); state.x += move[0] / state.k; state.y += move[1] / state.k; draw(); }
    if (e.key === "+" || e.key === "=") zoom(1.4);
    if (e.key === "-") zoom(1 / 1.4);
  });
  timeline.addEventListener("click", (e) => { const w = at("rows").clientWidth; if (e.offsetX >= LEFT) setTime(begin + ((e.offsetX - LEFT) / (w - LEFT - 24)) * span, false); });
  window.addEventListener("resize", draw);

  const legend = () => {
    const add = (text, colour, dash, width) => {
      const line = document.createElement("div"), swatch = document.createElement("canvas"), words = document.createElement("span");
      swatch.width = 26; swatch.height = 14;
      const brush = swatch.getContext("2d");
      if (dash === null) { brush.fillStyle = colour; brush.globalAlpha = 0.75; brush.fillRect(2, 2, 22, 10); } else { brush.strokeStyle = colour; brush.lineWidth = width; brush.setLineDash(dash); brush.beginPath(); brush.moveTo(1, 7); brush.lineTo(25, 7); brush.stroke(); }
      words.textContent = text; line.append(swatch, words); at("legend").append(line);
    };
    const parties = [...colours].slice(0, PALETTE.length);
    parties.forEach(([party, colour]) => add((party || "no party named").slice(0, 60), colour, null, 0));
    if (colours.size > PALETTE.length) add(`${colours.size - PALETTE.length} more parties`, OTHERS, null, 0);
    [...new Set(intents.map((i) => i.kind))].sort().forEach((kind) => add(kind, INK, DASHES[kind] || [], 1.5));
    if (data.conflicts.length) add("in conflict", ALARM, [], 3);
  };
  if (volumes.length) { legend(); show(volumes); } else { at("view").hidden = true; }
  if (window.location.hash.startsWith("#conflict-")) { const i = Number(window.location.hash.slice(10)); if (i >= 0 && i < data.conflicts.length) choose(i); }
})();
