// The landscape explorer: a loss as a map, the paths of rules on it, the loss along each path beside it.
import { LOSSES, RULES } from "optlib:generated";
import { compile } from "./arithmetic.js";
import { button, format, frame, handle, linkState, observe, onTheme, plotArea, put, reducedMotion, schedule, slider, theme, toggle, trouble } from "./kit.js";
import { paintMap } from "./map.js";

const FAR = 1e6; // a path has diverged when its loss passes this many times the highest in the picture
const SECONDS = 5; // that playing takes

const spoken = (name) => name.replaceAll("_", " ");

/** The path of one rule in typed arrays that are made once; `last` is the step up to which it is drawn. */
class Path {
  constructor(name, steps) {
    this.name = name;
    this.spoken = spoken(name);
    this.x = new Float64Array(steps + 1);
    this.y = new Float64Array(steps + 1);
    this.f = new Float64Array(steps + 1);
  }

  run(rule, loss, hyper, p, [a, b], [x0, x1, y0, y1]) {
    const states = Object.values(rule.state), point = [a, b], n = this.x.length;
    let first = states, second = states;
    this.diverged = -1;
    this.last = n - 1;
    this.limit = FAR * Math.max(...[point, [x0, y0], [x0, y1], [x1, y0], [x1, y1]].map((corner) => Math.abs(loss.value(corner, p))));
    for (let t = 0; t < n; t++) {
      if (t) {
        const [g1, g2] = loss.grad(point, p);
        [point[0], ...first] = rule.step(point[0], g1, t, ...first, hyper);
        [point[1], ...second] = rule.step(point[1], g2, t, ...second, hyper);
      }
      [this.x[t], this.y[t]] = point;
      this.f[t] = loss.value(point, p);
      if (!(Math.abs(this.f[t]) <= this.limit)) { // past it, up or down, or no longer a number
        this.diverged = t;
        this.last = t - 1;
        return;
      }
    }
  }
}

