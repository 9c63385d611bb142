// What every page needs besides the theme: keyboard access to what scrolls sideways, and a clean print.
(() => {
  const root = document.documentElement;

  // Wide mathematics and tables scroll in their own box; one that does must be reachable by keyboard. Each is looked at when it
  // is laid out, and again when its size changes: what is folded away or far below has no size yet.
  const boxes = new ResizeObserver((entries) => {
    const scrolling = entries.map(({ target }) => target.scrollWidth > target.clientWidth); // all are read before one is changed
    entries.forEach(({ target }, i) => (scrolling[i] ? (target.tabIndex = 0) : target.removeAttribute("tabindex")));
  });
  for (const box of document.querySelectorAll(".bd-article :is(div.math, .pst-scrollable-table-container, .cell_output .output, pre)")) {
    boxes.observe(box);
  }

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
})();
