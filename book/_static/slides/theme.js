// Before anything is drawn: the theme that the reader chose on the pages, else the system's.
(() => {
  let chosen = "auto";
  try { chosen = localStorage.getItem("mode") || "auto"; } catch { /* no storage in a file */ }
  const dark = chosen === "auto" ? matchMedia("(prefers-color-scheme: dark)").matches : chosen === "dark";
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
