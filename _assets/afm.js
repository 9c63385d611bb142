// Runs the live figures of a page without a kernel. Each is an anywidget (https://anywidget.dev/en/afm/); this is its host.
// A classic script on purpose: module scripts do not load from file://.
(() => {
  const STATE = 'script[type="application/vnd.jupyter.widget-state+json"]';
  const VIEW = 'script[type="application/vnd.jupyter.widget-view+json"]';

  class Model {
    constructor(state) {
      this.state = state;
      this.listeners = [];
      this.site = true; // a figure shows "copy link" only here
    }
    get(key) {
      return this.state[key];
    }
    set(key, value) {
      if (Object.is(this.state[key], value)) return;
      this.state[key] = value;
      this.emit("change:" + key, value);
      this.emit("change");
    }
    save_changes() {} // no kernel to tell
    send() {}
    on(event, listener) {
      this.listeners.push([event, listener]);
    }
    off(event, listener) {
      this.listeners = this.listeners.filter(([e, l]) => (event && e !== event) || (listener && l !== listener));
    }
    emit(event, value) {
      for (const [e, listener] of [...this.listeners]) if (e === event) listener(this, value);
    }
  }

  // The site's own figures are in figures.js; a figure that a notebook defined brings its module with it.
  async function imported(state) {
    if (!state._esm) throw new Error(`no figure "${state._anywidget_id}" in figures.js`);
    if (state._css) {
      const sheet = new CSSStyleSheet(); // the page's content security policy refuses a <style>
      sheet.replaceSync(state._css);
      document.adoptedStyleSheets.push(sheet);
    }
    const address = URL.createObjectURL(new Blob([state._esm], { type: "text/javascript" }));
    const exported = (await import(address)).default;
    URL.revokeObjectURL(address);
    return typeof exported === "function" ? exported() : exported;
  }

  const states = {};
  for (const script of document.querySelectorAll(STATE)) Object.assign(states, JSON.parse(script.textContent).state);
  const models = new Map();
  const started = new Set();

  // Up to `render` nothing waits when the figure is in figures.js, so that a figure can still be drawn when printing begins.
  async function start(place) {
    if (started.has(place)) return;
    started.add(place);
    near.unobserve(place);
    try {
      const id = place.dataset.model;
      if (!states[id]) throw new Error("its state is not on this page");
      const state = states[id].state;
      if (!models.has(id)) {
        models.set(id, { model: new Model(state), figure: globalThis.optlibFigures?.[state._anywidget_id] });
      }
      const entry = models.get(id);
      entry.figure ??= await imported(state);
      if (entry.figure.initialize) await (entry.initialized ??= entry.figure.initialize({ model: entry.model }));
      await entry.figure.render({ model: entry.model, el: place });
    } catch (error) {
      console.error(error);
      const notice = document.createElement("p");
      notice.className = "live-figure-error";
      notice.setAttribute("role", "alert");
      notice.textContent = `This figure did not start: ${error.message}. The text does not depend on it; the chapter's notebook runs it too.`;
      place.append(notice);
    }
    place.dataset.shown = "";
  }

  // Slides carry the bare view scripts; the book's pages carry the places themselves.
  for (const script of document.querySelectorAll(VIEW)) {
    const place = document.createElement("div");
    place.className = "live-figure";
    place.dataset.model = JSON.parse(script.textContent).model_id;
    const name = states[place.dataset.model]?.state.name;
    if (name) place.id = name;
    script.after(place);
  }

  const places = [...document.querySelectorAll(".live-figure[data-model]")];
  const near = new IntersectionObserver(
    (entries) => entries.forEach((entry) => entry.isIntersecting && start(entry.target)),
    { rootMargin: "600px" },
  );
  places.forEach((place) => near.observe(place));
  addEventListener("beforeprint", () => places.forEach(start));

  // "#name?lr=0.1" names a figure and its state: the figure reads the state, the browser cannot find the anchor.
  async function follow() {
    const [name, state] = decodeURIComponent(location.hash.slice(1)).split("?");
    const place = places.find((p) => p.id === name);
    if (!place) return;
    await start(place);
    if (state !== undefined) place.scrollIntoView();
  }
  addEventListener("hashchange", follow);
  follow();
})();
