// The roofline explorer: a machine, a layer, and which of the two limits holds.
(() => {
  const { define, html, svg, say, short, prefixed, inWords, duration } = explorers;
  const LIMITS = { // of the sliders and of the axes
    peak: [1e7, 1e16], bandwidth: [1e7, 1e13], batch: [1, 4096], intensity: [2 ** -6, 2 ** 16],
  };
  const RATES = [1e6, 1e16];

  // ---- arithmetic, as in efficientai.hardware

  const ridge = ({ peak, bandwidth }) => peak / bandwidth;
  const attainable = ({ peak, bandwidth }, intensity) => Math.min(peak, intensity * bandwidth);
  const work = (layer, batch, bytesEach) => ({
    macs: batch * layer.macs,
    bytes: bytesEach * (layer.weights + batch * layer.activations),
  });
  const intensityOf = ({ macs, bytes }, flopsPerMac) => flopsPerMac * macs / bytes;
  const seconds = ({ peak, bandwidth }, { macs, bytes }, flopsPerMac) =>
    Math.max(flopsPerMac * macs / peak, bytes / bandwidth);

  // ---- words

  const rate = (value) => inWords(value, "operations/s");
  const perByte = (value) => `${short(value)} operations per byte`;
  const verdict = (state) => {
    const at = ridge(state), reached = attainable(state, state.intensity);
    const slope = `${short(state.intensity)} × ${prefixed(state.bandwidth, "B/s")}`;
    if (state.intensity < at) {
      const share = short(100 * reached / state.peak);
      return `Left of the ridge (${short(at)}): the memory is the limit. At most ` +
        `${slope} = ${rate(reached)}, ${share} % of the peak.`;
    }
    const need = prefixed(state.peak / state.intensity, "B/s");
    return `${state.intensity > at ? "Right of" : "On"} the ridge (${short(at)}): arithmetic is ` +
      `the limit. At most the peak, ${rate(reached)}; for that, ${need} of the memory's ` +
      `${prefixed(state.bandwidth, "B/s")} are enough.`;
  };
  const task = (state, data) => {
    if (!state.layer) return "";
    const done = work(state.layer, state.batch, data.bytes[state.precision]);
    return ` The layer's ${inWords(done.macs, "MACs")} and ${prefixed(done.bytes, "B")} take at ` +
      `least ${duration(seconds(state, done, data.flopsPerMac))}.`;
  };

  // ---- the chart

  const powers = (low, high, step) => {
    const found = [];
    for (let p = Math.ceil(Math.log10(low)); 10 ** p <= high * 1.001; p += step) found.push(10 ** p);
    return found;
  };
  const HEIGHT = 380;
  const draw = (element, width, state, data) => {
    const [low, high] = LIMITS.intensity, narrow = width < 480;
    const place = explorers.axes(element, {
      width, height: HEIGHT, left: 46,
      x: { low, high, ticks: powers(low, high, 1), words: (v) => `${v}`.replace(/000$/, "k"),
        title: "operations per byte" },
      y: { low: RATES[0], high: RATES[1], ticks: powers(...RATES, narrow ? 3 : 1),
        words: (v) => prefixed(v, "").replace(" ", ""), title: "operations/s" },
    });
    const roof = (machine) => {
      const at = Math.min(Math.max(ridge(machine), low), high);
      return [low, at, high].map((i, n) =>
        `${n ? "L" : "M"}${place.x(i)} ${place.y(attainable(machine, i))}`).join("");
    };
    for (const machine of data.machines) {
      element.append(svg("path", { class: "faint", d: roof(machine) }));
    }
    const x = place.x(state.intensity), y = place.y(attainable(state, state.intensity));
    const corner = place.x(ridge(state)), top = place.y(state.peak);
    const bound = state.intensity < ridge(state) ? "memory" : "arithmetic";
    element.append(
      svg("path", { class: "ridge", d: `M${corner} ${top}V${place.bottom}` }),
      svg("path", { class: "drop", d: `M${x} ${y}V${place.bottom}M${x} ${y}H${place.left}` }),
      svg("path", { class: "roof", d: roof(state) }),
      svg("circle", { class: `point ${bound}`, cx: x, cy: y, r: 7 }),
      svg("text", { class: "note", x: corner, y: top - 9, "text-anchor": "middle" },
        `ridge ${short(ridge(state))}`));
  };

  // ---- the controls

  const fillMachines = (select, machines) => select.append(
    ...machines.map(({ name, precision }) => html("option", { value: name }, `${name}, ${precision}`)),
    html("option", { value: "" }, "one of your own"));
  const fillLayers = (select, layers) => {
    for (const group of new Set(layers.map((layer) => layer.group))) {
      const own = layers.map((layer, index) => ({ layer, index }))
        .filter(({ layer }) => layer.group === group);
      select.append(html("optgroup", { label: group },
        ...own.map(({ layer, index }) => html("option", { value: index }, layer.name))));
    }
    select.append(html("option", { value: "" }, "none: choose an intensity"));
  };

  const show = ({ state, data, control, sliders, redraw }) => {
    if (state.layer) {
      const done = work(state.layer, state.batch, data.bytes[state.precision]);
      state.intensity = intensityOf(done, data.flopsPerMac);
    }
    for (const [name, { set }] of Object.entries(sliders)) set(state[name]);
    control("machine").value = state.machine;
    control("layer").value = state.layer ? data.layers.indexOf(state.layer) : "";
    control("precision").value = state.precision;
    control("batch").disabled = control("precision").disabled = !state.layer;
    say(control("result"), verdict(state) + task(state, data));
    redraw();
  };
  const takeMachine = (state, { name, precision, peak, bandwidth }) =>
    Object.assign(state, { machine: name, precision, peak, bandwidth });

  const makeSliders = (ui) => {
    const slider = (name, words, onMove, more = {}) => explorers.logSlider(ui.control(name), {
      low: LIMITS[name][0], high: LIMITS[name][1], steps: 400, words, ...more,
      onMove: (value) => { ui.state[name] = value; onMove?.(); show(ui); },
    });
    const alone = () => { ui.state.machine = ""; };
    return {
      peak: slider("peak", rate, alone),
      bandwidth: slider("bandwidth", (value) => prefixed(value, "B/s"), alone),
      batch: slider("batch", String, null, { steps: 12, round: Math.round }), // powers of two
      intensity: slider("intensity", perByte, () => { ui.state.layer = null; }),
    };
  };
  const listen = (ui) => {
    const { control, state, data } = ui;
    const choose = (name, change) => control(name).addEventListener("change", ({ target }) => {
      change(target.value);
      show(ui);
    });
    choose("machine", (name) => {
      const machine = data.machines.find((one) => one.name === name);
      if (machine) takeMachine(state, machine); else state.machine = "";
    });
    choose("layer", (index) => { state.layer = index ? data.layers[index] : null; });
    choose("precision", (name) => { state.precision = name; });
  };
  const start = (app, data) => {
    const control = (name) => app.querySelector(`#roofline-${name}`);
    const state = { batch: 1, layer: data.layers[0] };
    takeMachine(state, data.machines[0]);
    fillMachines(control("machine"), data.machines);
    fillLayers(control("layer"), data.layers);
    control("precision").append(...Object.entries(data.bytes).map(([name, bytes]) =>
      html("option", { value: name }, `${name}, ${bytes} B each`)));
    const redraw = explorers.responsive(app.querySelector("svg"), HEIGHT, (element, width) =>
      draw(element, width, state, data));
    const ui = { app, data, control, state, redraw };
    ui.sliders = makeSliders(ui);
    listen(ui);
    show(ui);
  };

  define("roofline", { start, ridge, attainable, work, intensityOf, seconds, verdict });
})();
