// "Claims, tested": the reader covers the verdicts, judges a claim, and uncovers what its experiment says. None of it is stored.
(() => {
  const rows = [...document.querySelectorAll("table.claims tbody tr:not(.claims-chapter)")];
  const ANSWERS = { holds: "Holds", depends: "Depends", fails: "Fails" };
  const covered = () => rows.filter((row) => "covered" in row.dataset).length;

  const element = (tag, settings) => Object.assign(document.createElement(tag), settings);
  function button(textContent, act) {
    const made = element("button", { type: "button", className: "btn", textContent });
    made.addEventListener("click", act);
    return made;
  }

  // book.css hides verdict and number of a covered row, from screen readers too. In their place stand the answers.
  function cover(row, i) {
    row.querySelector("small")?.remove(); // the last answer
    delete row.dataset.agreed;
    row.dataset.covered = "";
    const claim = row.querySelector("a");
    claim.id = `judged-${i}`;
    const answers = element("div");
    answers.setAttribute("role", "group");
    answers.setAttribute("aria-labelledby", claim.id);
    for (const [kind, text] of Object.entries(ANSWERS)) answers.append(button(text, () => judge(row, kind)));
    answers.append(button("Uncover", () => judge(row)));
    row.append(element("td", { colSpan: 2 }));
    row.lastElementChild.append(answers);
  }

  function uncover(row) {
    row.lastElementChild.remove();
    delete row.dataset.covered;
  }

  function judge(row, kind) {
    uncover(row);
    const verdict = row.cells[1];
    if (kind) {
      const agreed = row.classList.contains(`claim-${kind}`);
      row.dataset.agreed = agreed;
      verdict.append(element("small", { textContent: `You: ${kind}. ${agreed ? "Agreed." : "Not agreed."}` }));
    }
    verdict.tabIndex = -1; // the button that had the focus is gone
    verdict.focus();
    report();
  }

  const toggle = button("", () => {
    const some = covered();
    rows.forEach((row, i) => (some ? "covered" in row.dataset && uncover(row) : cover(row, i)));
    report();
  });
  const said = element("span");
  said.setAttribute("role", "status");

  function report() {
    const left = covered();
    const judged = rows.filter((row) => "agreed" in row.dataset);
    const agreed = judged.filter((row) => row.dataset.agreed === "true").length;
    toggle.textContent = left ? "Uncover all" : "Cover the verdicts, and judge first";
    if (judged.length) said.textContent = `Agreed: ${agreed} of ${judged.length}. Covered: ${left}.`;
    else said.textContent = left ? "Does it hold as stated, depend on what it leaves out, or fail?" : "";
  }

  report();
  document.querySelector(".claims-judge").append(toggle, said);
})();
