// Series that go step by step: a recursion, and a sequence that the reader paints.
import { compile } from "./arithmetic.js";
import { svg } from "./drawing.js";
import { format, handle, within } from "./kit.js";

const clamp = (v, low, high) => Math.min(high, Math.max(low, v));

/** The whole steps of an axis, its low end first. */
export function stepsOf({ low, high, step }) {
  const from = Math.ceil(low / step), to = Math.floor(high / step);
  return Array.from({ length: to - from + 1 }, (_, i) => (from + i) * step);
}

/** Return `(scope, points) -> { x, y }`: what the recursion `s` draws over the steps `x`. */
export function recursion(s, x) {
  const step = compile(s.js), show = s.show && compile(s.show);
  const named = new Set([...step.named, ...(show ? show.named : [])]);
  return (scope, points) => {
    const tables = Object.entries({ ...points, ...s.given }).filter(([key, v]) => named.has(key) && Array.isArray(v));
    const next = step(scope), shown = show && show(scope), y = new Float64Array(x.length);
    let state = s.start.map((v) => (typeof v === "string" ? scope[v] : v));
    for (let i = 0; i < x.length; i++) {
      for (const [key, table] of tables) {
        next.set(key, table[Math.max(0, i - 1)]);
        if (shown) shown.set(key, table[Math.max(0, i - 1)]);
      }
      if (i) {
        const result = next(x[i], ...state);
        state = Array.isArray(result) ? result : [result];
      }
      y[i] = shown ? shown(x[i], ...state) : state[0];
    }
    return { x, y };
  };
}

/** The names that a series adds for the sentences: the last, the largest and the smallest number that it draws. */
export function extremes(name, y) {
  const numbers = [...y].filter((v) => !Number.isNaN(v));
  const [last, max, min] = numbers.length ? [numbers.at(-1), Math.max(...numbers), Math.min(...numbers)] : [NaN, NaN, NaN];
  return { [`${name}_last`]: last, [`${name}_max`]: max, [`${name}_min`]: min };
}

/**
 * Let the reader paint the list `s.name` of points over the panel `area`: with mouse or finger, or with the keys, left and
 * right to choose a step, up and down to change its number. Returns the handle.
 */
export function brush(area, s, spec, state) {
  const x = stepsOf(spec.x).slice(1), low = s.low ?? spec.y.low, high = s.high ?? spec.y.high, last = x.length - 1;
  const read = () => state.points()[s.name];
  const where = () => closest(state.points()[s.brush]); // the step that the keys change
  const move = (i) => state.setPoint(s.brush, x[i]);
  const closest = (v) => clamp(Math.round((v - x[0]) / spec.x.step), 0, last);
  const write = (list) => state.setPoint(s.name, list.map((v) => +clamp(v, low, high).toPrecision(3)));
  const paint = ([to, value]) => { // over the steps passed since the last event, too
    const list = [...read()], from = where(), end = closest(to), begin = list[from];
    for (let i = from; i !== end; i += Math.sign(end - from)) {
      const share = (i - from) / (end - from);
      if (i !== from) list[i] = area.y.invert(area.y(begin) + share * (area.y(value) - area.y(begin)));
    }
    list[end] = value;
    move(end);
    write(list);
  };
  const h = handle(area, {
    label: `${spec.y.label}, to paint`, color: s.colors[0], get: () => [x[where()], read()[where()]], set: paint,
    text: () => `${spec.x.label} ${format(x[where()])}: ${format(read()[where()])}`,
  });
  const { element } = h, follow = h.refresh;
  const guide = svg("line", area.marks, { class: "ol-guide", style: "--c:var(--ol-muted)" }); // where the brush stands
  h.refresh = () => {
    follow();
    const px = area.x(x[where()]), py = area.y(read()[where()]);
    for (const [key, value] of Object.entries({ x1: px, x2: px, y1: py, y2: area.box.top + area.box.height })) guide.setAttribute(key, value.toFixed(1));
  };
  element.setAttribute("aria-valuemin", x[0]);
  element.setAttribute("aria-valuemax", x[last]);
  element.addEventListener("keydown", (event) => { // sideways only the brush moves
    const at = where(), far = event.shiftKey ? 5 : 1;
    const to = { ArrowLeft: at - far, ArrowRight: at + far, Home: 0, End: last }[event.key];
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    move(clamp(to, 0, last));
  }, { capture: true });
  area.root.classList.add("ol-paintable");
  area.root.addEventListener("pointerdown", (event) => {
    const { left, top, width, height } = area.box, [x0, y0] = within(area.root, event), [px, py] = [x0 - left, y0 - top];
    if (event.button !== 0 || event.target === element || px < 0 || px > width || py < -4 || py > height + 4) return;
    if (event.target.closest?.(".ol-handle")) return;
    move(closest(area.x.invert(px + left))); // a new stroke
    h.drag(event, true);
  });
  return h;
}
