// What panels of curves and planes draw with: SVG elements, texts, graphs clipped to their box, labels that keep apart.
import { format } from "./kit.js";

export const GAP = 14; // between the lines of direct labels
export const clamp = (v, low, high) => Math.min(high, Math.max(low, v));
export const short = (v) => Math.round(v * 10) / 10;
export const svg = (tag, parent, attributes = {}) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  parent.append(made);
  return made;
};

/** `template` with {name} as a number of three digits and {name:d} as a whole one. */
export function fill(template, scope) {
  return template.replace(/\{(\w+)(?::(d))?\}/g, (_, name, whole) => {
    const value = scope[name];
    if (typeof value !== "number") return String(value);
    return whole && Number.isFinite(value) ? (Math.round(value) || 0).toLocaleString("en-GB").replace("-", "−") : format(value);
  });
}

/**
 * The part of a graph (pixels px, py) inside the box, as a path `d`, and where it ends. What is not a number breaks the
 * line; what leaves the box is drawn to its border, also on the way to infinity.
 */
export function trace(px, py, { left, top, width, height }) {
  const right = left + width, bottom = top + height;
  let d = "", end = null, pen = null;
  for (let i = 0; i < px.length; i++) {
    if (Number.isNaN(py[i]) || Number.isNaN(px[i])) { pen = null; continue; }
    const alone = (i === 0 || Number.isNaN(py[i - 1])) && (i + 1 === px.length || Number.isNaN(py[i + 1]));
    const k = i === 0 || Number.isNaN(py[i - 1]) ? (alone ? i : -1) : i - 1;
    if (k < 0) continue;
    let [xa, ya, xb, yb] = [px[k], py[k], px[i], py[i]];
    if (!Number.isFinite(ya)) { xa = xb; ya = ya > 0 ? 1e7 : -1e7; }
    if (!Number.isFinite(yb)) { xb = xa; yb = yb > 0 ? 1e7 : -1e7; }
    let from = 0, to = 1;
    const dx = xb - xa, dy = yb - ya;
    for (const [delta, room] of [[-dx, xa - left], [dx, right - xa], [-dy, ya - top], [dy, bottom - ya]]) {
      if (delta === 0 && room < 0) from = 2;
      else if (delta < 0) from = Math.max(from, room / delta);
      else if (delta > 0) to = Math.min(to, room / delta);
    }
    if (from > to) { pen = null; continue; }
    const x0 = short(xa + from * dx), y0 = short(ya + from * dy);
    end = [short(xa + to * dx), short(ya + to * dy)];
    if (!pen || pen[0] !== x0 || pen[1] !== y0) d += `M${x0} ${y0}`;
    d += `L${end[0]} ${end[1]}`;
    pen = end;
  }
  return { d, end };
}

/** Move labels ({y}, in order of height) apart, as little as keeps them within `low` and `high`; writes `at`. */
export function spread(labels, low, high) {
  labels.sort((a, b) => a.y - b.y);
  let last = low - GAP;
  for (const l of labels) last = l.at = Math.max(l.y, last + GAP);
  let next = high + GAP;
  for (const l of [...labels].reverse()) next = l.at = Math.min(l.at, next - GAP);
}

/** Return a function that gives the width of a text in the figure. */
export function measure(figure) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = `12px ${getComputedStyle(figure).fontFamily || "sans-serif"}`; // no font yet where the figure is not in the page
  return (text) => pen.measureText(text).width;
}

export function place(text, x, y, anchor) {
  text.setAttribute("x", short(x));
  text.setAttribute("y", short(y));
  text.setAttribute("text-anchor", anchor);
}
