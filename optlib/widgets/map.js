// Backgrounds on a canvas: a loss in bands and contours, a field in colours, and kinds in areas.
import { contours } from "./vendor/d3.js";

const BANDS = 14, CURVE = 3.2; // contours at (k / BANDS) ** CURVE of the height: close in the valley, and on the walls too
const VEIL = 0.3; // how much of a kind's colour lies over the paper

const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
const mix = (a, b, u) => `rgb(${rgb(a).map((v, i) => Math.round(v + (rgb(b)[i] - v) * u)).join(",")})`;

/** The values of `f(x, y)` at points `cell` pixels apart, from half a cell outside the panel's box on; `px(i)`, `py(j)` say where. */
function sample(panel, f, cell) {
  const { left, top, width, height } = panel.box, nx = Math.ceil(width / cell) + 2, ny = Math.ceil(height / cell) + 2;
  const values = new Float64Array(nx * ny);
  for (let j = 0, k = 0; j < ny; j++) {
    const y = panel.y.invert(top + (j - 0.5) * cell);
    for (let i = 0; i < nx; i++, k++) values[k] = f(panel.x.invert(left + (i - 0.5) * cell), y);
  }
  return { values, nx, ny, cell };
}

/** The rings around what is at least `level` in such values, in pixels. */
function rings({ values, nx, ny, cell }, level, { left, top }) {
  return contours().size([nx, ny]).contour(values, level).coordinates.flat()
    .map((ring) => ring.map(([i, j]) => [left + (i - 1) * cell, top + (j - 1) * cell]));
}

function clipped(panel, paint) {
  const context = panel.contexts[0], { left, top, width, height } = panel.box;
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  paint(context, left, top, width, height);
  context.restore();
}

/** Draw the loss in bands, on the first canvas, from its values on a grid of `cell` pixels; `lines`: only the lines between them. */
export function paintMap(panel, loss, p, colors, cell, lines = false) {
  const point = [0, 0];
  let low = Math.min(...loss.minima(p).map((m) => loss.value(m, p))), high = -Infinity;
  const grid = sample(panel, (x, y) => {
    point[0] = x;
    point[1] = y;
    const f = loss.value(point, p);
    if (f < low) low = f;
    if (f > high && f < Infinity) high = f;
    return f;
  }, cell);
  // The square root of the height is nearly straight across a valley, so straight interpolation draws smooth contours.
  const { values } = grid;
  for (let k = 0; k < values.length; k++) values[k] = Math.sqrt(Math.min(values[k], high) - low);
  clipped(panel, (context, left, top, width, height) => {
    if (!lines) {
      context.fillStyle = colors.low;
      context.fillRect(left, top, width, height);
    }
    const all = new Path2D();
    for (let band = 1; band < BANDS; band++) {
      const area = new Path2D();
      for (const ring of rings(grid, Math.sqrt((high - low) * (band / BANDS) ** CURVE), panel.box)) {
        ring.forEach(([x, y], i) => area[i ? "lineTo" : "moveTo"](x, y));
        area.closePath();
      }
      context.fillStyle = mix(colors.low, colors.high, (band / BANDS) ** 1.3);
      if (!lines) context.fill(area);
      all.addPath(area);
    }
    context.lineWidth = 0.75;
    context.globalAlpha = 0.35;
    context.strokeStyle = mix(colors.high, colors.ink, 0.25);
    context.stroke(all);
  });
}

const word = ([r, g, b], alpha) => (Math.round(255 * alpha) << 24 | b << 16 | g << 8 | r) >>> 0; // as ImageData keeps a pixel

function stamp(panel, paper, pixels, nx, ny, [x, y, width, height]) {
  const image = document.createElement("canvas");
  image.width = nx;
  image.height = ny;
  image.getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(pixels.buffer), nx, ny), 0, 0);
  clipped(panel, (context, left, top, w, h) => {
    context.fillStyle = paper;
    context.fillRect(left, top, w, h);
    context.drawImage(image, x, y, width, height);
  });
}

/** The points, each moved towards its neighbours: straight interpolation makes steps where the field has a fold. */
const smooth = (points) => points.map(([x, y], i) => {
  const [[a, b], [c, d]] = [points[i - 1] ?? points[i], points[i + 1] ?? points[i]];
  return [(a + 2 * x + c) / 4, (b + 2 * y + d) / 4];
});

/**
 * Draw the field `f` on the first canvas, in colours from `low` to `high`; what is no number stays paper. Returns for each
 * of `levels` its contour lines, as lists of pixels.
 */
