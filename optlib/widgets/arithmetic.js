// Runs a function that optlib.translate wrote in JavaScript, without eval, so that a page may forbid eval.
// The text is one declaration of assignments and a return; it becomes closures over an array of its variables.
// What it calls of the library is the generated module's own function.
import { LIBRARY } from "optlib:generated";
const TOKEN = /\s*((?:Math|LIBRARY)\.\w+|[A-Za-z_]\w*|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[<>]=?|[-+*\/(){}[\],;=?:])/y;
const OPERATORS = {
  "+": (a, b) => (s) => a(s) + b(s), "-": (a, b) => (s) => a(s) - b(s), "*": (a, b) => (s) => a(s) * b(s), "/": (a, b) => (s) => a(s) / b(s),
  "<": (a, b) => (s) => a(s) < b(s), "<=": (a, b) => (s) => a(s) <= b(s), ">": (a, b) => (s) => a(s) > b(s), ">=": (a, b) => (s) => a(s) >= b(s),
};

function tokens(text) {
  const found = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex, match = TOKEN.exec(text);
    if (!match) {
      if (text.slice(at).trim()) throw new SyntaxError(`not arithmetic: ${text.slice(at, at + 20)}`);
      break;
    }
    found.push(match[1]);
  }
  return found;
}

/**
 * Compile the declaration `text`: `make = compile(text)`, then `f = make({ lr: 0.1 })` and `f(x, y)` is its value, an array for
 * a tuple. `make.named` are the names that it takes from the object; `f.set(name, value)` changes one of them between calls.
 */
export function compile(text) {
  const found = tokens(text), slots = new Map();
  let i = 0;
  const slot = (name) => slots.get(name) ?? slots.set(name, slots.size).get(name);
  const take = (expected) => {
    const token = found[i++];
    if (expected && token !== expected) throw new SyntaxError(`expected ${expected}, found ${token}: ${text}`);
    return token;
  };
  const list = (end) => {
    const names = [];
    while (found[i] !== end && found[i] !== "{") { names.push(take()); if (found[i] === ",") i++; }
    return names;
  };
  const expression = () => {
    const whole = primary();
    if (found[i] !== "[") return whole;
    take("[");
    const part = Number(take());
    take("]");
    return (s) => whole(s)[part];
  };
  const primary = () => {
    const token = take();
    if (token === "(") {
      if (found[i] === "-") { i++; const a = expression(); take(")"); return (s) => -a(s); }
      const left = expression(), sign = take(), right = expression();
      if (sign === "?") {
        take(":");
        const otherwise = expression();
        take(")");
        return (s) => (left(s) ? right(s) : otherwise(s));
      }
      if (!OPERATORS[sign]) throw new SyntaxError(`unknown operator ${sign}: ${text}`);
      take(")");
      return OPERATORS[sign](left, right);
    }
    if (token === "Math.PI") return () => Math.PI;
    if (token.startsWith("Math.")) {
      const f = Math[token.slice(5)], parts = [];
      take("(");
      while (found[i] !== ")") { parts.push(expression()); if (found[i] === ",") i++; }
      take(")");
      const [a, b] = parts;
      return parts.length === 1 ? (s) => f(a(s)) : parts.length === 2 ? (s) => f(a(s), b(s)) : (s) => f(...parts.map((p) => p(s)));
    }
    if (token.startsWith("LIBRARY.")) {
      const name = token.slice(8), f = LIBRARY[name], parts = [], others = [], hyper = {};
      if (!Object.hasOwn(LIBRARY, name)) throw new SyntaxError(`the library has no ${name}: ${text}`);
      take("(");
      while (found[i] !== ")" && found[i] !== "{") { parts.push(expression()); if (found[i] === ",") i++; }
      if (found[i] === "{") {
        i++;
        while (found[i] !== "}") { const key = take(); take(":"); others.push([key, expression()]); if (found[i] === ",") i++; }
        take("}");
      }
      take(")");
      const given = new Array(parts.length + 1);
      given[parts.length] = hyper;
      return (s) => {
        for (let j = 0; j < parts.length; j++) given[j] = parts[j](s);
        for (let j = 0; j < others.length; j++) hyper[others[j][0]] = others[j][1](s);
        return f(...given);
      };
    }
    if (token === "[") {
      const parts = [];
      while (found[i] !== "]") { parts.push(expression()); if (found[i] === ",") i++; }
      take("]");
      return (s) => parts.map((part) => part(s));
    }
    if (token === "Infinity") return () => Infinity;
    if (/^\d/.test(token)) { const value = Number(token); return () => value; }
    if (!slots.has(token)) throw new SyntaxError(`${token} is not known: ${text}`);
    const k = slots.get(token);
    return (s) => s[k];
  };
  take("function"); take(); take("(");
  const positional = list(")");
  let named = [];
  if (found[i] === "{") { i++; named = list("}"); take("}"); }
  take(")"); take("{");
  [...positional, ...named].forEach(slot);
  const steps = [];
  let result;
  while (!result) {
    const token = take();
    if (token === "return") { result = expression(); take(";"); continue; }
    const first = token === "let" || token === "var" ? take() : token, names = first === "[" ? list("]") : [first];
    if (first === "[") take("]");
    take("=");
    const value = expression(), places = names.map(slot);
    take(";");
    steps.push(first !== "[" ? (s) => { s[places[0]] = value(s); } : (s) => {
      const values = value(s); // all of them before the first is assigned, as in Python
      for (let j = 0; j < places.length; j++) s[places[j]] = values[j];
    });
  }
  const s = new Array(slots.size).fill(0), count = positional.length;
  const make = (others = {}) => {
    const values = named.map((name) => others[name]);
    const f = (...given) => {
      for (let j = 0; j < count; j++) s[j] = given[j];
      for (let j = 0; j < values.length; j++) s[count + j] = values[j];
      for (let j = 0; j < steps.length; j++) steps[j](s);
      return result(s);
    };
    f.set = (name, value) => { values[named.indexOf(name)] = value; };
    return f;
  };
  make.named = named;
  return make;
}
