// d3-contour 4.0.3, d3-array 3.2.5, copyright Mike Bostock, ISC licence: see LICENSE. Made by: npm ci && npm run build

// node_modules/d3-array/dist/d3-array.mjs
function F(n, e) {
  return n == null || e == null ? NaN : n < e ? -1 : n > e ? 1 : n >= e ? 0 : NaN;
}
function X(n, e) {
  return n == null || e == null ? NaN : e < n ? -1 : e > n ? 1 : e >= n ? 0 : NaN;
}
function P(n) {
  let e, o, f;
  n.length !== 2 ? (e = F, o = (c, h) => F(n(c), h), f = (c, h) => n(c) - h) : (e = n === F || n === X ? n : Y, o = n, f = n);
  function r(c, h, t = 0, l = c.length) {
    if (t < l) {
      if (e(h, h) !== 0) return l;
      do {
        let s = t + l >>> 1;
        o(c[s], h) < 0 ? t = s + 1 : l = s;
      } while (t < l);
    }
    return t;
  }
  function i(c, h, t = 0, l = c.length) {
    if (t < l) {
      if (e(h, h) !== 0) return l;
      do {
        let s = t + l >>> 1;
        o(c[s], h) <= 0 ? t = s + 1 : l = s;
      } while (t < l);
    }
    return t;
  }
  function u(c, h, t = 0, l = c.length) {
    let s = r(c, h, t, l - 1);
    return s > t && f(c[s - 1], h) > -f(c[s], h) ? s - 1 : s;
  }
  return { left: r, center: u, right: i };
}
function Y() {
  return 0;
}
function H(n) {
  return n === null ? NaN : +n;
}
var S = P(F), yn = S.right, Mn = S.left, xn = P(H).center;
var J = C(B), pn = C(K);
function C(n) {
  return function(e, o, f = o) {
    if (!((o = +o) >= 0)) throw new RangeError("invalid rx");
    if (!((f = +f) >= 0)) throw new RangeError("invalid ry");
    let { data: r, width: i, height: u } = e;
    if (!((i = Math.floor(i)) >= 0)) throw new RangeError("invalid width");
    if (!((u = Math.floor(u !== void 0 ? u : r.length / i)) >= 0)) throw new RangeError("invalid height");
    if (!i || !u || !o && !f) return e;
    let c = o && n(o), h = f && n(f), t = r.slice();
    return c && h ? (N(c, t, r, i, u), N(c, r, t, i, u), N(c, t, r, i, u), z(h, r, t, i, u), z(h, t, r, i, u), z(h, r, t, i, u)) : c ? (N(c, r, t, i, u), N(c, t, r, i, u), N(c, r, t, i, u)) : h && (z(h, r, t, i, u), z(h, t, r, i, u), z(h, r, t, i, u)), e;
  };
}
function N(n, e, o, f, r) {
  for (let i = 0, u = f * r; i < u; )
    n(e, o, i, i += f, 1);
}
function z(n, e, o, f, r) {
  for (let i = 0, u = f * r; i < f; ++i)
    n(e, o, i, i + u, f);
}
function K(n) {
  let e = B(n);
  return (o, f, r, i, u) => {
    r <<= 2, i <<= 2, u <<= 2, e(o, f, r + 0, i + 0, u), e(o, f, r + 1, i + 1, u), e(o, f, r + 2, i + 2, u), e(o, f, r + 3, i + 3, u);
  };
}
function B(n) {
  let e = Math.floor(n);
  if (e === n) return Q(n);
  let o = n - e, f = 2 * n + 1;
  return (r, i, u, c, h) => {
    if (!((c -= h) >= u)) return;
    let t = e * i[u], l = h * e, s = l + h;
    for (let d = u, m = u + l; d < m; d += h)
      t += i[Math.min(c, d)];
    for (let d = u, m = c; d <= m; d += h)
      t += i[Math.min(c, d + l)], r[d] = (t + o * (i[Math.max(u, d - s)] + i[Math.min(c, d + s)])) / f, t -= i[Math.max(u, d - l)];
  };
}
function Q(n) {
  let e = 2 * n + 1;
  return (o, f, r, i, u) => {
    if (!((i -= u) >= r)) return;
    let c = n * f[r], h = u * n;
    for (let t = r, l = r + h; t < l; t += u)
      c += f[Math.min(i, t)];
    for (let t = r, l = i; t <= l; t += u)
      c += f[Math.min(i, t + h)], o[t] = c / e, c -= f[Math.max(r, t - h)];
  };
}
function Z(n, e) {
  let o = 0;
  if (e === void 0)
    for (let f of n)
      f != null && (f = +f) >= f && ++o;
  else {
    let f = -1;
    for (let r of n)
      (r = e(r, ++f, n)) != null && (r = +r) >= r && ++o;
  }
  return o;
}
function D(n, e) {
  let o, f;
  if (e === void 0)
    for (let r of n)
      r != null && (o === void 0 ? r >= r && (o = f = r) : (o > r && (o = r), f < r && (f = r)));
  else {
    let r = -1;
    for (let i of n)
      (i = e(i, ++r, n)) != null && (o === void 0 ? i >= i && (o = f = i) : (o > i && (o = i), f < i && (f = i)));
  }
  return [o, f];
}
var _ = Array.prototype, An = _.slice;
var v = Math.sqrt(50), nn = Math.sqrt(10), tn = Math.sqrt(2);
function O(n, e, o) {
  let f = (e - n) / Math.max(0, o), r = Math.floor(Math.log10(f)), i = f / Math.pow(10, r), u = i >= v ? 10 : i >= nn ? 5 : i >= tn ? 2 : 1, c, h, t;
  return r < 0 ? (t = Math.pow(10, -r) / u, c = Math.round(n * t), h = Math.round(e * t), c / t < n && ++c, h / t > e && --h, t = -t) : (t = Math.pow(10, r) * u, c = Math.round(n / t), h = Math.round(e / t), c * t < n && ++c, h * t > e && --h), h < c && 0.5 <= o && o < 2 ? O(n, e, o * 2) : [c, h, t];
}
function V(n, e, o) {
  if (e = +e, n = +n, o = +o, !(o > 0)) return [];
  if (n === e) return [n];
  let f = e < n, [r, i, u] = f ? O(e, n, o) : O(n, e, o);
  if (!(i >= r)) return [];
  let c = i - r + 1, h = new Array(c);
  if (f)
    if (u < 0) for (let t = 0; t < c; ++t) h[t] = (i - t) / -u;
    else for (let t = 0; t < c; ++t) h[t] = (i - t) * u;
  else if (u < 0) for (let t = 0; t < c; ++t) h[t] = (r + t) / -u;
  else for (let t = 0; t < c; ++t) h[t] = (r + t) * u;
  return h;
}
function en(n, e, o) {
  return e = +e, n = +n, o = +o, O(n, e, o)[2];
}
function U(n, e, o) {
  let f;
  for (; ; ) {
    let r = en(n, e, o);
    if (r === f || r === 0 || !isFinite(r))
      return [n, e];
    if (r > 0) {
      let i = Math.ceil(n / r), u = Math.floor(e / r);
      n = (i - (i * r > n)) * r, e = (u + (u * r < e)) * r;
    } else if (r < 0) {
      let i = -r, u = Math.ceil(n * i), c = Math.floor(e * i);
      n = (u - (u / i > n)) / i, e = (c + (c / i < e)) / i;
    }
    f = r;
  }
}
function $(n) {
  return Math.max(1, Math.ceil(Math.log(Z(n)) / Math.LN2) + 1);
}
var bn = rn(Math.random);
function rn(n) {
  return function(o, f = 0, r = o.length) {
    let i = r - (f = +f);
    for (; i; ) {
      let u = n() * i-- | 0, c = o[i + f];
      o[i + f] = o[u + f], o[u + f] = c;
    }
    return o;
  };
}

