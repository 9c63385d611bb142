// What every live figure is made of: its frame, controls, plotting areas, draggable points, theme, and the link to its state.
import { COLORS } from "optlib:generated";
import { ticks } from "./vendor/d3.js";

let counter = 0;
const node = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value != null) made.setAttribute(name, value);
  made.append(...children);
  return made;
};
const svgNode = (tag, attributes = {}) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
};
const clamp = (v, low, high) => Math.min(high, Math.max(low, v));
const own = (color) => `var(--ol-${color in COLORS ? color : "ink"})`;

// Numbers

/** A number for a readout: at most three digits, "0.18", "1.2e−7"; with true minus signs, at which no line breaks. */
export function format(value) {
  if (Number.isNaN(value)) return "not a number";
  const a = Math.abs(value);
  if (a === Infinity) return value > 0 ? "∞" : "−∞";
  const text = a === 0 ? "0" : a >= 1e-3 && a < 1e4
    ? String(+a.toPrecision(Math.max(3, 1 + Math.floor(Math.log10(a)))))
    : a.toExponential(1).replace(".0e", "e").replace("+", "").replace("-", "−");
  return value < 0 ? "−" + text : text;
}

const exact = (value) => { // for fields and links; 1e-6 is shorter than 0.000001
  const v = +value.toPrecision(12);
  return (v && Math.abs(v) < 1e-4 ? v.toExponential() : String(v)).replace("e+", "e");
};
/** A number for an attribute of ARIA, which knows no exponents: 1e-12 is written out. */
export const decimal = (value) => value.toLocaleString("en", { useGrouping: false, maximumSignificantDigits: 12 });
const parse = (text) => {
  const plain = text.trim().replace("−", "-");
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
};

// Time: one draw a frame, one message to the kernel a frame

/** Return a function that runs `draw` once in the next animation frame, however often it is called before. */
export function schedule(draw) {
  let pending = 0;
  const ask = () => { pending ||= requestAnimationFrame(() => { pending = 0; draw(); }); };
  ask.cancel = () => { cancelAnimationFrame(pending); pending = 0; };
  return ask;
}

const savers = new WeakMap();
/** Set a trait and tell the kernel, if there is one, in the next frame. */
export function put(model, name, value) {
  model.set(name, value);
  if (!savers.has(model)) savers.set(model, schedule(() => model.save_changes()));
  savers.get(model)();
}

/** Call `fn` after a change of any of the traits `names`; returns the function that ends this. */
export function observe(model, names, fn) {
  for (const name of names) model.on(`change:${name}`, fn);
  return () => { for (const name of names) model.off(`change:${name}`, fn); };
}

export const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// Theme

