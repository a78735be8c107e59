// The slider of the start page: prunes the drawn network to a level and tells what was measured.
(() => {
  const figure = document.querySelector(".hero-figure");
  if (!figure) return;
  const levels = JSON.parse(figure.dataset.levels);
  const slider = figure.querySelector("input");
  const caption = figure.querySelector("figcaption");
  const edges = [...figure.querySelectorAll("[data-dies]")];
  const total = levels[0].kept;

  const show = () => {
    const { level, kept, accuracy } = levels[slider.value];
    for (const edge of edges) edge.classList.toggle("gone", Number(edge.dataset.dies) <= level);
    slider.setAttribute("aria-valuetext", `${level} % pruned`);
    caption.innerHTML =
      `<strong>${kept} of ${total}</strong> weights kept, ` +
      `<strong>${accuracy.toFixed(1)} %</strong> of unseen digits right. ` +
      `Dense: ${levels[0].accuracy.toFixed(1)} %.`;
  };
  slider.addEventListener("input", show);
  show();
})();
