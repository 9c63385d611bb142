// Puts the articles of the built pages together as one document to be printed; book_pdf.py hands them over one by one.
globalThis.book = (() => {
  const node = (tag, props = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), props);
    element.append(...children);
    return element;
  };

  /** What a reader can do on the page alone, and what stands there for other readers. */
  const UNPRINTED = ".headerlink, script, style, button, input, .on-dark, .live-figure, .tag_bootstrap, [hidden]";

  /** Append a page: `path` in the site, `name` before its ids, `names` of all printed pages by path. */
  function add({ path, name, number, part, html, names, root, site }) {
    const article = new DOMParser().parseFromString(html, "text/html").querySelector("article");
    const here = new URL(path, root).href;
    // The address at which each figure is alive, taken before its place goes.
    for (const still of article.querySelectorAll("noscript")) {
      const place = still.parentElement.querySelector(".live-figure");
      const anchor = place?.id || still.closest("[id]").id;
      figure(still, new URL(`${path}#${anchor}`, site).href, place?.id);
    }
    // Code that is folded away on the page: out, but for that of the exercises, where it is the solution.
    for (const fold of article.querySelectorAll("details.hide")) {
      if (fold.closest("section[id^=exercise]")) fold.replaceWith(...[...fold.childNodes].filter((child) => child.tagName !== "SUMMARY"));
      else fold.remove();
    }
    // The table of claims repeats, folded, what the cells of the chapters print.
    for (const fold of article.querySelectorAll("table.claims details")) fold.remove();
    for (const fold of article.querySelectorAll("details")) fold.open = true;
    for (const element of article.querySelectorAll(UNPRINTED)) element.remove();
    for (const element of article.querySelectorAll("[id]")) element.id = `${name}.${element.id}`;
    for (const link of article.querySelectorAll("a[href]")) link.setAttribute("href", address(link.getAttribute("href")));
    for (const image of article.querySelectorAll("img")) {
      image.removeAttribute("loading");
      image.src = new URL(image.getAttribute("src"), here).href;
    }
    const title = article.querySelector("h1");
    if (number) title.prepend(node("span", { className: "number" }, `${number} `));
    const section = node("section", { id: name, className: "page" }, article);
    section.dataset.part = part;
    document.getElementById("book").append(section);

    /** Return where a link of this page leads: into this document, or to the published site. */
    function address(href) {
      const target = new URL(href, here);
      if (!target.href.startsWith(root)) return target.href;
      const [file, fragment] = target.href.slice(root.length).split("#");
      // "#figure?lr=0.1" opens a live figure in a state, which paper does not have.
      if (!(file in names) || fragment?.includes("?")) return new URL(target.href.slice(root.length), site).href;
      return "#" + names[file] + (fragment ? "." + decodeURIComponent(fragment) : "");
    }
  }

  /** Put the still picture of a live figure, or the whole of a question, in the place of `still`, with the figure's address. */
  function figure(still, address, id) {
    const where = node("a", { href: address, className: "alive" }, address.replace(/^https:\/\//, ""));
    const image = still.querySelector("img");
    const caption = node("figcaption", {}, image ? node("span", {}, image.alt) : "", node("span", { className: "where" }, "Live: ", where));
    const made = node("figure", { className: image ? "still" : "still question" }, ...still.childNodes, caption);
    if (id) made.id = id;
    still.replaceWith(made);
  }

  /** Write the contents, look after links whose target is not there, and wait for fonts and pictures. */
  async function finish() {
    const contents = document.getElementById("contents");
    let part = "", list;
    for (const section of document.querySelectorAll("#book > section")) {
      if (section.dataset.part !== part || !list) {
        part = section.dataset.part;
        if (part) contents.append(node("p", { className: "part" }, part));
        contents.append((list = node("ol")));
      }
      const inner = [...section.querySelectorAll("article > section > section")].map((one) => entry(one.id, one.querySelector("h2")));
      const own = entry(section.id, section.querySelector("h1"));
      own.append(node("ol", {}, ...inner));
      list.append(own);
    }
    const lost = [...document.querySelectorAll('a[href^="#"]')].filter((a) => !document.getElementById(a.getAttribute("href").slice(1)));
    if (lost.length) throw new Error(`links without a target: ${lost.map((a) => a.getAttribute("href")).join(", ")}`);
    await Promise.all([...document.images].map((image) => image.decode()));
    await document.fonts.ready;
  }

  function entry(id, title) {
    const words = node("span", { className: "words" });
    words.append(...[...title.cloneNode(true).childNodes]);
    const link = node("a", {}, words, node("span", { className: "dots" }), node("span", { className: "pagenumber" }));
    link.setAttribute("href", "#" + id);
    return node("li", {}, link);
  }

  /** Leave of the document what stands before the first page, and of that nothing but the numbers of the pages. */
  function number(numbers) {
    document.getElementById("book").remove();
    document.documentElement.classList.add("numbers");
    for (const link of document.querySelectorAll("#contents a")) {
      const page = numbers[link.getAttribute("href").slice(1)];
      if (!page) throw new Error(`no page number for ${link.getAttribute("href")}`);
      link.querySelector(".pagenumber").textContent = page;
    }
    for (const link of document.querySelectorAll("a")) link.removeAttribute("href");
  }

  return { add, finish, number };
})();