function isDark() {
  if (matchMedia("print").matches) return false;
  const { documentElement: root, body } = document;
  const said = root.dataset.theme || root.getAttribute("theme"); // the book; Colab
  if (said === "dark" || said === "light") return said === "dark";
  if (body.dataset.jpThemeLight) return body.dataset.jpThemeLight === "false"; // JupyterLab
  if (body.dataset.vscodeThemeKind) return !body.dataset.vscodeThemeKind.endsWith("light"); // VS Code
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

/** The colours by name as they are now. */
export function theme() {
  const dark = isDark() ? 1 : 0;
  return Object.fromEntries(Object.entries(COLORS).map(([name, pair]) => [name, pair[dark]]));
}

/** Call `fn` when the page turns light or dark, or is printed; returns the function that ends this. */
export function onTheme(fn) {
  let was = isDark();
  const check = () => { if (isDark() !== was) { was = !was; fn(); } };
  const watch = new MutationObserver(check);
  for (const element of [document.documentElement, document.body])
    watch.observe(element, { attributeFilter: ["data-theme", "theme", "data-jp-theme-light", "data-vscode-theme-kind"] });
  const media = ["print", "(prefers-color-scheme: dark)"].map((query) => matchMedia(query));
  for (const query of media) query.addEventListener("change", check);
  return () => { watch.disconnect(); for (const query of media) query.removeEventListener("change", check); };
}

/** Keep on `element` the class that its colours depend on, "ol-dark" or "ol-light"; returns the function that ends this. */
export function tint(element) {
  const set = () => { element.classList.toggle("ol-dark", isDark()); element.classList.toggle("ol-light", !isDark()); };
  set();
  return onTheme(set);
}

// Frame

/**
 * Build the figure's skeleton in `el`: stage (pictures), sentence, controls, tools, caption.
 * `say(text)` states the result; `note(text)` says what went wrong; `onReset(fn)`, `onDestroy(fn)` register; `destroy()` ends.
 */
export function frame(el, model) {
  const id = model.get("name"), caption = model.get("caption");
  const figure = node("figure", { class: "ol-figure" });
  if (id && !document.getElementById(id)) figure.id = id;
  const stage = node("div", { class: "ol-stage" }), controls = node("div", { class: "ol-controls" });
  // The sentence changes with every frame of a drag; its twin for screen readers only once the hand rests.
  const sentence = node("p", { class: "ol-say", "aria-hidden": "true" });
  const live = node("p", { class: "ol-sr", "aria-live": "polite" });
  const problem = node("p", { class: "ol-note", role: "status" });
  const tools = node("div", { class: "ol-tools" });
  figure.append(stage, sentence, live, controls, problem, tools);
  if (caption) figure.append(node("figcaption", {}, caption));
  el.append(figure);

  let timer = 0, said = null;
  const resets = [], ends = [];
  const self = {
    figure, stage, controls, tools, model,
    say(text) {
      if (text === said) return;
      sentence.textContent = text;
      if (said === null) live.textContent = text;
      said = text;
      clearTimeout(timer);
      timer = setTimeout(() => { live.textContent = said; }, 600);
    },
    note(text) { problem.textContent = text; },
    onReset(fn) { resets.push(fn); },
    onDestroy(fn) { ends.push(fn); },
    reset() { self.note(""); for (const fn of resets) fn(); },
    destroy() { clearTimeout(timer); for (const fn of ends) fn(); figure.remove(); },
  };
  self.onDestroy(tint(figure));
  button(tools, { label: "Reset" }, self.reset);
  return self;
}

// The link to a state

/**
 * Bind the traits `keys` to the address `#name?key=value&…` on the published page, and to Reset everywhere.
 * A trait is a number, a string, a boolean, a list of these, or an object of such traits, of which each gets a key of its own.
 * `check(key, value)` returns what is wrong with a value of a link, or ""; `offered(key)` says whether the reader can change it.
 */
export function linkState(model, frame, keys, check = () => "", offered = () => true) {
  const first = model.get("initial") || {}; // the kernel remembers it, so that a second view resets to the same
  const initial = Object.fromEntries(keys.map((key) => [key, structuredClone(first[key] ?? model.get(key))]));
  const fields = []; // {key, path}: the path leads from a trait to the value
  const walk = (value, path) => {
    if (value && typeof value === "object" && !Array.isArray(value)) {
      const names = Object.keys(value), alone = names.length === 1 && typeof value[names[0]] === "object" && !Array.isArray(value[names[0]]);
      for (const name of names) walk(value[name], [...path, alone ? { name, silent: true } : { name }]);
    } else {
      const spoken = path.slice(path.length > 1 ? 1 : 0).filter((p) => !p.silent);
      const key = spoken.map((p) => p.name).join(".");
      if (offered(key)) fields.push({ key, path: path.map((p) => p.name), like: value });
    }
  };
  for (const key of keys) walk(initial[key], [{ name: key }]);
  const read = (path) => path.slice(1).reduce((value, name) => value[name], model.get(path[0]));
  const replace = (value, path, leaf) =>
    path.length ? { ...value, [path[0]]: replace(value[path[0]], path.slice(1), leaf) } : leaf;
  const write = (value) => Array.isArray(value) ? value.map(write).join(",") : typeof value === "number" ? exact(value) : encodeURIComponent(value);
  const one = (text, like) => typeof like === "number" ? parse(text) : typeof like === "boolean" ? text === "true" : text;

  frame.onReset(() => { for (const key of keys) put(model, key, structuredClone(initial[key])); });
  if (!model.site) return;
  const name = model.get("name");
  const link = () => `#${encodeURIComponent(name)}?` + fields.map(({ key, path }) => `${key}=${write(read(path))}`).join("&");

  function follow() {
    const [anchor, query] = location.hash.slice(1).split("?");
    if (!name || decodeURIComponent(anchor) !== name || !query) return;
    frame.reset();
    const wrong = [];
    for (const [key, text] of new URLSearchParams(query)) {
      const field = fields.find((f) => f.key === key);
      if (!field) { wrong.push(`${key} is not one of its settings.`); continue; }
      const { like, path } = field, list = Array.isArray(like);
      const value = list ? text.split(",").filter(Boolean).map((part) => one(part, like.length ? like[0] : "")) : one(text, like);
      const numbers = typeof (list ? like[0] : like) === "number";
      const flaw = numbers && ![value].flat().every(Number.isFinite) ? `${text || "nothing"} is not a number.`
        : numbers && list && value.length !== like.length ? `it takes ${like.length} numbers.` : check(key, value);
      if (flaw) wrong.push(`${key}: ${flaw}`);
      else put(model, path[0], replace(model.get(path[0]), path.slice(1), value));
    }
    if (wrong.length) frame.note(`The link: ${wrong.join(" ")}`);
    frame.figure.scrollIntoView({ block: "start" });
  }
  if (name) {
    const copy = button(frame.tools, { label: "Copy link", title: "Copy the address of this figure as it stands" }, async () => {
      history.replaceState(history.state, "", link());
      try {
        await navigator.clipboard.writeText(location.href);
        copy.say("Copied");
      } catch { // no clipboard here: the address bar has it
        copy.say("Now in the address bar");
      }
    });
    addEventListener("hashchange", follow);
    frame.onDestroy(() => removeEventListener("hashchange", follow));
    follow();
  }
}

// Controls

/** A button; `say(text)` on it shows another label for a moment. */
export function button(parent, { label, title }, press) {
  const made = node("button", { type: "button", class: "ol-button", title }, label);
  made.addEventListener("click", press);
  made.say = (text) => { made.textContent = text; setTimeout(() => { made.textContent = label; }, 1800); };
  parent.append(made);
  return made;
}

const SCALES = { // position of the slider, 0 to 1, from a value, and back
  linear: (a, b) => [(v) => (v - a) / (b - a), (u) => a + u * (b - a)],
  log: (a, b) => [(v) => Math.log(v / a) / Math.log(b / a), (u) => a * (b / a) ** u],
  // fine where it matters: 0.9, 0.99 and 0.999 are as far from each other as 0 from 0.9
  near1: (a, b) => [(v) => Math.log((1 - v) / (1 - a)) / Math.log((1 - b) / (1 - a)), (u) => 1 - (1 - a) * ((1 - b) / (1 - a)) ** u],
};

/** What is wrong with `v` for the slider `spec`, in a few words, or "". */
export function trouble({ scale, min, allowed: [low, high] = [scale === "int" ? min : -Infinity, Infinity] }, v) {
  if (!Number.isFinite(v)) return "Not a number: write 0.18 or 2e-3.";
  if (scale === "int" && !Number.isInteger(v)) return "Must be a whole number.";
  if (scale === "log" && v <= 0) return "Must be above 0.";
  if (scale === "near1" && !(v >= 0 && v < 1)) return "Must be at least 0 and below 1.";
  return v >= low && v <= high ? "" : high === Infinity ? `Must be ${exact(low)} or more.` : `Must be from ${exact(low)} to ${exact(high)}.`;
}

/**
 * A labelled slider with a typed field. `spec`: key, label, min, max, step, scale ("linear", "log", "near1", "int", "degrees"),
 * unit, color, allowed ([low, high] for typed values; by default whatever the scale can hold). With `levels`, an increasing
 * list of numbers, these are the only values, and a typed one goes to the nearest. Returns `{ refresh }`.
 */
export function slider(parent, spec, { get, set }) {
  const { label, min, max, scale = "linear", color = "ink" } = spec, id = `ol-${++counter}`;
  const whole = scale === "int", shown = scale === "degrees" ? 180 / Math.PI : 1; // an angle is kept in radians
  const unit = spec.unit ?? (scale === "degrees" ? "°" : "");
  const step = spec.step || (whole ? 1 : scale === "degrees" ? Math.PI / 180 : 0);
  const { levels } = spec, closest = (v) => levels.reduce((a, b) => (Math.abs(b - v) < Math.abs(a - v) ? b : a));
  const count = levels ? levels.length - 1 : step ? Math.max(1, Math.round((max - min) / step)) : 300;
  const [place, value] = levels ? [(v) => levels.indexOf(v) / count, (u) => levels[Math.round(u * count)]] : (SCALES[scale] ?? SCALES.linear)(min, max);
  const decimals = clamp(Math.ceil(-Math.log10((max - min) / 300)), 0, 12);
  const tidy = (v) => levels ? v : scale === "log" ? +v.toPrecision(3) : scale === "near1" ? +(1 - +(1 - v).toPrecision(2)).toFixed(12)
    : whole ? Math.round(v) : scale === "degrees" ? v : step ? +(min + Math.round((v - min) / step) * step).toPrecision(12) : +v.toFixed(decimals);
  const text = (v) => exact(scale === "degrees" ? +(v * shown).toFixed(2) : v) + unit;

  const range = node("input", { type: "range", id, min: 0, max: count, step: 1 });
  const field = node("input", { type: "text", class: "ol-field", inputmode: "decimal", autocomplete: "off", spellcheck: "false", "aria-label": `${label}, typed` });
  const row = node("div", { class: "ol-slider", style: `--c:${own(color)}` }, node("label", { for: id }, label), range, field);
  parent.append(row);
  let error = null, drawn = null;
  const complain = (message) => {
    error?.remove();
    error = message ? node("span", { class: "ol-error", role: "alert", id: `${id}-error` }, message) : null;
    if (error) row.append(error);
    if (error) field.setAttribute("aria-invalid", "true"); else field.removeAttribute("aria-invalid");
    if (error) field.setAttribute("aria-describedby", error.id); else field.removeAttribute("aria-describedby");
  };
  const typed = () => {
    const v = parse(unit ? field.value.trim().replace(unit, "") : field.value) / shown;
    complain(trouble(spec, v));
    if (error) return;
    if (v !== get()) set(levels ? closest(v) : v);
    drawn = null;
    refresh();
  };
  range.addEventListener("input", () => { complain(""); const v = tidy(value(range.value / count)); set(levels ? v : clamp(v, Math.min(min, max), max)); });
  field.addEventListener("change", typed);
  field.addEventListener("focus", () => field.select());
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") typed();
    if (event.key === "Escape") { complain(""); field.value = text(get()); }
  });
  function refresh() {
    const v = get(), at = clamp(place(v), 0, 1) || 0, thumb = Math.round(at * count);
    // Moved and reset within a frame, only the thumb has moved: back with it, unless a hand is on it.
    if (v === drawn && (+range.value === thumb || document.activeElement === range)) return;
    drawn = v;
    complain("");
    range.value = thumb;
    range.style.setProperty("--at", at.toFixed(4));
    range.setAttribute("aria-valuetext", text(v));
    field.value = text(v);
  }
  refresh();
  return { refresh, row };
}

