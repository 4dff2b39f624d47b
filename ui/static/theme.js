// The sign-in pages follow the theme chosen in the chat, else the system's.
(() => {
  const chosen = localStorage.getItem("vite-ui-theme");
  const dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.classList.toggle("dark", dark);
})();
