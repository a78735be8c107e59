// A quiz: the page's lists become forms. One chooses, checks, reads the reason, and may try again.
// Nothing is stored and nothing is sent.
(() => {
  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };

  // A choice's text becomes the label of a button to choose it by.
  const choosable = (item, type, name) => {
    const input = make("input", { type, name });
    item.append(make("label", {}, input, ...item.childNodes));
    return input;
  };

  // The fold becomes a region that tells what has just been shown in it.
  const spoken = (fold) => {
    const list = fold.querySelector("ol");
    const note = make("p", { className: "quiz-note", hidden: true });
    const region = make("div", { className: fold.className }, note, list);
    region.setAttribute("aria-live", "polite");
    fold.replaceWith(region);
    return { note, reasons: [...list.children] };
  };

  const enliven = (form, index, changed) => {
    const type = form.dataset.kind === "several" ? "checkbox" : "radio";
    const items = [...form.querySelectorAll(".quiz-choices > li")];
    const inputs = items.map((item) => choosable(item, type, `quiz-${index}`));
    const { note, reasons } = spoken(form.querySelector(".quiz-answers"));
    const right = reasons.map((reason) => reason.classList.contains("quiz-right"));
    const check = make("button", { type: "submit", className: "action", textContent: "Check" });
    form.querySelector(".quiz-choices").after(make("p", { className: "actions" }, check));
    const state = { tries: 0, solved: false, first: false };

    const show = (shown, text = "") => {
      reasons.forEach((reason, i) => {
        reason.hidden = !shown[i];
        items[i].className = shown[i] ? `quiz-${right[i] ? "right" : "wrong"}` : "";
      });
      note.textContent = text;
      note.hidden = !text;
    };

    const advice = (chosen) => {
      if (type === "radio") return "";
      const wrong = chosen.filter((is, i) => is && !right[i]).length;
      const missing = right.filter((is, i) => is && !chosen[i]).length;
      const lacks = [wrong && `${wrong} wrong`, missing && `${missing} missing`].filter(Boolean);
      return lacks.length ? `Not yet: ${lacks.join(", ")}.` : "All of them, and no other.";
    };

    const judge = () => {
      const chosen = inputs.map((input) => input.checked);
      if (!chosen.includes(true)) return show([], "Choose first.");
      const solved = chosen.every((is, i) => is === right[i]);
      state.tries += 1;
      state.first ||= solved && state.tries === 1;
      state.solved ||= solved;
      show(chosen, advice(chosen));
      form.classList.toggle("quiz-solved", solved);
      check.textContent = solved ? "Why not the others?" : "Check";
      changed();
    };

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!form.classList.contains("quiz-solved")) return judge();
      show(right.map(() => true), note.textContent);
      check.hidden = true;
      inputs.find((input) => input.checked).focus();
    });
    form.addEventListener("change", () => {
      form.classList.remove("quiz-solved");
      check.textContent = "Check";
      check.hidden = false;
      show([]);
    });
    show([]);
    return state;
  };

  document.querySelectorAll(".quiz").forEach((quiz, place) => {
    const score = make("p", { className: "quiz-score" });
    score.setAttribute("role", "status");
    const forms = [...quiz.querySelectorAll("form")];
    const tell = () => {
      const solved = states.filter((state) => state.solved).length;
      const first = states.filter((state) => state.first).length;
      score.textContent = `${solved} of ${forms.length} right, ${first} at the first try.`;
    };
    const states = forms.map((form, i) => enliven(form, `${place}-${i}`, tell));
    quiz.append(score);
  });
})();