/** One of several `options` (strings or {value, label}), as a row of radio buttons, or a menu when there are more than four. */
export function choice(parent, { label, options }, { get, set }) {
  const all = options.map((o) => (typeof o === "object" ? o : { value: o, label: String(o) })), id = `ol-${++counter}`;
  if (all.length > 4) {
    const menu = node("select", { id }, ...all.map((o, i) => node("option", { value: i }, o.label)));
    menu.addEventListener("change", () => set(all[menu.value].value));
    parent.append(node("div", { class: "ol-choice" }, node("label", { for: id }, label), menu));
    const refresh = () => { menu.value = all.findIndex((o) => o.value === get()); };
    refresh();
    return { refresh };
  }
  const inputs = all.map((o) => node("input", { type: "radio", name: id }));
  inputs.forEach((input, i) => input.addEventListener("change", () => set(all[i].value)));
  const group = node("span", { class: "ol-segments" }, ...inputs.map((input, i) => node("label", {}, input, node("span", {}, all[i].label))));
  parent.append(node("div", { class: "ol-choice", role: "radiogroup", "aria-label": label }, node("span", { class: "ol-label" }, label), group));
  const refresh = () => inputs.forEach((input, i) => { input.checked = all[i].value === get(); });
  refresh();
  return { refresh };
}

