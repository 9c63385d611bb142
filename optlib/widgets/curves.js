// Curves that depend on sliders, on dragged points, or on recorded data. All functions come from Python (optlib.translate).
import { choice, decimal, format, frame, handle, linkState, observe, plotArea, put, schedule, slider, trouble } from "./kit.js";
import { compile } from "./arithmetic.js";
import { GAP, clamp, fill, measure, place, short, spread, svg, trace } from "./drawing.js";
import { makePlane } from "./plane.js";
import { brush, extremes, recursion, stepsOf } from "./sequence.js";

/** The numbers at which a function on `axis` is drawn: one a pixel, or the multiples of the axis's step. */
export function grid(axis, pixels, x) {
  if (!axis.step) return Float64Array.from({ length: pixels + 1 }, (_, i) => x.invert(x(axis.low) + i));
  const from = Math.ceil(axis.low / axis.step), to = Math.floor(axis.high / axis.step), every = Math.ceil((to - from) / (2 * pixels)) || 1;
  return Float64Array.from({ length: Math.floor((to - from) / every) + 1 }, (_, i) => (from + i * every) * axis.step);
}

/** The area between two graphs, inside the box. */
function between(px, low, high, { top, height }) {
  const parts = [];
  let run = [];
  const close = () => {
    if (run.length > 1) parts.push(`M${run.map((i) => `${short(px[i])} ${short(clamp(high[i], top, top + height))}`).join("L")}L${run.reverse().map((i) => `${short(px[i])} ${short(clamp(low[i], top, top + height))}`).join("L")}Z`);
    run = [];
  };
  px.forEach((_, i) => { if (Number.isNaN(low[i]) || Number.isNaN(high[i])) close(); else run.push(i); });
  close();
  return parts.join("");
}

const nearest = (xs, x) => xs.reduce((best, v, i) => (Math.abs(v - x) < Math.abs(xs[best] - x) ? i : best), 0);

/** Set the text of a label; one without text keeps no place of before, so that the same state is the same picture. */
function write(tag, text) {
  tag.textContent = text;
  if (!text) for (const name of ["x", "y", "text-anchor"]) tag.removeAttribute(name);
}

