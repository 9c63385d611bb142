// Runs in every page before its own scripts: notes who listens to the reader, what is drawn, and compares pictures.
(() => {
  const HEARD = new Set(["pointerdown", "mousedown", "touchstart", "click", "keydown", "input", "change", "submit"]);
  const listen = EventTarget.prototype.addEventListener;
  EventTarget.prototype.addEventListener = function (type, ...rest) {
    if (HEARD.has(type) && this instanceof Element) (this.heard ??= new Set()).add(type);
    return listen.call(this, type, ...rest);
  };

  // Lines drawn on a canvas since it was last cleared, and the smallest text on it, in CSS pixels.
  const pen = CanvasRenderingContext2D.prototype;
  const original = Object.fromEntries(["beginPath", "moveTo", "lineTo", "stroke", "clearRect", "fillText", "strokeText"].map((name) => [name, pen[name]]));
  const lines = new WeakMap();
  pen.beginPath = function () { lines.set(this, []); original.beginPath.call(this); };
  for (const name of ["moveTo", "lineTo"])
    pen[name] = function (x, y) { lines.get(this)?.push(x, y); original[name].call(this, x, y); };
  pen.stroke = function (...path) {
    const drawn = lines.get(this);
    if (drawn?.length > 6) (this.canvas.drawn ??= []).push(drawn.slice());
    original.stroke.apply(this, path);
  };
  pen.clearRect = function (...box) { this.canvas.drawn = []; original.clearRect.apply(this, box); };
  for (const name of ["fillText", "strokeText"])
    pen[name] = function (...call) {
      const size = parseFloat(/([\d.]+)px/.exec(this.font)?.[1] ?? "0") * this.getTransform().d / devicePixelRatio;
      this.canvas.smallest = Math.min(this.canvas.smallest ?? Infinity, size);
      original[name].apply(this, call);
    };

  const hash = (numbers) => {
    let h = 0x811c9dc5;
    for (let i = 0; i < numbers.length; i++) h = Math.imul(h ^ numbers[i], 0x01000193);
    return (h >>> 0).toString(16);
  };
  const textHash = (text) => hash(Uint16Array.from(text, (c) => c.charCodeAt(0)));
  const frame = () => new Promise((done) => { requestAnimationFrame(done); setTimeout(done, 500); }); // a page that draws no frames is found out, not waited for
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const shown = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
  const pixels = (canvas) => new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width || 1, canvas.height || 1).data.buffer);

  // What a reader reads in the figure besides the picture: not the controls, not the caption, not the late twin for screen readers.
  const APART = "label, button, select, legend, figcaption, svg, noscript, [role=group], [role=radiogroup], [role=alert], .ol-sr, .ol-note";
  function readout(place) {
    const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT), parts = [];
    while (walker.nextNode()) if (!walker.currentNode.parentElement.closest(APART)) parts.push(walker.currentNode.data);
    return parts.join(" ").replace(/\s+/g, " ").trim();
  }

  // Elements that draw nothing: their places are those of an earlier picture.
  const UNSEEN = /<text\b[^>]*><\/text>|<path\b(?=[^>]* d="")[^>]*><\/path>|<\w+\b(?=[^>]*(?:display: ?none|visibility="hidden"))[^>]*>/g;

  /** What the figure shows, in a form that can be compared: canvases, SVG, sentence. */
  const picture = (place) => ({
    canvases: [...place.querySelectorAll("canvas")].map((c) => hash(pixels(c))),
    drawings: [...place.querySelectorAll("svg")].map((s) => textHash(s.outerHTML.replace(UNSEEN, ""))),
    readout: readout(place),
  });

  /** The state of every control of the figure. */
  const settings = (place) =>
    [...place.querySelectorAll("input, select, [aria-pressed], [aria-valuetext]")].map((e) =>
      e.type === "radio" || e.type === "checkbox" ? e.checked
      : e.matches("input, select") ? e.value : e.getAttribute("aria-pressed") ?? e.getAttribute("aria-valuetext"));

  const label = (e) => (e.getAttribute("aria-label") || [...(e.labels ?? [])].map((l) => l.textContent).join(" ") || e.textContent || e.title || e.tagName).trim().replace(/\s+/g, " ");

  const kindOf = (e) => {
    if (e.matches("input[type=range]")) return "range";
    if (e.matches("input[type=radio]")) return e.form ? "option" : "radio"; // an option is committed to, then counts
    if (e.matches("input[type=checkbox]")) return "checkbox";
    if (e.matches("input, textarea")) return "field";
    if (e.matches("select")) return "select";
    if (e.matches("button, a[href], [role=button]")) return e.type === "submit" ? "submit" : "button";
    if (e.matches("[role=slider]") || e.tabIndex >= 0) return "handle";
    if (["pointerdown", "mousedown", "touchstart", "click"].some((type) => e.heard?.has(type) || e[`on${type}`])) return "surface";
    return null;
  };

  /** Everything in the figure that answers to the reader, as { kind, label, panel, … }; `place.controls` holds the elements. */
  function controls(place) {
    place.controls = [...place.querySelectorAll("*")].filter((e) => e.tagName !== "LABEL" && kindOf(e) && (shown(e) || e.tagName === "BUTTON"));
    return place.controls.map((e) => ({
      kind: kindOf(e), label: label(e), disabled: Boolean(e.disabled), hidden: !shown(e), group: e.name || "",
      panel: (e.closest(".ol-panel")?.className ?? "").split(" ").filter((c) => c && c !== "ol-panel").join(" "),
    }));
  }

  /** What a figure is before anybody has touched it. */
  async function begin(place) {
    await arrive(place);
    return { initial: await rested(place), flaw: flaw(place), controls: controls(place), settings: settings(place) };
  }

  /** The middle of what is to be hit for the control, in the window and below the page's header; null when it has no size. */
  function centre(element) {
    const target = element.closest("label") ?? element;
    let box = target.getBoundingClientRect();
    if (box.top < 110 || box.bottom > innerHeight - 20) {
      target.scrollIntoView({ block: "center", behavior: "instant" });
      box = target.getBoundingClientRect();
    }
    return box.width && box.height ? [box.x + box.width / 2, box.y + box.height / 2] : null;
  }

  /** Whether a handle lies over a place of the element, given in shares of its width and height. */
  function covered(element, [u, v]) {
    const box = element.getBoundingClientRect();
    return Boolean(document.elementFromPoint(box.x + u * box.width, box.y + v * box.height)?.closest(".ol-handle"));
  }

  /**
   * Try out the options of a question by events made by script: choosing one changes nothing, committing to it does, in
   * another way than the others do, and Start over brings the question back. Returns what is wrong, in words, and the answers.
   */
  function tryOptions(form, first, options) {
    const place = form.closest(".live-figure"), answers = new Set(), wrong = [];
    const check = form.querySelector("button[type=submit]"), again = [...form.querySelectorAll("button")].find((b) => b.textContent === "Start over");
    for (const index of options) {
      const input = place.controls[index], target = input.closest("label") ?? input, name = label(input);
      centre(input);
      const box = target.getBoundingClientRect(), hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
      if (!target.contains(hit)) wrong.push(`option "${name}" is covered by <${hit?.tagName}>`);
      target.click();
      if (!same(picture(place), first)) wrong.push(`choosing "${name}" alone gives the answer away`);
      check.click();
      const said = readout(place);
      if (said === first.readout) wrong.push(`committing to "${name}" changes nothing`);
      if (answers.has(said)) wrong.push(`"${name}" is answered like another option`);
      answers.add(said);
      again.click();
      if (!same(picture(place), first)) wrong.push(`Start over after "${name}" does not bring the question back`);
    }
    return { wrong, answers: [...answers] };
  }

  /** Note the controls of the figure that are focused from now on, each with the contrast of its focus mark with the page. */
  function noteFocus(place) {
    for (const put of ["before", "after"]) {
      const stop = document.createElement("i");
      stop.tabIndex = 0;
      stop.className = "probe-stop";
      place[put](stop);
    }
    place.reached = [];
    place.noted = ({ target }) => {
      if (target === place.nextSibling) place.reached.left = true;
      else if (place.controls.includes(target)) place.reached.push([place.controls.indexOf(target), focusMark()]);
    };
    document.addEventListener("focusin", place.noted);
    place.previousSibling.focus();
  }
  function focusNoted(place) {
    const { reached } = place;
    if (!reached.left) return null;
    document.removeEventListener("focusin", place.noted);
    document.querySelectorAll(".probe-stop").forEach((e) => e.remove());
    return reached;
  }

  // What an event asked for is drawn in the next frame; the timer lets the frame end.
  async function settled(place) {
    await frame();
    await pause(0);
    return picture(place);
  }

  /** The sentence that says the result, as it stands now; its twin for screen readers follows when the hand rests. */
  const said = (place) => [...(place.querySelectorAll(".ol-say").length ? place.querySelectorAll(".ol-say") : place.querySelectorAll("[aria-live]"))].map((e) => e.textContent.trim()).join(" ").trim();

  /** What the figure objects to. */
  const told = (place) => [...place.querySelectorAll("[role=alert], [role=status]")].map((e) => e.textContent).join(" ").trim();

  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

  /** The picture as soon as it is `wanted`, or as it is after a while: a figure may refine what it drew in haste. */
  async function becomes(place, wanted) {
    let now;
    await frame();
    await until(() => same(now = picture(place), wanted), 1500);
    return now;
  }

  /** The picture once it has stayed the same for a while. */
  async function rested(place) {
    let last = await settled(place), since = performance.now();
    for (const end = since + 3000; performance.now() < end; await pause(70)) {
      const now = picture(place);
      if (!same(now, last)) [last, since] = [now, performance.now()];
      if (performance.now() - since > 220) break;
    }
    return last;
  }

  /** The picture as soon as it is another than `before`, or as it is after `ms`. A canvas alone may only be drawn less finely. */
  async function changes(place, before, ms) {
    let now;
    await frame();
    await pause(0);
    await until(() => !same(now = picture(place), before), ms);
    return now.canvases.filter((c, i) => c !== before.canvases[i]).length === 1 && same(now.drawings, before.drawings) && now.readout === before.readout ? rested(place) : now;
  }

  /** Wait until `test()` holds, or `ms` have passed; returns whether it holds. */
  async function until(test, ms = 3000) {
    for (const end = performance.now() + ms; !test(); await pause(20)) if (performance.now() > end) return Boolean(test());
    return true;
  }

  /** Bring the figure into the window and wait for its first frame. */
  async function arrive(place) {
    place.scrollIntoView({ block: "center", behavior: "instant" });
    await until(() => place.dataset.shown !== undefined, 10000);
    await frame();
    await pause(0);
  }

  /** What is missing from a first frame, in words, or "". */
  function flaw(place) {
    if (place.dataset.shown === undefined) return "did not start";
    const error = place.querySelector(".live-figure-error");
    if (error) return error.textContent;
    if (!place.firstElementChild || !shown(place.firstElementChild)) return "shows nothing";
    if (!getComputedStyle(place.firstElementChild).getPropertyValue("--ol-ink").trim()) return "has no style sheet";
    for (const [i, canvas] of [...place.querySelectorAll("canvas")].entries()) {
      const data = pixels(canvas);
      if (data.every((v) => v === data[0])) return `canvas ${i + 1} is blank`;
    }
    for (const drawing of place.querySelectorAll("svg"))
      if (!drawing.querySelector("path[d], line, circle, rect, text")) return "an SVG is empty";
    return "";
  }

  const light = ([r, g, b]) => [[0.2126, r], [0.7152, g], [0.0722, b]].reduce((sum, [k, v]) => sum + k * (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4), 0);
  const rgba = (color) => color.match(/[\d.]+/g).map(Number);

  /** How well the focus of the active element is seen: the best contrast of an outline around it, its label or the element beside it. */
  function focusMark() {
    const e = document.activeElement;
    let best = 0;
    for (const candidate of [e, e.nextElementSibling, e.closest("label")]) {
      if (!candidate || !shown(candidate)) continue;
      const style = getComputedStyle(candidate);
      let opacity = 1, ground = [255, 255, 255];
      for (let up = candidate; up; up = up.parentElement) opacity *= getComputedStyle(up).opacity;
      for (let up = candidate.parentElement; up; up = up.parentElement) {
        const color = rgba(getComputedStyle(up).backgroundColor);
        if (color.length < 4 || color[3] === 1) { ground = color; break; }
      }
      if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 1 || opacity < 0.5) continue;
      const [a, b] = [light(rgba(style.outlineColor)), light(ground)].sort((p, q) => q - p);
      best = Math.max(best, (a + 0.05) / (b + 0.05));
    }
    return best;
  }

  const FOCUSABLE = "a[href], button, input, select, textarea, [tabindex]";

  /**
   * Make a large page small for a checker that looks at every element, without a loss: of the pieces of code that look the
   * same one stays an element, and formulas keep their place and the words of their MathML, for which there are no rules.
   */
  function condense() {
    const looks = new Set(), spare = [], emptied = [];
    for (const piece of document.querySelectorAll(".highlight pre span:not(:has(*))")) {
      let ground = piece;
      while (ground && /^rgba\(.*, 0\)$/.test(getComputedStyle(ground).backgroundColor)) ground = ground.parentElement;
      const look = [piece.className, getComputedStyle(piece).color, ground && getComputedStyle(ground).backgroundColor].join("|");
      if (looks.has(look) && !piece.id && !piece.matches(FOCUSABLE)) spare.push(piece);
      else looks.add(look);
    }
    for (const formula of document.querySelectorAll(".katex-mathml")) formula.replaceChildren(formula.querySelector("semantics > :first-child")?.textContent ?? formula.textContent);
    for (const formula of document.querySelectorAll(".katex-html[aria-hidden=true]"))
      if (!formula.querySelector(FOCUSABLE)) emptied.push([formula, formula.getBoundingClientRect()]);
    for (const piece of spare) piece.replaceWith(...piece.childNodes);
    for (const [formula, { width, height }] of emptied) {
      Object.assign(formula.style, { display: "inline-block", width: `${width}px`, height: `${height}px` });
      formula.replaceChildren();
    }
  }

  /**
   * Leave one text of each look, for a checker of colours. The look of a text is its element, colour, size, weight, and all that
   * is behind it; that of a paragraph is the looks of its texts. Of those that look the same the others are emptied. What may lie
   * over something else (positioned, or drawn) keeps its text.
   */
  function thin() {
    const behind = new Map(), walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), blocks = new Map(), seen = new Set();
    const ground = (e) => { // the backgrounds and opacities behind an element, or null where something may overlap
      if (!e) return "";
      if (behind.has(e)) return behind.get(e);
      const { backgroundColor, backgroundImage, opacity, position, filter } = getComputedStyle(e), rest = ground(e.parentElement);
      const own = (opacity === "1" ? "" : opacity) + (/^rgba\(.*, 0\)$/.test(backgroundColor) ? "" : backgroundColor) + (backgroundImage === "none" ? "" : backgroundImage) + (filter === "none" ? "" : filter);
      const found = rest === null || ["absolute", "fixed", "sticky"].includes(position) || e.namespaceURI !== document.body.namespaceURI ? null : `${own}<${rest}`;
      behind.set(e, found);
      return found;
    };
    while (walker.nextNode()) {
      const text = walker.currentNode, parent = text.parentElement, under = text.data.trim() && shown(parent) ? ground(parent) : null;
      if (under === null) continue;
      const { color, fontSize, fontWeight, textShadow, textDecorationLine } = getComputedStyle(parent), block = parent.closest("p, li, td, th, dd, dt, pre") ?? parent;
      if (!blocks.has(block)) blocks.set(block, { looks: new Set(), texts: [] });
      blocks.get(block).looks.add([parent.tagName, color, fontSize, fontWeight, textShadow, textDecorationLine, under].join("|"));
      blocks.get(block).texts.push(text);
    }
    for (const { looks, texts } of blocks.values()) {
      const look = [...looks].sort().join("\n");
      if (seen.has(look)) for (const text of texts) text.data = "";
      seen.add(look);
    }
    return [blocks.size, seen.size];
  }

  /** Take elements out of the page for a moment. */
  const out = [];
  function takeOut(...elements) {
    for (const element of elements.filter(Boolean)) {
      const mark = document.createComment("");
      element.replaceWith(mark);
      out.push([element, mark]);
    }
  }
  function putBack() {
    for (const [element, mark] of out.splice(0).reverse()) mark.replaceWith(element);
  }

  /** Whether text on `element` is light: in a dark theme. */
  const isDark = (element) => light(rgba(getComputedStyle(element.querySelector(".ol-figure") ?? element).color)) > 0.5;

  /** The text of the figure that is smaller than `least` pixels on the screen. */
  function smallText(place, least) {
    const small = new Set(), walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const parent = walker.currentNode.parentElement;
      if (!walker.currentNode.data.trim() || !shown(parent) || parent.closest(".ol-sr, noscript")) continue;
      const matrix = parent.getScreenCTM?.(), scale = matrix ? Math.hypot(matrix.b, matrix.d) : 1;
      const size = parseFloat(getComputedStyle(parent).fontSize) * scale;
      if (size < least - 0.01) small.add(`"${walker.currentNode.data.trim()}" at ${size.toFixed(1)} px`);
    }
    for (const canvas of place.querySelectorAll("canvas")) if (canvas.smallest < least - 0.01) small.add(`text on a canvas at ${canvas.smallest.toFixed(1)} px`);
    return [...small];
  }

  /** The controls that are smaller than `least` pixels to hit, or stand beyond the window's sides. */
  function misplaced(place, least) {
    controls(place);
    const width = Math.min(innerWidth, screen.width);
    return place.controls.filter(shown).flatMap((e) => {
      const target = e.closest("label") ?? e, box = target.getBoundingClientRect(), flaws = [];
      if (Math.min(box.width, box.height) < least) flaws.push(`"${label(e)}" is ${box.width.toFixed(0)} × ${box.height.toFixed(0)} px`);
      const beyond = e.getAttribute("role") === "slider" ? box.width / 2 : 0; // a point at the border reaches over it
      if (box.left < -1 - beyond || box.right > width + 1 + beyond) flaws.push(`"${label(e)}" reaches from ${box.left.toFixed(0)} to ${box.right.toFixed(0)} px in a window of ${width} px`);
      return flaws;
    });
  }

  /** The axes with fewer than two numbers: they say nothing of their scale. */
  function unscaled(place) {
    return [...place.querySelectorAll(".ol-axes")].filter(shown).flatMap((axes) => {
      const along = (a, b) => [...axes.querySelectorAll(".ol-tick")].filter((tick) => tick.getAttribute(a) === tick.getAttribute(b)).length;
      return Object.entries({ x: along("x1", "x2"), y: along("y1", "y2") }).filter(([, n]) => n < 2).map(([axis, n]) => `${n} numbers at the axis ${axis}`);
    });
  }

  /** What begins to the left of the box in which it scrolls, so that its end is seen first. */
  function beheaded() {
    const boxes = [...document.querySelectorAll(".bd-article :is(div.math, .pst-scrollable-table-container, .cell_output .output, pre)")];
    const ahead = (box) => Math.max(0, ...[...box.children].map((e) => box.getBoundingClientRect().left - e.getBoundingClientRect().left));
    return boxes.filter((box) => shown(box) && ahead(box) > 1).map((box) => `<div class="${box.className}"> begins ${ahead(box).toFixed(0)} px before its box: ${box.textContent.trim().slice(0, 40)}`);
  }

  /** What reaches over the right edge of the page, outermost elements only. */
  function overflowing() {
    const width = Math.min(innerWidth, screen.width); // a phone would shrink the page to make room
    if (document.documentElement.scrollWidth <= width) return [];
    const wide = [...document.body.querySelectorAll("*")].filter((e) => shown(e) && e.getBoundingClientRect().right > width + 0.5);
    return wide.filter((e) => !wide.includes(e.parentElement)).map((e) => `<${e.tagName.toLowerCase()} class="${e.className}"> to ${e.getBoundingClientRect().right.toFixed(0)} px`);
  }

  /** Formulas whose comma, and numbers whose "%", may stand at the head of the next line; not in figures and questions. */
  function looseEnds() {
    const loose = [...document.querySelectorAll(":is(.bd-article, .slide) span.math")].filter((e) => /^[,.;:!?)\]”’]/.test(e.nextSibling?.data ?? "") && getComputedStyle(e.parentElement).whiteSpace !== "nowrap");
    const parted = [...document.querySelectorAll(":is(.bd-article, .slide) :is(p, li, td):not(.live-figure *, .asked)")].flatMap((e) => [...e.childNodes]).filter((e) => /\d %/.test(e.data ?? ""));
    return [
      ...loose.map((e) => `a line may end between "${e.textContent.trim().slice(0, 40)}…" and "${e.nextSibling.data[0]}"`),
      ...parted.map((e) => `a line may end before the "%" of "${e.data.slice(0, 60)}"`),
    ];
  }

  globalThis.probe = {
    picture, settings, readout, said, told, controls, settled, rested, becomes, changes, until, arrive, begin, flaw, centre, covered, tryOptions,
    noteFocus, focusNoted, focusMark, smallText, misplaced, unscaled, beheaded, overflowing, looseEnds, condense, thin, takeOut, putBack, isDark, frame, pause, shown,
  };
})();
