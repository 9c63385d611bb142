// A question with options. What an option reveals is shown after the reader has committed to it, not before:
// arrow keys choose among radio buttons, so choosing alone must not give the answer away.
import { put, tint } from "./kit.js";

let groups = 0;

function node(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** `code` and *emphasis* as elements; the rest stays text, so no markup can slip in. */
function inline(text) {
  return text.split(/(`[^`]+`|\*[^*]+\*)/).filter(Boolean).map((part) =>
    part.length > 2 && part[0] === "`" ? node("code", {}, part.slice(1, -1))
    : part.length > 2 && part[0] === "*" ? node("em", {}, part.slice(1, -1)) : part);
}

function render({ model, el }) {
  const options = model.get("options"), answer = model.get("answer"), group = `ol-predict-${groups++}`;
  const form = node("form", { className: "ol-figure ol-predict" }), name = model.get("name");
  if (name && !document.getElementById(name)) form.id = name;
  const question = node("legend", {}, node("span", { className: "ol-predict-tag" }, "Predict"), " ", ...inline(model.get("question")));
  const check = node("button", { type: "submit", className: "ol-button", disabled: true }, "Check");
  const again = node("button", { type: "button", className: "ol-button", hidden: true }, "Start over");
  const reveal = node("div", { className: "ol-predict-reveal" });
  reveal.setAttribute("aria-live", "polite");
  const rows = options.map(([option]) => {
    const input = node("input", { type: "radio", name: group, value: option });
    const verdict = node("span", { className: "ol-predict-verdict" });
    const row = node("label", { className: "ol-predict-option" }, input, node("span", {}, ...inline(option)), verdict);
    input.addEventListener("change", () => { check.disabled = false; });
    return { option, input, verdict, row };
  });
  form.append(node("fieldset", {}, question, ...rows.map((r) => r.row)), reveal, node("div", { className: "ol-predict-actions" }, check, again));
  el.append(form);
  const untint = tint(form), choose = (option) => put(model, "chosen", option);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const picked = rows.find((r) => r.input.checked);
    if (picked) choose(picked.option);
  });
  again.addEventListener("click", () => {
    choose("");
    rows[0].input.focus();
  });

  function show() {
    const chosen = model.get("chosen");
    for (const { option, input, verdict, row } of rows) {
      const right = chosen !== "" && option === answer, wrong = option === chosen && !right;
      input.checked = option === chosen;
      verdict.textContent = right ? "✓ right" : wrong ? "✗ your prediction" : "";
      row.classList.toggle("ol-right", right);
      row.classList.toggle("ol-wrong", wrong);
    }
    const told = new Map(options), paragraphs = [];
    if (chosen) paragraphs.push(node("p", {}, node("strong", {}, chosen === answer ? "Right. " : "Not so. "), ...inline(told.get(chosen))));
    if (chosen && chosen !== answer) paragraphs.push(node("p", {}, node("strong", {}, "Instead: ", ...inline(answer), ". "), ...inline(told.get(answer))));
    reveal.replaceChildren(...paragraphs);
    check.disabled = !chosen;
    again.hidden = !chosen;
  }
  model.on("change:chosen", show);
  show();
  return () => { model.off("change:chosen", show); untint(); form.remove(); };
}

export default { render };