/** One pair of axes. `state` gives the present values, points and levels; `draw(scope)` draws them. */
function makePanel(fr, spec, state, redraw, alone) {
  const width = measure(fr.figure), first = state.scope();
  const names = (s, i) => (s.each ? { [s.each]: state.points()[s.each][i] } : s.lines ? { [s.lines]: s.names[i] } : {});
  const longest = Math.max(0, ...spec.series.flatMap((s) => s.colors.map((_, i) => width(fill(s.label, { ...first, ...names(s, i) })))),
    ...spec.marks.filter((m) => m.axis === "y").map((m) => width(fill(m.label, first))));
  const room = fr.stage.clientWidth || 700, own = alone || room < 660 ? room : room / 2; // the panel's width, about
  const right = clamp(longest + 14, 12, 0.28 * own), left = 44;
  let xs = null, px = null, scope = first; // where functions are drawn, set anew with each size
  const area = plotArea(fr.stage, {
    x: { label: spec.x.label, scale: spec.x.scale, domain: [spec.x.low, spec.x.high] },
    y: { label: spec.y.label, scale: spec.y.scale, domain: [spec.y.low, spec.y.high], grid: true },
    canvases: 0, margin: { right, left }, ratio: (w) => (alone ? Math.min(300, 0.7 * w) : 230) / (w - left - right), resized: () => { xs = null; redraw(); },
  });
  fr.onDestroy(area.destroy);
  area.svg.removeAttribute("aria-hidden");
  area.svg.setAttribute("role", "img");
  area.svg.setAttribute("aria-label", `Graph of ${spec.y.label} against ${spec.x.label}`);
  const [back, lines, labels] = ["ol-back", "ol-lines", "ol-labels"].map((c) => svg("g", area.marks, { class: c }));
  const tinted = (tag, parent, color, kind) => svg(tag, parent, { class: kind, style: `--c:var(--ol-${color})` });
  const marks = spec.marks.map((m) => ({
    ...m, value: typeof m.at === "string" ? compile(m.at) : () => () => m.at,
    area: m.shade && tinted("rect", back, m.color, "ol-shade"), line: tinted("line", back, m.color, "ol-mark"),
    tag: tinted("text", labels, m.color, "ol-tag"), lead: tinted("path", labels, m.color, "ol-lead"),
  }));
  const steps = spec.x.step && stepsOf(spec.x).slice(1); // those that a painted sequence has
  const series = spec.series.map((s) => ({
    ...s, f: s.kind === "line" && compile(s.js),
    table: { recorded: () => s, sequence: s.kind === "sequence" && recursion(s, stepsOf(spec.x)), painted: (_, points) => ({ x: steps, y: points[s.name] }) }[s.kind],
    rows: s.colors.map((color) => ({
      band: s.kind === "recorded" && s.low && tinted("path", back, color, "ol-band"),
      path: tinted("path", lines, color, s.dots ? "ol-dots" : s.dashed ? "ol-line ol-dashed" : "ol-line"),
      tag: tinted("text", labels, color, "ol-tag"), lead: tinted("path", labels, color, "ol-lead"),
      read: spec.probe && { dot: tinted("path", lines, color, "ol-dots"), tag: tinted("text", labels, color, "ol-tag") },
    })),
  }));

  const on = (s, x) => s.f(scope)(x);
  const height = (y) => (Number.isNaN(y) ? area.box.top + area.box.height : clamp(area.y(y), area.box.top, area.box.top + area.box.height));
  const tidy = (x) => spec.x.step ? Math.round(x / spec.x.step) * spec.x.step : (spec.x.scale === "log" ? +x.toPrecision(3) : +x.toFixed(clamp(Math.ceil(-Math.log10((spec.x.high - spec.x.low) / 500)), 0, 12)));
  const handles = [];
  /** A handle that moves along the horizontal axis; `read()` and `write(x)` its value there, `rise(x)` its height. */
  function along(label, color, read, write, rise, text) {
    const set = (x) => write(tidy(clamp(x, spec.x.low, spec.x.high)));
    const h = handle(area, { label, color, get: () => [read(), area.y.invert(rise(read()))], set: ([x]) => set(x), text });
    h.element.setAttribute("aria-valuemin", decimal(spec.x.low));
    h.element.setAttribute("aria-valuemax", decimal(spec.x.high));
    h.element.addEventListener("keydown", (event) => { // it has one direction, so up and down move it too
      const way = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 }[event.key] * (event.shiftKey ? 5 : 1);
      const next = spec.x.step ? read() + way * spec.x.step : area.x.invert(area.x(read()) + way * 0.02 * area.box.width);
      const to = way ? next : { Home: spec.x.low, End: spec.x.high }[event.key];
      if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      event.stopImmediatePropagation(); // the handle itself knows no steps
      set(to);
    }, { capture: true });
    handles.push(h);
  }
  for (const s of series) for (const key of s.points ?? []) {
    const start = state.points()[key], many = Array.isArray(start);
    [start].flat().forEach((_, i, all) => {
      const read = () => [state.points()[key]].flat()[i];
      along(many ? `${spec.x.label}, point ${i + 1} of ${all.length}` : spec.x.label, s.pointColors[key][i], read,
        (x) => state.setPoint(key, many ? state.points()[key].map((old, j) => (j === i ? x : old)) : x),
        (x) => height(on(s, x)), () => `${format(read())}, ${spec.y.label} ${format(on(s, read()))}`);
    });
  }
  for (const s of series.filter((each) => each.kind === "painted")) {
    handles.push(brush(area, s, spec, state));
  }
  const probe = spec.probe && { read: () => state.points()[spec.probe], line: tinted("line", back, "muted", "ol-mark"), said: "" };
  if (probe) along(`${spec.x.label}, to read off`, "muted", probe.read, (x) => state.setPoint(spec.probe, x), () => area.box.top + area.box.height, () => `${format(probe.read())}: ${probe.said}`);

  function draw(now) {
    if (!area.box.width) return;
    scope = now;
    const { left, top, width: w, height: h } = area.box, right = left + w, bottom = top + h;
    if (!xs) {
      xs = grid(spec.x, Math.round(w), area.x);
      px = xs.map(area.x);
    }
    // Direct labels: at the right border, where a line leaves through another one, and at the probe.
    const ends = [], inside = [], readings = [], values = [], graphs = [];
    for (const s of series) {
      const f = s.f && s.f(scope), data = s.f ? null : s.table(scope, state.points()), at = s.f ? px : Array.from(data.x, (x) => area.x(x));
      if (data?.y) state.publish(extremes(s.name, data.y));
      s.rows.forEach((row, i) => {
        const pick = (part) => s.keys.reduce((a, key) => a[key === s.lines ? i : state.index(key)], part).map((v) => area.y(v ?? NaN));
        const lam = s.each && state.points()[s.each][i];
        const ys = s.f ? xs.map((x) => area.y(f(x, lam))) : data.y ? Float64Array.from(data.y, (y) => area.y(y)) : pick(s.middle);
        if (probe) {
          const t = probe.read(), j = s.f ? -1 : nearest(data.x, t), [x, y] = s.f ? [area.x(t), area.y(f(t, lam))] : [at[j], ys[j]];
          const seen = x >= left && x <= right && y >= top && y <= bottom, value = format(area.y.invert(y));
          row.read.dot.setAttribute("d", seen ? `M${short(x)} ${short(y)}h0` : "");
          write(row.read.tag, seen ? value : "");
          if (seen) readings.push({ tag: row.read.tag, y: y - 10, wide: width(value) });
          values.push(`${fill(s.label, { ...scope, ...names(s, i) })} ${value}`);
        }
        const { d, end } = trace(at, ys, area.box);
        if (!s.dots) graphs.push([at, ys]);
        row.path.setAttribute("d", s.dots ? [...at].map((x, j) => (x >= left - 1 && x <= right + 1 && ys[j] >= top - 1 && ys[j] <= bottom + 1 ? `M${short(x)} ${short(ys[j])}h0` : "")).join("") : d);
        if (row.band) row.band.setAttribute("d", between(at, pick(s.low), pick(s.high), area.box));
        const text = end && s.label ? fill(s.label, { ...scope, ...names(s, i) }) : "";
        label(row, text, end, text && end[1] > top + 1 && end[1] < bottom - 1 && end[0] + 5 + width(text) > right);
      });
    }
    for (const m of marks) {
      const v = m.value(scope)(), horizontal = m.axis === "y", at = horizontal ? area.y(v) : area.x(v);
      const [low, high] = horizontal ? [top, bottom] : [left, right], seen = at >= low && at <= high, edge = clamp(at, low, high);
      m.line.setAttribute("visibility", seen ? "visible" : "hidden");
      const shown = Number.isNaN(at) ? low : edge; // a hidden line has a place too: the same state is the same picture
      for (const [name, value] of Object.entries(horizontal ? { x1: left, x2: right, y1: shown, y2: shown } : { x1: shown, x2: shown, y1: top, y2: bottom })) m.line.setAttribute(name, short(value));
      if (m.area) {
        const [a, b] = Number.isNaN(at) ? [low, low] : m.shade === "below" || m.shade === "right" ? [edge, high] : [low, edge];
        for (const [name, value] of Object.entries(horizontal ? { x: left, width: w, y: a, height: b - a } : { y: top, height: h, x: a, width: b - a })) m.area.setAttribute(name, short(value));
      }
      const text = fill(m.label, scope);
      if (horizontal) label(m, seen ? text : "", [right, at], true);
      else label(m, Number.isNaN(at) || !text ? "" : at > right ? `${text} →` : at < left ? `← ${text}` : text, [edge, top], false);
    }
    function label(item, text, end, atBorder) {
      write(item.tag, text);
      item.lead.setAttribute("d", "");
      if (text) (atBorder ? ends : inside).push({ ...item, text, x: end[0], y: end[1], wide: width(text) });
    }
    spread(ends, top + 4, bottom - 2);
    for (const l of ends) {
      const overflow = right + 9 + l.wide > area.width;
      place(l.tag, overflow ? area.width - 1 : right + 9, l.at + 4, overflow ? "end" : "start");
      if (!overflow) l.lead.setAttribute("d", `M${short(l.x + 1)} ${short(l.y)}L${right + 7} ${short(l.at)}`);
    }
    const taken = [];
    if (probe) {
      const x = area.x(probe.read()), wide = Math.max(0, ...readings.map((l) => l.wide)), start = x + 9 + wide < right, from = start ? x + 9 : x - 9 - wide;
      spread(readings, top + 6, bottom - 16);
      for (const l of readings) {
        place(l.tag, start ? from : from + wide, l.at + 4, start ? "start" : "end");
        taken.push({ from, to: from + wide, y: l.at + 4 });
      }
      for (const [name, value] of Object.entries({ x1: x, x2: x, y1: top, y2: bottom })) probe.line.setAttribute(name, short(value));
      probe.said = values.join(", ");
    }
    if (probe) taken.push({ from: area.x(probe.read()) - 9, to: area.x(probe.read()) + 9, y: bottom - 4 });
    const covers = ({ from, to, y }) => taken.some((t) => Math.abs(t.y - y) < GAP && from < t.to + 4 && to > t.from - 4)
      || graphs.some(([at, ys]) => at.some((x, i) => x > from && x < to && Math.abs(ys[i] - y + 4) < 7));
    for (const l of inside.sort((a, b) => a.x - b.x)) { // the first free place beside the end, or else the first
      const first = clamp(l.y + 4, top + 11, bottom - 4), step = first > (top + bottom) / 2 ? -GAP : GAP, places = [];
      for (let k = 0; k < 4; k++) {
        const y = first + k * step;
        if (l.x + 5 + l.wide < right) places.push({ from: l.x + 5, to: l.x + 5 + l.wide, y });
        const back = l.axis ? 5 : 14; // a line that leaves may rise or fall over its label; a mark is upright
        if (l.x - back - l.wide > left) places.push({ from: l.x - back - l.wide, to: l.x - back, y });
      }
      const best = places.find((p) => !covers(p)) ?? places[0] ?? { from: left, to: left + l.wide, y: first };
      taken.push(best);
      place(l.tag, best.from, best.y, "start");
    }
    for (const each of handles) each.refresh();
  }
  return draw;
}

