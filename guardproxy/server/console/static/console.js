// Live rows on the page of decisions. Text from the server is put in as text only: no markup is ever made of a string.
"use strict";

const EVERY = 1000; // milliseconds between two questions

function cell(row, className, ...content) {
  const td = document.createElement("td");
  td.append(...content);
  if (className) td.className = className;
  row.append(td);
}

function element(name, text, className) {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function rowOf(one) {
  const row = document.createElement("tr");
  const time = element("time", one.time.slice(11, 23) || one.time);
  time.dateTime = one.time;
  cell(row, "", time);
  const known = /^[a-z_]+$/.test(one.outcome) ? one.outcome : "other";
  cell(row, "", element("span", one.outcome.replaceAll("_", " "), "badge " + known));
  cell(row, "wide", one.rules.join(", ") || "–");
  cell(row, "", one.labels.join(", ") || "–");
  cell(row, "wider", one.route);
  cell(row, "wide", one.model || "–");
  cell(row, "", one.status);
  const link = element("a", one.name);
  link.href = "/console/decisions/" + encodeURIComponent(one.id);
  cell(row, "short", link);
  row.className = "fresh";
  setTimeout(() => { row.className = ""; }, 3000);
  return row;
}

function live(rows) {
  const status = document.getElementById("live");
  const pause = document.getElementById("pause");
  const none = document.getElementById("none");
  const most = Number(rows.dataset.shown);
  let last = Number(rows.dataset.last);
  let paused = false;

  function say(text) {
    if (status.textContent !== text) status.textContent = text;
  }

  function show(answer) {
    if (answer.last < last) { // another process answers now
      location.reload();
      return;
    }
    last = answer.last;
    for (const one of answer.rows) rows.prepend(rowOf(one));
    while (rows.rows.length > most) rows.deleteRow(-1);
    none.hidden = rows.rows.length > 0;
    if (answer.rows.length) {
      const newest = answer.rows[answer.rows.length - 1];
      const count = answer.rows.length === 1 ? "1 new decision" : answer.rows.length + " new decisions";
      say(count + ", the latest: " + newest.outcome.replaceAll("_", " ") + (newest.rules.length ? " by " + newest.rules.join(", ") : ""));
    } else if (!status.dataset.begun) {
      say("Live: new decisions appear here.");
    }
    status.dataset.begun = "yes";
  }

  async function ask() {
    if (!paused && !document.hidden) {
      const query = new URLSearchParams({ after: last, outcome: rows.dataset.outcome, rule: rows.dataset.rule });
      try {
        const answer = await fetch("/console/decisions.json?" + query);
        if (answer.status === 401) {
          location.assign("/console");
          return;
        }
        if (!answer.ok) throw new Error("status " + answer.status);
        if (!paused) show(await answer.json());
      } catch (error) {
        status.dataset.begun = "";
        say("guardproxy does not answer (" + error.message + "); asking again.");
      }
    }
    setTimeout(ask, EVERY);
  }

  pause.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? "Go on" : "Pause";
    status.dataset.begun = "";
    say(paused ? "Paused: new decisions wait." : "Live: new decisions appear here.");
  });
  ask();
}

const rows = document.getElementById("rows");
if (rows) live(rows);

// A streamed reply, played: what the client has, step by step, and how much is held back.
function playable(button) {
  const shown = document.getElementById(button.getAttribute("aria-controls"));
  const steps = shown.parentElement.querySelector("tbody.steps").rows;
  const whole = [...shown.childNodes];
  button.hidden = false;
  button.addEventListener("click", () => {
    let number = 0;
    const held = element("span", "", "hint");
    const text = document.createTextNode("");
    shown.replaceChildren(text, held);
    button.disabled = true;
    const timer = setInterval(() => {
      if (number >= steps.length) {
        clearInterval(timer);
        shown.replaceChildren(...whole);
        button.disabled = false;
        return;
      }
      const cells = steps[number].cells;
      text.data += cells[2].textContent;
      const waiting = Number(cells[3].textContent);
      held.textContent = waiting ? " [" + waiting + " held]" : "";
      number += 1;
    }, 120);
  });
}

for (const button of document.querySelectorAll("button.play")) playable(button);
