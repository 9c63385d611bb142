// What every page needs besides the theme: keyboard access to what scrolls sideways, a clean print, and a store for reading
// without a network.
(() => {
  const root = document.documentElement;

  // Wide mathematics and tables scroll in their own box; one that does must be reachable by keyboard.
  function reachable() {
    for (const box of document.querySelectorAll(".bd-article div.math, .bd-article .pst-scrollable-table-container, .bd-article .cell_output .output, .bd-article pre")) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  }
  addEventListener("load", reachable);
  addEventListener("resize", reachable);
  document.addEventListener("toggle", reachable, true); // what was folded away has no width until it is opened

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
