const CHOICES = ["auto", "light", "dark"];
const KEY = "switchboard-theme";

/** The button that changes between the system's colours, light and dark. The browser remembers the choice. */
export function themeButton(button) {
  const show = (choice) => {
    if (choice === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = choice;
    button.textContent = `Theme: ${choice}`;
  };
  const kept = localStorage.getItem(KEY);
  let now = CHOICES.includes(kept) ? kept : "auto";
  show(now);
  button.addEventListener("click", () => {
    now = CHOICES[(CHOICES.indexOf(now) + 1) % CHOICES.length];
    localStorage.setItem(KEY, now);
    show(now);
  });
}
