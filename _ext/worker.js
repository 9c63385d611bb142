// Keeps the book readable without a network: what was visited, and the other chapters for a reader who stays (page.js asks).
// Each publication has a store of its own. Pages come from the network while it answers, files whose address names their
// contents from the store. The build fills in the values of the next four lines.
const BUILD = /* BUILD */;
const BOOK = /* BOOK */;
const APART = /* APART */;
const RELATIVE = new RegExp(/* RELATIVE */, "g"); // an address in a page of the root

const ROOT = self.registration.scope;
const STORES = `book ${ROOT} `; // other books of the same host have theirs
const STORE = STORES + BUILD;
const HASHED = /[?&]v=|\/[0-9a-f]{64}\.\w+$/;
const PLACE = "<!-- stored -->";

// The address under which something is stored: pages without their queries, a folder as its first page.
function address(request) {
  const url = new URL(request.url ?? request, ROOT);
  url.hash = "";
  if (url.pathname.endsWith("/")) url.pathname += "index.html";
  if (url.pathname.endsWith(".html")) url.search = "";
  return url.href;
}

const ours = (url) => url.startsWith(ROOT) && !APART.some((folder) => url.startsWith(ROOT + folder));
const isPage = (url) => new URL(url).pathname.endsWith(".html");

// Store a file, or a page and what it loads; what has a name of its contents is stored once.
async function keep(store, url, answer) {
  if (!answer && HASHED.test(url) && (await store.match(url))) return;
  answer ??= await fetch(url, { cache: HASHED.test(url) ? "default" : "no-cache" });
  if (answer.status === 404) return;
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  await store.put(url, answer.clone());
  for (const file of isPage(url) ? loads(url, await answer.text()) : []) {
    if (!(await store.match(file))) await keep(store, file);
  }
}

// The addresses of the files of the site that a page loads when it is shown, but for those that its style sheets name.
function loads(url, text) {
  const shown = text.replace(/<noscript>.*?<\/noscript>/gs, "");
  const tags = shown.match(/<(?:script|img)\b[^>]*?\bsrc="[^"]+"|<link\b[^>]*\brel="(?:stylesheet|icon)"[^>]*>/g) ?? [];
  const found = tags.map((tag) => new URL(/\b(?:src|href)="([^"]+)"/.exec(tag)[1].replaceAll("&amp;", "&"), url).href);
  return [...new Set(found)].filter((file) => file.startsWith(ROOT));
}

const stores = async () => (await caches.keys()).filter((name) => name.startsWith(STORES));

// This publication's store, or nothing once the next one has taken over: to open it would make it anew.
const opened = async () => ((await caches.has(STORE)) ? caches.open(STORE) : undefined);

// A new publication: what was stored of the old one is fetched anew while the old one still serves; then it takes over.
async function install() {
  const store = await caches.open(STORE);
  await keep(store, ROOT + "offline.html");
  if (!navigator.connection?.saveData) {
    for (const name of await stores()) {
      const old = await (await caches.open(name)).keys();
      for (const { url } of name === STORE ? [] : old.filter(({ url }) => isPage(url))) await keep(store, url);
    }
  }
  await self.skipWaiting();
}

async function activate() {
  for (const name of await stores()) if (name !== STORE) await caches.delete(name);
  await self.clients.claim();
}

// A line that neither answers nor fails is waited for so long where an answer is stored, and then no more until it answers.
const PATIENCE = 3000; // ms
let hangs = false;

// A page, or a file with a lasting name: the newest there is, or what is stored if that does not come.
async function newest(event, url) {
  const store = await opened();
  const visited = event.request.mode === "navigate";
  const answering = fetch(event.request).then((answer) => {
    hangs = false;
    if (store && storable(answer)) event.waitUntil(visited ? keep(store, url, answer.clone()) : store.put(url, answer.clone()));
    return answer;
  });
  event.waitUntil(answering.catch(() => {})); // the reader is told below; what comes too late for this time is stored
  const tired = new Promise((done) => setTimeout(done, hangs ? 0 : PATIENCE));
  try {
    const answer = await Promise.race([answering, tired]);
    hangs = !answer;
    return answer ?? (await store?.match(url)) ?? (await answering);
  } catch (error) {
    const stored = await store?.match(url);
    if (!stored && !visited) throw error;
    return stored ?? missing(store);
  }
}

// A file with a name of its contents.
async function lasting(event, url) {
  const store = await opened();
  const stored = await store?.match(url);
  if (stored) return stored;
  const answer = await fetch(event.request);
  if (store && storable(answer)) event.waitUntil(store.put(url, answer.clone()));
  return answer;
}

const storable = (answer) => answer.ok && answer.type === "basic";

// The page that says that a page is not here, and what is; its addresses are made to hold at any depth.
async function missing(store) {
  const order = new Map(BOOK.map((name, i) => [ROOT + name, i]));
  const found = (await store.keys()).map(({ url }) => url).filter((url) => isPage(url) && url !== ROOT + "offline.html");
  found.sort((a, b) => (order.get(a) ?? 1e3) - (order.get(b) ?? 1e3));
  const items = [];
  for (const url of found) {
    const title = /<title>(.*?)<\/title>/s.exec(await (await store.match(url)).text())?.[1].split("&#8212;")[0].trim() ?? url;
    items.push(`<li><a href="${url}">${title}</a></li>`);
  }
  const list = items.length ? `<h2>Stored on your device</h2><ul class="stored">${items.join("")}</ul>` : "<p>No page is stored yet.</p>";
  const page = (await (await store.match(ROOT + "offline.html")).text())
    .replace(PLACE, list)
    .replace(RELATIVE, `$1="${ROOT}`);
  return new Response(page, { status: 503, statusText: "Offline", headers: { "Content-Type": "text/html; charset=utf-8" } });
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));

self.addEventListener("fetch", (event) => {
  if (event.request.method !== "GET" || !ours(event.request.url)) return;
  const at = address(event.request);
  event.respondWith(HASHED.test(at) ? lasting(event, at) : newest(event, at));
});

// A page says what to keep: itself and its files, or the whole book.
self.addEventListener("message", (event) => {
  const wanted = event.data.keep === "book" ? BOOK.map((name) => ROOT + name) : event.data.keep.filter(ours);
  const all = async () => {
    const store = await opened();
    for (const url of store ? wanted.map(address) : []) if (!(await store.match(url))) await keep(store, url);
  };
  event.waitUntil(all());
});
