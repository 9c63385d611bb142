// What every page needs besides the theme: keyboard access to what scrolls sideways, a clean print, and a store for reading
// without a network.
(() => {
  const root = document.documentElement;

  // Wide mathematics and tables scroll in their own box; one that does must be reachable by keyboard. A box is looked at when it is
  // laid out and whenever its size changes; one that is far from the window, and so not laid out yet, when the page is idle.
  const boxes = [...document.querySelectorAll(".bd-article :is(div.math, .pst-scrollable-table-container, .cell_output .output, pre)")];
  function reachable(some) {
    const scrolling = some.map((box) => box.scrollWidth > box.clientWidth); // all are read before one is changed
    some.forEach((box, i) => (scrolling[i] ? (box.tabIndex = 0) : box.removeAttribute("tabindex")));
  }
  const sizes = new ResizeObserver((entries) => reachable(entries.map((entry) => entry.target)));
  for (const box of boxes) sizes.observe(box);
  const idle = globalThis.requestIdleCallback ?? setTimeout;
  function next() {
    const box = boxes.shift();
    if (!box) return;
    if (box.checkVisibility()) reachable([box]); // not what is folded away
    idle(next);
  }
  addEventListener("load", () => idle(next));

  for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => print());

  // On paper: light colours, and what is folded away is open, but for hidden code.
  let before = null;
  addEventListener("beforeprint", () => {
    const folded = [...document.querySelectorAll("details:not([open], .hide)")];
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
