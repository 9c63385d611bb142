// What every page needs besides the theme: keyboard access to what scrolls sideways, and a clean print.
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
})();
