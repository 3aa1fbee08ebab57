import { createRoot } from "react-dom/client";
import { Icon } from "./icons.tsx";

const PAGES = [
  {
    to: "chat",
    icon: "chat",
    title: "Chat",
    about: "History, receipts, typing, and an agent",
    hook: "useChat",
  },
  {
    to: "gifts",
    icon: "gift",
    title: "Gift overlay",
    about: "Animations, one after another, acknowledged",
    hook: "useGifts",
  },
  {
    to: "voice",
    icon: "voice",
    title: "Voice panel",
    about: "Who is in which channel",
    hook: "useVoiceChannel",
  },
  {
    to: "document",
    icon: "document",
    title: "Document",
    about: "One text, edited by many",
    hook: "useDocument",
  },
  {
    to: "figures",
    icon: "figures",
    title: "Live figures",
    about: "What a backend measures, as it changes",
    hook: "useMetrics",
  },
  { to: "diet", icon: "meal", title: "Diet feed", about: "Friends, posts, meals and water", hook: "useDiet" },
];

const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <main className="index">
      <h1>Switchboard, in six pages</h1>
      <p className="soft">
        Every contract, and a hook for each. Open one as Ada, and again as Bob in another window.
      </p>
      <ul>
        {PAGES.map(({ to, icon, title, about, hook }) => (
          <li key={to} className="card">
            <Icon of={icon} />
            <div>
              <h2>{title}</h2>
              <p className="soft">{about}</p>
              <code>{hook}</code>
            </div>
            <div className="row">
              {["ada", "bob"].map((one) => (
                <a key={one} className="button" href={`${to}.html?user=${one}`}>
                  as {one}
                </a>
              ))}
            </div>
          </li>
        ))}
      </ul>
    </main>,
  );
