import type { ReactNode } from "react";

const ICONS: Readonly<Record<string, ReactNode>> = {
  rose: (
    <>
      <path
        d="M16 18v11M16 25c-3 0-5-1-6-4M16 27c3 0 5-1 6-4"
        stroke="#3f9d63"
        strokeWidth="2.2"
        fill="none"
        strokeLinecap="round"
      />
      <path d="M7 8c3-4 6-2 9-5 3 3 6 1 9 5 1 6-3 11-9 11S6 14 7 8Z" fill="#e8335d" />
      <path
        d="M11 9c2 3 8 3 10 0M12 13c2 3 7 2 8-1"
        stroke="#8f1236"
        strokeWidth="1.6"
        fill="none"
        strokeLinecap="round"
      />
    </>
  ),
  confetti: (
    <>
      <path d="m4 28 7-17 10 10Z" fill="#f6b73c" />
      <path d="m8 18 6 6M6 23l4 4" stroke="#b9770b" strokeWidth="1.6" />
      <circle cx="20" cy="6" r="2" fill="#ff5c8a" />
      <circle cx="27" cy="18" r="2" fill="#58c7f3" />
      <rect x="24" y="7" width="4" height="4" rx="1" fill="#7ce38b" transform="rotate(20 26 9)" />
      <path
        d="M14 4c3 2 0 4 3 6M20 15c3-3 4 1 8-2"
        stroke="#b08cff"
        strokeWidth="2"
        fill="none"
        strokeLinecap="round"
      />
    </>
  ),
  rocket: (
    <>
      <path d="M11 21c-4 1-5 4-6 7 3-1 6-2 7-6Z" fill="#ff9d2e" />
      <path d="M10 17 5 16l4-5 6 1ZM15 22l1 5 5-4-1-6Z" fill="#d93a55" />
      <path d="M27 5c-7-1-12 2-17 12l5 5C25 17 28 12 27 5Z" fill="#eef2f7" />
      <circle cx="19.5" cy="12.5" r="3" fill="#4aa8ee" stroke="#2c5f91" strokeWidth="1.4" />
    </>
  ),
  crown: (
    <>
      <path
        d="m4 9 6 6 6-10 6 10 6-6-3 15H7Z"
        fill="#ffc93d"
        stroke="#d19a0a"
        strokeWidth="1.4"
        strokeLinejoin="round"
      />
      <path d="M7 24h18v3H7Z" fill="#e8a90f" />
      <circle cx="16" cy="18" r="2.2" fill="#e8335d" />
      <circle cx="10" cy="20" r="1.5" fill="#4aa8ee" />
      <circle cx="22" cy="20" r="1.5" fill="#4aa8ee" />
    </>
  ),
  gift: (
    <>
      <rect x="5" y="13" width="22" height="15" rx="2" fill="#8c5bff" />
      <rect x="3" y="9" width="26" height="6" rx="2" fill="#a37bff" />
      <path d="M16 9v19" stroke="#ffd36b" strokeWidth="3" />
      <path
        d="M16 9c-7 0-7-6-3-6 2 0 3 3 3 6Zm0 0c7 0 7-6 3-6-2 0-3 3-3 6Z"
        fill="none"
        stroke="#ffd36b"
        strokeWidth="2"
      />
    </>
  ),
  chat: (
    <>
      <path
        d="M4 8a4 4 0 0 1 4-4h12a4 4 0 0 1 4 4v6a4 4 0 0 1-4 4h-8l-6 5v-5a3 3 0 0 1-2-3Z"
        fill="#12805c"
      />
      <path
        d="M27 12a3 3 0 0 1 2 3v6a3 3 0 0 1-2 3v4l-5-4h-6a3 3 0 0 1-3-2h8a6 6 0 0 0 6-6Z"
        fill="#7fd0b6"
      />
      <path d="M9 10h10M9 13.500h6" stroke="#fff" strokeWidth="1.8" strokeLinecap="round" />
    </>
  ),
  voice: (
    <>
      <path d="M4 12h5l7-6v20l-7-6H4Z" fill="currentColor" />
      <path
        d="M20 12c2 2 2 6 0 8M24 8c4 4 4 12 0 16"
        stroke="currentColor"
        strokeWidth="2.4"
        fill="none"
        strokeLinecap="round"
      />
    </>
  ),
  document: (
    <>
      <path d="M7 3h12l6 6v18a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2Z" fill="#f0c95a" />
      <path d="M19 3v6h6Z" fill="#b98a17" />
      <path d="M9 14h12M9 18.500h12M9 23h7" stroke="#7a5a0a" strokeWidth="1.8" strokeLinecap="round" />
    </>
  ),
  meal: (
    <>
      <path d="M3 15h26a13 11 0 0 1-26 0Z" fill="#4aa36c" />
      <path d="M8 14c0-5 5-8 9-4 3-5 8-2 8 4Z" fill="#9bd67c" />
      <circle cx="20" cy="11.5" r="2.3" fill="#e8554d" />
      <path d="M11 28h10" stroke="#2c6b45" strokeWidth="2.4" strokeLinecap="round" />
    </>
  ),
  figures: (
    <>
      <rect x="4" y="17" width="6" height="11" rx="1.5" fill="#7fd0b6" />
      <rect x="13" y="11" width="6" height="17" rx="1.5" fill="#3fae8f" />
      <rect x="22" y="5" width="6" height="23" rx="1.5" fill="#12805c" />
    </>
  ),
  water: <path d="M16 3c5 7 9 11 9 16a9 9 0 0 1-18 0c0-5 4-9 9-16Z" fill="#3f9ae0" />,
  friends: (
    <>
      <circle cx="11" cy="10" r="5" fill="#c46be0" />
      <circle cx="22" cy="11" r="4.2" fill="#f2a03d" />
      <path d="M2 27c0-7 4-10 9-10s9 3 9 10Z" fill="#c46be0" />
      <path d="M21 27c0-4-1-7-3-9 6-3 12 0 12 9Z" fill="#f2a03d" />
    </>
  ),
  medal: (
    <>
      <path d="M9 2h6l3 9h-5ZM23 2h-6l-3 9h5Z" fill="#4aa8ee" />
      <circle cx="16" cy="20" r="9" fill="#ffc93d" stroke="#d19a0a" strokeWidth="1.6" />
      <path
        d="m16 15 1.600 3.200 3.400.5-2.500 2.400.6 3.400-3.100-1.600-3.100 1.600.6-3.400-2.500-2.400 3.400-.5Z"
        fill="#fff"
      />
    </>
  ),
};

/** Drawn, so that a page looks the same where no font has such signs. */
export const Icon = ({ of }: { of: string }) => (
  <svg className="icon" viewBox="0 0 32 32" aria-hidden="true">
    {ICONS[of] ?? ICONS["gift"]}
  </svg>
);
