// A panel of two dimensions: a map of a loss or a coloured field, points that the reader drags, and what is drawn on it.
import { format, handle, onTheme, plotArea, theme, within } from "./kit.js";
import { clamp, fill, measure, place, short, svg, trace } from "./drawing.js";
import { fieldOf, lossAt, placed, trail } from "./iterate.js";
import { paintField, paintKinds, paintMap } from "./map.js";

const SLOW = 30, REST = 120; // ms: a background that takes longer is drawn coarsely, and finely when the hand has rested so long
const TALL = 12; // pixels, of a direct label

/** The place of least trouble for a label `wide` pixels wide beside [x, y]: inside the box, off what is `taken`, off the dots. */
export function beside([x, y], wide, taken, dots, { left, top, width, height }) {
  const gap = 9, places = [];
  for (const [dx, dy] of [[1, 0], [-1, 0], [0, -1], [0, 1], [1, -1], [1, 1], [-1, -1], [-1, 1]]) {
    const x0 = dx > 0 ? x + gap : dx < 0 ? x - gap - wide : x - wide / 2, y0 = dy ? y + dy * (gap + TALL / 2) - TALL / 2 : y - TALL / 2;
    places.push({ x0: clamp(x0, left + 2, Math.max(left + 2, left + width - wide - 2)), y0: clamp(y0, top + 2, top + height - TALL - 2), asked: [x0, y0] });
  }
  const cost = ({ x0, y0, asked }) => {
    const x1 = x0 + wide, y1 = y0 + TALL, moved = Math.abs(x0 - asked[0]) + Math.abs(y0 - asked[1]);
    const over = taken.reduce((sum, t) => sum + Math.max(0, Math.min(x1, t.x1) - Math.max(x0, t.x0)) * Math.max(0, Math.min(y1, t.y1) - Math.max(y0, t.y0)), 0);
    return 4 * over + 3 * moved + 25 * dots.filter(([a, b]) => a > x0 - 3 && a < x1 + 3 && b > y0 - 3 && b < y1 + 3).length;
  };
  const best = places.reduce((a, b) => (cost(b) < cost(a) ? b : a));
  return { x0: best.x0, x1: best.x0 + wide, y0: best.y0, y1: best.y0 + TALL };
}

/**
 * Where a contour line has its label: the point of the line at which `wide` pixels fit best, far from the border. On a level
 * part it stands on the line, on a steep one beside it, where the field is higher: to the left of a ring's direction.
 */
export function onLine(lines, wide, { left, top, width, height }) {
  let best = null, most = -Infinity;
  for (const line of lines) for (let i = 4; i + 4 < line.length; i += 2) {
    const [dx, dy] = [line[i + 4][0] - line[i - 4][0], line[i + 4][1] - line[i - 4][1]], steep = Math.abs(dy) / (Math.hypot(dx, dy) || 1);
    const x = line[i][0] + (steep > 0.35 ? Math.sign(dy) * (wide / 2 + 6 + 5 / steep) : 0), y = line[i][1];
    const room = Math.min(x - wide / 2 - left, left + width - x - wide / 2, 2 * (y - TALL - top), 2 * (top + height - y - TALL));
    const worth = Math.min(room, 24) - 6 * steep - Math.abs(x - left - 0.4 * width) / 40;
    if (room > 2 && worth > most) { most = worth; best = [x, y]; }
  }
  return best;
}

const outermost = (points) => points.reduce((a, b) => (!a || b[0] - b[1] > a[0] - a[1] ? b : a), null); // to the upper right
const head = ([x0, y0], [x1, y1]) => { // an arrow's head at the second point, as a path
  const length = Math.hypot(x1 - x0, y1 - y0);
  if (!(length > 3)) return "";
  const dx = (x1 - x0) / length, dy = (y1 - y0) / length, size = Math.min(10, length);
  return `M${short(x1)} ${short(y1)}L${short(x1 - size * dx + size / 2 * dy)} ${short(y1 - size * dy - size / 2 * dx)}L${short(x1 - size * dx - size / 2 * dy)} ${short(y1 - size * dy + size / 2 * dx)}Z`;
};
const write = (tag, text, x = 0, y = 0, anchor = "start") => { // a label that is not there leaves no trace of where it was
  tag.textContent = text || "";
  if (text) place(tag, x, y, anchor);
  else place(tag, 0, 0, "start");
};
const lines = (xs, ys, box) => trace(xs, ys, box).d;

