// What all explorers share: how they start, and how they draw and say numbers. No dependencies.
//
// An explorer's script calls explorers.define(name, { start, ... }). `start(app, data)` is called
// once, with the element that holds the controls and the data made when the book was built. What
// else it defines are pure functions, which the tests compare with the package.
window.explorers = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const PREFIXES = ["", "k", "M", "G", "T", "P"];
  const WORDS = ["", "thousand ", "million ", "billion ", "trillion ", "quadrillion "];

  const known = {};
  const define = (name, parts) => { known[name] = parts; };

  const start = (app) => {
    const data = JSON.parse(app.querySelector("script").textContent);
    app.hidden = false;
    app.closest("figure").classList.add("live");
    known[app.dataset.explorer].start(app, data);
  };

  // An element with attributes and children; a child may be text.
  const fill = (made, attributes, children) => {
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };
  const html = (tag, attributes = {}, ...children) =>
    fill(document.createElement(tag), attributes, children);
  const svg = (tag, attributes = {}, ...children) =>
    fill(document.createElementNS(SVG, tag), attributes, children);

  // Put text into a live region, only if it changed, so that nothing is announced twice.
  const say = (element, text) => {
    if (element.textContent !== text) element.textContent = text;
  };

  // 3 significant digits, without an exponent: 12345.6 → "12,300", 0.01234 → "0.0123".
  const short = (value) =>
    Number(value.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 });
  const thousands = (value) => {
    if (!(value >= 1)) return 0;
    const power = Math.floor(Math.log10(Number(value.toPrecision(3))) / 3);
    return Math.min(PREFIXES.length - 1, power);
  };
  const scaled = (value, names) => {
    const power = thousands(value);
    return [short(value / 1000 ** power), names[power]];
  };
  const prefixed = (value, unit) => { // 3.35e12, "B/s" → "3.35 TB/s"
    const [number, prefix] = scaled(value, PREFIXES);
    return `${number} ${prefix}${unit}`;
  };
  const inWords = (value, unit) => { // 9.9e11, "operations" → "990 billion operations"
    const [number, word] = scaled(value, WORDS);
    return `${number} ${word}${unit}`;
  };
  const duration = (seconds) => {
    const [factor, unit] =
      [[1, "s"], [1e3, "ms"], [1e6, "µs"], [1e9, "ns"], [1e12, "ps"]]
        .find(([f]) => seconds * f >= 1) ?? [1e12, "ps"];
    return `${short(seconds * factor)} ${unit}`;
  };

  // A range input whose steps are even in the logarithm. `set` shows any value exactly, in words;
  // moving it calls `onMove` with a value of three digits, or rounded as one says.
  const threeDigits = (value) => Number(value.toPrecision(3));
  const logSlider = (input, { low, high, words, onMove, steps, round = threeDigits }) => {
    Object.assign(input, { min: 0, max: steps, step: 1 });
    const output = input.parentElement.querySelector("output");
    const set = (value) => {
      input.value = Math.round(steps * Math.log(value / low) / Math.log(high / low));
      input.setAttribute("aria-valuetext", words(value));
      if (output) output.textContent = words(value);
    };
    input.addEventListener("input", () => {
      onMove(round(low * (high / low) ** (input.value / steps)));
    });
    return { set };
  };

  // Call draw(svg, width) now and whenever the width changes, so that letters keep their size.
  const responsive = (element, height, draw) => {
    let width = 0;
    const redraw = () => {
      element.setAttribute("viewBox", `0 0 ${width} ${height}`);
      element.replaceChildren();
      draw(element, width);
    };
    new ResizeObserver(([entry]) => {
      const now = Math.round(entry.contentRect.width);
      if (now && now !== width) { width = now; redraw(); }
    }).observe(element);
    return () => { if (width) redraw(); };
  };

  // Logarithmic (or linear) axes in an SVG: grid, ticks and titles; returns the scales x and y.
  const axes = (element, { width, height, x, y, left = 52, bottom = 44, right = 10, top = 22 }) => {
    const scale = ({ low, high, log = true }, from, to) => (value) => {
      const share = log
        ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
      return from + share * (to - from);
    };
    const place = {
      x: scale(x, left, width - right), y: scale(y, height - bottom, top),
      left, right: width - right, top, bottom: height - bottom,
    };
    for (const value of x.ticks) {
      element.append(
        svg("path", { class: "grid", d: `M${place.x(value)} ${top}V${place.bottom}` }),
        svg("text", { x: place.x(value), y: place.bottom + 17, "text-anchor": "middle" },
          x.words(value)));
    }
    for (const value of y.ticks) {
      element.append(
        svg("path", { class: "grid", d: `M${left} ${place.y(value)}H${place.right}` }),
        svg("text", { x: left - 7, y: place.y(value) + 4, "text-anchor": "end" },
          y.words(value)));
    }
    element.append(
      svg("text", { class: "title", x: place.right, y: height - 6, "text-anchor": "end" }, x.title),
      svg("text", { class: "title", x: 2, y: 11 }, y.title));
    return place;
  };

  const startAll = () => document.querySelectorAll(".explorer-live").forEach(start);
  document.addEventListener("DOMContentLoaded", startAll); // after all deferred scripts
  return {
    define, known, html, svg, say, short, prefixed, inWords, duration, logSlider, responsive, axes,
  };
})();