function render({ model, el }) {
  const f = frame(el, model), loss = LOSSES[model.get("loss")], rules = model.get("rules"), many = rules.length > 1;
  const steps = model.get("steps"), predicted = model.get("predicted"), theory = predicted.js ? compile(predicted.js) : null;
  const paths = rules.map((name) => new Path(name, steps)), names = model.get("axes");
  const windowOf = (p) => model.get("window").length ? model.get("window") : loss.window(p);
  const shownPaths = () => paths.filter(({ name }) => !model.get("hidden").includes(name));
  let colors = theme(), stale = { map: true, paths: true };

  // Pictures
  const [x0, x1, y0, y1] = windowOf(model.get("params")), shape = (y1 - y0) / (x1 - x0);
  const draw = schedule(paint), log = model.get("log");
  f.stage.classList.add("ol-landscape"); // before the panels measure the room that it gives them
  const map = plotArea(f.stage, {
    label: "Contours of the loss, with the path of each rule", canvases: 2, className: "ol-map", margin: { left: 32, right: 6 },
    x: { scale: "linear", domain: [x0, x1], label: names[0], ticks: 5 }, y: { scale: "linear", domain: [y0, y1], label: names[1], ticks: 4 },
    ratio: shape > 0.4 && shape < 1.3 ? shape : 0.625, // units of their own: the picture's usual shape
    resized() { stale.map = true; draw(); },
  });
  const curve = plotArea(f.stage, {
    label: "The loss at each step", className: "ol-curve", margin: { right: 14 },
    x: { scale: "linear", domain: [0, Math.max(1, steps)], label: "step", ticks: 4 }, y: { scale: log ? "log" : "linear", domain: [1e-2, 1], label: "loss", ticks: 6, grid: true },
    ratio: (width) => width > map.width * 0.9 ? 0.5 : map.box.height / (width - 56), // side by side, the axes stand level
    resized() { draw(); },
  });

  const place = ([a, b]) => { // to three digits of the picture, so that what is shown, linked and computed is one number
    const digits = (span) => Math.max(0, Math.ceil(2.7 - Math.log10(Math.abs(span))));
    return [[a, map.x.domain], [b, map.y.domain]].map(([v, [low, high]]) => +v.toFixed(Math.min(100, digits(high - low))));
  };
  const inside = (v, [low, high]) => Math.min(high, Math.max(low, v));
  const start = handle(map, {
    label: "Start",
    get: () => { const [a, b] = model.get("start"); return [inside(a, map.x.domain), inside(b, map.y.domain)]; },
    set: (point) => put(model, "start", place(point)),
    text: () => names.map((name, i) => `${name} ${format(model.get("start")[i])}`).join(", "),
  });
  // A press on the map brings the start there: the mouse goes on dragging it, a finger may be about to scroll.
  const surface = map.canvases[1];
  surface.addEventListener("pointerdown", (event) => { if (event.pointerType === "mouse" && event.button === 0 && within(event)) start.drag(event, true); });
  surface.addEventListener("click", (event) => { if (event.pointerType !== "mouse" && within(event)) put(model, "start", place(map.invert(event))); });
  const within = (event) => {
    const [a, b] = map.invert(event);
    return a === inside(a, map.x.domain) && b === inside(b, map.y.domain);
  };

  // Time
  const time = document.createElement("div");
  time.className = "ol-time";
  f.controls.append(time);
  let from = null; // the clock and the step at which playing began
  const play = button(time, { label: "Play" }, () => {
    const shown = model.get("shown"), begin = shown >= steps ? 0 : shown;
    if (from) return halt();
    if (reducedMotion()) return put(model, "shown", shown >= steps ? 0 : steps);
    from = { at: performance.now(), step: begin };
    play.textContent = "Pause";
    play.dataset.playing = "";
    put(model, "shown", begin);
    requestAnimationFrame(tick);
  });
  const halt = () => { from = null; play.textContent = "Play"; delete play.dataset.playing; };
  function tick(now) {
    if (!from) return;
    const step = Math.min(steps, from.step + Math.floor(Math.max(0, now - from.at) / 1000 * Math.max(8, steps / SECONDS)));
    if (step !== model.get("shown")) put(model, "shown", step);
    if (step < steps) requestAnimationFrame(tick);
    else halt();
  }
  const span = { key: "shown", label: "step", min: 0, max: Math.max(1, steps), scale: "int", allowed: [0, steps] };
  const scrub = slider(time, span, { get: () => model.get("shown"), set(v) { halt(); put(model, "shown", v); } });

  // Knobs, one group for each rule and one for the loss
  const controls = [scrub];
  const knobs = model.get("knobs");
  function group(of, title) {
    const mine = knobs.filter((knob) => knob.of === of);
    if (!mine.length && !(many && of)) return;
    const box = document.createElement("div");
    box.className = "ol-group";
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", title);
    f.controls.append(box);
    if (many && of) {
      const get = () => !model.get("hidden").includes(of);
      const set = (on) => put(model, "hidden", on ? model.get("hidden").filter((name) => name !== of) : [...model.get("hidden"), of]);
      controls.push(toggle(box, { label: spoken(of), color: of, title: "Show or hide" }, { get, set }));
    } else if (many) {
      box.append(Object.assign(document.createElement("span"), { className: "ol-label", textContent: title }));
    }
    for (const knob of mine) {
      const { key } = knob;
      controls.push(slider(box, { ...knob, color: of || "ink" }, of
        ? { get: () => model.get("hyper")[of][key], set: (v) => put(model, "hyper", { ...model.get("hyper"), [of]: { ...model.get("hyper")[of], [key]: v } }) }
        : { get: () => model.get("params")[key], set: (v) => reshape({ ...model.get("params"), [key]: v }) }));
    }
  }
  for (const name of rules) group(name, name);
  group("", "loss");
  f.controls.classList.toggle("ol-grouped", many);
  f.controls.classList.toggle("ol-legend", many && !knobs.some((knob) => knob.of)); // the rules' names in one line
  const most = Math.max(...[...rules, ""].map((of) => knobs.filter((knob) => knob.of === of).length));
  f.controls.style.setProperty("--columns", Math.min(2, Math.max(1, most)));

  function reshape(p) { // the start keeps its place in the picture when the window changes its units
    const old = windowOf(model.get("params")), now = windowOf(p), at = model.get("start");
    put(model, "params", p);
    if (old.some((v, i) => v !== now[i]))
      put(model, "start", [0, 1].map((i) => +(now[2 * i] + (at[i] - old[2 * i]) * (now[2 * i + 1] - now[2 * i]) / (old[2 * i + 1] - old[2 * i])).toPrecision(4)));
  }

  // Drawing
  function paint() {
    if (!map.width || !curve.width) return;
    const p = model.get("params"), view = windowOf(p), now = Math.min(model.get("shown"), steps);
    if (map.domain("x", view.slice(0, 2)) | map.domain("y", view.slice(2))) stale.map = true;
    if (stale.map) paintMap(map, loss, p, colors, stale.map === "moving" ? 7 : 2.5);
    if (stale.paths) for (const path of paths) path.run(RULES[path.name], loss, model.get("hyper")[path.name], p, model.get("start"), view);
    const on = shownPaths(), level = theory?.({ ...model.get("hyper")[rules[0]], ...p });
    if (stale.paths) fitCurve(on, level);
    stale = { map: false, paths: false };
    for (const control of controls) control.refresh();
    start.refresh();
    drawPaths(on, now, p);
    drawCurve(on, now, level);
    say(on, now, level);
  }

  function fitCurve(on, level) {
    const begin = paths[0].f[0];
    if (!log) { // from the lowest to the highest that the paths meet, as far as the picture goes
      const most = paths[0].limit / FAR, met = on.flatMap(({ f: values, last }) => [...values.subarray(0, last + 1)]).filter((v) => Math.abs(v) <= most);
      const low = Math.min(begin, ...met), high = Math.max(begin, ...met), room = 0.05 * (high - low) || Math.abs(begin) || 1;
      curve.domain("y", [low - room, high + room]);
      return;
    }
    let high = begin, low = begin;
    for (const { f: values, last } of on) for (let t = 0; t <= last; t++) { if (values[t] > high) high = values[t]; if (values[t] > 0 && values[t] < low) low = values[t]; }
    if (level) low = Math.min(low, begin * Math.max(1e-300, level(steps)));
    const top = Math.ceil(Math.log10(Math.min(high, begin * 1e3) || 1) + 0.05);
    const bottom = Math.max(Math.floor(Math.log10(low || 1e-16) / 2) * 2, top - 18);
    curve.domain("y", [10 ** Math.min(bottom, top - 2), 10 ** top]);
  }

  function drawPaths(on, now, p) {
    const context = map.contexts[1], { left, top, width, height } = map.box;
    context.clearRect(0, 0, map.width, map.height);
    context.save();
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    context.lineJoin = context.lineCap = "round";
    const heads = [], visible = (path, t) => { const x = map.x(path.x[t]), y = map.y(path.y[t]); return x >= left && x <= left + width && y >= top && y <= top + height; };
    for (const path of on) {
      const reached = Math.min(now, path.last);
      let leave = reached; // the last step in the picture: what comes after it is drawn to the border only
      while (leave > 0 && !visible(path, leave)) leave--;
      const gone = leave < now && (leave < path.last || path.diverged >= 0), ends = Math.min(leave + 1, reached);
      const color = colors[path.name] ?? colors.ink;
      context.beginPath();
      for (let t = 0; t <= ends; t++) context.lineTo(map.x(path.x[t]), map.y(path.y[t]));
      context.strokeStyle = colors.low;
      context.globalAlpha = 0.75;
      context.lineWidth = 4;
      context.stroke();
      context.globalAlpha = 1;
      context.strokeStyle = context.fillStyle = color;
      context.lineWidth = 1.75;
      context.stroke();
      dots(context, path, leave);
      if (gone) arrow(context, path, leave, Math.min(leave + 1, path.x.length - 1));
      else heads.push([map.x(path.x[leave]), map.y(path.y[leave]), color]);
    }
    for (const [a, b] of loss.minima(p)) cross(context, map.x(a), map.y(b));
    for (const head of heads) marker(context, ...head);
    context.restore();
  }

  function dots(context, path, end) { // a dot for each step, as long as dots keep apart
    let px = -99, py = -99;
    context.beginPath();
    for (let t = 0; t <= end; t++) {
      const x = map.x(path.x[t]), y = map.y(path.y[t]), apart = Math.abs(x - px) + Math.abs(y - py);
      if (apart < 6) continue;
      context.moveTo(x + 2.4, y);
      context.arc(x, y, 2.4, 0, 7);
      px = x; py = y;
    }
    context.fill();
  }

  function arrow(context, path, t, next) { // where the path crosses the border
    const { left, top, width, height } = map.box, x = map.x(path.x[t]), y = map.y(path.y[t]);
    let dx = map.x(path.x[next]) - x, dy = map.y(path.y[next]) - y;
    const length = Math.hypot(dx, dy);
    if (!(length > 0 && length < Infinity)) return;
    dx /= length; dy /= length;
    const reach = Math.min(dx ? ((dx > 0 ? left + width : left) - x) / dx : Infinity, dy ? ((dy > 0 ? top + height : top) - y) / dy : Infinity);
    const ex = x + dx * reach, ey = y + dy * reach;
    context.beginPath();
    context.moveTo(ex, ey);
    context.lineTo(ex - 11 * dx + 5.5 * dy, ey - 11 * dy - 5.5 * dx);
    context.lineTo(ex - 11 * dx - 5.5 * dy, ey - 11 * dy + 5.5 * dx);
    context.closePath();
    context.fill();
  }

  function cross(context, x, y) {
    context.beginPath();
    context.moveTo(x - 5, y); context.lineTo(x + 5, y);
    context.moveTo(x, y - 5); context.lineTo(x, y + 5);
    context.strokeStyle = colors.ink;
    context.lineWidth = 1.5;
    context.stroke();
  }

  function marker(context, x, y, color) {
    context.beginPath();
    context.arc(x, y, 5, 0, 7);
    context.fillStyle = color;
    context.fill();
    context.strokeStyle = colors.paper;
    context.lineWidth = 2;
    context.stroke();
  }

  function drawCurve(on, now, level) {
    const context = curve.contexts[0], { left, top, width, height } = curve.box, floor = top + height;
    const at = (v) => v > 0 || !log ? Math.min(floor + 20, curve.y(v)) : floor + 20;
    context.clearRect(0, 0, curve.width, curve.height);
    context.save();
    context.beginPath();
    context.rect(left, top, width, height + 1);
    context.clip();
    context.lineJoin = "round";
    if (level) {
      context.beginPath();
      for (let t = 0; t <= steps; t++) context.lineTo(curve.x(t), curve.y(Math.max(1e-300, on.length ? paths[0].f[0] * level(t) : NaN)));
      context.setLineDash([5, 4]);
      context.strokeStyle = colors.ink;
      context.lineWidth = 1.25;
      context.stroke();
      context.setLineDash([]);
    }
    for (const path of on) {
      const reached = Math.min(now, path.last), color = colors[path.name] ?? colors.ink;
      context.beginPath();
      for (let t = 0; t <= reached; t++) context.lineTo(curve.x(t), at(path.f[t]));
      context.strokeStyle = color;
      context.lineWidth = 1.75;
      context.stroke();
    }
    context.restore();
    for (const path of on) if (now <= path.last && at(path.f[now]) >= top) marker(context, curve.x(now), Math.min(floor, at(path.f[now])), colors[path.name] ?? colors.ink);
  }

  function say(on, now, level) {
    const isGone = (path) => path.diverged >= 0 && path.diverged <= now, running = on.filter((path) => !isGone(path));
    const done = `After ${now} step${now === 1 ? "" : "s"}`, sentences = [];
    if (!on.length) sentences.push("No rule is shown.");
    else if (on.length === 1 && running.length) sentences.push(`${done} of ${on[0].spoken}: loss ${format(on[0].f[now])}${level ? ` (predicted ${format(on[0].f[0] * level(now))})` : ""}.`);
    else if (running.length) sentences.push(`${done}: loss ${running.map((path) => `${format(path.f[now])} (${path.spoken})`).join(", ")}.`);
    for (const path of on.filter(isGone)) sentences.push(`${path.spoken} has diverged: loss past ${format(path.f[path.diverged] < 0 ? -path.limit : path.limit)} after step ${path.diverged}.`);
    f.say(sentences.join(" "));
  }

  if (theory) curve.root.append(Object.assign(document.createElement("span"), { className: "ol-key", textContent: predicted.label }));
  f.onDestroy(observe(model, ["params", "hyper", "start", "hidden"], () => { stale.paths = true; draw(); }));
  let rest = 0; // a coarse grid while a slider moves, so that the frame comes in time; a fine one when it rests
  f.onDestroy(observe(model, ["params"], () => {
    stale.map ||= "moving";
    clearTimeout(rest);
    rest = setTimeout(() => { stale.map = true; draw(); }, 120);
  }));
  f.onDestroy(observe(model, ["shown"], draw));
  f.onDestroy(onTheme(() => { colors = theme(); stale.map = true; draw(); }));
  f.onDestroy(() => { halt(); clearTimeout(rest); draw.cancel(); map.destroy(); curve.destroy(); });
  f.onReset(() => { halt(); stale.map = true; });
  const offered = Object.fromEntries(knobs.map((knob) => [many && knob.of ? `${knob.of}.${knob.key}` : knob.key, knob]));
  Object.assign(offered, { shown: span, start: null }, many && { hidden: null });
  linkState(model, f, ["start", "hyper", "params", "shown", "hidden"], (key, value) =>
    key === "hidden" && !value.every((name) => rules.includes(name)) ? `its rules are ${rules.join(", ")}.` : offered[key] ? trouble(offered[key], value) : "",
  (key) => key in offered);
  paint();
  return f.destroy;
}

export default { render };