/** A plane in the figure `fr`; as `makePanel` of curves.js. `draw(scope)` draws it and publishes what it found out. */
export function makePlane(fr, spec, state, redraw, alone) {
  const { field } = spec, width = measure(fr.figure), first = state.scope(), painted = Boolean(spec.loss || field);
  const left = 44, right = 12, root = document.createElement("div");
  root.className = "ol-plane";
  fr.stage.append(root);
  const axis = ({ label, scale, low, high }) => ({ label, scale, domain: [low, high] });
  let stale = "";
  const area = plotArea(root, {
    x: axis(spec.x), y: axis(spec.y), canvases: painted ? 1 : 0, margin: { left, right }, className: spec.points.length ? "ol-map" : "",
    ratio: (w) => (alone ? Math.min(360, 0.75 * w) : 230) / (w - left - right), resized() { stale = ""; redraw(); },
  });
  area.canvases.forEach((c) => { c.removeAttribute("role"); c.removeAttribute("aria-label"); c.setAttribute("aria-hidden", "true"); });
  area.svg.removeAttribute("aria-hidden");
  area.svg.setAttribute("role", "img");
  area.svg.setAttribute("aria-label", `Plane of ${spec.y.label} against ${spec.x.label}${spec.loss ? ", with contours of the loss" : ""}${field?.label ? `, coloured by ${field.label}` : ""}`);
  const [back, middle, front, labels] = ["ol-back", "ol-lines", "ol-heads", "ol-labels"].map((c) => svg("g", area.marks, { class: c }));
  const tinted = (tag, parent, color, kind) => svg(tag, parent, { class: kind, style: `--c:var(--ol-${color})` });

  // The background
  const value = field && fieldOf(field, spec), kinds = field?.kinds ?? [];
  const levels = (field?.levels ?? []).map(([, label]) => ({ label, line: tinted("path", back, "ink", "ol-line ol-level"), tag: tinted("text", labels, "ink", "ol-tag"), rings: [] }));
  const names = kinds.map(([, color]) => tinted("text", back, color, "ol-tag ol-kind"));
  const crosses = svg("path", front, { class: "ol-cross" });
  let colors = theme(), took = 0, rest = 0, scope = first, loss = null, named = [];
  fr.onDestroy(onTheme(() => { colors = theme(); stale = ""; redraw(); }));
  fr.onDestroy(() => { clearTimeout(rest); area.destroy(); });
  if (field) key(root, field);
  if (field?.kind === "basins") stale = "first"; // slow: something is to be seen at once

  function background() {
    const asked = [...(value?.names ?? []), ...(spec.loss ? Object.keys(spec.loss.params).filter((n) => !spec.loss.fixed.includes(n)) : [])];
    const now = JSON.stringify([asked.map((n) => scope[n]), (value?.keys ?? []).map(state.index)]);
    if (now === stale) return;
    const hasty = stale && stale !== "again" && (stale === "first" || took > SLOW), begun = performance.now();
    stale = now;
    clearTimeout(rest);
    if (field) {
      const f = value(scope, state.index, loss);
      if (kinds.length) nameKinds(paintKinds(area, f, kinds, colors, hasty ? 8 : 4));
      else paintField(area, f, field, colors, hasty ? 3 : 1.5).forEach((rings, i) => { levels[i].rings = rings; });
    }
    if (spec.loss) paintMap(area, loss.loss, loss.p, colors, hasty ? 7 : 2.5, Boolean(field));
    if (hasty) rest = setTimeout(() => { stale = "again"; redraw(); }, REST);
    else took = performance.now() - begun;
    for (const { line, rings } of levels) line.setAttribute("d", rings.map((ring) => lines(ring.map((p) => p[0]), ring.map((p) => p[1]), area.box)).join(""));
    crosses.setAttribute("d", (spec.loss ? loss.minima() : []).map(([a, b]) => [area.x(a), area.y(b)]).filter(inside).map(([x, y]) => `M${short(x - 5)} ${short(y)}h10M${short(x)} ${short(y - 5)}v10`).join(""));
  }
  function nameKinds(roomFor) { // each in its area, off the minima, if there is room; in any case below the plane
    const avoid = loss ? loss.minima().map(([a, b]) => [area.x(a), area.y(b)]) : [];
    named = [];
    names.forEach((tag, i) => {
      const wide = width(kinds[i][0]), spot = roomFor(i, wide, avoid);
      if (spot) named.push({ x0: spot[0] - wide / 2, x1: spot[0] + wide / 2, y0: spot[1] - 7, y1: spot[1] + 7 });
      write(tag, spot && kinds[i][0], spot?.[0], spot?.[1] + 4, "middle");
    });
  }
  const inside = ([x, y]) => x >= area.box.left - 0.5 && x <= area.box.left + area.box.width + 0.5 && y >= area.box.top - 0.5 && y <= area.box.top + area.box.height + 0.5;

  // What is drawn on it
  const series = spec.series.map((s) => ({
    ...s, run: s.kind === "trail" ? trail(s, spec) : s.kind === "cloud" ? null : placed(s.js),
    halo: tinted("path", middle, s.color, "ol-halo"), path: tinted("path", middle, s.color, s.dashed ? "ol-line ol-dashed" : "ol-line"),
    dots: tinted("path", middle, s.color, s.line ? "ol-dots" : "ol-dots ol-many"), tip: tinted("path", front, s.color, "ol-tip"), tag: tinted("text", labels, s.color, "ol-tag"),
  }));
  const at = (s) => s.at ? s.at.map((v) => (typeof v === "string" ? scope[v] : v)) : [NaN, NaN];
  const shapes = { // each returns the pixels of its line, where its label belongs, and the dots that labels avoid
    trail(s) {
      const { x, y, gone } = s.run(scope, state.points(), loss), px = x.map(area.x), py = y.map(area.y), last = px.length - 1;
      const found = { [`${s.name}_x`]: x[last], [`${s.name}_y`]: y[last], [`${s.name}_steps`]: last };
      state.publish(loss ? { ...found, [`${s.name}_f`]: loss.value([x[last], y[last]]) } : found);
      let leave = last;
      while (leave > 0 && !inside([px[leave], py[leave]])) leave--;
      const ends = Number.isFinite(px[leave + 1]) && Number.isFinite(py[leave + 1]) ? leave + 1 : leave, { d, end } = trace(px.slice(0, ends + 1), py.slice(0, ends + 1), area.box);
      const seen = px.map((v, i) => [v, py[i]]).filter(inside), dots = s.line ? apart(seen) : seen, out = leave < last && inside([px[leave], py[leave]]);
      draw(s, s.line ? d : "", dots.map(([a, b]) => `M${short(a)} ${short(b)}h0`).join(""));
      s.tip.setAttribute("d", !s.line || !end ? "" : out ? head([px[leave], py[leave]], end) : inside([px[last], py[last]]) ? round(px[last], py[last]) : "");
      return { end: s.line ? end : outermost(seen), dots: seen };
    },
    trace(s) {
      const curve = s.run(scope, loss), place = at(s), px = [], py = [];
      for (let i = 0; i <= 200; i++) {
        const [x, y] = curve(...place, s.low + i / 200 * (s.high - s.low)), a = area.x(x), b = area.y(y);
        px.push(Number.isFinite(b) && Number.isFinite(a) ? a : NaN);
        py.push(b);
      }
      draw(s, lines(px, py, area.box), "");
      const seen = px.map((v, i) => [v, py[i]]).filter(inside);
      return { end: outermost(seen), dots: seen.filter((_, i) => i % 4 === 0) };
    },
    arrow(s) {
      const place = at(s), [x0, y0, x1, y1] = s.run(scope, loss)(...place, ...place), a = [area.x(x0), area.y(y0)], b = [area.x(x1), area.y(y1)];
      state.publish({ [`${s.name}_x`]: x1, [`${s.name}_y`]: y1 });
      const known = [...a, ...b].every(Number.isFinite), { d, end } = trace(known ? [a[0], b[0]] : [], [a[1], b[1]], area.box);
      draw(s, d, "");
      s.tip.setAttribute("d", end ? head(a, end) : "");
      return { end, dots: end ? [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9].map((u) => [a[0] + u * (end[0] - a[0]), a[1] + u * (end[1] - a[1])]) : [] };
    },
    cloud(s) {
      const [xs, ys] = [s.x, s.y].map((part) => s.keys.reduce((list, name) => list[state.index(name)], part));
      const seen = xs.map((x, i) => [area.x(x ?? NaN), area.y(ys[i] ?? NaN)]).filter(inside);
      draw(s, "", seen.map(([a, b]) => `M${short(a)} ${short(b)}h0`).join(""));
      return { end: outermost(seen), dots: seen };
    },
  };
  function draw(s, d, dots) {
    s.halo.setAttribute("d", d);
    s.path.setAttribute("d", d);
    s.dots.setAttribute("d", dots);
  }
  const round = (x, y) => `M${short(x - 5)} ${short(y)}a5 5 0 1 0 10 0a5 5 0 1 0 -10 0Z`;
  function apart(points) { // those that keep 6 pixels from the one before
    let last = [-99, -99];
    return points.filter((p) => {
      if (Math.abs(p[0] - last[0]) + Math.abs(p[1] - last[1]) < 6) return false;
      last = p;
      return true;
    });
  }

  // What is dragged
  const tidy = ({ scale, low, high }, v) => scale === "log" ? +v.toPrecision(3) : +v.toFixed(clamp(Math.ceil(2.7 - Math.log10(high - low)), 0, 12));
  const limited = (v, { low, high }) => clamp(v, low, high);
  const handles = spec.points.map(({ names: [a, b], color }, i, all) => {
    const get = () => [limited(state.points()[a], spec.x), limited(state.points()[b], spec.y)];
    const set = ([x, y]) => { state.setPoint(a, tidy(spec.x, x)); state.setPoint(b, tidy(spec.y, y)); };
    const text = () => {
      const [x, y] = [state.points()[a], state.points()[b]], here = value && told(value(scope, state.index, loss)(x, y));
      return `${spec.x.label} ${format(x)}, ${spec.y.label} ${format(y)}${value ? `: ${kinds.length ? "" : `${field.label} `}${typeof here === "number" ? format(here) : here}` : loss ? `: loss ${format(loss.value([x, y]))}` : ""}`;
    };
    const made = handle(area, { label: all.length > 1 ? `Point ${i + 1} of ${all.length}` : "Point", color, get, set, text });
    // Where nothing begins at it, a point is there to read off: its two numbers on the axes, and the field's.
    const begins = spec.series.some((s) => [s.start, s.at].some((pair) => pair && pair[0] === a && pair[1] === b));
    return Object.assign(made, { get, set, guide: !begins && tinted("path", back, "muted", "ol-guide"), tag: value && !kinds.length && tinted("text", labels, color, "ol-tag") });
  });
  const told = (v) => kinds.length ? kinds[Math.round(v)]?.[0] ?? "none of these" : v;
  if (handles.length) { // a press on the plane brings the nearest point there: the mouse goes on dragging, a finger may be about to scroll
    const closest = (event) => {
      const [x, y] = within(area.root, event);
      if (!inside([x, y]) || event.target.closest(".ol-handle")) return null;
      const far = ({ get }) => { const [a, b] = get(); return Math.hypot(area.x(a) - x, area.y(b) - y); };
      return handles.reduce((p, q) => (far(q) < far(p) ? q : p));
    };
    area.root.addEventListener("pointerdown", (event) => { if (event.pointerType === "mouse" && event.button === 0) closest(event)?.drag(event, true); });
    area.root.addEventListener("click", (event) => { if (event.pointerType !== "mouse") closest(event)?.set(area.invert(event)); });
  }

  return function redrawn(now) {
    if (!area.box.width) return;
    scope = now;
    loss = lossAt(spec.loss, scope);
    background();
    const wanted = [], dots = [], taken = [...handles.map(({ get }) => get()), ...(loss ? loss.minima() : [])].map(([a, b]) => {
      const x = area.x(a), y = area.y(b);
      return { x0: x - 9, x1: x + 9, y0: y - 9, y1: y + 9 };
    });
    taken.push(...named);
    for (const s of series) {
      const shape = shapes[s.kind](s), text = shape.end && s.label ? fill(s.label, scope) : "";
      write(s.tag, "");
      if (text) wanted.push({ tag: s.tag, text, end: shape.end, wide: width(text) });
      dots.push(...shape.dots);
    }
    for (const { tag, label, rings } of levels) {
      const text = fill(label, scope), spot = text && onLine(rings, width(text), area.box), wide = width(text);
      write(tag, spot && text, spot?.[0], spot?.[1] + 4, "middle");
      if (!spot) continue;
      taken.push({ x0: spot[0] - wide / 2, x1: spot[0] + wide / 2, y0: spot[1] - 8, y1: spot[1] + 8 });
    }
    for (const { get, guide, tag } of handles) {
      const [x, y] = get(), px = area.x(x), py = area.y(y);
      if (guide) guide.setAttribute("d", `M${short(area.box.left)} ${short(py)}H${short(px)}V${short(area.box.top + area.box.height)}`);
      if (!tag) continue;
      const text = format(value(scope, state.index, loss)(x, y));
      wanted.unshift({ tag, text, end: [px + 3, py], wide: width(text) });
    }
    for (const { tag, text, end, wide } of wanted) {
      const spot = beside(end, wide, taken, dots, area.box);
      write(tag, text, spot.x0, spot.y1 - 2, "start");
      taken.push(spot);
    }
    if (value && field.name && spec.points.length) {
      const [a, b] = spec.points[0].names;
      state.publish({ [`${field.name}_here`]: told(value(scope, state.index, loss)(scope[a], scope[b])) });
    }
    for (const each of handles) each.refresh();
  };
}

/** What the colours of a field mean, below its plane: the kinds by name, or the ends of the scale. */
function key(root, { kinds, low, high, label }) {
  const list = document.createElement("div");
  list.className = "ol-kinds";
  const add = (text, style, name = "i") => {
    const item = document.createElement("span"), swatch = document.createElement(name);
    swatch.setAttribute("style", style);
    item.append(swatch, text);
    list.append(item);
  };
  for (const [name, color] of kinds) add(name, `--c:var(--ol-${color})`);
  if (!kinds.length) {
    const item = document.createElement("span"), scale = document.createElement("b");
    item.append(`${label} ${format(low)} `, scale, ` ${format(high)}`);
    list.append(item);
  }
  root.append(list);
}
