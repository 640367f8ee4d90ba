// The panes of the inbox and how a part of a page is fetched, for the other files.

export const inbox = document.querySelector(".inbox");
export const threadPane = document.getElementById("inbox-thread");
export const contactPane = document.getElementById("inbox-contact");
export const tabsBox = document.getElementById("inbox-tabs");
export const rows = document.getElementById("inbox-rows");
const loginUrl = document.querySelector('meta[name="login-url"]')?.content;
export const mayWrite = inbox.dataset.role !== "viewer";
export const plainTitle = () => document.title.replace(/^\(\d+\+?\) /, "");

inbox.classList.add("scripted");

export const parse = (html) => {
  const box = document.createElement("template");
  box.innerHTML = html;
  return box.content;
};

/** Fetch a part of a page as text; a session that ended sends the whole page to the login. */
export const part = async (url, options = {}) => {
  const answer = await fetch(url, {
    cache: "no-store",
    credentials: "same-origin",
    ...options,
    headers: { "X-Part": "1", ...options.headers },
  });
  if (answer.redirected && loginUrl && new URL(answer.url).pathname === loginUrl) location.reload();
  return { status: answer.status, html: answer.status === 204 ? "" : await answer.text() };
};

export const fail = () => window.look?.toast(inbox.dataset.wordsFailed);

export const head = () => threadPane.querySelector(".thread-head");
export const here = () => head()?.dataset.conversation;
export const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

export const queryOf = (extra) => {
  const query = new URLSearchParams(location.search);
  for (const name of ["before", "after", "compose", "template", "reply_to", "pane", "part"]) query.delete(name);
  for (const [name, value] of extra) query.append(name, value);
  return query.toString();
};
