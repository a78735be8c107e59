// The bit explorer: what a row of bits says in a format, exactly. Whole numbers of any length
// (BigInt) do the arithmetic, so nothing is rounded except where the format rounds.
(() => {
  const { define, html, svg, say } = explorers;

  // ---- numbers: { kind: "nan" }, { kind: "inf", negative } or { kind: "finite", negative, p, q }
  //      for ±p/q with p >= 0 and q > 0, not reduced

  const NAN = { kind: "nan" };
  const infinity = (negative) => ({ kind: "inf", negative });
  const finite = (negative, p, q = 1n) => ({ kind: "finite", negative, p, q });
  const dyadic = (negative, whole, power) => // ± whole · 2^power
    power < 0 ? finite(negative, whole, 1n << BigInt(-power))
      : finite(negative, whole << BigInt(power));
  const length = (n) => (n ? n.toString(2).length : 0); // in bits
  const signed = ({ negative, p }) => (negative ? -p : p);
  const minus = (a, b) => {
    const p = signed(a) * b.q - signed(b) * a.q;
    return finite(p < 0n, p < 0n ? -p : p, a.q * b.q);
  };
  const ratio = (a, b) => Number(((signed(a) * b.q) << 64n) / (a.q * signed(b))) / 2 ** 64;

  const nearest = (p, q) => { // of the whole numbers around p/q; halves to the even one
    const whole = p / q, twice = 2n * (p % q);
    return whole + (twice > q || (twice === q && whole & 1n) ? 1n : 0n);
  };

  const fromDouble = (x) => { // exactly
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, x);
    return floating({ exponentBits: 11, mantissaBits: 52, specials: "ieee" })
      .decode(view.getBigUint64(0));
  };

  // ---- floating point, as in efficientai.numerics

  const floating = ({ exponentBits, mantissaBits, specials }) => {
    const m = BigInt(mantissaBits), width = exponentBits + mantissaBits;
    const bias = 2 ** (exponentBits - 1) - (specials === "fnuz" ? 0 : 1);
    const signBit = 1n << BigInt(width), all = signBit - 1n;
    const top = all >> m << m; // all exponent bits set
    const largest = { ieee: top - 1n, fn: all - 1n, fnuz: all }[specials];
    const quiet = { ieee: top | 1n << (m - 1n), fn: all, fnuz: signBit }[specials];

    const magnitude = ({ p, q }) => { // as bits without sign, may be too large
      if (!p) return 0n;
      let leading = length(p) - length(q); // 2^leading <= p/q < 2^(leading + 1)
      if (leading < 0 ? p << BigInt(-leading) < q : p < q << BigInt(leading)) leading -= 1;
      leading = Math.max(leading, 1 - bias);
      const power = BigInt(leading - mantissaBits);
      const whole = power < 0n ? nearest(p << -power, q) : nearest(p, q << power);
      return (BigInt(leading + bias - 1) << m) + whole;
    };
    const encode = (number) => {
      if (number.kind === "nan") return quiet;
      const found = number.kind === "inf" ? largest + 1n : magnitude(number);
      if (found > largest) return specials === "ieee" ? top | sign(number) : quiet;
      return specials === "fnuz" && !found ? 0n : found | sign(number);
    };
    const sign = ({ negative }) => (negative ? signBit : 0n);
    const fields = (code) => ({
      sign: code >> BigInt(width), exponent: (code & all) >> m, mantissa: code & (1n << m) - 1n,
    });
    const isNaN = (code) => (specials === "fnuz" ? code === signBit : (code & all) > largest
      && (specials === "fn" || (code & all) !== top));
    const decode = (code) => {
      if (isNaN(code)) return NAN;
      const { sign, exponent, mantissa } = fields(code), negative = sign === 1n;
      if ((code & all) > largest) return infinity(negative);
      const whole = mantissa + (exponent ? 1n << m : 0n);
      return dyadic(negative, whole, Math.max(Number(exponent), 1) - bias - mantissaBits);
    };
    const kind = (code) => {
      const { exponent, mantissa } = fields(code), found = decode(code).kind;
      if (found !== "finite") return found === "nan" ? "not a number" : "infinite";
      return exponent ? "normal" : mantissa ? "subnormal" : "zero";
    };
    const next = (code, step) => { // the number after (1) or before (-1), or null
      if (isNaN(code)) return null;
      const place = (code & signBit ? -(code & all) : code & all) + BigInt(step);
      const size = place < 0n ? -place : place;
      const end = specials === "ieee" ? top : largest;
      return size > end ? null : size | (place < 0n ? signBit : 0n);
    };
    const reading = (code) => {
      const { sign, exponent, mantissa } = fields(code), whole = 1n << m;
      const signText = sign ? "−" : "+";
      if (kind(code) === "infinite") return `${signText}∞: all exponent bits set, mantissa 0`;
      if (kind(code) === "not a number") return `NaN, not a number: ${NAN_RULES[specials]}`;
      const lead = exponent ? "(1 + " : "(0 + ";
      return `${signText} 2${raised(Math.max(Number(exponent), 1) - bias)} × ${lead}` +
        `${mantissa}/${whole})`;
    };
    const groups = [["sign", 1], ["exponent", exponentBits], ["mantissa", mantissaBits]];
    const notes = (code) => {
      const { sign, exponent, mantissa } = fields(code);
      const power = exponent ? `${exponent} − ${bias} = ${Number(exponent) - bias}`
        : `0: as 1 − ${bias}, no hidden 1`;
      return [sign ? "−" : "+", power.replace("= -", "= −"), `${mantissa} of ${1n << m}`];
    };
    const places = () => ({
      zero: 0n, smallest: 1n, "smallest normal": 1n << m, one: encode(finite(false, 1n)),
      largest, ...(specials === "ieee" ? { infinity: top } : {}), NaN: quiet,
    });
    return { bits: width + 1, groups, notes, encode, decode, kind, next, reading, places };
  };
  const NAN_RULES = {
    ieee: "all exponent bits set, mantissa not 0",
    fn: "all bits set; this format has no infinity",
    fnuz: "the sign of zero, which has no other use here",
  };

  // ---- integers with a scale, as in efficientai.quantization

  const integer = ({ bits, scale, low, high }) => {
    const step = fromDouble(scale), all = 1n << BigInt(bits);
    const value = (code) => Number(BigInt.asIntN(bits, code));
    const coded = (whole) => BigInt.asUintN(bits, BigInt(whole));
    const encode = (number) => {
      if (number.kind === "nan") return null;
      const limit = number.negative ? -low : high;
      const found = number.kind === "inf" ? BigInt(limit)
        : nearest(number.p * step.q, number.q * step.p);
      const size = found > limit ? BigInt(limit) : found;
      return coded(number.negative ? -size : size);
    };
    const decode = (code) => fromDouble(Math.fround(scale * value(code)) + 0);
    const kind = (code) => (value(code) < low ? "unused" : value(code) ? "integer" : "zero");
    const next = (code, move) => {
      const found = value(code) + move;
      return found < low || found > high ? null : coded(found);
    };
    const reading = (code) => `${value(code)} × ${text(step, 9)}`.replace("-", "−");
    const notes = (code) => [value(code) < 0 ? `−${all / 2n}` : "0",
      `+${code & (all / 2n - 1n)}`]; // two's complement
    const groups = [["sign", 1], ["rest", bits - 1]];
    const places = () => ({ lowest: coded(low), zero: 0n, smallest: 1n, highest: coded(high) });
    return { bits, groups, notes, encode, decode, kind, next, reading, places };
  };

  const format = (given) => (given.scale ? integer(given) : floating(given));

  // ---- reading what is typed: a product or quotient of decimals and powers

  const PI = "3.14159265358979323846264338327950288419716939937510";
  const LONGEST = 200_000; // bits that a power may have
  const TERM = /^([*×/]?)(\d+\.?\d*|\.\d+)(?:e([+-]?\d{1,4}))?(?:\^([+-]?\d{1,4}))?/;
  const power = (p, q, exponent) => {
    const size = BigInt(Math.abs(exponent));
    return exponent < 0 ? [q ** size, p ** size] : [p ** size, q ** size];
  };
  const parse = (typed) => { // a number, or null where that is none
    let rest = typed.toLowerCase().replaceAll("−", "-").replace(/[\s_]/g, "")
      .replace(/pi|π/g, PI);
    const negative = rest.startsWith("-");
    rest = rest.replace(/^[+-]/, "");
    if (rest === "nan") return NAN;
    if (/^(inf|infinity|∞)$/.test(rest)) return infinity(negative);
    let [p, q] = [1n, 1n], first = true;
    while (rest) {
      const found = TERM.exec(rest);
      if (!found || first !== !found[1]) return null;
      const [whole, operator, digits, tens = "0", exponent = "1"] = found;
      const [front, back = ""] = digits.split(".");
      const [e, f] = power(10n, 1n, Number(tens) - back.length);
      if (length(e * f) * Math.abs(exponent) > LONGEST) return null;
      const [a, b] = power(BigInt(front + back) * e, f, Number(exponent));
      if (!b || (operator === "/" && !a)) return null;
      [p, q] = operator === "/" ? [p * b, q * a] : [p * a, q * b];
      [rest, first] = [rest.slice(whole.length), false];
    }
    return first ? null : finite(negative, p, q);
  };

  // ---- writing numbers

  const raised = (n) => `${n}`.replace("-", "⁻").replace(/\d/g, (d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[d]);
  const point = (digits, places) => { // a decimal point in front of the last places
    const padded = digits.padStart(places + 1, "0"), at = padded.length - places;
    return places ? `${padded.slice(0, at)}.${padded.slice(at)}`.replace(/\.?0+$/, "") : padded;
  };
  const exact = ({ p, q }) => { // all digits of p/q, q a power of two
    const places = length(q) - 1;
    return point(`${p * 5n ** BigInt(places)}`, places);
  };
  const rounded = ({ p, q }, digits) => { // to so many significant digits
    if (!p) return "0";
    let tens = Math.floor((length(p) - length(q)) * Math.LOG10E * Math.LN2);
    const shift = () => {
      const places = digits - 1 - tens, [a, b] = power(10n, 1n, places);
      return nearest(p * a, q * b);
    };
    while (shift() >= 10n ** BigInt(digits)) tens += 1;
    while (shift() < 10n ** BigInt(digits - 1)) tens -= 1;
    const found = `${shift()}`;
    if (tens >= -6 && tens < digits) return point(found, digits - 1 - tens);
    if (tens >= 0 && tens < 9) return found.padEnd(tens + 1, "0");
    return `${point(found, digits - 1)} × 10${raised(tens)}`;
  };
  const text = (number, digits = 17) => { // for reading, "…" where digits are missing
    if (number.kind !== "finite") return number.kind === "nan" ? "NaN" : sign(number) + "∞";
    const isDyadic = !(number.q & (number.q - 1n));
    const full = isDyadic && length(number.q) < 90 ? exact(number) : "";
    if (full && full.length <= digits + 6) return sign(number) + full;
    return sign(number) + rounded(number, digits);
  };
  const sign = ({ negative }) => (negative ? "−" : "");
  const typeable = (number) => { // the same number, in a way that `parse` reads
    if (number.kind !== "finite") return text(number).toLowerCase().replace("∞", "inf");
    if (length(number.q) < 60) return sign(number).replace("−", "-") + exact(number);
    return `${number.negative ? "-" : ""}${number.p}*2^${1 - length(number.q)}`;
  };

  // ---- what rounding did

  const compared = (wanted, stored) => {
    if (wanted.kind !== "finite" || stored.kind !== "finite") return null;
    return minus(stored, wanted);
  };
  const gap = (form, code, step) => {
    const other = form.next(code, step);
    if (other === null) return null;
    const [a, b] = [form.decode(other), form.decode(code)];
    return a.kind === "finite" && b.kind === "finite" ? minus(a, b) : null;
  };
  const widthOf = ({ p, q }) => { // a gap: a power of two, else decimal
    const common = p & -p;
    if (p === common && !(q & (q - 1n))) return `2${raised(length(p) - length(q))}`;
    return rounded({ p, q }, 3);
  };

  const verdict = (form, wanted, code, typed) => {
    const stored = form.decode(code), error = compared(wanted, stored), name = form.kind(code);
    if (!error) {
      if (wanted.kind === stored.kind) return `${text(stored)} is stored as it is.`;
      if (wanted.kind === "inf") {
        return `There is no infinity in this format: ${text(stored)} is stored.`;
      }
      return `${typed} is beyond the largest number and becomes ${text(stored)}.`;
    }
    const what = name === "normal" || name === "integer" || name === "zero" ? "" : `, ${name}`;
    if (!error.p) return `${text(stored)}${what}: a number of this format, stored without error.`;
    const side = gap(form, code, error.negative ? 1 : -1);
    const size = { ...error, negative: false };
    const share = wanted.p ? ` (${percent(size, wanted)})` : "";
    const part = side ? `, ${Math.abs(ratio(error, side)).toPrecision(2)} of the gap` : "";
    const tie = side && 2n * size.p * side.q === side.p * size.q
      ? " A tie: the neighbour with an even mantissa wins." : "";
    return `${typed} becomes ${text(stored)}${what}: ${rounded(size, 3)} too ` +
      `${error.negative ? "small" : "large"}${share}${part}.${tie}`;
  };
  const percent = (part, whole) =>
    `${rounded({ p: 100n * part.p * whole.q, q: part.q * whole.p }, 3)} %`;

  // ---- the line around a number

  const SPAN = 2; // numbers to either side
  const drawLine = (element, width, height, { form, code, wanted }) => {
    const here = form.decode(code);
    if (here.kind !== "finite") {
      const words = here.kind === "nan" ? "no place on the line of numbers" : "beyond all numbers";
      element.append(svg("text", { x: width / 2, y: height / 2, "text-anchor": "middle" }, words));
      return;
    }
    const unit = { ...gap(form, code, 1) ?? gap(form, code, -1), negative: false };
    const at = (number) => ratio(minus(number, here), unit);
    const ticks = around(form, code).map(at);
    const low = Math.min(...ticks, -1), high = Math.max(...ticks, 1);
    const x = (place) => 14 + (place - low) / (high - low) * (width - 28);
    const middle = height / 2 + 4;
    drawCatch(element, form, code, (g) => x(ratio(g, unit) / 2), middle, height);
    element.append(
      svg("path", { class: "axis", d: `M${x(low)} ${middle}H${x(high)}` }),
      ...ticks.map((tick) => svg("path", { class: tick ? "tick" : "tick here",
        d: `M${x(tick)} ${middle - (tick ? 9 : 15)}v${tick ? 18 : 30}` })));
    if (wanted.kind === "finite") {
      drawWanted(element, x(Math.min(Math.max(at(wanted), low), high)), middle);
    }
  };
  const around = (form, code) => // numbers that have a place on the line
    [...Array(2 * SPAN + 1).keys()].map((i) => walked(form, code, i - SPAN))
      .filter((found) => found !== null).map(form.decode).filter(({ kind }) => kind === "finite");
  const drawCatch = (element, form, code, half, middle, height) => { // what is rounded to here
    const [left, right] = [-1, 1].map((step) => gap(form, code, step));
    const opposite = (g) => ({ ...g, negative: !g.negative });
    const [from, to] = [left ?? opposite(right), right ?? opposite(left)].map(half);
    element.append(svg("rect",
      { class: "catch", x: from, y: middle - 24, width: to - from, height: 48 }));
    for (const side of [left, right].filter(Boolean)) {
      element.append(svg("text", { x: half(side), y: height - 8, "text-anchor": "middle" },
        `gap ${widthOf(side)}`));
    }
  };
  const drawWanted = (element, x, y) => element.append(
    svg("path", { class: "wanted", d: `M${x} ${y - 3}l-6 -11h12z` }),
    svg("circle", { class: "wanted", cx: x, cy: y, r: 3.5 }));
  const walked = (form, code, steps) => {
    let found = code;
    for (let i = 0; i < Math.abs(steps) && found !== null; i += 1) {
      found = form.next(found, Math.sign(steps));
    }
    return found;
  };

  // ---- the row of bits: one button each, arrows move, 0 and 1 write

  const makeRow = (row, form, flip) => {
    const buttons = [];
    const groups = form.groups.map(([name, count]) => {
      const own = [...Array(count).keys()].map((i) => html("button", {
        type: "button", tabindex: -1, "data-name": `${name} bit ${count - 1 - i}`,
      }));
      buttons.push(...own);
      return html("div", { class: `bits-field ${name}` },
        html("div", { class: "bits-cells" }, ...own), html("span", { class: "bits-note" }));
    });
    row.replaceChildren(...groups);
    const focus = (index) => {
      const target = Math.min(Math.max(index, 0), buttons.length - 1);
      buttons.forEach((button, i) => { button.tabIndex = i === target ? 0 : -1; });
      buttons[target].focus();
    };
    buttons[0].tabIndex = 0;
    buttons.forEach((button, i) => {
      button.addEventListener("click", () => { focus(i); flip(form.bits - 1 - i); });
      button.addEventListener("keydown", (event) => {
        const moves = { ArrowLeft: i - 1, ArrowRight: i + 1, Home: 0, End: buttons.length - 1 };
        if (event.key in moves) focus(moves[event.key]);
        else if (event.key === "0" || event.key === "1") {
          if (button.textContent !== event.key) flip(form.bits - 1 - i);
          focus(i + 1);
        } else return;
        event.preventDefault();
      });
    });
    return (code) => {
      const digits = code.toString(2).padStart(form.bits, "0");
      buttons.forEach((button, i) => {
        button.textContent = digits[i];
        button.setAttribute("aria-label", `${digits[i]}, ${button.dataset.name}`);
        button.classList.toggle("set", digits[i] === "1");
      });
      const notes = form.notes(code);
      row.querySelectorAll(".bits-note").forEach((note, i) => {
        note.textContent = `${form.groups[i][0]} ${notes[i]}`;
      });
    };
  };

  // ---- the controls; `ui` is what they share

  const FREE = "free";
  const HEIGHT = 92;

  const show = (ui) => {
    const { form, code, wanted, typed } = ui.state, stored = form.decode(code);
    ui.paint(code);
    const equal = stored.kind === "finite" ? ` = ${text(stored)}` : "";
    ui.app.querySelector(".bits-reading").textContent = form.reading(code) + equal;
    say(ui.control("result"), verdict(form, wanted, code, typed));
    ui.steps.forEach((button) => showStep(button, form, code));
    const all = ui.app.querySelector(".bits-all");
    all.hidden = stored.kind !== "finite";
    if (!all.hidden) all.querySelector("p").textContent = sign(stored) + exact(stored);
    ui.redraw();
  };
  const showStep = (button, form, code) => {
    const step = Number(button.dataset.step), other = form.next(code, step);
    const digits = form.bits > 32 ? 17 : 9;
    const value = other === null ? "none" : text(form.decode(other), digits);
    button.disabled = other === null;
    button.textContent = step < 0 ? `◂ below: ${value}` : `above: ${value} ▸`;
  };

  const round = (ui) => { // store what is wanted
    const code = ui.state.form.encode(ui.state.wanted);
    if (code === null) return say(ui.control("result"), "An integer has no NaN.");
    ui.state.code = code;
    show(ui);
  };
  const put = (ui, code) => { // these bits are what is wanted
    const wanted = ui.state.form.decode(code), field = ui.control("number");
    Object.assign(ui.state, { code, wanted, typed: typeable(wanted) });
    field.value = ui.state.typed;
    field.removeAttribute("aria-invalid");
    show(ui);
  };
  const take = (ui, typed) => { // a number that the reader typed
    const wanted = parse(typed);
    ui.control("number").setAttribute("aria-invalid", String(!wanted));
    if (!wanted) return say(ui.control("result"), "This is no number that can be read here.");
    Object.assign(ui.state, { wanted, typed: typed.trim() });
    round(ui);
  };

  const widths = (ui) => {
    const [exponentBits, mantissaBits] = ui.free.map(({ value, min, max }) =>
      Math.min(Math.max(Math.round(value) || min, min), max));
    return { exponentBits, mantissaBits, specials: "ieee" };
  };
  const setWidths = (ui, { exponentBits, mantissaBits }) => {
    [ui.free[0].value, ui.free[1].value] = [exponentBits, mantissaBits];
  };
  const takeFormat = (ui) => {
    const name = ui.control("format").value, given = ui.known[name] ?? widths(ui);
    ui.app.querySelectorAll(".free").forEach((label) => { label.hidden = name !== FREE; });
    if (given.exponentBits) setWidths(ui, given); // from where free widths go on
    const form = ui.state.form = format(given);
    ui.paint = makeRow(ui.app.querySelector(".bits"), form, (bit) =>
      put(ui, ui.state.code ^ (1n << BigInt(bit))));
    ui.app.querySelector(".bits-places").replaceChildren(
      ...Object.entries(form.places()).map(([place, code]) => placeButton(ui, place, code)));
    if (form.encode(ui.state.wanted) === null) put(ui, 0n); else round(ui);
  };
  const placeButton = (ui, place, code) => {
    const button = html("button", { type: "button" }, place);
    button.addEventListener("click", () => put(ui, code));
    return button;
  };

  const fillFormats = (select, { floats, integers }) => {
    const group = (label, names) => html("optgroup", { label },
      ...names.map((name) => html("option", {}, name)));
    select.append(group("floating point", Object.keys(floats)),
      group("integers with a scale", Object.keys(integers)), group("your own", [FREE]));
  };
  const listen = (ui) => {
    ui.control("format").addEventListener("change", () => takeFormat(ui));
    ui.free.forEach((input) => input.addEventListener("change", () => takeFormat(ui)));
    ui.control("number").addEventListener("input", ({ target }) => take(ui, target.value));
    ui.steps.forEach((button) => button.addEventListener("click", () =>
      put(ui, ui.state.form.next(ui.state.code, Number(button.dataset.step)))));
  };
  const start = (app, data) => {
    const control = (name) => app.querySelector(`#bits-${name}`);
    const state = { typed: data.number, wanted: parse(data.number) };
    const free = ["exponent", "mantissa"].map((name) => {
      const [min, max] = data[`${name}Bits`];
      return Object.assign(control(name), { min, max });
    });
    const redraw = explorers.responsive(app.querySelector("svg"), HEIGHT, (element, width) =>
      drawLine(element, width, HEIGHT, state));
    const ui = { app, control, state, free, redraw, known: { ...data.floats, ...data.integers },
      steps: app.querySelectorAll("[data-step]") };
    fillFormats(control("format"), data);
    control("format").value = data.format;
    control("number").value = data.number;
    listen(ui);
    takeFormat(ui);
  };

  // For the tests: everything as text, since whole numbers of any length do not travel.
  const plain = (number) => (number.kind === "finite" ? `${signed(number)}/${number.q}`
    : number.kind === "nan" ? "nan" : number.negative ? "-inf" : "inf");
  define("bits", {
    start,
    decoded: (given, code) => plain(format(given).decode(BigInt(code))),
    encoded: (given, typed) => `${format(given).encode(parse(typed))}`,
    stepped: (given, code, step) => `${format(given).next(BigInt(code), step)}`,
    kindOf: (given, code) => format(given).kind(BigInt(code)),
    retyped: (given, code) => `${format(given).encode(parse(typeable(format(given).decode(BigInt(code)))))}`,
    exactly: (given, code) => exact(format(given).decode(BigInt(code))),
    said: (given, typed) => {
      const form = format(given), wanted = parse(typed);
      return verdict(form, wanted, form.encode(wanted), typed);
    },
  });
})();
