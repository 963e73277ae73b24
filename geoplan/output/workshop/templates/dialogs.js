/* The windows of the page: a name, what is kept and shared, moves in and out, help. */
(function (geoplan) {
  "use strict";

  const { make, button, byId, announce } = geoplan.dom;

  const LARGEST = 2_000_000;

  /* Asks for a name until it can be used; good(name) takes it. */
  function ask(title, name, refused, good) {
    const [text, problem] = [byId("name-text"), byId("name-problem")];
    byId("name-title").textContent = title;
    text.value = name;
    problem.textContent = "";
    const goOn = () => {
      const why = refused(text.value);
      problem.textContent = why;
      text.setAttribute("aria-invalid", String(Boolean(why)));
      if (why) return;
      byId("name").close();
      good(text.value.trim());
    };
    byId("name-good").onclick = goOn;
    text.onkeydown = (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      goOn();
    };
    byId("name").showModal();
    text.select();
  }

  /* Runs what may be refused, and says why in the window it was asked in. */
  function trying(problem, work) {
    const said = byId(problem);
    said.textContent = "";
    try {
      work();
    } catch (refusal) {
      if (!(refusal instanceof geoplan.Refusal)) throw refusal;
      said.textContent = refusal.message;
    }
  }

  function save(name, type, text) {
    const link = make("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
    announce("Saved as " + name);
  }

  /* Copies a field; where the browser forbids that, it is selected to be copied by hand. */
  function copy(field) {
    field.select();
    const said = (done) => announce(done ? "Copied" : "Selected: press Ctrl+C to copy");
    if (!navigator.clipboard) said(false);
    else navigator.clipboard.writeText(field.value).then(() => said(true), () => said(false));
  }

  /* Hands over the text of a file that was chosen. */
  function opened(input, problem, take) {
    input.addEventListener("change", () => {
      const [file] = input.files;
      if (!file) return;
      if (file.size > LARGEST) byId(problem).textContent = "The file is too large: nothing was changed.";
      else file.text().then((text) => trying(problem, () => take(text)));
      input.value = "";
    });
  }

  function kept(list, asks) {
    byId("kept").replaceChildren(...list.map(({ name }, n) => make("li.row",
      make("span.what", name),
      button("", "Bring back", () => asks.bringBack(n)),
      button("", "Let go", () => asks.letGo(n)),
    )));
  }

  /* Ties the windows to the page. */
  function listen(asks) {
    document.querySelectorAll("dialog .shut").forEach((each) => each.addEventListener("click", () => each.closest("dialog").close()));
    byId("open-help").addEventListener("click", () => byId("help").showModal());
    byId("open-keep").addEventListener("click", () => {
      asks.fillKeep();
      byId("keep").showModal();
    });
    byId("open-moves").addEventListener("click", () => {
      byId("csv").value = asks.csv();
      byId("moves").showModal();
    });
    byId("keep-now").addEventListener("click", () => asks.keep(byId("keep-name").value.trim().slice(0, 80)));
    byId("copy-link").addEventListener("click", () => copy(byId("link")));
    byId("copy-csv").addEventListener("click", () => copy(byId("csv")));
    byId("save-csv").addEventListener("click", () => save("moves.csv", "text/csv", byId("csv").value));
    byId("save-state").addEventListener("click", () => save("workshop.json", "application/json", asks.state()));
    byId("take-csv").addEventListener("click", () => trying("moves-problem", () => asks.takeCsv(byId("paste").value)));
    opened(byId("open-csv"), "moves-problem", asks.takeCsv);
    opened(byId("open-state"), "keep-problem", asks.takeState);
  }

  Object.assign(geoplan, { dialogs: { ask, kept, listen } });
})((window.geoplan = window.geoplan || {}));
