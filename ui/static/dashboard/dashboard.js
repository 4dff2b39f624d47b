// The dashboard works without this; it adds: filters that apply at once, figures that follow the data, a docked chat,
// a savings slider that answers while it is moved. No library, no inline handler, nothing from elsewhere.
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const root = document.documentElement;
  root.classList.add("js");

  // Theme: the same choice as in the chat.
  const theme = $("#theme");
  theme?.addEventListener("click", () => {
    const dark = root.classList.toggle("dark");
    localStorage.setItem("vite-ui-theme", dark ? "dark" : "light");
    $("#chat-frame")?.contentWindow?.dispatchEvent(new Event("storage"));
  });

  const filters = () =>
    all(".filters select").forEach((select) =>
      select.addEventListener("change", () => {
        const form = select.form;
        const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
        location.assign(`${form.getAttribute("action")}${query.size ? `?${query}` : ""}`);
      }),
    );

  // --- Live: the server says when a snapshot lands; what changed is put in place, and the reader's place is kept.
  const LEAST_SECONDS_BETWEEN = 15;
  const live = $("#live");
  const state = { stream: null, refreshed: 0, waiting: null, served: null };

  const tell = (words, kind) => {
    if (!live) return;
    live.hidden = !words;
    if (live.textContent !== words) live.textContent = words;
    live.className = `pill live ${kind}`;
  };

  const clock = (iso) => new Date(iso).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

  const put = (page) => {
    for (const old of all("[data-live]")) {
      const fresh = page.getElementById(old.id);
      if (!fresh || fresh.innerHTML === old.dataset.from) continue;
      if (old.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")) continue;
      const open = all("details", old).map((each) => each.open);
      const scrolled = all(".scroll", old).map((each) => each.scrollLeft);
      const place = all("a, button", old).indexOf(document.activeElement);
      if (fresh.innerHTML !== old.innerHTML) old.classList.add("changed");
      old.innerHTML = fresh.innerHTML;
      all("details", old).forEach((each, at) => (each.open = !!open[at]));
      all(".scroll", old).forEach((each, at) => (each.scrollLeft = scrolled[at] || 0));
      if (place >= 0) all("a, button", old)[place]?.focus({ preventScroll: true });
      setTimeout(() => old.classList.remove("changed"), 2600);
    }
    document.body.dataset.snapshot = page.body.dataset.snapshot;
  };

  const refresh = async () => {
    state.waiting = null;
    state.refreshed = Date.now();
    const response = await fetch(location.href, { headers: { "x-live": "1", accept: "text/html" } }).catch(() => null);
    if (!response) return tell("not live", "amber");
    if (response.status === 401) return location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
    if (!response.ok) return tell("not refreshed", "amber");
    put(new DOMParser().parseFromString(await response.text(), "text/html"));
  };

  const soon = () => {
    if (state.waiting || document.hidden) return;
    const wait = Math.max(0, LEAST_SECONDS_BETWEEN * 1000 - (Date.now() - state.refreshed));
    state.waiting = setTimeout(refresh, wait);
  };

  const listen = () => {
    if (state.stream || document.hidden || !live) return;
    const stream = new EventSource("/events");
    state.stream = stream;
    const works = () => {
      const { created_at: made } = state.served;
      tell(made ? `live, updated ${clock(made)}` : "live", "good");
      live.title = "";
      age();
    };
    // A stream that begins again does not repeat the snapshot that this page has been told of.
    stream.onopen = () => state.served && works();
    stream.addEventListener("snapshot", (event) => {
      state.served = JSON.parse(event.data);
      if (state.served.snapshot !== document.body.dataset.snapshot) soon();
      works();
    });
    stream.onerror = () => {
      if (state.stream !== stream) return;
      tell("not live", "amber");
      live.title = "New data is not announced at the moment; the figures are those of the snapshot below.";
      fetch("/session").then((answer) => answer.status === 401 && location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`)).catch(() => {});
      if (stream.readyState !== EventSource.CLOSED) return;
      state.stream = null;
      setTimeout(listen, 10000);
    };
  };

  // A snapshot that is older than the settings allow is called stale, in words.
  const age = async () => {
    const answer = await fetch("/freshness").catch(() => null);
    if (!answer || !answer.ok) return;
    const facts = await answer.json();
    if (facts.state === "stale") {
      const hours = Math.round(facts.age_seconds / 3600);
      tell(`stale: built ${hours >= 48 ? `${Math.round(hours / 24)} days` : `${hours} h`} ago`, "amber");
    }
  };

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      state.stream?.close();
      state.stream = null;
      return;
    }
    listen();
  });

  // --- The chat beside the view
  // From view to view the conversation goes along; a tab that somebody else signs in on begins its own.
  const dock = $("#chat-dock"), opener = $("#open-chat"), heldBy = `chat-of-${$(".who .role")?.title}`;
  const conversation = () => {
    const at = $("#chat-frame").contentWindow?.location.pathname || "";
    return at.startsWith("/chat/thread/") ? at : "";
  };
  const showChat = (show) => {
    dock.hidden = !show;
    root.classList.toggle("docked", show);
    opener.setAttribute("aria-expanded", String(show));
    if (show && !$("#chat-frame").getAttribute("src")) $("#chat-frame").src = sessionStorage.getItem(heldBy) || "/chat";
    sessionStorage.setItem("chat-docked", show ? "yes" : "");
    if (!show) opener.focus();
  };
  if (dock && opener) {
    opener.addEventListener("click", () => showChat(dock.hidden));
    addEventListener("pagehide", () => $("#chat-frame").getAttribute("src") && sessionStorage.setItem(heldBy, conversation()));
    $("#close-chat").addEventListener("click", () => showChat(false));
    document.addEventListener("keydown", (event) => event.key === "Escape" && !dock.hidden && showChat(false));
    document.addEventListener("click", (event) => {
      const link = event.target.closest("[data-ask]");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      $("#chat-frame").src = link.getAttribute("href");
      showChat(true);
    });
    if (sessionStorage.getItem("chat-docked") && innerWidth >= 1200) showChat(true);
  }

  // --- Parts that load after the page
  const again = () =>
    all("[data-again]").forEach(async (box) => {
      box.setAttribute("aria-busy", "true");
      const answer = await fetch(box.dataset.again, { headers: { "x-live": "1", accept: "text/html" } }).catch(() => null);
      box.removeAttribute("aria-busy");
      const fresh = answer && answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(box.id);
      if (fresh) box.innerHTML = fresh.innerHTML;
    });

  const parts = () =>
    all("[data-load]").forEach(async (box) => {
      const answer = await fetch(box.dataset.load, { headers: { "x-live": "1", accept: "text/html" } }).catch(() => null);
      if (answer && answer.ok) box.innerHTML = await answer.text();
    });

  // --- Savings slider: the server computes, with the one function that the chat and the command line use.
  const slider = () => {
    const range = $("#reduce");
    if (!range) return;
    let latest = 0;
    const ask = async () => {
      const mine = ++latest;
      $("#reduce-said").textContent = `${range.value}%`;
      const query = new URLSearchParams(location.search);
      query.set("reduce", range.value);
      const answer = await fetch(`${location.pathname}?${query}`, { headers: { "x-live": "1", accept: "text/html" } }).catch(() => null);
      if (mine !== latest || !answer || !answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("projection");
      if (fresh) $("#projection").innerHTML = fresh.innerHTML;
      all(".preset").forEach((each) => each.setAttribute("aria-pressed", String(each.dataset.reduce === range.value)));
      history.replaceState(null, "", `${location.pathname}?${query}`);
    };
    let timer;
    range.addEventListener("input", () => {
      $("#reduce-said").textContent = `${range.value}%`;
      clearTimeout(timer);
      timer = setTimeout(ask, 40);
    });
    all(".preset").forEach((each) => each.addEventListener("click", (event) => {
      event.preventDefault();
      range.value = each.dataset.reduce;
      ask();
    }));
  };

  // The full value, also for those who reach a figure by keyboard or touch.
  const tip = $("#tip");
  document.addEventListener("focusin", ({ target }) => {
    tip.hidden = !(target.matches?.(".figure") && target.matches(":focus-visible"));
    if (tip.hidden) return;
    tip.textContent = target.title;
    const box = target.getBoundingClientRect();
    tip.style.left = `${Math.max(8, Math.min(box.left, innerWidth - 300))}px`;
    tip.style.top = `${box.bottom + 6}px`;
  });

  // On a phone the tabs and the views are rows that scroll: where the reader is stands in the middle.
  all(".tabs [aria-current], .side [aria-current]").forEach((here) => {
    const row = here.closest(".tabs, ul"), place = here.getBoundingClientRect();
    row.scrollLeft += place.left - row.getBoundingClientRect().left - (row.clientWidth - place.width) / 2;
  });

  filters();
  parts();
  again();
  slider();
  listen();
  setInterval(() => document.hidden || age(), 60000);
})();