/** Something on or off; with a `color` it looks like an entry of a legend. */
export function toggle(parent, { label, color, title }, { get, set }) {
  const made = node("button", { type: "button", class: "ol-toggle", title, style: color ? `--c:${own(color)}` : null }, node("i", { class: "ol-swatch" }), label);
  made.addEventListener("click", () => { set(!get()); refresh(); });
  parent.append(made);
  const refresh = () => made.setAttribute("aria-pressed", String(Boolean(get())));
  refresh();
  return { refresh };
}

// Plotting areas

/** How many times larger `element` appears than it was laid out: 1 on a page, more or less on a slide that is scaled to its screen. */
const magnified = (element) => Math.round(100 * element.getBoundingClientRect().width / element.offsetWidth) / 100 || 1;

/** The place of a pointer event in the pixels that `element` was laid out in. */
export function within(element, event) {
  const r = element.getBoundingClientRect(), k = magnified(element);
  return [(event.clientX - r.left) / k, (event.clientY - r.top) / k];
}

const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const power = (k) => k === 0 ? "1" : k === 1 ? "10" : "10" + (k < 0 ? "⁻" : "") + [...String(Math.abs(k))].map((d) => SUPERSCRIPT[d]).join("");

function makeScale(kind) {
  const to = kind === "log" ? Math.log10 : (v) => v, from = kind === "log" ? (v) => 10 ** v : (v) => v;
  let t0 = 0, r0 = 0, k = 1;
  const scale = (v) => r0 + (to(v) - t0) * k;
  scale.invert = (p) => from(t0 + (p - r0) / k);
  scale.fit = (domain, range) => { scale.domain = domain; t0 = to(domain[0]); r0 = range[0]; k = (range[1] - range[0]) / (to(domain[1]) - t0 || 1); };
  scale.ticks = (count) => { // pairs [value, text]
    const [a, b] = scale.domain;
    if (kind !== "log") {
      const values = ticks(a, b, count), gap = Math.abs(values[1] - values[0]) || 1, most = Math.max(...values.map(Math.abs));
      const plain = most === 0 || (most >= 1e-2 && most < 1e5);
      return values.map((v) => [v, plain ? v.toFixed(Math.max(0, Math.ceil(-Math.log10(gap) - 1e-9))).replace("-", "−") : format(v)]);
    }
    const low = Math.ceil(Math.log10(a) - 1e-9), high = Math.floor(Math.log10(b) + 1e-9);
    const stride = [1, 2, 3, 4, 5, 10, 20, 50, 100].find((s) => (high - low) / s <= count) ?? 200;
    const found = [];
    for (let p = Math.ceil(low / stride) * stride; p <= high; p += stride) found.push([10 ** p, power(p)]);
    if (found.length > 1) return found;
    // One number is no scale: where fewer than two powers of ten are in sight, also twice and five times them, or any others.
    const between = [...new Set([low - 1, high])].flatMap((p) => [1, 2, 5].map((m) => Number(`${m}e${p}`))).filter((v) => v >= a && v <= b);
    return (between.length > 1 ? between : ticks(a, b, count)).map((v) => [v, format(v)]);
  };
  return scale;
}

