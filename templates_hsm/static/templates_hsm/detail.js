// A link to the copy form opens it.

const open = () => {
  const wanted = location.hash ? document.getElementById(location.hash.slice(1)) : null;
  if (wanted?.matches("details")) wanted.open = true;
};
open();
addEventListener("hashchange", open);
