// What Chainlit's header cannot be told by settings: the product's name, the reader's role and the data's date.
(() => {
  // Chainlit knows only light or dark as its first theme; ours is whatever the system has.
  if (!localStorage.getItem("vite-ui-theme")) localStorage.setItem("vite-ui-theme", "system");

  const state = { session: null };

  const element = (tag, className, text) => {
    const made = document.createElement(tag);
    made.className = className;
    if (text) made.textContent = text;
    return made;
  };

  const longDate = (iso) =>
    new Date(`${iso}T00:00:00Z`).toLocaleDateString("en-US", {
      day: "numeric", month: "short", year: "numeric", timeZone: "UTC",
    });

  const badge = ({ roleLabel, asOf, snapshot }) => {
    const box = element("div", "cc-reader");
    box.setAttribute("role", "status");
    box.append(element("span", "cc-role", roleLabel));
    if (asOf) {
      const date = element("span", "cc-as-of", `Data to ${longDate(asOf)}`);
      date.title = `Snapshot ${snapshot}`;
      box.append(date);
    }
    return box;
  };

  const brand = () => {
    const box = element("div", "cc-brand");
    const mark = document.createElement("img");
    mark.src = "/chat/public/favicon.svg";
    mark.alt = "";
    const name = element("span", "cc-name");
    name.append(element("span", "cc-name-long", "Member Experience "), "Command Center");
    box.append(mark, name);
    return box;
  };

  const labelButtons = () => {
    for (const [selector, label] of [
      ["#user-nav-button", "Account"],
      [".positive-feedback-off, .positive-feedback-on", "Helpful"],
      [".negative-feedback-off, .negative-feedback-on", "Not helpful"],
    ]) {
      document.querySelectorAll(selector).forEach((button) => button.setAttribute("aria-label", label));
    }
  };

  const dress = () => {
    labelButtons();
    const header = document.getElementById("header");
    if (!header) return;
    const [left] = header.children;
    if (left && !header.querySelector(".cc-brand")) left.append(brand());
    const right = header.lastElementChild;
    if (right && state.session && !header.querySelector(".cc-reader")) right.prepend(badge(state.session));
  };

  const load = async () => {
    const response = await fetch("/session");
    if (!response.ok) return;
    state.session = await response.json();
    document.querySelectorAll(".cc-reader").forEach((old) => old.remove());
    dress();
  };

  // Have the chart library at hand before the first answer; the answer card waits for this same promise.
  const fetchPlotly = () => {
    window.ccPlotly = window.ccPlotly || new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = "/static/plotly.min.js";
      script.onload = () => resolve(window.Plotly);
      script.onerror = () => reject(new Error("The chart library did not load."));
      document.head.append(script);
    });
    return window.ccPlotly;
  };
  window.ccFetchPlotly = fetchPlotly;
  window.addEventListener("load", () => setTimeout(fetchPlotly, 300));

  new MutationObserver(dress).observe(document.documentElement, { childList: true, subtree: true });
  load();
  setInterval(load, 60000);
})();
