// The reviewers' queue by keyboard: j and k walk the rows, Enter opens, / searches.
import { listen, stepper } from "../js/keys.js";

const rows = [...document.querySelectorAll("#result_list tbody tr.data-row")];
const walk = stepper(rows, (row) => row.querySelector("a[href]"));

listen({
  j: () => walk.move(1),
  k: () => walk.move(-1),
  Enter: (event) => {
    if (event.target.closest("a, button, summary") || !walk.here) return false;
    walk.here.querySelector("a[href]")?.click();
  },
  "/": () => document.querySelector("#searchbar, [name=q]")?.focus(),
});