/**
 * A picture with axes in `stage`: canvases below, an SVG with the axes above, both as wide as the page lets them.
 * `x`, `y`: { scale: "linear" | "log", domain, label, ticks (how many, about), grid }; `ratio`: height over width of the
 * inner area; `canvases`: how many; `margin`: { top, right, bottom, left }; `resized()` is called when the size has changed.
 * Returns { root, svg, layers, contexts, box, x, y, domain(axis, [a, b]), axisLabel(axis, text), invert(event) }.
 */
export function plotArea(stage, { label, x, y, ratio = 0.625, canvases = 1, margin, resized = () => {}, className = "" }) {
  const m = { top: y.label ? 24 : 8, right: 8, bottom: x.label ? 38 : 22, left: 42, ...margin };
  const root = node("div", { class: `ol-panel ${className}` });
  const surfaces = Array.from({ length: canvases }, (_, i) => node("canvas", i ? { "aria-hidden": "true" } : { role: "img", "aria-label": label }));
  const svg = svgNode("svg", { "aria-hidden": "true" });
  const axes = svgNode("g", { class: "ol-axes" }), marks = svgNode("g");
  svg.append(axes, marks);
  root.append(...surfaces, svg);
  stage.append(root);
  const scales = { x: makeScale(x.scale), y: makeScale(y.scale) }, specs = { x: { ticks: 5, ...x }, y: { ticks: 5, ...y } };
  const box = { left: m.left, top: m.top, width: 0, height: 0 };
  const self = {
    root, svg, marks, box, x: scales.x, y: scales.y, canvases: surfaces, contexts: surfaces.map((c) => c.getContext("2d")),
    /** Change the range of an axis; cheap when it stays. */
    domain(axis, [a, b]) {
      const now = specs[axis].domain;
      if (now[0] === a && now[1] === b) return false;
      specs[axis].domain = [a, b];
      layout();
      return true;
    },
    axisLabel(axis, text) { if (specs[axis].label !== text) { specs[axis].label = text; layout(); } },
    /** The values under a pointer event. */
    invert(event) {
      const [px, py] = within(root, event);
      return [scales.x.invert(px), scales.y.invert(py)];
    },
  };

  function layout() {
    if (!box.width) return;
    const { left, top, width, height } = box, bottom = top + height;
    scales.x.fit(specs.x.domain, [left, left + width]);
    scales.y.fit(specs.y.domain, [bottom, top]);
    const parts = [];
    const line = (x1, y1, x2, y2, kind) => parts.push(svgNode("line", { x1, y1, x2, y2, class: kind }));
    const write = (text, attributes) => { const t = svgNode("text", attributes); t.textContent = text; parts.push(t); };
    const along = scales.x.ticks(Math.max(2, Math.min(specs.x.ticks, width / 44))), up = scales.y.ticks(Math.max(2, Math.min(specs.y.ticks, height / 24)));
    for (const [v, text] of along) {
      const at = Math.round(scales.x(v)) + 0.5;
      if (specs.x.grid) line(at, top, at, bottom, "ol-grid");
      line(at, bottom, at, bottom + 4, "ol-tick");
      write(text, { x: at, y: bottom + 16, "text-anchor": "middle" });
    }
    for (const [v, text] of up) {
      const at = Math.round(scales.y(v)) + 0.5;
      if (specs.y.grid) line(left, at, left + width, at, "ol-grid");
      line(left - 4, at, left, at, "ol-tick");
      write(text, { x: left - 7, y: at + 4, "text-anchor": "end" });
    }
    if (specs.x.label) write(specs.x.label, { x: left + width / 2, y: bottom + 32, "text-anchor": "middle", class: "ol-title" });
    if (specs.y.label) write(specs.y.label, { x: 0, y: top - 10, class: "ol-title" }); // above the axis, so that it reads level
    axes.replaceChildren(...parts);
  }

  function measure() {
    const width = root.clientWidth, dpr = devicePixelRatio * magnified(root);
    if (!width || (width === self.width && self.dpr === dpr)) return;
    self.width = width;
    self.dpr = dpr;
    box.width = Math.max(40, width - m.left - m.right);
    box.height = Math.round(box.width * (typeof ratio === "function" ? ratio(width) : ratio));
    self.height = box.height + m.top + m.bottom;
    root.style.height = `${self.height}px`;
    svg.setAttribute("viewBox", `0 0 ${width} ${self.height}`);
    surfaces.forEach((canvas, i) => {
      canvas.width = Math.round(width * self.dpr);
      canvas.height = Math.round(self.height * self.dpr);
      self.contexts[i].setTransform(self.dpr, 0, 0, self.dpr, 0, 0);
    });
    layout();
    resized();
  }
  const watch = new ResizeObserver(measure);
  watch.observe(root);
  self.destroy = () => watch.disconnect();
  measure();
  return self;
}