export function paintField(panel, f, { low, high, levels }, colors, cell) {
  const grid = sample(panel, f, cell), { values, nx, ny } = grid, { left, top, width, height } = panel.box;
  const [a, b] = [rgb(colors.low), rgb(colors.high)], shades = Uint32Array.from({ length: 256 }, (_, i) => word(a.map((v, k) => Math.round(v + (b[k] - v) * i / 255)), 1));
  const pixels = new Uint32Array(nx * ny);
  for (let k = 0; k < values.length; k++) if (!Number.isNaN(values[k])) pixels[k] = shades[Math.round(255 * Math.min(1, Math.max(0, (values[k] - low) / (high - low))))];
  stamp(panel, colors.paper, pixels, nx, ny, [left - cell, top - cell, nx * cell, ny * cell]);
  const missing = ([x, y]) => { // a ring along the border, or around what is no number, is no contour
    if (x < left + 1 || x > left + width - 1 || y < top + 1 || y > top + height - 1) return true;
    const i = (x - left) / cell + 0.5, j = (y - top) / cell + 0.5;
    return [Math.floor(i), Math.ceil(i)].some((c) => [Math.floor(j), Math.ceil(j)].some((r) => Number.isNaN(values[Math.min(ny - 1, Math.max(0, r)) * nx + Math.min(nx - 1, Math.max(0, c))])));
  };
  return levels.map(([level]) => rings(grid, level, panel.box).map((ring) => smooth(smooth(ring.map((p) => (missing(p) ? [NaN, NaN] : p))))));
}

/** Where in the cells of a kind, `block` pixels wide, a text of `wide` by 14 pixels fits best: nearest to their middle. */
export function roomIn(corners, across, kind, block, wide, avoid) {
  const down = corners.length / across, sums = new Float64Array((across + 1) * (down + 1)), at = (i, j) => sums[j * (across + 1) + i];
  let count = 0, mx = 0, my = 0;
  for (let j = 0; j < down; j++) for (let i = 0; i < across; i++) {
    const mine = Math.round(corners[j * across + i]) === kind ? 1 : 0;
    sums[(j + 1) * (across + 1) + i + 1] = mine + at(i, j + 1) + at(i + 1, j) - at(i, j);
    count += mine; mx += mine * i; my += mine * j;
  }
  const w = Math.ceil((wide + 8) / block) + 1, h = Math.ceil(18 / block) + 1;
  let best = null, least = Infinity;
  for (let j = 0; j + h <= down - 1; j++) for (let i = 0; i + w <= across - 1; i++) {
    if (at(i + w, j + h) - at(i, j + h) - at(i + w, j) + at(i, j) < w * h) continue;
    const x = i + (w - 1) / 2, y = j + (h - 1) / 2, far = Math.hypot(x - mx / count, y - my / count);
    if (far < least && !avoid.some(([a, b]) => Math.abs(a - x * block) < wide / 2 + 12 && Math.abs(b - y * block) < 18)) { least = far; best = [x * block, y * block]; }
  }
  return best;
}

/**
 * Draw on the first canvas the areas in which `f` gives each of `kinds`, pairs of name and colour. It is asked at points
 * `block` pixels apart; where neighbours differ, at every pixel, or every second if that is in most places. Returns a
 * function `(kind, wide, avoid) -> [x, y]`: where a text fits into the area of a kind, or null.
 */
export function paintKinds(panel, f, kinds, colors, block) {
  const { left, top, width, height } = panel.box, nx = Math.ceil(width), ny = Math.ceil(height), across = Math.ceil(nx / block) + 1, down = Math.ceil(ny / block) + 1;
  const shades = kinds.map(([, color]) => word(rgb(colors[color]), VEIL)), pixels = new Uint32Array(nx * ny);
  const at = (x, y) => f(panel.x.invert(left + x + 0.5), panel.y.invert(top + y + 0.5));
  const corners = new Float64Array(across * down);
  for (let j = 0, k = 0; j < down; j++) for (let i = 0; i < across; i++, k++) corners[k] = at(i * block, j * block);
  const fill = (x, y, size, kind) => {
    const shade = shades[Math.round(kind)] ?? 0;
    for (let r = y; r < Math.min(ny, y + size); r++) pixels.fill(shade, r * nx + x, r * nx + Math.min(nx, x + size));
  };
  const mixed = []; // blocks with more than one kind
  for (let j = 0; j + 1 < down; j++) for (let i = 0; i + 1 < across; i++) {
    const k = j * across + i;
    fill(i * block, j * block, block, corners[k]);
    if ([k + 1, k + across, k + across + 1].some((other) => !Object.is(corners[other], corners[k]))) mixed.push([i * block, j * block]);
  }
  const finest = block > 4 ? block : mixed.length < 0.15 * corners.length ? 1 : 2;
  if (finest < block) for (const [x, y] of mixed)
    for (let r = 0; r < block; r += finest) for (let c = 0; c < block; c += finest) if (r || c) fill(x + c, y + r, finest, at(x + c, y + r));
  stamp(panel, colors.paper, pixels, nx, ny, [left, top, nx, ny]);
  return (kind, wide, avoid) => {
    const spot = roomIn(corners, across, kind, block, wide, avoid.map(([x, y]) => [x - left, y - top]));
    return spot && [spot[0] + left, spot[1] + top];
  };
}