// node_modules/d3-contour/dist/d3-contour.mjs
var on = Array.prototype, fn = on.slice;
function un(n, e) {
  return n - e;
}
function cn(n) {
  for (var e = 0, o = n.length, f = n[o - 1][1] * n[0][0] - n[o - 1][0] * n[0][1]; ++e < o; ) f += n[e - 1][1] * n[e][0] - n[e - 1][0] * n[e][1];
  return f;
}
var G = (n) => () => n;
function ln(n, e) {
  for (var o = -1, f = e.length, r; ++o < f; ) if (r = hn(n, e[o])) return r;
  return 0;
}
function hn(n, e) {
  for (var o = e[0], f = e[1], r = -1, i = 0, u = n.length, c = u - 1; i < u; c = i++) {
    var h = n[i], t = h[0], l = h[1], s = n[c], d = s[0], m = s[1];
    if (sn(h, s, e)) return 0;
    l > f != m > f && o < (d - t) * (f - l) / (m - l) + t && (r = -r);
  }
  return r;
}
function sn(n, e, o) {
  var f;
  return dn(n, e, o) && an(n[f = +(n[0] === e[0])], o[f], e[f]);
}
function dn(n, e, o) {
  return (e[0] - n[0]) * (o[1] - n[1]) === (o[0] - n[0]) * (e[1] - n[1]);
}
function an(n, e, o) {
  return n <= e && e <= o || o <= e && e <= n;
}
function mn() {
}
var b = [
  [],
  [[[1, 1.5], [0.5, 1]]],
  [[[1.5, 1], [1, 1.5]]],
  [[[1.5, 1], [0.5, 1]]],
  [[[1, 0.5], [1.5, 1]]],
  [[[1, 1.5], [0.5, 1]], [[1, 0.5], [1.5, 1]]],
  [[[1, 0.5], [1, 1.5]]],
  [[[1, 0.5], [0.5, 1]]],
  [[[0.5, 1], [1, 0.5]]],
  [[[1, 1.5], [1, 0.5]]],
  [[[0.5, 1], [1, 0.5]], [[1.5, 1], [1, 1.5]]],
  [[[1.5, 1], [1, 0.5]]],
  [[[0.5, 1], [1.5, 1]]],
  [[[1, 1.5], [1.5, 1]]],
  [[[0.5, 1], [1, 1.5]]],
  []
];
function gn() {
  var n = 1, e = 1, o = $, f = h;
  function r(t) {
    var l = o(t);
    if (Array.isArray(l))
      l = l.slice().sort(un);
    else {
      let s = D(t, wn);
      for (l = V(...U(s[0], s[1], l), l); l[l.length - 1] >= s[1]; ) l.pop();
      for (; l[1] < s[0]; ) l.shift();
    }
    return l.map((s) => i(t, s));
  }
  function i(t, l) {
    let s = l == null ? NaN : +l;
    if (isNaN(s)) throw new Error(`invalid value: ${l}`);
    var d = [], m = [];
    return u(t, s, function(a) {
      f(a, t, s), cn(a) > 0 ? d.push([a]) : m.push(a);
    }), m.forEach(function(a) {
      for (var w = 0, p = d.length, y; w < p; ++w)
        if (ln((y = d[w])[0], a) !== -1) {
          y.push(a);
          return;
        }
    }), {
      type: "MultiPolygon",
      value: l,
      coordinates: d
    };
  }
  function u(t, l, s) {
    var d = new Array(), m = new Array(), a, w, p, y, M, j;
    for (a = w = -1, y = E(t[0], l), b[y << 1].forEach(A); ++a < n - 1; )
      p = y, y = E(t[a + 1], l), b[p | y << 1].forEach(A);
    for (b[y << 0].forEach(A); ++w < e - 1; ) {
      for (a = -1, y = E(t[w * n + n], l), M = E(t[w * n], l), b[y << 1 | M << 2].forEach(A); ++a < n - 1; )
        p = y, y = E(t[w * n + n + a + 1], l), j = M, M = E(t[w * n + a + 1], l), b[p | y << 1 | M << 2 | j << 3].forEach(A);
      b[y | M << 3].forEach(A);
    }
    for (a = -1, M = t[w * n] >= l, b[M << 2].forEach(A); ++a < n - 1; )
      j = M, M = E(t[w * n + a + 1], l), b[M << 2 | j << 3].forEach(A);
    b[M << 3].forEach(A);
    function A(q) {
      var T = [q[0][0] + a, q[0][1] + w], I = [q[1][0] + a, q[1][1] + w], k = c(T), R = c(I), g, x;
      (g = m[k]) ? (x = d[R]) ? (delete m[g.end], delete d[x.start], g === x ? (g.ring.push(I), s(g.ring)) : d[g.start] = m[x.end] = { start: g.start, end: x.end, ring: g.ring.concat(x.ring) }) : (delete m[g.end], g.ring.push(I), m[g.end = R] = g) : (g = d[R]) ? (x = m[k]) ? (delete d[g.start], delete m[x.end], g === x ? (g.ring.push(I), s(g.ring)) : d[x.start] = m[g.end] = { start: x.start, end: g.end, ring: x.ring.concat(g.ring) }) : (delete d[g.start], g.ring.unshift(T), d[g.start = k] = g) : d[k] = m[R] = { start: k, end: R, ring: [T, I] };
    }
  }
  function c(t) {
    return t[0] * 2 + t[1] * (n + 1) * 4;
  }
  function h(t, l, s) {
    t.forEach(function(d) {
      var m = d[0], a = d[1], w = m | 0, p = a | 0, y = L(l[p * n + w]);
      m > 0 && m < n && w === m && (d[0] = W(m, L(l[p * n + w - 1]), y, s)), a > 0 && a < e && p === a && (d[1] = W(a, L(l[(p - 1) * n + w]), y, s));
    });
  }
  return r.contour = i, r.size = function(t) {
    if (!arguments.length) return [n, e];
    var l = Math.floor(t[0]), s = Math.floor(t[1]);
    if (!(l >= 0 && s >= 0)) throw new Error("invalid size");
    return n = l, e = s, r;
  }, r.thresholds = function(t) {
    return arguments.length ? (o = typeof t == "function" ? t : Array.isArray(t) ? G(fn.call(t)) : G(t), r) : o;
  }, r.smooth = function(t) {
    return arguments.length ? (f = t ? h : mn, r) : f === h;
  }, r;
}
function wn(n) {
  return isFinite(n) ? n : NaN;
}
function E(n, e) {
  return n == null ? !1 : +n >= e;
}
function L(n) {
  return n == null || isNaN(n = +n) ? -1 / 0 : n;
}
function W(n, e, o, f) {
  let r = f - e, i = o - e, u = isFinite(r) || isFinite(i) ? r / i : Math.sign(r) / Math.sign(i);
  return isNaN(u) ? n : n + u - 0.5;
}
export {
  gn as contours,
  V as ticks
};
