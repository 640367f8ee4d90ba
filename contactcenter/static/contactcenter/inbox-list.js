// The list of conversations: older ones, rows that change, and how many are unread.
import { fail, here, inbox, parse, part, plainTitle, queryOf, rows, tabsBox } from "./inbox-page.js";

export const markCurrent = () => {
  for (const link of rows?.querySelectorAll("a[aria-current]") ?? []) link.removeAttribute("aria-current");
  const row = here() && document.getElementById(`c-${here()}`);
  row?.querySelector("a")?.setAttribute("aria-current", "true");
  row?.classList.remove("unread");
  row?.querySelector(".badge")?.remove();
};

export const markCurrentOnly = () => {
  const row = here() && document.getElementById(`c-${here()}`);
  row?.querySelector("a")?.setAttribute("aria-current", "true");
};

export const more = async (link) => {
  link.setAttribute("aria-busy", "true");
  try {
    const { status, html } = await part(link.href);
    if (status !== 200) throw new Error(String(status));
    const fresh = parse(html);
    const known = new Set([...rows.children].map((row) => row.id));
    const added = [...fresh.querySelectorAll("#inbox-rows > li")].filter((row) => !known.has(row.id));
    rows.append(...added);
    added[0]?.querySelector("a").focus();
    const next = fresh.querySelector("[data-more]");
    if (next) link.replaceWith(next);
    else link.closest("p").remove();
    markCurrent();
  } catch {
    link.removeAttribute("aria-busy");
    fail();
  }
};

export const refreshRows = async (references) => {
  const query = queryOf(references.map((reference) => ["ref", reference]));
  const { status, html } = await part(`${inbox.dataset.inbox}rows/?${query}`);
  if (status !== 200) return;
  const fresh = parse(html);
  const tabs = fresh.querySelector('[data-part="tabs"]');
  tabsBox.replaceChildren(...tabs.childNodes);
  showUnread(Number(tabs.dataset.unread));
  const found = new Map([...fresh.querySelectorAll('[data-part="rows"] > li')].map((row) => [row.id, row]));
  for (const reference of references) putRow(`c-${reference}`, found.get(`c-${reference}`));
  const nothing = document.getElementById("inbox-empty");
  if (nothing) nothing.hidden = rows.children.length > 0;
  markCurrentOnly();
};

const putRow = (id, row) => {
  const present = document.getElementById(id);
  const hadFocus = present?.contains(document.activeElement);
  // The conversation that is open stays in sight, even when it no longer fits the list.
  if (!row) {
    if (id !== `c-${here()}`) present?.remove();
    return;
  }
  if (present && present.dataset.key === row.dataset.key) present.replaceWith(row);
  else if (present || !("older" in rows.dataset)) {
    present?.remove();
    const next = [...rows.children].find((other) => other.dataset.key < row.dataset.key);
    if (!next && !present && document.querySelector("[data-more]")) return;
    rows.insertBefore(row, next ?? null);
  }
  if (hadFocus) row.querySelector("a").focus();
};

const showUnread = (count) => {
  const link = document.querySelector(`.nav a[href="${inbox.dataset.inbox}"]`);
  if (link) {
    link.querySelector(".badge")?.remove();
    if (count) {
      const badge = document.createElement("span");
      badge.className = "badge";
      badge.textContent = count >= 100 ? "99+" : String(count);
      const words = document.createElement("span");
      words.className = "visually-hidden";
      words.textContent = ` ${inbox.dataset.wordsUnread}`;
      badge.append(words);
      link.append(badge);
    }
  }
  document.title = `${count ? `(${count >= 100 ? "99+" : count}) ` : ""}${plainTitle()}`;
};
