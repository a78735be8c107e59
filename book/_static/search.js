// The search in the words of this course. The keys are Sphinx's own sentences.
Object.assign(Documentation.TRANSLATIONS, {
  "Your search did not match any documents. Please make sure that all words are spelled correctly and that you've selected enough categories.":
    "Nothing found. A page has to hold every word: try fewer of them, or another one.",
  "Search finished, found ${resultCount} page(s) matching the search query.":
    "Pages and names found: ${resultCount}",
});

// What a result shows of its page: prose around the first word that was searched for, in whole
// words. Where these stand in code or a table alone, the beginning of the page or of its part.
Search.makeSearchSummary = (page, words, anchor) => {
  const prose = proseOf(new DOMParser().parseFromString(page, "text/html"), anchor);
  const places = [...words].map((word) => prose.toLowerCase().indexOf(word.toLowerCase()));
  const first = Math.min(...places.filter((place) => place >= 0));
  const start = first > 100 && first < Infinity ? prose.indexOf(" ", first - 100) + 1 : 0;
  const rest = prose.slice(start);
  const shown = rest.length > 240 ? `${rest.slice(0, rest.lastIndexOf(" ", 240))} …` : rest;
  const summary = document.createElement("p");
  summary.className = "context";
  summary.textContent = start ? `… ${shown}` : shown;
  return summary;
};

const proseOf = (page, anchor) => {
  const place = anchor ? page.getElementById(anchor.slice(1)) : null;
  if (place?.matches("dt")) return `${textOf(place)}: ${textOf(place.nextElementSibling)}`;
  return textOf(place || page.querySelector("article"));
};

const noise = "h1, pre, table, form, button, summary, dialog, script, style, div.math, .quiz, .headerlink";

const textOf = (part) => {
  part.querySelectorAll(noise).forEach((e) => e.remove());
  part.querySelectorAll("p, li, dt, dd, h2, h3, h4, figcaption").forEach((e) => e.append(" "));
  return part.textContent.replace(/\\[()]/g, "").replace(/\s+/g, " ").trim();
};
