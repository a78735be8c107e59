// The deployment explorer: compute an answer here or in the cloud, and which one comes first.
(() => {
  const { define, html, svg, say, short, prefixed, inWords, duration } = explorers;
  const LIMITS = { // of the sliders, and of the axes
    payload: [10, 1e8], bps: [1e4, 1e10], km: [1, 20000], delay: [1e-4, 1],
  };
  const PARTS = ["send", "light", "delay", "compute"];

  // ---- arithmetic, as in efficientai.deployment

  const workload = ({ macs, weights, activations }, bits) =>
    ({ macs, weightBytes: weights * bits / 8, activationBytes: activations * bits / 8 });
  const inMemory = (work, device) =>
    work.activationBytes + (device.kind === "tiny" ? 0 : work.weightBytes);
  const fits = (work, device) =>
    [work.weightBytes <= device.storage, inMemory(work, device) <= device.memory];
  const computeSeconds = (work, device, { efficiency, flopsPerMac }) => {
    const moved = work.weightBytes + 2 * work.activationBytes;
    const traffic = device.bandwidth === null ? 0 : moved / device.bandwidth;
    return Math.max(flopsPerMac * work.macs / device.peak, traffic) / efficiency;
  };
  const roundTrip = ({ km, delay }, { fibreKmPerS }) => 2 * km / fibreKmPerS + delay;
  const away = (way, remote, data) => // end_to_end_latency
    remote + roundTrip(way, data) + 8 * way.payload / way.bps;
  const parts = (way, remote, data) => ({
    send: 8 * way.payload / way.bps, light: 2 * way.km / data.fibreKmPerS, delay: way.delay,
    compute: remote,
  });
  // Where both answer at once: the one value that makes it so, the others as they are.
  const tie = (way, local, remote, data) => {
    const left = local - remote - roundTrip(way, data);
    const forLight = local - remote - way.delay - 8 * way.payload / way.bps;
    return {
      bps: left > 0 ? 8 * way.payload / left : null,
      payload: left > 0 ? left * way.bps / 8 : null,
      km: forLight > 0 ? forLight * data.fibreKmPerS / 2 : null,
    };
  };
  const cellHours = ({ powerW }, { cellWh }) => cellWh / powerW; // battery_life

  // ---- words

  const room = (bytes) => { // memory chips count in 1024
    const [unit, size] = [["GB", 1e9], ["MB", 2 ** 20], ["KB", 2 ** 10]]
      .find(([, size]) => bytes >= size) ?? ["B", 1];
    return `${short(bytes / size)} ${unit}`;
  };
  const hours = (value) => value >= 48 ? `${short(value / 24)} days`
    : value >= 1 ? `${short(value)} hours`
    : value >= 1 / 60 ? `${short(value * 60)} minutes` : duration(value * 3600);
  const verdict = ({ fitting, device, local, remote }) => {
    const cloud = `The cloud answers after ${duration(remote)}`;
    if (!fitting.every(Boolean)) return `${cloud}. The network does not fit the ${device.name}.`;
    const both = `${cloud}, the ${device.name} after ${duration(local)}`;
    if (remote === local) return `${both}: at the same time.`;
    const first = remote < local ? "the cloud" : "the device";
    return `${both}: ${first} is first, by ${duration(Math.abs(local - remote))}.`;
  };
  const tieInWords = ({ fitting, ties, way, trip }) => {
    if (!fitting.every(Boolean)) return "";
    const distance = ties.km === null ? "at no distance" : `at ${short(ties.km)} km`;
    if (ties.bps === null) {
      const never = `Light and delay alone take ${duration(trip)}: no bandwidth is enough, and ` +
        "no payload small enough, for the cloud to win.";
      return ties.km === null ? never
        : `${never} The server would have to be nearer, at ${short(ties.km)} km.`;
    }
    return `They tie ${distance}, or with ${prefixed(ties.payload, "B")} of payload, or at ` +
      `${prefixed(ties.bps, "bit/s")}.`;
  };
  const roomInWords = ({ work, device, fitting, local }, data) => {
    const [storage, memory] = fitting.map((fit) => fit ? "" : "only ");
    const needs = `Storage: ${room(work.weightBytes)} needed, ${storage}${room(device.storage)} ` +
      `there. RAM: ${room(inMemory(work, device))} needed, ${memory}${room(device.memory)} there.`;
    if (!fitting.every(Boolean)) return needs;
    const life = cellHours(device, data);
    return `${needs} Computing without a pause, it would empty a coin cell in ${hours(life)}, ` +
      `after ${inWords(life * 3600 / local, "answers")}.`;
  };

  // ---- the two bars

  const drawBars = (element, width, { local, fitting, split, remote }) => {
    const left = 50, right = 74, top = Math.max(remote, fitting.every(Boolean) ? local : 0);
    const length = (seconds) => (width - left - right) * seconds / top;
    const row = (y, name, pieces, words) => {
      let x = left;
      element.append(svg("text", { class: "note", x: left - 8, y: y + 17, "text-anchor": "end" }, name));
      for (const [kind, seconds] of pieces) {
        element.append(svg("rect", { class: kind, x, y, width: length(seconds), height: 24 }));
        x += length(seconds);
      }
      element.append(svg("text", { class: "note", x: x + 7, y: y + 17 }, words));
    };
    if (fitting.every(Boolean)) row(2, "here", [["compute", local]], duration(local));
    else row(2, "here", [], "does not fit");
    row(34, "cloud", PARTS.map((part) => [part, split[part]]), duration(remote));
  };

  // ---- who answers first, over payload and distance

  const HEIGHT = 300;
  const kilo = (value) => prefixed(value, "").replace(" ", "");
  const drawPlane = (element, width, { way, fitting, border }) => {
    const [low, high] = LIMITS.km, [least, most] = LIMITS.payload;
    const decades = [10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8];
    const place = explorers.axes(element, {
      width, height: HEIGHT, left: 46, right: 20,
      x: { low: least, high: most, words: kilo, title: "payload (bytes)",
        ticks: decades.filter((_, i) => width >= 480 || i % 2 === 0) },
      y: { low, high, ticks: [1, 10, 100, 1000, 10000], words: kilo, title: "distance (km)" },
    });
    const all = !fitting.every(Boolean);
    const points = Array.from({ length: 241 }, (_, i) => {
      const payload = least * (most / least) ** (i / 240);
      const km = all ? high : Math.min(high, Math.max(low, border(payload) ?? 0));
      return `${place.x(payload)} ${place.y(km)}`;
    });
    const line = `M${points.join("L")}`;
    const empty = !all && (border(least) ?? 0) <= low, first = width < 480 ? "first" : "answers first";
    element.append(
      svg("path", { class: "cloud", d: `${line}V${place.bottom}H${place.left}Z` }),
      svg("path", { class: "roof", d: line }),
      svg("text", { class: "note", x: place.right - 8, y: place.top + 18, "text-anchor": "end" },
        all ? "" : `the device ${first}`),
      svg("text", { class: "note", x: place.left + 10, y: place.bottom - 12 },
        all ? "only the cloud can answer" : empty ? "" : `the cloud ${first}`));
    const x = place.x(way.payload), y = place.y(way.km);
    element.append(
      svg("path", { class: "drop", d: `M${x} ${y}V${place.bottom}M${x} ${y}H${place.left}` }),
      svg("circle", { class: "point", cx: x, cy: y, r: 7 }));
    return place;
  };
  const within = (value, [low, high]) => Math.min(high, Math.max(low, value));
  const inverse = ([low, high], from, to, at) => low * (high / low) ** ((at - from) / (to - from));

  // ---- the controls

  const find = (all, name) => all.find((one) => one.name === name);
  const options = (all, words = (one) => one.name) =>
    all.map((one) => html("option", { value: one.name ?? one }, words(one)));
  const results = (state, data) => { // all that is shown follows from the state
    const { way } = state, work = workload(state.network, state.bits);
    const server = find(data.devices, data.server);
    const local = computeSeconds(work, state.device, data);
    const compute = computeSeconds(work, server, data);
    return {
      way, work, local, device: state.device, fitting: fits(work, state.device),
      remote: away(way, compute, data), split: parts(way, compute, data),
      trip: roundTrip(way, data), ties: tie(way, local, compute, data),
      border: (payload) => tie({ ...way, payload }, local, compute, data).km,
    };
  };

  const start = (app, data) => {
    const control = (name) => app.querySelector(`#deployment-${name}`);
    const { start: first } = data, link = find(data.links, first.link);
    const state = {
      network: find(data.networks, first.network), device: find(data.devices, first.device),
      bits: first.bits, link: link.name,
      way: { bps: link.bps, km: first.distance_km, delay: first.delay_s },
    };
    state.way.payload = state.network.payload;
    let shown, place;

    control("network").append(...options(data.networks));
    control("device").append(...options(data.devices));
    control("bits").append(...options(data.bits, (bits) => `${bits} bits each`));
    control("link").append(
      ...options(data.links, ({ name, bps }) => `${name}, ${prefixed(bps, "bit/s")}`),
      html("option", { value: "" }, "one of your own"));

    const slider = (name, words, move) => explorers.logSlider(control(name), {
      low: LIMITS[name][0], high: LIMITS[name][1], words, steps: 300,
      onMove: (value) => { state.way[name] = value; move?.(); show(); },
    });
    const sliders = {
      payload: slider("payload", (value) => prefixed(value, "B")),
      bps: slider("bps", (value) => prefixed(value, "bit/s"), () => { state.link = ""; }),
      km: slider("km", (value) => `${short(value)} km`),
      delay: slider("delay", duration),
    };
    const plane = app.querySelector(".plane");
    const redraw = [
      explorers.responsive(app.querySelector(".bars"), 64, (element, width) =>
        drawBars(element, width, shown)),
      explorers.responsive(plane, HEIGHT, (element, width) => {
        place = drawPlane(element, width, shown);
      }),
    ];
    const show = () => {
      shown = results(state, data);
      for (const [name, { set }] of Object.entries(sliders)) set(state.way[name]);
      for (const name of ["network", "device"]) control(name).value = state[name].name;
      for (const name of ["bits", "link"]) control(name).value = state[name];
      say(control("verdict"), verdict(shown));
      say(control("tie"), tieInWords(shown));
      say(control("room"), roomInWords(shown, data));
      redraw.forEach((draw) => draw());
    };
    const choose = (name, change) => control(name).addEventListener("change", ({ target }) => {
      change(target.value);
      show();
    });
    choose("network", (name) => {
      state.network = find(data.networks, name);
      state.way.payload = state.network.payload;
    });
    choose("device", (name) => { state.device = find(data.devices, name); });
    choose("bits", (bits) => { state.bits = Number(bits); });
    choose("link", (name) => {
      state.link = name;
      if (name) state.way.bps = find(data.links, name).bps;
    });
    plane.addEventListener("click", ({ offsetX, offsetY }) => {
      const payload = inverse(LIMITS.payload, place.left, place.right, offsetX);
      const km = inverse(LIMITS.km, place.bottom, place.top, offsetY);
      state.way.payload = Number(within(payload, LIMITS.payload).toPrecision(3));
      state.way.km = Number(within(km, LIMITS.km).toPrecision(3));
      show();
    });
    show();
  };

  define("deployment", {
    start, workload, fits, computeSeconds, roundTrip, away, parts, tie, cellHours, verdict,
  });
})();