/**
 * A point on a plotting area that can be dragged, and moved with the arrow keys (shift: five times as far).
 * `get()` and `set([x, y])` read and write its place; `move([x, y])` returns the nearest place where it may be;
 * `text()` says in words where it is. Returns { refresh, drag(event), element }.
 */
export function handle(panel, { label, get, set, move = (p) => p, text, color = "ink", step = 0.02 }) {
  const element = node("div", { class: "ol-handle", role: "slider", tabindex: 0, "aria-label": label, style: `--c:${own(color)}` });
  panel.root.append(element);
  const allowed = ([a, b]) => {
    const limit = (v, [low, high]) => clamp(v, Math.min(low, high), Math.max(low, high));
    return move([limit(a, panel.x.domain), limit(b, panel.y.domain)]);
  };
  let grip = null; // from the pointer to the point, so that it does not jump when taken off its centre
  const drag = (event, jump = false) => {
    const [px, py] = within(panel.root, event), [a, b] = get();
    grip = jump ? [0, 0] : [panel.x(a) - px, panel.y(b) - py];
    element.setPointerCapture(event.pointerId);
    element.focus({ preventScroll: true });
    event.preventDefault();
    if (jump) follow(event);
  };
  const follow = (event) => {
    if (!grip) return;
    const [px, py] = within(panel.root, event);
    set(allowed([panel.x.invert(px + grip[0]), panel.y.invert(py + grip[1])]));
  };
  element.addEventListener("pointerdown", (event) => { if (event.button === 0) drag(event); });
  element.addEventListener("pointermove", follow);
  for (const end of ["pointerup", "pointercancel"]) element.addEventListener(end, () => { grip = null; });
  element.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!way || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const [a, b] = get(), far = step * (event.shiftKey ? 5 : 1);
    set(allowed([panel.x.invert(panel.x(a) + way[0] * far * panel.box.width), panel.y.invert(panel.y(b) + way[1] * far * panel.box.height)]));
  });
  let drawn = "";
  const refresh = () => {
    const [a, b] = get(), at = `translate(${panel.x(a).toFixed(1)}px, ${panel.y(b).toFixed(1)}px)`;
    const spoken = text ? text() : `${format(a)}, ${format(b)}`;
    if (at !== drawn) element.style.transform = drawn = at;
    if (element.getAttribute("aria-valuetext") === spoken) return;
    element.setAttribute("aria-valuetext", spoken);
    element.setAttribute("aria-valuenow", decimal(a));
  };
  return { refresh, drag, element };
}
