// The deck's frame: a screen's shape, or a telephone's; slides that never overflow; a few keys.
const UPRIGHT = innerHeight > 1.2 * innerWidth && innerWidth < 700;
const SIZE = UPRIGHT ? { width: 540, height: 1000 } : { width: 1280, height: 720 };
const SMALLEST = 0.55;
const LARGEST = 1.25; // of a short table or a few lines of code
const TALL = 1.7; // a figure less wide than this, relative to its height, stands beside its text

const root = document.documentElement;
const printing = /view=print|print-pdf/.test(location.search);
if (printing) root.dataset.theme = "light";
root.classList.toggle("upright", UPRIGHT);
root.style.setProperty("--slide-width", `${SIZE.width}px`);
root.style.setProperty("--slide-height", `${SIZE.height}px`);

/** Formulas of the notes as MathML: the notes' window has no style sheet for anything else. */
function setNotes() {
  for (const math of document.querySelectorAll("aside.notes .math")) {
    const display = math.tagName === "DIV";
    const tex = math.textContent.trim().replace(/^\\[([]|\\[)\]]$/g, "");
    math.outerHTML = MathJax.tex2mml(tex, { display });
  }
}

/** A tall figure gets the whole height of the slide; its text stands beside it. */
async function place(drawing) {
  if (drawing.decode) await drawing.decode().catch(() => {});
  const { width, height } = drawing.viewBox?.baseVal
    ?? { width: drawing.naturalWidth, height: drawing.naturalHeight };
  drawing.closest("section").classList.toggle("beside", !UPRIGHT && width < TALL * height);
}

/** Make the text of a slide smaller, step by step, until all of it is inside the frame. */
function fit(slide) {
  const largest = slide.matches(".code, .table") ? LARGEST : 1;
  for (let scale = largest; scale >= SMALLEST; scale -= 0.05) {
    slide.style.setProperty("--scale", scale.toFixed(2));
    if (slide.scrollHeight <= SIZE.height && !tooWide(slide)) break;
  }
}

function tooWide(slide) {
  const boxes = [...slide.querySelectorAll("pre, table, mjx-container, figure")];
  return slide.scrollWidth > slide.clientWidth
    || boxes.some((box) => box.scrollWidth > box.clientWidth + 1 && box.clientWidth > 0);
}

function fitAll(deck) {
  deck.classList.add("measuring");
  deck.querySelectorAll(".slides > section").forEach(fit);
  deck.classList.remove("measuring");
}

function switchTheme() {
  root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
}

function print() {
  open(`${location.pathname}?view=print`, "_self");
}

async function start() {
  if (window.MathJax) {
    await MathJax.startup.promise;
    setNotes();
  }
  await document.fonts.ready;
  await Promise.all([...document.querySelectorAll(".figure > figure :is(img, svg)")].map(place));
  fitAll(document.querySelector(".reveal"));
  await Reveal.initialize({
    ...SIZE, margin: 0, minScale: 0.1, maxScale: 4, center: false, display: "flex",
    hash: true, respondToHashChanges: true, slideNumber: "c/t", transition: "none",
    backgroundTransition: "none", scrollActivationWidth: null, navigationMode: "linear",
    pdfSeparateFragments: false, plugins: [RevealNotes],
  });
  Reveal.addKeyBinding({ keyCode: 68, key: "D", description: "Dark or light" }, switchTheme);
  Reveal.addKeyBinding({ keyCode: 80, key: "P", description: "Print" }, print);
  root.classList.add("ready");
  if (printing) setTimeout(() => window.print(), 300);
}

start();
