// What Chainlit's header cannot be told by settings: the product's name, the reader's role and the data's date.
(() => {
  // Chainlit knows only light or dark as its first theme; ours is whatever the system has.
  if (!localStorage.getItem("vite-ui-theme")) localStorage.setItem("vite-ui-theme", "system");

  // `served` is what the stream of events last told; `live` is null until it has told whether it works.
  const state = { session: null, served: null, stream: null, live: null };

  const element = (tag, className, text) => {
    const made = document.createElement(tag);
    made.className = className;
    if (text) made.textContent = text;
    return made;
  };

  const longDate = (iso) =>
    new Date(`${iso}T00:00:00Z`).toLocaleDateString("en-GB", {
      day: "numeric", month: "long", year: "numeric", timeZone: "UTC",
    });

  const clock = (iso) => {
    const when = new Date(iso);
    const time = when.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    const today = when.toDateString() === new Date().toDateString();
    return today ? time : `${when.toLocaleDateString("en-GB", { day: "numeric", month: "long" })}, ${time}`;
  };

  const badge = () => {
    const box = element("div", "cc-reader");
    box.setAttribute("role", "status");
    for (const part of ["cc-role", "cc-only"]) box.append(element("span", part));
    for (const [part, address] of [["cc-dashboard", "/dashboard"], ["cc-briefing", "/briefing"], ["cc-purpose", "/purpose"], ["cc-verified-queries", "/verified"], ["cc-users", "/users"]]) {
      const link = element("a", part);
      link.href = address;
      link.target = "_top"; // the chat may be docked beside a view
      box.append(link);
    }
    for (const part of ["cc-as-of", "cc-updated"]) box.append(element("span", part));
    return box;
  };

  const purposeWords = ({ stated, mayOpenRows, role }) => {
    if (!stated) return mayOpenRows ? (role === "member_advocate" ? "State a purpose" : "Member rows: closed") : "";
    return `${stated.kind === "purpose" ? stated.text : "Glass broken"}, ${stated.minutesLeft} min`;
  };

  // Only what differs is written: a screen reader hears changes, and nothing jumps.
  const write = (box, part, text, title = "") => {
    const place = box.querySelector(part);
    if (place.textContent !== text) place.textContent = text;
    if (place.title !== title) place.title = title;
    place.hidden = !text;
  };

  const fill = (box) => {
    const { roleLabel, asOf, snapshot } = state.session;
    const { as_of: day = asOf, snapshot: id = snapshot, created_at: made } = state.served || {};
    write(box, ".cc-role", roleLabel);
    write(box, ".cc-only", state.session.only, "Your account sees these only");
    write(box, ".cc-dashboard", window.top === window ? "Dashboard" : "");
    write(box, ".cc-briefing", "Briefing");
    write(box, ".cc-purpose", purposeWords(state.session), state.session.stated ? state.session.stated.text : "");
    write(box, ".cc-verified-queries", state.session.role === "data_engineer" ? "Verified queries" : "");
    write(box, ".cc-users", state.session.isAdmin ? "Users" : "");
    box.classList.toggle("cc-stated", state.session.stated?.kind === "purpose");
    box.classList.toggle("cc-glass", state.session.stated?.kind === "break_glass");
    document.documentElement.classList.toggle("cc-glass-page", state.session.stated?.kind === "break_glass");
    write(box, ".cc-as-of", day ? `Data to ${longDate(day)}` : "", `Snapshot ${id}`);
    const updated = made ? `updated ${clock(made)}` : "";
    write(box, ".cc-updated", state.live === false ? "not live" : updated,
      state.live === false ? `New data is not announced at the moment. ${updated}` : "");
    box.classList.toggle("cc-not-live", state.live === false);
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
    if (!right || !state.session) return;
    if (!header.querySelector(".cc-reader")) right.prepend(badge());
    fill(header.querySelector(".cc-reader"));
  };

  const load = async () => {
    const response = await fetch("/session").catch(() => null);
    if (!response) return;
    // The session has ended, or somebody's rights have changed: what is on the page is no longer theirs to see.
    if (response.status === 401) return location.assign(`/login?next=${encodeURIComponent(location.pathname)}`);
    if (!response.ok) return;
    const before = state.session;
    state.session = await response.json();
    // A conversation belongs to the purpose it was held for: when that ends, its rows leave the screen.
    if (before?.stated && before.stated.text !== state.session.stated?.text) return location.assign("/chat");
    dress();
  };

  const learn = (news) => {
    Object.assign(state, news);
    dress();
  };

  // New snapshots are told by the server. A tab that nobody sees keeps no connection: browsers have few to give.
  const listen = () => {
    if (state.stream || document.hidden) return;
    const stream = new EventSource("/events");
    state.stream = stream;
    stream.onopen = () => learn({ live: true });
    stream.addEventListener("snapshot", (event) => learn({ live: true, served: JSON.parse(event.data) }));
    stream.onerror = () => {
      if (state.stream !== stream) return;
      learn({ live: false });
      load();
      if (stream.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      state.stream = null;
      setTimeout(listen, 10000);
    };
  };

  const follow = () => {
    if (!document.hidden) {
      load();
      return listen();
    }
    if (state.stream) state.stream.close();
    Object.assign(state, { stream: null, live: null });
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

  // A view of the dashboard may bring a question along: it is written, never sent.
  const wanted = new URLSearchParams(location.search).get("ask");
  const writeQuestion = () => {
    const input = document.getElementById("chat-input");
    if (!input) return setTimeout(writeQuestion, 200);
    input.focus();
    document.execCommand("insertText", false, wanted.slice(0, 300));
    history.replaceState(null, "", location.pathname);
  };
  if (wanted) writeQuestion();

  // Enter does nothing before the chat is connected: what was to be sent then is sent as soon as it can be.
  let early = "";
  const sendEarly = () => {
    const input = document.getElementById("chat-input");
    const button = document.getElementById("chat-submit");
    if (!early || !input || !button || button.disabled) return;
    if (input.value === early) button.click();
    early = "";
  };
  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "chat-input") return;
    const sends = event.key === "Enter" && !event.shiftKey && !event.isComposing;
    const button = document.getElementById("chat-submit");
    early = sends && button?.disabled && event.target.value.trim() ? event.target.value : "";
  }, true);
  new MutationObserver(sendEarly).observe(document.documentElement, {
    attributeFilter: ["disabled"], childList: true, subtree: true,
  });

  new MutationObserver(dress).observe(document.documentElement, { childList: true, subtree: true });
  load();
  listen();
  document.addEventListener("visibilitychange", follow);
  setInterval(() => document.hidden || load(), 30000);
})();
