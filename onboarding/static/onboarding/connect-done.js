// The popup is back at our own pages: tell the page behind it, and close.

if (window.opener) {
  window.opener.postMessage("signup-is-back", location.origin);
  window.close();
}
