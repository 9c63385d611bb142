// What a plane computes: what its functions ask of the loss, iterated paths, where they end, and recorded tables.
import { LOSSES } from "optlib:generated";
import { compile } from "./arithmetic.js";

const LOCAL = ["f", "g1", "g2", "h11", "h12", "h22"];
const FAR = 1e3; // a path has left for good when it is so many times the window's size away from its middle

/** The loss `spec` with its present parameters: { name, value(point), grad(point), hess(point), minima() }. */
export function lossAt(spec, scope) {
  if (!spec) return null;
  const loss = LOSSES[spec.name], p = { ...spec.params };
  for (const name of Object.keys(p)) if (!spec.fixed.includes(name)) p[name] = scope[name];
  return { loss, p, value: (x) => loss.value(x, p), grad: (x) => loss.grad(x, p), hess: (x) => loss.hess(x, p), minima: () => loss.minima(p) };
}

/**
 * Compile the function `js` of a plane: returns `(scope, loss) -> call(x, y, ...given)`, whose f, g1, … are those of the
 * loss at (x, y). `call.set(name, value)` changes a name. `.names` are those that it takes from the scope.
 */
export function placed(js) {
  const make = compile(js), value = make.named.includes("f"), grad = ["g1", "g2"].some((n) => make.named.includes(n));
  const hess = ["h11", "h12", "h22"].some((n) => make.named.includes(n));
  const bind = (scope, loss) => {
    const f = make(scope), point = [0, 0];
    const set = (name, v) => { if (make.named.includes(name)) f.set(name, v); };
    const call = !loss || !(value || grad || hess) ? (x, y, ...given) => f(...given) : (x, y, ...given) => {
      point[0] = x;
      point[1] = y;
      if (value) f.set("f", loss.value(point));
      if (grad) { const [g1, g2] = loss.grad(point); set("g1", g1); set("g2", g2); }
      if (hess) { const [[h11, h12], [, h22]] = loss.hess(point); set("h11", h11); set("h12", h12); set("h22", h22); }
      return f(...given);
    };
    call.set = f.set;
    return call;
  };
  bind.local = make.named.some((name) => LOCAL.includes(name));
  bind.names = make.named.filter((name) => !LOCAL.includes(name));
  return bind;
}

const read = (v, scope) => (typeof v === "string" ? scope[v] : v);
const near = (v, { low, high }) => Math.abs(v - (low + high) / 2) <= FAR * (high - low);

/** Return `(scope, points, loss) -> { x, y, gone }`: the path of a Trail, shorter where it leaves for good. */
export function trail(s, axes) {
  const bind = placed(s.js);
  return (scope, points, loss) => {
    const tables = Object.entries({ ...points, ...s.given }).filter(([key, v]) => bind.names.includes(key) && Array.isArray(v));
    const most = Math.min(Math.round(read(s.steps, scope)), ...tables.map(([, table]) => table.length));
    const step = bind(scope, loss), xs = [read(s.start[0], scope)], ys = [read(s.start[1], scope)];
    let point = [xs[0], ys[0], ...s.state], gone = false;
    for (let t = 1; t <= most && !gone; t++) {
      for (const [key, table] of tables) step.set(key, table[t - 1]);
      point = step(point[0], point[1], t, ...point);
      xs.push(point[0]);
      ys.push(point[1]);
      gone = !(near(point[0], axes.x) && near(point[1], axes.y));
    }
    return { x: xs, y: ys, gone };
  };
}

/** Return `(scope, index, loss) -> f(x, y)`: the field's value, or the number of its kind; `.names` is what it depends on. */
export function fieldOf(field, axes) {
  if (field.kind === "grid") return gridOf(field, axes);
  const bind = placed(field.js), { state, steps } = field;
  if (field.kind === "formula") {
    const make = (scope, index, loss) => { const f = bind(scope, loss); return (x, y) => f(x, y, x, y); };
    return Object.assign(make, { names: bind.names, local: bind.local, keys: [] });
  }
  const make = (scope, index, loss) => {
    const step = bind(scope, loss), goals = field.targets ?? loss.minima(), least = Math.min(...goals.flatMap((a, i) => goals.slice(0, i).map((b) => Math.hypot(a[0] - b[0], a[1] - b[1]))));
    const reach = field.reach ?? (goals.length > 1 ? least / 2 : (axes.x.high - axes.x.low) / 10);
    return (x, y) => {
      let point = [x, y, ...state];
      for (let t = 1; t <= steps; t++) {
        point = step(point[0], point[1], t, ...point);
        if (!(Math.abs(point[0]) < 1e150 && Math.abs(point[1]) < 1e150)) return goals.length;
      }
      let best = goals.length, closest = reach * reach;
      goals.forEach(([a, b], i) => {
        const far = (point[0] - a) * (point[0] - a) + (point[1] - b) * (point[1] - b);
        if (far < closest || (far === closest && best === goals.length)) { best = i; closest = far; }
      });
      return best;
    };
  };
  return Object.assign(make, { names: bind.names, local: bind.local || !field.targets, keys: [] });
}

const fraction = ({ low, high, scale }, v) => {
  const u = scale === "log" ? Math.log(v / low) / Math.log(high / low) : (v - low) / (high - low);
  return Math.min(1, Math.max(0, u));
};

function gridOf(field, axes) {
  const make = (scope, index) => {
    const table = field.keys.reduce((part, key) => part[index(key)], field.table), rows = table.length, columns = table[0].length;
    const value = (j, i) => table[j][i] ?? NaN;
    if (field.kinds.length) return (x, y) => value(Math.floor(fraction(axes.y, y) * (rows - 1) + 0.5), Math.floor(fraction(axes.x, x) * (columns - 1) + 0.5));
    return (x, y) => {
      const u = fraction(axes.x, x) * (columns - 1), v = fraction(axes.y, y) * (rows - 1), i = Math.min(Math.floor(u), columns - 2), j = Math.min(Math.floor(v), rows - 2);
      const row = (k) => value(j + k, i) * (1 - (u - i)) + value(j + k, i + 1) * (u - i);
      return row(0) * (1 - (v - j)) + row(1) * (v - j);
    };
  };
  return Object.assign(make, { names: [], local: false, keys: field.keys });
}
