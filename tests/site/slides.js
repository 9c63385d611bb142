// What of the slide that is shown does not fit, and its smallest text, in pixels of the slide's 1280 by 720.
() => {
  const section = Reveal.getCurrentSlide(), slide = section.querySelector(".slide"), content = section.querySelector(".content");
  const box = section.getBoundingClientRect(), scale = box.width / 1280, texts = [], out = [];
  const visible = (e) => e.checkVisibility({ opacityProperty: false, visibilityProperty: true }) && !e.closest(".ol-sr, .katex-mathml");
  const walk = document.createTreeWalker(slide, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const element = node.parentElement, text = node.textContent.trim();
    if (!text || element.closest("option, noscript, script, style") || !visible(element)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const r = range.getBoundingClientRect();
    if (!r.width || !r.height) continue;
    const owner = element.closest(".live-figure"), grown = owner ? owner.getBoundingClientRect().width / owner.offsetWidth / scale : 1;
    texts.push([parseFloat(getComputedStyle(element).fontSize) * grown, text.slice(0, 40), Boolean(element.closest(".katex"))]);
    const over = Math.max(box.left - r.left, r.right - box.right, box.top - r.top, r.bottom - box.bottom) / scale;
    if (over > 0.5) out.push([Math.round(over), text.slice(0, 40)]);
  }
  // What a part of the slide leaves its own box by, down into the footer or over its neighbour.
  const inner = content.getBoundingClientRect();
  for (const child of content.querySelectorAll(":scope > *, :scope > * > *")) {
    if (!visible(child) || child.closest(".katex")) continue;
    const r = child.getBoundingClientRect(), over = Math.max(r.bottom - inner.bottom, inner.top - r.top, r.right - inner.right) / scale;
    if (over > 1) out.push([Math.round(over), child.className || child.tagName]);
  }
  for (const figure of content.querySelectorAll(".ol-figure")) {
    const r = figure.getBoundingClientRect(), room = figure.closest(".figure").getBoundingClientRect();
    const over = Math.max(r.bottom - room.bottom, r.right - room.right) / scale;
    if (over > 1) out.push([Math.round(over), "figure " + figure.closest(".live-figure").id]);
  }
  const plain = texts.filter(([, , math]) => !math), small = plain.reduce((a, b) => (b[0] < a[0] ? b : a), [99, ""]);
  const scrolled = [...section.querySelectorAll("*"), document.scrollingElement].filter((e) => e.scrollTop || e.scrollLeft).length;
  const figures = [...content.querySelectorAll(".live-figure")];
  return {
    cells: section.dataset.cells, title: (section.querySelector("h1, h2, .eyebrow") ?? {}).textContent ?? "", out, scrolled,
    small: [Math.round(small[0] * 10) / 10, small[1]], texts: texts.length,
    figures: figures.map((f) => ({
      name: f.id, kind: f.dataset.kind, drawn: Boolean(f.querySelector(".ol-figure")), failed: Boolean(f.querySelector(".live-figure-error")),
      wide: Math.round(f.getBoundingClientRect().width / scale), high: Math.round(f.getBoundingClientRect().height / scale),
    })),
  };
}
