// What every page needs besides the theme: keyboard access to what scrolls sideways, a clean print, the missing address in
// a report of it, and a store for reading without a network.
(() => {
  const root = document.documentElement;

  // Wide mathematics and tables scroll in their own box; one that does must be reachable by keyboard. A box is looked at when it
  // gets its size: when it is laid out, or what it is folded into is opened.
  const sizes = new ResizeObserver((entries) => {
    const scrolling = entries.map(({ target }) => target.scrollWidth > target.clientWidth); // all are read before one is changed
    entries.forEach(({ target }, i) => (scrolling[i] ? (target.tabIndex = 0) : target.removeAttribute("tabindex")));
  });
  for (const box of document.querySelectorAll(".bd-article :is(div.math, .pst-scrollable-table-container, .cell_output .output, pre)")) {
    sizes.observe(box);
  }

  // What book.css leaves aside until it comes near is laid out anyway once the page is idle, a block at a time: soon the page is as
  // long as it says, and the reader has waited for none of it.
  const idle = globalThis.requestIdleCallback ?? setTimeout;
  addEventListener("load", () => {
    const blocks = [...document.querySelectorAll(".bd-article section > *")];
    const far = blocks.filter((block) => getComputedStyle(block).contentVisibility === "auto");
    idle(function next() {
      const block = far.shift();
      if (block) block.style.contentVisibility = "visible";
      if (block) idle(next);
      else root.dataset.laidOut = "";
    });
  });

  // The page "not here" is shown at the address that is missing: that one is reported, not its own.
  if (document.getElementById("not-here")) {
    const link = document.querySelector("a.report"), own = document.querySelector("link[rel=canonical]").href;
    link.href = link.href.replace(encodeURIComponent(own), encodeURIComponent(location.href));
  }

  for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => print());

  // On paper: light colours, and what is folded away is open, but for hidden code; that of the exercises is their solution.
  let before = null;
  addEventListener("beforeprint", () => {
    const folded = [...document.querySelectorAll("details:not([open], .hide), section[id^=exercise] details:not([open])")];
    before = { theme: root.dataset.theme, folded };
    root.dataset.theme = "light";
    for (const details of folded) details.open = true;
  });
  addEventListener("afterprint", () => {
    if (!before) return;
    root.dataset.theme = before.theme;
    for (const details of before.folded) details.open = false;
    before = null;
  });

  // Once the page is there, the worker stores it. A reader who stays gets the rest of the book too, one file at a time: about
  // 1.5 MB, less than one photograph; not where the reader saves data or the line is slow. A file:// page has no worker.
  const STAY = 20_000; // ms
  async function store() {
    const { serviceWorker, connection } = navigator;
    const keep = (what) => serviceWorker.controller?.postMessage({ keep: what });
    const keepThis = () => keep([location.href, ...performance.getEntriesByType("resource").map((entry) => entry.name)]);
    serviceWorker.addEventListener("controllerchange", keepThis); // the first worker, or that of a new publication
    await serviceWorker.register(new URL(root.dataset.content_root + "sw.js", document.baseURI));
    keepThis();
    if (!connection?.saveData && !/2g|3g/.test(connection?.effectiveType)) setTimeout(() => keep("book"), STAY);
  }
  if (location.protocol.startsWith("http") && navigator.serviceWorker) {
    addEventListener("load", () => setTimeout(() => store().catch((error) => console.warn("Not stored:", error)), 1000));
  }
})();
