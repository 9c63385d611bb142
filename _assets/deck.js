// Turns the slides (reveal.js) and keeps them apart from the figures: a hand in a figure never turns a slide.
// Fits what stands on a slide: text in steps down to the smallest that can be read from the back row, figures to their box.
(() => {
  const WIDTH = 1280, HEIGHT = 720, STEPS = 6, SMALLEST = 1.35; // times 12 px, the smallest text of a figure
  const root = document.documentElement;
  const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const figureOf = (element) => element?.closest?.(".figure");

  // A finger on a figure is caught by data-prevent-swipe. Keys: what a figure can use stays in it; page keys, which
  // presenters' remotes send, and Escape lead out of it.
  addEventListener("keydown", (event) => {
    const inside = figureOf(document.activeElement);
    if (!inside || event.ctrlKey || event.metaKey || event.altKey) return;
    const turn = { PageDown: "next", PageUp: "prev" }[event.key];
    if (!turn && event.key !== "Escape") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    document.activeElement.blur();
    if (turn) Reveal[turn]();
  }, true);

  // A link to a figure, with its state ("#name?lr=0.1"), opens its slide; the figure reads the state itself.
  const linked = () => document.getElementById(decodeURIComponent(location.hash.slice(1)).split("?")[0])?.closest(".slides section");
  const wanted = linked();

  // Fitting

  const shown = (element) => element.offsetParent !== null;
  const overflow = (content) => [...content.children].some((child) => child.scrollWidth > content.clientWidth + 1) || content.scrollHeight > content.clientHeight + 1;

  function fitText(section) {
    const content = section.querySelector(".content");
    for (let step = 0; step < STEPS; step++) {
      section.dataset.step = step;
      if (!overflow(content)) break;
    }
  }

  async function fitFigure(box) {
    const place = box.querySelector(".live-figure"), figure = place.firstElementChild;
    const question = place.dataset.kind === "Predict", width = box.clientWidth, height = box.clientHeight - (question ? 6 : 0);
    const pictures = place.querySelectorAll(".ol-panel").length;
    place.classList.remove("columns");
    place.classList.toggle("beside", !question && pictures === 1);
    const reserve = question ? answered(figure) : null;
    const set = (scale, wide) => {
      place.style.width = `${wide}px`;
      place.style.transform = `translateX(${Math.max(0, (width - wide * scale) / 2)}px) scale(${scale})`;
    };
    const high = async (scale, wide) => { set(scale, wide); await frames(); return figure.offsetHeight * scale; };
    let scale = 0, wide = 0;
    const fit = async () => {
      for (scale of question ? [2, 1.9, 1.8, 1.7, 1.6, 1.5, SMALLEST] : [1.6, 1.5, 1.4, SMALLEST]) {
        wide = width / scale;
        if (await high(scale, wide) <= height) break;
      }
      // Narrower, where the pictures are too high: their height goes with their width.
      for (let i = 0; i < 12 && figure.offsetHeight * scale > height && !question && wide * scale > width / 3; i++) {
        wide *= Math.max(0.8, Math.min(0.985, height / (figure.offsetHeight * scale)));
        await high(scale, wide);
      }
      return figure.offsetHeight * scale <= height;
    };
    // Two pictures above many sliders are too high at any width: then the sliders stand below one of them alone.
    if (!(await fit()) && pictures === 2) {
      place.classList.add("columns");
      await fit();
    }
    reserve?.remove();
    if (shown(box)) box.dataset.fitted = (figure.offsetHeight * scale - height).toFixed(0);
  }

  // The most that a question can say when it is answered, to keep room for it.
  function answered(form) {
    const { options, answer } = Object.values(states).map((s) => s.state).find((s) => s.name === form.parentElement.id) ?? {};
    const reveal = form.querySelector(".ol-predict-reveal");
    if (!options || !reveal) return null;
    const wrong = options.filter(([option]) => option !== answer).map(([, reply]) => reply);
    const made = document.createElement("div");
    made.className = reveal.className;
    for (const [verdict, text] of [["Not so. ", wrong.reduce((a, b) => (b.length > a.length ? b : a))], [`Instead: ${answer}. `, new Map(options).get(answer)]]) {
      const said = document.createElement("p");
      said.append(Object.assign(document.createElement("strong"), { textContent: verdict }), text);
      made.append(said);
    }
    made.style.visibility = "hidden";
    reveal.after(made);
    // An option wraps, where it is long, when its verdict comes beside it.
    const verdicts = [...form.querySelectorAll(".ol-predict-verdict")].map((mark) => [mark, mark.textContent]);
    for (const [mark] of verdicts) mark.textContent = "✗ your prediction";
    return { remove() { made.remove(); for (const [mark, text] of verdicts) mark.textContent = text; } };
  }
  const states = JSON.parse(document.querySelector('script[type="application/vnd.jupyter.widget-state+json"]').textContent).state;

  // A figure draws as finely as the screen shows it; told so by a change of its size, since the scale of a slide is none.
  async function sharpen() {
    for (const place of document.querySelectorAll(".live-figure[data-shown]")) {
      if (!shown(place)) continue;
      const { width } = place.style;
      place.style.width = `${parseFloat(width) - 1}px`;
      await frames();
      place.style.width = width;
    }
  }

  const printing = /print-pdf|view=print/.test(location.search);
  let fitted = printing ? new Promise((done) => Reveal.on("pdf-ready", done)) : Promise.resolve(); // one after the other
  let asked = 0;
  const fit = () => { // data-settled: all that was asked for is fitted
    const number = ++asked;
    delete root.dataset.settled;
    return (fitted = fitted.then(fitAll).then(() => { if (number === asked) root.dataset.settled = ""; }));
  };
  async function fitAll() {
    await document.fonts.ready; // those of mathematics come with the first slide that has any
    for (const section of document.querySelectorAll(".slides section[data-cells]")) {
      if (!shown(section.firstElementChild)) continue;
      if (section.dataset.step === undefined || section === Reveal.getCurrentSlide()) fitText(section);
      for (const box of section.querySelectorAll(".figure:not([data-fitted])")) {
        if (box.querySelector(".live-figure").dataset.shown !== undefined && shown(box)) await fitFigure(box);
      }
    }
  }

  // Figures start when their slide is near, in afm.js; each is fitted when it has.
  new MutationObserver(() => fit()).observe(document.querySelector(".slides"), { subtree: true, attributeFilter: ["data-shown"] });

  Reveal.initialize({
    width: WIDTH, height: HEIGHT, margin: 0, minScale: 0.1, maxScale: 10, center: false,
    hash: true, hashOneBasedIndex: true, transition: "none", backgroundTransition: "none", navigationMode: "linear",
    controlsTutorial: false, viewDistance: 2, mobileViewDistance: 2, scrollActivationWidth: null, pdfSeparateFragments: false, pdfMaxPagesPerSlide: 1,
    view: printing ? "print" : null,
    ...(document.querySelector("[data-timing]") && { defaultTiming: 30 }), // the speaker's clock says how far behind one is
    keyboardCondition: (event) => !figureOf(event.target),
    plugins: [RevealNotes],
  }).then(async () => {
    if (wanted) Reveal.slide(...Object.values(Reveal.getIndices(wanted)));
    Reveal.on("slidechanged", () => fit());
    Reveal.on("resize", sharpen);
    Reveal.addKeyBinding({ keyCode: 68, key: "D", description: "Light or dark" }, () => {
      root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    });
    if (printing) {
      dispatchEvent(new Event("beforeprint")); // all figures start
      while (document.querySelector(".live-figure:not([data-shown])")) await frames();
    }
    await fit();
    root.dataset.ready = "";
  });
})();
