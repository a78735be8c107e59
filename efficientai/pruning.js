  const pixels = all(".pixel"), bars = all(".bar"), past = all(".past"), dots = all(".dot");
  const cut = root.querySelector(".cut");
  const draw = (tick) => {
    pixels.forEach((pixel, i) => { pixel.style.transform = `scale(${d.pixels[tick][i]})`; });
    bars.forEach((bar, i) => { bar.style.transform = `scaleY(${d.bars[tick][i]})`; });
    cut.style.transform = `scaleX(${d.cut[tick]})`;
    d.y.forEach((y, n) => {
      past[n].setAttribute("points", d.x.slice(0, tick + 1).map((x, i) => `${x},${y[i]}`).join(" "));
      dots[n].style.transform = `translate(${d.x[tick]}px,${y[tick]}px)`;
    });
  };