function render({ model, el }) {
  const spec = model.get("spec"), fr = frame(el, model);
  fr.figure.classList.add("ol-curves");
  fr.stage.classList.toggle("ol-several", spec.panels.length > 1);
  const quantities = spec.quantities.map(([name, js]) => [name, compile(js)]);
  const sentences = spec.say.map((s) => ({ ...s, when: s.when && compile(s.when) }));
  const levels = Object.fromEntries(spec.knobs.map((k) => [k.key, k.levels ?? k.options?.map((o) => o.value)]));
  let published = {}; // what the panels found out as they were drawn, for the sentences
  const state = {
    publish: (names) => { Object.assign(published, names); },
    points: () => model.get("points"),
    setPoint: (key, value) => put(model, "points", { ...model.get("points"), [key]: value }),
    index: (key) => levels[key].indexOf(model.get("values")[key]),
    scope() {
      const scope = { ...model.get("values") };
      for (const [key, p] of Object.entries(model.get("points"))) {
        if (Array.isArray(p)) Object.assign(scope, { [`${key}_min`]: Math.min(...p), [`${key}_max`]: Math.max(...p) });
        else scope[key] = p;
      }
      for (const [name, f] of quantities) scope[name] = f(scope)();
      return scope;
    },
  };
  const controls = spec.knobs.map((k) => {
    const access = { get: () => model.get("values")[k.key], set: (v) => put(model, "values", { ...model.get("values"), [k.key]: v }) };
    return k.options ? choice(fr.controls, k, access) : slider(fr.controls, k, access);
  });
  function draw() {
    const scope = state.scope();
    published = {};
    for (const panel of panels) panel(scope);
    for (const control of controls) control.refresh();
    const known = { ...scope, ...published };
    fr.say(sentences.map((s) => fill(!s.when || s.when(known)() > 0 ? s.text : s.otherwise, known)).filter(Boolean).join(" "));
  }
  const redraw = schedule(draw), panels = [];
  for (const p of spec.panels) panels.push((p.kind === "plane" ? makePlane : makePanel)(fr, p, state, redraw, spec.panels.length === 1));
  fr.onDestroy(observe(model, ["values", "points"], redraw));
  fr.onDestroy(redraw.cancel);
  linkState(model, fr, ["values", "points"], (key, value) => {
    const knob = spec.knobs.find((k) => k.key === key);
    return !knob ? "" : !levels[key] ? trouble(knob, value) : levels[key].includes(value) ? "" : `nothing was recorded at ${value}`;
  });
  draw();
  return fr.destroy;
}

export default { render };
