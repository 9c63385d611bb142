// Runs a function that optlib.translate wrote in JavaScript, without eval, so that a page may forbid eval.
// The text is one declaration of assignments and a return; it becomes closures over an array of its variables.
const TOKEN = /\s*(Math\.\w+|[A-Za-z_]\w*|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[<>]=?|[-+*\/(){}[\],;=?:])/y;
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

/** Compile the declaration `text` of at most two positional arguments: `compile(text)({ lr: 0.1 })(x, y)` is its value. */
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
    const first = token === "let" ? take() : token, names = first === "[" ? list("]") : [first];
    if (first === "[") take("]");
    take("=");
    if (first === "[") take("[");
    const values = names.map(() => { const value = expression(); if (found[i] === ",") i++; return value; });
    if (first === "[") take("]");
    take(";");
    const places = names.map(slot);
    steps.push(places.length === 1 ? (s) => { s[places[0]] = values[0](s); } : (s) => {
      values.map((value) => value(s)).forEach((v, j) => { s[places[j]] = v; });
    });
  }
  const s = new Array(slots.size).fill(0), count = positional.length;
  return (others = {}) => {
    const values = named.map((name) => others[name]);
    return (x, y) => {
      if (count > 0) s[0] = x;
      if (count > 1) s[1] = y;
      for (let j = 0; j < values.length; j++) s[count + j] = values[j];
      for (let j = 0; j < steps.length; j++) steps[j](s);
      return result(s);
    };
  };
}
