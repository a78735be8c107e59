  const cells = all(".cell"), inputs = all('[data-kind="in"]'), sums = all('[data-kind="sum"]');
  const put = (token, x, y, off) => {
    token.style.transform = `translate(${x}px,${y}px)`;
    token.classList.toggle("off", off);
  };
  const draw = (tick) => {
    cells.forEach((cell, i) => cell.classList.toggle("busy", d.busy[tick][i] === 1));
    d.inputs.forEach(([i, r], n) => {
      const c = tick - i - r;
      put(inputs[n], d.left + (c < 0 ? d.queue * c + 10 : d.pitch * c + 17), d.top + d.pitch * r + 18,
        c >= d.columns);
    });
    d.sums.forEach(([i, c, values], n) => {
      const r = tick - i - c;
      const y = r < d.rows ? d.pitch * r + 48 : d.pitch * d.rows + 16 + d.queue * (r - d.rows);
      put(sums[n], d.left + d.pitch * c + 32, d.top + y, r < 0);
      if (r >= 0) sums[n].querySelector("text").textContent =
        String(values[Math.min(r, d.rows - 1)]).replace("-", "−");
    });
  };
