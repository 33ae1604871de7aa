"use strict";
const [text, glow, error, answer, classes, reasons, clear] =
  ["text", "glow", "error", "answer", "classes", "reasons", "clear"].map(id => document.getElementById(id));
const PAUSE = 200;  // milliseconds without a key, after which the text is sent
const FAINT = 0.1;  // of the most important word, below which a word is not marked
let waiting, asking = new AbortController(), painted = [];

// Lay the marks of words behind the text, which takes their height: pieces are [text, strength from -1 to 1].
function paint(pieces) {
  painted = pieces;
  glow.replaceChildren(...pieces.map(([piece, strength]) => {
    if (Math.abs(strength) < FAINT) return piece;
    const mark = document.createElement("mark");
    mark.className = strength > 0 ? "for" : "against";
    mark.style.setProperty("--much", `${Math.round(100 * Math.abs(strength))}%`);
    mark.textContent = piece;
    return mark;
  }), "\n");  // a text area keeps a line for what comes after a line break
}

// What was marked up to the first change keeps its marks until the next answer.
function keep(value) {
  const pieces = [];
  let at = 0;
  for (const [piece, strength] of painted) {
    if (!value.startsWith(piece, at)) break;
    pieces.push([piece, strength]);
    at += piece.length;
  }
  paint([...pieces, [value.slice(at), 0]]);
}

function show(found) {
  const largest = Math.max(...found.words.map(([, value]) => Math.abs(value ?? 0))) || 1;
  paint(found.words.map(([piece, value]) => [piece, (value ?? 0) / largest]));
  for (const row of classes.children) {
    const share = found.probabilities[row.dataset.label];
    row.querySelector(".bar span").style.width = `${100 * share}%`;
    row.querySelector(".share").textContent = `${(100 * share).toFixed(1)} %`;
  }
  const own = found.labels ?? [found.label];
  const said = own.map(name => `${name}, ${(100 * found.probabilities[name]).toFixed(1)} %`);
  answer.textContent = (said.join("; ") || "No label") + (found.is_cut ? ". Only a part of this text is read." : "");
  const words = found.words.filter(([, value]) => Math.abs(value ?? 0) >= FAINT * largest)
    .sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
  const listed = sign => words.filter(([, value]) => sign * value > 0).slice(0, 5)
    .map(([word]) => `\u2068${word}\u2069`).join(", ");  // each in its own direction
  const what = found.labels ? ` ${found.explained}` : "";
  reasons.textContent = [[`For${what}`, 1], [`Against${what}`, -1]]
    .filter(([, sign]) => listed(sign)).map(([name, sign]) => `${name}: ${listed(sign)}.`).join(" ");
}

function forget() {
  paint([]);
  answer.textContent = reasons.textContent = error.textContent = "";
  for (const row of classes.children) {
    row.querySelector(".bar span").style.width = "0";
    row.querySelector(".share").textContent = "–";
  }
}

async function ask() {
  const asked = text.value;
  if (!asked.trim()) return forget();
  asking = new AbortController();
  try {
    const response = await fetch("explain", {
      method: "POST", signal: asking.signal,
      headers: {"Content-Type": "application/json"}, body: JSON.stringify({text: asked}),
    });
    if (!response.ok) throw new Error(response.status === 503 ? "it is busy, try again" : `status ${response.status}`);
    const found = await response.json();
    if (asked !== text.value) return;
    error.textContent = "";
    show(found);
  } catch (problem) {
    if (problem.name === "AbortError") return;
    error.textContent = `The server gives no answer: ${problem.message}.`;
  }
  document.body.ariaBusy = "false";
}

text.addEventListener("input", () => {
  asking.abort();
  document.body.ariaBusy = String(text.value.trim() !== "");
  keep(text.value);
  clearTimeout(waiting);
  waiting = setTimeout(ask, PAUSE);
});
clear.addEventListener("click", () => {
  text.value = "";
  text.dispatchEvent(new Event("input"));
  text.focus();
});
