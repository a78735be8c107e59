// The Pareto explorer: limits as sliders, the networks that keep them, and their front.
(() => {
  const { define, html, svg, say, short, logSlider, responsive, axes } = explorers;
  const HEIGHT = 340;

  // ---- arithmetic, as in efficientai.evaluation

  // limits: {cost: most allowed, accuracy: least allowed}
  const keeps = (network, limits) => Object.entries(limits).every(([key, limit]) =>
    key === "accuracy" ? network.accuracy >= limit : network[key] <= limit);
  const feasible = (networks, limits) => networks.filter((network) => keeps(network, limits));
  const front = (networks, cost) => { // pareto_front: of equals all stay, in order of cost
    const sorted = [...networks].sort((a, b) => a[cost] - b[cost] || b.accuracy - a.accuracy);
    let best = -Infinity, bestCost = NaN;
    return sorted.filter(({ accuracy, [cost]: own }) => {
      const stays = accuracy > best || (accuracy === best && own === bestCost);
      if (stays) [best, bestCost] = [accuracy, own];
      return stays;
    });
  };
  const best = (networks, cost) => { // the most accurate at least cost; of equals all
    const line = front(networks, cost);
    return line.filter(({ accuracy }) => accuracy === line.at(-1).accuracy);
  };
  // The most accurate one of the front that costs no more; undefined for who is on the front.
  const beater = (network, line, cost) => line.includes(network) ? undefined
    : line.findLast((other) => other[cost] <= network[cost]);
  // For each limit how many networks there would be without it.
  const without = (networks, limits) => Object.fromEntries(Object.keys(limits).map((key) => {
    const { [key]: dropped, ...others } = limits;
    return [key, feasible(networks, others).length];
  }));

  // ---- words

  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  const figure = (value) => value < 1000 ? short(value) : value.toLocaleString("en");
  const amount = (value, { key, unit }) =>
    `${figure(value)} ${key === "time" ? "× the dense one's time" : unit}`;
  const names = (networks) => networks.map(({ network }) => `“${network}”`).join(", ");
  const fewer = (more, less, unit) => {
    const times = more / less, word = /bytes|MACs/.test(unit) ? "fewer" : "less";
    if (times === 1) return `the same ${unit}`;
    return times >= 1.5 ? `${short(times)} times ${word} ${unit}`
      : `${Number((100 * (1 - 1 / times)).toPrecision(2))} % ${word} ${unit}`;
  };
  const reason = (network, by, { key, unit }) => {
    const points = 100 * (by.accuracy - network.accuracy);
    const gain = points === 0 ? "as accurate" : `${points.toFixed(1)} points better`;
    return `${by.network}: ${gain}, ${fewer(network[key], by[key], unit)}`;
  };
  const nothing = (networks, limits, costs) => {
    const found = Object.entries(without(networks, limits)).sort((a, b) => b[1] - a[1]);
    if (!found[0]?.[1]) return "No network keeps these limits, and no single one is to blame.";
    const [key, count] = found[0];
    const unit = costs.find((cost) => cost.key === key)?.title.replace(/ \(.*/, "") ?? key;
    return `No network keeps these limits. Without the one on ${unit} there would be ${count}.`;
  };
  const summary = (networks, limits, cost, costs) => {
    const kept = feasible(networks, limits);
    if (!kept.length) return nothing(networks, limits, costs);
    const line = front(kept, cost.key), top = best(kept, cost.key), beaten = kept.length - line.length;
    const count = kept.length === networks.length
      ? `All ${kept.length} networks are within the limits.`
      : `${kept.length} of ${networks.length} networks ${kept.length === 1 ? "keeps" : "keep"} ` +
        "the limits.";
    return `${count} The most accurate: ${names(top)}, ${percent(top[0].accuracy)} with ` +
      `${amount(top[0][cost.key], cost)}. The front: ${names(line)}.` +
      (beaten ? ` The other ${beaten === 1 ? "one is" : `${beaten} are`} beaten.` : "");
  };

  // ---- the chart

  const ticks = ([low, high]) => {
    const steps = high / low > 300 ? [1] : high / low > 30 ? [1, 3] : [1, 2, 5];
    const first = Math.floor(Math.log10(low)), last = Math.ceil(Math.log10(high));
    const all = Array.from({ length: last - first + 1 }, (_, i) => first + i)
      .flatMap((power) => steps.map((step) => Number((step * 10 ** power).toPrecision(1))));
    return all.filter((value) => value >= low && value <= high);
  };
  const overlap = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width &&
    a.y < b.y + b.height && b.y < a.y + a.height;
  // The axis of accuracy is logarithmic in the error, so that 97 % and 99 % stand apart.
  const ERRORS = [0.5, 0.2, 0.1, 0.05, 0.03, 0.02, 0.01, 0.005, 0.002, 0.001];
  const draw = (element, width, { networks, limits, cost, least, most }) => {
    const [low, high] = cost.range, kept = feasible(networks, limits);
    const error = (accuracy) => 1 - Math.min(accuracy, most);
    const line = front(kept, cost.key), top = kept.length ? best(kept, cost.key) : [];
    const place = axes(element, {
      width, height: HEIGHT, left: 40,
      x: { low, high, ticks: ticks(cost.range), words: (v) => v.toLocaleString("en"),
        title: cost.title },
      y: { low: error(least), high: error(most), title: "test accuracy (%)",
        ticks: ERRORS.filter((value) => value <= error(least) && value >= error(most)),
        words: (value) => short(100 - 100 * value) },
    });
    const at = (network) => [place.x(network[cost.key]), place.y(error(network.accuracy))];
    const edge = Math.min(place.right, Math.max(place.left, place.x(limits[cost.key] ?? high)));
    const floor = place.y(error(limits.accuracy ?? least));
    element.append(svg("path", { class: "outside", d:
      `M${place.left} ${floor}H${edge}V${place.top}H${place.right}V${place.bottom}H${place.left}Z` }));
    if (line.length) {
      const steps = line.map((network, i) => {
        const [x, y] = at(network);
        return i ? `H${x}V${y}` : `M${x} ${y}`;
      });
      element.append(svg("path", { class: "roof", d: `${steps.join("")}H${edge}` }));
    }
    for (const network of networks) {
      const [cx, cy] = at(network);
      const kind = top.includes(network) ? "best" : line.includes(network) ? "front"
        : kept.includes(network) ? "beaten" : "out";
      element.append(svg("circle", { class: `network ${kind}`, cx, cy, r: kind === "best" ? 7 : 5 },
        svg("title", {}, network.network)));
    }
    label(element, [...top, ...line.filter((network) => !top.includes(network)).reverse()], at, place);
  };
  // Names beside their points, the best one's in any case; who else finds no room stays without.
  const label = (element, networks, at, place) => {
    const points = element.querySelectorAll("circle:not(.out)");
    const taken = [...points].map((point) => point.getBBox());
    for (const [number, network] of networks.entries()) {
      const [x, y] = at(network);
      const text = svg("text", { class: "note" }, network.network);
      element.append(text);
      const spots = [-7, 17, -20, 30].flatMap((dy) =>
        [["end", x - 9, y + dy], ["start", x + 9, y + dy]]);
      const free = spots.some(([anchor, tx, ty]) => {
        for (const [name, value] of [["text-anchor", anchor], ["x", tx], ["y", ty]]) {
          text.setAttribute(name, value);
        }
        const box = text.getBBox();
        return box.x > place.left && box.x + box.width < place.right && box.y > place.top - 12 &&
          !taken.some((other) => overlap(box, other));
      });
      if (free || number === 0) taken.push(text.getBBox());
      else text.remove();
    }
  };

  // ---- the table

  const row = (network, line, top, cost) => {
    const by = beater(network, line, cost.key);
    const verdict = top.includes(network) ? "nobody: the best"
      : by ? reason(network, by, cost) : "nobody: on the front";
    const cells = [percent(network.accuracy), figure(network[cost.key]), verdict];
    return html("tr", by ? {} : { class: "own" },
      html("th", { scope: "row" }, network.network), ...cells.map((text) => html("td", {}, text)));
  };
  const fillTable = (table, { networks, limits, cost }) => {
    const kept = feasible(networks, limits);
    const line = front(kept, cost.key), top = kept.length ? best(kept, cost.key) : [];
    const sorted = [...kept].sort((a, b) => b.accuracy - a.accuracy || a[cost.key] - b[cost.key]);
    table.querySelectorAll("th")[2].textContent = cost.unit;
    table.querySelector("tbody").replaceChildren(
      ...sorted.map((network) => row(network, line, top, cost)));
  };

  // ---- the controls

  const start = (app, data) => {
    const control = (name) => app.querySelector(`#pareto-${name}`);
    const { networks, costs, accuracies: [least, most] } = data;
    const state = { networks, least, most, cost: costs[0], limits: {} };
    control("cost").append(...costs.map(({ key, title }) => html("option", { value: key }, title)));

    const limit = (key, open, value) => {
      if (value === open) delete state.limits[key];
      else state.limits[key] = value;
      show();
    };
    const sliders = costs.map((cost) => {
      const { key, range: [low, high] } = cost;
      const slider = logSlider(control(key), {
        low, high, steps: 100, round: (value) => Number(value.toPrecision(2)),
        words: (value) => value === high ? "no limit" : `at most ${amount(value, cost)}`,
        onMove: (value) => limit(key, high, value),
      });
      return () => slider.set(state.limits[key] ?? high);
    });
    const correct = (error) => Number((1 - error).toFixed(3));
    const accuracy = logSlider(control("accuracy"), {
      low: 1 - least, high: 1 - most, steps: 100, round: correct,
      words: (error) => correct(error) === least ? "no limit" : `at least ${percent(1 - error)}`,
      onMove: (value) => limit("accuracy", least, value),
    });
    sliders.push(() => accuracy.set(1 - (state.limits.accuracy ?? least)));
    const redraw = responsive(app.querySelector("svg"), HEIGHT, (element, width) =>
      draw(element, width, state));
    const show = () => {
      sliders.forEach((set) => set());
      say(control("result"), summary(networks, state.limits, state.cost, costs));
      fillTable(app.querySelector("table"), state);
      redraw();
    };
    control("cost").addEventListener("change", ({ target }) => {
      state.cost = costs.find(({ key }) => key === target.value);
      show();
    });
    show();
  };

  define("pareto", { start, feasible, front, best, beater, without, reason, summary });
})();
